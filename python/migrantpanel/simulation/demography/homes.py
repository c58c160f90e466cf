"""Who leaves the parental home, moves or enters an institution in a month."""

import numpy as np

from migrantpanel.simulation.demography.block import (
    CHILD,
    HEAD,
    INSTITUTION,
    OTHER,
    RESIDENT,
    WOMAN,
    Block,
    is_in,
)
from migrantpanel.simulation.parameters import curve


def leave_home(block: Block) -> None:
    """Let grown children, and others who live with somebody, go to a home of their own."""
    rates, person = block.rates["home"], block.person
    resident = block.with_state(RESIDENT)
    home = resident[is_in(person.role[resident], CHILD, OTHER)]
    age = block.age(home)
    home, age = home[age > 17], age[age > 17]
    hazard = curve(rates["leave_by_age"], age)
    hazard *= np.where(person.sex[home] == WOMAN, rates["woman_factor"], 1.0)
    goes = block.free(home[block.happens(hazard)])
    if not len(goes):
        return
    days = block.days(len(goes))
    old = person.group[goes].copy()
    groups = block.new_groups(days, _moved(block, block.group.municipality[old], goes))
    block.place(goes, days, groups, HEAD)
    block.group.busy[old] = block.month


def _moved(block: Block, municipality: np.ndarray, heads: np.ndarray) -> np.ndarray:
    near = block.rng.random(len(heads)) < block.rates["home"]["same_municipality"]
    return np.where(near, municipality, block.municipalities(block.person.origin[heads]))


def enter_institution(block: Block) -> None:
    """Let old people without a partner enter an institution."""
    person = block.person
    resident = block.with_state(RESIDENT)
    heads = resident[(person.role[resident] == HEAD) & (person.union[resident] < 0)]
    age = block.age(heads)
    heads, age = heads[age > 70], age[age > 70]
    goes = block.free(heads[block.happens(curve(block.rates["home"]["institution_by_age"], age))])
    if not len(goes):
        return
    days, old = block.days(len(goes)), person.group[goes].copy()
    groups = block.new_groups(days, block.group.municipality[old])
    block.place(goes, days, groups, INSTITUTION)
    block.group.busy[old] = block.month
    block.repair(old, days)


def move(block: Block) -> None:
    """Let whole households move."""
    person = block.person
    resident = block.with_state(RESIDENT)
    heads = resident[person.role[resident] == HEAD]
    hazard = curve(block.rates["home"]["move_by_age"], block.age(heads))
    heads = block.free(heads[block.happens(hazard)])
    groups, days = person.group[heads], block.days(len(heads))
    block.vacated.append(block.group.address[groups].copy())
    block.group.busy[groups] = block.month
    block.house(groups, days, _moved(block, block.group.municipality[groups], heads))
