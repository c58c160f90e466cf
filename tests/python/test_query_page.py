"""The snippets of docs/query.md run on a built warehouse."""

import re
from pathlib import Path

import duckdb
import pytest

from migrantpanel.project import project_dir

PAGE = (project_dir() / "docs" / "query.md").read_text(encoding="utf-8")


def snippets(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("query", snippets("sql"))
def test_query_page_sql_runs(world, tmp_path, monkeypatch, query):
    monkeypatch.chdir(tmp_path)
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        assert connection.execute(query).fetchall()


def test_query_page_python_runs_also_inside_stata(world, tmp_path, monkeypatch):
    (tmp_path / "warehouse").symlink_to(world.warehouse.parent)
    monkeypatch.chdir(tmp_path)
    inside_stata = [
        re.search(r"python:\n(.*?)end\n", text, re.DOTALL) for text in snippets("stata")
    ]
    blocks = [*snippets("python"), *(block[1] for block in inside_stata if block)]
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "query.md", "exec"), {})
    assert Path("people.dta").stat().st_size > 1_000
