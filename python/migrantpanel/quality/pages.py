"""The suites as pages of the site."""

import shutil
from pathlib import Path

from migrantpanel.quality.report import QualityReport
from migrantpanel.site.page import templates, write_page

SECTION = "quality/index.html"


def write_pages(report: QualityReport, site: Path) -> None:
    """Write `<site>/quality/index.html` and one page per suite; older pages there are removed."""
    shutil.rmtree(site / "quality", ignore_errors=True)
    index = templates.get_template("quality_index.html").render(report=report)
    write_page(site, SECTION, "Data quality of the landed files", index, SECTION)
    for suite in report.suites:
        body = templates.get_template("quality_suite.html").render(suite=suite)
        write_page(site, f"quality/{suite.name}.html", f"Quality of {suite.name}", body, SECTION)
