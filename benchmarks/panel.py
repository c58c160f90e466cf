"""The panel from whole registers: seconds per layer, rows per second, and beside a bare scan.

    .venv/bin/python benchmarks/panel.py [--copies 4 16 64] [--year 2023] [--folder DIR]

One simulated country of 62,500 persons is landed once; its landing is copied with other keys, so
that 16 copies are registers of a million persons. Up to 16 copies the surveys grow with them (16
copies: a panel of about 250,000 persons); beyond, the same panel is made from larger registers. It
has 25 years, from 1999. After each full build the rows that hang on the yearly files
of `--year` are deleted and made again, which is what adding that year costs.
Only the marts of the panel are built, and what they need: weights and statistics have benchmarks
of their own, and stay as they are when a year after the last survey is added.
Seconds run from the first model's start to the last one's end, in one build: start-up of dbt and
tests are apart. Those of a layer are the time in which any of its models ran; layers overlap.
"""

import argparse
import csv
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from measure import Project

from migrantpanel.project import seeds_dir
from migrantpanel.warehouse import incremental

PERSONS, SURVEY_FRACTION, SURVEY_COPIES = 62_500, 1.36 / 16, 16
YEARS = {"first_year": 1999}
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
class Run:
    """When each model started and ended, in seconds from the first one's start."""

    spans: dict[str, tuple[float, float]]
    processor_seconds: float
    peak_gib: float

    @property
    def seconds(self) -> float:
        """Return the seconds until the last model ended."""
        return max((end for _, end in self.spans.values()), default=0.0)

    def slowest(self) -> str:
        """Return the names and seconds of the twelve models that took longest."""
        took = sorted(((end - start, name) for name, (start, end) in self.spans.items()))[-12:]
        return ", ".join(f"{name} {seconds:.1f}" for seconds, name in reversed(took))

    def busy(self, models: Iterable[str]) -> float:
        """Return the seconds in which any of some models ran."""
        covered, until = 0.0, 0.0
        for start, end in sorted(self.spans[name] for name in models if name in self.spans):
            covered += max(0.0, end - max(start, until))
            until = max(until, end)
        return covered


def main() -> None:
    """Build at each size and print the tables in Markdown."""
    arguments = _arguments()
    sys.stdout.reconfigure(line_buffering=True)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        base = arguments.base or _simulate_and_land(folder / "base", arguments)
        totals = []
        for copies in arguments.copies:
            project = Project(folder / str(copies), arguments.threads, arguments.memory)
            _multiply(base, project.folder / "landing", copies)
            totals.append(_measure_size(copies, project, arguments))
            shutil.rmtree(project.folder)
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
    parser.add_argument(
        "--threads", type=int, default=2, help="Models at a time, each on all cores."
    )
    parser.add_argument("--memory", default="7GB")
    parser.add_argument("--base", type=Path, help="A landing of the 62,500 to start from.")
    parser.add_argument("--folder", type=Path, help="Where to work; emptied afterwards.")
    return parser.parse_args()


def _simulate_and_land(folder: Path, arguments: argparse.Namespace) -> Path:
    project = Project(folder, arguments.threads, arguments.memory)
    sizes = ("--persons", str(PERSONS), "--survey-fraction", str(SURVEY_FRACTION))
    project.run("simulate", *sizes, "--format", "parquet")
    project.run("land")
    return folder / "landing"


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


def _measure_size(copies: int, project: Project, arguments: argparse.Namespace) -> tuple:
    """Build all, then all without a year, then add it; print the table of this size."""
    project.dbt("seed")
    build = _run([f"+{mart}" for mart in MARTS], project)
    scanned = _bare_scan(project.folder / "landing", arguments.threads, arguments.memory)
    rows = sum(count for count, _ in scanned.values())
    bare = sum(seconds for _, seconds in scanned.values())
    with duckdb.connect(project.folder / "build" / "vault.duckdb", read_only=True) as vault:
        ((members,),) = vault.execute("select count(*) from identity.id_spine").fetchall()

    manifest = incremental.read_dbt_manifest(project.folder / "target")
    layer_of = {node["name"]: node["fqn"][1] for node in manifest["nodes"].values()}
    print(f"\n{copies * PERSONS:,} persons, {rows:,} register rows, panel of {members:,}\n")
    print("| layer | seconds | rows per second | beside a bare scan |")
    print("| --- | ---: | ---: | ---: |")
    busy = {
        layer: build.busy(name for name in build.spans if layer_of[name] == layer)
        for layer in LAYERS
    }
    for layer, seconds in (busy | {"**all**": build.seconds, "bare scan": bare}).items():
        print(f"| {layer} | {seconds:.1f} | {rows / seconds:,.0f} | {seconds / bare:.1f} |")
    print(f"\n{build.processor_seconds:.0f} processor seconds, peak {build.peak_gib:.2f} GiB")
    print(f"slowest: {build.slowest()}")

    year = _added_year(project, arguments.year, manifest, set(build.spans))
    print(f"year {arguments.year} added in {year.seconds:.1f} s, peak {year.peak_gib:.2f} GiB")
    print(f"slowest: {year.slowest()}")
    return copies * PERSONS, rows, members, build.seconds, year.seconds


def _added_year(project: Project, year: int, manifest: dict, built: set[str]) -> Run:
    """Delete the rows of a year and make them again, as the incremental build that adds it does."""
    changed = {stem: frozenset([year]) for stem in _yearly_stems()}
    plan = incremental.make_plan(manifest, changed, _last_survey_year())
    models = [name for name in plan.models if name in built]
    return _run(models, project, {"rebuild": plan.conditions})


def _last_survey_year() -> int:
    return incremental.last_survey_year(incremental.State("", {}), seeds_dir())


def _yearly_stems() -> list[str]:
    with (seeds_dir() / "catalogue" / "catalogue_stem.csv").open(encoding="utf-8") as file:
        return [
            row["stem"] for row in csv.DictReader(file) if row["selection"] == "newest_per_year"
        ]


def _run(select: list[str], project: Project, variables: dict | None = None) -> Run:
    words = ("--vars", json.dumps(YEARS | (variables or {})))
    measured = project.dbt("run", "--select", *select, *words)
    results = json.loads((project.folder / "target" / "run_results.json").read_text("utf-8"))
    times = {
        result["unique_id"].removeprefix(MODEL): (
            datetime.fromisoformat(step["started_at"]).timestamp(),
            datetime.fromisoformat(step["completed_at"]).timestamp(),
        )
        for result in results["results"]
        if result["unique_id"].startswith(MODEL)
        for step in result["timing"]
        if step["name"] == "execute"
    }
    first = min(start for start, _ in times.values())
    spans = {name: (start - first, end - first) for name, (start, end) in times.items()}
    return Run(spans, measured.processor_seconds, measured.peak_gib)


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
