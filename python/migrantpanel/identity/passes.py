"""From compared pairs to links: one person per interview, and how often such links are right.

How often links are right is learnt from interviews whose number is known, by linking them as if it
were not: once as they are, and once without the person they belong to, as somebody who is in no
register. Their shares are those of the interviews to be linked, so that the estimate holds for
them and not only for people who are surely there.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
from sklearn.isotonic import IsotonicRegression

from migrantpanel.identity.fields import FieldSet
from migrantpanel.identity.linkage import (
    Model,
    Prepared,
    compare,
    load_model,
    one_to_one,
    prepare,
    train,
)

EXACT, PROBABILISTIC = "exact_characteristics", "probabilistic"
# An interview to be linked; a known one as it is; a known one without its own person.
UNKNOWN, PRESENT, ABSENT = "unknown", "known", "known_absent"
# An interview with a lower probability has no candidate worth telling.
LOWEST_PROBABILITY = 0.05
# However right links are on average, none is made that is less likely than not.
LEAST_LIKELY = 0.5
STEPS = 200
CALIBRATION_FILE = "calibration.json"
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

    The shares are of the interviews to be linked: with their person in the register, and with it
    among the candidates.
    """

    probability: list[float]
    precision: list[float]
    threshold: float | None
    exact_precision: float
    share_reached: float
    share_in_register: float
    target: float


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
    if not set(passes) & {EXACT, PROBABILISTIC}:
        return SCORE_SCHEMA.empty_table()
    prepared = prepare(connection, interviews, register, fields)
    if not prepared.interviews.num_rows:
        return SCORE_SCHEMA.empty_table()
    model, calibration = load(folder, fields) if folder else (None, None)
    model = model or train(prepared, fields)
    asked = asked_in(prepared)
    pairs = with_scenarios(pl.from_arrow(compare(prepared, model, fields)), asked)
    if calibration is None:
        calibration = calibrate_links(pairs, asked, target)
        if folder:
            save(folder, model, calibration)
    return links(pairs, asked, calibration, passes)


def asked_in(prepared: Prepared) -> pl.DataFrame:
    """Return one row per interview and scenario: respondent_id, scenario, wave, known_key.

    A known interview whose person is not in the register on the wave's day has no scenario: its
    link cannot be found.
    """
    key = ["wave", "person_key"]
    interviews = pl.from_arrow(prepared.interviews.select(["unique_id", *key]))
    there = pl.from_arrow(prepared.candidates.select(key)).with_columns(is_there=pl.lit(True))
    known = interviews.join(there, on=key, how="left").select(
        "wave", "is_there", respondent_id="unique_id", known_key="person_key"
    )
    return pl.concat(
        [
            known.filter(condition).select(
                "respondent_id", pl.lit(scenario).alias("scenario"), "wave", "known_key"
            )
            for scenario, condition in (
                (UNKNOWN, pl.col("known_key").is_null()),
                (PRESENT, pl.col("is_there").is_not_null()),
                (ABSENT, pl.col("is_there").is_not_null()),
            )
        ]
    ).sort("scenario", "respondent_id")


def with_scenarios(pairs: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of each scenario: without the own person where that is supposed absent.

    Who is known to have given one interview of a wave did not give another one.
    """
    known = asked.select("wave", person_key="known_key").drop_nulls().unique()
    interviewed = pl.col("scenario").eq(UNKNOWN) & pl.col("is_interviewed")
    return (
        asked.select("respondent_id", "scenario")
        .join(pairs, on="respondent_id", how="inner")
        .with_columns(is_right=pl.col("known_key") == pl.col("person_key"))
        .join(
            known.with_columns(is_interviewed=pl.lit(True)), on=["wave", "person_key"], how="left"
        )
        .filter(~((pl.col("scenario") == ABSENT) & pl.col("is_right")))
        .filter(~interviewed.fill_null(False))
        .drop("is_interviewed")
        .sort("scenario", "respondent_id", "person_key")
    )


def share_reached(pairs: pl.DataFrame, asked: pl.DataFrame, scenario: str) -> float:
    """Estimate the share of a scenario's interviews that have their person among the candidates.

    Expectation and maximisation of one number: given a share, each interview has its person there
    with a probability that follows from the odds of all its candidates together.
    """
    wanted = asked.filter(pl.col("scenario") == scenario)
    if not wanted.height:
        return 1.0
    totals = pairs.filter(pl.col("scenario") == scenario).group_by("respondent_id").agg("odds")
    odds = (
        wanted.join(totals, on="respondent_id", how="left")
        .select(pl.col("odds").list.sum().fill_null(0.0))["odds"]
        .sort()
        .to_numpy()
    )
    share = 0.5
    for _ in range(STEPS):
        there = share * odds / (share * odds + 1 - share)
        share = float((there.sum() + 0.5) / (len(there) + 1))
    return round(share, DIGITS)


def best_links(pairs: pl.DataFrame, share: float) -> pl.DataFrame:
    """Return the one candidate of each interview, and its probability among all of them."""
    total = pl.col("odds").sum().over("scenario", "respondent_id")
    weighed = pairs.with_columns(
        match_probability=(share * pl.col("odds") / (share * total + 1 - share)).round(DIGITS)
    ).filter(pl.col("match_probability") >= LOWEST_PROBABILITY)
    return one_to_one(weighed)


def calibrate_links(pairs: pl.DataFrame, asked: pl.DataFrame, target: float) -> Calibration:
    """Learn from the known interviews how often links of a probability are right.

    Known persons are all in the register, and blocks reach some share of them; that they reach
    fewer of the interviews to be linked says how many of those are in the register at all.
    The probability becomes a share by isotonic regression, with a wrong link added at the top, so
    that no link counts as certain. The threshold is the lowest one at which the links above it
    reach `target`; None where none does.
    """
    reached = share_reached(pairs, asked, UNKNOWN)
    share = min(reached / share_reached(pairs, asked, PRESENT), 1.0)
    weight = {PRESENT: share, ABSENT: 1 - share}
    known = best_links(pairs, reached).filter(pl.col("scenario") != UNKNOWN)
    known = known.with_columns(weight=pl.col("scenario").replace_strict(weight)).sort(
        "match_probability", "scenario", "respondent_id"
    )
    probability = [*known["match_probability"].to_list(), 1.0]
    right = [*known["is_right"].cast(pl.Float64).to_list(), 0.0]
    weights = [*known["weight"].to_list(), 0.5]
    fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(
        probability, right, weights
    )
    above = (
        pl.DataFrame({"probability": probability, "right": right, "weight": weights})
        .sort("probability", descending=True)
        .with_columns(
            precision=(pl.col("right") * pl.col("weight")).cum_sum() / pl.col("weight").cum_sum()
        )
        .group_by("probability", maintain_order=True)
        .last()
    )
    likely = pl.Series(fitted.predict(above["probability"].to_numpy())) >= LEAST_LIKELY
    good = above.filter((pl.col("precision") >= target) & likely)
    exact = exact_links(pairs).filter(pl.col("scenario") != UNKNOWN)
    exact = exact.with_columns(weight=pl.col("scenario").replace_strict(weight))
    exact_right = (exact["is_right"].cast(pl.Float64) * exact["weight"]).sum()
    return Calibration(
        probability=[round(float(x), DIGITS) for x in fitted.X_thresholds_],
        precision=[round(float(y), DIGITS) for y in fitted.y_thresholds_],
        threshold=good["probability"].min(),
        exact_precision=round(exact_right / (exact["weight"].sum() + 0.5), DIGITS),
        share_reached=reached,
        share_in_register=round(share, DIGITS),
        target=target,
    )


def exact_links(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs that agree in everything, where both sides have no other such pair."""
    exact = pairs.filter("is_exact")
    return exact.filter(
        (pl.len().over("scenario", "respondent_id") == 1)
        & (pl.len().over("scenario", "wave", "person_key") == 1)
    )


def links(
    pairs: pl.DataFrame, asked: pl.DataFrame, calibration: Calibration, passes: Sequence[str]
) -> pa.Table:
    """Return the links of the passes in order; whom one pass takes the next one leaves alone.

    An interview without a candidate has one row of the last pass, without a person.
    """
    found = []
    weight = {UNKNOWN: 1.0, PRESENT: calibration.share_in_register,
              ABSENT: 1 - calibration.share_in_register}  # fmt: skip
    taken = pairs.clear().select("scenario", "wave", "respondent_id", "person_key")
    if EXACT in passes:
        exact = exact_links(pairs).with_columns(
            link_pass=pl.lit(EXACT),
            match_probability=pl.lit(calibration.exact_precision),
            estimated_precision=pl.lit(calibration.exact_precision),
            is_accepted=pl.lit(calibration.exact_precision >= calibration.target),
        )
        found.append(exact)
        taken = exact.filter("is_accepted").select(taken.columns)
    if PROBABILISTIC in passes:
        left = pairs.join(taken, on=["scenario", "respondent_id"], how="anti").join(
            taken, on=["scenario", "wave", "person_key"], how="anti"
        )
        best = best_links(left, calibration.share_reached)
        precision = np.interp(
            best["match_probability"], calibration.probability, calibration.precision
        )
        threshold = calibration.threshold
        found.append(
            best.with_columns(
                link_pass=pl.lit(PROBABILISTIC),
                estimated_precision=pl.Series(precision).round(DIGITS),
                is_accepted=pl.lit(threshold is not None)
                & (pl.col("match_probability") >= (threshold or 0.0)),
            )
        )
    scored = pl.concat(found, how="diagonal")
    nobody = asked.join(scored, on=["scenario", "respondent_id"], how="anti").select(
        "scenario",
        "respondent_id",
        link_pass=pl.lit(PROBABILISTIC if PROBABILISTIC in passes else EXACT),
        match_probability=pl.lit(0.0),
        estimated_precision=pl.lit(0.0),
        is_right=pl.when(pl.col("scenario") != UNKNOWN).then(pl.lit(False)),
        is_accepted=pl.lit(False),
    )
    return (
        pl.concat([scored, nobody], how="diagonal")
        .with_columns(scenario_weight=pl.col("scenario").replace_strict(weight))
        .sort("scenario", "respondent_id", "link_pass")
        .select(SCORE_SCHEMA.names)
        .to_arrow()
        .cast(SCORE_SCHEMA)
    )


# -------------------------------------------------------------------- kept models


def save(folder: Path, model: Model, calibration: Calibration) -> None:
    """Keep a model and what was learnt of it, so that rows that arrive later change no old link."""
    model.save(folder)
    (folder / CALIBRATION_FILE).write_text(json.dumps(asdict(calibration)), encoding="utf-8")


def load(folder: Path, fields: FieldSet) -> tuple[Model | None, Calibration | None]:
    """Return what `save` kept, or nothing."""
    file = folder / CALIBRATION_FILE
    if not file.is_file():
        return None, None
    kept = Calibration(**json.loads(file.read_text(encoding="utf-8")))
    return load_model(folder, fields), kept
