"""The same extracts and secret give the same rows in every mart, however the work is cut."""

from pathlib import Path

import pytest

from conftest import World


def test_other_threads_and_pieces_give_the_same_digests(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRANTPANEL_PIECE_ROWS", "5000")
    other = World(tmp_path)
    done = other.run("build", "--extracts", str(world.extracts), threads=1)
    assert done.returncode == 0, done.stderr
    one, many = (place.run("digest").stdout for place in (other, world))
    assert one.count("mart_") >= 8
    assert one == many
