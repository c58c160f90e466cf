"""The examples of docs/variance.md run, and say the same."""

import csv
import re
import subprocess
from pathlib import Path

import duckdb
import polars as pl
import pytest

from conftest import World
from migrantpanel.project import project_dir


def blocks(language: str) -> list[str]:
    text = (project_dir() / "docs" / "variance.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def here(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that has the warehouse where the examples look for it."""
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "migrant_panel.duckdb").symlink_to(world.warehouse)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_query_runs(here: Path) -> None:
    with duckdb.connect("warehouse/migrant_panel.duckdb", read_only=True) as panel:
        for sql in blocks("sql"):
            if sql.lstrip().startswith("copy"):
                panel.execute(sql)
            else:
                assert len(panel.sql(sql).pl()) > 0, sql
        mean = panel.sql(
            "from marts.weighted_mean(age, 'all', survey = 'SIM' and survey_year = 2015)"
        )
        by_hand = panel.sql(blocks("sql")[3]).pl()
        assert by_hand["se"][0] == pytest.approx(mean.pl()["se"][0], rel=1e-9)
        assert by_hand["replicates"][0] == 200
    people = pl.read_csv(here / "people.csv", infer_schema_length=None)
    assert sum(name.startswith("rw") for name in people.columns) == 200


def test_python_gives_the_same_estimate(here: Path) -> None:
    scope: dict = {}
    (code,) = blocks("python")
    exec(code.replace("estimate(people,", "found = estimate(people,"), scope)
    with duckdb.connect("warehouse/migrant_panel.duckdb", read_only=True) as panel:
        query = panel.sql(
            "from marts.weighted_mean(age, sex, survey = 'SIM' and survey_year = 2015)"
        ).pl()
    assert scope["found"]["estimate"].to_list() == pytest.approx(query["estimate"].to_list())
    assert (scope["found"]["se"] > 0).all()


@pytest.mark.r
def test_r_gives_the_same_error(here: Path) -> None:
    """The R example from `design <-` on, with its two tables from files instead of DuckDB."""
    where = "mart.survey = 'SIM' and mart.survey_year = 2015"
    with duckdb.connect("warehouse/migrant_panel.duckdb", read_only=True) as panel:
        panel.execute(
            "copy (select mart.respondent_id, mart.age, mart.sex, weight.weight as final_weight "
            "from marts.mart_cross_section as mart inner join marts.mart_survey_weight as weight "
            f"using (respondent_id) where {where} and weight.weight is not null "
            "order by respondent_id) to 'people.csv'"
        )
        panel.execute(
            "copy (pivot marts.mart_replicate_weight on replicate using max(weight) "
            "group by respondent_id order by respondent_id) to 'replicates.csv'"
        )
        query = panel.sql(
            "from marts.weighted_mean(age, 'all', survey = 'SIM' and survey_year = 2015)"
        ).pl()
    (code,) = blocks("r")
    lines = code.splitlines()
    match = next(line for line in lines if "match(people" in line)
    design = "\n".join(lines[lines.index("design <- svrepdesign(") :])
    design = design.replace("svymean(~age, design)", "found <- svymean(~age, design)")
    script = (
        "suppressPackageStartupMessages(library(survey))\n"
        "people <- read.csv('people.csv')\nreplicates <- read.csv('replicates.csv')\n"
        f"{match}\n{design}\n"
        "write.csv(data.frame(estimate = coef(found), se = as.numeric(SE(found))), 'found.csv')\n"
    )
    Path("example.R").write_text(script, encoding="utf-8")
    done = subprocess.run(["Rscript", "example.R"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with Path("found.csv").open(encoding="utf-8") as lines_found:
        (row,) = csv.DictReader(lines_found)
    assert float(row["estimate"]) == pytest.approx(query["estimate"][0], rel=1e-9)
    assert float(row["se"]) == pytest.approx(query["se"][0], rel=1e-9)
