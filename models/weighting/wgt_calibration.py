"""One row per respondent and kind of weight, with the calibrated weight."""

from migrantpanel.weighting.survey import calibrated


def model(dbt, session):
    dbt.config(materialized="table")
    weights = calibrated(
        dbt.ref("wgt_start").pl(),
        dbt.ref("wgt_calibration_member").pl(),
        dbt.ref("wgt_calibration_target").pl(),
        dbt.ref("survey_population").pl(),
    )
    return weights.to_arrow()
