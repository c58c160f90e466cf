"""Models tagged `shared` run on DuckDB and on Spark: nothing in them is for one of the two only."""

import json
import re

from conftest import World

NOT_PORTABLE = {
    name: re.compile(pattern)
    for name, pattern in {
        "generate_series": r"\bgenerate_series\b",
        "unnest": r"\bunnest\b",
        "asof join": r"\basof\b",
        "distinct on": r"\bdistinct\s+on\b",
        "arg_max": r"\barg_(max|min)\b",
        "* replace": r"\*\s*replace\b",
        "columns()": r"\bcolumns\(",
        "union by name": r"\bby\s+name\b",
        "whole-number division": r"//",
        "datediff": r"\bdate_?diff\b",
        "date + interval": r"\binterval\b",
        "strftime": r"\bstr[fp]time\b",
        "regular expression": r"\bregexp|\bsimilar\s+to\b|~",
        "list or struct": r"\blist_|\bstruct_|\[|\{",
        "lambda": r"->",
        "hash": r"\bhash\(",
        "read_parquet": r"\bread_parquet\b",
        "varchar": r"\bvarchar\b",
        "sum or mean of a double": r"\bavg\(|as double\)\s*\)",
    }.items()
}
DAY_THEMES = ("address", "couple", "demography", "household", "labour", "residence")
REGISTER_LAYERS = ("population", "panel")


def shared_sql(world: World) -> dict[str, str]:
    """Return the compiled SQL of every shared model, in lower case and without comments."""
    manifest = json.loads((world.target / "manifest.json").read_text(encoding="utf-8"))
    return {
        node["name"]: re.sub(r"--[^\n]*", "", node["compiled_code"].lower())
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and "shared" in node["tags"]
    }


def test_shared_models_hold_nothing_that_one_engine_lacks(world: World) -> None:
    found = [
        (model, name)
        for model, sql in shared_sql(world).items()
        for name, pattern in NOT_PORTABLE.items()
        if pattern.search(sql)
    ]
    assert found == []


def test_every_window_says_where_nulls_go_or_orders_what_has_none(world: World) -> None:
    """DuckDB puts nulls last in a descending order, Spark too; ascending they differ."""
    nullable = ("end_date", "death_date", "birth_date")
    found = [
        (model, order)
        for model, sql in shared_sql(world).items()
        for order in re.findall(r"order by ([^()]*?)\)", sql)
        if any(re.search(rf"\b{column}\b(?! ((asc|desc) )?nulls)", order) for column in nullable)
    ]
    assert found == []


def test_the_whole_population_and_the_themes_of_the_panel_are_shared(world: World) -> None:
    manifest = json.loads((world.target / "manifest.json").read_text(encoding="utf-8"))
    survey_sized = {
        *("panel_role", "panel_union", "panel_union_year", "panel_same_household"),
        *("panel_child", "panel_child_home", "panel_sibling", "panel_unrecorded_child"),
        *("panel_interview_day", *(f"panel_interview_{theme}" for theme in DAY_THEMES)),
    }
    untagged = {
        node["name"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["fqn"][1] in REGISTER_LAYERS
        and "shared" not in node["tags"]
    }
    assert untagged == survey_sized
