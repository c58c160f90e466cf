"""A country of several blocks: the files of any number of processes, and numbers that run on."""

import hashlib
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from migrantpanel.errors import UserError
from migrantpanel.simulation import build_country, extracts, simulate
from migrantpanel.simulation.blocks import block_seed, block_sizes
from migrantpanel.simulation.files import File, join_parts, write_part
from migrantpanel.simulation.sav import Column

SEED, PERSONS, BLOCK = 5, 1_600, 800
FRACTION = 0.0005


def digest(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def in_blocks(out: Path, processes: int) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extracts, "block_sizes", lambda persons: block_sizes(persons, BLOCK))
        simulate(out, PERSONS, FRACTION, SEED, "parquet", processes)
    return out


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Three blocks, one after the other, as Parquet."""
    return in_blocks(tmp_path_factory.mktemp("blocks") / "extracts", 1)


@pytest.fixture(scope="module")
def truth(run):
    return lambda name: pl.read_parquet(run.with_name("extracts-truth") / f"{name}.parquet")


def rows(run: Path, name: str) -> pl.DataFrame:
    (path,) = run.rglob(f"{name}.parquet")
    return pl.read_parquet(path)


def test_blocks_of_several_processes_make_the_same_files(run, tmp_path):
    several = in_blocks(tmp_path / "extracts", 3)
    assert digest(several) == digest(run)
    assert digest(several.with_name("extracts-truth")) == digest(run.with_name("extracts-truth"))


def test_parts_of_blocks_make_one_spss_file(tmp_path):
    file = File("Theme", "FILE", [Column("CODE", "A3"), Column("AMOUNT", "F8")], "sav")
    blocks = [{"CODE": ["a", "b"], "AMOUNT": [1, None]}, {"CODE": [], "AMOUNT": []},
              {"CODE": ["c"], "AMOUNT": [3]}]  # fmt: skip
    parts = [tmp_path / str(block) for block in range(len(blocks))]
    for block, part in zip(blocks, parts, strict=True):
        frame = pl.DataFrame(block, schema={"CODE": pl.String, "AMOUNT": pl.Int64})
        write_part(frame, file, part)
    path = join_parts(parts, file, tmp_path)
    frame, meta = pyreadstat.read_sav(path, output_format="polars")
    assert path == tmp_path / "Theme" / "FILE.sav"
    assert meta.number_rows == 3
    assert frame["CODE"].to_list() == ["a", "b", "c"]
    assert frame["AMOUNT"].fill_nan(None).to_list() == [1, None, 3]
    assert not any(part.exists() for part in parts)


def test_the_truth_is_the_country_that_fits_in_memory(truth):
    country = build_country(PERSONS, SEED, block_persons=BLOCK)
    for name, frame in country.frames().items():
        written = truth(name).select(frame.columns)
        assert written.equals(frame.cast(dict(written.schema))), name


def test_numbers_of_persons_homes_and_jobs_are_those_of_one_thing_each(run, truth):
    person = truth("person")
    assert person["person"].to_list() == list(range(person.height))
    numbers = pl.concat([person["rin"], person["second_rin"].drop_nulls()])
    assert numbers.is_unique().all()
    assert rows(run, "VSLGWB2023TAB03V1")["RINOBJECTNUMMER"].is_unique().all()
    for year in (2006, 2015):
        employers = "140707 BETAB 2006V1" if year == 2006 else "BE2015TABV125"
        assert rows(run, employers)["BEID"].is_unique().all()
    reports = rows(run, "SPOLISBUS2015V1")
    assert reports.group_by("IKVID").agg(pl.col("RINPERSOON").n_unique())["RINPERSOON"].max() <= 2
    couples = rows(run, "GBAVERBINTENISPARTNER2023BUSV1").group_by("XKOPPELNRVERBINTENIS").len()
    assert couples["len"].max() == 2


def test_parents_of_the_truth_are_found_under_their_numbers(run, truth):
    number = truth("person").select("person", "rin", "second_rin")
    link = (
        truth("parent_child")
        .filter(relation="mother")
        .join(number.rename({"rin": "child_rin"}), left_on="child", right_on="person")
        .join(number, left_on="parent", right_on="person", suffix="_of_mother")
    )
    delivered = rows(run, "KINDOUDER2023TABV10").filter(RINPERSOONSMa="R")
    found = delivered.join(link, left_on="RINPERSOON", right_on="child_rin")
    assert found.height > 0.9 * delivered.height
    mother = pl.col("RINPERSOONMa")
    same = (mother == pl.col("rin")) | (mother == pl.col("second_rin_of_mother")).fill_null(False)
    assert found.select(same.mean()).item() > 0.99


def test_a_neighbourhood_changes_its_postcode_on_one_day_in_all_blocks(run):
    places = rows(run, "VSLGWB2023TAB03V1").select("RINOBJECTNUMMER", "bc2023")
    spells = rows(run, "VSLPOSTCODEBUSV2024031").join(places, on="RINOBJECTNUMMER")
    changes = spells.filter(pl.col("DATUMEINDPOSTCODENUMADRES") != "20231231")
    days = changes.group_by("bc2023").agg(pl.col("DATUMEINDPOSTCODENUMADRES").n_unique())
    assert days.height > 0
    assert days["DATUMEINDPOSTCODENUMADRES"].max() == 1


def test_lists_that_belong_to_nobody_are_delivered_once(run):
    for name, key in (("LANDAKTUEELREFV12", "LAND"), ("CTOREFV11", "CTO")):
        assert rows(run, name)[key].is_unique().all()


def test_a_process_that_was_stopped_is_told_in_one_line(tmp_path, monkeypatch):
    def stopped(*_):
        raise BrokenProcessPool

    monkeypatch.setattr(extracts, "each_block", stopped)
    with pytest.raises(UserError, match="want of memory: give fewer --processes"):
        simulate(tmp_path / "extracts", persons=500, survey_fraction=0)
    assert not any(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UserError, match="give --out a folder with room"):
        simulate(tmp_path / "file" / "extracts", persons=500, survey_fraction=0)


def test_blocks_have_seeds_of_their_own_and_the_first_that_of_the_project():
    assert block_seed(SEED, 0) == SEED
    assert len({block_seed(seed, block) for seed in (1, 2) for block in range(50)}) == 100
    assert block_sizes(120_000, 50_000) == [40_000] * 3
