"""Reference lists that are delivered beside the registers: countries, programmes, levels."""

from collections.abc import Callable
from functools import wraps

import polars as pl

from migrantpanel.simulation.parameters import parameter_table
from migrantpanel.simulation.registers.keys import Registers

ETNGRP = {"NL": "0", "MAR": "1", "TUR": "2", "SUR": "3", "ANT": "4"}
TEN = {"NL": "01", "TUR": "03", "MAR": "04", "SUR": "05", "ANT": "06"}
# Continent by code of country; the rest is Europe.
ASIA = ("6043", "5012", "5043", "6023", "6022", "6024", "9030", "7009", "7020", "7046", "7033")
AFRICA = ("5022", "6013", "9003", "5020", "5024", "5067")
AMERICA = ("5007", "7011", "5107", "5095", "5110", "5106", "6014")
CONTINENT = {"2": ASIA, "3": AFRICA, "4": AMERICA}
INDONESIA = ("6024", "9030")
# Countries that no longer exist, and what they are today (assumed: the largest successor).
TODAY = {"6045": "5103", "9030": "6024", "7011": "5107"}
ISCED = {"11": "1", "12": "2", "21": "3", "31": "6", "32": "7"}
SOI = ("1111", "1112", "1211", "1212", "1213", "1221", "1222", "2111", "2112", "2121", "2131",
       "2132", "3111", "3112", "3113", "3211", "3212", "3213")  # fmt: skip
DIRECTIONS = range(1, 11)


def once(rows: Callable[[], pl.DataFrame]) -> Callable[[Registers], pl.DataFrame]:
    """Deliver a list that belongs to no block with the first one."""

    @wraps(rows)
    def of_block(registers: Registers) -> pl.DataFrame:
        frame = rows()
        return frame if registers.country.numbering.is_first else frame.clear()

    return of_block


@once
def landaktueel() -> pl.DataFrame:
    """One row per country of birth or origin, with its place in the classifications."""
    rows = []
    for row in parameter_table("country.csv"):
        code, origin, western = row["code"], row["origin"], row["western"] or "-"
        known = bool(origin)
        continent = next((number for number, codes in CONTINENT.items() if code in codes), "1")
        rest = {"1": "02", "2": "07" if code in INDONESIA else "09", "3": "08", "4": "10"}
        rows.append(
            {
                "LAND": code,
                "ETNGRP": ETNGRP.get(origin, "6" if western == "1" else "5") if known else "-",
                "LANDTYPE": western,
                "LANDTIENDELING": TEN.get(origin, rest[continent]) if known else "--",
                "WERELDDEEL2": continent if known else "-",
                "LANDAKTUEEL": TODAY.get(code, code),
            }
        )
    return pl.DataFrame(rows)


@once
def opleidingsnr() -> pl.DataFrame:
    """One row per programme number: level and direction, as in the register of education."""
    rows = [
        {
            "OPLNR": f"{level}{direction:02d}",
            "CTO2016V": _type(level),
            "CTO2021V": _type(level),
            "ISCED": ISCED[level[:2]],
        }
        for level in SOI
        for direction in DIRECTIONS
    ]
    return pl.DataFrame(rows)


@once
def cto() -> pl.DataFrame:
    """One row per type of programme with its level."""
    return pl.DataFrame({"CTO": [_type(level) for level in SOI], "OPLNIVSOI2016AGG4HB": SOI})


def _type(level: str) -> str:
    return f"{SOI.index(level) + 1:05d}"
