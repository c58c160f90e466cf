"""School careers: diplomas that fit each other, and one row per school year that leads to them.

A school year carries the year in which it starts. Ages are years reached in the calendar year.
"""

from dataclasses import dataclass

import numpy as np

from migrantpanel.simulation.demography.block import LAST_YEAR
from migrantpanel.simulation.households import Spells
from migrantpanel.simulation.parameters import parameter_file

FIRST_SCHOOL_YEAR = 1994
PRIMARY, SECONDARY, VOCATIONAL, PROFESSIONAL, UNIVERSITY = "PO", "VO", "MBO", "HBO", "WO"
SECTORS = (PRIMARY, SECONDARY, VOCATIONAL, PROFESSIONAL, UNIVERSITY)
UNIVERSITY_CODES = (3113, 3212, 3213)
# The track of each secondary programme, from practical training (0) to pre-university (4).
TRACK = {1211: 0, 1212: 1, 1213: 1, 2111: 1, 2112: 1, 1221: 2, 2121: 2, 1222: 3, 2131: 3, 2132: 4}
_DAYS = 100_000


@dataclass(frozen=True)
class Plan:
    """Per person: the diploma of each step, when it is (or would be) attained, and repeated years.

    `codes` and `ages` are steps (primary, lower, upper, tertiary) x persons.
    """

    level: np.ndarray
    dropout: np.ndarray
    codes: np.ndarray
    ages: np.ndarray
    repeats_primary: np.ndarray
    repeats_secondary: np.ndarray


def plan_careers(
    level: np.ndarray,
    codes: np.ndarray,
    dropout: np.ndarray,
    ability: np.ndarray,
    rng: np.random.Generator,
) -> Plan:
    """Fit drawn diplomas (steps x persons) into routes that exist, and time them."""
    rates = parameter_file("school.yaml")
    codes, n = codes.copy(), len(level)
    entry = rates["programmes"]["entry_professional"]
    start = rng.choice([int(code) for code in entry], n, p=list(entry.values()))
    is_university = np.isin(codes[3], UNIVERSITY_CODES)
    codes[2] = np.where(level == 3, np.where(is_university, 2132, start), codes[2])
    leads_to = rates["programmes"]["leads_to"].items()
    for lower, uppers in leads_to:
        continues = (level >= 2) & np.isin(codes[2], [int(code) for code in uppers])
        codes[1] = np.where(continues, int(lower), codes[1])
    # Who leaves without the next diploma followed one that his own gives entry to.
    for lower, uppers in leads_to:
        stopped = (level == 1) & dropout & (codes[1] == int(lower))
        fits = np.isin(codes[2], [int(code) for code in uppers])
        codes[2] = np.where(stopped & ~fits, int(uppers[0]), codes[2])
    codes[3] = np.where((level == 2) & is_university & (codes[2] != 2132), 3112, codes[3])
    dropout = dropout & np.select(
        [level == 0, level == 1, level == 2],
        [True, np.isin(codes[1], [int(code) for code, _ in leads_to]),
         np.isin(codes[2], [2121, 2131, 2132])],
        False,
    )  # fmt: skip
    repeating = rates["repeating"]
    factor = np.exp(repeating["ability"] * ability)
    primary = (rng.random(n) < repeating["primary"] * factor).astype(np.int8)
    secondary = (rng.random(n) < repeating["secondary"] * factor).astype(np.int8)
    ages = _ages(rates["programmes"], codes, primary, secondary)
    return Plan(level, dropout, codes, ages, primary, secondary)


def _lookup(table: dict[str, int], codes: np.ndarray) -> np.ndarray:
    dense = np.zeros(4_000, dtype=np.int16)
    dense[[int(code) for code in table]] = list(table.values())
    return dense[codes]


def _ages(rates: dict, codes, primary, secondary) -> np.ndarray:
    ages = np.empty(codes.shape, dtype=np.int16)
    ages[0] = 12 + primary
    for step in (1, 2):
        ages[step] = _lookup(rates["age_attained"], codes[step]) + primary + secondary
    ages[3] = ages[2] + _lookup(rates["years_of_study"], codes[3])
    return ages


def school_years(plan: Plan, birth_year: np.ndarray, presence: Spells) -> dict[str, np.ndarray]:
    """Return every school year since 1994 that somebody spent in the Netherlands.

    Columns: person, year, sector (number in SECTORS), programme (SOI code), grade (year of the
    sector that counts, so a repeated one twice) and is_repeated.
    """
    rates = parameter_file("school.yaml")["programmes"]
    parts = [_primary(plan), _secondary(plan, birth_year, rates)]
    parts += [_vocational(plan), _higher(plan, rates)]
    who, age, sector, programme, grade, repeated = (
        np.concatenate([part[i] for part in parts]) for i in range(6)
    )
    year = birth_year[who] + age
    inside = (year >= FIRST_SCHOOL_YEAR) & (year <= LAST_YEAR)
    who, year, sector, programme, grade, repeated = (
        column[inside] for column in (who, year, sector, programme, grade, repeated)
    )
    october = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64) + 273
    here = is_inside(presence, who, october)
    order = np.flatnonzero(here)[np.lexsort((year[here], who[here]))]
    return {
        "person": who[order].astype(np.int32), "year": year[order].astype(np.int16),
        "sector": sector[order], "programme": programme[order].astype(np.int16),
        "grade": grade[order].astype(np.int8), "is_repeated": repeated[order],
    }  # fmt: skip


def is_inside(spells: Spells, who: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether each person is in one of his spells on that day (spells sorted by person, start)."""
    if not len(spells.person):
        return np.zeros(len(who), dtype=bool)
    key = spells.person.astype(np.int64) * _DAYS + spells.start + _DAYS // 2
    at = np.searchsorted(key, who.astype(np.int64) * _DAYS + day + _DAYS // 2, side="right") - 1
    return (at >= 0) & (spells.person[at] == who) & (spells.end[at] > day)


def _rows(first_age, years, sector: int, programme, repeats, repeated_grade: int = 0):
    """Lay out consecutive school years; `programme(who, grade)` names what is followed."""
    parts = []
    for k in range(max(1, int(years.max(initial=0)))):
        who = np.flatnonzero(years > k)
        again = (repeats[who] > 0) & (k >= repeated_grade)
        grade = np.where(again, k, k + 1)
        parts.append(
            (who, first_age[who] + k, np.full(len(who), sector, dtype=np.int8),
             programme(who, grade), grade, again & (k == repeated_grade))
        )  # fmt: skip
    return tuple(np.concatenate([part[i] for part in parts]) for i in range(6))


def _primary(plan: Plan):
    n = len(plan.level)
    return _rows(
        np.full(n, 4), 8 + plan.repeats_primary, 0,
        lambda who, grade: np.where(grade <= 2, 1111, 1112), plan.repeats_primary, 4,
    )  # fmt: skip


def secondary_programme(plan: Plan) -> np.ndarray:
    """Return the secondary school programme of each person: 1211, 1212, 1221, 2131 or 2132."""
    upper, lower = plan.codes[2], plan.codes[1]
    reaches = (plan.level >= 2) | ((plan.level == 1) & plan.dropout)
    school = np.where(reaches & np.isin(upper, (2131, 2132)), upper, lower)
    school = np.where(school == 1222, 2131, school)
    return np.where(school == 1213, 1212, school)


def _secondary(plan: Plan, birth_year: np.ndarray, rates: dict):
    school = secondary_programme(plan)
    years = np.select([school == 2132, school == 2131, school == 1211], [6, 5, 5], 4)
    # Who leaves pre-university education early has the first three or four years of it.
    early = (plan.level == 1) & np.isin(school, (2131, 2132))
    years = np.where(early, np.where(plan.dropout, 4, 3), years) + plan.repeats_secondary
    without = (plan.level == 0) & (birth_year < rates["compulsory_since_birth_year"])
    years = np.where(without, 0, years)

    def programme(who, grade):
        general = school[who] >= 2131
        return np.where(general & (grade <= 3), 1222, school[who])

    return _rows(12 + plan.repeats_primary, years, 1, programme, plan.repeats_secondary, 3)


def _vocational(plan: Plan):
    n = len(plan.level)
    code = np.where(plan.level == 1, np.where(plan.dropout, plan.codes[2], plan.codes[1]),
                    plan.codes[2])  # fmt: skip
    years = np.select([code == 1213, code == 2111, code == 2112, code == 2121], [1, 2, 3, 4], 0)
    years = np.where(plan.level == 0, 0, years)
    years = np.where((plan.level == 1) & plan.dropout, np.minimum(years, 1), years)
    first = 16 + plan.repeats_primary + plan.repeats_secondary
    return _rows(first, years, 2, lambda who, _: code[who], np.zeros(n))


def _higher(plan: Plan, rates: dict):
    n = len(plan.level)
    code = plan.codes[3]
    years = np.minimum(_lookup(rates["years_of_study"], code), rates["most_years_enrolled"])
    tries = (plan.level == 2) & plan.dropout
    years = np.where(plan.level == 3, years, np.where(tries, 1, 0))
    parts = []
    for sector in (3, 4):
        own = np.isin(code, UNIVERSITY_CODES) == (sector == 4)
        parts.append(
            _rows(plan.ages[2], np.where(own, years, 0), sector,
                  lambda who, grade: np.where((code[who] >= 3212) & (grade <= 3), 3113, code[who]),
                  np.zeros(n))
        )  # fmt: skip
    return tuple(np.concatenate([part[i] for part in parts]) for i in range(6))


def school_tests(
    plan: Plan, rows: dict[str, np.ndarray], generation: np.ndarray, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return advice and test of everybody in the last grade: tracks 0 to 4 (see TRACK).

    Columns: person, year (of the school year), track followed, advice, revised (or -1), score.
    """
    rates = parameter_file("school.yaml")
    n = len(plan.level)
    school = secondary_programme(plan)
    track = np.vectorize(TRACK.get, otypes=[np.int8])(school)
    below = np.array([rates["advice"]["below"][name] for name in ("native", "migrant")])
    draw, revise = rng.random(n), rng.random(n)
    lower = below[(generation > 0).astype(int)]
    step = np.where(draw < lower, -1, np.where(draw > 1 - rates["advice"]["above"], 1, 0))
    advice = np.clip(track + step, 0, 4)
    mean = np.array([rates["test"]["mean"][k] for k in range(5)])[track]
    score = np.clip(np.rint(mean + rates["test"]["sd"] * rng.standard_normal(n)), 501, 550)
    revised = np.where((advice < track) & (revise < rates["advice"]["revised"] * 4), track, -1)
    last = np.flatnonzero((rows["sector"] == 0) & (rows["grade"] == 8))
    who = rows["person"][last]
    return {
        "person": who, "year": rows["year"][last], "track": track[who],
        "advice": advice[who].astype(np.int8), "revised": revised[who].astype(np.int8),
        "score": score[who].astype(np.int16),
    }  # fmt: skip
