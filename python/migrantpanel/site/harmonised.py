"""What the pages on the harmonised layer share: their rows, and what a grade looks like."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migrantpanel.warehouse.published import open_published

Row = dict[str, Any]
# A grade is told by a letter and a shape as well as by its colour.
GRADE_LETTER = {"good": "G", "fair": "F", "limited": "L", "absent": "–"}
EVIDENCE_MARK = {"questionnaire seen": "✓", "published": "p", "assumed": "a"}
# What the pages show of the many variables: the category to follow, or the mean of a number.
INDICATORS = {
    "education_level": "4",
    "labour_status": "1",
    "making_ends_meet": "1",
    "dutch_proficiency": "3",
    "language_home": "1",
    "language_children": "1",
    "contact_natives": "4",
    "friends_native": "3",
    "partner_origin": "1",
    "identification_group": "3",
    "identification_dutch": "3",
    "religion": "0",
    "religious_attendance": "4",
    "gender_roles": "3",
    "homosexuality_acceptance": "3",
    "discrimination": "3",
    "trust_people": "3",
    "voted": "1",
    "general_health": "3",
    "life_satisfaction": "(mean)",
    "tenure": "3",
    "remittances": "1",
    "return_intention": "1",
}


@dataclass(frozen=True)
class Words:
    """Labels of variables, codes, reasons and kinds of missing, in the order of the seeds."""

    variables: dict[str, Row]
    codes: dict[tuple[str, str], str]
    reasons: dict[str, Row]
    missing_kinds: dict[str, str]
    origins: list[str]

    def indicator(self, variable: str, category: str) -> str:
        """Say what an estimate is of: `Religion: None`, or the mean of a number and its unit."""
        about = self.variables[variable]
        if category == "(mean)":
            return f"{about['label']}: mean, {about['unit']}"
        return f"{about['label']}: {self.codes[variable, category]}"


def read_rows(warehouse: Path, relation: str, order: str) -> list[Row]:
    """Return a published table as dicts, or nothing where the warehouse does not hold it."""
    schema, table = relation.split(".")
    with open_published(warehouse) as connection:
        held = connection.execute(
            "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
            [schema, table],
        ).fetchone()
        if not held:
            return []
        result = connection.execute(f"select * from {relation} order by {order}")
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def read_words(warehouse: Path) -> Words:
    """Return the labels that the pages use."""
    variables = read_rows(warehouse, "reference.harmonised_variable", "position")
    codes = read_rows(warehouse, "reference.harmonised_code", "variable, position")
    reasons = read_rows(warehouse, "reference.comparability_reason", "position")
    kinds = read_rows(warehouse, "reference.missing_kind", "position")
    return Words(
        {row["variable"]: row for row in variables},
        {(row["variable"], row["code"]): row["label"] for row in codes},
        {row["reason"]: row for row in reasons},
        {row["missing_kind"]: row["label"] for row in kinds},
        [row["code"] for row in codes if row["variable"] == "origin_group"],
    )
