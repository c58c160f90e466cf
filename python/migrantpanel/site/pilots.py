"""Plots of the two pilot questions, each drawn from the answer of one SQL file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from pathlib import Path

from markupsafe import Markup

from migrantpanel.site.harmonised import Words
from migrantpanel.site.page import templates
from migrantpanel.warehouse.published import open_published

NEEDED = ("mart_cross_section", "mart_person_interview", "mart_person_year", "mart_partner_year")
OUTCOMES = {
    "return": "return",
    "onward": "onward migration",
    "unknown": "unknown destination",
    "death": "death",
}
GROUPS = {
    "origin_group": "By origin",
    "years_since_arrival": "By years since arrival, on the day of the interview",
    "dutch_proficiency": "By difficulty with speaking Dutch",
    "identification_group": "By identification with the own group",
}
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 252, 160, 44, 8, 20
INTERVAL = 1.96  # half a 95 % interval, in standard errors


@dataclass(frozen=True)
class Point:
    """One point of a line: place, value, and half the length of its interval, when known."""

    x: int
    y: float
    error: float = 0.0


Row = dict[str, object]
Lines = Mapping[str, Sequence[Point]]


def pilot_figures(project: Path, warehouse: Path, words: Words) -> dict[str, Markup]:
    """Return the plots of each pilot page by the name of its page in docs/."""
    with open_published(warehouse) as connection:
        found = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
        if not {(name,) for name in NEEDED} <= set(found):
            missing = Markup("<p>This warehouse lacks the tables of this question.</p>")
            return {"pilot-return": missing, "pilot-divorce": missing}
        answers = {}
        for name in ("return", "divorce"):
            query = (project / "docs" / "queries" / "pilot" / f"{name}.sql").read_text("utf-8")
            cursor = connection.execute(query)
            columns = [column[0] for column in cursor.description]
            answers[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return {
        "pilot-return": _return_figures(answers["return"], words),
        "pilot-divorce": _divorce_figures(answers["divorce"]),
    }


def _return_figures(rows: list[Row], words: Words) -> Markup:
    if not rows:
        return Markup("<p>Too few respondents in this warehouse.</p>")
    registered = [row for row in rows if row["scenario"] == "as registered"]
    highest = max(float(row["cumulative_percent"]) for row in registered)
    axes = ((0, 15), (0.0, _round_up(min(highest, 100.0), 10)))
    sections = []
    for variable, title in {"everybody": "Everybody", **GROUPS}.items():
        panels = []
        of_variable = sorted(
            (row for row in registered if row["group_variable"] == variable), key=_group_order
        )
        for value, mine in groupby(of_variable, lambda row: str(row["group_value"])):
            label = words.codes.get((variable, value), value)
            panels.append((label, line_plot(_cumulative(list(mine)), *axes, "%", label)))
        sections.append((title, panels))
    table = [
        (row["scenario"], OUTCOMES[str(row["outcome"])], row["years_from_interview"],
         row["persons"], row["cumulative_percent"])
        for row in rows
        if row["group_variable"] == "everybody" and row["years_from_interview"] in (5, 10)
    ]  # fmt: skip
    return _render(
        sections,
        list(OUTCOMES.values()),
        "Years since the interview, and the share that has left (or died) by then, in per cent.",
        ("scenario", "outcome", "years", "at risk", "per cent"),
        table,
    )


def _group_order(row: Row) -> tuple[int, str]:
    """Order groups by the number that they begin with, else by name."""
    value = str(row["group_value"])
    number = re.match(r"\d+", value)
    return (int(number[0]) if number else 99, value)


def _cumulative(rows: list[Row]) -> dict[str, list[Point]]:
    lines = {label: [Point(0, 0.0)] for label in OUTCOMES.values()}
    for row in rows:
        point = Point(int(row["years_from_interview"]), float(row["cumulative_percent"]))
        lines[OUTCOMES[str(row["outcome"])]].append(point)
    return lines


def _divorce_figures(rows: list[Row]) -> Markup:
    if not rows:
        return Markup("<p>Too few divorces in this warehouse.</p>")
    groups = sorted({str(row["group_value"]) for row in rows})
    within = [row for row in rows if not row["crosses_2011_break"]]
    reach = max(abs(float(row["mean_change_eur"])) for row in rows)
    span = _round_up(reach * 1.1, 5_000)
    sections = []
    for title, mine in (
        ("Within one income series", within),
        (
            "Across the break of 2011: not comparable, shown to be seen",
            [row for row in rows if row["crosses_2011_break"]],
        ),
    ):
        panels = []
        for measure, of_measure in groupby(mine, lambda row: str(row["measure"])):
            lines: dict[str, list[Point]] = {group: [] for group in groups}
            for row in of_measure:
                lines[str(row["group_value"])].append(
                    Point(
                        int(row["years_from_divorce"]),
                        float(row["mean_change_eur"]),
                        INTERVAL * float(row["se_eur"] or 0),
                    )
                )
            is_loose = mine is not within
            plot = line_plot(lines, (-5, 10), (-span, span), "eur", measure, is_loose)
            panels.append((measure, plot))
        if panels:
            sections.append((title, panels))
    table = [
        (row["measure"], row["group_value"], "yes" if row["crosses_2011_break"] else "no",
         row["years_from_divorce"], row["women"], row["mean_income_eur"],
         row["mean_change_eur"], row["se_eur"])
        for row in rows
        if row["group_value"] == "all women"
    ]  # fmt: skip
    return _render(
        sections,
        groups,
        "Years from the divorce, and the mean change in euro since the year before it, with 95 % "
        "intervals.",
        ("measure", "group", "across 2011", "years", "women", "mean", "change", "error"),
        table,
    )


def _round_up(value: float, step: int) -> float:
    return step * float(-(-value // step)) or float(step)


def _render(sections, legend, caption, header, table) -> Markup:
    text = templates.get_template("pilot.html").render(
        sections=sections, legend=legend, caption=caption, header=header, table=table
    )
    return Markup(text)


def line_plot(
    lines: Lines,
    x_axis: tuple[int, int],
    y_axis: tuple[float, float],
    unit: str,
    label: str,
    is_loose: bool = False,
) -> Markup:
    """Draw lines with intervals, one colour each in the order given; said to a screen reader."""
    right, bottom = WIDTH - 8, HEIGHT - BOTTOM
    (first, last), (low, high) = x_axis, y_axis

    def x(place: float) -> float:
        return LEFT + (place - first) / (last - first) * (right - LEFT)

    def y(value: float) -> float:
        return bottom - (min(max(value, low), high) - low) / (high - low) * (bottom - TOP)

    parts = []
    for value in (low, (low + high) / 2, high):
        style = "zero" if low < 0 and value == 0 else "axis"
        parts.append(
            f'<line class="{style}" x1="{LEFT}" x2="{right}" y1="{y(value):.1f}" '
            f'y2="{y(value):.1f}"/><text class="soft" x="{LEFT - 5}" y="{y(value) + 4:.1f}" '
            f'text-anchor="end">{value:,.0f}</text>'
        )
    for place, anchor in ((first, "start"), (last, "end")):
        parts.append(
            f'<text class="soft" x="{x(place):.1f}" y="{HEIGHT - 4}" '
            f'text-anchor="{anchor}">{place}</text>'
        )
    said = []
    for number, (name, points) in enumerate(lines.items()):
        loose = ' class="loose"' if is_loose else ""
        for one, other in pairwise(points):
            parts.append(
                f'<path data-c="c{number % 8}"{loose} '
                f'd="M{x(one.x):.1f} {y(one.y):.1f}L{x(other.x):.1f} {y(other.y):.1f}"/>'
            )
        for point in points:
            if point.error:
                parts.append(
                    f'<g data-c="c{number % 8}"><path class="error" d="M{x(point.x):.1f} '
                    f'{y(point.y - point.error):.1f}V{y(point.y + point.error):.1f}"/></g>'
                )
        if points:
            said.append(f"{name}: {points[-1].y:,.1f} {unit} in year {points[-1].x}.")
    return Markup(
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(label)}. {escape(" ".join(said))}">{"".join(parts)}</svg>'
    )
