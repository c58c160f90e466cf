"""Proposing how delivered variables become harmonised ones.

Three things are compared: what a variable is called, what its answers are called (against the
crosswalks of the other surveys), and whether its numbers are possible.
"""

from collections.abc import Iterable
from dataclasses import replace

from migrantpanel.harmonised.categories import category_proposal
from migrantpanel.harmonised.delivered import Delivered, Variable
from migrantpanel.harmonised.derived import derive, find_date_parts
from migrantpanel.harmonised.knowledge import Concept, Knowledge
from migrantpanel.harmonised.numbers import date_proposal, number_proposal
from migrantpanel.harmonised.proposal import HIGH, MEDIUM, ORDER, Proposal

# Below this a variable's name and label say nothing about a concept.
TEXT_FLOOR = 0.3
# Two candidates nearer than this are as good as one another.
MARGIN = 0.03
OTHER_PERSON_FACTOR = 0.55


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
            proposal = category_proposal(knowledge, concept, variable, column, text)
        elif concept.value_type == "number":
            proposal = number_proposal(knowledge, concept, variable, column, text, survey_year)
        else:
            proposal = date_proposal(knowledge, concept, variable, column, text, survey_year)
        found.setdefault(concept.variable, []).append(proposal)
    ranked = {
        variable: sorted(proposals, key=lambda p: (ORDER[p.confidence], -p.score))
        for variable, proposals in found.items()
    }
    _settle_rivals(ranked)
    _settle_shared_sources(ranked)
    parts = find_date_parts(knowledge, delivered, survey_year)
    derive(ranked, parts, knowledge, survey_year)
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
                rivals = _others([p.variable for p in proposals], proposal.variable)
                mine = ranked[proposal.variable]
                mine[mine.index(proposal)] = replace(
                    proposal, confidence=MEDIUM, why=f"{proposal.why}; {source} may be {rivals}"
                )
