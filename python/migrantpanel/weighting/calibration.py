"""Calibration of survey weights to population totals (Deville and Särndal 1992).

The calibrated weights w stay as near as possible to the design weights d, in the distance of the
method, while their sums meet every margin and total. See docs/calibration.md.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from migrantpanel.weighting.columns import (
    arrow_columns,
    categories,
)
from migrantpanel.weighting.distance import Distance, distance
from migrantpanel.weighting.errors import CalibrationError, CalibrationWarning
from migrantpanel.weighting.feasibility import Diagnosis, diagnose
from migrantpanel.weighting.inputs import (
    checked_system,
    domain_rows,
    named,
    numeric_column,
    tolerance,
    vector,
    wanted_totals,
    weight_problems,
)
from migrantpanel.weighting.solver import CAREFUL_FLOOR, Solution, solve
from migrantpanel.weighting.system import System

EXAMPLES = 5
MINIMAL = {
    "smallest": "no smaller set is in conflict",
    "irreducible": "none of them can be spared",
    "unfinished": "the search for fewer stopped early",
}
# Threads that read columns of at least so many rows.
READERS, MANY_ROWS = 2, 100_000


@dataclass(frozen=True)
class Calibration:
    """Calibrated weights, in the order of the rows.

    Attributes:
        weights: calibrated weights.
        g: weights / design weights.
        converged: always True; what does not converge raises.
        iterations: Newton steps, the most of any domain.
        max_relative_error: largest |sum of weights - total| / |total| over all margins and
            totals. A numeric total near zero is taken relative to a thousandth of its sum of
            absolute values.
    """

    weights: np.ndarray
    g: np.ndarray
    converged: bool
    iterations: int
    max_relative_error: float

    @property
    def ratio(self) -> np.ndarray:
        """Return (w / mean w) / (d / mean d), which statistical offices keep in (1/3, 3)."""
        used = self.g != 0
        design = np.divide(self.weights, self.g, where=used, out=np.zeros_like(self.g))
        return self.g * design.sum() / self.weights.sum()


def calibrate(
    data: Any,
    design_weight: str | Sequence[float] | np.ndarray,
    margins: Mapping[str, Any] | None,
    totals: Mapping[str, Any] | None = None,
    method: str = "linear",
    bounds: tuple[float, float] | None = None,
    tol: float = 1e-10,
    max_iter: int = 200,
    domain: str | None = None,
) -> Calibration:
    """Calibrate design weights so that the sample meets population margins and totals.

    Args:
        data: a pandas, polars or Arrow table, one row per respondent.
        design_weight: the column that holds the design weights, or the weights themselves.
        margins: {column: {category: population count}}. Categories are compared as text, so 1,
            1.0 and "1" are one category; None is the category of rows without a value.
        totals: {numeric column: population total}.
        method: "linear", "raking" or "logit".
        bounds: (L, U) with L < 1 < U, limits on g = weight / design weight. Logit needs them;
            linear and raking weights are truncated at them.
        tol: largest relative error to stop at; anything above 1e-9 is taken as 1e-9.
        max_iter: largest number of Newton steps.
        domain: a column whose categories are calibrated apart; `margins` and `totals` are then
            {domain category: what they are without `domain`}.

    Returns:
        Weights and g in row order. The same rows give the same bytes on any number of threads.

    Raises:
        CalibrationError: unusable input, or totals that no permitted weights meet; it says
            which, and what would do.

    Warns:
        CalibrationWarning: linear weights are negative, which bounds would prevent.
    """
    calibrator = Calibrator(data, margins, totals, domain)
    if isinstance(design_weight, str):
        (column,) = arrow_columns(data, [design_weight]).values()
        label = f"design weight {design_weight!r}"
        weights = numeric_column(column, label)
    else:
        weights, label = vector(design_weight), "design weight"
    return calibrator.weigh(weights, method, bounds, tol, max_iter, label=label)


class Calibrator:
    """One sample and its totals, read and checked once, to be calibrated many times.

    Replicate weights need this: the work per replicate is the solution alone.
    """

    def __init__(
        self,
        data: Any,
        margins: Mapping[str, Any] | None,
        totals: Mapping[str, Any] | None = None,
        domain: str | None = None,
    ) -> None:
        """Read the columns and check them; the arguments are those of `calibrate`.

        Raises:
            CalibrationError: unusable data, margins or totals; every problem is listed.
        """
        wanted = wanted_totals(margins, totals, domain)
        names = list(
            dict.fromkeys(name for parts in wanted.values() for part in parts for name in part)
        )
        columns = arrow_columns(data, [*names, *([domain] if domain is not None else [])])
        self.rows = len(next(iter(columns.values())))
        self._domains: list[tuple[str, np.ndarray | None, System]] = []
        categorical = [
            name
            for name in names
            if any(name in part_margins for part_margins, _ in wanted.values())
        ]
        # Encoding text is most of the work, and Arrow does it without the interpreter's lock.
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            read = map if self.rows < MANY_ROWS else pool.map
            found = read(categories, [columns[name] for name in categorical])
            encoded = dict(zip(categorical, found, strict=True))
        numeric = {
            name: numeric_column(columns[name], f"total {name!r}")
            for name in names
            if any(name in part_totals for _, part_totals in wanted.values())
        }
        places = domain_rows(columns[domain], domain, wanted) if domain is not None else {}
        problems: list[str] = []
        for label, (part_margins, part_totals) in wanted.items():
            rows = places.get(label)
            where = "" if domain is None else f"{domain}={named(label)}: "
            found, system = checked_system(part_margins, part_totals, encoded, numeric, rows)
            problems += [where + problem for problem in found]
            if system is not None:
                self._domains.append((where, rows, system))
        CalibrationError.collect(problems)

    def weigh(
        self,
        design_weight: np.ndarray,
        method: str = "linear",
        bounds: tuple[float, float] | None = None,
        tol: float = 1e-10,
        max_iter: int = 200,
        allow_zero: bool = False,
        label: str = "design weight",
    ) -> Calibration:
        """Calibrate one vector of design weights, in row order.

        Args:
            design_weight: one weight per row.
            method: as in `calibrate`.
            bounds: as in `calibrate`.
            tol: as in `calibrate`.
            max_iter: as in `calibrate`.
            allow_zero: rows of weight 0 stay at 0 (replicates leave rows out) instead of raising.
            label: what messages call the weights.

        Raises:
            CalibrationError: as in `calibrate`.
        """
        chosen = distance(method, bounds)
        tol = tolerance(tol)
        if not isinstance(max_iter, int | np.integer) or max_iter < 1:
            raise CalibrationError(f"max_iter {max_iter!r} is not a number of steps of 1 or more")
        design = vector(design_weight)
        CalibrationError.collect(weight_problems(design, self.rows, label, allow_zero))
        g = np.ones(self.rows)
        iterations, error = 0, 0.0
        for where, rows, system in self._domains:
            part = design if rows is None else design[rows]
            solution = _calibrated(system, part, chosen, tol, int(max_iter), where)
            part_g = system.unfold(solution.g)
            if rows is None:
                g = part_g
            else:
                g[rows] = part_g
            iterations = max(iterations, solution.iterations)
            error = max(error, solution.error)
        weights = design * g
        negative = int(np.count_nonzero(weights < 0))
        if negative:
            warnings.warn(
                f"{negative:,} of {self.rows:,} weights are negative, the lowest "
                f"{weights.min():.6g}: bounds=(0, U), raking or logit keep them from it",
                CalibrationWarning,
                stacklevel=3,
            )
        return Calibration(weights, g, True, iterations, error)


def _calibrated(
    system: System, design: np.ndarray, chosen: Distance, tol: float, max_iter: int, where: str
) -> Solution:
    """Solve one domain, or raise with what stands in the way."""
    folded = system.fold(design)
    if system.population is not None:
        _check_growth(system.population / folded.sum(), chosen, where)
    solution = solve(system, folded, chosen, tol, max_iter)
    if solution.error <= tol:
        return solution
    found = diagnose(system, folded, chosen, solution, tol)
    if found.feasible is not False:
        solution = solve(system, folded, chosen, tol, max_iter, CAREFUL_FLOOR)
        if solution.error <= tol:
            return solution
    raise _failure(system, solution, chosen, tol, found, where)


def _check_growth(growth: float, chosen: Distance, where: str) -> None:
    """Say it plainly when the design weights are on another scale than the population."""
    lower, upper = chosen.attainable(0.0)
    if not lower <= growth <= upper:
        raise CalibrationError(
            f"{where}the design weights add up to {1 / growth:.6g} times the population of the "
            f"margins, so on average g = {growth:.6g}, outside the bounds ({chosen.lower:g}, "
            f"{chosen.upper:g}): multiply the design weights by {growth:.6g} first"
        )


def _failure(
    system: System,
    solution: Solution,
    chosen: Distance,
    tol: float,
    found: Diagnosis,
    where: str,
) -> CalibrationError:
    """Put into words what the linear programmes found."""
    limits = ""
    if math.isfinite(chosen.lower) or math.isfinite(chosen.upper):
        limits = f" with {chosen.method} weights of {chosen.lower:g} to {chosen.upper:g} times d"
    if not found.conflict:
        name, category = _worst_name(system, solution.worst)
        known = "can be met" if found.feasible else "are too many to say whether they can be met"
        return CalibrationError(
            f"{where}no convergence: at best, after {solution.iterations} steps, "
            f"{name}{category} is off by {solution.error:.2g} of its total where {tol:.2g} was "
            f"asked. The totals {known}{limits}; raise max_iter or "
            "tol, widen the bounds or take another method",
            conflict=(name,),
        )
    names = " and ".join(repr(name) for name in found.conflict)
    together = "cannot be met" if len(found.conflict) == 1 else "cannot be met together"
    parts = [f"{where}{names} {together}{limits} ({MINIMAL[found.minimal]})"]
    if found.also:
        parts.append(f"nor can {' or '.join(repr(name) for name in found.also)} alone")
    nearest = _nearest(system, found)
    moved = _moves(system, nearest)
    if moved:
        parts.append(f"nearest totals that can be met: {moved}")
    bounds = found.bounds
    if bounds is None:
        parts.append("no bounds would do: merge categories or correct the totals")
    elif math.isnan(bounds[0]):
        bounds = None
        parts.append("bounds that would do were not found in time")
    else:
        parts.append(f"bounds that would do: ({bounds[0]:g}, {bounds[1]:g})")
    return CalibrationError(
        "; ".join(parts), conflict=found.conflict, nearest=nearest, bounds=bounds
    )


def _worst_name(system: System, worst: int) -> tuple[str, str]:
    for name, place in zip(system.names, system.slices, strict=True):
        if place.start <= worst < place.stop:
            for margin in system.margins:
                if margin.name == name:
                    return name, f"={named(margin.categories[worst - place.start])}"
            return name, ""
    raise AssertionError("every unknown belongs to a margin or a total")


def _nearest(system: System, found: Diagnosis) -> dict[str, dict[str | None, float]]:
    labels = {margin.name: margin.categories for margin in system.margins}
    return {
        name: dict(zip(labels.get(name, (None,)), map(float, values), strict=True))
        for name, values in (found.nearest or {}).items()
    }


def _moves(system: System, nearest: Mapping[str, Mapping[str | None, float]]) -> str:
    """List the totals that move most, relative to themselves."""
    moves = []
    for name, place in zip(system.names, system.slices, strict=True):
        for (label, new), old in zip(
            nearest.get(name, {}).items(), system.targets[place], strict=False
        ):
            far = abs(new - old) / max(abs(old), 1.0)
            if far > 1e-6:
                shown = name if place.start >= _first_total(system) else f"{name}={named(label)}"
                moves.append((far, f"{shown} {old:,.10g} -> {new:,.10g}"))
    moves.sort(key=lambda move: -move[0])
    more = f" and {len(moves) - EXAMPLES} more" if len(moves) > EXAMPLES else ""
    return ", ".join(text for _, text in moves[:EXAMPLES]) + more


def _first_total(system: System) -> int:
    return sum(margin.size for margin in system.margins)
