"""Coverage of intervals: a short simulation, and the committed table of the long one."""

import csv
import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from migrantpanel.project import project_dir

SAMPLES, FEW = 120, 30


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    path = project_dir() / "benchmarks" / "coverage.py"
    specification = importlib.util.spec_from_file_location("coverage_benchmark", path)
    module = importlib.util.module_from_spec(specification)
    sys.modules["coverage_benchmark"] = module
    specification.loader.exec_module(module)
    return module


def test_intervals_hold_the_truth_in_a_short_run(coverage: ModuleType) -> None:
    """120 of the 2,000 samples: each estimand within 3.5 of their Monte Carlo errors, and the
    mean within two of a single estimand's, as estimates of one sample go together."""
    with threadpool_limits(1):
        rows = coverage.simulate("margins", SAMPLES)
    error = (0.95 * 0.05 / SAMPLES) ** 0.5
    assert len(rows) >= 20
    assert min(row.n for row in rows) >= 100
    assert all(abs(row.coverage - 0.95) < 3.5 * error for row in rows)
    assert abs(np.mean([row.coverage for row in rows]) - 0.95) < 2 * error
    for row in rows:
        if row.r_squared >= 0.1:
            assert row.mse_ratio < 1.1, row
        # The standard deviation of 120 estimates is known to 6.5 %.
        assert row.se_ratio == pytest.approx(1.0, abs=0.25), row


def test_intervals_fail_where_response_depends_on_the_outcome(coverage: ModuleType) -> None:
    with threadpool_limits(1):
        rows = coverage.simulate("outcome", FEW)
    employed = [row for row in rows if row.outcome == "employed" and row.domain == "all"]
    assert employed[0].coverage < 0.5
    assert employed[0].bias_in_se > 3


def test_the_table_of_the_long_run_meets_the_plan() -> None:
    path = project_dir() / "benchmarks" / "coverage.csv"
    with path.open(encoding="utf-8") as lines:
        assert "--samples 2000" in lines.readline()
        rows = list(csv.DictReader(lines))
    main = [row for row in rows if row["scenario"] == "margins"]
    assert len(main) >= 20
    assert {int(row["samples"]) for row in rows} == {2_000}
    covered = [float(row["coverage"]) for row in main]
    assert 0.94 < np.mean(covered) < 0.96
    assert max(abs(value - 0.95) for value in covered) < 3.5 * (0.95 * 0.05 / 2_000) ** 0.5
    for row in main:
        explained, ratio = float(row["r_squared"]), float(row["mse_ratio"])
        assert ratio < 1 if explained >= 0.1 else ratio <= 1.05, row
    failed = [row for row in rows if row["scenario"] == "outcome" and row["outcome"] == "employed"]
    assert min(float(row["coverage"]) for row in failed) < 0.5
