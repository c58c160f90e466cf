"""The register files: names, columns, formats, sentinels, defects, and the same bytes each time."""

import csv
import hashlib
import json
import re
from collections import Counter
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl
import polars_readstat
import pyreadstat
import pytest

from conftest import SOUND_ROWS
from migrantpanel.errors import UserError
from migrantpanel.project import seeds_dir
from migrantpanel.simulation import build_country, extracts, simulate
from migrantpanel.simulation.defects.people import REPORT_KINDS
from migrantpanel.simulation.extracts import write_extract
from migrantpanel.simulation.registers import register_layouts
from migrantpanel.simulation.sav import Column, write_sav

SEED = 23
PERSONS = 8_000
DATE = r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"


@pytest.fixture(scope="module")
def country():
    return build_country(PERSONS, SEED, defects=SOUND_ROWS)


# -------------------------------------------------------------------- names and columns


def test_files_have_the_delivered_names_and_folders(files):
    paths = {f"{extract.folder}/{name}" for name, extract in files.items()}
    expected = {
        "Bevolking/GBAPERSOONTAB/2023/GBAPERSOON2023TABV2",
        "Bevolking/GBAPERSOONTAB/2012/GBAPERSOON2012TABV1",
        "Bevolking/GBAADRESOBJECTBUS/GBAADRESOBJECT2023BUSV1",
        "Bevolking/GBAHUISHOUDENSBUS/GBAHUISHOUDENS2023BUSV1",
        "Bevolking/GBABURGERLIJKESTAATBUS/GBABURGERLIJKESTAAT2023BUSV1",
        "Bevolking/GBAVERBINTENISPARTNERBUS/GBAVERBINTENISPARTNER2023BUSV1",
        "Bevolking/KINDOUDERTAB/KINDOUDER2023TABV10",
        "Bevolking/KINDOUDERTAB/KINDOUDER2023TABV2",
        "Bevolking/GBAOVERLIJDENTAB/2023/GBAOVERLIJDEN2023TABV1",
        "Bevolking/GBAMIGRATIEBUS/GBAMIGRATIE2023BUSV1",
        "Onderwijs/HOOGSTEOPLTAB/2006/081001 HOOGSTEOPLTAB 2006V1",
        "Onderwijs/HOOGSTEOPLTAB/2019/HOOGSTEOPL2019TABV2",
        "InkomenBestedingen/SECMBUS/SECMBUS2023V1",
        "InkomenBestedingen/INTEGRAAL PERSOONLIJK INKOMEN/2003/PERSOONINK2003TABV3",
        "InkomenBestedingen/INPATAB/INPA2011TABV2",
        "InkomenBestedingen/INHATAB/INHA2023TABV2",
        "InkomenBestedingen/KOPPELPERSOONHUISHOUDEN/KOPPELPERSOONHUISHOUDEN2018",
        "InkomenBestedingen/KOPPELPERSOONHUISHOUDEN/KOPPELPERSOONHUISHOUDEN2019V1",
        "BouwenWonen/VSLGWBTAB/VSLGWB2023TAB03V1",
    }
    assert expected <= paths
    assert len(paths) == len(files)
    first = Counter(extract.register for extract in files.values())
    assert [first[name] for name in ("GBAPERSOONTAB", "KINDOUDERTAB", "INPATAB", "INHATAB",
                                     "KOPPELPERSOONHUISHOUDEN", "PERSOONINK", "HOOGSTEOPLTAB")
            ] == [2, 2, 13, 13, 13, 8, 25]  # fmt: skip


def test_columns_are_those_of_the_catalogue(files):
    """The catalogue was written from the published lists, apart from the simulation."""
    with (seeds_dir() / "catalogue" / "catalogue_column.csv").open(encoding="utf-8") as file:
        catalogue = [row for row in csv.DictReader(file) if row["stem"] != "vslgwbtab"]
    for extract in files.values():
        if extract.register == "VSLGWBTAB":
            continue
        expected = [
            row
            for row in catalogue
            if row["stem"] == extract.register.lower()
            and int(row["first_year"] or 0) <= extract.year <= int(row["last_year"] or 9999)
        ]
        assert len(expected) == len(extract.columns), extract.name
        for column, row in zip(extract.columns, expected, strict=True):
            # A name may be a pattern: some columns carry the year.
            names = row["delivered_names"].split()
            assert any(fnmatchcase(column.name, name) for name in names), extract.name
            assert column.is_text == (row["data_type"] == "string"), column.name
            if row["width"]:
                assert column.width == int(row["width"]), column.name


def test_education_columns_follow_the_vintage(files):
    widths = {year: len(files[name].columns) for year, name in (
        (1999, "011001 HOOGSTEOPLTAB 1999V1"), (2012, "141001 HOOGSTEOPLTAB 2012V1"),
        (2013, "HOOGSTEOPL2013TABV1"), (2016, "HOOGSTEOPL2016TABV1"), (2019, "HOOGSTEOPL2019TABV2"),
    )}  # fmt: skip
    assert widths == {1999: 8, 2012: 8, 2013: 10, 2016: 12, 2019: 16}


def test_area_codes_are_wide_with_three_columns_per_year(files, delivered):
    names = [column.name for column in files["VSLGWB2023TAB03V1"].columns]
    assert names[:5] == ["SOORTOBJECTNUMMER", "RINOBJECTNUMMER", "gem1999", "wc1999", "bc1999"]
    assert names[-3:] == ["gem2023", "wc2023", "bc2023"]
    rows = delivered("VSLGWB2023TAB03V1")
    assert rows["bc2023"].str.head(6).eq(rows["wc2023"]).all()
    assert rows["wc2023"].str.head(4).eq(rows["gem2023"]).all()
    assert rows["bc2023"].str.contains(r"^\d{8}$").all()
    assert rows["RINOBJECTNUMMER"].is_unique().all()
    addresses = delivered("GBAADRESOBJECT2023BUSV1")["RINOBJECTNUMMER"]
    assert addresses.is_in(rows["RINOBJECTNUMMER"].implode()).all()
    before = rows.filter(pl.col("gem1999") == "----")
    assert 0 < before.height < rows.height
    assert (before["wc1999"] == "------").all()
    assert (before["bc1999"] == "--------").all()


def test_every_value_fits_its_format_and_code_list(files, delivered):
    free = {"country", "percentile", "amount_9", "amount_10"}
    for extract in files.values():
        layout = register_layouts()["registers"][extract.register]["columns"]
        rows = delivered(extract.name)
        assert rows.height > 0, extract.name
        for column in extract.columns:
            values = rows[column.name]
            if not column.is_text:
                assert values.dtype.is_numeric(), column.name
                continue
            assert (values.str.len_bytes().max() or 0) <= column.width, column.name
            code_list = layout.get(column.name, [])[2:]
            if code_list and code_list[0] not in free:
                unknown = set(values.drop_nulls().unique()) - set(column.values) - {""}
                assert not unknown, (extract.name, column.name, unknown)


def test_keys_identify_rows_and_persons(files, delivered):
    for extract in files.values():
        rows = delivered(extract.name)
        case = {name.upper(): name for name in rows.columns}
        for letter in [name for name in rows.columns if re.match("RINPERSOONS", name)]:
            # The case of the number may differ from that of its letter.
            number = case[letter.replace("RINPERSOONS", "RINPERSOON", 1).upper()]
            known = rows.filter(pl.col(letter) == "R")
            assert known[number].str.contains(r"^\d{9}$").all(), (extract.name, number)
            others = rows.filter(pl.col(letter) != "R")
            assert (others[letter] == "O").all()
            assert (others[number] == "-" * 9).all()
    persons = delivered("GBAPERSOON2023TABV2")["RINPERSOON"]
    assert persons.is_unique().all()
    for name, extract in files.items():
        if {"RINPERSOONS", "RINPERSOON"} <= {column.name for column in extract.columns}:
            numbers = delivered(name).filter(pl.col("RINPERSOONS") == "R")["RINPERSOON"]
            assert numbers.is_in(persons.implode()).all(), name


@pytest.mark.parametrize(
    ("name", "start", "end", "first"),
    [
        ("GBAHUISHOUDENS2023BUSV1", "DATUMAANVANGHH", "DATUMEINDEHH", "19941001"),
        ("GBAADRESOBJECT2023BUSV1", "GBADATUMAANVANGADRESHOUDING", "GBADATUMEINDEADRESHOUDING",
         "19941001"),
        ("GBABURGERLIJKESTAAT2023BUSV1", "GBAAANVANGBURGERLIJKESTAAT", "GBAEINDEBURGERLIJKESTAAT",
         "19941001"),
        ("SECMBUS2023V1", "AANVSECM", "EINDSECM", "19990101"),
    ],
)  # fmt: skip
def test_spells_have_inclusive_ends_and_do_not_overlap(delivered, name, start, end, first):
    rows = delivered(name).sort("RINPERSOON", start)
    assert rows[start].str.contains(DATE).all()
    assert rows[end].str.contains(DATE).all()
    assert rows[start].min() == first
    assert rows[end].max() == "20231231"
    assert (rows[start] <= rows[end]).all()
    following = rows.with_columns(following=pl.col(start).shift(-1).over("RINPERSOON"))
    assert following.filter(pl.col("following") <= pl.col(end)).is_empty()


def test_household_members_count_as_delivered(delivered):
    rows = delivered("GBAHUISHOUDENS2023BUSV1")
    now = rows.filter(pl.col("DATUMEINDEHH") == "20231231")
    household = now.group_by("HUISHOUDNR", "DATUMAANVANGHH").agg(
        pl.len(), pl.col("AANTALPERSHH").first(), (pl.col("REFPERSOONHH") == "1").sum()
    )
    assert (household["len"] == household["AANTALPERSHH"]).all()
    assert (household["REFPERSOONHH"] == 1).all()
    without = rows.filter(pl.col("AANTALKINDHH") == 0)
    assert (without["GEBJAARJONGSTEKINDHH"] == "----").all()
    assert (without["GEBMAANDOUDSTEKINDHH"] == "--").all()


def test_unions_stay_open_with_eights_and_keep_partners_abroad(delivered):
    rows = delivered("GBAVERBINTENISPARTNER2023BUSV1")
    still_open = rows.filter(pl.col("EINDEVERBINTENIS") == "88888888")
    ended = rows.filter(pl.col("EINDEVERBINTENIS") != "88888888")
    assert not still_open.is_empty()
    assert still_open["REDENBEEINDIGINGVERBINTENIS"].is_null().all()
    assert ended["EINDEVERBINTENIS"].str.contains(DATE).all()
    assert set(ended["REDENBEEINDIGINGVERBINTENIS"]) == {"S", "O"}
    abroad = rows.filter(pl.col("RINPERSOONSVERBINTENISP") != "R")
    assert abroad.height > rows.height * 0.02
    assert abroad["GBAGEBOORTEJAARPARTNER"].str.contains(r"^\d{4}$").all()
    assert (abroad["GBAGEBOORTELANDPARTNER"] != "6030").any()


def test_movements_alternate_and_end_before_the_next(delivered):
    rows = delivered("GBAMIGRATIE2023BUSV1").sort("RINPERSOON", "GBADATUMAANVANGMIGRATIE")
    assert set(rows["GBASOORTMIGRATIE"]) == {"I", "E", "AO", "AA"}
    assert rows["GBADATUMAANVANGMIGRATIE"].min() >= "19950101"
    inward = pl.col("GBASOORTMIGRATIE").is_in(["I", "AO"])
    before = inward.shift(1).over("RINPERSOON")
    assert rows.with_columns(same=before == inward).filter("same").is_empty()
    removed = rows.filter(pl.col("GBASOORTMIGRATIE") == "AA")
    assert (removed["GBALANDBESTEMMING"] == "0000").all()
    assert (rows["GBADATUMEINDEMIGRATIE"] >= rows["GBADATUMAANVANGMIGRATIE"]).all()


def test_stale_parents_are_older_than_the_newest_version(delivered):
    newest, stale = delivered("KINDOUDER2023TABV10"), delivered("KINDOUDER2023TABV2")
    assert stale.height < newest.height
    known = [rows.filter(pl.col("RINPERSOONSpa") == "R").height for rows in (stale, newest)]
    assert known[0] < known[1]
    assert newest.filter(pl.col("RINPERSOONSMa") == "O").height > 0
    children = newest.filter(pl.col("RINPERSOON") == pl.col("RINPERSOONMa"))
    assert children.is_empty()


@pytest.mark.parametrize("year", [2011, 2023])
def test_household_income_is_the_sum_over_its_members(delivered, year):
    link = delivered(f"KOPPELPERSOONHUISHOUDEN{year}" + ("V1" if year > 2018 else ""))
    persons = delivered(f"INPA{year}TABV2")
    households = delivered(f"INHA{year}TABV2")
    assert households["RINPERSOONHKW"].is_unique().all()
    members = link.join(persons, on="RINPERSOON", how="inner")
    assert members.height == persons.height == link.height
    sums = members.group_by("RINPERSOONHKW").agg(
        pl.col("INPPERSBRUT").sum(), pl.col("INPPERSPRIM").sum(), pl.len(),
        unknown=(pl.col("INPPERSBRUT") == 9_999_999_999).any(),
    )  # fmt: skip
    both = households.join(sums, on="RINPERSOONHKW", how="full", coalesce=True)
    assert both.null_count().select("INHAHL", "len").row(0) == (0, 0)
    assert (both["INHAHL"] == both["len"]).all()
    known = both.filter(~pl.col("unknown"))
    assert (known["INHBRUTINKH"] == known["INPPERSBRUT"]).all()
    assert (known["INHPRIMINKH"] == known["INPPERSPRIM"]).all()
    assert (both.filter("unknown")["INHBRUTINKH"] == 9_999_999_999).all()


def test_income_has_the_sentinels_of_its_series(delivered):
    old, new = delivered("PERSOONINK2010TABV3"), delivered("INPA2011TABV2")
    assert old["PERSBRUT"].max() == 999_999_999
    assert new["INPPERSBRUT"].max() == 9_999_999_999
    known = old.filter(pl.col("PERSBRUT") != 999_999_999)
    assert -500_000 <= known["PERSPRIM"].min() < 0
    assert known["PERSBRUT"].max() <= 1_000_000
    assert {-1, -2} <= set(new["INPP100PPERS"])
    households = delivered("INHA2015TABV2")
    assert {-3, -4} <= set(households["INHARMEURL"])
    assert {-3} <= set(households["INHP100HBEST"])


def test_flags_of_income_sources_are_one_or_blank(delivered):
    rows = delivered("SECMBUS2023V1")
    flags = [name for name in rows.columns if name.startswith("XKOPPEL")]
    assert len(flags) == 11
    for flag in flags:
        assert set(rows[flag].drop_nulls()) == {"1"}
    assert (rows.filter(pl.col("SECM") == "11")["XKOPPELWERKNSECM"] == "1").all()
    both = pl.sum_horizontal(pl.col(flag).is_not_null() for flag in flags)
    assert rows.filter(both > 1).height > 0


def test_both_origin_classifications(delivered):
    rows = delivered("GBAPERSOON2023TABV2")
    native = rows.filter(pl.col("GBAGENERATIE") == "0")
    assert (native["GBAHERKOMSTGROEPERING"] == "6030").all()
    assert (native["GBAAANTALOUDERSBUITENLAND"] == "0").all()
    born_abroad = native.filter(pl.col("GBAGEBOORTELANDNL") == "0")
    assert not born_abroad.is_empty()
    assert (born_abroad["GBAHERKOMSTLAND"] == born_abroad["GBAGEBOORTELAND"]).all()
    second = rows.filter(pl.col("GBAGENERATIE") == "2")
    assert (second["GBAGEBOORTELANDNL"] == "1").all()
    mother = pl.col("GBAGEBOORTELANDMOEDER")
    parent = pl.when(mother != "6030").then(mother).otherwise("GBAGEBOORTELANDVADER")
    for column in ("GBAHERKOMSTGROEPERING", "GBAHERKOMSTLAND"):
        assert second.filter(pl.col(column) != parent).is_empty()


# -------------------------------------------------------------------- defects


def test_every_kind_of_defect_is_in_the_manifest(country, damaged):
    """Those of lives and people; damage to rows is recorded when files are made."""
    expected = {
        kind for kind, spec in country.parameters.defects.items()
        if spec["stage"] in ("lives", "people") and spec["rate"]
    }  # fmt: skip
    assert set(damaged.manifest["kind"]) == expected - set(REPORT_KINDS)
    assert set(damaged.job_years["kind"]) == set(REPORT_KINDS)


def test_the_manifest_holds_only_what_reaches_the_files(damaged, registers, delivered):
    persons = registers.person["person"]
    assert damaged.manifest["person"].is_in(persons.implode()).all()
    unions = delivered("GBAVERBINTENISPARTNER2023BUSV1")["XKOPPELNRVERBINTENIS"]
    unmirrored = damaged.manifest.filter(kind="unmirrored_union")["true_value"]
    assert unmirrored.is_in(unions.implode()).all()
    known = pl.concat(
        [delivered(f"HOOGSTEOPL{year}TABV1") for year in (2013, 2023)], how="diagonal"
    )
    numbers = damaged.rin.gather(damaged.manifest.filter(kind="education_unknown")["person"])
    assert not numbers.is_in(known["RINPERSOON"].implode()).any()


def test_imputed_birth_months_reach_the_floor(country, damaged, delivered):
    """Contract: at least 5 % of the first generation."""
    rows = delivered("GBAPERSOON2023TABV2")
    first = rows.filter(pl.col("GBAGENERATIE") == "1")
    imputed = first.filter(pl.col("GBAIMPUTATIECODE") == "1")
    assert imputed.height / first.height >= 0.05
    assert (imputed["GBAGEBOORTEDAG"] == "01").all()
    truth = damaged.manifest.filter(kind="birth_month_imputed").join(
        country.person.select("person", RINPERSOON="rin", birth="birth_date"), on="person"
    )
    assert truth["true_value"].eq(truth["birth"].dt.strftime("%m")).all()
    found = imputed.join(truth, on="RINPERSOON")
    assert found["GBAGEBOORTEMAAND"].eq(found["delivered_value"]).all()


def test_second_numbers_reach_the_floor_and_split_the_evidence(country, damaged, delivered):
    """Contract: 0.2 % of immigrants."""
    second = damaged.manifest.filter(kind="second_number")
    immigrants = country.person.filter(
        (pl.col("generation") == "1") & pl.col("first_arrival_date").is_not_null()
    )
    assert second.height / immigrants.height >= 0.002
    persons = delivered("GBAPERSOON2023TABV2")["RINPERSOON"]
    homes = delivered("GBAHUISHOUDENS2023BUSV1")
    for row in second.iter_rows(named=True):
        numbers = [row["true_value"], row["delivered_value"]]
        assert persons.is_in(numbers).sum() == 2
        spells = [homes.filter(pl.col("RINPERSOON") == number) for number in numbers]
        assert spells[0]["DATUMEINDEHH"].max() < spells[1]["DATUMAANVANGHH"].min()


def test_missing_mirror_rows_reach_the_floor(damaged, delivered):
    """Contract: 3 % of unions."""
    rows = delivered("GBAVERBINTENISPARTNER2023BUSV1")
    in_register = rows.filter(pl.col("RINPERSOONSVERBINTENISP") == "R")
    count = in_register.group_by("XKOPPELNRVERBINTENIS").len()
    single = count.filter(pl.col("len") == 1)["XKOPPELNRVERBINTENIS"]
    assert len(single) / count.height >= 0.03
    declared = damaged.manifest.filter(kind="unmirrored_union")["true_value"]
    assert sorted(single) == sorted(declared)


def test_unknown_education_reaches_the_floor(country, damaged, delivered):
    """Contract: a third of the first generation."""
    known = delivered("HOOGSTEOPL2023TABV1")["RINPERSOON"].implode()
    adults = country.snapshot(date(2023, 10, 1)).filter(
        (pl.col("age") >= 15) & (pl.col("generation") == "1")
    )
    number = damaged.number(adults["person"], date(2023, 10, 1))
    assert (~number.is_in(known)).mean() >= 1 / 3


# -------------------------------------------------------------------- files


@pytest.mark.parametrize("name", ["GBAPERSOON2023TABV2", "INPA2023TABV2", "SECMBUS2023V1"])
def test_both_readers_give_back_what_was_written(files, delivered, tmp_path, name):
    extract, rows = files[name], delivered(name)
    path = write_extract(extract, tmp_path, "sav")
    read, meta = pyreadstat.read_sav(path, user_missing=True)
    other = polars_readstat.scan_readstat(str(path), preserve_order=True).collect()
    assert list(read.columns) == rows.columns == other.columns
    assert meta.number_rows == rows.height
    assert meta.original_variable_types == {
        c.name: c.format if c.is_text else f"{c.format}.0" for c in extract.columns
    }
    assert meta.column_names_to_labels == {c.name: c.label for c in extract.columns}
    assert meta.variable_value_labels["RINPERSOONS"]["R"]
    for column in extract.columns:
        expected = rows[column.name]
        expected = expected.fill_null("") if column.is_text else expected.cast(pl.Float64)
        assert read[column.name].tolist() == expected.to_list(), column.name
        back = other[column.name]
        back = back.fill_null("") if column.is_text else back
        assert back.to_list() == expected.to_list(), column.name


def test_parquet_files_hold_the_same_values(files, delivered, tmp_path):
    for name in ("SECMBUS2023V1", "INHA2011TABV2"):
        path = write_extract(files[name], tmp_path, "parquet")
        assert path.name == f"{name}.parquet"
        rows = pl.read_parquet(path)
        assert rows.columns == delivered(name).columns
        assert rows.null_count().sum_horizontal().item() == 0


def test_text_wider_than_its_format_is_refused(tmp_path):
    frame = pl.DataFrame({"TYPHH": ["1", "12"]})
    with pytest.raises(ValueError, match="TYPHH: '12' is wider than A1"):
        write_sav(frame, [Column("TYPHH", "A1")], tmp_path / "x.sav")


def test_an_empty_frame_and_missing_values_can_be_written(tmp_path):
    columns = [Column("A", "A9", "naam", {"x": "ë"}), Column("N", "F10.4")]
    empty = pl.DataFrame(schema={"A": pl.String, "N": pl.Float64})
    write_sav(empty, columns, tmp_path / "empty.sav")
    read, meta = pyreadstat.read_sav(tmp_path / "empty.sav")
    assert list(read.columns) == ["A", "N"]
    assert meta.number_rows == 0
    write_sav(pl.DataFrame({"A": [None, "x"], "N": [1.5, None]}), columns, tmp_path / "two.sav")
    read, meta = pyreadstat.read_sav(tmp_path / "two.sav")
    assert read["A"].tolist() == ["", "x"]
    assert read["N"].isna().tolist() == [False, True]
    assert meta.variable_value_labels == {"A": {"x": "ë"}}


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A whole run: registers, surveys and truth."""
    out = tmp_path_factory.mktemp("run") / "extracts"
    simulate(out, persons=3_000, survey_fraction=0.002, seed=5, processes=1)
    return out


def test_the_same_seed_gives_the_same_bytes_with_more_processes(run, tmp_path):
    out = tmp_path / "extracts"
    simulate(out, persons=3_000, survey_fraction=0.002, seed=5, processes=3)
    assert digest(out) == digest(run)
    assert digest(tmp_path / "extracts-truth") == digest(run.with_name("extracts-truth"))


def test_truth_stands_beside_the_extracts_and_not_in_them(run):
    truth = run.with_name("extracts-truth")
    content = json.loads((truth / "parameters.json").read_text(encoding="utf-8"))
    assert content["seed"] == 5
    assert content["persons"] == 3_000
    assert content["oversampling"]["NL"] == 1
    assert content["extracts"] == sorted(digest(run))
    names = {path.stem for path in truth.glob("*.parquet")}
    assert {"person", "stay", "registration", "union", "parent_child", "household_spell",
            "defect", "survey_respondent", "survey_answer"} <= names  # fmt: skip
    assert not list(run.rglob("*.parquet"))


def test_a_second_run_replaces_the_first_and_nothing_else(run, tmp_path, monkeypatch):
    monkeypatch.setattr(extracts, "_write_surveys", lambda *_: None)
    out = tmp_path / "extracts"
    sound = {"survey_fraction": 0, "processes": 1, "defects": SOUND_ROWS}
    simulate(out, persons=500, seed=1, **sound)
    first = digest(out)
    simulate(out, persons=500, seed=2, file_format="parquet", **sound)
    assert not set(first) & set(digest(out))
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=r"1 file\(s\) that `simulate` did not make.*mine\.txt"):
        simulate(out, persons=500, survey_fraction=0, seed=3, processes=1)
    assert (out / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"persons": 199}, "persons is 199: ask for at least 200"),
        ({"survey_fraction": 1.5}, "survey fraction is 1.5"),
        ({"file_format": "csv"}, "format is 'csv'"),
    ],
)
def test_impossible_requests_are_refused(tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        simulate(tmp_path / "extracts", **arguments)
    assert not any(tmp_path.iterdir())


def test_a_country_too_small_for_the_surveys_leaves_nothing_behind(tmp_path):
    with pytest.raises(UserError, match="simulate more persons, or lower the survey fraction"):
        simulate(tmp_path / "extracts", persons=300, survey_fraction=0.05, processes=1)
    assert not any(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "extracts").write_text("a file", encoding="utf-8")
    with pytest.raises(UserError, match="is a file: give --out the name of a folder"):
        simulate(tmp_path / "extracts", persons=500)
