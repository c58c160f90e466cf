"""One row per answer that was due and implicate, drawn by chained equations."""

from migrantpanel.imputation.answers import impute_answers
from migrantpanel.imputation.chained import ChainRules


def model(dbt, session):
    dbt.config(materialized="table")
    return impute_answers(
        dbt.ref("imp_answer").pl(),
        dbt.ref("imp_answer_design").pl(),
        dbt.ref("harmonised_code").pl(),
        dbt.ref("harmonised_filter").pl(),
        ChainRules(**dbt.config.meta_get("chain")),
    ).to_arrow()
