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

TARGETS = {"rich": (0.995,), "reduced": (0.995, 0.99, 0.98, 0.95)}
THRESHOLDS = (0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
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
        _curve(vault, truth, fields)


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


def _linked(
    vault: Path, truth: pl.DataFrame, fields: FieldSet, target: float
) -> tuple[pl.DataFrame, int, int]:
    """Return the best candidate of every hidden interview, how many are asked for and possible."""
    found, possible, asked_for = [], 0, 0
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
            asked_for += hidden.height
            found.append(pl.from_arrow(scored).filter(pl.col("scenario") == UNKNOWN))
    person = pl.col("person_key")
    best = pl.concat(found).join(truth, on="respondent_id").filter(person.is_not_null())
    is_right = (person == pl.col("first")).fill_null(False) | (
        person == pl.col("second")
    ).fill_null(False)
    return best.with_columns(is_right=is_right), asked_for, possible


def _row(vault: Path, truth: pl.DataFrame, fields: FieldSet, target: float) -> str:
    best, asked_for, possible = _linked(vault, truth, fields, target)
    made = best.filter("is_accepted")
    return f"| {fields.name} | {target} | {asked_for:,} | {_rates(made, possible)} |"


def _curve(vault: Path, truth: pl.DataFrame, fields: FieldSet) -> None:
    """Print what would be linked above each probability, whatever precision is asked for."""
    best, _, possible = _linked(vault, truth, fields, max(TARGETS[fields.name]))
    # An exact agreement has no probability of its own: it comes first.
    probability = (
        pl.when(pl.col("link_pass") == EXACT).then(1.0).otherwise(pl.col("match_probability"))
    )
    print(f"\n{fields.name}: the curve\n")
    print("| probability from | links | precision | estimated | recall |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for threshold in THRESHOLDS:
        made = best.filter(probability >= threshold)
        print(f"| {threshold} | {_rates(made, possible)} |", flush=True)


def _rates(made: pl.DataFrame, possible: int) -> str:
    if not made.height:
        return "0 | | | 0"
    right = made["is_right"].sum()
    return (
        f"{made.height:,} | {right / made.height:.4f}"
        f" | {made['estimated_precision'].mean():.4f} | {right / possible:.4f}"
    )


if __name__ == "__main__":
    main()
