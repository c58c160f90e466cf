"""Harmonised values and design weights are what really happened, by the simulator's own record.

The truth comes from the questionnaires' rules; the crosswalk is never read here, so a slip in
either shows.
"""

import duckdb
import pytest

from conftest import World

MAX_SHOWN = 10


@pytest.fixture(scope="module")
def connection(world: World):
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        connection.execute(
            f"""
            create temp view truth as
            select
                survey || survey_year || '-' || respondent_key as respondent_id,
                *
            from read_parquet('{world.truth / "survey_answer.parquet"}')
            """
        )
        yield connection


def variables(world: World) -> list[str]:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select variable from reference.harmonised_variable "
            "where asked_of = 'respondent' order by position"
        ).fetchall()
    return [variable for (variable,) in rows]


def test_every_answer_is_recovered_or_its_loss_explained(world: World, connection) -> None:
    """By variable and survey: value and kind of missing equal the truth, and none is left out.

    What an error in the questionnaire destroyed is expected as technical error.
    """
    compared = connection.execute(
        """
        select
            truth.variable,
            truth.survey,
            truth.survey_year,
            count(*) as answers,
            count(*) filter (
                where found.respondent_id is null
                or found.value is distinct from truth.expected_value
                or found.missing_kind is distinct from truth.missing_kind
            ) as wrong,
            any_value(
                truth.respondent_id || ': ' || coalesce(truth.expected_value, truth.missing_kind)
                || ' became ' || coalesce(found.value, found.missing_kind, 'nothing')
            ) filter (
                where found.value is distinct from truth.expected_value
                or found.missing_kind is distinct from truth.missing_kind
            ) as example
        from truth
        left join marts.mart_harmonised_value as found using (respondent_id, variable)
        group by all
        """
    ).fetchall()
    wrong = [row for row in compared if row[4]]
    assert wrong[:MAX_SHOWN] == []
    surveys = {row[1:3] for row in compared}
    assert len(surveys) == 11
    assert {row[0] for row in compared} == set(variables(world))
    assert sum(row[3] for row in compared) > 5_000


def test_the_truth_holds_answers_of_every_kind(connection) -> None:
    """A truth without refusals or routing would prove little."""
    kinds = connection.execute(
        "select missing_kind, count(*) from truth where missing_kind is not null group by all"
    ).fetchall()
    assert {"not_asked", "routed", "refused", "dont_know"} <= {kind for kind, _ in kinds}


def test_damaged_answers_are_those_of_the_manifest(world: World, connection) -> None:
    """Destroyed for good: in the manifest without a delivered value; the others were recovered."""
    manifest = f"""
        select person, "column", true_value, delivered_value
        from read_parquet('{world.truth / "defect.parquet"}')
        where starts_with(kind, 'filter_error') and not contains("column", '{{n}}')
    """
    lost, recovered = connection.execute(
        f"select count(*) filter (where delivered_value is null), count(delivered_value) "
        f"from ({manifest})"
    ).fetchone()
    assert lost > 0
    assert recovered > lost
    damaged, technical = connection.execute(
        """
        select count(*) filter (where damaged), count(*) filter (
            where damaged and found.missing_kind = 'technical_error'
        )
        from truth
        left join marts.mart_harmonised_value as found using (respondent_id, variable)
        """
    ).fetchone()
    assert damaged == technical == lost


def test_each_respondent_of_the_truth_is_in_the_cross_section(world: World, connection) -> None:
    path = world.truth / "survey_respondent.parquet"
    lost, gained = connection.execute(
        f"""
        select
            count(*) filter (where found.respondent_id is null),
            count(*) filter (where truth.respondent_key is null)
        from read_parquet('{path}') as truth
        full join marts.mart_cross_section as found
            on truth.survey || truth.survey_year || '-' || truth.respondent_key
            = found.respondent_id
        """
    ).fetchone()
    assert (lost, gained) == (0, 0)


def test_design_weights_are_inverse_inclusion_probabilities(world: World, connection) -> None:
    path = world.truth / "survey_sample.parquet"
    respondents, wrong = connection.execute(
        f"""
        select
            count(*),
            count(*) filter (
                where not coalesce(
                    abs(weights.weight_design * truth.inclusion_probability - 1) < 1e-6, false
                )
            )
        from read_parquet('{path}') as truth
        inner join marts.mart_survey_weight as weights
            on truth.survey || truth.survey_year || '-' || truth.respondent_key
            = weights.respondent_id
        """
    ).fetchone()
    total = connection.execute("select count(*) from marts.mart_survey_weight").fetchone()[0]
    assert respondents == total > 0
    assert wrong == 0
