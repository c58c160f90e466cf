"""What is known before a new survey is read: the harmonised variables, and how others ask them."""

import csv
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from migrantpanel.harmonised.text import Likeness, Term, plain, wildcard

Row = dict[str, str]
# A label that the sources map to several codes decides nothing, unless nearly all agree.
AGREEMENT_NEEDED = 0.8
# A pattern shorter than this must be the whole label: "na" is no beginning of "na 2000".
SHORTEST_BEGINNING = 4
NEXT = "(next)"
UNDECIDED = ""


@dataclass(frozen=True)
class Concept:
    """One harmonised variable: what it holds, and how questionnaires name and code it.

    `answers` gives the harmonised code of each known label, written as `Likeness.key` does, or
    `UNDECIDED` for a label that the sources map to several codes.
    """

    variable: str
    label: str
    value_type: str
    unit: str
    minimum: float
    maximum: float
    codes: tuple[str, ...]
    sure: tuple[Term, ...]
    likely: tuple[Term, ...]
    excluded: tuple[Term, ...]
    name_patterns: tuple[re.Pattern[str], ...]
    exact_names: frozenset[str]
    is_statement: bool
    answers: dict[str, str]


@dataclass(frozen=True)
class Naming:
    """Terms and names by which a kind of variable is recognised."""

    sure: tuple[Term, ...]
    excluded: tuple[Term, ...]
    name_patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Knowledge:
    """Everything that proposals rest on; `own_variables` are those the project maps already."""

    concepts: dict[str, Concept]
    likeness: Likeness
    missing: tuple[tuple[str, re.Pattern[str]], ...]
    other_person: tuple[re.Pattern[str], ...]
    agreement: tuple[re.Pattern[str], ...]
    date_parts: dict[str, tuple[Term, ...]]
    respondent: Naming
    own_variables: tuple[str, ...]

    def missing_kind(self, label: str | None) -> str | None:
        """Return the kind of missing that a label speaks of, or None where it is an answer.

        Numbers in front of a label are passed over: `-3 weet niet`.
        """
        text = re.sub(r"^\d+ ", "", plain(label or ""))
        return next((kind for kind, pattern in self.missing if pattern.match(text)), None)

    def is_agreement(self, label: str | None) -> bool:
        """Say whether an answer agrees or disagrees, so that the statement decides its meaning."""
        words = plain(label or "").split()
        return any(pattern.fullmatch(word) for word in words for pattern in self.agreement)


def read_knowledge(seeds: Path, survey: str, survey_year: int) -> Knowledge:
    """Read the seeds and the synonyms, without what the seeds say of this survey itself."""
    words = _synonyms()
    stop_words = frozenset(words["stop_words"])
    likeness = Likeness(stop_words, frozenset([*words["negations"], *words["negating_prefixes"]]))
    own = (survey, str(survey_year))
    votes: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in _rows(seeds / "crosswalk" / "crosswalk_value.csv"):
        is_answer = row["target_code"] not in ("", NEXT) and row["source_label"]
        if is_answer and (row["survey"], row["survey_year"]) != own:
            votes[row["variable"]][likeness.key(row["source_label"])][row["target_code"]] += 1
    codes: dict[str, list[str]] = defaultdict(list)
    for row in _rows(seeds / "harmonised" / "harmonised_code.csv"):
        codes[row["variable"]].append(row["code"])
        votes[row["variable"]][likeness.key(row["label"])][row["code"]] += 1
    concepts = {}
    for row in _rows(seeds / "harmonised" / "harmonised_variable.csv"):
        if row["asked_of"] == "respondent":
            known = words["variables"].get(row["variable"], {})
            for code, labels in known.get("codes", {}).items():
                for label in labels:
                    votes[row["variable"]][likeness.key(str(label))][str(code)] += 1
            concepts[row["variable"]] = _concept(
                row, known, codes[row["variable"]], votes[row["variable"]], stop_words
            )
    return Knowledge(
        concepts=concepts,
        likeness=likeness,
        missing=tuple(
            (kind, _beginning(text)) for kind, texts in words["missing"].items() for text in texts
        ),
        other_person=tuple(wildcard(word) for word in words["other_person"]),
        agreement=tuple(wildcard(word) for word in words["agreement"]),
        date_parts={part: _terms(texts, stop_words) for part, texts in words["date_parts"].items()},
        respondent=Naming(
            _terms(words["respondent"]["sure"], frozenset()),
            _terms(words["respondent"]["not"], frozenset()),
            tuple(wildcard(name) for name in words["respondent"]["names"]),
        ),
        own_variables=tuple(
            row["variable"]
            for row in _rows(seeds / "crosswalk" / "crosswalk_variable.csv")
            if (row["survey"], row["survey_year"]) == own
        ),
    )


def _synonyms() -> dict[str, Any]:
    text = files("migrantpanel.harmonised").joinpath("synonyms.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _terms(texts: list[str], stop_words: frozenset[str]) -> tuple[Term, ...]:
    return tuple(Term.of(text, stop_words) for text in texts)


def _beginning(text: str) -> re.Pattern[str]:
    """Return the pattern of a label that is this text, or begins with it when it is long enough.

    After `*` and a blank the text must be the end of the label.
    """
    if text.startswith("* "):
        return re.compile(rf".*\b{re.escape(text[2:])}$")
    pattern = re.escape(text).replace(r"\*", r"\w*")
    return re.compile(pattern + (r"\b" if len(text) >= SHORTEST_BEGINNING else r"$"))


def _concept(
    row: Row,
    known: dict[str, Any],
    codes: list[str],
    votes: dict[str, Counter[str]],
    stop_words: frozenset[str],
) -> Concept:
    answers = {}
    for label, targets in votes.items():
        # What a bare mark stands for depends on where the scale was cut.
        if label.isdigit():
            continue
        target, count = targets.most_common(1)[0]
        if label:
            answers[label] = target if count >= AGREEMENT_NEEDED * targets.total() else UNDECIDED
    names = known.get("names", [])
    return Concept(
        variable=row["variable"],
        label=row["label"],
        value_type=row["value_type"],
        unit=row["unit"],
        minimum=float(row["minimum"] or "-inf"),
        maximum=float(row["maximum"] or "inf"),
        codes=tuple(codes),
        # A variable that nobody wrote synonyms for is still known by its own label.
        sure=_terms(known.get("sure", [plain(row["label"])]), stop_words),
        likely=_terms(known.get("likely", []), stop_words),
        excluded=_terms(known.get("not", []), frozenset()),
        name_patterns=tuple(wildcard(name) for name in names),
        exact_names=frozenset(name for name in names if "*" not in name),
        is_statement=known.get("statement", False),
        answers=answers,
    )
