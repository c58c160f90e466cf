"""Coverage of pooled intervals: 500 samples with holes, imputed by chained equations, and a truth.

    python benchmarks/pooling.py [REPETITIONS] [PROCESSES]

Each sample has a number, a binary, a nominal and an ordered variable, a quarter to a third of each
missing at random given the design. Prints the coverage of 95 % intervals per estimand, its mean,
how far each is from 95 in Monte Carlo standard errors, and what complete cases would have given.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from migrantpanel.imputation import pool
from migrantpanel.imputation.chained import ChainRules, Variable, impute_chained
from migrantpanel.random import generator

SIZE = 1_000
ESTIMANDS = (
    "mean of the number", "mean of the number, group 1", "share of the binary",
    "share of the binary, group 2", "share of nominal 1", "share of nominal 2",
    "mean of the ordered", "share of ordered 3",
)  # fmt: skip
METHODS = {
    "number": ("pmm", None),
    "binary": ("logistic", ("0", "1")),
    "nominal": ("multinomial", ("0", "1", "2")),
    "ordered": ("pmm", ("0", "1", "2", "3")),
}


def sample(rng: np.random.Generator, n: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw a design (two group dummies and age) and four variables that hang together."""
    group, age = rng.integers(0, 3, n), rng.normal(size=n)
    number = 2 + 0.8 * age + 0.5 * (group == 1) + rng.normal(size=n)
    chance = 1 / (1 + np.exp(-(0.3 + 0.8 * age - 0.5 * (number - 2))))
    binary = (rng.random(n) < chance).astype(float)
    pull = np.column_stack([np.zeros(n), 0.5 * age + 0.3 * binary, 0.5 * (group == 2) - 0.4 * age])
    nominal = (pull + rng.gumbel(size=(n, 3))).argmax(axis=1).astype(float)
    ordered = np.digitize(0.7 * age + 0.4 * binary + rng.normal(size=n), [-0.7, 0.4, 1.3])
    values = {"number": number, "binary": binary, "nominal": nominal, "ordered": ordered * 1.0}
    return np.column_stack([group == 1, group == 2, age]).astype(float), values


def share(values: np.ndarray, category: int) -> np.ndarray:
    """Return where a variable has a category; missing stays missing."""
    return np.where(np.isnan(values), np.nan, values == category)


def estimates(design: np.ndarray, values: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the estimands and their variances."""
    columns = (
        values["number"],
        values["number"][design[:, 0] == 1],
        values["binary"],
        values["binary"][design[:, 1] == 1],
        share(values["nominal"], 1),
        share(values["nominal"], 2),
        values["ordered"],
        share(values["ordered"], 3),
    )
    columns = tuple(column[~np.isnan(column)] for column in columns)
    return (
        np.array([column.mean() for column in columns]),
        np.array([column.var(ddof=1) / len(column) for column in columns]),
    )


def one(repetition: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pooled estimates, their bounds, and the estimates of complete cases."""
    rng = generator(1, "pooling benchmark", repetition)
    design, values = sample(rng, SIZE)
    chance = 1 / (1 + np.exp(1.1 - 0.8 * design[:, 2]))
    variables = []
    for name, (method, categories) in METHODS.items():
        hole = rng.random(SIZE) < chance
        seen = np.where(hole, np.nan, values[name])
        variables.append(Variable(name, method, seen, hole, categories))
    chains = impute_chained(variables, design, (), ChainRules(seed=repetition))
    results = []
    for chain in chains:
        full = {variable.name: variable.values.copy() for variable in variables}
        for variable in variables:
            full[variable.name][variable.fill] = chain.values[variable.name]
        results.append(estimates(design, full))
    pooled = pool([q for q, _ in results], [u for _, u in results], n=SIZE)
    low, high = pooled.interval()
    known = {variable.name: variable.values for variable in variables}
    complete = estimates(design, known)[0]
    return pooled.estimate, low, high, complete


def main(repetitions: str = "500", processes: str = "4") -> None:
    """Run all repetitions and print the table."""
    truth = np.mean(
        [estimates(*sample(generator(1, "pooling truth", k), 500_000))[0] for k in range(8)], axis=0
    )
    count = int(repetitions)
    started = time.perf_counter()
    with ProcessPoolExecutor(int(processes), get_context("spawn")) as workers:
        results = list(workers.map(one, range(count), chunksize=5))
    took = time.perf_counter() - started
    estimate, low, high, complete = (np.array(part) for part in zip(*results, strict=True))
    covered = (low <= truth) & (truth <= high)
    error = (0.95 * 0.05 / count) ** 0.5
    print(f"{count} samples of {SIZE:,}, m = 20, {took:.0f} s on {processes} processes")
    print(
        f"{'estimand':<30} truth   bias  complete-case bias  coverage  Monte Carlo errors from 95 %"
    )
    for place, name in enumerate(ESTIMANDS):
        share = covered[:, place].mean()
        print(
            f"{name:<30} {truth[place]:6.3f} {estimate[:, place].mean() - truth[place]:+6.3f} "
            f"{complete[:, place].mean() - truth[place]:+12.3f} {100 * share:15.1f} "
            f"{(share - 0.95) / error:+12.1f}"
        )
    print(f"mean coverage {100 * covered.mean():.2f} %")


if __name__ == "__main__":
    main(*sys.argv[1:])
