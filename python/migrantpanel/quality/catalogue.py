"""The catalogue seeds as the suites read them."""

import csv
from dataclasses import dataclass
from pathlib import Path

from migrantpanel.errors import UserError


@dataclass(frozen=True)
class Family:
    """What values of a family of columns may look like."""

    family: str
    check_kind: str
    allowed: str
    minimum: float | None
    maximum: float | None
    description: str


@dataclass(frozen=True)
class Column:
    """One landed column of a register."""

    column_name: str
    data_type: str
    role: str
    family: str


@dataclass(frozen=True)
class Stem:
    """One register: its key columns, its years, and its landed columns in order."""

    stem: str
    keys: tuple[str, ...]
    first_year: int | None
    last_year: int | None
    columns: tuple[Column, ...]


def read_rows(seed: Path) -> list[dict[str, str]]:
    """Return the rows of a seed as text; raises UserError where it is absent."""
    if not seed.is_file():
        raise UserError(f"{seed} is absent: run inside the project, with its seeds")
    with seed.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_families(seeds: Path) -> dict[str, Family]:
    """Return the families of `catalogue_family.csv` by name."""
    return {
        row["family"]: Family(
            row["family"],
            row["check_kind"],
            row["allowed"],
            float(row["minimum"]) if row["minimum"] else None,
            float(row["maximum"]) if row["maximum"] else None,
            row["description"],
        )
        for row in read_rows(seeds / "catalogue" / "catalogue_family.csv")
    }


def read_stems(seeds: Path) -> list[Stem]:
    """Return the registers of `catalogue_stem.csv` with their columns in landed order."""
    columns: dict[str, list[tuple[int, Column]]] = {}
    for row in read_rows(seeds / "catalogue" / "catalogue_column.csv"):
        column = Column(row["column_name"], row["data_type"], row["role"], row["family"])
        columns.setdefault(row["stem"], []).append((int(row["position"]), column))
    return [
        Stem(
            row["stem"],
            tuple(row["keys"].split()),
            int(row["first_year"]) if row["first_year"] else None,
            int(row["last_year"]) if row["last_year"] else None,
            tuple(column for _, column in sorted(columns[row["stem"]], key=lambda pair: pair[0])),
        )
        for row in read_rows(seeds / "catalogue" / "catalogue_stem.csv")
    ]
