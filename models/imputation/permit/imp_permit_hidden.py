"""One row per hidden permit, with what was hidden and what a donor gave."""

from migrantpanel.imputation.hidden_permits import hidden_permits
from migrantpanel.imputation.permit import PermitRules


def model(dbt, session):
    dbt.config(materialized="table")
    cases = dbt.ref("imp_permit_search").order("case_id").pl()
    pattern = dbt.ref("permit_missing_pattern").order("first_year, permit_category").pl()
    rules = PermitRules(
        min_donors=dbt.config.meta_get("min_donors"),
        max_uses=dbt.config.meta_get("max_uses"),
        seed=dbt.config.meta_get("seed"),
    )
    return hidden_permits(cases, pattern, dbt.config.meta_get("repetitions"), rules).to_arrow()
