"""The register of household wealth, for households of 1 January, keyed on the main earner."""

from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.parameters import curve, parameter_file
from migrantpanel.simulation.registers.household_income import households_of
from migrantpanel.simulation.registers.income import IN_INSTITUTION, incomes, percentile
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers

FIRST_YEAR = 2006
UNKNOWN_11 = 99_999_999_999
OWNER = "1"
PERSONAL = ["financial", "business", "own_company", "student_debt", "other_debt"]
# Columns of the file by component.
NAMES = {
    "wealth": "VEHW1000VERH",
    "assets": "VEHW1100BEZH",
    "financial": "VEHW1110FINH",
    "home": "VEHW1120ONRH",
    "business": "VEHW1130ONDH",
    "own_company": "VEHW1140ABEH",
    "other_assets": "VEHW1150OVEH",
    "debt": "VEHW1200STOH",
    "mortgage": "VEHW1210SHYH",
    "student_debt": "VEHW1220SSTH",
    "other_debt": "VEHW1230SOVH",
    "wealth_without_home": "VEHWVEREXEWH",
}


def veh(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Wealth of the households of 1 January; `people` are the incomes of the year."""
    frame = household_wealth(registers, people, year)
    unknown = pl.col("unknown")
    valid = ~unknown & ~IN_INSTITUTION

    def rank(column: str) -> pl.Expr:
        return (
            pl.when(IN_INSTITUTION).then(-3).when(unknown).then(-1)
            .otherwise(percentile(column, valid))
        )  # fmt: skip

    frame = frame.with_columns(
        VEHP100HVERM=rank("wealth"),
        VEHP100WELVAART=rank("welfare"),
        **{
            name: pl.when(unknown).then(UNKNOWN_11).otherwise(pl.col(component).cast(pl.Int64))
            for component, name in NAMES.items()
        },
    )
    return registers.keyed(frame, "HKW", on=date(year, 1, 1))


def household_wealth(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Return one row per household: the wealth of its members, and its home and mortgage.

    Columns person (the main earner), household, the components of `NAMES`, welfare, unknown, type.
    """
    rates = parameter_file("work.yaml")["wealth"]
    own = registers.country.wealth_year.filter(pl.col("year") == year).drop("year")
    members = (
        people.select("person", "household")
        .join(own, on="person", how="left")
        .group_by("household")
        .agg(pl.col(PERSONAL).fill_null(0).sum())
    )
    frame = households_of(registers, people, year).join(
        members, on="household", how="left", maintain_order="left"
    )
    birth = registers.country.person["birth_date"].gather(frame["person"])
    age = year - birth.dt.year().to_numpy()
    home, mortgage = _home(registers, rates["home"], frame["address"].to_numpy(), age, year)
    is_owner = (pl.col("tenure") == OWNER) & ~IN_INSTITUTION
    frame = frame.with_columns(
        home=pl.when(is_owner).then(pl.Series(home)).otherwise(0),
        mortgage=pl.when(is_owner).then(pl.Series(mortgage)).otherwise(0),
        other_assets=(pl.col("financial") * rates["other_assets"]).round().cast(pl.Int64),
    )
    assets = pl.sum_horizontal("financial", "home", "business", "own_company", "other_assets")
    debt = pl.sum_horizontal("mortgage", "student_debt", "other_debt")
    return frame.with_columns(assets=assets, debt=debt, wealth=assets - debt).with_columns(
        wealth_without_home=pl.col("wealth") - pl.col("home") + pl.col("mortgage"),
        welfare=pl.col("equivalised") + rates["welfare_yield"] * pl.col("wealth"),
    )


def wealth_truth(registers: Registers) -> pl.DataFrame:
    """Return the wealth of every household on 1 January of every year: year, household, parts."""
    years = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        frame = household_wealth(registers, incomes(registers, year), year)
        years.append(frame.select(pl.lit(year).alias("year"), "household", *NAMES))
    return pl.concat(years).sort("year", "household")


def _home(
    registers: Registers, rates: dict, address: np.ndarray, age: np.ndarray, year: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the value of the homes at these addresses and the mortgages of their owners.

    Homes keep their place among homes; mortgages were made at the prices of some years ago.
    """
    rng = generator(registers.seed, "homes")
    size = registers.country.address.height
    value = rates["value"] * np.exp(rates["value_sd"] * rng.standard_normal(size))[address]
    spread = np.exp(rates["mortgage_sd"] * rng.standard_normal(size))[address]
    then = curve(rates["prices"], year - rates["years_ago"])
    share = np.clip(curve(rates["mortgage"], age) * spread, 0, 1.05)
    home = np.rint(value * curve(rates["prices"], year) / 1000) * 1000
    return home.astype(np.int64), np.rint(share * value * then).astype(np.int64)
