"""Prints the questionnaires as a codebook: what a reader of the delivered files can know."""

from collections.abc import Iterator

from migrantpanel.simulation.surveys.questionnaires import Wave, load_waves


def describe_questionnaires() -> str:
    """Return every wave as a codebook: what a reader of the delivered file can know, no truth."""
    return "\n".join(line for wave in load_waves() for line in _describe(wave))


def _describe(wave: Wave) -> Iterator[str]:
    yield f"== {wave.survey} {wave.year}: {wave.title} (evidence: {wave.evidence}) =="
    yield f"   net sample {wave.net_sample}; groups {' '.join(wave.groups)}; {wave.sampling}"
    yield f"{wave.respondent['name']}  [{wave.respondent['format']}] {wave.respondent['label']}"
    grid = wave.members
    for question in [*wave.questions, *(grid.questions if grid else ())]:
        if question is (grid and grid.questions[0]):
            yield f"-- household grid: the following for members {{n}} = 1 to {grid.maximum} --"
        asked = "; ".join(f"{name} in {', '.join(c)}" for name, c in question.ask_if.items())
        yield f"{question.name}  [{question.format}] {question.label}" + (
            f"  (asked if {asked})" if asked else ""
        )
        if question.minimum_age:
            yield f"    of members of {question.minimum_age} and over"
        if question.number:
            yield f"    number as {question.number}"
        missing = {code: kind for kind, (code, _) in question.missing.items()}
        for code, label in question.value_labels.items():
            note = "" if code not in missing else f"  <{missing[code]}>"
            declared = "" if not note or question.is_declared else " not declared as missing"
            yield f"    {code:>6}  {label}{note}{declared}"
    yield f"   sample file: {wave.sample['names']}"
    yield f"   strata: {wave.sample['strata']}; disposition: {wave.sample['disposition']}"
    yield ""
