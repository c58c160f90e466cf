"""Run the suites with Great Expectations on pandas frames, without a network."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Read when the library is imported: it would report its use otherwise.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import duckdb
import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation

from migrantpanel.errors import UserError
from migrantpanel.landing.catalogue import Catalogue, read_catalogue
from migrantpanel.project import seeds_dir
from migrantpanel.quality.family import read_families, read_rows
from migrantpanel.quality.report import Failure, QualityReport, SuiteResult
from migrantpanel.quality.sample import sample_folder
from migrantpanel.quality.suites import register_expectations, survey_expectations


def run_suites(landing: Path, overlay: Path | None = None) -> QualityReport:
    """Check every landed register and survey against the catalogue and the user's overlay.

    A register that was not delivered is absent by landing's own list and has no rows to check.
    Raises UserError where a landed folder is missing or a file cannot be read.
    """
    catalogue = read_catalogue(seeds_dir(), overlay)
    # In memory only: by default the library also leaves a folder for its own pages in /tmp.
    settings = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(project_config=settings, mode="ephemeral")
    source = context.data_sources.add_pandas("landing")
    try:
        return QualityReport(
            [
                *_register_suites(source, landing, catalogue),
                *_survey_suites(source, landing, catalogue),
            ]
        )
    except duckdb.Error as error:
        raise UserError(
            f"a file of {landing} cannot be read ({str(error).splitlines()[0]}): "
            "delete it and land again"
        ) from None


def _register_suites(source: Any, landing: Path, catalogue: Catalogue) -> Iterator[SuiteResult]:
    families = read_families(seeds_dir(), catalogue.overlay_rows.get("catalogue_family", []))
    absent = _absent_stems(landing)
    for stem in catalogue.stems.values():
        if stem.stem in absent:
            continue
        if not list((landing / stem.stem).glob("*.parquet")):
            raise UserError(f"{landing / stem.stem} holds no landed file: run migrantpanel land")
        sample = sample_folder(landing / stem.stem, stem.keys)
        years = sample.frame.get("file_year", pd.Series(dtype="float64")).dropna()
        year = int(years.max()) if len(years) else None
        expectations = register_expectations(stem, families, list(sample.frame.columns), year)
        yield _run(source, stem.stem, "register", sample.frame, sample.rows, list(expectations))


def _survey_suites(source: Any, landing: Path, catalogue: Catalogue) -> Iterator[SuiteResult]:
    """Check per survey its respondents, with the answers that have a closed list as columns."""
    if not list((landing / "survey_key").glob("*.parquet")):
        return
    recoded = {
        (row["survey"], row["survey_year"], variable.lower())
        for row in [
            *read_rows(seeds_dir() / "crosswalk" / "crosswalk_variable.csv"),
            *catalogue.overlay_rows.get("crosswalk_variable", []),
        ]
        if row["rule"] == "recode"
        for variable in row["source_variables"].split()
    }
    with duckdb.connect() as connection:
        for view in ("survey_key", "survey_answer", "value_label"):
            connection.execute(
                f"create view {view} as select * from "
                f"read_parquet('{(landing / view).as_posix()}/*.parquet')"
            )
        surveys = connection.execute(
            "select distinct survey, survey_year from survey_key order by all"
        ).fetchall()
        for survey, survey_year in surveys:
            labelled = {
                variable: codes
                for variable, codes in _labelled_codes(connection, survey, survey_year).items()
                if (survey, str(survey_year), variable.lower()) in recoded
            }
            frame = _respondents(connection, survey, survey_year, list(labelled))
            expectations = list(survey_expectations(labelled))
            name = f"{survey}_{survey_year}"
            yield _run(source, name, "survey", frame, len(frame), expectations)


def _labelled_codes(
    connection: duckdb.DuckDBPyConnection, survey: str, survey_year: int
) -> dict[str, list[str]]:
    rows = connection.execute(
        "select variable, list(code order by code) from value_label "
        "where survey = ? and survey_year = ? group by variable order by variable",
        [survey, survey_year],
    ).fetchall()
    return dict(rows)


def _respondents(
    connection: duckdb.DuckDBPyConnection, survey: str, survey_year: int, variables: list[str]
) -> pd.DataFrame:
    """Return one row per delivered respondent, with the codes of the variables as columns."""
    parameters = [survey, survey_year]
    keys = connection.execute(
        "select respondent_key from survey_key where survey = ? and survey_year = ?", parameters
    ).df()
    answers = connection.execute(
        "select respondent_key, variable, any_value(code) as code from survey_answer "
        "where survey = ? and survey_year = ? and list_contains(?, variable) group by all",
        [*parameters, variables],
    ).df()
    wide = answers.pivot(index="respondent_key", columns="variable", values="code")
    return keys.join(wide.reindex(columns=variables), on="respondent_key")


def _run(
    source: Any,
    name: str,
    kind: str,
    frame: pd.DataFrame,
    rows: int,
    expectations: list[Expectation],
) -> SuiteResult:
    """Validate one frame, and turn what failed into lines that name the landed rows."""
    batch = (
        source.add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe("landed")
        .get_batch({"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name=name, expectations=expectations)
    result: ExpectationSuiteValidationResult = batch.validate(suite, result_format="SUMMARY")
    failures = [
        _failure(name, outcome, len(frame)) for outcome in result.results if not outcome.success
    ]
    return SuiteResult(name, kind, rows, len(frame), len(expectations), failures, result)


def _failure(suite: str, outcome: Any, rows: int) -> Failure:
    configuration, result = outcome.expectation_config, outcome.result
    examples = result.get("partial_unexpected_list") or []
    example = repr(examples[0]) if examples and examples[0] is not None else ""
    if "details" in result:
        first = result["details"]["mismatched"][0]
        example = f"{first['Found']!r} where {first['Expected']!r} belongs"
    return Failure(
        suite=suite,
        column=configuration.kwargs.get("column", ""),
        rule=f"expected {configuration.meta['rule']}",
        count=result.get("unexpected_count", 0),
        rows=result.get("element_count", rows),
        example=example,
        advice=configuration.meta["advice"],
    )


def _absent_stems(landing: Path) -> set[str]:
    if not list((landing / "absent").glob("*.parquet")):
        return set()
    with duckdb.connect() as connection:
        path = (landing / "absent").as_posix()
        rows = connection.execute(f"select stem from read_parquet('{path}/*.parquet')").fetchall()
    return {stem.lower() for (stem,) in rows}
