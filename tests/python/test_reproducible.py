"""The same extracts and secret give the same rows in every mart, on any number of threads."""

from pathlib import Path

from conftest import World


def test_another_number_of_threads_gives_the_same_digests(world: World, tmp_path: Path) -> None:
    other = World(tmp_path)
    done = other.run("build", "--extracts", str(world.extracts), threads=1)
    assert done.returncode == 0, done.stderr
    one, many = (place.run("digest").stdout for place in (other, world))
    assert one.count("mart_") >= 8
    assert one == many
