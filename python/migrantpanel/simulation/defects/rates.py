"""What users may set: the rate of each kind of damage, from a file or all off."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from migrantpanel.errors import UserError
from migrantpanel.simulation.parameters import parameter_file

NONE = "none"


def known_kinds() -> dict[str, dict]:
    """Return every kind of damage with its parameters, in the order of defects.yaml."""
    return parameter_file("defects.yaml")


def read_overrides(given: str | None) -> dict[str, float]:
    """Return the rates that replace the default ones, by kind.

    given: null for the defaults, `none` for no damage at all, or a YAML file of kind: rate.
    Raises `UserError` with one line per kind that is unknown or has no rate from 0 to 1.
    """
    if given is None:
        return {}
    if given == NONE:
        return dict.fromkeys(known_kinds(), 0.0)
    path = Path(given)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}): give a YAML file of kind: rate, or `none`"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = str(error).splitlines()[0]
        raise UserError(f"{path}: is no YAML ({line}): write lines of kind: rate") from None
    if not isinstance(content, Mapping):
        raise UserError(f"{path}: holds {content!r}: write lines of kind: rate")
    UserError.collect([_problem(path, kind, rate) for kind, rate in content.items()
                       if _problem(path, kind, rate)])  # fmt: skip
    return {kind: float(rate) for kind, rate in content.items()}


def _problem(path: Path, kind: object, rate: object) -> str | None:
    if kind not in known_kinds():
        return (
            f"{path}: {kind!r} is no kind of damage: use one of {', '.join(sorted(known_kinds()))}"
        )
    is_number = isinstance(rate, int | float) and not isinstance(rate, bool)
    if not is_number or not 0 <= rate <= 1:
        return f"{path}: {kind} has the rate {rate!r}: write a number from 0 to 1"
    return None
