"""Expectations from the catalogue: one suite per register, one per survey."""

from collections.abc import Iterator, Sequence

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column as Where

from migrantpanel.landing.catalogue import Column, Stem
from migrantpanel.quality.family import Family

# What landing adds to every register.
TECHNICAL_COLUMNS = ("file_year", "source_file")
EARLIEST_YEAR = 1800
ANY_YEAR = 2099


def register_expectations(
    stem: Stem, families: dict[str, Family], present: Sequence[str], year: int | None
) -> Iterator[Expectation]:
    """Yield the expectations on one register's landed rows.

    `present` are the frame's columns: what is absent fails as one line of its own, and not once
    more per rule. `year` is the newest file's year, which bounds the dates.
    """
    yield gxe.ExpectTableColumnsToMatchOrderedList(
        column_list=[*(column.name for column in stem.columns), *TECHNICAL_COLUMNS],
        meta=_meta(
            "the columns of the catalogue, in its order",
            "Land again; if the register changed, correct seeds/catalogue/catalogue_column.csv.",
        ),
    )
    yield gxe.ExpectTableRowCountToBeBetween(
        min_value=1,
        meta=_meta(
            "at least one row",
            "The delivered file is empty: replace it, or remove it so that it counts as absent.",
        ),
    )
    if "file_year" in present:
        yield gxe.ExpectColumnValuesToBeBetween(
            column="file_year",
            min_value=stem.first_year,
            max_value=stem.last_year or ANY_YEAR,
            meta=_meta(
                f"a year of the register, {stem.first_year} to {stem.last_year or 'now'}",
                "Check the year in the file's name, or seeds/catalogue/catalogue_stem.csv.",
            ),
        )
    type_column = ""
    for column in stem.columns:
        type_column = column.name if column.family == "rin_type" else type_column
        if column.name in present:
            condition = (Where(type_column) == "R") if column.family == "rin" else None
            yield from _column_expectations(stem, column, families, condition, year)


def survey_expectations(labelled: dict[str, list[str]]) -> Iterator[Expectation]:
    """Yield the expectations on one survey's respondents.

    `labelled` holds the codes with a label per variable with a closed list of answers.
    """
    yield gxe.ExpectTableRowCountToBeBetween(
        min_value=1, meta=_meta("at least one respondent", "Replace the delivered file.")
    )
    advice = (
        "Name the variable that identifies a respondent in seeds/catalogue/catalogue_survey.csv."
    )
    yield gxe.ExpectColumnValuesToNotBeNull(
        column="respondent_key", meta=_meta("a respondent key in every row", advice)
    )
    yield gxe.ExpectColumnValuesToBeUnique(
        column="respondent_key", meta=_meta("one row per respondent key", advice)
    )
    for variable, codes in labelled.items():
        yield gxe.ExpectColumnValuesToBeInSet(
            column=variable,
            value_set=codes,
            meta=_meta(
                "one of the labelled codes",
                "Ask for the label, or map the code in seeds/crosswalk/crosswalk_value.csv.",
            ),
        )


def _column_expectations(
    stem: Stem,
    column: Column,
    families: dict[str, Family],
    condition: object | None,
    year: int | None,
) -> Iterator[Expectation]:
    name, family = column.name, families[column.family]
    where = {"row_condition": condition} if condition else {}
    if name in stem.keys:
        yield gxe.ExpectColumnValuesToNotBeNull(
            column=name,
            **where,
            meta=_meta("never empty, as a part of the key", "Ask for the delivery again."),
        )
    rule = family.description[0].lower() + family.description[1:].rstrip(".")
    meta = _meta(
        rule,
        "Look at the delivered file; if the value is right, allow it in "
        f"seeds/catalogue/catalogue_family.csv, family {family.family}.",
    )
    if family.check_kind == "range":
        yield gxe.ExpectColumnValuesToBeBetween(
            column=name, min_value=family.minimum, max_value=family.maximum, **where, meta=meta
        )
    elif column.data_type != "string":
        yield gxe.ExpectColumnValuesToBeBetween(
            column=name, min_value=EARLIEST_YEAR, max_value=ANY_YEAR, **where, meta=meta
        )
    elif family.check_kind == "list":
        yield gxe.ExpectColumnValuesToBeInSet(
            column=name, value_set=family.allowed.split(), **where, meta=meta
        )
    else:
        pattern = family.allowed.replace("<YEAR>", year_pattern((year or ANY_YEAR - 1) + 1))
        yield gxe.ExpectColumnValuesToMatchRegex(
            column=name, regex=f"^(?:{pattern})$", **where, meta=meta
        )


def year_pattern(last: int) -> str:
    """Return a regular expression for the years from 1800 to `last`, which is 2010 to 2099.

    >>> year_pattern(2024)
    '1[89]\\\\d\\\\d|20[0-1]\\\\d|202[0-4]'
    """
    decade, digit = divmod(min(last, ANY_YEAR) - 2000, 10)
    return rf"1[89]\d\d|20[0-{decade - 1}]\d|20{decade}[0-{digit}]"


def _meta(rule: str, advice: str) -> dict[str, str]:
    """Return what a failure line says beside the numbers."""
    return {"rule": rule, "advice": advice}
