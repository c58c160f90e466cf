"""The folder tree is the data flow: a model reads its own layer or a lower number."""

import json

from conftest import World

# The one integer per folder of the architecture. Seeds, sources and tests have no layer.
LAYERS = {
    "staging": 1,
    "harmonised": 2,
    "population": 3,
    "identity": 4,
    "panel": 5,
    "weighting": 6,
    "imputation": 7,
    "marts": 8,
    "statistics": 9,
    "release": 10,
}
VAULT = {"staging", "population", "identity"}
# Whole registers within a layer of the warehouse.
VAULT_FOLDERS = {("imputation", "permit")}
MAX_NODES = 2_000


def models(world: World) -> dict[str, dict]:
    manifest = json.loads((world.target / "manifest.json").read_text(encoding="utf-8"))
    return {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }


def layer(node: dict) -> str:
    return node["fqn"][1]


def is_in_vault(node: dict) -> bool:
    return layer(node) in VAULT or tuple(node["fqn"][1:3]) in VAULT_FOLDERS


def test_no_model_reads_a_higher_layer(world: World) -> None:
    found = models(world)
    upwards = [
        f"{node['name']} ({layer(node)}) reads {found[parent]['name']} ({layer(found[parent])})"
        for node in found.values()
        for parent in node["depends_on"]["nodes"]
        if parent in found and LAYERS[layer(found[parent])] > LAYERS[layer(node)]
    ]
    assert upwards == []


def test_only_staging_reads_sources(world: World) -> None:
    jumps = [
        node["name"]
        for node in models(world).values()
        if layer(node) != "staging"
        and any(parent.startswith("source.") for parent in node["depends_on"]["nodes"])
    ]
    assert jumps == []


def test_staging_reads_one_source_each(world: World) -> None:
    sources = {
        node["name"]: [p for p in node["depends_on"]["nodes"] if p.startswith("source.")]
        for node in models(world).values()
        if layer(node) == "staging"
    }
    assert {name: found for name, found in sources.items() if len(found) != 1} == {}


def test_staged_views_read_registers_without_a_join(world: World) -> None:
    """DuckDB reserves memory for each join: those of code lists starved what was built beside."""
    import duckdb

    with duckdb.connect(world.vault, read_only=True) as connection:
        views = connection.execute(
            "select view_name from duckdb_views() where schema_name = 'staging' and not internal"
        ).fetchall()
        plans = {
            view: connection.execute(f"explain from staging.{view}").fetchall() for (view,) in views
        }
    assert "stg_person_income" in plans
    assert [view for view, plan in plans.items() if "JOIN" in str(plan)] == []


def test_each_layer_has_its_schema_and_database(world: World) -> None:
    misplaced = [
        node["name"]
        for node in models(world).values()
        if node["schema"] != layer(node)
        or node["database"] != ("vault" if is_in_vault(node) else "migrant_panel")
    ]
    assert misplaced == []


def test_models_from_harmonised_on_enforce_their_contract(world: World) -> None:
    without = [
        node["name"]
        for node in models(world).values()
        if not is_in_vault(node) and node["language"] == "sql" and not node["contract"]["enforced"]
    ]
    assert without == []


def test_every_model_and_column_is_described(world: World) -> None:
    undescribed = [
        f"{node['name']}.{column}" if column else node["name"]
        for node in models(world).values()
        for column, text in (
            ("", node["description"]),
            *((c["name"], c["description"]) for c in node["columns"].values()),
        )
        if not text.strip()
    ]
    assert undescribed == []
    grainless = [
        node["name"]
        for node in models(world).values()
        if not node["description"].startswith("One row per ") or "Key:" not in node["description"]
    ]
    assert grainless == []


def test_every_column_of_the_warehouse_is_in_its_yaml(world: World) -> None:
    import duckdb

    with duckdb.connect(world.warehouse, read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
    documented = {
        (node["schema"], node["name"], column)
        for node in models(world).values()
        for column in node["columns"]
    }
    undocumented = [c for c in columns if c[0] != "reference" and c not in documented]
    assert columns
    assert undocumented == []


def test_the_project_stays_within_its_node_budget(world: World) -> None:
    manifest = json.loads((world.target / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["nodes"]) + len(manifest["unit_tests"]) <= MAX_NODES
