"""Standard errors: against formulas written out here, against R survey, and against truth."""

import csv
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from calibration_sample import make_margins, make_sample, write_margins
from migrantpanel.project import project_dir
from migrantpanel.random import generator
from migrantpanel.weighting import Calibrator, calibrate
from migrantpanel.weighting.linearisation import Linearisation
from migrantpanel.weighting.replicates import jackknife, rao_wu, without_lone_units
from migrantpanel.weighting.variance import (
    SampleDesign,
    VarianceError,
    estimate,
    model_matrix,
    replicate_weights,
)

MARGINS = ["sex", "age", "education"]


def drawn_sample(rows: int = 400) -> pl.DataFrame:
    """Return a stratified sample in clusters, with an outcome that the margins explain."""
    draw = generator(3, "variance sample")
    sample = make_sample(rows).with_columns(pl.col("education").fill_null("unknown"))
    effect = {"1": 0.0, "2": 1.0, "3": 2.5, "unknown": 0.5}
    return sample.with_columns(
        stratum=pl.Series(draw.choice(["a", "b", "c", "d"], rows)),
        unit=pl.Series(draw.integers(0, 12, rows)).cast(pl.String),
        group=pl.Series(draw.choice(["x", "y", "z"], rows, p=[0.5, 0.3, 0.2])),
        y=pl.col("education").replace_strict(effect) + pl.Series(draw.normal(size=rows)),
        size=pl.lit(450.0),
    )


SAMPLE = drawn_sample()
TOTALS, _ = make_margins(SAMPLE, MARGINS)
ELEMENT = SampleDesign("d", "stratum", population_units="size")
CLUSTER = SampleDesign("d", "stratum", "unit")
CASES = {
    "design": (ELEMENT, None, None),
    "cluster": (CLUSTER, None, None),
    "linear": (ELEMENT, "linear", None),
    "raking": (ELEMENT, "raking", None),
    "logit": (ELEMENT, "logit", (0.3, 3.0)),
    "cluster_raking": (CLUSTER, "raking", None),
}


def calibrated(case: str) -> tuple[pl.DataFrame, SampleDesign]:
    """Return the sample with the weights of a case, and the design that goes with them."""
    design, method, bounds = CASES[case]
    if method is None:
        return SAMPLE, design
    weights = calibrate(SAMPLE, "d", TOTALS, method=method, bounds=bounds).weights
    told = SampleDesign(
        "w", design.stratum, design.unit, design.population_units, "d", tuple(MARGINS)
    )
    return SAMPLE.with_columns(w=weights), told


def by_hand(frame: pl.DataFrame, design: SampleDesign, y: np.ndarray, inside: np.ndarray):
    """Return a domain mean and its error: residuals, summed per unit, spread within strata."""
    weight = frame[design.weight].to_numpy()
    share = weight * inside / (weight * inside).sum()
    mean = (share * y).sum()
    score = inside * (y - mean) / (weight * inside).sum()
    if design.margins:
        x = model_matrix(frame, design).to_numpy()
        root = np.sqrt(frame["d"].to_numpy())
        beta = np.linalg.lstsq(x * root[:, None], score * root, rcond=1e-10)[0]
        score = score - x @ beta
    unit = design.unit or "row"
    parts = frame.with_row_index("row").with_columns(u=weight * score).group_by("stratum", unit)
    units = parts.agg(pl.col("u").sum(), pl.col("size").first())
    variance = 0.0
    for part in units.partition_by("stratum"):
        n = part.height
        fpc = 1 - n / part["size"][0] if design.population_units else 1.0
        variance += fpc * n * part["u"].var()
    return mean, variance**0.5


@pytest.mark.parametrize("case", CASES)
def test_linearised_errors_equal_the_formula(case: str) -> None:
    frame, design = calibrated(case)
    found = estimate(frame, "y", design, by=["group"])
    y = frame["y"].to_numpy()
    for row in found.iter_rows(named=True):
        inside = (frame["group"] == row["group"]).to_numpy()
        mean, se = by_hand(frame, design, y, inside)
        assert row["estimate"] == pytest.approx(mean, rel=1e-12)
        assert row["se"] == pytest.approx(se, rel=1e-8)
        assert row["n"] == inside.sum()
        assert row["lower"] < row["estimate"] < row["upper"]
    shares = estimate(frame, "group", design, statistic="share")
    for row in shares.iter_rows(named=True):
        inside = (frame["group"] == row["category"]).to_numpy().astype(float)
        mean, se = by_hand(frame, design, inside, np.ones(len(inside)))
        assert (row["estimate"], row["se"]) == pytest.approx((mean, se), rel=1e-8)


def test_calibration_takes_away_what_the_margins_explain() -> None:
    frame, design = calibrated("raking")
    with_residuals = estimate(frame, "y", design)["se"][0]
    without = estimate(frame, "y", SampleDesign("w", "stratum", population_units="size"))["se"][0]
    assert with_residuals < 0.85 * without
    # What was calibrated on has no error left.
    known = estimate(frame, "sex", design, statistic="share")
    assert known["se"].max() < 1e-9


def test_domains_of_the_calibration_have_their_own_residuals() -> None:
    totals = {
        group: make_margins(SAMPLE.filter(group=group), ["sex"])[0] for group in ("x", "y", "z")
    }
    weights = calibrate(SAMPLE, "d", totals, method="raking", domain="group").weights
    frame = SAMPLE.with_columns(w=weights)
    apart = SampleDesign("w", "stratum", None, None, "d", ("sex",), (), "group")
    known = estimate(frame.with_columns(woman=pl.col("sex") == "woman"), "woman", apart, ["group"])
    assert known["se"].max() < 1e-9
    assert known.height == 3


@pytest.mark.parametrize(
    ("design", "units", "population_units"),
    [(CLUSTER, SAMPLE["unit"], None), (ELEMENT, np.arange(400), SAMPLE["size"])],
    ids=["clusters", "persons"],
)
def test_jackknife_without_calibration_is_the_linearised_error_of_a_total(
    design: SampleDesign, units: Sequence, population_units: pl.Series | None
) -> None:
    replicates = jackknife(SAMPLE["stratum"], units, population_units=population_units)
    found = estimate(
        SAMPLE,
        "y",
        design,
        statistic="total",
        replicate_weights=SAMPLE["d"].to_numpy()[:, None] * replicates.factors,
        coefficient=replicates.coefficient,
    )
    exact = estimate(SAMPLE, "y", design, statistic="total")
    assert found["se"][0] == pytest.approx(exact["se"][0], rel=1e-9)


def test_replicates_come_near_the_linearised_error() -> None:
    frame, design = calibrated("raking")
    exact = estimate(frame, "y", design, by=["group"])
    weigh = Calibrator(SAMPLE, TOTALS).weigh
    rows = np.arange(SAMPLE.height)
    drawn = rao_wu(SAMPLE["stratum"], rows, 600, generator(1, "test"), SAMPLE["size"])
    dealt = jackknife(SAMPLE["stratum"], rows, 40, generator(1, "test"), SAMPLE["size"])
    for replicates, tolerance in ((drawn, 0.10), (dealt, 0.20)):
        weights = replicate_weights(weigh, SAMPLE["d"].to_numpy(), replicates, method="raking")
        assert weights.sum(axis=0) == pytest.approx(np.full(weights.shape[1], weights[:, 0].sum()))
        found = estimate(frame, "y", design, ["group"], "mean", weights, replicates.coefficient)
        assert found["estimate"].to_list() == pytest.approx(exact["estimate"].to_list(), rel=1e-12)
        assert found["se"].to_list() == pytest.approx(exact["se"].to_list(), rel=tolerance)


def test_the_bootstrap_has_the_design_variance_and_its_finite_population() -> None:
    """Over many replicates the variance of a total is that of the textbook, (1 - n/N) included."""
    stratum, y = SAMPLE["stratum"].to_numpy(), SAMPLE["y"].to_numpy()
    drawn = rao_wu(stratum, np.arange(400), 4000, generator(2, "test"), SAMPLE["size"])
    totals = (SAMPLE["d"].to_numpy() * y) @ drawn.factors
    exact = estimate(SAMPLE, "y", ELEMENT, statistic="total")
    # The Monte Carlo error of a standard deviation of 4,000 draws is 1.1 %.
    assert totals.std() == pytest.approx(exact["se"][0], rel=0.05)
    assert drawn.factors.mean() == pytest.approx(1.0, abs=1e-12)
    again = rao_wu(stratum, np.arange(400), 4000, generator(2, "test"), SAMPLE["size"])
    assert (again.factors == drawn.factors).all()


def test_a_lone_unit_is_joined_to_its_neighbour() -> None:
    strata = ["a", "a", "b", "c", "c", "d"]
    assert list(without_lone_units(strata, list("uvwxyz"))) == ["a", "a", "a", "c", "c", "c"]
    assert list(without_lone_units(["a", "b", "b"], list("uvw"))) == ["b", "b", "b"]
    assert list(without_lone_units(["a", "a"], ["u", "u"])) == ["a", "a"]
    replicates = rao_wu(strata, list("uvwxyz"), 50, generator(1, "lone"))
    assert (replicates.factors[2] == 0).any()


def test_a_lone_unit_counts_by_its_own_square() -> None:
    frame = SAMPLE.with_columns(
        stratum=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("lone")).otherwise("stratum")
    )
    found = estimate(frame, "y", SampleDesign("d", "stratum"))
    weight, y = frame["d"].to_numpy(), frame["y"].to_numpy()
    score = weight * (y - found["estimate"][0]) / weight.sum()
    variance = score[0] ** 2
    for stratum in "abcd":
        part = score[(frame["stratum"] == stratum).to_numpy()]
        variance += len(part) * part.var(ddof=1)
    assert found["se"][0] == pytest.approx(variance**0.5, rel=1e-9)


def test_missing_answers_leave_the_estimate_and_stay_in_the_design() -> None:
    frame = SAMPLE.with_columns(
        asked=pl.when(pl.col("sex") == "woman").then("y"), woman=pl.col("sex") == "woman"
    )
    found = estimate(frame, "asked", ELEMENT)
    domain = estimate(frame, "y", ELEMENT, by=["woman"]).filter("woman")
    assert found["estimate"][0] == pytest.approx(domain["estimate"][0], rel=1e-12)
    assert found["se"][0] == pytest.approx(domain["se"][0], rel=1e-9)


@pytest.mark.parametrize(
    ("change", "design", "words"),
    [
        ({}, SampleDesign("w"), "column 'w' is not in the data"),
        ({"d": pl.lit(0.0)}, ELEMENT, "weight 'd' is 0.0 in row 0"),
        ({"d": pl.lit(float("inf"))}, ELEMENT, "weight 'd' is inf in row 0"),
        ({"d": pl.lit(None, pl.Float64)}, ELEMENT, "weight 'd' is None in row 0"),
        ({"size": pl.lit(3.0)}, ELEMENT, "more units in the sample than in the population"),
        ({"stratum": pl.lit(None, pl.String)}, ELEMENT, "'stratum' has rows without a value"),
        ({}, SampleDesign("d", margins=("sex",)), "margins without input_weight"),
    ],
)
def test_an_unusable_design_is_said(change: dict, design: SampleDesign, words: str) -> None:
    with pytest.raises(VarianceError, match=words):
        estimate(SAMPLE.with_columns(**change), "y", design)


def test_no_rows_are_no_estimate() -> None:
    with pytest.raises(VarianceError, match="no rows"):
        estimate(SAMPLE.clear(), "y", ELEMENT)


def test_replicate_weights_must_fit_the_data() -> None:
    with pytest.raises(VarianceError, match="shape"):
        estimate(SAMPLE, "y", ELEMENT, replicate_weights=np.ones((3, 5)), coefficient=np.ones(5))
    with pytest.raises(VarianceError, match="coefficients"):
        estimate(SAMPLE, "y", ELEMENT, replicate_weights=np.ones((400, 5)))


@pytest.mark.r
def test_errors_equal_those_of_r_survey(tmp_path: Path) -> None:
    SAMPLE.write_csv(tmp_path / "sample.csv")
    write_margins(tmp_path / "margins.csv", TOTALS, {})
    script = project_dir() / "tests/python/r/variance_reference.R"
    files = [str(tmp_path / name) for name in ("sample.csv", "margins.csv", "output.csv")]
    done = subprocess.run(
        ["Rscript", str(script), *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "output.csv").open(encoding="utf-8") as lines:
        reference = list(csv.DictReader(lines))
    assert {row["case"] for row in reference} == {*CASES, "jackknife"}
    for case in CASES:
        frame, design = calibrated(case)
        tables = {
            ("mean", ""): estimate(frame, "y", design),
            ("total", ""): estimate(frame, "y", design, statistic="total"),
        }
        means = estimate(frame, "y", design, by=["group"])
        shares = estimate(frame, "group", design, statistic="share")
        for row in (row for row in reference if row["case"] == case):
            kind, domain = row["statistic"], row["domain"]
            if kind == "share":
                found = shares.filter(category=domain)
            else:
                found = means.filter(group=domain) if domain else tables[kind, ""]
            assert found["estimate"][0] == pytest.approx(float(row["estimate"]), rel=1e-8), row
            assert found["se"][0] == pytest.approx(float(row["se"]), rel=1e-8), row
    frame, design = calibrated("raking")
    rows = np.arange(SAMPLE.height)
    replicates = jackknife(SAMPLE["stratum"], rows)
    weights = replicate_weights(
        Calibrator(SAMPLE, TOTALS).weigh, SAMPLE["d"].to_numpy(), replicates, method="raking"
    )
    found = estimate(frame, "y", design, (), "mean", weights, replicates.coefficient)
    (row,) = (
        row
        for row in reference
        if row["case"] == "jackknife" and row["statistic"] == "mean" and not row["domain"]
    )
    assert found["se"][0] == pytest.approx(float(row["se"]), rel=1e-8)


@pytest.mark.parametrize("case", ["design", "cluster", "raking", "cluster_raking"])
def test_many_estimates_at_once_equal_one_by_one(case: str) -> None:
    frame, design = calibrated(case)
    matrix = model_matrix(frame, design).to_numpy() if design.margins else None
    prepared = Linearisation(
        frame[design.weight].to_numpy(),
        frame["stratum"],
        frame[design.unit] if design.unit else np.arange(frame.height).astype(str),
        frame["size"] if design.population_units else None,
        frame["d"].to_numpy() if design.margins else None,
        matrix,
    )
    groups = ["x", "y", "z"]
    inside = np.column_stack([(frame["group"] == group).to_numpy() for group in groups])
    y = frame["y"].to_numpy()[:, None] * inside
    means, errors = prepared.ratio_errors(y, inside.astype(float))
    one_by_one = estimate(frame, "y", design, by=["group"])
    assert means == pytest.approx(one_by_one["estimate"].to_numpy(), rel=1e-10)
    assert errors == pytest.approx(one_by_one["se"].to_numpy(), rel=1e-7)
    if design.margins:
        # The terms of the warehouse say the same: the variance without, less the corrections.
        bare = Linearisation(
            frame[design.weight].to_numpy(),
            frame["stratum"],
            frame[design.unit] if design.unit else np.arange(frame.height).astype(str),
            frame["size"] if design.population_units else None,
        )
        z = (y - means * inside) / (frame[design.weight].to_numpy() @ inside)
        terms = prepared.terms()
        c, h = terms.coordinate.T @ z, terms.effect.T @ z
        less = (c * (2 * h - terms.spread[:, None] * c)).sum(axis=0)
        assert np.sqrt(bare.errors(z) ** 2 - less) == pytest.approx(errors, rel=1e-7)
