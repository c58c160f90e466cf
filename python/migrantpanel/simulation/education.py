"""Whose schooling the register of education holds: one answer for registers and surveys."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.country import Country

_DAYS_PER_YEAR = 365.25


def is_education_registered(country: Country, seed: int) -> pl.Series:
    """Return per row of `country.person` whether HOOGSTEOPLTAB ever holds the person.

    Foreign diplomas do not reach the register; school registers cover younger cohorts better. The
    shares are those of `education_unknown` in the parameters of defects.
    """
    defect = country.parameters.defects["education_unknown"]
    rates = defect["rate"]
    if not isinstance(rates, Mapping):  # one rate for everybody
        rates = dict.fromkeys(("native", "second", "first", "first_schooled_in_netherlands"), rates)
    age_at_arrival = (pl.col("first_arrival_date") - pl.col("birth_date")).dt.total_days()
    came_as_child = age_at_arrival < defect["school_age"] * _DAYS_PER_YEAR
    cohorts = defect["by_birth_year"]
    birth_year = country.person["birth_date"].dt.year().to_numpy()
    by_cohort = pl.Series(np.interp(birth_year, list(cohorts), list(cohorts.values())))
    unknown = (
        pl.when(pl.col("generation") == "0").then(rates["native"] * by_cohort)
        .when(pl.col("generation") == "2").then(rates["second"] * by_cohort)
        .when(came_as_child).then(rates["first_schooled_in_netherlands"])
        .otherwise(rates["first"])
    )  # fmt: skip
    draw = pl.Series(generator(seed, "education_registered").random(country.person.height))
    return country.person.select(draw >= unknown).to_series().alias("is_education_registered")
