"""One row per survey, origin group, kind of weight, margin and category: what it is merged into."""

from migrantpanel.weighting.survey import collapse


def model(dbt, session):
    dbt.config(materialized="table")
    plan = collapse(
        dbt.ref("wgt_start").pl(),
        dbt.ref("wgt_unit_category").pl(),
        dbt.ref("wgt_margin").pl(),
        dbt.ref("calibration_margin").pl(),
        dbt.ref("margin_category").pl(),
        dbt.ref("survey_population").pl(),
        minimum=int(dbt.config.get("category_minimum")),
    )
    return plan.to_arrow()
