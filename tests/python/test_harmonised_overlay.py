"""A user's own rows change the harmonised values without any change of SQL; bad rows stop."""

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyreadstat
import pytest

from conftest import World
from migrantpanel.dbt_runner import dbt_environment, run_dbt
from migrantpanel.errors import UserError
from migrantpanel.landing import land
from migrantpanel.project import project_dir, seeds_dir
from migrantpanel.warehouse.publish import PANEL_FILE, VAULT_FILE

Rows = list[dict[str, object]]
# The survey side: up to the harmonised marts and the weights, with the seeds that tests read.
MODELS = [
    *("+mart_harmonised_value", "+mart_comparability", "+harm_cross_section", "+wgt_respondent"),
    *("harmonised_code", "missing_kind", "comparability_reason"),
]
COUNT_VALUES = """
    select concat_ws(' ', survey, survey_year, variable, value), count(*)
    from marts.mart_harmonised_value
    where value is not null
    group by all
"""


def seed(name: str) -> list[dict[str, str]]:
    """Return the project's own rows of a crosswalk."""
    with (seeds_dir() / "crosswalk" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(name: str, survey: str, year: int, variable: str) -> list[dict[str, str]]:
    """Return the project's rows of one survey and variable."""
    key = (survey, str(year), variable)
    return [r for r in seed(name) if (r["survey"], r["survey_year"], r["variable"]) == key]


@dataclass(frozen=True)
class SurveySide:
    """The survey side of the world's warehouse, built again with somebody's own rows.

    One folder serves all builds of this module, so that dbt parses the project once.
    """

    world: World
    root: Path

    def run(self, overlay_rows: dict[str, Rows], commands: Sequence[str], *extracts: Path) -> None:
        """Land with the overlay, then run each dbt command; raises UserError when one fails."""
        overlay = self.root / "overlay"
        shutil.rmtree(overlay, ignore_errors=True)
        overlay.mkdir()
        for name, rows in overlay_rows.items():
            folder = "catalogue" if name.startswith("catalogue") else "crosswalk"
            with (seeds_dir() / folder / f"{name}.csv").open(encoding="utf-8") as file:
                header = next(csv.reader(file))
            with (overlay / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, header)
                writer.writeheader()
                writer.writerows(rows)
        landing, build_dir = self.root / "landing", self.root / "build"
        land([self.world.extracts, *extracts], landing, overlay)
        shutil.rmtree(build_dir, ignore_errors=True)
        (build_dir / "tmp").mkdir(parents=True)
        databases = {"migrant_panel": self.warehouse, "vault": build_dir / VAULT_FILE}
        environment = dbt_environment(build_dir, landing) | {
            "DBT_TARGET_PATH": str(self.root / "target"),
            "DBT_LOG_PATH": str(self.root / "logs"),
        }
        for command in commands:
            arguments = [command, "--select", *MODELS, "--indirect-selection", "buildable"]
            if command in ("build", "test"):
                arguments += ["--exclude", "resource_type:unit_test"]
            run_dbt(arguments, project_dir(), environment, command, databases)

    @property
    def warehouse(self) -> Path:
        return self.root / "build" / PANEL_FILE

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(self.warehouse, read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def survey_side(world: World, tmp_path_factory: pytest.TempPathFactory) -> SurveySide:
    root = tmp_path_factory.mktemp("survey_side")
    shutil.copytree(world.landing, root / "landing")
    return SurveySide(world, root)


def swapped(row: dict[str, str]) -> str:
    return {"1": "2", "2": "1"}[row["target_code"]]


def test_own_rows_take_the_place_of_the_project_rows(survey_side: SurveySide) -> None:
    """One build with three changes: another mapping, a variable withdrawn, rows with dates."""
    religion = rows_of("crosswalk_value", "SIM", 2011, "religion")
    sex = rows_of("crosswalk_value", "SPVA", 1998, "sex")
    survey_side.run(
        {
            "crosswalk_variable": [
                row | {"evidence": "questionnaire seen", "grade": "fair"}
                for row in rows_of("crosswalk_variable", "SIM", 2011, "religion")
            ]
            + [
                row | {"source_variables": "", "rule": "absent", "grade": "absent"}
                for row in rows_of("crosswalk_variable", "SING", 2009, "gender_roles")
            ],
            "crosswalk_value": [
                row | {"target_code": "4"} if row["source_label"] == "moslim" else row
                for row in religion
            ]
            + [row | {"valid_to": "1998-05-31"} for row in sex]
            + [row | {"valid_from": "1998-06-01", "target_code": swapped(row)} for row in sex],
        },
        ["build"],
    )
    with duckdb.connect(survey_side.world.warehouse, read_only=True) as connection:
        before = dict(connection.execute(COUNT_VALUES).fetchall())
    after = dict(survey_side.query(COUNT_VALUES))

    muslim, other = "SIM 2011 religion 1", "SIM 2011 religion 4"
    assert before[muslim] > 0
    assert muslim not in after
    assert after[other] == before[muslim] + before.get(other, 0)
    assert survey_side.query(
        "select distinct survey, survey_year, variable, grade from marts.mart_comparability "
        "where evidence = 'questionnaire seen'"
    ) == [("SIM", 2011, "religion", "fair")]

    assert survey_side.query(
        "select distinct value, missing_kind, rule from marts.mart_harmonised_value "
        "where survey = 'SING' and variable = 'gender_roles'"
    ) == [(None, "not_asked", "absent")]

    unchanged, changed, wrong = survey_side.query(
        """
        select
            count(*) filter (where source_code = value and interview_date < '1998-06-01'),
            count(*) filter (where source_code != value and interview_date >= '1998-06-01'),
            count(*) filter (where (source_code = value) = (interview_date >= '1998-06-01'))
        from marts.mart_harmonised_value
        inner join harmonised.harm_interview using (respondent_id)
        where respondent_id like 'SPVA1998-%' and variable = 'sex'
        """
    )[0]
    assert min(unchanged, changed) > 0
    assert wrong == 0

    touched = ("SIM 2011 religion", "SING 2009 gender_roles", "SPVA 1998 sex")
    assert {k: n for k, n in after.items() if not k.startswith(touched)} == {
        k: n for k, n in before.items() if not k.startswith(touched)
    }


def without(rows: Rows, code: str) -> Rows:
    return [row for row in rows if row["source_code"] != code]


def relabelled(rows: Rows, label: str) -> Rows:
    return [rows[0] | {"source_label": label}, *rows[1:]]


def sex_of(survey: str, year: int) -> Rows:
    return rows_of("crosswalk_value", survey, year, "sex")


def changed(name: str, survey: str, year: int, variable: str, **values: str) -> Rows:
    return [row | values for row in rows_of(name, survey, year, variable)]


BAD_ROWS: dict[str, tuple[dict[str, Rows], str, tuple[str, ...]]] = {
    "row for no code": (
        {
            "crosswalk_value": [
                *sex_of("SPVA", 1988),
                sex_of("SPVA", 1988)[0] | {"source_code": "3", "source_label": "X"},
            ]
        },
        "assert_crosswalk_row_used",
        ("survey=SPVA", "survey_year=1988", "variable=sex", "code=3", "label=X"),
    ),
    "label that changed": (
        {"crosswalk_value": relabelled(sex_of("SIM", 2006), "Jongen")},
        "assert_crosswalk_label_as_delivered",
        ("variable=sex", "code=1", "label_in_crosswalk=Jongen", "label_as_delivered=Man"),
    ),
    "target outside the code list": (
        {"crosswalk_value": changed("crosswalk_value", "SPVA", 1991, "sex", target_code="7")},
        "assert_crosswalk_target_known",
        ("survey=SPVA", "variable=sex", "target_code=7", "not in harmonised_code"),
    ),
    "two rules for one code": (
        {
            "crosswalk_value": [
                *sex_of("SPVA", 1994),
                sex_of("SPVA", 1994)[0] | {"target_code": "1"},
            ]
        },
        "assert_crosswalk_one_rule_per_code",
        ("survey=SPVA", "survey_year=1994", "variable=sex", "code=1"),
    ),
    "renamed variable": (
        {
            "crosswalk_variable": changed(
                "crosswalk_variable", "SIM", 2011, "sex", source_variables="s11_geslacht"
            ),
            "crosswalk_value": changed(
                "crosswalk_value", "SIM", 2011, "sex", source_variable="s11_geslacht"
            ),
        },
        "assert_crosswalk_source_delivered",
        ("source_variable=s11_geslacht", "nearest_delivered_variable=s11_gesl"),
    ),
    "rule without parameters": (
        {"crosswalk_variable": changed("crosswalk_variable", "SPVN", 2003, "sex", rule="combine")},
        "assert_crosswalk_rule_complete",
        ("survey=SPVN", "variable=sex", "rule=combine", "needs combine_by"),
    ),
    "number out of range": (
        {
            "crosswalk_variable": changed(
                "crosswalk_variable", "SIM", 2015, "age", rule="scale", scale_factor="10"
            )
        },
        "assert_harm_value_possible",
        ("survey=SIM", "survey_year=2015", "variable=age", "source_variable=A02"),
    ),
}


@pytest.fixture(scope="module")
def complaints(survey_side: SurveySide) -> list[str]:
    """Return what all bad rows together make the tests say, each in another survey."""
    overlay: dict[str, Rows] = {}
    for rows, _, _ in BAD_ROWS.values():
        for name in rows:
            overlay.setdefault(name, []).extend(rows[name])
    with pytest.raises(UserError) as stopped:
        survey_side.run(overlay, ["seed", "run", "test"])
    return stopped.value.problems


@pytest.mark.parametrize("case", BAD_ROWS)
def test_bad_rows_get_a_line_that_says_what_to_change(complaints: list[str], case: str) -> None:
    _, test, words = BAD_ROWS[case]
    line = next(line for line in complaints if f"test {test}:" in line)
    assert [word for word in words if word not in line] == [], line


def test_an_unmapped_code_stops_the_build(survey_side: SurveySide) -> None:
    """The line names survey, variable, code, label and count; nothing harmonised is built."""
    with pytest.raises(UserError) as stopped:
        survey_side.run({"crosswalk_value": without(sex_of("SIM", 2006), "2")}, ["build"])
    (line,) = (line for line in stopped.value.problems if "assert_crosswalk_code_mapped" in line)
    wanted = ("survey=SIM", "survey_year=2006", "variable=sex", "code=2", "label=Vrouw")
    assert [word for word in wanted if word not in line] == [], line
    assert "delivered_count=" in line
    tables = survey_side.query("select table_name from duckdb_tables()")
    assert ("harm_code",) in tables
    assert ("harm_value",) not in tables


@pytest.mark.shared
def test_a_real_survey_is_harmonised_by_rows_alone(
    survey_side: SurveySide, shared_dir: Path
) -> None:
    """Cultural Changes 2008, of the same institute: sex, age, religion and gender roles."""
    root = shared_dir / "data" / "scp_cultural_changes_2008"
    delivered, meta = pyreadstat.read_sav(
        root / "Cultural_Changes_2008.sav", user_missing=True, usecols=["geslacht", "var201b"]
    )
    survey_side.run(
        {
            "catalogue_survey": [
                {
                    "survey": "CV",
                    "survey_year": 2008,
                    "file_pattern": r"Cultural[_ ]Changes[_ ]2008",
                    "respondent_variable": "we_id",
                    "net_sample": len(delivered),
                    "population": "residents aged 16 and over",
                    "evidence": "published",
                    "description": "Cultural changes in the Netherlands, 2008",
                }
            ],
            "crosswalk_variable": [cv_variable(*row) for row in CV_VARIABLES],
            "crosswalk_value": list(cv_values(root)),
        },
        ["build"],
        root,
    )
    assert meta.number_rows == 1_963
    found = dict(
        survey_side.query(
            """
            select variable || '=' || coalesce(value, missing_kind), count(*)
            from marts.mart_harmonised_value
            where survey = 'CV' and variable in ('sex', 'religion')
            group by all
            """
        )
    )
    by_sex = delivered["geslacht"].value_counts()
    assert found["sex=1"] == by_sex["M"]
    assert found["sex=2"] == by_sex["V"]
    assert found["sex=unknown"] == by_sex["9"]
    by_church = delivered["var201b"].value_counts()
    assert found["religion=1"] == by_church[4.0]
    assert found["religion=2"] == by_church[1.0] + by_church[2.0]
    dates = survey_side.query(
        "select min(interview_date), max(interview_date), count(*) "
        "from harmonised.harm_cross_section where survey = 'CV'"
    )
    assert [str(value) for value in dates[0]] == ["2008-11-15", "2009-05-15", "1963"]
    grades = dict(
        survey_side.query(
            "select variable, grade from marts.mart_comparability where survey = 'CV'"
        )
    )
    assert grades["gender_roles"] == "limited"
    assert grades["dutch_proficiency"] == "absent"


CV_VARIABLES = [
    ("interview_date", "wperiode", "copy", {"date_layout": "yyyymm"}),
    ("sex", "geslacht", "recode", {}),
    ("age", "lftop", "copy", {}),
    ("religion", "var201a var201b", "combine", {"combine_by": "first"}),
    ("gender_roles", "var357", "recode", {"grade": "limited", "reason": "wording"}),
]
# Judged by the labels of the file, which the test reads from it.
CV_CODES = {
    ("interview_date", "wperiode"): {"9999999998": "refused", "9999999999": "dont_know"},
    ("sex", "geslacht"): {"M": 1, "V": 2, "9": "unknown"},
    ("age", "lftop"): {"0": 0, "1": 1, "2": 2, "99": "unknown", "125": "unknown"},
    ("religion", "var201a"): {"1": "(next)", "2": 0, "-2": "refused", "-3": "dont_know",
                              "-5": "routed", "-6": "unknown"},
    ("religion", "var201b"): {"1": 2, "2": 2, "3": 3, "4": 1, "5": 4, "6": 4, "-2": "refused",
                              "-3": "dont_know", "-5": "routed", "-6": "unknown"},
    ("gender_roles", "var357"): {"1": 1, "2": 1, "3": 2, "4": 3, "5": 3, "6": "dont_know",
                                 "-2": "refused", "-3": "dont_know", "-5": "routed",
                                 "-6": "unknown"},
}  # fmt: skip


def cv_variable(variable: str, sources: str, rule: str, more: dict[str, str]) -> dict[str, object]:
    return {
        "survey": "CV",
        "survey_year": 2008,
        "variable": variable,
        "source_variables": sources,
        "rule": rule,
        "grade": "good",
        "reason": "same",
        "evidence": "published",
        **more,
    }


def cv_values(root: Path) -> Iterator[dict[str, object]]:
    """Yield the crosswalk rows of the real survey, with the labels of its file."""
    _, meta = pyreadstat.read_sav(root / "Cultural_Changes_2008.sav", metadataonly=True)
    for (variable, source), codes in CV_CODES.items():
        labels = {
            str(code).removesuffix(".0"): label
            for code, label in meta.variable_value_labels[source].items()
        }
        for code, target in codes.items():
            is_value = isinstance(target, int) or target == "(next)"
            yield {
                "survey": "CV",
                "survey_year": 2008,
                "variable": variable,
                "source_variable": source,
                "source_code": code,
                "source_label": labels.get(code, ""),
                "target_code": target if is_value else "",
                "missing_kind": "" if is_value else target,
            }
