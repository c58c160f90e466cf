"""Who is here: registered and presumed residence against the simulated stays, for everybody.

The figures are those of docs/residence.md. A year of a person is *at stake* when the person is here
or registered on 31 December; other years abroad are right by themselves and would only flatter.

*Identifiable* is what the delivered files can tell. Not identifiable are, by definition:

* years of people who are gone and still registered, when the departure left no trace: before tax
  registers start (1999), in the last register year of people who are not removed in it, and when
  nobody in the household gave a sign of life in the year of the departure or the one before, so
  that no silence could begin;
* years of people who are here and not registered, without work or school during that absence.
"""

from collections.abc import Iterator

import duckdb
import pytest

from conftest import World
from truth import beside_truth

TRUTH = ("person", "stay", "registration", "defect")
FIRST_TAX_YEAR, LAST_YEAR = 1999, 2023
PERSON_YEARS = f"""
    create table day as
    select year, last_day
    from warehouse.reference.calendar_year
    where year between 1995 and {LAST_YEAR};

    create table person as
    select person, 'R' || rin as person_key, generation, birth_date, death_date
    from true_person
    where in_register;

    create table here as
    select distinct stay.person, day.year
    from true_stay as stay
    inner join day on stay.start <= day.last_day and coalesce(stay.end > day.last_day, true);

    create table registered as
    select
        registration.person,
        day.year,
        max(year(registration.end)) as removed_year
    from true_registration as registration
    inner join day
        on
            registration.start <= day.last_day
            and coalesce(registration.end > day.last_day, true)
    group by all;

    -- The last departure before the end of the year.
    create table departed as
    select stay.person, day.year, max(stay.end) as departure_date
    from true_stay as stay
    inner join day on stay.end <= day.last_day
    group by all;

    create table sign as
    select person_key, year from population.pop_sign_of_life
    union
    select person_key, year from population.pop_signless_year where has_household_sign;

    -- What the models say on 31 December.
    create table told as
    select
        spell.person_key,
        day.year,
        spell.status,
        case
            when departure.presumed_departure_date <= day.last_day then 'abroad'
            when arrival.presumed_arrival_date <= day.last_day then 'resident'
            else spell.status
        end as presumed_status
    from population.pop_residence_spell as spell
    inner join day
        on
            spell.start_date <= day.last_day
            and coalesce(spell.end_date > day.last_day, true)
    left join population.pop_presumed_departure as departure
        on
            spell.person_key = departure.person_key
            and spell.start_date = departure.start_date
            and spell.status = 'resident'
    left join population.pop_presumed_arrival as arrival
        on
            spell.person_key = arrival.person_key
            and spell.start_date = arrival.start_date
            and spell.status = 'abroad';

    create table seen_abroad as
    select spell.person_key, spell.start_date, spell.end_date
    from population.pop_residence_spell as spell
    semi join population.pop_sign_of_life as sign
        on
            spell.person_key = sign.person_key
            and (sign.has_work_sign or sign.has_school_sign)
            and sign.last_sign_date >= spell.start_date
            and sign.first_sign_date < spell.end_date
    where spell.status = 'abroad';

    create table at_stake as
    select
        person.person_key,
        person.generation,
        day.year,
        here.person is not null as is_here,
        registered.person is not null as is_registered,
        told.status = 'resident' as is_told_registered,
        told.presumed_status = 'resident' as is_presumed_here,
        case
            when here.person is not null and registered.person is not null then true
            when registered.person is not null
                then
                    day.year >= {FIRST_TAX_YEAR}
                    and coalesce(
                        year(departed.departure_date) < {LAST_YEAR}
                        or registered.removed_year = {LAST_YEAR}, false
                    )
                    and exists (
                        select 1 from sign
                        where
                            sign.person_key = person.person_key
                            and sign.year between year(departed.departure_date) - 1
                            and year(departed.departure_date)
                    )
            else exists (
                select 1 from seen_abroad
                where
                    seen_abroad.person_key = person.person_key
                    and seen_abroad.start_date <= day.last_day
                    and coalesce(seen_abroad.end_date > day.last_day, true)
            )
        end as is_identifiable
    from person
    cross join day
    left join here using (person, year)
    left join registered using (person, year)
    left join departed using (person, year)
    left join told
        on person.person_key = told.person_key and day.year = told.year
    where
        person.birth_date <= day.last_day
        and coalesce(person.death_date > day.last_day, true)
        and (here.person is not null or registered.person is not null);
"""


@pytest.fixture(scope="module")
def stays(default_world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """The years of persons at stake, with the truth, what the models say, and the definition."""
    with beside_truth(default_world, TRUTH, "create schema population") as connection:
        for table in (
            "residence_spell", "sign_of_life", "signless_year", "presumed_departure",
            "presumed_arrival", "person_number", "movement", "itinerary_repair",
        ):  # fmt: skip
            connection.execute(
                f"create view population.pop_{table} as select * from vault.population.pop_{table}"
            )
        connection.execute(PERSON_YEARS)
        yield connection


def share(stays: duckdb.DuckDBPyConnection, what: str, among: str) -> float:
    """Return the share of the years at stake with a condition for which something holds."""
    (part, n), *_ = stays.execute(
        f"select avg(cast({what} as int)), count(*) from at_stake where {among}"
    ).fetchall()
    assert n > 100, f"only {n} years of persons with {among}"
    return part


def test_registered_residence_is_that_of_the_simulated_register(stays) -> None:
    """Every year at stake, repaired itineraries included.

    Left out is who has two numbers and no day of birth under one: these stay two people.
    """
    wrong = stays.execute(
        """
        select person_key, year, is_registered
        from at_stake
        where is_registered is distinct from is_told_registered
        and person_key not in (
            select 'R' || two.rin
            from true_person as two
            inner join true_defect as unknown using (person)
            where two.second_rin is not null and unknown.kind = 'sentinel_birth_date'
        )
        """
    ).fetchall()
    assert wrong == []


@pytest.mark.parametrize(("generation", "least"), [("1", 0.995), ("2", 0.995), ("0", 0.999)])
def test_presumed_residence_is_right_in_identifiable_years(stays, generation, least) -> None:
    right = share(
        stays, "is_here = is_presumed_here", f"is_identifiable and generation = '{generation}'"
    )
    assert right >= least


def test_most_years_at_stake_are_identifiable(stays) -> None:
    """The ceiling: what no method can know is a small part, and paper alone is worse."""
    first = "generation = '1'"
    assert share(stays, "is_identifiable", first) > 0.99
    paper = share(stays, "is_here = is_registered", first)
    assert paper < 0.975 < 0.99 < share(stays, "is_here = is_presumed_here", first)


def test_silence_finds_departures_and_seldom_errs(stays) -> None:
    gone = "generation = '1' and is_registered and not is_here"
    assert share(stays, "not is_presumed_here", f"{gone} and is_identifiable") > 0.95
    here = f"generation = '1' and is_registered and is_here and year >= {FIRST_TAX_YEAR}"
    assert share(stays, "not is_presumed_here", here) < 0.001


def test_work_and_school_find_people_who_were_registered_late(stays) -> None:
    absent = "generation = '1' and is_here and not is_registered"
    assert share(stays, "is_presumed_here", f"{absent} and is_identifiable") > 0.8
    assert share(stays, "is_presumed_here", absent) > 0.2


def test_every_repeated_or_missing_movement_is_repaired_and_kept(stays) -> None:
    """Each arrival that was delivered twice is left out and kept; each missing departure made."""
    repeated, kept = stays.execute(
        """
        select count(*), count(repair.person_key)
        from true_defect as defect
        inner join person using (person)
        left join population.pop_itinerary_repair as repair
            on
                person.person_key = repair.person_key
                and repair.movement_date = strptime(defect.delivered_value, '%Y%m%d')
                and repair.repair = 'second_arrival'
        where defect.kind = 'repeated_immigration'
        """
    ).fetchone()
    assert repeated > 20
    assert kept == repeated
    missing, made = stays.execute(
        """
        select count(*), count(repair.person_key)
        from true_defect as defect
        inner join person using (person)
        left join population.pop_itinerary_repair as repair
            on
                person.person_key = repair.person_key
                and repair.movement_date = strptime(defect.true_value, '%Y%m%d')
                and repair.repair = 'departure_made'
        where
            defect.kind = 'two_immigrations'
            -- A departure of a few weeks leaves no hole in the registration.
            and exists (
                select 1 from true_registration as back
                where
                    back.person = defect.person
                    and back.start > strptime(defect.true_value, '%Y%m%d') + interval 31 day
            )
            and not exists (
                select 1 from true_registration as back
                where
                    back.person = defect.person
                    and back.start >= strptime(defect.true_value, '%Y%m%d')
                    and back.start <= strptime(defect.true_value, '%Y%m%d') + interval 31 day
            )
        """
    ).fetchone()
    assert missing > 20
    assert made == missing


def test_a_movement_is_known_after_it_happened_and_was_registered(stays) -> None:
    disordered = stays.execute(
        """
        select count(*) from population.pop_movement
        where registration_date < movement_date or first_known_date < registration_date
        """
    ).fetchone()
    assert disordered == (0,)
