"""`dbt build` alone reads the landing, and stops when the extracts changed since."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import World

# A time that a float rounds up to the next second.
AWKWARD_TIME_NS = 1_763_791_237_999_999_423


@pytest.fixture
def landed(world: World, tmp_path: Path) -> World:
    """Return a world of one survey wave and the registers, landed and not built."""
    copy = World(tmp_path / "world")
    shutil.copytree(world.extracts, copy.extracts)
    for path in copy.extracts.rglob("*.sav"):
        os.utime(path, ns=(AWKWARD_TIME_NS, AWKWARD_TIME_NS))
    done = copy.run("land")
    assert done.returncode == 0, done.stderr
    return copy


def dbt_build(world: World) -> subprocess.CompletedProcess[str]:
    build_dir = world.root / "warehouse" / "build"
    build_dir.mkdir(parents=True, exist_ok=True)
    chosen = ("--select", "calendar_year", "--exclude-resource-type", "test")
    return world.dbt(build_dir, "build", *chosen)


def test_dbt_build_alone(landed: World) -> None:
    unchanged = dbt_build(landed)
    assert unchanged.returncode == 0, unchanged.stdout

    one = next(landed.extracts.rglob("KINDOUDER2023TABV10.sav"))
    os.utime(one)
    changed = dbt_build(landed)
    assert changed.returncode != 0
    assert "KINDOUDER2023TABV10.sav" in changed.stdout
    assert "migrantpanel land" in changed.stdout

    assert landed.run("land").returncode == 0
    (one.parent / "KINDOUDER2024TABV1.sav").write_bytes(one.read_bytes())
    assert "KINDOUDER2024TABV1.sav" in dbt_build(landed).stdout
