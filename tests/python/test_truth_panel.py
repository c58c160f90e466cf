"""The themes of the panel equal the simulated truth on their reference dates.

Left out everywhere: people with two numbers, and in a test the rows that were delivered without a
person's number or with another one (table `lost`).
"""

from collections.abc import Iterator

import duckdb
import pytest

from conftest import World
from truth import beside_truth, rows

TRUTH = (
    "address", "address_spell", "death_cause", "defect", "employer", "household_spell",
    "household_wealth",
    "income_source_spell", "income_year", "job", "job_year", "nationality_spell", "parent_child",
    "person", "registration", "school_year",
)  # fmt: skip
SECTORS = {
    "PO": "primary",
    "VO": "secondary",
    "MBO": "vocational",
    "HBO": "higher_professional",
    "WO": "university",
}


PREPARED = """
    create table member as
    select person.*, pseudonym.person_id
    from true_person as person
    inner join vault.identity.id_person_key as pseudonym
        on 'R' || person.rin = pseudonym.person_key
    where person.in_register and person.second_rin is null;

    create table lost as
    select distinct file_stem, file_year as year, person
    from true_defect
    where kind in (
        'missing_key', 'non_r_key', 'pupil_without_number', 'death_without_number'
    );

    create table panel as
    select
        member.person,
        panel.*,
        make_date(panel.year, 1, 1) as first_day,
        make_date(panel.year, 10, 1) as october,
        make_date(panel.year, 12, 31) as last_day
    from warehouse.marts.mart_person_year as panel
    inner join member using (person_id);
"""


@pytest.fixture(scope="module")
def lives(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """The panel, the truth as views `true_*`, and who of the panel can be compared."""
    with beside_truth(world, TRUTH, PREPARED) as connection:
        yield connection


def count(connection: duckdb.DuckDBPyConnection, condition: str) -> int:
    """Return the rows of the panel for which a condition holds."""
    return rows(connection, f"select count(*) from panel where {condition}")[0][0]


def on(spell: str, day: str) -> str:
    """Return the condition that a true spell covers a day of the panel's row."""
    return (
        f"panel.person = {spell}.person and {spell}.start <= panel.{day} "
        f"and coalesce({spell}.end > panel.{day}, true)"
    )


@pytest.mark.parametrize(
    ("years", "day"), [("2003 and 2010", "last_day"), ("2011 and 2023", "first_day")]
)
def test_income_is_there_exactly_for_residents_of_its_reference_date(lives, years, day) -> None:
    wrong = rows(
        lives,
        f"""
        select panel.person, panel.year, panel.income_series
        from panel
        left join true_registration as registration on {on("registration", day)}
        where
            panel.year between {years}
            and (panel.income_series is not null) <> (registration.person is not null)
        """,
    )
    assert wrong == []
    assert count(lives, f"year between {years} and income_series is not null") > 1_000


def test_the_year_of_arrival_is_not_in_the_income_population_and_never_zero(lives) -> None:
    arrived = "year >= 2011 and arrival_count > 0 and departure_count = 0 and resident_days < 365"
    absent = f"{arrived} and income_missing_reason = 'not_in_population'"
    assert count(lives, arrived) == count(lives, absent) > 10
    assert count(lives, f"{arrived} and personal_income_eur is not null") == 0


def test_wages_add_up_to_the_true_wages_of_all_jobs(lives) -> None:
    wrong = rows(
        lives,
        """
        with truth as (
            select job.person, job_year.year, sum(job_year.wage) as wage,
                count(distinct job.relation) as job_count
            from true_job_year as job_year
            inner join true_job as job using (job)
            group by all
        )

        select panel.person, panel.year, panel.wage_eur, truth.wage, panel.job_count,
            truth.job_count
        from panel
        left join truth using (person, year)
        anti join lost
            on panel.person = lost.person and panel.year = lost.year
            and lost.file_stem in ('POLISBUS', 'SPOLISBUS')
        where
            panel.year >= 2006
            and (
                panel.wage_eur is distinct from truth.wage
                or panel.job_count <> coalesce(truth.job_count, 0)
            )
        """,
    )
    assert wrong == []
    assert count(lives, "wage_eur > 0") > 1_000


def test_the_only_job_of_a_year_is_described_as_it_was(lives) -> None:
    described = """
        select
            panel.person,
            panel.year,
            panel.main_job_kind = case job.kind
                when '1' then 'director' when '2' then 'intern' when '3' then 'sheltered'
                when '4' then 'agency' when '5' then 'on_call' else 'regular'
            end as same_kind,
            panel.main_job_is_on_last_day
            = coalesce(job.end > panel.last_day, true) as same_end,
            coalesce(panel.main_job_industry_code = employer.section, true) as same_section,
            abs(panel.main_job_full_time_share - job.part_time) < 0.02 as same_hours,
            panel.main_job_days <= 366 as possible_days
        from panel
        inner join true_job as job on panel.person = job.person
        inner join true_job_year as job_year
            on job.job = job_year.job and panel.year = job_year.year
        inner join true_employer as employer on job.employer = employer.employer
        anti join lost
            on panel.person = lost.person and panel.year = lost.year
            and lost.file_stem = 'SPOLISBUS'
        -- Sections of SBI 2008; reports of a few days round their full-time days.
        where panel.year >= 2009 and panel.job_count = 1 and panel.main_job_days > 60
        qualify count(*) over (partition by panel.person, panel.year) = 1
    """
    wrong = rows(
        lives,
        f"select * from ({described}) where not (same_kind and same_end and same_section "
        "and same_hours and possible_days)",
    )
    assert wrong == []
    assert len(rows(lives, described)) > 1_000


def test_the_first_work_after_arrival_is_the_true_one(lives) -> None:
    wrong = rows(
        lives,
        """
        with truth as (
            select member.person, min(date_trunc('month', spell.start)) as first_month
            from member
            inner join true_income_source_spell as spell using (person)
            inner join (select distinct person, first_arrival_date from panel) as arrival
                on member.person = arrival.person
            where
                spell.secm in ('11', '12', '13', '14', '15')
                and spell.start >= date_trunc('month', arrival.first_arrival_date)
                and arrival.first_arrival_date >= date '1999-02-01'
            group by all
        )

        select panel.person, panel.year, panel.first_work_date, truth.first_month
        from panel
        inner join truth using (person)
        where
            date_trunc('month', panel.first_work_date) is distinct from
            case when truth.first_month <= panel.last_day then truth.first_month end
        """,
    )
    assert wrong == []
    assert count(lives, "first_work_date is not null") > 100


def test_months_of_income_by_source_add_up_to_the_true_income(lives) -> None:
    """The months are delivered in whole euros, so a year is off by some euros."""
    different = rows(
        lives,
        """
        select panel.person, panel.year, panel.month_income_eur, truth.gross
        from panel
        inner join true_income_year as truth using (person, year)
        where
            panel.year >= 2001
            and panel.resident_days >= 365
            and panel.labour_missing_reason is null
            and abs(panel.month_income_eur - truth.gross) > 100
        """,
    )
    compared = count(lives, "year >= 2001 and resident_days >= 365 and month_income_eur <> 0")
    assert compared > 1_000
    assert len(different) <= 0.02 * compared


def test_wealth_is_that_of_the_household_of_1_january(lives) -> None:
    compared = f"""
        select panel.household_wealth_eur as found, wealth.wealth as truth,
            panel.mortgage_debt_eur as found_mortgage, wealth.mortgage as true_mortgage
        from panel
        inner join true_registration as registration on {on("registration", "first_day")}
        inner join true_household_spell as home on {on("home", "first_day")}
        inner join true_household_wealth as wealth
            on home.household = wealth.household and panel.year = wealth.year
        where panel.year >= {{first}} and panel.household_wealth_eur is not null
    """
    for first in (2006, 2011):
        differs = "found <> truth or found_mortgage <> true_mortgage"
        wrong = f"select * from ({compared}) where {differs}"
        assert rows(lives, wrong.format(first=first)) == []
    assert len(rows(lives, compared.format(first=2006))) > 1_000


def test_nationality_on_31_december_is_the_true_one(lives) -> None:
    wrong = rows(
        lives,
        f"""
        select panel.person, panel.year, panel.nationality_code, truth.nationality,
            panel.second_nationality_code, truth.second_nationality
        from panel
        inner join true_nationality_spell as truth on {on("truth", "last_day")}
        where
            panel.residence_status = 'resident'
            and (
                panel.nationality_code is distinct from truth.nationality
                or (
                    panel.year < 2014
                    and panel.second_nationality_code is distinct from truth.second_nationality
                )
                or (
                    panel.year >= 2015 and panel.is_dutch
                    and panel.second_nationality_missing_reason is distinct from 'not_kept'
                )
            )
        """,
    )
    assert wrong == []
    assert count(lives, "not is_dutch") > 1_000


def test_naturalisation_is_told_from_the_year_in_which_it_happened(lives) -> None:
    wrong = rows(
        lives,
        """
        with truth as (
            select truth.person, min(truth.start) as day
            from true_nationality_spell as truth
            where truth.change <> 'birth' and truth.nationality = '0001'
            group by truth.person
        )

        select panel.person, panel.year, panel.naturalisation_year, truth.day
        from panel
        inner join truth using (person)
        inner join true_registration as registration
            on panel.person = registration.person
            and registration.start <= truth.day
            and coalesce(registration.end > truth.day, true)
        where
            truth.day >= '1995-01-01'
            and panel.naturalisation_year is distinct from
            case when truth.day <= panel.last_day then year(truth.day) end
        """,
    )
    assert wrong == []
    assert count(lives, "naturalisation_year = year") > 20


def test_the_motive_of_arrival_is_the_true_one_where_one_was_delivered(lives) -> None:
    wrong = rows(
        lives,
        """
        select panel.person, panel.year, panel.migration_motive, member.arrival_motive
        from panel
        inner join member using (person)
        where
            case panel.migration_motive_series
                when 'immigration_service'
                    then panel.migration_motive <> member.arrival_motive
                when 'derived'
                    then
                        panel.migration_motive not in ('several', member.arrival_motive)
            end
        """,
    )
    assert wrong == []
    assert count(lives, "migration_motive is not null") > 200


def test_enrolment_on_1_october_is_the_true_school(lives) -> None:
    names = " ".join(f"when '{sector}' then '{name}'" for sector, name in SECTORS.items())
    compared = f"""
        select panel.person, panel.year, panel.enrolled_sector,
            case school.sector {names} end as truth, panel.enrolled_grade, school.grade
        from panel
        inner join true_registration as registration on {on("registration", "october")}
        left join true_school_year as school
            on panel.person = school.person and panel.year = school.year
        anti join lost
            on panel.person = lost.person and panel.year = lost.year
            and lost.file_stem in ('ONDERWIJSINSCHRTAB', 'INSCHRWPOTAB')
        where panel.year >= 2008
    """
    found = rows(lives, compared)
    wrong = [
        row for row in found if row[2] != row[3] or (row[2] == "secondary" and row[4] != row[5])
    ]
    assert wrong == []
    assert sum(row[2] is not None for row in found) > 500


def test_homes_and_moves_are_the_true_ones(lives) -> None:
    wrong = rows(
        lives,
        f"""
        with move as (
            select spell.person, year(spell.start) as year, count(*) as moves
            from true_address_spell as spell
            inner join true_address_spell as before
                on spell.person = before.person and spell.start = before.end
            group by all
        )

        select panel.person, panel.year, panel.municipality_constant_code, home.municipality,
            panel.move_count, move.moves
        from panel
        inner join true_address_spell as home on {on("home", "last_day")}
        left join move on panel.person = move.person and panel.year = move.year
        where
            panel.residence_status = 'resident'
            and (
                panel.municipality_constant_code is distinct from home.municipality
                or (panel.resident_days >= 365 and panel.move_count <> coalesce(move.moves, 0))
            )
        """,
    )
    assert wrong == []
    assert count(lives, "move_count > 0") > 500


def test_neighbourhoods_are_counted_over_everybody(lives) -> None:
    """Everybody includes people with two numbers, who may be counted at both."""
    compared = """
        with home as (
            select day.year, person.person, person.origin, person.birth_country,
                address.municipality, address.neighbourhood
            from (select distinct year, last_day from panel where year >= 1999) as day
            inner join true_registration as registration
                on registration.start <= day.last_day
                and coalesce(registration.end > day.last_day, true)
            inner join true_person as person
                on registration.person = person.person and person.in_register
            inner join true_address_spell as spell
                on person.person = spell.person and spell.start <= day.last_day
                and coalesce(spell.end > day.last_day, true)
            inner join true_address as address on spell.address = address.address
        ),

        area as (
            select year, municipality, neighbourhood, count(*) as residents,
                count(*) filter (where birth_country <> '6030') as foreign_born
            from home
            group by all
        ),

        own as (
            select year, municipality, neighbourhood, origin, count(*) as residents
            from home
            group by all
        )

        select
            abs(panel.neighbourhood_resident_count - area.residents) as resident_difference,
            abs(panel.neighbourhood_foreign_born_share - area.foreign_born / area.residents),
            abs(panel.neighbourhood_own_group_share - own.residents / area.residents)
        from panel
        inner join home on panel.person = home.person and panel.year = home.year
        inner join area
            on home.year = area.year and home.municipality = area.municipality
            and home.neighbourhood = area.neighbourhood
        inner join own
            on area.year = own.year and area.municipality = own.municipality
            and area.neighbourhood = own.neighbourhood and home.origin = own.origin
        -- Before a merger a neighbourhood is split by the former boundaries.
        left join (
            select municipality, max(until) as until from true_address group by municipality
        ) as merged
            on home.municipality = merged.municipality
        where
            panel.neighbourhood_resident_count is not null
            and coalesce(panel.year >= merged.until, true)
    """
    found = rows(lives, compared)
    assert len(found) > 1_000
    assert sum(row[0] > 2 for row in found) < 0.01 * len(found)
    assert max(row[1] for row in found) < 0.05
    assert max(row[2] for row in found) < 0.05


def test_nothing_is_told_of_small_neighbourhoods(lives) -> None:
    smallest = rows(lives, "select min(neighbourhood_resident_count) from panel")
    assert smallest[0][0] >= 10
    assert count(lives, "neighbourhood_missing_reason = 'too_small'") > 10
    assert (
        count(
            lives,
            "neighbourhood_missing_reason is not null and coalesce(neighbourhood_home_count, "
            "neighbourhood_own_group_share, neighbourhood_foreign_born_share) is not null",
        )
        == 0
    )


def test_children_and_their_ages_are_the_true_ones(lives) -> None:
    wrong = rows(
        lives,
        """
        with truth as (
            select panel.person, panel.year,
                count(*) filter (where alive) as living,
                count(*) filter (where alive and age < 18) as minor,
                min(age) filter (where alive) as youngest
            from (
                select panel.person, panel.year,
                    coalesce(child.death_date > panel.last_day, true) as alive,
                    date_sub('year', child.birth_date, panel.last_day) as age
                from panel
                inner join true_parent_child as link on panel.person = link.parent
                inner join true_person as child
                    on link.child = child.person and child.in_register
                    and child.birth_date <= panel.last_day and child.second_rin is null
            ) as panel
            group by all
        ),

        -- The registers hear of few deaths abroad.
        death_here as (
            select person from true_registration where end_reason = 'death'
        ),

        -- Rows of children or deaths that were damaged, and who became a parent by it.
        damaged as (
            select person as child, delivered_value as rin
            from true_defect
            where
                file_stem in ('KINDOUDERTAB', 'GBAOVERLIJDENTAB')
                or kind = 'sentinel_birth_date'
        ),

        -- Ages of children with a censored or imputed birth month may be off by one.
        exact as (
            select link.parent as person
            from true_parent_child as link
            inner join true_person as child on link.child = child.person
            left join death_here on child.person = death_here.person
            group by link.parent
            having
                bool_and(
                    child.second_rin is null
                    and (child.death_date is null or death_here.person is not null)
                )
        )

        select panel.person, panel.year, panel.living_child_count, truth.living,
            panel.minor_child_count, truth.minor
        from panel
        inner join exact using (person)
        inner join truth using (person, year)
        inner join member using (person)
        anti join damaged on damaged.rin like '%' || member.rin
        anti join (
            select link.parent
            from true_parent_child as link
            inner join damaged on link.child = damaged.child
        ) as of_damaged on panel.person = of_damaged.parent
        where
            panel.living_child_count <> truth.living
            or abs(panel.minor_child_count - truth.minor) > 1
            or abs(panel.youngest_child_age - truth.youngest) > 1
        """,
    )
    assert wrong == []
    assert count(lives, "minor_child_count > 0") > 500


def test_the_cause_of_death_is_the_true_one_in_either_series(lives) -> None:
    wrong = rows(
        lives,
        """
        select panel.person, panel.year, panel.cause_of_death_code, truth.cause
        from panel
        inner join true_death_cause as truth using (person)
        left join true_defect as coded
            on panel.person = coded.person and coded.kind = 'cause_of_death_break'
        where panel.cause_of_death_code <> coalesce(coded.delivered_value, truth.cause)
        """,
    )
    assert wrong == []
    series = rows(
        lives,
        """
        select cause_of_death_series, min(death_year), max(death_year), count(*)
        from panel where cause_of_death_series is not null group by all order by all
        """,
    )
    assert [row[0] for row in series] == ["do", "doodoorz"]
    assert series[0][2] <= 2012 < series[1][1]
    assert count(lives, "death_date is null and cause_of_death_code is not null") == 0


def test_care_is_of_the_insured_and_in_constant_euros(lives, world: World) -> None:
    """Costs are in no table of the truth: they are held to the landed file, added up here."""
    wrong = rows(
        lives,
        f"""
        with landed as (
            select
                'R' || rinpersoon as person_key,
                file_year as year,
                zvwkziekenhuis as hospital,
                zvwkhuisarts + zvwkfarmacie + zvwkmondzorg + zvwkziekenhuis + zvwkparamedisch
                + zvwkhulpmiddel + zvwkziekenvervoer + zvwkbuitenland + zvwkoverig
                + zvwkgeboortezorg + coalesce(zvwkmultidisc, 0)
                + coalesce(zvwkeerstelijnsverblijf, 0) + coalesce(zvwkeerstelijnspsycho, 0)
                + coalesce(zvwkggz, 0) + coalesce(zvwkgenbasggz, 0) + coalesce(zvwkspecggz, 0)
                + coalesce(zvwkgeriatrisch, 0) + coalesce(zvwkwykverpleging, 0) as total
            from '{world.landing}/zvwzorgkostentab/*.parquet'
            where rinpersoons = 'R'
        )

        select panel.person, panel.year, panel.care_total_eur, landed.total
        from panel
        inner join vault.identity.id_person_key using (person_id)
        left join landed using (person_key, year)
        inner join warehouse.reference.price_index as price using (year)
        cross join (
            select price_index from warehouse.reference.price_index where year = 2023
        ) as base
        where
            (panel.care_total_eur is null) <> (landed.total is null)
            or abs(panel.care_total_eur - landed.total) > 0.51
            or abs(
                panel.care_hospital_real_eur
                - landed.hospital * base.price_index / price.price_index
            ) > 1
        """,
    )
    assert wrong == []
    assert count(lives, "care_total_eur > 0") > 1_000
    assert count(lives, "care_total_eur is not null and resident_days = 0") == 0
