"""The documentation site: whole, linked, accessible, and without a network."""

import re
import subprocess
import tempfile
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from absent import CHROMIUM, needs
from migrantpanel.errors import UserError
from migrantpanel.project import project_dir
from migrantpanel.site import build_site
from migrantpanel.site.drawing import bars
from migrantpanel.site.manifest import read_project
from migrantpanel.site.methods import render_markdown


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Document this project over a small warehouse: two surveys, three years of two persons."""
    folder = tmp_path_factory.mktemp("site")
    warehouse = folder / "migrant_panel.duckdb"
    with duckdb.connect(warehouse) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.mart_cross_section as select * from (values "
            "('SIM2006-1', 'SIM', 2006), ('SIM2006-2', 'SIM', 2006), ('SPVA1988-1', 'SPVA', 1988)"
            ") as t (respondent_id, survey, survey_year)"
        )
        connection.execute(
            "create table marts.mart_person_year as "
            "select person_id, year from (values ('a'), ('b')) as p (person_id), "
            "(values (2001), (2002), (2003)) as y (year)"
        )
    build_site(project_dir(), warehouse, folder / "landing", folder / "site")
    return folder / "site"


class Page(HTMLParser):
    """Collect what the checks ask of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.words = "".join(self.text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def having(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in tags]


def own_pages(site: Path) -> list[Path]:
    return [path for path in sorted(site.rglob("*.html")) if path.name != "lineage.html"]


def test_site_has_its_pages(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    methods = {f"docs/{path.stem}.html" for path in (project_dir() / "docs").glob("*.md")}
    harmonised = {"comparability.html", "trends.html", "agreement.html", "simulated.html"}
    numbers = {"linkage.html", "weights.html", "nonresponse.html", "replication.html"}
    own = {"index.html", "tables.html", "lineage.html", "docs/index.html"}
    numbers |= {"coverage.html", "imputation.html"}
    assert pages == own | harmonised | numbers | methods


def test_site_loads_nothing_from_a_network(site):
    for path in own_pages(site):
        page = Page(path)
        loads = [a.get("src") or a.get("href") for a in page.having("link", "img", "iframe")]
        assert not page.having("script"), path
        assert all(not re.match(r"(https?:)?//", load or "") for load in loads), path
    assert "@import" not in (site / "site.css").read_text()
    assert "url(" not in (site / "site.css").read_text()
    lineage = (site / "lineage.html").read_text(encoding="utf-8")
    assert not re.findall(r"""\.?src\s*=\s*["'](?:https?:)?//""", lineage)
    assert not re.findall(r"""<(?:link|script|img)[^>]+(?:https?:)//""", lineage)


def test_site_leads_only_to_what_exists(site):
    for path in own_pages(site):
        for link in Page(path).having("a", "link"):
            target, _, anchor = (link["href"] or "").partition("#")
            goal = (path.parent / target).resolve() if target else path
            if goal.name == "index.html" and goal.parent.name == "quality":
                continue  # written by the landing's check
            assert goal.is_file(), f"{path.name} leads to {link['href']}"
            if anchor and goal.name != "lineage.html":
                assert anchor in {a.get("id") for _, a in Page(goal).tags}, link["href"]


def test_site_can_be_read_by_a_machine_that_reads_aloud(site):
    for path in own_pages(site):
        page = Page(path)
        assert page.having("html")[0]["lang"] == "en"
        assert len(page.having("h1")) == 1, path
        assert len(page.having("main")) == 1
        assert page.having("title")
        assert all(svg.get("aria-label") for svg in page.having("svg"))
        assert all(cell.get("scope") for cell in page.having("th")), path
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
        assert all(b - a <= 1 for a, b in pairwise(levels)), path


def test_site_counts_rows_by_survey_and_year(site):
    index = Page(site / "index.html").words
    assert re.search(r"Respondents\s*3\s*Surveys\s*2\s*Person-years\s*6", index)
    tables = (site / "tables.html").read_text(encoding="utf-8")
    assert re.search(r'<th scope="row">SPVA</th><td>1988</td><td class="number">1</td>', tables)
    assert "Rows of mart_person_year by year. 2001: 2, 2002: 2, 2003: 2" in tables


def test_site_shows_every_layer_and_mart_of_the_project(site):
    index = Page(site / "index.html").words
    for folder in (project_dir() / "models").iterdir():
        if folder.is_dir():
            assert folder.name in index
    for model in (project_dir() / "models" / "marts").glob("*.sql"):
        assert model.stem in index


def test_site_lineage_holds_the_models_and_the_published_types(site):
    lineage = (site / "lineage.html").read_text(encoding="utf-8")
    assert '"model.migrantpanel.mart_person_year"' in lineage
    assert '"type": "VARCHAR", "index": 1, "name": "respondent_id"' in lineage
    assert str(project_dir()) not in lineage
    assert tempfile.gettempdir() not in lineage


def test_site_says_what_to_do_without_a_warehouse(tmp_path):
    with pytest.raises(UserError, match="run `migrantpanel build` first"):
        build_site(project_dir(), tmp_path / "none.duckdb", tmp_path, tmp_path / "site")


def test_site_reads_the_layers_from_the_manifest():
    def model(name: str, layer: str, number: int, *parents: str) -> dict:
        return {
            "resource_type": "model",
            "name": name,
            "fqn": ["migrantpanel", layer, name],
            "config": {"meta": {"layer": number}},
            "database": "vault" if number == 1 else "migrant_panel",
            "schema": layer,
            "description": "One row per person.\nKey: person_id,\nyear.\nNuance: `x` is null.",
            "columns": {"person_id": {"data_type": "string", "description": "Who."}},
            "depends_on": {"nodes": [f"model.{parent}" for parent in parents]},
        }

    nodes = {
        "model.b": model("b", "marts", 8, "a"),
        "model.a": model("a", "staging", 1),
        "test.t": {"resource_type": "test", "attached_node": "model.b"},
        "seed.s": {"resource_type": "seed"},
    }
    project = read_project({"nodes": nodes, "sources": {"source.x": {}}, "unit_tests": {}})

    staging, marts = project.layers
    assert (staging.name, staging.number, staging.database) == ("staging", 1, "vault")
    assert (marts.reads, marts.tests) == ({"staging": 1}, 1)
    assert (project.sources, project.seeds, project.tests) == (1, 1, 1)
    (mart,) = project.layer("marts")
    assert (mart.grain, mart.key, mart.nuance) == ("person", "person_id, year", "`x` is null.")


def test_site_renders_markdown_with_tables_anchors_and_links_to_pages(tmp_path):
    source = tmp_path / "some.md"
    source.write_text("# A & B\n\nFirst [words](method.md#layers).\n\n| a |\n| --- |\n| <b> |\n")
    page = render_markdown(source)
    assert (page.title, page.summary) == ("A & B", "First words.")
    assert '<h1 id="a-b">A &amp; B</h1>' in page.body
    assert 'href="method.html#layers"' in page.body
    assert '<th scope="col">a</th>' in page.body
    assert "&lt;b&gt;" in page.body


def test_site_draws_nothing_without_values():
    assert "<rect" not in bars([], "nothing")


def test_paths_named_in_the_readme_and_docs_exist():
    root = project_dir()
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    tops = "|".join(path.name for path in root.iterdir() if path.is_dir() and path.name[0] != ".")
    made = re.compile(r"(extracts|landing|warehouse|site|target|bundle|overlay|my-overlay)\b")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(rf"`((?:{tops})/[\w./*-]*)`", text))
        named |= set(re.findall(rf"(?<![\w/-])((?:{tops})/[\w/-]+\.\w+)", text))
        for name in named:
            if not made.match(name):
                assert list(root.glob(name.rstrip("/"))), f"{page.name} names {name}"
        for link in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.name} leads to {link}"


@pytest.mark.chromium
def test_site_shows_in_a_browser_without_a_network_and_fits_a_phone(site, tmp_path):
    if not CHROMIUM:
        needs("Chromium")
    drawn = browse(f"file://{site}/lineage.html#!/model/model.migrantpanel.mart_cross_section")
    assert "mart_cross_section" in Page(write(tmp_path / "drawn.html", drawn)).words
    assert "One row per respondent" in drawn
    for path in (site / "index.html", site / "tables.html", site / "docs" / "method.html"):
        frame = write(
            tmp_path / "frame.html",
            f'<iframe src="file://{path}" width="360" height="800"></iframe><script>'
            "onload = () => document.body.append(`wide=${document.querySelector('iframe')"
            ".contentDocument.documentElement.scrollWidth}`)</script>",
        )
        wide = re.search(r"wide=(\d+)", browse(f"file://{frame}"))
        assert wide and int(wide[1]) <= 360, path


def browse(address: str) -> str:
    """Return a page as Chromium has drawn it, with every host name unknown."""
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000"]
    flags += ["--host-resolver-rules=MAP * ~NOTFOUND", "--allow-file-access-from-files"]
    run = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", address], capture_output=True, text=True, check=True
    )
    return run.stdout


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
