"""The record of all damage: what was done, where, and what is true."""

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from migrantpanel.simulation.parameters import load_parameters

# One row per damaged value or row, or per file and column: then `person` is null, and `rows` says
# in how many rows of the file (null: of the whole file). `number` is the person number of the row
# before any damage, for people with two.
MANIFEST = {
    "kind": pl.String,
    "file_stem": pl.String,
    "file_year": pl.Int32,
    "person": pl.Int64,
    "number": pl.String,
    "rows": pl.Int64,
    "column": pl.String,
    "true_value": pl.String,
    "delivered_value": pl.String,
}
# Files of a version beside the newest one: (the newest, this one). Only kinds of damage to rows
# that name the file as their `version` are done to it; the newest has the others.
STALE = {
    "KINDOUDER2023TABV2": ("10", "2"),
    "GBAPERSOON2012TABV1": ("2023", "2012"),
    "PARTNERBUS 2014V1": ("2023", "2014"),
    "VRLMIGMOTBUS 2014V1": ("2023", "2014"),
}
# What defect_manifest says about a kind, from its parameters.
SAID = ("stage", "what", "of", "evidence", "repaired")


def manifest_rows(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Complete rows of the manifest with the columns they leave out; a person's is one row."""
    given = rows.with_columns(kind=pl.lit(kind))
    if "person" in rows.columns and "rows" not in rows.columns:
        given = given.with_columns(rows=pl.when(pl.col("person").is_not_null()).then(1))
    return given.select(
        (pl.col(name) if name in given.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in MANIFEST.items()
    )


def exactly(share: float, of: int, among: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a share of a number, rounded up, from row numbers: floors hold in small countries."""
    wanted = min(math.ceil(share * of), len(among))
    return np.sort(rng.permutation(among)[:wanted])


def write_manifest(
    truth: Path, of_surveys: pl.DataFrame, rates: Mapping[str, float] | None = None
) -> None:
    """Add the records of the surveys to defect.parquet, and count all in defect_manifest.parquet.

    The second has one row per kind and file stem, and one without a stem for a kind of which there
    is nothing: kind, file_stem, rate (text, for several rates per kind), of (what the rate is a
    share of), evidence, repaired, records, rows (of the files, where they are counted), persons,
    files (years of the stem).
    """
    path = truth / "defect.parquet"
    defect = pl.concat([pl.read_parquet(path), of_surveys.cast(dict(MANIFEST))])
    defect.write_parquet(path, compression="zstd")
    counted = defect.group_by("kind", "file_stem").agg(
        records=pl.len().cast(pl.Int64),
        rows=pl.col("rows").sum(),
        persons=pl.col("person").n_unique().cast(pl.Int64)
        - pl.col("person").is_null().any().cast(pl.Int64),
        files=pl.col("file_year").n_unique().cast(pl.Int64),
    )
    kinds = pl.DataFrame(
        [
            {"kind": kind, "rate": str(spec["rate"]), **{name: spec[name] for name in SAID}}
            for kind, spec in load_parameters(rates).defects.items()
        ]
    )
    nothing = pl.col("records", "rows", "persons", "files").fill_null(0)
    kinds.join(counted, on="kind", how="left").with_columns(nothing).sort(
        "kind", "file_stem", nulls_last=True
    ).write_parquet(truth / "defect_manifest.parquet", compression="zstd")
