"""One row per calibrated respondent and term of its origin group's calibration."""

from migrantpanel.weighting.survey_terms import variance_terms


def model(dbt, session):
    dbt.config(materialized="table")
    weight = dbt.ref("wgt_calibrated").filter("variant = 'calibrated'")
    member = dbt.ref("wgt_calibration_member").filter("variant = 'calibrated'")
    return variance_terms(
        dbt.ref("wgt_variance_unit").pl(),
        weight.project("respondent_id, domain, start_weight, weight").pl(),
        member.project("respondent_id, margin, category").pl(),
    ).to_arrow()
