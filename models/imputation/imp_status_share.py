"""One row per step and status: the share imputed across two surveys, beside the one reported."""

from migrantpanel.imputation.status import status_shares

PREDICTORS = ("birth_country", "arrival_year", "sex", "age", "education_level", "civil_status")


def model(dbt, session):
    dbt.config(materialized="table")
    cases = dbt.ref("imp_status_case").order("respondent_id").pl()
    donor_wave = dbt.config.meta_get("donor")
    target_wave = dbt.config.meta_get("target")
    return status_shares(
        cases.filter(cases["wave"] == donor_wave),
        cases.filter(cases["wave"] == target_wave),
        "status",
        PREDICTORS,
        dbt.config.meta_get("of_refugees"),
        dbt.config.meta_get("implicates"),
        dbt.config.meta_get("seed"),
    ).to_arrow()
