"""What surveys are drawn from: the register frame of each wave, and the lives of who was drawn."""

from pathlib import Path
from typing import Protocol

import polars as pl

from migrantpanel.simulation.country import Country
from migrantpanel.simulation.education import is_education_registered
from migrantpanel.simulation.numbering import Numbering
from migrantpanel.simulation.parameters import load_parameters
from migrantpanel.simulation.surveys.questionnaires import Wave
from migrantpanel.simulation.surveys.sampling import sampling_frame

# What an interview depends on; of other frames nothing is read.
_LIVES = (
    "person", "stay", "registration", "household_spell", "civil_spell", "income_source_spell",
    "education_spell", "income_year",
)  # fmt: skip


class Population(Protocol):
    """Where a survey finds people."""

    def frame(self, wave: Wave) -> pl.DataFrame:
        """Return `sampled_frame` of the country."""

    def around(self, persons: pl.Series) -> Country:
        """Return the lives of persons and of all with whom they ever shared a household."""


def sampled_frame(wave: Wave, country: Country, seed: int) -> pl.DataFrame:
    """Return who is eligible on the day of the frame; with `is_education_registered`."""
    frame = sampling_frame(wave, country.snapshot(wave.frame_date))
    return frame.with_columns(is_education_registered(country, seed).gather(frame["person"]))


class InMemory:
    """A country that is in memory as a whole."""

    def __init__(self, country: Country, seed: int) -> None:
        self.country, self.seed = country, seed

    def frame(self, wave: Wave) -> pl.DataFrame:
        """Return the frame of a wave."""
        return sampled_frame(wave, self.country, self.seed)

    def around(self, persons: pl.Series) -> Country:
        """Return the country."""
        return self.country


class Stored:
    """A country whose lives are the tables of the truth; only those of who was drawn are read.

    `frames` holds a folder per wave with the frame of each block.
    """

    def __init__(self, frames: Path, truth: Path, numbering: Numbering) -> None:
        self.frames, self.truth, self.numbering = frames, truth, numbering

    def frame(self, wave: Wave) -> pl.DataFrame:
        """Return the frame of a wave, block after block."""
        parts = sorted((self.frames / wave.name).iterdir())
        return pl.concat((pl.read_ipc(part.read_bytes()) for part in parts), how="vertical")

    def around(self, persons: pl.Series) -> Country:
        """Return the lives of persons, of whom they lived with and of the partners of these."""
        households = self._read("household_spell", pl.col("person").is_in(persons.implode()))
        lived_with = self._read(
            "household_spell", pl.col("household").is_in(households["household"].unique().implode())
        )
        known = pl.concat([persons, lived_with["person"], lived_with["partner"]]).unique()
        mine = pl.col("person").is_in(known.drop_nulls().implode())
        return Country(
            **{
                name: self._read(name, mine if name in _LIVES else pl.lit(False))
                for name in Country.frame_names()
            },
            parameters=load_parameters(),
            numbering=self.numbering,
        )

    def _read(self, name: str, rows: pl.Expr) -> pl.DataFrame:
        table = pl.scan_parquet(self.truth / f"{name}.parquet")
        return table.filter(rows).collect(engine="streaming")
