"""Landed Parquet as pandas frames: whole when small, else a stable sample by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

SAMPLE_ROWS = 100_000
ADDED = ("filename", "file_row_number")


@dataclass(frozen=True)
class Sample:
    """Rows of a landed folder: the frame, and how many rows it was drawn from."""

    frame: pd.DataFrame
    rows: int


def sample_folder(folder: Path, key: Sequence[str], limit: int = SAMPLE_ROWS) -> Sample:
    """Return at most `limit` rows of a folder's Parquet files, all rows of a key together.

    Rows are chosen by a hash of the key, so the same landing gives the same sample on every
    machine and two registers share their persons. Rows without a key come first. When the files
    do not agree on their columns, only the first that differs from the empty typed file is read:
    its suite then shows what is wrong. Blank text becomes null.
    """
    files = sorted(folder.glob("*.parquet"))
    files = _first_with_other_columns(files) or files
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        names = [path.as_posix() for path in files]
        source = f"read_parquet({names}, filename = true, file_row_number = true)"
        relation = connection.sql(f"select * from {source} limit 0")
        columns = [name for name in relation.columns if name not in ADDED]
        (rows,) = connection.execute(f"select count(*) from {source}").fetchone() or (0,)
        order = ""
        known_key = [name for name in key if name in columns]
        if rows > limit and known_key:
            hashed = "md5_number_lower(" + " || '|' || ".join(map(_quoted, known_key)) + ")"
            # Twice the rows wanted pass to the sort, which keeps the first of them.
            threshold = int(2**64 * min(1.0, 2 * limit / rows))
            order = (
                f"where {hashed} is null or {hashed} < {threshold} "
                f"order by {hashed} nulls first, filename, file_row_number "
                f"limit {limit}"
            )
        selected = ", ".join(
            f"nullif({_quoted(name)}, '') as {_quoted(name)}"
            if kind == "VARCHAR"
            else _quoted(name)
            for name, kind in zip(relation.columns, map(str, relation.types), strict=True)
            if name in columns
        )
        return Sample(connection.execute(f"select {selected} from {source} {order}").df(), rows)


def _first_with_other_columns(files: Sequence[Path]) -> list[Path]:
    """Return the first file whose columns differ from those of the empty typed file, if any."""
    with duckdb.connect() as connection:
        named = {
            path: connection.sql(f"select * from read_parquet('{path.as_posix()}') limit 0").columns
            for path in files
        }
    expected = next((columns for path, columns in named.items() if path.stem == "_empty"), None)
    return [path for path, columns in named.items() if expected and columns != expected][:1]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
