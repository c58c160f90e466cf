"""Run the suites with Great Expectations on pandas frames, without a network."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
from great_expectations.render.view import DefaultJinjaPageView

from migrantpanel.errors import UserError
from migrantpanel.landing.catalogue import Catalogue, Stem, read_catalogue
from migrantpanel.project import seeds_dir
from migrantpanel.quality.family import Family, read_families, read_rows
from migrantpanel.quality.rendering import expectation_tables
from migrantpanel.quality.report import Failure, SuiteResult
from migrantpanel.quality.sample import Sample, sample_folder
from migrantpanel.quality.suites import register_expectations, survey_expectations


def run_suites(
    landing: Path, overlay: Path | None = None, share: int = 0, shares: int = 1
) -> list[tuple[int, SuiteResult]]:
    """Check landed registers and surveys against the catalogue and the user's overlay.

    Returns each suite with its place; of several shares only those whose turn it is. A register
    that was not delivered is absent by landing's own list and has no rows to check. Raises
    UserError where a landed folder is missing or a file cannot be read.
    """
    # In memory only: by default the library also leaves a temporary folder for its own pages.
    settings = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    source = gx.get_context(project_config=settings, mode="ephemeral").data_sources.add_pandas(
        "landing"
    )
    view = DefaultJinjaPageView()
    try:
        subjects = _subjects(landing, read_catalogue(seeds_dir(), overlay))
        return [
            (place, _run(source, view, read()))
            for place, read in enumerate(subjects)
            if place % shares == share
        ]
    except duckdb.Error as error:
        raise UserError(
            f"a file of {landing} cannot be read ({str(error).splitlines()[0]}): "
            "delete it and land again"
        ) from None


@dataclass(frozen=True)
class Subject:
    """What one suite looks at."""

    name: str
    kind: str
    sample: Sample
    expectations: list[Expectation]


def _subjects(landing: Path, catalogue: Catalogue) -> Iterator[Callable[[], Subject]]:
    """Yield what to check, register by register and then survey by survey, not read yet."""
    families = read_families(seeds_dir(), catalogue.overlay_rows.get("catalogue_family", []))
    absent = _absent_stems(landing)
    for stem in catalogue.stems.values():
        if stem.stem not in absent:
            yield partial(_register, landing, stem, families)
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
        surveys = connection.execute(
            f"select distinct survey, survey_year from {_folder(landing, 'survey_key')} "
            "order by survey, survey_year"
        ).fetchall()
    for survey, survey_year in surveys:
        variables = {
            variable
            for name, year, variable in recoded
            if (name, year) == (survey, str(survey_year))
        }
        yield partial(_survey, landing, survey, survey_year, variables)


def _register(landing: Path, stem: Stem, families: dict[str, Family]) -> Subject:
    if not list((landing / stem.stem).glob("*.parquet")):
        raise UserError(f"{landing / stem.stem} holds no landed file: run migrantpanel land")
    # The first two keys are a person, household or address; further ones tell its rows apart.
    sample = sample_folder(landing / stem.stem, stem.keys[:2])
    years = sample.frame.get("file_year", pd.Series(dtype="float64")).dropna()
    year = int(years.max()) if len(years) else None
    expectations = register_expectations(stem, families, list(sample.frame.columns), year)
    return Subject(stem.stem, "register", sample, list(expectations))


def _survey(landing: Path, survey: str, survey_year: int, recoded: set[str]) -> Subject:
    """Read one survey's respondents, with the answers that have a closed list as columns."""
    which = [survey, survey_year]
    where = "where survey = ? and survey_year = ?"
    with duckdb.connect() as connection:
        labels = connection.execute(
            f"select variable, list(code order by code) from {_folder(landing, 'value_label')} "
            f"{where} group by variable order by variable",
            which,
        ).fetchall()
        labelled = {name: codes for name, codes in labels if name.lower() in recoded}
        keys = connection.execute(
            f"select respondent_key from {_folder(landing, 'survey_key')} {where}", which
        ).df()
        answers = connection.execute(
            "select respondent_key, variable, any_value(code) as code "
            f"from {_folder(landing, 'survey_answer')} {where} and list_contains(?, variable) "
            "group by respondent_key, variable",
            [*which, list(labelled)],
        ).df()
    wide = answers.pivot(index="respondent_key", columns="variable", values="code")
    frame = keys.join(wide.reindex(columns=list(labelled)), on="respondent_key")
    expectations = list(survey_expectations(labelled))
    return Subject(f"{survey}_{survey_year}", "survey", Sample(frame, len(frame)), expectations)


def _run(source: Any, view: DefaultJinjaPageView, subject: Subject) -> SuiteResult:
    """Validate one frame, and turn what failed into lines that name the landed rows."""
    name, frame = subject.name, subject.sample.frame
    batch = (
        source.add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe("landed")
        .get_batch({"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name=name, expectations=subject.expectations)
    result: ExpectationSuiteValidationResult = batch.validate(suite, result_format="BASIC")
    failed = [outcome for outcome in result.results if not outcome.success]
    return SuiteResult(
        name=name,
        kind=subject.kind,
        rows=subject.sample.rows,
        rows_checked=len(frame),
        expectations=len(subject.expectations),
        failures=[_failure(name, outcome, len(frame)) for outcome in failed],
        tables=expectation_tables(result, view),
    )


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
        rows = connection.execute(f"select stem from {_folder(landing, 'absent')}").fetchall()
    return {stem.lower() for (stem,) in rows}


def _folder(landing: Path, name: str) -> str:
    return f"read_parquet('{(landing / name).as_posix()}/*.parquet')"
