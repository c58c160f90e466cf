"""Whose schooling the register of attained education holds: one answer for all who ask."""

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.country import Country

# Who came before this age went to school here, and has a registered diploma more often (assumed).
SCHOOL_AGE = 16
_DAYS_PER_YEAR = 365.25


def is_education_registered(country: Country, seed: int) -> pl.Series:
    """Return per row of `country.person` whether HOOGSTEOPLTAB ever holds the person.

    The shares are those of `education_unknown` in the parameters of defects; foreign diplomas do
    not reach the register.
    """
    rates = country.parameters.defects["education_unknown"]
    came_as_child = (
        pl.col("first_arrival_date") - pl.col("birth_date")
    ).dt.total_days() < SCHOOL_AGE * _DAYS_PER_YEAR
    unknown = (
        pl.when(pl.col("generation") == "0").then(rates["native"])
        .when(pl.col("generation") == "2").then(rates["second"])
        .when(came_as_child).then(rates["first_schooled_in_netherlands"])
        .otherwise(rates["first"])
    )  # fmt: skip
    draw = pl.Series(generator(seed, "education_registered").random(country.person.height))
    return country.person.select(draw >= unknown).to_series().alias("is_education_registered")
