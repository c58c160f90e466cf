"""Draws latent answers: one category or number per respondent and concept."""

from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl

from migrantpanel.simulation.surveys.questionnaires import Concept


def effect_sum(people: pl.DataFrame, effects: dict[str, Any]) -> np.ndarray:
    """Return the sum of effects per row: a number times an attribute, or a number per value."""
    total = np.zeros(people.height)
    for attribute, effect in effects.items():
        values = people[attribute]
        if isinstance(effect, dict):
            by_value = {value: float(number) for value, number in effect.items()}
            total += values.replace_strict(by_value, default=0.0).to_numpy()
        else:
            total += effect * values.cast(pl.Float64).to_numpy()
    return total


def draw_choice(
    people: pl.DataFrame,
    categories: list[str],
    shares: list[float],
    effects: dict[str, dict[str, Any]],
    rng: np.random.Generator,
) -> pl.Series:
    """Draw a category with odds `share * exp(effects)` (the largest of Gumbel-perturbed odds)."""
    scores = rng.gumbel(size=(people.height, len(categories)))
    for position, (category, share) in enumerate(zip(categories, shares, strict=True)):
        scores[:, position] += np.log(share) + effect_sum(people, effects.get(category, {}))
    return pl.Series(categories, dtype=pl.String).gather(scores.argmax(axis=1))


def draw_concept(
    concept: Concept, people: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.Series, pl.DataFrame | None]:
    """Return the latent answers, and what the register holds beside them where they may differ.

    The second frame has the columns `register_value` and `answered_value`, text.
    """
    settings = concept.settings
    beside = None
    if concept.draw in ("attribute", "given"):
        register = people[settings["attribute"]]
        said = register
        if concept.disagreement:
            said = _moved(concept.disagreement, register, people, rng)
            beside = pl.DataFrame(
                {"register_value": register.cast(pl.String), "answered_value": said.cast(pl.String)}
            )
        latent = said if concept.draw == "attribute" else _from_table(settings["table"], said, rng)
    elif concept.draw == "ordered":
        score = effect_sum(people, settings.get("effects", {})) + rng.standard_normal(people.height)
        cuts = [NormalDist().inv_cdf(p) for p in np.cumsum(settings["shares"])[:-1]]
        latent = pl.Series(concept.categories).gather(np.searchsorted(cuts, score))
    elif concept.draw == "choice":
        latent = draw_choice(
            people, list(concept.categories), settings["shares"], settings.get("effects", {}), rng
        )
    else:
        number = (
            settings["mean"]
            + effect_sum(people, settings.get("effects", {}))
            + settings["spread"] * rng.standard_normal(people.height)
        )
        latent = pl.Series(np.clip(np.rint(number), settings["low"], settings["high"]).astype(int))
    return latent, beside


def _moved(
    disagreement: dict[str, Any],
    register: pl.Series,
    people: pl.DataFrame,
    rng: np.random.Generator,
) -> pl.Series:
    """Return the register's values, some replaced by what a respondent says instead."""
    errs = rng.random(len(register)) < disagreement["rate"]
    which = rng.random(len(register))
    if "moves" in disagreement:
        options = [disagreement["moves"].get(value, [value]) for value in register]
        said = [option[int(u * len(option))] for option, u in zip(options, which, strict=True)]
        return pl.Series(np.where(errs, said, register.to_numpy()), dtype=pl.String)
    size = 1 + np.floor(which * disagreement["within"])
    shift = np.where(errs, np.where(rng.random(len(register)) < 0.5, -size, size), 0)
    low, high = disagreement["between"]
    said = (register + pl.Series(shift.astype(int))).rename("said")
    return people.select(pl.lit(said).clip(pl.col(low), pl.col(high))).to_series()


def _from_table(
    table: dict[str, dict[str, float]], given: pl.Series, rng: np.random.Generator
) -> pl.Series:
    """Draw a category from the row of the table that belongs to each value; null stays null."""
    u = rng.random(len(given))
    drawn = np.full(len(given), None, dtype=object)
    values = given.to_numpy()
    for value, shares in table.items():
        rows = np.flatnonzero(values == value)
        position = np.searchsorted(np.cumsum(list(shares.values()))[:-1], u[rows], side="right")
        drawn[rows] = np.array(list(shares), dtype=object)[position]
    return pl.Series(drawn.tolist(), dtype=pl.String)
