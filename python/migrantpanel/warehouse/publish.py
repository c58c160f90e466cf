"""Put a finished build in the place of the published files, whole or not at all."""

from pathlib import Path

import duckdb

from migrantpanel.errors import UserError

PANEL_FILE = "migrant_panel.duckdb"
VAULT_FILE = "vault.duckdb"


def published_files(warehouse: Path) -> dict[str, Path]:
    """Return the published path of each built file: the vault stands beside the warehouse."""
    return {VAULT_FILE: warehouse.with_name(VAULT_FILE), PANEL_FILE: warehouse}


def waiting(path: Path) -> Path:
    """Return where a built file waits while a reader holds the published one."""
    return path.with_name(path.name + ".next")


def checkpoint(build_dir: Path) -> None:
    """Write each built file's log into the file itself, so that the file alone is whole."""
    for name in (VAULT_FILE, PANEL_FILE):
        with duckdb.connect(build_dir / name) as connection:
            connection.execute("force checkpoint")


def stage(build_dir: Path, warehouse: Path) -> None:
    """Move a finished build beside the published files, where `publish` takes it from."""
    for name, path in published_files(warehouse).items():
        (build_dir / name).replace(waiting(path))


def publish(warehouse: Path) -> list[Path]:
    """Replace the published files by the ones that wait beside them; return what was replaced.

    Raises UserError when nothing waits, or when a reader holds a file (Windows): the new file
    then stays beside it, and the same command finishes once the reader has closed it.
    """
    pending = [path for path in published_files(warehouse).values() if waiting(path).is_file()]
    if not pending:
        raise UserError(f"nothing waits to be published beside {warehouse}: run migrantpanel build")
    blocked = []
    for path in pending:
        try:
            waiting(path).replace(path)
        except PermissionError:
            blocked.append(
                f"{path} is open in another program: the new one waits as {waiting(path).name}; "
                "close that program, then run `migrantpanel publish`"
            )
    UserError.collect(blocked)
    return pending
