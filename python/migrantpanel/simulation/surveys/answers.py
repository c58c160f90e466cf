"""Turns latent answers into the codes of a questionnaire, and keeps what each code stands for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.surveys.concepts import draw_concept
from migrantpanel.simulation.surveys.questionnaires import (
    Concept,
    Members,
    Question,
    Wave,
    load_concepts,
)

LAYOUTS = {
    "yyyymmdd": "%Y%m%d",
    "ddmmyyyy": "%d%m%Y",
    "dd-mm-yyyy": "%d-%m-%Y",
    "ddmmyy": "%d%m%y",
    "yymmdd": "%y%m%d",
}


@dataclass(frozen=True)
class Delivered:
    """One variable for all respondents: text or numbers as delivered, and what lies behind them.

    `missing_kind` is null where an answer was given, else routed, refused, dont_know, or
    technical_error (see damage.py). `truth`
    holds per harmonised variable the value that the given answer stands for (null otherwise).
    """

    values: pl.Series
    codes: pl.Series
    missing_kind: pl.Series
    truth: dict[str, pl.Series]


def answer_wave(
    wave: Wave, people: pl.DataFrame, seed: int
) -> tuple[dict[str, Delivered], pl.DataFrame]:
    """Let everybody answer a questionnaire, in its order, with its routing.

    Returns the delivered variables by name, and one row per respondent and concept on which survey
    and register may differ: `row` (position in `people`), `concept`, `register_value`,
    `answered_value`.
    """
    concepts = load_concepts()
    latent, beside = _latent_answers(wave, people, seed)
    delivered: dict[str, Delivered] = {}
    for question in wave.questions:
        if question.recontact:
            delivered[question.name] = _nothing(delivered[question.recontact], question.name)
            continue
        rng = generator(seed, "survey", wave.survey, wave.year, "question", question.name)
        delivered[question.name] = _deliver(
            question,
            concepts[question.concept],
            latent[question.concept],
            _is_asked(question, delivered, people),
            rng,
        )
    return delivered, beside


def answer_members(
    grid: Members, wave: Wave, places: pl.DataFrame, seed: int
) -> dict[str, Delivered]:
    """Return the answers to a wave's household grid by question as written, one per place in it.

    `places` are those of `household_places`; who is missing there was not asked about.
    """
    concepts = load_concepts()
    delivered = {}
    for question in grid.questions:
        rng = generator(seed, "survey", wave.survey, wave.year, "members", question.name)
        latent, _ = draw_concept(concepts[question.concept], places, rng)
        asked = (places["age"] >= question.minimum_age).fill_null(False).to_numpy()
        delivered[question.name] = _deliver(
            question, concepts[question.concept], latent, asked, rng
        )
    return delivered


def _latent_answers(
    wave: Wave, people: pl.DataFrame, seed: int
) -> tuple[dict[str, pl.Series], pl.DataFrame]:
    """Draw the concepts that the wave asks, and first those that others may depend on."""
    concepts = load_concepts()
    first = [name for name, concept in concepts.items() if concept.settings.get("first")]
    latent: dict[str, pl.Series] = {}
    beside = []
    for name in dict.fromkeys([*first, *(question.concept for question in wave.questions)]):
        rng = generator(seed, "survey", wave.survey, wave.year, "concept", name)
        latent[name], differs = draw_concept(concepts[name], people, rng)
        if name in first:
            people = people.with_columns(latent[name].alias(name))
        if differs is not None:
            beside.append(differs.with_columns(concept=pl.lit(name)).with_row_index("row"))
    return latent, pl.concat(beside)


def _is_asked(
    question: Question, delivered: dict[str, Delivered], people: pl.DataFrame
) -> np.ndarray:
    asked = np.ones(people.height, dtype=bool)
    for name, codes in question.ask_if.items():
        asked &= delivered[name].codes.is_in(list(codes)).fill_null(False).to_numpy()
    return asked


def _deliver(
    question: Question,
    concept: Concept,
    latent: pl.Series,
    asked: np.ndarray,
    rng: np.random.Generator,
) -> Delivered:
    kind = _missing_kind(question, concept, asked, rng)
    is_answered = kind.is_null()
    if (lost := (latent.is_null() & is_answered).sum()) > 0:
        raise AssertionError(f"{question.name}: {lost} respondents asked have no {concept.name}")
    truth: dict[str, pl.Series] = {}
    nothing = pl.Series([None], dtype=pl.String)
    chosen = _chosen_answer(question, latent)
    if question.is_interval:
        codes = _within_intervals(question, latent, rng)
    elif question.answers:
        codes = pl.Series([answer.code for answer in question.answers]).gather(chosen)
    else:
        codes = _numbers(question.number or {}, latent)
    for variable in {name for answer in question.answers for name in answer.truth}:
        stands_for = pl.Series(
            [answer.truth.get(variable) for answer in question.answers], dtype=pl.String
        )
        truth[variable] = stands_for.gather(chosen).zip_with(is_answered, nothing)
    missing_codes = {
        "routed" if name == "not_applicable" else name: code
        for name, (code, _) in question.missing.items()
    }
    replaced = kind.replace_strict(missing_codes, default=None, return_dtype=pl.String)
    codes = codes.zip_with(is_answered, replaced).alias(question.name)
    values = codes.fill_null("") if question.is_text else codes.cast(pl.Float64)
    return Delivered(values=values, codes=codes, missing_kind=kind, truth=truth)


def _nothing(answer: Delivered, name: str) -> Delivered:
    """Return a variable of the form of another in which nobody has a value yet."""

    def empty(values: pl.Series) -> pl.Series:
        return pl.Series(values.name, [None] * len(values), dtype=values.dtype)

    return Delivered(
        values=empty(answer.values).fill_null("") if answer.values.dtype == pl.String
        else empty(answer.values),
        codes=empty(answer.codes).alias(name),
        missing_kind=empty(answer.missing_kind),
        truth={variable: empty(values) for variable, values in answer.truth.items()},
    )  # fmt: skip


def _chosen_answer(question: Question, latent: pl.Series) -> pl.Series:
    """Return the position of the answer that covers each latent category or number, or null."""
    if question.is_classes:
        lows = [answer.low for answer in question.answers[1:]]
        position = np.searchsorted(lows, latent.fill_null(0).to_numpy(), side="right")
        return pl.Series(position, dtype=pl.UInt32)
    covered = {
        category: position
        for position, answer in enumerate(question.answers)
        for category in answer.covers
    }
    if not covered:
        return pl.Series([None] * len(latent), dtype=pl.UInt32)
    return latent.replace_strict(covered, default=None, return_dtype=pl.UInt32)


def _missing_kind(
    question: Question, concept: Concept, asked: np.ndarray, rng: np.random.Generator
) -> pl.Series:
    """Return routed, refused, dont_know or null; a kind without a code does not occur."""
    kind = np.full(len(asked), None, dtype=object)
    u = rng.random(len(asked))
    low = 0.0
    for name, rate in concept.item_nonresponse.items():
        if name in question.missing:
            kind[(u >= low) & (u < low + rate)] = name
            low += rate
    kind[~asked] = "routed"
    return pl.Series(kind.tolist(), dtype=pl.String)


def _within_intervals(question: Question, latent: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Draw a whole number inside the interval that covers the latent category."""
    low = {c: int(a.code) for a in question.answers for c in a.covers}
    size = {c: (a.high or 0) - int(a.code) + 1 for a in question.answers for c in a.covers}
    lowest = latent.replace_strict(low, return_dtype=pl.Float64).to_numpy()
    width = latent.replace_strict(size, return_dtype=pl.Float64).to_numpy()
    return pl.Series((lowest + np.floor(rng.random(len(latent)) * width)).astype(int)).cast(
        pl.String
    )


def _numbers(spec: dict[str, Any], latent: pl.Series) -> pl.Series:
    """Write a number or date as the wave delivers it, as text without trailing zeros."""
    if "layout" in spec:
        return latent.dt.strftime(LAYOUTS[spec["layout"]])
    if "decimals" in spec:
        return latent.round(spec["decimals"]).cast(pl.String)
    number = latent.cast(pl.Float64) * spec.get("multiply", 1)
    step = spec.get("round_to", 1)
    number = (number / step).round() * step
    if "modulo" in spec:
        number = number % spec["modulo"]
    return number.cast(pl.Int64).cast(pl.String)


# -------------------------------------------------------------------- truth


def expected_values(
    rules: dict[str, dict[str, Any]],
    variables: tuple[str, ...],
    delivered: dict[str, Delivered],
    height: int,
) -> pl.DataFrame:
    """Return what harmonising should recover: the answer coarsened to what the wave asked.

    One row per respondent and harmonised variable: `row`, `variable`, `expected_value` (text; null
    when missing), `missing_kind` (not_asked, routed, refused, dont_know; null when answered). The
    rules are the questionnaire's own; no crosswalk is read.
    """
    nothing = pl.Series([None] * height, dtype=pl.String)

    def expected(variable: str) -> tuple[pl.Series, pl.Series]:
        rule = rules.get(variable)
        if rule is None:
            return nothing, pl.Series(["not_asked"] * height)
        if rule["rule"] == "codes":
            return _first_of(variable, [delivered[name] for name in rule["from"]])
        if rule["rule"] == "sum":
            return _sum_of(rule, delivered)
        if rule["rule"] == "first":
            return _first_unless(rule["unless"], [expected(name) for name in rule["of"]])
        return _date_of(rule, delivered), nothing

    return pl.concat(
        pl.DataFrame(dict(zip(("expected_value", "missing_kind"), expected(variable), strict=True)))
        .with_row_index("row")
        .with_columns(variable=pl.lit(variable))
        for variable in variables
    )


def _first_of(variable: str, sources: list[Delivered]) -> tuple[pl.Series, pl.Series]:
    """Return the first value that a source stands for, else the first reason why it is missing."""
    frame = pl.DataFrame(
        {f"value_{i}": source.truth[variable] for i, source in enumerate(sources)}
        | {f"kind_{i}": source.missing_kind for i, source in enumerate(sources)}
    )
    value = pl.coalesce([f"value_{i}" for i in range(len(sources))])
    kind = pl.coalesce([f"kind_{i}" for i in range(len(sources))])
    found = frame.select(value=value, kind=pl.when(value.is_null()).then(kind))
    return found["value"], found["kind"]


def _first_unless(
    passed_over: str, found: list[tuple[pl.Series, pl.Series]]
) -> tuple[pl.Series, pl.Series]:
    """Return the first that is not the value passed over, missing or not; else that value."""
    value, kind = found[-1]
    for earlier, reason in reversed(found[:-1]):
        decides = earlier.ne_missing(pl.Series([passed_over]))
        value, kind = earlier.zip_with(decides, value), reason.zip_with(decides, kind)
    return value, kind


def _sum_of(rule: dict[str, Any], delivered: dict[str, Delivered]) -> tuple[pl.Series, pl.Series]:
    sources = dict.fromkeys(rule.get("add", []), 1)
    sources |= dict.fromkeys(rule.get("subtract", []), -1)
    total = pl.lit(rule.get("plus", 0), pl.Float64)
    frame = pl.DataFrame({name: delivered[name].codes for name in sources})
    for name, sign in sources.items():
        total = total + sign * pl.col(name).cast(pl.Float64)
    # Six decimals, as numbers are harmonised.
    total = (total * rule.get("multiply", 1)).round(6)
    kinds = pl.DataFrame({name: delivered[name].missing_kind for name in sources})
    kind = kinds.select(pl.coalesce(pl.all())).to_series()
    value = frame.select(total.cast(pl.String).str.strip_suffix(".0")).to_series()
    return value.zip_with(kind.is_null(), pl.Series([None], dtype=pl.String)), kind


def _date_of(rule: dict[str, Any], delivered: dict[str, Delivered]) -> pl.Series:
    """Return ISO dates from one variable in a layout, or from year, month and day."""
    for layout, pattern in LAYOUTS.items():
        if layout in rule:
            return delivered[rule[layout]].codes.str.to_date(pattern).cast(pl.String)
    parts = {
        part: delivered[rule[part]].codes if isinstance(rule[part], str) else str(rule[part])
        for part in ("year", "month", "day")
    }
    frame = pl.DataFrame(parts).with_columns(pl.all().cast(pl.Int32))
    return frame.select(pl.date("year", "month", "day").cast(pl.String)).to_series()
