"""Published totals to hold the simulated population against, and how they were derived.

`amsterdam.csv` holds totals of Amsterdam from StatLine, the open data of Statistics Netherlands
(CC BY 4.0). `python -m migrantpanel.simulation.published FOLDER` makes it again from the downloads.
Columns: table (of StatLine), topic, category, background, sex, value. Topics:

age            persons of a background and sex by age (category: the first age of five years, 95 and
               over) on 1 January 2019
household      households by composition; civil_status, education (of 15 to 74), benefit: persons;
               ratio: rates and means as published; all of the neighbourhood key figures of 2019
neighbourhood  share of inhabitants of non-western background: the quantiles (category, per cent) of
               the neighbourhoods with 100 inhabitants or more, weighted by inhabitants
schooling      pupils in secondary education 2018/19 by kind of education and background
"""

import csv
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import polars as pl

FILE = "amsterdam.csv"
AGES = range(0, 100, 5)
# Backgrounds of 84910NED by origin group of the simulation; the rest of all others is OTH.
BACKGROUNDS = {
    "NL": "1012600", "TUR": "H008766", "MAR": "H008673", "SUR": "H008751", "ANT": "H007119",
    "SOM": "H008747", "POL": "H008718", "IRN": "H008634", "IRQ": "H008633", "AFG": "H008533",
    "YUG": "H007069", "CHN": "H008575",
}  # fmt: skip
ALL_OTHERS = "2012605"
SEXES = {"1": "3000", "2": "4000"}
WIDE_BACKGROUNDS = {"NL": "1012600", "western": "2012655", "nonwestern": "2012657"}
# The download has codes only; their meaning follows from 80043NED, which gives the same kinds.
SCHOOLING = {
    "general": ("A041919",), "vwo": ("A041920",), "havo": ("A041921",),
    "vmbo": ("A041922", "A041923"), "practical": ("A025289",),
}  # fmt: skip
KEY_FIGURES = {
    ("household", "single"): "Eenpersoonshuishoudens_29",
    ("household", "without_children"): "HuishoudensZonderKinderen_30",
    ("household", "with_children"): "HuishoudensMetKinderen_31",
    ("civil_status", "never_married"): "Ongehuwd_13",
    ("civil_status", "married"): "Gehuwd_14",
    ("civil_status", "divorced"): "Gescheiden_15",
    ("civil_status", "widowed"): "Verweduwd_16",
    ("education", "low"): "OpleidingsniveauLaag_64",
    ("education", "middle"): "OpleidingsniveauMiddelbaar_65",
    ("education", "high"): "OpleidingsniveauHoog_66",
    ("benefit", "social_assistance"): "PersonenPerSoortUitkeringBijstand_83",
    ("benefit", "disability"): "PersonenPerSoortUitkeringAO_84",
    ("benefit", "unemployment"): "PersonenPerSoortUitkeringWW_85",
    ("benefit", "state_pension"): "PersonenPerSoortUitkeringAOW_86",
    ("ratio", "household_size"): "GemiddeldeHuishoudensgrootte_32",
    ("ratio", "births_per_thousand"): "GeboorteRelatief_25",
    ("ratio", "deaths_per_thousand"): "SterfteRelatief_27",
    ("ratio", "labour_participation"): "Nettoarbeidsparticipatie_67",
}
QUANTILES = (10, 25, 50, 75, 90)
FEWEST_INHABITANTS = 100


class Total(NamedTuple):
    """One published number."""

    table: str
    topic: str
    category: str
    background: str
    sex: str
    value: float


@cache
def published_totals() -> tuple[Total, ...]:
    """Return the totals that come with the package."""
    text = (files(__package__) / FILE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Total(**row | {"value": float(row["value"])}) for row in rows)


def derive(folder: Path) -> list[Total]:
    """Return the totals from a folder with the downloads of StatLine."""
    return [*_ages(folder), *_key_figures(folder), *_neighbourhoods(folder), *_schooling(folder)]


def write(totals: list[Total], path: Path) -> None:
    """Write totals as the file that comes with the package."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Total._fields)
        writer.writerows((*total[:-1], f"{total.value:g}" if total.value % 1 else int(total.value))
                         for total in totals)  # fmt: skip


def _read(folder: Path, table: str) -> pl.DataFrame:
    """Read a download: padded text, unknown written as a point."""
    (path,) = folder.glob(f"*{table}.csv")
    frame = pl.read_csv(path, separator=";", infer_schema=False)
    return frame.with_columns(pl.all().str.strip_chars().replace(".", None))


def _ages(folder: Path) -> list[Total]:
    rows = _read(folder, "84910NED").filter(Generatie="T001040")
    counts = {
        (row["Migratieachtergrond"], row["Geslacht"], row["Leeftijd"]): int(
            row["BevolkingOp1Januari_1"] or 0
        )
        for row in rows.iter_rows(named=True)
    }
    totals = []
    for age in AGES:
        code = "22000" if age == AGES[-1] else str(70_100 + 100 * (age // 5))
        for sex, sex_code in SEXES.items():
            named = {
                group: counts.get((background, sex_code, code), 0)
                for group, background in BACKGROUNDS.items()
            }
            others = counts[ALL_OTHERS, sex_code, code] - sum(named.values()) + named["NL"]
            totals += [
                Total("84910NED", "age", str(age), group, sex, value)
                for group, value in {**named, "OTH": others}.items()
            ]
    return totals


def _key_figures(folder: Path) -> list[Total]:
    city = _read(folder, "84583NED").filter(SoortRegio_2="Gemeente").row(0, named=True)
    return [
        Total("84583NED", topic, category, "", "", float(city[column]))
        for (topic, category), column in KEY_FIGURES.items()
    ]


def _neighbourhoods(folder: Path) -> list[Total]:
    rows = _read(folder, "84583NED").filter(SoortRegio_2="Buurt").select(
        inhabitants=pl.col("AantalInwoners_5").cast(pl.Int64),
        others=pl.col("NietWestersTotaal_18").cast(pl.Int64),
    )  # fmt: skip
    rows = rows.drop_nulls().filter(pl.col("inhabitants") >= FEWEST_INHABITANTS)
    shares = weighted_quantiles(
        (rows["others"] / rows["inhabitants"]).to_list(), rows["inhabitants"].to_list()
    )
    return [
        Total("84583NED", "neighbourhood", str(quantile), "nonwestern", "", round(share, 4))
        for quantile, share in zip(QUANTILES, shares, strict=True)
    ]


def weighted_quantiles(values: list[float], weights: list[float]) -> list[float]:
    """Return the `QUANTILES`: the value at which so much of the weight lies below or at it.

    >>> weighted_quantiles([3.0, 1.0, 2.0], [1, 1, 2])
    [1.0, 1.0, 2.0, 2.0, 3.0]
    """
    order = sorted(zip(values, weights, strict=True))
    total, found = sum(weights), []
    for quantile in QUANTILES:
        below = 0.0
        for value, weight in order:
            below += weight
            if below >= quantile / 100 * total:
                found.append(value)
                break
    return found


def _schooling(folder: Path) -> list[Total]:
    rows = _read(folder, "71450NED").filter(Geslacht="T001038", Leeftijd="10000")
    counts = {
        (row["Onderwijssoort"], row["Migratieachtergrond"]): int(row["LeerlingenStudenten_1"])
        for row in rows.iter_rows(named=True)
    }
    return [
        Total("71450NED", "schooling", kind, group, "",
              sum(counts[code, background] for code in codes))
        for kind, codes in SCHOOLING.items()
        for group, background in WIDE_BACKGROUNDS.items()
    ]  # fmt: skip
