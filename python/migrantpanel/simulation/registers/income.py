"""The registers of personal income, before and from 2011, and the link to households."""

from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.registers.keys import Registers

UNKNOWN_9, UNKNOWN_10 = 999_999_999, 9_999_999_999
AMOUNTS = ["wage", "profit", "benefit", "pension", "primary", "gross", "personal", "tax",
           "disposable"]  # fmt: skip
IN_INSTITUTION = pl.col("type") == "8"
IS_MAIN_EARNER = pl.col("person") == pl.col("earner")


def persoonink(registers: Registers, year: int) -> pl.DataFrame:
    """Personal income of the people registered on 31 December, series until 2010."""
    day = date(year, 12, 31)
    frame = registers.registered(day).join(_income_year(registers, year), on="person", how="left")
    frame = _with_unknown(registers, frame, day)
    return registers.keyed(frame, on=day).with_columns(
        *(pl.when("unknown").then(UNKNOWN_9).otherwise(pl.col(source).fill_null(0)).alias(name)
        for name, source in (("PERSBRUT", "gross"), ("PERSINK", "personal"),
                             ("PERSPRIM", "primary"))),
    )  # fmt: skip


def incomes(registers: Registers, year: int, day: date | None = None) -> pl.DataFrame:
    """Persons of a day (1 January) with the year's income, their household and its main earner."""
    day = day or date(year, 1, 1)
    frame = (
        registers.registered(day)
        .join(registers.households(day).drop("start", "end"), on="person", how="inner")
        .join(_income_year(registers, year), on="person", how="left")
        .join(_source_of_year(registers, year), on="person", how="left")
        .with_columns(
            pl.col(AMOUNTS).fill_null(0).cast(pl.Int64),
            adult=pl.col("birth_date") <= date(year - 18, 1, 1),
        )
    )
    frame = _with_unknown(registers, frame, day)
    earner = (
        frame.sort(~pl.col("adult"), "unknown", -pl.col("personal"), ~pl.col("is_reference"),
                   "person")
        .group_by("household", maintain_order=True)
        .agg(earner=pl.col("person").first(), household_unknown=pl.col("unknown").any())
    )  # fmt: skip
    return frame.join(earner, on="household", how="left").sort("person")


def _income_year(registers: Registers, year: int) -> pl.DataFrame:
    return registers.country.income_year.filter(pl.col("year") == year)


def _with_unknown(registers: Registers, frame: pl.DataFrame, day: date) -> pl.DataFrame:
    """Add `unknown`, whether income is unknown to the tax office or not told, `in_institution`."""
    defects = registers.country.parameters.defects
    living_there = registers.households(day).filter(IN_INSTITUTION)["person"]
    draws = generator(registers.seed, "unknown income", day.year).random(
        (2, registers.country.person.height)
    )
    institution = np.zeros(draws.shape[1], dtype=bool)
    institution[living_there.to_numpy()] = True
    institution &= draws[1] < defects["sentinel_institution"]["rate"]
    unknown = institution | (draws[0] < defects["sentinel_amount"]["rate"])
    who = frame["person"].to_numpy()
    return frame.with_columns(
        unknown=pl.Series(unknown[who]), in_institution=pl.Series(institution[who])
    )


def _source_of_year(registers: Registers, year: int) -> pl.DataFrame:
    """Category on 1 July, else the last of the year."""
    low, middle, high = date(year, 1, 1), date(year, 7, 1), date(year, 12, 31)
    spells = registers.country.income_source_spell.filter(
        (pl.col("start") <= high) & (pl.col("end").is_null() | (pl.col("end") > low))
    )
    at_middle = (pl.col("start") <= middle) & (pl.col("end").is_null() | (pl.col("end") > middle))
    return (
        spells.sort("person", at_middle, "start")
        .group_by("person", maintain_order=True)
        .agg(pl.col("secm").last())
    )


def inpa(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Personal income of the people registered on 1 January, series from 2011.

    `people` are the incomes of the year. Child and housing benefits come on top of gross income.
    """
    price = registers.price(year)
    amounts = _amounts(registers.rates["income"], price)
    return registers.keyed(people, on=date(year, 1, 1)).with_columns(
        **_codes(registers.rates["income"], price),
        **{
            name: pl.when("unknown").then(UNKNOWN_10).otherwise(value)
            for name, value in amounts.items()
        },
    )


def _amounts(rates: dict, price: float) -> dict[str, pl.Expr]:
    children = pl.col("n_children").cast(pl.Int64)
    receives = IS_MAIN_EARNER & (children > 0)
    budget, housing = rates["child_budget"], rates["housing_benefit"]
    state_pension = pl.min_horizontal(
        pl.col("pension"), pl.lit(round(rates["state_pension"] * price))
    )
    is_civil_servant = pl.col("person") % rates["civil_servants"] == 0

    def either(condition: pl.Expr, amount: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(amount).otherwise(0)

    def benefit(code: str) -> pl.Expr:
        return either(pl.col("secm") == code, pl.col("benefit"))

    return {
        "INPPERSBRUT": pl.col("gross"),
        "INPPERSINK": pl.col("personal"),
        "INPPERSPRIM": pl.col("primary"),
        "INPBELI": (pl.col("personal") * rates["taxable"]).round().cast(pl.Int64),
        "INPT1000WER": pl.col("wage"),
        "INPT1020AMB": either(is_civil_servant, pl.col("wage")),
        "INPT2070WIN": pl.col("profit"),
        "INPT5210WW": benefit("21"),
        "INPT5240AO": benefit("24"),
        "INPT5260AOW": state_pension,
        "INPT5280PEN": pl.col("pension") - state_pension,
        "INPT6320KB": either(receives, children * rates["child_benefit"]),
        "INPT6325KGB": either(
            receives & (pl.col("personal") < budget["below"]), children * budget["amount"]
        ),
        "INPT6330STU": benefit("26"),
        "INPT7340HRS": either(
            IS_MAIN_EARNER & pl.col("personal").is_between(1, housing["below"]),
            pl.lit(housing["amount"]),
        ),
        "INPV3900INK": pl.col("tax"),
    }


def _codes(rates: dict, price: float) -> dict[str, pl.Expr]:
    enough = rates["independence"] * price
    net_of_premiums = pl.col("primary") - (pl.col("gross") - pl.col("personal"))
    has_income = pl.col("gross") != 0
    has_partner = pl.col("place").is_in(["03", "04", "05", "06"])
    at_home = pl.col("place") == "01"

    def known(value: pl.Expr) -> pl.Expr:
        return (
            pl.when(IN_INSTITUTION).then(pl.lit("8"))
            .when("unknown").then(pl.lit("9")).otherwise(value)
        )  # fmt: skip

    return {
        "INPEMEZ": known(flag(net_of_premiums >= enough)),
        "INPEMFO": known(flag(pl.col("personal") >= enough)),
        "INPPINK": pl.when("unknown").then(pl.lit("9")).otherwise(flag(has_income)),
        "INPPOSHHK": (
            pl.when(IN_INSTITUTION).then(pl.lit("8"))
            .when(IS_MAIN_EARNER & ~has_partner).then(pl.lit("1"))
            .when(IS_MAIN_EARNER).then(pl.lit("2"))
            .when(pl.col("place").is_in(["04", "06"])).then(pl.lit("3"))
            .when(has_partner).then(pl.lit("4"))
            .when(at_home & ~pl.col("adult")).then(pl.lit("5"))
            .when(at_home).then(pl.lit("6"))
            .otherwise(pl.lit("7"))
        ),
        "INPSECJ": pl.col("secm"),
        "INPTYPZLF": pl.col("secm").replace_strict(
            {"13": "11", "14": "12", "12": "13"}, default="00"
        ),
        "INPKMUTH": pl.lit("0"),
        **{
            name: pl.when(IN_INSTITUTION).then(-2).when(pl.col("unknown") | ~has_income).then(-1)
            .otherwise(percentile(source, ~pl.col("unknown") & has_income))
            for name, source in (("INPP100PBRUT", "gross"), ("INPP100PPERS", "personal"))
        },
    }  # fmt: skip


def flag(condition: pl.Expr) -> pl.Expr:
    """Write a condition as 1 or 0."""
    return pl.when(condition).then(pl.lit("1")).otherwise(pl.lit("0"))


def percentile(column: str, valid: pl.Expr) -> pl.Expr:
    """Return the percentile group 1 to 100 among valid rows; ties in row order."""
    rank = pl.when(valid).then(pl.col(column)).rank("ordinal").cast(pl.Int64)
    return (rank * 100 - 1) // valid.sum() + 1


def koppelpersoonhuishouden(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Which main earner's household a person belonged to on 1 January."""
    day = date(year, 1, 1)
    frame = people.select("person", "earner")
    return registers.keyed(registers.keyed(frame, on=day), "HKW", "earner", on=day)
