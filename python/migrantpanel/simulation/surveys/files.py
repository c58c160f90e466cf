"""Writes survey and sample files as SPSS (or Parquet) with labels and declared missing values."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pyreadstat

from migrantpanel.simulation.sav import (
    CREATED,
    END_OF_DICTIONARY,
    FIXED_TIME,
    Column,
    in_windows_1252,
)


@dataclass(frozen=True)
class Variable:
    """One column of a labelled file: values as delivered, and its dictionary entries."""

    values: pl.Series
    label: str
    format: str
    measure: str = "nominal"
    value_labels: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether the format is text (A) rather than a number (F)."""
        return self.format.startswith("A")


def write_labelled(
    variables: dict[str, Variable],
    path: Path,
    title: str,
    file_format: str,
    encoding: str = "utf-8",
) -> None:
    """Write variables, in order, to `path` (its suffix follows the format: sav or parquet).

    `encoding` is that of the labels of an SPSS file, whose header says UTF-8 whatever they are in.

    A Parquet file carries the dictionary in its schema metadata, one JSON text per key:
    `variable_labels` {variable: label}, `value_labels` {variable: {code: label}}, `missing`
    {variable: [code]}, `measures` and `formats` {variable: text}, `file_label` (text).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pl.DataFrame({name: variable.values for name, variable in variables.items()})
    if file_format == "parquet":
        metadata = {key: json.dumps(value) for key, value in _dictionary(variables, title).items()}
        pq.write_table(frame.to_arrow().replace_schema_metadata(metadata), path, compression="zstd")
        return

    def typed(variable: Variable, code: str) -> str | float:
        return code if variable.is_text else float(code)

    pyreadstat.write_sav(
        frame,
        path,
        file_label=title,
        row_compress=True,
        column_labels={name: v.label for name, v in variables.items()},
        variable_value_labels={
            name: {typed(v, code): label for code, label in v.value_labels.items()}
            for name, v in variables.items()
            if v.value_labels
        },
        missing_ranges={
            name: [typed(v, code) for code in v.missing]
            for name, v in variables.items()
            if v.missing
        },
        variable_measure={name: v.measure for name, v in variables.items()},
        variable_format={name: v.format for name, v in variables.items()},
    )
    content = bytearray(path.read_bytes())
    content[CREATED : CREATED + len(FIXED_TIME)] = FIXED_TIME
    if encoding != "utf-8":
        columns = [Column(name, v.format, v.label, v.value_labels) for name, v in variables.items()]
        start = content.index(END_OF_DICTIONARY)
        content[:start] = in_windows_1252(bytes(content[:start]), columns)
    path.write_bytes(content)


def _dictionary(variables: dict[str, Variable], title: str) -> dict[str, object]:
    return {
        "file_label": title,
        "variable_labels": {name: v.label for name, v in variables.items()},
        "value_labels": {name: v.value_labels for name, v in variables.items() if v.value_labels},
        "missing": {name: list(v.missing) for name, v in variables.items() if v.missing},
        "measures": {name: v.measure for name, v in variables.items()},
        "formats": {name: v.format for name, v in variables.items()},
    }
