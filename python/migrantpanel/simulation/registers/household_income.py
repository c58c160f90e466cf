"""The register of household income from 2011."""

from datetime import date

import polars as pl

from migrantpanel.simulation.registers.income import (
    IN_INSTITUTION,
    UNKNOWN_9,
    UNKNOWN_10,
    flag,
    percentile,
)
from migrantpanel.simulation.registers.keys import Registers

# Codes of INHSAMHH by type of household; the pairing is assumed.
COMPOSITION = {"1": "11", "2": "22", "3": "21", "4": "32", "5": "31", "6": "41", "7": "51"}
BENEFITS = ["21", "22", "23", "24"]


def inha(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Household income: the sum over the members of 1 January, keyed on the main earner.

    `people` are the incomes of the year (`income.incomes`).
    """
    rates = registers.rates["income"]
    frame = households_of(registers, people, year)
    unknown, old, adults = pl.col("unknown"), pl.col("old"), pl.col("adults")
    on_benefit = pl.col("main_source").is_in(BENEFITS)
    recent = (pl.col("arrival") > date(year - rates["recent_years"], 1, 1)).fill_null(False)
    valid = ~unknown & ~IN_INSTITUTION
    line = rates["poverty_line"] * pl.when(valid).then(pl.col("equivalised")).median()
    ratio = (pl.col("equivalised") / line * 100).round().clip(0, 9_999).cast(pl.Int64)

    def number(value: pl.Expr) -> pl.Expr:
        return pl.when(IN_INSTITUTION).then(-3).when(unknown).then(-1).otherwise(value)

    def code(institution: str, otherwise: pl.Expr, lost: str = "9") -> pl.Expr:
        return (
            pl.when(IN_INSTITUTION).then(pl.lit(institution))
            .when(unknown).then(pl.lit(lost)).otherwise(otherwise)
        )  # fmt: skip

    frame = frame.with_columns(
        INHARMEUR=number(ratio),
        INHARMEURL=number(pl.when(recent).then(-4).otherwise(ratio)),
        INHBBIHJ=pl.when(unknown).then(pl.lit("99")).otherwise(
            pl.col("main_source").replace({"15": "14", "31": "99", "32": "99"}).fill_null("99")
        ),
        INHEHALGR=code("8", pl.col("tenure")),
        INHPOPIIV=code("8", pl.when(pl.col("main_source") == "26").then(pl.lit("2"))
                       .otherwise(pl.lit("1"))),
        INHSAMHH=pl.col("type").replace_strict(COMPOSITION, default="88"),
        INHSAMAOW=pl.when(IN_INSTITUTION).then(pl.lit("88")).when(old == 0).then(pl.lit("10"))
        .when(old == adults).then(pl.lit("30")).otherwise(pl.lit("20")),
        INHUAF=flag(on_benefit),
        INHUAFL=flag(on_benefit & ~recent),
        INHUAFTYP=pl.when(on_benefit).then(pl.col("main_source")).otherwise(pl.lit("00")),
        INHP100HBEST=number(percentile("disposable", valid)),
        INHP100HGEST=number(percentile("equivalised", valid)),
        INHP100HPRIM=number(percentile("primary", valid)),
        INHBRUTINKH=pl.when(unknown).then(UNKNOWN_10).otherwise(pl.col("gross")),
        INHPRIMINKH=pl.when(unknown).then(UNKNOWN_10).otherwise(pl.col("primary")),
    )  # fmt: skip
    return registers.keyed(frame, "HKW", on=date(year, 1, 1))


def households_of(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Sum persons to households; `person` is the main earner, `tenure` the code of INHEHALGR."""
    rates = registers.rates["income"]
    old = pl.col("birth_date") <= date(year - rates["state_pension_age"], 1, 1)
    arrival = registers.country.person.select("person", arrival="first_arrival_date")
    source = people.select("person", main_source="secm")
    scale = rates["equivalence"]
    others = (pl.col("adults") - 1).clip(0) * scale["adult"]
    minors = (pl.col("INHAHL") - pl.col("adults")) * scale["child"]
    return (
        people.group_by("household", maintain_order=True)
        .agg(
            pl.col("gross", "primary", "disposable").sum(),
            pl.col("type", "address").first(),
            person=pl.col("earner").first(),
            unknown=pl.col("household_unknown").first(),
            in_institution=pl.col("in_institution").any(),
            INHAHL=pl.len().cast(pl.Int64),
            INHAHLMI=(pl.col("gross") != 0).sum(),
            adults=pl.col("adult").sum().cast(pl.Int64),
            old=old.sum().cast(pl.Int64),
        )
        .with_columns(equivalised=pl.col("disposable") / (1 + others + minors))
        .with_columns(tenure=_tenure(rates, registers.price(year)))
        .join(arrival, on="person", how="left")
        .join(source, on="person", how="left")
        .sort("person")
    )


def _tenure(rates: dict, price: float) -> pl.Expr:
    """Owner, tenant, or tenant with housing benefit: stays with the address, mostly."""
    rates_owner = rates["owner"]
    share = (pl.col("equivalised") / price / 1_000 * rates_owner["per_thousand_euro"]).clip(
        rates_owner["lowest"], rates_owner["highest"]
    )
    # A number 0 to 999 that belongs to the address.
    is_owner = (pl.col("address") * 7_919) % 1_000 < share
    return (
        pl.when(is_owner).then(pl.lit("1"))
        .when(pl.col("equivalised") < rates["rent_benefit_below"]).then(pl.lit("3"))
        .otherwise(pl.lit("2"))
    )  # fmt: skip


def huishbvrink(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Household income until 2010, keyed on the core person, for households of 31 December.

    `people` are the incomes of the year with the households of its last day.
    """
    frame = households_of(registers, people, year)
    amounts = {"BVRBRUTINKH": "gross", "BVRPRIMINKH": "primary", "BVRBESTINKH": "disposable"}
    return registers.keyed(frame, "KERN", on=date(year, 12, 31)).with_columns(
        pl.when("unknown").then(UNKNOWN_9).otherwise(pl.col(source)).alias(name)
        for name, source in amounts.items()
    )


def koppeltabel(
    registers: Registers, people: pl.DataFrame, people_before: pl.DataFrame, year: int
) -> pl.DataFrame:
    """Link persons of 31 December to the core person of their household.

    `people` are the incomes of the year with the households of 31 December, `people_before` those
    of 1 January: their main earner is the key of wealth (nobody for who came during the year).
    """
    frame = people.select("person", "earner").join(
        people_before.select("person", before="earner"),
        on="person", how="left", maintain_order="left",
    )  # fmt: skip
    day = date(year, 12, 31)
    frame = registers.keyed(registers.keyed(frame, on=day), "KERN", "earner", on=day)
    return registers.keyed(frame, "HKW", "before", on=date(year, 1, 1))
