"""Every damaged extract gets its one line, and the landing of before stays as it was."""

import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

import damage
from migrantpanel.errors import UserError
from migrantpanel.landing import land


@dataclass(frozen=True)
class Place:
    pristine: Path
    extracts: Path
    landing: Path


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("damage")
    damage.write_extracts(root / "pristine")
    shutil.copytree(root / "pristine", root / "extracts")
    land([root / "extracts"], root / "landing", processes=0)
    return Place(root / "pristine", root / "extracts", root / "landing")


@pytest.mark.parametrize("case", damage.DAMAGES, ids=lambda case: case.name.replace(" ", "-"))
def test_damage_gets_one_line_and_changes_nothing(place: Place, case: damage.Damage) -> None:
    before = digest(place.landing)
    shutil.rmtree(place.extracts)
    shutil.copytree(place.pristine, place.extracts)
    case.spoil(place.extracts)
    with pytest.raises(UserError) as raised:
        land([place.extracts], place.landing, processes=int(case.crashes_the_reader))
    assert len(raised.value.problems) == 1
    (problem,) = raised.value.problems
    assert re.search(case.message, problem), problem
    assert "\n" not in problem
    assert digest(place.landing) == before


def test_all_problems_are_told_at_once(place: Place) -> None:
    shutil.rmtree(place.extracts)
    shutil.copytree(place.pristine, place.extracts)
    for name in ("GBAPERSOON2023TABV2.sav", "INPA2023TABV2.sav", "SIM_2006.sav"):
        (place.extracts / name).write_bytes(b"")
    with pytest.raises(UserError) as raised:
        land([place.extracts], place.landing, processes=2)
    assert [problem.split(":")[0] for problem in raised.value.problems] == [
        "GBAPERSOON2023TABV2.sav",
        "INPA2023TABV2.sav",
        "SIM_2006.sav",
    ]


def test_names_of_damages_are_unique() -> None:
    names = [case.name for case in damage.DAMAGES]
    assert len(set(names)) == len(names) >= 12
