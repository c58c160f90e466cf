"""A built world with the simulated truth beside it, for tests that hold one to the other."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from conftest import World


@contextmanager
def beside_truth(
    world: World, tables: tuple[str, ...], prepare: str = ""
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open both databases (`warehouse`, `vault`), the truth as views `true_*`, and prepare."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{world.warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{world.vault}' as vault (read_only)")
        for table in tables:
            file = world.truth / f"{table}.parquet"
            connection.execute(f"create view true_{table} as select * from '{file}'")
        if prepare:
            connection.execute(prepare)
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    """Return all rows of a query."""
    return connection.execute(query).fetchall()
