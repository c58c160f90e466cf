"""The page on linkage: every rate that may be shown is on it, and nothing else."""

from html import unescape
from pathlib import Path

import duckdb

from conftest import World
from migrantpanel.site import linkage
from migrantpanel.site.harmonised import Words, read_words

WORDS = Words({}, {("origin_group", "TUR"): "Turkey"}, {}, {}, ["TUR"])


def wave(year: int, rate: float | None, origin: str = "TUR") -> dict:
    return {"survey": "SIM", "survey_year": year, "origin_group": origin, "match_rate": rate}


def test_a_dot_per_group_that_may_be_shown():
    plot = linkage.strip_plot([wave(2015, 0.9), wave(2015, None), wave(2020, 1.0)], WORDS)
    assert plot.count('<circle class="dot"') == 2
    assert "SIM 2015, Turkey: 90 % linked" in plot


def test_the_curve_marks_the_threshold_in_use():
    rows = [
        {
            "threshold": threshold,
            "estimated_precision": precision,
            "estimated_recall": recall,
            "chosen_threshold": 0.55,
        }
        for threshold, precision, recall in ((0.5, 0.93, 0.9), (0.6, 0.96, 0.8), (0.9, 1.0, 0.5))
    ]
    plot = linkage.curve_plot(rows)
    assert plot.count("in use</title>") == 1
    assert "probability 0.6 and more: precision 96.0 %, recall 80.0 %, in use" in plot


def test_periods_are_said_in_words_and_in_order():
    periods = ["unknown", "2015-", "born here", "-1964", "1965-1974"]
    assert [linkage.period_label(period) for period in sorted(periods, key=linkage._place)] == [
        "until 1964", "1965-1974", "from 2015", "born here", "unknown",
    ]  # fmt: skip


def test_the_page_shows_every_rate_of_the_warehouse(world: World, tmp_path: Path):
    linkage.write_linkage(world.warehouse, read_words(world.warehouse), True, tmp_path)
    page = unescape((tmp_path / "linkage.html").read_text(encoding="utf-8"))
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        (shown,) = connection.execute(
            "select count(match_rate) from marts.mart_link_quality"
            " where link_pass = 'all' and origin_group not in ('all', 'unknown')"
        ).fetchone()
        problems = connection.execute(
            "select survey || ' ' || survey_year, description from marts.mart_link_problem"
        ).fetchall()
    assert shown > 5
    origins = page[page.index("By origin group") : page.index("By period of arrival")]
    assert origins.count('class="share grade') == shown
    assert "Every number here is simulated." in page
    assert "Passes without a number are off in this build" in page
    for survey, description in problems:
        assert f"<td>{survey}</td><td>{description}</td>" in page
