"""Immigrations of foreign nationals with their true motive, and whose permit carries no key."""

import math
from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.naturalisation import DUTCH, nationalities
from migrantpanel.simulation.parameters import curve, parameter_file


def permits(country: Country, seed: int) -> pl.DataFrame:
    """Return the immigrations of foreign nationals since 1999 in the registers.

    Columns: person, start, end, year, age, motive, is_european, kind, has_key (whether the permit
    carries a number), one row per immigration in order of person and day.
    """
    since = parameter_file("delivery_people.yaml")["motive"]["from_year"]
    frame = country.registration.filter(
        (pl.col("start_reason") == "immigration") & (pl.col("start") >= date(since, 1, 1))
    ).select("person", "start", "end")
    inside = country.in_registers().gather(frame["person"])
    frame = frame.filter(inside).sort("person", "start")
    nationality = _nationality(country, frame).cast(pl.Int32)
    year = frame["start"].dt.year()
    person = country.person[frame["person"]]
    union_since = pl.Series(nationalities().union_since[nationality.to_numpy()])
    frame = frame.with_columns(
        year=year,
        age=(frame["start"] - person["birth_date"]).dt.total_days() / 365.25,
        motive=person["arrival_motive"].fill_null("other"),
        is_european=union_since <= year,
        nationality=nationality,
    ).filter(pl.col("nationality") != DUTCH)
    frame = frame.with_columns(
        kind=pl.when("is_european").then(pl.lit("european")).otherwise("motive")
    )
    return frame.with_columns(has_key=pl.Series(~_keyless(country, frame, seed)))


def _nationality(country: Country, frame: pl.DataFrame) -> pl.Series:
    """Return the nationality on the day of each arrival."""
    spells = country.nationality_spell.select("person", "start", "nationality").sort("start")
    numbered = frame.select("person", "start").with_row_index("row").sort("start")
    return numbered.join_asof(spells, on="start", by="person", check_sortedness=False).sort("row")[
        "nationality"
    ]


def _keyless(country: Country, frame: pl.DataFrame, seed: int) -> np.ndarray:
    """Draw the permits without a key: the share of each year, some kinds and ages more often."""
    rates = country.parameters.defects["permit_without_key"]
    rate = rates["rate"] if isinstance(rates["rate"], Mapping) else {0: rates["rate"]}
    rng = generator(seed, "defect", "permit_without_key")
    year, kind = frame["year"].to_numpy(), frame["kind"].to_numpy()
    early, late = (rates["by_kind"][k] for k in sorted(rates["by_kind"]))
    first, last = sorted(rates["by_kind"])
    part = np.clip((year - first) / (last - first), 0, 1)
    weight = np.array([early[k] for k in kind]) * (1 - part) + part * np.array(
        [late[k] for k in kind]
    )
    weight = weight * curve(rates["by_age"], frame["age"].to_numpy())
    # The largest of u^(1/w) are a sample in proportion to w.
    score = rng.random(len(year)) ** (1 / weight)
    keyless = np.zeros(len(year), dtype=bool)
    for each in np.unique(year):
        rows = np.flatnonzero(year == each)
        wanted = math.ceil(float(curve(rate, each)) * len(rows))
        keyless[rows[np.argsort(-score[rows], kind="stable")[:wanted]]] = True
    return keyless
