"""The register of couples who live together, married or not."""

from datetime import date

import polars as pl

from migrantpanel.simulation.country import REGISTER_START
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers, text_date


def partnerbus(registers: Registers, version: int = LAST_YEAR) -> pl.DataFrame:
    """Spells with a partner in one household, one row per partner, as known at the end of a year.

    An open spell ends on the last day of the version.
    """
    end_of_version = date(version, 12, 31)
    spells = registers.country.household_spell.filter(
        pl.col("partner").is_not_null() & (pl.col("start") <= end_of_version)
    ).select("person", "partner", "start", "end")
    follows = (
        (pl.col("person") == pl.col("person").shift(1))
        & (pl.col("partner") == pl.col("partner").shift(1))
        & (pl.col("start") == pl.col("end").shift(1))
    )
    couples = (
        spells.with_columns(spell=(~follows.fill_null(False)).cum_sum())
        .group_by("spell", maintain_order=True)
        .agg(pl.col("person", "partner", "start").first(), pl.col("end").last())
        .drop("spell")
    )
    frame = registers.since(couples, REGISTER_START)
    frame = registers.keyed(registers.keyed(frame), "P", "partner")
    last = (pl.col("end") - pl.duration(days=1)).fill_null(end_of_version).cast(pl.Date)
    return frame.with_columns(
        AANVANGPARTNER=text_date(pl.col("start")),
        EINDEPARTNER=text_date(pl.min_horizontal(last, pl.lit(end_of_version))),
    )
