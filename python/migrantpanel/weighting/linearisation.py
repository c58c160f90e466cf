"""Linearised errors of many estimates from one sample, calibration included.

`variance.estimate` is the way for one estimate. A sample of which thousands are wanted is prepared
once here: the regression on the calibrated margins becomes an orthonormal basis, of which every
estimate needs only its coordinates. Tests hold the two against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from migrantpanel.weighting.replicates import unsampled_share

# Columns of the model matrix below this share of the largest are combinations of others.
RANK_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Terms:
    """What takes the calibration out of a variance, one basis vector per column.

    For a linearised variable z the variance is that without calibration, minus the sum over
    columns of c (2 h - spread c), with c = coordinate' z and h = effect' z.
    """

    coordinate: np.ndarray
    effect: np.ndarray
    spread: np.ndarray


class Linearisation:
    """A sample with its design, ready to give the error of any linearised variable."""

    def __init__(
        self,
        weight: np.ndarray,
        stratum: Sequence[str],
        unit: Sequence[str],
        population_units: Sequence[float] | None = None,
        input_weight: np.ndarray | None = None,
        matrix: np.ndarray | None = None,
    ) -> None:
        """Take one value per row; `matrix` has a column per margin category or total met.

        `population_units` is as for `replicates.rao_wu`. A stratum with one unit counts by its
        own square.
        """
        self.weight = np.asarray(weight, dtype=float)
        frame = pl.DataFrame({"stratum": stratum, "unit": unit})
        place = frame.select(
            stratum=pl.col("stratum").rank("dense") - 1,
            unit=pl.struct("stratum", "unit").rank("dense") - 1,
        )
        self._unit = place["unit"].to_numpy().astype(np.int64)
        first = np.unique(self._unit, return_index=True)[1]
        self._stratum = place["stratum"].to_numpy().astype(np.int64)[first]
        units = np.bincount(self._stratum)
        # n / (n - 1), and a lone unit's own square.
        growth = np.where(units > 1, units / np.maximum(units - 1, 1), 1.0)
        share = np.ones(len(frame))
        if population_units is not None:
            share = unsampled_share(stratum, unit, population_units)
        self._factor = (growth[self._stratum] * share[first])[:, None]
        self._size = np.where(units > 1, units, np.inf)[self._stratum][:, None]
        self._basis, self._prior = None, None
        if matrix is not None:
            self._prior = np.asarray(input_weight, dtype=float)[:, None]
            self._basis = _orthonormal(np.asarray(matrix, dtype=float), self._prior)

    def errors(self, z: np.ndarray) -> np.ndarray:
        """Return the standard error of the weighted sum of each column of z."""
        z = np.asarray(z, dtype=float)
        z = z[:, None] if z.ndim == 1 else z
        if self._basis is not None:
            z = z - self._basis @ (self._basis.T @ (self._prior * z))
        total = self._per_unit(self.weight[:, None] * z)
        centred = total - self._per_stratum(total) / self._size
        return np.sqrt((self._factor * centred * centred).sum(axis=0))

    def ratio_errors(self, y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weighted sums of y over those of x, column by column, and their errors."""
        size = self.weight @ x
        ratio = (self.weight @ y) / size
        return ratio, self.errors((y - ratio * x) / size)

    def terms(self) -> Terms:
        """Return the terms by which any variance without calibration becomes one with it.

        The basis is turned so that its weighted unit totals are uncorrelated, which leaves one
        number per column instead of a matrix. Raises ValueError without a matrix.
        """
        if self._basis is None:
            raise ValueError("a sample that was not calibrated has no terms")
        total = self._per_unit(self.weight[:, None] * self._basis)
        centred = self._factor * (total - self._per_stratum(total) / self._size)
        spread, turn = np.linalg.eigh((total.T @ centred + centred.T @ total) / 2)
        return Terms(
            coordinate=self._prior * (self._basis @ turn),
            effect=self.weight[:, None] * (centred @ turn)[self._unit],
            spread=spread,
        )

    def _per_unit(self, values: np.ndarray) -> np.ndarray:
        return _sums(values, self._unit, len(self._stratum))

    def _per_stratum(self, totals: np.ndarray) -> np.ndarray:
        return _sums(totals, self._stratum, self._stratum.max() + 1)[self._stratum]


def _sums(values: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """Sum rows by group, in row order."""
    result = np.zeros((count, values.shape[1]))
    np.add.at(result, group, values)
    return result


def _orthonormal(matrix: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Return columns that span those of the matrix, orthonormal under the weights."""
    root = np.sqrt(prior)
    left, size, _ = np.linalg.svd(matrix * root, full_matrices=False)
    return left[:, size > RANK_TOLERANCE * size.max()] / root
