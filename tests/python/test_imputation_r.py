"""The same numbers as the R packages, run live: mice for pooling, VIM for donors.

StatMatch, the other model of the donor search, is no Debian package.
"""

import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from absent import require_r
from migrantpanel.imputation import donor_impute, pool
from migrantpanel.random import generator

pytestmark = pytest.mark.r
# Smaller shares of variance due to imputation count as this much in mice's degrees of freedom.
MICE_LEAST_SHARE = 1e-4
SCRIPTS = Path(__file__).parent / "r"


def run_r(package: str, script: str, given: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Run a script on a table and return the table it writes; skip where R is absent."""
    require_r(package)
    given.write_csv(folder / "given.csv")
    done = subprocess.run(
        ["Rscript", SCRIPTS / script, folder / "given.csv", folder / "result.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return pl.read_csv(folder / "result.csv", infer_schema_length=None)


@pytest.mark.parametrize("m", [2, 5, 20])
def test_pooling_equals_mice(m: int, tmp_path: Path) -> None:
    rng = generator(m, "mice")
    cases = 200
    n = rng.integers(12, 3_000, cases).astype(float)
    n[::4] = np.inf
    k = rng.integers(1, 10, cases)
    q = rng.normal(scale=rng.uniform(0.1, 3, cases), size=(m, cases))
    u = rng.uniform(0.1, 4, size=(m, cases))
    given = pl.DataFrame(
        {f"q{i + 1}": q[i] for i in range(m)}
        | {f"u{i + 1}": u[i] for i in range(m)}
        | {"n": ["Inf" if np.isinf(x) else str(x) for x in n], "k": k}
    )
    expected = run_r("mice", "pool_reference.R", given, tmp_path)
    assert expected.height == cases
    compared = 0
    for case, row in enumerate(expected.iter_rows(named=True)):
        size = None if np.isinf(n[case]) else n[case]
        pooled = pool(q[:, case], u[:, case], n=size, k=k[case])
        if 1 - pooled.within / pooled.variance < MICE_LEAST_SHARE:
            continue
        compared += 1
        low, high = pooled.interval()
        for name, value in row.items():
            own = {"low": low, "high": high}.get(name, getattr(pooled, name, None))
            assert own == pytest.approx(value, rel=1e-9), (case, name)
    assert compared > 0.9 * cases


def test_donors_equal_vim(tmp_path: Path) -> None:
    """Within cells, on continuous values, where the nearest donor is one and only one."""
    rng = generator(1, "vim")
    count, cells = 3_000, 6
    table = pl.DataFrame(
        {
            "id": np.arange(count),
            "cell": np.arange(count) % cells,
            "x": rng.random(count),
            "y": rng.random(count),
            "donor": (rng.random(count) < 0.7).astype(int),
        }
    )
    # Donors at the corners: each column then has the range 1 in each cell.
    corner = pl.col("id") < 2 * cells
    table = table.with_columns(
        pl.when(corner).then(pl.col("id") // cells).otherwise(pl.col("x")).alias("x"),
        pl.when(corner).then(pl.col("id") // cells).otherwise(pl.col("y")).alias("y"),
        pl.when(corner).then(1).otherwise(pl.col("donor")).alias("donor"),
    ).with_columns(pl.when(pl.col("donor") == 1).then(pl.col("id")).alias("target"))
    expected = run_r("VIM", "donor_reference.R", table, tmp_path)
    recipients, donors = (table.filter(pl.col("donor") == side) for side in (0, 1))
    result = donor_impute(
        recipients.drop("target"), donors, "id", ["cell"], ["x", "y"], ["target"], seed=1
    )
    own = dict(zip(result["recipient_id"].to_pylist(), result["donor_id"].to_pylist(), strict=True))
    assert expected.height == recipients.height > 800
    assert own == dict(expected.select("id", "donor").iter_rows())
