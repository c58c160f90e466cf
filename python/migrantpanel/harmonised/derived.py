"""What follows from several variables: a date from its parts, age from the year of birth."""

from dataclasses import replace

from migrantpanel.harmonised.delivered import Column, Delivered, Variable
from migrantpanel.harmonised.knowledge import Knowledge
from migrantpanel.harmonised.proposal import (
    HIGH,
    TEXT_SURE,
    CodeRow,
    Proposal,
    as_code,
    blank_rows,
    is_missing,
)
from migrantpanel.harmonised.text import number_of


def find_date_parts(
    knowledge: Knowledge, delivered: Delivered, survey_year: int
) -> dict[str, tuple[Variable, Column]]:
    """Return the variables with year, month and day of the interview, where just one fits."""
    limits = {"year": (survey_year - 1, survey_year + 1), "month": (1, 12), "day": (1, 31)}
    parts = {}
    for part, terms in knowledge.date_parts.items():
        named = [
            variable
            for variable in delivered.variables.values()
            if any(term.found_in(variable.words) is not None for term in terms)
        ]
        fitting = []
        for variable in named:
            column = delivered.columns([variable.name])[variable.name]
            numbers = [
                number_of(code)
                for code in column.counts
                if not is_missing(knowledge, variable, code)
            ]
            low, high = limits[part]
            if numbers and all(n is not None and low <= n <= high for n in numbers):
                fitting.append((variable, column))
        if len(fitting) == 1:
            parts[part] = fitting[0]
    return parts


def derive(
    ranked: dict[str, list[Proposal]],
    date_parts: dict[str, tuple[Variable, Column]],
    knowledge: Knowledge,
    survey_year: int,
) -> None:
    """Add what follows from several variables: dates from parts, age from the year of birth."""
    sure = {variable: ps[0] for variable, ps in ranked.items() if ps and ps[0].confidence == HIGH}
    if "interview_date" not in sure and {"month", "day"} <= date_parts.keys():
        ranked.setdefault("interview_date", []).insert(
            0, _date_of_parts(date_parts, knowledge, survey_year)
        )
    birth = sure.get("birth_year")
    # Where the age itself was delivered, somebody only has to say in which variable.
    asked_age = any(proposal.text >= TEXT_SURE for proposal in ranked.get("age", []))
    if birth is not None and not asked_age and "age" in knowledge.concepts:
        year = date_parts.get("year")
        ranked.setdefault("age", []).insert(0, _age(birth, year, knowledge, survey_year))
    arrival = sure.get("arrival_age")
    if birth and arrival and "arrival_year" not in sure and birth.rule == arrival.rule == "copy":
        ranked.setdefault("arrival_year", []).insert(
            0,
            _combined(
                "arrival_year", (birth, arrival), "sum", "Year of birth plus age at arrival."
            ),
        )


def _combined(variable: str, parts: tuple[Proposal, ...], combine_by: str, note: str) -> Proposal:
    return Proposal(
        variable=variable,
        sources=tuple(part.sources[0] for part in parts),
        rule="combine",
        combine_by=combine_by,
        text=min(part.text for part in parts),
        shape=min(part.shape for part in parts),
        confidence=HIGH,
        why=f"computed: {note}",
        grade="fair",
        reason="derived",
        note=f"{note} Up to one year off.",
        rows=tuple(row for part in parts for row in part.rows),
    )


def _age(
    birth: Proposal,
    year: tuple[Variable, Column] | None,
    knowledge: Knowledge,
    survey_year: int,
) -> Proposal:
    if year is not None and birth.rule == "copy":
        variable, column = year
        rows = (*_part_rows(knowledge, variable, column), *birth.rows)
        proposal = _combined(
            "age", (birth,), "difference", "Year of interview minus year of birth."
        )
        return replace(proposal, sources=(variable.name, *birth.sources), rows=rows)
    offset = survey_year - float(birth.scale_offset or 0)
    note = f"{survey_year} minus year of birth."
    kept = tuple(row for row in birth.rows if row.missing_kind or not row.is_sure)
    return replace(
        birth,
        variable="age",
        rule="scale",
        scale_factor="-1",
        scale_offset=as_code(offset),
        why=f"computed: {note}",
        grade="fair",
        reason="derived",
        note=f"{note} Up to one year too high.",
        rows=kept,
    )


def _date_of_parts(
    date_parts: dict[str, tuple[Variable, Column]], knowledge: Knowledge, survey_year: int
) -> Proposal:
    order = [date_parts[part] for part in ("year", "month", "day") if part in date_parts]
    rows = [row for variable, column in order for row in _part_rows(knowledge, variable, column)]
    sources = [variable.name for variable, _ in order]
    note = ""
    if "year" not in date_parts:
        sources.insert(0, "(design)")
        rows.insert(0, CodeRow("(design)", "(all)", None, target=str(survey_year)))
        note = f"The file holds day and month; the year is taken to be {survey_year}."
    return Proposal(
        variable="interview_date",
        sources=tuple(sources),
        rule="combine",
        combine_by="date",
        text=1.0,
        shape=1.0,
        confidence=HIGH,
        why="variables with the day, the month and the year of the interview",
        grade="good",
        reason="same",
        note=note,
        rows=tuple(rows),
    )


def _part_rows(knowledge: Knowledge, variable: Variable, column: Column) -> list[CodeRow]:
    rows = []
    for code, label in variable.labels.items():
        row = CodeRow(variable.name, code, label)
        if is_missing(knowledge, variable, code):
            rows.append(replace(row, missing_kind=knowledge.missing_kind(label) or "unknown"))
        else:
            rows.append(replace(row, target=code))
    return [*rows, *blank_rows(variable, column)]
