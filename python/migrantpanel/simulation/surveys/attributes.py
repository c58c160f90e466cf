"""What a respondent is on the day of the interview: the attributes that concepts draw on."""

from dataclasses import replace
from datetime import date

import polars as pl

from migrantpanel.simulation.country import Country

NETHERLANDS = "6030"
# Net income as a share of gross personal income, assumed.
NET_SHARE = 0.72
# What a questionnaire may tell apart, by the code of the country; all others are OTH.
COUNTRY_GROUPS = {
    "6030": "NL", "6043": "TUR", "5022": "MAR", "5007": "SUR", "5107": "CUR", "5095": "ARU",
    "7011": "ANT", "5110": "ANT", "5106": "ANT", "6013": "SOM", "7028": "POL", "5012": "IRN",
    "5043": "IRQ", "6023": "AFG", "6065": "BIH", "5103": "SRB", "6045": "YUG", "5105": "YUG",
    "6022": "CHN", "6029": "DEU", "5010": "BEL", "6024": "IDN", "9030": "IDN",
}  # fmt: skip
# Ages that tell generations and schooling apart, as institutes draw the lines.
CHILD_ON_ARRIVAL = 12
SCHOOL_BEGINS, SCHOOL_ENDS = 6, 18
POSITIONS = {
    "01": "child", "02": "head", "03": "partner", "04": "partner", "05": "partner",
    "06": "partner", "07": "head", "08": "head",
}  # fmt: skip
# Who has paid work, by main source of income.
WORKERS = ["11", "12", "13", "14", "15"]
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
    month = pl.col("interview_date").dt.truncate("1mo")
    now = snapshots(country, drawn.select("person", day=month))
    changing = [
        "household_type", "place", "is_reference", "civil_status", "partner", "partner_origin",
        "partner_generation", "n_children", "n_persons", "education_level", "secm",
        "personal_income",
    ]  # fmt: skip
    partner = country.person.select(partner="person", partner_birth_country="birth_country")
    known = (
        drawn.join(
            now.select("person", *changing).with_columns(is_found=pl.lit(True)),
            on="person", how="left", suffix="_now", maintain_order="left",
        )
        .with_columns(
            pl.when("is_found").then(f"{name}_now").otherwise(name).alias(name) for name in changing
        )
        .join(partner, on="partner", how="left", maintain_order="left")
    )  # fmt: skip
    return known.with_columns(partner_source=_partner_source(country, known))


def _partner_source(country: Country, respondents: pl.DataFrame) -> pl.Series:
    """Return the source of income of the partner on the day of the interview, or null."""
    wanted = respondents.select("partner", "interview_date").with_row_index("row")
    spells = country.income_source_spell.rename({"person": "partner"})
    found = wanted.join(spells, on="partner", how="inner").filter(
        (pl.col("start") <= pl.col("interview_date"))
        & (pl.col("end").is_null() | (pl.col("end") > pl.col("interview_date")))
    )
    found = found.unique("row", keep="first", maintain_order=True).select("row", "secm")
    return wanted.join(found, on="row", how="left", maintain_order="left")["secm"]


def snapshots(country: Country, wanted: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of `Country.snapshot` for each wanted `person` on a `day`, with that day.

    Who is not registered that day has no row. Incomes of others in the household are left out.
    """
    persons = wanted.select("person").unique()
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
    return pl.concat(
        mine.snapshot(day)
        .join(wanted.filter(day=day), on="person", how="semi")
        .with_columns(day=pl.lit(day))
        for day in wanted["day"].unique().sort()
    )


def person_attributes(respondents: pl.DataFrame) -> pl.DataFrame:
    """Return one row per respondent with every attribute that concepts and effects may name.

    Categories are text; numbers that an effect uses are 0 for the reference person.
    """
    interview, birth = pl.col("interview_date"), pl.col("birth_date")
    first = pl.col("generation") == "1"
    arrival = pl.col("first_arrival_date")
    is_partnered = pl.col("partner").is_not_null()
    arrived_at = whole_years(birth, arrival)
    native_parents = [
        (pl.col(f"{parent}_birth_country") == NETHERLANDS).cast(pl.Int32)
        for parent in ("mother", "father")
    ]
    return respondents.with_columns(
        interview_year=interview.dt.year(),
        interview_month=interview.dt.month(),
        interview_day=interview.dt.day(),
        age=whole_years(birth, interview),
        birth_year=birth.dt.year(),
        birth_month=birth.dt.month(),
        arrival_year=pl.when(first).then(arrival.dt.year()),
        arrival_age=pl.when(first).then(arrived_at),
        zero=pl.lit(0),
        sex=pl.col("sex").replace_strict({"1": "man", "2": "woman"}),
        generation=pl.col("generation").replace_strict(
            {"0": "native", "1": "first", "2": "second"}
        ),
        born_in_nl=_yes(pl.col("birth_country") == NETHERLANDS),
        mother_born_in_nl=_yes(pl.col("mother_birth_country") == NETHERLANDS),
        father_born_in_nl=_yes(pl.col("father_birth_country") == NETHERLANDS),
        birth_country_group=country_group("birth_country"),
        mother_country_group=country_group("mother_birth_country"),
        father_country_group=country_group("father_birth_country"),
        partner_country_group=country_group("partner_birth_country"),
        # Own country, else the mother's, else the father's; native when both parents are.
        origin_old_group=pl.when(sum(native_parents) == len(native_parents))
        .then(pl.lit("NL"))
        .when(pl.col("birth_country") != NETHERLANDS)
        .then(country_group("birth_country"))
        .when(pl.col("mother_birth_country") != NETHERLANDS)
        .then(country_group("mother_birth_country"))
        .otherwise(country_group("father_birth_country")),
        generation_detail=pl.when(first & (arrived_at < CHILD_ON_ARRIVAL))
        .then(pl.lit("one_half"))
        .when(first)
        .then(pl.lit("first"))
        .when(pl.col("generation") == "0")
        .then(pl.lit("native"))
        .when(sum(native_parents) == 1)
        .then(pl.lit("two_half"))
        .otherwise(pl.lit("second")),
        arrival_motive=pl.when(first).then(pl.col("arrival_motive").fill_null("other")),
        partner_in_household=_yes(is_partnered),
        partner_works=pl.when(is_partnered).then(
            _yes(pl.col("partner_source").is_in(WORKERS).fill_null(False))
        ),
        household_position=pl.when(pl.col("is_reference"))
        .then(pl.lit("head"))
        .otherwise(pl.col("place").replace_strict(POSITIONS, default="other")),
        partner_group=pl.when(~is_partnered)
        .then(None)
        .when(pl.col("partner_origin") == pl.col("origin"))
        .then(pl.lit("own_group"))
        .when(pl.col("partner_origin") == "NL")
        .then(pl.lit("dutch"))
        .otherwise(pl.lit("other_group")),
        household_size=pl.col("n_persons"),
        number_of_children=pl.col("n_children"),
        education_level=pl.col("education_level").cast(pl.String),
        # Schooling of grown-up immigrants is from abroad, of young ones from here.
        level_abroad=pl.when(first & (arrived_at >= SCHOOL_ENDS))
        .then(pl.col("education_level").cast(pl.String))
        .when(first & (arrived_at >= SCHOOL_BEGINS))
        .then(pl.lit("1"))
        .when(first)
        .then(pl.lit("0")),
        level_here=pl.when(first & (arrived_at >= SCHOOL_ENDS))
        .then(pl.lit("0"))
        .otherwise(pl.col("education_level").cast(pl.String)),
        labour_source=labour_source(),
        net_monthly_income=(pl.col("personal_income").fill_null(0).clip(0) * NET_SHARE / 12)
        .round()
        .cast(pl.Int64),
        # The frame's households have disposable income, which is net.
        net_monthly_household_income=(pl.col("household_income").fill_null(0).clip(0) / 12)
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


def labour_source() -> pl.Expr:
    """Return what somebody lives on, from the columns `secm` and `sex` (1 man, 2 woman)."""
    has_no_income = (pl.col("secm") == "32") | pl.col("secm").is_null()
    return (
        pl.when(has_no_income & (pl.col("sex") == "1"))
        .then(pl.lit("no_income_man"))
        .when(has_no_income)
        .then(pl.lit("no_income_woman"))
        .otherwise(pl.col("secm").replace_strict(LABOUR_SOURCES, default=None))
    )


def country_group(column: str) -> pl.Expr:
    """Return the country group of a country code; null stays null."""
    known = pl.col(column).replace_strict(COUNTRY_GROUPS, default="OTH", return_dtype=pl.String)
    return pl.when(pl.col(column).is_not_null()).then(known)


def whole_years(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the completed years between two dates."""
    before = _month_and_day(end) < _month_and_day(start)
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


def _month_and_day(date: pl.Expr) -> pl.Expr:
    """Return a date's place in the year as month * 100 + day; a month alone is 8 bits wide."""
    return date.dt.month().cast(pl.Int32) * 100 + date.dt.day()
