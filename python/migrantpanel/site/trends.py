"""Ready plots of the trends: small multiples by origin, with errors and the grade of a point."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby, pairwise
from pathlib import Path

from markupsafe import Markup

from migrantpanel.site.harmonised import (
    EVIDENCE_MARK,
    GRADE_LETTER,
    INDICATORS,
    Row,
    Words,
    read_rows,
)
from migrantpanel.site.page import templates, write_page

KINDS = {
    "population": "Everybody",
    "birth_cohort": "By year of birth",
    "immigration_cohort": "By period of arrival, those born abroad",
}
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 232, 150, 34, 8, 20
INTERVAL = 1.96  # half a 95 % interval, in standard errors
COLOURS = 8


def write_trends(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/trends.html` from `marts.mart_trend`."""
    order = "variable, cohort_kind, cohort, origin_group, survey_year, survey"
    shown = [
        row
        for row in read_rows(warehouse, "marts.mart_trend", order)
        if INDICATORS.get(row["variable"]) == row["category"]
    ]
    by_variable = {name: list(rows) for name, rows in groupby(shown, lambda row: row["variable"])}
    indicators = [name for name in words.variables if name in by_variable]
    body = templates.get_template("trends.html").render(
        indicators=indicators,
        rows=by_variable,
        words=words,
        categories=INDICATORS,
        plots=lambda variable, kind: _plots(by_variable[variable], words, kind),
        cohorts=_cohorts,
        kinds=KINDS,
        letters=GRADE_LETTER,
        marks=EVIDENCE_MARK,
        mark=grade_mark,
        tables=lambda variable: _table(by_variable[variable], words),
        represents=sorted({(row["survey"], row["represents"]) for row in shown}),
        is_assumed=all(row["evidence"] == "assumed" for row in shown),
        simulated=simulated,
    )
    write_page(site, "trends.html", "Trends", body, "trends.html")


def _plots(rows: list[Row], words: Words, kind: str) -> list[tuple[str, Markup]]:
    """Return a plot per origin group with any estimate, all on one scale."""
    shown = [row for row in rows if row["cohort_kind"] == kind and row["estimate"] is not None]
    if not shown:
        return []
    years = (min(row["survey_year"] for row in rows), max(row["survey_year"] for row in rows))
    if shown[0]["category"] == "(mean)":
        values = (math.floor(min(map(_low, shown))), math.ceil(max(map(_high, shown))))
    else:
        values = (0, 1)
    of_kind = _cohorts(rows, kind)
    title = words.indicator(shown[0]["variable"], shown[0]["category"])
    plots = []
    for origin in words.origins:
        mine = [row for row in shown if row["origin_group"] == origin]
        if mine:
            name = words.codes["origin_group", origin]
            plots.append((name, trend_plot(mine, of_kind, years, values, f"{title}, {name}")))
    return plots


def _table(rows: list[Row], words: Words) -> list[Row]:
    """Return the points of everybody, origin by origin."""
    points = [row for row in rows if row["cohort_kind"] == "population"]
    return sorted(points, key=lambda row: words.origins.index(row["origin_group"]))


def trend_plot(
    rows: list[Row],
    cohorts: Sequence[str],
    years: tuple[int, int],
    values: tuple[float, float],
    label: str,
) -> Markup:
    """Draw the estimates of one origin group over the survey years, one line per cohort.

    `years` and `values` are the ends of the axes; `cohorts` decides the colours. The estimates,
    with n, error and grade, are also said to a screen reader.
    """
    right, bottom = WIDTH - 8, HEIGHT - BOTTOM
    first, last = years
    low, high = values

    def x(row: Row) -> float:
        place = (row["survey_year"] - first) / max(last - first, 1)
        # Cohorts of one survey stand beside each other.
        aside = 1.7 * (cohorts.index(row["cohort"]) - (len(cohorts) - 1) / 2)
        return LEFT + 10 + place * (right - LEFT - 20) + aside

    def y(value: float) -> float:
        return bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - TOP)

    is_share = values == (0, 1)
    parts = []
    for value in (low, (low + high) / 2, high):
        text = f"{value:.0%}" if is_share else f"{value:g}"
        parts.append(
            f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
            f'<text class="soft" x="{LEFT - 5}" y="{y(value) + 4:.1f}" text-anchor="end">'
            f"{text}</text>"
        )
    for year, place, anchor in ((first, LEFT, "start"), (last, right, "end")):
        parts.append(
            f'<text class="soft" x="{place}" y="{HEIGHT - 4}" text-anchor="{anchor}">{year}</text>'
        )
    said = []
    for cohort, points in groupby(rows, lambda row: row["cohort"]):
        line = list(points)
        colour = f"c{cohorts.index(cohort) % COLOURS}"
        for one, other in pairwise(line):
            loose = ' class="loose"' if "limited" in (one["grade"], other["grade"]) else ""
            parts.append(
                f'<path data-c="{colour}"{loose} d="M{x(one):.1f} {y(one["estimate"]):.1f}'
                f'L{x(other):.1f} {y(other["estimate"]):.1f}"/>'
            )
        for row in line:
            text = point_text(row, is_share)
            said.append(text)
            parts.append(
                f'<g data-c="{colour}"><title>{escape(text)}</title>'
                f'<path class="error" d="M{x(row):.1f} {y(_low(row)):.1f}V{y(_high(row)):.1f}"/>'
                f"{grade_mark(row['grade'], x(row), y(row['estimate']))}</g>"
            )
    return Markup(
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(label)}. {escape(" ".join(said))}">{"".join(parts)}</svg>'
    )


def grade_mark(grade: str, x: float, y: float) -> Markup:
    """Draw a point: a full dot for good, a ring for fair, a diamond for limited."""
    if grade == "limited":
        return Markup(f'<path class="ring" d="M{x - 4.5:.1f} {y:.1f}l4.5-4.5 4.5 4.5-4.5 4.5z"/>')
    style = "dot" if grade == "good" else "ring"
    return Markup(f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="3.4"/>')


def point_text(row: Row, is_share: bool) -> str:
    """Say one estimate in words."""
    scale, unit = (100, " %") if is_share else (1, "")
    cohort = "" if row["cohort"] == "all" else f" ({cohort_label(row['cohort'])})"
    return (
        f"{row['survey']} {row['survey_year']}{cohort}: {scale * row['estimate']:.1f}{unit}, "
        f"standard error {scale * row['se']:.1f}, n {row['n']}, {row['grade']}, "
        f"{row['evidence']}."
    )


def cohort_label(cohort: str) -> str:
    """Say an open period in words: `-1964` is `until 1964`."""
    if cohort.startswith("-"):
        return f"until {cohort[1:]}"
    return f"since {cohort[:-1]}" if cohort.endswith("-") else cohort.replace("-", "–")


def _cohorts(rows: Iterable[Row], kind: str) -> list[str]:
    """Return the cohorts of a kind that have any estimate, oldest first."""
    found = {
        row["cohort"] for row in rows if row["cohort_kind"] == kind and row["estimate"] is not None
    }
    return sorted(found)


def _low(row: Row) -> float:
    return row["estimate"] - INTERVAL * row["se"]


def _high(row: Row) -> float:
    return row["estimate"] + INTERVAL * row["se"]


templates.filters["cohort"] = cohort_label
