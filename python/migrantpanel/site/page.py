"""The frame around every page of the site: one style sheet, one navigation, no network."""

import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from migrantpanel import __version__

HERE = Path(__file__).parent
SECTIONS = (
    ("index.html", "Overview"),
    ("tables.html", "Tables"),
    ("comparability.html", "Comparability"),
    ("trends.html", "Trends"),
    ("agreement.html", "Agreement"),
    ("linkage.html", "Who is linked"),
    ("weights.html", "Weights"),
    ("imputation.html", "Imputation"),
    ("quality/index.html", "Data quality"),
    ("simulated.html", "What is simulated"),
    ("docs/index.html", "Methods"),
    ("lineage.html", "Lineage"),
)
_markdown = MarkdownIt("commonmark", {"html": False})
templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters["thousands"] = lambda number: f"{number:,}"
# Descriptions in dbt's YAML are Markdown: code and emphasis, no HTML.
templates.filters["inline"] = lambda text: Markup(_markdown.renderInline(text))


def write_page(site: Path, path: str, title: str, body: str, section: str) -> Path:
    """Write one page at `path` inside the site folder, with the style sheet beside the root.

    `body` is trusted HTML; `section` is the entry of `SECTIONS` that the page belongs to.
    """
    target = site / path
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / "site.css", site / "site.css")
    html = templates.get_template("page.html").render(
        title=title,
        body=Markup(body),
        section=section,
        sections=SECTIONS,
        root="../" * path.count("/"),
        version=__version__,
    )
    target.write_text(html, encoding="utf-8")
    return target
