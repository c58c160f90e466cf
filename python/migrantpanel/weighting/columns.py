"""Columns of a pandas, polars or Arrow table as category codes or as numbers."""

import math
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from migrantpanel.weighting.errors import CalibrationError


@dataclass(frozen=True)
class Categories:
    """A column as codes: row i holds `labels[codes[i]]`; the last label, None, is null."""

    labels: list[str | None]
    codes: np.ndarray


def category_text(value: Any) -> str | None:
    """Return a category as text, so that 1, 1.0 and "1" are the same category.

    Null, NaN and NaT become None, the category of the unknown.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value)


def arrow_columns(data: Any, names: list[str]) -> dict[str, pa.ChunkedArray]:
    """Return the named columns of a pandas, polars or Arrow table.

    Raises:
        CalibrationError: another kind of object, no rows, or columns that are not there.
    """
    # A frame of a library can only be given by somebody who imported that library.
    polars, pandas = sys.modules.get("polars"), sys.modules.get("pandas")
    if polars is not None and isinstance(data, polars.LazyFrame):
        data = data.select(polars.col(name) for name in names).collect()
    if isinstance(data, pa.Table | pa.RecordBatch):
        present = data.schema.names
    elif (polars is not None and isinstance(data, polars.DataFrame)) or (
        pandas is not None and isinstance(data, pandas.DataFrame)
    ):
        present = list(data.columns)
    else:
        raise CalibrationError(
            f"data is a {type(data).__name__}: give a pandas, polars or Arrow table"
        )
    CalibrationError.collect(
        f"column {name!r} is not in the data, which has {', '.join(map(str, present[:20]))}"
        if name not in present
        else f"column {name!r} is in the data more than once"
        for name in names
        if present.count(name) != 1
    )
    if len(data) == 0:
        raise CalibrationError("the data have no rows")
    if isinstance(data, pa.Table | pa.RecordBatch):
        return {name: _chunked(data.column(name)) for name in names}
    if polars is not None and isinstance(data, polars.DataFrame):
        table = data.select(names).to_arrow(compat_level=polars.CompatLevel.newest())
        return {name: table.column(name) for name in names}
    return {name: _from_pandas(data[name], name) for name in names}


def categories(column: pa.ChunkedArray) -> Categories:
    """Encode a column of any type as categories; null and NaN are the label None."""
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if pa.types.is_dictionary(column.type):
        encoded = column.unify_dictionaries().combine_chunks()
    else:
        encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    labels = [category_text(value) for value in encoded.dictionary.to_pylist()]
    codes, missing = _values(encoded.indices, str(encoded.indices.type))
    codes = np.where(missing, len(labels), codes)
    labels.append(None)
    distinct = [*dict.fromkeys(label for label in labels if label is not None), None]
    if len(distinct) < len(labels):
        # NaN is an entry of the dictionary, and in a given dictionary null may be another.
        position = {label: code for code, label in enumerate(distinct)}
        codes = np.array([position[label] for label in labels])[codes]
    return Categories(distinct, codes.astype(np.min_scalar_type(len(distinct))))


def numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Return a numeric column as float64; null becomes NaN.

    Raises:
        CalibrationError: the column is not numeric.
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        named = "text" if "string" in str(kind) else str(kind)
        raise CalibrationError(f"holds {named}, not numbers: convert it")
    values = column.cast(pa.float64(), safe=False).combine_chunks()
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0)
    result, missing = _values(values, "float64")
    return np.where(missing, math.nan, result)


def _values(array: pa.Array, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of an Arrow array, anything where they are null, and where that is.

    Arrow's own conversions import pandas, which takes longer than most calibrations.
    """
    missing = array.is_null().cast(pa.uint8())
    return tuple(
        np.frombuffer(part.buffers()[1], dtype=kind)[part.offset : part.offset + len(part)]
        for part, kind in ((array, dtype), (missing, "bool"))
    )


def _chunked(column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _from_pandas(column: Any, name: str) -> pa.ChunkedArray:
    try:
        return _chunked(pa.array(column, from_pandas=True))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # A pandas object column may mix text and numbers; as categories they are all text.
        try:
            return pa.chunked_array([pa.array([category_text(value) for value in column])])
        except Exception as error:
            raise CalibrationError(f"column {name!r} cannot be read: {error}") from error
