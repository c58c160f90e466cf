"""Which files are found, recognised and chosen, and what is said of the others."""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from rich.console import Console

import damage
from migrantpanel.errors import UserError
from migrantpanel.landing import InspectReport, inspect, land, render_inspection
from migrantpanel.landing.catalogue import Catalogue, read_catalogue
from migrantpanel.landing.files import find_files, recognise
from migrantpanel.landing.readers import Table
from migrantpanel.landing.records import LANDED, SUPERSEDED, TWIN, UNKNOWN, FileRecord
from migrantpanel.landing.registers import land_register, landed_schema
from migrantpanel.project import seeds_dir

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
        ("INHA2022TABV125.sav", "INHA2022TABV2.sav"),
        ("GBAMIGRATIE2023BUSV1.sav", "GBAMIGRATIE2022BUSV9.sav"),
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


def test_earlier_versions_of_persons_land_beside_the_newest(tmp_path: Path) -> None:
    newest, *others = "GBAPERSOON2023TABV10.sav", "GBAPERSOON2023TABV2.sav", "GBAPERSOON2011TABV1"
    records = chosen(tmp_path, newest, others[0], f"{others[1]}.csv", f"{others[1]}.sav")
    landed = {r.path: r.stem for r in records.values() if r.status == LANDED}
    earlier = "gbapersoontab_earlier"
    assert landed == {newest: "gbapersoontab", others[0]: earlier, f"{others[1]}.sav": earlier}
    assert records[others[0]].reason == f"compared with {newest}"
    assert records[f"{others[1]}.csv"].status == TWIN


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


PIN_HEADER = "stem,file_year,version,reason\n"
HOUSEHOLDS = ("INHA2020TABV2.sav", "INHA2020TABV10.sav", "INHA2021TABV1.sav")


def pinned(folder: Path, *rows: str) -> Catalogue:
    """Return the catalogue with these pins in an overlay folder."""
    folder.mkdir()
    (folder / "catalogue_pin.csv").write_text(PIN_HEADER + "\n".join(rows) + "\n")
    return read_catalogue(seeds_dir(), folder)


def test_a_pinned_version_lands_instead_of_the_newest(tmp_path: Path) -> None:
    chosen(tmp_path / "x", *HOUSEHOLDS, "GBAPERSOON2022TABV1.sav", "GBAPERSOON2023TABV2.sav")
    known = pinned(tmp_path / "o", "inhatab,2020,2,as in the paper", "gbapersoontab,2022,1,")
    records = {r.file_name: r for r in recognise(find_files([tmp_path / "x"]), known)}
    assert {name: r.status for name, r in records.items()} == {
        "INHA2020TABV2.sav": LANDED,
        "INHA2020TABV10.sav": SUPERSEDED,
        "INHA2021TABV1.sav": LANDED,
        "GBAPERSOON2022TABV1.sav": LANDED,
        "GBAPERSOON2023TABV2.sav": SUPERSEDED,
    }
    assert records["INHA2020TABV2.sav"].reason == "pinned to version 2"
    assert records["INHA2020TABV10.sav"].reason == "version 2 of 2020 is pinned"
    assert records["INHA2021TABV1.sav"].reason is None
    assert records["GBAPERSOON2023TABV2.sav"].reason == "version 1 of 2022 is pinned"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("inhatab,2020,3,", "inhatab: no file of 2020 has version 3 .there are INHA2020TABV10"),
        ("inhatab,2019,1,", "inhatab: no file of 2019 has version 1"),
        ("inha,2020,1,", "no register or survey wave has this name"),
        ("inhatab,2020,newest,", "must be whole numbers"),
        ("inhatab,2020,2,\ninhatab,2020,10,", "inhatab 2020 has more than one row"),
        ("gbapersoontab,2022,1,\ngbapersoontab,2023,1,", "is one file and has 2 pins: keep one"),
    ],
)
def test_an_unusable_pin(tmp_path: Path, row: str, message: str) -> None:
    chosen(tmp_path / "x", *HOUSEHOLDS, "GBAPERSOON2022TABV1.sav")
    with pytest.raises(UserError, match=message):
        recognise(find_files([tmp_path / "x"]), pinned(tmp_path / "o", row))


def test_a_pin_is_kept_in_the_manifest_and_takes_hold_without_landing_again(
    tmp_path: Path,
) -> None:
    extracts = damage.write_extracts(tmp_path / "x")
    land([extracts], tmp_path / "landing", processes=0)
    pinned(tmp_path / "o", "secmbus,2023,1,as in the paper")
    report = land([extracts], tmp_path / "landing", tmp_path / "o", processes=0)
    assert report.landed == []
    manifest = pl.read_parquet(tmp_path / "landing" / "manifest" / "manifest.parquet")
    (reason,) = manifest.filter(pl.col("stem") == "secmbus")["reason"]
    assert reason == "pinned to version 1"


def test_a_restricted_version_lands_and_says_what_to_request(tmp_path: Path) -> None:
    extracts = damage.write_extracts(tmp_path / "x")
    stem = CATALOGUE.stems["gbapersoontab"]
    frame = damage.register_frame(stem, 2023)
    withheld = {column.upper() for column in stem.restricted.columns}
    (extracts / damage.PERSON).unlink()
    pyreadstat.write_sav(
        frame.drop(*(name for name in frame.columns if name in withheld)),
        extracts / "GBAPERSOONK2023TABV1.sav",
    )
    report = land([extracts], tmp_path / "landing", processes=0)
    rows = pl.read_parquet(tmp_path / "landing" / "gbapersoontab" / "*.parquet")
    assert rows.schema == landed_schema(stem)
    assert rows.height == damage.PERSONS
    assert {name for name in rows.columns if rows[name].null_count()} == set(
        stem.restricted.columns
    )
    (gap,) = [gap for gap in report.absent if gap.stem == "gbapersoontab in full"]
    assert (
        "every figure by origin group: GBAPERSOONK2023TABV1.sav is the restricted" in gap.disables
    )
    assert "request GBAPERSOONTAB in full" in gap.disables
    (record,) = [r for r in report.landed if r.stem == "gbapersoontab"]
    assert record.is_restricted


def test_a_full_file_may_not_lack_what_a_restricted_one_may(tmp_path: Path) -> None:
    extracts = damage.write_extracts(tmp_path / "x")
    frame = damage.register_frame(CATALOGUE.stems["gbapersoontab"], 2023)
    pyreadstat.write_sav(frame.drop("GBAGENERATIE"), extracts / damage.PERSON)
    with pytest.raises(UserError, match="column GBAGENERATIE is missing"):
        land([extracts], tmp_path / "landing", processes=0)


def test_a_year_that_the_catalogue_does_not_know_is_told(tmp_path: Path) -> None:
    extracts = damage.write_extracts(tmp_path / "x")
    shutil.copy(extracts / "PERSOONINK2010TABV3.sav", extracts / "PERSOONINK2011TABV1.sav")
    report = land([extracts], tmp_path / "landing", processes=0)
    (record,) = [r for r in report.landed if r.file_name == "PERSOONINK2011TABV1.sav"]
    assert "2011 is outside the years that the catalogue knows (2003 to 2010)" in record.note


def test_a_name_of_which_only_the_ends_are_known(tmp_path: Path) -> None:
    extracts = damage.write_extracts(tmp_path / "x")
    stem = CATALOGUE.stems["secmwerkndgamndbedragbus"]
    path = extracts / f"{stem.examples[0]}.sav"
    frame = damage.register_frame(stem, 2022)
    names = ("AANVX", "EINDX", "LOONMNDBEDRAG")
    renamed = frame.rename(dict(zip(frame.columns[2:], names, strict=True)))
    pyreadstat.write_sav(renamed, path)
    land([extracts], tmp_path / "landing", processes=0)
    rows = pl.read_parquet(tmp_path / "landing" / stem.stem / "*.parquet")
    assert rows["werkndgamndbedrag"].to_list() == frame["WERKNDGAMNDBEDRAG"].to_list()
    pyreadstat.write_sav(renamed.with_columns(AANVY=pl.lit("20200101")), path)
    with pytest.raises(UserError, match=r"is there 2 times \(AANVX, AANVY\)"):
        land([extracts], tmp_path / "landing", processes=0)


OPTIONAL = [n for n, s in CATALOGUE.stems.items() if s.examples and not s.required]


@pytest.fixture(scope="module")
def only_required(tmp_path_factory: pytest.TempPathFactory) -> tuple[InspectReport, Path]:
    """Inspect and land extracts that hold the required registers and nothing else."""
    root = tmp_path_factory.mktemp("required")
    damage.write_extracts(root / "extracts")
    for stem in OPTIONAL:
        (root / "extracts" / f"{CATALOGUE.stems[stem].examples[0]}.sav").unlink()
    report = inspect([root / "extracts"])
    land([root / "extracts"], root / "landing", processes=0)
    return report, root / "landing"


@pytest.mark.parametrize("stem", OPTIONAL)
def test_every_optional_register_may_be_absent_and_says_what_lacks(
    only_required: tuple[InspectReport, Path], stem: str
) -> None:
    report, landing = only_required
    disables = CATALOGUE.stems[stem].disables
    (gap,) = [gap for gap in report.absent if gap.stem == stem]
    assert (gap.disables, gap.required) == (disables, False)
    assert len(disables.split()) >= 2
    absent = pl.read_parquet(landing / "absent" / "*.parquet")
    assert absent.filter(stem=stem)["disables"].to_list() == [disables]
    rows = pl.read_parquet(landing / stem / "*.parquet")
    assert rows.height == 0
    assert dict(rows.schema) == landed_schema(CATALOGUE.stems[stem])


def test_extracts_without_optional_registers_have_no_problem(
    only_required: tuple[InspectReport, Path],
) -> None:
    report, _ = only_required
    assert report.problems == []
    assert {gap.stem for gap in report.absent} == set(OPTIONAL)
    console = Console(record=True, width=200, file=io.StringIO())
    console.print(render_inspection(report))
    shown = console.export_text()
    for stem in OPTIONAL:
        assert f"{stem}: disables" in shown


def test_roots_are_searched_below_theme_and_year_folders(tmp_path: Path) -> None:
    """The tree of the secure environment: theme, register and year folders, in several roots."""
    sound = damage.write_extracts(tmp_path / "sound")
    for number, path in enumerate(sorted(sound.iterdir())):
        year = re.search(r"(19|20)\d\d", path.name)
        folder = tmp_path / f"root{number % 2}" / "Theme" / "Geconverteerde data" / "REGISTER"
        folder = folder / year.group() if year else folder
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder)
    roots = [tmp_path / "root0", tmp_path / "root1"]
    report = land(roots, tmp_path / "landing", processes=0)
    assert len(report.landed) == len(list(sound.iterdir()))
    assert {record.root for record in report.landed} == {str(root) for root in roots}
    assert report.absent == []


def test_only_columns_that_the_catalogue_knows_are_read(tmp_path: Path) -> None:
    """Wide files stay cheap: other columns are neither read nor landed."""
    stem = CATALOGUE.stems["gbapersoontab"]
    frame = damage.register_frame(stem, 2023)
    wide = frame.with_columns(pl.lit("x").alias(f"EXTRA{i}") for i in range(30))
    (tmp_path / "x").mkdir()
    wide.write_parquet(tmp_path / "x" / "GBAPERSOON2023TABV2.parquet")
    read: list[list[str]] = []
    batches = Table.batches

    def noted(self: Table, names: list[str], *rest: int) -> Iterator[pl.DataFrame]:
        read.append(names)
        return batches(self, names, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "batches", noted)
        (record,) = recognise(find_files([tmp_path / "x"]), CATALOGUE)
        outcome = land_register(record, stem, tmp_path / "scratch")
    assert sorted(read[0]) == sorted(frame.columns)
    landed = pl.read_parquet(tmp_path / "scratch" / "gbapersoontab" / "*.parquet")
    assert landed.columns == list(landed_schema(stem))
    assert "30 columns that the catalogue does not know: EXTRA0" in str(outcome["note"])
