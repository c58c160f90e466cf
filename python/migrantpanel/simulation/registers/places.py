"""Where addresses lie."""

import polars as pl

from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers, object_number

AREA_YEARS = range(1999, LAST_YEAR + 1)


def built(registers: Registers) -> pl.DataFrame:
    """Return addresses with the year in which somebody first lived there."""
    first = registers.country.address_spell.group_by("address").agg(
        built=pl.col("start").min().dt.year()
    )
    return registers.country.address.join(first, on="address", how="left", maintain_order="left")


def vslgwb(registers: Registers) -> pl.DataFrame:
    """Municipality, district and neighbourhood of every address, a column per year.

    Codes are those of the year: before a merger those of the former municipality. Dashes before
    the year in which somebody first lived at the address.
    """
    frame = built(registers).with_columns(
        SOORTOBJECTNUMMER=pl.lit("B"),
        RINOBJECTNUMMER=object_number(registers.countrywide("address")),
    )
    quarter = pl.col("neighbourhood")
    district = (quarter // 5 % 100).cast(pl.String).str.zfill(2)
    within = (quarter % 5).cast(pl.String).str.zfill(2)
    columns = []
    for year in AREA_YEARS:
        gem = pl.when(pl.col("until") > year).then("former").otherwise("municipality")
        for name, code, width in (
            ("gem", gem, 4),
            ("wc", gem + district, 6),
            ("bc", gem + district + within, 8),
        ):
            columns.append(
                pl.when(pl.col("built") <= year)
                .then(code)
                .otherwise(pl.lit("-" * width))
                .alias(f"{name}{year}")
            )
    return frame.with_columns(columns)
