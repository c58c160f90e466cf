"""Delivered files, written block by block: each block leaves a part, and parts are joined in order.

A form of file is two functions: rows of a block to the bytes of a part, and parts to a file. What a
file holds depends on the blocks alone, not on how many processes made its parts.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from migrantpanel.simulation.converted import csv_columns, csv_rows
from migrantpanel.simulation.sav import Column, in_windows_1252, row_bytes, sav_header, sav_rows

WINDOWS = "windows-1252"


@dataclass(frozen=True)
class File:
    """One delivered file: its folder and name below the extracts, its columns, its form."""

    folder: str
    name: str
    columns: Sequence[Column]
    form: str
    encoding: str = "utf-8"

    def path(self, root: Path) -> Path:
        """Return where the file is written below a folder of extracts."""
        return root / self.folder / f"{self.name}.{self.form}"


def write_part(frame: pl.DataFrame, file: File, part: Path) -> None:
    """Write the rows of one block."""
    FORMS[file.form][0](frame, file, part)


def join_parts(parts: Sequence[Path], file: File, root: Path) -> Path:
    """Write a file from its parts, in order, and remove them; return its path."""
    path = file.path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    FORMS[file.form][1](parts, file, path)
    for part in parts:
        part.unlink()
    return path


def write_frame(frame: pl.DataFrame, part: Path) -> None:
    """Write a frame as the part of a Parquet file."""
    frame.write_ipc(part, compression="lz4", compat_level=pl.CompatLevel.oldest())


def join_frames(parts: Sequence[Path], path: Path) -> None:
    """Write frames of one schema as a Parquet file with a row group for each."""
    # A column that is empty in one block may have no type there.
    schema = pa.unify_schemas([_schema(part) for part in parts], promote_options="permissive")
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            with pa.ipc.open_file(part) as rows:
                writer.write_table(rows.read_all().cast(schema))


def _schema(part: Path) -> pa.Schema:
    with pa.ipc.open_file(part) as rows:
        return rows.schema


def _sav_part(frame: pl.DataFrame, file: File, part: Path) -> None:
    part.write_bytes(sav_rows(frame, list(file.columns)))


def _join_sav(parts: Sequence[Path], file: File, path: Path) -> None:
    columns = list(file.columns)
    rows = sum(part.stat().st_size for part in parts) // row_bytes(columns)
    header = sav_header(columns, rows, file.name)
    if file.encoding == WINDOWS:
        header = in_windows_1252(header, columns)
    with path.open("wb") as target:
        target.write(header)
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)


def _csv_part(frame: pl.DataFrame, file: File, part: Path) -> None:
    part.write_bytes(csv_rows(frame, file.columns))


def _join_csv(parts: Sequence[Path], file: File, path: Path) -> None:
    with path.open("wb") as target:
        target.write(csv_columns(file.columns).encode(WINDOWS))
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)


def _parquet_part(frame: pl.DataFrame, file: File, part: Path) -> None:
    # As .sav: text is blank, never missing.
    rows = frame.select(
        pl.col(c.name).cast(pl.String).fill_null("") if c.is_text else pl.col(c.name)
        for c in file.columns
    )
    write_frame(rows, part)


def _join_parquet(parts: Sequence[Path], _: File, path: Path) -> None:
    join_frames(parts, path)


Part = Callable[[pl.DataFrame, File, Path], None]
Join = Callable[[Sequence[Path], File, Path], None]
FORMS: dict[str, tuple[Part, Join]] = {
    "sav": (_sav_part, _join_sav),
    "csv": (_csv_part, _join_csv),
    "parquet": (_parquet_part, _join_parquet),
}
