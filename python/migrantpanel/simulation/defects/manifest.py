"""The record of all damage: what was done, where, and what is true."""

import math

import numpy as np
import polars as pl

# One row per damaged value, row or file; `person` is null where a whole file is meant.
MANIFEST = {
    "kind": pl.String,
    "file_stem": pl.String,
    "file_year": pl.Int32,
    "person": pl.Int64,
    "column": pl.String,
    "true_value": pl.String,
    "delivered_value": pl.String,
}


def manifest_rows(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Complete rows of the manifest with the columns they leave out."""
    given = rows.with_columns(kind=pl.lit(kind))
    return given.select(
        (pl.col(name) if name in given.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in MANIFEST.items()
    )


def exactly(share: float, of: int, among: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a share of a number, rounded up, from row numbers: floors hold in small countries."""
    wanted = min(math.ceil(share * of), len(among))
    return np.sort(rng.permutation(among)[:wanted])
