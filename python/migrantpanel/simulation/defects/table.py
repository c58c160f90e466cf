"""The kinds of damage as a table for people, from defects.yaml."""

from migrantpanel.simulation.defects.rates import known_kinds

STAGES = {
    "lives": "What was registered of lives",
    "people": "Decided per person, before any file is made",
    "rows": "Rows of one file",
    "files": "How a file is delivered",
    "surveys": "Surveys",
}


def markdown_table() -> str:
    """Return one table per stage: kind, files, what they look like, rate, evidence, repair."""
    parts = []
    for stage, title in STAGES.items():
        rows = [
            f"| `{kind}` | {', '.join(spec['files'])} | {spec['what']} | {_rate(spec['rate'])} of"
            f" {spec['of']} | {spec['evidence']} | {spec['repaired']} |"
            for kind, spec in known_kinds().items()
            if spec["stage"] == stage
        ]
        head = "| kind | files | looks like | rate | evidence | where it is met |"
        parts.append("\n".join([f"## {title}", "", head, "| --- " * 6 + "|", *rows]))
    return "\n\n".join(parts)


def _rate(rate: float | dict) -> str:
    if isinstance(rate, dict):
        return ", ".join(f"{key} {_rate(share)}" for key, share in rate.items())
    return f"{100 * rate:g} %"
