"""What a file of a register is: the register, its delivered name and year, and its rows."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Delivery:
    """One file to deliver; `rows` makes its frame when the file is written."""

    register: str
    name: str
    year: int
    rows: Callable[[], pl.DataFrame]
