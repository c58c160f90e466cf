"""Draws of missing values from a regression on the observed ones, one function per method.

Each takes the predictors and values of the observed rows and the predictors of the rows to fill,
with a first column of ones and the others in comparable units, and returns drawn values. The
parameters are drawn too, so that imputations carry the uncertainty of the model (Rubin 1987,
chapter 5; Van Buuren 2018, sections 3.2 to 3.6).
"""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

Numbers = NDArray[np.float64]

# Added to the diagonal, as a share of it, so that collinear predictors stay solvable.
RIDGE = 1e-5
# Candidates of predictive mean matching.
NEAR = 5
NEWTON_STEPS = 30


def fill_from_observed(y: Numbers, count: int, rng: np.random.Generator) -> Numbers:
    """Draw from the observed values by the approximate Bayesian bootstrap."""
    return rng.choice(rng.choice(y, len(y)), count)


def predictive_mean_matching(
    x: Numbers, y: Numbers, x_due: Numbers, rng: np.random.Generator
) -> Numbers:
    """Draw one of the values whose prediction is nearest, with parameters drawn (type 1)."""
    cross = x.T @ x
    cross[np.diag_indices_from(cross)] *= 1 + RIDGE
    cross[np.diag_indices_from(cross)] += RIDGE
    inverse = np.linalg.inv(cross)
    estimate = inverse @ (x.T @ y)
    rest = y - x @ estimate
    freedom = max(len(y) - x.shape[1], 1)
    sigma = np.sqrt(rest @ rest / rng.chisquare(freedom))
    root = np.linalg.cholesky((inverse + inverse.T) / 2)
    drawn = estimate + sigma * root @ rng.standard_normal(len(estimate))
    return _match(x @ estimate, y, x_due @ drawn, rng)


def _match(
    predicted: Numbers, y: Numbers, wanted: Numbers, rng: np.random.Generator
) -> Numbers:
    """Choose one of the `NEAR` observed values with the nearest prediction."""
    # Equal predictions come in random order, so that none of them is preferred.
    mixed = rng.permutation(len(y))
    order = mixed[np.argsort(predicted[mixed], kind="stable")]
    line = predicted[order]
    near = min(NEAR, len(y))
    place = np.searchsorted(line, wanted)
    around = place[:, None] + np.arange(-near, near)
    inside = (around >= 0) & (around < len(line))
    far = np.abs(line[np.clip(around, 0, len(line) - 1)] - wanted[:, None])
    nearest = np.argsort(np.where(inside, far, np.inf), axis=1, kind="stable")[:, :near]
    pick = nearest[np.arange(len(wanted)), rng.integers(0, near, len(wanted))]
    return y[order[around[np.arange(len(wanted)), pick]]]


def logistic(x: Numbers, y: Numbers, x_due: Numbers, rng: np.random.Generator) -> Numbers:
    """Draw one of two values from a Bayesian logistic regression (normal approximation)."""
    low, high = np.unique(y)
    is_high = (y == high).astype(float)
    beta = np.zeros(x.shape[1])
    # A weak prior, one observation's worth in all, where the data separate the two perfectly.
    prior = np.full(x.shape[1], 1.0 / x.shape[1])
    prior[0] = RIDGE
    for _ in range(NEWTON_STEPS):
        chance = _chance(x @ beta)
        weight = chance * (1 - chance)
        information = (x * weight[:, None]).T @ x + np.diag(prior)
        move = np.linalg.solve(information, x.T @ (is_high - chance) - prior * beta)
        beta = beta + np.clip(move, -5, 5)
        if np.abs(move).max() < 1e-6:
            break
    root = np.linalg.cholesky(np.linalg.inv(information))
    drawn = beta + root @ rng.standard_normal(len(beta))
    return np.where(rng.random(len(x_due)) < _chance(x_due @ drawn), high, low)


def _chance(score: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-np.clip(score, -30, 30)))


def multinomial(x: Numbers, y: Numbers, x_due: Numbers, rng: np.random.Generator) -> Numbers:
    """Draw a category from a multinomial regression on a bootstrap sample."""
    sample = rng.integers(0, len(y), len(y))
    if len(np.unique(y[sample])) == 1:
        return np.full(len(x_due), y[sample][0])
    model = LogisticRegression(C=len(y) ** 0.5, max_iter=200, tol=1e-3)
    with warnings.catch_warnings():
        # A fit that is near enough to draw from is enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x[sample][:, 1:], y[sample])
    chances = model.predict_proba(x_due[:, 1:]).cumsum(axis=1)
    place = (rng.random(len(x_due))[:, None] > chances).sum(axis=1)
    return model.classes_[np.minimum(place, len(model.classes_) - 1)]


METHODS = {
    "pmm": predictive_mean_matching,
    "logistic": logistic,
    "multinomial": multinomial,
}
