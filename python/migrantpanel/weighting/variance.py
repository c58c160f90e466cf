"""Estimates with their standard errors: Taylor linearisation and replicate weights, by `svy`.

`svy` does the arithmetic. What it is not given room for here: its replicate variance around the
mean of the replicates (always around the estimate), weights that it would calibrate itself (it is
told what ours were calibrated on, and takes the residuals), and lone units (their square around
the mean of all units).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
import scipy.linalg
import svy

from migrantpanel.errors import UserError
from migrantpanel.weighting.replicates import Replicates, unsampled_share

Statistic = Literal["mean", "total", "share"]
STRATUM, UNIT, SIZE = "_stratum", "_unit", "_size"
WEIGHT, PRIOR, REPLICATE = "_weight", "_prior", "_replicate_"
# Of unit columns, what is left of one beside the others when it follows from them.
RANK_TOLERANCE = 1e-9
# Stands for a population without end: svy wants a number in every row.
ENDLESS = 1e15


class VarianceError(UserError, ValueError):
    """Data or a design that no standard error follows from; one line per problem."""


@dataclass(frozen=True)
class SampleDesign:
    """The columns that say how a sample was drawn and weighted.

    Attributes:
        weight: final weight; every row has one.
        stratum: stratum of the primary sampling unit.
        unit: primary sampling unit, named within its stratum; each row its own when None.
        population_units: units in the population of the row's stratum, for the finite population
            correction; null where units were drawn with replacement, or nearly so.
        input_weight: weight before calibration. Needed with `margins`.
        margins: categorical columns that the weights were calibrated on; null is a category.
        totals: numeric columns that the weights were calibrated on.
        domain: column whose categories were calibrated apart.
    """

    weight: str
    stratum: str | None = None
    unit: str | None = None
    population_units: str | None = None
    input_weight: str | None = None
    margins: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    domain: str | None = None


def estimate(
    data: Any,
    y: str,
    design: SampleDesign,
    by: Sequence[str] = (),
    statistic: Statistic = "mean",
    replicate_weights: np.ndarray | None = None,
    coefficient: np.ndarray | None = None,
) -> pl.DataFrame:
    """Estimate a mean, a total or shares, per domain, with standard error and 95 % interval.

    Args:
        data: a pandas, polars or Arrow table, one row per respondent: the whole sample. Rows
            without a value of `y` leave the estimate and stay in the design.
        y: a numeric column (mean, total), or any column whose values get a share each.
        design: the columns of the design.
        by: domains; a row without a value is in none of them.
        statistic: "mean", "total" or "share".
        replicate_weights: final weights per replicate, of shape (rows, replicates); without them
            the error is linearised, with the residuals of the calibration.
        coefficient: per replicate what its squared distance counts (`Replicates.coefficient`).

    Returns:
        One row per domain (and category): the columns of `by`, for shares `category`, then
        estimate, se, lower, upper, df and n, in the order of the domains.

    Raises:
        VarianceError: an unknown column, a weight that is missing, zero, negative or infinite,
            a stratum with more units than its population, margins without `input_weight`.
    """
    frame = _checked(data, y, design, by)
    if statistic == "share":
        frame = frame.with_columns(pl.col(y).cast(pl.String))
    if replicate_weights is None:
        sample, method = _linearised(frame, design), "taylor"
    else:
        sample, method = _replicated(frame, design, replicate_weights, coefficient), "replication"
    ask = {"mean": "mean", "total": "total", "share": "prop"}[statistic]
    found = getattr(sample.estimation, ask)(
        y,
        by=list(by) or None,
        method=method,
        variance_center="estimate",
        drop_nulls=True,
    ).to_polars()
    names = {"est": "estimate", "lci": "lower", "uci": "upper"}
    if statistic == "share":
        names[y] = "category"
    order = [*by, *(["category"] if statistic == "share" else [])]
    table = found.rename(names)
    columns = [*order, "estimate", "se", "lower", "upper", "df", "n"]
    return table.select(columns).sort(order) if order else table.select(columns)


def replicate_weights(
    weigh: Any, input_weight: np.ndarray, replicates: Replicates, **options: Any
) -> np.ndarray:
    """Calibrate every replicate like the sample; shape (rows, replicates).

    Args:
        weigh: `Calibrator.weigh` of the sample.
        input_weight: weights before calibration.
        replicates: factors of `rao_wu` or `jackknife`.
        options: method and bounds, as for the sample.
    """
    return np.column_stack(
        [
            weigh(input_weight * factor, allow_zero=True, **options).weights
            for factor in replicates.factors.T
        ]
    )


def _checked(data: Any, y: str, design: SampleDesign, by: Sequence[str]) -> pl.DataFrame:
    """Return the columns that are needed, or say which are absent and which weights unusable."""
    frame = data if isinstance(data, pl.DataFrame) else pl.DataFrame(data)
    single = (design.weight, design.stratum, design.unit, design.population_units)
    single += (design.input_weight, design.domain)
    wanted = dict.fromkeys([y, *by, *filter(None, single), *design.margins, *design.totals])
    problems = [
        f"column {name!r} is not in the data, which has {', '.join(frame.columns[:20])}"
        for name in wanted
        if name not in frame.columns
    ]
    if (design.margins or design.totals) and design.input_weight is None:
        problems.append("margins without input_weight: name the weight before calibration")
    if not frame.height:
        problems.append("the data have no rows")
    VarianceError.collect(problems)
    for name in filter(None, (design.weight, design.input_weight)):
        weight = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        bad = np.flatnonzero(~(np.isfinite(weight) & (weight > 0)))
        if bad.size:
            problems.append(
                f"weight {name!r} is {frame[name][int(bad[0])]} in row {bad[0]} (counted from 0; "
                f"{bad.size:,} such rows): leave out rows without a weight above 0"
            )
    for name in filter(None, (design.stratum, design.unit)):
        if frame[name].null_count():
            problems.append(f"column {name!r} has rows without a value: every unit needs one")
    VarianceError.collect(problems)
    return frame.select(list(wanted))


def _linearised(frame: pl.DataFrame, design: SampleDesign) -> svy.Sample:
    """Return the sample with its design; what it was calibrated on is told to svy by columns."""
    stratum = pl.lit("all") if design.stratum is None else pl.col(design.stratum)
    unit = pl.int_range(pl.len()) if design.unit is None else pl.col(design.unit)
    frame = frame.with_columns(
        stratum.cast(pl.String).alias(STRATUM),
        unit.cast(pl.String).alias(UNIT),
        pl.col(design.weight).cast(pl.Float64).alias(WEIGHT),
    )
    parts: dict[str, Any] = {}
    if design.population_units is not None:
        size = frame[design.population_units].cast(pl.Float64)
        try:
            unsampled_share(frame[STRATUM], frame[UNIT], size)
        except ValueError as error:
            raise VarianceError(f"population {design.population_units!r}: {error}") from None
        frame = frame.with_columns(size.fill_null(ENDLESS).alias(SIZE))
        parts["pop_size"] = SIZE
    if design.margins or design.totals:
        matrix = model_matrix(frame, design)
        frame = frame.with_columns(
            pl.col(design.input_weight).cast(pl.Float64).alias(PRIOR)
        ).hstack(matrix)
        parts["wgt_adjustment"] = svy.WgtAdjustment(
            kind="calibration", prev_wgt=PRIOR, new_wgt=WEIGHT, aux=tuple(matrix.columns)
        )
    return svy.Sample(
        frame,
        svy.Design(stratum=STRATUM, psu=UNIT, wgt=WEIGHT, singleton="center", **parts),
    )


def model_matrix(frame: pl.DataFrame, design: SampleDesign) -> pl.DataFrame:
    """Return one column per category or total that was met, per domain of the calibration.

    Columns that follow from others are left out: with them `svy` 0.35 gave, in one sample of 24
    with 65 columns of rank 50, an error that was a fifth too large, without a word.
    """
    inside = [(name, None) for name in design.totals]
    for name in design.margins:
        categories = frame[name].cast(pl.String).unique().sort(nulls_last=True)
        inside += [(name, (category,)) for category in categories]
    domains = [None]
    if design.domain is not None:
        domains = [(label,) for label in frame[design.domain].cast(pl.String).unique().sort()]
    columns = []
    for name, category in inside:
        values = pl.col(name).cast(pl.Float64)
        if category is not None:
            values = pl.col(name).cast(pl.String).eq_missing(pl.lit(*category))
        for domain in domains:
            here = pl.lit(True)
            if domain is not None:
                here = pl.col(design.domain).cast(pl.String).eq_missing(pl.lit(*domain))
            columns.append(values.cast(pl.Float64) * here)
    matrix = frame.select(column.alias(f"_x{place}") for place, column in enumerate(columns))
    return matrix.select(matrix.columns[place] for place in _independent(matrix.to_numpy()))


def _independent(matrix: np.ndarray) -> list[int]:
    """Return the places of columns that span all columns, in order."""
    size = np.linalg.norm(matrix, axis=0)
    used = np.flatnonzero(size)
    _, triangle, order = scipy.linalg.qr(
        matrix[:, used] / size[used], mode="economic", pivoting=True
    )
    kept = np.abs(np.diag(triangle)) > RANK_TOLERANCE
    return sorted(int(place) for place in used[order[: len(kept)][kept]])


def _replicated(
    frame: pl.DataFrame, design: SampleDesign, weights: np.ndarray, coefficient: np.ndarray | None
) -> svy.Sample:
    """Return the sample with its replicate weights, one coefficient per replicate."""
    weights = np.asarray(weights, dtype=float)
    if weights.ndim != 2 or weights.shape[0] != frame.height:
        raise VarianceError(
            f"replicate weights have shape {weights.shape}, the data {frame.height:,} rows"
        )
    if coefficient is None or len(coefficient) != weights.shape[1]:
        raise VarianceError(
            f"{weights.shape[1]} replicates need as many coefficients, which `Replicates` carries"
        )
    names = [f"{REPLICATE}{number + 1}" for number in range(weights.shape[1])]
    columns = pl.from_numpy(np.ascontiguousarray(weights), schema=names)
    given = svy.BootstrapWgts(
        prefix=REPLICATE,
        n_reps=len(names),
        rep_coefs=tuple(map(float, coefficient)),
        df=len(names) - 1,
    )
    return svy.Sample(
        frame.with_columns(pl.col(design.weight).cast(pl.Float64).alias(WEIGHT)).hstack(columns),
        svy.Design(wgt=WEIGHT, rep_wgts=given),
    )
