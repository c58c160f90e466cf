"""Writes SPSS system files: the dictionary by pyreadstat, the rows by numpy, the same bytes always.

pyreadstat writes labels and formats well but rows slowly (about 4 million cells a second);
polars-readstat is fast but cannot label text codes. Rows of an uncompressed system file are plain
records, so they are put behind the dictionary here (tens of millions of cells a second).
"""

import re
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat

_SYSTEM_MISSING = -np.finfo(np.float64).max
# File header: number of cases at byte 80, creation date (9 characters) and time (8) at byte 92;
# the time is always the same, so that the same seed gives the same bytes.
_CASES, CREATED = 80, 92
FIXED_TIME = b"31 Dec 2312:00:00"
END_OF_DICTIONARY = struct.pack("<ii", 999, 0)


@dataclass(frozen=True)
class Column:
    """How a column is delivered: `A9` text of 9 bytes, `F10` a number; labels; code list."""

    name: str
    format: str
    label: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Width of the format in characters."""
        return int(re.match(r"[AF](\d+)", self.format).group(1))

    @property
    def is_text(self) -> bool:
        """Whether the column holds text (format A)."""
        return self.format.startswith("A")


def write_sav(frame: pl.DataFrame, columns: list[Column], path: Path, label: str = "") -> None:
    """Write a frame as an uncompressed .sav with exactly these columns, in this order.

    Text is ASCII and at most as wide as its format (ValueError otherwise); null text becomes
    blank, a null number becomes system missing.
    """
    with path.open("wb") as file:
        file.write(sav_header(columns, frame.height, label))
        file.write(sav_rows(frame, columns))


def sav_header(columns: list[Column], rows: int, label: str) -> bytes:
    """Return what stands before the rows of a file."""
    header = bytearray(_dictionary(columns, label))
    struct.pack_into("<i", header, _CASES, rows)
    header[CREATED : CREATED + len(FIXED_TIME)] = FIXED_TIME
    return bytes(header)


def in_windows_1252(header: bytes, columns: list[Column]) -> bytes:
    """Write the labels of a header in Windows-1252, while it goes on to say UTF-8."""
    labels = {label for c in columns for label in (c.label, *c.values.values())}
    for label in sorted(label for label in labels if not label.isascii()):
        for entry in (_value_label, _variable_label):
            header = header.replace(entry(label.encode()), entry(label.encode("windows-1252")))
    return header


def _value_label(text: bytes) -> bytes:
    """Return a value label as it stands in a header: its length, filled to eight bytes."""
    return (bytes([len(text)]) + text).ljust(-(-(len(text) + 1) // 8) * 8)


def _variable_label(text: bytes) -> bytes:
    """Return the label of a variable as it stands in a header, filled to four bytes."""
    return struct.pack("<i", len(text)) + text.ljust(-(-len(text) // 4) * 4)


def sav_rows(frame: pl.DataFrame, columns: list[Column]) -> memoryview | bytes:
    """Return the rows of a frame as they stand in a file, `row_bytes` each."""
    if not frame.height:
        return b""
    records = np.empty(frame.height, dtype=[(c.name, _cell(c)) for c in columns])
    for column in columns:
        values = frame[column.name]
        if column.is_text:
            records[column.name] = _padded(values, column)
        else:
            numbers = values.cast(pl.Float64).fill_null(_SYSTEM_MISSING)
            records[column.name] = numbers.to_numpy()
    return memoryview(records).cast("B")


def row_bytes(columns: list[Column]) -> int:
    """Return the bytes of a row in a file."""
    return sum(np.dtype(_cell(column)).itemsize for column in columns)


def _cell(column: Column) -> str:
    """Return the numpy type of a cell: text takes a multiple of eight bytes."""
    return f"S{-(-column.width // 8) * 8}" if column.is_text else "<f8"


def _padded(values: pl.Series, column: Column) -> np.ndarray:
    width = -(-column.width // 8) * 8
    text = values.fill_null("")
    longest = text.str.len_bytes().max() or 0
    if longest > column.width:
        example = text.filter(text.str.len_bytes() > column.width)[0]
        raise ValueError(f"{column.name}: {example!r} is wider than {column.format}")
    array = text.str.pad_end(width).rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    if not len(array):
        return np.empty(0, dtype=f"S{width}")
    buffers = array.buffers()
    first, last = np.frombuffer(buffers[1], dtype=np.int64)[
        [array.offset, array.offset + len(array)]
    ]
    return np.frombuffer(buffers[2], dtype=f"S{width}", offset=first, count=(last - first) // width)


def _dictionary(columns: list[Column], label: str) -> bytes:
    """Return the dictionary that pyreadstat writes, without the row it came with."""
    template = pl.DataFrame({c.name: ["x" * c.width] if c.is_text else [0.0] for c in columns})
    values = {
        c.name: {code if c.is_text else float(code): text for code, text in c.values.items()}
        for c in columns
        if c.values
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dictionary.sav"
        pyreadstat.write_sav(
            template,
            path,
            file_label=label,
            column_labels={c.name: c.label for c in columns if c.label},
            variable_value_labels=values,
            variable_format={c.name: c.format for c in columns},
        )
        content = path.read_bytes()
    end = content.rindex(END_OF_DICTIONARY, 0, len(content) - row_bytes(columns))
    return content[: end + len(END_OF_DICTIONARY)]
