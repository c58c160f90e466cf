"""Checks on what landed, before any model reads it: suites and their pages."""

from pathlib import Path

from migrantpanel.errors import UserError
from migrantpanel.quality.report import Failure, QualityReport, SuiteResult

__all__ = ["Failure", "QualityReport", "SuiteResult", "check_landing"]


def check_landing(landing: Path, site: Path, overlay: Path | None = None) -> QualityReport:
    """Run every suite on a landing folder and write its pages to `<site>/quality/`.

    `overlay` holds the user's own catalogue and crosswalk rows.

    Raises UserError, after the pages are written, with one line per expectation that failed.
    """
    # Great Expectations takes seconds to import: commands that check nothing do not wait for it.
    from migrantpanel.quality.check import run_suites
    from migrantpanel.quality.pages import write_pages

    report = run_suites(landing, overlay)
    write_pages(report, site)
    UserError.collect(report.problems())
    return report
