"""Agreement of survey and register, and contrasts between modes of interview."""

from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from migrantpanel.site.harmonised import INDICATORS, Row, Words, read_rows
from migrantpanel.site.page import templates, write_page
from migrantpanel.site.trends import INTERVAL

WIDTH, ROW, LEFT = 720, 24, 350


def write_agreement(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/agreement.html` from the tables of the schema `statistics`."""
    agreement = read_rows(
        warehouse, "statistics.stat_survey_register_agreement", "survey_year, survey, variable"
    )
    contrasts = read_rows(
        warehouse, "statistics.stat_mode_contrast", "survey_year, survey, mode, variable, category"
    )
    shown = [
        row
        for row in contrasts
        if INDICATORS.get(row["variable"]) == row["category"] and row["category"] != "(mean)"
    ]
    body = templates.get_template("agreement.html").render(
        surveys=list(dict.fromkeys((row["survey"], row["survey_year"]) for row in agreement)),
        variables=[name for name in words.variables if _has(agreement, name)],
        cells={(row["variable"], row["survey"], row["survey_year"]): row for row in agreement},
        contrasts=[
            (*key, list(rows))
            for key, rows in groupby(
                shown, lambda row: (row["survey"], row["survey_year"], row["mode"])
            )
        ],
        plot=lambda rows, label: contrast_plot(rows, words, label),
        level=agreement_level,
        words=words,
        simulated=simulated,
    )
    write_page(site, "agreement.html", "Agreement", body, "agreement.html")


def agreement_level(share: float) -> str:
    """Return the class of a cell; its number is always written in it."""
    percent = round(100 * share)
    return "good" if percent >= 95 else "fair" if percent >= 85 else "limited"


def contrast_plot(rows: list[Row], words: Words, label: str) -> Markup:
    """Draw differences between modes as dots with 95 % intervals around a line at zero."""
    reach = max(0.1, *(abs(row["difference"]) + INTERVAL * row["se"] for row in rows))
    middle, half = (LEFT + WIDTH) / 2, (WIDTH - LEFT) / 2 - 10
    height = ROW * len(rows) + 28

    def x(value: float) -> float:
        return middle + value / reach * half

    parts = [
        f'<line class="zero" x1="{middle}" x2="{middle}" y1="4" y2="{height - 22}"/>',
        *(
            f'<text class="soft" x="{x(value):.0f}" y="{height - 6}" text-anchor="middle">'
            f"{f'{100 * value:+.0f}' if value else '0'}</text>"
            for value in (-reach * 0.9, 0, reach * 0.9)
        ),
    ]
    said = []
    for place, row in enumerate(rows):
        y = 16 + place * ROW
        name = words.indicator(row["variable"], row["category"])
        low, high = (row["difference"] + sign * INTERVAL * row["se"] for sign in (-1, 1))
        text = (
            f"{name}: {100 * row['difference']:+.1f} percentage points, "
            f"standard error {100 * row['se']:.1f}, n {row['n']} and {row['n_reference']}."
        )
        said.append(text)
        parts.append(
            f'<g data-c="c0"><title>{text}</title>'
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{_short(name)}</text>'
            f'<path d="M{x(low):.1f} {y}H{x(high):.1f}"/>'
            f'<circle class="dot" cx="{x(row["difference"]):.1f}" cy="{y}" r="4"/></g>'
        )
    return Markup(
        f'<svg class="trend contrast" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{label}. {" ".join(said)}">'
        f"{''.join(parts)}</svg>"
    )


def _has(rows: list[Row], variable: str) -> bool:
    return any(row["variable"] == variable for row in rows)


def _short(name: str) -> str:
    return name if len(name) <= 52 else f"{name[:51].rstrip()}…"
