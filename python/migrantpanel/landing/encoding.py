"""Text that is not in the encoding its file states: found, and decoded as what it is.

Readers of SPSS cut a text at the first byte that does not fit the stated UTF-8, without a word.
Where that may have happened the file is read as a single-byte encoding, in which every byte is a
character, and each text is decoded here: as UTF-8 where it is, as Windows-1252 where not.
"""

import codecs
import mmap
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

# The record of the header that names the encoding, and a name for Windows-1252 of two letters, so
# that it fits where any other name stood. Its five unused bytes become control characters.
ENCODING_RECORD = b"\x07\x00\x00\x00\x14\x00\x00\x00\x01\x00\x00\x00"
EVERY_BYTE = b"l1"


def may_lose_text(stated: str | None) -> bool:
    """Say whether some bytes are no character in the stated encoding (UTF-8 and its like)."""
    try:
        return codecs.lookup(stated or "utf-8").name in ("utf-8", "cp65001")
    except LookupError:
        return True


@contextmanager
def lossless_copy(path: Path, scratch: Path) -> Iterator[Path]:
    """Give a copy of an SPSS file whose header states Windows-1252; it is removed afterwards."""
    copy = scratch / f"{path.name}.bytes{path.suffix}"
    try:
        shutil.copyfile(path, copy)
        with copy.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
            record = content.find(ENCODING_RECORD)
            start = record + len(ENCODING_RECORD) + 4
            length = int.from_bytes(content[start - 4 : start], "little")
            if record >= 0 and length >= len(EVERY_BYTE):
                content[start : start + length] = EVERY_BYTE.ljust(length)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def decode(text: str) -> tuple[str, bool]:
    """Return what the bytes of a text mean, and whether they are UTF-8.

    `text` holds one character per byte, by Windows-1252 or ISO 8859-1.

    >>> decode("cafÃ©"), decode("café"), decode("\x80")
    (('café', True), ('café', False), ('€', False))
    """
    data = b"".join(
        bytes([ord(letter)]) if ord(letter) < 256 else letter.encode("windows-1252")
        for letter in text
    )
    try:
        return data.decode(), True
    except UnicodeDecodeError:
        return data.decode("windows-1252", errors="replace"), False


def decode_column(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Decode a column read with one character per byte; return it and which values did not fit."""
    plain = pl.repeat(False, values.len(), eager=True)
    foreign = values.str.len_bytes() != values.str.len_chars()
    if not foreign.any():
        return values, plain
    odd = values.filter(foreign).unique()
    meant = {text: decode(text) for text in odd.to_list()}
    unfit = [text for text, (_, fits) in meant.items() if not fits]
    decoded = values.replace({text: new for text, (new, _) in meant.items()})
    return decoded, values.is_in(unfit).fill_null(False) if unfit else plain


def decode_all(value: Any) -> Any:
    """Decode every text of nested lists and dictionaries, names included."""
    if isinstance(value, str):
        return decode(value)[0]
    if isinstance(value, dict):
        return {decode_all(key): decode_all(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode_all(item) for item in value]
    return value
