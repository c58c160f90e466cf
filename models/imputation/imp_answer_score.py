"""One row per variable and group, with how near imputed answers come to those hidden on purpose."""

from migrantpanel.imputation.chained import ChainRules
from migrantpanel.imputation.hidden_answers import hidden_answer_scores


def model(dbt, session):
    dbt.config(materialized="table")
    return hidden_answer_scores(
        dbt.ref("imp_answer").pl(),
        dbt.ref("imp_answer_design").pl(),
        dbt.ref("harmonised_code").pl(),
        dbt.ref("harmonised_filter").pl(),
        ChainRules(**dbt.config.meta_get("chain")),
        dbt.config.meta_get("least"),
    ).to_arrow()
