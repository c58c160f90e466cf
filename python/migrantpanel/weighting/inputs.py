"""Margins, totals and design weights as given: checked, and turned into equations."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from migrantpanel.weighting.columns import Categories, categories, category_text, numbers
from migrantpanel.weighting.errors import CalibrationError
from migrantpanel.weighting.system import Margin, System, Total, build_system

Margins = Mapping[str, Mapping[Any, float]]
Totals = Mapping[str, float]

# The promise: every total is met to this relative error, or there is an error.
EXACT = 1e-9
# Margins of the same population agree on its size up to the rounding of floating point.
SAME_SIZE = 1e-12
EXAMPLES = 5


def wanted_totals(
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
                f"that column, which {named(text)} is not"
            )
        texts[text] = part
    return texts


def domain_rows(
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
            f"domain {domain!r}: {len(rows[label]):,} rows of {named(label)} have no margins"
            for label in rows
            if label not in wanted
        ]
        + [
            f"domain {domain!r}: {named(label)} has margins but no rows"
            for label in wanted
            if label not in rows
        ]
    )
    return rows


def checked_system(
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
            problems.append(f"margin {name!r} names category {named(label)} twice")
        if value is None or value < 0:
            problems.append(
                f"margin {name!r}: the total of {named(label)} is {count!r}, "
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
                f"margin {name!r}: category {named(label)} of {n:,} rows has no total; add it, "
                "or recode these rows"
            )
    if len(unasked) > EXAMPLES:
        problems.append(f"margin {name!r}: {len(unasked) - EXAMPLES:,} more have no total")
    for label, value in asked.items():
        n = present.get(label, 0)
        if value > 0 and not n:
            problems.append(
                f"margin {name!r}: category {named(label)} has total {value:,.12g} but no rows; "
                "merge it with another category, in the data and in the margin"
            )
        elif value == 0 and n:
            problems.append(
                f"margin {name!r}: category {named(label)} has total 0 but {n:,} rows; "
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


def numeric_column(column: pa.ChunkedArray, label: str) -> np.ndarray:
    """Return a numeric column; `label` names it in the error when it is not numeric."""
    try:
        return numbers(column)
    except CalibrationError as error:
        raise CalibrationError(f"{label} {error}") from None


def vector(values: Any) -> np.ndarray:
    """Return design weights as a vector of floats."""
    try:
        result = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CalibrationError(f"design weight cannot be read as numbers: {error}") from None
    if result.ndim != 1:
        raise CalibrationError(f"design weight has {result.ndim} dimensions, not one")
    return result


def weight_problems(design: np.ndarray, rows: int, label: str, allow_zero: bool) -> Iterable[str]:
    """Yield what is wrong with design weights, each with the first row where it is so."""
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


def tolerance(tol: float) -> float:
    """Return the relative error to reach: what was asked for, never looser than promised."""
    value = _finite(tol)
    if value is None or value <= 0:
        raise CalibrationError(f"tol {tol!r} is not a positive number")
    return min(value, EXACT)


def named(label: str | None) -> str:
    """Return a category as messages show it."""
    return "(null)" if label is None else repr(label)
