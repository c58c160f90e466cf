"""Every kind of damage: what the delivered file looks like, that the manifest says so, and off."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from conftest import Simulated
from migrantpanel.errors import UserError
from migrantpanel.project import project_dir
from migrantpanel.simulation import Country, build_country
from migrantpanel.simulation.defects import (
    MANIFEST,
    known_kinds,
    read_overrides,
    write_manifest,
)
from migrantpanel.simulation.defects.rows import ROW_KINDS
from migrantpanel.simulation.defects.table import markdown_table
from migrantpanel.simulation.extracts import write_extract
from migrantpanel.simulation.parameters import load_parameters
from migrantpanel.simulation.registers import extracts as register_extracts

PERSONS, SEED = 4_000, 11
LIVES = ("late_registration", "wrong_removal")
# The rates of the project's public contract.
FLOORS = {
    "birth_month_imputed": 0.05,
    "second_number": 0.002,
    "unmirrored_union": 0.03,
    "unregistered_emigration": 0.01,
}


@pytest.fixture(scope="module")
def lives() -> Country:
    return build_country(PERSONS, SEED, defects=dict.fromkeys(LIVES, 0.03))


@pytest.fixture(scope="module")
def with_rates(lives) -> Callable[..., Simulated]:
    """Make a world with only these kinds of damage to rows."""

    def make(**rates: float) -> Simulated:
        none = dict.fromkeys(known_kinds(), 0.0)
        return Simulated(replace(lives, parameters=load_parameters(none | rates)), SEED)

    return make


@pytest.fixture(scope="module")
def clean(with_rates) -> Simulated:
    return with_rates(partner_abroad=1.0, stale_version=1.0, code_list_break=1.0)


def days(column: str) -> pl.Expr:
    return pl.col(column).str.to_date("%Y%m%d")


# -------------------------------------------------------------------- rates


def test_default_rates_hold_the_floors_of_the_contract() -> None:
    kinds = known_kinds()
    assert [kind for kind in FLOORS if kinds[kind]["rate"] < FLOORS[kind]] == []
    assert kinds["education_unknown"]["rate"]["first"] >= 1 / 3
    permits = kinds["permit_without_key"]["rate"]
    assert min(permits.values()) >= 0.09
    assert min(rate for year, rate in permits.items() if year >= 2011) >= 0.21


def test_every_kind_says_what_it_is() -> None:
    for kind, spec in known_kinds().items():
        assert {"stage", "files", "what", "of", "evidence", "rate", "repaired"} <= set(spec), kind
        assert spec["stage"] in ("lives", "people", "rows", "files", "surveys"), kind
        assert any(word in spec["evidence"] for word in ("assumed", "published", "seen")), kind


def test_rates_can_be_given_in_a_file_or_be_none(tmp_path) -> None:
    path = tmp_path / "defects.yaml"
    path.write_text("own_parent: 0.01\nsecond_number: 0\n", encoding="utf-8")
    assert read_overrides(str(path)) == {"own_parent": 0.01, "second_number": 0.0}
    assert read_overrides(None) == {}
    assert read_overrides("none") == dict.fromkeys(known_kinds(), 0.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("owl_parent: 0.1", "'owl_parent' is no kind of damage: use one of"),
        ("own_parent: 2", "own_parent has the rate 2: write a number from 0 to 1"),
        ("own_parent: much", "own_parent has the rate 'much': write a number from 0 to 1"),
        ("[1, 2]", r"holds \[1, 2\]: write lines of kind: rate"),
        ("a: b: c", "is no YAML"),
    ],
)
def test_a_file_of_rates_that_makes_no_sense_is_one_line(tmp_path, text, message) -> None:
    path = tmp_path / "defects.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        read_overrides(str(path))


def test_a_file_of_rates_that_is_not_there_is_one_line(tmp_path) -> None:
    with pytest.raises(UserError, match=r"cannot be read .*: give a YAML file"):
        read_overrides(str(tmp_path / "absent.yaml"))


# -------------------------------------------------------------------- lives


def test_late_registrations_leave_the_stay_and_move_all_that_is_on_paper(lives, clean) -> None:
    truth = clean.manifest("late_registration")
    arrivals = lives.registration.filter(
        (pl.col("start_reason") == "immigration") & (pl.col("start") >= date(1995, 1, 2))
    )
    assert truth.height >= 0.02 * arrivals.height
    came, registered = (truth[name].str.to_date("%Y%m%d") for name in
                        ("true_value", "delivered_value"))  # fmt: skip
    assert ((registered - came).dt.total_days() >= 30).all()
    rows = truth.select("person", came=came, registered=registered)
    for name in ("registration", "address_spell", "household_spell", "income_source_spell"):
        spells = getattr(lives, name).join(rows, on="person")
        between = (pl.col("start") >= pl.col("came")) & (pl.col("start") < pl.col("registered"))
        assert spells.filter(between).is_empty(), name
    homes = lives.address_spell.join(rows, on="person")
    starts = homes.filter(pl.col("start") == pl.col("registered"))["person"].n_unique()
    assert starts == rows["person"].n_unique()
    number = clean.damage.rin.gather(truth["person"])
    moves = clean.delivered("GBAMIGRATIE2023BUSV1")
    found = truth.with_columns(RINPERSOON=number).join(
        moves.filter(pl.col("GBASOORTMIGRATIE") == "I"),
        left_on=["RINPERSOON", "delivered_value"],
        right_on=["RINPERSOON", "GBADATUMAANVANGMIGRATIE"],
        how="semi",
    )
    assert found.height == truth.height


def test_wrong_removals_leave_a_gap_on_paper_only(lives, clean) -> None:
    truth = clean.manifest("wrong_removal")
    assert truth.height > 5
    struck = truth.select("person", day=pl.col("delivered_value").str.to_date("%Y%m%d"))
    stays = lives.stay.join(struck, on="person").filter(
        (pl.col("start") < pl.col("day"))
        & (pl.col("end").is_null() | (pl.col("end") > pl.col("day")))
    )
    assert stays.height == truth.height
    paper = lives.registration.join(struck, on="person")
    assert paper.filter(pl.col("end") == pl.col("day"))["end_reason"].unique().to_list() == [
        "administrative removal"
    ]
    again = paper.filter(pl.col("start") > pl.col("day")).group_by("person").agg(
        pl.col("start_reason").first()
    )  # fmt: skip
    assert set(again["start_reason"]) == {"administrative entry"}
    homes = lives.address_spell.join(struck, on="person")
    on_day = (pl.col("start") <= pl.col("day")) & (
        pl.col("end").is_null() | (pl.col("end") > pl.col("day"))
    )
    assert homes.filter(on_day).is_empty()


def test_registrations_do_not_overlap_after_both(lives) -> None:
    for name in ("registration", "address_spell", "household_spell"):
        spells = getattr(lives, name).sort("person", "start")
        same = pl.col("person") == pl.col("person").shift(-1)
        assert spells.filter(same & (pl.col("end") > pl.col("start").shift(-1))).is_empty(), name


# -------------------------------------------------------------------- rows


@pytest.mark.parametrize("kind", ["missing_key", "non_r_key"])
def test_rows_lose_their_key(with_rates, clean, kind) -> None:
    world = with_rates(**{kind: 0.01, "partner_abroad": 1.0})
    name = "SECMBUS2023V1" if kind == "missing_key" else "SPOLISBUS2015V2"
    name = next(n for n in world.files if n.startswith(name[:12]) or n == name)
    rows, before = world.delivered(name), clean.delivered(name)
    truth = world.manifest(kind)
    changed = rows.filter(pl.col("RINPERSOONS") != "R")
    assert rows.height == before.height
    assert changed.height == truth.height == -(-before.height // 100)
    if kind == "missing_key":
        assert set(changed["RINPERSOONS"]) == {"O"}
        assert set(changed["RINPERSOON"]) == {""}
    else:
        assert set(changed["RINPERSOONS"]) <= {"A", "S"}
        assert changed["RINPERSOON"].str.contains(r"^\d{9}$").all()
        delivered = changed["RINPERSOONS"] + changed["RINPERSOON"]
        assert sorted(delivered) == sorted(truth["delivered_value"])
    assert truth["true_value"].str.tail(9).is_in(before["RINPERSOON"].implode()).all()


def test_stillborn_children_have_a_mother_and_no_registration(with_rates, clean) -> None:
    world = with_rates(stillborn_child=0.02, partner_abroad=1.0)
    rows, before = world.delivered("KINDOUDER2023TABV10"), clean.delivered("KINDOUDER2023TABV10")
    extra = rows.filter(pl.col("RINPERSOONS") == "D")
    assert rows.height - before.height == extra.height == world.manifest("stillborn_child").height
    assert extra.height > 0
    assert (extra["RINPERSOONSMa"] == "R").all()


def test_a_departure_between_two_immigrations_is_missing(with_rates, clean) -> None:
    world = with_rates(two_immigrations=0.5, partner_abroad=1.0)
    name = "GBAMIGRATIE2023BUSV1"
    rows, before = world.delivered(name), clean.delivered(name)
    truth = world.manifest("two_immigrations")
    assert before.height - rows.height == truth.height > 0
    arrivals = pl.col("GBASOORTMIGRATIE").is_in(["I", "AO"])
    same = pl.col("RINPERSOON") == pl.col("RINPERSOON").shift(-1)
    double = rows.filter(same & arrivals & arrivals.shift(-1))
    assert double.height == truth.height
    # What is left joins up: each row ends the day before the next begins.
    ends = rows.filter(
        same
        & (days("GBADATUMEINDEMIGRATIE") + pl.duration(days=1)
           != days("GBADATUMAANVANGMIGRATIE").shift(-1))
    )  # fmt: skip
    assert ends.is_empty()


def test_an_immigration_is_repeated(with_rates, clean) -> None:
    world = with_rates(repeated_immigration=0.05, partner_abroad=1.0)
    name = "GBAMIGRATIE2023BUSV1"
    rows, before = world.delivered(name), clean.delivered(name)
    truth = world.manifest("repeated_immigration")
    assert rows.height - before.height == truth.height > 0
    same = pl.col("RINPERSOON") == pl.col("RINPERSOON").shift(-1)
    arrival = pl.col("GBASOORTMIGRATIE") == "I"
    assert rows.filter(same & arrival & arrival.shift(-1)).height == truth.height


@pytest.mark.parametrize(
    ("what", "name", "start", "end"),
    [
        ("address", "GBAADRESOBJECT2023BUSV1", "GBADATUMAANVANGADRESHOUDING",
         "GBADATUMEINDEADRESHOUDING"),
        ("household", "GBAHUISHOUDENS2023BUSV1", "DATUMAANVANGHH", "DATUMEINDEHH"),
    ],
)  # fmt: skip
def test_spells_overlap_or_are_there_twice(with_rates, clean, what, name, start, end) -> None:
    same = pl.col("RINPERSOON") == pl.col("RINPERSOON").shift(-1)
    overlap = same & (pl.col(end) >= pl.col(start).shift(-1))
    assert clean.delivered(name).filter(overlap).is_empty()
    world = with_rates(**{f"overlapping_{what}": 0.02, "partner_abroad": 1.0})
    rows = world.delivered(name)
    truth = world.manifest(f"overlapping_{what}")
    assert rows.filter(overlap).height == truth.height > 20
    assert (truth["delivered_value"] > truth["true_value"]).all()
    assert rows.height == clean.delivered(name).height
    twice = with_rates(**{f"duplicated_{what}": 0.02, "partner_abroad": 1.0})
    rows = twice.delivered(name)
    assert rows.is_duplicated().sum() == 2 * twice.manifest(f"duplicated_{what}").height > 40
    assert rows.unique().height == clean.delivered(name).height


def test_parents_who_cannot_be(with_rates, clean) -> None:
    rates = dict.fromkeys(["impossible_parent_age", "own_parent", "birth_after_mother_death"], 0.02)
    world = with_rates(**rates, stale_version=1.0)
    rows = world.delivered("KINDOUDER2023TABV10")
    person = world.country.person.select(
        RINPERSOON="rin", birth="birth_date", death="death_date", person="person"
    )
    mother = person.select(RINPERSOONMa="RINPERSOON", mother_birth="birth", mother_death="death")
    both = rows.join(person, on="RINPERSOON").join(mother, on="RINPERSOONMa")
    years = (pl.col("birth") - pl.col("mother_birth")).dt.total_days() / 365.25
    young = both.filter(years < 10)
    assert set(young["person"]) == set(world.manifest("impossible_parent_age")["person"])
    late = both.filter(pl.col("mother_death") < pl.col("birth"))
    assert set(world.manifest("birth_after_mother_death")["person"]) <= set(late["person"])
    own = rows.filter(pl.col("RINPERSOON") == pl.col("RINPERSOONpa"))
    assert own.height == world.manifest("own_parent").height
    for kind in rates:
        assert world.manifest(kind).height > 5, kind
    before = clean.delivered("KINDOUDER2023TABV10")
    assert before.filter(pl.col("RINPERSOON") == pl.col("RINPERSOONpa")).is_empty()
    # The superseded version is left alone.
    stale = world.delivered("KINDOUDER2023TABV2")
    assert stale.equals(clean.delivered("KINDOUDER2023TABV2"))


def test_deaths_before_birth(with_rates, clean) -> None:
    world = with_rates(death_before_birth=0.1, partner_abroad=1.0)
    rows = world.delivered("GBAOVERLIJDEN2023TABV1")
    birth = world.country.person.select(RINPERSOON="rin", birth="birth_date")
    early = rows.join(birth, on="RINPERSOON").filter(days("GBADatumOverlijden") < pl.col("birth"))
    assert early.height == world.manifest("death_before_birth").height > 3


def test_wrong_birth_countries_leave_the_origin_alone(with_rates, clean) -> None:
    world = with_rates(wrong_birth_country=0.05, partner_abroad=1.0)
    rows, before = world.delivered("GBAPERSOON2023TABV2"), clean.delivered("GBAPERSOON2023TABV2")
    wrong = rows["GBAGEBOORTELAND"] != before["GBAGEBOORTELAND"]
    truth = world.manifest("wrong_birth_country")
    first = before.filter(pl.col("GBAGENERATIE") == "1").height
    assert wrong.sum() == truth.height >= 0.05 * first * 0.9
    same = [name for name in rows.columns if name != "GBAGEBOORTELAND"]
    assert rows.select(same).equals(before.select(same))
    assert (rows["GBAHERKOMSTLAND"].filter(wrong) == truth["true_value"]).all()


@pytest.mark.parametrize("kind", [kind for kind in ROW_KINDS if known_kinds()[kind].get("values")])
def test_sentinels_of_each_family(with_rates, clean, kind) -> None:
    spec = known_kinds()[kind]
    world = with_rates(**{kind: 0.02, "partner_abroad": 1.0})
    stem = spec["files"][0]
    name = next(n for n, extract in world.files.items() if extract.register == stem)
    rows, before = world.delivered(name), clean.delivered(name)
    truth = world.manifest(kind)
    for column, sentinel in spec["values"].items():
        hit = rows[column] != before[column]
        assert hit.sum() == truth.filter(column=column).height > 0
        assert (rows[column].filter(hit) == sentinel).all()
        assert before[column].filter(hit).to_list() == truth.filter(column=column)[
            "true_value"
        ].to_list()  # fmt: skip


def test_unknown_amounts_are_nines_and_counted(with_rates) -> None:
    world = with_rates(sentinel_amount=0.01, partner_abroad=1.0)
    for name, column, nines in (("INPA2015TABV2", "INPPERSINK", 9_999_999_999),
                                ("PERSOONINK2005TABV3", "PERSINK", 999_999_999)):  # fmt: skip
        unknown = (world.delivered(name)[column] == nines).sum()
        truth = world.manifest("sentinel_amount").filter(
            file_stem=world.files[name].register, file_year=world.files[name].year
        )
        assert truth.filter(column=column).height == unknown > 0
        # Of the other columns it says in how many rows.
        others = truth.filter(pl.col("column") != column)
        assert set(others["rows"]) == {unknown}
        assert others["person"].null_count() == others.height >= 2


def test_older_incomes_are_cut_off_at_the_limits(with_rates) -> None:
    """The truth is moved beyond the limits here, because few have such incomes."""
    rich = with_rates(truncated_income=1.0)
    income = rich.country.income_year.with_columns(
        personal=pl.when(pl.col("person") % 50 == 0).then(2_000_000).otherwise("personal")
    )
    world = Simulated(replace(rich.country, income_year=income), SEED)
    rows = world.delivered("PERSOONINK2005TABV3")
    truth = world.manifest("truncated_income").filter(column="PERSINK")
    assert rows.filter(pl.col("PERSINK") != 999_999_999)["PERSINK"].max() == 1_000_000
    assert (rows["PERSINK"] == 1_000_000).sum() == truth.height > 10
    assert set(truth["true_value"]) == {"2000000"}


def test_partners_abroad_have_no_number_or_are_left_out(with_rates, clean) -> None:
    name = "GBAVERBINTENISPARTNER2023BUSV1"
    abroad = pl.col("RINPERSOONSVERBINTENISP") == "O"
    rows = clean.delivered(name)
    assert rows.filter(abroad).height == clean.manifest("partner_abroad").height > 10
    assert (rows.filter(abroad)["RINPERSOONVERBINTENISP"] == "-" * 9).all()
    assert with_rates().delivered(name).filter(abroad).is_empty()


def test_a_rate_of_zero_switches_every_kind_off(with_rates) -> None:
    """But for what the lives of this country hold."""
    world = with_rates()
    for name in ("GBAPERSOON2023TABV2", "GBAADRESOBJECT2023BUSV1", "KINDOUDER2023TABV10",
                 "SPOLISBUS2015V2", "INPA2015TABV2", "HOOGSTEOPL2023TABV1"):  # fmt: skip
        name = name if name in world.files else next(n for n in world.files if "SPOLIS" in n)
        world.delivered(name)
    kinds = set(world.damage.whole_manifest()["kind"])
    assert kinds <= {kind for kind, spec in known_kinds().items() if spec["stage"] == "lives"}


def test_the_same_seed_does_the_same_damage(with_rates) -> None:
    rates = dict.fromkeys(["overlapping_address", "own_parent", "missing_key"], 0.01)
    one, other = with_rates(**rates), with_rates(**rates)
    for name in ("GBAADRESOBJECT2023BUSV1", "KINDOUDER2023TABV10", "SECMBUS2023V1"):
        assert one.delivered(name).equals(other.delivered(name))
    assert one.damage.whole_manifest().equals(other.damage.whole_manifest())


# -------------------------------------------------------------------- files


@pytest.fixture(scope="module")
def odd_files(with_rates) -> Simulated:
    """A world in which some files are delivered as no reader expects."""
    kinds = [kind for kind, spec in known_kinds().items() if spec["stage"] == "files"]
    return with_rates(**{kind: known_kinds()[kind]["rate"] for kind in kinds}, partner_abroad=1.0)


def changed_files(world: Simulated, kind: str) -> list[str]:
    """Return the names of the files that a kind changed."""
    rows = world.manifest(kind).unique(["file_stem", "file_year"])
    assert rows.height > 0, kind
    return [
        name
        for name, extract in world.files.items()
        if rows.filter(file_stem=extract.register, file_year=extract.year).height
        and name != "KINDOUDER2023TABV10"
    ]


def written(world: Simulated, name: str, folder: Path) -> Path:
    return write_extract(world.files[name], folder, "sav")


def test_keys_of_an_old_file_are_numbers(odd_files, clean, tmp_path) -> None:
    for name in changed_files(odd_files, "numeric_keys"):
        rows, before = odd_files.delivered(name), clean.delivered(name)
        column = next(c for c in odd_files.files[name].columns if c.name == "RINPERSOON")
        assert column.format == "F9"
        assert rows["RINPERSOON"].dtype == pl.Int64
        padded = rows["RINPERSOON"].cast(pl.String).str.zfill(9)
        assert padded.equals(before["RINPERSOON"])
        assert (rows["RINPERSOON"] < 10**8).any()
        read, _ = pyreadstat.read_sav(written(odd_files, name, tmp_path))
        assert read["RINPERSOON"].dtype == float


def test_keys_of_older_files_have_older_names(odd_files, clean) -> None:
    for name in changed_files(odd_files, "renamed_columns"):
        rows, before = odd_files.delivered(name), clean.delivered(name)
        assert rows.columns[:2] == ["SRTNUM", "RIN"]
        assert rows["RIN"].equals(before["RINPERSOON"], check_names=False)
        assert odd_files.files[name].year <= 2011


def test_some_files_mix_the_case_of_their_columns(odd_files, clean) -> None:
    for name in changed_files(odd_files, "mixed_column_case"):
        columns, before = odd_files.delivered(name).columns, clean.delivered(name).columns
        assert columns != before
        assert [c.lower() for c in columns] == [c.lower() for c in before]


def test_a_converted_file_has_semicolons_and_decimal_commas(odd_files, clean, tmp_path) -> None:
    (name, *_) = changed_files(odd_files, "decimal_comma_csv")
    path = written(odd_files, name, tmp_path)
    assert path.parent.name == "geconverteerde data"
    assert path.suffix == ".csv"
    first, second, *_ = path.read_bytes().decode("windows-1252").split("\r\n")
    assert first.startswith("RINPERSOONS;RINPERSOON;")
    assert re.fullmatch(r"R;\d{9}(;-?[\d,]*)+", second)
    rows = pl.read_csv(
        path, separator=";", decimal_comma=True, schema_overrides={"RINPERSOON": pl.String}
    )
    before = clean.delivered(name)
    assert rows["RINPERSOON"].equals(before["RINPERSOON"])
    assert "," in path.read_text(encoding="windows-1252")
    for column in rows.columns[2:]:
        assert rows[column].cast(pl.Float64).equals(before[column].cast(pl.Float64)), column


def test_a_twin_stands_beside_its_original(odd_files, clean) -> None:
    names = changed_files(odd_files, "converted_twin")
    forms = {
        (extract.name, extract.file_format)
        for extract in register_extracts(odd_files.registers)
        if extract.name in names
    }
    assert forms == {(name, form) for name in names for form in (None, "csv")}


def test_labels_of_a_register_are_in_another_encoding(odd_files, clean, tmp_path) -> None:
    (name,) = changed_files(odd_files, "wrong_encoding")
    path = written(odd_files, name, tmp_path / "odd")
    with pytest.raises(pyreadstat.ReadstatError, match="convert string"):
        pyreadstat.read_sav(path)
    rows, meta = pyreadstat.read_sav(path, encoding="windows-1252")
    before, sound_meta = pyreadstat.read_sav(written(clean, name, tmp_path / "sound"))
    assert meta.variable_value_labels == sound_meta.variable_value_labels
    assert rows.equals(before)


def test_a_stale_version_stands_beside_the_newest_unless_off(odd_files, with_rates) -> None:
    stale = {"KINDOUDER2023TABV2", "GBAPERSOON2012TABV1"}
    both = stale | {"KINDOUDER2023TABV10", "GBAPERSOON2023TABV2"}
    assert both <= set(odd_files.files)
    assert odd_files.manifest("stale_version").height == 2
    assert both - set(with_rates().files) == stale


# -------------------------------------------------------------------- counts and docs


def test_the_manifest_is_counted_by_kind(tmp_path) -> None:
    rows = pl.DataFrame(
        {"kind": ["own_parent", "own_parent", "stale_version"],
         "file_stem": ["KINDOUDERTAB"] * 3, "person": [4, 5, None]}
    )  # fmt: skip
    empty = pl.DataFrame(schema=MANIFEST)
    pl.concat([empty, rows], how="diagonal_relaxed").write_parquet(tmp_path / "defect.parquet")
    write_manifest(tmp_path, empty, {"own_parent": 0.5})
    counted = pl.read_parquet(tmp_path / "defect_manifest.parquet")
    assert set(counted["kind"]) == set(known_kinds())
    own = counted.row(by_predicate=pl.col("kind") == "own_parent", named=True)
    assert (own["records"], own["persons"], own["rate"]) == (2, 2, "0.5")
    stale = counted.row(by_predicate=pl.col("kind") == "stale_version", named=True)
    assert (stale["records"], stale["persons"]) == (1, 0)
    assert counted.filter(pl.col("records") == 0).height == len(known_kinds()) - 2


def test_the_page_shows_every_kind_as_the_parameters_have_it() -> None:
    page = (project_dir() / "docs" / "simulation-defects.md").read_text(encoding="utf-8")
    assert page.endswith(f"{markdown_table()}\n"), (
        "print the tables again: python -m migrantpanel.simulation.defects"
    )
