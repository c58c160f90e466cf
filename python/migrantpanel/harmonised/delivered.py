"""A new survey file as the proposals see it: names, labels, and the codes of chosen variables."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.harmonised.text import label_words, number_of
from migrantpanel.landing.labels import code_expression, code_text, is_declared_missing
from migrantpanel.landing.readers import (
    LABELLED_FORMATS,
    Labels,
    check_magic,
    read_labels,
    read_with_pyreadstat,
    reading,
)

# Person keys stay in the vault, and are never answers.
PERSON_KEY = re.compile("RINPERSOON.*|RIN|SRTNUM", re.IGNORECASE)


@dataclass(frozen=True)
class Variable:
    """One delivered variable; `labels` holds the labelled codes as landing writes them."""

    name: str
    label: str | None
    words: frozenset[str]
    labels: dict[str, str | None]
    declared: tuple[dict[str, Any], ...]
    letters: tuple[str, ...]

    def is_declared_missing(self, code: str) -> bool:
        """Say whether the file declares a code to be missing."""
        if code in self.letters:
            return True
        number = number_of(code)
        return any(
            is_declared_missing(code if isinstance(bounds["lo"], str) else number, [bounds])
            for bounds in self.declared
            if isinstance(bounds["lo"], str) or number is not None
        )


@dataclass(frozen=True)
class Column:
    """What a variable holds: rows per delivered code, rows left blank, and how it is stored."""

    counts: dict[str, int]
    blank: int
    is_text: bool

    def is_key(self, rows: int) -> bool:
        """Say whether every row has a value of its own."""
        return not self.blank and len(self.counts) == rows


@dataclass
class Delivered:
    """A labelled survey file; columns are read when they are asked for, and kept."""

    path: Path
    file_format: str
    rows: int
    variables: dict[str, Variable]
    person_keys: tuple[str, ...]
    _columns: dict[str, Column] = field(default_factory=dict)

    def columns(self, names: list[str]) -> dict[str, Column]:
        """Return the named columns' codes, reading those not read before in one pass."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._columns]
        if wanted:
            with reading(self.path):
                frame, meta = read_with_pyreadstat(
                    self.path, self.file_format, output_format="polars", usecols=wanted
                )
            for name in frame.columns:
                letters = name in meta.missing_user_values
                self._columns[name] = _column(frame[name], letters)
            # A name that is spelled otherwise once the data are read holds nothing to judge.
            for name in wanted:
                self._columns.setdefault(name, Column({}, self.rows, True))
        return {name: self._columns[name] for name in names}


def open_survey(path: Path) -> Delivered:
    """Read names and labels of a survey file.

    Raises `UserError` for a file without room for labels, an unreadable or an empty one.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file: correct the name")
    file_format = path.suffix.lower().lstrip(".")
    if file_format not in LABELLED_FORMATS:
        raise UserError(
            f"{path.name}: only SPSS and Stata files hold labels to propose mappings from: give"
            " the .sav, .zsav or .dta file of this survey"
        )
    check_magic(path, file_format)
    labels, rows = read_labels(path, file_format)
    names = list(labels.variable_labels)
    lower = [name.lower() for name in names]
    if twice := sorted({name for name in lower if lower.count(name) > 1}):
        raise UserError(
            f"{path.name}: column {twice[0]} is there {lower.count(twice[0])} times: keep one"
        )
    if rows is None or rows < 0:
        rows = _count_rows(path, file_format, names)
    if not rows:
        raise UserError(f"{path.name}: the file holds no rows: ask for it again")
    return Delivered(
        path=path,
        file_format=file_format,
        rows=rows,
        variables={
            name: _variable(name, labels) for name in names if not PERSON_KEY.fullmatch(name)
        },
        person_keys=tuple(name for name in names if PERSON_KEY.fullmatch(name)),
    )


def _count_rows(path: Path, file_format: str, names: list[str]) -> int:
    with reading(path):
        frame, _ = read_with_pyreadstat(
            path, file_format, output_format="polars", usecols=names[:1]
        )
    return frame.height


def _variable(name: str, labels: Labels) -> Variable:
    label = (labels.variable_labels.get(name) or "").strip() or None
    codes = labels.value_labels.get(name, {})
    ranges = labels.missing_ranges.get(name, [])
    letters = [str(letter) for letter in labels.missing_letters.get(name, [])]
    known: dict[str, str | None] = {
        code_text(code): None if text is None else str(text) for code, text in codes.items()
    }
    single = [code_text(bounds["lo"]) for bounds in ranges if bounds["lo"] == bounds["hi"]]
    for code in [*single, *letters]:
        known.setdefault(code, None)
    return Variable(name, label, label_words(label, name), known, tuple(ranges), tuple(letters))


def _column(values: pl.Series, has_letters: bool) -> Column:
    if values.dtype == pl.Object:
        texts = [None if v is None or v != v else code_text(v) for v in values.to_list()]
        values = pl.Series(values.name, texts, pl.String)
    name = values.name
    codes = values.to_frame().select(code_expression(name, values.dtype).alias(name)).to_series()
    counted = codes.drop_nulls().value_counts(sort=True)
    return Column(
        counts=dict(zip(counted[name].to_list(), counted["count"].to_list(), strict=True)),
        blank=codes.null_count(),
        is_text=values.dtype == pl.String and not has_letters,
    )
