"""The simulated country as polars frames, and what it looks like on a day."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.careers import Careers, careers
from migrantpanel.simulation.demography import simulate_block
from migrantpanel.simulation.demography.block import CIVIL_STATUS
from migrantpanel.simulation.geography import with_neighbourhoods
from migrantpanel.simulation.health import causes, conditions, health
from migrantpanel.simulation.households import (
    Spells,
    address_spells,
    civil_spells,
    household_spells,
    presence_spells,
)
from migrantpanel.simulation.jobs import Jobs, jobs
from migrantpanel.simulation.naturalisation import CHANGES, nationality_spells
from migrantpanel.simulation.parameters import (
    RELIGIONS,
    Parameters,
    load_parameters,
    parameter_file,
)
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
# The registers hold everybody registered on or after this day.
REGISTER_START = date(1994, 10, 1)
# References to persons, households, addresses and unions, to be shifted when blocks are joined.
_REFERENCES = {"person", "mother", "father", "partner", "person_a", "person_b"}
_FRAMES = (
    "person",
    "stay",
    "registration",
    "address_spell",
    "household_spell",
    "civil_spell",
    "union",
    "income_source_spell",
    "education_spell",
    "income_year",
    "school_year",
    "school_test",
    "nationality_spell",
    "condition",
    "death_cause",
    "employer",
    "job",
    "job_year",
    "wealth_year",
)


@dataclass(frozen=True)
class Country:
    """A closed little country, 1960 to 2023; spells are half-open, an open end is null.

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

    def in_registers(self) -> pl.Series:
        """Return per row of `person` whether the registers hold the person."""
        inside = self.registration.filter(
            pl.col("end").is_null() | (pl.col("end") > REGISTER_START)
        )["person"]
        return self.person["person"].is_in(inside.unique().implode())

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


# -------------------------------------------------------------------- building


def build_country(
    persons: int,
    seed: int,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    block_persons: int | None = None,
) -> Country:
    """Simulate a country whose registers hold about `persons` people.

    Blocks of at most `block_persons` (default: the parameters) are independent and differ only by
    their number, so the result does not depend on `processes`. `progress(done, total)` is called
    after each block.
    """
    parameters = load_parameters()
    size = block_persons or parameters.rates["size"]["block_persons"]
    blocks = max(1, -(-persons // size))
    sizes = [persons // blocks + (block < persons % blocks) for block in range(blocks)]
    work = [(seed, block, sizes[block]) for block in range(blocks)]
    workers = min(processes or 1, blocks)
    parts = []
    if workers == 1:
        for job in work:
            parts.append(build_block(*job))
            if progress:
                progress(len(parts), blocks)
    else:
        # Polars runs threads, which do not survive a fork.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            for part in pool.map(build_block, *zip(*work, strict=True)):
                parts.append(part)
                if progress:
                    progress(len(parts), blocks)
    return _join(parts, parameters, seed)


def build_block(seed: int, block: int, persons: int) -> dict[str, pl.DataFrame]:
    """Simulate one block; its frames number persons, households and addresses from zero."""
    parameters = load_parameters()
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
            sector=_codes(career.school_year["sector"], SECTORS),
            programme=pl.col("programme").cast(pl.String),
        ),
        "school_test": pl.DataFrame(career.school_test),
        "nationality_spell": _nationality_frame(nationality),
        "condition": pl.DataFrame(well.condition).with_columns(
            condition=_codes(well.condition["condition"], conditions()),
            start=_dates(well.condition["start"]),
        ),
        "death_cause": pl.DataFrame(well.death_cause).with_columns(
            cause=_codes(well.death_cause["cause"], causes()),
            place=pl.col("place").cast(pl.String),
        ),
        **_work_frames(work),
        "wealth_year": pl.DataFrame(wealth_years(seed, block, person, career, work)),
        "address": pl.DataFrame(
            {"municipality": np.array(life.address_municipality, dtype=np.int16)}
        ).with_row_index("address"),
    }  # fmt: skip
    return frames


def _dates(days: np.ndarray) -> pl.Series:
    return pl.Series(days.astype(np.int32)).replace(int(NEVER), None).cast(pl.Date)


def _codes(numbers: np.ndarray, texts: tuple[str, ...]) -> pl.Series:
    """Replace numbers by texts; negative numbers become null."""
    index = pl.Series(numbers.astype(np.int32)).replace(-1, None)
    return pl.Series(texts).gather(index)


def _country_codes(numbers: np.ndarray) -> pl.Series:
    return pl.Series(numbers.astype(np.int32)).cast(pl.String).str.zfill(4)


def _optional(numbers: np.ndarray) -> pl.Series:
    return pl.Series(numbers.astype(np.int64)).replace(-1, None)


def _person_frame(parameters, person, career: Careers) -> pl.DataFrame:
    traits = career.traits
    return pl.DataFrame(
        {
            "sex": _codes(person["sex"] - 1, ("1", "2")),
            "birth_date": _dates(person["birth"]),
            "death_date": _dates(person["death"]),
            "birth_country": _country_codes(person["country"]),
            "mother": _optional(person["mother"]),
            "father": _optional(person["father"]),
            "mother_birth_country": _country_codes(person["mother_country"]),
            "father_birth_country": _country_codes(person["father_country"]),
            "mother_birth_date": _dates(person["mother_birth"]),
            "father_birth_date": _dates(person["father_birth"]),
            "mother_sex": _codes(person["mother_sex"] - 1, ("1", "2")),
            "father_sex": _codes(person["father_sex"] - 1, ("1", "2")),
            "origin": _codes(person["origin"], parameters.origins),
            "generation": _codes(person["generation"], ("0", "1", "2")),
            "first_arrival_date": _dates(person["first_arrival"]),
            "arrival_motive": _codes(person["motive"], parameters.motives),
            "trait_integration": traits["trait_integration"],
            "trait_traditional": traits["trait_traditional"],
            "trait_religiosity": traits["trait_religiosity"],
            "religion": _codes(traits["religion"], RELIGIONS),
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
            "start_reason": _codes(values["start_reason"], REASONS),
            "end_reason": _codes(values["end_reason"], REASONS),
            "country_from": _country_codes(values["country_from"]),
            "country_to": _country_codes(values["country_to"]),
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
            "type": _codes(values["type"] - 1, tuple("12345678")),
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
    return _spell_frame(spells).with_columns(status=_codes(spells.values["status"], CIVIL_STATUS))


def _nationality_frame(spells: Spells) -> pl.DataFrame:
    values = spells.values
    first, second = (_country_codes(values[name]) for name in ("first", "second"))
    return pl.DataFrame(
        {
            "person": spells.person,
            "start": _dates(spells.start),
            "end": _dates(spells.end),
            "nationality": first,
            "second_nationality": second.replace("0000", None),
            "change": _codes(values["change"], CHANGES),
        }
    )


def _union_frame(union: dict[str, np.ndarray]) -> pl.DataFrame:
    abroad = union["b"] < 0
    return pl.DataFrame(
        {
            "person_a": _optional(union["a"]),
            "person_b": _optional(union["b"]),
            "partner_sex": _codes(np.where(abroad, union["partner_sex"] - 1, -1), ("1", "2")),
            "partner_birth_date": _dates(np.where(abroad, union["partner_birth"], NEVER)),
            "partner_birth_country": pl.select(
                pl.when(pl.Series(abroad)).then(_country_codes(union["partner_country"]))
            ).to_series(),
            "kind": _codes(union["kind"], UNION_KINDS),
            "start": _dates(union["start"]),
            "end": _dates(union["end"]),
            "end_reason": _codes(union["reason"], UNION_END_REASONS),
        }
    ).with_row_index("union")


def _work_frames(work: Jobs) -> dict[str, pl.DataFrame]:
    rates = parameter_file("work.yaml")["employers"]
    employer, job = work.employer, work.job
    return {
        "employer": pl.DataFrame(
            {
                "section": _codes(employer["section"], tuple(rates["sections"])),
                "register": _codes(employer["letter"], tuple(rates["outside_register"])),
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


def _scramble(numbers: pl.Expr, prime: int, factor: int, width: int) -> pl.Expr:
    """Spread running numbers over all numbers of a width, without collisions (factor * n mod p)."""
    return ((numbers.cast(pl.UInt64) + 1) * factor % prime).cast(pl.String).str.zfill(width)


def _join(parts: list[dict[str, pl.DataFrame]], parameters: Parameters, seed: int) -> Country:
    """Put blocks behind each other: shift their numbers, then name persons and households."""
    shifted: dict[str, list[pl.DataFrame]] = {name: [] for name in (*_FRAMES, "address")}
    persons = households = addresses = unions = jobs_before = employers = 0
    for part in parts:
        shift = dict.fromkeys(_REFERENCES, persons)
        shift |= {"household": households, "address": addresses, "union": unions}
        shift |= {"job": jobs_before, "relation": jobs_before, "employer": employers}
        for name, frame in part.items():
            shifted[name].append(
                frame.with_columns(
                    (pl.col(column).cast(pl.Int64) + by)
                    for column, by in shift.items()
                    if column in frame.columns
                )
            )
        persons += part["person"].height
        households += int(part["household_spell"]["household"].max()) + 1
        addresses += part["address"].height
        unions += part["union"].height
        # Jobs are no fewer than relations, and second jobs come behind the first ones.
        jobs_before += part["job"].height
        employers += part["employer"].height
    frames = {name: pl.concat(pieces) for name, pieces in shifted.items()}
    # Numbers carry no order: multiplied by a factor of the seed, modulo a prime.
    factor = int(generator(seed, "rin").integers(10**8, 9 * 10**8))
    person = frames["person"].with_columns(rin=_scramble(pl.col("person"), 999_999_937, factor, 9))
    codes = _codes(frames["address"]["municipality"].to_numpy(), parameters.municipality)
    address = with_neighbourhoods(frames["address"].with_columns(municipality=codes), parameters)
    household_spell = frames["household_spell"].with_columns(
        household=_scramble(pl.col("household"), 999_999_937, factor // 2 + 1, 12),
        municipality=address["municipality"].gather(frames["household_spell"]["address"]),
    )
    address_spell = frames["address_spell"].with_columns(
        municipality=address["municipality"].gather(frames["address_spell"]["address"])
    )
    named = {"person", "address", "household_spell", "address_spell"}
    rest = {name: frame for name, frame in frames.items() if name not in named}
    return Country(
        person=person, address=address, household_spell=household_spell,
        address_spell=address_spell, parameters=parameters, **rest,
    )  # fmt: skip
