"""A built world with the simulated truth beside it, for tests that hold one to the other."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from conftest import World

# Steps that follow on a table `person` (person, person_key): who is in the panel, and its years.
MEMBER_AND_DAY = """
    create table member as
    select person.*, pseudonym.person_id
    from person
    inner join vault.identity.id_person_key as pseudonym using (person_key);
    create view day as
    select year, first_day, last_day
    from warehouse.reference.calendar_year
    where year between 1995 and 2023;
"""


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
