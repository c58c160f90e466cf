"""The pages on the harmonised layer: every grade with its evidence, every point with its error."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from conftest import World
from migrantpanel.site import agreement, comparability, trends
from migrantpanel.site.harmonised import INDICATORS, read_words

POINT = {
    "variable": "religion",
    "category": "0",
    "survey": "S",
    "survey_year": 2002,
    "origin_group": "TUR",
    "cohort_kind": "population",
    "cohort": "all",
    "represents": "nation",
    "estimate": 0.5,
    "se": 0.1,
    "n": 25,
    "no_estimate_reason": None,
    "grade": "good",
    "reason": "same",
    "evidence": "assumed",
}


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the three pages of the small world, with one row verified and one trend to plot."""
    folder = tmp_path_factory.mktemp("harmonised")
    warehouse = folder / "migrant_panel.duckdb"
    shutil.copyfile(world.warehouse, warehouse)
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "update marts.mart_comparability set evidence = 'questionnaire seen' "
            "where variable = 'sex' and survey = 'SIM' and survey_year = 2006"
        )
    write(warehouse, folder / "site")
    return folder / "site"


def write(warehouse: Path, site: Path, simulated: bool = True) -> None:
    words = read_words(warehouse)
    for page in (
        comparability.write_comparability,
        trends.write_trends,
        agreement.write_agreement,
    ):
        page(warehouse, words, simulated, site)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_matrix_has_a_cell_with_letter_and_evidence_for_every_row(world: World, site: Path) -> None:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select grade, count(*) from marts.mart_comparability group by all"
        ).fetchall()
    page = text(site / "comparability.html")
    cells = re.findall(r'<td class="grade (\w+)" tabindex="0">(.)<sup>(.)</sup>', page)
    assert len(cells) == sum(count for _, count in rows)
    for grade, count in rows:
        letters = [letter for found, letter, _ in cells if found == grade]
        assert len(letters) == count
        assert set(letters) == {{"good": "G", "fair": "F", "limited": "L", "absent": "–"}[grade]}
    assert [mark for _, _, mark in cells].count("✓") == 1
    assert {mark for _, _, mark in cells} == {"a", "✓"}


def test_matrix_counts_the_verified_rows(world: World, site: Path, tmp_path: Path) -> None:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        (rows,) = connection.execute("select count(*) from marts.mart_comparability").fetchone()
    assert f"<strong>1 of {rows:,}</strong> rows verified" in text(site / "comparability.html")
    write(world.warehouse, tmp_path)
    page = text(tmp_path / "comparability.html")
    assert re.search(rf"<strong>0 of {rows:,}</strong> rows verified[^:]*: all are assumed", page)


def test_matrix_filters_by_family_without_a_script(world: World, site: Path) -> None:
    page = text(site / "comparability.html")
    families = re.findall(r'<tbody id="of-(\w+)">', page)
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        known = connection.execute(
            "select family from reference.harmonised_variable where asked_of != 'drawn_unit' "
            "group by family order by min(position)"
        ).fetchall()
    assert families == [family for (family,) in known]
    for family in families:
        assert f'id="family-{family}"><label for="family-{family}">' in page
        assert f"#family-{family}:checked) tbody:not(#of-{family})" in page
    assert "<script" not in page


def test_every_page_says_that_numbers_are_simulated(world: World, site, tmp_path) -> None:
    write(world.warehouse, tmp_path, simulated=False)
    for name in ("comparability", "trends", "agreement"):
        assert "Every number here is simulated." in text(site / f"{name}.html")
        assert "leave them inside the secure environment" in text(tmp_path / f"{name}.html")


def test_trends_tell_estimate_error_and_grade_of_every_point(world: World, site: Path) -> None:
    page = text(site / "trends.html")
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        points = connection.execute(
            "select variable, category, survey, survey_year, estimate, se, n, grade, evidence "
            "from marts.mart_trend where estimate is not null"
        ).fetchall()
    plotted = [point for point in points if INDICATORS.get(point[0]) == point[1]]
    assert len(plotted) > 20
    for _, category, survey, year, estimate, se, n, grade, evidence in plotted:
        scale, unit = (1, "") if category == "(mean)" else (100, " %")
        assert (
            f"<title>{survey} {year}: {scale * estimate:.1f}{unit}, standard error "
            f"{scale * se:.1f}, n {n}, {grade}, {evidence}.</title>"
        ) in page


def test_indicators_are_known_to_the_seeds(world: World) -> None:
    words = read_words(world.warehouse)
    for variable, category in INDICATORS.items():
        if variable in words.variables and category != "(mean)":
            assert (variable, category) in words.codes


def test_a_line_is_dotted_where_it_touches_a_limited_point() -> None:
    later = POINT | {"survey_year": 2006, "grade": "limited"}
    drawn = trends.trend_plot([POINT, later], ["all"], (2002, 2006), (0, 1), "label")
    assert drawn.count('class="loose"') == 1
    assert drawn.count('class="dot"') == 1
    assert drawn.count('class="ring"') == 1
    joined = trends.trend_plot(
        [POINT, later | {"grade": "fair"}], ["all"], (2002, 2006), (0, 1), ""
    )
    assert "loose" not in joined


def test_error_bars_are_intervals_inside_the_axis() -> None:
    wide = POINT | {"estimate": 0.95, "se": 0.2}
    drawn = trends.trend_plot([wide], ["all"], (2002, 2002), (0, 1), "label")
    (low, high) = map(float, re.search(r'class="error" d="M\S+ (\S+)V([\d.]+)"', drawn).groups())
    assert high == trends.TOP
    assert low < trends.HEIGHT - trends.BOTTOM


def test_open_periods_are_said_in_words() -> None:
    assert trends.cohort_label("-1964") == "until 1964"
    assert trends.cohort_label("2015-") == "since 2015"
    assert trends.cohort_label("1960-1969") == "1960–1969"


def test_agreement_shows_every_comparison_with_its_number(world: World, site: Path) -> None:
    page = text(site / "agreement.html")
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        rows = connection.execute(
            "select n, agree_share from statistics.stat_survey_register_agreement"
        ).fetchall()
    assert len(rows) > 20
    assert len(re.findall(r'<td class="share grade \w+" tabindex="0">', page)) == len(rows)
    for n, share in rows:
        assert n >= 10
        assert re.search(rf"{100 * share:.1f} % of {n} respondents", page)


def test_register_disagrees_where_the_simulation_says_so(world: World) -> None:
    """Sex and origin group agree; education and arrival year differ, and mostly by a little."""
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        shares = dict(
            connection.execute(
                "select variable, sum(n * agree_share) / sum(n) "
                "from statistics.stat_survey_register_agreement group by all"
            ).fetchall()
        )
    assert shares["sex"] == 1
    assert shares["origin_group"] > 0.99
    assert 0.80 < shares["education_level"] < 0.99
    assert 0.80 < shares["labour_status"] < 1


def test_pages_say_so_where_the_warehouse_holds_nothing(tmp_path: Path) -> None:
    duckdb.connect(tmp_path / "empty.duckdb").close()
    write(tmp_path / "empty.duckdb", tmp_path / "site")
    assert "holds no <code>mart_comparability" in text(tmp_path / "site" / "comparability.html")
    assert "holds no <code>mart_trend" in text(tmp_path / "site" / "trends.html")
    assert "nobody could be compared" in text(tmp_path / "site" / "agreement.html")
