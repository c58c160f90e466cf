"""Register files: formats, leading zeros, vintages, rows set apart, bounded batches, re-landing."""

import gzip
import os
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from polars.testing import assert_frame_equal

import damage
from migrantpanel import landing as landing_room
from migrantpanel.errors import UserError
from migrantpanel.landing import LandingReport, readers, render_landing
from migrantpanel.landing.output import EMPTY
from migrantpanel.landing.records import REGISTER, FileRecord
from migrantpanel.landing.registers import land_register, landed_schema

CATALOGUE = damage.catalogue()
# Small files land faster in this process than in worker processes.
land = partial(landing_room.land, processes=0)
FORMATS = ("sav", "zsav", "dta", "csv", "csv.gz", "parquet")


def write(frame: pl.DataFrame, path: Path) -> Path:
    """Write a frame in the format of the name, CSV as the secure environment does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.endswith("sav"):
        pyreadstat.write_sav(frame, path, compress=path.name.endswith("zsav"))
    elif path.name.endswith("dta"):
        pyreadstat.write_dta(frame, path)
    elif path.name.endswith("parquet"):
        frame.write_parquet(path)
    else:
        data = frame.write_csv(separator=";", quote_style="never", decimal_comma=True).encode()
        path.write_bytes(gzip.compress(data) if path.name.endswith("gz") else data)
    return path


def land_one(path: Path, stem: str, scratch: Path, year: int = 2023) -> dict[str, object]:
    status = path.stat()
    record = FileRecord(
        root=str(path.parent),
        path=path.name,
        file_name=path.name,
        file_format=path.name.split(".", 1)[1],
        size=status.st_size,
        modified=datetime(2026, 1, 1),
        kind=REGISTER,
        stem=stem,
        file_year=year,
    )
    scratch.mkdir(parents=True, exist_ok=True)
    return land_register(record, CATALOGUE.stems[stem], scratch)


def landed(scratch: Path, stem: str) -> pl.DataFrame:
    return pl.read_parquet(scratch / stem / "*.parquet")


@pytest.mark.parametrize("stem", ["gbapersoontab", "inpatab", "hoogsteopltab", "vslgwbtab"])
def test_every_format_lands_the_same_rows(stem: str, tmp_path: Path) -> None:
    frame = damage.register_frame(CATALOGUE.stems[stem], 2023)
    amounts = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    frame = frame.with_columns(
        pl.when(pl.int_range(pl.len()) % 7 == 3).then(None).otherwise(pl.col(name)).alias(name)
        for name in amounts
    )
    results = []
    for suffix in FORMATS:
        scratch = tmp_path / suffix.replace(".", "_")
        outcome = land_one(write(frame, scratch / f"FILE.{suffix}"), stem, scratch)
        assert outcome["rows_delivered"] == outcome["rows_landed"] == frame.height
        results.append(landed(scratch, stem).drop("source_file"))
    for other in results[1:]:
        assert_frame_equal(results[0], other)
    assert results[0].schema == {
        name: dtype
        for name, dtype in landed_schema(CATALOGUE.stems[stem]).items()
        if name != "source_file"
    }


def test_columns_match_without_case_and_under_provisional_names(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["gbapersoontab"]
    frame = damage.register_frame(stem, 2023)
    plain = land_one(write(frame, tmp_path / "A.sav"), stem.stem, tmp_path / "plain")
    renamed = frame.rename(
        lambda name: f"vrl{name.lower()}" if name.startswith("GBA") else name.capitalize()
    )
    land_one(write(renamed.reverse(), tmp_path / "B.sav"), stem.stem, tmp_path / "renamed")
    assert_frame_equal(
        landed(tmp_path / "plain", stem.stem).drop("source_file"),
        landed(tmp_path / "renamed", stem.stem).drop("source_file").reverse(),
    )
    assert plain["note"] is None
    assert plain["columns_delivered"] == " ".join(frame.columns)


def test_older_vintages_land_with_typed_nulls(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["gbapersoontab"]
    frame = damage.register_frame(stem, 2012)
    outcome = land_one(write(frame, tmp_path / "A.sav"), stem.stem, tmp_path / "s", 2012)
    rows = landed(tmp_path / "s", stem.stem)
    assert rows["gbaherkomstland"].null_count() == rows.height
    assert rows.schema == landed_schema(stem)
    assert outcome["note"] is None
    land_one(write(frame, tmp_path / "B.sav"), stem.stem, tmp_path / "t", 2023)


def test_a_column_that_its_year_should_have_is_noted(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["gbapersoontab"]
    frame = damage.register_frame(stem, 2023).drop("GBAHERKOMSTLAND")
    outcome = land_one(write(frame, tmp_path / "A.sav"), stem.stem, tmp_path / "s")
    assert outcome["note"] == "not delivered, so null: gbaherkomstland"


@pytest.mark.parametrize("suffix", ["sav", "parquet", "csv"])
def test_leading_zeros_come_back(tmp_path: Path, suffix: str) -> None:
    stem = CATALOGUE.stems["gbapersoontab"]
    frame = damage.register_frame(stem, 2023)
    numeric = frame.with_columns(
        pl.col("RINPERSOON").cast(pl.Int64),
        pl.col("GBAGEBOORTELAND").cast(pl.Float64 if suffix == "sav" else pl.Int32),
    )
    outcome = land_one(write(numeric, tmp_path / f"A.{suffix}"), stem.stem, tmp_path / "s")
    rows = landed(tmp_path / "s", stem.stem)
    assert rows["rinpersoon"].to_list() == frame["RINPERSOON"].to_list()
    assert rows["gbageboorteland"].to_list() == frame["GBAGEBOORTELAND"].to_list()
    assert "40 values of RINPERSOON got their leading zeros back" in str(outcome["note"])
    assert "40 values of GBAGEBOORTELAND got their leading zeros back" in str(outcome["note"])


def test_text_is_kept_but_for_blanks_at_its_end(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["gbapersoontab"]
    frame = damage.register_frame(stem, 2023).head(3)
    frame = frame.with_columns(
        pl.Series("GBAGEBOORTELAND", ["6030", "12  ", ""]),
        pl.Series("GBAGEBOORTEMAAND", ["--", "07", " 7"]),
        pl.Series("RINPERSOONS", ["R", "R", "O"]),
        pl.Series("RINPERSOON", ["000000001", " 000000002", ""]),
    )
    land_one(write(frame, tmp_path / "A.sav"), stem.stem, tmp_path / "s")
    rows = landed(tmp_path / "s", stem.stem)
    assert rows["gbageboorteland"].to_list() == ["6030", "12", ""]
    assert rows["gbageboortemaand"].to_list() == ["--", "07", " 7"]
    assert rows["rinpersoon"].to_list() == ["000000001", "000000002", ""]


def test_dates_of_the_format_land_as_text(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["gbaoverlijdentab"]
    frame = damage.register_frame(stem, 2023).with_columns(
        GBADatumOverlijden=pl.lit(date(2001, 2, 3))
    )
    for suffix in ("sav", "dta", "parquet"):
        scratch = tmp_path / suffix
        land_one(write(frame, scratch / f"A.{suffix}"), stem.stem, scratch)
        assert set(landed(scratch, stem.stem)["gbadatumoverlijden"]) == {"20010203"}


def test_declared_missing_values_of_a_register_keep_their_code(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["inpatab"]
    frame = damage.register_frame(stem, 2023).with_columns(
        pl.Series("INPPERSINK", [9999999999.0] * 5 + [1.0] * 35)
    )
    path = tmp_path / "INPA.sav"
    pyreadstat.write_sav(
        frame,
        path,
        missing_ranges={"INPPERSINK": [9999999999]},
        variable_value_labels={"INPPERSINK": {9999999999: "onbekend"}},
    )
    land_one(path, stem.stem, tmp_path / "s")
    assert landed(tmp_path / "s", stem.stem)["inppersink"].to_list() == [9999999999] * 5 + [1] * 35
    labels = pl.read_parquet(tmp_path / "s" / "value_label" / "INPA.parquet")
    assert labels.select("stem", "variable", "code", "label", "is_missing").rows() == [
        ("inpatab", "INPPERSINK", "9999999999", "onbekend", True)
    ]


def test_unreadable_rows_are_set_apart_and_counted(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["inpatab"]
    frame = damage.register_frame(stem, 2023)
    texts = ["12,0", "-5", "", "duizend", "1.5", *["7"] * 35]
    frame = frame.with_columns(
        pl.Series("INPPERSINK", texts), pl.Series("RINPERSOON", ["1"] * 39 + ["12A456789"])
    )
    outcome = land_one(write(frame, tmp_path / "INPA.csv"), stem.stem, tmp_path / "s")
    assert (outcome["rows_delivered"], outcome["rows_landed"], outcome["rows_quarantined"]) == (
        40,
        37,
        3,
    )
    rows = landed(tmp_path / "s", stem.stem)
    assert rows["inppersink"].head(4).to_list() == [12, -5, None, 7]
    apart = pl.read_parquet(tmp_path / "s" / "quarantine" / "INPA.parquet").sort("row_number")
    assert apart.select("row_number", "delivered_value", "reason").rows() == [
        (4, "duizend", "INPPERSINK is no whole number"),
        (5, "1.5", "INPPERSINK is no whole number"),
        (40, "12A456789", "RINPERSOON is no key of 9 digits"),
    ]
    assert '"INPPERSINK":"duizend"' in apart["delivered_row"][0]


def test_keys_of_types_that_identify_nobody_may_hold_anything(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["inpatab"]
    frame = damage.register_frame(stem, 2023).with_columns(
        RINPERSOONS=pl.lit("O"), RINPERSOON=pl.lit("onbekend")
    )
    outcome = land_one(write(frame, tmp_path / "INPA.sav"), stem.stem, tmp_path / "s")
    assert outcome["rows_quarantined"] == 0


def test_a_column_per_year_lands_as_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "SOORTOBJECTNUMMER": ["D", "D"],
            "RINOBJECTNUMMER": ["000000000001", "000000000002"],
            "gem2022": ["0363", "0518"],
            "wc2022": ["036301", "051802"],
            "bc2022": ["03630101", "05180202"],
            "gem2023": ["0363", "----"],
            "bc2023": ["03630101", "--------"],
            "note1999": ["x", "y"],
        }
    )
    outcome = land_one(write(frame, tmp_path / "A.sav"), "vslgwbtab", tmp_path / "s")
    rows = landed(tmp_path / "s", "vslgwbtab").sort("area_year", "rinobjectnummer")
    assert rows.select("rinobjectnummer", "area_year", "gem", "wc", "bc").rows() == [
        ("000000000001", 2022, "0363", "036301", "03630101"),
        ("000000000002", 2022, "0518", "051802", "05180202"),
        ("000000000001", 2023, "0363", None, "03630101"),
        ("000000000002", 2023, "----", None, "--------"),
    ]
    assert outcome["rows_delivered"] == outcome["rows_landed"] == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252"])
def test_csv_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    stem = CATALOGUE.stems["hoogsteopltab"]
    frame = damage.register_frame(stem, 2023).with_columns(RGEBB=pl.lit("Curaçao"))
    path = tmp_path / "A.csv"
    path.write_bytes(frame.write_csv(separator=",").encode(encoding))
    land_one(path, stem.stem, tmp_path / "s")
    rows = landed(tmp_path / "s", stem.stem)
    assert set(rows["rgebb"]) == {"Curaçao"}
    assert rows["rinpersoons"][0] == "R"


def test_a_register_is_read_in_batches_of_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stem = CATALOGUE.stems["inpatab"]
    frame = damage.register_frame(stem, 2023, rows=50_000)
    heights: dict[str, list[int]] = {}
    seen = readers.Table.batches

    def small(table: readers.Table, names: list[str]) -> object:
        for batch in seen(table, names, 4_000):
            heights[suffix].append(batch.height)
            assert set(batch.columns) == set(names)
            yield batch

    monkeypatch.setattr(readers.Table, "batches", small)
    for suffix in FORMATS:
        heights[suffix] = []
        scratch = tmp_path / suffix.replace(".", "_")
        extra = frame.with_columns(NOT_IN_CATALOGUE=pl.lit(1.0))
        land_one(write(extra, scratch / f"A.{suffix}"), stem.stem, scratch)
        assert max(heights[suffix]) <= 4_000
        assert sum(heights[suffix]) == frame.height
        order = landed(scratch, stem.stem)["inppersink"].to_list()
        assert order == list(range(1000, 51_000))


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    return damage.write_extracts(tmp_path / "extracts")


def relanded(report: LandingReport) -> list[str]:
    return [record.file_name for record in report.landed]


def test_delivered_rows_are_landed_rows_plus_quarantined_rows(
    extracts: Path, tmp_path: Path
) -> None:
    frame = damage.register_frame(CATALOGUE.stems["inpatab"], 2023).with_columns(
        INPPERSINK=pl.Series([f"{n}" if n else "nul" for n in range(damage.PERSONS)])
    )
    pyreadstat.write_sav(frame, extracts / "INPA2023TABV2.sav")
    report = land([extracts], tmp_path / "landing")
    manifest = pl.read_parquet(tmp_path / "landing" / "manifest" / "manifest.parquet")
    done = manifest.filter(pl.col("status") == "landed")
    assert done.height == len(report.landed) == len(list(extracts.iterdir()))
    assert (done["rows_delivered"] == done["rows_landed"] + done["rows_quarantined"]).all()
    for record in done.iter_rows(named=True):
        path = extracts / record["path"]
        assert (
            record["rows_delivered"] == pyreadstat.read_sav(path, metadataonly=True)[1].number_rows
        )
        assert record["sha256"] == readers.sha256(path)
        if record["kind"] == REGISTER and record["stem"] != "vslgwbtab":
            rows = pl.read_parquet(tmp_path / "landing" / record["landed_files"].split("|")[0])
            assert rows.height == record["rows_landed"]
            assert set(rows["source_file"]) == {record["file_name"]}
    apart = pl.read_parquet(tmp_path / "landing" / "quarantine" / "*.parquet")
    assert apart["row_number"].n_unique() == done["rows_quarantined"].sum() == 1
    assert render_landing(report)


def test_only_what_changed_lands_again(extracts: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    land([extracts], landing)
    assert relanded(land([extracts], landing)) == []
    changed = extracts / "INPA2023TABV2.sav"
    status = changed.stat()
    os.utime(changed, (status.st_atime, status.st_mtime + 10))
    assert relanded(land([extracts], landing)) == [changed.name]
    (landing / "secmbus" / "SECMBUS2023V1.parquet").unlink()
    assert relanded(land([extracts], landing)) == ["SECMBUS2023V1.sav"]


def test_verify_finds_other_bytes_under_the_same_size_and_time(
    extracts: Path, tmp_path: Path
) -> None:
    path = extracts / "SECMBUS2023V1.sav"
    land([extracts], tmp_path / "landing")
    status = path.stat()
    data = path.read_bytes()
    path.write_bytes(data.replace(b"20200131", b"20200130"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert relanded(land([extracts], tmp_path / "landing")) == []
    assert relanded(land([extracts], tmp_path / "landing", verify=True)) == [path.name]


def test_a_changed_catalogue_lands_its_register_again(extracts: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    landing = tmp_path / "landing"
    land([extracts], landing, overlay)
    (overlay / "catalogue_column.csv").write_text(
        "stem,position,column_name,delivered_names,data_type,width,first_year,last_year,role,"
        "family,is_required,evidence,description\n"
        "secmbus,99,branche,SBI,string,4,,,code,code,false,assumed,Own column.\n"
    )
    assert relanded(land([extracts], landing, overlay)) == ["SECMBUS2023V1.sav"]
    rows = pl.read_parquet(landing / "secmbus" / "*.parquet")
    assert rows["branche"].null_count() == rows.height
    assert rows.columns[-3:] == ["branche", "file_year", "source_file"]


def test_what_is_no_longer_delivered_is_no_longer_landed(extracts: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    land([extracts], landing)
    (extracts / "INPA2023TABV2.sav").unlink()
    report = land([extracts], landing)
    assert [gap.stem for gap in report.absent] == ["inpatab"]
    assert [path.name for path in (landing / "inpatab").iterdir()] == [EMPTY]
    empty = pl.read_parquet(landing / "inpatab" / EMPTY)
    assert empty.height == 0
    assert empty.schema == landed_schema(CATALOGUE.stems["inpatab"])
    absent = pl.read_parquet(landing / "absent" / "absent.parquet")
    assert absent.rows() == [("inpatab", "personal income from 2011")]


def test_every_folder_has_its_typed_empty_file(extracts: Path, tmp_path: Path) -> None:
    land([extracts], tmp_path / "landing")
    for stem in CATALOGUE.stems.values():
        empty = pl.read_parquet(tmp_path / "landing" / stem.stem / EMPTY)
        assert (empty.height, empty.schema) == (0, landed_schema(stem))
    for folder in ("survey_answer", "survey_sample", "quarantine", "overlay_crosswalk_value"):
        assert (tmp_path / "landing" / folder / EMPTY).is_file()


def test_any_number_of_processes_lands_the_same(extracts: Path, tmp_path: Path) -> None:
    for processes in (0, 2):
        land([extracts], tmp_path / f"landing{processes}", processes=processes)
    one, two = (
        {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*.parquet"))}
        for root in (tmp_path / "landing0", tmp_path / "landing2")
    )
    assert one == two


def test_roots_stay_untouched(extracts: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in [extracts, *extracts.iterdir()]}
    land([extracts], tmp_path / "landing")
    assert {path: path.stat().st_mtime_ns for path in [extracts, *extracts.iterdir()]} == before
    assert [path.name for path in (tmp_path / "landing").iterdir() if path.name[0] == "."] == []


def test_a_damaged_manifest_only_means_landing_again(extracts: Path, tmp_path: Path) -> None:
    land([extracts], tmp_path / "landing")
    (tmp_path / "landing" / "manifest" / "manifest.parquet").write_bytes(b"PAR1")
    assert len(relanded(land([extracts], tmp_path / "landing"))) == len(list(extracts.iterdir()))


def test_a_landing_folder_that_is_a_file(extracts: Path, tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("x")
    with pytest.raises(UserError, match="the landing folder cannot be made"):
        land([extracts], tmp_path / "landing")


def test_a_full_disk_is_told_before_anything_is_written(
    extracts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = os.statvfs(tmp_path)
    monkeypatch.setattr(
        "shutil.disk_usage", lambda path: type("Usage", (), {"free": 1_000, "total": usage})()
    )
    with pytest.raises(UserError, match="GB may be needed"):
        land([extracts], tmp_path / "landing")


def test_a_record_keeps_its_landed_paths() -> None:
    record = FileRecord("r", "p", "p", "", 1, datetime(2026, 1, 1))
    assert record.landed_paths == []
    assert replace(record, landed_files="a/b.parquet|c/d.parquet").landed_paths == [
        "a/b.parquet",
        "c/d.parquet",
    ]


@pytest.mark.parametrize("suffix", ["sav", "zsav", "dta"])
def test_text_in_another_encoding_is_read_or_set_apart_and_told(
    tmp_path: Path, suffix: str
) -> None:
    """Readers cut a text at the first byte that is no UTF-8, in silence."""
    stem = CATALOGUE.stems["hoogsteopltab"]
    frame = damage.register_frame(stem, 2023).with_columns(
        RGEBB=pl.Series(["Curaçao", "Mali", *["Türkiye"] * 38]), BRONOPLARCHIEFHB=pl.lit("één")
    )
    path = write(frame, tmp_path / f"A.{suffix}")
    if suffix == "zsav":
        pyreadstat.write_sav(frame, path, row_compress=True)
    path.write_bytes(path.read_bytes().replace("Curaçao".encode(), b"Cura\xe7ao "))
    outcome = land_one(path, stem.stem, tmp_path / "s")
    rows = landed(tmp_path / "s", stem.stem)
    assert set(rows["bronoplarchiefhb"]) == {"één"}
    assert rows["rgebb"].to_list()[-39:] == ["Mali", *["Türkiye"] * 38]
    if suffix == "dta":
        assert outcome["rows_quarantined"] == 1
        assert "RGEBB 'Cura\ufffda' in row 1 has bytes that are no text" in str(outcome["note"])
        return
    assert rows["rgebb"][0] == "Curaçao"
    assert outcome["note"] == (
        "1 values of RGEBB are not in UTF-8 as the file says and were read as Windows-1252, the"
        " first in row 1: 'Curaçao'"
    )


def test_csv_that_mixes_encodings_is_decoded_line_by_line(tmp_path: Path) -> None:
    stem = CATALOGUE.stems["hoogsteopltab"]
    frame = damage.register_frame(stem, 2023).with_columns(
        RGEBB=pl.Series(["Curaçao", "Türkiye"] * 20)
    )
    path = write(frame, tmp_path / "A.csv")
    path.write_bytes(path.read_bytes().replace("Curaçao".encode(), b"Cura\xe7ao"))
    outcome = land_one(path, stem.stem, tmp_path / "s")
    assert landed(tmp_path / "s", stem.stem)["rgebb"].to_list() == frame["RGEBB"].to_list()
    assert "20 of 41 lines are not in UTF-8" in str(outcome["note"])
