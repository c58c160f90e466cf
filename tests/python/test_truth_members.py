"""Household members are what respondents told of them, by the simulator's own record.

The truth comes from the questionnaires' rules; the crosswalk is never read here.
"""

import json

import duckdb
import pytest

from conftest import World

MAX_SHOWN = 10
HOUSEHOLD_SURVEYS = {("SPVA", year) for year in (1988, 1991, 1994, 1998, 2002)}


@pytest.fixture(scope="module")
def connection(world: World):
    """Open the warehouse with the truth of members and of respondents beside it."""
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        for table in ("survey_member_answer", "survey_respondent"):
            connection.execute(
                f"""
                create temp view {table} as
                select survey || survey_year || '-' || respondent_key as respondent_id, *
                from read_parquet('{world.truth / f"{table}.parquet"}')
                """
            )
        yield connection


def test_every_answer_about_a_member_is_recovered(connection) -> None:
    """By variable and survey: value and kind of missing equal the truth, none is lost or added."""
    compared = connection.execute(
        """
        select
            variable,
            survey,
            survey_year,
            count(*) as answers,
            count(*) filter (
                where truth.respondent_key is null
                or found.rule is null
                or found.value is distinct from truth.expected_value
                or found.missing_kind is distinct from truth.missing_kind
            ) as wrong
        from survey_member_answer as truth
        full join harmonised.harm_member_value as found
            using (respondent_id, survey, survey_year, member_number, variable)
        group by all
        """
    ).fetchall()
    assert [row for row in compared if row[4]][:MAX_SHOWN] == []
    assert {row[1:3] for row in compared} == HOUSEHOLD_SURVEYS
    asked = connection.execute(
        "select variable from reference.harmonised_variable where asked_of = 'member'"
    ).fetchall()
    assert {row[0] for row in compared} == {variable for (variable,) in asked}
    assert sum(row[3] for row in compared) > 1_000


def test_exactly_the_interviews_of_one_household_are_linked(connection) -> None:
    """A link joins two of one true household; who was interviewed there is hardly ever missed."""
    pairs, found, wrong, interviews = connection.execute(
        """
        with pair as (
            select
                mine.respondent_id,
                other.respondent_id as member_respondent_id
            from survey_respondent as mine
            inner join survey_respondent as other using (survey, survey_year, household)
            where mine.role in ('head', 'partner')
        )
        select
            count(pair.respondent_id),
            count(*) filter (where pair.respondent_id is not null and member_number is not null),
            count(*) filter (where pair.respondent_id is null),
            count(distinct pair.respondent_id)
        from pair
        full join (
            select * from marts.mart_household_member where member_respondent_id is not null
        ) as link using (respondent_id, member_respondent_id)
        """
    ).fetchone()
    assert wrong == 0
    assert pairs > interviews > 0, "no household with two interviews: the test would prove little"
    # Head and partner may change places between the drawing of the sample and the interview.
    assert found >= 0.97 * pairs


def test_a_linked_member_has_the_role_and_sex_of_the_interview(connection) -> None:
    links, wrong = connection.execute(
        """
        select
            count(*),
            count(*) filter (
                where own.household_role is distinct from member_relation
                or own.sex is distinct from member_sex
                or (own.respondent_id = member.respondent_id) is distinct from is_respondent
            )
        from marts.mart_household_member as member
        inner join harmonised.harm_cross_section as own
            on member_respondent_id = own.respondent_id
        """
    ).fetchone()
    assert links > 0
    assert wrong == 0


def test_members_come_from_answers_alone(world: World) -> None:
    """Nobody asked members for consent: nothing that knows registers is behind their rows."""
    manifest = json.loads((world.target / "manifest.json").read_text(encoding="utf-8"))
    parents, found = manifest["parent_map"], set()
    waiting = ["model.migrantpanel.mart_household_member"]
    while waiting:
        node = waiting.pop()
        found.add(node.split(".")[-1])
        waiting += [parent for parent in parents[node] if parent.split(".")[-1] not in found]
    assert {"harm_member_value", "stg_survey_answer"} <= found
    assert {name for name in found if name.startswith(("id_", "pop_", "panel_"))} == set()
    assert "stg_survey_key" not in found
