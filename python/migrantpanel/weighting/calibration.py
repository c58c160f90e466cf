"""Calibration of survey weights to population totals (Deville and Särndal 1992).

The calibrated weights w stay as near as possible to the design weights d, in the distance of the
method, while their sums meet every margin and total. See docs/calibration.md.
"""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from migrantpanel.weighting.columns import (
    Categories,
    arrow_columns,
    categories,
    category_text,
    numbers,
)
from migrantpanel.weighting.distance import Distance, distance
from migrantpanel.weighting.errors import CalibrationError, CalibrationWarning
from migrantpanel.weighting.feasibility import Diagnosis, diagnose
from migrantpanel.weighting.solver import CAREFUL_FLOOR, Solution, solve
from migrantpanel.weighting.system import Margin, System, Total, build_system

Margins = Mapping[str, Mapping[Any, float]]
Totals = Mapping[str, float]

# The promise: every total is met to this relative error, or there is an error.
EXACT = 1e-9
# Margins of the same population agree on its size up to the rounding of floating point.
SAME_SIZE = 1e-12
EXAMPLES = 5
MINIMAL = {
    "smallest": "no smaller set is in conflict",
    "irreducible": "none of them can be spared",
    "unfinished": "the search for fewer stopped early",
}
READERS = 2


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
        weights = _numeric(column, label)
    else:
        weights, label = _vector(design_weight), "design weight"
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
        wanted = _wanted(margins, totals, domain)
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
            found = pool.map(categories, [columns[name] for name in categorical])
            encoded = dict(zip(categorical, found, strict=True))
        numeric = {
            name: _numeric(columns[name], f"total {name!r}")
            for name in names
            if any(name in part_totals for _, part_totals in wanted.values())
        }
        places = _domain_rows(columns[domain], domain, wanted) if domain is not None else {}
        problems: list[str] = []
        for label, (part_margins, part_totals) in wanted.items():
            rows = places.get(label)
            where = "" if domain is None else f"{domain}={_named(label)}: "
            found, system = _system(part_margins, part_totals, encoded, numeric, rows)
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
        tol = _tolerance(tol)
        if not isinstance(max_iter, int | np.integer) or max_iter < 1:
            raise CalibrationError(f"max_iter {max_iter!r} is not a number of steps of 1 or more")
        design = _vector(design_weight)
        CalibrationError.collect(_weight_problems(design, self.rows, label, allow_zero))
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
            f"{where}no convergence: at best, after {solution.iterations} steps, {name}{category} is off "
            f"by {solution.error:.2g} of its total where {tol:.2g} was asked. The totals "
            f"{known}{limits}; raise max_iter or tol, widen the bounds or take another method",
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
                    return name, f"={_named(margin.categories[worst - place.start])}"
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
                shown = name if place.start >= _first_total(system) else f"{name}={_named(label)}"
                moves.append((far, f"{shown} {old:,.10g} -> {new:,.10g}"))
    moves.sort(key=lambda move: -move[0])
    more = f" and {len(moves) - EXAMPLES} more" if len(moves) > EXAMPLES else ""
    return ", ".join(text for _, text in moves[:EXAMPLES]) + more


def _first_total(system: System) -> int:
    return sum(margin.size for margin in system.margins)


def _wanted(
    margins: Mapping[str, Any] | None, totals: Mapping[str, Any] | None, domain: str | None
) -> dict[str | None, tuple[Margins, Totals]]:
    """Return margins and totals per domain; without domains under the key None."""
    for name, value in (("margins", margins), ("totals", totals)):
        if value is not None and not isinstance(value, Mapping):
            raise CalibrationError(f"{name} is a {type(value).__name__}, not a dictionary")
    margins, totals = margins or {}, totals or {}
    if not margins and not totals:
        raise CalibrationError("there is nothing to calibrate to: give margins or totals")
    if domain is None:
        return {None: (margins, totals)}
    texts: dict[str | None, tuple[Margins, Totals]] = {}
    for key in dict.fromkeys([*margins, *totals]):
        text = category_text(key)
        if text in texts:
            raise CalibrationError(f"domain {domain!r} names category {text!r} twice")
        part = margins.get(key, {}), totals.get(key, {})
        nested = all(isinstance(half, Mapping) for half in part)
        if not nested or not all(isinstance(counts, Mapping) for counts in part[0].values()):
            raise CalibrationError(
                f"with domain={domain!r}, margins and totals are dictionaries per category of "
                f"that column, which {_named(text)} is not"
            )
        texts[text] = part
    return texts


def _domain_rows(
    column: pa.ChunkedArray, domain: str, wanted: Iterable[str | None]
) -> dict[str | None, np.ndarray]:
    """Return the rows of each domain; every row belongs to one that has totals."""
    encoded = categories(column)
    counts = np.bincount(encoded.codes, minlength=len(encoded.labels))
    rows = {
        label: np.flatnonzero(encoded.codes == code)
        for code, label in enumerate(encoded.labels)
        if counts[code]
    }
    CalibrationError.collect(
        [
            f"domain {domain!r}: {len(rows[label]):,} rows of {_named(label)} have no margins"
            for label in rows
            if label not in wanted
        ]
        + [
            f"domain {domain!r}: {_named(label)} has margins but no rows"
            for label in wanted
            if label not in rows
        ]
    )
    return rows


def _system(
    margins: Margins,
    totals: Totals,
    encoded: Mapping[str, Categories],
    numeric: Mapping[str, np.ndarray],
    rows: np.ndarray | None,
) -> tuple[list[str], System | None]:
    """Return every problem of one domain, and its equations when there is none."""
    problems: list[str] = []
    built: list[Margin] = []
    for name, counts in margins.items():
        found, margin = _margin(name, counts, encoded[name], rows)
        problems += found
        if margin is not None:
            built.append(margin)
    numbered: list[Total] = []
    for name, total in totals.items():
        values = numeric[name] if rows is None else numeric[name][rows]
        found_total = _finite(total)
        if found_total is None:
            problems.append(f"total {name!r}: {total!r} is not a finite number")
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            place = int(bad[0] if rows is None else rows[bad[0]])
            problems.append(
                f"total {name!r}: {len(bad):,} rows have no finite value, the first is row "
                f"{place}: fill them or leave these rows out"
            )
        if found_total is not None:
            numbered.append(Total(name, found_total, values))
    sizes = {margin.name: float(margin.totals.sum()) for margin in built}
    if sizes and max(sizes.values()) - min(sizes.values()) > SAME_SIZE * max(sizes.values()):
        listed = ", ".join(f"{name} {size:,.12g}" for name, size in sizes.items())
        problems.append(
            f"the margins do not add up to the same population: {listed}; "
            "they must describe one population, so correct or rescale them"
        )
    if not margins and not totals:
        problems.append("there is nothing to calibrate to: give margins or totals")
    return problems, None if problems else build_system(built, numbered)


def _margin(
    name: str, counts: Mapping[Any, float], encoded: Categories, rows: np.ndarray | None
) -> tuple[list[str], Margin | None]:
    """Return the problems of one margin, and the margin when there is none.

    A category without rows and with total 0 is left out: nobody is there, as asked.
    """
    if not isinstance(counts, Mapping) or not counts:
        return [f"margin {name!r} is not a dictionary of categories and counts"], None
    problems: list[str] = []
    asked: dict[str | None, float] = {}
    for key, count in counts.items():
        label, value = category_text(key), _finite(count)
        if label in asked:
            problems.append(f"margin {name!r} names category {_named(label)} twice")
        if value is None or value < 0:
            problems.append(
                f"margin {name!r}: the total of {_named(label)} is {count!r}, "
                "not a finite number of 0 or more"
            )
            value = math.nan
        asked[label] = value
    codes = encoded.codes if rows is None else encoded.codes[rows]
    counted = np.bincount(codes, minlength=len(encoded.labels)).tolist()
    present = dict(zip(encoded.labels, counted, strict=True))
    unasked = {label: n for label, n in present.items() if n and label not in asked}
    for label, n in list(unasked.items())[:EXAMPLES]:
        if label is None:
            problems.append(
                f"margin {name!r}: {n:,} rows have no value; name the category None in the "
                "margin with the population's unknowns, or fill these rows"
            )
        else:
            problems.append(
                f"margin {name!r}: category {_named(label)} of {n:,} rows has no total; add it, "
                "or recode these rows"
            )
    if len(unasked) > EXAMPLES:
        problems.append(f"margin {name!r}: {len(unasked) - EXAMPLES:,} more have no total")
    for label, value in asked.items():
        n = present.get(label, 0)
        if value > 0 and not n:
            problems.append(
                f"margin {name!r}: category {_named(label)} has total {value:,.12g} but no rows; "
                "merge it with another category, in the data and in the margin"
            )
        elif value == 0 and n:
            problems.append(
                f"margin {name!r}: category {_named(label)} has total 0 but {n:,} rows; "
                "leave these rows out or correct the total"
            )
    if problems:
        return problems, None
    kept = [label for label, value in asked.items() if value > 0]
    if not kept:
        return [f"margin {name!r}: all totals are 0"], None
    position = {label: code for code, label in enumerate(kept)}
    dtype = np.min_scalar_type(len(kept))
    recode = np.array([position.get(label, 0) for label in encoded.labels], dtype=dtype)
    return [], Margin(name, tuple(kept), np.array([asked[label] for label in kept]), recode[codes])


def _finite(value: Any) -> float | None:
    if isinstance(value, str | bytes | bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _numeric(column: pa.ChunkedArray, label: str) -> np.ndarray:
    try:
        return numbers(column)
    except CalibrationError as error:
        raise CalibrationError(f"{label} {error}") from None


def _vector(values: Any) -> np.ndarray:
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CalibrationError(f"design weight cannot be read as numbers: {error}") from None
    if vector.ndim != 1:
        raise CalibrationError(f"design weight has {vector.ndim} dimensions, not one")
    return vector


def _weight_problems(design: np.ndarray, rows: int, label: str, allow_zero: bool) -> Iterable[str]:
    if len(design) != rows:
        yield f"{label}: {len(design):,} weights for {rows:,} rows"
        return
    infinite = ~np.isfinite(design)
    tests = [
        ("missing or not finite", infinite, "fill them or leave these rows out"),
        ("negative", design < 0, "a design weight is 1 / selection probability"),
        ("zero", (design == 0) & (not allow_zero), "leave out rows that were not selected"),
    ]
    for what, bad, advice in tests:
        if bad.any():
            first = int(np.argmax(bad))
            yield (
                f"{label}: {int(bad.sum()):,} weights are {what}, the first in row {first} "
                f"({design[first]:g}); {advice}"
            )
    if allow_zero and not infinite.any() and not (design > 0).any():
        yield f"{label}: all weights are zero"


def _tolerance(tol: float) -> float:
    value = _finite(tol)
    if value is None or value <= 0:
        raise CalibrationError(f"tol {tol!r} is not a positive number")
    return min(value, EXACT)


def _named(label: str | None) -> str:
    return "(null)" if label is None else repr(label)
