"""Simulates one block of the country, and writes its lives as polars frames."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.careers import Careers, careers
from migrantpanel.simulation.demography import simulate_block
from migrantpanel.simulation.demography.block import CIVIL_STATUS
from migrantpanel.simulation.health import causes, conditions, health
from migrantpanel.simulation.households import (
    Spells,
    address_spells,
    civil_spells,
    household_spells,
    presence_spells,
)
from migrantpanel.simulation.jobs import Jobs, jobs
from migrantpanel.simulation.misregistration import misregister
from migrantpanel.simulation.naturalisation import CHANGES, nationality_spells
from migrantpanel.simulation.parameters import RELIGIONS, load_parameters, parameter_file
from migrantpanel.simulation.school import SECTORS
from migrantpanel.simulation.table import NEVER
from migrantpanel.simulation.wealth import wealth_years

REASONS = (
    "initial",
    "birth",
    "immigration",
    "administrative entry",
    "emigration",
    "unregistered",
    "administrative removal",
    "death",
)
UNION_KINDS = ("marriage", "partnership", "cohabitation")
UNION_END_REASONS = ("divorce", "death", "separation", "conversion")


def build_block(
    seed: int, block: int, persons: int, defects: Mapping[str, float] | None = None
) -> dict[str, pl.DataFrame]:
    """Simulate one block; its frames number persons, households and all else from zero.

    defects: rates of damage that replace those of the parameters, by kind.
    """
    parameters = load_parameters(defects)
    life = simulate_block(parameters, seed, block, persons)
    person = life.person.columns()
    presence = presence_spells(life.presence.columns())
    registration = presence_spells(life.registration.columns())
    household = household_spells(life.membership.columns(), life.housing.columns(), person["birth"])
    career = careers(parameters, seed, block, person, presence, registration)
    work = jobs(seed, block, person, career)
    nationality = nationality_spells(
        parameters, person, registration, generator(seed, "nationality", block)
    )
    well = health(parameters, person, career.traits["ability"], generator(seed, "health", block))
    frames = {
        "person": _person_frame(parameters, person, career).with_columns(
            frailty=pl.Series(well.frailty)
        ),
        "stay": _presence_frame(presence),
        "registration": _presence_frame(registration),
        "address_spell": _spell_frame(address_spells(household)),
        "household_spell": _household_frame(household),
        "civil_spell": _civil_frame(civil_spells(life.civil.columns(), person["death"])),
        "union": _union_frame(life.union.columns()),
        "income_source_spell": _spell_frame(career.sources).with_columns(
            pl.col("secm").cast(pl.String)
        ),
        "education_spell": _spell_frame(career.education).select(
            "person", "start", "end",
            level_attained=pl.col("attained").cast(pl.String),
            level_followed=pl.col("followed").cast(pl.String),
        ),
        "income_year": pl.DataFrame(career.income),
        "school_year": pl.DataFrame(career.school_year).with_columns(
            sector=codes(career.school_year["sector"], SECTORS),
            programme=pl.col("programme").cast(pl.String),
        ),
        "school_test": pl.DataFrame(career.school_test),
        "nationality_spell": _nationality_frame(nationality),
        "condition": pl.DataFrame(well.condition).with_columns(
            condition=codes(well.condition["condition"], conditions()),
            start=_dates(well.condition["start"]),
        ),
        "death_cause": pl.DataFrame(well.death_cause).with_columns(
            cause=codes(well.death_cause["cause"], causes()),
            place=pl.col("place").cast(pl.String),
        ),
        **_work_frames(work),
        "wealth_year": pl.DataFrame(wealth_years(seed, block, person, career, work)),
        "address": pl.DataFrame(
            {"municipality": codes(np.array(life.address_municipality), parameters.municipality)}
        ).with_row_index("address"),
    }  # fmt: skip
    return misregister(frames, parameters, seed, block)


def _dates(days: np.ndarray) -> pl.Series:
    return pl.Series(days.astype(np.int32)).replace(int(NEVER), None).cast(pl.Date)


def codes(numbers: np.ndarray, texts: tuple[str, ...]) -> pl.Series:
    """Replace numbers by texts; negative numbers become null."""
    index = pl.Series(numbers.astype(np.int32)).replace(-1, None)
    return pl.Series(texts).gather(index)


def _countrycodes(numbers: np.ndarray) -> pl.Series:
    return pl.Series(numbers.astype(np.int32)).cast(pl.String).str.zfill(4)


def _optional(numbers: np.ndarray) -> pl.Series:
    return pl.Series(numbers.astype(np.int64)).replace(-1, None)


def _person_frame(parameters, person, career: Careers) -> pl.DataFrame:
    traits = career.traits
    return pl.DataFrame(
        {
            "sex": codes(person["sex"] - 1, ("1", "2")),
            "birth_date": _dates(person["birth"]),
            "death_date": _dates(person["death"]),
            "birth_country": _countrycodes(person["country"]),
            "mother": _optional(person["mother"]),
            "father": _optional(person["father"]),
            "mother_birth_country": _countrycodes(person["mother_country"]),
            "father_birth_country": _countrycodes(person["father_country"]),
            "mother_birth_date": _dates(person["mother_birth"]),
            "father_birth_date": _dates(person["father_birth"]),
            "mother_sex": codes(person["mother_sex"] - 1, ("1", "2")),
            "father_sex": codes(person["father_sex"] - 1, ("1", "2")),
            "origin": codes(person["origin"], parameters.origins),
            "generation": codes(person["generation"], ("0", "1", "2")),
            "first_arrival_date": _dates(person["first_arrival"]),
            "arrival_motive": codes(person["motive"], parameters.motives),
            "trait_integration": traits["trait_integration"],
            "trait_traditional": traits["trait_traditional"],
            "trait_religiosity": traits["trait_religiosity"],
            "religion": codes(traits["religion"], RELIGIONS),
        }
    ).with_row_index("person")


def _spell_frame(spells: Spells) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person": spells.person,
            "start": _dates(spells.start),
            "end": _dates(spells.end),
            **spells.values,
        }
    )


def _presence_frame(spells: Spells) -> pl.DataFrame:
    values = spells.values
    return pl.DataFrame(
        {
            "person": spells.person,
            "start": _dates(spells.start),
            "end": _dates(spells.end),
            "start_reason": codes(values["start_reason"], REASONS),
            "end_reason": codes(values["end_reason"], REASONS),
            "country_from": _countrycodes(values["country_from"]),
            "country_to": _countrycodes(values["country_to"]),
        }
    )


def _household_frame(spells: Spells) -> pl.DataFrame:
    values = spells.values
    return pl.DataFrame(
        {
            "person": spells.person,
            "start": _dates(spells.start),
            "end": _dates(spells.end),
            "household": values["group"],
            "type": codes(values["type"] - 1, tuple("12345678")),
            "place": pl.Series(values["place"]).cast(pl.String).str.zfill(2),
            **{
                name: values[name]
                for name in ("is_reference", "n_persons", "n_children", "n_other")
            },
            "youngest_birth": _dates(values["youngest"]),
            "oldest_birth": _dates(values["oldest"]),
            "address": values["address"],
            "partner": _optional(values["partner"]),
        }
    )


def _civil_frame(spells: Spells) -> pl.DataFrame:
    return _spell_frame(spells).with_columns(status=codes(spells.values["status"], CIVIL_STATUS))


def _nationality_frame(spells: Spells) -> pl.DataFrame:
    values = spells.values
    first, second = (_countrycodes(values[name]) for name in ("first", "second"))
    return pl.DataFrame(
        {
            "person": spells.person,
            "start": _dates(spells.start),
            "end": _dates(spells.end),
            "nationality": first,
            "second_nationality": second.replace("0000", None),
            "change": codes(values["change"], CHANGES),
        }
    )


def _union_frame(union: dict[str, np.ndarray]) -> pl.DataFrame:
    abroad = union["b"] < 0
    return pl.DataFrame(
        {
            "person_a": _optional(union["a"]),
            "person_b": _optional(union["b"]),
            "partner_sex": codes(np.where(abroad, union["partner_sex"] - 1, -1), ("1", "2")),
            "partner_birth_date": _dates(np.where(abroad, union["partner_birth"], NEVER)),
            "partner_birth_country": pl.select(
                pl.when(pl.Series(abroad)).then(_countrycodes(union["partner_country"]))
            ).to_series(),
            "kind": codes(union["kind"], UNION_KINDS),
            "start": _dates(union["start"]),
            "end": _dates(union["end"]),
            "end_reason": codes(union["reason"], UNION_END_REASONS),
        }
    ).with_row_index("union")


def _work_frames(work: Jobs) -> dict[str, pl.DataFrame]:
    rates = parameter_file("work.yaml")["employers"]
    employer, job = work.employer, work.job
    return {
        "employer": pl.DataFrame(
            {
                "section": codes(employer["section"], tuple(rates["sections"])),
                "register": codes(employer["letter"], tuple(rates["outside_register"])),
            }
        ).with_row_index("employer"),
        "job": pl.DataFrame(
            {
                "relation": job["relation"],
                "person": job["person"],
                "employer": job["employer"],
                "start": _dates(job["start"]),
                "end": _dates(job["end"]),
                "kind": pl.Series(job["kind"]).cast(pl.String),
                "is_second": job["is_second"],
                "part_time": job["part_time"],
                "permanent_from": _dates(job["permanent_from"]),
                "has_car": job["has_car"],
            }
        ).with_row_index("job"),
        "job_year": pl.DataFrame(work.job_year),
    }
