"""Draws the sample of a wave: households in municipality clusters, or persons, per origin group.

Within a stratum every unit has the same overall chance, apart from rounding. Chances are exact:
`cluster_probability` is the first-stage inclusion probability of the row's municipality (1 in a
one-stage design), and `drawn_units / frame_units` the chance of the unit in it.
"""

from datetime import date

import numpy as np
import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.simulation.surveys.questionnaires import Wave

INSTITUTION = "8"


def allocate(total: int, shares: dict[str, float]) -> dict[str, int]:
    """Split a total over shares in whole numbers by largest remainder; the sum is exact.

    >>> allocate(10, {"a": 0.5, "b": 0.26, "c": 0.24})
    {'a': 5, 'b': 3, 'c': 2}
    """
    names = list(shares)
    counts = largest_remainder(np.array([shares[name] for name in names]), total)
    return dict(zip(names, counts.tolist(), strict=True))


def largest_remainder(weights: np.ndarray, total: int) -> np.ndarray:
    """Return whole numbers proportional to weights that add up to the total."""
    exact = weights / weights.sum() * total
    counts = np.floor(exact).astype(int)
    short = total - counts.sum()
    counts[np.argsort(-(exact - counts), kind="stable")[:short]] += 1
    return counts


def inclusion_probabilities(sizes: np.ndarray, n: int) -> np.ndarray:
    """Return probabilities proportional to size that add up to n, none above 1.

    Units larger than the sampling interval are taken with certainty, the rest shares what is left.
    """
    if n >= len(sizes):
        return np.ones(len(sizes))
    certain = np.zeros(len(sizes), dtype=bool)
    while True:
        left = n - certain.sum()
        chance = np.where(certain, 1.0, left * sizes / sizes[~certain].sum())
        if (chance <= 1).all():
            return chance
        certain |= chance > 1


def systematic(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw positions with the given inclusion probabilities; their sum is the fixed sample size."""
    order = rng.permutation(len(chances))
    edges = np.concatenate([[0.0], np.cumsum(chances[order])])
    edges[-1] = np.rint(edges[-1])
    ticks = np.floor(edges - rng.random())
    return np.sort(order[np.diff(ticks) > 0])


def sampling_frame(wave: Wave, snapshot: pl.DataFrame) -> pl.DataFrame:
    """Return the eligible persons of the register frame with their unit, stratum and role.

    In a household design the unit is a household whose head belongs to the stratum; its head and
    the head's partner are eligible when they are of age and of one of the survey's groups.
    """
    design = wave.sampling
    groups = list(wave.groups)
    eligible = snapshot.filter(
        pl.col("age").is_between(design["minimum_age"], design.get("maximum_age", 200)),
        pl.col("origin").is_in(groups),
        pl.col("household_type") != INSTITUTION,
    )
    for group, year in design.get("arrival_from", {}).items():
        is_recent = (pl.col("generation") == "1") & (
            pl.col("first_arrival_date") >= date(year, 1, 1)
        )
        eligible = eligible.filter((pl.col("origin") != group) | is_recent)
    if design["unit"] == "person":
        return eligible.with_columns(unit=pl.col("rin"), stratum="origin", role=pl.lit("person"))
    head = eligible.filter("is_reference").select("household", "partner", stratum="origin")
    return (
        eligible.join(head, on="household", how="inner", suffix="_of_head")
        .filter(pl.col("is_reference") | (pl.col("person") == pl.col("partner_of_head")))
        .with_columns(
            unit="household",
            role=pl.when("is_reference").then(pl.lit("head")).otherwise(pl.lit("partner")),
        )
        .drop("partner_of_head")
    )


def draw_sample(
    wave: Wave, frame: pl.DataFrame, persons: dict[str, int], rng: np.random.Generator
) -> pl.DataFrame:
    """Draw about `persons[group]` persons per stratum; return their frame rows with the chances.

    Raises `UserError` with one line per group whose frame holds fewer units than are needed.
    """
    # In one stage a stratum is drawn from as a whole, so that it has one cell.
    place = "municipality" if "clusters" in wave.sampling else pl.lit("")
    units = (
        frame.with_columns(cell=place)
        .group_by("unit", "stratum")
        .agg(pl.len().alias("persons"), pl.col("cell").sort_by("role").first())
        .sort("unit")
    )
    cells = units.group_by("stratum", "cell").agg(frame_units=pl.len())
    clusters = _clusters(wave, cells, rng)
    problems, drawn = [], []
    for group in wave.groups:
        mine = units.filter(pl.col("stratum") == group)
        per_unit = mine["persons"].mean() or 1.0
        needed = int(np.ceil(persons[group] / per_unit))
        cell = (
            cells.filter(pl.col("stratum") == group)
            .join(clusters, on=["stratum", "cell"], how="inner")
            .sort("cell")
        )
        available = int(cell["frame_units"].sum())
        if available < needed:
            problems.append(
                f"{wave.survey} {wave.year}: group {group} needs {needed:,} drawn"
                f" {wave.sampling['unit']}s and the frame holds {available:,}: simulate more"
                " persons, or lower the survey fraction"
            )
            continue
        taken = _units_per_cluster(
            cell["frame_units"].to_numpy(), cell["cluster_probability"].to_numpy(), needed
        )
        cell = cell.with_columns(drawn_units=pl.Series(taken))
        order = mine.with_columns(chance=pl.Series(rng.random(mine.height)))
        drawn.append(
            order.join(cell, on=["stratum", "cell"], how="inner")
            .filter(pl.col("chance").rank("ordinal").over("cell") <= pl.col("drawn_units"))
            .select("unit", "cluster", "frame_units", "drawn_units", "cluster_probability")
        )
    UserError.collect(problems)
    return frame.join(pl.concat(drawn), on="unit", how="inner").with_columns(
        household_probability=pl.lit(1.0)
    )


def _clusters(wave: Wave, cells: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Return the municipalities drawn per stratum; all of them, cluster null, in one stage.

    A wave's common clusters are drawn with chances proportional to their mean share of the groups.
    """
    n = wave.sampling.get("clusters")
    if n is None:
        return cells.select(
            "stratum",
            "cell",
            cluster=pl.lit(None, pl.String),
            cluster_probability=pl.lit(1.0),
        )
    common = wave.sampling["clusters_per"] == "wave"
    # Sorted, so that sums of shares are added in one order and give the same bits every time.
    shares = cells.sort("stratum", "cell").with_columns(
        share=pl.col("frame_units") / pl.col("frame_units").sum().over("stratum")
    )
    parts = []
    for group in ["all"] if common else list(wave.groups):
        mine = shares if common else shares.filter(pl.col("stratum") == group)
        names, position = np.unique(mine["cell"].to_numpy(), return_inverse=True)
        chances = inclusion_probabilities(np.bincount(position, mine["share"].to_numpy()), n)
        taken = systematic(chances, rng)
        parts.append(
            pl.DataFrame(
                {"cell": names[taken].tolist(), "cluster_probability": chances[taken]}
            ).with_columns(stratum=pl.lit(group))
        )
    found = pl.concat(parts)
    if common:
        found = found.drop("stratum").join(cells.select("stratum").unique(), how="cross")
    return found.with_columns(cluster="cell")


def _units_per_cluster(frame_units: np.ndarray, chances: np.ndarray, needed: int) -> np.ndarray:
    """Split a stratum's units over its clusters so that all have about the same overall chance.

    Every cluster gives at least one unit (none would leave its units without a chance) and at most
    all that it has.
    """
    taken = np.ones(len(frame_units), dtype=int)
    wanted = frame_units / chances
    while (short := needed - taken.sum()) > 0:
        room = frame_units - taken
        weight = np.where(room > 0, np.maximum(wanted / wanted.sum() * needed - taken, 1e-9), 0)
        taken += np.minimum(largest_remainder(weight, short), room)
    return taken
