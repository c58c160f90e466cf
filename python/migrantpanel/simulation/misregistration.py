"""Arrivals that were registered late, and residents struck from the register by mistake.

Both leave the true stay as it is and change what was registered, consistently in all frames of a
block. Only people who live alone meanwhile are chosen, so that no household changes its size.
"""

from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.parameters import Parameters

# What exists only while somebody is registered.
ON_PAPER = ("registration", "address_spell", "household_spell", "income_source_spell")
FIRST_DAY, LAST_DAY = date(1995, 1, 2), date(2023, 12, 1)
Frames = dict[str, pl.DataFrame]


def misregister(frames: Frames, parameters: Parameters, seed: int, block: int) -> Frames:
    """Return the frames of a block with both mistakes made, at the rates of the defects."""
    frames = _register_late(frames, parameters, generator(seed, "late_registration", block))
    return _strike(frames, parameters, generator(seed, "wrong_removal", block))


def _register_late(frames: Frames, parameters: Parameters, rng: np.random.Generator) -> Frames:
    """Let a share of all immigrations be registered months or years after the arrival."""
    spec = parameters.defects["late_registration"]
    arrivals = frames["registration"].filter(
        (pl.col("start_reason") == "immigration") & (pl.col("start") >= FIRST_DAY)
    )
    # A return while a former registration was open began no stay of its own on that day.
    arrivals = arrivals.join(
        frames["stay"].select("person", "start", left="end"), on=["person", "start"],
        maintain_order="left",
    )  # fmt: skip
    until = pl.min_horizontal("end", "left")
    gaps = _gaps(arrivals.select("person", low="start", until=until), spec["months"], rng)
    chosen = _chosen(gaps, spec["rate"], arrivals.height, frames, rng)
    return frames | {name: _without(frames[name], chosen) for name in ON_PAPER}


def _strike(frames: Frames, parameters: Parameters, rng: np.random.Generator) -> Frames:
    """Strike a share of the foreign-born registered, who stay, and enter them again later."""
    spec = parameters.defects["wrong_removal"]
    foreign = frames["person"].filter(pl.col("generation") == "1").select("person")
    spells = frames["registration"].join(
        foreign, on="person", how="semi", maintain_order="left"
    ).filter(pl.col("end").is_null() | (pl.col("end") > FIRST_DAY))  # fmt: skip
    since = pl.max_horizontal("start", pl.lit(FIRST_DAY))
    days = (pl.col("end").fill_null(LAST_DAY) - since).dt.total_days()
    draw = pl.Series(rng.random(spells.height))
    spells = spells.with_columns(low=since + pl.duration(days=(days * draw).cast(pl.Int64)))
    # The first year on paper was looked at when it began.
    settled = spells.filter(pl.col("low") > pl.col("start") + pl.duration(days=365))
    # Who is struck by mistake is here, and still so when the mistake is mended.
    stay = frames["stay"].select("person", came="start", left="end")
    settled = settled.join(stay, on="person", maintain_order="left").filter(
        (pl.col("came") < pl.col("low"))
        & (pl.col("left").is_null() | (pl.col("left") > pl.col("low")))
    )
    until = pl.min_horizontal("end", "left")
    gaps = _gaps(settled.select("person", "low", until=until), spec["months"], rng)
    chosen = _chosen(gaps, spec["rate"], spells.height, frames, rng)
    cut = frames | {name: _split(frames[name], chosen) for name in ON_PAPER}
    at_low = pl.struct("person", "end").is_in(_pairs(chosen, "low", "end").implode())
    at_high = pl.struct("person", "start").is_in(_pairs(chosen, "high", "start").implode())
    cut["registration"] = cut["registration"].with_columns(
        end_reason=pl.when(at_low).then(pl.lit("administrative removal")).otherwise("end_reason"),
        country_to=pl.when(at_low).then(pl.lit("0000")).otherwise("country_to"),
        start_reason=pl.when(at_high).then(pl.lit("administrative entry"))
        .otherwise("start_reason"),
        country_from=pl.when(at_high).then(pl.lit("0000")).otherwise("country_from"),
    )  # fmt: skip
    return cut


def _pairs(chosen: pl.DataFrame, day: str, name: str) -> pl.Series:
    return chosen.select(pair=pl.struct("person", pl.col(day).alias(name)))["pair"]


def _gaps(spells: pl.DataFrame, months: list[int], rng: np.random.Generator) -> pl.DataFrame:
    """Draw gaps [low, high) that end at least two months before the spell does."""
    length = rng.integers(months[0] * 30, months[1] * 30, spells.height, endpoint=True)
    high = pl.col("low") + pl.duration(days=pl.Series(length))
    gaps = spells.with_columns(high=high)
    return gaps.filter(
        (pl.col("high") + pl.duration(days=60) < pl.col("until").fill_null(LAST_DAY))
        & (pl.col("high") < LAST_DAY)
    ).drop("until")


def _chosen(
    gaps: pl.DataFrame, rate: float, of: int, frames: Frames, rng: np.random.Generator
) -> pl.DataFrame:
    """Choose gaps of people who are alone at one address, at most one per person."""
    homes = frames["household_spell"].select("person", "start", "end", "n_persons")
    homes = homes.join(gaps, on="person", how="inner").filter(
        (pl.col("start") <= pl.col("high"))
        & (pl.col("end").is_null() | (pl.col("end") >= pl.col("low")))
    )
    alone = homes.group_by("person", "low").agg(size=pl.col("n_persons").max())
    alone = alone.filter(pl.col("size") == 1)
    gaps = gaps.join(alone, on=["person", "low"], how="semi", maintain_order="left")
    gaps = gaps[np.sort(rng.permutation(gaps.height)[: int(np.ceil(rate * of))])]
    return gaps.unique("person", keep="first", maintain_order=True)


def _without(spells: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Let spells that began in the gap begin at its end; those that lay in it disappear."""
    gap = spells.select("person").join(gaps, on="person", how="left", maintain_order="left")
    inside = ((spells["start"] >= gap["low"]) & (spells["start"] < gap["high"])).fill_null(False)
    late = spells.with_columns(start=gap["high"].zip_with(inside, spells["start"]))
    return late.filter(pl.col("end").is_null() | (pl.col("end") > pl.col("start")))


def _split(spells: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Cut the gap out of spells."""
    both = spells.with_row_index("order").join(
        gaps, on="person", how="left", maintain_order="left"
    )  # fmt: skip
    low, high, start, end = (pl.col(name) for name in ("low", "high", "start", "end"))
    touches = (start < high) & (end.is_null() | (end > low))
    hit = both.filter(touches.fill_null(False))
    before = hit.filter(start < low).with_columns(end=low)
    after = hit.filter(end.is_null() | (end > high)).with_columns(
        start=pl.max_horizontal(start, high)
    )
    rest = both.filter(~touches.fill_null(False))
    return pl.concat([rest, before, after]).sort("order", "start").drop("order", "low", "high")
