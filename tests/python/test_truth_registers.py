"""What the warehouse says of people's lives equals the simulated truth, where no damage was done.

Left out: people with two numbers or with rows that were damaged beyond repair (their tests are in
test_truth_persons.py and test_truth_residence.py), and deaths abroad, which the registers do not
hear of.
"""

from collections.abc import Iterator

import duckdb
import pytest

from conftest import World
from truth import MEMBER_AND_DAY, beside_truth, rows

TRUTH = (
    "person", "registration", "union", "parent_child", "survey_respondent", "civil_spell",
    "education_spell", "household_spell", "income_source_spell", "income_year", "defect",
)  # fmt: skip


PREPARED = (
    """
    create table person as
    select person, 'R' || rin as person_key, birth_date, death_date
    from true_person
    where in_register and second_rin is null and person not in (
        select person from true_defect
        where person is not null and kind in (
            'impossible_parent_age', 'own_parent', 'birth_after_mother_death',
            'death_before_birth', 'missing_key', 'non_r_key'
        )
    );
"""
    + MEMBER_AND_DAY
)


@pytest.fixture(scope="module")
def lives(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both databases, the truth as views `true_*`, and a few common steps."""
    with beside_truth(world, TRUTH, PREPARED) as connection:
        yield connection


def on_last_day(table: str, columns: str) -> str:
    """Return a query of the true state of everybody on each 31 December."""
    return f"""
        select person.person, day.year, {columns}
        from true_{table} as spell
        inner join person using (person)
        inner join day
            on spell.start <= day.last_day and coalesce(spell.end > day.last_day, true)
    """


def differences(connection: duckdb.DuckDBPyConnection, truth: str, column: str) -> list[tuple]:
    """Return panel rows of residents whose value differs from the truth (person, year, value)."""
    found = rows(
        connection,
        f"""
        select panel.year, panel.{column}, truth.value, count(*)
        from warehouse.marts.mart_person_year as panel
        inner join member using (person_id)
        left join ({truth}) as truth using (person, year)
        where
            panel.residence_status = 'resident'
            and panel.{column} is distinct from truth.value
        group by all
        """,
    )
    checked = rows(
        connection,
        f"select count({column}) from warehouse.marts.mart_person_year inner join member "
        "using (person_id)",
    )
    assert checked[0][0] > 1_000, "the comparison is empty"
    return found


def test_every_person_of_the_registers_is_there(lives) -> None:
    everybody = "select 'R' || rin as person_key from true_person where in_register"
    there = "select person_key from vault.population.pop_person"
    assert rows(lives, f"({everybody}) except ({there})") == []
    assert rows(lives, f"({there}) except ({everybody})") == []


def test_residence_status_of_every_year_equals_the_truth(lives) -> None:
    compared = rows(
        lives,
        f"""
        with truth as (
            select
                person.person_key,
                day.year,
                case
                    when person.birth_date > day.last_day then 'not_born'
                    when registered.person is not null then 'resident'
                    when person.death_date <= day.last_day then 'dead'
                    else 'abroad'
                end as status,
                person.death_date
            from person
            cross join day
            left join ({on_last_day("registration", "1")}) as registered using (person, year)
        )

        select truth.status = spell.status as is_equal, truth.status, spell.status, count(*)
        from truth
        inner join day using (year)
        left join vault.population.pop_residence_spell as spell
            on
                truth.person_key = spell.person_key
                and spell.start_date <= day.last_day
                and coalesce(spell.end_date > day.last_day, true)
        -- A death abroad does not reach the registers.
        where not (truth.status = 'dead' and spell.status = 'abroad')
        group by all
        """,
    )
    assert [row for row in compared if not row[0]] == []
    assert {row[1] for row in compared} == {"not_born", "resident", "abroad", "dead"}


def test_days_in_the_country_on_paper_equal_the_truth(lives) -> None:
    different = rows(
        lives,
        """
        with truth as (
            select
                member.person_id,
                day.year,
                sum(
                    date_diff(
                        'day',
                        greatest(spell.start, day.first_day),
                        least(coalesce(spell.end, day.last_day + 1), day.last_day + 1)
                    )
                ) as days
            from true_registration as spell
            inner join member using (person)
            inner join day
                on spell.start <= day.last_day and coalesce(spell.end > day.first_day, true)
            group by all
        )

        select panel.person_id, panel.year, panel.resident_days, truth.days
        from warehouse.marts.mart_person_year as panel
        inner join member using (person_id)
        left join truth using (person_id, year)
        where panel.resident_days <> coalesce(truth.days, 0)
        """,
    )
    assert different == []


def test_parents_and_children_equal_the_truth(lives) -> None:
    truth = """
        select child.person_key, parent.person_key, link.relation
        from true_parent_child as link
        inner join person as child on link.child = child.person
        inner join person as parent on link.parent = parent.person
    """
    found = """
        select link.child_key, link.parent_key, link.parent_role
        from vault.population.pop_parent_child as link
        semi join person as child on link.child_key = child.person_key
        semi join person as parent on link.parent_key = parent.person_key
    """
    assert rows(lives, f"({truth}) except ({found})") == []
    assert rows(lives, f"({found}) except ({truth})") == []
    assert len(rows(lives, truth)) > 1_000


def test_registered_unions_equal_the_truth_from_both_sides(lives) -> None:
    truth = """
        with side as (
            select person_a as person, person_b as partner, * from true_union
            union all
            select person_b as person, person_a as partner, * from true_union
        )

        select
            ego.person_key,
            partner.person_key,
            side.kind,
            side.start,
            side.end,
            case when partner.person is null then side.partner_birth_country end
        from side
        inner join person as ego on side.person = ego.person
        left join person as partner on side.partner = partner.person
        left join true_person as known on side.partner = known.person
        where
            side.kind in ('marriage', 'partnership')
            and coalesce(side.end > date '1994-10-01', true)
            and (side.partner is null or partner.person is not null)
    """
    found = """
        select
            pop_union.person_key,
            pop_union.partner_key,
            pop_union.union_type,
            pop_union.start_date,
            pop_union.end_date,
            case
                when not pop_union.partner_in_register
                    then pop_union.partner_birth_country_code
            end
        from vault.population.pop_union
        semi join person using (person_key)
        left join person as partner on pop_union.partner_key = partner.person_key
        where
            pop_union.union_type <> 'cohabitation'
            and (pop_union.partner_key is null or partner.person is not null)
    """
    assert rows(lives, f"({truth}) except ({found})") == []
    assert len(rows(lives, f"{found} and not pop_union.partner_in_register")) > 10
    assert len(rows(lives, f"{found} and not pop_union.is_mirrored")) > 10


def test_couples_who_live_together_unmarried_equal_the_truth(lives) -> None:
    truth = f"""
        select ego.person_key, partner.person_key, day.year
        from true_union as couple
        inner join person as ego on couple.person_a = ego.person
        inner join person as partner on couple.person_b = partner.person
        inner join day
            on couple.start <= day.last_day and coalesce(couple.end > day.last_day, true)
        semi join ({on_last_day("registration", "1")}) as here
            on couple.person_a = here.person and day.year = here.year
        semi join ({on_last_day("registration", "1")}) as also_here
            on couple.person_b = also_here.person and day.year = also_here.year
        where couple.kind = 'cohabitation'
    """
    found = """
        select couple.person_key, couple.partner_key, day.year
        from vault.population.pop_cohabitation as couple
        semi join person using (person_key)
        inner join day
            on couple.start_date <= day.last_day
            and coalesce(couple.end_date > day.last_day, true)
    """
    true_pairs = set(rows(lives, truth))
    found_pairs = set(rows(lives, found))
    known = {key for (key,) in rows(lives, "select person_key from person")}
    wrong = {
        (ego, partner, year)
        for ego, partner, year in found_pairs
        if partner in known and not true_pairs & {(ego, partner, year), (partner, ego, year)}
    }
    assert true_pairs - found_pairs == set()
    assert wrong == set()
    assert len(true_pairs) > 100


@pytest.mark.parametrize(
    ("column", "truth"),
    [
        ("civil_status_code", on_last_day("civil_spell", "status as value")),
        ("household_place_code", on_last_day("household_spell", "place as value")),
        ("household_person_count", on_last_day("household_spell", "n_persons as value")),
    ],
)
def test_states_on_31_december_equal_the_truth(lives, column: str, truth: str) -> None:
    assert differences(lives, truth, column) == []


def test_main_source_of_income_equals_the_truth_since_1999(lives) -> None:
    truth = on_last_day("income_source_spell", "secm as value")
    different = differences(lives, truth, "socioeconomic_code")
    assert [row for row in different if row[0] >= 1999] == []


def test_personal_income_equals_the_truth_where_it_is_known(lives) -> None:
    """Before 2011 it is what the older series made of it, row by row as the manifest lists it."""
    truth = """
        select
            income.person,
            income.year,
            coalesce(cut.delivered_value, broken.delivered_value, income.personal::text)::bigint
                as value
        from true_income_year as income
        left join true_defect as broken
            on
                income.person = broken.person
                and income.year = broken.file_year
                and broken.kind = 'income_series_break'
                and broken.file_stem = 'PERSOONINK'
        left join true_defect as cut
            on
                income.person = cut.person
                and income.year = cut.file_year
                and cut.kind = 'truncated_income'
                and cut.column = 'PERSINK'
    """
    different = differences(lives, truth, "personal_income_eur")
    assert [row for row in different if row[1] is not None] == []
    lowered = rows(
        lives,
        """
        select year, sum(panel.personal_income_eur) / sum(income.personal)
        from warehouse.marts.mart_person_year as panel
        inner join member using (person_id)
        inner join true_income_year as income using (person, year)
        where income.personal > 0 and year between 2003 and 2016
            and panel.personal_income_eur is not null
        group by year
        """,
    )
    assert len(lowered) == 14
    assert all((ratio < 0.98) == (year < 2011) for year, ratio in lowered)


def test_registered_education_equals_the_truth_of_its_year(lives) -> None:
    different = rows(
        lives,
        """
        select panel.year, panel.education_soi_code, truth.level_attained, count(*)
        from warehouse.marts.mart_person_year as panel
        inner join member using (person_id)
        inner join true_education_spell as truth
            on
                member.person = truth.person
                and truth.start <= make_date(panel.education_data_year, 10, 1)
                and coalesce(truth.end > make_date(panel.education_data_year, 10, 1), true)
        where panel.education_soi_code <> truth.level_attained
        group by all
        """,
    )
    assert different == []


def test_respondents_are_linked_to_themselves_and_to_nobody_else(lives) -> None:
    different = rows(
        lives,
        """
        select link.respondent_id, link.link_status, link.person_key, truth.rin, truth.consent
        from vault.identity.id_link as link
        full join true_survey_respondent as truth
            on link.respondent_id = truth.survey || truth.survey_year || '-' || truth.respondent_key
        where
            case
                when not truth.consent then link.link_status <> 'no_consent'
                when truth.rin is null then link.link_status not in ('not_linkable', 'no_key')
                else link.link_status <> 'linked' or link.person_key <> 'R' || truth.rin
            end is distinct from false
        """,
    )
    assert different == []


def test_who_refused_everywhere_is_nowhere_in_the_panel(lives) -> None:
    refusers = """
        select 'R' || rin as person_key
        from true_survey_respondent
        where rin is not null
        group by rin
        having not bool_or(consent)
    """
    assert len(rows(lives, refusers)) > 5
    reached = f"({refusers}) intersect select person_key from vault.identity.id_person_key"
    assert rows(lives, reached) == []


def test_partners_and_children_of_respondents_are_all_followed(lives) -> None:
    missing = rows(
        lives,
        """
        with respondent as (
            select distinct 'R' || rin as person_key
            from true_survey_respondent
            where consent and rin is not null
        ),

        refuser as (
            select 'R' || rin as person_key
            from true_survey_respondent
            where rin is not null
            group by rin
            having not bool_or(consent)
        ),

        kin as (
            select child.person_key, parent.person_key as respondent_key, 'child' as relation
            from true_parent_child as link
            inner join person as child on link.child = child.person
            inner join person as parent on link.parent = parent.person
            union
            select ego.person_key, partner.person_key as respondent_key, 'partner' as relation
            from true_union as couple
            inner join person as ego on couple.person_a = ego.person
            inner join person as partner on couple.person_b = partner.person
            where couple.kind <> 'cohabitation' and coalesce(couple.end > '1994-10-01', true)
            union
            select partner.person_key, ego.person_key as respondent_key, 'partner' as relation
            from true_union as couple
            inner join person as ego on couple.person_a = ego.person
            inner join person as partner on couple.person_b = partner.person
            where couple.kind <> 'cohabitation' and coalesce(couple.end > '1994-10-01', true)
        )

        select kin.*
        from kin
        semi join respondent on kin.respondent_key = respondent.person_key
        anti join refuser on kin.person_key = refuser.person_key
        anti join vault.identity.id_person_role as role
            on
                kin.person_key = role.person_key
                and kin.respondent_key = role.respondent_key
                and kin.relation = role.relation
        """,
    )
    assert missing == []
