"""Calibration against closed forms, published formulae, a general optimiser, and R."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from absent import require_r
from calibration_sample import (
    MARGINS,
    POPULATION,
    SAMPLE,
    TOTALS,
    indicators,
    is_category,
    make_margins,
    make_sample,
    write_margins,
)
from migrantpanel.random import generator
from migrantpanel.weighting import CalibrationWarning, Calibrator, calibrate

SCRIPT = Path(__file__).parent / "r" / "calibrate_reference.R"
METHODS = [
    ("linear", None),
    ("raking", None),
    ("logit", (0.2, 4.0)),
    ("linear", (0.5, 2.0)),
    ("raking", (0.5, 2.0)),
]


# --- exactness -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "bounds"), METHODS)
@pytest.mark.parametrize("totals", [None, TOTALS])
def test_every_total_is_met(method, bounds, totals):
    result = calibrate(SAMPLE, "d", MARGINS, totals, method, bounds)
    matrix, goal = indicators(SAMPLE, MARGINS, totals or {})
    error = np.max(np.abs(matrix.T @ result.weights - goal) / goal)
    assert error < 1e-9
    assert result.converged
    assert result.max_relative_error < 1e-10
    assert result.max_relative_error == pytest.approx(error, abs=1e-12)
    assert np.allclose(result.weights, SAMPLE["d"].to_numpy() * result.g, rtol=1e-15)
    if bounds:
        assert result.g.min() >= bounds[0]
        assert result.g.max() <= bounds[1]
    ratio = (result.weights / result.weights.mean()) / (SAMPLE["d"] / SAMPLE["d"].mean()).to_numpy()
    assert np.allclose(result.ratio, ratio, rtol=1e-12)


def test_one_margin_is_poststratification_whatever_the_method():
    counts = MARGINS["age"]
    weighted = dict(SAMPLE.group_by("age").agg(pl.col("d").sum()).iter_rows())
    expected = np.array([counts[age] / weighted[age] for age in SAMPLE["age"]])
    for method, bounds in METHODS:
        result = calibrate(SAMPLE, "d", {"age": counts}, None, method, bounds)
        assert np.allclose(result.g, expected, rtol=1e-11)


def test_published_stratum_weights_come_out():
    """N / net n of two strata of the Norwegian survey: 68407 / 369 and 3035 / 259."""
    sample = pa.table({"stratum": ["a"] * 369 + ["b"] * 259, "one": np.ones(628)})
    result = calibrate(sample, "one", {"stratum": {"a": 68_407, "b": 3_035}})
    assert round(float(result.weights[0]), 1) == 185.4
    assert round(float(result.weights[-1]), 1) == 11.7


def test_linear_is_the_regression_estimator():
    """Deville and Särndal 1992, (1.4): w = d (1 + x' T^-1 (t - sum d x))."""
    matrix, goal = indicators(SAMPLE, {"sex": MARGINS["sex"]}, TOTALS)
    d = SAMPLE["d"].to_numpy()
    moment = matrix.T @ (d[:, None] * matrix)
    expected = 1 + matrix @ np.linalg.solve(moment, goal - matrix.T @ d)
    result = calibrate(SAMPLE, "d", {"sex": MARGINS["sex"]}, TOTALS)
    assert np.allclose(result.g, expected, rtol=1e-10)


def test_ratio_estimator_from_one_numeric_total():
    """A single total x and linear distance give g = 1 + x (X - X̂) / sum d x²."""
    d, x = SAMPLE["d"].to_numpy(), SAMPLE["income"].to_numpy()
    expected = 1 + x * (TOTALS["income"] - d @ x) / (d @ x**2)
    assert np.allclose(
        calibrate(SAMPLE, "d", None, {"income": TOTALS["income"]}).g, expected, rtol=1e-12
    )


def test_raking_is_iterative_proportional_fitting():
    """Deming and Stephan's algorithm ends at the weights of the multiplicative distance."""
    weights = SAMPLE["d"].to_numpy().copy()
    places = [
        (np.flatnonzero(is_category(SAMPLE, name, category)), count)
        for name, counts in MARGINS.items()
        for category, count in counts.items()
    ]
    for _ in range(500):
        for rows, count in places:
            weights[rows] *= count / weights[rows].sum()
    result = calibrate(SAMPLE, "d", MARGINS, method="raking")
    assert np.allclose(result.weights, weights, rtol=1e-10)


def objective(method, bounds):
    """Return the distances of Deville and Särndal 1992, table 1, as functions of g."""
    if method == "linear":
        return lambda g: (g - 1) ** 2 / 2
    if method == "raking":
        return lambda g: g * np.log(g) - g + 1
    low, high = bounds
    scale = (high - low) / ((1 - low) * (high - 1))
    return lambda g: (
        ((g - low) * np.log((g - low) / (1 - low)) + (high - g) * np.log((high - g) / (high - 1)))
        / scale
    )


@pytest.mark.parametrize(("method", "bounds"), METHODS)
def test_no_other_weights_are_nearer(method, bounds):
    """A general optimiser, given the distance and the constraints alone, finds the same weights."""
    sample = make_sample(40, seed=3)
    margins, size = make_margins(sample, ["sex", "age"], seed=5)
    totals = {"years": size * float((sample["d"] * sample["years"]).sum() / sample["d"].sum())}
    result = calibrate(sample, "d", margins, totals, method, bounds)
    matrix, goal = indicators(sample, margins, totals)
    d, distance = sample["d"].to_numpy(), objective(method, bounds)
    independent = [0, 1, 2, 3, 4, 6]  # the last age group follows from the others
    low, high = bounds or (1e-6 if method == "raking" else -50, 50)
    edge = 1e-9 if method == "logit" else 0
    found = optimize.minimize(
        lambda g: float(d @ distance(g)) / d.sum(),
        np.ones(len(d)),
        method="SLSQP",
        bounds=[(low + edge, high - edge)] * len(d),
        constraints={
            "type": "eq",
            "fun": lambda g: ((matrix.T @ (d * g) - goal) / goal)[independent],
        },
        options={"ftol": 1e-15, "maxiter": 2000},
    )
    assert found.success, found.message
    assert np.allclose(result.g, found.x, atol=2e-5)
    assert float(d @ distance(np.clip(result.g, low + edge, None))) <= d.sum() * found.fun * (
        1 + 1e-7
    )


def test_logit_with_wide_bounds_is_raking():
    """For L -> 0 and U -> infinity the logit distance becomes the multiplicative one."""
    raking = calibrate(SAMPLE, "d", MARGINS, method="raking")
    logit = calibrate(SAMPLE, "d", MARGINS, method="logit", bounds=(0, 1e9))
    assert np.allclose(raking.g, logit.g, rtol=1e-7)


def test_bounds_that_do_not_bind_change_nothing():
    free = calibrate(SAMPLE, "d", MARGINS)
    bound = calibrate(SAMPLE, "d", MARGINS, bounds=(0.05, 20))
    assert np.allclose(free.g, bound.g, rtol=1e-12)


def test_redundant_margins_are_no_obstacle():
    """A region nested in a province, and the same margin under two names."""
    sample = SAMPLE.with_columns(
        broad=pl.col("age").replace_strict({"15": "a", "25": "a", "45": "b", "65": "b"}),
        copy=pl.col("age"),
    )
    age = MARGINS["age"]
    broad = {"a": age["15"] + age["25"], "b": age["45"] + age["65"]}
    for method, bounds in METHODS:
        more = calibrate(
            sample, "d", {**MARGINS, "broad": broad, "copy": age}, None, method, bounds
        )
        assert np.allclose(
            more.g, calibrate(sample, "d", MARGINS, None, method, bounds).g, rtol=1e-9
        )


def test_numeric_totals_far_from_zero_stay_exact():
    """A year of birth is nearly a constant; its margin must not be lost in rounding."""
    sample = SAMPLE.with_columns(birth=1_900_000 + pl.col("years"))
    total = POPULATION * (1_900_000 + 21)
    result = calibrate(sample, "d", {"sex": MARGINS["sex"]}, {"birth": total})
    same = calibrate(sample, "d", {"sex": MARGINS["sex"]}, {"years": POPULATION * 21})
    assert np.allclose(result.g, same.g, rtol=1e-8)


def test_a_numeric_total_of_zero_can_be_met():
    sample = SAMPLE.with_columns(centred=pl.col("years") - 20.0)
    result = calibrate(sample, "d", {"sex": MARGINS["sex"]}, {"centred": 0})
    assert abs(float(result.weights @ sample["centred"].to_numpy())) < 1e-9 * POPULATION


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_design_weights_on_any_scale(scale):
    """Without bounds, raking depends on the design weights up to a factor only."""
    sample = SAMPLE.with_columns(pl.col("d") * scale)
    result = calibrate(sample, "d", MARGINS, method="raking")
    expected = calibrate(SAMPLE, "d", MARGINS, method="raking").weights
    assert np.allclose(result.weights, expected, rtol=1e-9)


# --- what R gives --------------------------------------------------------------------------------


@pytest.mark.r
@pytest.mark.parametrize("with_totals", [False, True])
def test_weights_equal_those_of_r_survey(tmp_path, with_totals):
    require_r("survey")
    sample = make_sample(1_500, seed=11)
    margins, size = make_margins(sample, ["sex", "age", "education"], seed=11)
    totals = {"years": size * 20.5, "income": size * 24_000.0} if with_totals else {}
    cases = {
        "linear": ("linear", None),
        "raking": ("raking", None),
        "logit:0.3:3": ("logit", (0.3, 3.0)),
        "linear:0.7:1.6": ("linear", (0.7, 1.6)),
    }
    if not with_totals:
        cases |= {"rake": ("raking", None), "poststratify": ("logit", (0.3, 3.0))}
    sample.with_columns(pl.col("education").fill_null("unknown")).write_csv(tmp_path / "sample.csv")
    write_margins(tmp_path / "margins.csv", margins, totals, null="unknown")
    subprocess.run(
        ["Rscript", SCRIPT, "sample.csv", "margins.csv", "weights.csv", *cases],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    reference = pl.read_csv(tmp_path / "weights.csv")
    for case, (method, bounds) in cases.items():
        counts = {"sex": margins["sex"]} if case == "poststratify" else margins
        result = calibrate(sample, "d", counts, totals, method, bounds)
        expected = reference[case].to_numpy()
        assert np.max(np.abs(result.weights / expected - 1)) < 1e-8, case


# --- properties ----------------------------------------------------------------------------------


@st.composite
def feasible(draw):
    """Return a sample with totals that some g inside (0.4, 2.5) meets, and those bounds."""
    seed = draw(st.integers(0, 2**32 - 1))
    rows = draw(st.integers(5, 120))
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    numeric = draw(st.integers(0, 2))
    random = generator(seed, "feasible")
    data = {f"m{i}": random.integers(0, size, rows) for i, size in enumerate(sizes)}
    values = {f"x{i}": random.lognormal(0, 1, rows) for i in range(numeric)}
    design = random.lognormal(3, 0.5, rows)
    weights = design * random.uniform(0.45, 2.4, rows)
    margins = {
        name: {int(code): float(weights[codes == code].sum()) for code in np.unique(codes)}
        for name, codes in data.items()
    }
    totals = {name: float(weights @ x) for name, x in values.items()}
    return pl.DataFrame(data | values | {"d": design}), margins, totals


@settings(max_examples=60, deadline=None)
@given(feasible(), st.sampled_from(["linear", "raking", "logit"]), st.booleans())
def test_feasible_totals_are_always_met(problem, method, bounded):
    sample, margins, totals = problem
    bounds = (0.4, 2.5) if bounded or method == "logit" else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CalibrationWarning)
        result = calibrate(sample, "d", margins, totals, method, bounds)
    for name, counts in margins.items():
        for category, count in counts.items():
            met = result.weights[(sample[name] == category).to_numpy()].sum()
            assert abs(met - count) <= 1e-9 * count
    for name, total in totals.items():
        assert abs(result.weights @ sample[name].to_numpy() - total) <= 1e-9 * total


@pytest.mark.parametrize("method", ["linear", "raking", "logit"])
def test_solutions_with_nearly_all_weights_at_a_bound_are_found(method):
    """Totals of weights that are two percent inside either bound: hardly any cell is free."""
    bounds = (0.01, 20.0)
    room = 0.02 * (1 - bounds[0])
    for seed in range(100):
        random = generator(seed, "extreme")
        rows = int(random.integers(10, 45))
        codes = {f"m{i}": random.integers(0, 4, rows) for i in range(3)}
        x = random.lognormal(0, 1, rows)
        design = random.lognormal(3, 1, rows)
        g = random.choice([bounds[0] + room, bounds[1] - room], rows, p=[0.7, 0.3])
        margins = {
            name: {int(code): float((design * g)[values == code].sum()) for code in set(values)}
            for name, values in codes.items()
        }
        sample = pl.DataFrame(codes | {"x": x, "d": design})
        result = calibrate(sample, "d", margins, {"x": float((design * g) @ x)}, method, bounds)
        assert result.max_relative_error <= 1e-10


@settings(max_examples=25, deadline=None)
@given(feasible(), st.integers(0, 1000), st.floats(0.01, 100))
def test_order_and_scale_do_not_matter(problem, seed, factor):
    sample, margins, totals = problem
    result = calibrate(sample, "d", margins, totals, "logit", (0.4, 2.5))
    order = generator(seed, "order").permutation(sample.height)
    moved = calibrate(sample[order], "d", margins, totals, "logit", (0.4, 2.5))
    assert np.allclose(moved.weights, result.weights[order], rtol=1e-7)
    scaled = calibrate(
        sample.with_columns(pl.col("d") * factor),
        "d",
        {name: {k: v * factor for k, v in counts.items()} for name, counts in margins.items()},
        {name: total * factor for name, total in totals.items()},
        "logit",
        (0.4, 2.5),
    )
    assert np.allclose(scaled.g, result.g, rtol=1e-7)


def test_folding_rows_into_cells_changes_nothing():
    """A numeric total that is different in every row keeps rows apart; its own total is kept."""
    result = calibrate(SAMPLE, "d", MARGINS, method="raking")
    own = {"income": float(result.weights @ SAMPLE["income"].to_numpy())}
    apart = calibrate(SAMPLE, "d", MARGINS, own, method="raking")
    assert np.allclose(apart.weights, result.weights, rtol=1e-9)


def test_results_are_the_same_bytes_on_any_number_of_threads(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        "import hashlib, numpy as np, polars as pl\n"
        "from migrantpanel.random import generator\n"
        "from migrantpanel.weighting import calibrate\n"
        "draw = generator(1, 'threads')\n"
        "data = {f'm{i}': draw.integers(0, 6, 60_000) for i in range(30)}\n"
        "frame = pl.DataFrame(data | {'x': draw.lognormal(0, 1, 60_000)})\n"
        "w = draw.uniform(0.5, 2, 60_000)\n"
        "margins = {n: dict(enumerate(np.bincount(c, weights=w).tolist()))\n"
        "           for n, c in data.items()}\n"
        "result = calibrate(frame, np.ones(60_000), margins,\n"
        "                   {'x': float((w * frame['x'].to_numpy()).sum())}, 'raking')\n"
        "print(hashlib.sha256(result.weights.tobytes()).hexdigest())\n"
    )
    hashes = set()
    for threads in ("1", "2", "4"):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS")
        done = subprocess.run(
            [sys.executable, script],
            env=os.environ | dict.fromkeys(names, threads),
            capture_output=True,
            text=True,
            check=True,
        )
        hashes.add(done.stdout)
    assert len(hashes) == 1


# --- kinds of input ------------------------------------------------------------------------------


def test_pandas_polars_and_arrow_give_the_same_bytes():
    expected = calibrate(SAMPLE, "d", MARGINS, TOTALS).weights
    frames = [
        SAMPLE.to_pandas(),
        SAMPLE.lazy(),
        SAMPLE.to_arrow(),
        SAMPLE.to_arrow().to_batches()[0],
        SAMPLE.with_columns(pl.col("sex").cast(pl.Categorical)),
        SAMPLE.to_pandas().astype({"age": "category", "education": object}),
        pa.concat_tables([SAMPLE.to_arrow()[:150], SAMPLE.to_arrow()[150:]]),
        pl.concat([SAMPLE[:3], SAMPLE])[3:],
        pl.concat([SAMPLE[:100], SAMPLE[100:]], rechunk=False),
    ]
    for frame in frames:
        assert np.array_equal(calibrate(frame, "d", MARGINS, TOTALS).weights, expected)


def test_categories_are_compared_as_text():
    numbers = pd.DataFrame({"code": [1.0, 2.0, 2.0, np.nan], "d": [1.0, 1.0, 1.0, 1.0]})
    for counts in [
        {1: 2, 2: 5, None: 1},
        {"1": 2, "2": 5, float("nan"): 1},
        {1.0: 2, 2: 5, pd.NA: 1},
    ]:
        assert calibrate(numbers, "d", {"code": counts}).weights == pytest.approx([2, 2.5, 2.5, 1])
    flags = pl.DataFrame({"flag": [True, False, True], "d": [1, 1, 1]})
    assert calibrate(flags, "d", {"flag": {True: 4, False: 3}}).weights == pytest.approx([2, 3, 2])
    unknown = pl.DataFrame({"code": [None, None], "d": [1, 3]})
    assert calibrate(unknown, "d", {"code": {None: 8}}).weights == pytest.approx([2, 6])
    padded = pl.DataFrame({"code": ["01", "1"], "d": [1, 1]})
    assert calibrate(padded, "d", {"code": {"01": 4, "1": 3}}).weights == pytest.approx([4, 3])


def test_design_weights_may_be_given_as_numbers():
    d = SAMPLE["d"].to_numpy()
    assert np.array_equal(
        calibrate(SAMPLE, d, MARGINS).weights, calibrate(SAMPLE, "d", MARGINS).weights
    )
    assert np.array_equal(
        calibrate(SAMPLE, list(d), MARGINS).weights, calibrate(SAMPLE, "d", MARGINS).weights
    )


def test_domains_are_calibrated_apart():
    groups = SAMPLE["sex"].unique(maintain_order=True).to_list()
    margins, totals, expected = {}, {}, np.empty(SAMPLE.height)
    for seed, group in enumerate(groups):
        part = SAMPLE.filter(pl.col("sex") == group)
        margins[group], size = make_margins(part, ["age", "education"], seed=seed + 20)
        totals[group] = {"years": size * 20}
        rows = (SAMPLE["sex"] == group).to_numpy()
        expected[rows] = calibrate(
            part, "d", margins[group], totals[group], "logit", (0.2, 5)
        ).weights
    result = calibrate(SAMPLE, "d", margins, totals, "logit", (0.2, 5), domain="sex")
    assert np.allclose(result.weights, expected, rtol=1e-12)


def test_a_calibrator_serves_many_replicates():
    """Rows left out of a replicate have weight 0 and keep it."""
    calibrator = Calibrator(SAMPLE, MARGINS, TOTALS)
    draw = generator(1, "replicates")
    for _ in range(5):
        replicate = SAMPLE["d"].to_numpy() * draw.poisson(1.0, SAMPLE.height)
        result = calibrator.weigh(replicate, "raking", allow_zero=True)
        used = replicate > 0
        direct = calibrate(SAMPLE.filter(used), replicate[used], MARGINS, TOTALS, "raking")
        assert np.allclose(result.weights[used], direct.weights, rtol=1e-9)
        assert not result.weights[~used].any()
        assert np.isfinite(result.ratio).all()


def test_a_category_without_rows_may_have_total_zero():
    counts = MARGINS["sex"] | {"unborn": 0}
    result = calibrate(SAMPLE, "d", {"sex": counts})
    assert np.array_equal(result.weights, calibrate(SAMPLE, "d", {"sex": MARGINS["sex"]}).weights)


def test_negative_linear_weights_are_announced():
    sample = pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "one": ["a"] * 4, "d": [10.0] * 4})
    with pytest.warns(CalibrationWarning, match=r"1 of 4 weights are negative, the lowest -"):
        calibrate(sample, "d", {"one": {"a": 40}}, {"x": 155})
