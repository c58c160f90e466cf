"""The default build, stage by stage: seconds, rows per second and peak memory.

    .venv/bin/python benchmarks/build.py [--persons N] [--survey-fraction F] [--threads 2]

Builds in a folder of its own that is removed afterwards. The machine is shared and noisy: run it
alone, and compare ratios rather than seconds. `--threads 2` also pins the processes to two cores.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

import duckdb
from measure import Measured, measure

from migrantpanel.project import project_dir

BUDGET_SECONDS = {"simulate": 40, "land": 15, "check landing": 15, "dbt build": 100, "docs": 25}
TOTAL_SECONDS, TOTAL_GIB = 180, 4


def main() -> None:
    """Measure each stage and print one table in Markdown."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {
            "MIGRANTPANEL_PROJECT_DIR": str(project_dir()),
            "MIGRANTPANEL_SECRET": "a key for the benchmark only",
            "MIGRANTPANEL_THREADS": str(arguments.threads),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: arguments.threads]))

        def run(*words: str) -> Measured:
            return measure([sys.executable, "-m", "migrantpanel", *words], environment, folder)

        simulated = run(
            *("simulate", "--persons", str(arguments.persons)),
            *("--survey-fraction", str(arguments.survey_fraction)),
        )
        built = run("build")
        documented = run("docs")
        stages = _stages(built.output)
        stages = {"simulate": simulated.seconds, **stages, "docs": documented.seconds}
        rows = _rows(folder)
        peak = max(simulated.peak_gib, built.peak_gib, documented.peak_gib)

    print(f"{arguments.persons:,} persons, {arguments.threads} cores\n")
    print("| stage | seconds | plan | rows | rows per second |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for stage, seconds in stages.items():
        count, plan = rows.get(stage), BUDGET_SECONDS.get(stage, "")
        speed = f"{count:,} | {count / seconds:,.0f}" if count else " | "
        print(f"| {stage} | {seconds:.1f} | {plan} | {speed} |")
    total = simulated.seconds + built.seconds + documented.seconds
    print(f"| **all** | **{total:.1f}** | {TOTAL_SECONDS} | | |")
    print(f"\npeak memory {peak:.2f} GiB (bound {TOTAL_GIB} GiB)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=60_000)
    parser.add_argument("--survey-fraction", type=float, default=0.05)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _stages(output: str) -> dict[str, float]:
    """Return the seconds per stage that `migrantpanel build` prints."""
    found = re.findall(r"^(\S.*?)\s+(\d+\.\d) s$", output, flags=re.MULTILINE)
    return {stage: float(seconds) for stage, seconds in found}


def _rows(folder: Path) -> dict[str, int]:
    """Return how many rows each stage wrote."""
    landed = f"read_parquet('{folder}/landing/manifest/*.parquet')"
    ((delivered,),) = duckdb.sql(f"select sum(rows_delivered)::bigint from {landed}").fetchall()
    built = 0
    for path in (folder / "warehouse").glob("*.duckdb"):
        with duckdb.connect(path, read_only=True) as connection:
            built += connection.execute(
                "select coalesce(sum(estimated_size), 0)::bigint from duckdb_tables()"
            ).fetchone()[0]
    return {"simulate": delivered, "land": delivered, "dbt build": built}


if __name__ == "__main__":
    main()
