"""One hash per table, so that two builds can be called the same or not."""

import hashlib
from pathlib import Path

import duckdb

from migrantpanel.errors import UserError
from migrantpanel.warehouse.published import open_published

BATCH_ROWS = 50_000


def digest(warehouse: Path, schema: str = "marts") -> dict[str, str]:
    """Return table or view -> SHA-256 of its rows in the order of all columns, floats at 12 digits.

    The order of all columns contains the order of the key, and needs no key to be declared.
    Raises UserError when the file is absent or the schema holds no table.
    """
    with open_published(warehouse) as connection:
        connection.execute("set timezone = 'UTC'")
        tables = connection.execute(
            "select table_name from information_schema.tables "
            "where table_schema = ? order by table_name",
            [schema],
        ).fetchall()
        if not tables:
            raise UserError(f"{warehouse} holds no table in schema {schema}")
        return {table: _digest_table(connection, schema, table) for (table,) in tables}


def _digest_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    columns = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    row = " || chr(31) || ".join(_as_text(name, data_type) for name, data_type in columns)
    cursor = connection.execute(f'select {row} as row from {schema}."{table}" order by row')
    hashed = hashlib.sha256(repr(columns).encode())
    while rows := cursor.fetchmany(BATCH_ROWS):
        hashed.update("\x1e".join(row for (row,) in rows).encode())
        hashed.update(b"\x1e")
    return hashed.hexdigest()


def _as_text(column: str, data_type: str) -> str:
    value = f'cast("{column}" as varchar)'
    if data_type in ("DOUBLE", "FLOAT"):
        value = f"format('{{:.12g}}', \"{column}\")"
    return f"coalesce({value}, chr(0))"
