"""A failing suite stops the whole build before anything published changes."""

import shutil
from pathlib import Path

import polars as pl
import pyreadstat

from conftest import World


def test_build_stops_on_damaged_extracts_and_keeps_what_is_published(world, tmp_path):
    other = World(tmp_path)
    shutil.copytree(world.extracts, other.extracts)
    shutil.copytree(world.landing, other.landing)
    other.warehouse.parent.mkdir()
    other.warehouse.write_bytes(b"published before")
    (deaths,) = other.extracts.rglob("GBAOVERLIJDEN*.sav")
    delay_first_death(deaths)

    done = other.run("build")

    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert "gbaoverlijdentab.gbadatumoverlijden: expected a date as YYYYMMDD" in line
    assert "1 of " in line and "for example '20991399'" in line
    assert "Look at the delivered file" in line
    assert "Traceback" not in done.stderr
    assert other.warehouse.read_bytes() == b"published before"
    page = (other.site / "quality" / "gbaoverlijdentab.html").read_text(encoding="utf-8")
    assert "20991399" in page


def test_build_leaves_a_page_per_register_and_survey_of_the_world(world):
    pages = {path.stem for path in (world.site / "quality").glob("*.html")}
    landed = pl.read_parquet(world.landing / "manifest" / "manifest.parquet")
    landed = landed.filter(
        pl.col("status") == "landed", pl.col("kind").is_in(["register", "survey"])
    )
    assert pages == {"index", *landed["stem"].unique()}


def delay_first_death(path: Path) -> None:
    """Put an impossible date of death into one row of a delivered file."""
    frame, about = pyreadstat.read_sav(path)
    frame.loc[0, "GBADatumOverlijden"] = "20991399"
    pyreadstat.write_sav(frame, path, variable_format=about.original_variable_types)
