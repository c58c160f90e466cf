"""Pooling follows Rubin (1987) and Barnard and Rubin (1999), and its intervals cover."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrantpanel.imputation import PoolError, pool
from migrantpanel.random import generator


def by_hand(q: list[float], u: list[float], n: float | None, k: float) -> dict[str, float]:
    """Rubin (1987), formulae 3.1.2 to 3.1.8 and 3.1.10; Barnard and Rubin (1999), section 2."""
    m = len(q)
    within, between = statistics.fmean(u), statistics.variance(q)
    total = within + (m + 1) / m * between
    r = (m + 1) / m * between / within
    df = (m - 1) * (1 + 1 / r) ** 2
    if n is not None:
        complete = n - k
        gamma = (m + 1) / m * between / total
        observed = (complete + 1) / (complete + 3) * complete * (1 - gamma)
        df = df * observed / (df + observed)
    return {
        "estimate": statistics.fmean(q),
        "within": within,
        "between": between,
        "variance": total,
        "df": df,
        "fmi": (r + 2 / (df + 3)) / (r + 1),
    }


numbers = st.floats(-100, 100).map(lambda x: round(x, 3))


@given(
    q=st.lists(numbers, min_size=2, max_size=30, unique=True),
    u=st.floats(0.01, 100),
    n=st.none() | st.integers(10, 10**6),
    k=st.integers(1, 9),
)
def test_formulae(q: list[float], u: float, n: int | None, k: int) -> None:
    variances = [u * (1 + i / 10) for i in range(len(q))]
    pooled = pool(q, variances, n, k)
    for name, value in by_hand(q, variances, n, k).items():
        assert getattr(pooled, name) == pytest.approx(value, rel=1e-9, abs=1e-12), name
    assert pooled.m == len(q)


def test_published_degrees_of_freedom() -> None:
    """Five data sets and a variance increased by a tenth: 484 (SAS/STAT, MIANALYZE, details)."""
    between = 0.1 / 1.2
    q = np.array([-1, -1, 0, 1, 1]) * math.sqrt(between)
    assert q.var(ddof=1) == pytest.approx(between)
    pooled = pool(q, np.ones(5))
    assert pooled.variance == pytest.approx(1.1)
    assert pooled.df == pytest.approx(484)
    # For 484 complete-data degrees of freedom or fewer that is too many: fewer than complete.
    assert pool(q, np.ones(5), n=101).df < 100


def test_published_means() -> None:
    """Five means and standard errors of 31 persons (SAS/STAT 13.2, MIANALYZE, example 1)."""
    oxygen = [47.0120, 47.2407, 47.4995, 47.1485, 47.0042]
    errors = [0.95984, 0.93540, 1.00766, 0.95439, 0.96528]
    variances = [error**2 for error in errors]
    pooled = pool(oxygen, variances, n=31)
    assert pooled.estimate == pytest.approx(47.18098)
    for name, value in by_hand(oxygen, variances, 31, 1).items():
        assert getattr(pooled, name) == pytest.approx(value)


def test_several_estimands_side_by_side() -> None:
    q, u = generator(1, "pool").normal(size=(2, 5, 3, 2))
    together = pool(q, u**2, n=50, k=2)
    assert together.df.shape == (3, 2)
    for i in range(3):
        for j in range(2):
            alone = pool(q[:, i, j], u[:, i, j] ** 2, n=50, k=2)
            for name in ("estimate", "within", "between", "variance", "df", "fmi"):
                assert getattr(together, name)[i, j] == pytest.approx(getattr(alone, name))
            assert np.array(together.interval(0.9))[:, i, j] == pytest.approx(alone.interval(0.9))


def test_nothing_missing_is_the_complete_data_answer() -> None:
    pooled = pool([3.0, 3.0], [4.0, 4.0])
    assert (pooled.variance, pooled.df, pooled.fmi) == (4.0, math.inf, 0.0)
    assert pooled.interval() == pytest.approx((3 - 2 * 1.959964, 3 + 2 * 1.959964))
    assert pooled.standard_error == 2.0
    # Barnard and Rubin's observed-data degrees of freedom, with nothing missing.
    assert pool([3.0, 3.0], [4.0, 4.0], n=31).df == pytest.approx(31 / 33 * 30)


def test_no_variance_at_all() -> None:
    pooled = pool([0.0, 0.0], [0.0, 0.0], n=20)
    assert (pooled.variance, pooled.fmi) == (0.0, pytest.approx(2 / (pooled.df + 3)))
    assert pooled.interval() == (0.0, 0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], [1.0]), "at least two"),
        ((1.0, 1.0), "at least two"),
        (([1.0, 2.0], [1.0]), r"shape \(2,\) but variances \(1,\)"),
        (([1.0, math.nan], [1.0, 1.0]), r"estimates\[1\] is nan"),
        (([[1.0], [2.0]], [[1.0], [-1.0]]), r"variances\[1, 0\] is -1.0"),
        ((["a", "b"], [1.0, 1.0]), "must be numbers"),
        (([1.0, 2.0], [1.0, 1.0], 3, 3), "n = 3 leaves no degrees of freedom for k = 3"),
    ],
)
def test_bad_input_is_named(arguments: tuple, message: str) -> None:
    with pytest.raises(PoolError, match=message) as raised:
        pool(*arguments)
    assert isinstance(raised.value, ValueError)


def test_level_of_an_interval() -> None:
    with pytest.raises(PoolError, match="level 95"):
        pool([1.0, 2.0], [1.0, 1.0]).interval(95)


def test_intervals_cover() -> None:
    """Normal mean, a third missing, proper imputation: within 3.5 Monte Carlo standard errors."""
    rng = generator(1, "coverage")
    repetitions, n, observed, m = 2_000, 150, 100, 20
    y = rng.normal(size=(repetitions, observed))
    mean, variance = y.mean(axis=1), y.var(axis=1, ddof=1)
    # Draw the parameters from their posterior, then the missing values, m times.
    sigma2 = variance * (observed - 1) / rng.chisquare(observed - 1, (m, repetitions))
    mu = rng.normal(mean, np.sqrt(sigma2 / observed))
    missing = rng.normal(mu, np.sqrt(sigma2), (n - observed, m, repetitions))
    filled = np.concatenate(
        [np.broadcast_to(y.T[:, None], (observed, m, repetitions)), missing], axis=0
    )
    pooled = pool(filled.mean(axis=0), filled.var(axis=0, ddof=1) / n, n=n)
    low, high = pooled.interval()
    coverage = np.mean((low < 0) & (high > 0))
    assert abs(coverage - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / repetitions)
    assert pooled.fmi.mean() == pytest.approx(1 / 3, abs=0.03)
