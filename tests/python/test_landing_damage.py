"""Every damaged extract gets its one line, and the landing of before stays as it was."""

import re
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import polars as pl
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


@pytest.mark.parametrize("case", damage.ODDITIES, ids=lambda case: case.name.replace(" ", "-"))
def test_odd_files_land_and_every_row_is_accounted_for(place: Place, case: damage.Damage) -> None:
    shutil.rmtree(place.extracts)
    shutil.copytree(place.pristine, place.extracts)
    case.spoil(place.extracts)
    report = land([place.extracts], place.landing, processes=0)
    name = (case.file or damage.PERSON).split(".")[0]
    (record,) = [r for r in report.landed if r.file_name.startswith(name)]
    assert re.search(case.message, record.note or ""), record.note
    assert record.rows_delivered == record.rows_landed + record.rows_quarantined == damage.PERSONS
    rows = pl.read_parquet(place.landing / record.landed_paths[0])
    assert rows.height == record.rows_landed


@pytest.mark.parametrize(
    "case",
    [case for case in damage.DAMAGES if case.file],
    ids=lambda case: case.name.replace(" ", "-"),
)
def test_an_optional_file_that_never_landed_is_set_apart(
    place: Place, tmp_path: Path, case: damage.Damage
) -> None:
    extracts = tmp_path / "extracts"
    shutil.copytree(place.pristine, extracts)
    case.spoil(extracts)
    report = land([extracts], tmp_path / "landing", processes=0)
    (record,) = [record for record in report.left if record.status == "quarantined"]
    assert record.file_name == case.file.replace("sav", case.file.split(".")[-1])
    assert re.search(case.message.split(".*an earlier")[0], record.reason)
    assert (record.rows_delivered, record.rows_landed) == (None, None)
    apart = pl.read_parquet(tmp_path / "landing" / "quarantine" / "*.parquet")
    assert apart.select("stem", "source_file", "reason").rows() == [
        (record.stem, record.file_name, record.reason)
    ]
    assert pl.read_parquet(tmp_path / "landing" / record.stem / "*.parquet").height == 0
    (gap,) = [gap for gap in report.absent if gap.stem == record.stem]
    assert gap.disables.endswith(f"{record.file_name} cannot be read")


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
    names = [case.name for case in (*damage.DAMAGES, *damage.ODDITIES)]
    assert len(set(names)) == len(names)
    assert len(damage.DAMAGES) >= 60
