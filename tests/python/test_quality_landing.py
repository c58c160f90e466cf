"""Suites on a small landing made from the catalogue, whole and damaged."""

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from migrantpanel import quality
from migrantpanel.errors import UserError
from migrantpanel.landing.catalogue import Column, Stem, read_catalogue
from migrantpanel.project import seeds_dir
from migrantpanel.quality import QualityReport
from migrantpanel.quality.family import read_families
from migrantpanel.quality.sample import sample_folder

YEAR = 2010
RECODED = "V12"
ROWS = 40
FEW = {"gbapersoontab", "gbaoverlijdentab", "kindoudertab", "secmbus", "inpatab"}
GOOD_VALUE = {
    "rin_type": "R",
    "object_type": "D",
    "object": "0001",
    "household": "000000000001",
    "union": "17",
    "link_code": "1",
    "date": "20010203",
    "date_end": "20101231",
    "date_open": "88888888",
    "year": "1980",
    "month": "02",
    "day": "03",
    "union_end": "S",
    "country": "6030",
    "municipality": "0518",
    "district": "051801",
    "neighbourhood": "05180101",
    "income_code": "1",
    "programme": "002345",
    "soi_level": "2111",
    "isced_field": "0111",
    "source": "EBB",
    "padded": " 8",
    "nationality": "0001",
    "job": "000000000017",
    "business": "00012345",
    "industry": "47111",
    "icd10": "I219",
    "atc4": "N06A",
    "postcode": "1012",
    "personal_text": "Jansen",
}
TYPES = {"string": pl.String, "int": pl.Int32, "bigint": pl.Int64, "double": pl.Float64}


def stems() -> list[Stem]:
    return list(read_catalogue(seeds_dir(), None).stems.values())


def good_values(column: Column) -> list[object]:
    """Return values that the catalogue allows, one per row."""
    if column.family == "rin":
        return [f"{row:09d}" for row in range(ROWS)]
    if column.data_type != "string":
        return [YEAR if column.family == "year" else 1] * ROWS
    family = read_families(seeds_dir())[column.family]
    allowed = family.allowed.split() if family.check_kind == "list" else [GOOD_VALUE[column.family]]
    return [allowed[row % len(allowed)] for row in range(ROWS)]


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Land a few registers of the catalogue, and one survey with one recoded variable."""
    return make_landing(tmp_path, monkeypatch, FEW)


@pytest.fixture
def whole_landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Land every register of the catalogue, and one survey."""
    return make_landing(tmp_path, monkeypatch, None)


def make_landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: set[str] | None) -> Path:
    """Write good rows for the registers, under a project whose catalogue knows just these."""
    shutil.copytree(seeds_dir() / "catalogue", tmp_path / "seeds" / "catalogue")
    shutil.copytree(seeds_dir() / "crosswalk", tmp_path / "seeds" / "crosswalk")
    shutil.copytree(seeds_dir() / "identity", tmp_path / "seeds" / "identity")
    crosswalk = tmp_path / "seeds" / "crosswalk" / "crosswalk_variable.csv"
    crosswalk.write_text(
        f"survey,survey_year,variable,source_variables,rule\nSIM,2006,sex,{RECODED},recode\n"
    )
    catalogue = tmp_path / "seeds" / "catalogue" / "catalogue_stem.csv"
    rows = pl.read_csv(catalogue, infer_schema=False)
    rows.filter(pl.col("stem").is_in(list(only or rows["stem"]))).write_csv(catalogue)
    monkeypatch.setenv("MIGRANTPANEL_PROJECT_DIR", str(tmp_path))
    folder = tmp_path / "landing"
    for stem in stems():
        schema = {column.name: TYPES[column.data_type] for column in stem.columns}
        schema |= {"file_year": pl.Int32, "source_file": pl.String}
        values = {column.name: good_values(column) for column in stem.columns}
        year = min(max(YEAR, stem.first_year or YEAR), stem.last_year or YEAR + 90)
        values |= {"file_year": [year] * ROWS, "source_file": ["delivered"] * ROWS}
        write(folder / stem.stem / "delivered.parquet", pl.DataFrame(values, schema))
        write(folder / stem.stem / "_empty.parquet", pl.DataFrame(schema=schema))
    survey = {"survey": "SIM", "survey_year": 2006}
    keys = pl.DataFrame({"respondent_key": ["1", "2", "3"]})
    write(folder / "survey_key" / "sim.parquet", keys.with_columns(**literals(survey)))
    answers = keys.with_columns(variable=pl.lit(RECODED), code=pl.Series(["1", "2", "1"]))
    write(folder / "survey_answer" / "sim.parquet", answers.with_columns(**literals(survey)))
    labels = pl.DataFrame({"variable": [RECODED] * 2, "code": ["1", "2"]})
    write(folder / "value_label" / "sim.parquet", labels.with_columns(**literals(survey)))
    return folder


def literals(values: dict[str, object]) -> dict[str, pl.Expr]:
    return {name: pl.lit(value) for name, value in values.items()}


def write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)


def damage(landing: Path, stem: str, **columns: pl.Expr) -> None:
    path = landing / stem / "delivered.parquet"
    write(path, pl.read_parquet(path).with_columns(**columns))


def in_row(row: int, value: object, column: str) -> pl.Expr:
    return pl.when(pl.int_range(pl.len()) == row).then(pl.lit(value)).otherwise(pl.col(column))


def check_landing(landing: Path, site: Path, overlay: Path | None = None) -> QualityReport:
    """Check in this process, which has imported the library already."""
    return quality.check_landing(landing, site, overlay, processes=1)


def problems(landing: Path, site: Path) -> list[str]:
    with pytest.raises(UserError) as caught:
        check_landing(landing, site)
    return caught.value.problems


def test_quality_passes_on_a_good_landing_and_writes_one_page_per_suite(
    whole_landing, tmp_path, capfd
):
    report = check_landing(whole_landing, tmp_path / "site")

    names = [stem.stem for stem in stems()]
    assert [suite.name for suite in report.suites] == [*names, "SIM_2006"]
    assert report.success
    assert min(suite.expectations for suite in report.suites) > 3
    pages = {path.name for path in (tmp_path / "site" / "quality").iterdir()}
    assert pages == {"index.html", *(f"{name}.html" for name in [*names, "SIM_2006"])}
    assert capfd.readouterr() == ("", "")


def test_quality_shared_by_two_processes_gives_the_same_report(landing, tmp_path, capfd):
    damage(landing, "gbapersoontab", gbageslacht=in_row(7, "9", "gbageslacht"))
    alone = problems(landing, tmp_path / "alone")

    with pytest.raises(UserError) as caught:
        quality.check_landing(landing, tmp_path / "shared", processes=2)

    assert caught.value.problems == alone
    names = [path.name for path in sorted((tmp_path / "alone" / "quality").iterdir())]
    assert [path.name for path in sorted((tmp_path / "shared" / "quality").iterdir())] == names
    assert capfd.readouterr() == ("", "")


def test_quality_shared_by_two_processes_says_what_it_cannot_read(landing, tmp_path):
    shutil.rmtree(landing / "secmbus")
    with pytest.raises(UserError, match="secmbus holds no landed file: run migrantpanel land"):
        quality.check_landing(landing, tmp_path / "site", processes=2)


def test_quality_pages_load_nothing_from_a_network(landing, tmp_path):
    damage(landing, "gbapersoontab", gbageslacht=in_row(7, "9", "gbageslacht"))
    problems(landing, tmp_path / "site")

    for page in (tmp_path / "site").rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert not re.findall(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html), page
        assert "<script" not in html
        assert "@import" not in html and "url(" not in html


def test_quality_names_stem_column_count_example_and_change(landing, tmp_path):
    damage(
        landing,
        "gbapersoontab",
        gbageslacht=in_row(7, "9", "gbageslacht"),
        rinpersoon=in_row(3, "12345678", "rinpersoon"),
    )
    damage(
        landing, "gbaoverlijdentab", gbadatumoverlijden=in_row(0, "20209999", "gbadatumoverlijden")
    )
    damage(landing, "inpatab", inppersink=in_row(1, 10**11, "inppersink"))

    found = problems(landing, tmp_path / "site")

    assert len(found) == 4
    assert re.search(
        r"gbapersoontab\.rinpersoon: .* 1 of 40 rows fail, for example '12345678'", found[0]
    )
    assert "gbapersoontab.gbageslacht: " in found[1]
    assert "for example '9'" in found[1]
    assert "catalogue_family.csv, family sex" in found[1]
    assert "gbaoverlijdentab.gbadatumoverlijden" in found[2]
    assert "'20209999'" in found[2]
    assert "inpatab.inppersink" in found[3]
    page = (tmp_path / "site" / "quality" / "inpatab.html").read_text(encoding="utf-8")
    assert '<span class="status fail">fail</span>' in page


def test_quality_refuses_a_date_after_the_files_year(landing, tmp_path):
    damage(landing, "secmbus", aanvsecm=in_row(2, f"{YEAR + 2}0101", "aanvsecm"))
    assert "secmbus.aanvsecm" in problems(landing, tmp_path / "site")[0]


def test_quality_refuses_an_empty_key_and_an_empty_file(landing, tmp_path):
    damage(landing, "secmbus", aanvsecm=in_row(2, "", "aanvsecm"))
    path = landing / "kindoudertab" / "delivered.parquet"
    write(path, pl.read_parquet(path).clear())

    found = problems(landing, tmp_path / "site")

    assert re.search(r"kindoudertab: expected at least one row", found[0])
    assert re.search(r"secmbus\.aanvsecm: expected never empty.* 1 of 40 rows", found[1])


def test_quality_leaves_persons_outside_the_register_their_key(landing, tmp_path):
    damage(
        landing,
        "secmbus",
        rinpersoons=in_row(2, "O", "rinpersoons"),
        rinpersoon=in_row(2, "", "rinpersoon"),
    )
    assert check_landing(landing, tmp_path / "site").success


def test_quality_names_the_column_that_is_out_of_place(landing, tmp_path):
    path = landing / "gbaoverlijdentab" / "delivered.parquet"
    write(path, pl.read_parquet(path).rename({"gbadatumoverlijden": "datum"}))

    (found,) = problems(landing, tmp_path / "site")

    assert found.startswith("gbaoverlijdentab: expected the columns of the catalogue")
    assert "'datum' where 'gbadatumoverlijden' belongs" in found


def test_quality_passes_over_absent_registers(landing, tmp_path):
    (landing / "inpatab" / "delivered.parquet").unlink()
    write(landing / "absent" / "absent.parquet", pl.DataFrame({"stem": ["inpatab"]}))

    report = check_landing(landing, tmp_path / "site")

    assert "inpatab" not in [suite.name for suite in report.suites]


def test_quality_names_a_torn_file_and_a_missing_folder(landing, tmp_path):
    path = landing / "secmbus" / "delivered.parquet"
    path.write_bytes(path.read_bytes()[:200])
    assert "delivered.parquet" in problems(landing, tmp_path / "site")[0]
    for file in (landing / "secmbus").iterdir():
        file.unlink()
    assert "run migrantpanel land" in problems(landing, tmp_path / "site")[0]


def test_quality_checks_respondents_and_their_closed_answers(landing, tmp_path):
    answers = landing / "survey_answer" / "sim.parquet"
    write(answers, pl.read_parquet(answers).with_columns(code=pl.Series(["1", "2", "7"])))
    keys = landing / "survey_key" / "sim.parquet"
    write(keys, pl.concat([pl.read_parquet(keys), pl.read_parquet(keys).head(1)]))

    found = problems(landing, tmp_path / "site")

    assert found[0].startswith("SIM_2006.respondent_key: expected one row per respondent key")
    assert found[1].startswith(f"SIM_2006.{RECODED}: expected one of the labelled codes")
    assert "for example '7'" in found[1]


def test_quality_allows_what_the_users_overlay_allows(landing, tmp_path):
    damage(landing, "gbapersoontab", gbageslacht=in_row(7, "9", "gbageslacht"))
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    header = (seeds_dir() / "catalogue" / "catalogue_family.csv").read_text().splitlines()[0]
    row = "sex,list,1 2 9 -,,,assumed,Ours has a 9."
    (overlay / "catalogue_family.csv").write_text(f"{header}\n{row}\n")

    assert check_landing(landing, tmp_path / "site", overlay).success


def test_sample_is_stable_whole_per_key_and_never_loses_rows_without_a_key(tmp_path):
    persons = [f"{row:09d}" for row in range(2_000)]
    frame = pl.DataFrame({"rinpersoon": [*persons, *persons, None], "x": range(4_001)})
    write(tmp_path / "a" / "one.parquet", frame)
    write(tmp_path / "b" / "one.parquet", frame.sample(fraction=1.0, shuffle=True, seed=1))

    first = sample_folder(tmp_path / "a", ["rinpersoon"], limit=500)
    shuffled = sample_folder(tmp_path / "b", ["rinpersoon"], limit=500)

    assert first.rows == 4_001
    assert 400 < len(first.frame) <= 500
    assert first.frame["rinpersoon"].isna().sum() == 1
    assert set(first.frame["rinpersoon"].value_counts()) == {2}
    assert set(first.frame["rinpersoon"].dropna()) == set(shuffled.frame["rinpersoon"].dropna())


def test_every_family_of_the_catalogue_has_a_rule():
    families = read_families(seeds_dir())
    used = {column.family for stem in stems() for column in stem.columns}
    assert used <= families.keys()
    for family in families.values():
        assert family.check_kind in {"list", "pattern", "range"}
        if family.check_kind == "pattern":
            re.compile(family.allowed.replace("<YEAR>", r"\d{4}"))
