"""A status that a survey did not ask: imputed across two surveys, then corrected by admissions.

After Van Hook and others (2016), who gave the members of one survey a legal status learnt from
another, many times over, and then took refugees out of those without one; and after the
admission-share rule of the Migration Policy Institute (a cell of country and year of arrival
counts as refugees where admissions pass a share of those who came).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.imputation.pooling import Pooled, pool
from migrantpanel.imputation.regression import METHODS
from migrantpanel.random import generator


class StatusError(UserError, ValueError):
    """Surveys that a status cannot be carried between; the message says what to change."""


def status_across_surveys(
    donor: pl.DataFrame,
    target: pl.DataFrame,
    status: str,
    predictors: Sequence[str],
    implicates: int = 20,
    seed: int = 1,
) -> pl.DataFrame:
    """Draw the status of everybody in one survey from a model of another survey.

    Args:
        donor: respondent_id, `status` (text) and the predictors; rows without status are left out.
        target: respondent_id and the predictors.
        status: the column to draw.
        predictors: columns of both surveys: text (categories) or numbers; null is a class of its
            own. What they leave out is assumed to play the same part in both surveys.
        implicates: completed data sets.
        seed: key of the draws.

    Returns:
        respondent_id, implicate and the status drawn, sorted.

    Raises:
        StatusError: a predictor that is missing from one survey or never shared, or a status with
            one value only.
    """
    problems = [
        f"{name} lacks the predictor {column!r}"
        for name, table in (("the donor survey", donor), ("the target survey", target))
        for column in predictors
        if column not in table.columns
    ]
    StatusError.collect(problems)
    known = donor.filter(pl.col(status).is_not_null()).sort("respondent_id")
    wanted = target.sort("respondent_id")
    values = sorted(known[status].unique())
    if len(values) < 2:
        raise StatusError(f"{status} of the donor survey has one value only: {values}")
    x = _predictors(known.select(predictors), wanted.select(predictors))
    y = known[status].replace_strict(
        {value: float(place) for place, value in enumerate(values)}, return_dtype=pl.Float64
    ).to_numpy()  # fmt: skip
    method = METHODS["logistic" if len(values) == 2 else "multinomial"]
    parts = []
    for implicate in range(1, implicates + 1):
        rng = generator(seed, "status across surveys", implicate)
        drawn = method(x[: len(known)], y, x[len(known) :], rng)
        parts.append(pl.DataFrame({
            "respondent_id": wanted["respondent_id"],
            "implicate": pl.Series([implicate] * len(wanted), dtype=pl.Int32),
            status: [values[int(place)] for place in drawn],
        }))  # fmt: skip
    return pl.concat(parts).sort("respondent_id", "implicate")


def _predictors(known: pl.DataFrame, wanted: pl.DataFrame) -> np.ndarray:
    """Return one matrix for both surveys, with a first column of ones."""
    both = pl.concat([known, wanted], how="vertical_relaxed")
    columns = [np.ones(len(both))]
    for column in both:
        if column.dtype == pl.String:
            filled = column.fill_null("-")
            # A category that the donor survey never saw says nothing: it joins the reference.
            seen = sorted(set(filled[: len(known)]) & set(filled[len(known) :]))
            columns += [(filled == level).cast(pl.Float64).to_numpy() for level in seen[1:]]
            continue
        number = column.cast(pl.Float64)
        spread = number.std() or 1.0
        columns.append(((number - number.mean()) / spread).fill_null(0.0).to_numpy())
        if number.null_count():
            columns.append(number.is_null().cast(pl.Float64).to_numpy())
    return np.column_stack(columns)


def reassign_refugees(
    drawn: pl.DataFrame, probable: pl.Series, status: str, to: str
) -> pl.DataFrame:
    """Give those in cells of probable refugees the status that refugees have.

    Args:
        drawn: as from `status_across_surveys`.
        probable: respondent_id of those whose country and year of arrival make a refugee cell.
        status: the column drawn.
        to: the status of refugees.
    """
    return drawn.with_columns(
        pl.when(pl.col("respondent_id").is_in(probable.implode()))
        .then(pl.lit(to))
        .otherwise(status)
        .alias(status)
    )


def pooled_share(drawn: pl.DataFrame, status: str, value: str) -> Pooled:
    """Pool the unweighted share of one status over implicates by Rubin's rules."""
    shares = drawn.group_by("implicate").agg(
        share=(pl.col(status) == value).mean(), n=pl.len()
    ).sort("implicate")  # fmt: skip
    p, n = shares["share"].to_numpy(), shares["n"].to_numpy()
    return pool(p, p * (1 - p) / n, n=float(n[0]))


SHARES = {
    "step": pl.String, "status": pl.String, "respondent_count": pl.Int64,
    "share_percent": pl.Float64, "low_percent": pl.Float64, "high_percent": pl.Float64,
    "reported_percent": pl.Float64, "fmi": pl.Float64,
}  # fmt: skip


def status_shares(
    donor: pl.DataFrame,
    target: pl.DataFrame,
    status: str,
    predictors: Sequence[str],
    to: str,
    implicates: int,
    seed: int,
) -> pl.DataFrame:
    """Compare the shares of a status, imputed and reassigned, with what the target itself says.

    Args:
        donor, target, status, predictors, implicates, seed: as for `status_across_surveys`; the
            target also holds its own `status`, which is used for comparison only, and
            is_probable_refugee.
        to: the status of refugees.

    Returns:
        One row per step (`imputed`, `reassigned`) and status: respondent_count, the pooled share
        with its 95 % interval, the share that respondents report, and the fraction of missing
        information.
    """
    drawn = status_across_surveys(donor, target, status, predictors, implicates, seed)
    probable = target.filter("is_probable_refugee")["respondent_id"]
    steps = {"imputed": drawn, "reassigned": reassign_refugees(drawn, probable, status, to)}
    reported = target[status].drop_nulls()
    rows = []
    for step, table in steps.items():
        for value in sorted(reported.unique()):
            share = pooled_share(table, status, value)
            low, high = share.interval()
            rows.append((
                step, value, target.height, 100 * share.estimate, 100 * low, 100 * high,
                100 * float((reported == value).mean()), share.fmi,
            ))  # fmt: skip
    return pl.DataFrame(rows, SHARES, orient="row")
