"""dbt's own documentation as one page: every model, column, test and arrow."""

import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from migrantpanel.dbt_runner import dbt_environment, dbt_target, run_dbt
from migrantpanel.errors import UserError
from migrantpanel.site.manifest import Project, read_project
from migrantpanel.warehouse.incremental import built_manifest
from migrantpanel.warehouse.publish import VAULT_FILE
from migrantpanel.warehouse.published import open_published

# dbt's page holds a tracker that it starts only for its hosted service; no page here names one.
TRACKER = '"//d1fc8wv8zag5ca.cloudfront.net/2.9.0/sp.js"'


def write_lineage(project: Path, warehouse: Path, landing: Path, site: Path) -> Project:
    """Write `<site>/lineage.html`, which is dbt's page, and return what dbt knows."""
    manifest = json.loads(_manifest(project, warehouse, landing))
    about = {"metadata": manifest["metadata"], "errors": None}
    page = resources.files("dbt.task.docs").joinpath("index.html").read_text(encoding="utf-8")
    for mark, content in (
        ("MANIFEST.JSON INLINE DATA", manifest),
        ("CATALOG.JSON INLINE DATA", about | published_columns(manifest, warehouse)),
    ):
        if page.count(f'"{mark}"') != 1:
            raise UserError("dbt's page has another form than expected: pin dbt-core 1.11")
        page = page.replace(f'"{mark}"', json.dumps(content))
    # Where the documents were made is nobody's business, and would differ on every machine.
    page = page.replace(TRACKER, '""').replace(str(project.resolve()), ".")
    (site / "lineage.html").write_text(page, encoding="utf-8")
    return read_project(manifest)


def _manifest(project: Path, warehouse: Path, landing: Path) -> str:
    """Return what dbt knew when it built the warehouse; where that is gone, let it read anew.

    It does so on empty databases, because it opens its files for writing, and a published file
    may be open elsewhere.
    """
    target = dbt_target(project)
    text = built_manifest(project, target / "manifest.json", warehouse.with_name(VAULT_FILE))
    if text is not None:
        return text.replace(str(target.resolve()), "target")
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "target"
        environment = dbt_environment(Path(scratch), landing) | {
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(Path(scratch) / "logs"),
        }
        run_dbt(["compile"], project, environment, "documenting")
        return (target / "manifest.json").read_text(encoding="utf-8").replace(scratch, "")


def published_columns(manifest: dict[str, Any], warehouse: Path) -> dict[str, Any]:
    """Return dbt's catalogue entries of the relations in the published files.

    The vault is read too where it stands beside the warehouse; an analyst may not have it.
    """
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    for path in (warehouse, warehouse.with_name(VAULT_FILE)):
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
