"""The registers of amounts per month, one per source of income, that stand beside SECMBUS."""

from datetime import date

import polars as pl

from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers, last_day, text_date
from migrantpanel.simulation.registers.sources import SOURCE_START
from migrantpanel.simulation.shares import divided, starts, years_of

# Stem within the name of the register: component of income, categories that have it.
SOURCES = {
    "WERKNDGA": ("wage", ["11", "12"]),
    "ZLF": ("profit", ["13"]),
    "OVACT": ("profit", ["14", "15"]),
    "WERKL": ("benefit", ["21"]),
    "BIJST": ("benefit", ["22"]),
    "SOCVOORZOV": ("benefit", ["23"]),
    "ZIEKTEAO": ("benefit", ["24"]),
    "PENSIOEN": ("pension", ["25"]),
    "BEURS": ("benefit", ["26"]),
}


def monthly_amounts(registers: Registers, source: str) -> pl.DataFrame:
    """Amount per month of one source, a row per spell and year.

    The amount of a year is the sum over its rows of months times amount, but for rounding.
    """
    component, codes = SOURCES[source]
    rows = source_years(registers, component, SOURCE_START.year, LAST_YEAR)
    end = pl.col("end") - pl.duration(days=1)
    months = end.dt.month().cast(pl.Int64) - pl.col("start").dt.month() + 1
    rows = rows.filter(pl.col("secm").is_in(codes)).with_columns(
        (pl.col("amount") / months).round().cast(pl.Int64).alias(f"{source}MNDBEDRAG"),
        text_date(pl.col("start")).alias(f"AANV{source}"),
        last_day().alias(f"EIND{source}"),
    )
    return registers.keyed(rows)


def source_years(registers: Registers, component: str, first: int, last: int) -> pl.DataFrame:
    """Spells of the sources of one component of income, cut at 1 January, with their amount.

    Columns spell (row of income_source_spell), person, secm, since and until (of the spell), year,
    start, end (half-open), amount (whole euros). Several spells in a year share the component by
    their days.
    """
    codes = [code for part, names in SOURCES.values() if part == component for code in names]
    spells = registers.since(
        registers.country.income_source_spell.with_row_index("spell")
        .filter(pl.col("secm").is_in(codes))
        .with_columns(since="start", until="end"),
        date(first, 1, 1),
    )
    after = date(last + 1, 1, 1)
    spells = spells.with_columns(end=pl.col("end").fill_null(after).clip(upper_bound=after)).filter(
        pl.col("start") < pl.col("end")
    )
    row, year = years_of(*(spells[name].to_numpy() for name in ("start", "end")))
    income = registers.country.income_year.filter(pl.col("year") >= first).select(
        "person", pl.col("year").cast(pl.Int64), total=component
    )
    rows = (
        spells[row]
        .with_columns(year=pl.Series(year))
        .with_columns(
            start=pl.max_horizontal("start", pl.date(pl.col("year"), 1, 1)),
            end=pl.min_horizontal("end", pl.date(pl.col("year") + 1, 1, 1)),
        )
        .join(income, on=["person", "year"], how="left", maintain_order="left")
    )
    amount = divided(
        rows["total"].fill_null(0).to_numpy(),
        (rows["end"] - rows["start"]).dt.total_days().to_numpy(),
        starts(rows["person"].to_numpy(), year),
    )
    return rows.drop("total").with_columns(amount=pl.Series(amount))
