"""The library's own tables of expectations, without its scripts.

Its page template loads styles, scripts, fonts and a logo from six hosts. Its section templates
load nothing, so only these are used; the site's frame and style go around them.
"""

import re

from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

STATUS_ICON = re.compile(r'<i class="fas [^"]*text-(success|danger|warning)"[^>]*></i>')
# The library starts its headings at the fifth level; on these pages they come after the first.
HEADING = re.compile(r"<(/?)h([56])\b")


def expectation_tables(result: ExpectationSuiteValidationResult, view: DefaultJinjaPageView) -> str:
    """Return every expectation of a suite and what was observed, as HTML."""
    document = ValidationResultsPageRenderer().render(result).to_json_dict()
    section = view.env.get_template("section.j2")
    # The first section repeats the summary that the page opens with.
    html = "".join(
        section.render(section=content, section_loop={"index": number})
        for number, content in enumerate(document["sections"][1:], start=1)
    )
    html = HEADING.sub(lambda tag: f"<{tag[1]}h{int(tag[2]) - 3}", html)
    html = re.sub(r"<th(?=[\s>])", '<th scope="col"', html)
    return STATUS_ICON.sub(_status, html)


def _status(icon: re.Match[str]) -> str:
    """Return a word in place of an icon of a font that would have to be loaded."""
    word = "pass" if icon[1] == "success" else "fail"
    return f'<span class="status {word}">{word}</span>'
