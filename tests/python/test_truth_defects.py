"""Damaged files arrive whole: nothing is lost on the way, and what is recoverable is recovered."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from conftest import World
from migrantpanel.simulation.defects import known_kinds


@pytest.fixture(scope="module")
def defect(world: World) -> pl.DataFrame:
    return pl.read_parquet(world.truth / "defect.parquet")


@pytest.fixture(scope="module")
def manifest(world: World) -> pl.DataFrame:
    return pl.read_parquet(world.landing / "manifest" / "manifest.parquet")


def landed(world: World, stem: str, name: str) -> pl.DataFrame:
    (path,) = (world.landing / stem.lower()).glob(f"{name}*.parquet")
    return pl.read_parquet(path)


def files_of(defect: pl.DataFrame, manifest: pl.DataFrame, kind: str) -> list[tuple[str, str]]:
    """Return stem and name of the landed files that a kind changed."""
    rows = defect.filter(pl.col("kind") == kind).select("file_stem", "file_year").unique()
    files = manifest.filter(pl.col("status") == "landed").with_columns(
        file_stem=pl.col("stem").str.to_uppercase()
    )
    found = files.join(rows, on=["file_stem", "file_year"], how="semi")
    assert found.height == rows.height > 0, kind
    return sorted(found.select("stem", pl.col("file_name").str.replace(r"\.\w+$", "")).iter_rows())


def test_every_kind_that_is_on_is_in_the_truth(defect) -> None:
    """But for what few are hit by in a small world."""
    on = {kind for kind, spec in known_kinds().items() if spec["rate"]}
    assert on - set(defect["kind"]) <= {"truncated_income", "filter_error_partner_work"}


def test_all_rows_of_all_files_landed(manifest) -> None:
    read = manifest.filter(pl.col("status") == "landed")
    assert read.height > 300
    assert read.filter(
        pl.col("rows_delivered") != pl.col("rows_landed") + pl.col("rows_quarantined")
    ).is_empty()
    assert read["rows_quarantined"].sum() == 0
    assert manifest.filter(pl.col("status") == "quarantined").is_empty()


@pytest.mark.parametrize("kind", ["numeric_keys", "renamed_columns", "decimal_comma_csv",
                                  "mixed_column_case"])  # fmt: skip
def test_keys_of_odd_files_are_those_of_persons(world, defect, manifest, kind) -> None:
    persons = landed(world, "gbapersoontab", "GBAPERSOON2023TABV2")["rinpersoon"].implode()
    for stem, name in files_of(defect, manifest, kind):
        rows = landed(world, stem, name)
        column = "rinpersoonhkw" if stem == "vehtab" else "rinpersoon"
        # Who is not in the registers may be in a file, without a number.
        rows = rows.filter(pl.col(column.replace("persoon", "persoons")) == "R")
        assert rows.height > 0
        assert rows[column].str.contains(r"^\d{9}$").all()
        assert rows[column].is_in(persons).all()


def test_amounts_with_a_decimal_comma_are_numbers(world, defect, manifest) -> None:
    for stem, name in files_of(defect, manifest, "decimal_comma_csv"):
        rows = landed(world, stem, name)
        costs = rows["zvwkhuisarts"]
        assert costs.dtype == pl.Float64
        assert costs.null_count() == 0
        assert (costs != costs.round()).any()
        assert 10 < costs.mean() < 1_000


def test_twins_are_named_and_not_landed_twice(defect, manifest) -> None:
    twins = manifest.filter(pl.col("status") == "twin")
    rows = defect.filter(pl.col("kind") == "converted_twin")
    assert twins.height == rows.height > 0
    assert twins["file_format"].unique().to_list() == ["csv"]


def test_labels_in_another_encoding_are_read_right(world, defect) -> None:
    stems = defect.filter(
        pl.col("kind").is_in(["wrong_encoding", "wrong_survey_encoding"])
    )["file_stem"].unique()  # fmt: skip
    labels = pl.read_parquet(Path(world.landing) / "value_label" / "*.parquet")
    of_stems = labels.filter(
        pl.col("stem").str.to_uppercase().is_in(stems.str.to_uppercase().implode())
    )
    foreign = of_stems.filter(~pl.col("label").str.contains(r"^[\x00-\x7F]*$"))
    assert foreign["stem"].n_unique() == len(stems)
    assert foreign.filter(
        ~pl.col("label").str.contains(r"^[\x20-\x7E\u00A0-\u00FF\u2013\u2018\u2019]*$")
    ).is_empty()


def test_what_was_lost_in_the_household_grid_is_a_technical_error(world: World) -> None:
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        wrong = connection.execute(
            f"""
            select count(*)
            from read_parquet('{world.truth / "survey_member_answer.parquet"}') as truth
            full join harmonised.harm_member_value as found
                on
                    truth.survey || truth.survey_year || '-' || truth.respondent_key
                    = found.respondent_id
                    and truth.member_number = found.member_number
                    and truth.variable = found.variable
            where
                coalesce(truth.damaged, false)
                <> coalesce(found.missing_kind = 'technical_error', false)
            """
        ).fetchone()
    assert wrong == (0,)
