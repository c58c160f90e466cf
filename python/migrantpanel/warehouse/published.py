"""Opening what was published, for reading."""

from pathlib import Path

import duckdb

from migrantpanel.errors import UserError


def open_published(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a published file for reading.

    Raises UserError where it is absent, is no DuckDB file, or another process writes it.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: run `migrantpanel build` first")
    try:
        return duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        raise UserError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
