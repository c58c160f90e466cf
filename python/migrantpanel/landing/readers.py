"""Opening a delivered file: what it holds, and its rows in batches of bounded size.

SPSS and Stata rows are read by polars-readstat, which streams and is several times faster than
pyreadstat; labels and declared missing values come from pyreadstat, which keeps them all.
"""

import codecs
import csv
import errno
import gzip
import hashlib
import shutil
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Condition
from typing import Any

import polars as pl
import polars_readstat
import pyarrow as pa
import pyreadstat

from migrantpanel.errors import UserError
from migrantpanel.landing.encoding import decode_column, lossless_copy, may_lose_text
from migrantpanel.landing.spss import ROWS_AT, Content, look_through

# Rows in a batch, each a row group of what is landed; a few are in memory at once, some 20 MB each
# for the widest register.
BATCH_ROWS = 61_440
CHUNK_BYTES = 1 << 22
# The widest text of SPSS.
WIDEST = 32_767
LABELLED_FORMATS = ("sav", "zsav", "dta")
# First bytes of each format; CSV has none.
MAGIC: dict[str, tuple[bytes, ...]] = {
    "sav": (b"$FL2", b"$FL3"),
    "zsav": (b"$FL2", b"$FL3"),
    "dta": (b"<stata_dta>", *(bytes([version]) for version in range(104, 116))),
    "parquet": (b"PAR1",),
    "csv.gz": (b"\x1f\x8b",),
}
FORMAT_NAMES = {
    "sav": "SPSS",
    "zsav": "compressed SPSS",
    "dta": "Stata",
    "parquet": "Parquet",
    "csv.gz": "gzip",
    "csv": "CSV",
}


# What the readers raise on damaged files; anything else is a fault of this package.
READER_ERRORS = (
    pl.exceptions.PolarsError,
    pa.ArrowException,
    pyreadstat.ReadstatError,
    pyreadstat.PyreadstatError,
    EOFError,
    RuntimeError,
    ValueError,
    OverflowError,
    MemoryError,
    zlib.error,
)


@dataclass(frozen=True)
class Labels:
    """What a labelled file says about its variables, kept as delivered."""

    variable_labels: dict[str, str | None] = field(default_factory=dict)
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict)
    missing_ranges: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    missing_letters: dict[str, list[str]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    encoding: str | None = None


@dataclass(frozen=True)
class Table:
    """An opened file: columns in delivered order and spelling, and how to read them.

    `is_untyped` says that every column is text (CSV), `is_trimmed` that the reader has taken the
    blanks from the end of texts (SPSS, where they only fill the field), `marks_misread` that it
    ends a text with U+FFFD where a byte does not fit the encoding (Stata).
    """

    columns: dict[str, pl.DataType]
    rows: pl.LazyFrame
    labels: Labels
    declared_rows: int | None
    is_untyped: bool = False
    is_trimmed: bool = False
    marks_misread: bool = False
    cut_texts: "CutTexts | None" = None
    bytes_seen: "BytesSeen | None" = None
    note: str | None = None

    def check_end(self, file_name: str) -> None:
        """Refuse a file whose bytes hold more than the rows that were read."""
        if self.bytes_seen:
            self.bytes_seen.check_end(file_name, self.declared_rows or 0)

    def batches(self, names: list[str], batch_rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
        """Yield the named columns in file order, at most about `batch_rows` rows at a time."""
        done = 0
        if self.bytes_seen and not self.cut_texts:
            self.bytes_seen.begin(texts=False)
        for batch in self._stream(self.rows, names, batch_rows):
            if self.cut_texts and self.cut_texts.possible_in(batch, done):
                break
            yield batch
            done += batch.height
        else:
            return
        # From here on in an encoding that loses nothing.
        with self.cut_texts.whole_rows() as rows:
            for batch in self._stream(rows.slice(done), names, batch_rows):
                yield self.cut_texts.decoded(batch, done)
                done += batch.height

    def _stream(
        self, rows: pl.LazyFrame, names: list[str], batch_rows: int
    ) -> Iterator[pl.DataFrame]:
        typed = [
            pl.col(name).cast(self.columns[name])
            for name in names
            if name in self.labels.missing_ranges
        ]
        yield from (
            rows.select(names)
            .with_columns(typed)
            .collect_batches(chunk_size=batch_rows, maintain_order=True)
        )


class BytesSeen:
    """What the bytes of an SPSS file say; they are looked at while its rows are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._texts = False
        self._content: Future[Content | None] | None = None
        self._so_far: Content | None = None
        self._progress = Condition()

    def begin(self, texts: bool) -> None:
        """Begin to look, at texts or only at how many values there are; what has begun stays."""
        if self._content is not None and self._texts >= texts:
            return
        self._texts, self._so_far = texts, None
        thread = ThreadPoolExecutor(1)
        seen = partial(self._seen, texts)
        self._content = thread.submit(look_through, self._path, seen, texts)
        self._content.add_done_callback(lambda _: seen(None))
        thread.shutdown(wait=False)

    def _seen(self, texts: bool, content: Content | None) -> None:
        with self._progress:
            # A look that another one took the place of has nothing to say.
            if texts == self._texts:
                self._so_far = content or self._so_far
            self._progress.notify_all()

    @property
    def content(self) -> Content | None:
        """What was found, as soon as all is seen."""
        self.begin(texts=False)
        return self._content.result()

    def is_ascii_until(self, row: int) -> bool:
        """Say whether the texts of the first rows are ASCII for sure, as soon as it is known."""
        self.begin(texts=True)

        def is_known() -> bool:
            found = self._so_far
            return self._content.done() or (found is not None and found.rows >= row)

        with self._progress:
            self._progress.wait_for(is_known)
            found = self._so_far
        return found is not None and found.rows >= row and found.is_ascii

    def check_end(self, file_name: str, rows: int) -> None:
        """Refuse a file that goes on after its rows."""
        content = self.content
        more = content.units - rows * content.per_row if content else 0
        if more > 0:
            raise UserError(
                f"{file_name}: it states {rows:,} rows, and {more:,} values more follow them: ask"
                " for it again"
            )


@dataclass
class CutTexts:
    """Watches an SPSS file for texts that the reader may have cut where they do not fit UTF-8.

    ASCII always fits, and a text as long as its field was not cut. `misread` counts, per column,
    the values that turned out to be in another encoding, with the row and the text of the first.
    """

    path: Path
    scratch: Path
    widths: dict[str, int]
    options: dict[str, Any]
    bytes_seen: BytesSeen
    misread: dict[str, tuple[int, int, str]] = field(default_factory=dict)

    def possible_in(self, batch: pl.DataFrame, rows_before: int) -> bool:
        """Say whether a text of the batch may have been cut: it is shorter than its field."""
        shorter = [
            (pl.col(name).str.len_bytes().fill_null(0) < self.widths.get(name, WIDEST)).any()
            for name, dtype in batch.schema.items()
            if dtype == pl.String
        ]
        if not shorter or not any(batch.select(shorter).row(0)):
            self.bytes_seen.begin(texts=False)
            return False
        return not self.bytes_seen.is_ascii_until(rows_before + batch.height)

    @contextmanager
    def whole_rows(self) -> Iterator[pl.LazyFrame]:
        """Give the rows with one character per byte, nothing cut."""
        with lossless_copy(self.path, self.scratch) as copy:
            yield polars_readstat.scan_readstat(str(copy), **self.options)

    def decoded(self, batch: pl.DataFrame, rows_before: int) -> pl.DataFrame:
        """Decode a batch of `whole_rows`, and note what did not fit."""
        texts = [name for name, dtype in batch.schema.items() if dtype == pl.String]
        foreign = batch.select(
            (pl.col(name).str.len_bytes().sum() != pl.col(name).str.len_chars().sum()).alias(name)
            for name in texts
        ).row(0, named=True)
        for name in [name for name in texts if foreign[name]]:
            values, unfit = decode_column(batch[name])
            batch = batch.with_columns(values.alias(name))
            if count := int(unfit.sum()):
                row = int(unfit.arg_max() or 0)
                before, first_row, example = self.misread.get(
                    name, (0, rows_before + row + 1, values[row])
                )
                self.misread[name] = (before + count, first_row, example)
        return batch


@contextmanager
def reading(path: Path, what_to_do: str = "ask for it again, or copy it again") -> Iterator[None]:
    """Turn whatever a reader raises on a damaged file into one line that names the file."""
    try:
        yield
    except UserError:
        raise
    except PermissionError:
        raise UserError(f"{path.name}: no right to read it: ask for access to {path}") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(f"{path.name}: no space is left on disk: free some") from None
        raise UserError(f"{path.name}: cannot be read ({error}): {what_to_do}") from None
    except BaseException as error:
        # A Rust reader's panic is no Exception, and every reader has a class of its own for it.
        if not isinstance(error, READER_ERRORS) and type(error).__name__ != "PanicException":
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{path.name}: cannot be read ({reason}): {what_to_do}") from None


def check_magic(path: Path, file_format: str) -> None:
    """Raise `UserError` when a file is empty or does not start (and end) as its format does."""
    with reading(path), path.open("rb") as file:
        head = file.read(16)
        file.seek(max(path.stat().st_size - 4, 0))
        tail = file.read(4)
    if not head:
        raise UserError(f"{path.name}: the file is empty (0 bytes): ask for it again")
    expected = MAGIC.get(file_format)
    if expected and not head.startswith(expected):
        raise UserError(
            f"{path.name}: it starts with {head[:8]!r} and is no {FORMAT_NAMES[file_format]} file:"
            " give it the extension of what it is, or copy it again"
        )
    if file_format == "parquet" and tail != b"PAR1":
        raise UserError(
            f"{path.name}: the end of the file is missing (cut short): ask for it again"
        )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_table(path: Path, file_format: str, scratch: Path) -> Table:
    """Open a file for streaming. CSV that is packed or not UTF-8 is first copied to `scratch`.

    Raises `UserError` for a file that is empty, cut short or of another kind than its name says.
    """
    check_magic(path, file_format)
    with reading(path):
        if file_format in LABELLED_FORMATS:
            return _open_labelled(path, file_format, scratch)
        if file_format == "parquet":
            rows = pl.scan_parquet(path)
            columns = dict(rows.collect_schema())
            count = rows.select(pl.len()).collect().item()
            return Table(columns, rows, Labels(), count)
        return _open_csv(path, file_format, scratch)


def read_labels(path: Path, file_format: str) -> tuple[Labels, int | None]:
    """Return labels, declared missing values and the number of rows that the header states.

    Raises `UserError` for a header that cannot be read or cannot be true.
    """
    with reading(path):
        meta = read_with_pyreadstat(path, file_format, metadataonly=True, output_format="polars")[1]
    _check_claim(path, file_format, meta)
    return labels_of(meta), meta.number_rows


def read_with_pyreadstat(path: Path, file_format: str, **options: Any) -> tuple[Any, Any]:
    """Read with declared missing values kept; other settings where the file's own do not fit.

    Tried after the stated ones: Windows-1252, for text that is not in the stated encoding, and
    dates as numbers, for dates beyond the calendar. `encoding` is always the caller's.
    """
    reader = pyreadstat.read_dta if file_format == "dta" else pyreadstat.read_sav
    attempts = ({}, {"encoding": "windows-1252"}, {"disable_datetime_conversion": True})
    for attempt in attempts:
        try:
            return reader(path, user_missing=True, **{**attempt, **options})
        except pyreadstat.ReadstatError as error:
            if attempt is attempts[-1] or "convert string" not in str(error):
                raise
        except (UnicodeDecodeError, OverflowError, pl.exceptions.InvalidOperationError):
            if attempt is attempts[-1]:
                raise
    raise AssertionError("the last attempt returns or raises")


def _check_claim(path: Path, file_format: str, meta: Any) -> None:
    """Refuse a header that states more values than the bytes can hold, before memory is taken."""
    # A value takes a byte at least; zlib, in compressed SPSS, packs at most about 1,032 into one.
    most = path.stat().st_size * (1032 if file_format == "zsav" else 1)
    if (meta.number_rows or 0) * meta.number_columns > most:
        raise UserError(
            f"{path.name}: it states {meta.number_rows:,} rows of {meta.number_columns:,} columns,"
            f" more than its {path.stat().st_size:,} bytes can hold: ask for it again"
        )


def labels_of(meta: Any) -> Labels:
    """Collect from pyreadstat's metadata what landing keeps."""
    return Labels(
        variable_labels=dict(meta.column_names_to_labels),
        value_labels={name: dict(codes) for name, codes in meta.variable_value_labels.items()},
        missing_ranges={name: list(ranges) for name, ranges in meta.missing_ranges.items()},
        missing_letters={name: list(codes) for name, codes in meta.missing_user_values.items()},
        formats=dict(meta.original_variable_types),
        measures=dict(meta.variable_measure),
        widths=dict(meta.variable_storage_width),
        encoding=meta.file_encoding,
    )


def _open_labelled(path: Path, file_format: str, scratch: Path) -> Table:
    labels, declared_rows = read_labels(path, file_format)
    bytes_seen = None
    if file_format != "dta":
        bytes_seen = BytesSeen(path)
        if declared_rows is None:
            path, declared_rows = _with_rows(path, scratch, bytes_seen.content)
    columns = dict(polars_readstat.scan_readstat(str(path)).collect_schema())
    # Left alone, polars-readstat turns declared missing values into null, and they are lost. The
    # other modes, with a column beside each, fail when only some columns are read (0.25.0).
    declared = [name for name in columns if name in labels.missing_ranges]
    keep = {"columns": declared, "mode": "merged_string", "use_value_labels": False}
    options = {
        "preserve_order": True,
        "batch_size": BATCH_ROWS,
        "informative_nulls": keep if declared else None,
    }
    rows = polars_readstat.scan_readstat(str(path), **options)
    if file_format == "dta":
        return Table(columns, rows, labels, declared_rows, marks_misread=True)
    cut_texts = None
    if may_lose_text(labels.encoding):
        cut_texts = CutTexts(path, scratch, labels.widths, options, bytes_seen)
    return Table(
        columns, rows, labels, declared_rows,
        is_trimmed=True, cut_texts=cut_texts, bytes_seen=bytes_seen,
    )  # fmt: skip


def _with_rows(path: Path, scratch: Path, content: Content | None) -> tuple[Path, int]:
    """Return a copy whose header states its rows, and how many; readers find none without."""
    if content is None or content.units % content.per_row:
        raise UserError(
            f"{path.name}: it does not state its rows, and the last one is not whole: it may be"
            " cut short; ask for it again"
        )
    copy = scratch / f"{path.name}.counted{path.suffix}"
    shutil.copyfile(path, copy)
    with copy.open("r+b") as file:
        file.seek(ROWS_AT)
        file.write(struct.pack("<i", content.rows))
    return copy, content.rows


def _open_csv(path: Path, file_format: str, scratch: Path) -> Table:
    with path.open("rb") as start:
        if start.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise UserError(f"{path.name}: it is in UTF-16: save it in UTF-8")
    readable, note = _utf8_copy(path, file_format, scratch)
    with readable.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline()
        has_rows = bool(file.readline())
    if not header.strip():
        raise UserError(f"{path.name}: the first line is blank: write the column names there")
    separator = max(";,\t|", key=header.count)
    names = next(csv.reader([header.rstrip("\r\n")], delimiter=separator))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UserError(
            f"{path.name}: column {twice[0]} is there {names.count(twice[0])} times: keep one"
        )
    rows = pl.scan_csv(
        readable, separator=separator, infer_schema=False, empty_string_is_null=False
    )
    if has_rows:
        _check_lines(path, readable, separator, len(names))
    columns = dict(rows.collect_schema())
    return Table(columns, rows, Labels(), None, is_untyped=True, note=note)


def _utf8_copy(path: Path, file_format: str, scratch: Path) -> tuple[Path, str | None]:
    """Return the file itself when it is plain UTF-8, else a copy that is, and what to say of it.

    Each line is decoded by itself: files that were pasted together may mix encodings.
    """
    if file_format == "csv" and _is_utf8(path):
        return path, None
    plain = scratch / f"{path.name}.utf8"
    if file_format == "csv.gz":
        with gzip.open(path, "rb") as source, plain.open("wb") as target:
            while chunk := source.read(CHUNK_BYTES):
                target.write(chunk)
        if _is_utf8(plain):
            return plain, None
        path = plain.rename(scratch / f"{path.name}.bytes")
    number, foreign = 0, []
    with path.open("rb") as source, plain.open("w", encoding="utf-8", newline="") as target:
        for number, line in enumerate(source, 1):
            try:
                target.write(line.decode())
            except UnicodeDecodeError:
                foreign.append(number)
                target.write(line.decode("windows-1252", errors="replace"))
    return plain, (
        f"{len(foreign):,} of {number:,} lines are not in UTF-8 and were read as Windows-1252, the"
        f" first is line {foreign[0]:,}"
    )


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _check_lines(path: Path, readable: Path, separator: str, fields: int) -> None:
    """Refuse lines with fewer fields than the header: polars would fill them up in silence.

    Only where nothing is quoted, because a quoted field may hold separators and line ends.
    """
    lines = pl.scan_csv(
        readable,
        separator="\x01",
        quote_char=None,
        has_header=False,
        new_columns=["line"],
        infer_schema=False,
        skip_rows=1,
        raise_if_empty=False,
    ).with_row_index("number", offset=2)
    quoted = lines.filter(pl.col("line").str.contains('"', literal=True)).head(1)
    if quoted.collect(engine="streaming").height:
        return
    short = (
        lines.filter(
            pl.col("line").str.count_matches(separator, literal=True).fill_null(0) != fields - 1
        )
        .head(1)
        .collect(engine="streaming")
    )
    if short.height:
        number, line = short.row(0)
        raise UserError(
            f"{path.name}: line {number} has {(line or '').count(separator) + 1} fields where the"
            f" header has {fields}, for example {(line or '')[:60]!r}: the file may be cut"
            " short; ask for it again, or mend that line"
        )
