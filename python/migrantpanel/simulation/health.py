"""Frailty, lasting conditions and causes of death of the people of a block."""

from dataclasses import dataclass

import numpy as np

from migrantpanel.simulation.demography.block import MAN, YEAR
from migrantpanel.simulation.parameters import Parameters, curve, parameter_file
from migrantpanel.simulation.table import NEVER

_DAY_AFTER_LAST = int(np.datetime64("2024-01-01").astype(int))


@dataclass(frozen=True)
class Health:
    """Frailty per person; conditions (person, condition number, start); deaths with their cause."""

    frailty: np.ndarray
    condition: dict[str, np.ndarray]
    death_cause: dict[str, np.ndarray]


def conditions() -> tuple[str, ...]:
    """Return the names of the lasting conditions."""
    return tuple(parameter_file("health.yaml")["conditions"]["rows"])


def causes() -> tuple[str, ...]:
    """Return the ICD-10 codes of underlying causes."""
    return tuple(parameter_file("health.yaml")["causes"]["rows"])


def health(
    parameters: Parameters,
    person: dict[str, np.ndarray],
    ability: np.ndarray,
    rng: np.random.Generator,
) -> Health:
    """Draw how healthy people are, what they get at which age, and what they die of."""
    rates, n = parameter_file("health.yaml"), len(ability)
    weight = rates["frailty"]["ability"]
    frailty = weight * ability + np.sqrt(1 - weight**2) * rng.standard_normal(n)
    early = rates["frailty"]["died_before"]
    dead = person["death"] < NEVER
    age_at_death = np.where(dead, (person["death"].astype(np.int64) - person["birth"]) / YEAR, 999)
    frailty = frailty + early["shift"] * (age_at_death < early["age"])
    onset = _onset(parameters, rates["conditions"], person, frailty, rng)
    start = person["birth"] + np.where(np.isfinite(onset), onset, 0) * YEAR
    happens = np.isfinite(onset) & (start < np.minimum(person["death"], _DAY_AFTER_LAST))
    kind, who = np.nonzero(happens)
    order = np.lexsort((kind, who))
    condition = {
        "person": who[order].astype(np.int32),
        "condition": kind[order].astype(np.int8),
        "start": start[kind[order], who[order]].astype(np.int32),
    }
    return Health(frailty, condition, _causes(rates["causes"], person, happens, age_at_death, rng))


def _onset(parameters, rates, person, frailty, rng) -> np.ndarray:
    """Return conditions x persons: the age at which it starts, infinite when it never does."""
    n, weight = len(frailty), rates["frailty"]
    share = np.array([0.0, 1.0, 0.5])[person["generation"]]
    onset = np.empty((len(rates["rows"]), n))
    for row, definition in enumerate(rates["rows"].values()):
        latent = weight * frailty + np.sqrt(1 - weight**2) * rng.standard_normal(n)
        # Rank 0 falls ill first: the share of the population that is at least as liable.
        rank = np.empty(n)
        rank[np.argsort(-latent, kind="stable")] = (np.arange(n) + 0.5) / n
        factor = np.array([definition.get("origin", {}).get(o, 1.0) for o in parameters.origins])
        factor = 1 + (factor[person["origin"]] - 1) * share
        woman = definition.get("woman", 1.0)
        factor = factor * np.where(person["sex"] == MAN, 2 / (1 + woman), 2 * woman / (1 + woman))
        ages = np.array(list(definition["by_age"]), dtype=float)
        prevalence = np.array(list(definition["by_age"].values()))
        at = rank / factor
        onset[row] = np.where(
            at > prevalence[-1], np.inf, np.interp(at, prevalence, ages) * np.ones(n)
        )
    return onset


def _causes(rates, person, has, age_at_death, rng) -> dict[str, np.ndarray]:
    """Draw the underlying cause and the place of each death."""
    dead = np.flatnonzero(person["death"] < NEVER)
    age, man = age_at_death[dead], person["sex"][dead] == MAN
    year = person["death"][dead].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    names = list(conditions())
    weights = []
    for row in rates["rows"].values():
        weight = curve(row["by_age"], age)
        weight = weight * np.where(man, row.get("man", 1.0), row.get("woman", 1.0))
        if "condition" in row:
            ill = has[names.index(row["condition"]), dead]
            weight = weight * np.where(ill, rates["with_condition"], 1.0)
        if "years" in row:
            weight = weight * np.isin(year, row["years"])
        weights.append(weight)
    limits = np.cumsum(weights, axis=0)
    cause = (rng.random(len(dead)) * limits[-1] >= limits).sum(axis=0)
    places = rates["places"]
    place = rng.choice([int(code) for code in places], len(dead), p=list(places.values()))
    return {
        "person": dead.astype(np.int32),
        "cause": np.minimum(cause, len(limits) - 1).astype(np.int8),
        "place": place.astype(np.int8),
    }
