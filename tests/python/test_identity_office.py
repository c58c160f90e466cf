"""An office that links: contact files, passes without numbers, withdrawn consent, hidden names.

One small world with everything switched on, built once; some of its respondents withdrew.
"""

import csv
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from conftest import MARKER_SECRET, PERSONS, SURVEY_FRACTION, World
from migrantpanel.identity.pseudonym import person_ids

WITHDRAWN = 6
PASSES = {
    "MIGRANTPANEL_LINKAGE_PASSES": "unique_identifier,exact_characteristics,probabilistic",
    "MIGRANTPANEL_LINKAGE_FIELDS": "rich",
}


class Office(World):
    """A world whose builds link without numbers."""

    def environment(self, threads: int = 3) -> dict[str, str]:
        return super().environment(threads) | PASSES


def respondents(world: World) -> pl.DataFrame:
    """Return who the respondents really are, with their id and pseudonym."""
    truth = pl.read_parquet(world.truth / "survey_respondent.parquet").with_columns(
        respondent_id=pl.col("survey")
        + pl.col("survey_year").cast(pl.String)
        + "-"
        + pl.col("respondent_key")
    )
    return truth.with_columns(
        person_id=pl.Series(
            person_ids([f"R{rin}" for rin in truth["rin"].fill_null("")], MARKER_SECRET.encode())
        )
    )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, subprocess.CompletedProcess]:
    world = Office(tmp_path_factory.mktemp("office"))
    simulated = world.run(
        *("simulate", "--out", "extracts", "--persons", str(PERSONS), "--contact-files"),
        *("--survey-fraction", str(SURVEY_FRACTION)),
    )
    assert simulated.returncode == 0, simulated.stderr
    # Nobody knows of a refuser without a number whose child that is: these have one.
    assert world.run("land").returncode == 0
    numbered = pl.read_parquet(world.landing / "survey_key" / "*.parquet").drop_nulls("rinpersoon")
    once = (
        respondents(world)
        .filter(pl.col("consent") & (pl.len().over("person") == 1))
        .join(numbered, on=["survey", "survey_year", "respondent_key"], how="semi")
    )
    rows = [
        (row["survey"], row["survey_year"], row["respondent_key"], "withdrawn", "2026-01-31", "")
        for row in once.sort("respondent_id").head(WITHDRAWN).iter_rows(named=True)
    ]
    kept = once.sort("respondent_id").row(WITHDRAWN, named=True)
    same = (kept["survey"], kept["survey_year"], kept["respondent_key"])
    rows += [
        (*same, "withdrawn", "2020-01-01", ""),
        (*same, "given", "2021-01-01", "on paper"),
        ("SIM", 2006, "no such number", "withdrawn", "", ""),
        ("SIM", 1950, "1", "withdrawn", "", ""),
    ]
    write_consent(world.root / "overlay", rows)
    done = world.run("build")
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return world, done


def write_consent(overlay: Path, rows: list[tuple]) -> None:
    overlay.mkdir(exist_ok=True)
    with (overlay / "consent.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ("survey", "survey_year", "respondent_key", "decision", "decided_on", "note")
        )
        writer.writerows(rows)


@pytest.fixture(scope="module")
def withdrawn(office) -> pl.DataFrame:
    world, _ = office
    with (world.root / "overlay" / "consent.csv").open(encoding="utf-8") as file:
        rows = pl.DataFrame(list(csv.DictReader(file)))[:WITHDRAWN]
    people = respondents(world).with_columns(pl.col("survey_year").cast(pl.String))
    return people.join(rows, on=["survey", "survey_year", "respondent_key"], how="semi")


def query(file: Path, sql: str) -> pl.DataFrame:
    with duckdb.connect(file, read_only=True) as connection:
        return pl.from_arrow(connection.sql(sql).to_arrow_table())


def text_columns(file: Path) -> list[tuple[str, str, str]]:
    return query(
        file,
        "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        " and database_name = current_database() and data_type = 'VARCHAR'"
        " and (schema_name, table_name) in"
        " (select (schema_name, table_name) from duckdb_tables())",
    ).rows()


def places(file: Path, values: list[str]) -> set[tuple[str, str, str]]:
    """Return the text columns of all tables of a file that hold one of the values, or a part."""
    found = set()
    with duckdb.connect(file, read_only=True) as connection:
        connection.register("wanted", pl.DataFrame({"value": values}).to_arrow())
        for schema, table, column in text_columns(file):
            (count,) = connection.execute(
                f'select count(*) from (select distinct "{column}" as text from'
                f' {schema}."{table}") inner join wanted on contains(text, value)'
            ).fetchone()
            if count:
                found.add((schema, table, column))
    return found


# -------------------------------------------------------------------- passes


def test_links_of_every_pass_are_those_of_the_truth(office):
    world, _ = office
    links = query(
        world.vault,
        "select respondent_id, link_pass, person_key, evidence, match_probability,"
        " estimated_precision from identity.id_link where link_status = 'linked'",
    )
    assert set(links["link_pass"]) == {
        "unique_identifier", "exact_characteristics", "probabilistic",
    }  # fmt: skip
    assert links.null_count().sum_horizontal().item() == 0
    number = query(world.vault, "select number_key, person_key from population.pop_person_number")
    first = dict(number.iter_rows())
    truth = dict(respondents(world).select("respondent_id", "rin").iter_rows())
    right = pl.Series(
        person in (f"R{truth[respondent]}", first.get(f"R{truth[respondent]}"))
        for respondent, person in links.select("respondent_id", "person_key").iter_rows()
    )
    by_number = links["link_pass"] == "unique_identifier"
    assert right.filter(by_number).all()
    assert right.filter(~by_number).mean() >= 0.95
    assert right.filter(~by_number).len() >= 30


def test_interviews_without_a_number_are_mostly_linked(office):
    world, _ = office
    (linked, asked), = query(
        world.vault,
        "select count(*) filter (where link_status = 'linked'), count(*)"
        " from identity.id_candidate inner join identity.id_link using (respondent_id)"
        " where has_consented and candidate_key is null and id_link.survey_year > 1994",
    ).rows()  # fmt: skip
    assert linked / asked >= 0.9


def test_the_model_is_kept_beside_the_published_files(office):
    world, _ = office
    kept = [path.name for path in (world.root / "warehouse" / "linkage_model").glob("rich-*/*")]
    assert {"model.json", "calibration.json"} <= set(kept)


def test_quality_tables_hold_every_pass_and_no_small_count(office):
    world, _ = office
    for table in ("mart_link_quality", "mart_link_quality_cohort"):
        rows = query(world.warehouse, f"select * from marts.{table}")
        assert set(rows["link_pass"]) == {
            "unique_identifier", "exact_characteristics", "probabilistic", "all",
        }  # fmt: skip
        for count in ("interview_count", "consented_count", "linked_count"):
            assert (rows[count].drop_nulls() >= 10).all()
            assert (rows[count].drop_nulls() % 5 == 0).all()
    curve = query(world.warehouse, "select * from marts.mart_link_curve order by threshold")
    assert curve["estimated_precision"].max() >= 0.995
    assert curve["estimated_recall"].is_sorted(descending=True)


# -------------------------------------------------------------------- consent


def test_withdrawing_takes_the_interview_out_of_every_table_of_links(office, withdrawn):
    """Their pseudonyms are nowhere in either file; their answers stay, without a person."""
    world, _ = office
    assert withdrawn.height == WITHDRAWN
    for file in (world.warehouse, world.vault):
        assert places(file, withdrawn["person_id"].to_list()) == set()
    everybody = query(
        world.warehouse,
        "select respondent_id, person_id, link_status from marts.mart_cross_section",
    )
    kept = everybody.join(withdrawn, on="respondent_id", how="semi")
    assert kept.height == WITHDRAWN
    assert kept["person_id"].null_count() == WITHDRAWN
    assert set(kept["link_status"]) == {"no_consent"}


def test_no_table_made_from_the_delivered_files_holds_interview_and_number_of_a_refusal(
    office, withdrawn
):
    """Staging repeats what was delivered; after it no row tells who answered and who it is."""
    world, _ = office
    refused = pl.concat(
        [
            withdrawn.select("respondent_id", "rin"),
            respondents(world).filter(~pl.col("consent") & pl.col("rin").is_not_null())
            .select("respondent_id", "rin"),
        ]
    )  # fmt: skip
    tables = sorted({(schema, table) for schema, table, _ in text_columns(world.vault)})
    assert ("identity", "id_link") in tables
    with duckdb.connect(world.vault, read_only=True) as connection:
        connection.register("refused", refused.to_arrow())
        told = [
            f"{schema}.{table}"
            for schema, table in tables
            if schema != "staging"
            and connection.execute(
                f'select count(*) from {schema}."{table}" as t inner join refused'
                " on contains(cast(t as varchar), refused.respondent_id)"
                " and contains(cast(t as varchar), refused.rin)"
            ).fetchone()[0]
        ]
    assert told == []


def test_consent_that_was_given_again_links_again(office):
    world, _ = office
    rows = list(csv.DictReader((world.root / "overlay" / "consent.csv").open(encoding="utf-8")))
    again = next(row for row in rows if row["decision"] == "given")
    respondent = f"{again['survey']}{again['survey_year']}-{again['respondent_key']}"
    found = query(
        world.vault,
        f"select link_status from identity.id_link where respondent_id = '{respondent}'",
    )
    assert found.item() == "linked"


def test_rows_of_the_consent_file_that_fit_nobody_are_told_with_an_example(office):
    _, done = office
    said = " ".join(done.stderr.split())
    assert "1 x consent_respondent_unknown in 1 wave(s), for example SIM 2006, no such" in said
    assert "1 x consent_wave_unknown in 1 wave(s), for example SIM 1950, 1" in said
    assert "x key_missing in" in said


BAD_CONSENT = [
    (("SIM", 2006, "1", "refused", "", ""), "row 2: decision 'refused' is none of"),
    (("SIM", "six", "1", "withdrawn", "", ""), "row 2: survey_year 'six' is no year"),
    (("SIM", 2006, "", "withdrawn", "", ""), "row 2: respondent_key is blank"),
    (("", 2006, "1", "withdrawn", "", ""), "row 2: survey is blank"),
    (("SIM", 2006, "1", "withdrawn", "31-01-2026", ""), "row 2: decided_on '31-01-2026' is no day"),
]


@pytest.mark.parametrize(("row", "line"), BAD_CONSENT, ids=[line[7:30] for _, line in BAD_CONSENT])
def test_a_consent_file_that_cannot_be_read_stops_the_landing(office, tmp_path, row, line):
    world, _ = office
    write_consent(tmp_path, [row])
    done = world.run("land", "--landing", str(tmp_path / "landing"), "--overlay", str(tmp_path))
    assert done.returncode == 1
    assert f"error: consent.csv, {line}" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_do_not_exist_are_named(office, tmp_path):
    world, _ = office
    environment = world.environment() | {"MIGRANTPANEL_LINKAGE_PASSES": "by_name"}
    done = subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            "parse",
            "--profiles-dir",
            "profiles",
            "--target-path",
            str(tmp_path),
        ],
        cwd=environment["MIGRANTPANEL_PROJECT_DIR"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "linkage_passes names 'by_name': use one or more of" in done.stdout


# -------------------------------------------------------------------- names


def test_names_and_addresses_stay_in_the_vault(office):
    """Every text of the warehouse, and every page and compiled file, is searched for real ones."""
    world, _ = office
    assert world.run("docs").returncode == 0
    contact = query(
        world.vault,
        "select distinct family_name, street || ' ' || house_number as home"
        " from staging.stg_survey_contact where length(family_name) > 9",
    )
    names = contact["family_name"].to_list()
    assert len(names) > 50
    assert places(world.warehouse, names + contact["home"].drop_nulls().to_list()) == set()
    assert ("staging", "stg_survey_contact", "family_name") in places(world.vault, names)
    written = [
        path
        for folder in (world.site, world.target, world.root / "logs")
        for path in folder.rglob("*")
        if path.is_file()
    ]
    assert len(written) > 100
    marks = [name.encode() for name in names]
    assert [path for path in written if any(mark in path.read_bytes() for mark in marks)] == []
