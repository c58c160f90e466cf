"""Checks on what landed, before any model reads it: suites and their pages."""

import os
from pathlib import Path

from migrantpanel.errors import UserError
from migrantpanel.quality.report import Failure, QualityReport, SuiteResult
from migrantpanel.quality.share import run_shares

__all__ = ["Failure", "QualityReport", "SuiteResult", "check_landing"]


def check_landing(
    landing: Path, site: Path, overlay: Path | None = None, processes: int | None = None
) -> QualityReport:
    """Run every suite on a landing folder and write its pages to `<site>/quality/`.

    `overlay` holds the user's own catalogue and crosswalk rows. Two processes share the suites
    unless `processes` says otherwise; the report is the same. Raises UserError, after the pages
    are written, with one line per expectation that failed.
    """
    # The processes that check need no site, and its imports take them a second.
    from migrantpanel.quality.pages import write_pages

    report = run_shares(landing, overlay, processes or min(2, os.cpu_count() or 1))
    write_pages(report, site)
    UserError.collect(report.problems())
    return report
