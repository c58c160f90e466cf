"""What all registers share: their keys, their period, and how dates and numbers are written."""

from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from migrantpanel.simulation.country import Country
from migrantpanel.simulation.defects import Damage
from migrantpanel.simulation.numbering import REFERENCES

LAST_YEAR = 2023
VERSION_END = date(LAST_YEAR, 12, 31)
HOME = "6030"
NO_NUMBER = "-" * 9


class Registers:
    """The registers of a country, damaged as declared.

    Each register is a function of this in one of the modules beside; it returns a frame that holds
    the delivered columns among others.
    """

    def __init__(self, country: Country, damage: Damage, seed: int) -> None:
        self.country = country
        self.damage = damage
        self.seed = seed
        self.rates = country.parameters.delivery
        self.in_register = country.in_registers()

    @cached_property
    def person(self) -> pl.DataFrame:
        """Persons of the registers."""
        return self.country.person.filter(self.in_register)

    def price(self, year: int) -> float:
        """Return the level of wages and benefits relative to 2003."""
        return float(np.exp(self.country.parameters.labour["income"]["growth"] * (year - 2003)))

    def known(self, persons: pl.Series) -> pl.Series:
        """Whether persons (or null) are in the registers."""
        return self.in_register.gather(persons).fill_null(False)

    def keyed(
        self, frame: pl.DataFrame, infix: str = "", column: str = "person", on: str | date = "start"
    ) -> pl.DataFrame:
        """Add the key pair of a person (null or not in the registers: type O and dashes).

        Somebody with two numbers has the second one in whatever happens from its day on; `on` is
        the column with that day, or one day for all rows.
        """
        number = self.damage.number(frame[column], frame[on] if isinstance(on, str) else on)
        known = self.known(frame[column])
        return frame.with_columns(
            pl.Series(f"RINPERSOONS{infix}", np.where(known, "R", "O")),
            number.zip_with(known, pl.Series([NO_NUMBER])).alias(f"RINPERSOON{infix}"),
        )

    def since(self, spells: pl.DataFrame, start: date) -> pl.DataFrame:
        """Cut spells to what lies after a day, for persons of the registers."""
        spells = self.damage.split(spells)
        return spells.filter(
            self.known(spells["person"])
            & (pl.col("end").is_null() | (pl.col("end") > start))
            & (pl.col("start") <= VERSION_END)
        ).with_columns(pl.max_horizontal("start", pl.lit(start)).alias("start"))

    def countrywide(self, column: str) -> pl.Expr:
        """Return the numbers in a column (address, union, job ...) as those of the country."""
        return pl.col(column).cast(pl.Int64) + self.country.numbering.first[REFERENCES[column]]

    def each_number(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give one row per number: twice for people with two numbers."""
        first = self.keyed(frame, on=date(1, 1, 1))
        twice = frame.filter(self.damage.has_second.gather(frame["person"]))
        second = self.keyed(twice, on=date(9999, 1, 1))
        return pl.concat([first, second])

    def registered(self, day: date) -> pl.DataFrame:
        """Persons registered on a day, with their birth date."""
        current = self.country.registration.filter(
            (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        )
        return current.select("person").join(
            self.person.select("person", "birth_date"), on="person", how="inner"
        )

    def households(self, day: date) -> pl.DataFrame:
        """Household spells on a day."""
        return self.country.household_spell.filter(
            (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        )


def text_date(days: pl.Expr) -> pl.Expr:
    """Write dates as YYYYMMDD."""
    return days.dt.strftime("%Y%m%d")


def last_day(end: str = "end") -> pl.Expr:
    """Return the inclusive end of a half-open spell; open spells end with the version."""
    return text_date((pl.col(end) - pl.duration(days=1)).fill_null(VERSION_END).cast(pl.Date))


def parts_of_date(column: pl.Expr, year: str, month: str, day: str | None = None) -> list[pl.Expr]:
    """Write a date as columns of these names for year, month and day; dashes where unknown."""
    parts = [
        column.dt.strftime("%Y").fill_null("----").alias(year),
        column.dt.strftime("%m").fill_null("--").alias(month),
    ]
    if day:
        parts.append(column.dt.strftime("%d").fill_null("--").alias(day))
    return parts


def object_number(address: pl.Expr) -> pl.Expr:
    """Return address keys of twelve digits that carry no order."""
    return (
        ((address.cast(pl.UInt64) + 1) * 7_368_787 % 999_999_000_001).cast(pl.String).str.zfill(12)
    )
