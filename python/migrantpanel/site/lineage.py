"""dbt's own documentation as one page: every model, column, test and arrow."""

import json
from pathlib import Path
from typing import Any

from migrantpanel.dbt_runner import dbt_environment, run_dbt
from migrantpanel.errors import UserError
from migrantpanel.site.manifest import Project, read_project
from migrantpanel.warehouse.published import open_published

# dbt's page holds a tracker that it starts only for its hosted service; no page here names one.
TRACKER = '"//d1fc8wv8zag5ca.cloudfront.net/2.9.0/sp.js"'


def write_lineage(
    project: Path, warehouse: Path, landing: Path, scratch: Path, site: Path
) -> Project:
    """Run `dbt docs generate --static`, write `<site>/lineage.html`, return what dbt knows.

    dbt runs on empty databases in `scratch`, because it opens its files for writing, and a
    published file may be open elsewhere. The column types come from the published files.
    """
    environment = dbt_environment(scratch, landing) | {
        "DBT_TARGET_PATH": str(scratch / "target"),
        "DBT_LOG_PATH": str(scratch / "logs"),
    }
    run_dbt(
        ["docs", "generate", "--static", "--empty-catalog"], project, environment, "documenting"
    )
    target = scratch / "target"
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    empty = (target / "catalog.json").read_text(encoding="utf-8")
    catalogue = json.loads(empty) | published_columns(manifest, warehouse)
    page = (target / "static_index.html").read_text(encoding="utf-8")
    if page.count(empty) != 1:
        raise UserError("dbt's static page has another form than expected: pin dbt-core 1.11")
    page = page.replace(empty, json.dumps(catalogue)).replace(TRACKER, '""')
    # Where the documents were made is nobody's business, and would differ on every machine.
    page = page.replace(str(scratch), "").replace(str(project.resolve()), ".")
    (site / "lineage.html").write_text(page, encoding="utf-8")
    return read_project(manifest)


def published_columns(manifest: dict[str, Any], warehouse: Path) -> dict[str, Any]:
    """Return dbt's catalogue entries of the relations in the published files.

    The vault is read too where it stands beside the warehouse; an analyst may not have it.
    """
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    for path in (warehouse, warehouse.with_name("vault.duckdb")):
        if not path.is_file():
            continue
        with open_published(path) as connection:
            rows = connection.execute(
                "select table_schema, table_name, column_name, ordinal_position, data_type "
                "from information_schema.columns order by all"
            ).fetchall()
        for schema, table, name, position, data_type in rows:
            entry = {"type": data_type, "index": position, "name": name, "comment": None}
            columns.setdefault((schema, table), {})[name] = entry
    catalogue: dict[str, Any] = {"nodes": {}, "sources": {}}
    for kind in catalogue:
        for unique_id, node in manifest[kind].items():
            found = columns.get((node["schema"], node.get("identifier") or node.get("alias")))
            if found and node["resource_type"] in ("model", "seed", "source"):
                name = node.get("identifier") or node["alias"]
                about = {"type": "TABLE", "schema": node["schema"], "name": name}
                about |= {"database": node["database"], "comment": None, "owner": None}
                catalogue[kind][unique_id] = {
                    "metadata": about,
                    "columns": found,
                    "stats": {},
                    "unique_id": unique_id,
                }
    return catalogue
