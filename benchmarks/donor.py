"""Donor search at growing sizes: seconds, rows per second, peak memory; VIM beside it.

    .venv/bin/python benchmarks/donor.py [--recipients 1000000] [--threads 4] [--sizes 4]

Five donors per recipient. Each run is a process of its own that reads its tables from Parquet;
the peak counts that process whole. The machine is shared and noisy: run it alone, and compare
ratios rather than seconds.
"""

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from measure import measure

from migrantpanel.imputation import donor_impute
from migrantpanel.project import project_dir
from migrantpanel.random import generator

BUDGET_SECONDS, BUDGET_GIB = 120, 4
DONORS_PER_RECIPIENT = 5
R_RECIPIENTS = 4_000
R_SCRIPT = "tests/python/r/donor_reference.R"


@dataclass(frozen=True)
class Case:
    """A way to match, and how often a donor may serve."""

    name: str
    exact: list[str]
    distance: list[str] = field(default_factory=list)
    max_uses: int | None = None


PERMIT_KEYS = ["year", "sex", "age_group", "civil_status", "country_group"]
CASES = [
    Case("permit keys, nearest day", PERMIT_KEYS, ["day"]),
    Case("permit keys, nearest day, cap 2", PERMIT_KEYS, ["day"], 2),
    Case("two cells, random", ["sex"]),
    Case("two cells, one real column", ["sex"], ["x"]),
    Case("two cells, one real column, cap 1", ["sex"], ["x"], 1),
    Case("two cells, two real columns", ["sex"], ["x", "y"]),
    Case("two cells, two real columns, cap 1", ["sex"], ["x", "y"], 1),
]
COLUMNS = sorted({column for case in CASES for column in (*case.exact, *case.distance)})


def main() -> None:
    """Print one table in Markdown, and the ratio to VIM where R can run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--sizes", type=int, default=4, help="how often the size is halved, plus 1")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--run", nargs=2, metavar=("CASE", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        name, folder = arguments.run
        _run(next(case for case in CASES if case.name == name), Path(folder))
        return
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: arguments.threads]))
    cases = [case for case in CASES if arguments.only in case.name]
    sizes = [arguments.recipients // 2**step for step in reversed(range(arguments.sizes))]
    print(f"{arguments.threads} cores, {DONORS_PER_RECIPIENT} donors per recipient\n")
    print("| case | recipients | seconds | rows per second | ns per n log n | peak GiB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        for size in sizes:
            folder = Path(name) / str(size)
            _write(folder, size)
            for case in cases:
                command = [sys.executable, __file__, "--run", case.name, str(folder)]
                done = measure(command, dict(os.environ), folder)
                seconds, n = float(done.output.split()[-1]), size * (1 + DONORS_PER_RECIPIENT)
                print(
                    f"| {case.name} | {size:,} | {seconds:.1f} | {size / seconds:,.0f}"
                    f" | {seconds / (n * math.log2(n)) * 1e9:.1f} | {done.peak_gib:.2f} |",
                    flush=True,
                )
        print(f"\nbudget at 1,000,000: {BUDGET_SECONDS} s, {BUDGET_GIB} GiB\n")
        print(_beside_vim(Path(name)))


def _write(folder: Path, recipients: int) -> None:
    """Write both tables; keys are skewed as country groups and civil status are."""
    folder.mkdir()
    for who, rows in (("recipients", recipients), ("donors", recipients * DONORS_PER_RECIPIENT)):
        rng = generator(1, "donor benchmark", who, rows)
        share = 1 / np.arange(1, 21)
        pl.DataFrame(
            {
                "id": pl.Series(np.arange(rows)).cast(pl.String).str.pad_start(9, "0") + who[0],
                "year": rng.integers(1997, 2022, rows),
                "sex": pl.Series(rng.integers(1, 3, rows)).cast(pl.String),
                "age_group": rng.choice(9, rows, p=np.array([2, 1, 3, 4, 4, 3, 1, 1, 1]) / 20),
                "civil_status": rng.choice(5, rows, p=[0.5, 0.35, 0.1, 0.04, 0.01]),
                "country_group": rng.choice(20, rows, p=share / share.sum()),
                "day": rng.integers(0, 365, rows),
                "x": rng.normal(size=rows),
                "y": rng.normal(size=rows),
                "category": pl.Series(rng.integers(1, 7, rows)).cast(pl.String),
                "ground": rng.integers(1, 41, rows),
            }
        ).write_parquet(folder / f"{who}.parquet")


def _run(case: Case, folder: Path) -> None:
    """Impute and print the seconds, reading left out."""
    columns = ["id", *case.exact, *case.distance]
    recipients = pq.read_table(folder / "recipients.parquet", columns=columns)
    donors = pq.read_table(folder / "donors.parquet", columns=[*columns, "category", "ground"])
    start = time.perf_counter()
    result = donor_impute(
        recipients,
        donors,
        "id",
        case.exact,
        case.distance,
        ["category", "ground"],
        seed=1,
        max_uses=case.max_uses,
    )
    seconds = time.perf_counter() - start
    if result["donor_id"].null_count:
        raise SystemExit("every recipient has a donor in this benchmark")
    print(seconds)


def _beside_vim(folder: Path) -> str:
    """Return how many times as long VIM::kNN takes on a size that it can do."""
    if shutil.which("Rscript") is None:
        return "VIM: R is absent"
    rows = R_RECIPIENTS * (1 + DONORS_PER_RECIPIENT)
    rng = generator(1, "donor benchmark", "vim")
    table = pl.DataFrame(
        {
            "id": np.arange(rows),
            "cell": np.arange(rows) % 2,
            "x": rng.random(rows),
            "y": rng.random(rows),
            "donor": (np.arange(rows) // 2 % (1 + DONORS_PER_RECIPIENT) > 0).astype(int),
        }
    ).with_columns(pl.when(pl.col("donor") == 1).then(pl.col("id")).alias("target"))
    table.write_csv(folder / "vim.csv")
    script = project_dir() / R_SCRIPT
    done = subprocess.run(
        ["Rscript", script, folder / "vim.csv", folder / "vim-result.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"VIM did not run: {done.stderr.strip()}"
    recipients = table.filter(pl.col("donor") == 0).drop("target")
    donors = table.filter(pl.col("donor") == 1)
    start = time.perf_counter()
    donor_impute(recipients, donors, "id", ["cell"], ["x", "y"], ["target"], seed=1)
    own, theirs = time.perf_counter() - start, float(done.stdout)
    return (
        f"VIM::kNN, {len(recipients):,} recipients, two columns, two cells: {theirs:.1f} s;"
        f" here {own:.2f} s; ratio {theirs / own:,.0f}"
    )


if __name__ == "__main__":
    main()
