"""What must hold in every simulated country, whatever its rates."""

import csv
from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from conftest import SOUND_ROWS
from migrantpanel.project import seeds_dir
from migrantpanel.simulation import Country, build_country
from migrantpanel.simulation.block import build_block
from migrantpanel.simulation.country import REGISTER_START
from migrantpanel.simulation.defects import damage
from migrantpanel.simulation.registers import Registers

PERSONS = 12_000
END = date(2024, 1, 1)
DAYS = (date(1988, 5, 1), date(1995, 1, 1), date(2009, 7, 15), date(2023, 12, 31))
# Origin groups of the surveys (surveys of the migrant panel, in the order of the published table).
NATIVE_AND_FOUR = ("NL", "TUR", "MAR", "SUR", "ANT")
GROUPS = {
    "SPVA": NATIVE_AND_FOUR,
    "SPVN": ("SOM", "YUG"),
    "SING": ("SOM", "POL", "IRN", "IRQ", "AFG", "CHN"),
    "SIM2006": NATIVE_AND_FOUR,
    "SIM2011": NATIVE_AND_FOUR,
    "SIM2015": (*NATIVE_AND_FOUR, "SOM", "POL"),
    "SIM2020": (*NATIVE_AND_FOUR, "SOM", "POL", "IRN"),
}
SPELLS = ("stay", "registration", "address_spell", "household_spell", "civil_spell",
          "income_source_spell", "education_spell")  # fmt: skip


@pytest.fixture(scope="module")
def country() -> Country:
    return build_country(PERSONS, seed=7, defects=SOUND_ROWS)


def closed(spells: pl.DataFrame) -> pl.DataFrame:
    """Spells with an end for those that last."""
    return spells.with_columns(pl.col("end").fill_null(END))


def days_per_person(spells: pl.DataFrame) -> pl.DataFrame:
    length = (pl.col("end") - pl.col("start")).dt.total_days()
    return closed(spells).group_by("person").agg(days=length.sum()).sort("person")


def test_registers_hold_about_as_many_persons_as_asked_for(country):
    registers = Registers(country, damage(country, 7), 7)
    assert registers.person.height == pytest.approx(PERSONS, rel=0.05)


def test_no_mother_bears_more_often_than_a_body_can(country):
    """Also before 1960, and abroad."""
    children = country.person.drop_nulls("mother").sort("mother", "birth_date")
    before = pl.col("birth_date").shift(1).over("mother")
    gap = children.select((pl.col("birth_date") - before).dt.total_days()).to_series().drop_nulls()
    assert gap.len() > 1_000
    assert gap.min() >= 300
    assert children.group_by("mother").len()["len"].max() <= 14
    mothers = country.person.select(mother="person", born="birth_date")
    age = children.join(mothers, on="mother").select(
        (pl.col("birth_date") - pl.col("born")).dt.total_days() / 365.25
    ).to_series()  # fmt: skip
    assert 15 <= age.min() < age.max() < 50


@pytest.mark.parametrize("name", SPELLS)
def test_spells_of_a_person_never_overlap(country, name):
    spells = getattr(country, name).sort("person", "start")
    following = spells.with_columns(following=pl.col("start").shift(-1).over("person"))
    assert following.filter(pl.col("end") <= pl.col("start")).is_empty()
    overlapping = (pl.col("end") > pl.col("following")) | (
        pl.col("end").is_null() & pl.col("following").is_not_null()
    )
    assert following.filter(overlapping).is_empty()


@pytest.mark.parametrize("name", [name for name in SPELLS if name != "education_spell"])
def test_nothing_happens_before_birth_or_after_death(country, name):
    spells = getattr(country, name).join(country.person, on="person")
    assert spells.filter(pl.col("start") < pl.col("birth_date")).is_empty()
    dead = spells.filter(pl.col("death_date").is_not_null())
    late = pl.col("end").is_null() | (pl.col("end") > pl.col("death_date"))
    assert dead.filter(late).is_empty()


def test_parents_are_a_generation_older_than_their_children(country):
    person = country.person
    for parent, youngest, oldest in (("mother", 15, 50), ("father", 15, 85)):
        pairs = person.drop_nulls(parent).join(
            person.select(pl.col("person").alias(parent), born="birth_date", died="death_date"),
            on=parent,
        )
        assert pairs.height > PERSONS / 4
        age = (pairs["birth_date"] - pairs["born"]).dt.total_days() / 365.25
        assert age.min() >= youngest
        assert age.max() <= oldest
    mothers = person.drop_nulls("mother").join(
        person.select(mother="person", died="death_date"), on="mother"
    )
    assert mothers.filter(pl.col("died") < pl.col("birth_date")).is_empty()


def test_origin_and_generation_follow_from_birth_countries(country):
    parents_dutch = (pl.col("mother_birth_country") == "6030") & (
        pl.col("father_birth_country") == "6030"
    )
    born_here = pl.col("birth_country") == "6030"
    expected = (
        pl.when(parents_dutch).then(pl.lit("0"))
        .when(born_here).then(pl.lit("2")).otherwise(pl.lit("1"))
    )  # fmt: skip
    person = country.person
    assert person.filter(pl.col("generation") != expected).is_empty()
    assert person.filter((pl.col("origin") == "NL") != (pl.col("generation") == "0")).is_empty()
    natives_abroad = person.filter((pl.col("generation") == "0") & ~born_here)
    assert not natives_abroad.is_empty()


@pytest.mark.parametrize("day", DAYS)
def test_households_are_coherent(country, day):
    now = country.household_spell.filter(
        (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
    )
    household = now.group_by("household").agg(
        members=pl.len(),
        n_persons=pl.col("n_persons").first(),
        n_children=pl.col("n_children").first(),
        children=(pl.col("place") == "01").sum(),
        n_other=pl.col("n_other").first(),
        others=(pl.col("place") == "09").sum(),
        references=pl.col("is_reference").sum(),
        partners=pl.col("partner").is_not_null().sum(),
        type=pl.col("type").first(),
        distinct=pl.struct("start", "end", "address", "type").n_unique(),
    )
    assert household.filter(pl.col("members") != pl.col("n_persons")).is_empty()
    assert household.filter(pl.col("children") != pl.col("n_children")).is_empty()
    assert household.filter(pl.col("others") != pl.col("n_other")).is_empty()
    assert (household["references"] == 1).all()
    assert (household["distinct"] == 1).all()
    couple = pl.col("type").is_in(["2", "3", "4", "5"])
    assert household.filter(couple != (pl.col("partners") == 2)).is_empty()
    with_children = pl.col("type").is_in(["4", "5", "6"])
    assert household.filter(with_children != (pl.col("n_children") > 0)).is_empty()


def test_every_registered_day_has_a_household_and_an_address(country):
    expected = days_per_person(country.registration)
    assert_frame_equal(days_per_person(country.household_spell), expected)
    assert_frame_equal(days_per_person(country.address_spell), expected)


def test_a_change_of_household_or_address_closes_the_household_spell(country):
    spells = country.household_spell.sort("person", "start")
    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).shift(-1).over("person"))
        for name in ("household", "n_persons", "type", "place", "address", "oldest_birth")
    )
    contiguous = pl.col("end") == pl.col("start").shift(-1).over("person")
    # Somebody may be replaced by another on one day; else neighbours differ.
    assert spells.filter(same & contiguous).height < spells.height * 0.002


def test_civil_status_agrees_with_unions(country):
    for day in DAYS:
        now = (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        unions = country.union.filter(now & (pl.col("kind") != "cohabitation"))
        sides = pl.concat(
            [unions.select("kind", person=side) for side in ("person_a", "person_b")]
        ).drop_nulls()
        assert sides["person"].is_unique().all()
        status = country.civil_spell.filter(now).select("person", "status")
        both = status.join(sides, on="person", how="left")
        expected = pl.col("kind").replace_strict({"marriage": "H", "partnership": "P"})
        married = both.filter(pl.col("kind").is_not_null())
        assert married.filter(pl.col("status") != expected).is_empty()
        alone = both.filter(pl.col("kind").is_null())
        assert alone.filter(pl.col("status").is_in(["H", "P"])).is_empty()


def test_law_on_unions(country):
    union = country.union.join(country.person.select(person_a="person", sex_a="sex"), on="person_a")
    union = union.join(country.person.select(person_b="person", sex_b="sex"), on="person_b")
    same_sex = union.filter((pl.col("sex_a") == pl.col("sex_b")) & (pl.col("kind") == "marriage"))
    assert same_sex.filter(pl.col("start") < date(2001, 4, 1)).is_empty()
    partnerships = country.union.filter(pl.col("kind") == "partnership")
    assert partnerships.height > 20
    assert partnerships.filter(pl.col("start") < date(1998, 1, 1)).is_empty()


def test_some_partners_never_lived_here(country):
    abroad = country.union.filter(pl.col("person_b").is_null())
    assert abroad.height > country.union.height * 0.02
    known = ("partner_sex", "partner_birth_date", "partner_birth_country")
    assert abroad.select(known).null_count().row(0) == (0, 0, 0)
    assert (abroad["partner_birth_country"] != "6030").all()


def test_presence_and_paper_differ_only_by_silent_departures(country):
    silent = country.stay.filter(pl.col("end_reason") == "unregistered").select(
        "person", left="end"
    )
    assert not silent.is_empty()
    paper = country.registration.join(silent, on="person").filter(
        (pl.col("start") <= pl.col("left"))
        & (pl.col("end").is_null() | (pl.col("end") > pl.col("left")))
    )
    assert paper.height == silent.height
    noticed = paper.drop_nulls("end")
    assert (noticed["end_reason"] == "administrative removal").all()
    delay = (noticed["end"] - noticed["left"]).dt.total_days() / 365.25
    assert delay.min() > 0.9
    assert delay.max() < 4.2
    honest = ~pl.col("person").is_in(silent["person"].implode())
    columns = ("person", "start", "end", "end_reason", "country_to")
    assert_frame_equal(
        country.stay.filter(honest).select(columns),
        country.registration.filter(honest).select(columns),
    )


def test_silent_departures_reach_the_floor(country):
    """Contract: at least 1 % of foreign-born residents a year."""
    foreign = country.person.filter(pl.col("birth_country") != "6030")["person"].implode()
    stay = country.stay.filter(pl.col("person").is_in(foreign))
    years, left = 0.0, 0
    for year in range(1995, 2024):
        low, high = date(year, 1, 1), date(year + 1, 1, 1)
        until = pl.min_horizontal(pl.col("end").fill_null(END), pl.lit(high))
        begin = pl.max_horizontal("start", pl.lit(low))
        years += stay.select((until - begin).dt.total_days().clip(0).sum()).item() / 365.25
        in_year = (pl.col("end") >= low) & (pl.col("end") < high)
        left += stay.filter(in_year & (pl.col("end_reason") == "unregistered")).height
    assert left / years >= 0.01


def test_sources_of_income_cover_what_is_registered(country):
    since = date(1985, 1, 1)
    paper = country.registration.filter(pl.col("end").is_null() | (pl.col("end") > since))
    paper = paper.with_columns(start=pl.max_horizontal("start", pl.lit(since)))
    sources = country.income_source_spell.filter(pl.col("end").is_null() | (pl.col("end") > since))
    sources = sources.with_columns(start=pl.max_horizontal("start", pl.lit(since)))
    assert_frame_equal(days_per_person(sources), days_per_person(paper))


def test_income_agrees_with_its_source(country):
    year = 2012
    whole_year = country.income_source_spell.filter(
        (pl.col("start") <= date(year, 1, 1))
        & (pl.col("end").is_null() | (pl.col("end") > date(year, 12, 31)))
    )
    income = whole_year.join(country.income_year.filter(pl.col("year") == year), on="person")
    assert income.height > 3_000
    assert (income.filter(pl.col("secm").is_in(["31", "32"]))["gross"] == 0).all()
    assert (income.filter(pl.col("secm") == "11")["wage"] > 0).all()
    assert (income.filter(pl.col("secm") == "22")["benefit"] > 0).all()
    assert (income["primary"] == income["wage"] + income["profit"]).sum() > income.height * 0.99
    assert income.filter(pl.col("profit") < 0).height > 0


@pytest.mark.parametrize("day", DAYS)
def test_snapshot_is_the_frame_of_that_day(country, day):
    frame = country.snapshot(day)
    assert frame["person"].is_unique().all()
    assert frame.height == country.registration.filter(
        (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
    ).height  # fmt: skip
    complete = ("rin", "sex", "age", "origin", "municipality", "household", "civil_status", "secm",
                "education_level", "present")  # fmt: skip
    assert sum(frame.select(complete).null_count().row(0)) == 0
    partner = frame.drop_nulls("partner").select("person", "partner")
    mirrored = partner.rename({"person": "partner", "partner": "person"})
    assert partner.join(mirrored, on=["person", "partner"], how="anti").is_empty()
    assert frame["age"].min() >= 0
    absent = frame.filter(~pl.col("present"))["person"].implode()
    gone = country.stay.filter(pl.col("person").is_in(absent))
    assert gone.filter(pl.col("end").is_null() & (pl.col("start") <= day)).is_empty()


def test_every_survey_group_can_be_drawn(country):
    """The gross sample is 2.5 times the net one; a full default run has 60,000 persons and 0.05."""
    fraction = 0.05 * PERSONS / 60_000
    with (seeds_dir() / "catalogue" / "catalogue_survey.csv").open(encoding="utf-8") as file:
        waves = [row for row in csv.DictReader(file) if row["survey"] in ("SPVA", "SPVN", "SIM",
                                                                          "SING")]  # fmt: skip
    assert len(waves) >= 11
    for wave in waves:
        groups = GROUPS.get(wave["survey"]) or GROUPS[wave["survey"] + wave["survey_year"]]
        frame = country.snapshot(date(int(wave["survey_year"]), 5, 1))
        adults = frame.filter((pl.col("age") >= 15) & pl.col("present"))
        counts = dict(adults["origin"].value_counts().iter_rows())
        gross = 2.5 * int(wave["net_sample"]) * fraction / len(groups)
        for group in groups:
            assert counts.get(group, 0) > 1.3 * gross, (wave["survey_year"], group)


def test_first_arrivals_are_known_for_everybody_born_abroad(country):
    abroad = country.registration.join(
        country.person.filter(pl.col("birth_country") != "6030"), on="person"
    )
    first = abroad.group_by("person").agg(
        pl.col("start").min(), pl.col("first_arrival_date").first()
    )
    assert (first["start"] == first["first_arrival_date"]).all()


def test_numbers_are_unique_and_have_nine_digits(country):
    rin = country.person["rin"]
    assert rin.is_unique().all()
    assert rin.str.contains(r"^\d{9}$").all()


@pytest.fixture(scope="module")
def small() -> dict[int, Country]:
    """The same country in two blocks, made by one process and by two."""
    return {n: build_country(2_000, 3, processes=n, block_persons=1_000) for n in (1, 2)}


@pytest.mark.parametrize("name", [*SPELLS, "person", "union", "income_year", "address"])
def test_the_country_does_not_depend_on_the_number_of_processes(small, name):
    assert_frame_equal(getattr(small[1], name), getattr(small[2], name))


def test_blocks_do_not_share_persons_households_or_addresses(small):
    country = small[1]
    assert country.person["rin"].is_unique().all()
    first_block = build_block(3, 0, 1_000)["person"].height
    assert 0 < first_block < country.person.height
    for spells, key in ((country.household_spell, "household"), (country.address_spell, "address")):
        keys = spells.select(key, first=pl.col("person") < first_block).unique()
        assert keys[key].is_unique().all()


def test_another_seed_makes_another_country(small):
    other = build_country(2_000, 4, block_persons=1_000)
    assert other.person["birth_date"].to_list() != small[1].person["birth_date"].to_list()


def test_people_left_before_the_registers_are_kept_for_the_early_surveys(country):
    in_1988 = country.snapshot(date(1988, 5, 1))["person"]
    later = country.registration.filter(
        pl.col("end").is_null() | (pl.col("end") > REGISTER_START)
    )["person"]  # fmt: skip
    assert not in_1988.is_in(later.implode()).all()
