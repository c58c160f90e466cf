"""The coverage matrix: how comparable each variable is in each survey, and on what evidence."""

from collections import Counter
from pathlib import Path

from migrantpanel.site.harmonised import (
    EVIDENCE_MARK,
    GRADE_LETTER,
    Row,
    Words,
    read_rows,
)
from migrantpanel.site.page import templates, write_page


def write_comparability(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/comparability.html` from `marts.mart_comparability`."""
    rows = read_rows(warehouse, "marts.mart_comparability", "survey_year, survey, variable")
    surveys = list(dict.fromkeys((row["survey"], row["survey_year"]) for row in rows))
    cells = {(row["variable"], row["survey"], row["survey_year"]): row for row in rows}
    families: dict[str, list[Row]] = {}
    for variable in dict.fromkeys(row["variable"] for row in rows):
        about = words.variables[variable]
        families.setdefault(about["family"], []).append(about)
    body = templates.get_template("comparability.html").render(
        rows=rows,
        surveys=surveys,
        cells=cells,
        families=_in_order(families),
        grades=Counter(row["grade"] for row in rows),
        verified=sum(row["evidence"] != "assumed" for row in rows),
        reasons=words.reasons,
        missing=lambda row: missing_shares(row, words),
        letters=GRADE_LETTER,
        marks=EVIDENCE_MARK,
        simulated=simulated,
    )
    write_page(site, "comparability.html", "Comparability", body, "comparability.html")


def missing_shares(row: Row, words: Words) -> list[tuple[str, float]]:
    """Return the kinds of missing that occur in a survey, by their label, with their shares."""
    shares = ((label, row[f"share_{kind}"]) for kind, label in words.missing_kinds.items())
    return [(label.lower(), share) for label, share in shares if share]


def _in_order(families: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Sort families, and the variables in each, by the position of the seed."""
    for variables in families.values():
        variables.sort(key=lambda about: about["position"])
    return dict(sorted(families.items(), key=lambda item: item[1][0]["position"]))
