"""What takes the calibration out of the variances of the warehouse's estimates."""

import polars as pl
from threadpoolctl import threadpool_limits

from migrantpanel.weighting.linearisation import Linearisation

SURVEY = ("survey", "survey_year")
SCHEMA = {
    "respondent_id": pl.String,
    "survey": pl.String,
    "survey_year": pl.Int32,
    "term": pl.String,
    "coordinate": pl.Float64,
    "effect": pl.Float64,
    "spread": pl.Float64,
}


def variance_terms(
    units: pl.DataFrame, weights: pl.DataFrame, members: pl.DataFrame
) -> pl.DataFrame:
    """Return the terms (`Linearisation.terms`) of every survey, origin group by origin group.

    Args:
        units: one row per weighted respondent: respondent_id, survey, survey_year,
            variance_stratum, variance_unit, population_units.
        weights: of calibrated respondents: respondent_id, domain, start_weight, weight.
        members: respondent_id, margin and merged category that they were calibrated on; a domain
            without any was fitted to its population alone.

    Returns:
        One row per calibrated respondent and term of its domain. Domains are taken apart, which
        is exact for estimates within one and, where strata do not mix domains, for all.
    """
    sample = units.join(weights, on="respondent_id", how="left").sort(*SURVEY, "respondent_id")
    # Columns of the model: the population of the domain, and each category.
    sizes = weights.select("respondent_id", column=pl.lit("population"))
    categories = members.select(
        "respondent_id", column=pl.concat_str("margin", "category", separator="=")
    )
    columns = pl.concat([sizes, categories])
    parts = []
    with threadpool_limits(1):
        for _, survey in sample.group_by(*SURVEY, maintain_order=True):
            for domain in survey["domain"].drop_nulls().unique().sort():
                parts.append(_domain_terms(survey, domain, columns))
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


def _domain_terms(survey: pl.DataFrame, domain: str, columns: pl.DataFrame) -> pl.DataFrame:
    inside = survey.select("respondent_id", "domain").filter(domain=domain)
    wide = (
        inside.join(columns, on="respondent_id")
        .with_columns(one=pl.lit(1.0))
        .sort("column")
        .pivot(on="column", index="respondent_id", values="one")
    )
    matrix = survey.select("respondent_id").join(
        wide, on="respondent_id", how="left", maintain_order="left"
    )
    prepared = Linearisation(
        survey["weight"].fill_null(0.0).to_numpy(),
        survey["variance_stratum"],
        survey["variance_unit"],
        survey["population_units"],
        survey["start_weight"].fill_null(0.0).to_numpy(),
        matrix.drop("respondent_id").fill_null(0.0).to_numpy(),
    )
    terms = prepared.terms()
    rows = (survey["domain"] == domain).fill_null(False).to_numpy()
    key = survey.filter(pl.Series(rows)).select("respondent_id", *SURVEY)
    return pl.concat(
        [
            key.with_columns(
                term=pl.lit(f"{domain}-{number}"),
                coordinate=pl.Series(terms.coordinate[rows, number]),
                effect=pl.Series(terms.effect[rows, number]),
                spread=pl.lit(float(spread)),
            )
            for number, spread in enumerate(terms.spread)
        ]
    )
