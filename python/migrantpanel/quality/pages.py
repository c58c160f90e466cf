"""The suites as pages: the library's own tables, in the site's frame, without its scripts.

The library's page template loads styles, scripts, fonts and a logo from six hosts. Its section
templates load nothing, so only these are used.
"""

import re
import shutil
from pathlib import Path

from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

from migrantpanel.quality.report import QualityReport, SuiteResult
from migrantpanel.site.page import templates, write_page

SECTION = "quality/index.html"
STATUS_ICON = re.compile(r'<i class="fas [^"]*text-(success|danger|warning)"[^>]*></i>')


def write_pages(report: QualityReport, site: Path) -> None:
    """Write `<site>/quality/index.html` and one page per suite; older pages there are removed."""
    shutil.rmtree(site / "quality", ignore_errors=True)
    index = templates.get_template("quality_index.html").render(report=report)
    write_page(site, SECTION, "Data quality of the landed files", index, SECTION)
    view = DefaultJinjaPageView()
    for suite in report.suites:
        body = templates.get_template("quality_suite.html").render(
            suite=suite, tables=_expectation_tables(suite, view)
        )
        write_page(site, f"quality/{suite.name}.html", f"Quality of {suite.name}", body, SECTION)


def _expectation_tables(suite: SuiteResult, view: DefaultJinjaPageView) -> str:
    """Return the library's rendering of every expectation and what was observed."""
    document = ValidationResultsPageRenderer().render(suite.document).to_json_dict()
    section = view.env.get_template("section.j2")
    # The first section repeats the summary that the page opens with.
    html = "".join(
        section.render(section=content, section_loop={"index": number})
        for number, content in enumerate(document["sections"][1:], start=1)
    )
    return STATUS_ICON.sub(_status, html)


def _status(icon: re.Match[str]) -> str:
    """Return a word in place of an icon of a font that would have to be loaded."""
    held = icon[1] == "success"
    return f'<span class="status {"pass" if held else "fail"}">{"pass" if held else "fail"}</span>'
