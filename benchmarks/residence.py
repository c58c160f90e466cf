"""Residence spells of a whole population: seconds, rows and memory at growing sizes.

    .venv/bin/python benchmarks/residence.py [--persons 1250000 5000000 20000000] [--memory 6GB]

A small country is simulated, landed and staged, and its persons are repeated under shifted keys
until they are as many as asked for. The clock then covers everything from staged address spells,
household spells and movements to the spells of residence. Linear means that the seconds per
million rows (on the clock, and of processors) do not grow with the size. The machine is shared and
noisy: read ratios first.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import duckdb
from measure import Project

COUNTRY = 60_000
SIZES = (1_250_000, 5_000_000, 20_000_000)
MODELS = (
    "pop_address_spell",
    "pop_household_spell",
    "pop_presence_run",
    "pop_movement",
    "pop_residence_event",
    "pop_residence_spell",
)
# What these models read, with the columns that hold person keys.
REPEATED = {
    "staging.stg_address_spell": ("person_key",),
    "staging.stg_household_spell": ("person_key",),
    "staging.stg_migration": ("person_key",),
    "population.pop_person_number": ("number_key", "person_key"),
    "population.pop_person": ("person_key",),
}


def main() -> None:
    """Measure each size; print a table."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        project = Project(folder, arguments.threads, arguments.memory)
        project.run("simulate", "--persons", str(COUNTRY), "--survey-fraction", "0",
                    "--format", "parquet")  # fmt: skip
        project.run("land")
        project.dbt("seed")
        project.dbt("run", "--select", "+pop_residence_spell")
        shutil.rmtree(folder / "extracts")
        shutil.copytree(folder / "build", folder / "small")
        print(f"memory limit {arguments.memory}, {arguments.threads} threads")
        print("| persons | rows in | spells | seconds | per million rows | processors | GiB |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for persons in arguments.persons:
            shutil.rmtree(folder / "build")
            shutil.copytree(folder / "small", folder / "build")
            rows = _repeat(folder / "build" / "vault.duckdb", persons, arguments)
            done = project.dbt("run", "--select", *MODELS)
            spells = _count(folder / "build" / "vault.duckdb")
            print(
                f"| {persons:,} | {rows:,} | {spells:,} | {done.seconds:.0f} "
                f"| {done.seconds / rows * 1e6:.2f} "
                f"| {done.processor_seconds / rows * 1e6:.2f} | {done.peak_gib:.2f} |",
                flush=True,
            )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, nargs="+", default=SIZES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="6GB", help="memory limit of DuckDB")
    parser.add_argument("--folder", help="where the work goes (20 million persons: some 40 GB)")
    return parser.parse_args()


def _repeat(vault: Path, persons: int, arguments: argparse.Namespace) -> int:
    """Repeat the small country under shifted keys; return the rows that the models will read."""
    with duckdb.connect(
        vault, config={"memory_limit": arguments.memory, "threads": arguments.threads}
    ) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            """
            create temp table place as
            select person_key, row_number() over (order by person_key) as place
            from (select person_key from population.pop_person
                  union select number_key from population.pop_person_number)
            """
        )
        (known, people), *_ = connection.execute(
            "select count(*), (select count(*) from population.pop_person) from place"
        ).fetchall()
        copies = -(-persons // people)
        rows = 0
        for table, keys in REPEATED.items():
            shifted = ", ".join(
                f"'R' || lpad(cast({key}_place.place + copy * {known} as string), 9, '0') as {key}"
                for key in keys
            )
            places = " ".join(
                f"inner join place as {key}_place on source.{key} = {key}_place.person_key"
                for key in keys
            )
            connection.execute(
                f"create table {table}_repeated as select source.* replace ({shifted}) "
                f"from {table} as source {places} cross join range({copies}) as numbers(copy)"
            )
            connection.execute(f"drop table {table}")
            schema, name = table.split(".")
            connection.execute(f"alter table {table}_repeated rename to {name}")
            if schema == "staging":
                rows += connection.execute(f"select count(*) from {table}").fetchone()[0]
        return rows


def _count(vault: Path) -> int:
    with duckdb.connect(vault, read_only=True) as connection:
        return connection.execute("select count(*) from population.pop_residence_spell").fetchone()[
            0
        ]


if __name__ == "__main__":
    main()
