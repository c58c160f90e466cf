"""The crosswalk seeds: complete, graded with a reason, and the only place of delivered codes."""

import csv
import re
from collections import Counter

import pytest
import yaml

from migrantpanel.project import project_dir, seeds_dir

MODELS = project_dir() / "models"


def read(folder: str, name: str) -> list[dict[str, str]]:
    with (seeds_dir() / folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


VARIABLES = read("harmonised", "harmonised_variable")
CROSSWALK = read("crosswalk", "crosswalk_variable")
VALUES = read("crosswalk", "crosswalk_value")
SURVEYS = {(row["survey"], row["survey_year"]) for row in read("catalogue", "catalogue_survey")}


def test_every_survey_says_of_every_variable_where_it_comes_from_or_that_it_was_not_asked() -> None:
    """A gap would read as "not asked" without anybody having said so."""
    rows = Counter((row["survey"], row["survey_year"], row["variable"]) for row in CROSSWALK)
    assert set(rows.values()) == {1}
    assert set(rows) == {(*survey, row["variable"]) for survey in SURVEYS for row in VARIABLES}


def test_no_row_claims_more_evidence_than_there_is() -> None:
    """No codebook of the eleven surveys is public."""
    assert {row["evidence"] for row in CROSSWALK} == {"assumed"}


def test_every_grade_below_good_has_a_reason_and_limited_ones_a_note() -> None:
    for row in CROSSWALK:
        name = f"{row['survey']} {row['survey_year']} {row['variable']}"
        if row["grade"] == "good":
            assert row["reason"] in ("same", "derived"), name
        else:
            assert row["reason"] != "same", name
        if row["grade"] == "limited":
            assert row["note"], name


def test_every_code_is_reached_by_some_survey() -> None:
    """A category that no survey fills is a promise that no table keeps."""
    reached = {(row["variable"], row["target_code"]) for row in VALUES}
    codes = {(row["variable"], row["code"]) for row in read("harmonised", "harmonised_code")}
    assert codes - reached == set()


@pytest.mark.parametrize("model", ["harmonised/harm_cross_section", "marts/mart_cross_section"])
def test_the_wide_contracts_list_the_variables_in_their_order(model: str) -> None:
    content = yaml.safe_load((MODELS / f"{model}.yml").read_text(encoding="utf-8"))
    listed = [
        column["name"]
        for column in content["models"][0]["columns"]
        if column.get("config", {}).get("meta", {}).get("harmonised")
    ]
    asked = [row for row in VARIABLES if row["asked_of"] == "respondent"]
    assert listed == [row["variable"] for row in sorted(asked, key=lambda r: int(r["position"]))]


def test_no_delivered_code_stands_in_sql() -> None:
    """Codes live in the seeds: no quoted number, and no `else` that would catch the rest."""
    paths = [
        *(MODELS / "harmonised").glob("*.sql"),
        *(MODELS / "staging").glob("stg_survey_*.sql"),
        *(MODELS / "marts" / f"mart_{name}.sql" for name in ("cross_section", "harmonised_value")),
        project_dir() / "macros" / "harmonised.sql",
    ]
    found = {
        path.name: hits
        for path in paths
        # Dates of months without a day are the 15th; numbers are padded and stripped with 0.
        if (hits := set(re.findall(r"'-?\d+'|\belse\b", path.read_text(encoding="utf-8"))))
        - {"'15'", "'0'"}
    }
    assert found == {}
