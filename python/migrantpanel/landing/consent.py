"""The consent file: what its rows must say before anything is built on them."""

from collections.abc import Iterator
from datetime import date

DECISIONS = ("given", "withdrawn")
FIRST_ROW = 2  # below the header


def consent_problems(file_name: str, rows: list[dict[str, str]]) -> Iterator[str]:
    """Yield one line per cell that cannot be read: who it is about, or what was decided, when.

    A row that can be read and fits no interview is no problem of the file: the build reports it.
    """
    for number, row in enumerate(rows, FIRST_ROW):
        where = f"{file_name}, row {number}"
        for column in ("survey", "respondent_key"):
            if not row[column]:
                yield f"{where}: {column} is blank: every row names one interview"
        if not row["survey_year"].isdigit():
            yield f"{where}: survey_year {row['survey_year']!r} is no year: write it in four digits"
        if row["decision"] not in DECISIONS:
            yield f"{where}: decision {row['decision']!r} is none of {' and '.join(DECISIONS)}"
        if row["decided_on"] and not _is_day(row["decided_on"]):
            yield f"{where}: decided_on {row['decided_on']!r} is no day: write it as 2026-01-31"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
