"""Trends: recomputed by brute force from the cross-section, and held against the truth.

The small world has few respondents per cell, so the model is built once more with every cell shown,
with other threads, and with SPVA standing for its municipalities only.
"""

import shutil
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from conftest import World

KEY = ["variable", "category", "survey", "survey_year", "origin_group", "cohort_kind", "cohort"]


@pytest.fixture(scope="module")
def rebuilt(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build weights and trends with every cell shown, on one thread, SPVA without its nation."""
    folder = tmp_path_factory.mktemp("trend")
    for file in (world.warehouse, world.vault):
        shutil.copyfile(file, folder / file.name)
    done = world.dbt(
        folder, "run",
        "--select", "path:models/weighting", "mart_survey_weight", "mart_trend",
        "--vars", "{minimum_cell: 1, municipality_surveys: [SPVA], replicate_count: 2}",
        threads=1,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return folder / world.warehouse.name


@pytest.fixture(scope="module")
def shown(rebuilt: Path) -> pl.DataFrame:
    with duckdb.connect(rebuilt, read_only=True) as connection:
        return connection.sql("select * from marts.mart_trend").pl()


@pytest.fixture(scope="module")
def published(world: World) -> pl.DataFrame:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        return connection.sql("select * from marts.mart_trend").pl()


def respondents(warehouse: Path) -> pl.DataFrame:
    """Return the answers with weight, design and calibration; without a weight nobody counts."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        people = connection.sql(
            "select mart.* exclude (weight), weight.weight, "
            "place.variance_stratum, place.variance_unit, place.population_units, "
            "start.domain, start.start_weight "
            "from marts.mart_cross_section as mart "
            "inner join marts.mart_survey_weight as weight using (respondent_id) "
            "inner join weighting.wgt_variance_unit as place using (respondent_id) "
            "left join weighting.wgt_start as start "
            "on mart.respondent_id = start.respondent_id and start.variant = 'calibrated' "
            "where weight.weight is not null order by mart.respondent_id"
        ).pl()
        members = connection.sql(
            "select respondent_id, margin || '=' || category as category "
            "from weighting.wgt_calibration_member where variant = 'calibrated'"
        ).pl()
    categories = members.group_by("respondent_id").agg("category")
    return people.join(categories, on="respondent_id", how="left", maintain_order="left")


def residual(people: pl.DataFrame, score: np.ndarray) -> np.ndarray:
    """Take from a score what the margins of each calibrated origin group explain of it."""
    left = score.copy()
    for domain in people["domain"].drop_nulls().unique():
        rows = (people["domain"] == domain).fill_null(False).to_numpy()
        if not score[rows].any():
            continue
        own = people.filter(pl.Series(rows))
        held = own["category"].to_list()
        names = sorted({name for names in held for name in names or ()})
        x = np.array(
            [[1.0, *(name in (names_held or ()) for name in names)] for names_held in held]
        )
        root = np.sqrt(own["start_weight"].to_numpy())
        beta = np.linalg.lstsq(x * root[:, None], score[rows] * root, rcond=1e-10)[0]
        left[rows] -= x @ beta
    return left


def ratio(people: pl.DataFrame, is_in: np.ndarray, y: np.ndarray):
    """Return estimate and standard error of a mean in a domain, from the textbook formula."""
    weight = people["weight"].to_numpy()
    total = (weight * is_in).sum()
    estimate = (weight * is_in * y).sum() / total
    score = weight * residual(people, is_in * (y - estimate) / total)
    columns = people.select("variance_stratum", "variance_unit", "population_units")
    strata: dict[str, dict[str, float]] = {}
    sizes: dict[str, float] = {}
    for (stratum, unit, size), part in zip(columns.rows(), score, strict=True):
        units = strata.setdefault(stratum, {})
        units[unit] = units.get(unit, 0.0) + part
        sizes[stratum] = np.inf if size is None else size
    variance = 0.0
    for stratum, units in strata.items():
        values = np.array(list(units.values()))
        left = max(1 - len(values) / sizes[stratum], 0)
        if len(values) == 1:
            variance += left * values[0] ** 2
        else:
            spread = ((values - values.mean()) ** 2).sum()
            variance += left * len(values) / (len(values) - 1) * spread
    return estimate, variance**0.5


def in_cohort(people: pl.DataFrame, kind: str, cohort: str) -> np.ndarray:
    """Say who is in a cohort, from what its name says."""
    if kind == "population":
        return np.ones(len(people), bool)
    year = people["arrival_year"]
    if kind == "birth_cohort":
        birth = people["birth_year"] if "birth_year" in people.columns else pl.lit(None, pl.Int32)
        year = people.select(
            pl.coalesce(
                birth,
                pl.coalesce(pl.col("interview_date").dt.year(), "survey_year") - pl.col("age"),
            ).alias("year")
        )["year"]
    first, _, last = cohort.rpartition("-")
    inside = year.is_between(int(first or 0), int(last or 9999))
    return inside.fill_null(False).to_numpy()


def test_estimates_and_errors_equal_brute_force(rebuilt: Path, shown: pl.DataFrame) -> None:
    people = respondents(rebuilt)
    surveys = dict(iter(people.group_by("survey", "survey_year")))
    rng = np.random.default_rng(4)
    sample = shown.sort(KEY)[np.sort(rng.choice(len(shown), 600, replace=False))]
    checked = {"population": 0, "birth_cohort": 0, "immigration_cohort": 0}
    for row in sample.iter_rows(named=True):
        everybody = surveys[row["survey"], row["survey_year"]]
        answers = everybody[row["variable"]]
        is_in = (
            in_cohort(everybody, row["cohort_kind"], row["cohort"])
            & (everybody["origin_group"] == row["origin_group"]).fill_null(False).to_numpy()
            & answers.is_not_null().to_numpy()
        )
        if row["category"] == "(mean)":
            y = answers.cast(pl.Float64).fill_null(0).to_numpy()
        else:
            y = (answers == row["category"]).fill_null(False).to_numpy().astype(float)
        estimate, se = ratio(everybody, is_in, y)
        assert row["n"] == is_in.sum(), row
        assert row["estimate"] == pytest.approx(estimate, rel=1e-9, abs=1e-9), row
        assert row["se"] == pytest.approx(se, rel=1e-4, abs=1e-6), row
        checked[row["cohort_kind"]] += 1
    assert min(checked.values()) > 20


def test_a_survey_stands_for_what_was_declared(
    shown: pl.DataFrame, published: pl.DataFrame
) -> None:
    assert set(published["represents"]) == {"nation"}
    by_survey = shown.select("survey", "represents").unique()
    assert dict(by_survey.rows()) == {
        name: "municipalities" if name == "SPVA" else "nation" for name in by_survey["survey"]
    }
    both = published.join(shown, on=KEY).filter(pl.col("estimate").is_not_null())
    changed = both.filter((pl.col("estimate") - pl.col("estimate_right")).abs() > 1e-6)
    assert set(changed["survey"]) == {"SPVA"}


def test_trends_are_the_same_on_any_number_of_threads(
    shown: pl.DataFrame, published: pl.DataFrame
) -> None:
    estimated = published.filter(
        pl.col("estimate").is_not_null() & (pl.col("survey") != "SPVA")
    ).sort(KEY)
    again = estimated.select(KEY).join(shown, on=KEY, how="left").select(estimated.columns)
    assert len(estimated) > 50
    assert_frame_equal(estimated, again.sort(KEY), check_exact=True)


def test_small_cells_are_hidden_with_their_reason(published: pl.DataFrame) -> None:
    hidden = published.filter(pl.col("estimate").is_null())
    assert len(hidden) > 0
    assert set(hidden["no_estimate_reason"]) == {"small_cell"}
    assert hidden["n"].max() < 10
    assert hidden["se"].is_null().all()
    assert published.filter(pl.col("estimate").is_not_null())["n"].min() >= 10


def test_shares_of_answers_equal_those_of_the_truth(
    world: World, rebuilt: Path, shown: pl.DataFrame
) -> None:
    """Where no answer of a survey was damaged, the share is that of what people truly answered."""
    truth = pl.read_parquet(world.truth / "survey_answer.parquet").with_columns(
        respondent_id=pl.format("{}{}-{}", "survey", "survey_year", "respondent_key")
    )
    damaged = truth.filter("damaged").select("survey", "survey_year", "variable").unique()
    answered = truth.filter(pl.col("expected_value").is_not_null()).join(
        damaged, on=["survey", "survey_year", "variable"], how="anti"
    )
    people = respondents(rebuilt).select("respondent_id", "weight", "origin_group")
    group = ["variable", "survey", "survey_year", "origin_group"]
    joined = answered.join(people, on="respondent_id").drop_nulls("origin_group")
    share = (
        joined.group_by(*group, category="expected_value")
        .agg(pl.col("weight").sum())
        .join(joined.group_by(group).agg(total=pl.col("weight").sum()), on=group)
        .select(*group, "category", truth=pl.col("weight") / pl.col("total"))
    )
    compared = shown.filter(
        (pl.col("cohort") == "all") & (pl.col("represents") == "nation") & (pl.col("estimate") > 0)
    ).join(share, on=[*group, "category"])
    assert len(compared) > 300
    assert ((compared["estimate"] - compared["truth"]).abs() < 1e-9).all()


def test_shares_are_those_of_the_population(world: World, shown: pl.DataFrame) -> None:
    """Women and the second generation among residents of 15 and over, by origin: the mean squared
    distance to the truth is that of a random sample of n."""
    person = pl.read_parquet(world.truth / "person.parquet")
    stay = pl.read_parquet(world.truth / "stay.parquet")
    squares = []
    for survey_year in (2006, 2011):
        day = pl.date(survey_year - 1, 12, 15)
        here = stay.filter(
            (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        )
        adult = person.join(here, on="person", how="semi").filter(
            pl.col("birth_date") <= pl.date(survey_year - 16, 12, 15)
        )
        for variable, category in (("sex", "2"), ("generation", "2")):
            shares = dict(
                adult.group_by("origin").agg((pl.col(variable) == category).mean()).iter_rows()
            )
            points = shown.filter(
                (pl.col("variable") == variable)
                & (pl.col("category") == category)
                & (pl.col("survey") == "SIM")
                & (pl.col("survey_year") == survey_year)
                & (pl.col("cohort") == "all")
                & ~((pl.col("origin_group") == "NL") & (variable == "generation"))
            )
            for point in points.iter_rows(named=True):
                share = shares[point["origin_group"]]
                variance = share * (1 - share) / point["n"]
                squares.append((point["estimate"] - share) ** 2 / variance)
    assert len(squares) >= 15
    assert np.mean(squares) < 2.5, squares
