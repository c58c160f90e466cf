"""Why totals cannot be met, and what would do: linear programmes over g = weight / design weight.

Newton's method not converging proves nothing; a linear programme does. Its variables are g per
cell, within the bounds, and per total how far it stays below or above.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from migrantpanel.weighting.distance import Distance
from migrantpanel.weighting.system import System

# Summed relative misses under this are the programme's own rounding.
FEASIBLE = 1e-7
# Logit and raking only approach their open bounds; closer than this counts as not reaching them.
OPEN_ROOM = 1e-6
# Suggestions stay this share of the way inside what is just possible, so that they converge.
COMFORT = 0.02
# Sets of margins tried one by one; larger problems are left to dropping one margin at a time.
MOST_SUBSETS = 1_000
MOST_CELLS_SUBSET = 20_000
MOST_NONZEROS = 4_000_000
SECONDS = 60.0


@dataclass(frozen=True)
class Diagnosis:
    """What the linear programmes found.

    Attributes:
        feasible: all totals can be met together, so the iteration gave up on a soluble problem;
            None when the problem was too large to tell.
        conflict: the margins and totals that cannot be met together, none of them superfluous.
        smallest: no set of fewer members is in conflict.
        nearest: totals for all names (for the conflict's, when all together were too many) that
            can be met, closest in summed relative distance.
        bounds: bounds on g with which all totals can be met, or None.
    """

    feasible: bool | None
    conflict: tuple[str, ...] = ()
    smallest: bool = False
    nearest: dict[str, np.ndarray] | None = None
    bounds: tuple[float, float] | None = None


def diagnose(system: System, design: np.ndarray, distance: Distance) -> Diagnosis:
    """Return which totals are in conflict and what would do; `design` is per cell."""
    lower, upper = distance.attainable(OPEN_ROOM)
    whole = _Programme(system, design)
    tractable = whole.nonzeros <= MOST_NONZEROS
    miss = whole.miss(lower, upper) if tractable else math.nan
    if miss <= FEASIBLE:
        return Diagnosis(feasible=True)
    conflict, smallest = _conflict(whole, lower, upper, proven=miss > FEASIBLE)
    if not conflict:
        return Diagnosis(feasible=None)
    judged = whole if tractable else whole.subset(conflict)
    room = COMFORT * min(1.0 - lower, upper - 1.0, 1.0)
    nearest = judged.nearest(lower + room, upper - room) or judged.nearest(lower, upper)
    bounds = None
    if math.isfinite(lower) or math.isfinite(upper):
        bounds = judged.wider(distance)
    return Diagnosis(False, conflict, smallest, nearest, bounds)


def _conflict(
    whole: "_Programme", lower: float, upper: float, proven: bool
) -> tuple[tuple[str, ...], bool]:
    """Return a set of names in conflict of which none can be spared, and if it is a smallest."""
    names = whole.system.names
    searched = 0
    smallest = True
    for size in range(1, len(names) + 1):
        searched += math.comb(len(names), size)
        if searched > MOST_SUBSETS:
            break
        for subset in itertools.combinations(names, size):
            part = whole.subset(subset)
            if part.system.cells > MOST_CELLS_SUBSET:
                smallest = False
            elif part.miss(lower, upper) > FEASIBLE:
                return subset, smallest
    if not proven:
        return (), False
    kept = list(names)
    for name in names:
        fewer = [other for other in kept if other != name]
        if fewer and whole.subset(fewer).miss(lower, upper) > FEASIBLE:
            kept = fewer
    return tuple(kept), False


class _Programme:
    """The linear programmes over one system, its cells without design weight left out."""

    def __init__(self, system: System, design: np.ndarray) -> None:
        self.system = system
        self.design = design

    @property
    def nonzeros(self) -> int:
        return self.system.cells * len(self.system.names)

    def subset(self, names: tuple[str, ...] | list[str]) -> "_Programme":
        part = self.system.subset(names)
        return _Programme(part, part.fold(self.design))

    def miss(self, lower: float, upper: float) -> float:
        """Return the least summed relative distance to the totals; NaN when time ran out."""
        return self._closest(lower, upper)[0]

    def nearest(self, lower: float, upper: float) -> dict[str, np.ndarray]:
        """Return the closest totals that can be met."""
        _, g = self._closest(lower, upper)
        if g is None:
            return {}
        sums = self._matrix() @ g
        return {
            name: sums[place] * self._scale[place]
            for name, place in zip(self.system.names, self.system.slices, strict=True)
        }

    def wider(self, distance: Distance) -> tuple[float, float] | None:
        """Return bounds that would do, moved as little as needed; None when none would.

        A lower bound of 0 or more stays there: no suggestion brings negative weights. What is
        added to each side is counted relative to that side's distance from 1.
        """
        from scipy import sparse

        matrix, cells = self._matrix(), self.system.cells
        lower, upper = distance.lower, distance.upper
        inner = distance.attainable(OPEN_ROOM)
        below, above = 1.0 - lower, upper - 1.0
        eye, one = sparse.identity(cells, format="csc"), np.ones((cells, 1))
        sides, right = [], []
        if math.isfinite(lower):
            sides.append(sparse.hstack([-eye, -below * one, 0.0 * one]))
            right.append(np.full(cells, -inner[0]))
        if math.isfinite(upper):
            sides.append(sparse.hstack([eye, 0.0 * one, -above * one]))
            right.append(np.full(cells, inner[1]))
        solution = _solve(
            np.append(np.zeros(cells), [1.0, 1.0]),
            sparse.hstack([matrix, sparse.csc_matrix((matrix.shape[0], 2))], format="csc"),
            self._goal(),
            [(-math.inf, math.inf)] * cells
            + [(0.0, lower / below if lower >= 0 else math.inf), (0.0, math.inf)],
            sparse.vstack(sides, format="csc"),
            np.concatenate(right),
        )
        if solution is None:
            return None
        more_below, more_above = solution[-2:]
        if more_below > 0:
            wider = 1.0 - (1.0 + COMFORT) * (1.0 + more_below) * below
            lower = max(wider, 0.0) if lower >= 0 else wider
        if more_above > 0:
            upper = 1.0 + (1.0 + COMFORT) * (1.0 + more_above) * above
        return _outward(lower, upper)

    def _closest(self, lower: float, upper: float) -> tuple[float, np.ndarray | None]:
        from scipy import sparse

        matrix, goal = self._matrix(), self._goal()
        equations, cells = matrix.shape
        slack = sparse.identity(equations, format="csc")
        rows = sparse.hstack([matrix, slack, -slack], format="csc")
        if self.system.population is not None:
            # Nearest totals are totals of the same population.
            size = self.design / self.system.population
            size = np.concatenate([size, np.zeros(2 * equations)])
            rows, goal = sparse.vstack([rows, size[np.newaxis, :]], format="csc"), [*goal, 1.0]
        solution = _solve(
            np.concatenate([np.zeros(cells), np.ones(2 * equations)]),
            rows,
            goal,
            [(lower, upper)] * cells + [(0.0, math.inf)] * (2 * equations),
        )
        if solution is None:
            return math.nan, None
        return float(solution[cells:].sum()), solution[:cells]

    @property
    def _scale(self) -> np.ndarray:
        scale = np.abs(self.system.targets)
        return np.where(scale > 0, scale, max(float(self.design.sum()), 1.0))

    def _goal(self) -> np.ndarray:
        return self.system.targets / self._scale

    def _matrix(self):
        """Return the sparse equations: relative total = matrix @ g."""
        from scipy import sparse

        columns = np.arange(self.system.cells)
        rows, values = zip(*self._rows(), strict=True)
        matrix = sparse.csc_matrix(
            (
                np.concatenate(values),
                (np.concatenate(rows), np.tile(columns, len(rows))),
            ),
            shape=(self.system.slices[-1].stop, len(columns)),
        )
        return sparse.diags(1.0 / self._scale) @ matrix

    def _rows(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for name, place in zip(self.system.names, self.system.slices, strict=True):
            codes, values = self.system.entries(name)
            yield place.start + codes, self.design * values


def _solve(cost, equations, goal, bounds, inequalities=None, right=None) -> np.ndarray | None:
    """Return the optimum of a linear programme, or None when it has no solution in time."""
    from scipy.optimize import linprog

    done = linprog(
        cost,
        A_eq=equations,
        b_eq=goal,
        A_ub=inequalities,
        b_ub=right,
        bounds=np.array(bounds),
        method="highs-ds",
        options={
            "time_limit": SECONDS,
            "primal_feasibility_tolerance": 1e-10,
            "dual_feasibility_tolerance": 1e-10,
        },
    )
    return done.x if done.status == 0 else None


def _outward(lower: float, upper: float) -> tuple[float, float]:
    """Round bounds outward to three decimals, keeping a lower bound of 0 or more there."""
    rounded = math.floor(lower * 1000) / 1000 if math.isfinite(lower) else lower
    return rounded, math.ceil(upper * 1000) / 1000 if math.isfinite(upper) else upper
