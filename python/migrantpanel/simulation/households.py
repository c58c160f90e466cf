"""Spells of households, addresses and civil status, cut out of the event logs of a block."""

from dataclasses import dataclass

import numpy as np

from migrantpanel.simulation.demography.block import (
    CHILD,
    HEAD,
    INSTITUTION,
    MONTH_START,
    OTHER,
    PARTNER,
    SPOUSE,
)
from migrantpanel.simulation.table import NEVER

_DAYS = 100_000  # more than the days simulated, so that (group, day) fits one number


@dataclass(frozen=True)
class Spells:
    """One row per person and spell; `start` and `end` are days, `end` is NEVER when open."""

    person: np.ndarray
    start: np.ndarray
    end: np.ndarray
    values: dict[str, np.ndarray]


def latest_per_day(log: dict[str, np.ndarray], key: str) -> dict[str, np.ndarray]:
    """Sort a log by key and day and keep what was written last on a day."""
    order = np.lexsort((np.arange(len(log[key])), log["day"], log[key]))
    rows = {name: values[order] for name, values in log.items()}
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (rows[key][1:] != rows[key][:-1]) | (rows["day"][1:] != rows["day"][:-1])
    return {name: values[last] for name, values in rows.items()}


def until_next(person: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the start of the person's next row, or NEVER (rows sorted by person and start)."""
    end = np.full(len(start), NEVER, dtype=np.int32)
    follows = person[1:] == person[:-1]
    end[:-1][follows] = start[1:][follows]
    return end


def memberships(log: dict[str, np.ndarray]) -> Spells:
    """Return who belonged to which household in which role, from the membership log."""
    rows = latest_per_day(log, "person")
    changed = np.ones(len(rows["person"]), dtype=bool)
    changed[1:] = (
        (rows["person"][1:] != rows["person"][:-1])
        | (rows["group"][1:] != rows["group"][:-1])
        | (rows["role"][1:] != rows["role"][:-1])
    )
    rows = {name: values[changed] for name, values in rows.items()}
    end = until_next(rows["person"], rows["day"])
    inside = rows["group"] >= 0
    return Spells(
        rows["person"][inside],
        rows["day"][inside],
        end[inside],
        {"group": rows["group"][inside], "role": rows["role"][inside]},
    )


def household_spells(
    membership: dict[str, np.ndarray], housing: dict[str, np.ndarray], birth: np.ndarray
) -> Spells:
    """Cut memberships wherever the composition or the address of the household changes.

    Values: group, role, type, place, is_reference, n_persons, n_children, n_other, youngest and
    oldest (birth days of children at home, NEVER without), address, partner (person or -1).
    """
    member = memberships(membership)
    group = member.values["group"].astype(np.int64)
    day0 = MONTH_START[0]
    ends = member.end < NEVER
    house = latest_per_day(housing, "group")
    house_key = house["group"].astype(np.int64) * _DAYS + (house["day"] - day0)
    cuts = np.unique(
        np.concatenate(
            [
                group * _DAYS + (member.start - day0),
                group[ends] * _DAYS + (member.end[ends] - day0),
                house_key,
            ]
        )
    )
    first = np.searchsorted(cuts, group * _DAYS + (member.start - day0))
    past = np.where(ends, member.end - day0, _DAYS)
    count = np.searchsorted(cuts, group * _DAYS + past) - first
    row = np.repeat(np.arange(len(group)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    piece = first[row] + offset

    cut_group, cut_day = cuts // _DAYS, (cuts % _DAYS + day0).astype(np.int32)
    cut_end = until_next(cut_group, cut_day)
    role, person = member.values["role"][row], member.person[row]
    n = len(cuts)

    def counted(*roles: int) -> np.ndarray:
        return np.bincount(piece[np.isin(role, roles)], minlength=n).astype(np.int16)

    persons, children, others = counted(*range(6)), counted(CHILD), counted(OTHER)
    married, unmarried, institution = counted(SPOUSE), counted(PARTNER), counted(INSTITUTION)
    youngest = np.full(n, -NEVER, dtype=np.int32)
    oldest = np.full(n, NEVER, dtype=np.int32)
    child = role == CHILD
    np.maximum.at(youngest, piece[child], birth[person[child]])
    np.minimum.at(oldest, piece[child], birth[person[child]])
    kind = np.select(
        [
            institution > 0,
            (married > 0) & (children > 0),
            married > 0,
            (unmarried > 0) & (children > 0),
            unmarried > 0,
            children > 0,
            others > 0,
        ],
        [8, 5, 3, 4, 2, 6, 7],
        1,
    ).astype(np.int8)
    couple = {HEAD: np.full(n, -1, dtype=np.int32), PARTNER: np.full(n, -1, dtype=np.int32)}
    for side, roles in ((HEAD, (HEAD,)), (PARTNER, (PARTNER, SPOUSE))):
        inside = np.isin(role, roles)
        couple[side][piece[inside]] = person[inside]
    partner = np.where(
        role == HEAD,
        couple[PARTNER][piece],
        np.where(np.isin(role, (PARTNER, SPOUSE)), couple[HEAD][piece], -1),
    )
    # Place in the household (PLHH) of the reference person or partner, by household type.
    place_of_core = np.array([0, 2, 3, 4, 5, 6, 7, 8, 10], dtype=np.int8)
    place = np.where(role == CHILD, 1, np.where(role == OTHER, 9, place_of_core[kind[piece]]))
    address = house["address"][
        np.clip(np.searchsorted(house_key, cuts, side="right") - 1, 0, len(house_key) - 1)
    ]
    values = {
        "group": cut_group[piece].astype(np.int32),
        "role": role,
        "type": kind[piece],
        "place": place.astype(np.int8),
        "is_reference": np.isin(role, (HEAD, INSTITUTION)),
        "n_persons": persons[piece],
        "n_children": children[piece],
        "n_other": others[piece],
        "youngest": np.where(children[piece] > 0, youngest[piece], NEVER),
        "oldest": oldest[piece],
        "address": address[piece],
        "partner": partner.astype(np.int32),
    }
    order = np.lexsort((cut_day[piece], person))
    return Spells(
        person[order],
        cut_day[piece][order],
        cut_end[piece][order],
        {name: column[order] for name, column in values.items()},
    )


def address_spells(household: Spells) -> Spells:
    """Join household spells of a person at one address that follow each other directly."""
    person, start, end = household.person, household.start, household.end
    address = household.values["address"]
    new = np.ones(len(person), dtype=bool)
    new[1:] = (person[1:] != person[:-1]) | (address[1:] != address[:-1]) | (start[1:] != end[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(person)) - 1
    return Spells(person[first], start[first], end[last], {"address": address[first]})


def civil_spells(log: dict[str, np.ndarray], death: np.ndarray) -> Spells:
    """Return civil status from birth to death."""
    rows = latest_per_day(log, "person")
    end = np.minimum(until_next(rows["person"], rows["day"]), death[rows["person"]])
    lasts = end > rows["day"]
    return Spells(
        rows["person"][lasts], rows["day"][lasts], end[lasts], {"status": rows["status"][lasts]}
    )


def presence_spells(log: dict[str, np.ndarray]) -> Spells:
    """Pair each arrival with the departure that follows it.

    Values: start_reason, end_reason (-1 when open), country_from, country_to.
    """
    order = np.lexsort((np.arange(len(log["person"])), log["day"], log["person"]))
    person, day, reason, country = (
        log[name][order] for name in ("person", "day", "reason", "country")
    )
    # INITIAL .. ADMINISTRATIVE_ENTRY start a spell, the others end one; they alternate.
    starts = np.flatnonzero(reason < 4)
    end = np.full(len(starts), NEVER, dtype=np.int32)
    end_reason = np.full(len(starts), -1, dtype=np.int8)
    country_to = np.zeros(len(starts), dtype=np.int16)
    following = np.minimum(starts + 1, len(person) - 1)
    closed = (starts + 1 < len(person)) & (person[following] == person[starts])
    end[closed] = day[following][closed]
    end_reason[closed] = reason[following][closed]
    country_to[closed] = country[following][closed]
    return Spells(
        person[starts],
        day[starts].astype(np.int32),
        end,
        {
            "start_reason": reason[starts].astype(np.int8),
            "end_reason": end_reason,
            "country_from": country[starts].astype(np.int16),
            "country_to": country_to,
        },
    )
