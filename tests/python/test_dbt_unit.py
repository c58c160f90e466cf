"""The unit tests of models and macros, which no build of data needs to run again."""

import shutil
import subprocess
import sys

from conftest import World
from migrantpanel.dbt_runner import dbt_environment
from migrantpanel.project import project_dir


def test_every_dbt_unit_test_passes(world: World, tmp_path) -> None:
    """dbt takes the types of made rows from built tables, so it gets a copy of a built world."""
    for database in (world.warehouse, world.vault):
        shutil.copy(database, tmp_path)
    project = str(project_dir())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "test", "--select", "test_type:unit"),
            *("--project-dir", project, "--profiles-dir", f"{project}/profiles"),
        ],
        env=world.environment()
        | dbt_environment(tmp_path, world.landing)
        | {"DBT_TARGET_PATH": str(tmp_path / "target"), "DBT_LOG_PATH": str(tmp_path / "logs")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " ERROR=0 " in done.stdout
    passed = int(done.stdout.split(" PASS=")[1].split()[0])
    assert passed >= 90
