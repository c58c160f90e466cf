"""Who lives with a respondent: the places of the household grid, with what can be asked of each."""

from datetime import date

import polars as pl

from migrantpanel.simulation.country import Country
from migrantpanel.simulation.surveys.attributes import (
    country_group,
    labour_source,
    snapshots,
    whole_years,
)

PARENT_IS_OLDER_BY = 16


def household_places(
    country: Country, people: pl.DataFrame, frame_date: date, maximum: int
) -> pl.DataFrame:
    """Return places 1 to `maximum` of each respondent's household, in the order of `people`.

    Columns: `row` (position in `people`), `member_number`, and what concepts of members draw on;
    these are null in a place where nobody lives. The head is first, then the head's partner, the
    children from old to young, and others. The household is that of the register in the month of
    the interview, or of the frame for people who are not registered that month.
    """
    day = pl.when("is_found").then(pl.col("interview_date").dt.truncate("1mo"))
    wanted = people.select(
        "person", "interview_date", day=day.fill_null(frame_date)
    ).with_row_index("row")
    present = (pl.col("start") <= pl.col("day")) & (
        pl.col("end").is_null() | (pl.col("end") > pl.col("day"))
    )
    households = country.household_spell.select("person", "household", "start", "end")
    own = wanted.join(households, on="person", how="inner").filter(present)
    living = (
        own.select("row", "interview_date", "day", "household")
        .join(households, on="household", how="inner")
        .filter(present)
        .select("row", "interview_date", "person", "day")
    )
    known = snapshots(country, living.select("person", "day").unique())
    members = living.join(known, on=["person", "day"], how="inner").join(
        country.person.select("person", "mother", "father"), on="person", how="left"
    )
    head = members.filter("is_reference").select(
        "row",
        head="person",
        head_partner="partner",
        head_birth="birth_date",
        head_origin="origin",
        head_parents=pl.concat_list("mother", "father"),
    )
    members = members.join(head, on="row", how="left").with_columns(relation=_relation())
    order = ["head", "partner", "child", "parent", "relative", "unrelated"]
    members = members.with_columns(
        member_number=pl.struct(pl.col("relation").cast(pl.Enum(order)), "birth_date", "person")
        .rank("ordinal")
        .over("row")
        .cast(pl.Int32)
    ).select(
        "row",
        "member_number",
        "relation",
        "place",
        sex=pl.col("sex").replace_strict({"1": "man", "2": "woman"}),
        age=whole_years(pl.col("birth_date"), pl.col("interview_date")),
        birth_year=pl.col("birth_date").dt.year(),
        birth_country_group=country_group("birth_country"),
        education_level=pl.col("education_level").cast(pl.String),
        labour_source=labour_source(),
    )
    places = wanted.select("row").join(
        pl.DataFrame({"member_number": range(1, maximum + 1)}, schema={"member_number": pl.Int32}),
        how="cross",
    )
    return places.join(members, on=["row", "member_number"], how="left").sort(
        "row", "member_number"
    )


def _relation() -> pl.Expr:
    is_older = (
        pl.col("head_birth").dt.year() - pl.col("birth_date").dt.year()
    ) >= PARENT_IS_OLDER_BY
    return (
        pl.when("is_reference")
        .then(pl.lit("head"))
        .when(pl.col("person") == pl.col("head_partner"))
        .then(pl.lit("partner"))
        .when(pl.col("place") == "01")
        .then(pl.lit("child"))
        .when(pl.col("head_parents").list.contains(pl.col("person")) | is_older)
        .then(pl.lit("parent"))
        .when(pl.col("origin") == pl.col("head_origin"))
        .then(pl.lit("relative"))
        .otherwise(pl.lit("unrelated"))
    )
