"""Proposing how a delivered variable becomes a harmonised one, and saying how sure that is.

Three things are compared: what the variable is called, what its answers are called (against the
crosswalks of the other surveys), and whether its numbers are possible.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from migrantpanel.harmonised.delivered import Column, Delivered, Variable
from migrantpanel.harmonised.knowledge import UNDECIDED, Concept, Knowledge
from migrantpanel.harmonised.text import number_of, plain

HIGH, MEDIUM, LOW = "high", "medium", "low"
ORDER = {HIGH: 0, MEDIUM: 1, LOW: 2}
# Below this a variable's name and label say nothing about a concept.
TEXT_FLOOR = 0.3
TEXT_SURE = 0.75
CODES_SURE = 0.75
# Two candidates nearer than this are as good as one another.
MARGIN = 0.03
# Labels of answers this alike, and this much more alike than to another code, are the same.
ALIKE = 0.8
APART = 0.1
WORTH_A_HINT = 0.5
# Longer code lists are only looked up, not compared letter by letter.
LONG_LIST = 400
OTHER_PERSON_FACTOR = 0.55
MUCH_SKIPPED = 0.3
# Impossible numbers listed one by one; more of them ask for another rule, not for rows.
STRANGE_LISTED = 20
NUMBERS_IN_RANGE = 0.99
GUILDERS_PER_EURO = 2.20371
GUILDER_WORDS = {"gulden", "guldens", "guilder", "guilders"}
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
END_OF_SCALE = "the end of the scale"
NUMBER_WORDS = {
    word: number
    for words in (
        "nul een twee drie vier vijf zes zeven acht negen tien elf twaalf",
        "zero one two three four five six seven eight nine ten eleven twelve",
    )
    for number, word in enumerate(words.split())
}
UNIT_WORDS = {"jaar", "jaren", "year", "years", "uur", "uren", "hour", "hours", "maand", "maanden"}
# Facts that every questionnaire asks alike; all other questions have a wording to compare.
FACTS = ("sex", "age", "birth_year", "birth_month", "interview_date")


@dataclass(frozen=True)
class CodeRow:
    """One delivered code of a proposal: its target, or a kind of missing, or neither (unsure)."""

    source_variable: str
    code: str
    label: str | None
    target: str | None = None
    missing_kind: str | None = None
    likeness: float = 0.0
    note: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether the row can go into the crosswalk as it is."""
        return self.target is not None or self.missing_kind is not None


@dataclass(frozen=True)
class Proposal:
    """How one harmonised variable could be made, how sure that is, and why."""

    variable: str
    sources: tuple[str, ...]
    rule: str
    text: float
    shape: float
    confidence: str
    why: str
    combine_by: str = ""
    date_layout: str = ""
    scale_factor: str = ""
    scale_offset: str = ""
    grade: str = "fair"
    reason: str = "wording"
    note: str = ""
    doubt: str = ""
    rows: tuple[CodeRow, ...] = field(default=(), repr=False)

    @property
    def score(self) -> float:
        """Text counts for more: code lists such as yes and no are shared by many questions."""
        return round(0.6 * self.text + 0.4 * self.shape, 2)

    @property
    def is_complete(self) -> bool:
        """Whether every delivered code has a target or a kind of missing."""
        return all(row.is_sure for row in self.rows)

    @property
    def is_ready(self) -> bool:
        """Whether it can be built without a person's decision."""
        return self.confidence == HIGH and self.is_complete and not self.doubt


def propose(
    knowledge: Knowledge, delivered: Delivered, survey_year: int, skip: Iterable[str] = ()
) -> dict[str, list[Proposal]]:
    """Return per harmonised variable its proposals, best first; variables without any are absent.

    `skip` names delivered variables that are no answers, such as the respondent's number.
    """
    left_out = set(skip)
    scored = [
        (concept, variable, text)
        for variable in delivered.variables.values()
        if variable.name not in left_out
        for concept in knowledge.concepts.values()
        if (text := text_score(knowledge, concept, variable)) >= TEXT_FLOOR
    ]
    columns = delivered.columns([variable.name for _, variable, _ in scored])
    found: dict[str, list[Proposal]] = {}
    for concept, variable, text in scored:
        column = columns[variable.name]
        if concept.value_type == "category":
            proposal = _category(knowledge, concept, variable, column, text)
        elif concept.value_type == "number":
            proposal = _number(knowledge, concept, variable, column, text, survey_year)
        else:
            proposal = _date(knowledge, concept, variable, column, text, survey_year)
        found.setdefault(concept.variable, []).append(proposal)
    ranked = {
        variable: sorted(proposals, key=lambda p: (ORDER[p.confidence], -p.score))
        for variable, proposals in found.items()
    }
    _settle_rivals(ranked)
    _settle_shared_sources(ranked)
    date_parts = _date_parts(knowledge, delivered, survey_year)
    _derive(ranked, date_parts, knowledge, survey_year)
    return {variable: ranked[variable] for variable in knowledge.concepts if variable in ranked}


def text_score(knowledge: Knowledge, concept: Concept, variable: Variable) -> float:
    """Return how well name and label of a variable name the concept, between 0 and 1."""
    words = variable.words
    telling = {w for w in words if w not in knowledge.likeness.stop_words and not w.isdigit()}
    best = 0.0
    for terms, base, more in ((concept.sure, 0.75, 0.25), (concept.likely, 0.4, 0.15)):
        for term in terms:
            found = term.found_in(words)
            if found is None:
                continue
            score = base + more * len(found & telling) / max(len(telling), 1)
            others = telling - found
            if not concept.is_statement and any(
                pattern.fullmatch(word) for word in others for pattern in knowledge.other_person
            ):
                score *= OTHER_PERSON_FACTOR
            best = max(best, score)
    name = variable.name.lower()
    if name in concept.exact_names:
        best = max(best + 0.1, 0.85) if best or not variable.label else 0.5
    elif any(pattern.fullmatch(name) for pattern in concept.name_patterns):
        best = best + 0.05 if best else (0.4 if variable.label else 0.7)
    if best and any(term.found_in(words) is not None for term in concept.excluded):
        return 0.0
    return round(min(best, 1.0), 3)


def code_rows(
    knowledge: Knowledge, concept: Concept, variable: Variable, column: Column
) -> tuple[CodeRow, ...]:
    """Return a row per labelled, declared or delivered code of a category, and one for blanks."""
    codes = list(dict.fromkeys([*variable.labels, *sorted(column.counts, key=_code_order)]))
    is_long = len(codes) > LONG_LIST
    rows = [_code_row(knowledge, concept, variable, code, is_long) for code in codes]
    return (*rows, *_blank_row(variable, column))


def _code_row(
    knowledge: Knowledge, concept: Concept, variable: Variable, code: str, is_long: bool
) -> CodeRow:
    label = variable.labels.get(code)
    row = CodeRow(variable.name, code, label)
    # A text without a label may be its own: Male, Female.
    key = knowledge.likeness.key(label or ("" if number_of(code) is not None else code))
    declared = variable.is_declared_missing(code)
    kind = knowledge.missing_kind(label)
    target = None if declared else concept.answers.get(key)
    if concept.is_statement and knowledge.is_agreement(label) and not (declared or kind):
        return replace(row, note="depends on how the statement is put")
    if target == UNDECIDED and not kind:
        return replace(row, likeness=0.5, note="means different things in other surveys")
    if target:
        return replace(row, target=target, likeness=1.0)
    if kind or declared:
        return replace(row, missing_kind=kind or "unknown", likeness=1.0)
    if not key or is_long:
        return row
    return _nearest(knowledge, concept, row, key)


def _nearest(knowledge: Knowledge, concept: Concept, row: CodeRow, key: str) -> CodeRow:
    best: dict[str, tuple[float, str]] = {}
    for known, target in concept.answers.items():
        # A label that is nearest to an undecided one is not decided either.
        best[target] = max(best.get(target, (0.0, "")), (knowledge.likeness(key, known), known))
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    if not ranked:
        return row
    target, (likeness, known) = ranked[0]
    second = ranked[1][1][0] if len(ranked) > 1 else 0.0
    if target and likeness >= ALIKE and likeness - second >= APART:
        return replace(row, target=target, likeness=likeness, note=f"read as: {known}")
    if target and likeness >= WORTH_A_HINT:
        return replace(row, likeness=likeness, note=f"perhaps {target}: like {known}")
    return row


def _skipped(rows: Iterable[CodeRow], column: Column) -> float:
    """Return the share of the rows in the file that were routed past the question or are blank."""
    routed = sum(column.counts.get(row.code, 0) for row in rows if row.missing_kind == "routed")
    return (routed + column.blank) / max(sum(column.counts.values()) + column.blank, 1)


def _blank_row(variable: Variable, column: Column) -> list[CodeRow]:
    """Return the row for values that the file leaves blank; why, it does not say."""
    if not column.blank:
        return []
    code = "(empty)" if column.is_text else "(system)"
    note = "say routed where the question was skipped"
    return [CodeRow(variable.name, code, None, missing_kind="unknown", likeness=1.0, note=note)]


def _category(
    knowledge: Knowledge, concept: Concept, variable: Variable, column: Column, text: float
) -> Proposal:
    rows = code_rows(knowledge, concept, variable, column)
    answers = [row for row in rows if row.missing_kind is None]
    targets = {row.target for row in answers if row.target is not None}
    shape = 0.0
    if answers:
        likeness = sum(row.likeness * (1 if row.is_sure else 0.4) for row in answers)
        shape = likeness / len(answers) * (1 if len(targets) > 1 else 0.5)
    sure = [row for row in answers if row.is_sure]
    why = f"label {text:.2f}, {len(sure)} of {len(answers)} answers known"
    skipped, missed = _skipped(rows, column), [c for c in concept.codes if c not in targets]
    doubt = ""
    if skipped > MUCH_SKIPPED and missed:
        doubt = (
            f"{skipped:.0%} of the respondents were not asked, and no answer means"
            f" {', '.join(missed)}: is there a question before it, to combine by first"
        )
    # Either the name or the answers may carry more of the weight, but never one alone.
    distinctive = text >= 0.5 and shape >= 0.95 and len(targets) > 2
    explicit = text >= 0.85 and shape >= 0.5
    usual = text >= TEXT_SURE and shape >= CODES_SURE
    if concept.is_statement:
        confidence = MEDIUM if text >= TEXT_SURE else LOW
        why += "; a statement, whose answers a person must judge"
    elif usual or distinctive or explicit:
        confidence = HIGH
    elif text >= TEXT_SURE or (shape >= CODES_SURE and text >= 0.4):
        confidence = MEDIUM
    else:
        confidence = LOW
    grade, reason = ("good", "same") if concept.variable in FACTS else ("fair", "wording")
    return Proposal(
        variable=concept.variable,
        sources=(variable.name,),
        rule="recode",
        text=text,
        shape=round(shape, 3),
        confidence=confidence,
        why=why,
        grade=grade,
        reason=reason,
        doubt=doubt,
        rows=rows,
    )


def _number(
    knowledge: Knowledge,
    concept: Concept,
    variable: Variable,
    column: Column,
    text: float,
    survey_year: int,
) -> Proposal:
    factor, offset, why = 1.0, 0.0, []
    answers = {
        number: count
        for code, count in column.counts.items()
        if not _is_missing(knowledge, variable, code) and (number := number_of(code)) is not None
    }
    total = sum(n for c, n in column.counts.items() if not _is_missing(knowledge, variable, c))
    shape = 0.0
    if answers and concept.unit == "calendar year" and max(answers) < 100 and min(answers) >= 0:
        offset = 1900.0
        why.append("two digits read as 19..")
    if concept.unit.startswith("euro") and GUILDER_WORDS & variable.words:
        factor = 1 / GUILDERS_PER_EURO
        why.append("guilders turned into euros")
    if answers:
        highest = min(concept.maximum, survey_year + 1 if concept.unit.endswith("year") else 1e18)
        inside = sum(
            count
            for number, count in answers.items()
            if concept.minimum <= number * factor + offset <= highest
        )
        shape = inside / total
        named = [
            number
            for number in answers
            if (label := variable.labels.get(_as_code(number))) and not _is_number(label, number)
        ]
        if len(named) > max(2, 0.3 * len(answers)):
            shape = min(shape, 0.3)
            why.append("its answers are categories, not numbers")
        if len(answers) < 2:
            shape = min(shape, 0.5)
        if concept.unit == "mean 1":
            mean = sum(number * count for number, count in answers.items()) / total
            if not 0.8 <= mean <= 1.25:
                shape = min(shape, 0.5)
                why.append(f"its mean is {mean:.3g}, not 1")
    if offset and survey_year >= 2000:
        shape = min(shape, 0.6)
        why.append("which may be 20..")
    why.insert(0, f"label {text:.2f}, {shape:.0%} of its numbers possible")
    rows = _number_rows(knowledge, concept, variable, column, factor, offset)
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
    scaled = factor != 1 or offset != 0
    is_fact = concept.variable in FACTS or concept.unit == "calendar year"
    grade, reason = ("good", "same") if is_fact else ("fair", "wording")
    return Proposal(
        variable=concept.variable,
        sources=(variable.name,),
        rule="scale" if scaled else "copy",
        scale_factor=_as_code(round(factor, 6)) if scaled else "",
        scale_offset=_as_code(offset) if scaled else "",
        text=text,
        shape=round(shape, 3),
        confidence=confidence,
        why="; ".join(why),
        grade=grade,
        reason=reason,
        rows=rows,
    )


def _number_rows(
    knowledge: Knowledge,
    concept: Concept,
    variable: Variable,
    column: Column,
    factor: float = 1.0,
    offset: float = 0.0,
) -> tuple[CodeRow, ...]:
    """Return rows for the codes that may not pass as numbers: labelled, or impossible."""
    rows, strange = [], 0
    for code in dict.fromkeys([*variable.labels, *sorted(column.counts, key=_code_order)]):
        label, number = variable.labels.get(code), number_of(code)
        row = CodeRow(variable.name, code, label)
        possible = (
            number is not None and concept.minimum <= number * factor + offset <= concept.maximum
        )
        if _is_missing(knowledge, variable, code):
            kind = knowledge.missing_kind(label) or "unknown"
            rows.append(replace(row, missing_kind=kind))
        elif number is not None and possible and label and _is_number(label, number):
            target = _as_code(round(number * factor + offset, 6))
            rows.append(replace(row, target=target, note="a number with a label"))
        elif number is not None and possible and label in (None, "") and code in column.counts:
            continue
        elif number is not None and possible and number in (concept.minimum, concept.maximum):
            rows.append(replace(row, target=_as_code(number), note=END_OF_SCALE))
        elif label or (code in column.counts and strange < STRANGE_LISTED):
            strange += not label
            note = "" if possible else "outside the range of the variable"
            rows.append(replace(row, note=note))
    return (*rows, *_blank_row(variable, column))


def _date(
    knowledge: Knowledge,
    concept: Concept,
    variable: Variable,
    column: Column,
    text: float,
    survey_year: int,
) -> Proposal:
    rows, dates = [], []
    for code in dict.fromkeys([*variable.labels, *column.counts]):
        row = CodeRow(variable.name, code, variable.labels.get(code))
        if _is_missing(knowledge, variable, code):
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
        rows=(*rows, *_blank_row(variable, column)),
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


def _settle_rivals(ranked: dict[str, list[Proposal]]) -> None:
    """Take back certainty where two variables are as good a source: a person must choose."""
    for variable, proposals in ranked.items():
        sure = [p for p in proposals if p.confidence == HIGH]
        if len(sure) < 2:
            continue
        best = sure[0]
        rivals = [p for p in sure[1:] if best.score - p.score < MARGIN]
        names = [p.sources[0] for p in (best, *rivals)]
        ranked[variable] = [
            replace(p, confidence=MEDIUM, why=f"{p.why}; as good: {_others(names, p.sources[0])}")
            if rivals and p in (best, *rivals)
            else (replace(p, confidence=MEDIUM) if p in sure and p != best else p)
            for p in proposals
        ]


def _others(names: list[str], own: str) -> str:
    others = [name for name in names if name != own]
    return ", ".join(others[:3]) + (" and more" if len(others) > 3 else "")


def _settle_shared_sources(ranked: dict[str, list[Proposal]]) -> None:
    """Let a delivered variable be the sure source of one harmonised variable: its best match."""
    by_source: dict[str, list[Proposal]] = {}
    for proposals in ranked.values():
        for proposal in proposals:
            if proposal.confidence == HIGH:
                by_source.setdefault(proposal.sources[0], []).append(proposal)
    for source, proposals in by_source.items():
        best = max(p.score for p in proposals)
        for proposal in proposals:
            if len(proposals) > 1 and (
                proposal.score < best or sum(p.score == best for p in proposals) > 1
            ):
                others = _others([p.variable for p in proposals], proposal.variable)
                mine = ranked[proposal.variable]
                mine[mine.index(proposal)] = replace(
                    proposal, confidence=MEDIUM, why=f"{proposal.why}; {source} may be {others}"
                )


def _date_parts(
    knowledge: Knowledge, delivered: Delivered, survey_year: int
) -> dict[str, tuple[Variable, Column]]:
    """Return the variables with year, month and day of the interview, where one each fits."""
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
                if not _is_missing(knowledge, variable, code)
            ]
            low, high = limits[part]
            if numbers and all(n is not None and low <= n <= high for n in numbers):
                fitting.append((variable, column))
        if len(fitting) == 1:
            parts[part] = fitting[0]
    return parts


def _derive(
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
        scale_offset=_as_code(offset),
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
        if _is_missing(knowledge, variable, code):
            rows.append(replace(row, missing_kind=knowledge.missing_kind(label) or "unknown"))
        else:
            rows.append(replace(row, target=code))
    return [*rows, *_blank_row(variable, column)]


def _is_missing(knowledge: Knowledge, variable: Variable, code: str) -> bool:
    label = variable.labels.get(code)
    return variable.is_declared_missing(code) or knowledge.missing_kind(label) is not None


def _is_number(label: str, number: float) -> bool:
    """Say whether a label only repeats its number: `één jaar`, `125 jaar`, `8 or more`.

    >>> _is_number("twee jaar", 2), _is_number("< één jaar", 0), _is_number("Onbekend", 99)
    (True, True, False)
    """
    words = plain(label).split()
    read = [float(w) if re.fullmatch(r"\d+", w) else NUMBER_WORDS.get(w) for w in words]
    return [n for n in read if n is not None] == [number] or bool(UNIT_WORDS & set(words))


def _as_code(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def _code_order(code: str) -> tuple[bool, float, str]:
    number = number_of(code)
    return (number is None, number or 0.0, code)
