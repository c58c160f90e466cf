"""Reads and checks the questionnaires, the concepts and the rates of response.

A question delivers codes that cover latent categories (`answers`), a number drawn in the interval
that covers one (`intervals`), the class that a number falls in (`classes`), or the number itself.
"""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from migrantpanel.errors import UserError

MISSING_KINDS = ("not_applicable", "refused", "dont_know")
# How a harmonised value follows from what a wave delivered, kept with the questionnaire:
#   codes  what the code stands for, of the first of the variables `from` that says something
#   sum    (plus + the numbers `add` - the numbers `subtract`) x multiply
#   date   from one variable in a layout, or from year, month and day
#   first  the first `of` harmonised values that is not the one named `unless`
RULES = ("codes", "sum", "date", "first")
_QUESTION_KEYS = {
    "name", "label", "concept", "format", "harmonised", "answers", "intervals", "classes",
    "number", "missing", "ask_if", "minimum_age",
}  # fmt: skip


@dataclass(frozen=True)
class Concept:
    """A latent answer: how it is drawn, and the harmonised value each category stands for."""

    name: str
    draw: str
    categories: tuple[str, ...]
    harmonised: dict[str, dict[str, str]]
    item_nonresponse: dict[str, float]
    disagreement: dict[str, Any] | None
    settings: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """A code of a question, or the numbers from `code` to `high`: label, what it covers, truth.

    A class of a number covers it from `low` to the next class's `low`. `truth` maps harmonised
    variables to the value that the code stands for.
    """

    code: str
    label: str
    covers: tuple[str, ...]
    truth: dict[str, str]
    high: int | None = None
    low: float | None = None


@dataclass(frozen=True)
class Question:
    """A variable of the file. `missing` maps a missing kind to its code and label.

    One with `recontact` holds what people said who were asked that question again, after an error.
    One about household members has `{n}` in its name and label, for the member's number, and is
    asked about those of `minimum_age` and over.
    """

    name: str
    label: str
    concept: str
    format: str
    answers: tuple[Answer, ...]
    is_interval: bool
    number: dict[str, Any] | None
    missing: dict[str, tuple[str, str]]
    is_declared: bool
    ask_if: dict[str, tuple[str, ...]]
    minimum_age: int = 0
    recontact: str | None = None

    @property
    def is_classes(self) -> bool:
        """Whether the codes are classes of a number."""
        return any(answer.low is not None for answer in self.answers)

    @property
    def is_text(self) -> bool:
        """Whether codes are text (SPSS format A) rather than numbers."""
        return self.format.startswith("A")

    @property
    def value_labels(self) -> dict[str, str]:
        """Labels by code as delivered: answers, then missing codes."""
        own = {} if self.is_interval else {answer.code: answer.label for answer in self.answers}
        return own | dict(self.missing.values())


@dataclass(frozen=True)
class Mode:
    """A mode of interviewing with its share of the sample and its period."""

    mode: str
    share: float
    start: date
    end: date
    effects: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Members:
    """The household grid: the same questions about each of the first `maximum` members."""

    maximum: int
    questions: tuple[Question, ...]
    harmonised: dict[str, dict[str, Any]]

    def about(self, number: int) -> Iterator[tuple[Question, Question]]:
        """Yield each question as written, and as asked about the member with this number."""
        for question in self.questions:
            named = {key: getattr(question, key).format(n=number) for key in ("name", "label")}
            yield question, replace(question, **named)


@dataclass(frozen=True)
class Wave:
    """One survey wave: design, fieldwork, questions, and the rule for each harmonised variable."""

    survey: str
    year: int
    title: str
    evidence: str
    net_sample: int
    groups: dict[str, float]
    sampling: dict[str, Any]
    frame_date: date
    modes: tuple[Mode, ...]
    respondent: dict[str, Any]
    person_key: dict[str, str]
    sample: dict[str, Any]
    questions: tuple[Question, ...]
    harmonised: dict[str, dict[str, Any]]
    members: Members | None = None

    @property
    def name(self) -> str:
        """Stem of the delivered files, for example SPVA_1998."""
        return f"{self.survey}_{self.year}"

    def question(self, name: str) -> Question:
        """Return the question that delivers a variable."""
        return next(question for question in self.questions if question.name == name)


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML in which a key that stands twice is an error: a code may have one label only."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Hashable, Any]:
    pairs = [
        (loader.construct_object(key, True), loader.construct_object(value, True))
        for key, value in node.value
    ]
    keys = [key for key, _ in pairs]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        line = node.start_mark.line + 1
        raise UserError(f"key {twice[0]!r} stands twice in the block of line {line}: keep one")
    return dict(pairs)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _read(*parts: str) -> dict[str, Any]:
    text = files(__package__).joinpath(*parts).read_text(encoding="utf-8")
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except UserError as error:
        raise UserError(*(f"{parts[-1]}: {problem}" for problem in error.problems)) from None


@cache
def load_response() -> dict[str, Any]:
    """Return the rates of fieldwork that all waves share (response.yaml)."""
    return _read("response.yaml")


@cache
def load_concepts() -> dict[str, Concept]:
    """Return the concepts by name (concepts.yaml)."""
    concepts = {}
    for name, given in _read("concepts.yaml")["concepts"].items():
        settings = dict(given)
        concepts[name] = Concept(
            name=name,
            draw=settings.pop("draw"),
            categories=tuple(settings.pop("categories", ())),
            harmonised={
                variable: {category: str(value) for category, value in values.items()}
                for variable, values in settings.pop("harmonised", {}).items()
            },
            item_nonresponse=settings.pop("item_nonresponse", {}),
            disagreement=settings.pop("disagreement", None),
            settings=settings,
        )
    return concepts


@cache
def load_waves() -> tuple[Wave, ...]:
    """Return the waves in the order of their years; raise `UserError` with every problem found."""
    names = [item.name for item in files(__package__).joinpath("questionnaires").iterdir()]
    waves = [parse_wave(_read("questionnaires", name)) for name in sorted(names)]
    concepts = load_concepts()
    UserError.collect(problem for wave in waves for problem in wave_problems(wave, concepts))
    return tuple(sorted(waves, key=lambda wave: (wave.year, wave.survey)))


def harmonised_variables() -> tuple[str, ...]:
    """Return every harmonised variable for which some wave has a rule, sorted."""
    return tuple(sorted({variable for wave in load_waves() for variable in wave.harmonised}))


def member_variables() -> tuple[str, ...]:
    """Return every harmonised variable of household members, sorted."""
    grids = [wave.members for wave in load_waves() if wave.members]
    return tuple(sorted({variable for grid in grids for variable in grid.harmonised}))


def parse_wave(given: dict[str, Any]) -> Wave:
    """Turn a questionnaire as written into a wave."""
    fieldwork = given["fieldwork"]
    missing = {
        name: {kind: (str(code), label) for kind, (code, label) in codes.items()}
        for name, codes in given["missing_codes"].items()
    }
    undeclared = given.get("undeclared", [])
    return Wave(
        survey=given["survey"],
        year=given["year"],
        title=given["title"],
        evidence=given["evidence"],
        net_sample=given["net_sample"],
        groups=given["groups"],
        sampling=given["sampling"],
        frame_date=fieldwork["frame_date"],
        modes=tuple(Mode(**mode) for mode in fieldwork["modes"]),
        respondent=given["respondent"],
        person_key=given["person_key"],
        sample=given["sample"],
        questions=_questions(given["variables"], missing, undeclared),
        harmonised=given["harmonised"],
        members=Members(
            maximum=grid["maximum"],
            questions=tuple(_question(q, missing, undeclared) for q in grid["variables"]),
            harmonised=grid["harmonised"],
        )
        if (grid := given.get("members"))
        else None,
    )


def _questions(
    given: list[dict[str, Any]], missing: dict[str, Any], undeclared: list[str]
) -> tuple[Question, ...]:
    """Read questions in order; one that repeats another is written as its name and `recontact`."""
    read: dict[str, Question] = {}
    for question in given:
        if "recontact" in question:
            first = read[question["recontact"]]
            again = {"name": question["name"], "label": question["label"], "ask_if": {}}
            read[question["name"]] = replace(first, recontact=first.name, **again)
        else:
            read[question["name"]] = _question(question, missing, undeclared)
    return tuple(read.values())


def _question(given: dict[str, Any], missing: dict[str, Any], undeclared: list[str]) -> Question:
    unknown = given.keys() - _QUESTION_KEYS
    if unknown:
        raise UserError(f"question {given['name']}: unknown key {min(unknown)!r}: remove it")
    own = given.get("harmonised")
    if "intervals" in given:
        answers = tuple(
            Answer(str(low), f"{low}-{high}", _names(covers), _truth(truth, own), high)
            for low, high, covers, *truth in given["intervals"]
        )
    elif "classes" in given:
        answers = tuple(
            Answer(str(code), label, (), _truth(truth, own), low=low)
            for code, (label, low, *truth) in given["classes"].items()
        )
    else:
        answers = tuple(
            Answer(str(code), label, _names(covers), _truth(truth, own))
            for code, (label, covers, *truth) in given.get("answers", {}).items()
        )
    codes = missing[given["missing"]] if "missing" in given else {}
    widest = max((len(code) for code in [*(a.code for a in answers), *dict(codes.values())]),
                 default=1)  # fmt: skip
    return Question(
        name=given["name"],
        label=given["label"],
        concept=given["concept"],
        format=given.get("format", f"F{widest}.0"),
        answers=answers,
        is_interval="intervals" in given,
        number=given.get("number"),
        missing=codes,
        is_declared=given.get("missing") not in undeclared,
        ask_if={
            name: tuple(str(code) for code in allowed)
            for name, allowed in given.get("ask_if", {}).items()
        },
        minimum_age=given.get("minimum_age", 0),
    )


def _names(covers: str | list[str]) -> tuple[str, ...]:
    return (covers,) if isinstance(covers, str) else tuple(covers)


def _truth(given: list[Any], own: str | None) -> dict[str, str]:
    if not given:
        return {}
    values = given[0] if isinstance(given[0], dict) else {own: given[0]}
    return {variable: str(value) for variable, value in values.items()}


# -------------------------------------------------------------------- checks


def measure(question: Question, concept: Concept) -> str:
    """Return the SPSS measurement level of a variable."""
    if question.is_interval or (question.number is not None and not question.is_text):
        return "scale"
    is_ordinal = (
        question.is_classes
        or concept.draw == "ordered"
        or concept.settings.get("is_ordinal", False)
    )
    return "ordinal" if is_ordinal else "nominal"


def reachable(wave: Wave, concept: Concept) -> set[str]:
    """Return the categories that a respondent of the wave can have, given its design."""
    if concept.name == "origin":
        return set(wave.groups)
    if concept.name == "generation":
        return {"first", "second"} | ({"native"} if "NL" in wave.groups else set())
    if concept.name == "mode":
        return {mode.mode for mode in wave.modes}
    if concept.name == "role":
        return {"head", "partner"} if wave.sampling["unit"] == "household" else {"person"}
    return set(concept.categories)


def wave_problems(wave: Wave, concepts: dict[str, Concept]) -> Iterator[str]:
    """Yield one line per contradiction inside a questionnaire, or with the concepts."""
    yield from _part_problems(wave, wave.questions, wave.harmonised, concepts)
    if wave.members:
        yield from _part_problems(wave, wave.members.questions, wave.members.harmonised, concepts)


def _part_problems(
    wave: Wave,
    questions: tuple[Question, ...],
    rules: dict[str, dict[str, Any]],
    concepts: dict[str, Concept],
) -> Iterator[str]:
    seen: dict[str, Question] = {}
    for question in questions:
        where = f"{wave.name}, {question.name}"
        if question.name.lower() in (name.lower() for name in seen):
            yield f"{where}: the name stands twice"
        if question.concept not in concepts:
            yield f"{where}: concept {question.concept!r} is not in concepts.yaml"
            continue
        yield from _code_problems(where, question)
        yield from _cover_problems(where, wave, question, concepts[question.concept])
        for earlier, codes in question.ask_if.items():
            known = {a.code for a in seen[earlier].answers} if earlier in seen else set()
            if not set(codes) <= known:
                yield f"{where}: asked if {earlier} in {codes}, which are no codes asked before"
        seen[question.name] = question
    for variable, rule in rules.items():
        where = f"{wave.name}, {variable}"
        if rule["rule"] != "first":
            yield from _rule_problems(where, variable, rule, seen)
        elif unknown := [name for name in rule["of"] if name not in rules]:
            yield f"{where}: no rule says what {unknown[0]} is"


def _code_problems(where: str, question: Question) -> Iterator[str]:
    codes = [] if question.is_interval else [answer.code for answer in question.answers]
    codes += [code for code, _ in question.missing.values()]
    twice = {code for code in codes if codes.count(code) > 1}
    if twice:
        yield f"{where}: code {min(twice)} stands twice"
    width = int(re.match(r"[AF](\d+)", question.format)[1])
    wide = [code for code in codes if len(code) > width]
    if wide:
        yield f"{where}: code {wide[0]} is wider than {question.format}"
    if any(not label.strip() for label in question.value_labels.values()):
        yield f"{where}: a code has no label"
    if unknown := question.missing.keys() - set(MISSING_KINDS):
        yield f"{where}: missing kind {min(unknown)!r} is none of {MISSING_KINDS}"


def _cover_problems(where: str, wave: Wave, question: Question, concept: Concept) -> Iterator[str]:
    if not concept.categories:
        if question.number is None and not question.is_classes:
            yield f"{where}: concept {concept.name} is a number: the question needs `number`"
        return
    covered = [category for answer in question.answers for category in answer.covers]
    if unknown := set(covered) - set(concept.categories):
        yield f"{where}: covers {min(unknown)!r}, which is no category of {concept.name}"
    if len(set(covered)) < len(covered):
        yield f"{where}: a category is covered by two codes"
    if lost := reachable(wave, concept) - set(covered):
        yield f"{where}: no code covers {min(lost)!r} of {concept.name}"
    for answer in question.answers:
        for variable, value in answer.truth.items():
            values = concept.harmonised.get(variable, {})
            if value not in {values.get(category) for category in answer.covers}:
                yield f"{where}: code {answer.code} stands for {variable} {value}, its answers not"


def _rule_problems(
    where: str, variable: str, rule: dict[str, Any], questions: dict[str, Question]
) -> Iterator[str]:
    if rule["rule"] not in RULES:
        yield f"{where}: rule {rule['rule']!r} is none of {', '.join(RULES)}"
        return
    sources = rule_sources(rule)
    if unknown := [name for name in sources if name not in questions]:
        yield f"{where}: variable {unknown[0]} is not in the questionnaire"
    elif rule["rule"] == "codes":
        last = questions[sources[-1]]
        if silent := [a.code for a in last.answers if variable not in a.truth]:
            yield f"{where}: code {silent[0]} of {last.name} stands for no value"
        if not all(any(variable in a.truth for a in questions[s].answers) for s in sources):
            yield f"{where}: a source has no code that stands for a value"


def rule_sources(rule: dict[str, Any]) -> list[str]:
    """Return the variables that a rule reads, in its order."""
    if rule["rule"] == "codes":
        return rule["from"]
    if rule["rule"] == "sum":
        return [*rule.get("add", []), *rule.get("subtract", [])]
    return [value for key, value in rule.items() if key != "rule" and isinstance(value, str)]
