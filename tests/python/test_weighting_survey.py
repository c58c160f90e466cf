"""What a small sample makes a survey give up, group by group, and that the rest is exact."""

import numpy as np
import polars as pl
import pytest

from migrantpanel.weighting import CalibrationError
from migrantpanel.weighting.survey import calibrated, collapse

KEY = {"survey": "S", "survey_year": 2006, "domain": "TUR", "variant": "calibrated"}
SETTINGS = pl.DataFrame(
    {"survey": ["S"], "survey_year": [2006], "method": ["linear"]}
).with_columns(lower_bound=pl.lit(0.34), upper_bound=pl.lit(2.95))
RULES = pl.DataFrame(
    [
        ("age", "young", 1, "middle"),
        ("age", "middle", 2, "young"),
        ("age", "old", 3, "middle"),
        ("age", "oldest", 4, "old"),
        ("sex", "1", 1, None),
        ("sex", "2", 2, None),
    ],
    schema=["margin", "category", "position", "collapse_into"],
    orient="row",
)


def people(**margins: dict[str, int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return units of weight 10 each and their categories, in the numbers that are given."""
    size = sum(next(iter(margins.values())).values())
    ids = [f"S2006-{number:03}" for number in range(size)]
    units = pl.DataFrame({"respondent_id": ids}).with_columns(
        start_weight=pl.lit(10.0),
        population=pl.lit(10.0 * size),
        **{name: pl.lit(value) for name, value in KEY.items()},
    )
    parts = []
    for name, counts in margins.items():
        codes = [code for code, count in counts.items() for _ in range(count)]
        # Margins start at another respondent each, so that they cross.
        codes = codes[size // 3 :] + codes[: size // 3] if name != "age" else codes
        parts.append(pl.DataFrame({"respondent_id": ids, "margin": name, "category": codes}))
    return units, pl.concat(parts)


def population(**margins: dict[str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("S", 2006, "TUR", margin, category, total, total / 2)
            for margin, totals in margins.items()
            for category, total in totals.items()
        ],
        schema=["survey", "survey_year", "domain", "margin", "category", "total", "panel_total"],
        orient="row",
    )


def wanted(*margins: str) -> pl.DataFrame:
    return pl.DataFrame({"margin": list(margins)}).with_columns(
        survey=pl.lit("S"),
        survey_year=pl.lit(2006),
        variant=pl.lit("calibrated"),
        importance=pl.int_range(1, len(margins) + 1),
    )


def plan(units, categories, totals, *margins: str, minimum: int = 5) -> dict[tuple[str, str], dict]:
    found = collapse(units, categories, totals, wanted(*margins), RULES, SETTINGS, minimum)
    return {(row["margin"], row["category"]): row for row in found.iter_rows(named=True)}


def reasons(found: dict, margin: str) -> dict[str, str | None]:
    return {category: row["reason"] for (name, category), row in found.items() if name == margin}


def merged(found: dict, margin: str) -> dict[str, str | None]:
    return {
        category: row["collapsed_category"]
        for (name, category), row in found.items()
        if name == margin
    }


def test_a_category_with_few_respondents_joins_its_neighbour():
    units, categories = people(age={"young": 12, "middle": 14, "old": 4})
    totals = population(age={"young": 120, "middle": 120, "old": 60})
    found = plan(units, categories, totals, "age")
    assert merged(found, "age") == {"young": "young", "middle": "middle+old", "old": "middle+old"}
    assert reasons(found, "age") == {"young": None, "middle": None, "old": "few_respondents"}
    assert found["age", "old"]["respondent_count"] == 4


def test_merging_goes_on_until_all_are_large_enough():
    units, categories = people(age={"young": 20, "middle": 2, "old": 3, "oldest": 5})
    totals = population(age={"young": 150, "middle": 50, "old": 50, "oldest": 50})
    found = plan(units, categories, totals, "age")
    joined = "young+middle+old"
    assert merged(found, "age") == {
        "young": joined,
        "middle": joined,
        "old": joined,
        "oldest": "oldest",
    }


def test_a_category_without_respondents_or_without_population_joins_too():
    units, categories = people(age={"young": 12, "middle": 12, "oldest": 6})
    totals = population(age={"young": 100, "middle": 100, "old": 100, "oldest": 0})
    found = plan(units, categories, totals, "age")
    joined = "middle+old+oldest"
    assert merged(found, "age") == {
        "young": "young",
        "middle": joined,
        "old": joined,
        "oldest": joined,
    }
    assert reasons(found, "age") == {
        "young": None,
        "middle": None,
        "old": "not_in_sample",
        "oldest": "no_population",
    }


def test_a_margin_without_neighbours_is_given_up():
    units, categories = people(age={"young": 15, "middle": 15}, sex={"1": 27, "2": 3})
    totals = population(age={"young": 150, "middle": 150}, sex={"1": 200, "2": 100})
    found = plan(units, categories, totals, "age", "sex")
    assert set(reasons(found, "sex").values()) == {"no_neighbour"}
    assert set(merged(found, "sex").values()) == {None}
    assert set(reasons(found, "age").values()) == {None}


@pytest.mark.parametrize(
    ("counts", "totals", "reason"),
    [
        ({"young": 30}, {"young": 300}, "one_category"),
        ({"(unknown)": 30}, {"young": 150, "middle": 150}, "not_known"),
        ({"young": 15, "middle": 15}, {}, "no_population_total"),
    ],
)
def test_a_margin_that_says_nothing_is_given_up(counts, totals, reason):
    units, categories = people(age=counts)
    found = plan(units, categories, population(age=totals), "age")
    assert set(reasons(found, "age").values()) == {reason}


def test_the_unknown_keep_the_share_they_start_with():
    """3 of 30 are unknown: they stay a tenth, and the others share the rest as the population."""
    units, categories = people(age={"young": 15, "middle": 12, "(unknown)": 3})
    found = plan(units, categories, population(age={"young": 100, "middle": 200}), "age")
    targets = {category: row["target_total"] for (_, category), row in found.items()}
    assert targets == pytest.approx({"young": 90, "middle": 180, "(unknown)": 30})
    assert merged(found, "age")["(unknown)"] == "(unknown)"


def test_of_margins_in_conflict_the_least_important_is_given_up():
    """Men are young and women old, nearly; no bounded weights make half of each otherwise."""
    units, categories = people(age={"young": 15, "middle": 15})
    same = categories.with_columns(
        margin=pl.lit("sex"),
        category=pl.when(pl.col("category") == "young").then(pl.lit("1")).otherwise(pl.lit("2")),
    )
    totals = population(age={"young": 200, "middle": 100}, sex={"1": 100, "2": 200})
    found = plan(units, pl.concat([categories, same]), totals, "sex", "age")
    assert set(reasons(found, "age").values()) == {"cannot_be_met"}
    assert "sex and age" in found["age", "young"]["detail"]
    assert set(reasons(found, "sex").values()) == {None}


def test_margins_of_different_people_are_an_error():
    units, categories = people(age={"young": 15, "middle": 15})
    with pytest.raises(CalibrationError, match=r"S 2006, TUR: margin 'age' adds up to 310"):
        plan(units, categories, population(age={"young": 200, "middle": 110}), "age")


def targets_of(found: dict) -> pl.DataFrame:
    rows = [row for row in found.values() if row["collapsed_category"] is not None]
    return (
        pl.DataFrame(rows)
        .group_by(*KEY, "margin", category="collapsed_category")
        .agg(total=pl.col("target_total").sum())
    )


def test_weights_meet_what_is_left_exactly():
    units, categories = people(age={"young": 12, "middle": 14, "old": 4}, sex={"1": 12, "2": 18})
    units = units.with_columns(start_weight=10.0 + pl.int_range(pl.len()) % 3 - 1)
    totals = population(age={"young": 120, "middle": 120, "old": 60}, sex={"1": 150, "2": 150})
    found = plan(units, categories, totals, "age", "sex")
    members = categories.with_columns(
        variant=pl.lit("calibrated"),
        category=pl.struct("margin", "category").map_elements(
            lambda row: found[row["margin"], row["category"]]["collapsed_category"],
            return_dtype=pl.String,
        ),
    )
    targets = targets_of(found)
    weights = calibrated(units, members, targets, SETTINGS)
    reached = (
        members.join(weights, on="respondent_id")
        .group_by("margin", "category")
        .agg(pl.col("weight").sum())
        .join(targets, on=["margin", "category"])
    )
    assert reached.height == 4
    assert np.allclose(reached["weight"], reached["total"], rtol=1e-9)
    shuffled = calibrated(units.reverse(), members.reverse(), targets.reverse(), SETTINGS)
    assert shuffled.equals(weights)


def test_a_group_without_margins_keeps_its_starting_weights():
    units, categories = people(age={"young": 30})
    found = plan(units, categories, population(age={"young": 300}), "age")
    members = categories.clear().with_columns(variant=pl.lit("calibrated"))
    targets = pl.DataFrame(
        schema={
            **{name: units.schema[name] for name in KEY},
            "margin": pl.String,
            "category": pl.String,
            "total": pl.Float64,
        }
    )
    assert set(merged(found, "age").values()) == {None}
    weights = calibrated(units, members, targets, SETTINGS)
    assert weights["weight"].to_list() == [10.0] * 30
    assert weights["g"].to_list() == [1.0] * 30


def test_without_a_sample_there_is_nothing_to_weigh():
    units, categories = people(age={"young": 30})
    totals = population(age={"young": 300})
    assert plan(units.clear(), categories.clear(), totals, "age") == {}
    members = categories.clear().with_columns(variant=pl.lit("calibrated"))
    targets = pl.DataFrame(
        schema={**{name: units.schema[name] for name in KEY}, "margin": pl.String}
        | {"category": pl.String, "total": pl.Float64}
    )
    found = calibrated(units.clear(), members, targets, SETTINGS)
    assert found.columns == ["respondent_id", "variant", "weight", "g"]
    assert found.height == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lower_bound": 1.2}, r"survey_population, S 2006: bounds \(1.2, 2.95\) do not hold 1"),
        ({"method": "greg"}, r"survey_population, S 2006: method 'greg' is unknown"),
    ],
)
def test_unusable_settings_are_errors_and_no_conflict(change, message):
    units, categories = people(age={"young": 15, "middle": 15})
    totals = population(age={"young": 200, "middle": 100})
    settings = SETTINGS.with_columns(**{name: pl.lit(value) for name, value in change.items()})
    with pytest.raises(CalibrationError, match=message):
        collapse(units, categories, totals, wanted("age"), RULES, settings, 5)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_unusable_starting_weights_are_errors_and_no_conflict(weight):
    units, categories = people(age={"young": 15, "middle": 15})
    units = units.with_columns(
        start_weight=pl.when(pl.int_range(pl.len()) == 3).then(weight).otherwise("start_weight")
    )
    with pytest.raises(
        CalibrationError, match=r"starting weight of S2006-003 is .*: it must be above 0"
    ):
        plan(units, categories, population(age={"young": 200, "middle": 100}), "age")
