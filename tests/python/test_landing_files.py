"""Which files are found, recognised and chosen, and what is said of the others."""

import re
import shutil
from pathlib import Path

import pytest

import damage
from migrantpanel.errors import UserError
from migrantpanel.landing import inspect, render_inspection
from migrantpanel.landing.files import find_files, recognise
from migrantpanel.landing.records import LANDED, SUPERSEDED, TWIN, UNKNOWN, FileRecord

CATALOGUE = damage.catalogue()


def chosen(folder: Path, *names: str) -> dict[str, FileRecord]:
    """Make empty files of these names below a folder and return what becomes of each."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return {record.path: record for record in recognise(find_files([folder]), CATALOGUE)}


@pytest.mark.parametrize(
    ("stem", "example"),
    [(stem.stem, name) for stem in CATALOGUE.stems.values() for name in stem.examples],
)
def test_every_example_of_the_catalogue_is_recognised(
    stem: str, example: str, tmp_path: Path
) -> None:
    for name in (f"{example}.sav", f"{example.lower()}.SAV"):
        record = chosen(tmp_path / name, name)[name]
        assert (record.stem, record.status) == (stem, LANDED)
        year = re.search(r"(19|20)\d{2}(?!.*(19|20)\d{2})", name)
        assert record.file_year == (int(year.group()) if year else None)


def test_a_pattern_takes_only_its_own_register(tmp_path: Path) -> None:
    for name in [n for stem in CATALOGUE.stems.values() for n in stem.examples]:
        takers = [
            stem.stem
            for stem in CATALOGUE.stems.values()
            if any(pattern.fullmatch(name) for pattern in stem.patterns)
        ]
        assert len(takers) == 1, name


@pytest.mark.parametrize(
    ("newest", "older"),
    [
        ("KINDOUDER2023TABV10.sav", "KINDOUDER2023TABV2.sav"),
        ("GBAPERSOON2022TABV125.sav", "GBAPERSOON2022TABV2.sav"),
        ("GBAPERSOON2023TABV1.sav", "GBAPERSOON2022TABV9.sav"),
        ("GBAPERSOON2023TABV1.sav", "VRLGBAPERSOONTABV2024061.sav"),
        ("VRLGBAPERSOONTABV2024121.sav", "VRLGBAPERSOONTABV2024062.sav"),
        ("GBAPERSOON2021TABV1.sav", "GBAPERSOONK2023TABV1.sav"),
        ("INPA2020TABV3.sav", "INPA2020TABV2.sav"),
        ("140303 HOOGSTEOPLTAB 2011V1.sav", "120619 HOOGSTEOPLTAB 2011V1.sav"),
    ],
)
def test_the_newest_version_lands(tmp_path: Path, newest: str, older: str) -> None:
    records = chosen(tmp_path, newest, older)
    assert records[newest].status == LANDED
    assert records[older].status == SUPERSEDED
    assert records[older].reason == f"{newest} is used instead"


def test_each_year_lands_where_the_register_comes_by_year(tmp_path: Path) -> None:
    records = chosen(tmp_path, "INPA2020TABV2.sav", "INPA2021TABV1.sav", "INPA2021TABV2.sav")
    assert [r.path for r in records.values() if r.status == LANDED] == [
        "INPA2020TABV2.sav",
        "INPA2021TABV2.sav",
    ]


def test_of_converted_twins_the_preferred_format_lands(tmp_path: Path) -> None:
    names = [f"SECMBUS2023V1.{s}" for s in ("csv", "csv.gz", "dta", "parquet", "zsav", "sav")]
    while names:
        records = chosen(tmp_path / names[-1], *names)
        assert records[names[-1]].status == LANDED
        assert {records[name].status for name in names[:-1]} <= {TWIN}
        for name in names[:-1]:
            expected = f"{names[-1]} holds the same in a preferred format"
            assert records[name].reason == expected
        names.pop()


def test_the_same_file_in_two_roots_lands_once(tmp_path: Path) -> None:
    for root in ("a", "b"):
        (tmp_path / root / "Bevolking").mkdir(parents=True)
        (tmp_path / root / "Bevolking" / "GBAPERSOON2023TABV2.sav").write_bytes(b"x")
    records = recognise(find_files([tmp_path / "a", tmp_path / "b"]), CATALOGUE)
    assert [record.status for record in records] == [LANDED, TWIN]
    assert records[1].reason.startswith("also delivered as ")
    assert records[1].reason.endswith("(same size)")


def test_roots_that_hold_each_other_list_a_file_once(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "GBAPERSOON2023TABV2.sav").write_bytes(b"x")
    assert len(find_files([tmp_path, tmp_path / "inner"])) == 1


def test_a_link_back_to_the_root_is_followed_once(tmp_path: Path) -> None:
    (tmp_path / "GBAPERSOON2023TABV2.sav").write_bytes(b"x")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert [record.path for record in find_files([tmp_path])] == ["GBAPERSOON2023TABV2.sav"]


def test_unknown_files_are_listed_with_a_hint(tmp_path: Path) -> None:
    records = chosen(
        tmp_path, "notes.txt", "SURVEYX.sav", "BETAB2014.csv", "INPA2020TABV2.sas7bdat"
    )
    assert {record.status for record in records.values()} == {UNKNOWN}
    assert "give it a row in catalogue_survey.csv" in records["SURVEYX.sav"].reason
    assert records["INPA2020TABV2.sas7bdat"].reason.startswith(".sas7bdat is no format")
    assert records["BETAB2014.csv"].reason == "no name that the catalogue knows"


def test_clutter_is_not_listed(tmp_path: Path) -> None:
    assert chosen(tmp_path, "Thumbs.db", ".hidden/GBAPERSOON2023TABV2.sav", ".DS_Store") == {}


def _file_as_root(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file"


def _loop_as_root(folder: Path) -> Path:
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "nowhere", "there is no such folder"),
        (_file_as_root, "is a file: give the folder"),
        (_loop_as_root, "(no such folder|cannot be searched)"),
    ],
)
def test_a_root_that_cannot_be_searched(tmp_path: Path, make: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        find_files([make(tmp_path)])


def test_landing_inside_a_root_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="which is only read: move --landing"):
        find_files([tmp_path], tmp_path / "landing")


def test_inspect_says_what_is_absent_and_what_that_disables(tmp_path: Path) -> None:
    damage.write_extracts(tmp_path / "extracts")
    for name in ("INPA2023TABV2.sav", "GBAPERSOON2023TABV2.sav", "SIM_2006.sav"):
        (tmp_path / "extracts" / name).unlink()
    shutil.copy(
        tmp_path / "extracts" / "INHA2023TABV2.sav", tmp_path / "extracts" / "INHA2020TABV2.sav"
    )
    report = inspect([tmp_path / "extracts"])
    absent = {gap.stem: gap for gap in report.absent}
    assert list(absent) == ["gbapersoontab", "inpatab", "inhatab 2021", "inhatab 2022", "SIM_2006"]
    assert absent["gbapersoontab"].required
    assert absent["inpatab"].disables == "personal income from 2011"
    assert absent["SIM_2006"].disables == "the respondents of SIM 2006"
    assert len(report.problems) == 1
    assert render_inspection(report)
