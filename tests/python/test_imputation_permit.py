"""Permits of donors: who serves, what is filled, and what happens where nobody can."""

import polars as pl
import pytest

from migrantpanel.imputation.permit import FALLBACK, PermitError, PermitRules, impute_permits
from migrantpanel.random import generator

BASE = {
    "year": 2005, "sex_code": "1", "age": 30, "civil_status_code": "O", "country_group": "g",
    "continent": "asia", "is_recipient": False,
    "permit_category": "work", "permit_ground": "other_work", "permit_explanation": None,
}  # fmt: skip
NEEDS = {"is_recipient": True, "permit_category": None, "permit_ground": None}


def cases(*changes: dict) -> pl.DataFrame:
    rows = [
        {"case_id": f"c{number:04d}", **BASE, **change} for number, change in enumerate(changes)
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("permit_explanation").cast(pl.String)
    )


def test_category_ground_and_explanation_come_from_one_donor() -> None:
    family = {"permit_category": "family", "permit_ground": "formation",
              "permit_explanation": "national"}  # fmt: skip
    result = impute_permits(cases(NEEDS, family), PermitRules(min_donors=1)).row(0, named=True)
    assert (result["category"], result["ground"], result["explanation"]) == (
        "family", "formation", "national",
    )  # fmt: skip
    assert result["donor_case_id"] == "c0001"
    assert (result["match_level"], result["distance"]) == (0, 0)


def test_an_explanation_is_imputed_with_family_reunification_only() -> None:
    odd = {"permit_explanation": "national"}
    result = impute_permits(cases(NEEDS, odd), PermitRules(min_donors=1)).row(0, named=True)
    assert result["category"] == "work"
    assert result["explanation"] is None


@pytest.mark.parametrize(
    ("difference", "level"),
    [
        ({}, 0),
        ({"civil_status_code": "H"}, 1),
        # No donor has one: the key is left out.
        ({"civil_status_code": None}, 0),
        ({"sex_code": "2", "civil_status_code": "H"}, 2),
        ({"year": 2007}, 3),
        ({"year": 2007, "age": 45}, 4),
        ({"country_group": "other", "age": 45}, 5),
        ({"country_group": "other", "year": 2007}, 6),
        ({"country_group": "other", "continent": "africa"}, 7),
        ({"country_group": "other", "continent": "africa", "age": 3}, 8),
    ],
)
def test_keys_are_given_up_in_the_documented_order(difference: dict, level: int) -> None:
    result = impute_permits(cases(NEEDS, difference), PermitRules(min_donors=1)).row(0, named=True)
    assert result["match_level"] == level <= len(FALLBACK)
    assert result["distance"] == abs(difference.get("year", 2005) - 2005)


def test_where_the_year_is_given_up_the_nearest_one_serves() -> None:
    far = {"year": 1999, "permit_ground": "far"}
    near = {"year": 2007, "permit_ground": "near"}
    result = impute_permits(cases(NEEDS, far, near), PermitRules(min_donors=1)).row(0, named=True)
    assert (result["ground"], result["distance"]) == ("near", 2)


def test_a_cell_with_too_few_donors_counts_as_empty() -> None:
    same = {"permit_ground": "same_cell"}
    others = [{"civil_status_code": "H", "permit_ground": "other"}] * 5
    rules = PermitRules(min_donors=5)
    result = impute_permits(cases(NEEDS, same, *others), rules).row(0, named=True)
    assert result["match_level"] == 1


def test_no_donor_serves_more_often_than_the_cap() -> None:
    result = impute_permits(cases(*[NEEDS] * 10, {}, {}), PermitRules(min_donors=1, max_uses=3))
    uses = result["donor_case_id"].drop_nulls().value_counts()["count"]
    assert uses.max() == 3
    assert result["donor_case_id"].null_count() == 4
    assert set(result.filter(pl.col("donor_case_id").is_null())["match_level"]) == {-1}


def test_all_match_keys_missing_is_counted_not_guessed() -> None:
    nothing = {**NEEDS, "sex_code": None, "age": None, "civil_status_code": None,
               "country_group": None, "continent": None, "year": None}  # fmt: skip
    result = impute_permits(cases(nothing, {}), PermitRules(min_donors=1)).row(0, named=True)
    assert result["category"] is None
    assert result["match_level"] == -3


def test_the_order_of_rows_changes_nothing() -> None:
    rng = generator(1, "test permits")
    many = [
        {"sex_code": str(rng.integers(1, 3)), "age": int(rng.integers(0, 70)),
         "year": int(rng.integers(2000, 2004)), "permit_ground": str(rng.integers(0, 9)),
         **({} if rng.random() < 0.7 else NEEDS)}
        for _ in range(400)
    ]  # fmt: skip
    table = cases(*many)
    one = impute_permits(table).sort("case_id")
    other = impute_permits(table.sample(fraction=1, shuffle=True, seed=5)).sort("case_id")
    assert one.equals(other)


def test_nothing_to_impute_is_an_empty_table() -> None:
    assert impute_permits(cases({}, {})).is_empty()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (cases(NEEDS, NEEDS), "2 immigrations need a permit and none has one to give"),
        (cases(NEEDS, {"case_id": "c0000"}), "case c0000 occurs twice"),
    ],
)
def test_bad_input_is_refused(table: pl.DataFrame, message: str) -> None:
    with pytest.raises(PermitError, match=message):
        impute_permits(table)
