"""One row per answer that was due and implicate, drawn by chained equations."""

from migrantpanel.imputation.answers import impute_answers
from migrantpanel.imputation.chained import ChainRules


def model(dbt, session):
    dbt.config(materialized="table")
    rules = ChainRules(
        implicates=dbt.config.meta_get("implicates"),
        iterations=dbt.config.meta_get("iterations"),
        seed=dbt.config.meta_get("seed"),
        workers=dbt.config.meta_get("workers"),
    )
    return impute_answers(
        dbt.ref("imp_answer").order("variable, respondent_id").pl(),
        dbt.ref("imp_answer_design").order("respondent_id").pl(),
        dbt.ref("harmonised_code").pl(),
        dbt.ref("harmonised_filter").pl(),
        rules,
    ).to_arrow()
