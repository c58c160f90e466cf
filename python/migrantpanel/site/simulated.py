"""What is simulated and how far to trust it: the simulated people beside published totals."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

import duckdb
import polars as pl
import yaml
from markdown_it import MarkdownIt
from markupsafe import Markup

from migrantpanel.simulation.likeness import FEWEST_PERSONS, Pair, likeness
from migrantpanel.simulation.published import AGES
from migrantpanel.site.page import templates, write_page

PAGE, TITLE = "simulated.html", "What is simulated"
# The marks of each kind of number, in the order in which they are drawn.
PUBLISHED, IN_CITY, IN_COUNTRY = "published", "simulated Amsterdam", "simulated country"
COLOUR = {PUBLISHED: "c0", IN_CITY: "c1", IN_COUNTRY: "c7"}
BACKGROUND = {
    "NL": "Dutch", "TUR": "Turkey", "MAR": "Morocco", "SUR": "Suriname",
    "ANT": "Dutch Caribbean", "SOM": "Somalia", "POL": "Poland", "IRN": "Iran", "IRQ": "Iraq",
    "AFG": "Afghanistan", "YUG": "former Yugoslavia", "CHN": "China", "OTH": "all others",
}  # fmt: skip
WIDE = {"NL": "Dutch background", "western": "western background",
        "nonwestern": "non-western background"}  # fmt: skip
KIND_OF_SCHOOL = {
    "general": "first two years", "vwo": "pre-university (vwo)", "havo": "higher general (havo)",
    "vmbo": "pre-vocational (vmbo)", "practical": "practical training",
}  # fmt: skip
FIGURES = {
    ("household", "households"): {
        "single": "one person", "without_children": "more, without children",
        "with_children": "with children",
    },
    ("civil_status", "civil status"): {
        "never_married": "never married", "married": "married or partners",
        "divorced": "divorced", "widowed": "widowed",
    },
    ("education", "education at 15 to 74"): {"low": "low", "middle": "middle", "high": "high"},
    ("benefit", "persons with a benefit"): {
        "social_assistance": "social assistance", "disability": "disability",
        "unemployment": "unemployment", "state_pension": "state pension",
    },
}  # fmt: skip
TICKS = tuple(tenth / 10 for tenth in range(11))
TICKS_LOGARITHMIC = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
# Neighbourhoods whose quantiles can be told apart.
FEWEST_PLACES = 20
# Where damage is done, in the order in which files come about.
STAGES = {
    "lives": "what was registered of lives", "people": "what registers hold of a person",
    "rows": "rows of a file", "files": "whole files", "surveys": "surveys",
}  # fmt: skip
RATES = {
    "household_size": "persons in a household", "births_per_thousand": "births, per thousand",
    "deaths_per_thousand": "deaths, per thousand",
    "labour_participation": "at work at 15 to 74, per cent",
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One number of three sorts; None where it cannot be said."""

    name: str
    published: float
    in_city: float | None
    in_country: float | None
    persons: int


@dataclass(frozen=True)
class Parameter:
    """A section of a parameter file with what its numbers rest on."""

    file: str
    section: str
    evidence: str

    @property
    def is_assumed(self) -> bool:
        """Whether any of it is the project's own assumption."""
        return "assumed" in self.evidence


def write_simulated(project: Path, landing: Path, site: Path) -> None:
    """Write `<site>/simulated.html` from the truth beside the landed extracts, if there is any."""
    truths = truth_folders(landing)
    content = _content(truths[0]) if len(truths) == 1 else {}
    body = templates.get_template("what_is_simulated.html").render(
        simulated=bool(truths),
        content=content,
        parameters=parameters(),
        benchmarks=_benchmarks(project / "benchmarks" / "README.md"),
        fewest=FEWEST_PERSONS,
        stages=STAGES,
        title=TITLE,
    )
    write_page(site, PAGE, TITLE, body, PAGE)


def truth_folders(landing: Path) -> list[Path]:
    """Return the simulator's truth beside the landed roots, where it is."""
    if not list((landing / "manifest").glob("*.parquet")):
        return []
    with duckdb.connect() as connection:
        path = (landing / "manifest").as_posix().replace("'", "''")
        roots = connection.execute(
            f"select distinct root from read_parquet('{path}/*.parquet') order by 1"
        ).fetchall()
    beside = [Path(root).with_name(f"{Path(root).name}-truth") for (root,) in roots]
    return [folder for folder in beside if (folder / "parameters.json").is_file()]


def parameters() -> list[Parameter]:
    """Return every section of the simulation's parameter files that states its evidence."""
    found = []
    folder = files("migrantpanel.simulation") / "parameters"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".yaml") and file.name != "defects.yaml":
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
            found += [
                Parameter(file.name, section, " ".join(values["evidence"].split()))
                for section, values in content.items()
                if isinstance(values, dict) and "evidence" in values
            ]
    return found


def defects(truth: Path) -> list[dict]:
    """Count the manifest of damage by kind, with the rate of this run and what it rests on."""
    counted = (
        pl.scan_parquet(truth / "defect.parquet")
        .group_by("kind")
        .agg(rows=pl.len(), persons=pl.col("person").drop_nulls().n_unique())
    )
    kinds = (
        pl.scan_parquet(truth / "defect_manifest.parquet")
        .group_by("kind", maintain_order=True)
        .agg(
            pl.col("stage", "what", "of", "rate", "evidence").first(),
            files=pl.col("file_stem").drop_nulls(),
        )
        .join(counted, on="kind", how="left", maintain_order="left")
        .with_columns(pl.col("rows", "persons").fill_null(0))
        .sort(pl.col("stage").cast(pl.Enum(list(STAGES))), "kind")
    )
    return list(kinds.collect().iter_rows(named=True))


def _content(truth: Path) -> dict:
    """Return the pictures and tables of one simulated country."""
    pairs = likeness(truth)
    by_topic = {topic: [p for p in pairs if p.topic == topic] for topic in {p.topic for p in pairs}}
    ages = by_topic["age"]
    backgrounds = _figures(ages, BACKGROUND, lambda pair: pair.background)
    schooling = {
        name: _school_figures(by_topic["schooling"], group) for group, name in WIDE.items()
    }
    schooling_ends = (
        0.0,
        1.05
        * max(
            share or 0.0
            for figures in schooling.values()
            for figure in figures
            for share in (figure.published, figure.in_city, figure.in_country)
        ),
    )
    return {
        "backgrounds": dots(backgrounds, "Share of the population by background"),
        "inhabitants": [round(sum(values)) for values in zip(*map(_numbers, ages), strict=True)][
            :2
        ],
        "ages": [_age_panel(ages, group, name) for group, name in BACKGROUND.items()],
        "schooling": [
            (name, dots(figures, f"Kind of school, {name}", schooling_ends))
            for name, figures in schooling.items()
        ],
        "neighbourhoods": [
            Figure(f"{p.category} %", p.published, _enough(p, FEWEST_PLACES), None, p.persons)
            for p in by_topic["neighbourhood"]
        ],
        "tables": [
            (title, _figures(by_topic[topic], names, lambda pair: pair.category))
            for (topic, title), names in FIGURES.items()
        ],
        "rates": [
            Figure(RATES[p.category], p.published, _enough(p, FEWEST_PERSONS), p.country, p.persons)
            for p in by_topic["ratio"]
        ],
        "defects": defects(truth),
    }


def _figures(pairs: list[Pair], names: dict[str, str], key: Callable[[Pair], str]) -> list[Figure]:
    """Return the shares of each named category; simulated ones only of people enough."""
    totals = [sum(values) for values in zip(*map(_numbers, pairs), strict=True)]
    figures = []
    for code, name in names.items():
        mine = [pair for pair in pairs if key(pair) == code]
        published, city, country = (
            sum(values) / total if total else 0.0
            for values, total in zip(zip(*map(_numbers, mine), strict=True), totals, strict=True)
        )
        persons = sum(pair.persons for pair in mine)
        shown = city if persons >= FEWEST_PERSONS else None
        figures.append(Figure(name, published, shown, country, persons))
    return figures


def _enough(pair: Pair, fewest: int) -> float | None:
    return pair.simulated if pair.persons >= fewest else None


def _numbers(pair: Pair) -> tuple[float, float, float]:
    return pair.published, pair.simulated, pair.country


def _school_figures(pairs: list[Pair], group: str) -> list[Figure]:
    mine = [pair for pair in pairs if pair.background == group]
    return _figures(mine, KIND_OF_SCHOOL, lambda pair: pair.category)


def _age_panel(pairs: list[Pair], group: str, name: str) -> tuple[str, str, Markup]:
    """Return name, the share of men in words, and the ages of one background in ten years each."""
    mine = [pair for pair in pairs if pair.background == group]
    lines: dict[str, list[float]] = {}
    men: dict[str, float] = {}
    enough = sum(pair.persons for pair in mine) >= 5 * FEWEST_PERSONS
    kinds = {PUBLISHED: "published", IN_CITY: "simulated", IN_COUNTRY: "country"}
    for kind, attribute in kinds.items():
        total = sum(getattr(pair, attribute) for pair in mine)
        if not total or (kind == IN_CITY and not enough):
            continue
        tens = [0.0] * (len(AGES) // 2)
        for pair in mine:
            tens[int(pair.category) // 10] += getattr(pair, attribute) / total
        lines[kind] = tens
        men[kind] = sum(getattr(p, attribute) for p in mine if p.sex == "1") / total
    said = "men: " + ", ".join(f"{kind} {share:.0%}" for kind, share in men.items())
    return name, said, age_lines(lines, f"Ages, background {name}")


def dots(figures: Sequence[Figure], label: str, ends: tuple[float, float] | None = None) -> Markup:
    """Draw a row per figure: the published share as a ring, simulated shares as dots.

    ends: of a common axis; without, the axis is logarithmic and fits the figures.
    """
    width, left, row = 720, 190, 24
    values = [v for f in figures for v in (f.published, f.in_city, f.in_country) if v]
    logarithmic = ends is None
    low, high = ends or (min(values) * 0.7, max(values) * 1.3)
    height = row * len(figures) + 26

    def x(value: float) -> float:
        place = (
            math.log(max(value, low) / low) / math.log(high / low) if logarithmic else value / high
        )
        return left + place * (width - left - 12)

    ticks = TICKS_LOGARITHMIC if logarithmic else TICKS
    parts = [
        f'<line class="axis" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="4" y2="{height - 20}"/>'
        f'<text class="soft" x="{x(tick):.1f}" y="{height - 5}" text-anchor="middle">'
        f"{100 * tick:g} %</text>"
        for tick in ticks
        if low <= tick <= high
    ]
    said = []
    for place, figure in enumerate(figures):
        y = 16 + place * row
        text = _said(figure)
        said.append(text)
        parts.append(
            f'<g><title>{escape(text)}</title><text x="{left - 10}" y="{y + 4}" '
            f'text-anchor="end">{escape(figure.name)}</text>'
            f'<line class="axis" x1="{left}" x2="{width - 12}" y1="{y}" y2="{y}"/>'
        )
        for kind, value in ((IN_COUNTRY, figure.in_country), (IN_CITY, figure.in_city)):
            if value is not None:
                parts.append(_mark(kind, x(value), y))
        parts.append(f"{_mark(PUBLISHED, x(figure.published), y)}</g>")
    return Markup(
        f'<svg class="trend contrast" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(label)}. {escape(" ".join(said))}">'
        f"{''.join(parts)}</svg>"
    )


def _mark(kind: str, x: float, y: float) -> str:
    style, size = ("ring", 5.5) if kind == PUBLISHED else ("dot", 4 if kind == IN_CITY else 2.6)
    return (
        f'<g data-c="{COLOUR[kind]}"><circle class="{style}" cx="{x:.1f}" cy="{y}" r="{size}"/></g>'
    )


def _said(figure: Figure) -> str:
    city = "too few people" if figure.in_city is None else f"{figure.in_city:.1%}"
    text = f"{figure.name}: published {figure.published:.1%}, simulated Amsterdam {city}"
    if figure.in_country is not None:
        text += f", simulated country {figure.in_country:.1%}"
    return f"{text} ({figure.persons:,} simulated persons)."


def age_lines(lines: dict[str, list[float]], label: str) -> Markup:
    """Draw the shares of ages 0-9 to 90 and over, a line per kind of number."""
    width, height, left, bottom = 210, 130, 30, 110
    high = max(max(shares) for shares in lines.values()) * 1.08

    def point(place: int, share: float) -> str:
        step = (width - left - 10) / (len(AGES) // 2 - 1)
        return f"{left + place * step:.1f} {bottom - share / high * (bottom - 8):.1f}"

    parts = [f'<line class="axis" x1="{left}" x2="{width - 6}" y1="{bottom}" y2="{bottom}"/>']
    top = bottom - (bottom - 8) / 1.08
    parts.append(
        f'<line class="axis" x1="{left}" x2="{width - 6}" y1="{top:.1f}" y2="{top:.1f}"/>'
        f'<text class="soft" x="{left - 4}" y="{top + 4:.1f}" text-anchor="end">'
        f"{100 * high / 1.08:.0f} %</text>"
    )
    for place, text, anchor in ((0, "0", "start"), (4, "40", "middle"), (9, "90+", "end")):
        at = point(place, 0).split()[0]
        parts.append(
            f'<text class="soft" x="{at}" y="{height - 4}" text-anchor="{anchor}">{text}</text>'
        )
    said = []
    for kind, shares in sorted(lines.items(), key=lambda item: list(COLOUR).index(item[0]) * -1):
        style = ' class="loose"' if kind == IN_COUNTRY else ""
        path = "L".join(point(place, share) for place, share in enumerate(shares))
        words = f"{kind}: " + ", ".join(
            f"{10 * place} {share:.0%}" for place, share in enumerate(shares)
        )
        said.append(words)
        parts.append(
            f'<g data-c="{COLOUR[kind]}"><title>{escape(words)}</title>'
            f'<path{style} d="M{path}"/></g>'
        )
    return Markup(
        f'<svg class="trend" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(label)}. {escape("; ".join(said))}">{"".join(parts)}</svg>'
    )


def _benchmarks(readme: Path) -> Markup:
    """Return the table of benchmarks/README.md, or nothing where it is not there."""
    if not readme.is_file():
        return Markup("")
    lines = readme.read_text(encoding="utf-8").splitlines()
    table = "\n".join(line for line in lines if line.startswith("|"))
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(table)
    return Markup(html.replace("<th>", '<th scope="col">'))
