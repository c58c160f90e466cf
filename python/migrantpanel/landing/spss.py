"""What the bytes of an SPSS system file say beside what its readers tell.

Readers stop after the rows that the header states, and cut a text at a byte that is not in the
encoding of the file, both without a word. Here the rows of a file are counted and its texts are
looked at, as fast as memory allows and without making a single value.

The form of the file is that of the PSPP developers' guide, "System File Format".
"""

import mmap
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEADER_BYTES = 176
LAYOUT_AT, COMPRESSION_AT, ROWS_AT = 64, 72, 80
UNIT = 8  # bytes: a number, or a piece of a text
# Opcodes of compressed rows: nothing, the end, and "the value follows in the next unit".
PADDING, END, FOLLOWS = 0, 252, 253
HIGH_BITS = np.uint64(0x8080808080808080)
# Units that are looked at together, cut into segments that are walked side by side.
SEGMENT, SEGMENTS = 128, 4096
PIECE = SEGMENT * SEGMENTS
MOST_FOLLOW = 8
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


def look_through(path: Path, seen: Callable[[Content], None] | None = None) -> Content | None:
    """Count what stands in the rows of an SPSS file and look for text that is not ASCII.

    `seen` is told after every piece what was found so far. None for a form that is not known here;
    a reader says what is wrong with it.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        dictionary = read_dictionary(content)
        if dictionary is None or dictionary.compression not in (PLAIN, COMPRESSED, PACKED):
            return None
        looks = _plain if dictionary.compression == PLAIN else _compressed
        found = Content(0, dictionary.units, True)
        try:
            for more, is_ascii in looks(content, dictionary):
                found = Content(found.units + more, found.per_row, found.is_ascii and is_ascii)
                if seen:
                    seen(found)
        except (struct.error, zlib.error):
            return None
    return found


def _plain(content: mmap.mmap, dictionary: Dictionary) -> Iterator[tuple[int, bool]]:
    """Look through rows that stand as they are, a piece at a time."""
    size = max(1, PIECE // dictionary.units) * dictionary.units
    if (len(content) - dictionary.start) % UNIT:
        yield 1, True  # less than a unit stands at the end
    for units in _pieces(content, dictionary.start, size):
        rows = units[: len(units) // dictionary.units * dictionary.units]
        texts = np.bitwise_or.reduce(rows.reshape(-1, dictionary.units), axis=0)
        yield len(units), not (texts & HIGH_BITS)[dictionary.is_text].any()


def _pieces(content: mmap.mmap, start: int, size: int) -> Iterator[np.ndarray]:
    """Give the whole units behind a position, at most `size` at a time."""
    for at in range(start, len(content) - UNIT + 1, size * UNIT):
        piece = content[at : at + size * UNIT]
        yield np.frombuffer(piece, "<u8", len(piece) // UNIT)


def _unpacked(content: mmap.mmap, start: int) -> Iterator[np.ndarray]:
    """Give the units of the blocks of a .zsav file; its trailer says where they are."""
    _, trailer, _ = struct.unpack_from("<qqq", content, start)
    (blocks,) = struct.unpack_from("<i", content, trailer + 20)
    for block in range(blocks):
        _, at, _, size = struct.unpack_from("<qqii", content, trailer + 24 + 24 * block)
        unpacked = zlib.decompress(content[at : at + size])
        units = np.frombuffer(unpacked, "<u8", len(unpacked) // UNIT)
        yield from (units[first : first + PIECE] for first in range(0, len(units), PIECE))


def _compressed(content: mmap.mmap, dictionary: Dictionary) -> Iterator[tuple[int, bool]]:
    """Look through rows of eight opcodes and the values that follow them, a piece at a time."""
    if dictionary.compression == PACKED:
        pieces = _unpacked(content, dictionary.start)
    else:
        pieces = _pieces(content, dictionary.start, PIECE)
    # As many values as a piece can hold, from any place in a row.
    of_text = np.resize(dictionary.is_text, MOST_FOLLOW * (PIECE * 2) + dictionary.units)
    cells, rest = 0, np.empty(0, dtype="<u8")
    for piece, is_last in _told_last(pieces):
        units = np.concatenate([rest, piece])
        count = len(units) if is_last else max(0, len(units) - MOST_FOLLOW)
        holds_opcodes, leaves = _commands(units[:count])
        rest, units = units[leaves:], units[:leaves]
        holds_opcodes = np.resize(holds_opcodes, len(units))
        holds_opcodes[count:] = False
        opcodes = units[holds_opcodes].view(np.uint8)
        end = opcodes.tobytes().find(END)
        found, is_ascii = _values(
            opcodes[:end] if end >= 0 else opcodes,
            units[~holds_opcodes],
            of_text[cells % dictionary.units :],
        )
        yield found, is_ascii
        if end >= 0:
            return
        cells += found


def _told_last(pieces: Iterator[np.ndarray]) -> Iterator[tuple[np.ndarray, bool]]:
    """Give each piece with whether it is the last."""
    before = next(pieces, None)
    for piece in pieces:
        yield before, False
        before = piece
    if before is not None:
        yield before, True


def _following(commands: np.ndarray) -> np.ndarray:
    """Return how many values follow each unit if it holds opcodes."""
    # A byte that equals FOLLOWS becomes 0; the formula sets the high bit of exactly those.
    differs = commands ^ np.uint64(0x0101010101010101 * FOLLOWS)
    low = np.uint64(0x7F7F7F7F7F7F7F7F)
    zero = ~(((differs & low) + low) | differs | low)
    return np.bitwise_count(zero).astype(np.int64)


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


def _values(opcodes: np.ndarray, following: np.ndarray, of_text: np.ndarray) -> tuple[int, bool]:
    """Return the values of opcodes, and whether the texts among those that follow are ASCII.

    `following` are units in the order of the opcodes that announce them; `of_text` says of each
    value whether it is a piece of a text.
    """
    count = int(np.count_nonzero(opcodes))  # all but PADDING
    if not np.bitwise_or.reduce(following) & HIGH_BITS:
        return count, True
    high = (following & HIGH_BITS) != 0
    follows = (opcodes if count == len(opcodes) else opcodes[opcodes != PADDING]) == FOLLOWS
    # The end of a file that was cut short may be lacking.
    texts = of_text[:count][follows][: len(high)]
    return count, not (high[: len(texts)] & texts).any()
