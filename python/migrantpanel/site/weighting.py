"""Pages on weights: diagnostics, nonresponse, coverage, and a published survey rebuilt."""

import csv
import math
import re
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from migrantpanel.site.harmonised import Row, Words, read_rows
from migrantpanel.site.page import templates, write_page
from migrantpanel.site.plots import Line, row_plot
from migrantpanel.warehouse.published import open_published

SECTION = "weights.html"
MARGINS = {
    "sex": "Sex",
    "age": "Age",
    "education": "Education",
    "education_born_here": "Education",
    "residence": "Residence",
    "region": "Region",
    "generation": "Generation",
    "origin_group": "Origin",
}
# What became of a drawn unit, from interview to out of scope, with its colour.
OUTCOMES = {
    "net": "interview",
    "refusal": "refusal",
    "no_contact": "never reached",
    "prevented": "prevented",
    "out_of_scope": "out of scope",
}
CATEGORIES = {"immigrants": "immigrants", "norwegian_born": "born in Norway"}
SCENARIOS = {
    "margins": "Response depends on the margins",
    "clusters": "The same, in drawn municipalities",
    "outcome": "Response depends on being employed",
}


def write_weights(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/weights.html`: how unequal weights are, and what calibration did."""
    diagnostics = [
        row
        for row in read_rows(warehouse, "weighting.wgt_diagnostic", "survey_year, survey, domain")
        if row["variant"] == "calibrated"
    ]
    margins = _labels(warehouse, words)
    body = templates.get_template("weights.html").render(
        surveys=[row for row in diagnostics if row["domain"] == "(all)"],
        domains=[row for row in diagnostics if row["domain"] != "(all)"],
        spread=_spread_plot(_spread(warehouse, "weight")),
        adjusted=_ratio_plot(_spread(warehouse, "calibration_g")),
        margins=_margin_plots(warehouse, margins),
        given_up=_given_up(warehouse),
        words=words,
        simulated=simulated,
    )
    write_page(site, "weights.html", "Weights", body, SECTION)


def write_nonresponse(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/nonresponse.html`: drawn, out of scope, gross and net of every survey."""
    rates = read_rows(warehouse, "statistics.stat_nonresponse_rate", "survey_year, survey, domain")
    cells = read_rows(
        warehouse,
        "statistics.stat_nonresponse_distribution",
        "survey_year, survey, domain, attribute_name, category",
    )
    labels = _labels(warehouse, words)
    whole = [row for row in rates if row["domain"] == "(all)"]
    surveys = [
        {
            "rate": row,
            "groups": [
                other
                for other in rates
                if _survey(other) == _survey(row) and other["domain"] != "(all)"
            ],
            "cells": _in_order(
                [c for c in cells if _survey(c) == _survey(row) and c["domain"] == "(all)"], labels
            ),
        }
        for row in whole
    ]
    body = templates.get_template("nonresponse.html").render(
        surveys=surveys,
        outcomes=OUTCOMES,
        overview=_outcome_plot(whole),
        plot=lambda found, title: _deviation_plot(found, labels, title),
        attributes=MARGINS,
        label=lambda cell: labels.get((cell["attribute_name"], cell["category"]), cell["category"]),
        words=words,
        simulated=simulated,
    )
    write_page(site, "nonresponse.html", "Nonresponse", body, SECTION)


def write_replication(warehouse: Path, words: Words, simulated: bool, site: Path) -> None:
    """Write `<site>/replication.html`: the Norwegian survey of 2016, rebuilt from its tables."""
    strata = read_rows(
        warehouse, "statistics.stat_lki2016_stratum", "category, population_n desc, country"
    )
    cells = read_rows(
        warehouse,
        "statistics.stat_lki2016_cell",
        "cast(split_part(table_number, '.', 1) as int), cast(split_part(table_number, '.', 2) as "
        "int), category, country, part, measure",
    )
    tables = [
        (number, list(rows)) for number, rows in groupby(cells, lambda row: row["table_number"])
    ]
    body = templates.get_template("replication.html").render(
        strata=strata,
        tables=tables,
        cells=cells,
        lost=read_rows(warehouse, "reference.lki2016_lost", "place, subject"),
        plot=_stratum_plot(strata),
        categories=CATEGORIES,
        count=lambda rows, verdict: sum(row["verdict"] == verdict for row in rows),
        words=words,
        simulated=simulated,
    )
    write_page(site, "replication.html", "A published survey rebuilt", body, SECTION)


def write_coverage(project: Path, site: Path) -> None:
    """Write `<site>/coverage.html` from the committed table of `benchmarks/coverage.py`."""
    source = project / "benchmarks" / "coverage.csv"
    made, rows = "", []
    if source.is_file():
        with source.open(encoding="utf-8") as lines:
            made = lines.readline().lstrip("# ").strip()
            rows = [_numbers(row) for row in csv.DictReader(lines)]
    scenarios = [
        (SCENARIOS[name], found)
        for name in SCENARIOS
        if (found := [row for row in rows if row["scenario"] == name])
    ]
    body = templates.get_template("coverage.html").render(
        made=made,
        scenarios=scenarios,
        plot=_coverage_plot,
        mean=lambda found, name: sum(row[name] for row in found) / len(found),
        farthest=lambda found: max(
            abs(row["coverage"] - 0.95) / row["monte_carlo_se"] for row in found
        ),
        extreme=_extreme,
    )
    write_page(site, "coverage.html", "Coverage", body, SECTION)


def _numbers(row: dict[str, str]) -> Row:
    """Read a line of the table: all but names are numbers."""
    texts = ("scenario", "outcome", "domain")
    return {name: value if name in texts else float(value) for name, value in row.items()}


def _extreme(found: list[Row], explained: bool) -> tuple[float, float]:
    """Return the smallest and largest ratio of squared errors of (un)explained outcomes."""
    ratios = [
        row["mse_ratio"]
        for row in found
        if (row["r_squared"] >= 0.1 if explained else row["r_squared"] < 0.01)
    ]
    return min(ratios), max(ratios)


def _survey(row: Row) -> tuple[str, int]:
    return row["survey"], row["survey_year"]


def _labels(warehouse: Path, words: Words) -> dict[tuple[str, str], str]:
    """Return the label of each category of a margin, in the order of the seeds."""
    rows = read_rows(warehouse, "reference.margin_category", "margin, position")
    # What a label adds after a semicolon, and how age is counted, is for the seed's readers.
    found = {
        (row["margin"], row["category"]): row["label"].split(";")[0].split(", year of")[0]
        for row in rows
    }
    return found | {
        ("origin_group", code): words.codes["origin_group", code] for code in words.origins
    }


def _in_order(cells: list[Row], labels: dict[tuple[str, str], str]) -> list[Row]:
    """Return cells attribute by attribute, categories as in the seed."""
    attributes = list(MARGINS)
    return sorted(
        cells,
        key=lambda cell: (
            attributes.index(cell["attribute_name"]),
            _place((cell["attribute_name"], cell["category"]), labels),
        ),
    )


def _merged(category: str) -> list[str]:
    """Return the categories that a merged one is made of; `65+` is one."""
    return re.split(r"\+(?!$)", category)


def _place(key: tuple[str, str], labels: dict[tuple[str, str], str]) -> int:
    """Return the place of a category in the seed; what is not in it comes last."""
    return list(labels).index(key) if key in labels else len(labels)


def _spread(warehouse: Path, column: str) -> list[Row]:
    """Return quantiles of a weight per survey; a weight is relative to its survey's mean."""
    with open_published(warehouse) as connection:
        names = {
            row[0]
            for row in connection.execute(
                "select column_name from information_schema.columns "
                "where table_name = 'mart_survey_weight'"
            ).fetchall()
        }
        if column not in names:
            return []
        value = "weight / avg(weight) over (partition by survey, survey_year)"
        if column != "weight":
            value = column
        found = connection.execute(
            f"with ratio as (select survey, survey_year, {value} as ratio "
            f"from marts.mart_survey_weight where {column} is not null) "
            "select survey, survey_year, count(*) as n, "
            "quantile_cont(ratio, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]) as places from ratio "
            "group by all order by survey_year, survey"
        )
        heads = [head[0] for head in found.description or ()]
        return [dict(zip(heads, row, strict=True)) for row in found.fetchall()]


def _quantile_line(row: Row, what: str) -> Line:
    low, p5, q1, median, q3, p95, high = row["places"]
    return Line(
        f"{row['survey']} {row['survey_year']}",
        f"{row['survey']} {row['survey_year']}: {what} from {low:.2f} to {high:.2f}, middle half "
        f"{q1:.2f} to {q3:.2f}, nine in ten {p5:.2f} to {p95:.2f}, median {median:.2f}, "
        f"{row['n']:,} respondents.",
        span=(p5, p95),
        box=(q1, q3),
        dot=median,
    )


def _spread_plot(rows: list[Row]) -> Markup | None:
    lines = [_quantile_line(row, "weight over the survey's mean") for row in rows]
    ticks = (0.02, 0.1, 0.3, 1, 3, 10)
    return (
        row_plot(lines, "Weights over their mean", ticks, lambda v: f"{v:g}", math.log, 110, (1,))
        if lines
        else None
    )


def _ratio_plot(rows: list[Row]) -> Markup | None:
    lines = [_quantile_line(row, "calibrated weight over starting weight") for row in rows]
    ticks = (1 / 3, 0.5, 1, 2, 3)
    return (
        row_plot(
            lines,
            "Calibrated weight over starting weight",
            ticks,
            lambda v: "1/3" if v < 0.4 else f"{v:g}",
            math.log,
            110,
            (1,),
        )
        if lines
        else None
    )


def _margin_plots(warehouse: Path, labels: dict) -> list[tuple[str, Markup, float]]:
    """Return per survey: its name, its margins before and after, the largest miss after."""
    rows = [
        row
        for row in read_rows(warehouse, "weighting.wgt_margin_check", "survey_year, survey, margin")
        if row["variant"] == "calibrated" and row["margin"] != "population"
    ]
    plots = []
    for (survey, _year), found in groupby(rows, _survey):
        held = list(found)
        sums: dict[tuple[str, str], list[float]] = {}
        for row in held:
            totals = sums.setdefault((row["margin"], row["category"]), [0.0, 0.0, 0.0])
            for place, name in enumerate(("population_total", "start_total", "weight_total")):
                totals[place] += row[name] or 0.0
        lines = []
        for margin in MARGINS:
            mine = [key for key in sums if key[0] == margin]
            mine.sort(key=lambda key: [_place((key[0], part), labels) for part in _merged(key[1])])
            for key in mine:
                population, start, after = sums[key]
                merged = [labels.get((margin, part), part) for part in _merged(key[1])]
                name = f"{MARGINS[margin]}: {' or '.join(merged)}"
                before, left = 100 * (start / population - 1), 100 * (after / population - 1)
                said = (
                    f"{name}: population {population:,.0f}, before {before:+.1f} %, "
                    f"after {left:+.1g} %."
                )
                lines.append(Line(_short(name), said, (before, left), None, left, before))
        title = f"{survey} {_year}"
        miss = max((row["relative_error"] or 0.0) for row in held)
        plots.append(
            (
                title,
                row_plot(
                    lines,
                    f"Margins of {title} before and after calibration",
                    (-40, -20, 0, 20, 40),
                    lambda v: f"{v:+g} %" if v else "0",
                    left=290,
                    marks=(0,),
                ),
                miss,
            )
        )
    return plots


def _given_up(warehouse: Path) -> list[Row]:
    """Return how often each margin was merged or given up, and why."""
    rows = [
        row
        for row in read_rows(warehouse, "weighting.wgt_collapse", "margin, reason")
        if row["variant"] == "calibrated" and row["reason"]
    ]
    found: dict[tuple[str, str, bool], int] = {}
    for row in rows:
        key = (row["margin"], row["reason"], row["collapsed_category"] is None)
        found[key] = found.get(key, 0) + 1
    return [
        {"margin": margin, "reason": reason, "is_given_up": gone, "count": count}
        for (margin, reason, gone), count in sorted(found.items())
    ]


def _outcome_plot(rates: list[Row]) -> Markup | None:
    lines = []
    for row in rates:
        if row["gross_n"] is None:
            continue
        parts = [
            (f"p{place}", row[f"{name}_n"] / row["drawn_n"]) for place, name in enumerate(OUTCOMES)
        ]
        said = ", ".join(
            f"{OUTCOMES[name]} {100 * size:.1f} %"
            for name, (_, size) in zip(OUTCOMES, parts, strict=True)
        )
        title = f"{row['survey']} {row['survey_year']}"
        lines.append(Line(title, f"{title}: {said}.", parts=parts))
    return (
        row_plot(
            lines,
            "What became of the drawn sample",
            (0, 0.25, 0.5, 0.75, 1),
            lambda v: f"{100 * v:.0f} %",
            left=110,
        )
        if lines
        else None
    )


def _deviation_plot(cells: list[Row], labels: dict, title: str) -> Markup:
    """Draw gross (ring) and net (dot) against the population, in percentage points."""
    shown = [
        cell
        for cell in cells
        if cell["population_share"] is not None and cell["net_share"] is not None
    ]
    reach = max([5.0, *(abs(100 * cell["net_minus_population"]) for cell in shown)])
    reach = 5 * math.ceil(reach / 5)
    lines = []
    for cell in shown:
        name = labels.get((cell["attribute_name"], cell["category"]), cell["category"])
        name = f"{MARGINS[cell['attribute_name']]}: {name}"
        gross, net = 100 * cell["gross_minus_population"], 100 * cell["net_minus_population"]
        said = (
            f"{name}: population {100 * cell['population_share']:.1f} %, gross {gross:+.1f}, "
            f"net {net:+.1f} percentage points."
        )
        lines.append(Line(_short(name), said, (gross, net), None, net, gross))
    ticks = (-reach, -reach / 2, 0, reach / 2, reach)
    return row_plot(
        lines, title, ticks, lambda v: f"{v:+g}" if v else "0", left=290, marks=(-1, 0, 1)
    )


def _stratum_plot(strata: list[Row]) -> Markup:
    lines = [
        Line(
            f"{row['country']} ({CATEGORIES[row['category']]})",
            f"{row['country']}: {row['population_n']:,} people, {row['net_n']} interviews, weight "
            f"{row['weight']:.1f}.",
            dot=row["weight"],
            span=(5, row["weight"]),
        )
        for row in strata
    ]
    return row_plot(
        lines,
        "People per interview in each stratum",
        (5, 10, 20, 50, 100, 200),
        lambda v: f"{v:g}",
        math.log,
        270,
    )


def _coverage_plot(found: list[Row], title: str) -> Markup:
    low = min([0.9, *(row["coverage"] for row in found)])
    ticks = (0.9, 0.92, 0.94, 0.95, 0.96, 0.98) if low > 0.85 else (0, 0.25, 0.5, 0.75, 0.95, 1)
    lines = []
    for row in found:
        reach = 3.5 * row["monte_carlo_se"]
        name = f"{row['outcome']}, {row['domain']}"
        said = (
            f"{name}: coverage {100 * row['coverage']:.1f} %, n {row['n']:.0f}, squared error "
            f"{row['mse_ratio']:.2f} times that without calibration."
        )
        lines.append(Line(name, said, (0.95 - reach, 0.95 + reach), None, row["coverage"]))
    return row_plot(lines, title, ticks, lambda v: f"{100 * v:.0f} %", left=230, marks=(0.95,))


def _short(name: str) -> str:
    return name if len(name) <= 38 else f"{name[:37].rstrip()}…"
