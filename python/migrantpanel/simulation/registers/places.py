"""Where addresses lie."""

import polars as pl

from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers, object_number

AREA_YEARS = range(1999, LAST_YEAR + 1)


def vslgwb(registers: Registers) -> pl.DataFrame:
    """Municipality, district and neighbourhood of every address, a column per year.

    Dashes before the year in which somebody first lived at the address.
    """
    size = registers.country.parameters.rates["geography"]["addresses_per_neighbourhood"]
    first = registers.country.address_spell.group_by("address").agg(
        built=pl.col("start").min().dt.year()
    )
    frame = registers.country.address.join(first, on="address", how="left").with_columns(
        rank=pl.col("address").rank("ordinal").over("municipality") - 1
    )
    quarter = pl.col("rank") // size
    frame = frame.with_columns(
        SOORTOBJECTNUMMER=pl.lit("B"),
        RINOBJECTNUMMER=object_number(pl.col("address")),
        wc=pl.col("municipality") + (quarter // 5 % 100).cast(pl.String).str.zfill(2),
    ).with_columns(bc=pl.col("wc") + (quarter % 5).cast(pl.String).str.zfill(2))
    return frame.with_columns(
        pl.when(pl.col("built") <= year)
        .then(pl.col(source))
        .otherwise(pl.lit("-" * width))
        .alias(f"{name}{year}")
        for year in AREA_YEARS
        for name, source, width in (
            ("gem", "municipality", 4),
            ("wc", "wc", 6),
            ("bc", "bc", 8),
        )
    )
