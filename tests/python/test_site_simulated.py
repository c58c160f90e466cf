"""The page on what is simulated: published totals, the same of the truth, and the damage."""

import csv
import json
import re
from pathlib import Path

import polars as pl
import pytest

from conftest import World
from migrantpanel.project import project_dir
from migrantpanel.simulation.likeness import CITY, DAY, likeness
from migrantpanel.simulation.published import (
    FILE,
    QUANTILES,
    derive,
    published_totals,
    weighted_quantiles,
    write,
)
from migrantpanel.site import simulated

# Known of the downloads: everybody, those of Dutch background, pupils in secondary education.
INHABITANTS, DUTCH, PUPILS = 862_965, 392_850, 37_331


@pytest.fixture(scope="module")
def truth(world: World) -> Path:
    return world.truth


@pytest.fixture(scope="module")
def pairs(truth):
    return likeness(truth)


@pytest.fixture(scope="module")
def page(world, tmp_path_factory) -> str:
    site = tmp_path_factory.mktemp("simulated")
    simulated.write_simulated(project_dir(), world.landing, site)
    return (site / simulated.PAGE).read_text(encoding="utf-8")


def total(topic: str, **where: str) -> float:
    return sum(
        t.value
        for t in published_totals()
        if t.topic == topic and all(getattr(t, name) == value for name, value in where.items())
    )


def test_published_totals_add_up_to_what_statline_says():
    assert total("age") == INHABITANTS
    assert total("age", background="NL") == DUTCH
    assert total("schooling") == PUPILS
    shares = [t.value for t in published_totals() if t.topic == "neighbourhood"]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


@pytest.mark.shared
def test_published_totals_are_those_of_the_downloads(shared_dir: Path, tmp_path: Path):
    write(derive(shared_dir / "data" / "statline"), tmp_path / FILE)
    committed = Path(simulated.__file__).parents[1] / "simulation" / "published" / FILE
    assert (tmp_path / FILE).read_bytes() == committed.read_bytes()


def test_quantiles_are_of_people_not_of_places():
    assert weighted_quantiles([0.1, 0.9], [99, 1]) == [0.1] * len(QUANTILES)
    assert weighted_quantiles([0.9, 0.5, 0.1], [1, 1, 1]) == [0.1, 0.1, 0.5, 0.9, 0.9]


def test_every_published_total_has_its_simulated_number(pairs):
    assert len(pairs) == len(published_totals())
    assert [(p.topic, p.category, p.background, p.sex, p.published) for p in pairs] == [
        tuple(t)[1:] for t in published_totals()
    ]
    assert {p.topic for p in pairs if p.country > 0} == {p.topic for p in pairs}


def test_oversampling_is_undone(pairs, truth):
    parameters = json.loads((truth / "parameters.json").read_text(encoding="utf-8"))
    spells = pl.col("start").le(pl.lit(DAY).str.to_date()) & (
        pl.col("end").is_null() | pl.col("end").gt(pl.lit(DAY).str.to_date())
    )
    person = pl.read_parquet(truth / "person.parquet")
    registered = pl.read_parquet(truth / "registration.parquet").filter(spells)
    homes = pl.read_parquet(truth / "address_spell.parquet").filter(spells, municipality=CITY)
    people = person.join(registered, on="person", how="semi").join(homes, on="person", how="semi")
    for origin in ("NL", "SOM"):
        mine = [p for p in pairs if p.topic == "age" and p.background == origin]
        heads = people.filter(origin=origin).height
        each = parameters["represented_persons"] / parameters["persons"]
        assert sum(p.persons for p in mine) == heads
        expected = heads * each / parameters["oversampling"][origin]
        assert sum(p.simulated for p in mine) == pytest.approx(expected)


def test_ages_sexes_and_civil_statuses_cover_the_same_people(pairs):
    people = {topic: sum(p.persons for p in pairs if p.topic == topic)
              for topic in ("age", "civil_status")}  # fmt: skip
    assert people["age"] > 100
    assert people["civil_status"] == pytest.approx(people["age"], rel=0.02)


def test_the_page_counts_the_damage_of_the_manifest(page, truth):
    manifest = pl.read_parquet(truth / "defect.parquet")
    assert f"{manifest.height:,} pieces in all" in " ".join(page.split())
    counted = {row["kind"]: row["rows"] for row in simulated.defects(truth)}
    assert {kind: rows for kind, rows in counted.items() if rows} == dict(
        manifest.group_by("kind").len().iter_rows()
    )
    for kind in counted:
        assert kind.replace("_", " ") in page


def test_the_page_says_what_is_assumed_and_where_nothing_is_published(page):
    words = re.sub(r"<[^>]+>", " ", page)
    assert "CC BY 4.0" in words
    assert "StatLine of Statistics Netherlands" in " ".join(words.split())
    assert "Where no published number stands beside it" in words
    sections = simulated.parameters()
    assumed = sum(parameter.is_assumed for parameter in sections)
    assert 0 < assumed < len(sections)
    assert f"{assumed} of {len(sections)} sections" in " ".join(words.split())


def test_the_page_shows_the_table_of_benchmarks(page, world):
    readme = (project_dir() / "benchmarks" / "README.md").read_text(encoding="utf-8")
    scripts = re.findall(r"^\| `(\w+\.py)`", readme, flags=re.MULTILINE)
    assert scripts
    for script in scripts:
        assert f"<code>{script}</code>" in page


def test_every_picture_says_its_numbers_in_words(page):
    assert page.count("<svg") == page.count('role="img" aria-label="')
    pictures = re.findall(r'<svg[^>]*role="img" aria-label="([^"]+)"', page)
    pictures = [label for label in pictures if not label.startswith("mark of")]
    assert len(pictures) == 1 + 13 + 3
    assert all("%" in label for label in pictures)
    assert page.count("<th>") == 0


def test_of_real_extracts_it_says_that_nothing_was_simulated(world, tmp_path):
    landing = tmp_path / "landing"
    (landing / "manifest").mkdir(parents=True)
    roots = pl.DataFrame({"root": [str(tmp_path / "delivered")]})
    roots.write_parquet(landing / "manifest" / "manifest.parquet")
    simulated.write_simulated(project_dir(), landing, tmp_path)
    words = (tmp_path / simulated.PAGE).read_text(encoding="utf-8")
    assert "Nothing in this warehouse was simulated" in words
    assert "<svg" not in words


def test_published_totals_are_a_plain_table():
    path = Path(simulated.__file__).parents[1] / "simulation" / "published" / FILE
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["table"] for row in rows} == {"84910NED", "84583NED", "71450NED"}
