"""What the README shows is what the commands print."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import readme
from migrantpanel.project import project_dir

README = (project_dir() / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_the_three_queries() -> None:
    queries = sorted((project_dir() / "docs" / "queries").glob("*.sql"))
    assert len(queries) == 3
    for path in queries:
        assert path.read_text(encoding="utf-8").strip() in readme.shown(README)


@pytest.mark.slow
def test_the_readme_shows_the_answers_of_a_default_build(tmp_path: Path) -> None:
    environment = os.environ | {
        "MIGRANTPANEL_PROJECT_DIR": str(project_dir()),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    for command in ("simulate", "build"):
        subprocess.run(
            [sys.executable, "-m", "migrantpanel", command],
            cwd=tmp_path,
            env=environment,
            check=True,
            capture_output=True,
        )
    assert readme.answers(tmp_path) == readme.shown(README)
