"""The panel's pseudonym: a keyed hash of the register key, made in Python and never in SQL.

Compiled SQL, dbt's manifest and the documentation site are all published, so the secret must not
pass through any of them.
"""

import base64
import hmac
import os
from collections.abc import Iterable
from pathlib import Path

from migrantpanel.errors import UserError
from migrantpanel.project import project_dir

SECRET_VARIABLE = "MIGRANTPANEL_SECRET"
SECRET_FILE = "secret.key"
SHORTEST_SECRET = 16
LENGTH = 12  # letters and digits of base 32: 60 bits, and as long as DuckDB keeps in place


def load_secret(project: Path | None = None) -> bytes:
    """Return the secret, from the environment or else from `secret.key` in the project.

    Raises UserError when there is none, or when it is too short to withstand guessing.
    """
    file = (project or project_dir()) / SECRET_FILE
    secret = os.environ.get(SECRET_VARIABLE, "").strip()
    origin = f"the environment variable {SECRET_VARIABLE}"
    if not secret and file.is_file():
        secret = file.read_text(encoding="utf-8").strip()
        origin = str(file)
    if not secret:
        raise UserError(
            f"no secret for the pseudonyms: set {SECRET_VARIABLE} or write one line of "
            f"{SHORTEST_SECRET} or more characters to {file}"
        )
    if len(secret) < SHORTEST_SECRET:
        raise UserError(
            f"the secret in {origin} has {len(secret)} characters; use at least {SHORTEST_SECRET}"
        )
    return secret.encode()


def person_ids(keys: Iterable[str], secret: bytes) -> list[str]:
    """Return one pseudonym per key: the first 60 bits of HMAC-SHA256, in lower-case base 32.

    The same key and secret always give the same pseudonym; without the secret neither can be
    found from the other. Two of a million persons share one with a chance of 1 in 2 million:
    the build's tests then fail, and another secret helps.

    >>> person_ids(["R000000001"], b"a secret of an example")
    ['yrpjlujmyarq']
    """
    digests = (hmac.digest(secret, key.encode(), "sha256") for key in keys)
    return [base64.b32encode(digest).decode().lower()[:LENGTH] for digest in digests]
