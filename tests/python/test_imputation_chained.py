"""Chained equations: what is filled, what never is, and whether the numbers hold."""

import numpy as np
import polars as pl
import pytest

from migrantpanel.imputation import pool
from migrantpanel.imputation.answers import impute_answers
from migrantpanel.imputation.chained import (
    ChainedError,
    ChainRules,
    Filter,
    Variable,
    impute_chained,
)
from migrantpanel.random import generator

RULES = ChainRules(implicates=5, iterations=3, seed=1)


def population(rng: np.random.Generator, n: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw a design and four variables that hang together."""
    group, age = rng.integers(0, 3, n), rng.normal(size=n)
    number = 2 + 0.8 * age + 0.5 * (group == 1) + rng.normal(size=n)
    chance = 1 / (1 + np.exp(-(0.3 + 0.8 * age - 0.5 * (number - 2))))
    binary = (rng.random(n) < chance).astype(float)
    scores = np.column_stack(
        [np.zeros(n), 0.5 * age + 0.3 * binary, 0.5 * (group == 2) - 0.4 * age]
    )
    nominal = (scores + rng.gumbel(size=(n, 3))).argmax(axis=1).astype(float)
    ordered = np.digitize(0.7 * age + 0.4 * binary + rng.normal(size=n), [-0.7, 0.4, 1.3])
    values = {"number": number, "binary": binary, "nominal": nominal, "ordered": ordered * 1.0}
    return np.column_stack([group == 1, group == 2, age]).astype(float), values


METHODS = {
    "number": ("pmm", None),
    "binary": ("logistic", ("0", "1")),
    "nominal": ("multinomial", ("0", "1", "2")),
    "ordered": ("pmm", ("0", "1", "2", "3")),
}


def with_holes(rng: np.random.Generator, design: np.ndarray, values: dict) -> list[Variable]:
    """Hide more answers of the older: at random given the design."""
    chance = 1 / (1 + np.exp(1.1 - 0.8 * design[:, 2]))
    variables = []
    for name, (method, categories) in METHODS.items():
        hole = rng.random(len(design)) < chance
        variables.append(
            Variable(name, method, np.where(hole, np.nan, values[name]), hole, categories)
        )
    return variables


def means(values: dict[str, np.ndarray]) -> np.ndarray:
    return np.array([
        values["number"].mean(), values["binary"].mean(), (values["nominal"] == 1).mean(),
        (values["nominal"] == 2).mean(), values["ordered"].mean(),
    ])  # fmt: skip


def test_pooled_intervals_hold_the_truth_and_complete_cases_do_not() -> None:
    rng = generator(7, "test chained")
    truth = means(population(rng, 400_000)[1])
    covered, biased = [], []
    for _ in range(30):
        design, values = population(rng, 600)
        variables = with_holes(rng, design, values)
        estimates, variances = [], []
        for chain in impute_chained(variables, design, (), RULES):
            full = {v.name: v.values.copy() for v in variables}
            for v in variables:
                full[v.name][v.fill] = chain.values[v.name]
            n = len(design)
            spread = [full["number"].var(ddof=1), full["binary"].var(ddof=1),
                      (full["nominal"] == 1).var(ddof=1), (full["nominal"] == 2).var(ddof=1),
                      full["ordered"].var(ddof=1)]  # fmt: skip
            estimates.append(means(full))
            variances.append(np.array(spread) / n)
        low, high = pool(estimates, variances, n=len(design)).interval()
        covered.append((low <= truth) & (truth <= high))
        biased.append(np.nanmean(variables[0].values) - truth[0])
    # 150 intervals, correlated within a sample: 3.5 Monte Carlo errors of 30 samples are 0.14.
    assert np.mean(covered) > 0.95 - 0.14
    assert np.mean(biased) < -0.15


def test_only_what_was_due_is_filled_and_with_values_that_occur() -> None:
    rng = generator(3, "test chained")
    design, values = population(rng, 400)
    variables = with_holes(rng, design, values)
    not_asked = rng.random(400) < 0.2
    first = variables[0]
    variables[0] = Variable(
        first.name, first.method, np.where(not_asked, np.nan, first.values), first.fill & ~not_asked
    )
    chain = impute_chained(variables, design, (), RULES)[0]
    for v in variables:
        assert len(chain.values[v.name]) == v.fill.sum()
        assert set(chain.values[v.name]) <= set(v.values[~np.isnan(v.values)])


def test_a_question_that_an_imputed_filter_takes_back_stays_empty() -> None:
    rng = generator(4, "test chained")
    n = 500
    works = (rng.random(n) < 0.6).astype(float)
    hours = np.where(works == 1, rng.integers(10, 41, n), np.nan)
    lost = rng.random(n) < 0.3
    works_seen = np.where(lost, np.nan, works)
    # Who did not say whether they work did not give their hours either.
    hours_seen = np.where(lost, np.nan, hours)
    variables = [
        Variable("works", "logistic", works_seen, lost, ("no", "yes")),
        Variable("hours", "pmm", hours_seen, lost),
    ]
    design = rng.normal(size=(n, 1))
    filters = [Filter("hours", "works", frozenset({1.0}))]
    for chain in impute_chained(variables, design, filters, RULES):
        says_no = chain.values["works"] == 0
        assert says_no.any()
        assert np.isnan(chain.values["hours"][says_no]).all()
        assert not np.isnan(chain.values["hours"][~says_no]).any()


def test_the_same_seed_gives_the_same_values_in_any_number_of_processes() -> None:
    rng = generator(5, "test chained")
    design, values = population(rng, 200)
    variables = with_holes(rng, design, values)
    one = impute_chained(variables, design, (), ChainRules(implicates=3, iterations=2))
    two = impute_chained(variables, design, (), ChainRules(implicates=3, iterations=2, workers=2))
    other = impute_chained(variables, design, (), ChainRules(implicates=3, iterations=2, seed=2))
    for name in METHODS:
        assert all(
            np.array_equal(a.values[name], b.values[name]) for a, b in zip(one, two, strict=True)
        )
        assert not all(
            np.array_equal(a.values[name], b.values[name]) for a, b in zip(one, other, strict=True)
        )


def test_answers_in_and_out_are_text_by_respondent() -> None:
    rng = generator(6, "test chained")
    n = 120
    ids = [f"SIM2015-{number:03d}" for number in range(n)]
    origin = rng.choice(["MAR", "TUR"], n)
    answers = pl.DataFrame({
        "respondent_id": ids * 2,
        "variable": ["trust"] * n + ["hours"] * n,
        "method": ["pmm"] * 2 * n,
        "value": [None if number % 10 == 0 else str(1 + number % 3) for number in range(n)]
        + [str(20 + number % 5) for number in range(n)],
        "is_due": [number % 10 == 0 for number in range(n)] + [False] * n,
    })  # fmt: skip
    design = pl.DataFrame(
        {"respondent_id": ids, "origin_group": origin, "income": [None] + [1.0] * (n - 1)}
    )
    codes = pl.DataFrame(
        {"variable": ["trust"] * 3, "code": ["1", "2", "3"], "position": [1, 2, 3]}
    )
    filters = pl.DataFrame(
        schema={"variable": pl.String, "filter_variable": pl.String, "filter_value": pl.String}
    )
    result = impute_answers(answers, design, codes, filters, RULES)
    assert result["variable"].unique().to_list() == ["trust"]
    assert result.height == 5 * answers["is_due"].sum()
    assert set(result["value"]) <= {"1", "2", "3"}
    shuffled = answers.sample(fraction=1, shuffle=True, seed=1)
    assert result.equals(impute_answers(shuffled, design, codes, filters, RULES))


def test_bad_input_is_refused_by_name() -> None:
    design = np.zeros((3, 1))
    hole = np.array([True, False, False])
    good = np.array([np.nan, 1.0, 2.0])
    with pytest.raises(ChainedError, match="trust: method 'cart' is none of"):
        impute_chained([Variable("trust", "cart", good, hole)], design)
    with pytest.raises(ChainedError, match="trust: row 1 has a value and is to be filled"):
        impute_chained([Variable("trust", "pmm", good, np.array([True, True, False]))], design)
    with pytest.raises(ChainedError, match="nobody answered it"):
        impute_chained([Variable("trust", "pmm", np.full(3, np.nan), hole)], design)
    with pytest.raises(ChainedError, match=r"design\[0, 0\] is nan"):
        impute_chained([Variable("trust", "pmm", good, hole)], np.full((3, 1), np.nan))
    with pytest.raises(ChainedError, match="3 values for 4 rows"):
        impute_chained([Variable("trust", "pmm", good, hole)], np.zeros((4, 1)))
