"""Who is one person, and what they are: several numbers, corrected attributes, impossible kin.

The figures are those of docs/persons.md.
"""

from collections.abc import Iterator

import duckdb
import pytest

from conftest import World
from truth import beside_truth


@pytest.fixture(scope="module")
def persons(default_world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """The vault with the truth beside it."""
    with beside_truth(default_world, ("person", "defect", "parent_child")) as connection:
        yield connection


def one(persons: duckdb.DuckDBPyConnection, query: str) -> tuple:
    """Return the only row of a query."""
    return persons.execute(query).fetchone()


def test_two_numbers_become_one_person_and_nobody_else_does(persons) -> None:
    wanted, found, wrong = one(
        persons,
        """
        with truth as (
            select 'R' || second_rin as number_key, 'R' || rin as person_key
            from true_person
            where second_rin is not null
        )

        select
            (select count(*) from truth),
            (select count(*) from truth
             semi join vault.population.pop_person_number using (number_key, person_key)),
            (select count(*) from vault.population.pop_person_number
             anti join truth using (number_key, person_key))
        """,
    )
    immigrants, *_ = one(
        persons, "select count(*) from true_person where generation = '1' and in_register"
    )
    assert wanted >= 0.002 * immigrants  # the floor of the contract
    assert found >= 0.95 * wanted
    assert wrong == 0


def test_evidence_is_kept_for_pairs_that_were_refused(persons) -> None:
    kinds, refused, accepted = one(
        persons,
        """
        select
            count(distinct evidence),
            count(distinct number_key || later_number_key) filter (where not is_same_person),
            count(distinct number_key || later_number_key) filter (where is_same_person)
        from vault.population.pop_number_evidence
        inner join vault.population.pop_number_decision using (number_key, later_number_key)
        inner join (
            select distinct number_key as later_number_key, true as is_same_person
            from vault.population.pop_person_number
            union all
            select distinct later_number_key, false
            from vault.population.pop_number_decision
            where number_decision in ('contradicted', 'too_little', 'ambiguous')
        ) as outcome using (later_number_key)
        """,
    )
    assert kinds == 9
    assert refused > 10
    assert accepted > 10


def test_a_person_with_two_numbers_is_one_row(persons) -> None:
    """But for who has no day of birth under one of them: without it nobody is merged."""
    rows = one(
        persons,
        """
        select
            count(*) filter (where person.number_count = 2),
            count(*) filter (where person.person_key is null),
            count(second.person_key)
        from true_person as truth
        left join vault.population.pop_person as person
            on 'R' || truth.rin = person.person_key
        left join vault.population.pop_person as second
            on 'R' || truth.second_rin = second.person_key
        where truth.second_rin is not null
        and not exists (
            from true_defect as unknown
            where unknown.person = truth.person and unknown.kind = 'sentinel_birth_date'
        )
        """,
    )
    assert rows[0] > 50
    assert rows[1:] == (0, 0)


def test_birth_countries_are_corrected_where_wrong_and_nowhere_else(persons) -> None:
    """Every wrong or unknown code of the damage, to the true one, with a reason; no other code."""
    damaged, right, with_reason, elsewhere, unchanged = one(
        persons,
        """
        with damaged as (
            select distinct person from true_defect
            where kind in ('wrong_birth_country', 'sentinel_birth_country')
        )

        select
            count(damaged.person),
            count(*) filter (
                where damaged.person is not null
                and person.birth_country_code = truth.birth_country
            ),
            count(*) filter (
                where damaged.person is not null and person.birth_country_reason is not null
            ),
            count(*) filter (
                where damaged.person is null and person.birth_country_reason is not null
            ),
            count(*) filter (
                where person.birth_country_reason is null
                and person.birth_country_code is distinct from person.birth_country_reported_code
            )
        from true_person as truth
        inner join vault.population.pop_person as person
            on 'R' || truth.rin = person.person_key
        left join damaged using (person)
        """,
    )
    assert damaged > 50
    assert right >= 0.95 * damaged
    assert with_reason >= 0.95 * damaged
    assert (elsewhere, unchanged) == (0, 0)


def test_what_an_earlier_version_said_is_kept_and_does_not_count(persons) -> None:
    """Every correction between two versions is evidence, nothing else is; the later one holds."""
    corrected, kept, others, wrong = one(
        persons,
        """
        with corrected as (
            select
                'R' || truth.rin as person_key,
                case defect."column"
                    when 'GBAGESLACHT' then 'sex'
                    when 'GBAGEBOORTELAND' then 'birth_country'
                    else 'birth_date'
                end as attribute_name,
                defect.delivered_value
            from true_defect as defect
            inner join true_person as truth using (person)
            where defect.kind = 'corrected_later' and truth.second_rin is null
        ),

        -- Of two numbers of one person either version may know what the other does not.
        earlier as (
            select person_key, attribute_name, attribute_value
            from vault.population.pop_attribute_evidence
            inner join vault.population.pop_person using (person_key)
            where attribute_source = 'earlier_version' and number_count = 1
        )

        select
            (select count(*) from corrected),
            (
                select count(*) from corrected
                inner join earlier using (person_key, attribute_name)
                where ends_with(earlier.attribute_value, corrected.delivered_value)
            ),
            (select count(*) from earlier anti join corrected using (person_key, attribute_name)),
            (
                select count(*) from corrected
                inner join true_person as truth on corrected.person_key = 'R' || truth.rin
                inner join vault.population.pop_person as person using (person_key)
                where case corrected.attribute_name
                    when 'sex' then person.sex_code <> truth.sex
                    when 'birth_date' then person.birth_date <> truth.birth_date
                    else person.birth_country_code <> truth.birth_country
                end
            )
        """,
    )
    assert corrected > 50
    assert kept == corrected
    assert (others, wrong) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "column", "true_column"),
    [("sentinel_sex", "sex", "sex"), ("sentinel_birth_date", "birth_date", "birth_date")],
)
def test_what_is_filled_from_other_rows_is_true(persons, kind, column, true_column) -> None:
    value = f"person.{column}_code" if column == "sex" else f"person.{column}"
    filled, right = one(
        persons,
        f"""
        select count(*), count(*) filter (where {value} = truth.{true_column})
        from vault.population.pop_person as person
        inner join true_person as truth on 'R' || truth.rin = person.person_key
        semi join (select person from true_defect where kind = '{kind}') as damaged
            on truth.person = damaged.person
        where person.{column}_reason is not null
        """,
    )
    assert filled > 10
    assert right == filled


@pytest.mark.parametrize(
    ("kind", "problems"),
    [
        ("impossible_parent_age", "('parent_too_young', 'parent_too_old')"),
        ("own_parent", "('own_parent')"),
        (
            "birth_after_mother_death",
            "('birth_after_death_of_mother', 'parent_too_old', 'parent_too_young')",
        ),
    ],
)
def test_impossible_parents_are_flagged_and_kept(persons, kind, problems) -> None:
    damaged, flagged, believed = one(
        persons,
        f"""
        select
            count(*),
            count(*) filter (where link.problem in {problems}),
            count(*) filter (where link.problem is null)
        from true_defect as defect
        inner join true_person as child on defect.person = child.person
        inner join vault.population.pop_parent_child as link
            on
                'R' || child.rin = link.child_key
                and 'R' || defect.delivered_value = link.parent_key
        where defect.kind = '{kind}'
        """,
    )
    assert damaged > 10
    # A girl of twelve or a woman of seventy can be a mother: nine years apart cannot.
    assert flagged == damaged
    assert believed == 0


def test_parents_who_are_not_damaged_are_believed(persons) -> None:
    wrongly_flagged, *_ = one(
        persons,
        """
        select count(*)
        from vault.population.pop_parent_child as link
        inner join true_person as child on link.child_key = 'R' || child.rin
        anti join true_defect as defect
            on defect.person = child.person and defect.file_stem = 'KINDOUDERTAB'
        where link.problem is not null
        """,
    )
    assert wrongly_flagged == 0


def test_a_death_before_birth_is_flagged_and_not_believed(persons) -> None:
    damaged, kept, impossible = one(
        persons,
        """
        select
            count(*),
            count(*) filter (
                where death.death_date_reason = 'impossible_date'
                and death.death_date_reported = strptime(defect.delivered_value, '%Y%m%d')
            ),
            count(*) filter (where death.death_date < truth.birth_date)
        from true_defect as defect
        inner join true_person as truth using (person)
        left join vault.population.pop_death as death on 'R' || truth.rin = death.person_key
        where defect.kind = 'death_before_birth'
        """,
    )
    assert damaged > 5
    assert (kept, impossible) == (damaged, 0)


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("overlapping_address", "overlapping_address"),
        ("duplicated_address", "duplicated_address"),
        ("overlapping_household", "overlapping_household"),
        ("duplicated_household", "duplicated_household"),
    ],
)
def test_every_overlap_and_double_row_is_counted(persons, kind, problem) -> None:
    damaged, *_ = one(persons, f"select count(*) from true_defect where kind = '{kind}'")
    counted, *_ = one(
        persons,
        f"select row_count from vault.population.pop_problem_count where problem = '{problem}'",
    )
    assert damaged > 50
    assert counted == damaged


def test_every_kind_of_problem_has_a_count_an_example_and_a_treatment(persons) -> None:
    rows = persons.execute(
        """
        select problem, row_count, example_person_key, example_value, treatment
        from vault.population.pop_problem_count
        """
    ).fetchall()
    assert len(rows) > 30
    for problem, count, person, value, treatment in rows:
        assert treatment, problem
        if count:
            assert person or value, f"{problem}: {count} rows and no example"
