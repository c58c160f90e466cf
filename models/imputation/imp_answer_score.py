"""One row per variable and group, with how near imputed answers come to those hidden on purpose."""

from migrantpanel.imputation.chained import ChainRules
from migrantpanel.imputation.hidden_answers import hidden_answer_scores


def model(dbt, session):
    dbt.config(materialized="table")
    rules = ChainRules(
        implicates=dbt.config.meta_get("implicates"),
        iterations=dbt.config.meta_get("iterations"),
        seed=dbt.config.meta_get("seed"),
        workers=dbt.config.meta_get("workers"),
    )
    return hidden_answer_scores(
        dbt.ref("imp_answer").order("variable, respondent_id").pl(),
        dbt.ref("imp_answer_design").order("respondent_id").pl(),
        dbt.ref("harmonised_code").pl(),
        dbt.ref("harmonised_filter").pl(),
        rules,
        dbt.config.meta_get("least"),
    ).to_arrow()
