"""Estimates of the warehouse: one query, the trends, Python and the truth say the same."""

import duckdb
import numpy as np
import polars as pl
import pytest

from conftest import World
from migrantpanel.weighting.variance import SampleDesign, estimate

SURVEY = ("SIM", 2011)
OUTCOMES = {
    "interview": "net",
    "refusal": "refusal",
    "no_contact": "no_contact",
    "prevented": "prevented",
    "abroad": "abroad",
    "deceased": "deceased",
    "institution": "institution",
    "wrong_group": "wrong_group",
}
OUT_OF_SCOPE = ("abroad", "deceased", "institution", "wrong_group")


def query(world: World, sql: str) -> pl.DataFrame:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        return connection.sql(sql).pl()


@pytest.fixture(scope="module")
def people(world: World) -> pl.DataFrame:
    """Return the respondents with weights and design, as docs/variance.md joins them."""
    return query(
        world,
        "select mart.*, weight.weight as final_weight, weight.weight_poststratified, "
        "weight.domain, weight.variance_stratum, weight.variance_unit, weight.population_units "
        "from marts.mart_cross_section as mart "
        "inner join marts.mart_survey_weight as weight using (respondent_id) "
        "where weight.weight is not null order by respondent_id",
    )


def replicates(world: World, people: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return replicate weights in the order of the respondents, and their factors."""
    long = query(
        world,
        "select respondent_id, replicate, weight, variance_factor from marts.mart_replicate_weight",
    )
    wide = people.select("respondent_id").join(
        long.pivot(on="replicate", index="respondent_id", values="weight", sort_columns=True),
        on="respondent_id",
        how="left",
        maintain_order="left",
    )
    numbers = sorted(map(int, wide.columns[1:]))
    factor = dict(long.group_by("replicate").agg(pl.col("variance_factor").max()).rows())
    weights = wide.select(map(str, numbers)).to_numpy()
    return weights, np.array([factor[number] for number in numbers])


def test_one_query_gives_what_svy_gives(world: World, people: pl.DataFrame) -> None:
    survey, year = SURVEY
    mine = people.filter(survey=survey, survey_year=year)
    weights, factors = replicates(world, mine)
    design = SampleDesign("final_weight")
    where = f"survey = '{survey}' and survey_year = {year}"
    found = query(world, f"from marts.weighted_mean(age, sex, {where})")
    wanted = estimate(mine, "age", design, ["sex"], "mean", weights, factors)
    assert found["domain"].to_list() == wanted["sex"].to_list()
    for name in ("estimate", "se", "n"):
        assert found[name].to_list() == pytest.approx(wanted[name].to_list(), rel=1e-9)
    found = query(world, f"from marts.weighted_mean(sex = '2', 'all', {where})")
    wanted = estimate(mine, "sex", design, (), "share", weights, factors).filter(category="2")
    assert found["estimate"][0] == pytest.approx(wanted["estimate"][0], rel=1e-9)
    assert found["se"][0] == pytest.approx(wanted["se"][0], rel=1e-9)
    found = query(world, f"from marts.weighted_total(1, 'all', {where})")
    assert found["estimate"][0] == pytest.approx(mine["final_weight"].sum(), rel=1e-9)


def test_one_query_leaves_out_who_did_not_answer(world: World, people: pl.DataFrame) -> None:
    found = query(
        world, "select sum(n) as n from marts.weighted_mean(life_satisfaction, survey_year)"
    )
    assert found["n"][0] == people["life_satisfaction"].drop_nulls().len()


def test_trends_have_the_errors_that_svy_gives(world: World, people: pl.DataFrame) -> None:
    """The SQL of the trends against svy, told strata, units, populations and the calibration."""
    member = query(
        world,
        "select respondent_id, margin, category from weighting.wgt_calibration_member "
        "where variant = 'calibrated'",
    )
    wide = member.pivot(on="margin", index="respondent_id", values="category")
    margins = tuple(sorted(set(wide.columns) - {"respondent_id"}))
    named = {name: f"margin_{name}" for name in margins}
    trend = query(
        world,
        "select * from marts.mart_trend where cohort = 'all' and estimate is not null and se > 0 "
        "order by all",
    )
    checked = 0
    for (survey, year), points in trend.group_by("survey", "survey_year", maintain_order=True):
        mine = people.filter(survey=survey, survey_year=year, weight_kind="calibrated")
        everybody = people.filter(survey=survey, survey_year=year)
        if mine.height < everybody.height:
            continue
        mine = mine.join(wide.rename(named), on="respondent_id", how="left").with_columns(
            whole=pl.lit("all")
        )
        design = SampleDesign(
            "final_weight",
            "variance_stratum",
            "variance_unit",
            "population_units",
            "weight_poststratified",
            ("whole", *named.values()),
            domain="domain",
        )
        units = mine.group_by("variance_stratum").agg(pl.col("variance_unit").n_unique())
        # svy takes a lone unit around the mean of all, the trends its own square.
        tolerance = 0.02 if (units["variance_unit"] == 1).any() else 1e-4
        for row in points.head(6).iter_rows(named=True):
            value = pl.col(row["variable"]).cast(pl.String)
            y = (
                pl.col(row["variable"]).cast(pl.Float64)
                if row["category"] == "(mean)"
                else (value == row["category"]).cast(pl.Float64)
            )
            frame = mine.with_columns(y=y)
            found = estimate(frame, "y", design, ["origin_group"]).filter(
                origin_group=row["origin_group"]
            )
            assert row["n"] == found["n"][0], row
            assert row["estimate"] == pytest.approx(found["estimate"][0], rel=1e-9), row
            assert row["se"] == pytest.approx(found["se"][0], rel=tolerance), row
            checked += 1
    assert checked >= 12


def test_rates_are_those_of_the_truth(world: World) -> None:
    truth = pl.read_parquet(world.truth / "survey_sample.parquet")
    rates = query(
        world, "select * from statistics.stat_nonresponse_rate where domain = '(all)' order by all"
    )
    assert rates.height == 11
    for row in rates.iter_rows(named=True):
        drawn = truth.filter(survey=row["survey"], survey_year=row["survey_year"])
        assert row["drawn_n"] == drawn.height
        for outcome, name in OUTCOMES.items():
            assert row[f"{name}_n"] == drawn.filter(disposition=outcome).height, (row, outcome)
        out = drawn.filter(pl.col("disposition").is_in(OUT_OF_SCOPE)).height
        gross = drawn.height - out
        assert row["gross_n"] == gross
        assert row["response_rate"] == pytest.approx(row["net_n"] / gross)
        assert row["response_rate"] == pytest.approx(row["contact_rate"] * row["recruitment_rate"])


def test_gross_and_net_are_counted_in_the_classes_of_the_registers(world: World) -> None:
    """Who has no record of education is known in the truth; the shares add up to one."""
    truth = pl.read_parquet(world.truth / "survey_sample.parquet").filter(
        ~pl.col("disposition").is_in(OUT_OF_SCOPE)
    )
    cells = query(
        world,
        "select * from statistics.stat_nonresponse_distribution "
        "where domain = '(all)' and no_estimate_reason is null order by all",
    )
    assert {"sex", "age", "education", "residence", "origin_group"} == set(cells["attribute_name"])
    near = 0
    for row in cells.filter(attribute_name="education", category="unknown").iter_rows(named=True):
        drawn = truth.filter(survey=row["survey"], survey_year=row["survey_year"])
        unknown = drawn.filter(~pl.col("is_education_registered")).height
        # A record can begin after the day of the count, and then is not known on it.
        assert unknown * 0.9 <= row["gross_n"] <= drawn.height
        near += 1
    assert near >= 4
    for row in cells.iter_rows(named=True):
        gap = row["net_share"] - row["gross_share"]
        assert row["net_minus_gross"] == pytest.approx(gap, abs=1e-12)
        assert row["is_net_noticeable"] == (abs(round(100 * gap, 6)) > 1)
    hidden = query(
        world,
        "select min(gross_n) as fewest from statistics.stat_nonresponse_distribution",
    )
    assert hidden["fewest"][0] >= 10
