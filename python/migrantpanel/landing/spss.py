"""What the bytes of an SPSS system file say beside what its readers tell.

Readers stop after the rows that the header states, and cut a text at a byte that is not in the
encoding of the file, both without a word. Here the rows of a file are counted and its texts are
looked at, as fast as memory allows and without making a single value.

The form of the file is that of the PSPP developers' guide, "System File Format".
"""

import mmap
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

HEADER_BYTES = 176
LAYOUT_AT, COMPRESSION_AT, ROWS_AT = 64, 72, 80
UNIT = 8  # bytes: a number, or a piece of a text
# Opcodes of compressed rows: nothing, the end, and "the value follows in the next unit".
PADDING, END, FOLLOWS = 0, 252, 253
HIGH_BITS = np.uint64(0x8080808080808080)
# Units that are looked at together, cut into segments that are walked side by side. They take a
# mebibyte: the memory for more is taken and given back piece after piece.
SEGMENT, SEGMENTS = 128, 1024
PIECE = SEGMENT * SEGMENTS
MOST_FOLLOW = 8
PROBED = 500
# Rows that stand side by side in one long row.
SIDE = 64
PLAIN, COMPRESSED, PACKED = 0, 1, 2


@dataclass(frozen=True)
class Dictionary:
    """Where the rows of a file begin, and which units of a row are pieces of a text."""

    compression: int
    start: int
    is_text: np.ndarray

    @property
    def units(self) -> int:
        """Units of a row."""
        return len(self.is_text)

    def of_text(self, cells: int, count: int) -> np.ndarray:
        """Say of so many values, after the first `cells`, which are pieces of a text."""
        start = cells % self.units
        return np.tile(self.is_text, -(-(start + count) // self.units))[start : start + count]


@dataclass(frozen=True)
class Content:
    """What stands after the dictionary: units of all rows, and whether their text is all ASCII.

    `per_row`: units of a row.
    """

    units: int
    per_row: int
    is_ascii: bool

    @property
    def rows(self) -> int:
        """Whole rows."""
        return self.units // self.per_row


def read_dictionary(content: bytes | mmap.mmap) -> Dictionary | None:
    """Walk over the records of a dictionary; None for a form that is not known here."""
    try:
        if struct.unpack_from("<i", content, LAYOUT_AT)[0] not in (2, 3):
            return None
        (compression,) = struct.unpack_from("<i", content, COMPRESSION_AT)
        at, is_text = HEADER_BYTES, []
        while True:
            (kind,) = struct.unpack_from("<i", content, at)
            if kind == 999:
                break
            if kind == 2:
                is_text.append(struct.unpack_from("<i", content, at + 4)[0] != 0)
            at = _after(content, kind, at)
    except (struct.error, IndexError, KeyError):
        return None
    return Dictionary(compression, at + 8, np.array(is_text)) if is_text else None


def _after(content: bytes | mmap.mmap, kind: int, at: int) -> int:
    """Return where the record after this one begins; KeyError for an unknown kind."""
    (first, second, third) = struct.unpack_from("<iii", content, at + 4)
    if kind == 2:  # a variable: width, has a label, number of missing values
        after = at + 32
        if second:
            after += 4 + -(-struct.unpack_from("<i", content, after)[0] // 4) * 4
        return after + 8 * abs(third)
    if kind == 3:  # value labels
        after = at + 8
        for _ in range(first):
            after += 8 + -(-(content[after + 8] + 1) // 8) * 8
        return after
    sizes = {4: (8, 4 * first), 6: (8, 80 * first), 7: (16, second * third)}
    head, body = sizes[kind]
    if body < 0:
        raise KeyError(kind)
    return at + head + body


def look_through(
    path: Path, seen: Callable[[Content], None] | None = None, texts: bool = True
) -> Content | None:
    """Count what stands in the rows of an SPSS file and look for text that is not ASCII.

    `seen` is told after every piece what was found so far. Without `texts` nothing is ASCII for
    sure, and it takes half the time. None for a form that is not known here; a reader says what is
    wrong with it.
    """
    with path.open("rb") as file:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            dictionary = read_dictionary(content)
        if dictionary is None or dictionary.compression not in (PLAIN, COMPRESSED, PACKED):
            return None
        looks = _plain if dictionary.compression == PLAIN else _compressed
        found = Content(0, dictionary.units, texts)
        try:
            for more, is_ascii in looks(file, dictionary, texts):
                found = Content(found.units + more, found.per_row, found.is_ascii and is_ascii)
                if seen:
                    seen(found)
        except (struct.error, zlib.error):
            return None
    return found


def _plain(file: BinaryIO, dictionary: Dictionary, texts: bool) -> Iterator[tuple[int, bool]]:
    """Look through rows that stand as they are, a piece at a time."""
    size = max(1, PIECE // dictionary.units) * dictionary.units
    if (os.fstat(file.fileno()).st_size - dictionary.start) % UNIT:
        yield 1, True  # less than a unit stands at the end
    if not texts:
        yield (os.fstat(file.fileno()).st_size - dictionary.start) // UNIT, False
        return
    file.seek(dictionary.start)
    buffer = np.empty(size, "<u8")
    while len(units := buffer[: file.readinto(buffer) // UNIT]):
        rows = units[: len(units) // dictionary.units * dictionary.units]
        high = _union(rows.reshape(-1, dictionary.units)) & HIGH_BITS
        yield len(units), not high[dictionary.is_text].any()


def _unpacked(file: BinaryIO, start: int) -> Iterator[bytes]:
    """Give the blocks of a .zsav file; its trailer says where they are."""
    file.seek(start)
    _, trailer, _ = struct.unpack("<qqq", file.read(24))
    file.seek(trailer + 20)
    (blocks,) = struct.unpack("<i", file.read(4))
    entries = file.read(24 * blocks)
    for block in range(blocks):
        _, at, _, size = struct.unpack_from("<qqii", entries, 24 * block)
        file.seek(at)
        yield zlib.decompress(file.read(size))


class _Units:
    """Units of rows in a buffer that is filled again behind what is left of the piece before."""

    def __init__(self, file: BinaryIO, dictionary: Dictionary) -> None:
        self._buffer = np.empty(2 * PIECE, "<u8")
        self._left = 0
        self._file = file
        self._blocks = None
        if dictionary.compression == PACKED:
            self._blocks = _unpacked(file, dictionary.start)
            self._block = memoryview(b"")
        else:
            file.seek(dictionary.start)

    def more(self, left: np.ndarray) -> tuple[np.ndarray, bool]:
        """Return what is left with up to a piece behind it, and whether that is the last."""
        self._buffer[: len(left)] = left.copy()
        free = memoryview(self._buffer)[len(left) : len(left) + PIECE].cast("B")
        filled = self._read(free)
        return self._buffer[: len(left) + filled // UNIT], filled < len(free)

    def _read(self, free: memoryview) -> int:
        if self._blocks is None:
            return self._file.readinto(free)
        filled = 0
        while filled < len(free):
            if not len(self._block):
                self._block = memoryview(next(self._blocks, b""))
                if not len(self._block):
                    break
            part = self._block[: len(free) - filled]
            free[filled : filled + len(part)] = part
            self._block, filled = self._block[len(part) :], filled + len(part)
        return filled


def _compressed(file: BinaryIO, dictionary: Dictionary, texts: bool) -> Iterator[tuple[int, bool]]:
    """Look through rows of eight opcodes and the values that follow them, a piece at a time."""
    source = _Units(file, dictionary)
    cells, rest, is_last = 0, np.empty(0, dtype="<u8"), False
    while not is_last:
        units, is_last = source.more(rest)
        alike, found, is_ascii = _rows_alike(units, dictionary, cells, texts)
        if alike:
            yield found, is_ascii
            cells += found
            rest = units[alike:]
            if not is_last:
                continue
            units = rest
        count = len(units) if is_last else max(0, len(units) - MOST_FOLLOW)
        holds_opcodes, leaves = _commands(units[:count])
        rest, units = units[leaves:], units[:leaves]
        holds_opcodes = np.resize(holds_opcodes, len(units))
        holds_opcodes[count:] = False
        opcodes = units[holds_opcodes].view(np.uint8)
        end = opcodes.tobytes().find(END)
        opcodes = opcodes[:end] if end >= 0 else opcodes
        found = int(np.count_nonzero(opcodes))  # all but PADDING
        high = (units & HIGH_BITS != 0)[~holds_opcodes] if texts else np.zeros(0, dtype=bool)
        yield found, not _is_in_text(high, opcodes, dictionary, cells)
        if end >= 0:
            return
        cells += found


def _rows_alike(
    units: np.ndarray, dictionary: Dictionary, cells: int, texts: bool
) -> tuple[int, int, bool]:
    """Look through rows of which all pack the same values, as those of many registers do.

    `cells`: values before the first unit. Returns how many units these rows take (0: less than
    half), their values, and whether their texts are ASCII. Opcodes come back to the same value of a
    row after some units; as long as the units that should then hold opcodes announce the same, they
    do hold them, because each says where the next one is.
    """
    at, values = [0], 0
    while values == 0 or values % dictionary.units:
        if at[-1] >= len(units) or len(at) > dictionary.units + 1:
            return 0, 0, True
        opcodes = units[at[-1] : at[-1] + 1]
        values += int(np.count_nonzero(opcodes.view(np.uint8)))
        at.append(at[-1] + 1 + int(_following(opcodes)[0]))
    size = at.pop()
    periods = units[: len(units) // size * size].reshape(-1, size)
    # A few first: most registers of amounts fail here.
    for some in (periods[:PROBED], periods):
        opcodes = np.ascontiguousarray(some.T[at])
        odd = _equals(opcodes, END) != 0
        for byte in (FOLLOWS, PADDING):
            marks = _equals(opcodes, byte)
            odd |= marks != marks[:, :1]
        same = int(odd.any(axis=0).argmax()) if odd.any() else len(some)
        if same * size < min(len(units) // 2, PROBED * size):
            return 0, 0, True
    if same * size < len(units) // 2:
        return 0, 0, True
    high = np.zeros(0, dtype=bool)
    if texts:
        high = np.delete(_union(periods[:same]) & HIGH_BITS, at) != 0
    in_text = _is_in_text(high, opcodes[:, 0].copy().view(np.uint8), dictionary, cells)
    return same * size, same * values, not in_text


def _union(rows: np.ndarray) -> np.ndarray:
    """Return the bits that any row has, column by column; rows side by side take less time."""
    width = rows.shape[1]
    many = rows[: len(rows) // SIDE * SIDE].reshape(-1, SIDE * width)
    parts = [np.bitwise_or.reduce(many, axis=0).reshape(-1, width), rows[len(many) * SIDE :]]
    return np.bitwise_or.reduce(np.concatenate(parts), axis=0)


def _equals(units: np.ndarray, byte: int) -> np.ndarray:
    """Return units that are one in exactly the bytes that equal this one."""
    return (units.view(np.uint8) == byte).view("<u8")


def _following(commands: np.ndarray) -> np.ndarray:
    """Return how many values follow each unit if it holds opcodes."""
    return np.bitwise_count(_equals(commands, FOLLOWS)).astype(np.int64)


def _commands(units: np.ndarray) -> tuple[np.ndarray, int]:
    """Say of each unit whether it holds opcodes, as the first does; return the next that will.

    Where the next ones stand follows from each. All segments are walked at once from a guess, their
    first unit; walks that begin elsewhere soon meet it, which is checked, not assumed.
    """
    count = len(units)
    if not count:
        return np.zeros(0, dtype=bool), 0
    starts = np.arange(0, count, SEGMENT)
    ends = np.minimum(starts + SEGMENT, count)
    guessed = np.zeros(count, dtype=bool)
    leaves = _walk(units, starts, ends, guessed, None)
    while True:
        entries = np.concatenate([[0], leaves[:-1]])
        walked = np.zeros(count, dtype=bool)
        meets = _walk(units, entries, ends, walked, guessed)
        # Who never met the guess leaves elsewhere, and so does who comes after.
        lost = (meets >= ends) & (meets != leaves)
        if not lost.any():
            break
        leaves = np.where(lost, meets, leaves)
    after = np.arange(SEGMENT) >= (meets - starts)[:, None]
    return guessed & after.ravel()[:count] | walked, int(leaves[-1])


def _walk(
    units: np.ndarray,
    at: np.ndarray,
    ends: np.ndarray,
    visited: np.ndarray,
    until: np.ndarray | None,
) -> np.ndarray:
    """Walk every segment to its end, or to a unit of `until`; mark the way, return the last."""
    at = at.copy()
    active = np.flatnonzero(at < ends)
    while len(active):
        here = at[active]
        if until is not None:
            apart = ~until[here]
            active, here = active[apart], here[apart]
        visited[here] = True
        onward = here + 1 + _following(units[here])
        at[active] = onward
        active = active[onward < ends[active]]
    return at


def _is_in_text(high: np.ndarray, opcodes: np.ndarray, dictionary: Dictionary, cells: int) -> bool:
    """Say whether a text that follows the opcodes has a byte that is none of ASCII.

    `high` says it of the units that follow, in the order of the opcodes that announce them;
    `cells`: values before the first opcode.
    """
    if not high.any():
        return False
    follows = opcodes[opcodes != PADDING] == FOLLOWS
    # The end of a file that was cut short may be lacking.
    texts = dictionary.of_text(cells, len(follows))[follows][: len(high)]
    return bool((high[: len(texts)] & texts).any())
