"""One row per year and country: the group of countries that it gives permits to and takes from."""

from migrantpanel.imputation.country_group import GroupRules, country_groups


def model(dbt, session):
    dbt.config(materialized="table")
    counts = (
        dbt.ref("imp_permit_count")
        .project("year, country_code, nullif(category, 'unknown') as category, permit_count")
        .order("year, country_code, category")
        .pl()
    )
    continents = dbt.ref("country_continent").order("country_code").pl()
    overrides = dbt.ref("country_group_override").order("country_code, first_year").pl()
    rules = GroupRules(
        window=dbt.config.meta_get("window"),
        join_distance=dbt.config.meta_get("join_distance"),
        alone_size=dbt.config.meta_get("alone_size"),
        group_size=dbt.config.meta_get("group_size"),
    )
    by_country = dict(continents.select("country_code", "continent").iter_rows())
    return country_groups(counts, by_country, rules, overrides).to_arrow()
