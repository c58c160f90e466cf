"""The harmonised layer on surveys of full size: seconds, values per second, memory, slow models.

    .venv/bin/python benchmarks/harmonised.py [--respondents 84581] [--threads 2]

A small country is simulated and landed, and its survey files are repeated under other keys until
they hold as many respondents as the real ones. Seeds and staging are built before the clock starts.
The machine is shared and noisy: run it alone, and compare ratios rather than seconds; the
processor seconds depend least on what else runs.
"""

import argparse
import json
import math
import os
import tempfile
from pathlib import Path

import duckdb
from measure import Project

RESPONDENTS = 84_581  # of the eleven surveys together
BUDGET_SECONDS, BUDGET_GIB = 20, 2
PERSONS, FRACTION = 60_000, 0.05
# What tells the copies of a landed row apart, per folder of the landing.
KEYS = {
    "survey_answer": ["respondent_key"],
    "survey_key": ["respondent_key"],
    "survey_sample": ["respondent_key", "sample_number"],
    "survey_member": ["respondent_key"],
}
SLOWEST = 8


def main() -> None:
    """Measure the layer without and with its tests, and what is made from it; print tables."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = Project(folder, arguments.threads, "1GB")
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: arguments.threads]))
        project.run("simulate", "--persons", str(PERSONS), "--survey-fraction", str(FRACTION))
        project.run("land")
        _repeat(folder / "landing", arguments.respondents)
        project.dbt("seed")
        project.dbt("run", "--select", "+harmonised", "--exclude", "harmonised")
        harmonised = project.dbt("run", "--select", "harmonised")
        slowest = _slowest(folder / "target")
        tested = project.dbt("build", "--select", "harmonised", "--indirect-selection", "cautious")
        rows = _rows(folder / "build")

    print(f"{rows['respondents']:,} respondents, {arguments.threads} cores\n")
    print("| what | seconds | plan | processor seconds | values per second | peak GiB | plan |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for label, done, plan in (
        ("harmonised layer", harmonised, BUDGET_SECONDS),
        ("harmonised layer with its tests", tested, ""),
    ):
        print(
            f"| {label} | {done.seconds:.1f} | {plan} | {done.processor_seconds:.1f} "
            f"| {rows['values'] / done.seconds:,.0f} | {done.peak_gib:.2f} | {BUDGET_GIB} |"
        )
    print(
        f"\n{rows['values']:,} values from {rows['answers']:,} delivered answers; slowest models:"
    )
    for model, seconds in slowest:
        print(f"  {model:<28} {seconds:5.1f} s")


def _repeat(landing: Path, respondents: int) -> None:
    """Repeat the landed survey rows under other keys until there are so many respondents."""
    keys = f"read_parquet('{landing}/survey_key/*.parquet')"
    with duckdb.connect() as connection:
        (delivered,) = connection.execute(f"select count(*) from {keys}").fetchone()
        times = math.ceil(respondents / delivered)
        for name, columns in KEYS.items():
            changed = ", ".join(f"{column} || '.' || copy as {column}" for column in columns)
            for path in sorted((landing / name).glob("*.parquet")):
                repeated = path.with_name(f"{path.name}.new")
                connection.execute(
                    f"copy (select delivered.* replace ({changed}) "
                    f"from read_parquet('{path}') as delivered, range({times}) as copies (copy)) "
                    f"to '{repeated}' (format parquet)"
                )
                repeated.replace(path)


def _slowest(target: Path) -> list[tuple[str, float]]:
    """Return the models that took longest in the last run of dbt."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    seconds = {one["unique_id"].split(".")[-1]: one["execution_time"] for one in results}
    return sorted(seconds.items(), key=lambda item: -item[1])[:SLOWEST]


def _rows(build: Path) -> dict[str, int]:
    """Count what went in and what came out."""
    with duckdb.connect(build / "migrant_panel.duckdb", read_only=True) as connection:
        connection.execute(f"attach '{build / 'vault.duckdb'}' as vault (read_only)")
        counted = {
            "respondents": "harmonised.harm_interview",
            "values": "harmonised.harm_value",
            "answers": "vault.staging.stg_survey_answer",
        }
        return {
            name: connection.execute(f"select count(*) from {table}").fetchone()[0]
            for name, table in counted.items()
        }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--respondents", type=int, default=RESPONDENTS)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
