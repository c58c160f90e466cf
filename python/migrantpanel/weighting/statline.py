"""Margins straight from a raw download of StatLine, the open database of Statistics Netherlands.

A raw download is UTF-8 with a byte-order mark, separated by semicolons: ID, one column of coded
keys per dimension, and one column per topic (its name ends in _1, _2 ...) of padded numbers, in
which a point stands for unknown. Which keys make which category is said in a CSV:

    margin,dimension,key,category
    sex,Geslacht,3000,1
    sex,Geslacht,4000,2
    age,Leeftijd,70400,15-24
    age,Leeftijd,70500,15-24
    ,RegioS,GM0363,

Rows without a margin only limit the population. The population is the keys that are named, in
every dimension that is named; a dimension that is not named must have its total among its keys.
So the margins are of the same people, and add up to the same total. In tables with a topic per
category (neighbourhood figures) the dimension is `(topic)` and the keys are names of columns.
"""

import csv
import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import polars as pl

from migrantpanel.weighting.errors import CalibrationError

ID, TOPIC, NULL_CATEGORY, UNKNOWN = "ID", "(topic)", "(null)", "."
# Totals are coded T001038, T001040 ... by dimension, and 10000 for all ages.
TOTAL = re.compile(r"T\d+|10000")
TOPIC_NAME = re.compile(r".*_\d+")
COLUMNS = ("margin", "dimension", "key", "category")
Codes = Mapping[str, Mapping[str, str | None]]


def read_statline(
    path: Path, codes: Path, topic: str | None = None
) -> dict[str, dict[str | None, float]]:
    """Return {margin: {category: total}} of a raw StatLine download.

    Args:
        path: the download.
        codes: CSV with the columns margin, dimension, key and category.
        topic: the column with the counts; needed when there are several.

    Raises:
        CalibrationError: a file that is no raw download, names that are not in it, a count that
            StatLine does not know; every problem is listed.
    """
    frame = _read(path)
    margins, limits = _read_codes(codes, path, frame)
    topics = [name for name in frame.columns if TOPIC_NAME.fullmatch(name)]
    dimensions = [name for name in frame.columns if name != ID and name not in topics]
    problems: list[str] = []
    allowed = {name: _population(name, margins, limits, codes, problems) for name in dimensions}
    for name in dimensions:
        keys = set(frame[name])
        if allowed[name]:
            problems += [
                f"{codes}: key {key!r} is not in column {name!r} of {path}"
                for key in allowed[name]
                if key not in keys
            ]
            continue
        all_people = [key for key in keys if len(keys) == 1 or TOTAL.fullmatch(key)]
        if len(all_people) != 1:
            problems.append(
                f"{codes}: column {name!r} of {path} has {len(keys)} keys and not one total among "
                f"them ({', '.join(sorted(keys)[:3])} ...): name the keys that are the population"
            )
        allowed[name] = all_people
    CalibrationError.collect(problems)
    totals: dict[str, dict[str | None, float]] = {}
    for margin, (dimension, categories) in margins.items():
        totals[margin] = dict.fromkeys(categories.values(), 0.0)
        for key, category in categories.items():
            column = key if dimension == TOPIC else _one_topic(topic, topics, path)
            keys = allowed if dimension == TOPIC else {**allowed, dimension: [key]}
            totals[margin][category] += _sum(frame, path, column, keys, problems)
    CalibrationError.collect(dict.fromkeys(problems))
    return totals


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise CalibrationError(f"{path}: there is no such file")
    try:
        frame = pl.read_csv(path, separator=";", infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
        raise CalibrationError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from error
    if frame.columns[0] != ID or frame.width < 3 or not frame.height:
        raise CalibrationError(
            f"{path}: is no raw StatLine download: the first of several columns separated by "
            f"semicolons is {ID!r}, here it is {frame.columns[0][:40]!r}"
        )
    return frame.select(pl.all().str.strip_chars())


def _read_codes(
    codes: Path, path: Path, frame: pl.DataFrame
) -> tuple[dict[str, tuple[str, dict[str, str | None]]], dict[str, list[str]]]:
    """Return {margin: (dimension, {key: category})}, and {dimension: keys} of other rows."""
    if not codes.is_file():
        raise CalibrationError(f"{codes}: there is no such file")
    with codes.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        rows, found = list(reader), reader.fieldnames or []
    CalibrationError.collect(
        f"{codes}: there is no column {name!r}; it must have {', '.join(COLUMNS)}"
        for name in COLUMNS
        if name not in found
    )
    margins: dict[str, tuple[str, dict[str, str | None]]] = {}
    limits: dict[str, list[str]] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        margin, dimension, key, category = ((row[name] or "").strip() for name in COLUMNS)
        place = f"{codes}, line {number}"
        column = key if dimension == TOPIC else dimension
        if column not in frame.columns:
            problems.append(
                f"{place}: {path} has no column {column!r}; it has {', '.join(frame.columns[1:8])}"
            )
        elif not margin:
            limits.setdefault(dimension, []).append(key)
        elif margins.setdefault(margin, (dimension, {}))[0] != dimension:
            problems.append(f"{place}: margin {margin!r} has keys of two dimensions; take one")
        elif key in margins[margin][1]:
            problems.append(f"{place}: key {key!r} is in {margin!r} twice; keep one row")
        elif not category:
            problems.append(f"{place}: key {key!r} of {margin!r} has no category")
        else:
            margins[margin][1][key] = None if category == NULL_CATEGORY else category
    if not margins and not problems:
        problems.append(f"{codes}: names no margin")
    CalibrationError.collect(problems)
    return margins, limits


def _population(
    dimension: str,
    margins: Mapping[str, tuple[str, dict[str, str | None]]],
    limits: Mapping[str, list[str]],
    codes: Path,
    problems: list[str],
) -> list[str]:
    """Return the keys of a dimension that are the population; those of all its margins agree."""
    named = {
        margin: frozenset(categories) for margin, (of, categories) in margins.items()
        if of == dimension
    }  # fmt: skip
    if dimension in limits:
        named["(no margin)"] = frozenset(limits[dimension])
    sets = set(named.values())
    if len(sets) > 1:
        odd = sorted(max(sets, key=len) - min(sets, key=len))
        problems.append(
            f"{codes}: {' and '.join(named)} name different keys of {dimension!r} (for example "
            f"{odd[0]!r}), and so different people"
        )
    return sorted(next(iter(sets), ()))


def _one_topic(topic: str | None, topics: list[str], path: Path) -> str:
    if topic is None and len(topics) == 1:
        return topics[0]
    if topic not in topics:
        asked = "several topics" if topic is None else f"no topic {topic!r}"
        raise CalibrationError(f"{path}: has {asked}: take one of {', '.join(topics)}")
    return topic


def _sum(
    frame: pl.DataFrame,
    path: Path,
    column: str,
    keys: Mapping[str, list[str]],
    problems: list[str],
) -> float:
    """Add up the counts of all combinations of keys; one that is absent or unknown is a problem."""
    part = frame.filter(pl.col(name).is_in(wanted) for name, wanted in keys.items())
    counts = {row[:-1]: row[-1] for row in part.select(*keys, column).iter_rows()}
    total = 0.0
    for cell in product(*keys.values()):
        value = counts.get(cell)
        if value is None or value == UNKNOWN:
            where = ", ".join(f"{name}={key}" for name, key in zip(keys, cell, strict=True))
            what = "has no row" if value is None else f"does not know {column!r}"
            problems.append(f"{path}: {what} for {where}")
            continue
        try:
            total += float(value)
        except ValueError:
            problems.append(f"{path}: {column!r} is no number: {value!r}")
    return total
