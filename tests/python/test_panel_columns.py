"""Every column of the panel says what it is made of, for which years, and on which day."""

import csv
import json
import re
from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

import panel_docs
from conftest import World
from migrantpanel.project import project_dir

MART = "model.migrantpanel.mart_person_year"
MINIMUM_COLUMNS = 120
REFERENCES = {"31 December", "1 January", "1 October", "year total", "person"}
# Sources that are no register of the catalogue.
NOT_DELIVERED = {"surveys", "calendar"}
# Where a number is in its name. Sex, codes and levels are no quantities.
UNITS = re.compile(
    r"_(eur|count|days|months|hours|year|age|percentile|percent|share|per_home|per_km2|weight"
    r"|grade|level|month)$|^(years_since_|years_without_|year$|age$)"
)


def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of a seed."""
    (path,) = (project_dir() / "seeds").rglob(f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def columns(world: World) -> dict[str, dict]:
    """Return the columns of the mart as dbt knows them."""
    manifest = json.loads((world.target / "manifest.json").read_text(encoding="utf-8"))
    return manifest["nodes"][MART]["columns"]


@pytest.fixture(scope="module")
def meta(columns: dict[str, dict]) -> dict[str, dict]:
    """Return what each column's `config.meta` says."""
    return {name: column["config"]["meta"] for name, column in columns.items()}


@pytest.fixture(scope="module")
def warehouse(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        yield connection


def test_the_panel_is_wide_enough_and_every_column_is_described(columns, meta) -> None:
    assert len(columns) >= MINIMUM_COLUMNS
    incomplete = [
        name
        for name, column in columns.items()
        if not column["description"].strip()
        or not {"theme", "source_files", "years", "reference"} <= set(meta[name])
    ]
    assert incomplete == []


def test_source_files_are_registers_of_the_catalogue(meta) -> None:
    known = {row["name"] for row in seed("catalogue_stem")} | NOT_DELIVERED
    used = {file for each in meta.values() for file in each["source_files"]}
    assert used - known == set()
    assert all(each["source_files"] for each in meta.values())


def test_every_source_has_a_reference_date(meta) -> None:
    dated = {row["source_file"] for row in seed("reference_date")}
    used = {file for each in meta.values() for file in each["source_files"]} - NOT_DELIVERED
    assert used - dated == set()
    catalogue = {row["name"] for row in seed("catalogue_stem")}
    assert dated - catalogue == set()
    assert {each["reference"] for each in meta.values()} <= REFERENCES


def test_a_column_of_one_source_has_that_source_s_reference_date(meta) -> None:
    """A state is of the source's day; what adds up over the year is of the year."""
    days: dict[str, set[str]] = {}
    for row in seed("reference_date"):
        days.setdefault(row["source_file"], set()).add(row["reference"])
    odd = {
        name: (each["reference"], days[file])
        for name, each in meta.items()
        for file in each["source_files"]
        if len(each["source_files"]) == 1
        and file in days
        and each["reference"] not in days[file] | {"year total", "person", "31 December"}
    }
    assert odd == {}


def test_values_lie_within_the_years_that_their_column_names(meta, warehouse) -> None:
    ranges = {name: re.fullmatch(r"(\d{4})-(\d{4})?", each["years"]) for name, each in meta.items()}
    assert all(ranges.values())
    found = warehouse.execute(
        "select "
        + ", ".join(
            f"min(year) filter ({name} is not null), max(year) filter ({name} is not null)"
            for name in meta
        )
        + " from marts.mart_person_year"
    ).fetchone()
    outside = {
        name: found[2 * i : 2 * i + 2]
        for i, (name, years) in enumerate(ranges.items())
        if found[2 * i] is not None
        and not (int(years[1]) <= found[2 * i] and found[2 * i + 1] <= int(years[2] or 9999))
    }
    assert outside == {}


def test_numbers_have_their_unit_in_the_name(columns) -> None:
    numbers = {"int", "bigint", "double"}
    bare = [
        name
        for name, column in columns.items()
        if (column["data_type"] in numbers or column["data_type"].startswith("decimal"))
        and not UNITS.search(name)
    ]
    assert bare == []


def test_amounts_and_their_real_twins_differ_by_the_price_index(warehouse) -> None:
    pairs = warehouse.execute(
        """
        select count(*), max(abs(personal_income_real_eur - personal_income_eur * base / index))
        from marts.mart_person_year
        inner join (
            select year, price_index::double as index,
                max(case when year = 2023 then price_index end) over ()::double as base
            from reference.price_index
        ) using (year)
        where personal_income_eur is not null
        """
    ).fetchone()
    assert pairs[0] > 1_000
    assert pairs[1] < 1


def test_the_price_index_is_chained_from_the_published_changes() -> None:
    index = {int(row["year"]): row for row in seed("price_index")}
    assert index[2015]["price_index"] == "100.000"
    for year in range(min(index) + 1, max(index) + 1):
        change = float(index[year]["price_index"]) / float(index[year - 1]["price_index"]) - 1
        assert abs(100 * change - float(index[year]["price_change_percent"])) < 0.002, year


def test_a_missing_number_says_which_code_was_delivered(world, warehouse) -> None:
    """The delivered code -4 does not collapse into -1."""
    reasons = dict(
        warehouse.execute(
            "select poverty_line_long_percent_missing_reason, count(*) "
            "from marts.mart_person_year where poverty_line_long_percent is null group by all"
        ).fetchall()
    )
    assert {"not_in_population_before", "institutional", "unknown"} <= set(reasons)
    both = warehouse.execute(
        """
        select count(*) from marts.mart_person_year
        where (poverty_line_long_percent is not null
            and poverty_line_long_percent_missing_reason is not null)
            or (wealth_percentile is not null and wealth_percentile_missing_reason is not null)
        """
    ).fetchone()
    assert both == (0,)


def test_every_break_is_of_a_column_and_has_the_bridge_it_names(columns, warehouse) -> None:
    breaks = seed("series_break")
    assert {row["column_name"] for row in breaks} - set(columns) == set()
    promised = {
        (row["column_name"], int(row["year"]), row["bridge"])
        for row in breaks
        if row["bridge"] != "none"
    }
    offered = set(
        warehouse.execute(
            "select distinct column_name, break_year, bridge from statistics.stat_bridging_factor"
        ).fetchall()
    )
    assert offered == promised


def test_a_bridge_is_as_long_as_the_break(warehouse, world) -> None:
    """Personal income before 2011 lacks what the manifest says; wages measure the same."""
    lowered = pl.read_parquet(world.truth / "defect.parquet").filter(
        kind="income_series_break", file_stem="PERSOONINK"
    )
    true, delivered = (lowered[f"{name}_value"].cast(pl.Int64).sum() for name in
                       ("true", "delivered"))  # fmt: skip
    assert true > 1.02 * delivered
    factors = dict(
        warehouse.execute(
            """
            select column_name, factor from statistics.stat_bridging_factor
            where bridge = 'third_series' and column_name like '%eur'
            """
        ).fetchall()
    )
    assert len(factors) == 4
    expected = {name: true / delivered for name in factors if name.startswith("personal_income")}
    assert len(expected) == 3
    for name, factor in factors.items():
        assert abs(float(factor) - expected.get(name, 1)) < 0.015, (name, factor)


def test_no_series_crosses_its_break(warehouse) -> None:
    mixed = warehouse.execute(
        """
        select count(*) from marts.mart_person_year
        where (income_series = 'persoonink' and year >= 2011)
            or (income_series = 'inpa' and year < 2011)
            or (household_income_series = 'huishbvrink' and year >= 2011)
            or (household_income_series = 'inha' and year < 2011)
            or (job_series = 'polis' and year >= 2010)
            or (job_series = 'spolis' and year < 2010)
            or (main_job_industry_series = 'sbi1993' and year >= 2009)
            or (cause_of_death_series = 'do' and death_year >= 2013)
            or (cause_of_death_series = 'doodoorz' and death_year < 2013)
            or (mental_care_series = 'psychologist_and_mental' and year >= 2014)
            or (enrolment_series = 'onderwijsdeelnemers' and year >= 2008)
            or (education_series = 'programme' and education_data_year >= 2013)
            or (education_series = 'soi2016' and education_data_year >= 2019)
        """
    ).fetchone()
    assert mixed == (0,)


def test_the_page_of_the_panel_lists_its_columns_and_breaks() -> None:
    page = project_dir() / panel_docs.PAGE
    text = page.read_text(encoding="utf-8")
    assert panel_docs.update(text) == text, "make columns"
