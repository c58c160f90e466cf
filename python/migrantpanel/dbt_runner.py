"""Run dbt with a progress bar, and turn its failures into lines that say what to change."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from migrantpanel.errors import UserError

EXAMPLE_ROWS = 3


# dbt's file of everything that it did takes a tenth of a build; a user may ask for it.
QUIET = {"DBT_LOG_LEVEL_FILE": "info"}
# Sums in another order on another number of threads would change the last digits.
ONE_ORDER = {"OPENBLAS_NUM_THREADS": "1"}


def dbt_environment(build_dir: Path, landing: Path) -> dict[str, str]:
    """Return the settings that the dbt profile reads."""
    return {
        "MIGRANTPANEL_BUILD_DIR": build_dir.resolve().as_posix(),
        "MIGRANTPANEL_LANDING_DIR": landing.resolve().as_posix(),
    }


def dbt_target(project: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder where dbt leaves its manifest and results."""
    return Path(environment.get("DBT_TARGET_PATH", project / "target"))


def run_dbt(
    command: Sequence[str],
    project: Path,
    environment: Mapping[str, str],
    title: str,
    databases: Mapping[str, Path] | None = None,
) -> None:
    """Run one dbt command in the project's folder and show how far it is.

    `databases` (alias -> file) are opened after a failure to show example rows of failed tests.
    Raises UserError with one line per failed model or test.
    """
    # Not `-m dbt.cli.main`: processes that a model starts would import all of dbt again.
    dbt = [sys.executable, "-c", "from dbt.cli.main import cli; cli()"]
    arguments = [*dbt, "--log-format", "json", *command]
    arguments += ["--profiles-dir", str(project / "profiles"), "--project-dir", str(project)]
    process = subprocess.Popen(
        arguments,
        cwd=project,
        env=QUIET | os.environ | environment | ONE_ORDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    loose_text: list[str] = []
    finished: set[str] = set()
    failures: dict[str, str] = {}
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task(title, total=None)
        for line in process.stdout or ():
            event = _parse(line)
            if event is None:
                loose_text.append(line.rstrip())
                continue
            data, name = event["data"], event["info"]["name"]
            if name == "ConcurrencyLine":
                progress.update(task, total=data["node_count"])
            node = data.get("node_info", {})
            if node.get("node_finished_at"):
                finished.add(node["unique_id"])
                progress.update(task, completed=len(finished))
            if name in ("RunResultError", "MainEncounteredError"):
                failures[node.get("unique_id", "dbt")] = data.get("msg") or data.get("exc", "")
    if process.wait() == 0:
        return
    target = dbt_target(project, {**os.environ, **environment})
    problems = [
        _explain(unique_id, message, target, databases or {})
        for unique_id, message in failures.items()
    ]
    raise UserError(*(problems or [f"dbt failed: {' '.join(loose_text[-3:]) or 'no message'}"]))


def _parse(line: str) -> dict | None:
    """Return dbt's log event of a line, or None for text that is no event."""
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) and "data" in event and "info" in event else None


def _explain(unique_id: str, message: str, target: Path, databases: Mapping[str, Path]) -> str:
    """Return one line on a failed node: where, what it guards, example rows, what to change."""
    manifest = _read(target / "manifest.json")
    node = manifest.get("nodes", {}).get(unique_id, {"name": unique_id})
    words = " ".join(message.split())
    if node.get("resource_type") != "test":
        return f"{node.get('resource_type', 'dbt')} {node['name']}: {words}"
    examples = _example_rows(_compiled(unique_id, node, target), databases)
    advice = " ".join(_advice(node, manifest).split())
    return f"{_place(node, manifest)}test {node['name']}: {words}.{examples} {advice}".rstrip()


def _place(node: dict, manifest: dict) -> str:
    """Return the model that a test belongs to and the landed folder it was read from."""
    model = manifest["nodes"].get(node.get("attached_node") or "")
    if model is None:
        return ""
    sources = [
        manifest["sources"][parent]["identifier"]
        for parent in model.get("depends_on", {}).get("nodes", [])
        if parent in manifest["sources"]
    ]
    landed = f" (landed from {', '.join(sources)})" if sources else ""
    return f"{model['name']}{landed}: "


def _advice(node: dict, manifest: dict) -> str:
    """Return what a test's failure means: its own description, else its generic test's."""
    if node.get("description"):
        return node["description"]
    generic = (node.get("test_metadata") or {}).get("name")
    macro = manifest["macros"].get(f"macro.{node.get('package_name')}.test_{generic}", {})
    return macro.get("description", "")


def _compiled(unique_id: str, node: dict, target: Path) -> str:
    """Return the query that a test ran."""
    results = _read(target / "run_results.json").get("results", [])
    ran = (result["compiled_code"] for result in results if result["unique_id"] == unique_id)
    return next(ran, None) or node.get("compiled_code") or ""


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _example_rows(query: str, databases: Mapping[str, Path]) -> str:
    """Return a few of the rows that a failed test found, as `column=value` words."""
    if not query or not all(path.is_file() for path in databases.values()):
        return ""
    try:
        with duckdb.connect() as connection:
            for alias, path in databases.items():
                connection.execute(f"attach '{path}' as {alias} (read_only)")
            connection.execute(f"use {next(iter(databases))}")
            cursor = connection.execute(f"select * from ({query}) limit {EXAMPLE_ROWS}")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
    except duckdb.Error:
        return ""
    shown = (
        ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True)) for row in rows
    )
    return "".join(f" [{row}]" for row in shown)
