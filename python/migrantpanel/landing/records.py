"""The manifest's row: what is known of one delivered file, from finding it to landing it."""

from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import polars as pl

REGISTER, SURVEY, SAMPLE, OTHER = "register", "survey", "sample", "other"
LANDED, SUPERSEDED, TWIN = "landed", "superseded", "twin"
QUARANTINED, UNKNOWN = "quarantined", "unknown"


@dataclass(frozen=True)
class FileRecord:
    """One delivered file. `path` is relative to `root`; years and versions are integers.

    Rows are counted as delivered: `rows_delivered` is `rows_landed` plus `rows_quarantined`, also
    where one delivered row lands as several (a column per year). All three are null for a file
    that could not be read at all. `reason` says why a file did not land, or that it was pinned;
    `is_restricted` marks the version without migration variables.
    """

    root: str
    path: str
    file_name: str
    file_format: str
    size: int
    modified: datetime
    kind: str = OTHER
    stem: str | None = None
    file_year: int | None = None
    version: int | None = None
    sha256: str | None = None
    rows_delivered: int | None = None
    rows_landed: int | None = None
    rows_quarantined: int | None = None
    status: str = UNKNOWN
    reason: str | None = None
    columns_delivered: str | None = None
    landed_files: str | None = None
    catalogue_hash: str | None = None
    note: str | None = None
    is_restricted: bool = False

    @property
    def full_path(self) -> Path:
        """Where the file is."""
        return Path(self.root) / self.path

    @property
    def name(self) -> str:
        """File name without the extension of its format."""
        return self.file_name[: -len(self.file_format) - 1] if self.file_format else self.file_name

    @property
    def landed_paths(self) -> list[str]:
        """The landed files made from it, relative to the landing folder."""
        return self.landed_files.split("|") if self.landed_files else []


MANIFEST_SCHEMA: dict[str, pl.DataType] = {
    "root": pl.String(),
    "path": pl.String(),
    "file_name": pl.String(),
    "file_format": pl.String(),
    "size": pl.Int64(),
    "modified": pl.Datetime("us"),
    "kind": pl.String(),
    "stem": pl.String(),
    "file_year": pl.Int32(),
    "version": pl.Int32(),
    "sha256": pl.String(),
    "rows_delivered": pl.Int64(),
    "rows_landed": pl.Int64(),
    "rows_quarantined": pl.Int64(),
    "status": pl.String(),
    "reason": pl.String(),
    "columns_delivered": pl.String(),
    "landed_files": pl.String(),
    "catalogue_hash": pl.String(),
    "note": pl.String(),
    "is_restricted": pl.Boolean(),
}


def to_frame(records: list[FileRecord]) -> pl.DataFrame:
    """Return the manifest as a frame, one row per delivered file."""
    names = [field.name for field in fields(FileRecord)]
    rows = [{name: getattr(record, name) for name in names} for record in records]
    return pl.DataFrame(rows, schema=MANIFEST_SCHEMA)


def read_manifest(path: Path) -> list[FileRecord]:
    """Read an earlier manifest; an absent, damaged or differently laid out one is an empty one."""
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        return []
    if frame.schema != pl.Schema(MANIFEST_SCHEMA):
        return []
    return [FileRecord(**row) for row in frame.iter_rows(named=True)]
