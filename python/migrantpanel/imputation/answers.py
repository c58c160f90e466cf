"""Item nonresponse of the surveys: which answers were due, what explains them, and their draws."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from migrantpanel.imputation.chained import (
    DEFAULTS,
    Chain,
    ChainRules,
    Filter,
    Variable,
    impute_chained,
)

RESULT = {
    "respondent_id": pl.String,
    "variable": pl.String,
    "implicate": pl.Int32,
    "value": pl.String,
}


def impute_answers(
    answers: pl.DataFrame,
    design: pl.DataFrame,
    codes: pl.DataFrame,
    filters: pl.DataFrame,
    rules: ChainRules = DEFAULTS,
    step: Callable[[], None] = lambda: None,
) -> pl.DataFrame:
    """Draw every answer that was due and did not come, once per implicate.

    Args:
        answers: respondent_id, variable, method (as in `impute_chained`), value (text, null
            without an answer) and is_due (asked, and refused or not known).
        design: one row per respondent_id; other columns are text (categories) or numbers, null
            where unknown.
        codes: variable, code and position of the categories; variables without are numbers.
        filters: variable, filter_variable and filter_value, as in the seed `harmonised_filter`.
        rules: implicates, iterations, seed.
        step: called after each implicate.

    Returns:
        respondent_id, variable, implicate (1, 2, ...) and value (text; null where the imputed
        filter says that the question does not apply), sorted.
    """
    design = design.sort("respondent_id")
    order = design["respondent_id"]
    order_of = dict(codes.sort("position").group_by("variable", maintain_order=True).agg("code")
                    .iter_rows())  # fmt: skip
    variables = [
        _variable(name, part, order, order_of.get(name))
        for (name,), part in answers.sort("variable").group_by("variable", maintain_order=True)
    ]
    named = {variable.name: variable for variable in variables}
    chains = impute_chained(
        variables, _design_columns(design), _filters(filters, named), rules, step
    )
    return _long(chains, named, order)


def _variable(
    name: str, part: pl.DataFrame, order: pl.Series, categories: Sequence[str] | None
) -> Variable:
    """Put one variable's answers in the order of respondents."""
    rows = pl.DataFrame({"respondent_id": order}).join(part, on="respondent_id", how="left")
    if categories is None:
        values = rows["value"].cast(pl.Float64)
    else:
        place = {code: float(number) for number, code in enumerate(categories)}
        values = rows["value"].replace_strict(place, default=None, return_dtype=pl.Float64)
    return Variable(
        name,
        part["method"][0],
        values.fill_null(float("nan")).to_numpy(),
        rows["is_due"].fill_null(False).to_numpy(),
        None if categories is None else tuple(categories),
    )


def _design_columns(design: pl.DataFrame) -> np.ndarray:
    """Return complete numeric columns: categories as dummies, unknown numbers flagged."""
    columns = []
    for column in design.drop("respondent_id"):
        if column.dtype == pl.String:
            filled = column.fill_null("-")
            levels = filled.unique().sort()[1:]
            columns += [(filled == level).cast(pl.Float64).to_numpy() for level in levels]
            continue
        numbers = column.cast(pl.Float64)
        columns.append(numbers.fill_null(numbers.mean() or 0.0).to_numpy())
        if numbers.null_count():
            columns.append(numbers.is_null().cast(pl.Float64).to_numpy())
    return np.column_stack(columns)


def _filters(filters: pl.DataFrame, named: Mapping[str, Variable]) -> list[Filter]:
    """Translate the codes of filters into places."""
    found = []
    for name, other, value in (
        filters.sort(filters.columns)
        .select("variable", "filter_variable", "filter_value")
        .iter_rows()
    ):
        if name in named and other in named:
            categories = named[other].categories
            place = categories.index(value) if categories else float(value)
            found.append(Filter(name, other, frozenset({float(place)})))
    return found


def _long(chains: Sequence[Chain], named: Mapping[str, Variable], order: pl.Series) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=RESULT)]
    for implicate, chain in enumerate(chains, start=1):
        for name, values in chain.values.items():
            variable = named[name]
            parts.append(pl.DataFrame({
                "respondent_id": order.filter(pl.Series(variable.fill)),
                "variable": name,
                "implicate": implicate,
                "value": [_text(value, variable.categories) for value in values],
            }, schema=RESULT))  # fmt: skip
    return pl.concat(parts).sort("respondent_id", "variable", "implicate")


def _text(value: float, categories: Sequence[str] | None) -> str | None:
    if np.isnan(value):
        return None
    if categories is not None:
        return categories[int(value)]
    # Matched values are observed ones, written as the answers are.
    return f"{value:.0f}" if value == round(value) else repr(float(value))
