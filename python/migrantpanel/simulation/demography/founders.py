"""The population of 1 January 1960."""

import numpy as np

from migrantpanel.simulation.demography.block import (
    CHILD,
    HEAD,
    INITIAL,
    MAN,
    MARRIAGE,
    MONTH_START,
    NEVER_MARRIED,
    SPOUSE,
    WOMAN,
    YEAR,
    Block,
)
from migrantpanel.simulation.parameters import NETHERLANDS, curve


def found(block: Block) -> None:
    """Make the population of 1 January 1960: couples, their children and single people."""
    rng, rates, person = block.rng, block.rates["founders"], block.person
    n = round(rates["persons"] * block.fraction)
    shares = np.array(rates["age_shares"])
    age = rng.choice(len(shares), n, p=shares / shares.sum()) * 10 + rng.random(n) * 10
    day0 = MONTH_START[0]
    birth = (day0 - age * YEAR).astype(np.int32) - 1
    sex = rng.integers(MAN, WOMAN + 1, n).astype(np.int8)
    married = rng.random(n) < np.where(age < 18, 0, curve(rates["married_share"], age))
    women = np.flatnonzero(married & (sex == WOMAN))
    men = np.flatnonzero(married & (sex == MAN))
    couples = min(len(women), len(men))
    women = np.sort(rng.permutation(women)[:couples])
    men = np.sort(rng.permutation(men)[:couples])
    women = women[np.argsort(age[women] + rng.normal(0, 2, couples))]
    men = men[np.argsort(age[men] + rng.normal(0, 2, couples))]
    paired = np.zeros(n, dtype=bool)
    paired[women] = paired[men] = True
    # Unmarried people under 24 live with a mother of a fitting age, where there is one.
    young = np.flatnonzero((age < 24) & ~paired)
    wished = age[young] + np.clip(rng.normal(28, 5, len(young)), 17, 44)
    mothers = women[np.argsort(age[women])]
    near = np.clip(np.searchsorted(age[mothers], wished), 0, couples - 1)
    husband = np.full(n, -1)
    husband[women] = men
    mother = mothers[near]
    gap = age[mother] - age[young]
    fits = (gap > 16) & (gap < 46) & (age[husband[mother]] - age[young] > 16)
    child, mother = young[fits], mother[fits]
    kept = np.setdiff1d(np.arange(n), young[~fits & (age[young] < 18)])
    number = np.full(n, -1)
    number[kept] = np.arange(len(kept))
    # Parents come before their children, so that traits can be passed on in one direction.
    order = np.argsort(birth[kept], kind="stable")
    number[kept[order]] = np.arange(len(kept))
    rows = person.add(
        len(kept), sex=sex[kept[order]], birth=birth[kept[order]], country=NETHERLANDS,
        mother_country=NETHERLANDS, father_country=NETHERLANDS,
    )  # fmt: skip
    person.mother_birth[rows] = person.birth[rows] - rng.integers(19 * 365, 42 * 365, len(rows))
    person.father_birth[rows] = person.mother_birth[rows] - rng.integers(
        -3 * 365, 8 * 365, len(rows)
    )
    women, men, child, mother = (number[x] for x in (women, men, child, mother))
    husband_of = np.full(len(kept), -1)
    husband_of[women] = men
    father = husband_of[mother]
    block.give_parents(child, mother, father)
    start = np.minimum(person.birth[women], day0).astype(np.int64) + rng.integers(
        18 * 365, 26 * 365, couples
    )
    start = np.minimum(start, day0 - 30)
    block.civil.write(rows, person.birth[rows], NEVER_MARRIED)
    block.begin_unions(men, women, MARRIAGE, start.astype(np.int32))
    block.enter(rows, day0, INITIAL, NETHERLANDS)
    days = np.full(couples, day0)
    groups = block.new_groups(days, block.municipalities(np.ones(couples, dtype=bool)))
    block.place(men, day0, groups, HEAD)
    block.place(women, day0, groups, SPOUSE)
    block.place(child, day0, person.group[mother], CHILD)
    single = np.flatnonzero(person.group[: person.size] < 0)
    groups = block.new_groups(
        np.full(len(single), day0), block.municipalities(np.ones(len(single), dtype=bool))
    )
    block.place(single, day0, groups, HEAD)
    block.group.busy[: block.group.size] = -1
