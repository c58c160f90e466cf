"""The digest sees every change of content, and nothing else."""

from pathlib import Path

import duckdb
import pytest

from migrantpanel.errors import UserError
from migrantpanel.warehouse.digest import digest


def made(path: Path, select: str) -> str:
    with duckdb.connect(path) as connection:
        connection.execute(f"create schema marts; create table marts.mart_t as {select}")
    return digest(path)["mart_t"]


ROWS = "select * from (values (1, 'a', 0.1::double), (2, null, 0.3), (3, '', null)) as t (k, c, x)"


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    assert made(tmp_path / "a", ROWS) == made(tmp_path / "b", f"{ROWS} order by k desc")


def test_noise_beyond_twelve_digits_does_not_matter(tmp_path: Path) -> None:
    noisy = ROWS.replace("0.1::double", "0.1000000000000001::double")
    assert made(tmp_path / "a", ROWS) == made(tmp_path / "b", noisy)


@pytest.mark.parametrize(
    "changed",
    [
        ROWS.replace("0.3", "0.3000000001"),
        ROWS.replace("(2, null", "(2, ''"),
        ROWS.replace("(1, 'a'", "(1, 'b'"),
        ROWS.replace("as t (k, c, x)", "as t (k, d, x)"),
        ROWS.replace("(values (1,", "(values (1::bigint,"),
        f"{ROWS} where k < 3",
    ],
)
def test_any_change_of_content_matters(tmp_path: Path, changed: str) -> None:
    assert made(tmp_path / "a", ROWS) != made(tmp_path / "b", changed)


def test_nothing_to_hash(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        digest(tmp_path / "absent.duckdb")
    duckdb.connect(tmp_path / "empty.duckdb").close()
    with pytest.raises(UserError, match="holds no table"):
        digest(tmp_path / "empty.duckdb")
