"""Why totals cannot be met, and what would do: linear programmes over g = weight / design weight.

Newton's method not converging proves nothing; a linear programme does. Its variables are g per
cell, within the bounds, and per total how far it stays below or above.
"""

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from migrantpanel.weighting.distance import Distance, distance
from migrantpanel.weighting.solver import Solution, solve
from migrantpanel.weighting.system import System

# Summed relative misses under this are the programme's own rounding.
FEASIBLE = 1e-7
# Logit and raking only approach their open bounds; closer than this counts as not reaching them.
OPEN_ROOM = 1e-6
# Suggestions stay this share of the way inside what is just possible, so that they converge.
COMFORT = 0.02
# Sets of margins tried one by one; larger sets are found by leaving out one margin at a time.
MOST_SUBSETS = 1_000
# Programmes over more cells times totals take too long to be solved for the best bounds.
MOST_ENTRIES = 100_000
# A whole diagnosis may take about this long; what is unknown by then is said to be unknown.
SECONDS = 60.0


@dataclass(frozen=True)
class Diagnosis:
    """What the linear programmes found.

    Attributes:
        feasible: all totals can be met together, so the iteration gave up on a soluble problem;
            None when the problem was too large to tell.
        conflict: the margins and totals that cannot be met together.
        minimal: "smallest" (no set of fewer members is in conflict), "irreducible" (none of
            them can be spared) or "unfinished".
        also: other margins or totals that cannot be met even alone.
        nearest: totals for all names that can be met, in summed relative distance the closest.
        bounds: bounds on g with which all totals can be met; None when there are none, NaN when
            unknown.
    """

    feasible: bool | None
    conflict: tuple[str, ...] = ()
    minimal: str = "unfinished"
    also: tuple[str, ...] = ()
    nearest: dict[str, np.ndarray] | None = None
    bounds: tuple[float, float] | None = None


def diagnose(
    system: System, design: np.ndarray, method: Distance, attempt: Solution, tol: float
) -> Diagnosis:
    """Return which totals are in conflict, and what would do.

    Args:
        system: the calibration equations.
        design: design weight per cell.
        method: the distance that did not reach the totals.
        attempt: how far it came; margins that were far off are looked at first.
        tol: relative error to reach.
    """
    lower, upper = method.attainable(OPEN_ROOM)
    deadline = time.monotonic() + SECONDS
    whole = _Programme(system, design, deadline)
    miss = whole.miss(lower, upper)
    if miss <= FEASIBLE:
        return Diagnosis(feasible=True)
    # Asked for before the search for a small conflict, which may take all the time there is.
    room = COMFORT * min(1.0 - lower, upper - 1.0, 1.0)
    nearest = whole.nearest(lower + room, upper - room) or whole.nearest(lower, upper)
    order = _farthest_first(system, design, attempt)
    conflict, minimal, also = _conflict(whole, order, lower, upper, proven=miss > FEASIBLE)
    if not conflict:
        return Diagnosis(feasible=None)
    bounds = None
    if system.cells * len(system.names) <= MOST_ENTRIES:
        bounds = whole.wider(method)
    elif math.isfinite(lower) or math.isfinite(upper):
        bounds = _wider_by_trial(system, design, method, tol)
    return Diagnosis(False, conflict, minimal, also, nearest, bounds)


def _farthest_first(system: System, design: np.ndarray, attempt: Solution) -> list[str]:
    """Return the names in the order of their error in the attempt, largest first."""
    reached = {}
    for name, place in zip(system.names, system.slices, strict=True):
        codes, values = system.entries(name)
        totals = system.targets[place]
        sums = np.bincount(codes, weights=design * attempt.g * values, minlength=len(totals))
        reached[name] = float(np.max(np.abs(sums - totals) / np.maximum(np.abs(totals), 1e-300)))
    return sorted(system.names, key=lambda name: -reached[name])


def _conflict(
    whole: "_Programme", order: Sequence[str], lower: float, upper: float, proven: bool
) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Return names in conflict, how minimal they are, and others that fail alone."""
    names = whole.system.names

    def impossible(subset: Sequence[str]) -> bool:
        return whole.subset(subset).miss(lower, upper) > FEASIBLE

    alone = [name for name in names if impossible([name])]
    if alone:
        return (alone[0],), "smallest", tuple(alone[1:])
    tried = 0
    for size in range(2, len(names)):
        tried += math.comb(len(names), size)
        if tried > MOST_SUBSETS:
            break
        for subset in itertools.combinations(names, size):
            if impossible(subset):
                return subset, "unfinished" if whole.late else "smallest", ()
    # Few margins fold into few cells: find a short run of them in conflict, then thin it out.
    kept = next((order[:size] for size in range(3, len(names)) if impossible(order[:size])), None)
    if kept is None:
        if not proven:
            return (), "unfinished", ()
        kept = order
    for name in reversed(kept):
        fewer = [other for other in kept if other != name]
        if impossible(fewer):
            kept = fewer
    listed = tuple(name for name in names if name in kept)
    if len(listed) == len(names) and tried <= MOST_SUBSETS and not whole.late:
        return listed, "smallest", ()
    return listed, "unfinished" if whole.late else "irreducible", ()


def _wider_by_trial(
    system: System, design: np.ndarray, method: Distance, tol: float
) -> tuple[float, float] | None:
    """Widen the bounds evenly about 1 until calibration converges; exact to two percent."""
    deadline = time.monotonic() + SECONDS

    def bounds(stretch: float) -> tuple[float, float]:
        low = 1.0 - stretch * (1.0 - method.lower)
        return (
            max(low, 0.0) if method.lower >= 0 else low,
            1.0 + stretch * (method.upper - 1.0),
        )

    def converges(stretch: float) -> bool:
        trial = distance(method.method, bounds(stretch))
        return solve(system, design, trial, tol, max_iter=100).error <= tol

    short, enough = 1.0, 2.0
    while not converges(enough):
        short, enough = enough, 2.0 * enough
        if enough > 64 or time.monotonic() > deadline:
            return math.nan, math.nan
    while enough > (1.0 + COMFORT) * short and time.monotonic() < deadline:
        middle = math.sqrt(short * enough)
        short, enough = (short, middle) if converges(middle) else (middle, enough)
    return _outward(*bounds(enough))


class _Programme:
    """The linear programmes over one system."""

    def __init__(self, system: System, design: np.ndarray, deadline: float) -> None:
        self.system = system
        self.design = design
        self.deadline = deadline

    @property
    def late(self) -> bool:
        """Say whether time is up, from where on answers are unknown."""
        return time.monotonic() > self.deadline

    def subset(self, names: Sequence[str]) -> "_Programme":
        """Return the programmes over some of the margins and totals only."""
        part = self.system.subset(names)
        return _Programme(part, part.fold(self.design), self.deadline)

    def miss(self, lower: float, upper: float) -> float:
        """Return the least summed relative distance to the totals; NaN when time ran out."""
        if self.system.names == [margin.name for margin in self.system.margins[:1]]:
            # One margin alone: each category has cells of its own.
            held, targets = self.system.sums(self.design), self.system.targets
            beyond = np.maximum(lower * held - targets, targets - upper * held)
            return float((np.maximum(beyond, 0.0) / self._scale).sum())
        return self._closest(lower, upper)[0]

    def nearest(self, lower: float, upper: float) -> dict[str, np.ndarray]:
        """Return the closest totals that can be met; nothing when unknown."""
        _, g = self._closest(lower, upper)
        if g is None:
            return {}
        sums = self._matrix() @ g
        return {
            name: sums[place] * self._scale[place]
            for name, place in zip(self.system.names, self.system.slices, strict=True)
        }

    def wider(self, method: Distance) -> tuple[float, float] | None:
        """Return bounds that would do, moved as little as needed; None when none would.

        A lower bound of 0 or more stays there: no suggestion brings negative weights. What is
        added to each side is counted relative to that side's distance from 1.
        """
        from scipy import sparse

        lower, upper = method.lower, method.upper
        inner = method.attainable(OPEN_ROOM)
        below, above = 1.0 - lower, upper - 1.0
        matrix, cells = self._matrix(), self.system.cells
        eye, one = sparse.identity(cells, format="csc"), np.ones((cells, 1))
        sides, right = [], []
        if math.isfinite(lower):
            sides.append(sparse.hstack([-eye, -below * one, 0.0 * one]))
            right.append(np.full(cells, -inner[0]))
        if math.isfinite(upper):
            sides.append(sparse.hstack([eye, 0.0 * one, -above * one]))
            right.append(np.full(cells, inner[1]))
        if not sides:
            return None
        done = self._solve(
            np.append(np.zeros(cells), [1.0, 1.0]),
            sparse.hstack([matrix, sparse.csc_matrix((matrix.shape[0], 2))], format="csc"),
            self._goal(),
            [(-math.inf, math.inf)] * cells
            + [(0.0, lower / below if lower >= 0 else math.inf), (0.0, math.inf)],
            sparse.vstack(sides, format="csc"),
            np.concatenate(right),
        )
        if done.status == 1:
            return math.nan, math.nan
        if done.status != 0:
            return None
        more_below, more_above = done.x[-2:]
        if more_below > 0:
            wider = 1.0 - (1.0 + COMFORT) * (1.0 + more_below) * below
            lower = max(wider, 0.0) if lower >= 0 else wider
        if more_above > 0:
            upper = 1.0 + (1.0 + COMFORT) * (1.0 + more_above) * above
        return _outward(lower, upper)

    def _closest(self, lower: float, upper: float) -> tuple[float, np.ndarray | None]:
        from scipy import sparse

        if self.late:
            return math.nan, None
        matrix, goal = self._matrix(), self._goal()
        equations, cells = matrix.shape
        slack = sparse.identity(equations, format="csc")
        rows = sparse.hstack([matrix, slack, -slack], format="csc")
        if self.system.population is not None:
            # Nearest totals are totals of the same population.
            size = self.design / self.system.population
            size = np.concatenate([size, np.zeros(2 * equations)])
            rows, goal = sparse.vstack([rows, size[np.newaxis, :]], format="csc"), [*goal, 1.0]
        done = self._solve(
            np.concatenate([np.zeros(cells), np.ones(2 * equations)]),
            rows,
            goal,
            [(lower, upper)] * cells + [(0.0, math.inf)] * (2 * equations),
        )
        if done.status != 0:
            return math.nan, None
        return float(done.x[cells:].sum()), done.x[:cells]

    @property
    def _scale(self) -> np.ndarray:
        scale = np.abs(self.system.targets)
        return np.where(scale > 0, scale, max(float(self.design.sum()), 1.0))

    def _goal(self) -> np.ndarray:
        return self.system.targets / self._scale

    def _matrix(self) -> Any:
        """Return the sparse equations: total / scale = matrix @ g."""
        from scipy import sparse

        cells = self.system.cells
        rows, values = [], []
        for name, place in zip(self.system.names, self.system.slices, strict=True):
            codes, x = self.system.entries(name)
            rows.append(place.start + codes)
            values.append(self.design * x)
        columns = np.tile(np.arange(cells), len(rows))
        matrix = sparse.csc_matrix(
            (np.concatenate(values), (np.concatenate(rows), columns)),
            shape=(len(self.system.targets), cells),
        )
        return sparse.diags(1.0 / self._scale) @ matrix

    def _solve(
        self,
        cost: np.ndarray,
        equations: Any,
        goal: Sequence[float] | np.ndarray,
        bounds: Sequence[tuple[float, float]],
        inequalities: Any = None,
        right: np.ndarray | None = None,
    ) -> Any:
        from scipy.optimize import linprog

        return linprog(
            cost,
            A_eq=equations,
            b_eq=goal,
            A_ub=inequalities,
            b_ub=right,
            bounds=np.array(bounds),
            method="highs-ds",
            options={
                "time_limit": max(self.deadline - time.monotonic(), 0.1),
                "primal_feasibility_tolerance": 1e-10,
                "dual_feasibility_tolerance": 1e-10,
            },
        )


def _outward(lower: float, upper: float) -> tuple[float, float]:
    """Round bounds outward to three decimals; zero stays zero."""
    rounded = math.floor(lower * 1000) / 1000 if math.isfinite(lower) else lower
    return rounded, math.ceil(upper * 1000) / 1000 if math.isfinite(upper) else upper
