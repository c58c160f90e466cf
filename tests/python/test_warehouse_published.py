"""Commands that read what was published say in one line why they cannot."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from migrantpanel.cli import app
from migrantpanel.errors import UserError

COMMANDS = ("digest", "docs", "queries")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist: run `migrantpanel build` first"),
        ("a note", "cannot be read: .*not a valid DuckDB database file"),
    ],
)
def test_a_warehouse_that_is_none(
    command: str, content: str | None, message: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    warehouse = tmp_path / "panel.duckdb"
    if content:
        warehouse.write_text(content)
    done = CliRunner().invoke(app, [command, "--warehouse", str(warehouse)])
    assert isinstance(done.exception, UserError)
    assert done.exception.args[0].startswith(str(warehouse))
    with pytest.raises(UserError, match=message):
        raise done.exception
    assert not (tmp_path / "site").exists()
