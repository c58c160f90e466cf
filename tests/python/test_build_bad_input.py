"""Bad input ends in clear lines and exit code 1, and leaves what is published untouched."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pyreadstat
import pytest

from conftest import World


@pytest.fixture
def other(world: World, tmp_path: Path) -> World:
    """Return a copy of the built world that a test may damage."""
    copy = World(tmp_path / "world")
    shutil.copytree(world.root, copy.root, ignore=shutil.ignore_patterns("site", "logs"))
    return copy


def one(world: World, pattern: str) -> Path:
    (found,) = world.extracts.rglob(pattern)
    return found


def fingerprints(world: World) -> dict[Path, str]:
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (world.warehouse, world.vault)
    }


def rewrite(path: Path, change: Callable) -> None:
    """Read an SPSS file, change its rows, and write it with the same labels."""
    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    pyreadstat.write_sav(
        change(frame),
        path,
        column_labels=meta.column_names_to_labels,
        variable_value_labels=meta.variable_value_labels,
        missing_ranges=meta.missing_ranges,
        variable_format=meta.original_variable_types,
    )


def remove_register(world: World) -> list[str]:
    shutil.rmtree(one(world, "GBAOVERLIJDENTAB"))
    return ["gbaoverlijdentab", "GBAOVERLIJDEN"]


def cut_short(world: World) -> list[str]:
    path = one(world, "SIM_2015.sav")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return ["SIM_2015.sav"]


def answer_unknown(world: World) -> list[str]:
    """Give one respondent a code of sex that no label and no crosswalk row knows."""

    def change(frame):
        frame.loc[0, "A01"] = 7.0
        return frame

    rewrite(one(world, "SIM_2015.sav"), change)
    return ["SIM_2015", "A01", "'7'"]


def repeat_key(world: World) -> list[str]:
    """Deliver one person twice."""
    path = one(world, "GBAPERSOON2023TABV2.sav")
    frame, _ = pyreadstat.read_sav(path, row_limit=1)
    number = frame["RINPERSOON"].iloc[0]

    def change(rows):
        rows.loc[len(rows)] = rows.iloc[0]
        return rows

    rewrite(path, change)
    return ["gbapersoontab", f"person_key=R{number}", "occurs twice"]


@pytest.mark.parametrize("damage", [remove_register, cut_short, answer_unknown, repeat_key])
def test_bad_input(other: World, damage: Callable[[World], list[str]]) -> None:
    before = fingerprints(other)
    words = damage(other)
    done = other.run("build")
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert lines
    for word in words:
        assert any(word.lower() in line.lower() for line in lines), (word, lines)
    assert fingerprints(other) == before
