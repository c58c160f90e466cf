"""What calibration says of unusable input and of totals that cannot be met."""

import itertools

import numpy as np
import polars as pl
import pytest
from scipy import optimize

from calibration_sample import (
    MARGINS,
    POPULATION,
    SAMPLE,
    TOTALS,
    indicators,
)
from migrantpanel.errors import UserError
from migrantpanel.random import generator
from migrantpanel.weighting import CalibrationError, calibrate, feasibility

SEX = MARGINS["sex"]
WOMEN, MEN = SEX["woman"], SEX["man"]
BAD = {
    "unknown column": (
        {"margins": {"sexe": {"1": 1}}},
        r"column 'sexe' is not in the data, which has sex, age",
    ),
    "unknown weight": ({"design_weight": "w"}, r"column 'w' is not in the data"),
    "no margins": ({"margins": {}}, r"nothing to calibrate to"),
    "margins no dictionary": ({"margins": [1]}, r"margins is a list, not a dictionary"),
    "margin no dictionary": ({"margins": {"sex": 5}}, r"margin 'sex' is not a dictionary"),
    "margin empty": ({"margins": {"sex": {}}}, r"margin 'sex' is not a dictionary"),
    "category without total": (
        {"margins": {"sex": {"man": 5}}},
        r"margin 'sex': category 'woman' of \d+ rows has no total",
    ),
    "null not named": (
        {"margins": {"education": {"1": 5, "2": 5, "3": 5}}},
        r"margin 'education': \d+ rows have no value; name the category None",
    ),
    "category without rows": (
        {"margins": {"sex": {**SEX, "other": 3}}},
        r"margin 'sex': category 'other' has total 3 but no rows",
    ),
    "null without rows": (
        {"margins": {"sex": {**SEX, None: 3}}},
        r"margin 'sex': category \(null\) has total 3 but no rows",
    ),
    "total zero": (
        {"margins": {"sex": {"man": 0, "woman": 5}}},
        r"margin 'sex': category 'man' has total 0 but \d+ rows",
    ),
    "negative total": (
        {"margins": {"sex": {"man": -1, "woman": 5}}},
        r"margin 'sex': the total of 'man' is -1",
    ),
    "total not finite": (
        {"margins": {"sex": {"man": float("nan"), "woman": 5}}},
        r"margin 'sex': the total of 'man' is nan",
    ),
    "total as text": (
        {"margins": {"sex": {"man": "many", "woman": 5}}},
        r"margin 'sex': the total of 'man' is 'many'",
    ),
    "category twice": (
        {"margins": {"age": {15: 1, "15": 2, 25: 1, 45: 1, 65: 1}}},
        r"margin 'age' names category '15' twice",
    ),
    "sizes differ": (
        {"margins": {**MARGINS, "sex": {"man": MEN, "woman": WOMEN + 10}}},
        r"margins do not add up to the same population: sex .*, age .*, education",
    ),
    "text as total": ({"totals": {"sex": 5}}, r"total 'sex' holds text, not numbers"),
    "total infinite": ({"totals": {"years": np.inf}}, r"total 'years': inf is not a finite"),
    "unknown method": ({"method": "greg"}, r"method 'greg' is unknown: use one of linear"),
    "logit without bounds": ({"method": "logit"}, r"logit needs bounds"),
    "logit infinite": ({"method": "logit", "bounds": (0, np.inf)}, r"logit needs finite bounds"),
    "bounds without 1": ({"bounds": (1.2, 3)}, r"bounds \(1.2, 3\) do not hold 1"),
    "bounds turned": ({"bounds": (3, 0.3)}, r"bounds \(3, 0.3\) do not hold 1"),
    "bounds nan": ({"bounds": (np.nan, 3)}, r"do not hold 1"),
    "one bound": ({"bounds": (3,)}, r"are not two numbers"),
    "raking below zero": ({"method": "raking", "bounds": (-1, 3)}, r"raking weights are never"),
    "tol": ({"tol": 0}, r"tol 0 is not a positive number"),
    "max_iter": ({"max_iter": 0}, r"max_iter 0 is not a number of steps"),
    "data": ({"data": {"sex": ["man"]}}, r"data is a dict: give a pandas, polars or Arrow table"),
    "no rows": ({"data": SAMPLE.clear()}, r"the data have no rows"),
    "unknown domain": ({"domain": "region"}, r"with domain='region', margins and totals are"),
    "domain without margins": (
        {"domain": "sex", "margins": {"man": {"age": MARGINS["age"]}}},
        r"domain 'sex': \d+ rows of 'woman' have no margins",
    ),
    "domain without rows": (
        {"domain": "sex", "margins": {k: {"age": MARGINS["age"]} for k in ("man", "woman", "x")}},
        r"domain 'sex': 'x' has margins but no rows",
    ),
    "too few weights": ({"design_weight": [1.0, 2.0]}, r"2 weights for 400 rows"),
    "weights as text": ({"design_weight": "sex"}, r"design weight 'sex' holds .*, not numbers"),
}


@pytest.mark.parametrize("case", BAD)
def test_unusable_input_is_named(case):
    changes, message = BAD[case]
    arguments = {"data": SAMPLE, "design_weight": "d", "margins": MARGINS} | changes
    with pytest.raises(CalibrationError, match=message) as caught:
        calibrate(**arguments)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, UserError)
    assert all("\n" not in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0.0, r"design weight 'd': 1 weights are zero, the first in row 7"),
        (-3.0, r"design weight 'd': 1 weights are negative, the first in row 7 \(-3\)"),
        (float("inf"), r"design weight 'd': 1 weights are missing or not finite.* row 7 \(inf\)"),
        (float("nan"), r"design weight 'd': 1 weights are missing or not finite.* row 7"),
        (None, r"design weight 'd': 1 weights are missing or not finite.* row 7"),
    ],
)
def test_unusable_design_weights_are_named(value, message):
    weights = SAMPLE["d"].to_list()
    weights[7] = value
    with pytest.raises(CalibrationError, match=message):
        calibrate(SAMPLE.with_columns(pl.Series("d", weights)), "d", MARGINS)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_unusable_numbers_are_named(value):
    income = SAMPLE["income"].to_list()
    income[9] = value
    with pytest.raises(CalibrationError, match=r"total 'income': 1 rows have no finite value.*9"):
        calibrate(SAMPLE.with_columns(pl.Series("income", income)), "d", MARGINS, TOTALS)


def test_all_problems_are_told_at_once():
    with pytest.raises(CalibrationError) as caught:
        calibrate(SAMPLE, "d", {"sex": {"man": 3}, "age": {"15": -1}}, {"years": "x"})
    assert len(caught.value.problems) >= 6


# --- totals that cannot be met -------------------------------------------------------------------


def infeasible() -> tuple[pl.DataFrame, dict]:
    """Return totals of which sex and age are in conflict, and education is in none."""
    sample = pl.DataFrame(
        {
            "education": ["1", "2"] * 10,
            "sex": ["man"] * 10 + ["woman"] * 10,
            "age": ["old"] * 9 + ["young"] + ["young"] * 9 + ["old"],
            "d": [5.0] * 20,
        }
    )
    margins = {
        "education": {"1": 50, "2": 50},
        "sex": {"man": 30, "woman": 70},
        "age": {"old": 65, "young": 35},
    }
    return sample, margins


def test_the_conflict_is_the_smallest_one_and_the_advice_works():
    sample, margins = infeasible()
    for method in ("linear", "logit", "raking"):
        with pytest.raises(
            CalibrationError, match=r"'sex' and 'age' cannot be met together"
        ) as got:
            calibrate(sample, "d", margins, method=method, bounds=(0.5, 2.0))
        error = got.value
        assert error.conflict == ("sex", "age")
        assert error.bounds is not None
        assert calibrate(sample, "d", margins, method=method, bounds=error.bounds).converged
        assert sum(error.nearest["sex"].values()) == pytest.approx(100)
        assert calibrate(sample, "d", error.nearest, method=method, bounds=(0.5, 2.0)).converged
        assert "nearest totals" in str(error)


def test_large_problems_take_the_quick_ways_to_the_same_answer(monkeypatch):
    """Margins left out one at a time, and bounds found by trial, as for 100,000 cells."""
    monkeypatch.setattr(feasibility, "MOST_SUBSETS", 0)
    monkeypatch.setattr(feasibility, "MOST_ENTRIES", 0)
    sample, margins = infeasible()
    with pytest.raises(CalibrationError, match=r"\(none of them can be spared\)") as caught:
        calibrate(sample, "d", margins, method="logit", bounds=(0.5, 2.0))
    assert caught.value.conflict == ("sex", "age")
    bounds = caught.value.bounds
    assert calibrate(sample, "d", margins, method="logit", bounds=bounds).converged
    narrower = [1 + (bound - 1) * 0.95 for bound in bounds]
    with pytest.raises(CalibrationError):
        calibrate(sample, "d", margins, method="logit", bounds=narrower)


def test_what_was_not_found_in_time_is_not_claimed(monkeypatch):
    monkeypatch.setattr(feasibility, "SECONDS", -1.0)
    sample, margins = infeasible()
    with pytest.raises(
        CalibrationError, match=r"too many to say whether they can be met"
    ) as caught:
        calibrate(sample, "d", margins, bounds=(0.5, 2.0))
    assert caught.value.bounds is None
    assert not caught.value.nearest


def test_suggested_bounds_are_hardly_wider_than_needed():
    """One margin alone: g must be 1.8 for women, so the upper bound must be 1.8."""
    sample = pl.DataFrame({"sex": ["man"] * 6 + ["woman"] * 4, "d": [1.0] * 10})
    with pytest.raises(CalibrationError) as caught:
        calibrate(
            sample, "d", {"sex": {"man": 2.8, "woman": 7.2}}, method="logit", bounds=(0.3, 1.5)
        )
    assert caught.value.conflict == ("sex",)
    assert caught.value.bounds == pytest.approx((0.3, 1.8), abs=0.03)


def test_conflicts_are_as_small_as_exhaustive_search_finds():
    """Small random problems, checked against linear programmes written out here."""
    sets = 0
    for seed in range(30):
        draw = generator(seed, "conflict")
        rows = 25
        codes = {f"m{i}": draw.integers(0, 3, rows) for i in range(4)}
        sample = pl.DataFrame(codes | {"d": np.ones(rows)})
        margins = {}
        for name, values in codes.items():
            share = np.bincount(values, minlength=3) * draw.lognormal(0, 0.35, 3)
            margins[name] = {
                str(code): rows * share[code] / share.sum() for code in np.unique(values)
            }
        try:
            calibrate(sample, "d", margins, bounds=(0.6, 1.6))
            found = None
        except CalibrationError as error:
            found = error.conflict
        smallest = next(
            (
                size
                for size in range(1, 5)
                if any(
                    not can_be_met(sample, {name: margins[name] for name in names}, (0.6, 1.6))
                    for names in itertools.combinations(margins, size)
                )
            ),
            None,
        )
        assert (found is None) == (smallest is None)
        if found is not None:
            assert len(found) == smallest
            assert not can_be_met(sample, {name: margins[name] for name in found}, (0.6, 1.6))
            sets += 1
    assert sets >= 10


def can_be_met(sample: pl.DataFrame, margins: dict, bounds: tuple[float, float]) -> bool:
    text = sample.with_columns(pl.col(name).cast(pl.String) for name in margins)
    matrix, goal = indicators(text, margins, {})
    return optimize.linprog(
        np.zeros(sample.height), A_eq=matrix.T, b_eq=goal, bounds=[bounds] * sample.height
    ).success


def test_impossible_whatever_the_bounds():
    """Everybody old is a man: more old people than men cannot be."""
    sample = pl.DataFrame(
        {"sex": ["man", "man", "woman"], "age": ["old", "young", "young"], "d": [1.0] * 3}
    )
    margins = {"sex": {"man": 1, "woman": 2}, "age": {"old": 2, "young": 1}}
    for method, bounds in [("raking", None), ("logit", (0.1, 9)), ("linear", (0, 9))]:
        with pytest.raises(CalibrationError, match=r"no bounds would do") as caught:
            calibrate(sample, "d", margins, method=method, bounds=bounds)
        assert caught.value.conflict == ("sex", "age")
        assert caught.value.bounds is None


def test_nested_margins_that_contradict_each_other():
    """Without bounds too: the same people cannot be two numbers."""
    sample = pl.DataFrame({"a": ["x", "x", "y"], "b": ["x", "x", "y"], "d": [1.0] * 3})
    with pytest.raises(CalibrationError, match=r"'a' and 'b' cannot be met together") as caught:
        calibrate(sample, "d", {"a": {"x": 4, "y": 4}, "b": {"x": 5, "y": 3}})
    assert caught.value.conflict == ("a", "b")


def test_a_numeric_total_out_of_reach_is_named():
    with pytest.raises(CalibrationError) as caught:
        calibrate(SAMPLE, "d", {"sex": SEX}, {"years": POPULATION * 45}, "raking")
    assert "years" in caught.value.conflict
    assert caught.value.nearest["years"][None] < POPULATION * 40


def test_weights_on_another_scale_are_told_apart_from_conflict():
    with pytest.raises(CalibrationError, match=r"multiply the design weights by \d+"):
        calibrate(SAMPLE, np.ones(SAMPLE.height), MARGINS, method="logit", bounds=(0.3, 3))


def test_too_few_steps_raise_and_say_that_the_totals_can_be_met():
    with pytest.raises(
        CalibrationError, match=r"no convergence: .* after 1 steps.*totals can be met"
    ):
        calibrate(SAMPLE, "d", MARGINS, method="raking", max_iter=1)


def test_a_loose_tolerance_is_tightened():
    result = calibrate(SAMPLE, "d", MARGINS, method="raking", tol=0.1)
    assert result.max_relative_error <= 1e-9


def test_domains_are_named_in_errors():
    sample, margins = infeasible()
    both = pl.concat([sample.with_columns(group=pl.lit(name)) for name in ("p", "q")])
    fine = {"sex": {"man": 50, "woman": 50}}
    with pytest.raises(CalibrationError, match=r"^group='q': 'sex' and 'age' cannot"):
        calibrate(both, "d", {"p": fine, "q": margins}, bounds=(0.5, 2), domain="group")
