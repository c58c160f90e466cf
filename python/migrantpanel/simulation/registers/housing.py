"""The registers of homes: tenure per year and postcode."""

from datetime import date

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.geography import neighbourhoods
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.registers.household_income import households_of
from migrantpanel.simulation.registers.keys import (
    VERSION_END,
    Registers,
    object_number,
    text_date,
)
from migrantpanel.simulation.registers.places import built

POSTCODE_START = date(1999, 1, 1)


def eigendom(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Tenure and residents of the homes lived in on 1 January; as household income says.

    `people` are the incomes of the year (`income.incomes`).
    """
    rates = parameter_file("delivery_people.yaml")["housing"]
    day = date(year, 1, 1)
    # Institutions have no tenure.
    tenure = pl.when(pl.col("type") != "8").then(pl.col("tenure"))
    owners = (
        households_of(registers, people, year)
        .group_by("address")
        .agg(is_owner=(tenure == "1").any())
    )
    residents = (
        registers.households(day).group_by("address").agg(AantalBewoners=pl.len().cast(pl.Int64))
    )
    frame = residents.sort("address").join(owners, on="address", how="left")
    draw = pl.Series(generator(registers.seed, "tenure unknown", year).random(frame.height))
    association = (pl.col("address") * 104_729) % 1_000 < rates["association"] * 1_000
    unknown = pl.col("is_owner").is_null() | (draw < rates["unknown"])
    return frame.with_columns(
        SOORTOBJECTNUMMER=pl.lit("B"),
        RINOBJECTNUMMER=object_number(registers.countrywide("address")),
        TypeEigenaar=pl.when(unknown).then(pl.lit("-")).when("is_owner").then(pl.lit("E"))
        .when(association).then(pl.lit("C")).otherwise(pl.lit("V")),
        TypeEigendom=pl.when(unknown).then(pl.lit("-")).when("is_owner").then(pl.lit("K"))
        .otherwise(pl.lit("H")),
    )  # fmt: skip


def vslpostcode(registers: Registers) -> pl.DataFrame:
    """Spells of the postcode of an address; the codes of some neighbourhoods changed once."""
    rate = parameter_file("delivery_people.yaml")["housing"]["postcode_changes"]
    frame = built(registers).sort("address")
    country = registers.country
    areas = neighbourhoods(country.parameters, country.numbering)
    order = areas.select(pl.col("municipality").unique().sort()).with_row_index("order")
    frame = frame.join(order, on="municipality", how="left")
    # The same draws in every block: neighbourhoods lie across them.
    rng = generator(country.numbering.seed, "postcode")
    changes = pl.Series(rng.random(areas.height) < rate)
    when = pl.Series(rng.integers(2001, 2022, areas.height))
    areas = areas.with_columns(changed=pl.when(changes).then(pl.date(when, 7, 1)))
    frame = frame.join(areas, on=["municipality", "neighbourhood"], how="left")
    code = 1_000 + pl.col("order").cast(pl.Int64) * 180 + pl.col("neighbourhood") % 89
    begin = pl.max_horizontal(pl.date(pl.col("built"), 1, 1), pl.lit(POSTCODE_START))
    frame = frame.filter(pl.col("built").is_not_null()).with_columns(start=begin, code=code)
    split = pl.col("changed") > pl.col("start")
    before = frame.filter(split).with_columns(
        end=pl.col("changed") - pl.duration(days=1), code=pl.col("code") + 90
    )
    after = frame.with_columns(
        start=pl.when(split).then("changed").otherwise("start"), end=pl.lit(VERSION_END)
    )
    return pl.concat([before, after]).sort("address", "start").with_columns(
        SOORTOBJECTNUMMER=pl.lit("B"),
        RINOBJECTNUMMER=object_number(registers.countrywide("address")),
        DATUMAANVPOSTCODENUMADRES=text_date(pl.col("start")),
        DATUMEINDPOSTCODENUMADRES=text_date(pl.col("end")),
        POSTCODENUM=pl.col("code").cast(pl.String),
    )  # fmt: skip
