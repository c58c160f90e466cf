"""Where in its municipality an address lies, and in which municipality it lay before a merger."""

import polars as pl

from migrantpanel.simulation.parameters import Parameters, parameter_table


def with_neighbourhoods(address: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """Add to addresses (address, municipality) what registers of places need.

    Columns added: neighbourhood (number within the municipality), former (municipality until a
    merger, else null) and until (year of the merger). The addresses of a municipality that was
    merged are the first of the present one.
    """
    size = parameters.rates["geography"]["addresses_per_neighbourhood"]
    former, until = pl.lit(None, dtype=pl.String), pl.lit(None, dtype=pl.Int32)
    taken: dict[str, float] = {}
    for row in parameter_table("municipality_merger.csv"):
        low = taken.get(row["became"], 0.0)
        taken[row["became"]] = low + float(row["share"])
        hit = (pl.col("municipality") == row["became"]) & (pl.col("position") >= low)
        hit &= pl.col("position") < taken[row["became"]]
        former = pl.when(hit).then(pl.lit(row["former"])).otherwise(former)
        until = pl.when(hit).then(pl.lit(int(row["year"]), dtype=pl.Int32)).otherwise(until)
    rank = pl.col("address").rank("ordinal").over("municipality") - 1
    return (
        address.with_columns(
            neighbourhood=rank // size, position=rank / pl.len().over("municipality")
        )
        .with_columns(former=former, until=until)
        .drop("position")
    )
