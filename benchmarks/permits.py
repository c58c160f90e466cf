"""Permits hidden at random given the match keys, over 50 seeds: do shares of grounds come back?

    python benchmarks/permits.py VAULT [SEEDS]

VAULT is the vault of a build. Prints the largest mean difference between imputed and hidden shares
of a ground, pooled and per country group, and what the pattern that depends on the permit leaves.
"""

import sys
import time
from pathlib import Path

import duckdb
import polars as pl

from migrantpanel.imputation.hidden_permits import AT_RANDOM, BY_PERMIT, hidden_permits
from migrantpanel.imputation.permit import PermitRules

LARGE_GROUP = 500


def largest_difference(hidden: pl.DataFrame) -> tuple[str, float]:
    """Return the ground whose imputed share differs most from its hidden one, in points."""
    shares = [
        hidden.select(
            ground=pl.concat_str(f"permit_category_{side}", f"permit_ground_{side}", separator=" ")
        )["ground"].value_counts(normalize=True, name=side)
        for side in ("hidden", "imputed")
    ]
    both = shares[0].join(shares[1], on="ground", how="full", coalesce=True).fill_null(0.0)
    both = both.with_columns(points=100 * (pl.col("imputed") - pl.col("hidden")))
    worst = both.sort(pl.col("points").abs(), descending=True).row(0, named=True)
    return worst["ground"], worst["points"]


def read_cases(vault: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the cases of the donor search, and nothing for a pattern by permit."""
    with duckdb.connect(str(vault), read_only=True) as connection:
        cases = connection.sql("from imputation.imp_permit_search order by case_id").pl()
    types = {"first_year": pl.Int32, "last_year": pl.Int32, "permit_category": pl.String}
    pattern = pl.read_csv(
        Path(__file__).parent.parent / "seeds/imputation/permit_missing_pattern.csv",
        schema_overrides=types,
    )
    return cases, pattern


def main(vault: str, seeds: str = "50") -> None:
    """Hide, impute and compare; print the table."""
    cases, pattern = read_cases(Path(vault))
    recipients = cases.filter(pl.col("is_recipient") & pl.col("is_after_start")).height
    started = time.perf_counter()
    hidden = hidden_permits(cases, pattern, int(seeds), PermitRules())
    took = time.perf_counter() - started
    hidden = hidden.drop_nulls("permit_category_imputed")
    print(f"{cases.height:,} cases, {recipients:,} real recipients, {seeds} seeds, {took:.0f} s")
    print(f"{hidden.height / took:,.0f} imputed permits a second")
    for name in (AT_RANDOM, BY_PERMIT):
        part = hidden.filter(pattern=name)
        ground, points = largest_difference(part)
        print(f"\n{name}: pooled, largest mean difference {points:+.2f} points ({ground})")
        for (group,), rows in part.group_by("country_group", maintain_order=True):
            each = rows.height / int(seeds)
            ground, points = largest_difference(rows)
            size = "" if each >= LARGE_GROUP else f" (under {LARGE_GROUP} recipients a seed)"
            print(f"  {group:<22} {each:7.0f} {points:+6.2f} points ({ground}){size}")


if __name__ == "__main__":
    main(*sys.argv[1:])
