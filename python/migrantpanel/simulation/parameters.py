"""Reads the documented parameter files of the simulated country."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

NETHERLANDS = 6030
UNKNOWN_COUNTRY = 0
RELIGIONS = ("none", "muslim", "christian", "hindu", "other")


@dataclass(frozen=True)
class Streams:
    """People of one origin who come on their own account, with the shape of their arrival.

    One entry per stream; `countries` and `country_limits` (cumulative shares) are streams x
    countries, padded with the last country.
    """

    names: tuple[str, ...]
    arrivals: tuple[dict[int, float], ...]
    origin: np.ndarray
    motive: np.ndarray
    man: np.ndarray
    age: np.ndarray
    age_sd: np.ndarray
    couple: np.ndarray
    spouse_abroad: np.ndarray
    children: np.ndarray
    countries: np.ndarray
    country_limits: np.ndarray

    def draw_country(self, streams: np.ndarray, draw: np.ndarray) -> np.ndarray:
        """Return a birth country per newcomer, from uniform draws."""
        choice = (draw[:, None] >= self.country_limits[streams]).sum(axis=1)
        return self.countries[streams, choice]


@dataclass(frozen=True)
class Parameters:
    """Every rate of the simulation; dictionaries hold the sections of a file as written."""

    rates: dict
    labour: dict
    defects: dict
    delivery: dict
    origins: tuple[str, ...]
    motives: tuple[str, ...]
    country_code: np.ndarray
    country_label: tuple[str, ...]
    country_origin: np.ndarray = field(repr=False)
    municipality: tuple[str, ...] = field(repr=False)
    municipality_label: tuple[str, ...] = field(repr=False)
    municipality_limits: np.ndarray = field(repr=False)
    streams: Streams = field(repr=False)

    def by_origin(self, section: str, name: str) -> np.ndarray:
        """Return a rate per origin group, in the order of `origins`."""
        table = self.rates[section][name]
        return np.array([table[origin] for origin in self.origins], dtype=float)

    def origin_of_country(self, codes: np.ndarray) -> np.ndarray:
        """Return the origin group (number) of each country code; unknown is NL's number, 0."""
        return self.country_origin[codes]


def _read(name: str) -> str:
    return (files(__package__) / "parameters" / name).read_text(encoding="utf-8")


@cache
def parameter_file(name: str) -> dict:
    """Return a parameter file of one subject (`school.yaml`); callers do not change it."""
    return yaml.safe_load(_read(name))


@cache
def parameter_table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a parameter file that is a table (`nationality.csv`)."""
    return tuple(csv.DictReader(_read(name).splitlines()))


def curve(knots: dict, at: np.ndarray | float) -> np.ndarray:
    """Return a piecewise linear rate at given ages, years or durations; ends are constant."""
    x = np.array(sorted(knots), dtype=float)
    return np.interp(at, x, np.array([knots[k] for k in sorted(knots)], dtype=float))


def load_parameters(defects: Mapping[str, float] | None = None) -> Parameters:
    """Read the parameter files that come with the package.

    defects: rates of damage that replace those of defects.yaml, by kind.
    """
    return _load_parameters(tuple(sorted((defects or {}).items())))


@cache
def _load_parameters(overrides: tuple[tuple[str, float], ...]) -> Parameters:
    rates = yaml.safe_load(_read("population.yaml"))
    countries = list(csv.DictReader(_read("country.csv").splitlines()))
    municipalities = list(csv.DictReader(_read("municipality.csv").splitlines()))
    origins = tuple(rates["oversampling"].keys() - {"evidence"})
    origins = tuple(name for name in rates["oversampling"] if name in origins)
    motives = tuple(rates["motives"]["rows"])
    country_origin = np.zeros(10_000, dtype=np.int8)
    for row in countries:
        if row["origin"]:
            country_origin[int(row["code"])] = origins.index(row["origin"])
    return Parameters(
        rates=rates,
        labour=yaml.safe_load(_read("careers.yaml")),
        defects=parameter_file("defects.yaml")
        | {kind: parameter_file("defects.yaml")[kind] | {"rate": rate} for kind, rate in overrides},
        delivery=yaml.safe_load(_read("delivery.yaml")),
        origins=origins,
        motives=motives,
        country_code=np.array([int(row["code"]) for row in countries]),
        country_label=tuple(row["label"] for row in countries),
        country_origin=country_origin,
        municipality=tuple(row["code"] for row in municipalities),
        municipality_label=tuple(row["name"] for row in municipalities),
        municipality_limits=_municipality_limits(municipalities, origins, rates["geography"]),
        streams=_read_streams(rates["streams"]["rows"], country_origin, motives),
    )


def _read_streams(rows: list[dict], country_origin: np.ndarray, motives: tuple) -> Streams:
    most = max(len(row["countries"]) for row in rows)
    countries = np.zeros((len(rows), most), dtype=np.int16)
    limits = np.ones((len(rows), most))
    for i, row in enumerate(rows):
        codes = [int(code) for code in row["countries"]]
        countries[i] = codes + [codes[-1]] * (most - len(codes))
        limits[i, : len(codes)] = np.cumsum(list(row["countries"].values()))
        limits[i, len(codes) - 1 :] = 1.0
    numbers = {
        name: np.array([row[name] for row in rows], dtype=float)
        for name in ("man", "age", "age_sd", "couple", "spouse_abroad", "children")
    }
    return Streams(
        names=tuple(row["name"] for row in rows),
        arrivals=tuple(row["arrivals"] for row in rows),
        origin=country_origin[countries[:, 0]],
        motive=np.array([motives.index(row["motive"]) for row in rows]),
        countries=countries,
        country_limits=limits,
        **numbers,
    )


def _municipality_limits(
    municipalities: list[dict], origins: tuple[str, ...], geography: dict
) -> np.ndarray:
    """Return the cumulative chances of each municipality per origin."""
    limits = []
    for origin in origins:
        column = "weight_native" if origin == "NL" else "weight_migrant"
        weights = np.array([float(row[column]) for row in municipalities])
        for i, row in enumerate(municipalities):
            weights[i] *= geography["preference"].get(row["code"], {}).get(origin, 1.0)
        limits.append(np.cumsum(weights / weights.sum()))
    return np.array(limits)
