"""Numbers and dates: whether a variable's values are possible, and by which rule they pass."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from migrantpanel.harmonised.delivered import Column, Variable
from migrantpanel.harmonised.knowledge import Concept, Knowledge
from migrantpanel.harmonised.proposal import (
    FACTS,
    HIGH,
    LOW,
    MEDIUM,
    TEXT_SURE,
    CodeRow,
    Proposal,
    as_code,
    blank_rows,
    code_order,
    is_missing,
)
from migrantpanel.harmonised.text import number_of, plain

CALENDAR_YEAR = "calendar year"
NUMBERS_IN_RANGE = 0.99
# Impossible numbers listed one by one; more of them ask for another rule, not for rows.
STRANGE_LISTED = 20
END_OF_SCALE = "the end of the scale"
GUILDERS_PER_EURO = 2.20371
GUILDER_WORDS = {"gulden", "guldens", "guilder", "guilders"}
NUMBER_WORDS = {
    word: number
    for words in (
        "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf",
        "zero one two three four five six seven eight nine ten eleven twelve",
    )
    for number, word in enumerate(words.split())
}
UNIT_WORDS = {"jaar", "jaren", "year", "years", "uur", "uren", "hour", "hours", "maand", "maanden"}
DATE_LAYOUTS = {
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyymmdd": "%Y%m%d",
    "ddmmyyyy": "%d%m%Y",
    "dd-mm-yyyy": "%d-%m-%Y",
    "dd/mm/yyyy": "%d/%m/%Y",
    "yyyymm": "%Y%m",
    "yymmdd": "%y%m%d",
    "ddmmyy": "%d%m%y",
}


@dataclass(frozen=True)
class _Scale:
    """How delivered numbers become harmonised ones: number x factor + offset."""

    factor: float = 1.0
    offset: float = 0.0

    def __call__(self, number: float) -> float:
        return number * self.factor + self.offset

    @property
    def is_plain(self) -> bool:
        """Whether numbers pass as they are."""
        return self == _Scale()


def number_proposal(
    knowledge: Knowledge,
    concept: Concept,
    variable: Variable,
    column: Column,
    text: float,
    survey_year: int,
) -> Proposal:
    """Judge a variable as the source of a number by the numbers that it holds.

    `text` says how well its name fits, between 0 and 1.
    """
    valid = {
        code: count
        for code, count in column.counts.items()
        if not is_missing(knowledge, variable, code)
    }
    numbers = {n: count for code, count in valid.items() if (n := number_of(code)) is not None}
    scale = _scale(concept, variable, numbers)
    shape, doubts = _possible(concept, variable, valid, numbers, scale, survey_year)
    rows = _number_rows(knowledge, concept, variable, column, scale)
    if shape < NUMBERS_IN_RANGE:
        rows = tuple(
            replace(r, target=None, note="") if r.note == END_OF_SCALE else r for r in rows
        )
    if text >= TEXT_SURE and shape >= NUMBERS_IN_RANGE:
        confidence = HIGH
    elif text >= TEXT_SURE or (text >= 0.5 and shape >= NUMBERS_IN_RANGE):
        confidence = MEDIUM
    else:
        confidence = LOW
    is_fact = concept.variable in FACTS or concept.unit == CALENDAR_YEAR
    grade, reason = ("good", "same") if is_fact else ("fair", "wording")
    why = [f"label {text:.2f}, {shape:.0%} of its numbers possible", *doubts]
    return Proposal(
        variable=concept.variable,
        sources=(variable.name,),
        rule="copy" if scale.is_plain else "scale",
        scale_factor="" if scale.is_plain else as_code(round(scale.factor, 6)),
        scale_offset="" if scale.is_plain else as_code(scale.offset),
        text=text,
        shape=round(shape, 3),
        confidence=confidence,
        why="; ".join(why),
        grade=grade,
        reason=reason,
        rows=rows,
    )


def _scale(concept: Concept, variable: Variable, numbers: dict[float, int]) -> _Scale:
    """Return the rule for years of two digits and for guilders."""
    if concept.unit == CALENDAR_YEAR and numbers and 0 <= min(numbers) <= max(numbers) < 100:
        return _Scale(offset=1900.0)
    if concept.unit.startswith("euro") and GUILDER_WORDS & variable.words:
        return _Scale(factor=1 / GUILDERS_PER_EURO)
    return _Scale()


def _possible(
    concept: Concept,
    variable: Variable,
    valid: dict[str, int],
    numbers: dict[float, int],
    scale: _Scale,
    survey_year: int,
) -> tuple[float, list[str]]:
    """Return the share of answers that are possible numbers, lowered where doubts are listed."""
    if not numbers:
        return 0.0, ["it holds no numbers"]
    total, doubts = sum(valid.values()), []
    highest = concept.maximum
    if concept.unit == CALENDAR_YEAR:
        highest = min(highest, survey_year + 1)
    inside = (n for n, count in numbers.items() if concept.minimum <= scale(n) <= highest)
    shape = sum(numbers[n] for n in inside) / total
    named = [
        n
        for n in numbers
        if (label := variable.labels.get(as_code(n))) and not _is_number(label, n)
    ]
    if len(named) > max(2, 0.3 * len(numbers)):
        shape = min(shape, 0.3)
        doubts.append("its answers are categories, not numbers")
    if len(numbers) < 2:
        shape = min(shape, 0.5)
        doubts.append("it is the same number for everybody")
    mean = sum(n * count for n, count in numbers.items()) / total
    if concept.unit == "mean 1" and not 0.8 <= mean <= 1.25:
        shape = min(shape, 0.5)
        doubts.append(f"its mean is {mean:.3g}, not 1")
    if scale.offset:
        doubts.append("two digits read as 19..")
        if survey_year >= 2000:
            shape = min(shape, 0.6)
            doubts.append("which may be 20..")
    if scale.factor != 1:
        doubts.append("guilders turned into euros")
    return shape, doubts


def _number_rows(
    knowledge: Knowledge,
    concept: Concept,
    variable: Variable,
    column: Column,
    scale: _Scale,
) -> tuple[CodeRow, ...]:
    """Return rows for the codes that may not pass as numbers: labelled, or impossible."""
    rows, strange = [], 0
    for code in dict.fromkeys([*variable.labels, *sorted(column.counts, key=code_order)]):
        label, number = variable.labels.get(code), number_of(code)
        row = CodeRow(variable.name, code, label)
        possible = number is not None and concept.minimum <= scale(number) <= concept.maximum
        if is_missing(knowledge, variable, code):
            kind = knowledge.missing_kind(label) or "unknown"
            rows.append(replace(row, missing_kind=kind))
        elif number is not None and possible and label and _is_number(label, number):
            target = as_code(round(scale(number), 6))
            rows.append(replace(row, target=target, note="a number with a label"))
        elif number is not None and possible and label in (None, "") and code in column.counts:
            continue
        elif number is not None and possible and number in (concept.minimum, concept.maximum):
            rows.append(replace(row, target=as_code(number), note=END_OF_SCALE))
        elif label or (code in column.counts and strange < STRANGE_LISTED):
            strange += not label
            note = "" if possible else "outside the range of the variable"
            rows.append(replace(row, note=note))
    return (*rows, *blank_rows(variable, column))


def _is_number(label: str, number: float) -> bool:
    """Say whether a label only repeats its number: `één jaar`, `125 jaar`, `8 or more`.

    >>> _is_number("twee jaar", 2), _is_number("< één jaar", 0), _is_number("Onbekend", 99)
    (True, True, False)
    """
    words = plain(label).split()
    read = [float(w) if re.fullmatch(r"\d+", w) else NUMBER_WORDS.get(w) for w in words]
    return [n for n in read if n is not None] == [number] or bool(UNIT_WORDS & set(words))


def date_proposal(
    knowledge: Knowledge,
    concept: Concept,
    variable: Variable,
    column: Column,
    text: float,
    survey_year: int,
) -> Proposal:
    """Judge a variable as the source of a date by the layouts that its values can have."""
    rows, dates = [], []
    for code in dict.fromkeys([*variable.labels, *column.counts]):
        row = CodeRow(variable.name, code, variable.labels.get(code))
        if is_missing(knowledge, variable, code):
            kind = knowledge.missing_kind(row.label) or "unknown"
            rows.append(replace(row, missing_kind=kind))
        elif row.label:
            rows.append(row)
        else:
            dates.append(code)
    fitting = [layout for layout in DATE_LAYOUTS if _reads(dates, layout, survey_year)]
    layout = fitting[0] if len(fitting) == 1 else ""
    shape = 1.0 if layout else 0.0
    if layout:
        why = f"label {text:.2f}, every value is a date of {survey_year} or beside, as {layout}"
    elif fitting:
        why = f"label {text:.2f}, its values could be {' or '.join(fitting)}"
    else:
        why = f"label {text:.2f}, its values are no dates of {survey_year} or beside"
    confidence = HIGH if layout and text >= 0.4 else MEDIUM if text >= TEXT_SURE else LOW
    return Proposal(
        variable=concept.variable,
        sources=(variable.name,),
        rule="copy",
        date_layout="" if layout == "yyyy-mm-dd" else layout,
        text=text,
        shape=shape,
        confidence=confidence,
        why=why,
        grade="good",
        reason="same",
        rows=(*rows, *blank_rows(variable, column)),
    )


def _reads(dates: list[str], layout: str, survey_year: int) -> bool:
    """Say whether all texts are dates of this layout, in the survey's year or one beside it."""
    if not dates:
        return False
    for text in dates:
        value = text.zfill(len(layout)) if text.isdigit() else text[: len(layout)]
        if len(value) != len(layout):
            return False
        try:
            day = datetime.strptime(value, DATE_LAYOUTS[layout])
        except ValueError:
            return False
        if abs(day.year - survey_year) > 1:
            return False
    return True
