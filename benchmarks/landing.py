"""Landing of SPSS registers beside the best public readers: seconds, processor seconds, memory.

    .venv/bin/python benchmarks/landing.py [--rows N] [--repeats 3] [--big-rows 20000000]

Each register is written once, then read in turn by landing and by each public reader, which also
write zstd Parquet and take the SHA-256 of the same file: one process each, one after the other, so
that a noisy machine hits all alike. A ratio above 1 says that landing is faster. `--big-rows`
makes one register of that many rows and measures landing's peak memory on it, against 2 GiB.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import polars_readstat
import pyreadstat

from migrantpanel.landing.catalogue import YEAR, Stem, read_catalogue
from migrantpanel.project import seeds_dir

# Narrow, of text as long as its field; the same with shorter text, which is read again from a copy
# where UTF-8 may have cut it; and wide with mostly numbers.
STEMS = ("gbaadresobjectbus", "gbaburgerlijkestaatbus", "inpatab")
BIG_STEM = "gbaadresobjectbus"
PUBLIC = ("polars-readstat", "pyreadstat")
TARGET_RATIO, TARGET_GIB = 0.8, 2
UNCHANGED_FILES = 100


def main() -> None:
    """Print the ratios, the peak memory and the time to recognise unchanged files."""
    arguments = _arguments()
    if arguments.child:
        _child(arguments.child, *arguments.paths)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        print("| register | rows | reader | seconds | processor seconds | GiB | ratio | (cpu) |")
        print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
        for stem in STEMS:
            _compare(write_register(folder / stem, stem, arguments.rows), arguments)
        _unchanged(folder / "unchanged")
        if arguments.big_rows:
            path = write_register(folder / "big", BIG_STEM, arguments.big_rows, compress=False)
            wall, cpu, gib = _run("landing", path)
            print(
                f"\n{arguments.big_rows:,} rows ({path.stat().st_size / 1e9:.2f} GB): {wall:.1f} s,"
                f" {cpu:.1f} processor seconds, peak {gib:.2f} GiB (bound {TARGET_GIB} GiB)"
            )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--big-rows", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where files are made (default: temporary)")
    parser.add_argument("--child", choices=("landing", *PUBLIC), help=argparse.SUPPRESS)
    parser.add_argument("paths", type=Path, nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def write_register(folder: Path, name: str, rows: int, compress: bool = True) -> Path:
    """Write one made-up register of `rows` rows as SPSS in `folder`; return its path.

    Rows are compressed as SPSS does by default; without, writing takes less time and memory.
    """
    folder.mkdir(parents=True)
    stem = read_catalogue(seeds_dir(), None).stems[name]
    path = folder / f"{stem.examples[0]}.sav"
    if compress:
        pyreadstat.write_sav(register_frame(stem, rows), path, row_compress=True)
    else:
        polars_readstat.write_readstat(register_frame(stem, rows), str(path))
    return path


def register_frame(stem: Stem, rows: int) -> pl.DataFrame:
    """Return plausible columns: ascending keys, dates over 28 years, amounts in whole euros."""
    row = pl.int_range(rows, dtype=pl.Int64)
    mixed = (row * 2_654_435_761) % 4_294_967_291
    columns: dict[str, pl.Expr] = {}
    for column in stem.columns:
        delivered = column.delivered_names[0]
        if YEAR in delivered:
            continue
        width = column.width or 6
        if column.data_type != "string":
            value = (mixed % 90_000 - 5_000).cast(pl.Float64)
        elif column.family == "rin_type":
            value = pl.lit("R")
        elif column.family == "civil_status":
            value = pl.when(mixed % 5 == 0).then(pl.lit("SP")).otherwise(pl.lit("O"))
        elif width == 8:
            day = (mixed % 28 + 1) + 100 * (mixed % 12 + 1) + 10_000 * (1995 + mixed % 28)
            value = day.cast(pl.String)
        else:
            number = row if column.family == "rin" else mixed % 10 ** min(width, 9)
            value = number.cast(pl.String).str.zfill(width)
        columns[delivered] = value.alias(delivered)
    return pl.select(row.alias("row")).select(*columns.values())


def _compare(path: Path, arguments: argparse.Namespace) -> None:
    """Measure every reader `repeats` times in turn; print medians and the ratio per repeat."""
    readers = ("landing", *PUBLIC)
    taken: dict[str, list[tuple[float, float, float]]] = {reader: [] for reader in readers}
    for _ in range(arguments.repeats):
        for reader in readers:
            taken[reader].append(_run(reader, path))
    for reader in readers:
        wall, cpu, gib = (statistics.median(values) for values in zip(*taken[reader], strict=True))
        pairs = list(zip(taken[reader], taken["landing"], strict=True))
        by_wall = statistics.median(theirs[0] / ours[0] for theirs, ours in pairs)
        by_cpu = statistics.median(theirs[1] / ours[1] for theirs, ours in pairs)
        shown = " | " if reader == "landing" else f"{by_wall:.2f} | {by_cpu:.2f}"
        print(
            f"| {path.stem} | {arguments.rows:,} | {reader} | {wall:.2f} | {cpu:.2f} | {gib:.2f}"
            f" | {shown} |",
            flush=True,
        )


def _run(reader: str, path: Path) -> tuple[float, float, float]:
    """Read one file in a process of its own; return seconds, processor seconds and peak GiB."""
    with tempfile.TemporaryDirectory(dir=path.parent.parent) as out:
        command = [sys.executable, __file__, "--child", reader, str(path), out]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    wall, cpu, gib = map(float, done.stdout.split()[-3:])
    return wall, cpu, gib


def _unchanged(folder: Path) -> None:
    """Print how long it takes to see that a hundred files are those of before."""
    from migrantpanel.landing import land

    catalogue = read_catalogue(seeds_dir(), None)
    yearly = catalogue.stems["inpatab"]
    for stem in catalogue.stems.values():
        if stem.required:
            write_register(folder / "extracts" / stem.stem, stem.stem, 10)
    extracts = folder / "extracts"
    delivered = len(list(extracts.iterdir()))
    (extracts / "inpatab").mkdir()
    for year in range(2011, 2011 + UNCHANGED_FILES - delivered):
        path = extracts / "inpatab" / f"INPA{year}TABV1.sav"
        pyreadstat.write_sav(register_frame(yearly, 10), path)
    land([extracts], folder / "landing", processes=1)
    start = time.perf_counter()
    report = land([extracts], folder / "landing", processes=1)
    seconds = time.perf_counter() - start
    assert len(report.unchanged) == UNCHANGED_FILES
    print(f"\n{UNCHANGED_FILES} unchanged files are recognised in {seconds:.2f} s (bound 1 s)")


def _child(reader: str, path: Path, out: Path) -> None:
    work = {"landing": _land, "polars-readstat": _polars_readstat, "pyreadstat": _pyreadstat}
    job = work[reader](path, out)
    pyreadstat.read_sav(path, metadataonly=True, output_format="polars")  # imported before timing
    start = time.perf_counter(), _processor_seconds()
    job()
    wall, cpu = time.perf_counter() - start[0], _processor_seconds() - start[1]
    print(wall, cpu, _peak_gib())


def _peak_gib() -> float:
    """Return this process's own peak (Linux); getrusage would include its parent's at the fork."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 2**20


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system


def _land(path: Path, out: Path):
    from migrantpanel.landing.files import find_files, recognise
    from migrantpanel.landing.run import _land_one

    catalogue = read_catalogue(seeds_dir(), None)
    (record,) = recognise(find_files([path.parent]), catalogue)
    return lambda: _land_one((record, catalogue.stems[record.stem], out))


def _polars_readstat(path: Path, out: Path):
    import hashlib
    from concurrent.futures import ThreadPoolExecutor

    def job() -> None:
        with ThreadPoolExecutor(1) as thread, path.open("rb") as file:
            digest = thread.submit(hashlib.file_digest, file, "sha256")
            rows = polars_readstat.scan_readstat(str(path), preserve_order=True)
            rows.sink_parquet(out / "rows.parquet", compression="zstd")
            digest.result()

    return job


def _pyreadstat(path: Path, out: Path):
    import hashlib

    import pyreadstat

    def job() -> None:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
        frame, _ = pyreadstat.read_sav(path, user_missing=True, output_format="polars")
        frame.write_parquet(out / "rows.parquet", compression="zstd")

    return job


if __name__ == "__main__":
    main()
