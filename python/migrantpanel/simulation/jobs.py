"""Employers and jobs of a block: who works where, since when, and for what wage.

A job lasts as long as the main source of income is employee or director: jobs are cut out of those
spells, so between two jobs there is either nothing or another source of income. Wages of a year
are the wages of its income, shared by the jobs of the year.
"""

from dataclasses import dataclass

import numpy as np

from migrantpanel.random import generator
from migrantpanel.simulation.careers import DIRECTOR, EMPLOYEE, Careers, year_start
from migrantpanel.simulation.demography.block import LAST_YEAR, YEAR
from migrantpanel.simulation.parameters import curve, parameter_file
from migrantpanel.simulation.shares import divided, starts
from migrantpanel.simulation.table import NEVER

FIRST_YEAR = 2006
# Kinds of job (codes of SOORTBAAN).
OWN_COMPANY, INTERN, SHELTERED, AGENCY, ON_CALL, STANDARD = 1, 2, 3, 4, 5, 9
_LOWEST_AGE = 15
_NO_LETTER = -1


@dataclass(frozen=True)
class Jobs:
    """Employers, jobs that lasted into 2006 or later, and their wages per year.

    employer: one row per employer: section (number), letter (number of the letters of keys outside
    the business register, or -1).
    job: one row per job with one employer, sorted by person and start: relation (number that stays
    when the employer changes), person, employer, start, end, kind, is_second, part_time (share of a
    full working week), permanent_from (day, NEVER for a temporary contract), has_car.
    job_year: job, year, wage (whole euros; years from 2006).
    """

    employer: dict[str, np.ndarray]
    job: dict[str, np.ndarray]
    job_year: dict[str, np.ndarray]


def jobs(seed: int, block: int, person: dict[str, np.ndarray], career: Careers) -> Jobs:
    """Give the employees of a block jobs with employers of the block, from their own streams."""
    rates = parameter_file("work.yaml")
    rng = generator(seed, "jobs", block)
    job = _relations(rates, person, career, rng)
    job = _employments(rates["jobs"], job, rng)
    employer = _employers(rates["employers"], job, generator(seed, "employers", block))
    job = _hire(rates, job, employer, rng)
    order = np.lexsort((job["is_second"], job["start"], job["person"]))
    job = {name: values[order] for name, values in job.items()}
    return Jobs(employer, job, _wages(rates["jobs"], job, career))


def _relations(rates, person, career: Careers, rng) -> dict[str, np.ndarray]:
    """Cut spells of employment into jobs: a new one after a time that depends on age and kind."""
    sources = career.sources
    secm = sources.values["secm"]
    rows = np.flatnonzero(
        ((secm == EMPLOYEE) | (secm == DIRECTOR)) & (sources.end > year_start(FIRST_YEAR))
    )
    who = sources.person[rows].astype(np.int64)
    start = np.maximum(sources.start[rows], person["birth"][who] + _LOWEST_AGE * YEAR)
    start = start.astype(np.int32)
    last = np.minimum(sources.end[rows], year_start(LAST_YEAR + 1))
    is_open = sources.end[rows] > last
    director = secm[rows] == DIRECTOR
    parts = []
    while len(who):
        section, kind = _section_and_kind(rates, person, career.level, who, start, director, rng)
        years = 1 / curve(rates["jobs"]["changes_a_year"], (start - person["birth"][who]) / YEAR)
        years = np.where(kind == AGENCY, years / rates["jobs"]["agency_changes"], years)
        waits = 7 + np.minimum(rng.exponential(years), 100) * YEAR
        end = np.where(director, last, np.minimum(start + waits, last)).astype(np.int32)
        goes_on = end < last
        # Whoever stops working just then has no other job.
        goes_on &= last - end > 7
        end = np.where(goes_on, end, last)
        kept = end > year_start(FIRST_YEAR)
        parts.append(
            {
                "person": who[kept],
                "start": start[kept],
                "end": np.where(~goes_on & is_open, NEVER, end)[kept],
                "section": section[kept],
                "kind": kind[kept],
            }
        )
        who, start, last, is_open, director = (
            values[goes_on] for values in (who, end, last, is_open, director)
        )
    job = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    n = len(job["person"])
    age = (job["start"] - person["birth"][job["person"]]) / YEAR
    at_once = rng.random(n) < curve(rates["jobs"]["permanent_at_start"], age)
    later = rng.random(n) < rates["jobs"]["becomes_permanent"]
    wait = rng.uniform(*rates["jobs"]["becomes_permanent_after"], n) * YEAR
    permanent = np.where(at_once, job["start"], np.where(later, job["start"] + wait, NEVER))
    temporary = np.isin(job["kind"], [OWN_COMPANY, INTERN, AGENCY, ON_CALL])
    return job | {
        "relation": np.arange(n),
        "part_time": np.round(career.part_time[job["person"]], 3),
        "permanent_from": np.where(temporary, NEVER, permanent).astype(np.int32),
        "has_car": rng.random(n) < rates["jobs"]["car"],
        "is_second": np.zeros(n, dtype=bool),
    }


def _section_and_kind(rates, person, level, who, start, director, rng):
    """Draw the section of industry by level and generation, and the kind of job."""
    sections = rates["employers"]["sections"].values()
    share = np.array([row["share"] for row in sections])
    by_level = np.array([row["level"] for row in sections]).T
    first = np.array([row["first"] for row in sections])
    # Rows: level of education, then natives and second generation before the first generation.
    weights = (share * by_level)[:, None, :] * np.stack([np.ones_like(first), first])[None]
    limits = np.cumsum(weights, axis=2) / weights.sum(axis=2, keepdims=True)
    is_first = (person["generation"][who] == 1).astype(np.int8)
    chances = limits[level[who], is_first][:, :-1]
    section = (rng.random(len(who))[:, None] > chances).sum(axis=1)
    names = list(rates["employers"]["sections"])
    agency = np.array([rates["jobs"]["agency_in_section"].get(name, 0.0) for name in names])
    age = (start - person["birth"][who]) / YEAR
    draw, other = rng.random(len(who)), rng.random(len(who))
    on_call = rates["jobs"]["on_call"]
    intern = rates["jobs"]["intern"]
    kind = np.select(
        [
            director,
            draw < agency[section],
            (age < intern["below_age"]) & (other < intern["share"]),
            (level[who] == 0) & (other < rates["jobs"]["sheltered"]),
            1 - other < np.where(age < on_call["below_age"], on_call["young"], on_call["older"]),
        ],
        [OWN_COMPANY, AGENCY, INTERN, SHELTERED, ON_CALL],
        STANDARD,
    )
    return section.astype(np.int8), kind.astype(np.int8)


def _employments(rates, job, rng) -> dict[str, np.ndarray]:
    """Add second jobs, and cut relations where another employer takes over."""
    employed = np.flatnonzero(job["kind"] != OWN_COMPANY)
    second = employed[rng.random(len(employed)) < rates["second_job"]]
    beside = {name: values[second] for name, values in job.items()}
    beside["relation"] = len(job["person"]) + np.arange(len(second))
    beside["is_second"] = np.ones(len(second), dtype=bool)
    beside["part_time"] = np.round(beside["part_time"] * rates["second_job_time"], 3)
    beside["kind"] = np.full(len(second), STANDARD, dtype=np.int8)
    job = {name: np.concatenate([job[name], beside[name]]) for name in job}

    end = np.minimum(job["end"], year_start(LAST_YEAR + 1))
    length = end - job["start"]
    cut = (job["start"] + length * rng.uniform(0.2, 0.8, len(end))).astype(np.int32)
    taken_over = (rng.random(len(end)) < rates["takeover"]) & (job["kind"] != OWN_COMPANY)
    taken_over &= length > YEAR
    before = {name: values.copy() for name, values in job.items()}
    before["end"] = np.where(taken_over, cut, job["end"])
    after = {name: values[taken_over] for name, values in job.items()}
    after["start"] = cut[taken_over]
    job = {name: np.concatenate([before[name], after[name]]) for name in job}
    kept = job["end"] > year_start(FIRST_YEAR)
    return {name: values[kept] for name, values in job.items()}


def _employers(rates, job, rng) -> dict[str, np.ndarray]:
    """Found the employers of a block: every section has some, with sizes that differ widely."""
    sections = list(rates["sections"].values())
    people = len(np.unique(job["person"]))
    n = max(4 * len(sections), round(people / rates["employees_per_employer"]))
    share = np.array([row["share"] for row in sections])
    section = rng.choice(len(sections), n, p=share / share.sum())
    section[: len(sections)] = np.arange(len(sections))
    section = np.sort(section)
    letters = list(rates["outside_register"].values())
    draw = rng.random(n)
    letter = np.full(n, _NO_LETTER, dtype=np.int8)
    for number, limit in reversed(list(enumerate(np.cumsum(letters)))):
        letter[draw < limit] = number
    return {
        "section": section.astype(np.int8),
        "letter": letter,
        "attraction": np.exp(rates["size_sd"] * rng.standard_normal(n)),
    }


def _hire(rates, job, employer, rng) -> dict[str, np.ndarray]:
    """Give each job an employer of its section, the larger the likelier; directors own theirs."""
    total = np.cumsum(employer.pop("attraction"))
    low = np.searchsorted(employer["section"], job["section"])
    high = np.searchsorted(employer["section"], job["section"], side="right") - 1
    below = np.where(low > 0, total[low - 1], 0.0)
    target = below + rng.random(len(low)) * (total[high] - below)
    chosen = np.clip(np.searchsorted(total, target), low, high)
    own = job["kind"] == OWN_COMPANY
    companies, number = np.unique(job["relation"][own], return_inverse=True)
    section = np.zeros(len(companies), dtype=np.int8)
    section[number] = job["section"][own]
    n = len(employer["section"])
    chosen[own] = n + number
    employer["section"] = np.concatenate([employer["section"], section])
    employer["letter"] = np.concatenate(
        [employer["letter"], np.full(len(companies), _NO_LETTER, dtype=np.int8)]
    )
    job = {name: values for name, values in job.items() if name != "section"}
    return job | {"employer": chosen}


def _wages(rates, job, career: Careers) -> dict[str, np.ndarray]:
    """Share the wage of every person and year among the jobs of that year, by days and time."""
    first = np.maximum(_year(job["start"]), FIRST_YEAR)
    last = np.minimum(_year(np.minimum(job["end"], year_start(LAST_YEAR + 1)) - 1), LAST_YEAR)
    count = last - first + 1
    row = np.repeat(np.arange(len(count)), count)
    year = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    who = job["person"][row]
    order = np.lexsort((row, year, who))
    row, year, who = row[order], year[order], who[order]
    days = np.minimum(job["end"][row], year_start(year + 1)) - np.maximum(
        job["start"][row], year_start(year)
    )
    weight = days * np.where(job["is_second"][row], rates["second_job_time"], 1.0)
    income = career.income
    income_key = income["person"].astype(np.int64) * 10_000 + income["year"]
    by_key = np.argsort(income_key)
    key = who * 10_000 + year
    total = income["wage"][by_key[np.searchsorted(income_key[by_key], key)]]
    wage = divided(total.astype(np.int64), weight, starts(key))
    return {"job": row, "year": year.astype(np.int16), "wage": wage.astype(np.int32)}


def _year(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
