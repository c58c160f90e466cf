"""Survey files: every code, label and declared missing value lands; overlay rows add waves."""

import gzip
import shutil
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest

import damage
from migrantpanel import landing as landing_room
from migrantpanel.errors import UserError
from migrantpanel.landing import render_landing
from migrantpanel.landing.labels import code_text
from migrantpanel.landing.output import EMPTY
from migrantpanel.landing.surveys import BROKEN_TEXT, _fractions_as_codes

# Small files land faster in this process than in worker processes.
land = partial(landing_room.land, processes=0)
SURVEY_HEADER = (
    "survey,survey_year,file_pattern,respondent_variable,rinpersoons_variable,"
    "rinpersoon_variable,sample_pattern,net_sample,population,evidence,description\n"
)


@pytest.fixture
def extracts(tmp_path: Path) -> Path:
    return damage.write_extracts(tmp_path / "extracts")


def overlay(tmp_path: Path, *rows: str) -> Path:
    """Write an overlay folder with these rows of catalogue_survey."""
    folder = tmp_path / "overlay"
    folder.mkdir(exist_ok=True)
    (folder / "catalogue_survey.csv").write_text(SURVEY_HEADER + "\n".join(rows) + "\n")
    return folder


def read(tmp_path: Path, folder: str, name: str) -> pl.DataFrame:
    return pl.read_parquet(tmp_path / "landing" / folder / f"{name}.parquet")


def answers(tmp_path: Path, name: str, variable: str) -> list[tuple[str | None, str | None]]:
    rows = read(tmp_path, "survey_answer", name).filter(pl.col("variable") == variable)
    return rows.select("code", "missing_kind").rows()


def test_answers_land_long_with_codes_and_kinds_of_missing(extracts: Path, tmp_path: Path) -> None:
    land([extracts], tmp_path / "landing")
    assert answers(tmp_path, "SIM_2006", "Q1")[7:11] == [
        ("0", None),
        ("1", None),
        (None, "system"),
        ("3", None),
    ]
    assert answers(tmp_path, "SIM_2006", "Q2")[8:10] == [("nee", None), (None, "empty")]
    # 99 lies in the declared range 98 thru 99 and keeps its code; fractions keep theirs.
    assert answers(tmp_path, "SIM_2006", "Q3")[3:6] == [("1", None), ("99", None), ("1.5", None)]
    rows = read(tmp_path, "survey_answer", "SIM_2006")
    assert rows.height == damage.PERSONS * 4
    assert rows["respondent_key"].head(3).to_list() == ["1", "2", "3"]


def test_person_keys_land_apart_from_answers(extracts: Path, tmp_path: Path) -> None:
    land([extracts], tmp_path / "landing")
    for folder in ("survey_answer", "survey_wide"):
        frame = read(tmp_path, folder, "SIM_2006")
        names = frame["variable"].unique() if folder == "survey_answer" else frame.columns
        assert not [name for name in names if "RIN" in name.upper()]
    keys = read(tmp_path, "survey_key", "SIM_2006")
    assert keys.row(1) == ("SIM", 2006, "2", "R", "000000002")


def test_labels_and_declared_missing_values_are_those_of_pyreadstat(
    extracts: Path, tmp_path: Path
) -> None:
    land([extracts], tmp_path / "landing")
    _, meta = pyreadstat.read_sav(extracts / "SIM_2006.sav", user_missing=True)
    labels = read(tmp_path, "value_label", "SIM_2006")
    expected = {
        (variable, code_text(code), label)
        for variable, codes in meta.variable_value_labels.items()
        for code, label in codes.items()
    }
    labelled = labels.filter(pl.col("label").is_not_null())
    assert set(labelled.select("variable", "code", "label").rows()) == expected
    missing = labels.filter(pl.col("is_missing")).select("variable", "code", "label").rows()
    assert set(missing) == {("Q1", "8", "w.n."), ("Q3", "99", "weigert")}
    variables = read(tmp_path, "variable_label", "SIM_2006")
    assert dict(variables.select("variable", "label").rows()) == meta.column_names_to_labels
    declared = dict(variables.select("variable", "missing_values").rows())
    assert (declared["Q1"], declared["Q3"], declared["Q2"]) == ("8", "98 thru 99", None)


def test_a_delivered_code_in_a_declared_range_is_listed_without_a_label(
    extracts: Path, tmp_path: Path
) -> None:
    frame, _ = damage.survey_frames(damage.catalogue().surveys["SIM_2006"])
    frame = frame.with_columns(Q3=pl.Series([98.0, 98.5] + [1.0] * (damage.PERSONS - 2)))
    damage.write_survey(frame, extracts / "SIM_2006.sav")
    land([extracts], tmp_path / "landing")
    labels = read(tmp_path, "value_label", "SIM_2006").filter(pl.col("variable") == "Q3")
    assert set(labels.select("code", "label", "is_missing").rows()) == {
        ("99", "weigert", True),
        ("98", None, True),
        ("98.5", None, True),
    }


def test_the_sample_file_lands_by_role(extracts: Path, tmp_path: Path) -> None:
    land([extracts], tmp_path / "landing")
    sample = read(tmp_path, "survey_sample", "SIM_2006")
    first = sample.row(0, named=True)
    assert (first["survey"], first["survey_year"], first["respondent_key"]) == ("SIM", 2006, "1")
    assert (first["frame_units"], first["cluster_probability"]) == (1, 1.0)
    assert sample.height == damage.PERSONS


def test_dates_land_as_iso_text(extracts: Path, tmp_path: Path) -> None:
    frame, _ = damage.survey_frames(damage.catalogue().surveys["SIM_2006"])
    damage.write_survey(
        frame.with_columns(DATUM=pl.lit(date(2006, 3, 9))), extracts / "SIM_2006.sav"
    )
    land([extracts], tmp_path / "landing")
    assert set(answers(tmp_path, "SIM_2006", "DATUM")) == {("2006-03-09", None)}


def test_text_in_another_encoding_than_stated_is_read_as_windows_1252(
    extracts: Path, tmp_path: Path
) -> None:
    frame, _ = damage.survey_frames(damage.catalogue().surveys["SIM_2006"])
    path = extracts / "SIM_2006.sav"
    damage.write_survey(frame.with_columns(Q2=pl.lit("café!")), path)
    path.write_bytes(path.read_bytes().replace("é".encode(), "é ".encode("windows-1252")))
    land([extracts], tmp_path / "landing")
    assert answers(tmp_path, "SIM_2006", "Q2")[0] == ("café !", None)
    labels = read(tmp_path, "value_label", "SIM_2006").filter(pl.col("variable") == "Q1")
    assert "é é n" in labels["label"].to_list()


def test_dates_beyond_the_calendar_land_as_numbers(extracts: Path, tmp_path: Path) -> None:
    frame, _ = damage.survey_frames(damage.catalogue().surveys["SIM_2006"])
    far = frame.with_columns(DATUM=pl.Series([1e15] + [86400.0] * (damage.PERSONS - 1)))
    pyreadstat.write_sav(far, extracts / "SIM_2006.sav", variable_format={"DATUM": "DATE11"})
    land([extracts], tmp_path / "landing")
    assert answers(tmp_path, "SIM_2006", "DATUM")[:2] == [
        ("1000000000000000", None),
        ("86400", None),
    ]


def test_stata_letters_for_missing_are_kept(extracts: Path, tmp_path: Path) -> None:
    (extracts / "SIM_2006.sav").unlink()
    pyreadstat.write_dta(
        pd.DataFrame(
            {"RespNr": [1.0, 2.0, 3.0], "v": pd.Series([1.0, "a", None], dtype=object)}
        ).assign(RINPERSOONS="R", RINPERSOON=["000000001", "000000002", "000000003"]),
        extracts / "SIM_2006.dta",
        missing_user_values={"v": ["a"]},
    )
    land([extracts], tmp_path / "landing")
    assert answers(tmp_path, "SIM_2006", "v") == [("1", None), ("a", None), (None, "system")]
    labels = read(tmp_path, "value_label", "SIM_2006")
    assert labels.select("variable", "code", "is_missing").rows() == [("v", "a", True)]


def test_broken_characters_are_told_and_kept(extracts: Path, tmp_path: Path) -> None:
    frame, _ = damage.survey_frames(damage.catalogue().surveys["SIM_2006"])
    broken = frame.with_columns(Q2=pl.lit("geïnterviewd, cafÃ©"))
    damage.write_survey(broken, extracts / "SIM_2006.sav")
    report = land([extracts], tmp_path / "landing")
    (note,) = [record.note for record in report.landed if record.note]
    assert note.startswith(f"broken characters in {damage.PERSONS} labels and texts, for example")
    assert answers(tmp_path, "SIM_2006", "Q2")[0] == ("geïnterviewd, cafÃ©", None)


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("ge‹soleerd", True),
        ("Turkse caf\ufffds", True),
        ("FranÃ§ais", True),
        ("’s ochtends", False),
        ("één jaar – of langer…", False),
        ("Curaçao, Türkiye, İzmir", False),
        ("ÃO PAULO", False),
    ],
)
def test_what_counts_as_broken_text(text: str, is_broken: bool) -> None:
    assert bool(BROKEN_TEXT.search(text)) == is_broken


def test_an_overlay_row_lands_a_new_wave(extracts: Path, tmp_path: Path) -> None:
    frame, _ = damage.survey_frames(damage.catalogue().surveys["SIM_2006"])
    frame = frame.drop("RINPERSOONS", "RINPERSOON")
    damage.write_survey(frame, extracts / "My Survey 2021.sav")
    rows = overlay(tmp_path, "OWN,2021,my survey 2021,(row),,,,,,assumed,Own survey")
    report = land([extracts], tmp_path / "landing", rows)
    assert "OWN_2021" in {record.stem for record in report.landed}
    keys = read(tmp_path, "survey_key", "OWN_2021")
    assert keys["respondent_key"].to_list() == [str(n) for n in range(1, damage.PERSONS + 1)]
    assert keys["rinpersoon"].null_count() == damage.PERSONS
    landed_rows = read(tmp_path, "overlay_catalogue_survey", "overlay")
    assert landed_rows.select("survey", "respondent_variable").rows() == [("OWN", "(row)")]
    # Without the overlay the wave goes again, and its rows with it.
    report = land([extracts], tmp_path / "landing")
    assert not (tmp_path / "landing" / "survey_answer" / "OWN_2021.parquet").exists()
    assert not (tmp_path / "landing" / "overlay_catalogue_survey" / "overlay.parquet").exists()
    assert (tmp_path / "landing" / "overlay_catalogue_survey" / EMPTY).is_file()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "SIM,2006,SIM_2006,RespNo,,,,,,assumed,",
            r"SIM_2006.sav: variable RespNo \(catalogue_survey, SIM 2006\) is not in the file; near"
            r" names: RespNr",
        ),
        ("SIM,2006,SIM_2006,,,,,,,assumed,", "respondent_variable is blank"),
        ("SIM,2006,SIM_(2006,RespNr,,,,,,assumed,", "no usable file name pattern"),
        ("SIM,long ago,SIM_2006,RespNr,,,,,,assumed,", "must both be filled in"),
    ],
)
def test_an_unusable_overlay_row(extracts: Path, tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        land([extracts], tmp_path / "landing", overlay(tmp_path, row))


def test_person_keys_that_the_catalogue_does_not_name_are_refused(
    extracts: Path, tmp_path: Path
) -> None:
    rows = overlay(tmp_path, "SIM,2006,SIM_2006,RespNr,,,,,,assumed,")
    with pytest.raises(UserError, match=r"SIM_2006.sav: variable RINPERSOON holds person keys"):
        land([extracts], tmp_path / "landing", rows)


def test_keys_of_other_persons_stay_out_of_the_answers(extracts: Path, tmp_path: Path) -> None:
    frame, _ = damage.survey_frames(damage.catalogue().surveys["SIM_2006"])
    frame = frame.with_columns(RINPERSOONPARTNER=pl.lit("000000007"))
    damage.write_survey(frame, extracts / "SIM_2006.sav")
    land([extracts], tmp_path / "landing")
    assert answers(tmp_path, "SIM_2006", "RINPERSOONPARTNER") == []
    assert "RINPERSOONPARTNER" not in read(tmp_path, "survey_wide", "SIM_2006").columns


def test_an_absent_sample_is_told(extracts: Path, tmp_path: Path) -> None:
    (extracts / "SIM_2006_STEEKPROEF.sav").unlink()
    report = land([extracts], tmp_path / "landing")
    assert [(gap.stem, gap.disables) for gap in report.absent] == [
        ("SIM_2006_SAMPLE", "the design weights of SIM 2006")
    ]


def test_one_overlay_row_per_key(extracts: Path, tmp_path: Path) -> None:
    row = "OWN,2021,own,(row),,,,,,assumed,"
    with pytest.raises(UserError, match="OWN 2021 has more than one row: keep one per survey"):
        land([extracts], tmp_path / "landing", overlay(tmp_path, row, row))


def test_a_file_of_two_waves_is_refused(extracts: Path, tmp_path: Path) -> None:
    rows = overlay(tmp_path, "OWN,2006,S.*2006,(row),,,,,,assumed,")
    with pytest.raises(UserError, match=r"SIM_2006.sav: its name is that of SIM_2006 and OWN_2006"):
        land([extracts], tmp_path / "landing", rows)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("catalogue_survy.csv", "a,b\n", "no seed has this name; rename it to one of"),
        ("crosswalk_value.csv", "survey,extra\n", "its header lacks .*target_code.* has extra too"),
        ("catalogue_stem.csv", SURVEY_HEADER, "its header lacks stem, name"),
    ],
)
def test_an_unusable_overlay_file(
    extracts: Path, tmp_path: Path, name: str, text: str, message: str
) -> None:
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / name).write_text(text)
    with pytest.raises(UserError, match=message):
        land([extracts], tmp_path / "landing", folder)


@pytest.mark.shared
def test_the_real_survey_lands_unchanged(extracts: Path, tmp_path: Path, shared_dir: Path) -> None:
    folder = shared_dir / "data" / "scp_cultural_changes_2008"
    rows = overlay(tmp_path, "CV,2008,Cultural_Changes_2008,veilignr,,,,1963,,assumed,Real survey")
    report = land([extracts, folder], tmp_path / "landing", rows)
    (record,) = [record for record in report.landed if record.stem == "CV_2008"]
    frame, meta = pyreadstat.read_sav(folder / "Cultural_Changes_2008.sav", user_missing=True)
    landed = read(tmp_path, "survey_answer", "CV_2008")
    assert landed.height == frame.size
    assert landed["variable"].unique(maintain_order=True).to_list() == list(frame.columns)
    for name in frame.columns:
        delivered = [
            None if value is None or value != value or value == "" else code_text(value)
            for value in frame[name].tolist()
        ]
        assert answers(tmp_path, "CV_2008", name) == [
            (
                code,
                None if code is not None else "empty" if frame[name].dtype == "str" else "system",
            )
            for code in delivered
        ], name
    wide = read(tmp_path, "survey_wide", "CV_2008")
    assert (wide.height, wide.columns) == (1963, list(frame.columns))
    labels = read(tmp_path, "value_label", "CV_2008")
    assert {
        (variable, code_text(code), label)
        for variable, codes in meta.variable_value_labels.items()
        for code, label in codes.items()
    } == set(labels.drop_nulls("label").select("variable", "code", "label").rows())
    declared = {
        (variable, code_text(bounds["lo"]))
        for variable, ranges in meta.missing_ranges.items()
        for bounds in ranges
    }
    missing = labels.filter(pl.col("is_missing"))
    assert declared == set(missing.select("variable", "code").rows())
    assert (
        dict(read(tmp_path, "variable_label", "CV_2008").select("variable", "label").rows())
        == meta.column_names_to_labels
    )
    assert "ge‹soleerd" in str(record.note)


@pytest.mark.shared
def test_odd_real_files_never_end_in_a_traceback(
    extracts: Path, tmp_path: Path, shared_dir: Path
) -> None:
    folder = shared_dir / "data" / "sav_edge"
    report = land([extracts, folder], tmp_path / "landing")
    odd = {record.file_name for record in report.left if record.root == str(folder)}
    assert odd == {path.name for path in folder.iterdir()}
    assert render_landing(report)
    files = [p for p in sorted(folder.iterdir()) if p.suffix in (".sav", ".zsav", ".dta")]
    (tmp_path / "odd").mkdir()
    for number, path in enumerate(files):
        shutil.copy(path, tmp_path / "odd" / f"odd{number}{path.suffix}")
    rows = overlay(
        tmp_path, *(f"ODD{n},2000,odd{n},(row),,,,,,assumed," for n in range(len(files)))
    )
    land([extracts, tmp_path / "odd"], tmp_path / "landing", rows)
    for number, path in enumerate(files):
        landed = read(tmp_path, "survey_answer", f"ODD{number}_2000")
        reader = pyreadstat.read_dta if path.suffix == ".dta" else pyreadstat.read_sav
        frame, _ = reader(path, user_missing=True)
        assert landed.height == frame.size
        delivered = int(frame.replace("", None).notna().sum().sum())
        assert landed["code"].count() == delivered, path.name


def test_numbers_of_csv_become_codes_and_nothing_else_does() -> None:
    frame = pl.DataFrame(
        {
            "code": ["1.0", "10.0", "", None],
            "comma": ["2,50", "-3,0", "7", "100"],
            "zeros": ["01", "02", "10", "20"],
            "text": ["1.0", "a.b", "", "2"],
            "dates": ["1.2.2020", "3.4.2021", "", ""],
        }
    )
    assert _fractions_as_codes(frame).to_dict(as_series=False) == {
        "code": ["1", "10", "", None],
        "comma": ["2.5", "-3", "7", "100"],
        "zeros": ["01", "02", "10", "20"],
        "text": ["1.0", "a.b", "", "2"],
        "dates": ["1.2.2020", "3.4.2021", "", ""],
    }


@pytest.mark.parametrize("suffix", ["zsav", "dta", "csv", "csv.gz", "parquet"])
def test_every_format_lands_the_same_answers(extracts: Path, tmp_path: Path, suffix: str) -> None:
    """CSV and Parquet carry no labels; what was answered is the same in all."""
    land([extracts], tmp_path / "landing")
    wanted = read(tmp_path, "survey_answer", "SIM_2006")
    path = extracts / "SIM_2006.sav"
    frame, meta = pyreadstat.read_sav(path, user_missing=True, output_format="polars")
    path.unlink()
    other = extracts / f"SIM_2006.{suffix}"
    labels = {"variable_value_labels": meta.variable_value_labels}
    if suffix == "zsav":
        missing = {"missing_ranges": meta.missing_ranges}
        pyreadstat.write_sav(frame, other, compress=True, **labels, **missing)
    elif suffix == "dta":
        whole = {name: {k: v for k, v in codes.items() if k == int(k)}
                 for name, codes in meta.variable_value_labels.items()}  # fmt: skip
        pyreadstat.write_dta(frame, other, variable_value_labels=whole)
    elif suffix == "parquet":
        frame.write_parquet(other)
    else:
        text = frame.write_csv(separator=";").encode()
        other.write_bytes(gzip.compress(text) if suffix == "csv.gz" else text)
    report = land([extracts], tmp_path / "landing")
    (record,) = [record for record in report.landed if record.file_name == other.name]
    assert record.rows_delivered == record.rows_landed == damage.PERSONS
    found = read(tmp_path, "survey_answer", "SIM_2006")
    keys = ["respondent_key", "variable", "code"]
    assert found.select(keys).sort(keys).equals(wanted.select(keys).sort(keys))
    labelled = read(tmp_path, "value_label", "SIM_2006") if suffix in ("zsav", "dta") else None
    if labelled is not None:
        assert {"geen", "één", "w.n."} <= set(labelled["label"])
