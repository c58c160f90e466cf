"""Replicate factors: Rao-Wu bootstrap and jackknife, drawn by `svy`.

A replicate weight is the input weight times its factor, calibrated like the whole sample. The
variance of an estimate is the sum over replicates of `coefficient` times the squared distance
from the estimate of the whole sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import svy

PREFIX = "factor_"


@dataclass(frozen=True)
class Replicates:
    """Factors of shape (rows, replicates), and per replicate what its squared distance counts."""

    factors: np.ndarray
    coefficient: np.ndarray


def rao_wu(
    stratum: Sequence[str],
    unit: Sequence[str],
    count: int,
    rng: np.random.Generator,
    population_units: Sequence[float] | None = None,
) -> Replicates:
    """Draw the bootstrap of Rao and Wu (1988): per stratum one unit less than it has.

    Args:
        stratum: stratum of each row.
        unit: primary sampling unit of each row; its name counts within the stratum only.
        count: number of replicates.
        rng: generator of the draws. The rows must come in a fixed order.
        population_units: units in the population of each row's stratum; null or infinite for
            sampling with replacement. The factors shrink towards 1 by the root of the share of
            the population that was not drawn, which `svy` leaves out.

    A stratum with one unit is drawn together with a neighbour, see `without_lone_units`.
    """
    frame = _frame(stratum, unit)
    drawn = _sample(frame).weighting.create_bs_wgts(count, rep_prefix=PREFIX, rstate=rng)
    factors = _factors(drawn)
    if population_units is not None:
        kept = np.sqrt(unsampled_share(stratum, unit, population_units))
        factors = 1 + kept[:, None] * (factors - 1)
    return Replicates(factors, np.full(count, 1 / count))


def jackknife(
    stratum: Sequence[str],
    unit: Sequence[str],
    groups: int | None = None,
    rng: np.random.Generator | None = None,
    population_units: Sequence[float] | None = None,
) -> Replicates:
    """Leave out one unit after another (JKn), or one random group of a stratum's units.

    With `groups`, the units of a stratum that has more are dealt at random into so many groups.
    Without, there are as many replicates as units. The finite population is in `coefficient`, which
    `svy` leaves out; the other arguments are those of `rao_wu`.
    """
    frame = _frame(stratum, unit)
    if groups is not None:
        if rng is None:
            raise ValueError("groups are dealt at random: give rng")
        frame = frame.with_columns(unit=_dealt(frame, groups, rng))
    left_out = _sample(frame).weighting.create_jk_wgts(rep_prefix=PREFIX)
    coefficient = np.asarray(left_out.design.rep_wgts.coefficients(), dtype=float)
    factors = _factors(left_out)
    if population_units is not None:
        rows = (factors == 0).argmax(axis=0)
        coefficient = coefficient * unsampled_share(stratum, unit, population_units)[rows]
    return Replicates(factors, coefficient)


def without_lone_units(stratum: Sequence[str], unit: Sequence[str]) -> np.ndarray:
    """Return the strata with each that has a single unit joined to a neighbour.

    In the order of their names, a stratum with one unit joins the one before it (the first, the
    one after it), so that every stratum left has two units or more when the sample has.
    """
    stratum = np.asarray(stratum, dtype=str)
    units = np.char.add(np.char.add(stratum, "\x1f"), np.asarray(unit, dtype=str))
    names, place = np.unique(stratum, return_inverse=True)
    owner = np.unique(units, return_index=True)[1]
    count = np.bincount(place[owner], minlength=len(names))
    home = np.arange(len(names))
    for lone in np.flatnonzero(count == 1):
        goal = home[lone - 1] if lone else home[min(1, len(names) - 1)]
        home[lone] = goal
    return names[home][place]


def unsampled_share(
    stratum: Sequence[str], unit: Sequence[str], population_units: Sequence[float]
) -> np.ndarray:
    """Return per row 1 - n / N of its stratum, 1 where N is null or infinite.

    Raises:
        ValueError: a stratum with fewer units in the population than in the sample.
    """
    size = pl.Series("size", np.asarray(population_units, dtype=float)).fill_nan(None)
    frame = pl.DataFrame({"stratum": stratum, "unit": unit, "size": size})
    drawn = pl.col("unit").n_unique().over("stratum")
    found = frame.select("stratum", share=(1 - drawn / pl.col("size")).fill_null(1.0))
    short = found.filter(pl.col("share") < -1e-9)
    if short.height:
        raise ValueError(
            f"stratum {short['stratum'][0]!r} has more units in the sample than in the population"
        )
    return found["share"].clip(0.0).to_numpy()


def _frame(stratum: Sequence[str], unit: Sequence[str]) -> pl.DataFrame:
    joined = without_lone_units(stratum, unit)
    own = np.char.add(np.char.add(np.asarray(stratum, dtype=str), "\x1f"), np.asarray(unit, str))
    return pl.DataFrame({"stratum": joined, "unit": own}).with_columns(one=pl.lit(1.0))


def _sample(frame: pl.DataFrame) -> svy.Sample:
    return svy.Sample(frame, svy.Design(stratum="stratum", psu="unit", wgt="one"))


def _factors(sample: svy.Sample) -> np.ndarray:
    names = [f"{PREFIX}{number + 1}" for number in range(sample.design.rep_wgts.n_reps)]
    return np.ascontiguousarray(sample.data.select(names).to_numpy())


def _dealt(frame: pl.DataFrame, groups: int, rng: np.random.Generator) -> pl.Series:
    """Deal the units of every stratum into groups of equal size, give or take one."""
    units = frame.select("stratum", "unit").unique(maintain_order=True)
    turn = pl.Series("turn", rng.random(units.height))
    dealt = units.with_columns(turn).with_columns(
        group=((pl.col("turn").rank("ordinal").over("stratum") - 1) % groups).cast(pl.String)
    )
    return frame.join(dealt, on=["stratum", "unit"], how="left", maintain_order="left")["group"]
