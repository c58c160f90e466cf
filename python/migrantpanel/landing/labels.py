"""Value labels, variable labels and declared missing values as rows, exactly as delivered."""

from pathlib import Path
from typing import Any

import polars as pl

from migrantpanel.landing.output import VALUE_LABEL_SCHEMA, VARIABLE_LABEL_SCHEMA, write_frame
from migrantpanel.landing.readers import Labels
from migrantpanel.landing.records import SAMPLE, SURVEY, FileRecord

# Beyond this a float holds no single whole numbers.
EXACT_WHOLE = 2**53


def code_text(code: Any) -> str:
    """Return a code as text: numbers without `.0`, text without blanks at its end.

    >>> code_text(-6.0), code_text(2.5), code_text("NL  ")
    ('-6', '2.5', 'NL')
    """
    if isinstance(code, float) and code.is_integer() and abs(code) < EXACT_WHOLE:
        return str(int(code))
    return str(code).rstrip(" ")


def code_expression(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column's values as `code_text` writes them; nothing delivered is null."""
    value = pl.col(name)
    if dtype.is_float():
        value = value.fill_nan(None)
        whole = (value == value.round()) & (value.abs() < EXACT_WHOLE)
        text = (
            pl.when(whole)
            .then(value.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(value.cast(pl.String))
        )
    elif dtype == pl.Boolean:
        text = value.cast(pl.Int8).cast(pl.String)
    elif dtype == pl.Datetime:
        text = value.dt.strftime("%Y-%m-%d %H:%M:%S")
    else:
        text = value.cast(pl.String)
    trimmed = text.str.strip_chars_end(" \x00")
    return pl.when(trimmed != "").then(trimmed)


def is_declared_missing(code: Any, ranges: list[dict[str, Any]]) -> bool:
    """Say whether a code lies in a declared range of missing values; single codes are lo = hi."""
    for bounds in ranges:
        low, high = bounds["lo"], bounds["hi"]
        if isinstance(code, str) or isinstance(low, str):
            if str(code).rstrip() == str(low).rstrip():
                return True
        elif low <= code <= high:
            return True
    return False


def write_labels(
    scratch: Path,
    labels: Labels,
    stem: str,
    survey: tuple[str, int] | None,
    record: FileRecord,
    variables: list[str],
    delivered_codes: dict[str, list[Any]] | None = None,
) -> list[str]:
    """Write the label tables of one file; return the written paths.

    `delivered_codes` holds per variable the declared missing codes found in the data, so that a
    code inside a declared range without a label of its own is listed as well.
    """
    name = stem if record.kind in (SURVEY, SAMPLE) else record.name
    head = {
        "stem": stem,
        "survey": survey[0] if survey else None,
        "survey_year": survey[1] if survey else None,
        "source_file": record.file_name,
    }
    value_rows: list[dict[str, Any]] = []
    variable_rows: list[dict[str, Any]] = []
    for position, variable in enumerate(variables, 1):
        ranges = labels.missing_ranges.get(variable, [])
        letters = labels.missing_letters.get(variable, [])
        codes: dict[str, tuple[str | None, bool]] = {
            code_text(code): (label, code in letters or is_declared_missing(code, ranges))
            for code, label in labels.value_labels.get(variable, {}).items()
        }
        unlabelled = [bounds["lo"] for bounds in ranges if bounds["lo"] == bounds["hi"]]
        unlabelled += [*letters, *(delivered_codes or {}).get(variable, [])]
        for code in unlabelled:
            codes.setdefault(code_text(code), (None, True))
        value_rows += [
            {**head, "variable": variable, "code": code, "label": label, "is_missing": missing}
            for code, (label, missing) in codes.items()
        ]
        declared = [_range_text(bounds) for bounds in ranges] + [str(code) for code in letters]
        variable_rows.append(
            {
                **head,
                "variable": variable,
                "position": position,
                "label": labels.variable_labels.get(variable),
                "storage_format": labels.formats.get(variable),
                "measure": labels.measures.get(variable),
                "missing_values": "; ".join(declared) or None,
            }
        )
    written = []
    for folder, rows, schema in (
        ("value_label", value_rows, VALUE_LABEL_SCHEMA),
        ("variable_label", variable_rows, VARIABLE_LABEL_SCHEMA),
    ):
        if rows:
            frame = pl.DataFrame(rows, schema=schema, orient="row")
            written.append(write_frame(scratch, folder, name, frame))
    return written


def _range_text(bounds: dict[str, Any]) -> str:
    low, high = code_text(bounds["lo"]), code_text(bounds["hi"])
    return low if low == high else f"{low} thru {high}"
