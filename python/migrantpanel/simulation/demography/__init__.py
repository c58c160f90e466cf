"""Life histories of one block: who is born, arrives, pairs, moves, leaves and dies, month by month.

A household has at most one event a month. So events of a month may fall on any of its days and
still follow each other in the right order; the loss (a second event waits for the next month) is
a few per cent of a hazard that is assumed anyway.
"""

from migrantpanel.simulation.demography.block import MONTHS, Block
from migrantpanel.simulation.demography.founders import found
from migrantpanel.simulation.demography.homes import enter_institution, leave_home, move
from migrantpanel.simulation.demography.migration import (
    arrive,
    come_back,
    emigrate,
    join_spouses,
    plan_arrivals,
    remove,
)
from migrantpanel.simulation.demography.unions import marry, separate, unite
from migrantpanel.simulation.demography.vital import bear, die
from migrantpanel.simulation.parameters import Parameters

__all__ = ["Block", "simulate_block"]


def simulate_block(parameters: Parameters, seed: int, number: int, persons: int) -> Block:
    """Simulate a block from 1 January 1960 to 31 December 2023."""
    block = Block(parameters, seed, number, persons)
    found(block)
    arrivals = plan_arrivals(block)
    for block.month in range(MONTHS):
        block.release_addresses()
        die(block)
        bear(block)
        emigrate(block)
        remove(block)
        arrive(block, arrivals[block.month])
        come_back(block)
        join_spouses(block)
        separate(block)
        unite(block)
        marry(block)
        leave_home(block)
        enter_institution(block)
        move(block)
    return block
