"""Every kind of damage, read back from the files: there at its rate and listed, or switched off.

Two countries are written as a user would: one with all kinds on at once, at raised rates, so that
they meet on the same rows, and one with `--defects none`. What is found in the files of the first
is what its manifest lists, kind by kind; in those of the second nothing is found or listed. The
files are read with pyreadstat, and held to the true lives beside them.
"""

import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from migrantpanel.simulation import simulate
from migrantpanel.simulation.defects import known_kinds, read_overrides
from migrantpanel.simulation.surveys import load_waves

PERSONS, FRACTION, SEED = 6_000, 0.008, 5
RAISED = 0.03
# Of so few people hardly one has such an income, and few such interviews are held.
MAY_BE_NONE = {"truncated_income", "filter_error_language", "filter_error_partner_work"}
# Kinds of which a file shows at least this share: hours that rounding takes away are of short jobs,
# addresses of 2010 have no year before, and few interviews give not every code.
SEEN_IN_PART = {
    "zero_hours": 0.95,
    "sentinel_area": 0.8,
    "changed_value_labels": 0.2,
    "mislabelled_code": 0.5,
}
MIGRATION, PERSON, PARENT = "GBAMIGRATIE2023", "GBAPERSOON2023", "KINDOUDER2023TABV10"
NINES = {"PERSOONINK": 9, "HUISHBVRINK": 9, "INPATAB": 10, "INHATAB": 10, "VEHTAB": 11}


class Delivered:
    """The files of a simulated country, its truth, and the manifest of its damage."""

    def __init__(self, root: Path) -> None:
        self.root, self.truth_folder = root / "extracts", root / "extracts-truth"
        self.read: dict[Path, pl.DataFrame] = {}
        self.manifest = self.truth("defect")

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.truth_folder / f"{name}.parquet")

    def listed(self, kind: str) -> pl.DataFrame:
        return self.manifest.filter(kind=kind)

    def paths(self, text: str) -> list[Path]:
        """Return the files in a folder of this name, or whose name begins with it."""
        files = sorted(
            path for suffix in ("sav", "csv") for path in self.root.rglob(f"*.{suffix}")
            if not (suffix == "csv" and has_original(path))
        )  # fmt: skip
        within = [path for path in files if text in path.parts]
        return within or [path for path in files if re.match(rf"(\d+ )?{text}", path.name)]

    def rows(self, text: str) -> pl.DataFrame:
        """Return all rows of these files, under names in upper case."""
        for path in self.paths(text):
            if path not in self.read:
                self.read[path] = read(path)
        frames = [self.read[path] for path in self.paths(text)]
        return pl.concat(frames, how="diagonal_relaxed")

    @cached_property
    def person(self) -> pl.DataFrame:
        """Every number of the registers with its person and what is true of it."""
        person = self.truth("person").filter("in_register")
        second = person.filter(pl.col("second_rin").is_not_null())
        return pl.concat([person, second.with_columns(rin="second_rin")]).select(
            "person", "birth_date", "death_date", "birth_country", "mother", RINPERSOON="rin"
        )

    @cached_property
    def movements(self) -> pl.DataFrame:
        """The rows of migration with the person, in order of numbers and days."""
        rows = self.rows(MIGRATION).join(self.person.select("person", "RINPERSOON"),
                                         on="RINPERSOON")  # fmt: skip
        return rows.sort("RINPERSOON", "GBADATUMAANVANGMIGRATIE").rename(
            {"GBADATUMAANVANGMIGRATIE": "day", "GBASOORTMIGRATIE": "what"}
        )


def has_original(path: Path) -> bool:
    """Whether the SPSS file that this one was converted from stands in the folder above."""
    return (path.parent.parent / f"{path.stem}.sav").exists()


def year_of(path: Path) -> int:
    return int(re.findall(r"(?:19|20)\d\d", path.name)[-1])


def read(path: Path) -> pl.DataFrame:
    """Return the rows of a file under the newest names of its keys, in upper case."""
    if path.suffix == ".csv":
        keys = {name: pl.String for name in columns_of(path) if "PERSOON" in name.upper()}
        rows = pl.read_csv(path, separator=";", decimal_comma=True, encoding="windows-1252",
                           schema_overrides=keys)  # fmt: skip
        return rows.rename(str.upper).with_columns(pl.col(pl.String).fill_null(""))
    try:
        rows, _ = pyreadstat.read_sav(path, output_format="polars")
    except pyreadstat.ReadstatError:
        rows, _ = pyreadstat.read_sav(path, output_format="polars", encoding="windows-1252")
    rows = rows.rename(str.upper).rename({"SRTNUM": "RINPERSOONS", "RIN": "RINPERSOON"},
                                         strict=False)  # fmt: skip
    numbers = [name for name in rows.columns if name.startswith("RINPERSOON")]
    return rows.with_columns(
        pl.col(name).cast(pl.Int64).cast(pl.String).str.zfill(9)
        for name in numbers
        if rows.schema[name].is_numeric()
    )


@pytest.fixture(scope="module")
def ugly(tmp_path_factory) -> Delivered:
    root = tmp_path_factory.mktemp("ugly")
    raised = {
        kind: max(spec["rate"], RAISED)
        for kind, spec in known_kinds().items()
        if not isinstance(spec["rate"], dict) and spec["stage"] in ("people", "rows")
    }
    raised |= {"late_registration": RAISED, "wrong_removal": RAISED, "renamed_columns": 0.5,
               "numeric_keys": 0.5, "mixed_column_case": 0.5}  # fmt: skip
    simulate(root / "extracts", PERSONS, FRACTION, SEED, processes=1, defects=raised)
    return Delivered(root)


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Delivered:
    root = tmp_path_factory.mktemp("clean")
    off = read_overrides("none")
    simulate(root / "extracts", PERSONS, FRACTION, SEED, processes=1, defects=off)
    return Delivered(root)


def day(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.to_date("%Y%m%d", strict=False)


def within_stay(moves: pl.DataFrame, world: Delivered) -> pl.DataFrame:
    """Return movements strictly within a true stay."""
    stay = world.truth("stay").select("person", "start", "end")
    inside = (pl.col("start") < day("day")) & (
        pl.col("end").is_null() | (pl.col("end") > day("day"))
    )
    return moves.join(stay, on="person").filter(inside).select(moves.columns)


def removals(world: Delivered) -> pl.DataFrame:
    """Return the removals of the file, and those that a missing departure took out of it."""
    dropped = world.listed("two_immigrations").select("person", day="true_value")
    paper = world.truth("registration").filter(
        pl.col("end_reason") == "administrative removal"
    ).select("person", day=pl.col("end").dt.strftime("%Y%m%d"))  # fmt: skip
    dropped = dropped.join(paper, on=["person", "day"], how="semi")
    there = world.movements.filter(what="AA").select("person", "day")
    return pl.concat([there, dropped])


def late_registrations(world: Delivered) -> int:
    arrivals = world.movements.filter(what="I").select("person", "day")
    came = world.truth("stay").select("person", day=pl.col("start").dt.strftime("%Y%m%d"))
    again = world.listed("repeated_immigration").select("person", day="delivered_value")
    return arrivals.join(pl.concat([came, again]), on=["person", "day"], how="anti").height


def noticed_departures(world: Delivered) -> int:
    """All departures that nobody told of; those never noticed, or before 1995, are in no file."""
    removed = world.listed("unregistered_emigration")["delivered_value"]
    unseen = removed.is_null().sum() + (removed < "1995").sum()
    found = removals(world)
    return found.height - within_stay(found, world).height + unseen


def arrivals_in_a_row(world: Delivered, other: str) -> int:
    arrives = pl.col("what").is_in(["I", "AO"])
    twice = arrives & arrives.shift(-1) & (pl.col("RINPERSOON") == pl.col("RINPERSOON").shift(-1))
    return world.movements.filter(twice).height - world.listed(other).height


def alone_in_couples(world: Delivered) -> int:
    rows = world.rows("GBAVERBINTENISPARTNER2023").filter(RINPERSOONSVERBINTENISP="R")
    return rows.group_by("XKOPPELNRVERBINTENIS").len().filter(len=1).height


def uneducated(world: Delivered) -> int:
    """People of 2023 whose education is known in truth and in no file; each must be listed."""
    on = pl.date(2023, 10, 1)
    open_then = (pl.col("start") <= on) & (pl.col("end").is_null() | (pl.col("end") > on))
    people = world.truth("registration").filter(open_then).select("person")
    people = people.join(world.truth("education_spell").filter(open_then), on="person", how="semi")
    grown = world.person.filter(pl.col("birth_date") <= pl.date(2008, 10, 1))
    file = world.rows("HOOGSTEOPL2023")
    known = grown.join(file, on="RINPERSOON", how="semi").select("person")
    absent = people.join(grown, on="person", how="semi").join(known, on="person", how="anti")
    listed = world.listed("education_unknown")
    assert absent.join(listed, on="person", how="anti").is_empty()
    here = people.join(grown, on="person", how="semi").join(listed, on="person", how="semi")
    return listed.height if absent.height == here.height else -1


def reports(world: Delivered) -> pl.DataFrame:
    """Income reports from work of all years, under the names of 2010."""
    old = world.rows("POLISBUS").select(
        job="BAANRUGID", year=pl.col("AANVBUS").str.head(4), hours="BASISUREN", wage="LNINGLD",
        contract="CONTRACTSOORT", kind="SRTIV",
    )  # fmt: skip
    new = world.rows("SPOLISBUS").select(
        job="IKVID", year=pl.col("SDATUMAANVANGIKO").str.head(4), hours="SBASISUREN",
        wage="SLNINGLD", contract="SCONTRACTSOORT", kind="SSRTIV",
    )  # fmt: skip
    return pl.concat([old, new]).filter(pl.col("kind").is_in(["11", "15", "17"]))


def zero_hours(world: Delivered) -> int:
    """Reports of so few days that their hours round to nothing are not meant."""
    return reports(world).filter((pl.col("hours") == 0) & (pl.col("wage") > 500)).height


def without_number(world: Delivered, *registers: str) -> int:
    return sum(world.rows(name).filter(RINPERSOONS="O", RINPERSOON="").height for name in registers)


def not_r(world: Delivered) -> int:
    other = ~pl.col("RINPERSOONS").is_in(["R", "O"])
    return sum(
        world.rows(name).filter(other).height
        for name in ("POLISBUS", "SPOLISBUS", "ZVWZORGKOSTENTAB")
    )


def overlaps(world: Delivered, name: str, start: str, end: str) -> int:
    rows = world.rows(name).unique().sort("RINPERSOON", start)
    same = pl.col("RINPERSOON") == pl.col("RINPERSOON").shift(-1)
    return rows.filter(same & (pl.col(end) >= pl.col(start).shift(-1))).height


def twice(world: Delivered, name: str) -> int:
    rows = world.rows(name)
    return rows.height - rows.unique().height


def early_deaths(world: Delivered) -> int:
    rows = world.rows("GBAOVERLIJDEN2023").unique().join(world.person, on="RINPERSOON")
    return rows.filter(day("GBADATUMOVERLIJDEN") < pl.col("birth_date")).height


def other_mothers(world: Delivered, is_child: bool) -> int:
    """Return children whose delivered mother is not theirs, and was a child herself, or dead."""
    mother = world.person.select(delivered="person", RINPERSOONMA="RINPERSOON",
                                 born="birth_date", died="death_date")  # fmt: skip
    rows = world.rows(PARENT).join(world.person, on="RINPERSOON").join(mother, on="RINPERSOONMA")
    wrong = rows.filter(pl.col("delivered").ne_missing(pl.col("mother")))
    young = (pl.col("birth_date") - pl.col("born")).dt.total_days() < 10 * 365.25
    return wrong.filter(young if is_child else ~young).height


def corrections(world: Delivered) -> int:
    """Count the values that two versions of the person register tell otherwise of one number."""
    if not world.paths("GBAPERSOON2012"):
        return 0
    earlier, newest = (
        world.rows(name).filter(pl.col("RINPERSOON") != "") for name in ("GBAPERSOON2012", PERSON)
    )
    both = earlier.join(newest, on=["RINPERSOONS", "RINPERSOON"], validate="1:1")
    columns = ("GBAGESLACHT", "GBAGEBOORTEDAG", "GBAGEBOORTELAND")
    return sum((both[name] != both[f"{name}_right"]).sum() for name in columns)


def wrong_countries(world: Delivered) -> int:
    rows = world.rows(PERSON).join(world.person, on="RINPERSOON")
    told = pl.col("GBAGEBOORTELAND")
    return rows.filter((told != pl.col("birth_country")) & (told != "0000")).height


def unknown_areas(world: Delivered) -> int:
    """Addresses that had a neighbourhood the year before; who was new in 2010 cannot be told."""
    rows = world.rows("VSLGWBTAB")
    return 3 * rows.filter((pl.col("BC2010") == "-" * 8) & (pl.col("BC2009") != "-" * 8)).height


def value(name: str, column: str, sentinel: str) -> Callable[[Delivered], int]:
    return lambda world: world.rows(name).filter(pl.col(column) == sentinel).height


def nines(world: Delivered, kind: str) -> int:
    """Nines of all columns of amounts; what both kinds list is what the files hold, by column."""
    both = world.manifest.filter(
        pl.col("kind").is_in(["sentinel_amount", "sentinel_institution"])
        & pl.col("delivered_value").str.contains(r"^9{9,11}$")
    )
    listed = both.group_by("file_stem", "column").agg(pl.col("rows").sum())
    found = {}
    for stem, digits in NINES.items():
        name = {"PERSOONINK": "PERSOONINK", "HUISHBVRINK": "HUISHBVRINK"}.get(stem, stem)
        rows = world.rows(name)
        amounts = [c for c, dtype in rows.schema.items() if dtype.is_numeric()]
        counts = rows.select((pl.col(amounts) == 10**digits - 1).sum()).row(0, named=True)
        found |= {(stem, column): count for column, count in counts.items() if count}
    assert found == {(row[0], row[1]): row[2] for row in listed.iter_rows()}
    institution = world.rows("INPATAB").filter(
        (pl.col("INPPERSINK") == 9_999_999_999) & (pl.col("INPP100PPERS") == -2)
    ).height  # fmt: skip
    of_inpa = world.listed("sentinel_institution").filter(column="INPPERSINK").height
    assert institution == of_inpa
    return world.listed(kind).height


def negative_costs(world: Delivered) -> int:
    rows = world.rows("ZVWZORGKOSTENTAB").select(pl.col("^ZVWK.*$"))
    return rows.select((pl.all() < 0).sum()).sum_horizontal()[0]


def broken_incomes(world: Delivered) -> int:
    income = world.truth("income_year").select("person", "year", "personal")
    found = 0
    for path in world.paths("PERSOONINK"):
        year = year_of(path)
        rows = world.rows(path.name).join(world.person, on="RINPERSOON").join(
            income.filter(year=year), on="person"
        )  # fmt: skip
        told = pl.col("PERSINK")
        found += rows.filter((told != pl.col("personal")) & (told != 999_999_999)).height
    listed = world.listed("income_series_break").filter(column="PERSINK")
    same = listed.filter(pl.col("true_value") == pl.col("delivered_value")).height
    every = world.listed("income_series_break").height
    return every if found == listed.height - same else -found


def lost_nationalities(world: Delivered) -> int:
    rows = world.rows("GBANATIONALITEIT2023").join(world.person, on="RINPERSOON").with_columns(
        begins=day("GBAAANVANGNATIONALITEIT")
    )  # fmt: skip
    spells = world.truth("nationality_spell").filter(pl.col("second_nationality").is_not_null())
    covered = (pl.col("start") <= pl.col("begins")) & (
        pl.col("end").is_null() | (pl.col("end") > pl.col("begins"))
    )
    both = rows.join(spells, on="person").filter(covered)
    return both.filter(GBANATIONALITEIT2="0000").height


def older_motives(world: Delivered) -> int:
    """Versions before 2018 lack two categories; the others are seen in no single file."""
    finer = sum(
        world.rows(f"VRLMIGMOTBUS {year}").filter(pl.col("VRLMIGMOTIND") > "13").height
        for year in (2011, 2014)
    )
    listed = world.listed("motive_break")
    assert (finer == 0) == (listed.height > 0)
    assert set(listed["file_year"]) in (set(), {2011, 2014, 2023})
    return listed.height


def other_causes(world: Delivered) -> int:
    rows = world.rows("DO").join(world.person, on="RINPERSOON")
    rows = rows.join(world.truth("death_cause"), on="person")
    lost = world.listed("death_without_number").select("number").to_series()
    listed = world.listed("cause_of_death_break")
    hidden = listed.filter(pl.col("number").is_in(lost.implode())).height
    return rows.filter(pl.col("UCCODE") != pl.col("cause")).height + hidden


def older_columns(world: Delivered) -> int:
    """Files that lack a column of the newest, or hold another; and each code of industry."""
    found = 0
    for stem in known_kinds()["code_list_break"]["files"]:
        newest: set[str] = set()
        for path in sorted(world.paths(stem), key=year_of, reverse=True):
            columns = {c[:8] if c.startswith("SBI2008V") else c for c in read(path).columns}
            newest = newest or columns
            found += columns != newest
    listed = world.listed("code_list_break")
    assert found == listed.select("file_stem", "file_year").unique().height or not listed.height
    employers = sum(read(p).height for p in world.paths("BETAB") if "SBI93" in read(p).columns)
    assert listed.filter(column="SBI93")["rows"].sum() == employers
    return listed.height if found else 0


def files_with(world: Delivered, kind: str, is_odd: Callable[[Path], bool]) -> int:
    """Return the records of a kind if its files are the odd ones, else how many are odd."""
    stems = known_kinds()[kind]["files"]
    odd = [path for stem in stems for path in world.paths(stem) if is_odd(path)]
    listed = world.listed(kind)
    files = listed.select("file_stem", "file_year").unique().height
    return listed.height if len(odd) == files else len(odd)


def columns_of(path: Path) -> list[str]:
    if path.suffix == ".csv":
        return path.read_text(encoding="windows-1252").splitlines()[0].split(";")
    options = {"metadataonly": True, "encoding": "windows-1252"}
    return pyreadstat.read_sav(path, **options)[1].column_names


def is_numeric_key(path: Path) -> bool:
    """Whether an SPSS file holds its key as a number."""
    types = pyreadstat.read_sav(path, metadataonly=True)[1].readstat_variable_types
    return any(types.get(name) == "double" for name in ("RINPERSOON", "RIN"))


def is_misread(path: Path) -> bool:
    try:
        pyreadstat.read_sav(path)
    except pyreadstat.ReadstatError:
        return True
    return False


def converted(world: Delivered, beside: bool) -> int:
    found = [p for p in world.root.rglob("*.csv") if p.parent.name == "geconverteerde data"]
    return sum(has_original(path) == beside for path in found)


def survey_file(world: Delivered, name: str) -> Path:
    (path,) = [path for path in world.paths(name) if path.stem == name]
    return path


def unasked(wave: str, *variables: str) -> Callable[[Delivered], int]:
    def found(world: Delivered) -> int:
        rows, _ = pyreadstat.read_sav(
            survey_file(world, wave), output_format="polars", user_missing=True,
            encoding="windows-1252",
        )  # fmt: skip
        names = [c for c in rows.columns if c in variables]
        return rows.select(pl.col(names).is_null().sum()).sum_horizontal()[0]

    return found


def swapped_labels(world: Delivered) -> int:
    """Codes of the civil status whose label says something else than their people meant."""
    rows, meta = pyreadstat.read_sav(survey_file(world, "SPVA_1994"), output_format="polars")
    told = rows.select(respondent_key=pl.col("VR000").cast(pl.Int64).cast(pl.String), code="VR009")
    answers = world.truth("survey_answer").filter(
        survey="SPVA", survey_year=1994, variable="civil_status"
    )  # fmt: skip
    means = {"gescheiden": "3", "weduwe/weduwnaar": "4"}
    meant = answers.join(told, on="respondent_key").select("code", "expected_value").unique()
    labels = meta.variable_value_labels["VR009"]
    return sum(means.get(labels.get(code), value) != value for code, value in meant.iter_rows())


def misread_surveys(world: Delivered) -> int:
    waves = known_kinds()["wrong_survey_encoding"]["waves"]
    return sum(is_misread(survey_file(world, name)) for name in waves)


def changed_meanings(world: Delivered) -> int:
    """Codes seen in two successive waves that stood for other true answers in the first."""
    answers = world.truth("survey_answer")
    last: dict[tuple[str, str], dict[str, str]] = {}
    changed = 0
    for wave in load_waves():
        rows = read(survey_file(world, wave.name)).with_columns(pl.all().cast(pl.String))
        truth = answers.filter(survey=wave.survey, survey_year=wave.year)
        key = wave.respondent["name"].upper()
        for variable, rule in wave.harmonised.items():
            # Classes of a number have a number for every code.
            if rule["rule"] != "codes" or len(rule["from"]) > 1 or variable.endswith("_eur"):
                continue
            told = rows.select(
                respondent_key=pl.col(key).str.strip_suffix(".0"),
                code=pl.col(rule["from"][0].upper()).str.strip_suffix(".0"),
            )
            both = truth.filter(variable=variable).join(told, on="respondent_key")
            meant = both.drop_nulls("expected_value").select("code", "expected_value").unique()
            now = dict(meant.iter_rows())
            before = last.get((wave.survey, variable), {})
            changed += sum(before[code] != now[code] for code in before.keys() & now.keys())
            last[wave.survey, variable] = now
    return changed


ADDRESS = ("GBAADRESOBJECT2023", "GBADATUMAANVANGADRESHOUDING", "GBADATUMEINDEADRESHOUDING")
HOUSEHOLD = ("GBAHUISHOUDENS2023", "DATUMAANVANGHH", "DATUMEINDEHH")
MISSING_KEY = ("SECMBUS", "SPOLISBUS", "ZVWZORGKOSTENTAB", "ONDERWIJSINSCHRTAB")
# What is found of each kind, to be compared with the number of its records.
FOUND: dict[str, Callable[[Delivered], int]] = {
    "unregistered_emigration": noticed_departures,
    "administrative_entry": lambda w: w.movements.filter(what="AO").height,
    "late_registration": late_registrations,
    "wrong_removal": lambda w: within_stay(removals(w), w).height,
    "birth_month_imputed": lambda w: w.rows(PERSON).filter(GBAIMPUTATIECODE="1").join(
        w.person, on="RINPERSOON")["person"].n_unique(),
    "second_number": lambda w: w.rows(PERSON).height - w.person["person"].n_unique(),
    "unmirrored_union": alone_in_couples,
    "education_unknown": uneducated,
    "permit_without_key": lambda w: w.rows("VRLMIGMOTBUS 2023").filter(RINPERSOONS="O").height,
    "negative_correction": lambda w: reports(w).filter(pl.col("wage") < 0).height,
    "zero_hours": zero_hours,
    "impossible_hours": lambda w: reports(w).filter(hours=2_400).height,
    "lower_case_contract": lambda w: reports(w).filter(
        pl.col("contract").is_in(["o", "b", "n"])).select("job", "year").n_unique(),
    "missing_key": lambda w: without_number(w, *MISSING_KEY),
    "pupil_without_number": lambda w: without_number(w, "INSCHRWPOTAB"),
    "death_without_number": lambda w: without_number(w, "DO"),
    "non_r_key": not_r,
    "stillborn_child": lambda w: w.rows(PARENT).filter(RINPERSOONS="D").height,
    "two_immigrations": lambda w: arrivals_in_a_row(w, "repeated_immigration"),
    "repeated_immigration": lambda w: arrivals_in_a_row(w, "two_immigrations"),
    "overlapping_address": lambda w: overlaps(w, *ADDRESS),
    "duplicated_address": lambda w: twice(w, ADDRESS[0]),
    "overlapping_household": lambda w: overlaps(w, *HOUSEHOLD),
    "duplicated_household": lambda w: twice(w, HOUSEHOLD[0]),
    "duplicated_death": lambda w: twice(w, "GBAOVERLIJDEN2023"),
    "impossible_parent_age": lambda w: other_mothers(w, is_child=True),
    "own_parent": lambda w: w.rows(PARENT).filter(
        (pl.col("RINPERSOON") == pl.col("RINPERSOONPA")) & (pl.col("RINPERSOONS") == "R")).height,
    "birth_after_mother_death": lambda w: other_mothers(w, is_child=False),
    "death_before_birth": early_deaths,
    "wrong_birth_country": wrong_countries,
    "corrected_later": corrections,
    "sentinel_sex": value(PERSON, "GBAGESLACHT", "-"),
    "sentinel_birth_date": lambda w: 2 * value(PERSON, "GBAGEBOORTEMAAND", "--")(w),
    "sentinel_birth_country": value(PERSON, "GBAGEBOORTELAND", "0000"),
    "sentinel_origin": lambda w: 4 * value(PERSON, "GBAHERKOMSTLAND", "----")(w),
    "sentinel_postcode": value("VSLPOSTCODEBUS", "POSTCODENUM", "----"),
    "sentinel_area": unknown_areas,
    "sentinel_advice": value("INSCHRWPOTAB", "WPOADVIESVO", "80"),
    "sentinel_teacher_advice": value("CITOTAB", "CITOADVIESLEERKRACHT", "99"),
    "sentinel_amount": lambda w: nines(w, "sentinel_amount"),
    "sentinel_institution": lambda w: nines(w, "sentinel_institution"),
    "negative_care_cost": negative_costs,
    "truncated_income": lambda w: w.rows("PERSOONINK").filter(
        pl.col("PERSINK").is_in([-500_000.0, 1_000_000.0])).height,
    "partner_abroad": lambda w: w.rows("GBAVERBINTENISPARTNER2023").filter(
        RINPERSOONSVERBINTENISP="O").height,
    "income_series_break": broken_incomes,
    "nationality_break": lost_nationalities,
    "motive_break": older_motives,
    "cause_of_death_break": other_causes,
    "stale_version": lambda w: len(w.paths("KINDOUDER2023TABV2") + w.paths("GBAPERSOON2012")),
    "code_list_break": older_columns,
    "numeric_keys": lambda w: files_with(w, "numeric_keys", is_numeric_key),
    "renamed_columns": lambda w: files_with(
        w, "renamed_columns", lambda path: "SRTNUM" in columns_of(path)),
    "mixed_column_case": lambda w: files_with(
        w, "mixed_column_case", lambda path: not columns_of(path)[0].isupper()),
    "decimal_comma_csv": lambda w: converted(w, beside=False),
    "converted_twin": lambda w: converted(w, beside=True),
    "wrong_encoding": lambda w: files_with(w, "wrong_encoding", is_misread),
    "filter_error_language": unasked("SIM_2020", "q17", "q18", "q18b"),
    "filter_error_partner_work": unasked("SPVA_2002", "v107w"),
    "mislabelled_code": swapped_labels,
    "wrong_survey_encoding": misread_surveys,
    "changed_value_labels": changed_meanings,
}  # fmt: skip


def test_every_kind_is_looked_for() -> None:
    assert set(FOUND) == set(known_kinds())


@pytest.mark.parametrize("kind", list(FOUND))
def test_a_kind_that_is_on_is_found_as_often_as_it_is_listed(ugly, kind) -> None:
    found, listed = FOUND[kind](ugly), ugly.listed(kind)
    if kind in SEEN_IN_PART:
        assert SEEN_IN_PART[kind] * listed.height <= found <= listed.height
    elif kind == "filter_error_partner_work":
        assert found == listed.filter(column="v107w").height
    else:
        assert found == listed.height
    assert listed.height > 0 or kind in MAY_BE_NONE


@pytest.mark.parametrize("kind", list(FOUND))
def test_a_kind_that_is_off_is_nowhere(clean, kind) -> None:
    assert FOUND[kind](clean) == 0
    assert clean.listed(kind).is_empty()


def test_kinds_meet_on_the_same_rows(ugly) -> None:
    """Also on those of people with two numbers, but no two of them in one value."""
    cell = ["file_stem", "file_year", "person", "number", "column"]
    rows = ugly.manifest.drop_nulls("person").filter(pl.col("number").is_not_null())
    of_row = rows.group_by("file_stem", "file_year", "number").agg(pl.col("kind").n_unique())
    several = of_row.filter(pl.col("kind") > 1)
    for stem in ("GBAPERSOONTAB", "KINDOUDERTAB", "GBAADRESOBJECTBUS", "ZVWZORGKOSTENTAB"):
        assert several.filter(file_stem=stem).height > 0, stem
    written = rows.filter(
        pl.col("true_value").is_not_null()
        & pl.col("file_stem").is_in(["GBAPERSOONTAB", "KINDOUDERTAB", "INSCHRWPOTAB"])
    )
    assert written.select(cell).is_duplicated().sum() == 0
    twice_numbered = ugly.truth("person").filter(pl.col("second_rin").is_not_null())
    assert written.join(twice_numbered, on="person", how="semi").height > 0
