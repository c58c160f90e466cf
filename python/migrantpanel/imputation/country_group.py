"""Groups of countries whose permits look alike, made anew for each year from the permits known.

Statistics Denmark imputes residence permits within some twenty groups of countries, formed by
continent, then by similar shares of kinds of permit; a country that deviates and is large enough
stands alone, and a group too small to give donors is pooled. The document names the groups and
gives neither members nor rules: the rules below are the project's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from migrantpanel.errors import UserError

UNKNOWN = "unknown"
# The share of a category that is named in the label of a group.
NAMED = 0.3

Counts = NDArray[np.float64]


class CountryGroupError(UserError, ValueError):
    """Counts that cannot be grouped; the message says what to change."""


@dataclass(frozen=True)
class GroupRules:
    """When countries join, stand alone and are pooled.

    Attributes:
        window: years that a year's groups rest on, the year itself and those before it.
        join_distance: groups nearer than this are joined; the distance is the share of permits
            that would have to change kind, less what chance alone would give.
        alone_size: permits that a country needs to stand alone.
        group_size: permits that a group needs to give donors; smaller ones are pooled.
    """

    window: int = 3
    join_distance: float = 0.15
    alone_size: int = 150
    group_size: int = 50


DEFAULTS = GroupRules()


@dataclass
class _Group:
    """Countries that are together, their permits per category and how they came together."""

    countries: list[str]
    counts: Counts
    continent: str
    step: str = "joined"
    steps: dict[str, str] = field(default_factory=dict)

    size = property(lambda self: self.counts.sum())


def distance(one: Counts, other: Counts) -> float:
    """Return how far two distributions over categories differ, less what chance would give.

    The total variation distance is the share that would have to change category. Two samples of
    one distribution differ too: the expected difference under the pooled shares is taken off, so
    that a small country is not far from everybody.
    """
    n, m = one.sum(), other.sum()
    if n == 0 or m == 0:
        return 0.0
    apart = np.abs(one / n - other / m).sum() / 2
    pooled = (one + other) / (n + m)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return max(0.0, float(apart - spread.sum() / np.sqrt(2 * np.pi)))


def country_groups(
    counts: pl.DataFrame,
    continents: Mapping[str, str],
    rules: GroupRules = DEFAULTS,
    overrides: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Group the countries of each year by continent and by the kinds of their permits.

    Args:
        counts: year, country_code, category (null: kind not known) and permit_count, the
            immigrations of each. A country without known permits is given a group too.
        continents: continent of each country code; others come to the group `unknown`.
        rules: sizes and distances.
        overrides: country_code, first_year, last_year (null: no end) and group_code of countries
            that are placed by hand and take no part in the rest.

    Returns:
        One row per year and country, sorted: year, country_code, continent, group_code (continent
        and the country with most permits, so that a group keeps its name while it keeps that
        country), group_label, step (`override`, `alone`, `joined`, `pooled`,
        `pooled_across_continents`, `no_permits`, `unknown`), country_permit_count,
        group_permit_count, group_country_count, distance_to_group and
        distance_to_next_group (null where there is no other in the continent).

    Raises:
        CountryGroupError: no rows, a negative count, or rules that contradict each other.
    """
    _check(counts, rules)
    categories = sorted(counts["category"].drop_nulls().unique())
    years = sorted(counts["year"].unique())
    rows = [row for year in years for row in _one_year(
        counts.filter(pl.col("year").is_between(year - rules.window + 1, year)),
        counts.filter(pl.col("year") == year)["country_code"].unique().to_list(),
        year, categories, continents, rules, _in_force(overrides, year),
    )]  # fmt: skip
    return pl.DataFrame(rows, orient="row", schema=SCHEMA).sort("year", "country_code")


SCHEMA = {
    "year": pl.Int32, "country_code": pl.String, "continent": pl.String,
    "group_code": pl.String, "group_label": pl.String, "step": pl.String,
    "country_permit_count": pl.Int64, "group_permit_count": pl.Int64,
    "group_country_count": pl.Int32, "distance_to_group": pl.Float64,
    "distance_to_next_group": pl.Float64,
}  # fmt: skip


def _check(counts: pl.DataFrame, rules: GroupRules) -> None:
    problems = []
    if counts.is_empty():
        problems.append("no permits to group countries by: is the register of motives delivered?")
    elif (counts["permit_count"] < 0).any():
        example = counts.filter(pl.col("permit_count") < 0).row(0)
        problems.append(f"permit_count is negative in {example}")
    if rules.alone_size < rules.group_size:
        problems.append(
            f"alone_size {rules.alone_size} is below group_size {rules.group_size}: a country "
            "would stand alone and be pooled"
        )
    CountryGroupError.collect(problems)


def _in_force(overrides: pl.DataFrame | None, year: int) -> dict[str, str]:
    """Return the group of each country that is placed by hand in a year."""
    if overrides is None:
        return {}
    rows = overrides.filter(
        (pl.col("first_year") <= year) & (pl.col("last_year").fill_null(year) >= year)
    )
    return dict(zip(rows["country_code"], rows["group_code"], strict=True))


def _one_year(
    counts: pl.DataFrame,
    present: Sequence[str],
    year: int,
    categories: Sequence[str],
    continents: Mapping[str, str],
    rules: GroupRules,
    placed: Mapping[str, str],
) -> list[tuple]:
    table = _table(counts, categories)
    zero = np.zeros(len(categories))
    own = {country: table.get(country, zero) for country in {*table, *present}}
    groups: dict[str, _Group] = {}
    free: dict[str, list[str]] = {}
    for country in sorted(own):
        if country in placed:
            group = groups.setdefault(placed[country], _Group([], zero, "", "override"))
            group.countries.append(country)
            group.counts = group.counts + own[country]
        else:
            free.setdefault(continents.get(country, UNKNOWN), []).append(country)
    for continent in sorted(free):
        if continent == UNKNOWN:
            group = _Group(free[continent], sum(own[c] for c in free[continent]), UNKNOWN, UNKNOWN)
            groups[UNKNOWN] = group
            continue
        for group in _of_continent(continent, free[continent], own, rules):
            groups[_name(group, own)] = group
    _pool_continents(groups, own, rules)
    return [
        _row(year, country, name, group, groups, own, continents, categories)
        for name, group in groups.items()
        for country in group.countries
        if country in present
    ]


def _table(counts: pl.DataFrame, categories: Sequence[str]) -> dict[str, Counts]:
    """Return the permits per category of each country."""
    known = counts.drop_nulls("category")
    place = {category: number for number, category in enumerate(categories)}
    table: dict[str, Counts] = {}
    for country, category, count in known.select(
        "country_code", "category", "permit_count"
    ).iter_rows():
        table.setdefault(country, np.zeros(len(categories)))[place[category]] += count
    return table


def _of_continent(
    continent: str, countries: Sequence[str], own: Mapping[str, Counts], rules: GroupRules
) -> list[_Group]:
    """Join the nearest groups until none are near, then pool those that are too small."""
    seen = [c for c in countries if own[c].sum() > 0]
    unseen = [c for c in countries if own[c].sum() == 0]
    groups = [_Group([country], own[country], continent) for country in seen]
    while len(groups) > 1:
        near, one, other = _nearest_pair(groups)
        if near >= rules.join_distance:
            break
        _merge(groups, one, other)
    for group in groups:
        if len(group.countries) == 1 and group.size >= rules.alone_size:
            group.step = "alone"
    while len(groups) > 1:
        least = rules.group_size
        small = [g for g in groups if g.size < (rules.alone_size if _is_single(g) else least)]
        if not small:
            break
        chosen = min(small, key=lambda g: (g.size, g.countries[0]))
        others = [g for g in groups if g is not chosen]
        home = min(others, key=lambda g: (distance(g.counts, chosen.counts), g.countries[0]))
        steps = dict.fromkeys(chosen.countries, "pooled") | chosen.steps
        home.steps |= steps
        _merge(groups, groups.index(home), groups.index(chosen))
    if unseen:
        if groups:
            home = max(groups, key=lambda g: (g.size, g.countries[0]))
        else:
            home = _Group([], np.zeros(len(own[unseen[0]])), continent)
            groups.append(home)
        home.countries += unseen
        home.steps |= dict.fromkeys(unseen, "no_permits")
    return groups


def _is_single(group: _Group) -> bool:
    return len(group.countries) == 1


def _nearest_pair(groups: Sequence[_Group]) -> tuple[float, int, int]:
    """Return the smallest distance between two groups and their places."""
    return min(
        (distance(a.counts, b.counts), i, i + 1 + j)
        for i, a in enumerate(groups)
        for j, b in enumerate(groups[i + 1 :])
    )


def _merge(groups: list[_Group], one: int, other: int) -> None:
    """Put the other group into the first one."""
    gone = groups[other]
    groups[one].countries += gone.countries
    groups[one].counts = groups[one].counts + gone.counts
    groups[one].steps |= gone.steps
    if groups[one].step == "alone":
        groups[one].step = "joined"
    del groups[other]


def _pool_continents(
    groups: dict[str, _Group], own: Mapping[str, Counts], rules: GroupRules
) -> None:
    """Let a continent that is too small as a whole borrow donors from the nearest group."""
    for name in sorted(groups):
        group = groups[name]
        others = {
            code: g for code, g in groups.items()
            if code != name and g.step not in ("override", UNKNOWN) and g.size >= rules.group_size
        }  # fmt: skip
        if group.step in ("override", UNKNOWN) or group.size >= rules.group_size or not others:
            continue
        home = min(others, key=lambda code: (distance(others[code].counts, group.counts), code))
        others[home].steps |= dict.fromkeys(group.countries, "pooled_across_continents")
        others[home].countries += group.countries
        others[home].counts = others[home].counts + group.counts
        del groups[name]


def _name(group: _Group, own: Mapping[str, Counts]) -> str:
    """Return the continent and the country with most permits."""
    largest = min(group.countries, key=lambda country: (-own[country].sum(), country))
    return f"{group.continent}-{largest}"


def _label(name: str, group: _Group, categories: Sequence[str]) -> str:
    if group.step in ("override", UNKNOWN) or group.size == 0:
        return name
    if group.step == "alone":
        return f"{group.continent}: {group.countries[0]} alone"
    shares = group.counts / group.size
    order = sorted(range(len(categories)), key=lambda k: (-shares[k], categories[k]))
    named = [categories[k] for k in order if shares[k] >= NAMED] or [categories[order[0]]]
    return f"{group.continent}: {' and '.join(named)}"


def _row(
    year: int,
    country: str,
    name: str,
    group: _Group,
    groups: Mapping[str, _Group],
    own: Mapping[str, Counts],
    continents: Mapping[str, str],
    categories: Sequence[str],
) -> tuple:
    apart = [
        distance(other.counts, own[country])
        for code, other in groups.items()
        if code != name and other.continent == group.continent and other.size > 0
    ]
    return (
        year, country, continents.get(country, UNKNOWN), name, _label(name, group, categories),
        group.steps.get(country, group.step), int(own[country].sum()), int(group.size),
        len(group.countries), distance(group.counts, own[country]), min(apart, default=None),
    )  # fmt: skip
