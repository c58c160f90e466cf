"""How well chained equations do: answers hidden on purpose, imputed, and set beside the truth."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy import stats

from migrantpanel.imputation.answers import impute_answers
from migrantpanel.imputation.chained import ChainRules
from migrantpanel.random import generator

# Answers hidden of a variable in a wave: its own rate of item nonresponse, within these bounds,
# so that every variable gives some evidence.
LEAST, MOST = 0.03, 0.3
LEVEL = 0.95

SCORE = {
    "variable": pl.String, "dimension": pl.String, "group_name": pl.String,
    "hidden_count": pl.Int64,
    "right_percent": pl.Float64, "distance_percent": pl.Float64, "hidden_mean": pl.Float64,
    "imputed_mean": pl.Float64, "interval_low": pl.Float64, "interval_high": pl.Float64,
    "is_covered": pl.Boolean,
}  # fmt: skip


def hide_answers(answers: pl.DataFrame, design: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return answers with some of them hidden, as item nonresponse hides them.

    The chance is the rate of item nonresponse of the variable in the wave, larger for older
    respondents and for first-generation migrants in the way that those rates themselves differ.

    Args:
        answers: as for `impute_answers`.
        design: respondent_id, wave, age and generation, as for `impute_answers`.
        seed: key of the draws.

    Returns:
        `answers` with the columns hidden_value (null unless hidden), and with value null and
        is_due true where hidden.
    """
    background = design.select("respondent_id", "wave", "generation", is_old=pl.col("age") >= 50)
    known = answers.join(background, on="respondent_id").filter(
        pl.col("value").is_not_null() | pl.col("is_due")
    )
    group = ["variable", "generation", "is_old"]
    rate = known.with_columns(
        wave_rate=pl.col("is_due").mean().over("variable", "wave").clip(LEAST, MOST),
        tilt=(pl.col("is_due").mean().over(group) + LEAST)
        / (pl.col("is_due").mean().over("variable") + LEAST),
    )
    ordered = rate.sort("variable", "respondent_id")
    draw = generator(seed, "hidden answers").random(ordered.height)
    chance = (pl.col("wave_rate") * pl.col("tilt")).clip(0, MOST)
    hide = (pl.Series(draw) < chance) & ~pl.col("is_due")
    return ordered.with_columns(hide=hide).select(
        "respondent_id", "variable", "method",
        hidden_value=pl.when("hide").then("value"),
        value=pl.when(~pl.col("hide")).then("value"),
        is_due=pl.col("is_due") | pl.col("hide"),
    )  # fmt: skip


def hidden_answer_scores(
    answers: pl.DataFrame,
    design: pl.DataFrame,
    codes: pl.DataFrame,
    filters: pl.DataFrame,
    rules: ChainRules,
    least: int = 10,
) -> pl.DataFrame:
    """Hide answers, impute them, and score each variable, in all and by wave and origin group.

    If the model is right, the hidden mean is one more draw of the imputed means: the interval is
    their mean plus and minus the t quantile times the square root of (1 + 1/m) times their
    variance, and holds the hidden mean 95 times in 100. Of categories the mean is that of the
    most frequent hidden one's share.

    Returns:
        One row per variable, dimension (all, wave, origin_group) and level with at least `least`
        hidden answers: hidden_count, right_percent (imputed values equal to the hidden one;
        categories only), distance_percent (share that would have to change for the two
        distributions to agree; categories only), hidden_mean, imputed_mean, interval_low,
        interval_high and is_covered.
    """
    shown = hide_answers(answers, design, rules.seed)
    drawn = impute_answers(shown.drop("hidden_value"), design, codes, filters, rules)
    # A question that an imputed filter takes back was answered after all: it does not score.
    both = drawn.drop_nulls("value").join(
        shown.filter(pl.col("hidden_value").is_not_null()).select(
            "respondent_id", "variable", "hidden_value"
        ),
        on=["respondent_id", "variable"],
    ).join(design.select("respondent_id", "wave", "origin_group"), on="respondent_id")  # fmt: skip
    categorical = set(codes["variable"].unique())
    rows = [
        row
        for (variable,), part in both.group_by("variable", maintain_order=True)
        for row in _scores(variable, part, variable in categorical, least)
    ]
    return pl.DataFrame(rows, SCORE, orient="row").sort("variable", "dimension", "group_name")


def _scores(variable: str, part: pl.DataFrame, is_categorical: bool, least: int) -> Iterator[tuple]:
    for dimension in ("all", "wave", "origin_group"):
        key = pl.lit("all") if dimension == "all" else pl.col(dimension)
        for (level,), rows in part.with_columns(level=key).group_by("level"):
            count = rows["respondent_id"].n_unique()
            if count >= least:
                yield (variable, dimension, level, count, *_score(rows, is_categorical))


def _score(rows: pl.DataFrame, is_categorical: bool) -> tuple:
    right = distance = None
    if is_categorical:
        right = 100 * float((rows["value"] == rows["hidden_value"]).mean())
        shares = [rows[column].value_counts(normalize=True, name="share").rename({column: "code"})
                  for column in ("value", "hidden_value")]  # fmt: skip
        apart = shares[0].join(shares[1], on="code", how="full", coalesce=True).fill_null(0.0)
        distance = 50 * float((apart["share"] - apart["share_right"]).abs().sum())
        usual = rows["hidden_value"].value_counts().sort(
            ["count", "hidden_value"], descending=[True, False]
        )["hidden_value"][0]  # fmt: skip
        numbers = rows.select(
            "implicate",
            hidden=(pl.col("hidden_value") == usual).cast(pl.Float64),
            imputed=(pl.col("value") == usual).cast(pl.Float64),
        )
    else:
        numbers = rows.select(
            "implicate",
            hidden=pl.col("hidden_value").cast(pl.Float64),
            imputed=pl.col("value").cast(pl.Float64),
        )
    means = numbers.group_by("implicate").agg(pl.all().mean()).sort("implicate")
    imputed = means["imputed"].to_numpy()
    hidden = float(means["hidden"].mean())
    middle, m = float(imputed.mean()), len(imputed)
    spread = float(np.sqrt((1 + 1 / m) * imputed.var(ddof=1))) if m > 1 else float("nan")
    half = float(stats.t.ppf((1 + LEVEL) / 2, max(m - 1, 1))) * spread
    return (right, distance, hidden, middle, middle - half, middle + half,
            bool(abs(hidden - middle) <= half))  # fmt: skip
