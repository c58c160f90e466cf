"""What is wrong with delivered person numbers and the consent file, as lines to print."""

from pathlib import Path

import duckdb


def linkage_problems(vault: Path) -> list[str]:
    """Return one line per kind of problem of `identity.id_problem`: count, waves and an example."""
    with duckdb.connect(vault, read_only=True) as connection:
        (is_there,) = connection.execute(
            "select count(*) from duckdb_tables()"
            " where schema_name = 'identity' and table_name = 'id_problem'"
        ).fetchone()
        if not is_there:
            return []
        rows = connection.execute(
            "select link_problem, sum(row_count), count(*),"
            " arg_min(survey || ' ' || survey_year || ', ' || example, (survey_year, survey)),"
            " from identity.id_problem group by link_problem order by link_problem"
        ).fetchall()
    return [
        f"linkage: {count:,} x {problem} in {waves} wave(s), for example {example}"
        for problem, count, waves, example in rows
    ]
