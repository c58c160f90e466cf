"""Multiple imputation by chained equations, for answers that were due and did not come.

One model per variable, given all others, in turns (Van Buuren 2018, Flexible Imputation of Missing
Data, chapter 4): predictive mean matching for numbers and ordered categories, Bayesian logistic
regression for two categories and for more. What does not apply to somebody is never filled, also
where the answer that decides it is itself imputed. The libraries tried know no categories
(scikit-learn, statsmodels) or no routing, and none is fast enough for all waves in one build.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from migrantpanel.errors import UserError
from migrantpanel.imputation.regression import METHODS, fill_from_observed
from migrantpanel.random import generator

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Fewer observed values than this cannot carry a model: any of them is drawn.
LEAST_OBSERVED = 25


class ChainedError(UserError, ValueError):
    """Variables that cannot be imputed; the message says what to change."""


@dataclass(frozen=True)
class Variable:
    """One variable of the chain.

    Attributes:
        name: its name.
        method: `pmm`, `logistic` or `multinomial`.
        values: one number per row, NaN where there is none: the number itself, or the place of
            the category among `categories` (in their order, for ordered ones).
        fill: rows that were due an answer and gave none; nothing else is ever filled.
        categories: the codes, or None for a number.
    """

    name: str
    method: str
    values: Numbers
    fill: Flags
    categories: tuple[str, ...] | None = None

    @cached_property
    def observed(self) -> Flags:
        """Return the rows with an answer."""
        return ~np.isnan(self.values)

    @property
    def is_unordered(self) -> bool:
        """Return whether the categories have no order that a model could use."""
        return self.categories is not None and self.method == "multinomial"

    def columns(self, values: Numbers) -> Numbers:
        """Return values as predictors: the value or its categories, and where there is none."""
        centre, spread = self._units
        return (self._raw_columns(values) - centre) / spread

    @cached_property
    def _units(self) -> tuple[Numbers, Numbers]:
        """Mean and deviation of the columns, of rows that need no filling; constant ones are 0."""
        known = self._raw_columns(self.values[~self.fill])
        spread = known.std(axis=0)
        return known.mean(axis=0), np.where(spread > 0, spread, 1)

    def _raw_columns(self, values: Numbers) -> Numbers:
        none = np.isnan(values)
        if self.is_unordered:
            columns = values[:, None] == np.arange(1, len(self.categories))
        else:
            columns = np.where(none, self._mean, values)
        return np.column_stack([columns, none]).astype(float)

    @cached_property
    def _mean(self) -> float:
        return float(self.values[self.observed].mean()) if self.observed.any() else 0.0


@dataclass(frozen=True)
class Filter:
    """A variable applies only where another one has one of these values."""

    variable: str
    filter_variable: str
    values: frozenset[float]


@dataclass(frozen=True)
class ChainRules:
    """Size and length of the chains.

    Attributes:
        implicates: completed data sets, m.
        iterations: rounds over all variables before values are taken.
        max_predictors: other variables in one model, those that go with it most.
        min_correlation: others below this are left out (Van Buuren 2018, section 6.3.2).
        seed: key of all draws.
        workers: processes; the values do not depend on it.
    """

    implicates: int = 20
    iterations: int = 5
    max_predictors: int = 15
    min_correlation: float = 0.1
    seed: int = 1
    workers: int = 1


DEFAULTS = ChainRules()


@dataclass(frozen=True)
class Chain:
    """One completed data set.

    Attributes:
        values: per variable the values of its `fill` rows, in row order; NaN where the imputed
            filter says that the question does not apply.
        means: per variable the mean of what was filled, after each iteration.
    """

    values: Mapping[str, Numbers]
    means: Mapping[str, tuple[float, ...]]


def impute_chained(
    variables: Sequence[Variable],
    design: Numbers,
    filters: Sequence[Filter] = (),
    rules: ChainRules = DEFAULTS,
    step: Callable[[], None] = lambda: None,
) -> list[Chain]:
    """Fill the missing answers of all variables, `rules.implicates` times.

    Args:
        variables: those to fill and those that only explain (nothing in `fill`).
        design: one row per respondent: what every model uses (strata, weight, origin, ...),
            complete, numeric, without a constant.
        filters: which answers make a variable apply. Several values of one filter variable are
            alternatives; several filter variables must all agree.
        rules: number of data sets and iterations, predictors, seed.
        step: called after each data set.

    Returns:
        One `Chain` per data set.

    Raises:
        ChainedError: lengths that differ, a method that does not exist, a value to be filled that
            is there already, a variable to fill without any observed value.
    """
    _check(variables, design)
    # Sums in another order on another number of threads would change the last digits.
    with threadpool_limits(1):
        predictors = _predictors(variables, filters, rules)
    task = _Task(tuple(variables), design, tuple(filters), rules, predictors)
    numbers = range(1, rules.implicates + 1)
    if rules.workers == 1 or rules.implicates == 1:
        chains = []
        for number in numbers:
            chains.append(task.run(number))
            step()
        return chains
    workers = min(rules.workers, rules.implicates)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        chains = []
        for chain in pool.map(task.run, numbers):
            chains.append(chain)
            step()
        return chains


def _check(variables: Sequence[Variable], design: Numbers) -> None:
    problems = []
    if not np.isfinite(design).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(design))[0])
        problems.append(f"design[{row}, {column}] is {design[row, column]}: give complete columns")
    for variable in variables:
        if variable.method not in METHODS:
            problems.append(f"{variable.name}: method {variable.method!r} is none of {[*METHODS]}")
        if len(variable.values) != len(design) or len(variable.fill) != len(design):
            problems.append(
                f"{variable.name}: {len(variable.values)} values for {len(design)} rows of design"
            )
        elif (variable.fill & variable.observed).any():
            row = int(np.flatnonzero(variable.fill & variable.observed)[0])
            problems.append(f"{variable.name}: row {row} has a value and is to be filled")
        elif variable.fill.any() and not variable.observed.any():
            problems.append(f"{variable.name}: nobody answered it, so nothing can be filled")
    ChainedError.collect(problems)


@dataclass(frozen=True)
class _Task:
    """Everything that one chain needs, sent to a process once per chain."""

    variables: tuple[Variable, ...]
    design: Numbers
    filters: tuple[Filter, ...]
    rules: ChainRules
    predictors: Mapping[str, Sequence[str]]

    def run(self, implicate: int) -> Chain:
        """Run one chain from its own stream of random numbers."""
        rng = generator(self.rules.seed, "chained equations", implicate)
        with threadpool_limits(1):
            return _run(self, rng)

    @cached_property
    def applies(self) -> dict[str, dict[str, frozenset[float]]]:
        """Per variable, the values that each of its filter variables must have."""
        needed: dict[str, dict[str, frozenset[float]]] = {}
        for each in self.filters:
            of_variable = needed.setdefault(each.variable, {})
            known = of_variable.get(each.filter_variable, frozenset())
            of_variable[each.filter_variable] = known | each.values
        return needed


def _run(task: _Task, rng: np.random.Generator) -> Chain:
    variables = {variable.name: variable for variable in task.variables}
    current = {v.name: _start(v, rng) for v in task.variables}
    design = np.column_stack([np.ones(len(task.design)), _standard(task.design)])
    blocks = {v.name: v.columns(current[v.name]) for v in task.variables}
    # Filters come before what hangs on them; otherwise the least missing first.
    order = sorted(
        (v for v in task.variables if v.fill.any()),
        key=lambda v: (v.name in task.applies, v.fill.sum(), v.name),
    )
    means: dict[str, list[float]] = {v.name: [] for v in order}
    for _ in range(task.rules.iterations):
        for variable in order:
            x = np.column_stack(
                [design, *(blocks[name] for name in task.predictors[variable.name])]
            )
            due = variable.fill & _applies(variable, task, variables, current)
            values = current[variable.name]
            values[variable.fill] = np.nan
            if due.any():
                values[due] = _draw(variable, x, due, rng)
            filled = values[variable.fill]
            blocks[variable.name][variable.fill] = variable.columns(filled)
            known = filled[~np.isnan(filled)]
            means[variable.name].append(float(known.mean()) if len(known) else float("nan"))
    return Chain(
        {v.name: current[v.name][v.fill] for v in order},
        {name: tuple(trace) for name, trace in means.items()},
    )


def _start(variable: Variable, rng: np.random.Generator) -> Numbers:
    """Begin with values drawn from those observed."""
    values = variable.values.copy()
    if variable.fill.any():
        values[variable.fill] = fill_from_observed(
            values[variable.observed], int(variable.fill.sum()), rng
        )
    return values


def _draw(variable: Variable, x: Numbers, due: Flags, rng: np.random.Generator) -> Numbers:
    y = variable.values[variable.observed]
    if len(y) < LEAST_OBSERVED or len(np.unique(y)) == 1:
        return fill_from_observed(y, int(due.sum()), rng)
    return METHODS[variable.method](x[variable.observed], y, x[due], rng)


def _applies(
    variable: Variable,
    task: _Task,
    variables: Mapping[str, Variable],
    current: Mapping[str, Numbers],
) -> Flags:
    """Return the rows to which the question applies, given what is imputed so far.

    A filter that was answered decided already: what it lets through was due. Only imputed answers
    of a filter can take a question back.
    """
    rows = np.ones(len(task.design), dtype=bool)
    for name, wanted in task.applies.get(variable.name, {}).items():
        if name in variables:
            imputed = variables[name].fill
            rows &= ~imputed | np.isin(current[name], list(wanted))
    return rows


def _standard(columns: Numbers) -> Numbers:
    """Return columns with mean 0 and deviation 1; constant ones become 0."""
    spread = columns.std(axis=0)
    return (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)


def _predictors(
    variables: Sequence[Variable], filters: Sequence[Filter], rules: ChainRules
) -> dict[str, list[str]]:
    """Choose for each variable the others that go with it most, where both have an answer.

    What hangs on a variable does not explain it: whoever gave no answer to the filter gave none
    to the questions behind it, and a first guess of those would decide the filter for good.
    """
    behind = {(each.filter_variable, each.variable) for each in filters}
    blocks = {variable.name: variable.columns(variable.values) for variable in variables}
    places = np.cumsum([0, *(block.shape[1] for block in blocks.values())])
    everything = np.column_stack(list(blocks.values()))
    chosen: dict[str, list[str]] = {}
    for variable in variables:
        if not variable.fill.any():
            continue
        seen = variable.observed
        # The last column says where there is no value: among the answers it says nothing.
        own = _standard(blocks[variable.name][seen][:, :-1])
        strongest = np.abs(own.T @ _standard(everything[seen])).max(axis=0) / seen.sum()
        strength = dict(zip(blocks, np.maximum.reduceat(strongest, places[:-1]), strict=True))
        near = [
            name for name in strength
            if name != variable.name and (variable.name, name) not in behind
            and strength[name] >= rules.min_correlation
        ]  # fmt: skip
        near.sort(key=lambda name: (-round(float(strength[name]), 9), name))
        chosen[variable.name] = sorted(near[: rules.max_predictors])
    return chosen
