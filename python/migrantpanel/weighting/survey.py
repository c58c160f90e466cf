"""The surveys of the warehouse, calibrated origin group by origin group.

A sample of a few thousand cannot meet every margin in every group. What is merged, and what is
given up, follows rules (seed `margin_category`) and is recorded: `collapse` decides once per
survey, group and kind of weight, and everything after it calibrates on what it left.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from migrantpanel.weighting.calibration import calibrate
from migrantpanel.weighting.distance import distance
from migrantpanel.weighting.errors import CalibrationError

KEY = ("survey", "survey_year", "domain", "variant")
# The category of respondents whose category is not known, where the population has none.
UNKNOWN = "(unknown)"
# Weights over starting weights, each relative to its mean, stay inside these (EHIS 2013).
ACCEPTED_RATIO = (1 / 3, 3.0)
SAME_POPULATION = 1e-9
EXAMPLES = 5

WEIGHT_SCHEMA = {
    "respondent_id": pl.String,
    "variant": pl.String,
    "weight": pl.Float64,
    "g": pl.Float64,
}
COLLAPSE_SCHEMA = {
    "survey": pl.String,
    "survey_year": pl.Int32,
    "domain": pl.String,
    "variant": pl.String,
    "margin": pl.String,
    "category": pl.String,
    "collapsed_category": pl.String,
    "reason": pl.String,
    "detail": pl.String,
    "respondent_count": pl.Int64,
    "population_total": pl.Float64,
    "target_total": pl.Float64,
}


@dataclass
class Margin:
    """One margin of one group: what the sample has, and what the population.

    Attributes:
        name: margin.
        codes: category of each respondent.
        totals: what the weights of each category are to add up to.
        population: the same before respondents of unknown category took their share.
        merged: category -> the merged category it belongs to; empty once given up.
        reasons: category -> why it was merged or given up.
    """

    name: str
    codes: np.ndarray
    totals: dict[str, float]
    population: dict[str, float]
    merged: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    detail: str | None = None

    def give_up(self, reason: str, detail: str | None = None) -> None:
        """Do not calibrate on this margin; every category keeps the reason."""
        self.reasons = dict.fromkeys(self.reasons, reason)
        self.merged, self.detail = {}, detail

    def calibrated(self) -> tuple[np.ndarray, dict[str, float]]:
        """Return each respondent's merged category, and the totals of those."""
        parts: dict[str, list[float]] = {}
        for category, group in self.merged.items():
            parts.setdefault(group, []).append(self.totals.get(category, 0.0))
        codes = np.array([self.merged[code] for code in self.codes.tolist()], dtype=object)
        return codes, {group: math.fsum(totals) for group, totals in parts.items()}


def collapse(
    units: pl.DataFrame,
    categories: pl.DataFrame,
    totals: pl.DataFrame,
    wanted: pl.DataFrame,
    rules: pl.DataFrame,
    settings: pl.DataFrame,
    minimum: int,
) -> pl.DataFrame:
    """Decide per survey, origin group and kind of weight on what it is calibrated.

    Args:
        units: one row per respondent and variant: KEY, respondent_id, population, start_weight.
        categories: one row per respondent and margin: respondent_id, margin, category.
        totals: one row per survey, domain, margin and category: total, panel_total.
        wanted: one row per survey, variant and margin: importance (1 is given up last).
        rules: one row per margin and category: position, collapse_into.
        settings: one row per survey: method, lower_bound, upper_bound.
        minimum: fewest respondents in a category.

    Returns:
        One row per KEY, margin and category, with the merged category (null where the margin is
        given up), why, respondents, and totals before and after respondents of unknown category
        took their share.

    Raises:
        CalibrationError: margins of one population with different totals, unusable starting
            weights or settings, which no merging mends.
    """
    _check(units, settings)
    rule = {(row["margin"], row["category"]): row for row in rules.iter_rows(named=True)}
    setting = {(row["survey"], row["survey_year"]): row for row in settings.iter_rows(named=True)}
    rows: list[tuple] = []
    problems: list[str] = []
    wide = categories.pivot(on="margin", index="respondent_id", values="category")
    known: dict[tuple, dict[str, dict]] = {}
    for row in totals.sort("margin", "category").iter_rows(named=True):
        population = known.setdefault(tuple(row[name] for name in (*KEY[:3], "margin")), {})
        population[row["category"]] = row
    names: dict[tuple, list[str]] = {}
    for row in wanted.sort("importance", "margin").iter_rows(named=True):
        names.setdefault((row["survey"], row["survey_year"], row["variant"]), []).append(
            row["margin"]
        )
    for key, group in _groups(units.join(wide, on="respondent_id", how="left")):
        survey, year, domain, variant = key
        margins = [
            _margin(name, group, known.get((survey, year, domain, name), {}), variant)
            for name in names.get((survey, year, variant), [])
        ]
        problems += _different_sizes(key, margins, group["population"][0])
        if problems:
            continue
        for margin in margins:
            _merge(margin, rule, minimum)
        _give_up_until_met(margins, group, setting[survey, year])
        for margin in margins:
            counts = _counts(margin.codes)
            for category, reason in margin.reasons.items():
                rows.append(
                    (
                        *(survey, year, domain, variant, margin.name, category),
                        margin.merged.get(category),
                        reason or None,
                        margin.detail,
                        counts.get(category, 0),
                        margin.population.get(category),
                        margin.totals.get(category, 0.0),
                    )
                )
    CalibrationError.collect(problems)
    return pl.DataFrame(rows, COLLAPSE_SCHEMA, orient="row")


def calibrated(
    units: pl.DataFrame, members: pl.DataFrame, targets: pl.DataFrame, settings: pl.DataFrame
) -> pl.DataFrame:
    """Calibrate every survey, origin group and kind of weight on its merged margins.

    Args:
        units: as in `collapse`.
        members: respondent_id, variant, margin and merged category.
        targets: KEY, margin, merged category and total.
        settings: as in `collapse`.

    Returns:
        respondent_id, variant, weight and g, in the order of KEY and respondent_id.

    Raises:
        CalibrationError: a total that is not met to 1e-9; nothing comes back unconverged.
    """
    setting = {(row["survey"], row["survey_year"]): row for row in settings.iter_rows(named=True)}
    parts = [pl.DataFrame(schema=WEIGHT_SCHEMA)]
    for key, group, codes, wanted in grouped(units, members, targets):
        start = group["start_weight"].to_numpy()
        weights = _weigh(start, codes, wanted, setting[key[:2]]) if wanted else start
        parts.append(
            group.select(
                "respondent_id",
                "variant",
                weight=pl.Series(weights),
                g=pl.Series(weights / start),
            )
        )
    return pl.concat(parts)


def grouped(
    units: pl.DataFrame, members: pl.DataFrame, targets: pl.DataFrame
) -> Iterator[tuple[tuple, pl.DataFrame, dict[str, np.ndarray], dict[str, dict[str, float]]]]:
    """Yield per survey, group and variant: key, rows, {margin: categories}, {margin: totals}."""
    wide = members.sort("margin").pivot(
        on="margin", index=["respondent_id", "variant"], values="category"
    )
    wanted: dict[tuple, dict[str, dict[str, float]]] = {}
    for row in targets.sort(*KEY, "margin", "category").iter_rows(named=True):
        margins = wanted.setdefault(tuple(row[name] for name in KEY), {})
        margins.setdefault(row["margin"], {})[row["category"]] = row["total"]
    for key, group in _groups(units):
        margins = wanted.get(key, {})
        placed = group.join(
            wide, on=["respondent_id", "variant"], how="left", maintain_order="left"
        )
        yield key, group, {name: placed[name].to_numpy() for name in margins}, margins


def _check(units: pl.DataFrame, settings: pl.DataFrame) -> None:
    """Refuse starting weights, methods and bounds that no calibration takes."""
    weight = pl.col("start_weight")
    unusable = units.filter(~(weight.is_finite() & (weight > 0)).fill_null(False))
    problems = [
        f"starting weight of {row['respondent_id']} is {row['start_weight']}: it must be above 0"
        for row in unusable.sort("respondent_id").head(EXAMPLES).iter_rows(named=True)
    ]
    for row in settings.iter_rows(named=True):
        try:
            distance(row["method"], (row["lower_bound"], row["upper_bound"]))
        except CalibrationError as error:
            problems.append(f"survey_population, {row['survey']} {row['survey_year']}: {error}")
    CalibrationError.collect(problems)


def _groups(units: pl.DataFrame) -> Iterator[tuple[tuple, pl.DataFrame]]:
    ordered = units.sort(*KEY, "respondent_id")
    yield from ordered.group_by(*KEY, maintain_order=True)


def _margin(name: str, group: pl.DataFrame, known: Mapping[str, dict], variant: str) -> Margin:
    """Return one margin of one group, before anything is merged."""
    total = "panel_total" if variant == "panel" else "total"
    population = {category: row[total] for category, row in known.items()}
    codes = group[name].fill_null(UNKNOWN) if name in group.columns else [UNKNOWN] * len(group)
    margin = Margin(name, np.array(codes, dtype=object), dict(population), population)
    _leave_room_for_unknown(margin, group["start_weight"].to_numpy())
    margin.reasons = dict.fromkeys([*margin.totals, *_counts(margin.codes)], "")
    return margin


def _leave_room_for_unknown(margin: Margin, start: np.ndarray) -> None:
    """Give respondents of unknown category the share they start with, out of all categories."""
    missing = margin.codes == UNKNOWN
    if UNKNOWN in margin.totals or not missing.any() or missing.all() or not margin.totals:
        return
    size = math.fsum(margin.totals.values())
    share = math.fsum(start[missing]) / math.fsum(start)
    margin.totals = {name: total * (1 - share) for name, total in margin.totals.items()}
    margin.totals[UNKNOWN] = size - math.fsum(margin.totals.values())


def _different_sizes(key: tuple, margins: list[Margin], population: float) -> list[str]:
    survey, year, domain, _ = key
    return [
        f"{survey} {year}, {domain}: margin {margin.name!r} adds up to {size:,.10g} and the "
        f"population is {population:,.10g}: correct the seed published_margin"
        for margin in margins
        if margin.population
        and abs((size := math.fsum(margin.population.values())) / population - 1) > SAME_POPULATION
    ]


def _merge(margin: Margin, rule: Mapping[tuple[str, str], dict], minimum: int) -> None:
    """Merge categories with too few respondents or no population into their neighbours."""
    counts = _counts(margin.codes)
    if not margin.population:
        margin.give_up("no_population_total")
        return
    if set(counts) == {UNKNOWN}:
        margin.give_up("not_known")
        return
    # A category that neither the sample nor the population has needs no place.
    present = [name for name in margin.reasons if counts.get(name) or margin.totals.get(name)]
    margin.merged = {name: name for name in present}
    while True:
        respondents: dict[str, int] = {}
        totals: dict[str, float] = {}
        for name, merged in margin.merged.items():
            respondents[merged] = respondents.get(merged, 0) + counts.get(name, 0)
            totals[merged] = totals.get(merged, 0.0) + margin.totals.get(name, 0.0)
        known = [merged for merged in respondents if merged != UNKNOWN]
        short = [m for m in known if respondents[m] < minimum or totals[m] <= 0]
        if len(known) < 2:
            margin.give_up("one_category")
            return
        if not short:
            return
        least = min(short, key=lambda merged: (respondents[merged], merged))
        goal = _neighbour(margin, least, rule)
        if goal is None:
            margin.give_up("no_neighbour")
            return
        reason = (
            "no_population"
            if totals[least] <= 0
            else "not_in_sample" if respondents[least] == 0 else "few_respondents"
        )  # fmt: skip
        members = [name for name, merged in margin.merged.items() if merged in (least, goal)]
        members.sort(key=lambda name: _position(margin.name, name, rule))
        for name in members:
            if margin.merged[name] == least and not margin.reasons[name]:
                margin.reasons[name] = reason
            margin.merged[name] = "+".join(members)


def _neighbour(margin: Margin, least: str, rule: Mapping[tuple[str, str], dict]) -> str | None:
    """Return the merged category that `least` joins: by the rule, else the nearest in order."""
    inside = [name for name, merged in margin.merged.items() if merged == least]
    goals = [rule.get((margin.name, name), {}).get("collapse_into") for name in inside]
    if not any(goals):
        return None
    for goal in goals:
        if goal in margin.merged and margin.merged[goal] != least:
            return margin.merged[goal]
    here = [_position(margin.name, name, rule) for name in inside]
    others = [
        (min(abs(_position(margin.name, name, rule) - place) for place in here), name)
        for name, merged in margin.merged.items()
        if merged != least and rule.get((margin.name, name), {}).get("collapse_into")
    ]
    return margin.merged[min(others)[1]] if others else None


def _position(margin: str, category: str, rule: Mapping[tuple[str, str], dict]) -> int:
    return rule.get((margin, category), {}).get("position", 999)


def _give_up_until_met(margins: list[Margin], group: pl.DataFrame, setting: dict) -> None:
    """Give up the least important margin in conflict, again until all that are left are met."""
    start = group["start_weight"].to_numpy()
    while kept := [margin for margin in margins if margin.merged]:
        both = {margin.name: margin.calibrated() for margin in kept}
        codes = {name: code for name, (code, _) in both.items()}
        totals = {name: total for name, (_, total) in both.items()}
        try:
            _weigh(start, codes, totals, setting)
            return
        except CalibrationError as error:
            # Unusable weights or settings are no conflict, and no merging mends them.
            if not error.conflict:
                raise
            conflict = error.conflict
        blamed = [margin for margin in kept if margin.name in conflict]
        blamed[-1].give_up("cannot_be_met", f"{' and '.join(conflict)} within the bounds")


def _weigh(
    start: np.ndarray,
    codes: Mapping[str, np.ndarray],
    totals: Mapping[str, Mapping[str, float]],
    setting: Mapping[str, object],
) -> np.ndarray:
    """Calibrate one group; a ratio outside what offices accept is an error as well."""
    frame = pl.DataFrame({name: pl.Series(code, dtype=pl.String) for name, code in codes.items()})
    result = calibrate(
        frame,
        start,
        totals,
        method=setting["method"],
        bounds=(setting["lower_bound"], setting["upper_bound"]),
    )
    low, high = result.ratio.min(), result.ratio.max()
    if not ACCEPTED_RATIO[0] < low <= high < ACCEPTED_RATIO[1]:
        raise CalibrationError(
            f"weights over starting weights are {low:.4g} to {high:.4g} times their mean",
            conflict=tuple(codes),
        )
    return result.weights


def _counts(codes: np.ndarray) -> dict[str, int]:
    names, counts = np.unique(codes.astype(str), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))
