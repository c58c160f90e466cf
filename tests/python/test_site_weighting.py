"""The pages on weights: every survey, every stratum, and a warehouse that lacks the tables."""

import re
from pathlib import Path

import duckdb
import pytest

from conftest import World
from migrantpanel.project import project_dir
from migrantpanel.site import weighting
from migrantpanel.site.harmonised import read_words

PAGES = (weighting.write_weights, weighting.write_nonresponse, weighting.write_replication)
SURVEYS = 11


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    words = read_words(world.warehouse)
    for write in PAGES:
        write(world.warehouse, words, True, folder)
    weighting.write_coverage(project_dir(), folder)
    return folder


def text(path: Path) -> str:
    return re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))


def test_every_survey_has_its_diagnostics_and_rates(world: World, site: Path) -> None:
    weights, nonresponse = text(site / "weights.html"), text(site / "nonresponse.html")
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select survey, survey_year, drawn_n from statistics.stat_nonresponse_rate "
            "where domain = '(all)'"
        ).fetchall()
    assert len(rows) == SURVEYS
    for survey, year, drawn in rows:
        assert f'class="survey">{survey} {year}</th>' in weights
        row = nonresponse.split(f'href="#{survey}{year}"')[1].split("</tr>")[0]
        assert f'<td class="number">{drawn:,}</td>' in row
    assert nonresponse.count("gross and net against the population") == SURVEYS


def test_the_rebuilt_survey_shows_its_strata(site: Path) -> None:
    page = text(site / "replication.html")
    assert "68,407 / 369 = 185.4" in page
    assert "3,035 / 259 = 11.7" in page
    assert "452 printed numbers" in page
    assert page.count("immigrants</th>") == 12
    assert page.count("born in Norway</th>") == 4


def test_coverage_is_that_of_the_committed_table(site: Path) -> None:
    page = text(site / "coverage.html")
    assert "benchmarks/coverage.py --samples 2000" in page
    assert page.count("<figure>") == 3


def test_pages_of_an_older_warehouse_say_what_is_absent(tmp_path: Path, world: World) -> None:
    with duckdb.connect(tmp_path / "old.duckdb") as connection:
        connection.execute("create schema marts; create table marts.none (n int)")
    words = read_words(world.warehouse)
    for write in PAGES:
        write(tmp_path / "old.duckdb", words, True, tmp_path / "site")
    weighting.write_coverage(tmp_path, tmp_path / "site")
    for name in ("weights", "nonresponse", "replication"):
        assert "migrantpanel build" in text(tmp_path / "site" / f"{name}.html")
    assert "coverage.csv" in text(tmp_path / "site" / "coverage.html")
