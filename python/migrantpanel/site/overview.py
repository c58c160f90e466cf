"""The first page: what this is, how it flows, what to query."""

from pathlib import Path

import duckdb

from migrantpanel.site.counts import MartCount
from migrantpanel.site.drawing import layer_picture
from migrantpanel.site.manifest import Project
from migrantpanel.site.page import templates, write_page


def write_overview(
    project_dir: Path, landing: Path, project: Project, counts: dict[str, MartCount], site: Path
) -> None:
    """Write `<site>/index.html`."""
    queries = sorted((project_dir / "docs" / "queries").glob("*.sql"))
    body = templates.get_template("overview.html").render(
        project=project,
        picture=layer_picture(project),
        models=sum(len(layer.models) for layer in project.layers),
        marts=project.layer("marts"),
        counts=counts,
        queries=[path.read_text(encoding="utf-8").strip() for path in queries],
        simulated=built_from_simulation(landing),
        checked=(site / "quality" / "index.html").is_file(),
    )
    write_page(site, "index.html", "Overview", body, "index.html")


def built_from_simulation(landing: Path) -> bool:
    """Say whether every landed root has the simulator's truth beside it."""
    if not list((landing / "manifest").glob("*.parquet")):
        return False
    with duckdb.connect() as connection:
        path = (landing / "manifest").as_posix()
        roots = connection.execute(
            f"select distinct root from read_parquet('{path}/*.parquet')"
        ).fetchall()
    folders = [Path(root) for (root,) in roots]
    return all(folder.with_name(folder.name + "-truth").is_dir() for folder in folders)
