"""The pages of docs/ as HTML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from migrantpanel.site.page import templates, write_page

SECTION = "docs/index.html"
# In the order in which questions usually come; further pages follow by name.
FIRST = ("method", "query", "data-quality", "overlay", "secure-environment", "glossary")


@dataclass(frozen=True)
class MethodPage:
    """One page of docs/: where it goes, its first heading and its first paragraph."""

    path: str
    title: str
    summary: str
    body: str


def write_methods(docs: Path, site: Path, figures: Mapping[str, Markup] | None = None) -> None:
    """Write every docs/*.md as `<site>/docs/<name>.html`, and a list of them.

    `figures` are put below the text of the page with that name.
    """
    named = {path.stem: path for path in sorted(docs.glob("*.md"))}
    order = [*(name for name in FIRST if name in named), *(n for n in named if n not in FIRST)]
    pages = [render_markdown(named[name]) for name in order]
    for name, page in zip(order, pages, strict=True):
        figure = (figures or {}).get(name, Markup())
        body = templates.get_template("method.html").render(page=page, figure=figure)
        write_page(site, page.path, page.title, body, SECTION)
    index = templates.get_template("methods.html").render(pages=pages)
    write_page(site, SECTION, "Methods", index, SECTION)


def render_markdown(source: Path) -> MethodPage:
    """Render one Markdown file; links to other pages of docs/ lead to their HTML."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse(source.read_text(encoding="utf-8"))
    title, summary = source.stem, ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            text = _plain(tokens[place + 1])
            token.attrSet("id", re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-"))
            if token.tag == "h1":
                title = text
        if token.type == "paragraph_open" and not summary:
            summary = _plain(tokens[place + 1])
        if token.type == "th_open":
            token.attrSet("scope", "col")
        for child in token.children or []:
            _lead_to_html(child)
    html = markdown.renderer.render(tokens, markdown.options, {})
    html = html.replace(
        "<table>", '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>'
    )
    html = html.replace("</table>", "</table></div>")
    return MethodPage(f"docs/{source.stem}.html", title, summary, html)


def _lead_to_html(token: Token) -> None:
    """Turn a link to another page into one to its HTML."""
    target = token.attrGet("href") if token.type == "link_open" else None
    if isinstance(target, str) and "://" not in target:
        token.attrSet("href", escape(re.sub(r"\.md(?=#|$)", ".html", target)))


def _plain(inline: Token) -> str:
    """Return the words of a line without its marks."""
    children = inline.children or []
    return "".join(" " if child.type == "softbreak" else child.content for child in children)
