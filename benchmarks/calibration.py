"""Calibration at growing sizes: seconds and peak memory; R survey beside it as a ratio.

    .venv/bin/python benchmarks/calibration.py [--rows 1000000] [--threads 2] [--r-rows 100000]

"40 margins" is measured in both senses: 5 margins of 8 categories (40 totals; rows fold into
cells) and 40 margins of 5 categories (200 totals; hardly two rows are alike). Each run is a
process of its own that reads its table from Parquet; its peak counts that process whole. Seconds
are those of the first call of `calibrate`, encoding and checks included, reading left out, as for
R. The machine is shared and noisy: run it alone, and compare ratios rather than seconds.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from measure import measure

from migrantpanel.project import project_dir
from migrantpanel.random import generator
from migrantpanel.weighting import calibrate

BUDGET_SECONDS, BUDGET_GIB, BUDGET_RATIO = 2, 2, 10
R_SCRIPT = "tests/python/r/calibrate_reference.R"


@dataclass(frozen=True)
class Shape:
    """How many categorical margins of how many categories, and how many numeric totals."""

    name: str
    margins: int
    categories: int
    totals: int = 0


SHAPES = [
    Shape("5 margins x 8", 5, 8),
    Shape("40 margins x 5", 40, 5),
    Shape("20 margins x 5, 5 totals", 20, 5, 5),
]
METHODS = {"raking": None, "linear": None, "logit": (0.1, 8.0)}


def main() -> None:
    """Print one table in Markdown, and the ratio to R survey where R can run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--r-rows", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--run", nargs=2, metavar=("METHOD", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        method, folder = arguments.run
        print(json.dumps(_run(method, Path(folder))))
        return
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: arguments.threads]))
    print(f"{arguments.threads} cores\n")
    print("| shape | rows | method | seconds | steps | largest error | peak GiB |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        for rows in (arguments.rows // 10, arguments.rows):
            for number, shape in enumerate(SHAPES):
                folder = Path(name) / f"{rows}-{number}"
                _write(folder, shape, rows)
                for method in METHODS:
                    done, peak = _measured(method, folder)
                    print(
                        f"| {shape.name} | {rows:,} | {method} | {done['seconds']:.2f}"
                        f" | {done['steps']} | {done['error']:.0e} | {peak:.2f} |",
                        flush=True,
                    )
        print(f"\nbudget at 1,000,000 rows: {BUDGET_SECONDS} s, {BUDGET_GIB} GiB\n")
        if shutil.which("Rscript") is None:
            print("R survey: R is absent")
            return
        print(f"R survey::calibrate, raking (budget: {BUDGET_RATIO} times as long)\n")
        print("| shape | rows | R seconds | seconds here | ratio | largest difference of weights |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for number, shape in enumerate(SHAPES):
            folder = Path(name) / f"r-{number}"
            _write(folder, shape, arguments.r_rows)
            print(_beside_r(shape, arguments.r_rows, folder), flush=True)


def _write(folder: Path, shape: Shape, rows: int) -> None:
    """Write a sample whose margins depend on each other, and the totals of a skewed population."""
    folder.mkdir()
    draw = generator(1, "calibration benchmark", shape.name, rows)
    common = draw.normal(size=rows)
    design = draw.uniform(50, 200, rows)
    population = design * np.exp(0.3 * common + 0.1 * draw.normal(size=rows))
    sample: dict[str, np.ndarray | pl.Series] = {}
    margins, totals = {}, {}
    for i in range(shape.margins):
        value = 0.24 * common + 0.8 * draw.normal(size=rows) + shape.categories / 2
        codes = np.clip(np.floor(value), 0, shape.categories - 1).astype(np.int8)
        sample[f"m{i}"] = pl.Series(codes).cast(pl.String)
        sums = np.bincount(codes, weights=population, minlength=shape.categories)
        margins[f"m{i}"] = {str(code): float(total) for code, total in enumerate(sums) if total}
    for i in range(shape.totals):
        values = np.exp(0.3 * common + 0.5 * draw.normal(size=rows))
        sample[f"x{i}"] = values
        totals[f"x{i}"] = float(np.sum(values * population))
    pl.DataFrame(sample | {"d": design}).write_parquet(folder / "sample.parquet")
    (folder / "totals.json").write_text(json.dumps([margins, totals]), encoding="utf-8")


def _measured(method: str, folder: Path) -> tuple[dict[str, float], float]:
    done = measure([sys.executable, __file__, "--run", method, str(folder)], os.environ, folder)
    return json.loads(done.output.splitlines()[-1]), done.peak_gib


def _run(method: str, folder: Path) -> dict[str, float]:
    """Calibrate; return the seconds, steps and largest error, and leave the weights behind."""
    sample = pl.read_parquet(folder / "sample.parquet")
    margins, totals = json.loads((folder / "totals.json").read_text(encoding="utf-8"))
    start = time.perf_counter()
    result = calibrate(sample, "d", margins, totals, method, METHODS[method])
    seconds = time.perf_counter() - start
    np.save(folder / "weights.npy", result.weights)
    return {
        "seconds": seconds,
        "steps": result.iterations,
        "error": result.max_relative_error,
    }


def _beside_r(shape: Shape, rows: int, folder: Path) -> str:
    """Return a row of the table: the same raking by R survey and here, weights compared."""
    sample = pl.read_parquet(folder / "sample.parquet")
    sample.write_csv(folder / "sample.csv")
    margins, totals = json.loads((folder / "totals.json").read_text(encoding="utf-8"))
    lines = [
        (name, category, total)
        for name, counts in margins.items()
        for category, total in counts.items()
    ] + [(name, "", total) for name, total in totals.items()]
    pl.DataFrame(lines, schema=["margin", "category", "total"], orient="row").write_csv(
        folder / "margins.csv"
    )
    done = subprocess.run(
        ["Rscript", project_dir() / R_SCRIPT, "sample.csv", "margins.csv", "weights.csv", "raking"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"| {shape.name} | {rows:,} | R did not run: {done.stderr.strip()} | | | |"
    theirs = float(done.stdout.split()[-1])
    own, _ = _measured("raking", folder)
    reference = pl.read_csv(folder / "weights.csv")["raking"].to_numpy()
    difference = np.max(np.abs(np.load(folder / "weights.npy") / reference - 1))
    return (
        f"| {shape.name} | {rows:,} | {theirs:.1f} | {own['seconds']:.2f}"
        f" | {theirs / own['seconds']:,.0f} | {difference:.0e} |"
    )


if __name__ == "__main__":
    main()
