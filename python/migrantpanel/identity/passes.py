"""From compared pairs to links: one person per interview, and how often such links are right.

How often links are right is learnt from interviews whose number is known, by linking them as if it
were not: once as they are, and once without the person they belong to, as somebody who is in no
register. Their shares are those of the interviews to be linked, so that the estimate holds for
them and not only for people who are surely there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
from sklearn.isotonic import IsotonicRegression

from migrantpanel.identity.fields import FieldSet
from migrantpanel.identity.linkage import (
    Model,
    compare,
    load_model,
    one_to_one,
    prepare,
    train,
)

EXACT, PROBABILISTIC = "exact_characteristics", "probabilistic"
# An interview to be linked; a known one as it is; a known one without its own person.
UNKNOWN, PRESENT, ABSENT = "unknown", "known", "known_absent"
# Digits that are kept, so that the order of additions does not show.
DIGITS = 9
SCORE_SCHEMA = pa.schema(
    [
        ("respondent_id", pa.string()),
        ("scenario", pa.string()),
        ("link_pass", pa.string()),
        ("person_key", pa.string()),
        ("match_probability", pa.float64()),
        ("estimated_precision", pa.float64()),
        ("is_right", pa.bool_()),
        ("is_accepted", pa.bool_()),
        ("scenario_weight", pa.float64()),
        ("evidence", pa.string()),
    ]
)


@dataclass(frozen=True)
class Calibration:
    """What known interviews say: how right a probability is, from where on links are made.

    `share_in_register` is that of the interviews to be linked.
    """

    probability: list[float]
    precision: list[float]
    threshold: float | None
    exact_precision: float
    share_in_register: float


def score_links(
    connection: duckdb.DuckDBPyConnection,
    interviews: duckdb.DuckDBPyRelation,
    register: duckdb.DuckDBPyRelation,
    fields: FieldSet,
    passes: Sequence[str],
    target: float,
    folder: Path | None = None,
) -> pa.Table:
    """Link interviews without a number, and known ones as if they had none.

    interviews and register: see `linkage.prepare`. passes: which of `EXACT` and `PROBABILISTIC`.
    target: the least estimated precision of the links that are made. folder: where a model is kept,
    so that earlier links stay when rows arrive. Returns one row per interview, scenario and pass
    with the best candidate; nothing where no pass is asked for or nobody is to be linked.
    """
    prepared = prepare(connection, interviews, register, fields)
    if not set(passes) & {EXACT, PROBABILISTIC} or not prepared.interviews.num_rows:
        return SCORE_SCHEMA.empty_table()
    model, calibration = load_model(folder, fields) if folder else None, None
    if model is None:
        model = train(prepared, fields)
    pairs = scenarios(pl.from_arrow(compare(prepared, model, fields)))
    asked = pl.from_arrow(prepared.interviews.select(["unique_id", "wave", "person_key"]))
    weights = scenario_counts(asked)
    calibration = model.calibration or calibrate_links(pairs, weights, target)
    if folder and model.calibration is None:
        model.with_calibration(calibration).save(folder)
    return result(pairs, weights, calibration, passes)
