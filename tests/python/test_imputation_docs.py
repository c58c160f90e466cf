"""The pooling query of docs/answer-imputation.md gives what `pool` gives."""

import re

import duckdb
import polars as pl
import pytest

from conftest import World
from migrantpanel.imputation import pool
from migrantpanel.project import project_dir

COMPLETED = """
    select i.implicate, coalesce(v.value, log.final_value) as value
    from marts.mart_harmonised_value as v
    cross join (
        select distinct implicate from marts.mart_imputation_log where implicate > 0
    ) as i
    left join marts.mart_imputation_log as log
        on log.table_name = 'mart_cross_section' and log.row_key = v.respondent_id
        and log.variable = v.variable and log.implicate = i.implicate
    where v.variable = 'making_ends_meet' and v.survey = 'SIM' and v.survey_year = 2015
"""


def test_the_query_of_the_page_is_rubins_rules(world: World) -> None:
    page = (project_dir() / "docs" / "answer-imputation.md").read_text(encoding="utf-8")
    query = re.search(r"```sql\n(.*?)```", page, re.S).group(1)
    with duckdb.connect(str(world.warehouse), read_only=True) as warehouse:
        ((estimate, error),) = warehouse.sql(query).fetchall()
        values = warehouse.sql(COMPLETED).pl().drop_nulls("value")
    each = (
        values.with_columns(hit=(pl.col("value") == "1").cast(pl.Float64))
        .group_by("implicate")
        .agg(q=pl.col("hit").mean(), u=pl.col("hit").var() / pl.len())
        .sort("implicate")
    )
    pooled = pool(each["q"].to_numpy(), each["u"].to_numpy())
    assert len(each) == 20
    assert estimate == pytest.approx(pooled.estimate)
    assert error == pytest.approx(pooled.standard_error)
