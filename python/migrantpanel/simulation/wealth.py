"""Wealth of the people of a block, but for their homes: it grows with what they save.

Homes belong to households: who owns one and with which mortgage follows from the address, the
income and the age of the main earner (`registers.wealth`).
"""

import numpy as np

from migrantpanel.random import generator
from migrantpanel.simulation.careers import YEARS, Careers, year_start
from migrantpanel.simulation.demography.block import LAST_YEAR, YEAR
from migrantpanel.simulation.jobs import FIRST_YEAR, OWN_COMPANY, Jobs
from migrantpanel.simulation.parameters import curve, load_parameters, parameter_file
from migrantpanel.simulation.table import NEVER

_RETIRED, _ADULT, _TERTIARY = 70, 20, 3


def wealth_years(
    seed: int, block: int, person: dict[str, np.ndarray], career: Careers, work: Jobs
) -> dict[str, np.ndarray]:
    """Return what people own and owe on 1 January, a row per person and year registered.

    Years from 2006; whole euros: financial, business, own_company, student_debt, other_debt.
    """
    rates = parameter_file("work.yaml")["wealth"]
    growth = load_parameters().labour["income"]["growth"]
    rng = generator(seed, "wealth", block)
    n = len(person["birth"])
    income = career.income
    limits = np.searchsorted(income["year"], [*YEARS, LAST_YEAR + 1])
    thrift = np.exp(rates["thrift_sd"] * rng.standard_normal(n) - rates["thrift_sd"] ** 2 / 2)
    borrows, owes = rng.random(n), rng.random(n)
    director_wage = _director_wages(work, n)
    financial = rates["at_start"] * np.clip(_age(person, YEARS[1]) - _ADULT, 0, None) * thrift
    arrives_later = (person["first_arrival"] >= year_start(YEARS[1])) & (
        person["first_arrival"] < NEVER
    )
    financial[arrives_later] = (rates["on_arrival"] * thrift)[arrives_later]
    business, own_company = np.zeros(n), np.zeros(n)
    rows = []
    for i, year in enumerate(YEARS):
        here = slice(limits[i], limits[i + 1])
        who = income["person"][here]
        age = _age(person, year)[who]
        disposable = income["disposable"][here].astype(float)
        if year >= FIRST_YEAR:
            other = rates["other_debt"]
            debt = (other["share"] > owes[who]) * other["of_income"] * owes[who] / other["share"]
            debt = debt * np.clip(disposable, 0, None) * curve(other["by_age"], age)
            debt = np.where(age >= 18, debt, 0)
            amounts = {
                "financial": financial[who],
                "business": business[who],
                "own_company": own_company[who],
                "student_debt": _student_debt(rates, person, career, borrows, who, age),
                "other_debt": debt,
            }
            rows.append(
                {
                    "person": who,
                    "year": np.full(len(who), year, dtype=np.int16),
                    **{name: np.rint(v).astype(np.int32) for name, v in amounts.items()},
                }
            )
        price = np.exp(growth * (year - 2003))
        spare = np.clip(disposable - rates["minimum"] * price, 0, None)
        spent = np.where(age >= _RETIRED, rates["spent_when_retired"], 0.0)
        financial[who] *= 1 + rates["interest"] - spent
        financial[who] += curve(rates["saving"], age) * spare * thrift[who]
        business[who] = rates["business"]["keeps"] * business[who] + rates["business"][
            "added"
        ] * np.clip(income["profit"][here], 0, None)
        if year >= FIRST_YEAR:
            company = rates["own_company"]
            own_company *= np.where(director_wage[year - FIRST_YEAR] > 0, company["keeps"], 0.0)
            own_company += company["added"] * director_wage[year - FIRST_YEAR]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _age(person: dict[str, np.ndarray], year: int) -> np.ndarray:
    return (year_start(year) - person["birth"]) / YEAR


def _director_wages(work: Jobs, n: int) -> np.ndarray:
    """Return years from 2006 x persons: the wage as director of one's own company."""
    wages = np.zeros((LAST_YEAR + 1 - FIRST_YEAR, n))
    job = work.job_year["job"]
    rows = np.flatnonzero(work.job["kind"][job] == OWN_COMPANY)
    at = (work.job_year["year"][rows] - FIRST_YEAR, work.job["person"][job[rows]])
    np.add.at(wages, at, work.job_year["wage"][rows])
    return wages


def _student_debt(rates, person, career: Careers, borrows, who, age) -> np.ndarray:
    """Debt builds up while studying and is paid back later; who came later studied elsewhere."""
    loan = rates["student_debt"]
    arrival = np.where(person["generation"][who] == 1, person["first_arrival"][who], NEVER)
    came_later = (arrival < NEVER) & ((arrival - person["birth"][who]) / YEAR > loan["from_age"])
    years = np.clip(age, loan["from_age"], loan["until_age"]) - loan["from_age"]
    left = (loan["repaid_at"] - age) / (loan["repaid_at"] - loan["repaid_from"])
    has = (career.level[who] == _TERTIARY) & (borrows[who] < loan["share"]) & ~came_later
    has &= person["birth"][who] >= year_start(loan["born_after"])
    # Whoever borrows little borrows less of the most.
    amount = 2 * borrows[who] / loan["share"] * loan["a_year"]
    return np.where(has, amount * years * np.clip(left, 0, 1), 0)
