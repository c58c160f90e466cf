"""Writes the text files that users convert SPSS files to: semicolons, and commas in numbers."""

from collections.abc import Sequence

import polars as pl

from migrantpanel.simulation.sav import Column


def csv_columns(columns: Sequence[Column]) -> str:
    """Return the first line of a converted file."""
    return ";".join(column.name for column in columns) + "\r\n"


def csv_rows(frame: pl.DataFrame, columns: Sequence[Column]) -> bytes:
    """Return rows as text in Windows-1252; nothing delivered is nothing between semicolons."""
    rows = frame.select(
        pl.col(c.name).cast(pl.String).fill_null("") if c.is_text else pl.col(c.name)
        for c in columns
    )
    text = rows.write_csv(
        include_header=False, separator=";", line_terminator="\r\n", decimal_comma=True,
        quote_style="never",
    )  # fmt: skip
    return text.encode("windows-1252")
