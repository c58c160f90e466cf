"""A proposal: how one harmonised variable could be made, how sure that is, and why."""

from dataclasses import dataclass, field

from migrantpanel.harmonised.delivered import Column, Variable
from migrantpanel.harmonised.knowledge import Knowledge
from migrantpanel.harmonised.text import number_of

HIGH, MEDIUM, LOW = "high", "medium", "low"
ORDER = {HIGH: 0, MEDIUM: 1, LOW: 2}
TEXT_SURE = 0.75
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


def blank_rows(variable: Variable, column: Column) -> list[CodeRow]:
    """Return the row for values that the file leaves blank; why, it does not say."""
    if not column.blank:
        return []
    code = "(empty)" if column.is_text else "(system)"
    note = "say routed where the question was skipped"
    return [CodeRow(variable.name, code, None, missing_kind="unknown", likeness=1.0, note=note)]


def is_missing(knowledge: Knowledge, variable: Variable, code: str) -> bool:
    """Say whether a code is no answer: declared missing by the file, or called so by its label."""
    label = variable.labels.get(code)
    return variable.is_declared_missing(code) or knowledge.missing_kind(label) is not None


def as_code(number: float) -> str:
    """Return a number as crosswalks write it: without a point where it is whole."""
    return str(int(number)) if float(number).is_integer() else str(number)


def code_order(code: str) -> tuple[bool, float, str]:
    """Return what codes are sorted by: numbers by size, then texts."""
    number = number_of(code)
    return (number is None, number or 0.0, code)
