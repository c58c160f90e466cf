"""Damage to survey files: questions wrongly skipped, codes with the wrong label.

An answer that an error destroyed is missing in the file, and `technical_error` in the truth; part
of these people were asked again, and their answers stand in variables of their own. Rates, waves
and questions are in `parameters/defects.yaml`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.defects.manifest import MANIFEST, exactly, manifest_rows
from migrantpanel.simulation.surveys.answers import Delivered
from migrantpanel.simulation.surveys.files import Variable
from migrantpanel.simulation.surveys.questionnaires import Question, Wave, load_concepts

TECHNICAL_ERROR = "technical_error"
# Households of couples who are not married: the place of both partners.
UNMARRIED = ["03", "05"]


class SurveyDamage:
    """What is done to the files of one wave, with the record of it."""

    def __init__(
        self,
        wave: Wave,
        defects: dict[str, dict],
        seed: int,
        renumbered: Mapping[tuple[str, str], Mapping[str, str]] | None = None,
    ) -> None:
        self.wave, self.defects, self.seed = wave, defects, seed
        self.renumbered = renumbered or {}
        self.records = [pl.DataFrame(schema=MANIFEST)]

    def manifest(self) -> pl.DataFrame:
        """Return all records."""
        return pl.concat(self.records)

    def answers(
        self, people: pl.DataFrame, delivered: dict[str, Delivered]
    ) -> dict[str, Delivered]:
        """Lose what errors in the routing skipped, and let part of it be asked again."""
        return self._partner_work(people, self._language(people, delivered))

    def _language(
        self, people: pl.DataFrame, delivered: dict[str, Delivered]
    ) -> dict[str, Delivered]:
        """Lose the answers about Dutch of recent immigrants, and ask part of them again."""
        spec = self._of_wave("filter_error_language")
        if spec is None:
            return delivered
        recent = (people["arrival_year"] >= spec["arrived_since"]).fill_null(False)
        rng = self._rng("filter_error_language")
        lost = exactly(spec["rate"], int(recent.sum()), np.flatnonzero(recent.to_numpy()), rng)
        again = exactly(spec["recontact"], len(lost), lost, rng)
        changed = dict(delivered)
        for question in self.wave.questions:
            if question.recontact in spec["questions"]:
                name, base = question.name, question.recontact
                changed[base] = _lost(delivered[base], lost, np.setdiff1d(lost, again))
                changed[name] = _only(delivered[base], again, name)
                self._record(
                    "filter_error_language", base, people["person"].gather(lost),
                    delivered[base].codes.gather(lost), changed[name].codes.gather(lost),
                )  # fmt: skip
        return changed

    def _partner_work(
        self, people: pl.DataFrame, delivered: dict[str, Delivered]
    ) -> dict[str, Delivered]:
        """Lose what people say of the work of a partner to whom they are not married."""
        spec = self._of_wave("filter_error_partner_work")
        if spec is None:
            return delivered
        name = spec["question"]
        partner = people["place"].is_in(UNMARRIED) & (people["partner_in_household"] == "yes")
        cohabits = np.flatnonzero(partner.fill_null(False).to_numpy())
        rng = self._rng("filter_error_partner_work")
        lost = exactly(spec["rate"], len(cohabits), cohabits, rng)
        self._record(
            "filter_error_partner_work", name, people["person"].gather(lost),
            delivered[name].codes.gather(lost), None,
        )  # fmt: skip
        return delivered | {name: _lost(delivered[name], lost, lost)}

    def members(
        self, people: pl.DataFrame, places: pl.DataFrame, delivered: dict[str, Delivered]
    ) -> dict[str, Delivered]:
        """Lose the work of partners who are not married to the head."""
        spec = self._of_wave("filter_error_partner_work")
        if spec is None:
            return delivered
        partner = (places["relation"] == "partner") & places["place"].is_in(UNMARRIED)
        cohabits = np.flatnonzero(partner.fill_null(False).to_numpy())
        rng = generator(self.seed, "defect", "filter_error_partner_work", "members")
        lost = exactly(spec["rate"], len(cohabits), cohabits, rng)
        name = spec["question_of_members"]
        self._record(
            "filter_error_partner_work", name,
            people["person"].gather(places["row"].gather(lost)),
            delivered[name].codes.gather(lost), None,
        )  # fmt: skip
        return delivered | {name: _lost(delivered[name], lost, lost)}

    def labels(self, variables: dict[str, Variable]) -> dict[str, Variable]:
        """Swap the labels of two codes."""
        spec = self._of_wave("mislabelled_code")
        if spec is None or not spec["rate"]:
            return variables
        name = spec["question"]
        codes = self.renumbered.get((self.wave.name, name), {})
        one, other = (codes.get(str(code), str(code)) for code in spec["codes"])
        labels = variables[name].value_labels
        swapped = labels | {one: labels[other], other: labels[one]}
        for code in (one, other):
            self._record_label("mislabelled_code", name, code, labels[code], swapped[code])
        return variables | {name: replace(variables[name], value_labels=swapped)}

    def encoding(self) -> str:
        """Return in which encoding the labels are written."""
        spec = self.defects["wrong_survey_encoding"]
        if not spec["rate"] or self.wave.name not in spec["waves"]:
            return "utf-8"
        self._record_label("wrong_survey_encoding", None, None, "utf-8", "windows-1252")
        return "windows-1252"

    def _of_wave(self, kind: str) -> dict | None:
        spec = self.defects[kind]
        return spec if spec["wave"] == self.wave.name else None

    def _rng(self, kind: str) -> np.random.Generator:
        return generator(self.seed, "defect", kind, self.wave.name)

    def _record(
        self, kind: str, column: str, person: pl.Series, true: pl.Series,
        delivered: pl.Series | None,
    ) -> None:  # fmt: skip
        rows = pl.DataFrame({"person": person, "true_value": true}).with_columns(
            delivered_value=pl.lit(None, dtype=pl.String) if delivered is None else delivered,
            column=pl.lit(column),
        )
        self.records.append(self._completed(kind, rows))

    def _record_label(
        self, kind: str, column: str | None, code: str | None, true: str, delivered: str
    ) -> None:
        shown = ["" if code is None else f"{code} = "]
        row = {"column": [column], "true_value": [f"{shown[0]}{true}"],
               "delivered_value": [f"{shown[0]}{delivered}"]}  # fmt: skip
        self.records.append(self._completed(kind, pl.DataFrame(row)))

    def _completed(self, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
        named = rows.with_columns(
            file_stem=pl.lit(self.wave.name), file_year=pl.lit(self.wave.year)
        )
        return manifest_rows(named, kind)


def _lost(answer: Delivered, rows: np.ndarray, for_good: np.ndarray) -> Delivered:
    """Return answers without those of some rows, of which some are nowhere else either."""
    gone = _mask(len(answer.codes), rows)
    destroyed = _mask(len(answer.codes), for_good)
    kind = _nothing_at(answer.missing_kind, gone)
    return Delivered(
        values=_blank_at(answer.values, gone),
        codes=_nothing_at(answer.codes, gone),
        missing_kind=pl.Series([TECHNICAL_ERROR]).zip_with(destroyed, kind),
        truth={name: _nothing_at(values, gone) for name, values in answer.truth.items()},
    )


def _only(answer: Delivered, rows: np.ndarray, name: str) -> Delivered:
    """Return the answers of some rows, and nothing for all others."""
    others = ~_mask(len(answer.codes), rows)
    return Delivered(
        values=_blank_at(answer.values, others),
        codes=_nothing_at(answer.codes, others).alias(name),
        missing_kind=_nothing_at(answer.missing_kind, others),
        truth={name: _nothing_at(values, others) for name, values in answer.truth.items()},
    )


def _mask(length: int, rows: np.ndarray) -> pl.Series:
    hit = np.zeros(length, dtype=bool)
    hit[rows] = True
    return pl.Series(hit)


def _nothing_at(values: pl.Series, rows: pl.Series, nothing: str | None = None) -> pl.Series:
    return pl.Series([nothing], dtype=values.dtype).zip_with(rows, values).alias(values.name)


def _blank_at(values: pl.Series, rows: pl.Series) -> pl.Series:
    """Text is blank where nothing is delivered, a number is missing."""
    return _nothing_at(values, rows, "" if values.dtype == pl.String else None)


def changed_value_labels(waves: Sequence[Wave]) -> pl.DataFrame:
    """Return the codes that stand for something else than when the same survey last asked."""
    rows = [
        row
        for wave, asked in with_asked(waves)
        for question in wave.questions
        for row in changes(asked, wave, question)
    ]
    columns = ("file_stem", "file_year", "column", "true_value", "delivered_value")
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    return manifest_rows(frame, "changed_value_labels")


def with_asked(waves: Sequence[Wave]) -> Iterator[tuple[Wave, dict[str, Question]]]:
    """Yield each wave with the questions that its survey asked before, the last one per concept."""
    asked: dict[str, dict[str, Question]] = {}
    for wave in waves:
        before = asked.setdefault(wave.survey, {})
        yield wave, dict(before)
        before |= {question.concept: question for question in wave.questions}


def changes(
    asked: Mapping[str, Question], wave: Wave, question: Question
) -> Iterator[tuple[str, int, str, str, str]]:
    """Yield wave, variable, and the labels then and now, per code that changed its meaning."""
    old = asked.get(question.concept)
    if old is None or question.recontact or not load_concepts()[question.concept].categories:
        return
    was = {answer.code: answer for answer in old.answers}
    for answer in question.answers:
        same = was.get(answer.code)
        if same and answer.truth and same.truth and same.truth != answer.truth:
            yield (
                wave.name, wave.year, question.name,
                f"{answer.code} = {same.label}", f"{answer.code} = {answer.label}",
            )  # fmt: skip
