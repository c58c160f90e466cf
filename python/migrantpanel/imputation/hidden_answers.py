"""How well chained equations do: answers hidden on purpose, imputed, and set beside the truth."""

import polars as pl
from scipy.special import stdtrit

from migrantpanel.imputation.answers import impute_answers
from migrantpanel.imputation.chained import ChainRules
from migrantpanel.random import generator

# Answers hidden of a variable in a wave: its own rate of item nonresponse, within these bounds,
# so that every variable gives some evidence.
LEAST, MOST = 0.03, 0.3
LEVEL = 0.95

GROUP = ("variable", "dimension", "group_name")
SCORE = {
    **dict.fromkeys(GROUP, pl.String),
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
    return _scores(both, codes["variable"].unique(), least)


def _scores(both: pl.DataFrame, categorical: pl.Series, least: int) -> pl.DataFrame:
    """Score every group with at least `least` hidden answers."""
    levels = {"all": pl.lit("all"), "wave": pl.col("wave"), "origin_group": pl.col("origin_group")}
    # Sorted, and kept in order from here: sums in another order have other last digits.
    rows = pl.concat(
        both.with_columns(dimension=pl.lit(name), group_name=level)
        for name, level in levels.items()
    ).sort(*GROUP, "implicate", "respondent_id")
    is_category = pl.col("variable").is_in(categorical.implode())
    counts = rows.group_by(*GROUP, maintain_order=True).agg(
        hidden_count=pl.col("respondent_id").n_unique().cast(pl.Int64),
        right=(pl.col("value") == pl.col("hidden_value")).mean(),
        rows=pl.len(),
    ).filter(pl.col("hidden_count") >= least)  # fmt: skip
    # Imputed answers of a category less the hidden ones.
    surplus = pl.concat([
        rows.select(*GROUP, code="value", one=1), rows.select(*GROUP, code="hidden_value", one=-1)
    ]).group_by(*GROUP, "code").agg(pl.col("one").sum())  # fmt: skip
    moved = surplus.group_by(*GROUP).agg(moved=pl.col("one").abs().sum() / 2)
    usual = (
        rows.group_by(*GROUP, "hidden_value").len()
        .sort("len", "hidden_value", descending=[True, False])
        .unique(GROUP, keep="first", maintain_order=True)
        .select(*GROUP, usual="hidden_value")
    )  # fmt: skip
    number = {
        column: pl.when(is_category)
        .then((pl.col(column) == pl.col("usual")).cast(pl.Float64))
        .otherwise(pl.col(column).cast(pl.Float64, strict=False))
        .mean()
        for column in ("hidden_value", "value")
    }
    means = (
        rows.join(usual, on=GROUP, maintain_order="left")
        .group_by(*GROUP, "implicate", maintain_order=True)
        .agg(hidden_mean=number["hidden_value"], imputed_mean=number["value"])
        .group_by(*GROUP, maintain_order=True)
        .agg(
            pl.col("hidden_mean").mean(),
            pl.col("imputed_mean").mean(),
            spread=((1 + 1 / pl.len()) * pl.col("imputed_mean").var()).sqrt(),
            freedom=pl.len() - 1.0,
        )
    )
    scored = counts.join(moved, on=GROUP).join(means, on=GROUP).sort(*GROUP)
    half = scored["spread"] * stdtrit(scored["freedom"].to_numpy(), (1 + LEVEL) / 2)
    return scored.with_columns(
        right_percent=pl.when(is_category).then(100 * pl.col("right")),
        distance_percent=pl.when(is_category).then(100 * pl.col("moved") / pl.col("rows")),
        interval_low=pl.col("imputed_mean") - half,
        interval_high=pl.col("imputed_mean") + half,
        is_covered=(pl.col("hidden_mean") - pl.col("imputed_mean")).abs() <= half,
    ).select(SCORE.keys()).cast(SCORE)  # fmt: skip
