"""Takes the damage `changed_value_labels` out of questionnaires: codes as in the wave before.

The crosswalk of the project is made for the codes that changed; `crosswalk_overlay` gives the rows
that a build of steady codes needs instead.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from itertools import count

import numpy as np

from migrantpanel.project import seeds_dir
from migrantpanel.random import generator
from migrantpanel.simulation.defects.manifest import exactly
from migrantpanel.simulation.surveys.damage import changes, with_asked
from migrantpanel.simulation.surveys.questionnaires import Question, Wave

KIND = "changed_value_labels"
CROSSWALK = "crosswalk_value.csv"
# Per wave and variable: the codes of the questionnaire, and those that are delivered instead.
Renumbered = dict[tuple[str, str], dict[str, str]]


def steady_waves(
    waves: Sequence[Wave], defects: Mapping[str, dict], seed: int
) -> tuple[list[Wave], Renumbered]:
    """Give the questions whose codes changed those of the wave before, but for the rate's share."""
    changed = [
        (wave.name, question.name)
        for wave, asked in with_asked(waves)
        for question in wave.questions
        if any(changes(asked, wave, question))
    ]
    rng = generator(seed, "defect", KIND)
    drawn = exactly(defects[KIND]["rate"], len(changed), np.arange(len(changed)), rng)
    if len(drawn) == len(changed):
        return list(waves), {}
    stays = {changed[i] for i in drawn}
    renumbered: Renumbered = {}
    steady: list[Wave] = []
    for wave in waves:
        # What was asked before, with the codes that it has been given here.
        _, asked = list(with_asked([*steady, wave]))[-1]
        codes = {
            question.name: _codes(asked[question.concept], question)
            for question in wave.questions
            if (wave.name, question.name) not in stays and any(changes(asked, wave, question))
        }
        steady.append(
            replace(
                wave, questions=tuple(_renumber(question, codes) for question in wave.questions)
            )
        )
        renumbered |= {(wave.name, name): mapping for name, mapping in codes.items()}
    return steady, renumbered


def _codes(old: Question, new: Question) -> dict[str, str]:
    """Return for each code of a question the one that stood for the same before, or a free one."""
    known = {tuple(sorted(answer.truth.items())): answer.code for answer in reversed(old.answers)}
    missing = {code for code, _ in new.missing.values()}
    used = missing | {answer.code for answer in old.answers}
    codes: dict[str, str] = {}
    for answer in new.answers:
        code = known.pop(tuple(sorted(answer.truth.items())), None)
        if code is None or code in missing:
            code = next(str(number) for number in count(1) if str(number) not in used)
        used.add(code)
        codes[answer.code] = code
    return codes


def _renumber(question: Question, codes: Mapping[str, Mapping[str, str]]) -> Question:
    own = codes.get(question.recontact or question.name, {})
    widest = max((len(code) for code in own.values()), default=0)
    kind, width = question.format[0], question.format[1:].split(".")[0]
    return replace(
        question,
        answers=tuple(
            replace(answer, code=own.get(answer.code, answer.code)) for answer in question.answers
        ),
        format=question.format.replace(f"{kind}{width}", f"{kind}{max(int(width), widest)}", 1),
        ask_if={
            name: tuple(codes.get(name, {}).get(code, code) for code in allowed)
            for name, allowed in question.ask_if.items()
        },
    )


def crosswalk_overlay(waves: Sequence[Wave], renumbered: Renumbered) -> str:
    """Return the rows of the crosswalk of these waves as CSV, with the codes delivered instead."""
    wave_of = {(wave.survey, str(wave.year)): wave for wave in waves}
    path = seeds_dir() / "crosswalk" / CROSSWALK
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = reader.fieldnames or [], list(reader)
    touched, lines = set(), []
    for row in rows:
        wave = wave_of.get((row["survey"], row["survey_year"]))
        asked = {q.name: q.recontact or q.name for q in wave.questions} if wave else {}
        of_question = asked.get(row["source_variable"], "")
        codes = renumbered.get((wave.name, of_question), {}) if wave else {}
        if codes:
            touched.add((row["survey"], row["survey_year"], row["variable"]))
        lines.append({**row, "source_code": codes.get(row["source_code"], row["source_code"])})
    kept = [row for row in lines if (row["survey"], row["survey_year"], row["variable"]) in touched]
    text = StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept)
    return text.getvalue()
