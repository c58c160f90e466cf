"""What must never leave the vault: the key of the pseudonyms, and the registers' own numbers."""

import re
from pathlib import Path

import duckdb
import polars as pl

from conftest import MARKER_SECRET, World


def files(*roots: Path) -> list[Path]:
    return [path for root in roots for path in root.rglob("*") if path.is_file()]


def test_the_secret_is_in_no_output(world: World) -> None:
    """Compiled SQL, manifest, logs, landing, both databases: built with a marker, searched here."""
    marker = MARKER_SECRET.encode()
    searched = files(world.root)
    assert len(searched) > 100
    assert [path for path in searched if marker in path.read_bytes()] == []


def test_no_register_number_is_in_the_warehouse(world: World) -> None:
    """Every text value of every table outside the vault is compared with all person numbers."""
    numbers = set(pl.read_parquet(world.truth / "person.parquet")["rin"].drop_nulls().to_list())
    assert len(numbers) > 1_000
    leaks = []
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        connection.register("numbers", pl.DataFrame({"rin": sorted(numbers)}).to_arrow())
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal and database_name = current_database() and data_type = 'VARCHAR' "
            "and schema_name <> 'main'"
        ).fetchall()
        for schema, table, column in columns:
            (found,) = connection.execute(
                f'select count(*) from (select distinct regexp_extract("{column}", '
                f"'[0-9]{{9}}$') as rin from {schema}.\"{table}\") semi join numbers using (rin)"
            ).fetchone()
            if found:
                leaks.append(f"{schema}.{table}.{column}")
    assert leaks == []


def test_no_relation_of_the_warehouse_reaches_into_the_vault(world: World) -> None:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        texts = [
            sql
            for (sql,) in connection.execute(
                "select sql from duckdb_tables() union all"
                " select sql from duckdb_views() where not internal"
            ).fetchall()
        ]
    assert sum("create view" in sql.lower() for sql in texts) == 3
    assert [sql for sql in texts if re.search(r"\bvault\b", sql)] == []


def test_pseudonyms_depend_on_the_secret(world: World) -> None:
    from migrantpanel.identity.pseudonym import person_ids

    one, other = (person_ids(["R000000001"], secret) for secret in (b"a" * 32, b"b" * 32))
    assert one != other
