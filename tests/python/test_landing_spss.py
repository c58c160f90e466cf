"""The bytes of SPSS files: rows counted and ASCII told apart, whatever is written how."""

from pathlib import Path

import numpy as np
import polars as pl
import pyreadstat
import pytest

from migrantpanel.landing import spss
from migrantpanel.landing.readers import open_table
from migrantpanel.landing.spss import look_through, read_dictionary

FORMS = {
    "plain.sav": {},
    "compressed.sav": {"row_compress": True},
    "packed.zsav": {"compress": True},
}
ROUNDS = 8


def frame_of(rng: np.random.Generator, foreign: bool) -> pl.DataFrame:
    """Return columns of numbers, small numbers and texts; one text is not ASCII where asked for."""
    rows = int(rng.integers(1, 2_500))
    columns = {}
    for i in range(int(rng.integers(1, 7))):
        columns[f"number{i}"] = pl.Series(rng.choice([1.0, 300.5, -1e9, np.pi * 1e5], rows))
        columns[f"code{i}"] = pl.Series(rng.integers(-90, 150, rows).astype(float))
        widths = rng.integers(0, 25, rows)
        columns[f"text{i}"] = pl.Series(["x" * width for width in widths])
    names = list(rng.permutation(list(columns)))[: int(rng.integers(1, 8))]
    if rng.random() < 0.3:  # registers of text only are looked through in another way
        names = [name for name in columns if name.startswith("text")]
    frame = pl.DataFrame({name: columns[name] for name in names})
    if foreign:
        row = int(rng.integers(rows))
        odd = pl.when(pl.int_range(pl.len()) == row).then(pl.lit("ýüé")).otherwise(pl.lit("x" * 12))
        frame = frame.with_columns(odd=odd)
    return frame


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("foreign", [False, True])
def test_rows_are_counted_and_foreign_text_is_seen(tmp_path, monkeypatch, name, foreign):
    rng = np.random.default_rng([len(name), foreign])
    path = tmp_path / name
    for _ in range(ROUNDS):
        # Small pieces, so that values lie across their edges.
        segment, segments = int(rng.choice([16, 32, 64])), int(rng.integers(4, 30))
        monkeypatch.setattr(spss, "SEGMENT", segment)
        monkeypatch.setattr(spss, "SEGMENTS", segments)
        monkeypatch.setattr(spss, "PIECE", segment * segments)
        frame = frame_of(rng, foreign)
        pyreadstat.write_sav(frame, path, **FORMS[name])
        content = look_through(path)
        assert (content.rows, content.units % content.per_row) == (frame.height, 0)
        assert content.is_ascii != foreign


def test_a_dictionary_of_every_record_is_walked_to_its_end(tmp_path):
    path = tmp_path / "labelled.sav"
    frame = pl.DataFrame({"q": [1.0, 2.0], "t": ["a", "b" * 300]})
    pyreadstat.write_sav(
        frame,
        path,
        file_label="x",
        note=["a note", "of two lines"],
        column_labels=["odd length", "even"],
        variable_value_labels={"q": {1: "één", 2: "twee en meer"}, "t": {"a": "A"}},
        missing_ranges={"q": [{"lo": 90, "hi": 99}]},
    )
    found = read_dictionary(path.read_bytes())
    meta = pyreadstat.read_sav(path, metadataonly=True)[1]
    assert found.units >= meta.number_columns
    assert not found.is_text[0]
    assert found.is_text[1:].all()
    assert look_through(path).rows == 2


@pytest.mark.parametrize("keep", [10, 180, 300, 700])
def test_what_is_no_whole_dictionary_is_not_known(tmp_path, keep):
    path = tmp_path / "cut.sav"
    pyreadstat.write_sav(pl.DataFrame({"a": [1.0], "b": ["x"]}), path)
    path.write_bytes(path.read_bytes()[: min(keep, path.stat().st_size - 60)])
    assert look_through(path) is None or keep > 300


def test_short_ascii_text_is_read_once(tmp_path, monkeypatch):
    """Blanks and short codes are common; only text of another encoding needs the second look."""
    path = tmp_path / "short.sav"
    pyreadstat.write_sav(pl.DataFrame({"a": ["xx", "", "y"] * 50}), path, row_compress=True)
    table = open_table(path, "sav", tmp_path)
    monkeypatch.setattr(
        type(table.cut_texts), "whole_rows", lambda _: pytest.fail("a second look was taken")
    )
    assert pl.concat(table.batches(["a"]))["a"].to_list() == ["xx", "", "y"] * 50


def test_foreign_bytes_in_a_file_that_says_utf8_are_read_as_what_they_are(tmp_path: Path):
    path = tmp_path / "foreign.sav"
    pyreadstat.write_sav(pl.DataFrame({"a": ["xx", "cafe", "y"]}), path)
    path.write_bytes(path.read_bytes().replace(b"cafe", b"caf\xe9"))
    table = open_table(path, "sav", tmp_path)
    assert pl.concat(table.batches(["a"]))["a"].to_list() == ["xx", "café", "y"]
    assert table.cut_texts.misread == {"a": (1, 2, "café")}
