"""How many rows each mart has, in all, by year and by survey."""

from dataclasses import dataclass
from pathlib import Path

from migrantpanel.site.drawing import bars
from migrantpanel.site.manifest import Project
from migrantpanel.site.page import templates, write_page
from migrantpanel.warehouse.published import open_published

YEAR_COLUMNS = ("year", "survey_year", "school_year", "interview_year")


@dataclass(frozen=True)
class MartCount:
    """Rows of one mart; `by_year` is empty where it has no column of years."""

    name: str
    rows: int
    year_column: str
    by_year: list[tuple[int, int]]
    by_survey: list[tuple[str, int, int]]


def count_marts(warehouse: Path, project: Project) -> dict[str, MartCount]:
    """Return the counts of every published mart by name."""
    counts = {}
    with open_published(warehouse) as connection:
        published = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        }
        for model in project.layer("marts"):
            if model.name not in published:
                continue
            table = f'marts."{model.name}"'
            (rows,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
            year = next((name for name in YEAR_COLUMNS if name in model.columns), "")
            by_year = by_survey = []
            if {"survey", "survey_year"} <= model.columns.keys():
                by_survey = connection.execute(
                    f"select survey, survey_year, count(*) from {table} "
                    "group by all order by survey_year, survey"
                ).fetchall()
            elif year:
                by_year = connection.execute(
                    f"select {year}, count(*) from {table} "
                    f"where {year} is not null group by all order by all"
                ).fetchall()
            counts[model.name] = MartCount(model.name, rows, year, by_year, by_survey)
    return counts


def write_tables(counts: dict[str, MartCount], project: Project, site: Path) -> None:
    """Write `<site>/tables.html`: every mart with its columns, rows by survey and by year."""
    body = templates.get_template("tables.html").render(
        marts=project.layer("marts"), counts=counts, bars=bars
    )
    write_page(site, "tables.html", "Tables", body, "tables.html")
