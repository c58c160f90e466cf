"""Categories: the labels of a variable's answers against those that are known."""

from collections.abc import Iterable
from dataclasses import replace

from migrantpanel.harmonised.delivered import Column, Variable
from migrantpanel.harmonised.knowledge import UNDECIDED, Concept, Knowledge
from migrantpanel.harmonised.proposal import (
    FACTS,
    HIGH,
    LOW,
    MEDIUM,
    TEXT_SURE,
    CodeRow,
    Proposal,
    blank_rows,
    code_order,
)
from migrantpanel.harmonised.text import number_of

CODES_SURE = 0.75
# Labels of answers this alike, and this much more alike than to another code, are the same.
ALIKE = 0.8
APART = 0.1
WORTH_A_HINT = 0.5
# Longer code lists are only looked up, not compared letter by letter.
LONG_LIST = 400
MUCH_SKIPPED = 0.3


def category_proposal(
    knowledge: Knowledge, concept: Concept, variable: Variable, column: Column, text: float
) -> Proposal:
    """Judge a variable as the source of a category by the labels of its answers.

    `text` says how well its name fits, between 0 and 1.
    """
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


def code_rows(
    knowledge: Knowledge, concept: Concept, variable: Variable, column: Column
) -> tuple[CodeRow, ...]:
    """Return a row per labelled, declared or delivered code of a category, and one for blanks."""
    codes = list(dict.fromkeys([*variable.labels, *sorted(column.counts, key=code_order)]))
    is_long = len(codes) > LONG_LIST
    rows = [_code_row(knowledge, concept, variable, code, is_long) for code in codes]
    return (*rows, *blank_rows(variable, column))


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
