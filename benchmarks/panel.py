"""The panel from whole registers: seconds per layer, rows per second, and beside a bare scan.

    .venv/bin/python benchmarks/panel.py [--copies 4 16 64] [--year 2023] [--folder DIR]

One simulated country of 62,500 persons is landed once; its landing is copied with other keys, so
that 16 copies are registers of a million persons. Up to 16 copies the surveys grow with them (16
copies: the full size of the eleven surveys, a panel of about 250,000 persons); beyond, the same
panel is made from larger registers. After each full build the rows that hang on the yearly files
of `--year` are deleted and made again, which is what adding that year costs.
Only the marts of the panel are built, and what they need: weights and statistics have benchmarks
of their own, and stay as they are when a year after the last survey is added.
Seconds are those of the models: start-up of dbt and tests are apart. Processor seconds include
both, and say more on a busy machine: four cores need a quarter of them.
"""

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from measure import Measured, measure

from migrantpanel.project import project_dir, seeds_dir
from migrantpanel.warehouse import incremental

PERSONS, SURVEY_FRACTION, SURVEY_COPIES = 62_500, 1 / 16, 16
LAYERS = ("staging", "harmonised", "population", "identity", "panel", "marts")
# What researchers live in; whatever these need is built and measured, and nothing else.
MARTS = (
    "mart_person_year",
    "mart_person_interview",
    "mart_partner_year",
    "mart_child_year",
    "mart_school_career",
)
MODEL = "model.migrantpanel."


@dataclass
class Stage:
    """The models of one layer: seconds from the first one's start to the last one's end."""

    seconds: float
    processor_seconds: float
    peak_gib: float
    models: dict[str, float]


def main() -> None:
    """Build at each size and print the tables in Markdown."""
    arguments = _arguments()
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        base = arguments.base or _simulate_and_land(folder)
        totals = []
        for copies in arguments.copies:
            landing = folder / "landing"
            _multiply(base, landing, copies)
            totals.append(_measure_size(copies, landing, folder, arguments))
            shutil.rmtree(landing)
            shutil.rmtree(folder / "build", ignore_errors=True)
    print("\n| persons | register rows | panel persons | full, s | rows/s | year, s | share |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for persons, rows, members, full, year in totals:
        print(
            f"| {persons:,} | {rows:,} | {members:,} | {full:.1f} | {rows / full:,.0f} | "
            f"{year:.1f} | {year / full:.3f} |"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--copies", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--year", type=int, default=2023)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--memory", default="6GB")
    parser.add_argument("--base", type=Path, help="A landing of the 62,500 to start from.")
    parser.add_argument("--folder", type=Path, help="Where to work; emptied afterwards.")
    return parser.parse_args()


def _simulate_and_land(folder: Path) -> Path:
    environment = _environment(folder, folder / "base", argparse.Namespace(threads=4, memory="6GB"))
    command = [sys.executable, "-m", "migrantpanel"]
    sizes = ["--persons", str(PERSONS), "--survey-fraction", str(SURVEY_FRACTION)]
    measure([*command, "simulate", *sizes, "--format", "parquet"], environment, folder)
    measure([*command, "land", "--landing", "base"], environment, folder)
    return folder / "base"


def _environment(folder: Path, landing: Path, arguments: argparse.Namespace) -> dict[str, str]:
    return os.environ | {
        "MIGRANTPANEL_PROJECT_DIR": str(project_dir()),
        "MIGRANTPANEL_SECRET": "a key for the benchmark only",
        "MIGRANTPANEL_THREADS": str(arguments.threads),
        "MIGRANTPANEL_MEMORY": arguments.memory,
        "MIGRANTPANEL_BUILD_DIR": str(folder / "build"),
        "MIGRANTPANEL_LANDING_DIR": str(landing),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def _multiply(base: Path, landing: Path, copies: int) -> None:
    """Write a landing of several countries, each with persons and homes of its own."""
    with (seeds_dir() / "catalogue" / "catalogue_column.csv").open(encoding="utf-8") as file:
        family = {(row["stem"], row["column_name"]): row["family"] for row in csv.DictReader(file)}
    connection = duckdb.connect()
    connection.execute(
        f"""
        create table number as
        select rinpersoon as number, row_number() over (order by rinpersoon) as position
        from (select distinct rinpersoon from '{base}/gbapersoontab/*.parquet')
        """
    )
    for source in sorted(base.rglob("*.parquet")):
        target = landing / source.relative_to(base)
        target.parent.mkdir(parents=True, exist_ok=True)
        stem = source.parent.name
        columns = [row[0] for row in connection.execute(f"describe from '{source}'").fetchall()]
        families = {column: family.get((stem, column)) for column in columns}
        if stem == "survey_key":
            families["rinpersoon"] = "rin"
        keys = [column for column in columns if families[column] == "rin"]
        is_survey = stem in ("survey_key", "survey_answer", "survey_sample")
        if source.name == "_empty.parquet" or not (
            keys or is_survey or "object" in families.values()
        ):
            shutil.copyfile(source, target)
            continue
        shown = ", ".join(_shifted(column, families[column], copies) for column in columns)
        joins = " ".join(
            f"left join number as n_{column} on file.{column} = n_{column}.number"
            for column in keys
        )
        times = min(copies, SURVEY_COPIES) if is_survey else copies
        connection.execute(
            f"copy (select {shown} from '{source}' as file cross join range({times}) as copy(c) "
            f"{joins}) to '{target}' (format parquet, compression zstd)"
        )


def _shifted(column: str, family: str | None, copies: int) -> str:
    if family == "rin":
        moved = f"lpad(cast(n_{column}.position * {copies} + copy.c as varchar), 9, '0')"
        return f"coalesce({moved}, file.{column}) as {column}"
    if family in ("object", "household") or column in ("respondent_key", "sample_number"):
        return f"file.{column} || '-' || copy.c as {column}"
    return f"file.{column}"


def _measure_size(copies: int, landing: Path, folder: Path, arguments) -> tuple:
    """Build all, then all without a year, then add it; print the table of this size."""
    environment = _environment(folder, landing, arguments)
    (folder / "build" / "tmp").mkdir(parents=True)
    _dbt(["seed"], environment, folder)
    stages = {
        layer: _run([f"+{mart},{layer}" for mart in MARTS], environment, folder) for layer in LAYERS
    }
    full = sum(stage.seconds for stage in stages.values())
    scanned = _bare_scan(landing, arguments.threads, arguments.memory)
    rows = sum(count for count, _ in scanned.values())
    bare = sum(seconds for _, seconds in scanned.values())
    with duckdb.connect(folder / "build" / "vault.duckdb", read_only=True) as vault:
        ((members,),) = vault.execute("select count(*) from identity.id_spine").fetchall()

    print(f"\n{copies * PERSONS:,} persons, {rows:,} register rows, panel of {members:,}\n")
    print("| layer | seconds | processor s | rows per second | beside a bare scan | peak GiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for layer, stage in stages.items():
        print(
            f"| {layer} | {stage.seconds:.1f} | {stage.processor_seconds:.0f} | "
            f"{rows / max(stage.seconds, 0.1):,.0f} | "
            f"{stage.seconds / bare:.1f} | {stage.peak_gib:.2f} |"
        )
    print(f"| **all** | **{full:.1f}** | | {rows / full:,.0f} | {full / bare:.1f} | |")
    print(f"| bare scan | {bare:.1f} | | {rows / bare:,.0f} | 1 | |")
    slowest = sorted(
        ((seconds, name) for stage in stages.values() for name, seconds in stage.models.items()),
        reverse=True,
    )[:12]
    print("\nslowest: " + ", ".join(f"{name} {seconds:.1f}" for seconds, name in slowest))

    built = {name for stage in stages.values() for name in stage.models}
    year = _added_year(folder, environment, arguments.year, built)
    print(f"year {arguments.year} added in {year.seconds:.1f} s, peak {year.peak_gib:.2f} GiB")
    slowest = sorted(((s, n) for n, s in year.models.items()), reverse=True)[:12]
    print("slowest: " + ", ".join(f"{name} {seconds:.1f}" for seconds, name in slowest))
    return copies * PERSONS, rows, members, full, year.seconds


def _added_year(folder: Path, environment: dict, year: int, built: set[str]) -> Stage:
    """Delete the rows of a year and make them again, as the incremental build that adds it does."""
    changed = {stem: frozenset([year]) for stem in _yearly_stems()}
    manifest = incremental.read_dbt_manifest(folder / "target")
    plan = incremental.make_plan(manifest, changed, _last_survey_year())
    models = [name for name in plan.models if name in built]
    return _run(models, environment, folder, {"rebuild": plan.conditions})


def _last_survey_year() -> int:
    return incremental.last_survey_year(incremental.State("", {}), seeds_dir())


def _yearly_stems() -> list[str]:
    with (seeds_dir() / "catalogue" / "catalogue_stem.csv").open(encoding="utf-8") as file:
        return [
            row["stem"] for row in csv.DictReader(file) if row["selection"] == "newest_per_year"
        ]


def _run(
    select: list[str], environment: dict, folder: Path, variables: dict | None = None
) -> Stage:
    words = ["run", "--select", *select]
    if variables:
        words += ["--vars", json.dumps(variables)]
    measured = _dbt(words, environment, folder)
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))
    spans, models = [], {}
    for result in results["results"]:
        if not result["unique_id"].startswith(MODEL):
            continue
        timing = {step["name"]: step for step in result["timing"]}
        if "execute" in timing:
            step = timing["execute"]
            start, end = (datetime.fromisoformat(step[f"{x}_at"]) for x in ("started", "completed"))
            spans.append((start, end))
            models[result["unique_id"].removeprefix(MODEL)] = (end - start).total_seconds()
    seconds = 0.0
    if spans:
        first, last = min(start for start, _ in spans), max(end for _, end in spans)
        seconds = (last - first).total_seconds()
    return Stage(seconds, measured.processor_seconds, measured.peak_gib, models)


def _dbt(words: list[str], environment: dict, folder: Path) -> Measured:
    project = str(project_dir())
    places = ["--project-dir", project, "--profiles-dir", f"{project}/profiles"]
    return measure([sys.executable, "-m", "dbt.cli.main", *words, *places], environment, folder)


def _bare_scan(landing: Path, threads: int, memory: str) -> dict[str, tuple[int, float]]:
    """Read every column of every register once: rows and seconds per register."""
    scanned = {}
    with (seeds_dir() / "catalogue" / "catalogue_stem.csv").open(encoding="utf-8") as file:
        stems = [row["stem"] for row in csv.DictReader(file)]
    with duckdb.connect(config={"threads": threads, "memory_limit": memory}) as connection:
        for stem in stems:
            files = f"'{landing}/{stem}/*.parquet'"
            columns = [row[0] for row in connection.execute(f"describe from {files}").fetchall()]
            start = datetime.now()
            query = ", ".join(f"max({column})" for column in columns)
            row = connection.execute(f"select count(*), {query} from {files}").fetchone()
            scanned[stem] = (row[0], (datetime.now() - start).total_seconds())
    return scanned


if __name__ == "__main__":
    main()
