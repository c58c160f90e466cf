"""The simulated country as polars frames, and what it looks like on a day."""

from dataclasses import dataclass, fields
from datetime import date

import polars as pl

from migrantpanel.simulation.numbering import Numbering
from migrantpanel.simulation.parameters import Parameters

# The registers hold everybody registered on or after this day.
REGISTER_START = date(1994, 10, 1)


@dataclass(frozen=True)
class Country:
    """A closed little country, or one block of it, 1960 to 2023.

    Spells are half-open, an open end is null. `numbering` says where the numbers of these frames
    lie among those of the whole country.

    person: one row per person ever simulated; `person` is the row number.
    stay: true presence in the Netherlands; registration: presence on paper.
    address_spell, household_spell, civil_spell, income_source_spell (from 1985): what registers
    hold about a person from `start` until before `end`.
    education_spell: level attained and followed from `start` (SOI codes), also when abroad.
    income_year: whole euros from 1986, for people registered on some day of it.
    school_year: school years (by the year of their start) since 1994 spent here; school_test:
    advice and test of the last grade of primary school.
    nationality_spell: first and second nationality (null: none) from birth, and the change that
    began it; condition: lasting conditions from `start`; death_cause: ICD-10 code and place.
    employer: section of industry (letter) and register (null, or F or P when not in the business
    register); job: jobs with one employer that lasted into 2006, several with the same `relation`
    when the employer changed; job_year: wage of a job in a year, whole euros.
    wealth_year: what people own and owe on 1 January, but for homes, whole euros from 2006.
    union: couples; `person_b` is null for a partner who never lived here.
    """

    person: pl.DataFrame
    stay: pl.DataFrame
    registration: pl.DataFrame
    address_spell: pl.DataFrame
    household_spell: pl.DataFrame
    civil_spell: pl.DataFrame
    union: pl.DataFrame
    income_source_spell: pl.DataFrame
    education_spell: pl.DataFrame
    income_year: pl.DataFrame
    school_year: pl.DataFrame
    school_test: pl.DataFrame
    nationality_spell: pl.DataFrame
    condition: pl.DataFrame
    death_cause: pl.DataFrame
    employer: pl.DataFrame
    job: pl.DataFrame
    job_year: pl.DataFrame
    wealth_year: pl.DataFrame
    address: pl.DataFrame
    parameters: Parameters
    numbering: Numbering

    @classmethod
    def frame_names(cls) -> list[str]:
        """Return the names of the frames."""
        return [part.name for part in fields(cls) if part.type is pl.DataFrame]

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return every frame by its name."""
        return {name: getattr(self, name) for name in self.frame_names()}

    def in_registers(self) -> pl.Series:
        """Return per row of `person` whether the registers hold the person."""
        inside = self.registration.filter(
            pl.col("end").is_null() | (pl.col("end") > REGISTER_START)
        )["person"]
        return self.person["person"].is_in(inside.unique().implode())

    def fresh_numbers(self, persons: pl.Series, series: int = 1) -> pl.Series:
        """Return an identification number per person that nobody else in the country has.

        Somebody's number of one `series` (1 to 5) is always the same.
        """
        return self.numbering.fresh_numbers(persons, series)

    def snapshot(self, day: date) -> pl.DataFrame:
        """Return one row per person registered on a day, as a sampling frame with the truth beside.

        `present` is false for people who left without telling. Household members, incomes and
        the partner are those of the household on paper. `n_children` counts the children living
        in the household; `education_level` runs from 1 (primary or none) to 4 (tertiary).
        """

        def current(spells: pl.DataFrame, *columns: str) -> pl.DataFrame:
            return spells.filter(
                (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
            ).select("person", *columns)

        household = current(
            self.household_spell,
            "household", "type", "place", "is_reference", "partner", "address", "municipality",
            "n_persons", "n_children", "youngest_birth",
        ).rename({"type": "household_type"})  # fmt: skip
        income = self.income_year.filter(pl.col("year") == day.year).select(
            "person", personal_income="personal", disposable="disposable"
        )
        household_income = (
            household.select("person", "household")
            .join(income, on="person", how="left")
            .group_by("household")
            .agg(household_income=pl.col("disposable").sum())
        )
        partner = self.person.select(
            partner="person", partner_origin="origin", partner_generation="generation"
        )
        level = current(self.education_spell, "level_attained").with_columns(
            education_level=_education_level(pl.col("level_attained"))
        )
        return (
            current(self.registration)
            .join(
                self.person.drop("mother", "father", "death_date", "mother_birth_date",
                                 "father_birth_date"),
                on="person", how="left",
            )
            .join(household, on="person", how="left")
            .join(current(self.civil_spell, "status"), on="person", how="left")
            .join(current(self.income_source_spell, "secm"), on="person", how="left")
            .join(level, on="person", how="left")
            .join(income, on="person", how="left")
            .join(household_income, on="household", how="left")
            .join(partner, on="partner", how="left")
            .join(current(self.stay).with_columns(present=pl.lit(True)), on="person", how="left")
            .with_columns(
                age=_age(pl.col("birth_date"), day),
                youngest_child_age=_age(pl.col("youngest_birth"), day),
                present=pl.col("present").fill_null(False),
                education_level=pl.col("education_level").fill_null(1),
            )
            .select(
                "person", "rin", "sex", "birth_date", "age", "origin", "generation",
                "birth_country", "mother_birth_country", "father_birth_country",
                "first_arrival_date", "arrival_motive", "municipality", "address", "household",
                "household_type", "place", "is_reference", pl.col("status").alias("civil_status"),
                "partner", "partner_origin", "partner_generation", "n_persons", "n_children",
                "youngest_child_age", "education_level", "secm", "personal_income",
                "household_income", "trait_integration", "trait_traditional",
                "trait_religiosity", "religion", "present",
            )
            .sort("person")
        )  # fmt: skip


def _age(birth: pl.Expr, day: date) -> pl.Expr:
    """Age in whole years on a day."""
    had_birthday = (birth.dt.month().cast(pl.Int32) * 100 + birth.dt.day()) <= (
        day.month * 100 + day.day
    )
    return (day.year - birth.dt.year() - pl.when(had_birthday).then(0).otherwise(1)).cast(pl.Int32)


def _education_level(soi: pl.Expr) -> pl.Expr:
    """Map an 18-level SOI code to 1 primary, 2 lower and 3 upper secondary, 4 tertiary."""
    two = soi.str.slice(0, 2)
    return (
        pl.when(two == "11").then(1).when(two == "12").then(2).when(two.str.head(1) == "2").then(3)
        .otherwise(4).cast(pl.Int32)
    )  # fmt: skip
