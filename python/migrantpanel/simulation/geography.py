"""Where in its municipality an address lies, and in which municipality it lay before a merger."""

import polars as pl

from migrantpanel.simulation.numbering import Numbering
from migrantpanel.simulation.parameters import Parameters, parameter_table


def with_neighbourhoods(
    address: pl.DataFrame, parameters: Parameters, numbering: Numbering
) -> pl.DataFrame:
    """Add to the addresses of a block (address, municipality) what registers of places need.

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
    municipality = pl.col("municipality")
    before = municipality.replace_strict(
        numbering.addresses_before, default=0, return_dtype=pl.UInt32
    )
    of_all = municipality.replace_strict(numbering.addresses, return_dtype=pl.UInt32)
    rank = pl.col("address").rank("ordinal").over("municipality") - 1 + before
    return (
        address.with_columns(neighbourhood=rank // size, position=rank / of_all)
        .with_columns(former=former, until=until)
        .drop("position")
    )


def neighbourhoods(parameters: Parameters, numbering: Numbering) -> pl.DataFrame:
    """Return the neighbourhoods of the country: code of municipality, number; in that order."""
    size = parameters.rates["geography"]["addresses_per_neighbourhood"]
    rows = [
        {"municipality": municipality, "neighbourhood": number}
        for municipality, addresses in numbering.addresses.items()
        for number in range(-(-addresses // size))
    ]
    schema = {"municipality": pl.String, "neighbourhood": pl.UInt32}
    return pl.DataFrame(rows, schema=schema).sort("municipality", "neighbourhood")
