"""A register that was not delivered leaves nulls with their reason, and nothing else changes."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import World
from migrantpanel.project import project_dir

# Columns that rest on required registers alone keep their values.
KEPT = ("age", "civil_status_code", "household_type_code", "residence_status", "child_count")
SHARED_VALUES = "person_id, year, " + ", ".join(KEPT)


def optional_stems() -> list[str]:
    """Return the registers that the catalogue does not require."""
    path = project_dir() / "seeds" / "catalogue" / "catalogue_stem.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return [row["stem"] for row in csv.DictReader(lines) if row["required"] == "false"]


def without(world: World, stems: list[str], models: str, folder: Path) -> Path:
    """Build some models again on landed files without these registers; return the warehouse.

    What landing writes for an absent register is its empty typed file alone.
    """
    shutil.copytree(world.landing, folder / "landing")
    for stem in stems:
        for file in (folder / "landing" / stem).glob("*.parquet"):
            if file.name != "_empty.parquet":
                file.unlink()
    (folder / "build").mkdir()
    for file in (world.warehouse, world.vault):
        shutil.copy(file, folder / "build" / file.name)
    done = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "run"),
            *("--project-dir", str(project_dir())),
            *("--profiles-dir", str(project_dir() / "profiles")),
            *("--select", models),
        ],
        cwd=folder,
        env=world.environment()
        | {
            "MIGRANTPANEL_LANDING_DIR": str(folder / "landing"),
            "MIGRANTPANEL_BUILD_DIR": str(folder / "build"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "PATH": os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder / "build" / world.warehouse.name


def test_without_wealth_its_theme_says_so_and_the_others_stay(world, tmp_path) -> None:
    built = without(
        world, ["vehtab"], "stg_wealth panel_wealth panel_person_year mart_person_year", tmp_path
    )
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built}' as without_wealth (read_only)")
        connection.execute(f"attach '{world.warehouse}' as warehouse (read_only)")
        theme = [
            row[0]
            for row in connection.execute(
                "select column_name from duckdb_columns() where table_name = 'panel_wealth' "
                "and database_name = 'warehouse' and column_name not in ('person_id', 'year')"
            ).fetchall()
        ]
        assert len(theme) > 10
        reasons = connection.execute(
            "select distinct wealth_missing_reason from without_wealth.marts.mart_person_year"
        ).fetchall()
        assert reasons == [("not_delivered",)]
        values = [name for name in theme if name != "wealth_missing_reason"]
        filled = connection.execute(
            "select " + ", ".join(f"count({name})" for name in values)
            + " from without_wealth.marts.mart_person_year"
        ).fetchone()  # fmt: skip
        assert set(filled) == {0}
        # DuckDB calls a selection with all columns but some `exclude`.
        rest = f"select * exclude ({', '.join(theme)}) from"
        changed = connection.execute(
            f"select count(*) from ({rest} without_wealth.marts.mart_person_year "
            f"except {rest} warehouse.marts.mart_person_year)"
        ).fetchone()
        assert changed == (0,)


@pytest.mark.slow
def test_without_any_optional_register_every_theme_still_builds(world, tmp_path) -> None:
    built = without(
        world,
        optional_stems(),
        "staging,+mart_person_year id_job_year id_household_member "
        "panel,+mart_person_year mart_person_year",
        tmp_path,
    )
    with duckdb.connect() as connection:
        connection.execute(f"attach '{built}' as bare (read_only)")
        connection.execute(f"attach '{world.warehouse}' as warehouse (read_only)")
        reasons = connection.execute(
            """
            select distinct
                income_missing_reason, household_income_missing_reason, wealth_missing_reason,
                job_missing_reason, labour_missing_reason, month_income_missing_reason,
                care_missing_reason, medicine_missing_reason, education_missing_reason,
                enrolment_missing_reason, nationality_missing_reason,
                migration_motive_missing_reason, tenure_missing_reason
            from bare.marts.mart_person_year
            """
        ).fetchall()
        assert reasons == [("not_delivered",) * 13]
        changed = connection.execute(
            f"select count(*) from (select {SHARED_VALUES} from bare.marts.mart_person_year "
            f"except select {SHARED_VALUES} from warehouse.marts.mart_person_year)"
        ).fetchone()
        assert changed == (0,)
