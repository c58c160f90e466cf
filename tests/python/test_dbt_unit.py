"""The unit tests of models and macros, which no build of data needs to run again."""

import shutil

from conftest import World


def test_every_dbt_unit_test_passes(world: World, tmp_path) -> None:
    """dbt takes the types of made rows from built tables, so it gets a copy of a built world."""
    for database in (world.warehouse, world.vault):
        shutil.copy(database, tmp_path)
    done = world.dbt(tmp_path, "test", "--select", "test_type:unit")
    assert done.returncode == 0, done.stdout
    assert " ERROR=0 " in done.stdout
    passed = int(done.stdout.split(" PASS=")[1].split()[0])
    assert passed >= 90
