"""A made sample and margins that differ from it, for the tests of calibration."""

import csv
from pathlib import Path

import numpy as np
import polars as pl

from migrantpanel.random import generator


def make_sample(rows: int = 400, seed: int = 7) -> pl.DataFrame:
    """Return a sample in which small groups and low education are unevenly drawn."""
    draw = generator(seed, "calibration sample")
    return pl.DataFrame(
        {
            "sex": draw.choice(["man", "woman"], rows, p=[0.42, 0.58]),
            "age": draw.choice(["15", "25", "45", "65"], rows, p=[0.2, 0.35, 0.3, 0.15]),
            "education": draw.choice(["1", "2", "3", None], rows, p=[0.15, 0.3, 0.3, 0.25]),
            "years": draw.integers(0, 40, rows),
            "income": draw.lognormal(10, 0.4, rows),
            "d": draw.choice([11.7, 60.0, 185.4], rows),
        }
    )


def make_margins(sample: pl.DataFrame, names: list[str], seed: int = 7) -> tuple[dict, float]:
    """Return margins that differ from the sample's, and the population's size."""
    draw = generator(seed, "population")
    size = float(sample["d"].sum()) * 1.07
    margins = {}
    for name in names:
        table = sample.group_by(name).agg(pl.col("d").sum()).sort(name, nulls_last=True)
        share = table["d"].to_numpy() * draw.uniform(0.8, 1.25, table.height)
        margins[name] = dict(zip(table[name], size * share / share.sum(), strict=True))
    return margins, size


SAMPLE = make_sample()
MARGINS, POPULATION = make_margins(SAMPLE, ["sex", "age", "education"])
TOTALS = {"years": POPULATION * 21.0, "income": POPULATION * 23_500.0}


def is_category(sample: pl.DataFrame, name: str, category: str | None) -> np.ndarray:
    column = sample[name]
    return (column.is_null() if category is None else column.eq_missing(category)).to_numpy()


def indicators(sample: pl.DataFrame, margins: dict, totals: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return the design matrix and the totals, written out independently of the package."""
    columns, goal = [], []
    for name, counts in margins.items():
        for category, count in counts.items():
            columns.append(is_category(sample, name, category))
            goal.append(count)
    for name, total in totals.items():
        columns.append(sample[name].to_numpy())
        goal.append(total)
    return np.column_stack(columns).astype(float), np.array(goal)


def write_margins(path: Path, margins: dict, totals: dict, null: str = "(null)") -> None:
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(["margin", "category", "total"])
        for name, counts in margins.items():
            for category, count in counts.items():
                writer.writerow([name, null if category is None else category, repr(float(count))])
        for name, total in totals.items():
            writer.writerow([name, "", repr(float(total))])
