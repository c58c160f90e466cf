"""What the marts say of partners, children and schools equals the simulated truth.

Left out: people whom the simulated damage of deliveries touches, and their closest kin where the
answer leans on them.
"""

from collections.abc import Iterator

import duckdb
import pytest

from conftest import World
from truth import MEMBER_AND_DAY, beside_truth, rows

TRUTH = (
    "person", "registration", "union", "parent_child", "household_spell", "school_year",
    "school_test", "education_spell", "civil_spell", "address_spell", "income_source_spell",
    "survey_respondent", "defect",
)  # fmt: skip


PREPARED = (
    """
    create table damaged as
    select distinct person
    from true_defect
    where person is not null and kind not in (
        'education_unknown', 'unregistered_emigration', 'unmirrored_union',
        'partner_abroad', 'negative_correction', 'zero_hours', 'impossible_hours',
        'lower_case_contract', 'sentinel_amount', 'changed_value_labels',
        'permit_without_key', 'birth_month_imputed', 'sentinel_institution',
        'income_series_break', 'nationality_break', 'motive_break',
        'cause_of_death_break', 'death_without_number', 'pupil_without_number',
        'sentinel_advice', 'sentinel_teacher_advice', 'negative_care_cost'
    );
    create table person as
    select person, 'R' || rin as person_key, birth_date, death_date
    from true_person
    anti join damaged using (person)
    where in_register and second_rin is null;
    create view true_side as
    select person_a as person, person_b as partner, * from true_union
    union all
    select person_b as person, person_a as partner, * from true_union
    where person_b is not null;
"""
    + MEMBER_AND_DAY
)


@pytest.fixture(scope="module")
def lives(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both databases, the truth as views `true_*`, and who is who."""
    with beside_truth(world, TRUTH, PREPARED) as connection:
        yield connection


def test_every_union_of_two_residents_has_its_true_kind_start_and_end(lives) -> None:
    """Cohabitation is seen while both are registered."""
    truth = """
        select
            ego.person_key,
            partner.person_key as partner_key,
            side.kind,
            side.start as start_date,
            side.end as end_date,
            case
                when side.end is null then null
                when side.end_reason = 'conversion' then 'C'
                when side.end_reason = 'death' then 'O'
                when side.kind = 'cohabitation' then 'U'
                else 'S'
            end as reason
        from true_side as side
        inner join person as ego on side.person = ego.person
        inner join person as partner on side.partner = partner.person
        where
            side.start >= date '1994-10-02'
            -- Both are registered from the first day to the last.
            and exists (
                from true_registration as here
                where here.person = side.person and here.start <= side.start
                and coalesce(here.end >= coalesce(side.end, date '2023-12-31'), true)
            )
            and exists (
                from true_registration as here
                where here.person = side.partner and here.start <= side.start
                and coalesce(here.end >= coalesce(side.end, date '2023-12-31'), true)
            )
    """
    found = """
        select person_key, partner_key, union_type, start_date, end_date, end_reason_code
        from vault.population.pop_union
    """
    assert rows(lives, f"({truth}) except ({found})") == []
    kinds = dict(rows(lives, f"select kind, count(*) from ({truth}) group by kind"))
    assert min(kinds[kind] for kind in ("marriage", "cohabitation", "partnership")) > 50


def test_nobody_cohabits_who_is_no_couple(lives) -> None:
    wrong = rows(
        lives,
        """
        select couple.*
        from vault.population.pop_cohabitation as couple
        inner join person as ego using (person_key)
        inner join person as partner on couple.partner_key = partner.person_key
        anti join true_side as side
            on
                ego.person = side.person
                and partner.person = side.partner
                and couple.start_date < coalesce(side.end, date '2999-12-31')
                and side.start < coalesce(couple.end_date, date '2999-12-31')
        """,
    )
    assert wrong == []


def test_homogamy_equals_the_truth(lives) -> None:
    compared = rows(
        lives,
        """
        select
            mart.has_same_origin_group is not distinct from (one.origin = other.origin),
            mart.partner_older_years is not distinct from
            (year(one.birth_date) - year(other.birth_date)),
            mart.has_same_generation is not distinct from (one.generation = other.generation),
            count(*)
        from warehouse.marts.mart_partner_year as mart
        inner join member as ego on mart.person_id = ego.person_id
        inner join member as partner on mart.partner_id = partner.person_id
        inner join true_person as one on ego.person = one.person
        inner join true_person as other on partner.person = other.person
        where mart.partner_in_register
        group by all
        """,
    )
    assert {row[:3] for row in compared} == {(True, True, True)}
    assert sum(row[3] for row in compared) > 1_000


def test_children_live_with_the_parents_they_live_with(lives) -> None:
    truth = """
        select distinct child.person, day.year, link.relation
        from true_parent_child as link
        inner join person as child on link.child = child.person
        inner join true_household_spell as home on child.person = home.person
        inner join true_household_spell as parent_home on link.parent = parent_home.person
        inner join day
            on
                home.start <= day.last_day and coalesce(home.end > day.last_day, true)
                and parent_home.start <= day.last_day
                and coalesce(parent_home.end > day.last_day, true)
        where home.household = parent_home.household
    """
    compared = rows(
        lives,
        f"""
        with truth as (
            select
                person,
                year,
                bool_or(relation = 'mother') as with_mother,
                bool_or(relation = 'father') as with_father
            from ({truth})
            group by person, year
        )

        select
            mart.lives_with_mother = coalesce(truth.with_mother, false) as same_mother,
            mart.lives_with_father = coalesce(truth.with_father, false) as same_father,
            count(*)
        from warehouse.marts.mart_child_year as mart
        inner join member on mart.child_id = member.person_id
        left join truth using (person, year)
        where
            mart.residence_status = 'resident'
            and mart.lives_with_mother is not null
            -- A parent with two numbers may be found under the other one.
            and not exists (
                from true_parent_child as link
                inner join true_person as parent on link.parent = parent.person
                where link.child = member.person
                and (
                    parent.second_rin is not null
                    or not parent.in_register
                    or parent.person in (select person from damaged)
                )
            )
        group by all
        """,
    )
    assert {row[:2] for row in compared} == {(True, True)}
    assert sum(row[2] for row in compared) > 1_000


def test_birth_order_and_siblings_equal_the_truth(lives) -> None:
    compared = rows(
        lives,
        """
        with born as (
            select link.parent, link.child, person.birth_date
            from true_parent_child as link
            inner join true_person as person on link.child = person.person
            where person.in_register
        ),

        truth as (
            select
                one.parent,
                one.child,
                1 + count(*) filter (where other.birth_date < one.birth_date) as birth_order
            from born as one
            inner join born as other using (parent)
            group by one.parent, one.child
        )

        select mart.birth_order = truth.birth_order as is_equal, count(*)
        from warehouse.panel.panel_child as mart
        inner join member as parent on mart.person_id = parent.person_id
        inner join member as child on mart.child_id = child.person_id
        inner join truth on parent.person = truth.parent and child.person = truth.child
        where not exists (
            from born semi join damaged on born.child = damaged.person
            where born.parent = parent.person
        )
        group by all
        """,
    )
    assert [row[0] for row in compared] == [True]
    assert compared[0][1] > 100


def test_school_years_equal_the_truth(lives) -> None:
    """Sector, level, grade and repetition of each school year since the registers know it."""
    compared = rows(
        lives,
        """
        with truth as (
            select
                person,
                year as school_year,
                case sector
                    when 'PO' then 'primary'
                    when 'VO' then 'secondary'
                    when 'MBO' then 'vocational'
                    when 'HBO' then 'higher_professional'
                    when 'WO' then 'university'
                end as sector,
                programme,
                grade,
                is_repeated
            from true_school_year
        )

        select
            mart.education_sector = truth.sector as same_sector,
            mart.education_sector = 'primary' or mart.enrolled_soi_code = truth.programme
                as same_programme,
            mart.education_sector not in ('primary', 'secondary')
            or coalesce(mart.grade = truth.grade, true) as same_grade,
            coalesce(mart.is_repeated_grade = truth.is_repeated, true) as same_repetition,
            count(*),
            count(*) filter (where mart.is_repeated_grade)
        from warehouse.marts.mart_school_career as mart
        inner join member on mart.child_id = member.person_id
        left join truth using (person, school_year)
        group by all
        """,
    )
    assert {row[:4] for row in compared} == {(True, True, True, True)}
    assert sum(row[4] for row in compared) > 1_000
    assert sum(row[5] for row in compared) > 20


def test_advice_test_and_third_year_equal_the_truth(lives) -> None:
    tracks = "['practical', 'vmbo_b', 'vmbo_gt', 'havo', 'vwo']"
    compared = rows(
        lives,
        f"""
        with advice as (
            select child_id, max_by(columns(* exclude (child_id)), school_year)
            from warehouse.marts.mart_school_career
            group by child_id
        )

        select
            coalesce(mart.test_score = truth.score, true),
            coalesce(
                mart.advice_track = {tracks}[truth.advice + 1]
                -- Some schools give an advice between two tracks, or a finer one.
                or (mart.advice_track, truth.advice) in (
                    ('vmbo_k', 1), ('vmbo_gt', 2), ('havo_vwo', 3)
                ),
                true
            ),
            count(mart.test_score),
            count(mart.advice_track)
        from (select * from warehouse.marts.mart_school_career) as mart
        inner join member on mart.child_id = member.person_id
        inner join true_school_test as truth
            on member.person = truth.person and mart.school_year = truth.year
        -- A repeated last grade has two tests, of which the last one counts.
        where truth.year = (
            select max(year) from true_school_test as later where later.person = truth.person
        )
        group by all
        """,
    )
    assert {row[:2] for row in compared} == {(True, True)}
    assert sum(row[2] for row in compared) > 50
    assert sum(row[3] for row in compared) > 50


def test_who_drops_out_has_no_start_qualification_in_truth_and_is_gone(lives) -> None:
    """The mart's rule, applied to what really happened."""
    truth = """
        with enrolled as (
            select person, year, sector from true_school_year
        )

        select
            enrolled.person,
            enrolled.year as school_year,
            next_year.person is null
            and attained.level_attained < '2111' as is_dropout
        from enrolled
        left join enrolled as next_year
            on
                enrolled.person = next_year.person
                and enrolled.year + 1 = next_year.year
                and next_year.sector <> 'PO'
        inner join true_education_spell as attained
            on
                enrolled.person = attained.person
                and attained.start <= make_date(enrolled.year + 1, 10, 1)
                and coalesce(attained.end > make_date(enrolled.year + 1, 10, 1), true)
    """
    compared = rows(
        lives,
        f"""
        select mart.is_dropout = truth.is_dropout, mart.is_dropout, count(*)
        from warehouse.marts.mart_school_career as mart
        inner join member on mart.child_id = member.person_id
        inner join ({truth}) as truth using (person, school_year)
        where mart.is_dropout is not null
        group by all
        """,
    )
    assert {row[0] for row in compared} == {True}
    assert {row[1] for row in compared} == {True, False}


@pytest.mark.parametrize(
    ("column", "table", "true_column", "since"),
    [
        ("civil_status_code", "civil_spell", "status", 1995),
        ("household_place_code", "household_spell", "place", 1995),
        ("socioeconomic_code", "income_source_spell", "secm", 1999),
    ],
)
def test_states_on_the_day_of_the_interview_equal_the_truth(
    lives, column: str, table: str, true_column: str, since: int
) -> None:
    compared = rows(
        lives,
        f"""
        select mart.{column} is not distinct from truth.{true_column}, count(mart.{column})
        from warehouse.marts.mart_person_interview as mart
        inner join member using (person_id)
        inner join true_{table} as truth
            on
                member.person = truth.person
                and truth.start <= mart.reference_date
                and coalesce(truth.end > mart.reference_date, true)
        where mart.residence_status = 'resident' and mart.year >= {since}
        group by all
        """,
    )
    assert {row[0] for row in compared} == {True}
    assert sum(row[1] for row in compared) > 1_000


def test_the_interview_is_on_its_day_and_no_linked_interview_is_missing(lives) -> None:
    missing = rows(
        lives,
        """
        select truth.survey, truth.survey_year, truth.respondent_key
        from true_survey_respondent as truth
        inner join member using (person)
        anti join warehouse.marts.mart_person_interview as mart
            on
                mart.respondent_id
                = truth.survey || truth.survey_year || '-' || truth.respondent_key
                and mart.years_from_interview = 0
                and mart.reference_date = mart.interview_date
        where truth.consent and truth.rin is not null and year(truth.interview_date) >= 1995
        """,
    )
    assert missing == []
