"""Jobs, employers, monthly incomes, household incomes before 2011 and wealth: they add up."""

from datetime import date

import polars as pl
import pytest

from conftest import SOUND_ROWS
from migrantpanel.simulation import build_country
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.registers import extracts as register_extracts
from migrantpanel.simulation.registers import jobs as job_registers
from migrantpanel.simulation.registers.income_amounts import SOURCES
from migrantpanel.simulation.registers.wealth import NAMES, PERSONAL, wealth_truth

SEED = 17
DATE = r"^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$"
EMPLOYMENT = ["11", "15", "17"]
UNKNOWN_10, UNKNOWN_11 = 9_999_999_999, 99_999_999_999
REPORTS = {2008: "POLISBUS 2008V1", 2011: "SPOLISBUS 2011V1", 2023: "SPOLISBUS2023V1"}


@pytest.fixture(scope="module")
def country():
    # At its own rate a year of so few jobs may have none.
    return build_country(6_000, SEED, defects=SOUND_ROWS | {"impossible_hours": 0.01})


@pytest.fixture(scope="module")
def reports(delivered):
    """Return a function that gives the income reports of a year, under the names of 2006."""

    def rows(year: int) -> pl.DataFrame:
        frame = delivered(REPORTS[year])
        if year < 2010:
            return frame
        back = {new: old for old, new in job_registers.RENAMED.items()}
        return frame.rename(
            {
                name: back.get(name, name.removeprefix("S"))
                for name in frame.columns
                if not name.startswith("RIN")
            }
        )

    return rows


# -------------------------------------------------------------------- jobs in the truth


def test_there_is_a_job_exactly_when_the_source_of_income_is_one(country):
    for day in (date(2006, 7, 1), date(2015, 1, 1), date(2023, 12, 31)):
        current = (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        jobs = country.job.filter(current & ~pl.col("is_second"))
        employed = country.income_source_spell.filter(current & pl.col("secm").is_in(["11", "12"]))
        assert jobs["person"].is_unique().all()
        assert sorted(jobs["person"]) == sorted(employed["person"])
        owners = jobs.filter(pl.col("kind") == "1")["person"]
        assert sorted(owners) == sorted(employed.filter(pl.col("secm") == "12")["person"])
        second = country.job.filter(current & pl.col("is_second"))["person"]
        assert not second.is_empty()
        assert second.is_in(jobs["person"].implode()).all()


def test_nobody_works_before_arriving_or_after_leaving(country):
    jobs = country.job.with_row_index("row").select("row", "person", "start", "end")
    stays = country.registration.select("person", here="start", gone="end")
    within = jobs.join(stays, on="person").filter(
        (pl.col("here") <= pl.col("start"))
        & (pl.col("gone").is_null() | (pl.col("end") <= pl.col("gone")))
    )
    assert within["row"].n_unique() == jobs.height
    newcomers = country.person.filter(pl.col("first_arrival_date") >= date(2006, 1, 1))
    first = jobs.group_by("person").agg(pl.col("start").min()).join(newcomers, on="person")
    wait = (first["start"] - first["first_arrival_date"]).dt.total_days()
    assert wait.min() >= 0
    # Labour migrants come to a job; others find one later.
    assert 0.2 < (wait == 0).mean() < 0.8


def test_wages_of_jobs_are_the_wages_of_the_income(country):
    jobs = country.job_year.join(country.job.select("job", "person"), on="job")
    summed = jobs.group_by("person", "year").agg(pl.col("wage").sum())
    income = country.income_year.filter((pl.col("year") >= 2006) & (pl.col("wage") != 0))
    both = income.join(summed, on=["person", "year"], how="left", suffix="_of_jobs")
    # Declared tolerance: who was not registered while working, at most one year in a thousand.
    assert (both["wage"] != both["wage_of_jobs"].fill_null(0)).mean() <= 0.001
    assert jobs["wage"].min() >= 0


def test_some_lose_a_job_and_find_another_within_the_year(country):
    idle = country.income_source_spell.filter(
        (pl.col("secm") == "21")
        & (pl.col("start").dt.year() == (pl.col("end") - pl.duration(days=1)).dt.year())
        & (pl.col("start") >= date(2006, 1, 1))
    )
    before = country.job.select("person", start="end", relation_before="relation")
    after = country.job.select("person", end="start", relation_after="relation")
    between = idle.join(before, on=["person", "start"]).join(after, on=["person", "end"])
    assert (between["relation_before"] != between["relation_after"]).all()
    months = (between["end"] - between["start"]).dt.total_days() / 30.4
    assert months.min() > 0.9
    assert (months < 5.2).sum() > 50


def test_employers_are_shared_and_differ_in_size(country):
    current = country.job.filter(pl.col("end").is_null())
    sizes = current.group_by("employer").len()["len"]
    assert sizes.max() > 10 * sizes.median()
    assert current["employer"].is_in(country.employer["employer"].implode()).all()
    sections = set(parameter_file("work.yaml")["employers"]["sections"])
    assert set(country.employer["section"]) == sections
    own = country.job.filter(pl.col("kind") == "1")
    assert own.group_by("employer").agg(pl.col("person").n_unique())["person"].max() == 1
    outside = country.employer["register"].drop_nulls()
    assert set(outside) == {"F", "P"}


def test_an_employer_may_change_while_the_relation_stays(country):
    taken_over = country.job.group_by("relation").agg(pl.col("employer").n_unique(), pl.len())
    assert (taken_over["len"] <= 2).all()
    assert (taken_over["employer"] > 1).any()


# -------------------------------------------------------------------- income reports


@pytest.mark.parametrize("year", REPORTS)
def test_reports_add_up_to_the_wages_of_the_year(country, damaged, reports, year):
    """Corrections take back what was paid too much, so damage does not change the sum."""
    rows = reports(year).filter(pl.col("SRTIV").is_in(EMPLOYMENT))
    summed = rows.group_by("RINPERSOON").agg(pl.col("LNINGLD").sum())
    jobs = country.job_year.filter(pl.col("year") == year).join(country.job, on="job")
    truth = jobs.group_by("person").agg(pl.col("wage").sum())
    truth = truth.with_columns(RINPERSOON=country.person["rin"].gather(truth["person"]))
    truth = truth.filter(~damaged.has_second.gather(truth["person"]))
    both = truth.join(summed, on="RINPERSOON", how="left")
    assert (both["wage"] == both["LNINGLD"]).all()


@pytest.mark.parametrize("year", REPORTS)
def test_parts_of_a_report_add_up(reports, year):
    rows = reports(year)
    parts = pl.col("BASISLOON") + pl.col("BIJZONDEREBELONING") + pl.col("LNOWRK")
    assert rows.filter(parts != pl.col("LNINGLD")).is_empty()
    special = pl.col("VAKBSL") + pl.col("EXTRSAL") + pl.col("INCIDENTSAL")
    assert rows.filter(special != pl.col("BIJZONDEREBELONING")).is_empty()
    assert rows.filter(
        pl.col("REGULIEREUREN") + pl.col("OVERWERKUREN") != pl.col("AANTVERLU")
    ).is_empty()


@pytest.mark.parametrize("year", REPORTS)
def test_reports_have_periods_within_the_year_and_the_job(reports, year):
    rows = reports(year)
    for name in ("AANVBUS", "EINDBUS", "DATUMAANVANGIKV"):
        assert rows[name].str.contains(DATE).all()
    assert (rows["AANVBUS"] >= f"{year}0101").all()
    assert (rows["EINDBUS"] <= f"{year}1231").all()
    assert (rows["AANVBUS"] <= rows["EINDBUS"]).all()
    assert (rows["DATUMAANVANGIKV"] <= rows["AANVBUS"]).all()
    ended = rows.filter(pl.col("DATUMEINDEIKV") != "")
    assert (ended["DATUMEINDEIKV"] >= ended["EINDBUS"]).all()
    months = parameter_file("work.yaml")["reports"]["months_per_report"]
    assert rows["BAANDAGEN"].max() <= months * 31
    per_job = rows.group_by("BAANRUGID").len()["len"]
    assert per_job.max() > 1


def test_reports_can_be_monthly(country, registers, monkeypatch):
    """The simulation delivers longer periods than the real registers, to keep files small."""
    monkeypatch.setitem(parameter_file("work.yaml")["reports"], "months_per_report", 1)
    rows = job_registers.spolisbus(registers, 2015)
    assert rows["SBAANDAGEN"].max() == 31
    assert (rows["SDATUMAANVANGIKO"].str.head(6) == rows["SDATUMEINDEIKO"].str.head(6)).all()
    wages = rows.filter(pl.col("SSRTIV").is_in(EMPLOYMENT))["SLNINGLD"].sum()
    assert wages == country.job_year.filter(pl.col("year") == 2015)["wage"].sum()


def test_starts_of_jobs_are_capped_until_2012(reports):
    assert reports(2011)["DATUMAANVANGIKV"].min() == "20110101"
    assert reports(2023)["DATUMAANVANGIKV"].min() < "20120101"


def test_job_numbers_have_twelve_digits_and_belong_to_one_person(reports):
    rows = reports(2023)
    assert rows["BAANRUGID"].str.contains(r"^\d{12}$").all()
    persons = rows.group_by("BAANRUGID").agg(pl.col("RINPERSOON").n_unique())["RINPERSOON"]
    assert persons.max() == 1
    assert rows["RINPERSOON"].n_unique() < rows["BAANRUGID"].n_unique()


def test_reports_hold_benefits_too(reports):
    for year in REPORTS:
        kinds = set(reports(year)["SRTIV"])
        assert kinds == {"11", "15", "17", "32", "33"}
    benefits = reports(2023).filter(pl.col("SRTIV").is_in(["32", "33"]))
    assert (benefits["AANTVERLU"] == 0).all()
    assert benefits["BEID"].n_unique() == 1


@pytest.mark.parametrize("kind", ["negative_correction", "zero_hours", "impossible_hours",
                                  "lower_case_contract"])  # fmt: skip
def test_damage_to_reports_is_that_of_the_manifest(country, damaged, reports, kind):
    rate = country.parameters.defects[kind]["rate"]
    chosen = damaged.job_years.filter(kind=kind)
    assert chosen.height >= rate * country.job_year.height
    for year in REPORTS:
        reports(year)
    manifest = damaged.whole_manifest().filter(kind=kind)
    declared = chosen.filter(pl.col("year").is_in(list(REPORTS)))
    assert manifest.filter(pl.col("file_year").is_in(list(REPORTS))).height == declared.height
    assert set(manifest["file_stem"]) == {"POLISBUS", "SPOLISBUS"}
    assert (manifest["true_value"] != manifest["delivered_value"]).all()
    found = {
        "negative_correction": pl.col("LNINGLD") < 0,
        "zero_hours": (pl.col("BASISUREN") == 0) & (pl.col("LNINGLD") > 500),
        "impossible_hours": pl.col("BASISUREN") == job_registers.impossible_hours(),
        "lower_case_contract": pl.col("CONTRACTSOORT").is_in(["o", "b", "n"]),
    }[kind]
    employment = pl.col("SRTIV").is_in(EMPLOYMENT)
    for year in REPORTS:
        rows = reports(year).filter(employment)
        persons = set(rows.filter(found)["RINPERSOON"])
        declared = manifest.filter(pl.col("file_year") == year)["person"]
        numbers = set(country.person["rin"].gather(declared)) | set(
            damaged.second_rin.gather(declared).drop_nulls()
        )
        assert persons
        if kind in ("negative_correction", "lower_case_contract"):
            assert persons <= numbers
        else:
            assert len(persons & numbers) > 0


def test_employers_in_the_business_register_have_an_industry(delivered, reports):
    for year, name, column in (
        (2008, "140707 BETAB 2008V1", "SBI93"),
        (2011, "140707 BETAB 2011V1", "SBI2008V2011"),
        (2023, "BE2023TABV1", "SBI2008V2023"),
    ):
        rows = delivered(name)
        assert rows.columns == ["BEID", column]
        assert rows["BEID"].is_unique().all()
        assert rows["BEID"].str.contains(r"^\d{8}$").all()
        assert rows[column].str.contains(r"^\d{4,5}$").all()
        employers = reports(year)["BEID"].unique()
        unknown = employers.filter(~employers.is_in(rows["BEID"].implode()))
        assert unknown.str.contains(r"^[FP]\d{7}$").all()
        assert not unknown.is_empty()


def test_versions_of_employers_jump(registers):
    names = {extract.name for extract in register_extracts(registers)}
    assert {"140707 BETAB 2006V1", "BE2014TABV2", "BE2015TABV125", "BE2016TABV124"} <= names


# -------------------------------------------------------------------- amounts per month


@pytest.mark.parametrize("source", SOURCES)
def test_months_times_amount_is_the_amount_of_the_year(country, delivered, damaged, source):
    component, _ = SOURCES[source]
    rows = delivered(f"SECM{source}MNDBEDRAGBUSV20231")
    assert rows.height > 0
    start, end = pl.col(f"AANV{source}"), pl.col(f"EIND{source}")
    assert rows.filter(~start.str.contains(DATE) | ~end.str.contains(DATE)).is_empty()
    assert rows.filter(start.str.head(4) != end.str.head(4)).is_empty()
    months = end.str.slice(4, 2).cast(pl.Int64) - start.str.slice(4, 2).cast(pl.Int64) + 1
    summed = (
        rows.with_columns(year=start.str.head(4).cast(pl.Int16), months=months)
        .group_by("RINPERSOON", "year")
        .agg(amount=(pl.col("months") * pl.col(f"{source}MNDBEDRAG")).sum(), rows=pl.len())
    )
    alone = len([other for other in SOURCES.values() if other[0] == component]) == 1
    income = country.income_year.filter(pl.col("year") >= 1999)
    income = income.with_columns(RINPERSOON=country.person["rin"].gather(income["person"]))
    both = summed.join(income, on=["RINPERSOON", "year"])
    total = pl.col(component)
    off = (pl.col("amount") - total).abs() > 6 * pl.col("rows")
    if alone:
        assert both.filter(off).height <= 0.002 * both.height
    else:
        assert both.filter(
            (total >= 0) & (pl.col("amount") > total + 6 * pl.col("rows"))
        ).is_empty()


# -------------------------------------------------------------------- household income to 2010


def test_household_income_before_2011_is_the_sum_over_the_last_day(delivered):
    link = delivered("Koppeltabel_IPI_IHI_IVB2008")
    households = delivered("HUISHBVRINK2008TABV3")
    persons = delivered("PERSOONINK2008TABV3")
    assert sorted(link["RINPERSOON"]) == sorted(persons["RINPERSOON"])
    assert households["RINPERSOONKERN"].is_unique().all()
    sums = (
        link.join(persons, on="RINPERSOON")
        .group_by("RINPERSOONKERN")
        .agg(pl.col("PERSBRUT").sum(), pl.col("PERSPRIM").sum(),
             unknown=(pl.col("PERSBRUT") == 999_999_999).any(),
             truncated=pl.col("PERSBRUT").is_in([-500_000, 1_000_000]).any())
    )  # fmt: skip
    both = households.join(sums, on="RINPERSOONKERN", how="full", coalesce=True)
    assert both["PERSBRUT"].null_count() == both["BVRBRUTINKH"].null_count() == 0
    known = both.filter(~pl.col("unknown") & ~pl.col("truncated"))
    assert (known["BVRBRUTINKH"] == known["PERSBRUT"]).all()
    assert (known["BVRPRIMINKH"] == known["PERSPRIM"]).all()
    assert (both.filter("unknown")["BVRBESTINKH"] == 999_999_999).all()


# -------------------------------------------------------------------- wealth


LINKS = {
    2008: ("Koppeltabel_IPI_IHI_IVB2008", "VEH2008TABV1"),
    2013: ("KOPPELPERSOONHUISHOUDEN2013", "VEH2013TABV1"),
    2023: ("KOPPELPERSOONHUISHOUDEN2023V1", "VEH2023TABV1"),
}


def known_wealth(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("VEHW1000VERH") != UNKNOWN_11)


@pytest.mark.parametrize("year", LINKS)
def test_wealth_is_assets_without_debts(delivered, year):
    rows = delivered(LINKS[year][1])
    known = known_wealth(rows)
    assert 0 < rows.height - known.height < 0.05 * rows.height
    column = {name: pl.col(code) for name, code in NAMES.items()}
    assets = pl.sum_horizontal(
        column[name] for name in ("financial", "home", "business", "own_company", "other_assets")
    )
    debt = pl.sum_horizontal(column[name] for name in ("mortgage", "student_debt", "other_debt"))
    wrong = (assets != column["assets"]) | (debt != column["debt"])
    wrong |= column["wealth"] != column["assets"] - column["debt"]
    without = column["wealth"] - column["home"] + column["mortgage"]
    wrong |= column["wealth_without_home"] != without
    assert known.filter(wrong).is_empty()
    assert known.filter((column["home"] == 0) & (column["mortgage"] > 0)).is_empty()
    unknown = rows.filter(pl.col("VEHW1000VERH") == UNKNOWN_11)
    assert (unknown.select(NAMES.values()) == UNKNOWN_11).to_numpy().all()
    assert set(unknown["VEHP100HVERM"]) <= {-1, -3}
    assert set(known["VEHP100HVERM"]) == set(range(1, 101))


@pytest.mark.parametrize("year", LINKS)
def test_every_household_of_1_january_has_wealth(delivered, year):
    link, wealth = (delivered(name) for name in LINKS[year])
    households = link.filter(pl.col("RINPERSOONSHKW") == "R")["RINPERSOONHKW"].unique()
    wealthy = wealth["RINPERSOONHKW"]
    assert wealthy.is_unique().all()
    # The link before 2011 holds the people of 31 December: some have died or left since.
    assert households.is_in(wealthy.implode()).all()
    if year >= 2011:
        assert sorted(households) == sorted(wealthy)


def test_household_wealth_is_that_of_its_members(country, damaged, delivered):
    link = delivered(LINKS[2023][0])
    number = country.person.select("person", RINPERSOON="rin")
    own = country.wealth_year.filter(pl.col("year") == 2023)
    members = link.join(number, on="RINPERSOON").join(own, on="person", how="left")
    second = damaged.second_rin.drop_nulls()
    split = link.filter(pl.col("RINPERSOON").is_in(second.implode()))["RINPERSOONHKW"]
    sums = members.group_by("RINPERSOONHKW").agg(pl.col(PERSONAL).sum())
    both = known_wealth(delivered(LINKS[2023][1])).join(sums, on="RINPERSOONHKW")
    both = both.filter(~pl.col("RINPERSOONHKW").is_in(split.implode()))
    for name in PERSONAL:
        assert (both[NAMES[name]] == both[name]).all(), name


def test_the_truth_holds_the_wealth_of_every_household(country, registers, delivered):
    truth = wealth_truth(registers)
    assert truth.select(pl.struct("year", "household").is_unique().all()).item()
    for year in LINKS:
        rows, delivered_rows = truth.filter(pl.col("year") == year), delivered(LINKS[year][1])
        assert rows.height == delivered_rows.height
        known = known_wealth(delivered_rows)
        assert rows["wealth"].sum() != 0
        assert known["VEHW1000VERH"].is_in(rows["wealth"].implode()).all()
    owners = truth.filter(pl.col("home") > 0).group_by("year").agg(pl.len())
    everybody = truth.group_by("year").agg(all=pl.len())
    share = owners.join(everybody, on="year").select(pl.col("len") / pl.col("all")).to_series()
    assert share.is_between(0.3, 0.65).all()


@pytest.mark.parametrize("year", [2013, 2023])
def test_owners_of_homes_are_those_of_the_household_incomes(delivered, year):
    owners = delivered(f"INHA{year}TABV2").select("RINPERSOONHKW", "INHEHALGR")
    both = known_wealth(delivered(LINKS[year][1])).join(owners, on="RINPERSOONHKW")
    assert (both["VEHW1120ONRH"] > 0).eq(both["INHEHALGR"] == "1").all()


def test_wealth_grows_with_age_and_income_and_homes_lost_value(delivered):
    rows = known_wealth(delivered(LINKS[2023][1]))
    income = delivered("INHA2023TABV2").select("RINPERSOONHKW", "INHP100HBEST")
    rows = rows.join(income, on="RINPERSOONHKW")
    median = {
        part: rows.filter(limit)["VEHW1000VERH"].median()
        for part, limit in (("poor", pl.col("INHP100HBEST") <= 20),
                            ("rich", pl.col("INHP100HBEST") > 80))
    }  # fmt: skip
    assert median["rich"] > 3 * max(median["poor"], 1)
    underwater = {
        year: known_wealth(delivered(LINKS[year][1])).select(
            (pl.col("VEHW1210SHYH") > pl.col("VEHW1120ONRH")).mean()
        ).item()
        for year in (2013, 2023)
    }  # fmt: skip
    assert underwater[2013] > 2 * underwater[2023]
