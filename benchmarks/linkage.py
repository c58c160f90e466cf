"""Linkage without numbers at growing sizes: seconds and peak memory, precision and recall.

    .venv/bin/python benchmarks/linkage.py [--interviews 100000] [--persons 20000000] [--threads 4]

The register is drawn, not simulated: names of the simulation's parts with a falling share, birth
dates over eighty years, homes of two or three. Interviews are rows of it with the errors of
`contact.yaml`; half carry their number. What is measured is `migrantpanel.identity`: reading the
register from Parquet, training, comparing, calibrating and assigning. Each run is a process of its
own. The machine is shared and noisy: run it alone.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from measure import measure

from migrantpanel.identity.fields import FIELD_SETS
from migrantpanel.identity.passes import EXACT, PROBABILISTIC, UNKNOWN, score_links
from migrantpanel.random import generator
from migrantpanel.simulation.parameters import parameter_file

BUDGET_SECONDS, BUDGET_GIB = 600, 8
TARGET = {"rich": 0.995, "reduced": 0.95}
WAVE = "BENCHMARK 2020"
CHUNK = 1_000_000
# Shares of interviews with an error.
MISTYPED, MOVED, OTHER_DAY, UNREGISTERED = 0.06, 0.05, 0.01, 0.03
NATIVE = 0.8
COUNTRIES = np.array(["NL", "TUR", "MAR", "SUR", "ANT", "SOM", "POL", "IRN", "IRQ", "AFG"])


def main() -> None:
    """Print one table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--interviews", type=int, default=100_000)
    parser.add_argument("--persons", type=int, default=20_000_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--run", nargs=2, metavar=("FIELDS", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        fields, folder = arguments.run
        print(json.dumps(_run(fields, Path(folder))))
        return
    environment = os.environ | {"MIGRANTPANEL_THREADS": str(arguments.threads)}
    print("| fields | interviews | persons | seconds | peak GiB | links | precision | estimated"
          " | recall |")  # fmt: skip
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        for persons in (arguments.persons // 10, arguments.persons):
            folder = Path(name) / str(persons)
            _write(folder, persons, arguments.interviews)
            for fields in FIELD_SETS:
                command = [sys.executable, __file__, "--run", fields, str(folder)]
                done = measure(command, environment, folder)
                found = json.loads(done.output.splitlines()[-1])
                print(
                    f"| {fields} | {arguments.interviews:,} | {persons:,} | {found['seconds']:.0f}"
                    f" | {done.peak_gib:.1f} | {found['links']:,} | {found['precision']:.4f}"
                    f" | {found['estimated']:.4f} | {found['recall']:.4f} |",
                    flush=True,
                )
    print(f"\nbudget: {BUDGET_SECONDS} s and {BUDGET_GIB} GiB on 4 cores")


def _write(folder: Path, persons: int, interviews: int) -> None:
    """Write the register in parts, the interviews, and who they really are."""
    folder.mkdir()
    share = interviews / persons
    asked = []
    for part in range(-(-persons // CHUNK)):
        rng = generator(1, "linkage benchmark", part)
        size = min(CHUNK, persons - part * CHUNK)
        people = _people(rng, size, part * CHUNK)
        people.write_parquet(folder / f"register_{part:03d}.parquet")
        chosen = rng.permutation(size)[: round(share * size)]
        asked.append(_interviews(people[np.sort(chosen)], rng))
    frame = (
        pl.concat(asked)
        .with_row_index("row")
        .with_columns(respondent_id=pl.lit("A") + pl.col("row").cast(pl.String).str.zfill(7))
    )
    known = pl.col("row") % 2 == 0
    frame.with_columns(known_key=pl.when(known).then("person_key")).drop(
        "row", "person_key", "true_key"
    ).write_parquet(folder / "interviews.parquet")
    frame.select("respondent_id", "true_key").write_parquet(folder / "truth.parquet")


def _people(rng: np.random.Generator, size: int, start: int) -> pl.DataFrame:
    """Draw persons: three to a home on average, of one country and name mostly."""
    country = np.where(rng.random(size) < NATIVE, 0, rng.integers(1, len(COUNTRIES), size))
    names = parameter_file("names.yaml")["origins"]
    sex = rng.integers(1, 3, size)
    first, family, partner = (np.empty(size, dtype=object) for _ in range(3))
    for place, origin in enumerate(COUNTRIES):
        rows = np.flatnonzero(country == place)
        lists = names[origin]
        given = np.array(lists["men"] + lists["women"], dtype=object)
        first[rows] = given[_falling(rng, len(given), len(rows))]
        for column in (family, partner):
            parts = [
                np.array(lists[part], dtype=object)[_falling(rng, len(lists[part]), len(rows))]
                for part in ("before", "roots", "after")
            ]
            # Real names are more various than their parts: a tail of other endings.
            tail = np.array(["", "", "inga", "ema", "sen", "land", "veld", "hof"], dtype=object)
            column[rows] = parts[0] + parts[1] + parts[2] + tail[_falling(rng, 8, len(rows))]
    home = (start + np.arange(size)) // 3
    frame = pl.DataFrame(
        {
            "wave": [WAVE] * size,
            "person_key": pl.Series(start + np.arange(size)).cast(pl.String).str.zfill(9),
            "first_name": first.tolist(),
            "family_name": family.tolist(),
            "partner_name": partner.tolist(),
            "birth_date": pl.Series(rng.integers(-14_600, 14_600, size)).cast(pl.Date),
            "postcode": pl.Series(home // 30 * 7919 % 456_976).cast(pl.String),
            "house_number": pl.Series(home % 30 * 2 + 1).cast(pl.String),
            "sex": pl.Series(sex).cast(pl.String),
            "birth_country": COUNTRIES[country],
            "municipality": pl.Series(_falling(rng, 340, size)).cast(pl.String).str.zfill(4),
            "arrival_year": np.where(country > 0, rng.integers(1995, 2020, size), -1),
        }
    )
    return _derived(frame)


def _falling(rng: np.random.Generator, length: int, size: int) -> np.ndarray:
    weight = 1 / np.arange(1, length + 1) ** 0.6
    return np.searchsorted(np.cumsum(weight / weight.sum())[:-1], rng.random(size))


def _derived(frame: pl.DataFrame) -> pl.DataFrame:
    """Clean names as the macro `name_key` does, and add the columns that follow from others."""
    names = [
        pl.col(name).str.to_lowercase().str.replace_all("[^a-z]", "").alias(name)
        for name in ("first_name", "family_name", "partner_name")
    ]
    return frame.with_columns(names).with_columns(
        first_initial=pl.col("first_name").str.slice(0, 1),
        family_initial=pl.col("family_name").str.slice(0, 1),
        family_name_other=pl.lit(None, pl.String),
        birth_year=pl.col("birth_date").dt.year(),
        birth_month=pl.col("birth_date").dt.month().cast(pl.Int32),
        arrival_year=pl.when(pl.col("arrival_year") > 0).then("arrival_year").cast(pl.Int32),
    )


def _interviews(people: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Note people with errors; some of them are in no register: their names and dates are new."""

    def happens(share: float) -> pl.Series:
        return pl.Series(rng.random(people.height) < share)

    def mistyped(name: str) -> pl.Expr:
        at = pl.Series(rng.integers(1, 4, people.height))
        typed = pl.col(name).str.slice(0, at) + "x" + pl.col(name).str.slice(at + 1)
        return pl.when(happens(MISTYPED)).then(typed).otherwise(name).alias(name)

    moved, other_day, stranger = happens(MOVED), happens(OTHER_DAY), happens(UNREGISTERED)
    strangers = _people(rng, people.height, 10**9)
    noted = people.with_columns(
        pl.when(stranger).then(strangers[name]).otherwise(name).alias(name)
        for name in people.columns
        if name not in ("wave", "person_key")
    )
    return _derived(
        noted.with_columns(
            mistyped("first_name"),
            mistyped("family_name"),
            postcode=pl.when(moved).then(pl.lit("900000")).otherwise("postcode"),
            municipality=pl.when(moved).then(pl.lit("0001")).otherwise("municipality"),
            birth_date=pl.when(other_day)
            .then(pl.col("birth_date").dt.offset_by("3d"))
            .otherwise("birth_date"),
            arrival_year=pl.col("arrival_year").fill_null(-1),
            partner_name=pl.lit(None, pl.String),
            person_key=pl.when(~stranger).then("person_key"),
        ).with_columns(true_key="person_key")
    )


def _run(name: str, folder: Path) -> dict[str, float]:
    """Link, and compare with who the interviews really are."""
    config = {"threads": os.environ["MIGRANTPANEL_THREADS"], "memory_limit": "3GB"}
    with duckdb.connect(config=config | {"temp_directory": str(folder)}) as connection:
        start = time.perf_counter()
        scored = score_links(
            connection,
            connection.read_parquet(str(folder / "interviews.parquet")),
            connection.read_parquet(str(folder / "register_*.parquet")),
            FIELD_SETS[name],
            [EXACT, PROBABILISTIC],
            TARGET[name],
        )
        seconds = time.perf_counter() - start
    truth = pl.read_parquet(folder / "truth.parquet")
    asked = pl.read_parquet(folder / "interviews.parquet").filter(pl.col("known_key").is_null())
    wanted = asked.join(truth, on="respondent_id")["true_key"].count()
    links = (
        pl.from_arrow(scored)
        .filter((pl.col("scenario") == UNKNOWN) & pl.col("is_accepted"))
        .join(truth, on="respondent_id")
    )
    right = (links["person_key"] == links["true_key"]).fill_null(False).sum()
    return {
        "seconds": seconds,
        "links": links.height,
        "precision": right / max(links.height, 1),
        "estimated": links["estimated_precision"].mean() or 0.0,
        "recall": right / wanted,
    }


if __name__ == "__main__":
    main()
