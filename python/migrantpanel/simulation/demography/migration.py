"""Who comes and goes in a month: registered, unnoticed, with or after a partner, and back again."""

import numpy as np

from migrantpanel.simulation.demography.block import (
    ABROAD,
    ADMINISTRATIVE_ENTRY,
    ADMINISTRATIVE_REMOVAL,
    CHILD,
    EMIGRATION,
    FIRST_YEAR,
    FROZEN,
    HEAD,
    IMMIGRATION,
    LAST_YEAR,
    MAN,
    MARRIAGE,
    MARRIED,
    MONTH_START,
    MONTHS,
    NEVER_MARRIED,
    OTHER,
    RESIDENT,
    SPOUSE,
    UNREGISTERED,
    WOMAN,
    YEAR,
    Block,
)
from migrantpanel.simulation.parameters import NETHERLANDS, curve
from migrantpanel.simulation.table import NEVER, as_column


def emigrate(block: Block) -> None:
    """Let whole households leave; those of people born abroad in part without telling."""
    rates, person = block.rates["emigration"], block.person
    silence = block.parameters.defects["unregistered_emigration"]
    resident = block.with_state(RESIDENT)
    heads = resident[person.role[resident] == HEAD]
    heads = heads[block.age(heads) >= 18]
    origin, age = person.origin[heads], block.age(heads)
    first = person.generation[heads] == 1
    foreign = person.country[heads] != NETHERLANDS
    hazard = np.where(first, block.emigration[0][origin], block.emigration[1][origin])
    years = (block.month - person.arrival_month[heads]) / 12
    hazard *= np.where(first, curve(rates["by_years_since_arrival"], years), 1.0)
    hazard *= np.where(
        block.guest_origins[origin] & (age > 58) & (age < 68), rates["retirement_return"], 1.0
    )
    hazard *= np.where(age > 72, rates["after_72"], 1.0)
    unnoticed = np.where(foreign, silence["rate"], 0.0)
    happens = block.happens(hazard + unnoticed)
    silent = block.rng.random(len(heads)) * (hazard + unnoticed) < unnoticed
    chosen = block.free(heads[happens])
    silent = np.isin(chosen, heads[happens & silent])
    if not len(chosen):
        return
    days, groups = block.days(len(chosen)), person.group[chosen]
    goal = _destinations(block, chosen)
    block.group.country[groups] = goal
    block.group.busy[groups] = block.month
    members, position = block.members(groups)
    quiet = silent[position]
    leavers, at = members[~quiet], position[~quiet]
    for log in (block.presence, block.registration):
        log.write(leavers, days[at], EMIGRATION, goal[at])
    block.membership.write(leavers, days[at], -1, -1)
    person.state[leavers] = ABROAD
    person.removed[leavers] = False
    hidden, at = members[quiet], position[quiet]
    block.presence.write(hidden, days[at], UNREGISTERED, goal[at])
    person.state[hidden] = FROZEN
    person.abroad_month[members] = block.month
    low, high = silence["noticed_after_months"]
    due = block.month + block.rng.integers(low, high + 1, int(silent.sum()))
    for group, month in zip(groups[silent], due.tolist(), strict=True):
        block.removals[month].append(group)


def _destinations(block: Block, persons: np.ndarray) -> np.ndarray:
    rates, person = block.rates, block.person
    table = rates["emigration_destinations"]["countries"]
    weights = np.array(list(table.values()))
    drawn = block.rng.choice(
        np.array([int(code) for code in table]), len(persons), p=weights / weights.sum()
    )
    home = np.where(
        person.country[persons] != NETHERLANDS,
        person.country[persons],
        np.where(
            person.mother_country[persons] != NETHERLANDS,
            person.mother_country[persons],
            person.father_country[persons],
        ),
    )
    own = (home != NETHERLANDS) & (
        block.rng.random(len(persons)) < rates["emigration"]["to_own_origin"]
    )
    return np.where(own, home, drawn).astype(np.int16)


def remove(block: Block) -> None:
    """Strike from the register the households that were found to have left."""
    groups = np.array(block.removals.pop(block.month, []), dtype=np.int32)
    if not len(groups):
        return
    members, position = block.members(groups)
    days = block.days(len(groups))[position]
    block.registration.write(members, days, ADMINISTRATIVE_REMOVAL, 0)
    block.membership.write(members, days, -1, -1)
    block.person.state[members] = ABROAD
    block.person.removed[members] = True
    block.group.busy[groups] = block.month


def plan_arrivals(block: Block) -> list[np.ndarray]:
    """Return the streams (numbers) of the households that arrive in each month."""
    parameters, oversampling = block.parameters, block.rates["oversampling"]
    streams = parameters.streams
    years = FIRST_YEAR + np.arange(MONTHS) / 12
    expected = np.empty((len(streams.names), MONTHS))
    for i, arrivals in enumerate(streams.arrivals):
        # A last knot in the last year holds for all of it.
        until = arrivals.get(LAST_YEAR, 0)
        per_year = np.interp(years, list(arrivals), list(arrivals.values()), left=0, right=until)
        expected[i] = per_year * oversampling[parameters.origins[streams.origin[i]]]
    counts = block.rng.poisson(expected * block.fraction / 12)
    numbers = np.arange(len(streams.names))
    return [np.repeat(numbers, counts[:, month]) for month in range(MONTHS)]


def new_immigrants(block: Block, sex, birth, country, origin, motive) -> np.ndarray:
    """Create people born abroad to parents born abroad; they are not here yet."""
    rows = block.person.add(
        len(birth), sex=sex, birth=birth, country=country, motive=motive,
        mother_country=country, father_country=country, generation=1, origin=origin,
        state=ABROAD, abroad_month=block.month,
    )  # fmt: skip
    n = len(rows)
    person = block.person
    person.mother_birth[rows] = person.birth[rows] - block.rng.integers(18 * 365, 40 * 365, n)
    person.father_birth[rows] = person.mother_birth[rows] - block.rng.integers(
        -2 * 365, 10 * 365, n
    )
    block.civil.write(rows, person.birth[rows], NEVER_MARRIED)
    return rows


def _children_before(block: Block, mothers, fathers, start, until, mean) -> np.ndarray:
    """Create the children that couples had abroad between two days; returns their rows."""
    years = np.maximum((until - start) / YEAR - 0.8, 0)
    count = block.rng.poisson(np.minimum(mean * years / 4, 4))
    mother, father = np.repeat(mothers, count), np.repeat(fathers, count)
    low, end = np.repeat(start, count) + 280, np.repeat(until, count)
    birth = low + block.rng.random(len(mother)) * np.maximum(end - 20 - low, 1)
    person = block.person
    age = (birth - person.birth[mother]) / YEAR
    order = np.lexsort((birth, mother))
    mother, father, birth = mother[order], father[order], birth[order]
    age, end = age[order], end[order]
    spaced = np.ones(len(mother), dtype=bool)
    spaced[1:] = (mother[1:] != mother[:-1]) | (np.diff(birth) > 330)
    fits = (age > 16) & (age < 45) & (birth < end) & spaced
    mother, father, birth = mother[fits], father[fits], birth[fits].astype(np.int32)
    sex = block.rng.integers(MAN, WOMAN + 1, len(mother))
    rows = new_immigrants(
        block, sex, birth, person.country[mother], person.origin[mother], block.motive["family"]
    )
    block.give_parents(rows, mother, father)
    block.classify(rows)
    block.remember_births(rows, mother)
    return rows


def settle(block: Block, persons: np.ndarray, days: np.ndarray, country, registered=None) -> None:
    """Let people arrive: first arrival, presence and registration."""
    person = block.person
    new = (person.first_arrival[persons] == NEVER) & (person.country[persons] != NETHERLANDS)
    person.first_arrival[persons[new]] = as_column(days, len(persons))[new]
    person.arrival_month[persons] = block.month
    block.enter(persons, days, IMMIGRATION, country, registered)


def arrive(block: Block, streams: np.ndarray) -> None:
    """Let newcomers arrive, one per entry of `streams`, some with partner and children."""
    n = len(streams)
    if not n:
        return
    rng, kind = block.rng, block.parameters.streams
    days, origin = block.days(n), kind.origin[streams]
    country = kind.draw_country(streams, rng.random(n))
    age = np.clip(rng.normal(kind.age[streams], kind.age_sd[streams]), 18.1, 66)
    couple = (rng.random(n) < kind.couple[streams]) & (age > 20)
    sex = np.where((rng.random(n) < kind.man[streams]) | couple, MAN, WOMAN)
    birth = (days - age * YEAR).astype(np.int32)
    heads = new_immigrants(block, sex, birth, country, origin, kind.motive[streams])
    settle(block, heads, days, country)
    # Some move in with people of their origin; the others have a home of their own.
    groups = _hosts(block, origin, ~couple)
    joins = groups >= 0
    groups[~joins] = block.new_groups(days[~joins], block.municipalities(origin[~joins]))
    block.place(heads, days, groups, np.where(joins, OTHER, HEAD))
    waits = ~couple & (rng.random(n) < kind.spouse_abroad[streams]) & (age > 20)
    alone = ~couple & ~waits & ~joins & (sex == WOMAN) & (age > 22)
    alone &= rng.random(n) < block.rates["streams"]["with_children_alone"]
    partner_birth, marriage = _marriages(block, days, age, sex)
    _come_as_couples(
        block, heads[couple], days[couple], partner_birth[couple], marriage[couple],
        kind.children[streams[couple]],
    )  # fmt: skip
    unions = block.begin_unions(
        heads[waits], np.full(waits.sum(), -1), MARRIAGE, marriage[waits],
        partner_sex=np.where(sex[waits] == MAN, WOMAN, MAN), partner_birth=partner_birth[waits],
        partner_country=country[waits],
    )  # fmt: skip
    expect_spouses(block, unions, *block.rates["streams"]["family_follows_months"])
    children = _children_before(
        block, heads[alone], np.full(alone.sum(), -1), days[alone] - 5 * 365, days[alone],
        kind.children[streams[alone]],
    )  # fmt: skip
    _bring(block, children)


def _marriages(block: Block, days: np.ndarray, age: np.ndarray, sex: np.ndarray):
    """Draw when newcomers of an age would have married whom: partner's birth and wedding (days)."""
    n = len(days)
    gap = np.clip(block.rng.normal(3, 3, n), -4, 12)
    partner_age = np.maximum(age - np.where(sex == MAN, gap, -gap), 18.2)
    years = np.minimum(block.rng.gamma(2.0, 3.0, n) + 0.2, age - 18)
    years = np.minimum(years, partner_age - 16.5)
    return (days - partner_age * YEAR).astype(np.int32), (days - years * YEAR).astype(np.int32)


def _come_as_couples(block: Block, heads, days, partner_birth, marriage, mean_children) -> None:
    """Let wives arrive with their husbands, and the children with both."""
    person, motive = block.person, block.motive
    country, origin = person.country[heads], person.origin[heads]
    same = person.motive[heads] == motive["asylum"]
    partners = new_immigrants(
        block, WOMAN, partner_birth, country, origin,
        np.where(same, motive["asylum"], motive["family"]),
    )  # fmt: skip
    block.begin_unions(heads, partners, MARRIAGE, marriage)
    settle(block, partners, days, country)
    block.place(partners, days, person.group[heads], SPOUSE)
    _bring(block, _children_before(block, partners, heads, marriage, days, mean_children))


def _hosts(block: Block, origin: np.ndarray, able: np.ndarray) -> np.ndarray:
    """Draw for some newcomers the household of somebody of their origin (else -1)."""
    rng, person = block.rng, block.person
    groups = np.full(len(origin), -1, dtype=np.int32)
    rows = np.flatnonzero(able & (rng.random(len(origin)) < block.rates["home"]["joins_others"]))
    if not len(rows):
        return groups
    resident = block.with_state(RESIDENT)
    heads = resident[person.role[resident] == HEAD]
    heads = heads[block.group.busy[person.group[heads]] != block.month]
    heads = heads[np.argsort(person.origin[heads], kind="stable")]
    low = np.searchsorted(person.origin[heads], origin[rows], side="left")
    high = np.searchsorted(person.origin[heads], origin[rows], side="right")
    rows, low, high = rows[high > low], low[high > low], high[high > low]
    hosts = heads[low + (rng.random(len(rows)) * (high - low)).astype(int)]
    _, first = np.unique(hosts, return_index=True)  # one event per household
    groups[rows[first]] = person.group[hosts[first]]
    return groups


def _bring(block: Block, children: np.ndarray) -> None:
    """Let children arrive with their mother, on her day, in her household."""
    person = block.person
    mothers = person.mother[children]
    days = np.maximum(person.first_arrival[mothers], MONTH_START[block.month])
    settle(block, children, days, person.country[children])
    block.place(children, days, person.group[mothers], CHILD)


def expect_spouses(block: Block, unions: np.ndarray, low: int, high: int) -> None:
    """Plan when partners abroad come, some months from now; some never do."""
    comes = block.rng.random(len(unions)) < block.rates["union"]["spouse_arrives"]
    delay = block.rng.integers(low, high + 1, len(unions))
    for union, months in zip(unions[comes].tolist(), delay[comes].tolist(), strict=True):
        block.spouses[block.month + months].append(union)


def join_spouses(block: Block) -> None:
    """Let partners from abroad come, with the children born there."""
    unions = np.array(block.spouses.pop(block.month, []), dtype=np.int32)
    if not len(unions):
        return
    person = block.person
    a = block.union.a[unions]
    waiting = (block.union.end[unions] == NEVER) & (person.state[a] == RESIDENT)
    unions, a = unions[waiting], a[waiting]
    ready = np.isin(a, block.free(a))
    block.spouses[block.month + 1].extend(unions[~ready].tolist())
    unions, a = unions[ready], a[ready]
    if not len(unions):
        return
    days = block.days(len(unions))
    leaves_home = person.role[a] != HEAD
    new = block.new_groups(
        days[leaves_home], block.group.municipality[person.group[a[leaves_home]]]
    )
    block.place(a[leaves_home], days[leaves_home], new, HEAD)
    country = block.union.partner_country[unions]
    spouses = new_immigrants(block, 
        block.union.partner_sex[unions], block.union.partner_birth[unions], country,
        block.parameters.origin_of_country(country), block.motive["family"],
    )  # fmt: skip
    block.union.b[unions] = spouses
    person.partner[a], person.partner[spouses] = spouses, a
    person.union[spouses] = unions
    block.civil.write(spouses, block.union.start[unions], MARRIED)
    settle(block, spouses, days, country)
    block.place(spouses, days, person.group[a], SPOUSE)
    woman = person.sex[spouses] == WOMAN
    origin = person.origin[a]
    mean = np.where(block.marrying[origin], *block.rates["streams"]["children_of_followers"])
    start = np.maximum(block.union.start[unions], days - 14 * 365)
    children = _children_before(
        block, spouses[woman], a[woman], start[woman], days[woman], mean[woman]
    )
    _bring(block, children)


def come_back(block: Block) -> None:
    """Let households that left come back."""
    rates, person = block.rates["return"], block.person
    abroad = block.with_state(ABROAD)
    heads = abroad[(person.role[abroad] == HEAD) & (person.group[abroad] >= 0)]
    age = block.age(heads)
    years = (block.month - person.abroad_month[heads]) / 12
    hazard = np.where(age < 18, 0, curve(rates["by_years_abroad"], years))
    heads = block.free(heads[block.happens(hazard)])
    if not len(heads):
        return
    groups, days = person.group[heads], block.days(len(heads))
    members, position = block.members(groups)
    # Grown children stay where they are.
    stay = (person.role[members] == CHILD) & (block.age(members) > 24)
    person.group[members[stay]] = -1
    members, position = members[~stay], position[~stay]
    entered = block.parameters.defects["administrative_entry"]["rate"]
    administrative = block.rng.random(len(heads)) < entered
    registered = np.where(
        person.removed[members] & administrative[position], ADMINISTRATIVE_ENTRY, IMMIGRATION
    )
    person.motive[members] = np.where(
        person.motive[members] < 0, block.motive["family"], person.motive[members]
    )
    settle(block, members, days[position], block.group.country[groups][position], registered)
    block.house(groups, days, block.municipalities(person.origin[heads]))
    block.place(members, days[position], groups[position], person.role[members])
