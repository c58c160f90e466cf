"""Simulates every wave from a country, and writes the delivered files and the truth beside them."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.random import generator
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.parameters import load_parameters
from migrantpanel.simulation.surveys.answers import answer_members, answer_wave
from migrantpanel.simulation.surveys.attributes import at_interview, person_attributes
from migrantpanel.simulation.surveys.damage import SurveyDamage, changed_value_labels
from migrantpanel.simulation.surveys.delivery import (
    sample_variables,
    survey_variables,
    truth_tables,
)
from migrantpanel.simulation.surveys.fieldwork import approach, drawn_needed, plan_interviews
from migrantpanel.simulation.surveys.files import write_labelled
from migrantpanel.simulation.surveys.frame import Population
from migrantpanel.simulation.surveys.members import household_places
from migrantpanel.simulation.surveys.questionnaires import Wave, load_waves
from migrantpanel.simulation.surveys.sampling import allocate, draw_sample
from migrantpanel.simulation.surveys.steady import CROSSWALK, crosswalk_overlay, steady_waves

# The registers begin here: who died or left before has no number.
REGISTERS_BEGIN = date(1994, 10, 1)
HOUSEHOLD_MEMBER = {"head": 1, "partner": 2}


def write_surveys(
    population: Population,
    out: Path,
    truth: Path,
    survey_fraction: float,
    seed: int,
    file_format: str = "sav",
    progress: Callable[[str], None] | None = None,
    defects: Mapping[str, float] | None = None,
    withheld: float = 0,
) -> pl.DataFrame:
    """Write the survey and sample files of all waves below `out`, and their truth below `truth`.

    `survey_fraction` scales the published net samples, rounded to whole persons (half to even); a
    wave of nobody is left out. The truth is five Parquet tables: survey_respondent, survey_sample
    (drawn persons with their chances), survey_answer (expected harmonised values),
    survey_member_answer (those of household members, by their number in the grid) and
    survey_register_difference (what people say beside what the register holds); and, where codes
    were kept from wave to wave, the rows of the crosswalk for them. `defects` replace rates of
    damage; `withheld` is the share of respondents whose survey file comes without the
    person number that the register has. Returns the manifest of what was damaged. Raises
    `UserError` with one line per wave and group for which the country is too small.
    """
    rates = load_parameters(defects).defects
    waves, renumbered = steady_waves(load_waves(), rates, seed)
    waves = [wave for wave in waves if _interviews(wave, survey_fraction)]
    parts: dict[str, list[pl.DataFrame]] = {}
    manifest = [changed_value_labels(waves)]
    samples = _all_samples(waves, population, survey_fraction, seed)
    for wave, drawn in zip(waves, samples, strict=True):
        if progress:
            progress(wave.name)
        country = population.around(drawn["person"])
        respondents = drawn.filter(pl.col("disposition") == "interview")
        people = person_attributes(at_interview(country, respondents))
        rng = generator(seed, "survey", wave.survey, wave.year, "withheld numbers")
        delivered, beside = answer_wave(wave, people, seed)
        harm = SurveyDamage(wave, rates, seed, renumbered)
        delivered = harm.answers(people, delivered)
        places, of_members = pl.DataFrame(), {}
        if wave.members:
            places = household_places(country, people, wave.frame_date, wave.members.maximum)
            of_members = answer_members(wave.members, wave, places, seed)
            of_members = harm.members(people, places, of_members)
        folder = out / "Surveys" / f"{wave.survey}{wave.year}"
        suffix = "parquet" if file_format == "parquet" else "sav"
        write_labelled(
            harm.labels(
                survey_variables(
                    wave, _without_some_numbers(people, withheld, rng), delivered, of_members
                )
            ),
            folder / f"{wave.name}.{suffix}",
            wave.title,
            file_format,
            harm.encoding(),
        )
        write_labelled(
            sample_variables(wave, drawn),
            folder / f"{wave.name}_STEEKPROEF.{suffix}",
            f"{wave.title}: steekproef",
            file_format,
        )
        manifest.append(harm.manifest())
        tables = truth_tables(wave, drawn, people, delivered, beside, places, of_members)
        for name, frame in tables.items():
            parts.setdefault(name, []).append(frame)
    truth.mkdir(parents=True, exist_ok=True)
    for name, frames in parts.items():
        pl.concat(frames).write_parquet(truth / f"{name}.parquet", compression="zstd")
    if renumbered:
        (truth / "overlay").mkdir(exist_ok=True)
        rows = crosswalk_overlay(waves, renumbered)
        (truth / "overlay" / CROSSWALK).write_text(rows, encoding="utf-8")
    return pl.concat(manifest)


def _without_some_numbers(
    people: pl.DataFrame, share: float, rng: np.random.Generator
) -> pl.DataFrame:
    kept = pl.Series(rng.random(people.height) >= share)
    return people.with_columns(register_rin=pl.when(kept).then("register_rin"))


def asked_waves(survey_fraction: float) -> list[Wave]:
    """Return the waves that interview anybody."""
    return [wave for wave in load_waves() if _interviews(wave, survey_fraction)]


def _interviews(wave: Wave, survey_fraction: float) -> bool:
    return round(wave.net_sample * survey_fraction) > 0


def _all_samples(
    waves: list[Wave], population: Population, survey_fraction: float, seed: int
) -> list[pl.DataFrame]:
    """Draw every wave; one error names all groups of all waves that are too small."""
    samples, problems = [], []
    for wave in waves:
        try:
            samples.append(drawn_sample(wave, population, survey_fraction, seed))
        except UserError as error:
            problems += error.problems
    UserError.collect(problems)
    return samples


def net_sample(wave: Wave, survey_fraction: float) -> dict[str, int]:
    """Return the net interviews per group; together the published number times the fraction."""
    return allocate(round(wave.net_sample * survey_fraction), wave.groups)


def drawn_sample(
    wave: Wave, population: Population, survey_fraction: float, seed: int
) -> pl.DataFrame:
    """Return one row per drawn person, numbered, with dates, chances and dispositions."""
    net = net_sample(wave, survey_fraction)

    def rng(purpose: str) -> np.random.Generator:
        return generator(seed, "survey", wave.survey, wave.year, purpose)

    frame = population.frame(wave)
    drawn = draw_sample(wave, frame, drawn_needed(frame, net), rng("draw"))
    drawn = _numbered(wave, drawn, rng("number"))
    drawn = plan_interviews(wave, drawn, rng("plan"))
    country = population.around(drawn["person"])
    drawn = approach(wave, country, drawn, net, rng("response"))
    return _weighted(_with_rin(country, drawn))


def _weighted(drawn: pl.DataFrame) -> pl.DataFrame:
    """Add the chance of each row, and the simple weight that institutes deliver with a file.

    That weight is the estimated size of the stratum over its net interviews, with mean 1.
    """
    is_interview = pl.col("disposition") == "interview"
    chance = (
        pl.col("cluster_probability")
        * pl.col("drawn_units")
        / pl.col("frame_units")
        * pl.col("household_probability")
    )
    return (
        drawn.with_columns(inclusion_probability=chance)
        .with_columns(
            sample_weight=(1 / pl.col("inclusion_probability")).sum().over("stratum")
            / is_interview.sum().over("stratum")
        )
        .with_columns(pl.col("sample_weight") / pl.col("sample_weight").filter(is_interview).mean())
    )


def _numbered(wave: Wave, drawn: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Give every unit a number in random order, and every person one that begins with it."""
    units = drawn.select(pl.col("unit").unique().sort()).with_columns(
        household_number=pl.Series(rng.permutation(drawn["unit"].n_unique()))
        + wave.respondent["first"]
        + 1
    )
    is_household = wave.sampling["unit"] == "household"
    number = pl.col("household_number")
    if is_household:
        number = number * 10 + pl.col("role").replace_strict(HOUSEHOLD_MEMBER)
    return drawn.join(units, on="unit", how="left").with_columns(number=number).sort("number")


def _with_rin(country: Country, drawn: pl.DataFrame) -> pl.DataFrame:
    """Add `register_rin`: null for people whom the registers, which begin in 1994, do not hold."""
    held = (
        country.registration.filter(pl.col("end").is_null() | (pl.col("end") > REGISTERS_BEGIN))
        .select("person")
        .unique()
        .with_columns(is_held=pl.lit(True))
    )
    return drawn.join(held, on="person", how="left", maintain_order="left").with_columns(
        register_rin=pl.when("is_held").then("rin")
    )
