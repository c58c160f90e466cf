"""Damage to how a file is delivered: its columns' names, its keys, its form, its place.

A kind is a function `(extract, spec) -> (extracts, changes)`: the files that are delivered instead,
and per changed column what it is in truth and as delivered. A share of the files that a kind names
in the parameters gets it, each kind drawn without regard to the others, and a file gets all of its
kinds in the order of `FILE_KINDS`; only one of `CONVERTS` can be, the last. To add a kind: its
parameters in defects.yaml, a function, its name in `FILE_KINDS`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.defects.manifest import STALE, exactly, manifest_rows

if TYPE_CHECKING:
    from migrantpanel.simulation.registers import Extract, Registers

CONVERTED = "geconverteerde data"
# (column or null, what it is in truth, as delivered)
Change = tuple[str | None, str, str]
FileKind = Callable[["Extract", dict], tuple[list["Extract"], list[Change]]]


def deliver_files(registers: "Registers", files: Sequence["Extract"]) -> Iterator["Extract"]:
    """Yield the files as they are delivered, and keep the record in `Damage.of_files`.

    Which files are chosen depends on the seed of the country and on nothing in a block.
    """
    defects = registers.country.parameters.defects
    seed = registers.country.numbering.seed
    chosen: dict[str, list[str]] = {}
    for kind in FILE_KINDS:
        spec = defects[kind]
        fits = [
            file.name for file in files
            if file.register in spec["files"] and file.year <= spec.get("until", file.year)
            and FITS.get(kind, bool)(file)
        ]  # fmt: skip
        free = [
            i for i, name in enumerate(fits)
            if kind not in CONVERTS or not set(CONVERTS) & set(chosen.get(name, []))
        ]  # fmt: skip
        rng = generator(seed, "defect", kind)
        for i in exactly(spec["rate"], len(fits), np.array(free, dtype=np.int64), rng):
            chosen.setdefault(fits[i], []).append(kind)
    stale = defects["stale_version"]
    for file in files:
        if file.name in STALE and file.register in stale["files"]:
            if not stale["rate"]:
                continue
            _record(registers, file, "stale_version", [(None, *STALE[file.name])])
        delivered = [file]
        for kind in chosen.get(file.name, []):
            (last,) = delivered
            delivered, changes = FILE_KINDS[kind](last, defects[kind])
            _record(registers, file, kind, changes)
            if kind == "code_list_break":
                delivered = [
                    _counted(registers, each, defects[kind]["codes"]) for each in delivered
                ]
        yield from delivered


def _record(registers: "Registers", file: "Extract", kind: str, changes: list[Change]) -> None:
    """Write one row of the manifest per change, once for the country."""
    if not registers.country.numbering.is_first:
        return
    columns, true, delivered = (list(values) for values in zip(*changes, strict=True))
    rows = pl.DataFrame(
        {"column": columns, "true_value": true, "delivered_value": delivered},
        schema=dict.fromkeys(("column", "true_value", "delivered_value"), pl.String),
    ).with_columns(file_stem=pl.lit(file.register), file_year=pl.lit(file.year))
    registers.damage.of_files[file.register, f"{file.name} {kind}"] = manifest_rows(rows, kind)


def _counted(registers: "Registers", file: "Extract", codes: dict[str, str]) -> "Extract":
    """Return a file that writes, when its rows are made, how often each code replaces another.

    `codes`: per column of an older list, the one that holds the codes of today's.
    """

    def frame() -> pl.DataFrame:
        rows = file.frame()
        for column, today in codes.items():
            if column in {c.name for c in file.columns}:
                true = pl.col(today.format(year=file.year)).alias("true_value")
                counted = rows.group_by(true, delivered_value=column).agg(
                    rows=pl.len().cast(pl.Int64)
                ).sort("true_value", "delivered_value").with_columns(
                    column=pl.lit(column), file_stem=pl.lit(file.register),
                    file_year=pl.lit(file.year),
                )  # fmt: skip
                registers.damage.of_files[file.register, f"{file.name} codes"] = manifest_rows(
                    counted, "code_list_break"
                )
        return rows

    return replace(file, frame=frame)


def _renamed(file: "Extract", names: dict[str, str]) -> "Extract":
    """Return a file with other names for some columns."""
    return replace(
        file,
        columns=[replace(c, name=names.get(c.name, c.name)) for c in file.columns],
        # A frame holds more than what is delivered; none of it may get in the way.
        frame=lambda: file.frame().select(c.name for c in file.columns).rename(names),
    )


def code_list_break(file: "Extract", spec: dict) -> tuple[list["Extract"], list[Change]]:
    """The columns, and with them the code lists, that were in force in the file's own year."""
    older = file.vintage or file.columns
    now, then = ({c.name for c in columns} for columns in (file.columns, older))
    gone: list[Change] = [(c.name, c.name, "-") for c in file.columns if c.name not in then]
    came: list[Change] = [(c.name, "-", c.name) for c in older if c.name not in now]
    return [replace(file, columns=older)], gone + came


def mixed_column_case(file: "Extract", spec: dict) -> tuple[list["Extract"], list[Change]]:
    """Names in lower case, or with a capital only."""
    write = str.lower if file.year % 2 else str.capitalize
    names = {c.name: write(c.name) for c in file.columns if write(c.name) != c.name}
    return [_renamed(file, names)], [(new, old, new) for old, new in names.items()]


def renamed_columns(file: "Extract", spec: dict) -> tuple[list["Extract"], list[Change]]:
    """The names of another vintage."""
    present = {c.name for c in file.columns}
    names = {old: new for old, new in spec["names"].items() if old in present}
    return [_renamed(file, names)], [(new, old, new) for old, new in names.items()]


def numeric_keys(file: "Extract", spec: dict) -> tuple[list["Extract"], list[Change]]:
    """Numbers of persons as numbers, so that their leading zeros are gone."""
    keys = [c for c in file.columns if c.name.upper().startswith("RINPERSOON") and c.width == 9]
    numeric = {c.name: replace(c, format="F9") for c in keys}

    def frame() -> pl.DataFrame:
        # A relative outside the registers has dashes: no number.
        return file.frame().with_columns(
            pl.col(name).cast(pl.Int64, strict=False) for name in numeric
        )

    columns = [numeric.get(c.name, c) for c in file.columns]
    changes: list[Change] = [(c.name, c.format, "F9") for c in keys]
    return [replace(file, columns=columns, frame=frame)], changes


def decimal_comma_csv(file: "Extract", spec: dict) -> tuple[list["Extract"], list[Change]]:
    """Only the converted file is there: fields between semicolons, a comma in numbers."""
    return [_converted(file)], [(None, "as the others", "csv")]


def converted_twin(file: "Extract", spec: dict) -> tuple[list["Extract"], list[Change]]:
    """The converted file stands beside the original."""
    return [file, _converted(file)], [(None, "one file", "a csv beside it")]


def _converted(file: "Extract") -> "Extract":
    return replace(file, folder=f"{file.folder}/{CONVERTED}", file_format="csv")


def wrong_encoding(file: "Extract", spec: dict) -> tuple[list["Extract"], list[Change]]:
    """Labels in Windows-1252 in a file whose header says UTF-8 (SPSS only)."""
    return [replace(file, encoding="windows-1252")], [(None, "utf-8", "windows-1252")]


FILE_KINDS: dict[str, FileKind] = {
    "code_list_break": code_list_break,
    "wrong_encoding": wrong_encoding,
    "numeric_keys": numeric_keys,
    "renamed_columns": renamed_columns,
    "mixed_column_case": mixed_column_case,
    "decimal_comma_csv": decimal_comma_csv,
    "converted_twin": converted_twin,
}
# What a file must be for a kind to change anything in it.
FITS: dict[str, Callable[["Extract"], bool]] = {
    "code_list_break": lambda file: file.vintage is not None,
    "wrong_encoding": lambda file: (
        not all(text.isascii() for column in file.columns for text in column.values.values())
    ),
}
# Kinds that write a file as CSV: instead of SPSS or beside it, not both.
CONVERTS = ("decimal_comma_csv", "converted_twin")
