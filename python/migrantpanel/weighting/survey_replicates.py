"""Replicate weights of the surveys of the warehouse, each calibrated like the whole sample."""

import numpy as np
import polars as pl
import pyarrow as pa

from migrantpanel.errors import UserError
from migrantpanel.random import generator
from migrantpanel.weighting.batch import OUTCOMES, calibrate_batch
from migrantpanel.weighting.replicates import Replicates, jackknife, rao_wu
from migrantpanel.weighting.survey import grouped

VARIANT = "calibrated"
METHODS = ("bootstrap", "jackknife")
NOT_CALIBRATED = len(OUTCOMES)
LABELS = (*OUTCOMES, "not_calibrated")
# Text stands in dictionaries, so that millions of rows are small.
TEXT = pa.dictionary(pa.int32(), pa.string())
TABLE = pa.schema(
    {
        "respondent_id": TEXT,
        "replicate": pa.int32(),
        "method": TEXT,
        "weight": pa.float64(),
        "variance_factor": pa.float64(),
        "calibration": TEXT,
    }
)


def replicate_weights(
    design: pl.DataFrame,
    units: pl.DataFrame,
    members: pl.DataFrame,
    targets: pl.DataFrame,
    wanted: pl.DataFrame,
    settings: pl.DataFrame,
    count: int,
    method: str = "bootstrap",
    seed: int = 1,
) -> pa.Table:
    """Draw replicates of every survey apart, and calibrate each of them.

    Args:
        design: one row per weighted respondent: respondent_id, survey, survey_year,
            variance_stratum, variance_unit, population_units, weight_nonresponse.
        units: respondents that are calibrated, with KEY, population and start_weight; of the
            kinds of weight only `calibrated` is replicated.
        members: respondent_id, variant, margin and merged category.
        targets: KEY, margin, merged category and total.
        wanted: one row per survey, variant and margin: importance; a replicate that lacks a
            category gives up the last first.
        settings: one row per survey: method, lower_bound, upper_bound.
        count: replicates; for the jackknife at most about so many per survey.
        method: bootstrap or jackknife.
        seed: of the draws; a survey's draws do not depend on other surveys.

    Returns:
        One row per respondent and replicate (from 1), respondents in order: respondent_id,
        replicate, method, weight, variance_factor and calibration (see `LABELS`).
    """
    if method not in METHODS:
        raise UserError(f"replicate_method {method!r} is unknown: use {' or '.join(METHODS)}")
    if count < 2:
        raise UserError(f"replicate_count {count} is too few: make it 2 or more")
    is_variant = pl.col("variant") == VARIANT
    groups: dict[tuple, list] = {}
    for key, group, codes, totals in grouped(
        *(frame.filter(is_variant) for frame in (units, members, targets))
    ):
        groups.setdefault(key[:2], []).append((group, codes, totals))
    setting = {(row["survey"], row["survey_year"]): row for row in settings.iter_rows(named=True)}
    importance = {
        (row["survey"], row["survey_year"], row["margin"]): row["importance"]
        for row in wanted.filter(is_variant).iter_rows(named=True)
    }
    parts = [TABLE.empty_table()]
    ordered = design.sort("survey", "survey_year", "respondent_id")
    for key, sample in ordered.group_by("survey", "survey_year", maintain_order=True):
        drawn = _draw(sample, count, method, seed, key)
        weights = sample["weight_nonresponse"].to_numpy()[:, None] * drawn.factors
        outcome = np.full(weights.shape, NOT_CALIBRATED, dtype=np.int8)
        place = pl.DataFrame({"respondent_id": sample["respondent_id"]}).with_row_index("row")
        for group, codes, totals in groups.get(key, []):
            rows = group.join(place, on="respondent_id", how="left", maintain_order="left")["row"]
            names = sorted(codes, key=lambda name: (importance[*key, name], name))
            done = calibrate_batch(
                group["start_weight"].to_numpy()[:, None] * drawn.factors[rows],
                {name: codes[name] for name in names},
                {name: totals[name] for name in names},
                group["population"][0],
                setting[key]["method"],
                (setting[key]["lower_bound"], setting[key]["upper_bound"]),
            )
            weights[rows], outcome[rows] = done.weights, done.outcome
        parts.append(_table(sample["respondent_id"], drawn, weights, outcome, method))
    return pa.concat_tables(parts)


def _draw(sample: pl.DataFrame, count: int, method: str, seed: int, key: tuple) -> Replicates:
    """Draw one survey's factors; a stratum or unit that is not known is one of its own."""
    stratum = sample["variance_stratum"].fill_null("").to_list()
    unit = sample["variance_unit"].fill_null(sample["respondent_id"]).to_list()
    rng = generator(seed, "replicate weights", *key)
    if method == "bootstrap":
        return rao_wu(stratum, unit, count, rng, sample["population_units"])
    groups = max(2, count // len(set(stratum)))
    return jackknife(stratum, unit, groups, rng, sample["population_units"])


def _table(
    respondent_id: pl.Series,
    drawn: Replicates,
    weights: np.ndarray,
    outcome: np.ndarray,
    method: str,
) -> pa.Table:
    """Lay out one survey long, a row per respondent and replicate."""
    rows, replicates = weights.shape
    cells = rows * replicates

    def coded(codes: np.ndarray, labels: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(codes.astype(np.int32), pa.array(labels))

    return pa.table(
        {
            "respondent_id": coded(np.repeat(np.arange(rows), replicates), respondent_id.to_list()),
            "replicate": np.tile(np.arange(1, replicates + 1, dtype=np.int32), rows),
            "method": coded(np.zeros(cells, dtype=np.int8), [method]),
            "weight": np.ascontiguousarray(weights).ravel(),
            "variance_factor": np.tile(drawn.coefficient, rows),
            "calibration": coded(outcome.ravel(), list(LABELS)),
        },
        schema=TABLE,
    )
