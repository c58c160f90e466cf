"""Newton's method for the calibration equations, damped so that it converges when it can.

The multipliers λ minimise the convex function sum d H(x'λ) - t'λ, where H' is the distance's g
(Deville and Särndal 1992, section 3). Along a direction only that function's slope is needed,
so the line search stays exact where differences of the function itself drown in rounding.
"""

from dataclasses import dataclass

import numpy as np

from migrantpanel.weighting.distance import Distance
from migrantpanel.weighting.system import System

# A pivot this far under its diagonal is a combination of earlier columns: categories of two
# margins that each add up to the population, or a region nested in a province.
SINGULAR = 1e-11
# Weights cut off at a bound have no slope; this much of one keeps their equations solvable. The
# second value takes more steps, and reaches a few extreme solutions that the first does not.
FLOOR, CAREFUL_FLOOR = 1e-5, 1e-3
# A longer step of x'λ would send cells far beyond their bounds, where there is no way back.
LONGEST_STEP = 5.0
# Under this share of the tolerance, more digits are not asked for.
DIGITS_TO_SPARE = 1e-3
# A numeric total near zero is met relative to this share of its sum of absolute values.
NEAR_ZERO = 1e-3
# So many steps without a tenth gained: time to ask whether the totals can be met at all.
PATIENCE = 30


@dataclass(frozen=True)
class Solution:
    """The best g per cell, after how many steps, and how far the worst total is off then."""

    g: np.ndarray
    iterations: int
    error: float
    worst: int


# Steps that are too long overflow and are halved.
@np.errstate(over="ignore", invalid="ignore")
def solve(
    system: System,
    design: np.ndarray,
    distance: Distance,
    tol: float,
    max_iter: int,
    floor: float = FLOOR,
) -> Solution:
    """Return the best solution found within `max_iter` steps; the caller judges its error.

    Args:
        system: the calibration equations.
        design: summed design weight per cell.
        distance: the method.
        tol: largest relative error to stop at. Steps that still gain digits are taken from
            there, so that the weights themselves are as exact as the totals.
        max_iter: largest number of steps.
        floor: least slope of g, where steps would have none.
    """
    scale = _scale(system, design)
    targets = system.targets
    centred = targets.copy()
    if system.population is not None:
        centred[len(targets) - len(system.totals) :] = 0.0

    bounded = np.isfinite(distance.lower) or np.isfinite(distance.upper)
    u = np.zeros(system.cells)
    g = distance.g(u)
    residual = centred - system.sums(design * g)
    best = Solution(g, 0, *_worst(residual, scale))
    error, factor, reported, waited, gaining = best.error, None, best.error, 0, True
    for iteration in range(1, max_iter + 1):
        if error <= tol and (error <= DIGITS_TO_SPARE * tol or not gaining):
            break
        if factor is None:
            slope = np.maximum(distance.slope(g), min(floor, error))
            factor = _factorise(system.crossproduct(design * slope))
        direction = factor.solve(residual)
        change = system.scores(direction)
        if bounded:
            shorter = min(1.0, LONGEST_STEP / float(np.max(np.abs(change), initial=LONGEST_STEP)))
            direction, change = direction * shorter, change * shorter
        next_u = u + change
        next_g = distance.g(next_u)
        next_residual = centred - system.sums(design * next_g)
        next_error, _ = _worst(next_residual, scale)
        if not next_error <= 0.5 * error and error > tol:
            gain = float(np.sum(residual * direction))
            step = _line_search(design, u, change, gain, distance)
            next_u = u + step * change
            next_g = distance.g(next_u)
            next_residual = centred - system.sums(design * next_g)
            next_error, _ = _worst(next_residual, scale)
        gaining = next_error <= 0.5 * error
        # A factor that still gains a digit per step is kept: it costs more than the step.
        if not next_error <= 0.1 * error:
            factor = None
        u, g, residual, error = next_u, next_g, next_residual, next_error
        if error < best.error:
            best = Solution(g, iteration, *_worst(residual, scale))
        if best.error <= 0.9 * reported:
            reported, waited = best.error, 0
        else:
            waited += 1
        if waited >= PATIENCE or not np.isfinite(error):
            break
    return best


def _scale(system: System, design: np.ndarray) -> np.ndarray:
    """Return what errors are relative to: each total, or for one near zero its absolute sum."""
    scale = np.abs(system.targets)
    growth = system.population / design.sum() if system.population is not None else 1.0
    for place, item, numbers in zip(
        system.slices[len(system.margins) :], system.totals, system._numbers, strict=True
    ):
        absolute = np.sum(design * np.abs(numbers + system.centre(item))) * growth
        scale[place] = np.maximum(scale[place], NEAR_ZERO * absolute)
    return np.where(scale > 0, scale, 1.0)


def _worst(residual: np.ndarray, scale: np.ndarray) -> tuple[float, int]:
    relative = np.abs(residual) / scale
    worst = int(np.argmax(relative))
    return float(relative[worst]), worst


def _line_search(
    design: np.ndarray, u: np.ndarray, change: np.ndarray, gain: float, distance: Distance
) -> float:
    """Return a step along `change` that takes away three quarters of the slope `gain` or more.

    The slope falls as the step grows (the function is convex), so it is bracketed and halved.
    """
    here = distance.g(u)

    def slope(step: float) -> float:
        return gain - float(np.sum(design * (distance.g(u + step * change) - here) * change))

    low, high, step = 0.0, None, 1.0
    for _ in range(60):
        left = slope(step)
        if abs(left) <= 0.25 * abs(gain):
            break
        if left > 0:
            low = step
        else:
            high = step
        if high is not None:
            step = (low + high) / 2
        elif step < 1024:
            step *= 2
        else:
            break
    return step


@dataclass(frozen=True)
class _Factor:
    """LDL' factors of a symmetric matrix, its columns reordered and scaled to a unit diagonal."""

    matrix: np.ndarray
    scale: np.ndarray
    order: np.ndarray

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Solve for one right-hand side; columns that were passed over get 0."""
        x = (right * self.scale)[self.order]
        for j in range(len(x)):
            x[j + 1 :] -= self.matrix[j + 1 :, j] * x[j]
        pivots = self.matrix.diagonal()
        x = np.divide(x, pivots, where=pivots > 0, out=np.zeros_like(x))
        for j in range(len(x) - 1, -1, -1):
            x[j] -= np.sum(self.matrix[j + 1 :, j] * x[j + 1 :])
        result = np.empty_like(x)
        result[self.order] = x
        return result * self.scale


def _factorise(matrix: np.ndarray) -> _Factor:
    """Factorise a symmetric matrix that may be singular.

    Columns that depend on earlier ones are passed over, so a rank-deficient system is solved by
    its first independent columns. Large columns come last: what is met by implication is then
    met by the category where rounding matters least. Written out, because the last digits of
    LAPACK depend on the number of threads.
    """
    diagonal = matrix.diagonal()
    scale = np.where(diagonal > 0, diagonal, np.inf) ** -0.5
    order = np.argsort(diagonal, kind="stable")
    a = (matrix * np.multiply.outer(scale, scale))[np.ix_(order, order)]
    for j in range(len(a)):
        pivot = a[j, j]
        if pivot <= SINGULAR:
            a[j:, j] = 0.0
            continue
        row = a[j + 1 :, j] / pivot
        a[j + 1 :, j + 1 :] -= np.multiply.outer(row, a[j + 1 :, j])
        a[j + 1 :, j] = row
    return _Factor(a, scale, order)
