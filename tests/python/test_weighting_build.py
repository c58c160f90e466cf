"""The weights of the built warehouse, against the simulated truth and against R.

The populations are counted here from the simulator's own record of who was registered where, not
from what the warehouse made of the delivered registers.
"""

import shutil
import subprocess
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from absent import require_r
from conftest import World
from migrantpanel.dbt_runner import dbt_environment, run_dbt
from migrantpanel.errors import UserError
from migrantpanel.project import project_dir
from migrantpanel.warehouse.publish import PANEL_FILE, VAULT_FILE

SCRIPT = Path(__file__).with_name("r") / "calibrate_reference.R"
# Somebody with two numbers is counted twice until both are known to be one person.
DUPLICATES = 2
# What moves a person to another cell of the margins, or out of them.
DAMAGE = (
    "'sentinel_sex', 'sentinel_birth_date', 'sentinel_birth_country', 'sentinel_origin', "
    "'wrong_birth_country', 'late_registration', 'wrong_removal', 'death_before_birth'"
)
# How far the projection to the years before the registers may be off, of a survey's population.
BACK_PROJECTION = 0.06
TRUE_POPULATION = """
    with

    survey as (select * from reference.survey_population),

    member as (
        select
            survey.survey,
            survey.survey_year,
            survey.unit,
            person.person,
            person.origin as origin_group,
            person.sex,
            home.household,
            home.is_reference,
            home.partner,
            home.municipality
        from survey
        inner join read_parquet('{truth}/registration.parquet') as spell
            on spell.start <= survey.reference_date
            and coalesce(spell."end" > survey.reference_date, true)
        inner join read_parquet('{truth}/person.parquet') as person using (person)
        inner join read_parquet('{truth}/household_spell.parquet') as home
            on home.person = person.person
            and home.start <= survey.reference_date
            and coalesce(home."end" > survey.reference_date, true)
        inner join reference.survey_population_group as part
            on part.survey = survey.survey
            and part.survey_year = survey.survey_year
            and part.origin_group = person.origin
        where
            home.type != '8'
            and date_part('year', age(survey.reference_date, person.birth_date))
            between survey.age_from and coalesce(survey.age_to, 999)
            and (
                part.arrived_from is null
                or (person.generation = '1' and person.first_arrival_date >= part.arrived_from)
            )
    )

    select member.*
    from member
    where
        unit = 'person'
        or is_reference
        or exists (
            select 1 from member as head
            where
                head.is_reference
                and head.survey = member.survey
                and head.survey_year = member.survey_year
                and head.household = member.household
                and head.person = member.partner
        )
"""


def add_truth(connection: duckdb.DuckDBPyConnection, world: World) -> None:
    """Add the true population of every survey, and who of it was damaged."""
    connection.execute(
        f"create temp table true_population as {TRUE_POPULATION.format(truth=world.truth)}"
    )
    connection.execute(
        f"""
        create temp table damaged as
        select distinct survey, survey_year, person
        from true_population
        inner join read_parquet('{world.truth}/defect.parquet') using (person)
        where kind in ({DAMAGE})
        """
    )


@pytest.fixture(scope="module")
def connection(world: World):
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        connection.execute(f"attach '{world.vault}' as vault (read_only)")
        add_truth(connection, world)
        yield connection


def test_margins_are_the_population_that_was_registered(connection) -> None:
    """By survey, origin group and sex, for every survey that the registers reach."""
    found = connection.sql(
        """
        select
            survey,
            survey_year,
            origin_group,
            category as sex,
            margin.total,
            truth.people
        from vault.population.pop_margin as margin
        full outer join (
            select survey, survey_year, origin_group, sex as category, count(*) as people
            from true_population group by all
        ) as truth using (survey, survey_year, origin_group, category)
        where margin = 'sex' and area = 'nation' and margin_evidence = 'register'
        """
    ).pl()
    assert found["survey_year"].n_unique() == 8
    off = (found["total"] - found["people"]).abs()
    assert off.is_not_null().all()
    # Whose record is damaged may be missing, or counted in another cell.
    ((damaged,),) = connection.sql("select count(*) from damaged").fetchall()
    assert damaged < 0.02 * found["people"].sum()
    assert off.sum() <= DUPLICATES + damaged
    assert found["people"].sum() > 10_000


def test_surveys_before_the_registers_are_projected_back(connection) -> None:
    found = connection.sql(
        """
        select
            survey_year,
            max(margin_evidence) as evidence,
            sum(total) as total,
            sum(panel_total) as panel_total,
            (
                select count(*) from true_population as truth
                where truth.survey_year = margin.survey_year
            ) as people
        from vault.population.pop_margin as margin
        where margin = 'population' and area = 'nation' and margin_evidence != 'register'
        group by survey_year
        """
    ).pl()
    assert sorted(found["survey_year"]) == [1988, 1991, 1994]
    assert set(found["evidence"]) == {"back_projection"}
    assert ((found["total"] / found["people"] - 1).abs() < BACK_PROJECTION).all()
    # Who died or left before the registers start cannot be followed.
    assert (found["panel_total"] < found["total"]).all()


def test_every_weighted_respondent_has_each_kind_of_weight(connection) -> None:
    rows = connection.sql(
        """
        select
            count(*) as respondents,
            count(weight) filter (where weight_kind = 'calibrated') as calibrated,
            count(weight_trimmed) as trimmed,
            count(weight_education) filter (where survey_year >= 2000) as with_education,
            count(*) filter (where survey_year >= 2000) as recent,
            count(weight_panel) as panel,
            count(*) filter (where link_status = 'linked') as linked,
            avg(weight_pooled) as pooled,
            avg(weight_pooled_equal) as pooled_equal
        from marts.mart_survey_weight
        inner join marts.mart_cross_section using (respondent_id)
        """.replace("survey_year", "mart_survey_weight.survey_year")
        .replace("weight_kind", "mart_survey_weight.weight_kind")
        .replace("count(weight)", "count(mart_survey_weight.weight)")
        .replace("avg(weight_pooled)", "avg(mart_survey_weight.weight_pooled)")
    ).pl().row(0, named=True)  # fmt: skip
    assert rows["calibrated"] == rows["trimmed"] == rows["respondents"] > 400
    assert rows["with_education"] == rows["recent"]
    assert rows["panel"] == rows["linked"]
    assert rows["pooled"] == pytest.approx(1)
    assert rows["pooled_equal"] == pytest.approx(1)


def test_equal_surveys_count_the_same_and_populations_by_their_size(connection) -> None:
    found = connection.sql(
        """
        select
            survey,
            survey_year,
            sum(weight_pooled_equal) as equal,
            sum(weight_pooled) / sum(weight) as scale
        from marts.mart_survey_weight
        group by all
        """
    ).pl()
    assert np.allclose(found["equal"], found["equal"].mean(), rtol=1e-9)
    assert np.allclose(found["scale"], found["scale"].mean(), rtol=1e-9)


def test_what_was_merged_or_given_up_has_its_reason(connection) -> None:
    """Nothing is dropped in silence, and what is left was asked for."""
    found = connection.sql("select * from weighting.wgt_collapse").pl()
    changed = (found["collapsed_category"] != found["category"]).fill_null(True)
    given_up = found["collapsed_category"].is_null()
    assert found.filter(given_up)["reason"].is_not_null().all()
    assert found.filter(~changed)["reason"].is_null().all()
    kept = found.filter(~given_up & (pl.Series(found["category"]) != "(unknown)"))
    smallest = kept.group_by(
        "survey", "survey_year", "domain", "variant", "margin", "collapsed_category"
    ).agg(pl.col("respondent_count").sum())
    assert smallest["respondent_count"].min() >= 5


def test_replicates_are_of_every_weighted_respondent(connection) -> None:
    replicates, rows, respondents = connection.execute(
        """
        select max(replicate), count(*), count(distinct respondent_id)
        from marts.mart_replicate_weight
        """
    ).fetchone()
    weighted = connection.execute("select count(weight) from marts.mart_survey_weight").fetchone()
    assert replicates == 200
    assert (respondents,) == weighted
    assert rows == replicates * respondents


# --- municipalities ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def of_municipalities(world: World, tmp_path_factory: pytest.TempPathFactory):
    """Weigh the world again with SPVA as a survey of the municipalities it was drawn in."""
    root = tmp_path_factory.mktemp("municipalities")
    build = root / "build"
    (build / "tmp").mkdir(parents=True)
    shutil.copy(world.warehouse, build / PANEL_FILE)
    shutil.copy(world.vault, build / VAULT_FILE)
    environment = dbt_environment(build, world.landing) | {
        "DBT_TARGET_PATH": str(root / "target"),
        "DBT_LOG_PATH": str(root / "logs"),
    }
    chosen = ["--select", "wgt_design+", "--exclude", "resource_type:unit_test"]
    switch = ["--vars", "{municipality_surveys: [SPVA], replicate_count: 2}"]
    databases = {"migrant_panel": build / PANEL_FILE, "vault": build / VAULT_FILE}
    run_dbt(["build", *chosen, *switch], project_dir(), environment, "build", databases)
    with duckdb.connect(build / PANEL_FILE, read_only=True) as connection:
        add_truth(connection, world)
        yield connection


def test_a_survey_can_speak_for_the_municipalities_it_was_drawn_in(of_municipalities) -> None:
    found = of_municipalities.sql(
        """
        with cluster as (
            select distinct survey, survey_year, cluster as municipality
            from weighting.wgt_design
            where represents = 'municipalities'
        ),
        truth as (
            select survey, survey_year, count(*) as people
            from true_population
            inner join cluster using (survey, survey_year, municipality)
            -- A group without a respondent in these municipalities has no weights.
            inner join (
                select distinct survey, survey_year, domain as origin_group
                from marts.mart_survey_weight
            ) using (survey, survey_year, origin_group)
            group by all
        )
        select
            survey,
            survey_year,
            people,
            any_value(damaged_count) as damaged,
            sum(weight) as weight_sum
        from marts.mart_survey_weight
        inner join truth using (survey, survey_year)
        inner join (
            select survey, survey_year, count(*) as damaged_count from damaged group by all
        ) using (survey, survey_year)
        where survey_year >= 1998
        group by survey, survey_year, people
        """
    ).pl()
    assert sorted(found["survey_year"]) == [1998, 2002]
    off = (found["weight_sum"] - found["people"]).abs()
    assert (off <= DUPLICATES + found["damaged"]).all()
    assert (off < 0.02 * found["people"]).all()


def test_every_trend_says_what_it_represents(of_municipalities) -> None:
    rows = of_municipalities.execute(
        "select distinct survey, represents from marts.mart_trend order by 1, 2"
    ).fetchall()
    assert rows == [
        ("SIM", "nation"),
        ("SING", "nation"),
        ("SPVA", "municipalities"),
        ("SPVN", "nation"),
    ]


# --- what R gives --------------------------------------------------------------------------------


@pytest.mark.r
def test_the_weights_of_the_build_equal_those_of_r_survey(connection, tmp_path) -> None:
    """The largest groups of the build, with their own merged margins and bounds."""
    require_r("survey")
    key = "survey, survey_year, domain, variant"
    groups = connection.execute(
        f"""
        select {key}
        from weighting.wgt_calibration_member
        group by all
        having count(distinct margin) > 1
        order by count(*) desc, {key}
        limit 4
        """
    ).fetchall()
    assert len(groups) == 4
    for group in groups:
        is_group = " and ".join(
            f"{name} = {value!r}" for name, value in zip(key.split(", "), group, strict=True)
        )
        members = connection.sql(
            f"select * from weighting.wgt_calibration_member where {is_group}"
        ).pl()
        weights = connection.sql(f"select * from weighting.wgt_calibrated where {is_group}").pl()
        targets = connection.sql(
            f"""
            select margin, category, total
            from weighting.wgt_calibration_target
            where {is_group}
            order by margin, category
            """
        ).pl()
        sample = (
            members.pivot(on="margin", index="respondent_id", values="category")
            .join(weights, on="respondent_id")
            .sort("respondent_id")
        )
        sample.rename({"start_weight": "d"}).write_csv(tmp_path / "sample.csv")
        targets.write_csv(tmp_path / "margins.csv")
        case = "linear:0.34:2.95"
        subprocess.run(
            ["Rscript", SCRIPT, "sample.csv", "margins.csv", "weights.csv", case],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        expected = pl.read_csv(tmp_path / "weights.csv").to_series().to_numpy()
        assert np.max(np.abs(sample["weight"].to_numpy() / expected - 1)) < 1e-8, group


# --- bad sample files ----------------------------------------------------------------------------

IMPOSSIBLE = {
    "drawn_units = 0": "counts of 1 or more",
    "frame_units = -5": "counts of 1 or more",
    "drawn_units = frame_units + 1": "more units are drawn than the frame holds",
    "drawn_units = null": "frame units or drawn units are missing",
    "cluster_probability = 0": "the chance of the municipality",
    "cluster_probability = 'nan'": "the chance of the municipality",
    "household_probability = 1.5": "the chance within the household",
    "household_probability = null": "the chance within the household",
    "origin_group = 'XXX'": "known_codes",
}


def test_impossible_chances_stop_the_build_and_are_named(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One unit is damaged per problem; each is in the failing rows."""
    root = tmp_path_factory.mktemp("impossible")
    build = root / "build"
    (build / "tmp").mkdir(parents=True)
    shutil.copy(world.warehouse, build / PANEL_FILE)
    shutil.copy(world.vault, build / VAULT_FILE)
    with duckdb.connect(build / PANEL_FILE) as connection:
        numbers = connection.execute(
            "select sample_number from harmonised.harm_drawn_unit where survey_year = 2006 limit 9"
        ).fetchall()
        for change, (number,) in zip(IMPOSSIBLE, numbers, strict=True):
            connection.execute(
                f"""
                update harmonised.harm_drawn_unit set {change}
                where survey_year = 2006 and sample_number = '{number}'
                """
            )
    environment = dbt_environment(build, world.landing) | {
        "DBT_TARGET_PATH": str(root / "target"),
        "DBT_LOG_PATH": str(root / "logs"),
    }
    databases = {"migrant_panel": build / PANEL_FILE, "vault": build / VAULT_FILE}
    command = ["test", "--select", "harm_drawn_unit", "--store-failures"]
    with pytest.raises(UserError) as raised:
        run_dbt(command, project_dir(), environment, "test", databases)
    message = str(raised.value)
    assert "assert_chance_of_selection_possible" in message
    assert "known_codes_harm_drawn_unit" in message
    with duckdb.connect(build / PANEL_FILE, read_only=True) as connection:
        (schema,) = connection.execute(
            "select table_schema from information_schema.tables "
            "where table_name = 'assert_chance_of_selection_possible'"
        ).fetchone()
        found = connection.execute(
            f"select problem from {schema}.assert_chance_of_selection_possible"
        ).fetchall()
    expected = [text for text in IMPOSSIBLE.values() if text != "known_codes"]
    assert len(found) == len(expected)
    assert all(any(text in problem for (problem,) in found) for text in expected)


# --- figures of the default world ----------------------------------------------------------------


def test_the_projection_is_near_the_truth_in_a_larger_country(default_world: World) -> None:
    """Within two percent of each survey's population, and ten percent of any origin group."""
    with duckdb.connect(default_world.warehouse, read_only=True) as connection:
        connection.execute(f"attach '{default_world.vault}' as vault (read_only)")
        truth = TRUE_POPULATION.format(truth=default_world.truth)
        found = connection.sql(
            f"""
            select survey_year, origin_group, margin.total, truth.people
            from vault.population.pop_margin as margin
            inner join (
                select survey_year, origin_group, count(*) as people from ({truth}) group by all
            ) as truth using (survey_year, origin_group)
            where margin = 'population' and area = 'nation' and survey_year < 1995
            """
        ).pl()
    surveys = found.group_by("survey_year").agg(pl.col("total").sum(), pl.col("people").sum())
    assert ((surveys["total"] / surveys["people"] - 1).abs() < 0.02).all()
    assert ((found["total"] / found["people"] - 1).abs() < 0.10).all()


def test_panel_weights_keep_those_who_die(default_world: World) -> None:
    """The dead after ten years are as many as in the registers; weights of survivors would miss
    nearly all of them. Four standard errors of each survey."""
    with duckdb.connect(default_world.warehouse, read_only=True) as connection:
        connection.execute(f"attach '{default_world.vault}' as vault (read_only)")
        found = connection.sql(
            """
            with population as (
                select
                    person.survey_year,
                    avg(case when spell.status = 'dead' then 1 else 0 end) as dead
                from vault.population.pop_survey_person as person
                inner join vault.population.pop_residence_spell as spell
                    on
                        person.person_key = spell.person_key
                        and spell.start_date <= make_date(person.survey_year + 10, 12, 31)
                        and coalesce(
                            spell.end_date > make_date(person.survey_year + 10, 12, 31), true
                        )
                where person.stock = 'reference' and person.survey_year between 1995 and 2013
                group by person.survey_year
            )

            select
                followed.survey_year,
                dead_population / followed.population as estimate,
                population.dead,
                diagnostic.effective_sample_size as n
            from statistics.stat_panel_window as followed
            inner join population using (survey_year)
            inner join weighting.wgt_diagnostic as diagnostic
                on
                    diagnostic.survey_year = followed.survey_year
                    and diagnostic.variant = 'panel'
                    and diagnostic.domain = '(all)'
            where years_after = 10
            """
        ).pl()
    assert found.height == 6
    error = (found["dead"] * (1 - found["dead"]) / found["n"]).sqrt()
    assert ((found["estimate"] - found["dead"]).abs() < 4 * error).all()
