"""Replicate weights of the full-size pooled survey: seconds, peak memory and disk.

    .venv/bin/python benchmarks/replicates.py [--replicates 200]

Eleven made samples with the net numbers, origin groups and margins of the real surveys (84,581
respondents in 58 groups), drawn and calibrated as in the build, down to the table in DuckDB. The
sample is made before the clock starts; the peak counts the process whole. The machine is shared
and noisy: run it alone.
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

from migrantpanel.project import project_dir, seeds_dir
from migrantpanel.random import generator
from migrantpanel.weighting.survey import calibrated
from migrantpanel.weighting.survey_replicates import replicate_weights

BUDGET_SECONDS = 45
CATEGORIES = {"age": 6, "sex": 2, "region": 2, "residence": 4, "education_born_here": 6}
KEY = ("survey", "survey_year", "domain")


def main() -> None:
    """Print one row of a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--run", metavar="DIR", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(_run(Path(arguments.run), arguments.replicates)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in made_surveys().items():
            frame.write_parquet(Path(folder) / f"{name}.parquet")
        count = str(arguments.replicates)
        command = [sys.executable, __file__, "--run", folder, "--replicates", count]
        done = measure(command, dict(os.environ), project_dir() / "benchmarks")
    found = json.loads(done.output.splitlines()[-1])
    print("| respondents | groups | replicates | seconds | budget | peak GiB | MB on disk |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    print(
        f"| {found['respondents']:,} | {found['groups']} | {count} | {found['seconds']:.1f} | "
        f"{BUDGET_SECONDS} | {done.peak_gib:.2f} | {found['megabytes']:.0f} |"
    )
    print(f"\nHow the groups were calibrated: {found['calibration']}", file=sys.stderr)


def made_surveys() -> dict[str, pl.DataFrame]:
    """Return the relations of the weighting layer, for samples of the real size."""
    nets = pl.read_csv(seeds_dir() / "catalogue" / "catalogue_survey.csv")
    groups = pl.read_csv(seeds_dir() / "weighting" / "survey_population_group.csv")
    settings = pl.read_csv(seeds_dir() / "weighting" / "survey_population.csv")
    units, members, targets, design = [], [], [], []
    for survey, year, net in nets.select("survey", "survey_year", "net_sample").iter_rows():
        domains = groups.filter(survey=survey, survey_year=year)["origin_group"].to_list()
        domain = np.array(domains)[np.arange(net) % len(domains)]
        for name in domains:
            rows = np.flatnonzero(domain == name)
            draw = generator(1, "benchmark", survey, year, name)
            start = draw.lognormal(4, 0.4, len(rows))
            population = float(start.sum())
            key = {"survey": survey, "survey_year": year, "domain": name, "variant": "calibrated"}
            ids = [f"{survey}{year}-{row:06}" for row in rows]
            units.append(
                pl.DataFrame({"respondent_id": ids, "start_weight": start}).with_columns(
                    population=pl.lit(population), **{n: pl.lit(v) for n, v in key.items()}
                )
            )
            by_clusters = survey == "SPVA"
            design.append(
                pl.DataFrame(
                    {
                        "respondent_id": ids,
                        "survey": survey,
                        "survey_year": year,
                        "variance_stratum": name,
                        "variance_unit": [
                            str(cluster) for cluster in draw.integers(0, 13, len(rows))
                        ]
                        if by_clusters
                        else ids,
                        "population_units": None if by_clusters else population,
                        "weight_nonresponse": start,
                    },
                    schema_overrides={"population_units": pl.Float64},
                )
            )
            for margin, size in CATEGORIES.items():
                share = np.arange(2, size + 2) / np.arange(2, size + 2).sum()
                codes = draw.choice(size, len(rows), p=share)
                sums = np.bincount(codes, weights=start, minlength=size)
                wanted = sums * draw.uniform(0.85, 1.18, size)
                wanted *= population / wanted.sum()
                members.append(
                    pl.DataFrame(
                        {
                            "respondent_id": ids,
                            "variant": "calibrated",
                            "margin": margin,
                            "category": codes.astype(str),
                        }
                    )
                )
                targets.append(
                    pl.DataFrame(
                        {**key, "margin": margin, "category": np.arange(size).astype(str)}
                    ).with_columns(total=pl.Series(wanted))
                )
    wanted = pl.read_csv(seeds_dir() / "weighting" / "calibration_margin.csv")
    every = settings.select("survey", "survey_year").join(
        wanted.filter(survey="SIM", survey_year=2020).drop("survey", "survey_year"), how="cross"
    )
    return {
        "design": pl.concat(design),
        "units": pl.concat(units),
        "members": pl.concat(members),
        "targets": pl.concat(targets),
        "wanted": every,
        "settings": settings,
    }


def _run(folder: Path, replicates: int) -> dict[str, object]:
    frames = {
        name: pl.read_parquet(folder / f"{name}.parquet")
        for name in ("design", "units", "members", "targets", "wanted", "settings")
    }
    calibrated(*(frames[name] for name in ("units", "members", "targets", "settings")))
    start = time.perf_counter()
    long = replicate_weights(**frames, count=replicates)
    database = folder / "replicates.duckdb"
    with duckdb.connect(database, config={"memory_limit": "3GB"}) as connection:
        connection.from_arrow(long).create("replicate")
    seconds = time.perf_counter() - start
    with duckdb.connect(database, read_only=True) as connection:
        found = connection.execute(
            "select cast(calibration as varchar), count(*) from replicate group by all order by 2"
        ).fetchall()
    return {
        "respondents": frames["design"].height,
        "groups": frames["units"].select(KEY).n_unique(),
        "seconds": seconds,
        "megabytes": database.stat().st_size / 1e6,
        "calibration": dict(found),
    }


if __name__ == "__main__":
    main()
