"""Linkage without numbers in the default world: precision, recall and how well both are estimated.

    .venv/bin/python benchmarks/linkage_accuracy.py [--persons N] [--folder DIR]

Simulates contact files, builds with all passes switched on, and then hides the numbers of half of
the interviews that have one, twice (each half once), beside those that were delivered without one.
The truth is that of the simulation. `--folder` keeps the world, so that a second run is short.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import polars as pl

from migrantpanel.identity.fields import FIELD_SETS, FieldSet
from migrantpanel.identity.passes import EXACT, PROBABILISTIC, UNKNOWN, score_links
from migrantpanel.project import project_dir

TARGETS = {"rich": (0.995,), "reduced": (0.995, 0.99, 0.98, 0.97, 0.96, 0.95, 0.93, 0.9)}
PASSES = f"unique_identifier,{EXACT},{PROBABILISTIC}"
SECRET = "a benchmark needs no secret"


def main() -> None:
    """Print one table in Markdown: a row per field set and precision that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=60_000)
    parser.add_argument("--fraction", type=float, default=0.05)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    print("| fields | asked for | to link | links | precision | estimated | recall |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        folder = (arguments.folder or Path(name)).resolve()
        _simulate(folder, arguments.persons, arguments.fraction)
        truth = _truth(folder)
        for fields in FIELD_SETS.values():
            vault = _built(folder, fields.name)
            for target in TARGETS[fields.name]:
                print(_row(vault, truth, fields, target), flush=True)


def _run(folder: Path, fields: str, *command: str) -> None:
    environment = os.environ | {
        "MIGRANTPANEL_PROJECT_DIR": str(project_dir()),
        "MIGRANTPANEL_SECRET": SECRET,
        "MIGRANTPANEL_LINKAGE_PASSES": PASSES,
        "MIGRANTPANEL_LINKAGE_FIELDS": fields,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "MIGRANTPANEL_BUILD_DIR": str(folder / fields),
        "MIGRANTPANEL_LANDING_DIR": str(folder / "landing"),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def _simulate(folder: Path, persons: int, fraction: float) -> None:
    if (folder / "landing" / "manifest").is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    package = (sys.executable, "-m", "migrantpanel")
    size = ("--persons", str(persons), "--survey-fraction", str(fraction))
    _run(folder, "rich", *package, "simulate", "--out", "extracts", "--contact-files", *size)
    _run(folder, "rich", *package, "land")


def _built(folder: Path, fields: str) -> Path:
    """Return a vault with what interviews and persons are compared by; built without its tests."""
    vault = folder / fields / "vault.duckdb"
    if not vault.is_file():
        (folder / fields / "tmp").mkdir(parents=True)
        project = project_dir()
        _run(
            folder,
            fields,
            *(str(Path(sys.executable).with_name("dbt")), "build", "--project-dir", str(project)),
            *("--profiles-dir", str(project / "profiles")),
            *("--select", "+id_link_register", "+id_link_interview"),
            *("--exclude", "resource_type:test", "resource_type:unit_test"),
        )
    return vault


def _truth(folder: Path) -> pl.DataFrame:
    """Return the person keys of the interviews: of people with two numbers both are right."""
    respondent = pl.read_parquet(folder / "extracts-truth" / "survey_respondent.parquet")
    person = pl.read_parquet(folder / "extracts-truth" / "person.parquet")
    return respondent.join(
        person.select("person", "second_rin", "in_register"), on="person", how="left"
    ).select(
        respondent_id=pl.concat_str(
            "survey", pl.col("survey_year").cast(pl.String), pl.lit("-"), "respondent_key"
        ),
        first="R" + pl.col("rin"),
        second="R" + pl.col("second_rin"),
    )


def _row(vault: Path, truth: pl.DataFrame, fields: FieldSet, target: float) -> str:
    links, possible, asked_for = [], 0, 0
    with duckdb.connect(vault, read_only=True) as connection:
        everybody = connection.table("identity.id_link_interview")
        register = connection.table("identity.id_link_register")
        for half in (0, 1):
            asked = everybody.project(
                "* replace (case when ascii(right(md5(respondent_id), 1)) % 2 <> "
                f"{half} then known_key end as known_key)"
            )
            scored = score_links(
                connection, asked, register, fields, [EXACT, PROBABILISTIC], target
            )
            hidden = pl.from_arrow(asked.to_arrow_table()).filter(pl.col("known_key").is_null())
            possible += hidden.join(truth, on="respondent_id")["first"].count()
            links.append(
                pl.from_arrow(scored).filter(
                    (pl.col("scenario") == UNKNOWN) & pl.col("is_accepted")
                )
            )
            asked_for += hidden.height
    made = pl.concat(links).join(truth, on="respondent_id")
    right = (
        made.select(
            (pl.col("person_key") == pl.col("first")).fill_null(False)
            | (pl.col("person_key") == pl.col("second")).fill_null(False)
        )
        .sum()
        .item()
    )
    if not made.height:
        return f"| {fields.name} | {target} | {asked_for:,} | 0 | | | 0 |"
    return (
        f"| {fields.name} | {target} | {asked_for:,} | {made.height:,}"
        f" | {right / made.height:.4f} | {made['estimated_precision'].mean():.4f}"
        f" | {right / possible:.4f} |"
    )


if __name__ == "__main__":
    main()
