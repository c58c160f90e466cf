"""Many vectors calibrated at once equal each calibrated alone; and what replicates may lack."""

import numpy as np
import polars as pl
import pytest

from migrantpanel.errors import UserError
from migrantpanel.random import generator
from migrantpanel.weighting.batch import OUTCOMES, calibrate_batch
from migrantpanel.weighting.calibration import Calibrator
from migrantpanel.weighting.survey_replicates import replicate_weights

ROWS, REPLICATES = 300, 12


def sample() -> tuple[np.ndarray, dict, dict, float]:
    draw = generator(3, "batch")
    start = draw.lognormal(2, 0.4, ROWS)
    population = float(start.sum())
    codes, totals = {}, {}
    for name, size in {"age": 5, "sex": 2, "region": 3}.items():
        codes[name] = draw.integers(0, size, ROWS).astype(str).astype(object)
        labels, place = np.unique(codes[name].astype(str), return_inverse=True)
        wanted = np.bincount(place, weights=start) * draw.uniform(0.85, 1.2, len(labels))
        wanted *= population / wanted.sum()
        totals[name] = dict(zip(labels.tolist(), wanted.tolist(), strict=True))
    return start, codes, totals, population


START, CODES, TOTALS, POPULATION = sample()


def bootstrap(seed: int = 5) -> np.ndarray:
    draw = generator(seed, "factors")
    counts = [
        np.bincount(draw.integers(0, ROWS, ROWS - 1), minlength=ROWS) for _ in range(REPLICATES)
    ]
    return np.stack(counts, axis=1) * ROWS / (ROWS - 1)


@pytest.mark.parametrize(
    ("method", "bounds"),
    [("linear", (0.34, 2.95)), ("linear", None), ("logit", (0.3, 3.5)), ("raking", None)],
)
def test_each_replicate_equals_its_own_calibration(method, bounds):
    start = START[:, None] * bootstrap()
    batch = calibrate_batch(start, CODES, TOTALS, POPULATION, method, bounds)
    assert (batch.outcome == OUTCOMES.index("within_bounds")).all()
    frame = pl.DataFrame({name: pl.Series(codes, dtype=pl.String) for name, codes in CODES.items()})
    calibrator = Calibrator(frame, TOTALS)
    for number in range(REPLICATES):
        given = start[:, number] * POPULATION / start[:, number].sum()
        alone = calibrator.weigh(given, method, bounds, allow_zero=True).weights
        assert np.allclose(batch.weights[:, number], alone, rtol=1e-9, atol=1e-10)


def test_other_replicates_change_nothing():
    start = START[:, None] * bootstrap()
    whole = calibrate_batch(start, CODES, TOTALS, POPULATION, "linear", (0.34, 2.95))
    part = calibrate_batch(start[:, 3:4], CODES, TOTALS, POPULATION, "linear", (0.34, 2.95))
    assert np.allclose(whole.weights[:, 3:4], part.weights, rtol=1e-13)


def sums(weights: np.ndarray, name: str) -> np.ndarray:
    return np.array([weights[CODES[name] == label].sum() for label in TOTALS[name]])


def test_a_replicate_out_of_bounds_goes_further_and_stays_exact():
    factors = np.ones((ROWS, 1))
    factors[CODES["sex"] == "1"] = 0.15
    batch = calibrate_batch(
        START[:, None] * factors, CODES, TOTALS, POPULATION, "linear", (0.8, 1.3)
    )
    assert OUTCOMES[batch.outcome[0]] == "wider_bounds"
    assert (batch.weights > 0).all()
    for name in CODES:
        assert np.allclose(sums(batch.weights[:, 0], name), list(TOTALS[name].values()), rtol=1e-9)


def test_a_replicate_without_a_category_gives_up_its_margin():
    factors = np.ones((ROWS, 3))
    factors[CODES["region"] == "2", 0] = 0
    factors[CODES["age"] == "2", 1] = 0
    factors[:, 2] = 0
    batch = calibrate_batch(
        START[:, None] * factors, CODES, TOTALS, POPULATION, "linear", (0.34, 2.95)
    )
    assert [OUTCOMES[kind] for kind in batch.outcome] == [
        "fewer_margins",
        "population_only",
        "empty",
    ]
    assert np.allclose(sums(batch.weights[:, 0], "age"), list(TOTALS["age"].values()), rtol=1e-9)
    assert batch.weights.sum(axis=0) == pytest.approx([POPULATION, POPULATION, 0])
    assert (batch.weights >= 0).all()


def relations() -> dict[str, pl.DataFrame]:
    """Return a survey in two strata, as the weighting layer has it."""
    ids = [f"S2006-{number:03}" for number in range(ROWS)]
    key = {"survey": "S", "survey_year": 2006, "domain": "TUR", "variant": "calibrated"}
    units = pl.DataFrame({"respondent_id": ids, "start_weight": START}).with_columns(
        population=pl.lit(POPULATION), **{name: pl.lit(value) for name, value in key.items()}
    )
    names = list(CODES)
    return {
        "design": pl.DataFrame(
            {
                "respondent_id": ids,
                "survey": "S",
                "survey_year": 2006,
                "variance_stratum": ["a", "b"] * (ROWS // 2),
                "variance_unit": ids,
                "population_units": None,
                "weight_nonresponse": START,
            },
            schema_overrides={"population_units": pl.Float64},
        ),
        "units": units,
        "members": pl.concat(
            pl.DataFrame(
                {
                    "respondent_id": ids,
                    "variant": "calibrated",
                    "margin": name,
                    "category": CODES[name].tolist(),
                }
            )
            for name in names
        ),
        "targets": pl.concat(
            pl.DataFrame(
                {
                    **key,
                    "margin": name,
                    "category": list(TOTALS[name]),
                    "total": list(TOTALS[name].values()),
                }
            )
            for name in names
        ),
        "wanted": pl.DataFrame({"margin": names, "importance": [1, 2, 3]}).with_columns(
            survey=pl.lit("S"), survey_year=pl.lit(2006), variant=pl.lit("calibrated")
        ),
        "settings": pl.DataFrame(
            {
                "survey": ["S"],
                "survey_year": [2006],
                "method": ["linear"],
                "lower_bound": [0.34],
                "upper_bound": [2.95],
            }
        ),
    }


@pytest.mark.parametrize("method", ["bootstrap", "jackknife"])
def test_every_replicate_of_a_survey_is_calibrated(method):
    found = pl.from_arrow(replicate_weights(**relations(), count=20, method=method, seed=1))
    reached = (
        found.with_columns(pl.col("respondent_id").cast(pl.String))
        .join(relations()["members"], on="respondent_id")
        .group_by("replicate", "margin", "category")
        .agg(pl.col("weight").sum())
        .join(relations()["targets"], on=["margin", "category"])
    )
    assert set(found["calibration"].cast(pl.String)) == {"within_bounds"}
    assert np.allclose(reached["weight"], reached["total"], rtol=1e-9)
    assert found["replicate"].min() == 1
    if method == "bootstrap":
        assert found["replicate"].max() == 20
        assert found["variance_factor"].unique().to_list() == [1 / 20]


def test_another_survey_changes_no_replicate():
    alone = replicate_weights(**relations(), count=5)
    both = relations()
    other = both["design"].with_columns(
        survey=pl.lit("A"), respondent_id=pl.lit("A") + pl.col("respondent_id")
    )
    both["design"] = pl.concat([other, both["design"]])
    found = pl.from_arrow(replicate_weights(**both, count=5))
    text = pl.col("respondent_id").cast(pl.String)
    kept = found.filter(text.str.starts_with("S"))
    assert kept["weight"].to_list() == pl.from_arrow(alone)["weight"].to_list()
    uncalibrated = found.filter(text.str.starts_with("A"))
    assert set(uncalibrated["calibration"].cast(pl.String)) == {"not_calibrated"}


def test_without_a_sample_there_are_no_replicates():
    """A delivery without sample files has no weights, and the build goes on."""
    empty = {name: frame.clear() for name, frame in relations().items()}
    found = replicate_weights(**empty, count=5)
    assert found.num_rows == 0
    assert found.schema == replicate_weights(**relations(), count=5).schema


def test_unusable_settings_are_named():
    with pytest.raises(UserError, match="replicate_method 'brr' is unknown: use bootstrap or"):
        replicate_weights(**relations(), count=20, method="brr")
    with pytest.raises(UserError, match="replicate_count 1 is too few"):
        replicate_weights(**relations(), count=1)
