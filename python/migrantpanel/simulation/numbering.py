"""Numbers of persons, households and other things: where those of a block lie in the country."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from migrantpanel.random import generator

# What columns refer to; the other frames of a block are not numbered.
REFERENCES = {
    "person": "person", "mother": "person", "father": "person", "partner": "person",
    "person_a": "person", "person_b": "person", "child": "person", "parent": "person",
    "address": "address", "union": "union",
    # Jobs are no fewer than relations, and second jobs come behind the first ones.
    "job": "job", "relation": "job", "employer": "employer",
}  # fmt: skip
_NUMBERED = ("person", "address", "union", "job", "employer", "income_source_spell")
# Identification numbers: running numbers times a factor of the seed, modulo this prime.
_PERSON_PRIME, _PERSON_WIDTH = 999_999_937, 9
_HOUSEHOLD_WIDTH = 12
# Numbers that are not somebody's first come from the top, a range for every series.
_SERIES = 100_000_000


def _references(frame: pl.DataFrame) -> list[str]:
    return [name for name, kind in frame.schema.items() if name in REFERENCES and kind.is_integer()]


def with_wide_references(frame: pl.DataFrame) -> pl.DataFrame:
    """Give all that refers to each other one type, in which the numbers of a country fit."""
    return frame.cast(dict.fromkeys(_references(frame), pl.Int64))


@dataclass(frozen=True)
class Counts:
    """How many of everything a block has; addresses by municipality (code)."""

    numbered: dict[str, int]
    addresses: dict[str, int]

    @classmethod
    def of(cls, frames: dict[str, pl.DataFrame]) -> "Counts":
        """Count the frames of a block."""
        numbered = {name: frames[name].height for name in _NUMBERED}
        numbered["household"] = int(frames["household_spell"]["household"].max()) + 1
        places = frames["address"].group_by("municipality").len()
        return cls(numbered, dict(places.iter_rows()))


@dataclass(frozen=True)
class Numbering:
    """Where the numbers of one block lie among those of the country.

    seed: of the country; first: to be added to numbers of the block; total: how many the country
    has; addresses_before, addresses: per municipality, those of earlier blocks and of all.
    """

    seed: int
    first: dict[str, int]
    total: dict[str, int]
    addresses_before: dict[str, int]
    addresses: dict[str, int]
    is_first: bool = True
    is_last: bool = True

    @property
    def factor(self) -> int:
        """The factor of identification numbers."""
        return int(generator(self.seed, "rin").integers(10**8, 9 * 10**8))

    def countrywide(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Replace numbers of the block by those of the country."""
        return frame.with_columns(
            pl.col(column).cast(pl.Int64) + self.first[REFERENCES[column]]
            for column in _references(frame)
        )

    def persons(self, person: pl.Expr) -> pl.Expr:
        """Return the identification numbers of persons of the block; they carry no order."""
        number = person.cast(pl.Int64) + self.first["person"]
        return _scramble(number, self.factor, _PERSON_WIDTH)

    def fresh_numbers(self, persons: pl.Series, series: int) -> pl.Series:
        """Return identification numbers that are nobody's first, one per person and series."""
        last = _PERSON_PRIME - 2 - (series - 1) * _SERIES
        number = last - self.first["person"] - pl.lit(persons)
        return pl.select(_scramble(number, self.factor, _PERSON_WIDTH)).to_series()

    def households(self, household: pl.Expr) -> pl.Expr:
        """Return the delivered numbers of households of the block."""
        number = household.cast(pl.Int64) + self.first["household"]
        return _scramble(number, self.factor // 2 + 1, _HOUSEHOLD_WIDTH)


def _scramble(numbers: pl.Expr, factor: int, width: int) -> pl.Expr:
    """Spread running numbers over all numbers of a width, without collisions (factor * n mod p)."""
    return ((numbers.cast(pl.UInt64) + 1) * factor % _PERSON_PRIME).cast(pl.String).str.zfill(width)


def number_blocks(counts: Sequence[Counts], seed: int) -> list[Numbering]:
    """Return the numbering of each block, in order."""
    total = {kind: sum(block.numbered[kind] for block in counts) for kind in counts[0].numbered}
    addresses: dict[str, int] = {}
    for block in counts:
        addresses = _added(addresses, block.addresses)
    numberings = []
    first, before = dict.fromkeys(total, 0), {}
    for i, block in enumerate(counts):
        is_last = i == len(counts) - 1
        numberings.append(Numbering(seed, first, total, before, addresses, i == 0, is_last))
        first, before = _added(first, block.numbered), _added(before, block.addresses)
    return numberings


def _added(one: dict, other: dict) -> dict:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}
