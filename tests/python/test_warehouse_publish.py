"""Publishing is all or nothing, and waits for readers where the system makes it wait."""

from pathlib import Path

import duckdb
import pytest

from migrantpanel.errors import UserError
from migrantpanel.warehouse.publish import PANEL_FILE, VAULT_FILE, publish, stage, waiting


def finished_build(folder: Path, value: int) -> Path:
    build_dir = folder / "build"
    build_dir.mkdir(exist_ok=True)
    for name in (PANEL_FILE, VAULT_FILE):
        with duckdb.connect(build_dir / name) as connection:
            connection.execute(f"create table t as select {value} as value")
    return build_dir


def value_of(path: Path) -> int:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute("select value from t").fetchone()[0]


def test_publish_replaces_both_files(tmp_path: Path) -> None:
    warehouse = tmp_path / PANEL_FILE
    for value in (1, 2):
        stage(finished_build(tmp_path, value), warehouse)
        assert len(publish(warehouse)) == 2
        assert value_of(warehouse) == value_of(tmp_path / VAULT_FILE) == value
    assert not waiting(warehouse).exists()


def test_a_reader_keeps_the_old_file_and_publish_finishes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a file that is open cannot be replaced; the same error is raised here."""
    warehouse = tmp_path / PANEL_FILE
    stage(finished_build(tmp_path, 1), warehouse)
    publish(warehouse)
    stage(finished_build(tmp_path, 2), warehouse)
    replace = Path.replace

    def held(path: Path, target: Path) -> Path:
        if Path(target) == warehouse:
            raise PermissionError(f"{target} is open")
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", held)
        with pytest.raises(UserError, match=r"is open in another program.*migrantpanel publish"):
            publish(warehouse)
    assert value_of(warehouse) == 1
    assert publish(warehouse) == [warehouse]
    assert value_of(warehouse) == 2


def test_nothing_waits(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing waits"):
        publish(tmp_path / PANEL_FILE)
