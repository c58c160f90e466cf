"""What values of a family of columns may look like, from the seed `catalogue_family`."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Family:
    """One rule; `allowed` holds codes or a regular expression, by `check_kind`."""

    family: str
    check_kind: str
    allowed: str
    minimum: float | None
    maximum: float | None
    description: str


def read_families(seeds: Path, overlay_rows: Iterable[dict[str, str]] = ()) -> dict[str, Family]:
    """Return the rules by family; a user's overlay row replaces the project's."""
    rows = [*read_rows(seeds / "catalogue" / "catalogue_family.csv"), *overlay_rows]
    return {
        row["family"]: Family(
            row["family"],
            row["check_kind"],
            row["allowed"],
            float(row["minimum"]) if row["minimum"] else None,
            float(row["maximum"]) if row["maximum"] else None,
            row["description"],
        )
        for row in rows
    }


def read_rows(seed: Path) -> list[dict[str, str]]:
    """Return the rows of a seed as text."""
    with seed.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
