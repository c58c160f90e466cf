"""Deaths and births of a month."""

import numpy as np

from migrantpanel.simulation.demography.block import (
    ABROAD,
    BIRTH,
    CHILD,
    COHABITATION,
    DEAD,
    DEATH,
    DEATH_OF_PARTNER,
    HEAD,
    MAN,
    MARRIAGE,
    MONTH_START,
    NEVER_MARRIED,
    PARTNER,
    RESIDENT,
    SPOUSE,
    WIDOWED,
    WIDOWED_PARTNER,
    WOMAN,
    YEAR,
    Block,
    is_in,
)
from migrantpanel.simulation.parameters import NETHERLANDS, curve

# Years of age in the table of mortality.
OLDEST = 120


def _mortality(rates: dict, year: int) -> np.ndarray:
    """Return yearly hazards of death: men and women x years of age."""
    level = np.array([[rates["level"]["man"]], [rates["level"]["woman"]]])
    slope = np.array([[rates["slope"]["man"]], [rates["slope"]["woman"]]])
    age = np.arange(OLDEST + 1) + 0.5
    hazard = level * np.exp(slope * age) * (1 - rates["improvement"]) ** (year - 1960)
    hazard[:, 0] = curve(rates["infant"], year)
    return hazard


def die(block: Block) -> None:
    """Let people die, and settle their households and unions."""
    rates, person = block.rates["mortality"], block.person
    living = np.flatnonzero(is_in(person.state[: person.size], RESIDENT, ABROAD))
    age = np.minimum(block.age(living), OLDEST).astype(np.int64)
    hazard = _mortality(rates, block.year)[person.sex[living] - 1, age]
    dead = block.free(living[block.happens(hazard)])
    if not len(dead):
        return
    days = block.days(len(dead))
    groups = person.group[dead]
    unions = person.union[dead]
    mourning = unions >= 0
    partner, kinds = person.partner[dead], block.union.kind[unions]
    widowed = mourning & (partner >= 0) & (kinds != COHABITATION)
    status = np.where(kinds == MARRIAGE, WIDOWED, WIDOWED_PARTNER)
    block.civil.write(partner[widowed], days[widowed], status[widowed])
    block.end_unions(unions[mourning], days[mourning], DEATH_OF_PARTNER)
    resident = person.state[dead] == RESIDENT
    for log in (block.presence, block.registration):
        log.write(dead[resident], days[resident], DEATH, 0)
    block.membership.write(dead[resident], days[resident], -1, -1)
    person.death[dead] = days
    person.state[dead] = DEAD
    person.group[dead] = -1
    block.group.busy[groups] = block.month
    block.repair(groups, days)


def bear(block: Block) -> None:
    """Let women with a home bear children, here and abroad."""
    rates, person = block.rates["fertility"], block.person
    size = person.size
    women = np.flatnonzero(
        (person.sex[:size] == WOMAN)
        & is_in(person.state[:size], RESIDENT, ABROAD)
        & is_in(person.role[:size], HEAD, PARTNER, SPOUSE)
        & (person.birth[:size] < MONTH_START[block.month] - 15 * YEAR)
        & (person.birth[:size] > MONTH_START[block.month] - 49 * YEAR)
        & (block.month - person.last_birth[:size] >= rates["months_between_births"])
    )
    parity = np.minimum(person.children[women], len(rates["by_parity"]) - 1)
    partner = person.partner[women]
    own = block.fertility[person.origin[women]]
    second = (person.generation[women] != 1) & (person.origin[women] > 0)
    own = np.where(second, (own + 1) / 2, own)
    # Large families of the first arrivals fade with the calendar.
    own = 1 + (own - 1) * curve(rates["origin_gap_by_year"], block.year)
    hazard = (
        np.array(rates["by_parity"])[parity]
        * curve(rates["by_age"], block.age(women))
        * curve(rates["by_year"], block.year)
        * np.where(parity > 0, own**1.5, np.sqrt(own))
    )
    no_partner = person.union[women] < 0
    hazard = np.where(no_partner, hazard * rates["without_partner"], hazard)
    with_woman = (partner >= 0) & (person.sex[partner] == WOMAN)
    same_sex = rates["same_sex"] if block.year > 2001 else 0.0
    hazard = np.where(with_woman, hazard * same_sex, hazard)
    apart = ~no_partner & ((partner < 0) | (person.group[partner] != person.group[women]))
    mothers = block.free(women[block.happens(np.where(apart, 0, hazard))])
    n = len(mothers)
    if not n:
        return
    days, fathers = block.days(n), person.partner[mothers]
    groups = person.group[mothers]
    here = person.state[mothers] == RESIDENT
    countries = np.where(here, NETHERLANDS, block.group.country[groups])
    sex = np.where(block.rng.random(n) < rates["boys"], MAN, WOMAN)
    children = person.add(n, sex=sex, birth=days, country=countries)
    # A father who is not known to the registers is taken to come from where the mother does.
    person.father_country[children] = person.country[mothers]
    block.give_parents(children, mothers, fathers)
    block.classify(children)
    person.last_birth[mothers] = block.month
    person.state[children] = np.where(here, RESIDENT, ABROAD)
    person.abroad_month[children] = block.month
    block.civil.write(children, days, NEVER_MARRIED)
    block.enter(children[here], days[here], BIRTH, 0)
    block.place(children, days, groups, CHILD)
