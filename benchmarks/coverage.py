"""Coverage of 95 % intervals and error of calibrated estimates over many samples.

    .venv/bin/python benchmarks/coverage.py [--samples 2000] [--jobs 2] [--out coverage.csv]

A population of 50,000 persons in five origin groups is made once (seed 1). Every sample draws
1,600 persons per group without replacement, lets them respond, weights the respondents to their
group and calibrates per group on sex, age, education and years since arrival, by raking, as the
build does. Intervals are linearised, with strata, finite populations and the residuals of the
calibration, and t quantiles (`migrantpanel.weighting.linearisation`; the first sample of every
fifty is also given to `variance.estimate`, which must say the same).

Response depends on the margins, with the rates of the simulated country (47 % of those whose
education is unknown to 66 % of the higher educated), and in the scenario `outcome` also on being
employed: there intervals fail, as they must, and the table shows by how much. In the scenario
`clusters` 40 of 120 municipalities are drawn, and a quarter of their people. The estimands are
the list below; none was added or left out after looking.
"""

import argparse
import csv
import multiprocessing
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import repeat
from pathlib import Path

import numpy as np
import polars as pl
import scipy.stats
from threadpoolctl import threadpool_limits

from migrantpanel.random import generator
from migrantpanel.weighting import Calibrator
from migrantpanel.weighting.linearisation import Linearisation
from migrantpanel.weighting.variance import SampleDesign, estimate, model_matrix

SEED = 1
SIZES = {"A": 20_000, "B": 12_000, "C": 8_000, "D": 6_000, "E": 4_000}
MUNICIPALITIES, DRAWN_MUNICIPALITIES = 120, 40
DRAWN_PER_GROUP = 1_600
MARGINS = ("sex", "age", "education", "residence")
SCENARIOS = ("margins", "clusters", "outcome")
# Log-odds of response: 47 % where education is unknown, 66 % among the higher educated.
RESPONSE = {
    "sex": {"man": -0.05, "woman": 0.05},
    "age": {"15-24": 0.0, "25-44": -0.1, "45-64": 0.05, "65+": 0.1},
    "education": {"unknown": -0.12, "primary": 0.0, "secondary": 0.2, "higher": 0.66},
    "residence": {"0-4": -0.1, "5-14": 0.0, "15+": 0.05},
}
# (outcome, domain): the mean of the outcome in each category of the domain; "" is everybody.
ESTIMANDS = (
    ("income", ""),
    ("income", "group"),
    ("income", "sex"),
    ("employed", ""),
    ("employed", "group"),
    ("employed", "age"),
    ("contact", ""),
    ("contact", "sex"),
    ("contact", "education"),
    ("opinion", ""),
    ("opinion", "group"),
    ("voted", ""),
    ("voted", "sex"),
)


@dataclass(frozen=True)
class Coverage:
    """One estimand in one scenario, over all samples."""

    scenario: str
    outcome: str
    domain: str
    r_squared: float
    n: float
    truth: float
    samples: int
    coverage: float
    monte_carlo_se: float
    bias_in_se: float
    se_ratio: float
    mse_ratio: float


def make_population() -> pl.DataFrame:
    """Return the population: margins, response chances and outcomes, the same every time."""
    rng = generator(SEED, "coverage", "population")
    size = sum(SIZES.values())
    group = np.repeat(list(SIZES), list(SIZES.values()))
    tilt = (np.searchsorted(list(SIZES), group) - 2) / 10
    age = rng.choice(list(RESPONSE["age"]), size, p=[0.18, 0.42, 0.28, 0.12])
    known = rng.random(size) > 0.25
    schooling = np.clip(np.floor(rng.normal(1 + tilt, 0.8, size) + 0.5), 0, 2).astype(int)
    level = np.array(["primary", "secondary", "higher"])[schooling]
    residence = rng.choice(list(RESPONSE["residence"]), size, p=[0.2, 0.35, 0.45])
    sex = rng.choice(["man", "woman"], size)
    people = pl.DataFrame(
        {
            "group": group,
            "municipality": rng.integers(0, MUNICIPALITIES, size),
            "sex": sex,
            "age": age,
            "education": np.where(known, level, "unknown"),
            "residence": residence,
        }
    )
    home = rng.normal(0, 0.15, MUNICIPALITIES)[people["municipality"].to_numpy()]
    by_age = people["age"].replace_strict({"15-24": -0.8, "25-44": 0.8, "45-64": 0.4, "65+": -2.2})
    by_stay = people["residence"].replace_strict({"0-4": -0.7, "5-14": 0.0, "15+": 0.5})
    odds = by_age.to_numpy() + 0.6 * (schooling - 1) + 0.5 * (sex == "man") + tilt + home
    employed = rng.random(size) < 1 / (1 + np.exp(-odds))
    income = 1.4 + 0.5 * schooling + 0.8 * employed + tilt + rng.gamma(2, 0.35, size)
    contact = by_stay.to_numpy() + 0.3 * schooling + home + rng.normal(0, 0.8, size)
    opinion = tilt + rng.normal(0, 1, size)
    voted = rng.random(size) < 0.35
    propensity = sum(
        people[name].replace_strict(effect).to_numpy() for name, effect in RESPONSE.items()
    )
    return people.with_columns(
        income=income,
        employed=pl.Series(employed).cast(pl.Float64),
        contact=contact,
        opinion=opinion,
        voted=pl.Series(voted).cast(pl.Float64),
        propensity=propensity,
    )


def draw(people: pl.DataFrame, scenario: str, number: int) -> pl.DataFrame:
    """Return the respondents of one sample, with stratum, unit, population and start weight."""
    rng = generator(SEED, "coverage", scenario, number)
    if scenario == "clusters":
        # Forty municipalities with equal chances, and a quarter of their people.
        taken = rng.choice(MUNICIPALITIES, DRAWN_MUNICIPALITIES, replace=False)
        chosen = people["municipality"].is_in(taken.tolist()).to_numpy()
        chosen &= rng.random(people.height) < 0.25
    else:
        chosen = np.zeros(people.height, dtype=bool)
        start = 0
        for size in SIZES.values():
            chosen[start + rng.choice(size, DRAWN_PER_GROUP, replace=False)] = True
            start += size
    drawn = people.filter(pl.Series(chosen))
    odds = drawn["propensity"].to_numpy()
    if scenario == "outcome":
        odds = odds + 0.8 * (drawn["employed"].to_numpy() - 0.5)
    net = drawn.filter(pl.Series(rng.random(drawn.height) < 1 / (1 + np.exp(-odds))))
    clustered = scenario == "clusters"
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    # Units that were drawn in two stages have no simple correction for finite populations.
    size = pl.col("group").replace_strict(SIZES, return_dtype=pl.Float64)
    return net.with_columns(
        stratum=pl.lit("all") if clustered else pl.col("group"),
        unit=(pl.col("municipality") if clustered else row).cast(pl.String),
        size=pl.lit(None, pl.Float64) if clustered else size,
        start=size / pl.len().over("group"),
    )


def run(people: pl.DataFrame, scenario: str, numbers: Sequence[int]) -> pl.DataFrame:
    """Return per sample and estimand: estimate, interval, and the estimate before calibration."""
    margins = {
        group: {name: dict(part[name].value_counts().rows()) for name in MARGINS}
        for (group,), part in people.partition_by("group", as_dict=True).items()
    }
    design = SampleDesign("weight", "stratum", "unit", "size", "start", MARGINS, domain="group")
    tables = []
    for number in numbers:
        net = draw(people, scenario, number)
        calibrator = Calibrator(net, margins, domain="group")
        net = net.with_columns(weight=calibrator.weigh(net["start"].to_numpy(), "raking").weights)
        table = intervals(net, design).with_columns(sample=pl.lit(number))
        if number == numbers[0]:
            _same_as_svy(net, design, table)
        tables.append(table)
    return pl.concat(tables)


def intervals(net: pl.DataFrame, design: SampleDesign) -> pl.DataFrame:
    """Return estimate, interval and size per estimand, from one preparation of the sample."""
    prepared = Linearisation(
        net["weight"].to_numpy(),
        net["stratum"],
        net["unit"],
        net["size"],
        net["start"].to_numpy(),
        model_matrix(net, design).to_numpy(),
    )
    keys, y, x, freedom = [], [], [], []
    for outcome, domain in ESTIMANDS:
        values = net[outcome].to_numpy()
        for name in net[domain].unique().sort() if domain else [""]:
            inside = (net[domain] == name).to_numpy() if domain else np.ones(net.height, bool)
            keys.append((outcome, f"{domain}={name}" if domain else "all"))
            y.append(values * inside)
            x.append(inside.astype(float))
            part = net.filter(pl.Series(inside))
            units = part.select(pl.struct("stratum", "unit").n_unique()).item()
            freedom.append(units - part["stratum"].n_unique())
    y, x = np.column_stack(y), np.column_stack(x)
    estimate, se = prepared.ratio_errors(y, x)
    start = net["start"].to_numpy()
    return pl.DataFrame(keys, schema=["outcome", "domain"], orient="row").with_columns(
        estimate=estimate,
        se=se,
        reach=scipy.stats.t.ppf(0.975, freedom) * se,
        n=x.sum(axis=0),
        start=(start @ y) / (start @ x),
    )


def _same_as_svy(net: pl.DataFrame, design: SampleDesign, table: pl.DataFrame) -> None:
    """End the run when an estimate or interval differs from that of `variance.estimate`."""
    for outcome, domain in ESTIMANDS:
        for row in estimate(net, outcome, design, [domain] if domain else []).to_dicts():
            name = f"{domain}={row[domain]}" if domain else "all"
            mine = table.filter(outcome=outcome, domain=name).row(0, named=True)
            found = (mine["estimate"], mine["se"], mine["estimate"] + mine["reach"])
            wanted = (row["estimate"], row["se"], row["upper"])
            if not np.allclose(found, wanted, rtol=1e-7, atol=0):
                sys.exit(f"{outcome}, {name}: {found} here, {wanted} by variance.estimate")


def truths(people: pl.DataFrame) -> pl.DataFrame:
    """Return the true value of each estimand and how much the margins explain of its outcome."""
    codes = people.select("group", *MARGINS).to_dummies().to_numpy().astype(float)
    rows = []
    for outcome, domain in ESTIMANDS:
        y = people[outcome].to_numpy()
        within = y - people.select(pl.col(outcome).mean().over("group")).to_series().to_numpy()
        fitted = codes @ np.linalg.lstsq(codes, within, rcond=1e-10)[0]
        explained = 1 - ((within - fitted) ** 2).sum() / (within**2).sum()
        means = people.group_by(domain or pl.lit("").alias("all")).agg(truth=pl.col(outcome).mean())
        for name, truth in means.rows():
            rows.append((outcome, f"{domain}={name}" if domain else "all", truth, explained))
    return pl.DataFrame(rows, schema=["outcome", "domain", "truth", "r_squared"], orient="row")


def summarise(found: pl.DataFrame, truth: pl.DataFrame, scenario: str) -> list[Coverage]:
    """Return coverage and errors per estimand, in the order of the list."""
    table = (
        found.join(truth, on=["outcome", "domain"])
        .group_by("outcome", "domain", maintain_order=True)
        .agg(
            r_squared=pl.col("r_squared").first(),
            n=pl.col("n").mean(),
            truth=pl.col("truth").first(),
            samples=pl.len(),
            coverage=((pl.col("estimate") - pl.col("truth")).abs() <= pl.col("reach")).mean(),
            bias_in_se=(pl.col("estimate").mean() - pl.col("truth").first())
            / pl.col("estimate").std(),
            se_ratio=(pl.col("se") ** 2).mean().sqrt() / pl.col("estimate").std(),
            mse_ratio=((pl.col("estimate") - pl.col("truth")) ** 2).mean()
            / ((pl.col("start") - pl.col("truth")) ** 2).mean(),
        )
    )
    return [
        Coverage(
            scenario=scenario,
            monte_carlo_se=(0.95 * 0.05 / row["samples"]) ** 0.5,
            **row,
        )
        for row in table.iter_rows(named=True)
    ]


def simulate(scenario: str, samples: int, jobs: int = 1) -> list[Coverage]:
    """Run a scenario; the result does not depend on the number of jobs."""
    people = make_population()
    parts = [range(start, min(start + 50, samples)) for start in range(0, samples, 50)]
    if jobs == 1:
        with threadpool_limits(1):
            tables = [run(people, scenario, part) for part in parts]
    else:
        with multiprocessing.get_context("spawn").Pool(jobs, threadpool_limits, [1]) as pool:
            tables = pool.starmap(run, zip(repeat(people), repeat(scenario), parts), chunksize=1)
    found = pl.concat(tables).sort("sample", maintain_order=True)
    return summarise(found, truths(people), scenario)


def main() -> None:
    """Run all scenarios, write the table, and print what the plan asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=2_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".csv"))
    arguments = parser.parse_args()
    rows = [
        row
        for scenario in SCENARIOS
        for row in simulate(scenario, arguments.samples, arguments.jobs)
    ]
    version = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    with arguments.out.open("w", newline="", encoding="utf-8") as lines:
        command = " ".join(["benchmarks/coverage.py", *sys.argv[1:]])
        lines.write(f"# {date.today()}, commit {version or 'unknown'}: {command}\n")
        writer = csv.DictWriter(lines, list(asdict(rows[0])))
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {k: f"{v:.5g}" if isinstance(v, float) else v for k, v in asdict(row).items()}
            )
    for scenario in SCENARIOS:
        mine = [row for row in rows if row.scenario == scenario]
        coverage = [row.coverage for row in mine]
        explained = [row.mse_ratio for row in mine if row.r_squared >= 0.1]
        unrelated = [row.mse_ratio for row in mine if row.r_squared < 0.01]
        print(
            f"{scenario}: {len(mine)} estimands, mean coverage {100 * np.mean(coverage):.2f} % "
            f"({100 * min(coverage):.1f} to {100 * max(coverage):.1f}), farthest "
            f"{max(abs(row.coverage - 0.95) / row.monte_carlo_se for row in mine):.1f} Monte Carlo "
            f"standard errors; MSE ratio {min(explained):.2f} to {max(explained):.2f} (explained), "
            f"{min(unrelated):.3f} to {max(unrelated):.3f} (unrelated)"
        )


if __name__ == "__main__":
    main()
