"""Who is linked: match rates by survey, origin and cohort, errors, and the curve of linkage."""

from html import escape
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from migrantpanel.site.harmonised import Row, Words, read_rows
from migrantpanel.site.page import templates, write_page

ALL = "all"
WIDTH, ROW, LEFT = 720, 26, 130
CURVE_WIDTH, CURVE_HEIGHT, EDGE = 520, 300, 44
PASS_LABEL = {
    "unique_identifier": "by number",
    "exact_characteristics": "all characteristics agree",
    "probabilistic": "by probability",
    ALL: "all passes",
}


def write_linkage(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/linkage.html` from the marts on linkage."""
    order = "survey_year, survey, {}, link_pass"
    groups = read_rows(warehouse, "marts.mart_link_quality", order.format("origin_group"))
    cohorts = read_rows(warehouse, "marts.mart_link_quality_cohort", order.format("arrival_period"))
    curve = read_rows(warehouse, "marts.mart_link_curve", "linkage_fields, threshold")
    problems = read_rows(warehouse, "marts.mart_link_problem", "link_problem, survey_year, survey")
    together = [row for row in groups if row["link_pass"] == ALL and row["origin_group"] != ALL]
    cohorts = [row for row in cohorts if row["arrival_period"] != ALL]
    body = templates.get_template("linkage.html").render(
        surveys=list(dict.fromkeys((row["survey"], row["survey_year"]) for row in groups)),
        strip=strip_plot(together, words) if together else None,
        origins=[name for name in words.origins if _has(together, "origin_group", name)],
        origin_cells=_cells(together, "origin_group"),
        periods=list(dict.fromkeys(sorted((row["arrival_period"] for row in cohorts), key=_place))),
        period_cells=_cells([row for row in cohorts if row["link_pass"] == ALL], "arrival_period"),
        passes=_by_pass([row for row in groups if row["origin_group"] == ALL]),
        labels=PASS_LABEL,
        origin_label=lambda name: words.codes["origin_group", name],
        period_label=period_label,
        curve=curve_plot(curve) if curve else None,
        chosen=curve[0] if curve else None,
        curve_rows=curve,
        problems=problems,
        level=match_level,
        words=words,
        simulated=simulated,
    )
    write_page(site, "linkage.html", "Who is linked", body, "linkage.html")


def match_level(share: float) -> str:
    """Return the class of a cell; its number is always written in it."""
    percent = round(100 * share)
    return "good" if percent >= 90 else "fair" if percent >= 75 else "limited"


def period_label(period: str) -> str:
    """Say a period of arrival in words: `until 1964`, `1965-1974`, `from 2015`."""
    if period.startswith("-"):
        return f"until {period[1:]}"
    return f"from {period[:-1]}" if period.endswith("-") else period


def strip_plot(rows: list[Row], words: Words) -> Markup:
    """Draw a line per survey with a dot per origin group at its match rate."""
    shown = [row for row in rows if row["match_rate"] is not None]
    waves = [list(group) for _, group in groupby(shown, lambda r: (r["survey_year"], r["survey"]))]
    height = ROW * len(waves) + 30

    def x(share: float) -> float:
        return LEFT + share * (WIDTH - LEFT - 20)

    parts = [
        f'<line class="grid" x1="{x(share):.0f}" x2="{x(share):.0f}" y1="4" y2="{height - 24}"/>'
        f'<text class="soft" x="{x(share):.0f}" y="{height - 8}" text-anchor="middle">'
        f"{100 * share:.0f} %</text>"
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    said = []
    for place, wave in enumerate(waves):
        y = 18 + place * ROW
        name = f"{wave[0]['survey']} {wave[0]['survey_year']}"
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        for row in wave:
            group = words.codes.get(("origin_group", row["origin_group"]), row["origin_group"])
            text = f"{name}, {group}: {100 * row['match_rate']:.0f} % linked"
            said.append(text)
            parts.append(
                f'<g data-c="c0"><title>{escape(text)}</title>'
                f'<circle class="dot" cx="{x(row["match_rate"]):.1f}" cy="{y}" r="4.5"/></g>'
            )
    return Markup(
        f'<svg class="trend" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="Match rates by survey and origin. {escape("; ".join(said))}">'
        f"{''.join(parts)}</svg>"
    )


def curve_plot(rows: list[Row]) -> Markup:
    """Draw precision against recall, a dot per threshold; the one in use is marked."""
    low = min(0.9, *(row["estimated_precision"] for row in rows))

    def point(row: Row) -> tuple[float, float]:
        reach = (row["estimated_precision"] - low) / (1 - low)
        return (
            EDGE + row["estimated_recall"] * (CURVE_WIDTH - EDGE - 16),
            CURVE_HEIGHT - EDGE - reach * (CURVE_HEIGHT - EDGE - 16),
        )

    base = CURVE_HEIGHT - EDGE
    parts = [
        f'<line class="axis" x1="{EDGE}" x2="{CURVE_WIDTH - 16}" y1="{base}" y2="{base}"/>',
        f'<line class="axis" x1="{EDGE}" x2="{EDGE}" y1="16" y2="{base}"/>',
        f'<text class="soft" x="{CURVE_WIDTH / 2}" y="{CURVE_HEIGHT - 8}" text-anchor="middle">'
        "recall: found of the links there are</text>",
        f'<text class="soft" x="{EDGE}" y="11">precision: right of the links made</text>',
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = EDGE + share * (CURVE_WIDTH - EDGE - 16)
        parts.append(
            f'<text class="soft" x="{x:.0f}" y="{base + 16}" text-anchor="middle">'
            f"{100 * share:.0f} %</text>"
        )
        y = base - share * (base - 16)
        parts.append(
            f'<text class="soft" x="{EDGE - 6}" y="{y + 4:.0f}" text-anchor="end">'
            f"{100 * (low + share * (1 - low)):.0f}</text>"
        )
    points = [point(row) for row in rows]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    parts.append(f'<g data-c="c0"><path class="line" fill="none" d="M{line}"/></g>')
    used = rows[0]["chosen_threshold"]
    above = [row for row in rows if used is not None and row["threshold"] >= used]
    said = []
    for row, (x, y) in zip(rows, points, strict=True):
        is_used = bool(above) and row is above[0]
        text = (
            f"probability {row['threshold']:g} and more: precision"
            f" {100 * row['estimated_precision']:.1f} %, recall"
            f" {100 * row['estimated_recall']:.1f} %{', in use' if is_used else ''}"
        )
        said.append(text)
        parts.append(
            f'<g data-c="c{1 if is_used else 0}"><title>{text}</title>'
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{6 if is_used else 3.5}"/></g>'
        )
    return Markup(
        f'<svg class="trend" viewBox="0 0 {CURVE_WIDTH} {CURVE_HEIGHT}" width="{CURVE_WIDTH}" '
        f'height="{CURVE_HEIGHT}" role="img" aria-label="Precision and recall. {"; ".join(said)}">'
        f"{''.join(parts)}</svg>"
    )


def _cells(rows: list[Row], column: str) -> dict[tuple[str, str, int], Row]:
    return {(row[column], row["survey"], row["survey_year"]): row for row in rows}


def _by_pass(rows: list[Row]) -> list[tuple[str, int, float | None]]:
    """Return per pass about how many links it made, and the largest share of wrong ones."""
    found = []
    for name in PASS_LABEL:
        mine = [row for row in rows if row["link_pass"] == name]
        if mine:
            wrong = [row["estimated_false_match_rate"] for row in mine]
            wrong = [share for share in wrong if share is not None]
            linked = sum(row["linked_count"] or 0 for row in mine)
            found.append((name, linked, max(wrong, default=None)))
    return found


def _has(rows: list[Row], column: str, value: str) -> bool:
    return any(row[column] == value for row in rows)


def _place(period: str) -> tuple[int, str]:
    """Order periods of arrival: the open first one, by years, born here, unknown."""
    last = ("born here", "unknown")
    return (last.index(period) + 2 if period in last else not period.startswith("-")), period
