"""The rebuilt Norwegian survey, against its printed numbers and the reference tables beside us."""

import csv
import re
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from conftest import World
from migrantpanel.weighting import calibrate
from migrantpanel.weighting.variance import SampleDesign, estimate

CATEGORIES = {"4.1": "all", "4.2": "immigrants", "4.3": "norwegian_born"}
OUTCOMES = {"interview": "response", "refusal": "refusal", "noncontact": "no_contact"}
OUTCOMES["other_nonresponse"] = "other"


@pytest.fixture(scope="module")
def stratum(world: World) -> pl.DataFrame:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        return connection.sql(
            "select * from statistics.stat_lki2016_stratum order by category, country"
        ).pl()


@pytest.fixture(scope="module")
def cell(world: World) -> dict[tuple[str, ...], dict]:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        rows = connection.sql("select * from statistics.stat_lki2016_cell").pl()
    key = ("table_number", "category", "country", "part", "measure")
    return {tuple(row[name] for name in key): row for row in rows.iter_rows(named=True)}


def interviews(stratum: pl.DataFrame) -> pl.DataFrame:
    """Return one row per interview, which the design weighs 1."""
    rows = stratum.select(pl.col("category", "country").repeat_by("net_n"))
    return rows.explode("category", "country").with_columns(one=pl.lit(1.0))


def test_the_two_printed_weights_are_exact(stratum: pl.DataFrame) -> None:
    weight = {(row["category"], row["country"]): row for row in stratum.iter_rows(named=True)}
    poland, turkey = weight["immigrants", "Poland"], weight["norwegian_born", "Turkey"]
    assert (poland["population_n"], poland["net_n"]) == (68_407, 369)
    assert (turkey["population_n"], turkey["net_n"]) == (3_035, 259)
    assert round(poland["weight"], 1) == 185.4
    assert round(turkey["weight"], 1) == 11.7
    assert stratum["is_population_printed"].sum() == 2


def test_the_totals_are_the_printed_ones(stratum: pl.DataFrame) -> None:
    totals = stratum.group_by("category").agg(pl.col("gross_n", "net_n").sum())
    assert stratum.height == 16
    assert stratum["out_of_scope_n"].sum() == 225
    rates = {row["category"]: 100 * row["net_n"] / row["gross_n"] for row in totals.to_dicts()}
    assert round(rates["immigrants"], 1) == 54.4
    assert round(rates["norwegian_born"], 1) == 52.8
    assert round(100 * stratum["net_n"].sum() / stratum["gross_n"].sum(), 1) == 54.1


def test_our_calibration_gives_the_weights(stratum: pl.DataFrame) -> None:
    """Country as the margin, per category: the post-stratified weight N / n of every stratum."""
    sample = interviews(stratum)
    margins = {
        category: {"country": dict(part.select("country", "population_n").rows())}
        for (category,), part in stratum.partition_by("category", as_dict=True).items()
    }
    for method in ("linear", "raking"):
        found = sample.with_columns(
            weight=calibrate(sample, "one", margins, method=method, domain="category").weights
        )
        weight = found.group_by("category", "country").agg(ours=pl.col("weight").first())
        table = stratum.join(weight, on=["category", "country"])
        assert table.height == 16
        assert table["ours"].to_list() == pytest.approx(table["weight"].to_list(), rel=1e-9)
        assert table["ours"].round(1).to_list() == table["printed_weight"].to_list()


def test_the_worked_example_of_uncertainty(stratum: pl.DataFrame) -> None:
    """172 of 373 interviews: 46.1 % with a margin of two errors of 5.2."""
    row = stratum.filter(category="immigrants", country="Pakistan").row(0, named=True)
    sample = pl.DataFrame({"y": np.repeat([1.0, 0.0], [172, row["net_n"] - 172])}).with_columns(
        w=pl.lit(row["weight"]), size=pl.lit(float(row["population_n"]))
    )
    found = estimate(sample, "y", SampleDesign("w"))
    assert round(100 * found["estimate"][0], 1) == 46.1
    assert round(200 * found["se"][0], 1) == 5.2
    corrected = estimate(sample, "y", SampleDesign("w", population_units="size"))
    assert round(200 * corrected["se"][0], 1) == 5.1


def test_every_cell_that_follows_is_met(cell: dict[tuple[str, ...], dict]) -> None:
    verdicts = [row["verdict"] for row in cell.values()]
    assert len(verdicts) == 452
    assert verdicts.count("differs") == 0
    assert verdicts.count("equal") > 0.94 * len(verdicts)


def test_strata_equal_the_reference(stratum: pl.DataFrame, shared_dir: Path) -> None:
    with (shared_dir / "reference/lki2016/derived_strata.csv").open(encoding="utf-8") as lines:
        reference = {(row["category"], row["country"]): row for row in csv.DictReader(lines)}
    assert len(reference) == 16
    for row in stratum.iter_rows(named=True):
        known = reference[row["category"], row["country"]]
        assert row["gross_n"] == int(known["gross_n"])
        assert row["net_n"] == int(known["net_n"])
        assert row["drawn_n"] == int(known["drawn_n_candidates"])
        if known["printed_population_N"]:
            assert row["population_n"] == int(known["printed_population_N"])
        else:
            low, high = (known[f"implied_population_N_{end}"] for end in ("min", "max"))
            assert int(low) <= row["population_low"] <= row["population_n"]
            assert row["population_n"] <= row["population_high"] <= int(high)


def checked_cell(check: str) -> tuple[str, ...] | None:
    """Return the cell that a line of checks.csv recomputes from counts; None for other lines."""
    if found := re.fullmatch(r"4\.11 (contact|recruitment) from counts (.+)", check):
        return "4.11", "all", found[2], "all", found[1]
    if found := re.fullmatch(r"(4\.[123]) country (\w+) share from counts (.+)", check):
        return found[1], CATEGORIES[found[1]], found[3], "all", f"{found[2]}_share"
    if found := re.fullmatch(r"3\.1 response rate (\w+) (\w+) from stratum sex counts", check):
        return "3.1", found[1], "All", found[2], "response"
    if found := re.fullmatch(r"3\.1 whole-sample response rate from counts (.+)", check):
        return "3.1", "all", found[1], "all", "response"
    if found := re.fullmatch(r"dev net-gross from exact sex counts (\w+) (.+) (\w+)", check):
        table = {"immigrants": "4.4", "norwegian_born": "4.5"}[found[1]]
        return table, found[1], found[2], found[3], "net_minus_gross"
    if found := re.fullmatch(r"outcome total from stratum counts (\w+?) (\w+)_pct", check):
        table = {"all": "4.8", "immigrants": "4.9", "norwegian_born": "4.10"}[found[1]]
        return table, found[1], "All", "all", OUTCOMES[found[2]]
    return None


def test_cells_equal_the_reference_checks(
    cell: dict[tuple[str, ...], dict], shared_dir: Path
) -> None:
    """A check of the reference holds the printed number and its own recomputation of it."""
    with (shared_dir / "reference/lki2016/checks.csv").open(encoding="utf-8") as lines:
        checks = list(csv.DictReader(lines))
    compared = 0
    for check in checks:
        key = checked_cell(check["check"])
        if key is None or key not in cell:
            continue
        mine = sorted((cell[key]["printed"], cell[key]["recomputed"]))
        theirs = sorted((float(check["expected"]), float(check["found"])))
        assert mine == pytest.approx(theirs, abs=0.00051), check
        compared += 1
    assert compared >= 140
