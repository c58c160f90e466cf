"""Margins from a raw StatLine download: the figures of the download, and what it says of errors."""

from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from migrantpanel.weighting import CalibrationError
from migrantpanel.weighting.command import calibrate as command
from migrantpanel.weighting.statline import read_statline

DOWNLOAD = """\ufeff"ID";"Geslacht";"Leeftijd";"RegioS";"Bevolking_1"
"1";"T001038";"10000";"GM0363";"     100"
"2";"T001038";"70400";"GM0363";"      30"
"3";"T001038";"70500";"GM0363";"      40"
"4";"3000   ";"10000";"GM0363";"      45"
"5";"3000   ";"70400";"GM0363";"      10"
"6";"3000   ";"70500";"GM0363";"      20"
"7";"4000   ";"10000";"GM0363";"      55"
"8";"4000   ";"70400";"GM0363";"      20"
"9";"4000   ";"70500";"GM0363";"{unknown}"
"""
CODES = """margin,dimension,key,category
sex,Geslacht,3000,1
sex,Geslacht,4000,2
age,Leeftijd,70400,young
age,Leeftijd,70500,old
"""


def files(folder: Path, codes: str = CODES, unknown: str = "      20") -> tuple[Path, Path]:
    (folder / "download.csv").write_text(DOWNLOAD.format(unknown=unknown), encoding="utf-8")
    (folder / "codes.csv").write_text(codes, encoding="utf-8")
    return folder / "download.csv", folder / "codes.csv"


def test_every_margin_is_of_the_people_that_are_named(tmp_path):
    """Who is 20 or older by neither key is in no margin, not in that of sex either."""
    assert read_statline(*files(tmp_path)) == {
        "sex": {"1": 30, "2": 40},
        "age": {"young": 30, "old": 40},
    }


def test_a_dimension_that_is_not_named_is_taken_as_a_whole(tmp_path):
    codes = "".join(line + "\n" for line in CODES.splitlines()[:3])
    assert read_statline(*files(tmp_path, codes)) == {"sex": {"1": 45, "2": 55}}


def test_keys_may_share_a_category_and_limit_the_population(tmp_path):
    codes = CODES.replace("young", "any").replace("old", "any") + ",Geslacht,3000,\n"
    codes = codes.replace("sex,Geslacht,3000,1\nsex,Geslacht,4000,2\n", "")
    assert read_statline(*files(tmp_path, codes)) == {"age": {"any": 30}}


BAD = {
    "unknown count": ("", ".", r"does not know 'Bevolking_1' for Geslacht=4000, Leeftijd=70500"),
    "no number": ("", "a few", r"'Bevolking_1' is no number: 'a few'"),
    "no such column": ("a,Herkomst,1,x\n", "20", r"codes.csv, line 6: .* has no column 'Herkomst'"),
    "no such key": ("age,Leeftijd,70600,old\n", "20", r"key '70600' is not in column 'Leeftijd'"),
    "key twice": ("age,Leeftijd,70500,old\n", "20", r"line 6: key '70500' is in 'age' twice"),
    "no category": ("age,Leeftijd,10000,\n", "20", r"key '10000' of 'age' has no category"),
    "two dimensions": ("age,RegioS,GM0363,x\n", "20", r"margin 'age' has keys of two dimensions"),
    "other people": (
        ",Leeftijd,10000,\n",
        "20",
        r"age and \(no margin\) name different keys of 'Leeftijd'",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_named(tmp_path, case):
    more, unknown, message = BAD[case]
    with pytest.raises(CalibrationError, match=message):
        read_statline(*files(tmp_path, CODES + more, unknown))


def test_a_dimension_without_a_total_must_be_named(tmp_path):
    download, codes = files(tmp_path, CODES.split("age,")[0])
    text = download.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if '"10000"' not in line]
    download.write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(CalibrationError, match=r"'Leeftijd' .* has 2 keys and not one total"):
        read_statline(download, codes)


def test_other_files_are_no_raw_download(tmp_path):
    download, codes = files(tmp_path)
    download.write_text("margin,category,total\nsex,1,5\n", encoding="utf-8")
    with pytest.raises(CalibrationError, match="is no raw StatLine download"):
        read_statline(download, codes)
    with pytest.raises(CalibrationError, match="there is no such file"):
        read_statline(tmp_path / "absent.csv", codes)


AMSTERDAM = "84910NED"
AMSTERDAM_CODES = """margin,dimension,key,category
sex,Geslacht,3000,1
sex,Geslacht,4000,2
origin,Migratieachtergrond,1012600,Dutch
origin,Migratieachtergrond,2012655,western
origin,Migratieachtergrond,2012657,non-western
"""


def test_amsterdam_adds_up_to_its_published_population(shared_dir, tmp_path):
    """862,965 people on 1 January 2019, of whom 392,850 of Dutch background (StatLine 84910NED)."""
    codes = tmp_path / "codes.csv"
    codes.write_text(AMSTERDAM_CODES, encoding="utf-8")
    download = shared_dir / "data" / "statline" / "amsv0_gender_age_migration-84910NED.csv"
    found = read_statline(download, codes)
    assert sum(found["sex"].values()) == sum(found["origin"].values()) == 862_965
    assert found["origin"]["Dutch"] == 392_850


def test_topics_can_be_the_categories(shared_dir, tmp_path):
    """Neighbourhood figures have a column per category, and are rounded to five (84583NED)."""
    codes = tmp_path / "codes.csv"
    codes.write_text(
        "margin,dimension,key,category\n,WijkenEnBuurten,GM0363,\n"
        "sex,(topic),Mannen_6,1\nsex,(topic),Vrouwen_7,2\n",
        encoding="utf-8",
    )
    download = shared_dir / "data" / "statline" / "ams_2019_marginal_84583NED.csv"
    assert sum(read_statline(download, codes)["sex"].values()) == pytest.approx(862_965, abs=5)


def test_the_command_calibrates_on_a_download(tmp_path):
    sample = pl.DataFrame(
        {"sex": ["1", "1", "2", "2"], "age": ["young", "old"] * 2, "d": ["10", "20", "15", "20"]}
    )
    sample.write_csv(tmp_path / "sample.csv")
    download, codes = files(tmp_path)
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    arguments = (
        *(tmp_path / "sample.csv", "--design-weight", "d", "--margins", download),
        *("--statline", codes, "--topic", "Bevolking_1", "--out", tmp_path / "out.csv"),
    )
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    weighted = pl.read_csv(tmp_path / "out.csv")
    assert weighted.filter(pl.col("sex") == 2)["weight"].sum() == pytest.approx(40, rel=1e-9)
    with pytest.raises(CalibrationError, match="has no topic 'Bevolking_2': take one of Bevolking"):
        read_statline(download, codes, "Bevolking_2")
