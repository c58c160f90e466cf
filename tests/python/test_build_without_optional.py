"""A build from the required registers alone: what is absent is null, with its reason."""

import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from conftest import World
from migrantpanel.landing.catalogue import read_catalogue
from migrantpanel.landing.files import find_files, recognise
from migrantpanel.project import seeds_dir

MART = "mart_person_year"
# Reasons that say that a value could not be there; `unknown` would claim that somebody looked.
REASONS = {"not_delivered", "not_resident", "not_in_population", "no_death"}
# These say what a delivered code means, or that a value is no longer kept: nothing here.
OF_CODES = ("second_nationality", "percentile", "poverty_line")


@pytest.fixture(scope="module")
def built(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Land the small world without its optional registers, and build the wide panel from it."""
    copy = World(tmp_path_factory.mktemp("required") / "world")
    shutil.copytree(world.extracts, copy.extracts)
    catalogue = read_catalogue(seeds_dir(), None)
    optional = {stem.stem for stem in catalogue.stems.values() if not stem.required}
    for record in recognise(find_files([copy.extracts]), catalogue):
        if record.stem in optional:
            record.full_path.unlink()
    landed = copy.run("land")
    assert landed.returncode == 0, landed.stderr
    absent = pl.read_parquet(copy.landing / "absent" / "*.parquet")["stem"]
    # Of earlier versions nobody says that they lack.
    assert set(absent) == optional - {"gbapersoontab_earlier"}
    build = copy.root / "warehouse" / "build"
    build.mkdir(parents=True)
    untested = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    done = copy.dbt(build, "build", "--select", f"+{MART}", *untested)
    assert done.returncode == 0, done.stdout
    return build / "migrant_panel.duckdb"


def test_what_is_not_delivered_is_null_with_its_reason(built: Path) -> None:
    with duckdb.connect(built, read_only=True) as panel:
        ((people,),) = panel.execute(f"select count(*) from marts.{MART}").fetchall()
        assert people > 0
        columns = [row[0] for row in panel.execute(f"describe marts.{MART}").fetchall()]
        reasons = [column for column in columns if column.endswith("_missing_reason")]
        assert reasons
        for column in reasons:
            found = panel.execute(f"select distinct {column} from marts.{MART}").fetchall()
            told = {reason for (reason,) in found}
            if any(part in column for part in OF_CODES):
                assert told == {None}, column
            else:
                assert "not_delivered" in told <= REASONS, column
        for column in ("personal_income_eur", "education_level", "labour_group",
                       "municipality_code"):  # fmt: skip
            ((given,),) = panel.execute(f"select count({column}) from marts.{MART}").fetchall()
            assert given == 0, column


def test_what_the_required_registers_say_is_still_there(built: Path) -> None:
    with duckdb.connect(built, read_only=True) as panel:
        rows = panel.execute(
            f"select count(residence_status), count(civil_status_code), count(household_type_code)"
            f" from marts.{MART}"
        ).fetchall()
    assert min(rows[0]) > 0
