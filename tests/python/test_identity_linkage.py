"""Linkage without numbers, with real Splink, on a made register of known people."""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from migrantpanel.errors import UserError
from migrantpanel.identity import linkage
from migrantpanel.identity.fields import FIELD_SETS, REDUCED, RICH
from migrantpanel.identity.passes import (
    ABSENT,
    EXACT,
    PRESENT,
    PROBABILISTIC,
    UNKNOWN,
    asked_in,
    exact_links,
    score_links,
    with_scenarios,
)
from migrantpanel.random import generator

PERSONS, INTERVIEWS = 4_000, 600
FIRST = ["jan", "piet", "fatma", "ayse", "mohamed", "karim", "anna", "maria", "wei", "ali"]
FAMILY = [f"{a}{b}{c}" for a in "bdkmrstv" for b in ("aker", "erg", "ilmaz", "oud") for c in
          ("", "s", "oglu", "sen")]  # fmt: skip
BOTH = [EXACT, PROBABILISTIC]


def register() -> pl.DataFrame:
    """Return people of two waves with every column that either field set compares."""
    rng = generator(5, "linkage test")
    size = PERSONS
    birth = pl.Series(rng.integers(-9_000, 9_000, size)).cast(pl.Date)
    frame = pl.DataFrame(
        {
            "wave": ["SIM 2015"] * size,
            "person_key": [f"R{number:09d}" for number in range(size)],
            "first_name": [FIRST[i] for i in rng.integers(0, len(FIRST), size)],
            "family_name": [FAMILY[i] for i in rng.integers(0, len(FAMILY), size)],
            "family_name_other": pl.Series([None] * size, dtype=pl.String),
            "partner_name": [FAMILY[i] for i in rng.integers(0, len(FAMILY), size)],
            "birth_date": birth,
            "postcode": [f"{1000 + i}AB" for i in rng.integers(0, 300, size)],
            "house_number": [str(i) for i in rng.integers(1, 60, size)],
            "sex": [str(i) for i in rng.integers(1, 3, size)],
            "birth_country": [["NL", "TUR", "MAR"][i] for i in rng.integers(0, 3, size)],
            "municipality": [f"{i:04d}" for i in rng.integers(0, 40, size)],
            "arrival_year": rng.integers(1995, 2015, size).astype(np.int32),
        }
    )
    return derived(frame)


def derived(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        first_initial=pl.col("first_name").str.slice(0, 1),
        family_initial=pl.col("family_name").str.slice(0, 1),
        birth_year=pl.col("birth_date").dt.year(),
        birth_month=pl.col("birth_date").dt.month().cast(pl.Int32),
    )


def interviews(people: pl.DataFrame) -> pl.DataFrame:
    """Return interviews with some of the people: every third without a number, some mistaken."""
    rng = generator(5, "linkage test", "interviews")
    chosen = people[np.sort(rng.permutation(people.height)[:INTERVIEWS])]
    row = pl.int_range(pl.len())
    noted = chosen.with_columns(
        respondent_id="SIM2015-" + row.cast(pl.String).str.zfill(4),
        true_key="person_key",
        known_key=pl.when(row % 3 > 0).then("person_key"),
        family_name=pl.when(row % 10 == 0).then(pl.col("family_name") + "x")
        .otherwise("family_name"),
        postcode=pl.when(row % 12 == 0).then(pl.lit("9999ZZ")).otherwise("postcode"),
        birth_date=pl.when(row % 25 == 0).then(pl.col("birth_date").dt.offset_by("2d"))
        .otherwise("birth_date"),
        partner_name=pl.lit(None, pl.String),
    )  # fmt: skip
    # One in ten of those without a number is in no register.
    stranger = row % 30 == 0
    return derived(
        noted.with_columns(
            birth_date=pl.when(stranger).then(pl.lit(date(1901, 1, 1))).otherwise("birth_date"),
            family_name=pl.when(stranger).then(pl.lit("zzunheard")).otherwise("family_name"),
            postcode=pl.when(stranger).then(pl.lit("0000AA")).otherwise("postcode"),
            arrival_year=pl.when(stranger).then(pl.lit(1901)).otherwise("arrival_year"),
            true_key=pl.when(~stranger).then("true_key"),
        )
    ).drop("person_key")


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return register()


@pytest.fixture(scope="module")
def asked(people: pl.DataFrame) -> pl.DataFrame:
    return interviews(people)


def link(asked, people, fields=RICH, passes=BOTH, target=0.995, folder=None) -> pl.DataFrame:
    with duckdb.connect() as connection:
        relations = [connection.from_arrow(frame.to_arrow()) for frame in (asked, people)]
        return pl.from_arrow(score_links(connection, *relations, fields, passes, target, folder))


def accepted(scored: pl.DataFrame) -> pl.DataFrame:
    return scored.filter((pl.col("scenario") == UNKNOWN) & pl.col("is_accepted"))


def quality(scored: pl.DataFrame, asked: pl.DataFrame) -> tuple[float, float]:
    links = accepted(scored).join(asked.select("respondent_id", "true_key"), on="respondent_id")
    right = (links["person_key"] == links["true_key"]).fill_null(False).sum()
    possible = asked.filter(pl.col("known_key").is_null())["true_key"].count()
    return right / links.height, right / possible


@pytest.fixture(scope="module")
def rich(asked, people) -> pl.DataFrame:
    return link(asked, people)


def test_rich_fields_reach_what_is_asked(rich, asked):
    precision, recall = quality(rich, asked)
    assert precision >= 0.995
    assert recall >= 0.95


def test_estimated_precision_is_near_the_truth(rich, asked):
    precision, _ = quality(rich, asked)
    assert abs(accepted(rich)["estimated_precision"].mean() - precision) <= 0.01


def test_reduced_fields_link_fewer_and_say_how_well(asked, people):
    coarse = {
        "municipality": pl.col("municipality").str.slice(0, 3),
        "arrival_year": pl.lit(None, pl.Int32),
    }
    scored = link(asked.with_columns(**coarse), people.with_columns(**coarse), REDUCED, target=0.9)
    precision, recall = quality(scored, asked)
    assert 0.1 < recall < 0.9
    assert abs(accepted(scored)["estimated_precision"].mean() - precision) <= 0.05


def test_nobody_is_linked_twice_and_every_link_has_its_evidence(rich):
    links = accepted(rich)
    assert links["person_key"].is_unique().all()
    assert links["respondent_id"].is_unique().all()
    assert set(links["link_pass"]) == set(BOTH)
    exact = links.filter(pl.col("link_pass") == EXACT)["evidence"]
    assert exact.str.count_matches("same").eq(len(RICH.comparisons)).all()
    assert links["evidence"].is_not_null().all()


def test_known_people_are_not_given_to_another_interview(rich, asked):
    taken = asked["known_key"].drop_nulls()
    assert not accepted(rich)["person_key"].is_in(taken.implode()).any()


def test_each_interview_has_one_row_per_scenario_at_least(rich, asked):
    per_scenario = rich.group_by("scenario").agg(pl.col("respondent_id").n_unique())
    unknown = asked["known_key"].null_count()
    known = asked.height - unknown
    assert dict(per_scenario.iter_rows()) == {UNKNOWN: unknown, PRESENT: known, ABSENT: known}


def test_same_rows_in_another_order_give_the_same_links(rich, asked, people):
    again = link(asked.sample(fraction=1, shuffle=True, seed=3), people.reverse())
    assert again.equals(rich)


def test_the_number_of_threads_changes_nothing(rich, asked, people, monkeypatch):
    monkeypatch.setenv("MIGRANTPANEL_THREADS", "1")
    assert link(asked, people).equals(rich)


def test_earlier_links_stay_when_rows_arrive(asked, people, tmp_path: Path):
    """With a kept model a link changes only for a record that competes for the same people."""
    folder = tmp_path / "model"
    before = link(asked, people, folder=folder)
    assert (folder / linkage.MODEL_FILE).is_file()
    linked = accepted(before)
    moved = linked.row(0, named=True)
    twin = people.filter(pl.col("person_key") == moved["person_key"])
    newcomers = people.sample(400, seed=2).with_columns(
        person_key="N" + pl.col("person_key").str.slice(1),
        birth_date=pl.col("birth_date").dt.offset_by("-40y"),
        postcode=pl.lit("7777XX"),
        family_name=pl.col("family_name") + "q",
    )
    later = pl.concat(
        [people, derived(newcomers), twin.with_columns(person_key=pl.lit("N999999999"))]
    )
    more = asked.sample(60, seed=4).with_columns(
        respondent_id="SIM2015-9" + pl.col("respondent_id").str.slice(-3),
        known_key=pl.lit(None, pl.String),
        birth_date=pl.date(1890, 1, 1),
        postcode=pl.lit("8888YY"),
        family_name=pl.lit("nobody"),
    )
    after = accepted(link(pl.concat([asked, derived(more)]), later, folder=folder))
    kept = dict(after.select("respondent_id", "person_key").iter_rows())
    for respondent, person in linked.select("respondent_id", "person_key").iter_rows():
        if respondent != moved["respondent_id"]:
            assert kept.get(respondent) == person
    # Two records that agree alike: neither can be told to be the person.
    assert moved["respondent_id"] not in kept


def test_an_exact_pair_with_a_twin_is_no_exact_link():
    pairs = pl.DataFrame(
        {
            "scenario": [UNKNOWN] * 4,
            "respondent_id": ["A", "A", "B", "C"],
            "wave": ["w"] * 4,
            "person_key": ["1", "2", "3", "4"],
            "is_exact": [True, True, True, False],
        }
    )
    assert exact_links(pairs)["respondent_id"].to_list() == ["B"]


def test_the_own_person_is_gone_where_it_is_supposed_absent():
    prepared = linkage.Prepared(
        interviews=pl.DataFrame(
            {"unique_id": ["A", "B"], "wave": ["w", "w"], "person_key": ["1", None]}
        ).to_arrow(),
        candidates=pl.DataFrame({"wave": ["w", "w"], "person_key": ["1", "2"]}).to_arrow(),
        random_persons=pl.DataFrame().to_arrow(),
        frequencies={},
        register_size=2,
    )
    pairs = pl.DataFrame(
        {
            "respondent_id": ["A", "A", "B", "B"],
            "known_key": ["1", "1", None, None],
            "wave": ["w"] * 4,
            "person_key": ["1", "2", "1", "2"],
        }
    )
    found = with_scenarios(pairs, asked_in(prepared)).select(
        "scenario", "respondent_id", "person_key"
    )
    assert found.rows() == [
        (PRESENT, "A", "1"), (PRESENT, "A", "2"), (ABSENT, "A", "2"), (UNKNOWN, "B", "2"),
    ]  # fmt: skip


def test_too_few_known_numbers_are_refused(asked, people):
    few = asked.filter(pl.col("known_key").is_null() | (pl.int_range(pl.len()) < 30))
    with pytest.raises(UserError, match="needed: leave linkage_passes"):
        link(few, people)


def test_no_pass_asked_for_links_nobody(asked, people):
    assert not link(asked, people, passes=["unique_identifier"]).height


def test_no_interview_at_all_links_nobody(asked, people):
    assert not link(asked.clear(), people).height


@pytest.mark.parametrize("fields", FIELD_SETS.values(), ids=FIELD_SETS)
def test_blocks_and_comparisons_use_columns_that_both_sides_have(fields, people, asked):
    assert set(fields.columns) <= set(people.columns)
    assert set(fields.columns) <= set(asked.columns)
