"""Landed Parquet as pandas frames: whole when small, else a stable sample by key."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

SAMPLE_ROWS = 100_000
# The library compares 64-bit integers as columns, and narrower ones value by value.
_CLEANED = {"VARCHAR": "nullif({}, '')", "INTEGER": "{}::bigint"}


@dataclass(frozen=True)
class Sample:
    """Rows of a landed folder: the frame, and how many rows it was drawn from."""

    frame: pd.DataFrame
    rows: int


def sample_folder(folder: Path, key: Sequence[str], limit: int = SAMPLE_ROWS) -> Sample:
    """Return at most `limit` rows of a folder's Parquet files, all rows of a key together.

    Rows are chosen by a hash of the key, so the same landing gives the same sample on every
    machine and registers share their persons. Rows without a key come first. When the files do
    not agree on their columns, only the first that differs from the empty typed file is read:
    its suite then shows what is wrong. Blank text becomes null.
    """
    files = sorted(folder.glob("*.parquet"))
    files = _first_with_other_columns(files) or files
    with duckdb.connect() as connection:
        source = f"read_parquet({[path.as_posix() for path in files]})"
        relation = connection.sql(f"select * from {source} limit 0")
        ((rows,),) = connection.execute(f"select count(*) from {source}").fetchall()
        joined = " || '|' || ".join(_quoted(name) for name in key if name in relation.columns)
        if rows > limit and joined:
            source = _chosen_rows(connection, source, joined, rows, limit)
        selected = ", ".join(
            f"{_CLEANED.get(kind, '{}').format(_quoted(name))} as {_quoted(name)}"
            for name, kind in zip(relation.columns, map(str, relation.types), strict=True)
        )
        table = connection.sql(f"select {selected} from {source}").to_arrow_table()
        return Sample(table.to_pandas(), rows)


def _chosen_rows(
    connection: duckdb.DuckDBPyConnection, source: str, key: str, rows: int, limit: int
) -> str:
    """Return a relation of at most `limit` rows: those whose key has the smallest hashes.

    A tenth more than wanted passes the first look; the hash at which the sample is full is
    found among these, so the rows are read once.
    """
    connection.execute(
        "create temp table candidate as select * from ("
        f"select *, case when {key} is null then 0 else hash({key}) end as key_hash from {source}"
        f") where key_hash < {int(2**64 * 1.1 * limit / rows)}"
    )
    hashes = f"select key_hash from candidate order by key_hash limit 1 offset {limit}"
    ((cut,),) = connection.execute(hashes).fetchall() or [(2**64,)]
    return f"(from candidate where key_hash < {cut} or key_hash = 0 limit {limit})"


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
