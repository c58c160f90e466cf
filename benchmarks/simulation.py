"""Simulating a country with all its registers as Parquet: seconds, persons a second, memory.

    .venv/bin/python benchmarks/simulation.py [--persons 100000 1000000 4000000] [--folder DIR]

Each size runs as a user runs it, in processes of its own, and is thrown away. The last column holds
processor time per person to that of the first size: 1 is linear. Memory is the summed peak of all
processes. A million persons need about 3 GB of disk below the folder, while it runs 8 GB.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq
from measure import Measured, measure

PLAN = {1_000_000: 600}  # seconds on four cores


def main() -> None:
    """Print a line per size."""
    arguments = _arguments()
    print("| persons | rows | GB | seconds | processor seconds | persons/s | GiB | per person |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    first = None
    for persons in arguments.persons:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
            done = _simulate(persons, Path(name), arguments.survey_fraction)
            rows, size = _content(Path(name) / "extracts")
        first = first or done.processor_seconds / persons
        each = done.processor_seconds / persons / first
        print(
            f"| {persons:,} | {rows:,} | {size / 1e9:.2f} | {done.seconds:.0f}"
            f" | {done.processor_seconds:.0f} | {persons / done.seconds:,.0f}"
            f" | {done.peak_gib:.2f} | {each:.2f} |",
            flush=True,
        )
        if persons in PLAN:
            print(f"  plan: {PLAN[persons]} s", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, nargs="+", default=[100_000, 1_000_000, 4_000_000])
    parser.add_argument("--survey-fraction", type=float, default=0.05)
    parser.add_argument("--folder", type=Path, help="where files are made (default: temporary)")
    return parser.parse_args()


def _simulate(persons: int, folder: Path, fraction: float) -> Measured:
    command = [
        sys.executable, "-m", "migrantpanel", "simulate", "--persons", str(persons),
        "--survey-fraction", str(fraction), "--format", "parquet", "--out", "extracts",
    ]  # fmt: skip
    done = measure(command, os.environ, folder)
    shutil.rmtree(folder / "extracts-truth")
    return done


def _content(folder: Path) -> tuple[int, int]:
    """Return the rows and the bytes of all files."""
    files = list(folder.rglob("*.parquet"))
    return sum(pq.read_metadata(file).num_rows for file in files), sum(
        file.stat().st_size for file in files
    )


if __name__ == "__main__":
    main()
