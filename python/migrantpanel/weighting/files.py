"""Sample files and margins files of `migrantpanel calibrate`: CSV, Parquet, SPSS and Stata."""

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat

from migrantpanel.weighting.errors import CalibrationError

FORMATS = (".csv", ".parquet", ".sav", ".dta")
NULL_CATEGORY = "(null)"
READER_ERRORS = (
    pl.exceptions.PolarsError,
    pyreadstat.ReadstatError,
    pyreadstat.PyreadstatError,
    UnicodeDecodeError,
    OSError,
    ValueError,
)


@dataclass(frozen=True)
class Sample:
    """A sample as delivered, with what an SPSS or Stata file says about its variables."""

    frame: pl.DataFrame
    labels: dict[str, dict[str, Any]] = field(default_factory=dict)


def file_format(path: Path) -> str:
    """Return the extension that says how a file is read or written.

    Raises:
        CalibrationError: none of CSV, Parquet, SPSS or Stata.
    """
    extension = path.suffix.lower()
    if extension not in FORMATS:
        raise CalibrationError(f"{path}: {extension or 'no extension'} is not {_listed(FORMATS)}")
    return extension


def read_sample(path: Path) -> Sample:
    """Read a sample; CSV columns stay text, declared missing codes stay codes.

    Raises:
        CalibrationError: the file is absent, damaged or in an unknown format.
    """
    extension = file_format(path)
    if not path.is_file():
        raise CalibrationError(f"{path}: there is no such file")
    try:
        if extension == ".csv":
            return Sample(pl.read_csv(path, infer_schema=False))
        if extension == ".parquet":
            return Sample(pl.read_parquet(path))
        read = pyreadstat.read_sav if extension == ".sav" else pyreadstat.read_dta
        frame, meta = read(
            path,
            user_missing=True,
            disable_datetime_conversion=True,
            output_format="polars",
        )
    except READER_ERRORS as error:
        raise CalibrationError(f"{path}: cannot be read: {_first_line(error)}") from error
    return Sample(
        frame,
        {
            "column_labels": dict(meta.column_names_to_labels),
            "variable_value_labels": dict(meta.variable_value_labels),
            "variable_format": dict(meta.original_variable_types),
            "missing_ranges": dict(meta.missing_ranges),
            "missing_user_values": dict(meta.missing_user_values),
            "variable_measure": dict(meta.variable_measure),
        },
    )


def calibration_columns(
    sample: Sample, path: Path, categorical: list[str], numeric: list[str]
) -> pl.DataFrame:
    """Return the columns a calibration reads: numbers as numbers, empty text as null.

    Raises:
        CalibrationError: a column is absent, or a text is no number; row 1 is the first row.
    """
    frame = sample.frame
    wanted = dict.fromkeys([*categorical, *numeric])
    CalibrationError.collect(
        f"{path}: there is no column {name!r}; it has {', '.join(frame.columns[:20])}"
        for name in wanted
        if name not in frame.columns
    )
    columns = frame.select(
        pl.when(pl.col(name) != "").then(pl.col(name))
        if frame.schema[name] == pl.String
        else pl.col(name)
        for name in wanted
    )
    problems = []
    for name in numeric:
        if columns.schema[name] != pl.String:
            continue
        cast = columns[name].str.strip_chars().cast(pl.Float64, strict=False)
        bad = (cast.is_null() & columns[name].is_not_null()).arg_true()
        if len(bad):
            problems.append(
                f"{path}: column {name!r} has {len(bad):,} values that are no number, the first "
                f"in row {bad[0] + 1}: {columns[name][bad[0]]!r}"
            )
        elif name not in categorical:
            columns = columns.with_columns(cast.alias(name))
    CalibrationError.collect(problems)
    return columns


def read_margins(path: Path, with_domain: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read margins and totals from a CSV with the columns margin, category and total.

    An empty category makes the row a numeric total; `(null)` is the category of rows without a
    value. With domains there is a column domain too, and the result is nested per domain.

    Raises:
        CalibrationError: the file is absent, lacks a column, or a row cannot be used.
    """
    if not path.is_file():
        raise CalibrationError(f"{path}: there is no such file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            columns, rows = reader.fieldnames or [], list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise CalibrationError(f"{path}: cannot be read as CSV in UTF-8: {error}") from error
    needed = ["margin", "category", "total", *(["domain"] if with_domain else [])]
    CalibrationError.collect(
        f"{path}: there is no column {name!r}; it must have {_listed(needed)}"
        for name in needed
        if name not in columns
    )
    if "domain" in columns and not with_domain:
        raise CalibrationError(f"{path}: has a column domain: say with --domain which column it is")
    margins: dict[str, Any] = {}
    totals: dict[str, Any] = {}
    problems = []
    for number, row in enumerate(rows, start=2):
        place = f"{path}, line {number}"
        margin, category, text = (row[name] or "" for name in ("margin", "category", "total"))
        total = _number(text)
        if not margin:
            problems.append(f"{place}: the margin is empty; it names a column of the sample")
        if total is None:
            problems.append(f"{place}: total {text!r} of {margin!r} is not a finite number")
        target = totals if category == "" else margins
        if with_domain:
            domain = row["domain"] or ""
            target = target.setdefault(None if domain == NULL_CATEGORY else domain, {})
        if category != "":
            target = target.setdefault(margin, {})
        key = margin if category == "" else None if category == NULL_CATEGORY else category
        if key in target:
            problems.append(f"{place}: {margin!r} {category!r} is there twice; keep one row")
        target[key] = total
    if not rows:
        problems.append(f"{path}: has no rows")
    CalibrationError.collect(problems)
    return margins, totals


def write_sample(sample: Sample, added: Mapping[str, Any], path: Path) -> None:
    """Write the sample with its new columns; the file appears whole or not at all."""
    extension = file_format(path)
    frame = sample.frame.with_columns(pl.Series(name, values) for name, values in added.items())
    part = path.with_name(f".{path.stem}.part{extension}")
    labels = dict(sample.labels)
    writers: dict[str, Callable[[], Any]] = {
        ".csv": lambda: frame.write_csv(part),
        ".parquet": lambda: frame.write_parquet(part),
        ".sav": lambda: pyreadstat.write_sav(
            frame,
            part,
            **_kept(labels, frame, "missing_ranges", "variable_measure", "variable_format"),
        ),
        ".dta": lambda: pyreadstat.write_dta(
            frame, part, **_kept(labels, frame, "missing_user_values", "variable_format")
        ),
    }
    try:
        writers[extension]()
        part.replace(path)
    except READER_ERRORS as error:
        part.unlink(missing_ok=True)
        raise CalibrationError(f"{path}: cannot be written: {_first_line(error)}") from error


def _kept(labels: dict[str, Any], frame: pl.DataFrame, *more: str) -> dict[str, Any]:
    """Return what an SPSS or Stata file keeps of the labels.

    Formats are those of one program: "%10.0g" is Stata's, "F8.2" is that of SPSS.
    """
    kept = {
        name: labels[name]
        for name in ("column_labels", "variable_value_labels", *more)
        if labels.get(name)
    }
    stata = "missing_user_values" in more
    formats = kept.pop("variable_format", {})
    if all(text.startswith("%") == stata for text in formats.values()) and formats:
        kept["variable_format"] = formats
    if "column_labels" in kept:
        kept["column_labels"] = {name: kept["column_labels"].get(name) for name in frame.columns}
    return kept


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
