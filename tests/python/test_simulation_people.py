"""Couples, nationality, motives, health, school and homes: one history, with its breaks."""

from datetime import date

import polars as pl
import pyreadstat
import pytest

from conftest import SOUND_ROWS
from migrantpanel.simulation import build_country
from migrantpanel.simulation.extracts import write_extract

SEED = 21
PERSONS = 12_000
DATE = r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"


@pytest.fixture(scope="module")
def country():
    return build_country(PERSONS, SEED, defects=SOUND_ROWS)


@pytest.fixture(scope="module")
def numbered(country) -> pl.DataFrame:
    """Persons by their first number."""
    return country.person.rename({"rin": "RINPERSOON"})


# -------------------------------------------------------------------- names and formats


def test_files_have_the_delivered_names_and_folders(files):
    paths = {f"{extract.folder}/{name}" for name, extract in files.items()}
    assert {
        "Bevolking/PARTNERBUS/2023/PARTNER2023BUSV1",
        "Bevolking/PARTNERBUS/2014/PARTNERBUS 2014V1",
        "Bevolking/GBANATIONALITEITBUS/GBANATIONALITEIT2023BUSV1",
        "Bevolking/GBANATGEWIJZIGDENMASSABUS/GBANATGEWIJZIGDENMASSABUS 2013V1",
        "Bevolking/GBANATGEWIJZIGDENMASSABUS/GBANATGEWIJZIGDENMASSA2016BUSV1",
        "Bevolking/VRLMIGMOTBUS/140303 VRLMIGMOTBUS 2011V1",
        "GezondheidWelzijn/DO/DO2005V1",
        "GezondheidWelzijn/DO/DO 2012V1",
        "GezondheidWelzijn/DOODOORZTAB/2013/DOODOORZ2013TABV1",
        "GezondheidWelzijn/ZVWZORGKOSTENTAB/2009/ZVWZORGKOSTEN2009TABV1",
        "GezondheidWelzijn/MEDICIJNTAB/2006/MEDICIJN2006TABV1",
        "Onderwijs/INSCHRWPOTAB/INSCHRWPOTAB2018V1",
        "Onderwijs/ONDERWIJSINSCHRTAB/2015/ONDERWIJSINSCHRTAB2015V1",
        "Onderwijs/ONDERWIJSDEELNEMERSTAB/2012/ONDERWIJSDEELNEMERSTAB 2012V3",
        "Onderwijs/CITOTAB/2015/CITOTAB2015V1",
        "BouwenWonen/EIGENDOMTAB/EIGENDOM2012TABV1",
        "BouwenWonen/VSLPOSTCODEBUS/VSLPOSTCODEBUSV2024031",
        "K_Utilities/Code_Listings/SSBreferentiebestanden/LANDAKTUEELREFV12",
    } <= paths


@pytest.mark.parametrize(
    "name",
    ["PARTNER2023BUSV1", "GBANATIONALITEIT2023BUSV1", "VRLMIGMOTBUS 2023V1", "DO2008V1",
     "DOODOORZ2019TABV1", "INSCHRWPOTAB2019V1", "ONDERWIJSINSCHRTAB2016V1", "CITOTAB2014V1",
     "EIGENDOM2016TABV1", "LANDAKTUEELREFV12"],
)  # fmt: skip
def test_codes_are_in_their_code_list(files, delivered, name):
    for column in files[name].columns:
        if column.values and column.is_text:
            values = set(delivered(name)[column.name].drop_nulls())
            assert values <= set(column.values), column.name


def test_columns_of_care_costs_come_and_go(files):
    def columns(year: int) -> set[str]:
        return {column.name for column in files[f"ZVWZORGKOSTEN{year}TABV1"].columns}

    assert {"ZVWKGGZ", "ZVWKEERSTELIJNSPSYCHO"} <= columns(2013)
    assert not {"ZVWKGGZ", "ZVWKSPECGGZ"} <= columns(2014)
    assert "ZVWKMULTIDISC" not in columns(2014)
    assert {"ZVWKMULTIDISC", "ZVWKEERSTELIJNSVERBLIJF"} <= columns(2018)
    assert "HOAANTALJARENTYPE" not in {
        column.name for column in files["ONDERWIJSDEELNEMERSTAB 2012V3"].columns
    }


def test_padded_and_mixed_case_columns_survive_the_file(files, delivered, tmp_path):
    for name in ("INSCHRWPOTAB2018V1", "CITOTAB2015V1", "DO2005V1"):
        path = write_extract(files[name], tmp_path, "sav")
        read, _ = pyreadstat.read_sav(path)
        assert list(read.columns) == delivered(name).columns
        assert len(read) == delivered(name).height
    assert delivered("INSCHRWPOTAB2018V1")["WPOLEERJAAR"].str.contains(r"^ [1-8]$").all()


# -------------------------------------------------------------------- couples


def test_couples_are_mirrored_and_do_not_overlap(delivered):
    rows = delivered("PARTNER2023BUSV1")
    for column in ("AANVANGPARTNER", "EINDEPARTNER"):
        assert rows[column].str.contains(DATE).all()
    known = rows.filter(pl.col("RINPERSOONSP") == "R")
    mirror = known.select(
        RINPERSOON="RINPERSOONP", RINPERSOONP="RINPERSOON", AANVANGPARTNER="AANVANGPARTNER"
    )
    both = known.join(mirror, on=["RINPERSOON", "RINPERSOONP", "AANVANGPARTNER"], how="semi")
    assert both.height > known.height * 0.98  # two numbers cut a spell on one side
    ordered = rows.sort("RINPERSOON", "AANVANGPARTNER")
    before = ordered["EINDEPARTNER"].shift(1)
    same = (ordered["RINPERSOON"] == ordered["RINPERSOON"].shift(1)).fill_null(False)
    assert (before < ordered["AANVANGPARTNER"]).filter(same).all()


def test_an_older_version_ends_with_its_year(delivered):
    old = delivered("PARTNERBUS 2014V1")
    assert old["EINDEPARTNER"].max() == "20141231"
    assert old["AANVANGPARTNER"].max() <= "20141231"
    assert 0 < old.height < delivered("PARTNER2023BUSV1").height


# -------------------------------------------------------------------- nationality


def test_nationality_covers_everybody_once(delivered):
    rows = delivered("GBANATIONALITEIT2023BUSV1").sort("RINPERSOON", "GBAAANVANGNATIONALITEIT")
    persons = delivered("GBAPERSOON2023TABV2")["RINPERSOON"]
    assert persons.is_in(rows["RINPERSOON"].implode()).mean() > 0.995
    same = (rows["RINPERSOON"] == rows["RINPERSOON"].shift(1)).fill_null(False)
    before = rows["GBAEINDENATIONALITEIT"].shift(1)
    assert (before < rows["GBAAANVANGNATIONALITEIT"]).filter(same).all()
    assert (rows["GBAAANVANGNATIONALITEIT"] <= rows["GBAEINDENATIONALITEIT"]).all()


def test_second_nationalities_of_the_dutch_end_with_the_break(country, delivered):
    rows = delivered("GBANATIONALITEIT2023BUSV1")
    double = rows.filter(
        (pl.col("GBANATIONALITEIT1") == "0001") & (pl.col("GBANATIONALITEIT2") != "0000")
    )
    assert double.height > 100
    assert double["GBAEINDENATIONALITEIT"].max() == "20150130"
    assert double["GBAAANVANGNATIONALITEIT"].max() < "20140106"
    assert (double["GBATYPENATIONALITEIT"] == "3").all()
    truth = country.nationality_spell.filter(
        pl.col("end").is_null() & (pl.col("nationality") == "0001")
    )
    assert truth["second_nationality"].is_not_null().sum() > 100


def test_histories_differ_by_group(country):
    day = date(2020, 1, 1)
    nationality = country.nationality_spell.filter(
        (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
    )
    people = country.snapshot(day).join(nationality, on="person", how="left")
    assert people["nationality"].null_count() == 0
    dutch = dict(
        people.filter(pl.col("generation") == "1").group_by("origin")
        .agg(share=(pl.col("nationality") == "0001").mean()).iter_rows()
    )  # fmt: skip
    assert dutch["POL"] < 0.1 < 0.4 < dutch["IRN"]
    assert dutch["ANT"] == 1
    natives = people.filter(pl.col("generation") == "0")
    assert (natives["nationality"] == "0001").all()


def test_changes_are_in_the_stock_and_some_are_late(delivered):
    changes = pl.concat(
        [delivered(f"GBANATGEWIJZIGDENMASSABUS {year}V1") for year in range(2005, 2014)]
    )
    stock = delivered("GBANATIONALITEIT2023BUSV1").filter(pl.col("GBANATIONALITEIT1") == "0001")
    found = changes.join(
        stock, left_on=["RINPERSOON", "GBADATUMNATWIJZIGING"],
        right_on=["RINPERSOON", "GBAAANVANGNATIONALITEIT"], how="semi",
    )  # fmt: skip
    assert found.height == changes.height > 50
    assert (changes["GBANATIONALITEITNIEUW"] == "0001").all()
    assert (changes["GBANATIONALITEITOUD"] != "0001").all()
    late = changes["PUBLICATIEJAARNATWIJZIGING"] > changes["GBADATUMNATWIJZIGING"].str.head(4)
    assert 0.01 < late.mean() < 0.15


# -------------------------------------------------------------------- motives


def test_permits_without_a_key_reach_their_floors(delivered):
    rows = delivered("VRLMIGMOTBUS 2023V1").with_columns(
        year=pl.col("VRLDATUMAANVANGMIGMOT").str.head(4).cast(pl.Int32)
    )
    shares = rows.group_by("year").agg(share=pl.col("RINPERSOON").is_null().mean(), n=pl.len())
    early = shares.filter(pl.col("year") <= 2010)
    assert early["share"].min() >= 0.09
    assert (early["share"] * early["n"]).sum() / early["n"].sum() <= 0.145
    assert shares.filter(pl.col("year") > 2010)["share"].min() >= 0.21
    assert (rows["RINPERSOON"].is_null() == (rows["RINPERSOONS"] == "O")).all()


def test_permits_without_a_key_are_in_the_manifest(country, damaged, delivered):
    manifest = damaged.manifest.filter(kind="permit_without_key")
    lost = delivered("VRLMIGMOTBUS 2023V1").filter(pl.col("RINPERSOON").is_null())
    assert manifest.height == lost.height
    assert (manifest["true_value"].str.len_chars() == 9).all()
    age = (
        manifest.join(country.person.select("person", "birth_date"), on="person")
        .select(pl.col("file_year") - pl.col("birth_date").dt.year()).to_series()
    )  # fmt: skip
    everybody = country.person.filter(pl.col("first_arrival_date") >= date(1999, 1, 1))
    ages = everybody["first_arrival_date"].dt.year() - everybody["birth_date"].dt.year()
    assert age.is_between(19, 39).mean() < ages.is_between(19, 39).mean() - 0.05


def test_motives_of_permits_and_goals_of_europeans_exclude_each_other(delivered):
    for name in ("VRLMIGMOTBUS 2023V1", "140303 VRLMIGMOTBUS 2011V1"):
        rows = delivered(name)
        permit = rows["VRLMIGMOTSYSTEEM"] == "I"
        assert rows.filter(permit)["VRLMIGMOTIND"].is_not_null().all()
        assert rows.filter(~permit)["VRLMIGMOTIND"].is_null().all()
        for goal in ("GEZIN", "ARBEID", "ASIEL", "STUDIE"):
            assert rows.filter(permit)[f"VRLMIGDOEL{goal}"].is_null().all()
            assert set(rows.filter(~permit)[f"VRLMIGDOEL{goal}"]) <= {"0", "1"}
    new = set(delivered("VRLMIGMOTBUS 2023V1")["VRLMIGMOTIND"].drop_nulls())
    old = set(delivered("140303 VRLMIGMOTBUS 2011V1")["VRLMIGMOTIND"].drop_nulls())
    assert {"14", "15"} <= new
    assert not {"14", "15"} & old


def test_the_dutch_have_no_motive_and_a_second_arrival_repeats_the_first(delivered):
    rows = delivered("VRLMIGMOTBUS 2023V1").filter(pl.col("RINPERSOON").is_not_null())
    stock = delivered("GBANATIONALITEIT2023BUSV1").filter(pl.col("GBANATIONALITEIT1") == "0001")
    both = rows.join(stock, on="RINPERSOON").filter(
        pl.col("VRLDATUMAANVANGMIGMOT").is_between(
            pl.col("GBAAANVANGNATIONALITEIT"), pl.col("GBAEINDENATIONALITEIT")
        )
    )
    assert both.is_empty()
    again = rows.filter(
        (pl.col("VRLMIGMOTSYSTEEM") == "I") & ~pl.col("VRLMIGMOTIND").is_in(["04", "05", "14"])
    )
    again = again.group_by("RINPERSOON").agg(pl.len(), pl.col("VRLMIGMOTIND").n_unique())
    assert again.filter(pl.col("len") > 1).height > 0
    assert again.filter(pl.col("len") > 1)["VRLMIGMOTIND"].max() == 1


# -------------------------------------------------------------------- health


def test_causes_of_death_have_two_forms_that_agree_with_the_register(delivered, numbered):
    deaths = delivered("GBAOVERLIJDEN2023TABV1")
    old = pl.concat([delivered(f"DO{year}V1") for year in range(1996, 2012)])
    day = pl.concat_str("ovljr", "ovlmnd", "ovldag").alias("GBADatumOverlijden")
    known = old.select(RINPERSOON="rinpersoon", day=day)
    found = known.join(
        deaths, left_on=["RINPERSOON", "day"], right_on=["RINPERSOON", "GBADatumOverlijden"]
    )
    assert found.height == known.height > 100
    new = pl.concat([delivered(f"DOODOORZ{year}TABV1") for year in range(2013, 2024)])
    assert new["RINPERSOON"].is_in(deaths["RINPERSOON"].implode()).all()
    assert new["UCCODE"].str.contains(r"^[A-Z]\d{2,3}$").all()
    who = new.join(
        numbered.select("RINPERSOON", "sex", "birth_date", "death_date"), on="RINPERSOON"
    )
    assert set(who.filter(pl.col("UCCODE") == "C619")["sex"]) == {"1"}
    covid = who.filter(pl.col("UCCODE") == "U071")["death_date"].dt.year()
    assert set(covid) <= {2020, 2021, 2022}
    age = (who["death_date"] - who["birth_date"]).dt.total_days() / 365.25
    demented = age.filter(who["UCCODE"].is_in(["F03"]))
    assert demented.min() > 60


def test_care_costs_rise_with_age_and_before_death(delivered, numbered):
    rows = delivered("ZVWZORGKOSTEN2016TABV1").join(numbered, on="RINPERSOON")
    assert delivered("ZVWZORGKOSTEN2016TABV1")["RINPERSOON"].is_unique().all()
    age = 2016 - pl.col("birth_date").dt.year()
    hospital = rows.group_by(
        pl.when(age < 30).then(0).when(age < 60).then(1).otherwise(2).alias("band")
    ).agg(pl.col("ZVWKZIEKENHUIS").mean())  # fmt: skip
    assert hospital.sort("band")["ZVWKZIEKENHUIS"].is_sorted()
    old = rows.filter(age >= 60)
    dies = (old["death_date"].dt.year() == 2016).fill_null(False)
    costs = old["ZVWKZIEKENHUIS"]
    assert costs.filter(dies).mean() > 1.5 * costs.filter(~dies).mean()
    assert (costs >= 0).all()


def test_birth_care_is_for_mothers_of_the_year(country, delivered, numbered):
    rows = delivered("ZVWZORGKOSTEN2016TABV1").join(numbered, on="RINPERSOON")
    born = country.person.filter(
        (pl.col("birth_date").dt.year() == 2016) & (pl.col("birth_country") == "6030")
    )
    mother = rows["person"].is_in(born["mother"].drop_nulls().implode())
    assert mother.sum() > 10
    assert ((rows["ZVWKGEBOORTEZORG"] > 0) == mother).all()


def test_medicines_follow_conditions_and_stay(country, delivered, numbered):
    files = {year: delivered(f"MEDICIJN{year}TABV1") for year in (2015, 2016)}
    rows = files[2016].join(numbered, on="RINPERSOON")
    assert rows.select("RINPERSOON", "ATC4").is_duplicated().sum() == 0
    assert rows["ATC4"].str.contains(r"^[A-Z]\d\d[A-Z]$").all()
    diabetics = country.condition.filter(
        (pl.col("condition") == "diabetes") & (pl.col("start") < date(2017, 1, 1))
    )["person"]
    insulin = rows.filter(pl.col("ATC4").is_in(["A10A", "A10B"]))
    assert insulin["person"].is_in(diabetics.implode()).all()
    pill = rows.filter(pl.col("ATC4") == "G03A")
    assert set(pill["sex"]) == {"2"}
    statin = [set(rows.filter(ATC4="C10A")["RINPERSOON"]) for rows in files.values()]
    assert len(statin[0] & statin[1]) > 0.6 * len(statin[0])


# -------------------------------------------------------------------- school


def test_school_careers_fit_the_attained_education(country):
    years = country.school_year.join(
        country.person.select("person", "birth_date"), on="person"
    ).with_columns(age=pl.col("year") - pl.col("birth_date").dt.year())
    assert years.select("person", "year").is_duplicated().sum() == 0
    primary = years.filter(pl.col("sector") == "PO")
    assert primary["age"].is_between(4, 12).all()
    assert set(primary["grade"]) == set(range(1, 9))
    # Who was in the last year of pre-university education has its diploma the summer after.
    last = years.filter((pl.col("programme") == "2132") & (pl.col("grade") == 6))
    diploma = country.education_spell.filter(pl.col("level_attained") == "2132").select(
        "person", attained=pl.col("start").dt.year()
    )
    both = last.join(diploma, on="person", how="left")
    assert both.height > 50
    assert (both["attained"] == both["year"] + 1).all()
    university = years.filter((pl.col("sector") == "WO") & (pl.col("grade") == 1))
    entered = university.join(diploma, on="person")
    assert (entered["attained"] <= entered["year"]).all()


def test_pupils_are_registered_and_some_repeat_a_year(country, delivered, numbered):
    rows = delivered("INSCHRWPOTAB2018V1")
    keyed = rows.filter(pl.col("RINPERSOON").is_not_null()).join(numbered, on="RINPERSOON")
    assert keyed["RINPERSOON"].is_unique().all()
    here = country.snapshot(date(2018, 10, 1))
    assert keyed["person"].is_in(here["person"].implode()).all()
    children = here.filter(
        (pl.col("age") >= 5) & (pl.col("age") <= 10) & pl.col("present")
    )["person"]  # fmt: skip
    enrolled = children.is_in(keyed["person"].implode()).mean()
    assert enrolled > 0.97
    repeated = country.school_year.filter(pl.col("sector") == "PO").group_by("person").agg(
        pl.col("is_repeated").any()
    )["is_repeated"]  # fmt: skip
    assert 0.05 < repeated.mean() < 0.25


def test_enrolment_has_second_rows_and_participants_have_one(delivered):
    rows = delivered("ONDERWIJSINSCHRTAB2012V1")
    main = rows.filter(pl.col("HOOFDINSCHR").is_in(["01", "11"]))
    assert main["RINPERSOON"].is_unique().all()
    assert rows.height > main.height
    secondary = rows.filter(pl.col("TYPEONDERWIJS") == "01")
    assert secondary["VOLEERJAAR"].str.strip_chars().cast(pl.Int32).is_between(1, 7).all()
    participants = delivered("ONDERWIJSDEELNEMERSTAB 2012V3")
    assert participants["RINPERSOON"].is_unique().all()
    assert participants.height == main.height
    assert participants["MBOAANTALJARENNIV"].is_null().all()
    assert delivered("ONDERWIJSDEELNEMERSTAB 2011V2")["MBOAANTALJARENNIV"].is_not_null().any()


def test_advice_follows_the_test_and_not_every_school_takes_part(delivered):
    scores, advice, last = [], [], 0
    for year in range(2009, 2018):
        rows = delivered(f"CITOTAB{year}V1").filter(pl.col("CitoAdviesLeerkracht") != "99")
        scores += rows["CitoStandaardScore"].to_list()
        advice += rows["CitoAdviesLeerkracht"].cast(pl.Int32).to_list()
        pupils = delivered(f"INSCHRWPOTAB{year - 1}V1")
        last += pupils.filter(pl.col("WPOLEERJAAR") == " 8").height
    frame = pl.DataFrame({"score": scores, "advice": advice})
    assert frame["score"].is_between(501, 550).all()
    assert frame.select(pl.corr("score", "advice")).item() > 0.7
    assert 0.6 < frame.height / last < 0.95
    grades = delivered("INSCHRWPOTAB2016V1")
    assert grades.filter(pl.col("WPOLEERJAAR") != " 8")["WPOADVIESVO"].is_null().all()
    assert grades.filter(pl.col("WPOLEERJAAR") == " 8")["WPOADVIESVO"].is_not_null().all()


def test_schooling_depends_on_that_of_the_mother(country):
    level = (
        country.education_spell.with_columns(
            level=pl.col("level_attained").str.head(2).replace_strict(
                {"11": 1, "12": 2, "21": 3, "31": 4, "32": 4}
            )
        ).group_by("person").agg(pl.col("level").max())
    )  # fmt: skip
    children = country.person.filter(pl.col("birth_date").dt.year().is_between(1960, 1995))
    pairs = children.select("person", "mother").join(level, on="person").join(
        level.rename({"person": "mother", "level": "of_mother"}), on="mother"
    )  # fmt: skip
    assert 0.25 < pairs.select(pl.corr("level", "of_mother")).item() < 0.6


# -------------------------------------------------------------------- homes and reference lists


def test_tenure_agrees_with_household_income(delivered):
    tenure = delivered("EIGENDOM2016TABV1")
    assert tenure["RINOBJECTNUMMER"].is_unique().all()
    homes = delivered("GBAADRESOBJECT2023BUSV1").filter(
        (pl.col("GBADATUMAANVANGADRESHOUDING") <= "20160101")
        & (pl.col("GBADATUMEINDEADRESHOUDING") >= "20160101")
    )
    rows = (
        delivered("INHA2016TABV2").select(RINPERSOON="RINPERSOONHKW", owner="INHEHALGR")
        .join(homes, on="RINPERSOON").join(tenure, on="RINOBJECTNUMMER")
        .filter(pl.col("owner").is_in(["1", "2", "3"]) & (pl.col("TypeEigenaar") != "-"))
    )  # fmt: skip
    assert rows.height > 1_000
    assert ((rows["owner"] == "1") == (rows["TypeEigenaar"] == "E")).mean() > 0.99
    residents = homes.group_by("RINOBJECTNUMMER").len()
    counted = tenure.join(residents, on="RINOBJECTNUMMER")
    assert (counted["AantalBewoners"] == counted["len"]).mean() > 0.99


def test_municipalities_merge_and_constant_geography_differs(delivered):
    rows = delivered("VSLGWB2023TAB03V1")
    assert "0017" in set(rows["gem2018"])
    assert "0017" not in set(rows["gem2019"]) | set(rows["gem2023"])
    haren = rows.filter(pl.col("gem2018") == "0017")
    assert set(haren["gem2023"]) == {"0014"}
    assert (haren["bc2018"].str.head(4) == "0017").all()
    assert (haren["bc2023"].str.head(4) == "0014").all()


def test_postcodes_follow_each_other(delivered):
    rows = delivered("VSLPOSTCODEBUSV2024031").sort("RINOBJECTNUMMER", "DATUMAANVPOSTCODENUMADRES")
    assert rows["POSTCODENUM"].str.contains(r"^[1-9]\d{3}$").all()
    same = (rows["RINOBJECTNUMMER"] == rows["RINOBJECTNUMMER"].shift(1)).fill_null(False)
    assert same.any()
    before = rows["DATUMEINDPOSTCODENUMADRES"].shift(1)
    assert (before < rows["DATUMAANVPOSTCODENUMADRES"]).filter(same).all()
    assert (rows["POSTCODENUM"] != rows["POSTCODENUM"].shift(1)).filter(same).all()


def test_reference_lists_explain_the_codes_of_the_registers(delivered):
    countries = delivered("LANDAKTUEELREFV12")
    born = delivered("GBAPERSOON2023TABV2")["GBAGEBOORTELAND"]
    assert born.is_in(countries["LAND"].implode()).all()
    turkey = countries.row(by_predicate=pl.col("LAND") == "6043", named=True)
    assert (turkey["ETNGRP"], turkey["LANDTYPE"], turkey["LANDTIENDELING"]) == ("2", "2", "03")
    programmes = delivered("OPLEIDINGSNRREFV35").join(
        delivered("CTOREFV11"), left_on="CTO2016V", right_on="CTO"
    )
    attained = delivered("HOOGSTEOPL2018TABV1").join(
        programmes, left_on="OPLNRHB", right_on="OPLNR", how="left"
    )
    assert (attained["OPLNIVSOI2016AGG4HB"] == attained["OPLNIVSOI2016AGG4HBMETNIRWO"]).all()
    enrolled = delivered("ONDERWIJSINSCHRTAB2016V1")["OPLNR"]
    assert enrolled.is_in(programmes["OPLNR"].implode()).all()
