"""How well donors do: permits hidden on purpose, imputed, and set beside what was hidden."""

import numpy as np
import polars as pl

from migrantpanel.imputation.permit import (
    AGE_GROUPS,
    TARGETS,
    PermitRules,
    impute_permits,
    lower_bound,
)
from migrantpanel.random import generator

# At random given what donors are matched on, and depending on the permit itself as well.
AT_RANDOM = "at_random"
BY_PERMIT = "by_permit"


def hidden_permits(
    cases: pl.DataFrame, pattern: pl.DataFrame, repetitions: int, rules: PermitRules
) -> pl.DataFrame:
    """Hide known permits as real ones are missing, impute them, and return both.

    Permits are hidden with the chance that a permit of that year and age group is missing
    (`at_random`), and with odds that differ by category besides (`by_permit`): no donor can know
    the second, and the bias that it leaves is to be published.

    Args:
        cases: as for `impute_permits`, with is_after_start and is_exempt.
        pattern: first_year, last_year, permit_category and odds of a permit to be missing.
        repetitions: times that each pattern is drawn.
        rules: as for `impute_permits`.

    Returns:
        One row per pattern, repetition and hidden case, sorted: pattern, repetition, case_id,
        year, age_group, country_group, match_level, and per target its hidden and imputed value
        (null where no donor was found).
    """
    due = cases.filter(pl.col("is_after_start") & ~pl.col("is_exempt")).with_columns(
        age_group=lower_bound("age", AGE_GROUPS)
    )
    missing = due.group_by("year", "age_group").agg(
        missing=pl.col("is_recipient").mean(),
    )
    known = due.filter(~pl.col("is_recipient")).join(
        missing, on=["year", "age_group"], how="left", nulls_equal=True
    )
    odds = known.select("case_id", "year", permit_category=TARGETS[0]).join(
        pattern, on="permit_category"
    ).filter(pl.col("year").is_between("first_year", "last_year"))  # fmt: skip
    known = known.join(odds.select("case_id", "odds"), on="case_id", how="left").sort("case_id")
    chance = known["missing"].to_numpy()
    twisted = chance * known["odds"].fill_null(1.0).to_numpy()
    results = []
    for name, probability in ((AT_RANDOM, chance), (BY_PERMIT, twisted)):
        for repetition in range(1, repetitions + 1):
            rng = generator(rules.seed, "hidden permits", name, repetition)
            hide = rng.random(known.height) < probability
            results.append(
                _imputed(known, hide, rules).with_columns(
                    pattern=pl.lit(name), repetition=pl.lit(repetition, pl.Int32)
                )
            )
    order = ["pattern", "repetition", "case_id"]
    return pl.concat(results).select(*order, pl.exclude(order)).sort(order)


def _imputed(known: pl.DataFrame, hide: np.ndarray, rules: PermitRules) -> pl.DataFrame:
    """Impute the hidden rows from the others and keep both values."""
    hidden = pl.Series(hide)
    shown = known.with_columns(
        is_recipient=hidden,
        **{target: pl.when(~hidden).then(target) for target in TARGETS},
    )
    found = impute_permits(shown, rules)
    return known.filter(hidden).select(
        "case_id", "year", "age_group", "country_group",
        *(pl.col(target).alias(f"{target}_hidden") for target in TARGETS),
    ).join(
        found.select(
            "case_id", "match_level",
            permit_category_imputed="category",
            permit_ground_imputed="ground",
            permit_explanation_imputed="explanation",
        ),
        on="case_id",
        how="left",
    )  # fmt: skip
