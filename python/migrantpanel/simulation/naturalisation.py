"""Nationality from birth on: given by parents, changed by naturalisation, option or with a parent.

One pass per calendar year over all persons of a block, so that children follow their parents.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from migrantpanel.simulation.demography.block import FIRST_YEAR, LAST_YEAR
from migrantpanel.simulation.households import Spells, until_next
from migrantpanel.simulation.parameters import (
    NETHERLANDS,
    Parameters,
    curve,
    parameter_file,
    parameter_table,
)
from migrantpanel.simulation.school import is_inside
from migrantpanel.simulation.table import NEVER, Log

DUTCH, NONE = 1, 0
CHANGES = ("birth", "naturalisation", "option", "with parent")
BY_BIRTH, NATURALISED, OPTION, WITH_PARENT = range(4)
_SURINAME = 5007


@dataclass(frozen=True)
class Nationalities:
    """Per country code: nationality, and since when in the union; per nationality: share kept."""

    of_country: np.ndarray
    union_since: np.ndarray
    keeps: np.ndarray
    labels: dict[str, str]


@cache
def nationalities() -> Nationalities:
    """Read nationality.csv."""
    of_country = np.zeros(10_000, dtype=np.int16)
    union_since = np.full(1_000, 9_999, dtype=np.int16)
    keeps = np.zeros(1_000)
    labels = {"0000": "Onbekend"}
    for row in parameter_table("nationality.csv"):
        code = int(row["nationality"])
        of_country[int(row["country"])] = code
        union_since[code] = int(row["eu_since"] or 9_999)
        keeps[code] = float(row["keeps"])
        labels[row["nationality"]] = row["label"]
    return Nationalities(of_country, union_since, keeps, labels)


def nationality_spells(
    parameters: Parameters,
    person: dict[str, np.ndarray],
    registration: Spells,
    rng: np.random.Generator,
) -> Spells:
    """Return nationality from birth to death: first, second (0: none), and how it came about."""
    rates, table, n = parameter_file("naturalisation.yaml"), nationalities(), len(person["birth"])
    naturalising = rates["naturalising"]
    by_origin = np.array([naturalising["by_origin"][name] for name in parameters.origins])
    own_rate = by_origin[person["origin"]] * np.where(
        person["generation"] == 2, naturalising["second_generation"], 1.0
    )
    born = person["birth"].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    first, second = np.zeros(n, dtype=np.int16), np.zeros(n, dtype=np.int16)
    log = Log("person", "day", "first", "second", "change")
    luck = rng.random((2, n))
    since = np.full(n, NEVER, dtype=np.int64)  # of the present registration
    for year in range(FIRST_YEAR - 1, LAST_YEAR + 1):
        new = np.flatnonzero(born <= year if year < FIRST_YEAR else born == year)
        _at_birth(rates["birth"], table, person, new, year, first, second, luck)
        log.write(new, person["birth"][new], first[new], second[new], BY_BIRTH)
        start = int(np.datetime64(f"{year}-01-01").astype(int))
        here = is_inside(registration, np.arange(n), np.full(n, start))
        since = np.where(here, np.minimum(since, start), NEVER)
        stayed = np.where(here, (start - since) / 365.25, 0)
        age = year - born
        may = here & (first != DUTCH) & (age >= naturalising["youngest"]) & (born < year)
        may &= (stayed >= naturalising["after_years"]) | (person["generation"] == 2)
        chance = own_rate * curve(naturalising["by_year"], year)
        chance = chance * np.where(table.union_since[first] <= year,
                                   naturalising["european_union"], 1.0)  # fmt: skip
        drawn, day = rng.random(n), start + rng.integers(0, 365, n)
        becomes = may & (drawn < chance) & (day < person["death"])
        becomes &= is_inside(registration, np.arange(n), day)
        minor = here & (first != DUTCH) & (age < naturalising["youngest"]) & (born < year)
        follows = drawn < naturalising["with_parent"]
        with_parent = np.zeros(n, dtype=bool)
        for parent in (person["mother"], person["father"]):
            hit = minor & ~with_parent & follows & (parent >= 0) & becomes[parent]
            hit &= day[parent] < person["death"]
            day[hit] = day[parent[hit]]
            with_parent |= hit
        changed = np.flatnonzero(becomes | with_parent)
        keeps = np.where(
            (year >= 1992) & (year < 1997), naturalising["keeps_1992_1997"],
            table.keeps[first[changed]],
        )  # fmt: skip
        kept = (luck[1, changed] < keeps) | (table.keeps[first[changed]] == 1)
        second[changed] = np.where(kept, first[changed], NONE)
        first[changed] = DUTCH
        option = person["generation"][changed] == 2
        change = np.select([with_parent[changed], option], [WITH_PARENT, OPTION], NATURALISED)
        log.write(changed, day[changed], first[changed], second[changed], change)
    return _spells(log.columns(), person["death"])


def _at_birth(rates, table: Nationalities, person, new, year, first, second, luck) -> None:
    """Give the people who are born the nationalities of their parents, or of their country."""
    country = person["country"][new]
    own = table.of_country[country].copy()
    surinamese = country == _SURINAME
    dutch_then = (person["first_arrival"][new] < _day(rates["surinamese_dutch_until"] + 1)) | (
        luck[0, new] < rates["surinamese_stays_dutch"]
    )
    own[surinamese & dutch_then] = DUTCH
    parents = np.stack([person["mother"][new], person["father"][new]])
    countries = np.stack([person["mother_country"][new], person["father_country"][new]])
    nationality = np.where(parents >= 0, first[parents], table.of_country[countries])
    other = np.where(parents >= 0, second[parents], NONE)
    unknown = (parents < 0) & (nationality != DUTCH) & (country == NETHERLANDS)
    nationality[unknown & (luck[0, new] < rates["unknown_parent_dutch"])] = DUTCH
    gives = nationality == DUTCH
    gives[0] &= year >= rates["mother_since"]
    native = person["generation"][new] == 0
    dutch = native | gives.any(axis=0) | (countries == NETHERLANDS).any(axis=0)
    here = country == NETHERLANDS
    foreign = np.where(nationality != DUTCH, nationality, other)
    foreign = np.where(foreign[0] > 0, foreign[0], foreign[1])
    # Born abroad to a Dutch parent: Dutch, and one nationality only as far as registers know.
    result = np.where(here, np.where(dutch, DUTCH, foreign), np.where(dutch, DUTCH, own))
    result = np.where(result == NONE, DUTCH, result)
    first[new] = result
    second[new] = np.where((result == DUTCH) & here & ~native, foreign, NONE)


def _day(year: int) -> int:
    return int(np.datetime64(f"{year}-01-01").astype(int))


def _spells(log: dict[str, np.ndarray], death: np.ndarray) -> Spells:
    order = np.lexsort((log["day"], log["person"]))
    rows = {name: values[order] for name, values in log.items()}
    who, start = rows["person"].astype(np.int32), rows["day"].astype(np.int32)
    end = np.minimum(until_next(who, start), death[who])
    lasts = end > start
    return Spells(
        who[lasts], start[lasts], end[lasts],
        {name: rows[name][lasts] for name in ("first", "second", "change")},
    )  # fmt: skip
