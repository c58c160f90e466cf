"""One row per case without a permit: the permit of its nearest donor."""

import polars as pl

from migrantpanel.identity.pseudonym import load_secret, person_ids
from migrantpanel.imputation.permit import PermitRules, impute_permits


def model(dbt, session):
    dbt.config(materialized="table")
    cases = dbt.ref("imp_permit_search").order("case_id").pl()
    rules = PermitRules(
        min_donors=dbt.config.meta_get("min_donors"),
        max_uses=dbt.config.meta_get("max_uses"),
        seed=dbt.config.meta_get("seed"),
    )
    drawn = impute_permits(cases, rules)
    # What leaves the vault names a donor by a keyed pseudonym only.
    donors = drawn["donor_case_id"].drop_nulls().unique().sort()
    names = pl.DataFrame(
        {"donor_case_id": donors, "donor_id": person_ids(donors.to_list(), load_secret())},
        schema={"donor_case_id": pl.String, "donor_id": pl.String},
    )
    return drawn.join(names, on="donor_case_id", how="left").sort("case_id").to_arrow()
