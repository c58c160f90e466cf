"""A country as a row of independent blocks: their sizes, their seeds, and how they are joined."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.block import build_block
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.geography import with_neighbourhoods
from migrantpanel.simulation.numbering import Counts, Numbering, number_blocks, with_wide_references
from migrantpanel.simulation.parameters import load_parameters

Frames = dict[str, pl.DataFrame]
Work = Callable[..., object]


def block_sizes(persons: int, block_persons: int | None = None) -> list[int]:
    """Return the persons of each block: as few blocks as hold them, of about one size."""
    size = block_persons or load_parameters().rates["size"]["block_persons"]
    blocks = max(1, -(-persons // size))
    return [persons // blocks + (block < persons % blocks) for block in range(blocks)]


def block_seed(seed: int, block: int) -> int:
    """Return the seed of what happens to a block alone; the first has that of the project."""
    return seed if block == 0 else int(generator(seed, "block", block).integers(2**63))


def each_block(work: Work, jobs: list[tuple], processes: int) -> Iterator:
    """Yield `work(*job)` per job in order, from as many processes as are asked for."""
    workers = min(processes, len(jobs))
    if workers == 1:
        yield from (work(*job) for job in jobs)
        return
    # Polars runs threads, which do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, *zip(*jobs, strict=True))


def as_country(
    frames: Frames, numbering: Numbering, defects: Mapping[str, float] | None = None
) -> Country:
    """Name the persons, households and places of a block; its other numbers remain its own."""
    parameters = load_parameters(defects)
    frames = {name: with_wide_references(frame) for name, frame in frames.items()}
    address = with_neighbourhoods(frames["address"], parameters, numbering)
    of_address = address["municipality"]
    named = {
        "person": frames["person"].with_columns(rin=numbering.persons(pl.col("person"))),
        "address": address,
        "household_spell": frames["household_spell"].with_columns(
            household=numbering.households(pl.col("household")),
            municipality=of_address.gather(frames["household_spell"]["address"]),
        ),
        "address_spell": frames["address_spell"].with_columns(
            municipality=of_address.gather(frames["address_spell"]["address"])
        ),
    }
    return Country(**frames | named, parameters=parameters, numbering=numbering)


def build_country(
    persons: int,
    seed: int,
    processes: int | None = None,
    block_persons: int | None = None,
    defects: Mapping[str, float] | None = None,
) -> Country:
    """Simulate a country whose registers hold about `persons` people, all of it in memory.

    Blocks of at most `block_persons` (default: the parameters) are independent and differ only by
    their number, so the result does not depend on `processes`. `defects` replace rates of damage.
    """
    sizes = block_sizes(persons, block_persons)
    jobs = [(seed, block, size, defects) for block, size in enumerate(sizes)]
    parts = list(each_block(build_block, jobs, processes or 1))
    numberings = number_blocks([Counts.of(part) for part in parts], seed)
    countries = [
        as_country(part, numbering, defects).frames()
        for part, numbering in zip(parts, numberings, strict=True)
    ]
    whole = {
        name: pl.concat(
            numbering.countrywide(frames[name])
            for frames, numbering in zip(countries, numberings, strict=True)
        )
        for name in countries[0]
    }
    numbering = replace(numberings[0], is_last=True)
    return Country(**whole, parameters=load_parameters(defects), numbering=numbering)
