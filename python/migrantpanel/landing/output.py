"""Writing landed Parquet: zstd, in batches, one file per delivered file, and empty typed files."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from polars.io.plugins import register_io_source

EMPTY = "_empty.parquet"
# Rows of a batch (readers.py), written while the next is read. In more rows amounts recur often
# enough for polars to make a dictionary of them, which is slower to write and a third larger.
ROW_GROUP = 61_440

QUARANTINE_SCHEMA: dict[str, pl.DataType] = {
    "stem": pl.String(),
    "source_file": pl.String(),
    "row_number": pl.Int64(),
    "column_name": pl.String(),
    "delivered_value": pl.String(),
    "reason": pl.String(),
    "delivered_row": pl.String(),
}
SURVEY_ANSWER_SCHEMA: dict[str, pl.DataType] = {
    "survey": pl.String(),
    "survey_year": pl.Int32(),
    "respondent_key": pl.String(),
    "variable": pl.String(),
    "code": pl.String(),
    "missing_kind": pl.String(),
}
SURVEY_KEY_SCHEMA: dict[str, pl.DataType] = {
    "survey": pl.String(),
    "survey_year": pl.Int32(),
    "respondent_key": pl.String(),
    "rinpersoons": pl.String(),
    "rinpersoon": pl.String(),
}
SAMPLE_ROLES: dict[str, pl.DataType] = {
    "sample_number": pl.String(),
    "respondent_key": pl.String(),
    "stratum": pl.String(),
    "cluster": pl.String(),
    "frame_units": pl.Int64(),
    "drawn_units": pl.Int64(),
    "cluster_probability": pl.Float64(),
    "household_probability": pl.Float64(),
    "disposition_code": pl.String(),
    "sex": pl.String(),
    "birth_year": pl.Int32(),
    "origin_code": pl.String(),
    "municipality": pl.String(),
}
SURVEY_SAMPLE_SCHEMA: dict[str, pl.DataType] = {
    "survey": pl.String(),
    "survey_year": pl.Int32(),
    **SAMPLE_ROLES,
}
SAMPLE_KEY_SCHEMA: dict[str, pl.DataType] = {
    "survey": pl.String(),
    "survey_year": pl.Int32(),
    "sample_number": pl.String(),
    "rinpersoons": pl.String(),
    "rinpersoon": pl.String(),
}
VALUE_LABEL_SCHEMA: dict[str, pl.DataType] = {
    "stem": pl.String(),
    "survey": pl.String(),
    "survey_year": pl.Int32(),
    "source_file": pl.String(),
    "variable": pl.String(),
    "code": pl.String(),
    "label": pl.String(),
    "is_missing": pl.Boolean(),
}
VARIABLE_LABEL_SCHEMA: dict[str, pl.DataType] = {
    "stem": pl.String(),
    "survey": pl.String(),
    "survey_year": pl.Int32(),
    "source_file": pl.String(),
    "variable": pl.String(),
    "position": pl.Int32(),
    "label": pl.String(),
    "storage_format": pl.String(),
    "measure": pl.String(),
    "missing_values": pl.String(),
}
ABSENT_SCHEMA: dict[str, pl.DataType] = {"stem": pl.String(), "disables": pl.String()}
# Folders whose shape does not depend on the catalogue.
FIXED_SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "survey_answer": SURVEY_ANSWER_SCHEMA,
    "survey_key": SURVEY_KEY_SCHEMA,
    "survey_sample": SURVEY_SAMPLE_SCHEMA,
    "survey_sample_key": SAMPLE_KEY_SCHEMA,
    "value_label": VALUE_LABEL_SCHEMA,
    "variable_label": VARIABLE_LABEL_SCHEMA,
    "quarantine": QUARANTINE_SCHEMA,
}


class ParquetFolderFile:
    """One landed file, `<folder>/<name>.parquet`, written batch by batch.

    Nothing is created when nothing is written. A context manager: leaving it closes the file.
    One batch is written in a thread of its own while the next one is read.
    """

    def __init__(
        self, base: Path, folder: str, name: str, schema: dict[str, pl.DataType] | None = None
    ) -> None:
        self.relative = f"{folder}/{name}.parquet"
        self._path = base / folder / f"{name}.parquet"
        self._schema = schema
        self._writer: pq.ParquetWriter | None = None
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None

    def __enter__(self) -> "ParquetFolderFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._wait()
        finally:
            self._thread.shutdown()
            if self._writer is not None:
                self._writer.close()

    def write(self, batch: pl.DataFrame) -> None:
        """Append rows; with a schema, their columns must be exactly the schema's."""
        if self._schema is not None:
            batch = batch.match_to_schema(pl.Schema(self._schema))
        table = to_arrow(batch)
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # No statistics: every reader takes whole columns, and they cost half the writing.
            self._writer = pq.ParquetWriter(
                self._path, table.schema, compression="zstd", write_statistics=False
            )
        self._wait()
        self._pending = self._thread.submit(self._writer.write_table, table)

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()


def stream_frames(
    base: Path,
    folder: str,
    name: str,
    schema: dict[str, pl.DataType],
    frames: Iterator[pl.DataFrame],
) -> str:
    """Write frames of one schema as `<folder>/<name>.parquet`, while they are made.

    Several processors write, a few frames are in memory at once. Returns the relative path.
    """

    def source(
        columns: list[str] | None, predicate: object, rows: int | None, batch_rows: int | None
    ) -> Iterator[pl.DataFrame]:
        yield from frames

    path = base / folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    # No statistics: every reader takes whole columns, and they cost part of the writing.
    register_io_source(source, schema=schema, is_pure=False).sink_parquet(
        path, compression="zstd", statistics=False, row_group_size=ROW_GROUP
    )
    return f"{folder}/{name}.parquet"


def to_arrow(frame: pl.DataFrame) -> pa.Table:
    """Return Arrow without view types, which not every reader of Parquet knows."""
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())


def write_frame(base: Path, folder: str, name: str, frame: pl.DataFrame) -> str:
    """Write one whole frame; return its path relative to `base`."""
    with ParquetFolderFile(base, folder, name) as file:
        file.write(frame)
    return file.relative


def write_empty(folder: Path, schema: dict[str, pl.DataType]) -> None:
    """Write the typed file without rows that every landed folder has."""
    folder.mkdir(parents=True, exist_ok=True)
    table = to_arrow(pl.DataFrame(schema=schema))
    pq.write_table(table, folder / f"{EMPTY}.part", compression="zstd")
    (folder / f"{EMPTY}.part").replace(folder / EMPTY)
