"""Where addresses lie."""

import polars as pl

from migrantpanel.simulation.parameters import parameter_table
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers, object_number

AREA_YEARS = range(1999, LAST_YEAR + 1)


def _former(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the municipality that an address lay in before, and until when (null: no merger).

    The addresses of a municipality that was merged are the first of the present one.
    """
    former, until = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.Int32)
    taken: dict[str, float] = {}
    for row in parameter_table("municipality_merger.csv"):
        low = taken.get(row["became"], 0.0)
        taken[row["became"]] = low + float(row["share"])
        position = pl.col("rank") / pl.len().over("municipality")
        hit = (pl.col("municipality") == row["became"]) & (position >= low)
        hit &= position < taken[row["became"]]
        former = pl.when(hit).then(pl.lit(row["former"])).otherwise(former)
        until = pl.when(hit).then(pl.lit(int(row["year"]), dtype=pl.Int32)).otherwise(until)
    return frame.with_columns(former=former, until=until)


def neighbourhoods(registers: Registers) -> pl.DataFrame:
    """Return every address with its neighbourhood (number within the municipality) and first year.

    Columns: address, municipality, neighbourhood, former (municipality until a merger), until,
    built.
    """
    size = registers.country.parameters.rates["geography"]["addresses_per_neighbourhood"]
    first = registers.country.address_spell.group_by("address").agg(
        built=pl.col("start").min().dt.year()
    )
    frame = registers.country.address.join(first, on="address", how="left").with_columns(
        rank=pl.col("address").rank("ordinal").over("municipality") - 1
    )
    return _former(frame.with_columns(neighbourhood=pl.col("rank") // size))


def vslgwb(registers: Registers) -> pl.DataFrame:
    """Municipality, district and neighbourhood of every address, a column per year.

    Codes are those of the year: before a merger those of the former municipality. Dashes before
    the year in which somebody first lived at the address.
    """
    frame = neighbourhoods(registers).with_columns(
        SOORTOBJECTNUMMER=pl.lit("B"), RINOBJECTNUMMER=object_number(pl.col("address"))
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
