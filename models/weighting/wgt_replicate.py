"""One row per weighted respondent and replicate, with the weight calibrated in the replicate."""

from migrantpanel.weighting.survey_replicates import replicate_weights


def model(dbt, session):
    dbt.config(materialized="table")
    weight = dbt.ref("wgt_respondent").project("respondent_id, weight_nonresponse").pl()
    return replicate_weights(
        dbt.ref("wgt_variance_unit").pl().join(weight, on="respondent_id"),
        dbt.ref("wgt_start").pl(),
        dbt.ref("wgt_calibration_member").pl(),
        dbt.ref("wgt_calibration_target").pl(),
        dbt.ref("calibration_margin").pl(),
        dbt.ref("survey_population").pl(),
        count=int(dbt.config.get("replicate_count")),
        method=dbt.config.get("replicate_method"),
        seed=int(dbt.config.get("replicate_seed")),
    )
