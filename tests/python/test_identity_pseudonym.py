"""The pseudonym: keyed, stable, and impossible without a secret."""

from pathlib import Path

import pytest

from migrantpanel.errors import UserError
from migrantpanel.identity.pseudonym import load_secret, person_ids

SECRET = b"a secret of an example"


def test_a_pseudonym_is_the_start_of_a_keyed_hash() -> None:
    # Computed with `printf R000000001 | openssl dgst -sha256 -hmac "a secret of an example" -binary
    # | base32 | head -c 12`, and written in small letters.
    assert person_ids(["R000000001"], SECRET) == ["yrpjlujmyarq"]


def test_pseudonyms_depend_on_key_and_secret_only() -> None:
    keys = [f"R{number:09d}" for number in range(100_000)]
    found = person_ids(keys, SECRET)
    assert len(set(found)) == len(keys)
    assert person_ids(reversed(keys), SECRET) == found[::-1]
    assert set(person_ids(keys, b"another secret, as long")).isdisjoint(found)


def test_the_secret_comes_from_the_environment_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.key").write_text("the secret of the file\n", encoding="utf-8")
    monkeypatch.delenv("MIGRANTPANEL_SECRET", raising=False)
    assert load_secret(tmp_path) == b"the secret of the file"
    monkeypatch.setenv("MIGRANTPANEL_SECRET", "the environment's secret")
    assert load_secret(tmp_path) == b"the environment's secret"


@pytest.mark.parametrize("secret", ["", "   ", "too short"])
def test_no_secret_or_a_short_one_says_what_to_do(
    secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRANTPANEL_SECRET", secret)
    with pytest.raises(UserError, match=r"16 or more characters|use at least 16") as error:
        load_secret(tmp_path)
    assert secret.strip() == "" or secret not in str(error.value)
