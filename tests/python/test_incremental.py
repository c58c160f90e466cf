"""An incremental build gives the rows of a full one, and builds only what changed files reach."""

import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from conftest import World
from migrantpanel.warehouse import digest
from migrantpanel.warehouse.incremental import (
    EVERY_YEAR,
    LandedFile,
    Plan,
    State,
    changed_sources,
    make_plan,
)

# The newest register year, and one in the middle that later years may lean on.
YEARS = (2015, 2023)


def state(**files: dict[str, tuple[str, int | None]]) -> State:
    """Return a state of sources whose files have a digest and a year."""
    return State("code", {
        source: {name: LandedFile(*file) for name, file in of_source.items()}
        for source, of_source in files.items()
    })  # fmt: skip


def test_a_new_file_of_a_yearly_register_changes_its_year() -> None:
    before = state(inpatab={"a": ("1", 2022)}, gbapersoontab={"p": ("1", 2023)})
    after = state(inpatab={"a": ("1", 2022), "b": ("1", 2023)}, gbapersoontab={"p": ("1", 2023)})
    assert changed_sources(before, after, ["inpatab"]) == {"inpatab": frozenset([2023])}


def test_a_new_version_changes_its_year_and_a_spell_file_every_year() -> None:
    before = state(inpatab={"v1": ("1", 2019)}, gbapersoontab={"p": ("1", 2022)})
    after = state(inpatab={"v2": ("2", 2019)}, gbapersoontab={"q": ("2", 2023)})
    assert changed_sources(before, after, ["inpatab"]) == {
        "inpatab": frozenset([2019]),
        "gbapersoontab": EVERY_YEAR,
    }


def test_a_file_that_is_gone_counts_as_changed() -> None:
    before = state(inpatab={"a": ("1", 2022)})
    assert changed_sources(before, state(), ["inpatab"]) == {"inpatab": frozenset([2022])}


def test_equal_files_change_nothing() -> None:
    before = state(inpatab={"a": ("1", 2022)})
    assert changed_sources(before, before, ["inpatab"]) == {}


def test_a_file_of_events_counts_from_its_earliest_event(world: World) -> None:
    with duckdb.connect(world.vault, read_only=True) as vault:
        late = vault.execute(
            """
            select count(*) filter (where built.file_year < change.publication_year), count(*)
            from landing.built_file as built
            inner join (
                select source_file, publication_year, min(year(change_date)) as first_year
                from staging.stg_nationality_change
                group by all
            ) as change
                on
                    built.source = 'gbanatgewijzigdenmassabus'
                    and split_part(built.name, '.', 1) = split_part(change.source_file, '.', 1)
                    and built.file_year = change.first_year
            """
        ).fetchone()
    assert late[0] > 0
    assert late[1] > 20


def manifest(**models: tuple[str | None, list[str]]) -> dict:
    """Return dbt's manifest of one source `yearly` and models with a rule and parents."""
    nodes = {
        f"model.m.{name}": {
            "name": name,
            "resource_type": "model",
            "depends_on": {"nodes": [p if "." in p else f"model.m.{p}" for p in parents]},
            "config": {"meta": {"rebuild": rule} if rule else {}},
        }
        for name, (rule, parents) in models.items()
    }
    return {"nodes": nodes, "sources": {"source.yearly": {"identifier": "yearly"}}}


def test_years_go_downstream_as_far_as_models_allow_it() -> None:
    plan = make_plan(
        manifest(
            stage=("same_year", ["source.yearly"]),
            carried=("onward", ["stage"]),
            looked_ahead=("onward_from_year_before", ["stage"]),
            wide=("same_year", ["stage", "carried"]),
            total=(None, ["stage"]),
            after_total=("same_year", ["total", "stage"]),
            weight=("until_last_survey", ["stage"]),
            apart=(None, []),
        ),
        {"yearly": frozenset([2015])},
        last_survey=2020,
    )
    assert plan.conditions == {
        "stage": "year between 2015 and 2015",
        "carried": "year >= 2015",
        "looked_ahead": "year >= 2014",
        "wide": "year >= 2015",
    }
    assert plan.whole == ["total", "after_total", "weight"]


def test_a_year_after_the_last_survey_changes_nothing_that_leans_on_surveys() -> None:
    models = manifest(
        stage=("same_year", ["source.yearly"]),
        weight=("until_last_survey", ["stage"]),
        estimate=(None, ["weight"]),
    )
    changed = {"yearly": frozenset([2021])}
    assert make_plan(models, changed, last_survey=2020).models == ["stage"]
    assert make_plan(models, changed, last_survey=2021).whole == ["weight", "estimate"]


def test_a_source_that_changed_in_every_year_makes_all_of_it_whole() -> None:
    models = manifest(stage=("same_year", ["source.yearly"]), wide=("same_year", ["stage"]))
    plan = make_plan(models, {"yearly": EVERY_YEAR}, last_survey=2020)
    assert plan == Plan(["stage", "wide"], {})


def yearly_files(world: World, year: int) -> list[Path]:
    """Return the landed files of a year of registers with one file per year."""
    landed = pl.read_parquet(world.landing / "manifest" / "manifest.parquet").filter(
        pl.col("status") == "landed", pl.col("kind") == "register"
    )
    years = landed.group_by("stem").agg(pl.col("file_year").n_unique().alias("years"))
    yearly = landed.join(years.filter(pl.col("years") > 1), on="stem", how="semi")
    return [Path(path) for path in yearly.filter(pl.col("file_year") == year)["path"]]


@pytest.fixture(scope="module")
def grown(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """A world that got its files in four deliveries, and what the last build said."""
    other = World(tmp_path_factory.mktemp("grown"))
    shutil.copytree(world.extracts, other.extracts)
    shutil.copytree(world.truth, other.truth)
    middle, newest = ([world.extracts / path for path in yearly_files(world, y)] for y in YEARS)
    # A new version of a register that holds all years: the older one stands beside it.
    version = next(world.extracts.rglob("KINDOUDER2023TABV10.*"))
    for path in (version, *middle, *newest):
        (other.extracts / path.relative_to(world.extracts)).unlink()
    builds = [other.run("build")]
    for delivery in ([version], middle, newest):
        for path in delivery:
            shutil.copy2(path, other.extracts / path.relative_to(world.extracts))
        builds.append(other.run("build", "--incremental"))
    for done in builds:
        assert done.returncode == 0, done.stderr
    assert len(middle) + len(newest) > 20
    return other, " ".join(builds[-1].stderr.split())


@pytest.mark.slow
@pytest.mark.parametrize("schema", ["marts", "panel", "harmonised", "statistics"])
def test_four_deliveries_give_the_rows_of_one(world: World, grown, schema: str) -> None:
    other, _ = grown
    one, four = digest(world.warehouse, schema), digest(other.warehouse, schema)
    assert {table for table in one if one[table] != four[table]} == set()
    assert one.keys() == four.keys()


@pytest.mark.slow
def test_files_of_some_years_rebuild_those_years_only(grown) -> None:
    _, said = grown
    assert re.search(r"to build again: \d+ models whole, (2[5-9]|[3-9]\d) for the changed", said)


@pytest.mark.slow
def test_without_a_change_nothing_is_built(grown) -> None:
    other, _ = grown
    before = (other.warehouse.stat().st_mtime_ns, other.vault.stat().st_mtime_ns)
    done = other.run("build", "--incremental")
    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stderr
    assert (other.warehouse.stat().st_mtime_ns, other.vault.stat().st_mtime_ns) == before


def test_a_selection_is_not_mixed_with_what_changed(world: World) -> None:
    done = world.run("build", "--select", "mart_person_year", "--incremental")
    assert done.returncode == 2
    assert "not both" in done.stderr


def test_a_published_build_says_what_it_was_made_from(world: World) -> None:
    with duckdb.connect(world.vault, read_only=True) as vault:
        built = vault.execute(
            "select count(*), count(distinct source) from landing.built_file"
        ).fetchone()
    assert built[0] > 300
    assert built[1] > 40
