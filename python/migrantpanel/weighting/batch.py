"""Calibrates many vectors of weights of one sample at once: replicates.

Rows that agree on every margin are one cell with the same g, so that a replicate is a vector of
cell sums, and Newton's steps of all replicates are taken together. Only categorical margins.
Nothing here uses BLAS, so results do not depend on the number of threads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from migrantpanel.weighting.distance import Distance, distance

# How a replicate was calibrated, in the order in which it is tried.
WITHIN_BOUNDS, WIDER_BOUNDS, FEWER_MARGINS, POPULATION_ONLY, EMPTY = range(5)
OUTCOMES = ("within_bounds", "wider_bounds", "fewer_margins", "population_only", "empty")
# A replicate of a small group is more uneven than the sample, and may go further.
WIDER = (0.05, 10.0)
MOST_STEPS = 60
# Pivots below this share of the largest belong to equations that follow from others.
SINGULAR = 1e-11
# Where g is cut off everywhere its slope is 0, and Newton's equations need a little.
FLOOR = 1e-8


@dataclass(frozen=True)
class Batch:
    """Calibrated weights of shape (rows, replicates), and per replicate how it was calibrated."""

    weights: np.ndarray
    outcome: np.ndarray


def calibrate_batch(
    start: np.ndarray,
    codes: Mapping[str, np.ndarray],
    totals: Mapping[str, Mapping[str, float]],
    population: float,
    method: str,
    bounds: tuple[float, float] | None,
    tol: float = 1e-10,
) -> Batch:
    """Calibrate each column of starting weights to the same margins.

    Args:
        start: starting weights of shape (rows, replicates); 0 leaves a row out.
        codes: {margin: category of each row}, the margin to give up last first.
        totals: {margin: {category: population}}.
        population: what all weights add up to, also without margins.
        method: linear, raking or logit.
        bounds: limits on g = weight / starting weight, after the starting weights are made to
            add up to the population.
        tol: largest relative error of any total.

    A replicate whose totals cannot be met within the bounds is calibrated by truncated linear
    weights within `WIDER`, and one that cannot be met there gives up margins from the last on.
    All totals that are left are met to `tol`. A replicate without weight at all stays 0.
    """
    sums = start.sum(axis=0)
    outcome = np.where(sums > 0, POPULATION_ONLY, EMPTY)
    scaled = start * np.divide(population, sums, where=sums > 0, out=np.zeros_like(sums))
    weights = scaled.copy()
    names = list(codes)
    open_columns = np.flatnonzero(sums > 0)
    for size in range(len(names), 0, -1):
        if not len(open_columns):
            break
        kept = names[:size]
        equations = _Equations({n: codes[n] for n in kept}, {n: totals[n] for n in kept})
        for chosen, label in (
            (distance(method, bounds), WITHIN_BOUNDS),
            (distance("linear", WIDER), WIDER_BOUNDS),
        ):
            if not len(open_columns):
                break
            g, met = equations.solve(scaled[:, open_columns], chosen, tol)
            done = open_columns[met]
            weights[:, done] = scaled[:, done] * g[:, met]
            outcome[done] = label if size == len(names) else FEWER_MARGINS
            open_columns = open_columns[~met]
    return Batch(weights, outcome)


class _Equations:
    """Margins of one sample as equations over cells, for many right-hand sides."""

    def __init__(
        self,
        codes: Mapping[str, np.ndarray],
        totals: Mapping[str, Mapping[str, float]],
    ) -> None:
        columns, target = [], []
        for name, wanted in totals.items():
            labels = np.array(list(wanted), dtype=object)
            place = {label: number for number, label in enumerate(labels)}
            columns.append(
                np.array([place[code] for code in codes[name]], dtype=np.intp) + len(target)
            )
            target += [wanted[label] for label in labels]
        self.target = np.array(target)
        rows = np.stack(columns, axis=1)
        self.cells, self.cell = np.unique(rows, axis=0, return_inverse=True)
        self.cell = self.cell.ravel()
        count, parts = self.cells.shape
        # Cells to categories, and cells to pairs of categories.
        self.indicator = _incidence([self.cells[:, part] for part in range(parts)], len(target))
        size = len(target)
        pairs = [
            self.cells[:, a] * size + self.cells[:, b] for a in range(parts) for b in range(parts)
        ]
        self.product = _incidence(pairs, size * size)
        self.fold = _incidence([self.cell], count)

    def solve(
        self, start: np.ndarray, chosen: Distance, tol: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return g per row and replicate, and which replicates meet every total."""
        design = self.fold @ start
        target = self.target[:, None]
        u = np.zeros_like(design)
        g = chosen.g(u)
        error = self._error(design * g)
        size = len(self.target)
        moving = error > tol
        for _ in range(MOST_STEPS):
            places = np.flatnonzero(moving)
            if not len(places):
                break
            part, part_u = design[:, places], u[:, places]
            slope = np.maximum(chosen.slope(g[:, places]), FLOOR)
            matrix = (self.product @ (part * slope)).T.reshape(len(places), size, size)
            residual = (target - self.indicator @ (part * g[:, places])).T
            change = self.indicator.T @ _solve(matrix, residual).T
            step = np.ones(len(places))
            for _ in range(12):
                trial_u = part_u + step * change
                trial_g = chosen.g(trial_u)
                trial = self._error(part * trial_g)
                worse = trial > error[places]
                if not worse.any():
                    break
                step = np.where(worse, step / 2, step)
            gained = trial < error[places] * (1 - 1e-6)
            u[:, places] = np.where(gained, trial_u, part_u)
            g[:, places] = np.where(gained, trial_g, g[:, places])
            error[places] = np.where(gained, trial, error[places])
            moving[places] = gained & (error[places] > tol)
        return g[self.cell], error <= tol

    def _error(self, values: np.ndarray) -> np.ndarray:
        reached = self.indicator @ values
        relative = np.abs(reached - self.target[:, None]) / self.target[:, None]
        return relative.max(axis=0)


def _incidence(codes: list[np.ndarray], size: int) -> sparse.csr_array:
    """Return the matrix that sums columns over the rows with each code."""
    rows = np.concatenate(codes)
    places = np.tile(np.arange(len(codes[0])), len(codes))
    return sparse.csr_array((np.ones(len(rows)), (rows, places)), shape=(size, len(codes[0])))


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve many symmetric systems; equations that follow from others get 0.

    Gaussian elimination in the order of the equations, all systems step by step together.
    """
    scale = np.sqrt(np.maximum(np.einsum("rii->ri", matrix), 1e-300))
    a = matrix / (scale[:, :, None] * scale[:, None, :])
    b = right / scale
    size = a.shape[1]
    pivots = np.ones_like(b)
    for j in range(size):
        pivot = a[:, j, j].copy()
        singular = pivot <= SINGULAR
        a[singular, j:, j] = 0.0
        a[singular, j, j:] = 0.0
        b[singular, j] = 0.0
        pivot[singular] = 1.0
        pivots[:, j] = pivot
        factor = a[:, j + 1 :, j] / pivot[:, None]
        a[:, j + 1 :, j + 1 :] -= factor[:, :, None] * a[:, j, None, j + 1 :]
        b[:, j + 1 :] -= factor * b[:, j, None]
    x = np.zeros_like(b)
    for j in range(size - 1, -1, -1):
        x[:, j] = (b[:, j] - (a[:, j, j + 1 :] * x[:, j + 1 :]).sum(axis=1)) / pivots[:, j]
    return x / scale
