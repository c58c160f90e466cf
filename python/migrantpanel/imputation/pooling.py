"""Rubin's rules: one estimate and one honest variance from m imputed data sets.

Rubin, D. B. (1987), Multiple Imputation for Nonresponse in Surveys, section 3.1; degrees of
freedom for small samples by Barnard, J. and Rubin, D. B. (1999), Biometrika 86, 948-955.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from migrantpanel.errors import UserError

Number = float | NDArray[np.float64]


class PoolError(UserError, ValueError):
    """Estimates that cannot be pooled; the message says what is wrong with them."""


@dataclass(frozen=True)
class Pooled:
    """One pooled estimand, or several side by side: each attribute then is an array of them.

    Attributes:
        estimate: mean of the m estimates.
        within: mean of the m variances, the sampling part.
        between: variance of the m estimates, the part that imputation adds.
        variance: within + (1 + 1/m) between.
        df: degrees of freedom of the t distribution for intervals and tests.
        fmi: fraction of information that is missing.
        m: number of imputed data sets.
    """

    estimate: Number
    within: Number
    between: Number
    variance: Number
    df: Number
    fmi: Number
    m: int

    @property
    def standard_error(self) -> Number:
        """Return the square root of the variance."""
        return np.sqrt(self.variance)[()]

    def interval(self, level: float = 0.95) -> tuple[Number, Number]:
        """Return the lower and upper bound of the interval with this confidence level."""
        if not 0 < level < 1:
            raise PoolError(f"level {level} is not between 0 and 1")
        half = stdtrit(self.df, (1 + level) / 2) * self.standard_error
        return self.estimate - half, self.estimate + half


def pool(
    estimates: ArrayLike, variances: ArrayLike, n: float | None = None, k: float = 1
) -> Pooled:
    """Pool the estimates of m imputed data sets by Rubin's rules.

    Args:
        estimates: m numbers, or an array whose first axis has length m (one row per data set,
            estimands along the other axes).
        variances: their squared standard errors, in the same shape.
        n: sample size of the complete data; None for a sample so large that its degrees of
            freedom do not matter.
        k: number of parameters estimated; n - k are the complete-data degrees of freedom. With a
            survey design give those of the design: n the primary units, k the strata.

    Raises:
        PoolError: fewer than two data sets, unequal shapes, values that are not finite, negative
            variances, or n not larger than k.
    """
    q, u = _checked(estimates, variances, n, k)
    m = len(q)
    estimate, within, between = q.mean(axis=0), u.mean(axis=0), q.var(axis=0, ddof=1)
    added = (1 + 1 / m) * between
    variance = within + added
    with np.errstate(divide="ignore", invalid="ignore"):
        # No variance at all: nothing is missing. Otherwise the share that imputation adds.
        share = np.where(variance > 0, added / variance, 0.0)
        df = (m - 1) / share**2
        if n is not None:
            complete = n - k
            observed = (complete + 1) / (complete + 3) * complete * (1 - share)
            # With no sampling variance at all (share 1) nothing is observed and df is 0.
            df = np.where(observed > 0, 1 / (1 / df + 1 / observed), 0.0)
        fmi = share + (1 - share) * 2 / (df + 3)
    results = (estimate, within, between, variance, df, fmi)
    return Pooled(*(np.asarray(result, dtype=float)[()] for result in results), m=m)


def _checked(
    estimates: ArrayLike, variances: ArrayLike, n: float | None, k: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        q, u = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    except (TypeError, ValueError) as error:
        raise PoolError(f"estimates and variances must be numbers: {error}") from error
    if q.shape != u.shape:
        raise PoolError(f"estimates have shape {q.shape} but variances {u.shape}")
    if q.ndim == 0 or len(q) < 2:
        raise PoolError("pooling needs the estimates of at least two imputed data sets")
    problems = []
    for name, values in (("estimates", q), ("variances", u)):
        if not np.isfinite(values).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
            problems.append(f"{name}{list(where)} is {values[where]}: leave that estimand out")
    if (u < 0).any():
        where = tuple(int(i) for i in np.argwhere(u < 0)[0])
        problems.append(f"variances{list(where)} is {u[where]}: give squared standard errors")
    if n is not None and not n > k:
        problems.append(f"n = {n} leaves no degrees of freedom for k = {k} parameters")
    PoolError.collect(problems)
    return q, u
