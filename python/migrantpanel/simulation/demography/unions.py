"""Unions of a month: who finds whom, moves in, marries and parts."""

import numpy as np

from migrantpanel.simulation.demography.block import (
    CHILD,
    COHABITATION,
    CONVERSION,
    DIVORCE,
    DIVORCED,
    HEAD,
    INSTITUTION,
    MAN,
    MARRIAGE,
    MONTH_START,
    OTHER,
    PARTNER,
    PARTNERSHIP,
    RESIDENT,
    SEPARATION,
    SPOUSE,
    UNPARTNERED,
    WOMAN,
    YEAR,
    Block,
    day_number,
    is_in,
)
from migrantpanel.simulation.demography.migration import expect_spouses
from migrantpanel.simulation.parameters import NETHERLANDS, curve
from migrantpanel.simulation.table import NEVER


def unite(block: Block) -> None:
    """Let single people find a partner: here, or in their country of origin."""
    rates, person = block.rates["union"], block.person
    resident = block.with_state(RESIDENT)
    age = block.age(resident)
    eligible = (
        (person.union[resident] < 0)
        & (age >= 17.5)
        & (age < 80)
        & is_in(person.role[resident], HEAD, CHILD, OTHER)
        & (block.group.busy[person.group[resident]] != block.month)
    )
    pool = resident[eligible]
    age = age[eligible]
    origin, second = person.origin[pool], (person.generation[pool] != 1).astype(int)
    seeks = block.happens(curve(rates["start_by_age"], age))
    chance = curve(rates["transnational"], block.year) * block.transnational[origin]
    draw = block.rng.random(len(pool))
    abroad = seeks & (draw < chance)
    same_sex = seeks & ~abroad & (draw > 1 - rates["same_sex_share"])
    near = seeks & ~abroad & ~same_sex & (person.sex[pool] == WOMAN)
    _marry_abroad(block, block.free(pool[abroad]))
    pairs = [
        _match(block, pool, np.flatnonzero(near), MAN, age, origin, second),
        _match(block, pool, np.flatnonzero(same_sex & (person.sex[pool] == WOMAN)), WOMAN, age,
                    origin, second),
        _match(block, pool, np.flatnonzero(same_sex & (person.sex[pool] == MAN)), MAN, age,
                    origin, second),
    ]  # fmt: skip
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    groups = np.concatenate([person.group[a], person.group[b]])
    # Each person and each household may take part once.
    first = np.zeros(len(groups), dtype=bool)
    first[np.unique(groups, return_index=True)[1]] = True
    fine = first[: len(a)] & first[len(a) :] & (block.group.busy[person.group[a]] != block.month)
    fine &= block.group.busy[person.group[b]] != block.month
    if fine.any():
        _live_together(block, a[fine], b[fine])


def _match(block: Block, pool, seekers, sex, age, origin, second) -> tuple[np.ndarray, np.ndarray]:
    """Find for each seeker (positions in the pool) a single person of that sex."""
    rates, person, rng = block.rates["union"], block.person, block.rng
    candidates = np.flatnonzero(person.sex[pool] == sex)
    if not len(seekers) or not len(candidates):
        return np.empty(0, dtype=int), np.empty(0, dtype=int)
    n = len(seekers)
    own = origin[seekers]
    endogamous = rng.random(n) < block.endogamy[second[seekers], own]
    drawn = origin[rng.choice(candidates, n)]
    elsewhere = np.where((own > 0) & (rng.random(n) < rates["outside_with_native"]), 0, drawn)
    wanted = np.where(endogamous, own, elsewhere)
    gap = rng.normal(rates["age_gap_mean"], rates["age_gap_sd"], n)
    opposite = person.sex[pool[seekers]] != sex
    sign = np.where(opposite, np.where(person.sex[pool[seekers]] == WOMAN, 1, -1), 0)
    wished = np.maximum(age[seekers] + sign * gap, 18)
    key = origin[candidates] * 200.0 + age[candidates]
    order = np.argsort(key, kind="stable")
    at = np.searchsorted(key[order], wanted * 200.0 + wished)
    at = np.clip(at, 0, len(order) - 1)
    found = candidates[order[at]]
    a, b = pool[seekers], pool[found]
    kin = (person.group[a] == person.group[b]) | (a == b)
    for parent in (person.mother, person.father):
        kin |= (parent[a] == parent[b]) & (parent[a] >= 0)
        kin |= (parent[a] == b) | (parent[b] == a)
    fits = (
        ~kin
        & (origin[found] == wanted)
        & (np.abs(age[found] - wished) < rates["age_gap_tolerance"])
    )
    return a[fits], b[fits]


def _marry_abroad(block: Block, a: np.ndarray) -> None:
    """Marry people who live in another country; most of them come later."""
    if not len(a):
        return
    person, rates = block.person, block.rates["union"]
    days = block.days(len(a))
    gap = np.clip(block.rng.normal(rates["age_gap_mean"], 3, len(a)), -5, 10) * YEAR
    man = person.sex[a] == MAN
    birth = person.birth[a] + np.where(man, gap, -gap)
    birth = np.minimum(birth, days - 18 * YEAR).astype(np.int32)
    country = np.where(
        person.country[a] != NETHERLANDS, person.country[a],
        np.where(person.mother_country[a] != NETHERLANDS, person.mother_country[a],
                 person.father_country[a]),
    )  # fmt: skip
    native = person.origin[a] == 0
    codes = block.parameters.country_code
    foreign = codes[(codes != NETHERLANDS) & (codes > 0)]
    country = np.where(native, block.rng.choice(foreign, len(a)), country)
    # Somebody of foreign origin may have one parent from elsewhere; natives' own are Dutch.
    country = np.where(country == NETHERLANDS, block.rng.choice(foreign, len(a)), country)
    unions = block.begin_unions(
        a, np.full(len(a), -1), MARRIAGE, days,
        partner_sex=np.where(man, WOMAN, MAN), partner_birth=birth, partner_country=country,
    )  # fmt: skip
    block.group.busy[person.group[a]] = block.month
    expect_spouses(block, unions, *rates["spouse_delay_months"])


def _live_together(block: Block, a: np.ndarray, b: np.ndarray) -> None:
    """Let pairs move in together: with whoever has children or a home, else somewhere new."""
    person, rates, rng = block.person, block.rates["union"], block.rng
    n = len(a)
    days = block.days(n)
    married = curve(rates["married_at_once"], block.year)
    migrant = curve(rates["married_at_once_migrant"], block.year)
    marrying = block.marrying[person.origin[a]] | block.marrying[person.origin[b]]
    same_sex = person.sex[a] == person.sex[b]
    wed = rng.random(n) < np.where(marrying, migrant, married)
    wed &= ~same_sex & (block.age(a) >= 18) & (block.age(b) >= 18)
    kind = np.where(wed, MARRIAGE, COHABITATION)
    home_a, home_b = person.role[a] == HEAD, person.role[b] == HEAD
    prefer_a = np.where(
        person.children[a] > 0,
        True,
        np.where(person.children[b] > 0, False, rng.random(n) < 0.5),
    )
    at_a = home_a & (prefer_a | ~home_b)
    at_b = home_b & ~at_a
    host, guest = np.where(at_b, b, a), np.where(at_b, a, b)
    old_host, old_guest = person.group[host].copy(), person.group[guest].copy()
    settled = at_a | at_b
    target = old_host.copy()
    fresh = ~settled
    target[fresh] = block.new_groups(days[fresh], block.group.municipality[old_host[fresh]])
    block.begin_unions(host, guest, kind, days)
    block.place(host[fresh], days[fresh], target[fresh], HEAD)
    guest_head = person.role[guest] == HEAD
    block.place(guest, days, target, np.where(wed, SPOUSE, PARTNER))
    members, position = block.members(old_guest)
    follows = (
        guest_head[position]
        & (person.role[members] == CHILD)
        & (
            (person.mother[members] == guest[position])
            | (person.father[members] == guest[position])
        )
    )
    children, at = members[follows], position[follows]
    block.place(children, days[at], target[at], CHILD)
    block.group.busy[old_guest] = block.group.busy[old_host] = block.month
    block.repair(old_guest, days)
    block.repair(old_host[fresh], days[fresh])


def _couples(block: Block) -> np.ndarray:
    """Return the open unions of people who live together in the Netherlands."""
    size, person, union = block.union.size, block.person, block.union
    rows = np.flatnonzero((union.end[:size] == NEVER) & (union.b[:size] >= 0))
    a, b = union.a[rows], union.b[rows]
    together = (
        (person.state[a] == RESIDENT)
        & (person.state[b] == RESIDENT)
        & (person.group[a] == person.group[b])
        & (block.group.busy[person.group[a]] != block.month)
        & (person.role[a] != INSTITUTION)
    )
    return rows[together]


def separate(block: Block) -> None:
    """End unions: one leaves, the children stay with or follow mostly their mother."""
    rates, person, rng = block.rates["separation"], block.person, block.rng
    rows = _couples(block)
    kind = block.union.kind[rows]
    hazard = (
        np.where(
            kind == COHABITATION,
            rates["cohabitation"],
            curve(rates["marriage_by_year"], block.year),
        )
        * block.separation[person.origin[block.union.a[rows]]]
    )
    age = block.age(block.union.a[rows])
    rows = rows[block.happens(hazard * np.where(age > 60, rates["after_60"], 1.0))]
    _divorce_abroad(block)
    n = len(rows)
    if not n:
        return
    days, kind = block.days(n), block.union.kind[rows]
    a, b = block.union.a[rows], block.union.b[rows]
    man = np.where(person.sex[a] == MAN, a, b)
    woman = np.where(man == a, b, a)
    man_leaves = rng.random(n) < rates["man_leaves"]
    leaver, stayer = np.where(man_leaves, man, woman), np.where(man_leaves, woman, man)
    with_woman = rng.random(n) < rates["children_follow_mother"]
    groups = person.group[leaver].copy()
    block.end_unions(
        rows, days, np.where(kind == COHABITATION, SEPARATION, DIVORCE).astype(np.int8)
    )
    status = np.where(kind == MARRIAGE, DIVORCED, UNPARTNERED)
    for side in (a, b):
        legal = kind != COHABITATION
        block.civil.write(side[legal], days[legal], status[legal])
    new = block.new_groups(days, block.group.municipality[groups])
    was_head = person.role[leaver] == HEAD
    block.place(leaver, days, new, HEAD)
    block.place(stayer[was_head], days[was_head], groups[was_head], HEAD)
    members, position = block.members(groups)
    is_child = person.role[members] == CHILD
    members, position = members[is_child], position[is_child]
    of_leaver, of_stayer = (
        (person.mother[members] == side[position]) | (person.father[members] == side[position])
        for side in (leaver, stayer)
    )
    chosen = np.where(man_leaves, ~with_woman, with_woman)[position]
    goes = of_leaver & (chosen | ~of_stayer)
    block.place(members[goes], days[position[goes]], new[position[goes]], CHILD)
    block.group.busy[groups] = block.month


def _divorce_abroad(block: Block) -> None:
    """End marriages with somebody who never came."""
    size, person = block.union.size, block.person
    rows = np.flatnonzero((block.union.end[:size] == NEVER) & (block.union.b[:size] < 0))
    a = block.union.a[rows]
    rows = rows[(person.state[a] == RESIDENT) & (block.group.busy[person.group[a]] != block.month)]
    rows = rows[block.happens(np.full(len(rows), block.rates["separation"]["partner_abroad"]))]
    _, first = np.unique(person.group[block.union.a[rows]], return_index=True)
    rows = rows[np.sort(first)]
    days = block.days(len(rows))
    a = block.union.a[rows]
    block.civil.write(a, days, DIVORCED)
    block.end_unions(rows, days, DIVORCE)
    block.group.busy[person.group[a]] = block.month


def marry(block: Block) -> None:
    """Turn cohabitation into marriage or registered partnership."""
    person, rates = block.person, block.rates["union"]
    rows = _couples(block)
    rows = rows[block.union.kind[rows] == COHABITATION]
    a, b = block.union.a[rows], block.union.b[rows]
    adult = (block.age(a) >= 18) & (block.age(b) >= 18)
    same_sex = person.sex[a] == person.sex[b]
    open_to = adult & (~same_sex | (block.year >= 1998))
    rows = rows[block.happens(np.where(open_to, rates["cohabitation_to_marriage"], 0.0))]
    n = len(rows)
    if not n:
        return
    days = block.days(n)
    a, b = block.union.a[rows], block.union.b[rows]
    same_sex = person.sex[a] == person.sex[b]
    partnership = (block.rng.random(n) < rates["partnership_share"]) & (block.year >= 1998)
    # Two women or two men can marry since April 2001.
    partnership |= same_sex & (MONTH_START[block.month] < day_number("2001-04-01"))
    block.end_unions(rows, days, CONVERSION)
    block.begin_unions(a, b, np.where(partnership, PARTNERSHIP, MARRIAGE), days)
    lower = np.where(person.role[a] == HEAD, b, a)
    block.place(lower, days, person.group[lower], SPOUSE)
