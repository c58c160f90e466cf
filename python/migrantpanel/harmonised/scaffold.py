"""`migrantpanel scaffold`: an overlay folder for a new survey, as far as it can be told.

What is sure goes into files that `migrantpanel build --overlay` reads; what is not goes into the
folder `review` beside them, as rows to complete and to move. docs/new-wave.md says how.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrantpanel.errors import UserError
from migrantpanel.harmonised.delivered import Delivered, Variable, open_survey
from migrantpanel.harmonised.knowledge import Concept, Knowledge, Row, read_knowledge
from migrantpanel.harmonised.proposal import HIGH, LOW, MEDIUM, Proposal
from migrantpanel.harmonised.propose import propose
from migrantpanel.landing.catalogue import ROW_NUMBER, read_catalogue

SURVEY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
FIRST_YEAR, LAST_YEAR = 1900, 2100
EVIDENCE = ("assumed", "published", "questionnaire seen")
CROSSWALKS = ("crosswalk_variable", "crosswalk_value")
OVERLAY = ("catalogue_survey", "catalogue_survey_sample", *CROSSWALKS)
REVIEW_FOLDER = "review"
REVIEW = "scaffold_review"
REVIEW_COLUMNS = (
    "variable",
    "meaning",
    "status",
    "confidence",
    "score",
    "source_variables",
    "source_label",
    "rule",
    "why",
    "what_to_decide",
    "other_candidates",
)
READY, COMPLETE, DECIDE = "proposed", "to complete", "to decide"
UNLIKELY, NOTHING = "unlikely", "nothing found"
OTHERS_SHOWN = 4
NAMES_SHOWN = 5


@dataclass(frozen=True)
class Scaffold:
    """What was written: the respondent's variable, and harmonised variables by status."""

    folder: Path
    respondent_variable: str
    labelled: int
    status: dict[str, str]
    proposals: dict[str, list[Proposal]]

    def with_status(self, status: str) -> list[str]:
        """Return the harmonised variables that ended with this status."""
        return [variable for variable, found in self.status.items() if found == status]

    def summary(self) -> str:
        """Say in a few lines what was written and what is left to do."""
        lines = [
            f"respondents numbered by {self.respondent_variable}",
            f"proposed, ready to build: {_listed(self.with_status(READY))}",
            f"to complete, some codes need a target: {_listed(self.with_status(COMPLETE))}",
            f"to decide: {_listed(self.with_status(DECIDE))}",
            f"nothing found, or only something unlikely: {len(self.with_status(NOTHING))}"
            f" and {len(self.with_status(UNLIKELY))} variables",
            f"written: {self.folder}, to review: {self.folder / REVIEW_FOLDER}",
        ]
        if not self.labelled:
            lines.insert(0, "the file holds no labels: only names of variables could be compared")
        return "\n".join(lines)


def scaffold(
    path: Path,
    survey: str,
    survey_year: int,
    out: Path,
    seeds: Path,
    respondent: str | None = None,
    evidence: str = EVIDENCE[0],
) -> Scaffold:
    """Propose crosswalk rows for a survey file and write them as an overlay folder.

    `respondent` names the variable that numbers the respondents, or is `(row)`. Files that exist
    are never overwritten. Raises `UserError` for what the user must settle first.
    """
    _check_request(survey, survey_year, evidence)
    written = [out / f"{name}.csv" for name in OVERLAY]
    written += [out / REVIEW_FOLDER / f"{name}.csv" for name in (REVIEW, *CROSSWALKS)]
    UserError.collect(
        f"{file}: exists, and nothing is overwritten: give another folder to --out, or move it"
        for file in written
        if file.exists()
    )
    delivered = open_survey(path)
    knowledge = read_knowledge(seeds, survey, survey_year)
    key = _respondent_variable(knowledge, delivered, respondent)
    _check_file_name(seeds, path, survey, survey_year)
    proposals = propose(knowledge, delivered, survey_year, skip=[key])
    status = {variable: _status(proposals.get(variable)) for variable in knowledge.concepts}
    writer = _Writer(seeds, out, (survey, str(survey_year)), evidence, delivered)
    writer.write_catalogue(key)
    ready = [proposals[variable][0] for variable in status if status[variable] == READY]
    open_ones = [
        proposals[variable][0] for variable in status if status[variable] in (COMPLETE, DECIDE)
    ]
    absent = [v for v in knowledge.own_variables if v in status and status[v] != READY]
    writer.write_crosswalk(out, ready, absent)
    writer.write_crosswalk(out / REVIEW_FOLDER, open_ones, [])
    writer.write_review(knowledge, status, proposals)
    labelled = sum(bool(v.label or v.labels) for v in delivered.variables.values())
    return Scaffold(out, key, labelled, status, proposals)


def _check_request(survey: str, survey_year: int, evidence: str) -> None:
    problems = []
    if not SURVEY_NAME.fullmatch(survey):
        problems.append(f"--survey {survey!r}: use letters and digits only, a letter first")
    if not FIRST_YEAR <= survey_year <= LAST_YEAR:
        problems.append(f"--year {survey_year}: give the year of the interviews, in four digits")
    if evidence not in EVIDENCE:
        problems.append(f"--evidence {evidence!r}: use one of {', '.join(EVIDENCE)}")
    UserError.collect(problems)


def _check_file_name(seeds: Path, path: Path, survey: str, survey_year: int) -> None:
    """Refuse a file whose name landing takes for another survey, which would stop the build."""
    for known in read_catalogue(seeds, None).surveys.values():
        own = (known.survey, known.survey_year) == (survey, survey_year)
        if not own and known.file_pattern.fullmatch(path.stem):
            raise UserError(
                f"{path.name}: its name is that of {known.survey} {known.survey_year}: give the"
                f" file a name of its own, or scaffold it as --survey {known.survey}"
                f" --year {known.survey_year}"
            )


def _respondent_variable(knowledge: Knowledge, delivered: Delivered, given: str | None) -> str:
    """Return the variable that numbers the respondents, in the file's own spelling.

    Raises `UserError` that names the candidates, where none or several could be it.
    """
    file_name = delivered.path.name
    if given == ROW_NUMBER:
        return given
    if given is not None:
        return _given_respondent(delivered, given)
    scores = {v.name: _key_score(knowledge, v) for v in delivered.variables.values()}
    named = [name for name, score in scores.items() if score]
    columns = delivered.columns(named)
    keys = [name for name in named if columns[name].is_key(delivered.rows)]
    best = max((scores[name] for name in keys), default=0.0)
    first = [name for name in keys if scores[name] == best]
    if len(first) == 1:
        return first[0]
    if first:
        raise UserError(
            f"{file_name}: {', '.join(first[:NAMES_SHOWN])} may each number the respondents: name"
            " the right one with --respondent"
        )
    everything = delivered.columns(list(delivered.variables))
    unique = [name for name, column in everything.items() if column.is_key(delivered.rows)]
    shown = ", ".join(unique[:NAMES_SHOWN])
    raise UserError(
        f"{file_name}: no variable that numbers the respondents is recognised"
        + (f"; these differ in every row: {shown}" if unique else "; none differs in every row")
        + f": name it with --respondent, or number the rows with --respondent '{ROW_NUMBER}'"
    )


def _given_respondent(delivered: Delivered, given: str) -> str:
    by_lower = {name.lower(): name for name in delivered.variables}
    name = by_lower.get(given.lower())
    if name is None:
        raise UserError(
            f"{delivered.path.name}: there is no variable {given}: correct --respondent"
        )
    column = delivered.columns([name])[name]
    if not column.is_key(delivered.rows):
        twice = next((code for code, count in column.counts.items() if count > 1), None)
        what = f"{twice!r} is there {column.counts[twice]} times" if twice else "it has blanks"
        raise UserError(
            f"{delivered.path.name}: {name} does not number the respondents ({what}): name another"
            f" variable with --respondent, or number the rows with --respondent '{ROW_NUMBER}'"
        )
    return name


def _key_score(knowledge: Knowledge, variable: Variable) -> float:
    """Say how much a variable is called like a respondent's number: 0 not at all, 3 fully."""
    naming, name = knowledge.respondent, variable.name.lower()
    is_usual = any(pattern.pattern == re.escape(name) for pattern in naming.name_patterns)
    if not is_usual and any(t.found_in(variable.words) is not None for t in naming.excluded):
        return 0.0
    score = 0.0
    if any(term.found_in(variable.words) is not None for term in naming.sure):
        score += 2
    if any(pattern.fullmatch(name) for pattern in naming.name_patterns):
        score += 1
    return score


def _status(proposals: Sequence[Proposal] | None) -> str:
    if not proposals:
        return NOTHING
    best = proposals[0]
    if best.is_ready:
        return READY
    return {HIGH: COMPLETE, MEDIUM: DECIDE, LOW: UNLIKELY}[best.confidence]


@dataclass(frozen=True)
class _Writer:
    """Writes the files of one survey, with the columns that the seeds have."""

    seeds: Path
    out: Path
    survey: tuple[str, str]
    evidence: str
    delivered: Delivered

    def write_catalogue(self, key: str) -> None:
        path = self.delivered.path
        person_keys = {name.upper(): name for name in self.delivered.person_keys}
        row = {
            "survey": self.survey[0],
            "survey_year": self.survey[1],
            "file_pattern": re.escape(path.stem),
            "respondent_variable": key,
            "rinpersoons_variable": person_keys.get("RINPERSOONS", ""),
            "rinpersoon_variable": person_keys.get("RINPERSOON", person_keys.get("RIN", "")),
            "net_sample": str(self.delivered.rows),
            "evidence": self.evidence,
            "description": f"{' '.join(self.survey)}, delivered as {path.name}",
        }
        self._write(self.out, "catalogue_survey", [row])
        self._write(self.out, "catalogue_survey_sample", [])

    def write_crosswalk(self, folder: Path, proposals: list[Proposal], absent: list[str]) -> None:
        variables = [self._variable_row(proposal) for proposal in proposals]
        variables += [self._absent_row(variable) for variable in absent]
        values = [row for proposal in proposals for row in self._value_rows(proposal)]
        self._write(folder, "crosswalk_variable", variables)
        self._write(folder, "crosswalk_value", values)

    def write_review(
        self,
        knowledge: Knowledge,
        status: dict[str, str],
        proposals: dict[str, list[Proposal]],
    ) -> None:
        rows = [
            self._review_row(concept, status[variable], proposals.get(variable, []))
            for variable, concept in knowledge.concepts.items()
        ]
        self._write_rows(self.out / REVIEW_FOLDER, REVIEW, REVIEW_COLUMNS, rows)

    def _variable_row(self, proposal: Proposal) -> Row:
        return {
            "survey": self.survey[0],
            "survey_year": self.survey[1],
            "variable": proposal.variable,
            "source_variables": " ".join(proposal.sources),
            "rule": proposal.rule,
            "combine_by": proposal.combine_by,
            "date_layout": proposal.date_layout,
            "scale_factor": proposal.scale_factor,
            "scale_offset": proposal.scale_offset,
            "grade": proposal.grade,
            "reason": proposal.reason,
            "evidence": self.evidence,
            "note": proposal.note,
        }

    def _absent_row(self, variable: str) -> Row:
        """Withdraw what the project assumes of this survey, until somebody has decided."""
        return {
            "survey": self.survey[0],
            "survey_year": self.survey[1],
            "variable": variable,
            "rule": "absent",
            "grade": "absent",
            "reason": "not_asked",
            "evidence": self.evidence,
            "note": "Not mapped yet: see the review of the scaffold.",
        }

    def _value_rows(self, proposal: Proposal) -> Iterable[Row]:
        for row in proposal.rows:
            yield {
                "survey": self.survey[0],
                "survey_year": self.survey[1],
                "variable": proposal.variable,
                "source_variable": row.source_variable,
                "source_code": row.code,
                "source_label": row.label or "",
                "target_code": row.target or "",
                "missing_kind": row.missing_kind or "",
                "note": row.note,
            }

    def _review_row(self, concept: Concept, status: str, proposals: list[Proposal]) -> Row:
        head = {"variable": concept.variable, "meaning": concept.label, "status": status}
        if not proposals:
            return head
        best = proposals[0]
        known = self.delivered.variables
        labels = [known[name].label or "" for name in best.sources if name in known]
        unsure = [row for row in best.rows if not row.is_sure]
        return {
            **head,
            "confidence": best.confidence,
            "score": f"{best.score:.2f}",
            "source_variables": " ".join(best.sources),
            "source_label": " | ".join(labels),
            "rule": best.rule,
            "why": best.why,
            "what_to_decide": _what_to_decide(status, best, len(unsure)),
            "other_candidates": "; ".join(
                f"{' '.join(p.sources)} ({p.confidence} {p.score:.2f})"
                for p in proposals[1 : OTHERS_SHOWN + 1]
            ),
        }

    def _write(self, folder: Path, seed: str, rows: list[Row]) -> None:
        kind = seed.split("_")[0]
        with (self.seeds / kind / f"{seed}.csv").open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file))
        self._write_rows(folder, seed, header, rows)

    def _write_rows(
        self, folder: Path, name: str, header: Sequence[str], rows: Sequence[Row]
    ) -> None:
        path = folder / f"{name}.csv"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        except OSError as error:
            raise UserError(
                f"{path}: cannot be written ({error.strerror}): give another folder to --out"
            ) from None


def _what_to_decide(status: str, proposal: Proposal, unsure: int) -> str:
    """Say what a person has to do before the rows of the review can be moved."""
    if status == READY:
        return "compare grade and reason with the questionnaire"
    steps = []
    if status == UNLIKELY:
        return "nothing, unless you know better; no rows were written"
    if status == DECIDE:
        steps.append("is this the same question?")
    if proposal.doubt:
        steps.append(f"{proposal.doubt}?")
    if unsure:
        steps.append(f"give target_code or missing_kind to {unsure} of {len(proposal.rows)} rows")
    return "; ".join([*steps, "then move the rows"])


def _listed(variables: list[str]) -> str:
    return f"{len(variables)} ({', '.join(variables)})" if variables else "0"
