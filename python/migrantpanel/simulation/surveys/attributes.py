"""What a respondent is on the day of the interview: the attributes that concepts draw on."""

from dataclasses import replace
from datetime import date

import polars as pl

from migrantpanel.simulation.country import Country

NETHERLANDS = "6030"
# Net income as a share of gross personal income, assumed.
NET_SHARE = 0.72
LABOUR_SOURCES = {
    "11": "employee",
    "12": "self_employed",
    "13": "self_employed",
    "14": "self_employed",
    "15": "self_employed",
    "21": "unemployment",
    "22": "social_assistance",
    "23": "other_benefit",
    "24": "disability",
    "25": "pension",
    "26": "student",
    "31": "student",
}


def at_interview(country: Country, drawn: pl.DataFrame) -> pl.DataFrame:
    """Return drawn rows with a person's circumstances in the month of the interview.

    People who are on no register that month keep what the sampling frame said.
    """
    persons = drawn.select("person")
    partners = country.household_spell.join(persons, on="person", how="semi").select(
        person="partner"
    )
    mine = replace(
        country,
        person=country.person.join(pl.concat([persons, partners]), on="person", how="semi"),
        **{
            name: getattr(country, name).join(persons, on="person", how="semi")
            for name in (
                "stay", "registration", "household_spell", "civil_spell", "income_source_spell",
                "education_spell", "income_year",
            )
        },
    )  # fmt: skip
    month = pl.col("interview_date").dt.truncate("1mo")
    now = [
        mine.snapshot(day).join(
            drawn.filter(month == day).select("person"), on="person", how="semi"
        )
        for day in drawn.select(month.unique().sort()).to_series()
    ]
    changing = [
        "household_type", "place", "civil_status", "partner", "partner_origin",
        "partner_generation", "n_children", "n_persons", "education_level", "secm",
        "personal_income",
    ]  # fmt: skip
    return drawn.join(
        pl.concat(now).select("person", *changing).with_columns(is_found=pl.lit(True)),
        on="person", how="left", suffix="_now", maintain_order="left",
    ).with_columns(
        pl.when("is_found").then(f"{name}_now").otherwise(name).alias(name) for name in changing
    )  # fmt: skip


def person_attributes(respondents: pl.DataFrame) -> pl.DataFrame:
    """Return one row per respondent with every attribute that concepts and effects may name.

    Categories are text; numbers that an effect uses are 0 for the reference person.
    """
    interview, birth = pl.col("interview_date"), pl.col("birth_date")
    first = pl.col("generation") == "1"
    arrival = pl.col("first_arrival_date")
    is_partnered = pl.col("partner").is_not_null()
    is_student_pay = (pl.col("secm") == "32") | pl.col("secm").is_null()
    return respondents.with_columns(
        interview_year=interview.dt.year(),
        interview_month=interview.dt.month(),
        interview_day=interview.dt.day(),
        age=whole_years(birth, interview),
        birth_year=birth.dt.year(),
        birth_month=birth.dt.month(),
        arrival_year=pl.when(first).then(arrival.dt.year()),
        arrival_age=pl.when(first).then(whole_years(birth, arrival)),
        zero=pl.lit(0),
        sex=pl.col("sex").replace_strict({"1": "man", "2": "woman"}),
        generation=pl.col("generation").replace_strict(
            {"0": "native", "1": "first", "2": "second"}
        ),
        born_in_nl=_yes(pl.col("birth_country") == NETHERLANDS),
        mother_born_in_nl=_yes(pl.col("mother_birth_country") == NETHERLANDS),
        father_born_in_nl=_yes(pl.col("father_birth_country") == NETHERLANDS),
        arrival_motive=pl.when(first).then(pl.col("arrival_motive").fill_null("other")),
        partner_in_household=_yes(is_partnered),
        partner_group=pl.when(~is_partnered)
        .then(pl.lit("no_partner"))
        .when(pl.col("partner_origin") == pl.col("origin"))
        .then(pl.lit("own_group"))
        .when(pl.col("partner_origin") == "NL")
        .then(pl.lit("dutch"))
        .otherwise(pl.lit("other_group")),
        household_size=pl.col("n_persons"),
        number_of_children=pl.col("n_children"),
        education_level=pl.col("education_level").cast(pl.String),
        labour_source=pl.when(is_student_pay & (pl.col("sex") == "1"))
        .then(pl.lit("no_income_man"))
        .when(is_student_pay)
        .then(pl.lit("no_income_woman"))
        .otherwise(pl.col("secm").replace_strict(LABOUR_SOURCES, default=None)),
        net_monthly_income=(pl.col("personal_income").fill_null(0).clip(0) * NET_SHARE / 12)
        .round()
        .cast(pl.Int64),
    ).with_columns(**_predictors())


def _predictors() -> dict[str, pl.Expr]:
    first = pl.col("generation") == "first"
    years_in_nl = pl.col("interview_year") - pl.col("arrival_year")
    return {
        "woman": (pl.col("sex") == "woman").cast(pl.Float64),
        "native": (pl.col("generation") == "native").cast(pl.Float64),
        "second": (pl.col("generation") == "second").cast(pl.Float64),
        "education": pl.col("education_level").cast(pl.Float64) - 2.5,
        "age_decades": (pl.col("age") - 40) / 10,
        "decades_in_nl": pl.when(first).then((years_in_nl - 15) / 10).otherwise(0.0),
        "arrival_age_decades": pl.when(first)
        .then((pl.col("arrival_age") - 20) / 10)
        .otherwise(0.0),
        "interview_decades": (pl.col("interview_year") - 2010) / 10,
    }


def _yes(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.lit("yes")).otherwise(pl.lit("no"))


def whole_years(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the completed years between two dates."""
    before = (end.dt.month() * 100 + end.dt.day()) < (start.dt.month() * 100 + start.dt.day())
    return end.dt.year() - start.dt.year() - before.cast(pl.Int32)


def frame_predictors(drawn: pl.DataFrame, interview: date) -> pl.DataFrame:
    """Return what mode and response depend on, known before any interview, from the frame."""
    return drawn.select(
        "origin",
        "trait_integration",
        education_register=pl.when("is_education_registered")
        .then(pl.col("education_level").cast(pl.String))
        .otherwise(pl.lit("unknown")),
        education=pl.col("education_level").cast(pl.Float64) - 2.5,
        age_decades=(whole_years(pl.col("birth_date"), pl.lit(interview)) - 40) / 10,
        woman=(pl.col("sex") == "2").cast(pl.Float64),
        native=(pl.col("generation") == "0").cast(pl.Float64),
        second=(pl.col("generation") == "2").cast(pl.Float64),
    )
