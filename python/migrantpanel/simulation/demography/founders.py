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

# Mothers of about the right age whom a child may get, on either side of the nearest.
MOTHERS_ASKED = 60


def found(block: Block) -> None:
    """Make the population of 1 January 1960: couples, their children and single people."""
    rng, rates = block.rng, block.rates["founders"]
    n = round(rates["persons"] * block.fraction)
    shares = np.array(rates["age_shares"])
    age = rng.choice(len(shares), n, p=shares / shares.sum()) * 10 + rng.random(n) * 10
    sex = rng.integers(MAN, WOMAN + 1, n).astype(np.int8)
    women, men = _pair(block, age, sex)
    child, mother, homeless = _children_of(block, age, women, men)
    # Parents come before their children, so that traits can be passed on in one direction.
    kept = np.setdiff1d(np.arange(n), homeless)
    kept = kept[np.argsort(-age[kept], kind="stable")]
    number = np.full(n, -1)
    number[kept] = np.arange(len(kept))
    women, men, child, mother = (number[rows] for rows in (women, men, child, mother))
    _create(block, age[kept], sex[kept])
    husband = np.full(len(kept), -1)
    husband[women] = men
    block.give_parents(child, mother, husband[mother])
    block.remember_births(child, mother)
    _wed(block, men, women)
    _house(block, men, women, child)


def _pair(block: Block, age: np.ndarray, sex: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair as many women and men as are married, by age; returns wives and their husbands."""
    rng = block.rng
    share = curve(block.rates["founders"]["married_share"], age)
    married = rng.random(len(age)) < np.where(age < 18, 0, share)
    women, men = (np.flatnonzero(married & (sex == side)) for side in (WOMAN, MAN))
    couples = min(len(women), len(men))
    sides = []
    for side in (women, men):
        chosen = np.sort(rng.permutation(side)[:couples])
        sides.append(chosen[np.argsort(age[chosen] + rng.normal(0, 2, couples))])
    return sides[0], sides[1]


def _children_of(block: Block, age: np.ndarray, women: np.ndarray, men: np.ndarray):
    """Find mothers for unmarried people under 24; returns children, mothers, and who has none.

    The oldest child chooses first, and no mother bears two within the months between births.
    """
    paired = np.zeros(len(age), dtype=bool)
    paired[women] = paired[men] = True
    young = np.flatnonzero((age < 24) & ~paired)
    wished = age[young] + np.clip(block.rng.normal(28, 5, len(young)), 17, 44)
    husband = np.full(len(age), -1)
    husband[women] = men
    mothers = women[np.argsort(age[women])]
    ages, husbands = age[mothers], age[husband[mothers]]
    near = np.searchsorted(ages, wished)
    between = block.rates["fertility"]["months_between_births"] / 12
    youngest = np.full(len(mothers), np.inf)
    mother = np.full(len(young), -1)
    for child in np.argsort(-age[young], kind="stable"):
        own = age[young[child]]
        low = max(near[child] - MOTHERS_ASKED, 0)
        asked = slice(low, near[child] + MOTHERS_ASKED)
        gap = ages[asked] - own
        fits = (gap > 16) & (gap < 46) & (husbands[asked] - own > 16)
        fits &= youngest[asked] - own > between
        can = np.flatnonzero(fits) + low
        if len(can):
            chosen = can[np.argmin(np.abs(can - near[child]))]
            mother[child], youngest[chosen] = mothers[chosen], own
    has = mother >= 0
    return young[has], mother[has], young[~has & (age[young] < 18)]


def _create(block: Block, age: np.ndarray, sex: np.ndarray) -> None:
    person, rng = block.person, block.rng
    birth = (MONTH_START[0] - age * YEAR).astype(np.int32) - 1
    rows = person.add(
        len(age), sex=sex, birth=birth, country=NETHERLANDS,
        mother_country=NETHERLANDS, father_country=NETHERLANDS,
    )  # fmt: skip
    person.mother_birth[rows] = birth - rng.integers(19 * 365, 42 * 365, len(rows))
    older = rng.integers(-3 * 365, 8 * 365, len(rows))
    person.father_birth[rows] = person.mother_birth[rows] - older
    block.civil.write(rows, birth, NEVER_MARRIED)
    block.enter(rows, MONTH_START[0], INITIAL, NETHERLANDS)


def _wed(block: Block, men: np.ndarray, women: np.ndarray) -> None:
    """Date the weddings: the wife was 18 to 26, and it was before 1960."""
    age = block.rng.integers(18 * 365, 26 * 365, len(women))
    start = np.minimum(block.person.birth[women] + age, MONTH_START[0] - 30)
    block.begin_unions(men, women, MARRIAGE, start.astype(np.int32))


def _house(block: Block, men: np.ndarray, women: np.ndarray, child: np.ndarray) -> None:
    """Give couples with their children, and everybody else alone, a home."""
    person, day = block.person, MONTH_START[0]

    def homes(n: int) -> np.ndarray:
        places = block.municipalities(np.zeros(n, dtype=np.int8))
        return block.new_groups(np.full(n, day), places)

    groups = homes(len(men))
    block.place(men, day, groups, HEAD)
    block.place(women, day, groups, SPOUSE)
    block.place(child, day, person.group[person.mother[child]], CHILD)
    single = np.flatnonzero(person.group[: person.size] < 0)
    block.place(single, day, homes(len(single)), HEAD)
    block.group.busy[: block.group.size] = -1
