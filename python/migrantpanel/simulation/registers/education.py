"""The register of the highest level of education."""

from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.registers.keys import Registers


def hoogsteopl(registers: Registers, year: int) -> pl.DataFrame:
    """Highest attained and followed level on 1 October, where the register knows it."""
    rates = registers.rates["education"]
    day = date(year, 10, 1)
    alive = registers.registered(day)
    steps = registers.country.education_spell.filter(
        (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
    )
    frame = alive.join(steps, on="person", how="inner").filter(
        pl.col("birth_date") <= date(year - rates["lowest_age"], 10, 1)
    )
    frame = frame.filter(~registers.damage.education_unknown.gather(frame["person"]))
    rng = generator(registers.seed, "education register")
    size = registers.country.person.height
    field, sampled = rng.integers(1, 11, size), rng.random(size)
    weight = np.round(rng.uniform(*rates["weight"], size), 4)
    who = frame["person"].to_numpy()
    # People who left school before the registers are known from the labour force survey.
    early = frame["birth_date"] < date(rates["sampled_born_before"], 1, 1)
    is_sampled = pl.Series(sampled[who] < rates["sampled"]) & early
    source = pl.when(is_sampled).then(pl.lit("03")).when(
        pl.col("level_attained").str.starts_with("3")
    ).then(pl.lit("01")).otherwise(pl.lit("02"))  # fmt: skip
    direction = pl.Series(field[who]).cast(pl.String).str.zfill(2)
    hb, hg = pl.col("level_attained"), pl.col("level_followed")
    return registers.keyed(frame, on=day).with_columns(
        # Assumed: the first four digits of a programme number are its level (SOI).
        OPLNRHB=hb + direction,
        OPLNRHG=hg + direction,
        GEWICHTHOOGSTEOPL=pl.when(is_sampled).then(pl.Series(weight[who])).otherwise(1.0),
        BRONOPLARCHIEFHB=source,
        BRONOPLARCHIEFHG=source,
        RGEBB=pl.when(is_sampled).then(pl.lit("1")).otherwise(pl.lit("0")),
        OPLNIVSOI2016AGG4HBMETNIRWO=hb,
        OPLNIVSOI2016AGG4HGMETNIRWO=hg,
        RICHTDETAILISCEDF2013HBMETNIRWO=direction + "00",
        RICHTDETAILISCEDF2013HGMETNIRWO=direction + "00",
        OPLNIVSOI2021AGG4HBmetNIRWO=hb,
        OPLNIVSOI2021AGG4HGmetNIRWO=hg,
        RICHTSOI2021SCEDF2013HBNIRWO=direction + "00",
        RICHTSOI2021SCEDF2013HGNIRWO=direction + "00",
    )
