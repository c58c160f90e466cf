"""Landing one register file: canonical names and types, in batches, bad rows set apart."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.landing.catalogue import EARLIER, YEAR, Column, Stem
from migrantpanel.landing.labels import write_labels
from migrantpanel.landing.output import QUARANTINE_SCHEMA, ParquetFolderFile, stream_frames
from migrantpanel.landing.readers import Table, open_table, reading
from migrantpanel.landing.records import FileRecord

POLARS_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "int": pl.Int32(),
    "bigint": pl.Int64(),
    "double": pl.Float64(),
}
# A file with more unreadable rows than this is refused: then the column is wrong, not a row.
QUARANTINE_LIMIT = 0.1
COLUMNS_SHOWN = 8


@dataclass(frozen=True)
class Source:
    """One landed column and the delivered column that fills it (None: it is filled with nulls)."""

    column: Column
    delivered: str | None
    year: int | None = None

    @property
    def slot(self) -> str:
        """Name of the converted column: several years of one landed column stand side by side."""
        return f"landed {self.column.name} {self.year or ''}"


@dataclass
class Tally:
    """Counts of one file while its batches pass."""

    rows: int = 0
    quarantined: int = 0
    padded: dict[str, int] = field(default_factory=dict)
    bad: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)


def landed_schema(stem: Stem) -> dict[str, pl.DataType]:
    """Return the columns and types of a register's landed folder, in catalogue order."""
    typed = {column.name: POLARS_TYPES[column.data_type] for column in stem.columns}
    return {**typed, "file_year": pl.Int32(), "source_file": pl.String()}


def land_register(record: FileRecord, stem: Stem, scratch: Path) -> dict[str, object]:
    """Land one register file below `scratch`; return what the manifest keeps of it.

    Text stays text: only blanks at the end go, and numeric keys and codes get their leading zeros
    back. Rows with a value that cannot be what the catalogue says go to `quarantine/`.
    """
    path = record.full_path
    table = open_table(path, record.file_format, scratch)
    sources = match_columns(record, table, stem)
    years = sorted({source.year for source in sources if source.year is not None})
    delivered = list(dict.fromkeys(s.delivered for s in sources if s.delivered is not None))
    rejected = ParquetFolderFile(scratch, "quarantine", record.name, QUARANTINE_SCHEMA)
    tally = Tally()
    filled = [source for source in sources if source.delivered is not None]
    all_faults = _faults(filled, table, stem.keys)
    plans = [_plan(sources, year, record) for year in years or [None]]

    def convert(batch: pl.DataFrame) -> Iterator[pl.DataFrame]:
        plain = batch.with_columns(_plain(source).alias(source.slot) for source in filled)
        looks = plain.select(_conforms(s, table).alias(s.slot) for s in filled).row(0, named=True)
        unsure = [source for source in filled if not looks[source.slot]]
        faults = {
            name: fault
            for source in unsure
            if (fault := all_faults.get(name := source.delivered or "")) is not None
        }
        values = _set_apart(plain, batch.columns, faults, record, tally, rejected)
        tally.rows += batch.height
        if unsure:
            values = values.with_columns(_value(s, table).alias(s.slot) for s in unsure)
        values = _restore_zeros(values, unsure, table, tally)
        yield from (values.select(plan) for plan in plans)

    with rejected, reading(path):
        converted = (part for batch in table.batches(delivered) for part in convert(batch))
        landed = stream_frames(scratch, stem.stem, record.name, landed_schema(stem), converted)
    with reading(path):
        table.check_end(path.name)
    _check_counts(path.name, table, tally)
    files = [landed, *([rejected.relative] if tally.quarantined else [])]
    files += write_labels(scratch, table.labels, stem.stem, None, record, list(delivered))
    return {
        "rows_delivered": tally.rows,
        "rows_landed": tally.rows - tally.quarantined,
        "rows_quarantined": tally.quarantined,
        "columns_delivered": " ".join(table.columns),
        "landed_files": "|".join(files),
        "note": _note(sources, record, stem, tally, table),
    }


def match_columns(record: FileRecord, table: Table, stem: Stem) -> list[Source]:
    """Find the delivered column of each landed one, without case; the newest name wins.

    A restricted file may lack its migration variables, whatever the catalogue requires.

    Raises `UserError` for columns delivered twice and for required ones that are missing.
    """
    file_name, file_year = record.file_name, record.file_year
    withheld = stem.restricted.columns if stem.restricted and record.is_restricted else ()
    by_lower: dict[str, list[str]] = {}
    for name in table.columns:
        by_lower.setdefault(name.strip().lower(), []).append(name)
    yearly = {
        column.name: found
        for column in stem.columns
        if column.is_yearly and (found := _years_of(column, by_lower))
    }
    years = sorted({year for found in yearly.values() for year in found})
    sources: list[Source] = []
    problems: list[str] = []
    missing: list[Column] = []
    for column in stem.columns:
        first_name = column.delivered_names[0]
        if first_name == YEAR:
            sources += [Source(column, None, year) for year in years]
            continue
        if column.is_yearly:
            found = yearly.get(column.name, {})
            sources += [Source(column, found.get(year), year) for year in years]
            twice = [by_lower[name.strip().lower()] for name in found.values()]
            problems += [
                f"{file_name}: column {names[0]} is there {len(names)} times"
                f" ({', '.join(names)}): keep one of them"
                for names in twice
                if len(names) > 1
            ]
            if column.is_required and not found:
                missing.append(column)
            continue
        hits = [hit for name in column.delivered_names if (hit := _delivered_as(name, by_lower))]
        if hits and len(hits[0]) > 1:
            problems.append(
                f"{file_name}: column {first_name} is there {len(hits[0])} times"
                f" ({', '.join(hits[0])}): keep one of them, or name it in delivered_names in"
                " catalogue_column"
            )
        is_required = column.is_required and column.name not in withheld
        if not hits and is_required and column.expected_in(file_year):
            missing.append(column)
        sources.append(Source(column, hits[0][0] if hits else None))
    if missing:
        problems.append(_missing(file_name, missing, table))
    UserError.collect(problems)
    return sources


def _delivered_as(name: str, by_lower: dict[str, list[str]]) -> list[str]:
    """Return the delivered spellings of a name; `*` in it stands for any letters."""
    if "*" not in name:
        return by_lower.get(name.lower(), [])
    return [n for lower in fnmatch.filter(by_lower, name.lower()) for n in by_lower[lower]]


def _missing(file_name: str, columns: list[Column], table: Table) -> str:
    names = ", ".join(column.delivered_names[0] for column in columns)
    what = "key column" if columns[0].role == "key" else "column"
    lacks = f"{what} {names} is" if len(columns) == 1 else f"{what}s {names} are"
    shown = ", ".join(name if name.isprintable() else repr(name) for name in table.columns)[:80]
    return (
        f"{file_name}: {lacks} missing (the file has {shown}, ...): deliver the file with"
        f" {'it, or add its other name' if len(columns) == 1 else 'them, or add their other names'}"
        " to delivered_names in catalogue_column"
    )


def _years_of(column: Column, by_lower: dict[str, list[str]]) -> dict[int, str]:
    """Return the delivered column per year of a column such as gem<YYYY>."""
    found: dict[int, str] = {}
    for name in column.delivered_names:
        if name == YEAR:
            continue
        prefix, suffix = (re.escape(part) for part in name.lower().split(YEAR.lower()))
        for lower, names in by_lower.items():
            if match := re.fullmatch(rf"{prefix}(\d{{4}}){suffix}", lower):
                found.setdefault(int(match.group(1)), names[0])
    return found


def _plan(sources: list[Source], year: int | None, record: FileRecord) -> list[pl.Expr]:
    """Return the landed columns in order, for one year of a file that has a column per year."""
    plan: list[pl.Expr] = []
    for source in sources:
        column = source.column
        if source.year not in (None, year):
            continue
        if source.delivered is not None:
            value = pl.col(source.slot)
        else:
            is_year = source.year is not None and column.delivered_names[0] == YEAR
            value = pl.lit(source.year if is_year else None, POLARS_TYPES[column.data_type])
        plan.append(value.alias(column.name))
    plan.append(pl.lit(record.file_year, pl.Int32).alias("file_year"))
    plan.append(pl.lit(record.file_name).alias("source_file"))
    return plan


def _conforms(source: Source, table: Table) -> pl.Expr:
    """Return one truth per batch: whether `_plain` gave what `_value` would, without a fault.

    Nearly all values land as they are, and this look costs a fraction of taking each apart.
    """
    column, name = source.column, source.delivered or ""
    dtype, value = table.columns[name], pl.col(name)
    if column.data_type != "string":
        if not dtype.is_numeric():
            return pl.lit(False)
        number = pl.col(source.slot)
        same = number.null_count() == value.null_count()
        if not dtype.is_float():
            return same
        return same & (value.is_finite() if column.data_type == "double" else number == value).all()
    if dtype != pl.String:
        return pl.lit(False)
    if column.role == "key" or column.family == "rin":
        # Of full width without a blank or NUL, hence with none at an end; of a number only digits.
        whole = pl.Array(pl.UInt8, column.width or 1)
        byte = value.cast(pl.Binary).bin.reinterpret(dtype=whole).explode()
        first, last = ("0", "9") if column.family == "rin" else ("!", "~")
        return byte.is_between(ord(first), ord(last)).all(ignore_nulls=False)
    if table.marks_misread:
        return pl.lit(False)
    sound = pl.lit(True) if table.is_trimmed else ~_ends_blank(value)
    full = (value.str.len_bytes() == (column.width or 0)).all(ignore_nulls=False)
    return sound & full if _pads(source, table) else sound


def _ends_blank(value: pl.Expr) -> pl.Expr:
    return value.str.ends_with(" ").any() | value.str.ends_with("\x00").any()


def _plain(source: Source) -> pl.Expr:
    """Return a value that needs no more than its type."""
    value = pl.col(source.delivered or "")
    if source.column.data_type == "string":
        return value.fill_null("")
    return value.cast(POLARS_TYPES[source.column.data_type], strict=False)


def _value(source: Source, table: Table) -> pl.Expr:
    if source.column.data_type == "string":
        return _text(source, table)
    return _number(source, table.columns[source.delivered])


def _text(source: Source, table: Table) -> pl.Expr:
    """Return the value as text without blanks at its end; nothing delivered is the empty text."""
    value, dtype = pl.col(source.delivered), table.columns[source.delivered]
    if dtype.is_temporal():
        text = value.dt.strftime("%Y%m%d")
    elif dtype.is_float():
        text = value.cast(pl.Int64, strict=False).cast(pl.String)
    elif dtype.is_numeric() or dtype == pl.Boolean:
        text = value.cast(pl.Int64).cast(pl.String)
    elif source.column.role == "key":
        text = value.cast(pl.String).str.strip_chars(" \x00")
    elif table.is_trimmed:
        text = value
    else:
        text = value.cast(pl.String).str.strip_chars_end(" \x00")
    return text.fill_null("")


def _number(source: Source, dtype: pl.DataType) -> pl.Expr:
    """Return the value as a number, null where nothing or no number was delivered."""
    value = pl.col(source.delivered)
    target = POLARS_TYPES[source.column.data_type]
    if dtype.is_numeric() or dtype == pl.Boolean:
        number = value.fill_nan(None) if dtype.is_float() else value
        if target.is_float() or not dtype.is_float():
            return number.cast(target, strict=False)
        return pl.when(number == number.round()).then(number).cast(target, strict=False)
    text = value.cast(pl.String).str.strip_chars(" \x00").str.replace(",", ".", literal=True)
    as_float = text.cast(pl.Float64, strict=False)
    if target.is_float():
        return as_float
    whole = pl.when(as_float == as_float.round()).then(as_float).cast(target, strict=False)
    return pl.coalesce(text.cast(target, strict=False), whole)


def _pads(source: Source, table: Table) -> bool:
    """Say whether numbers may have lost their leading zeros: keys always, codes when untyped."""
    column = source.column
    if column.data_type != "string" or (column.width or 0) < 2:
        return False
    dtype = table.columns[source.delivered]
    return column.role == "key" or table.is_untyped or dtype.is_numeric()


def _restore_zeros(
    values: pl.DataFrame, filled: list[Source], table: Table, tally: Tally
) -> pl.DataFrame:
    """Pad what lost its leading zeros, and count it; most batches need no more than a look."""
    padding = [source for source in filled if _pads(source, table)]
    lengths = {s.slot: pl.col(s.slot).str.len_bytes() < s.column.width for s in padding}
    short = values.select(is_short.any().alias(slot) for slot, is_short in lengths.items())
    for source in padding:
        if not short[source.slot].any():
            continue
        text = pl.col(source.slot)
        is_short = lengths[source.slot] & text.str.contains(r"^\d+$")
        count = values.select(is_short.sum()).item()
        if count:
            name = source.delivered or ""
            tally.padded[name] = tally.padded.get(name, 0) + count
            padded = pl.when(is_short).then(text.str.zfill(source.column.width)).otherwise(text)
            values = values.with_columns(padded.alias(source.slot))
    return values


def _faults(
    filled: list[Source], table: Table, keys: tuple[str, ...]
) -> dict[str, tuple[pl.Expr, str]]:
    """Return per delivered column when its value is unusable, and the reason in words.

    The rows' own keys (`keys`) must be there; a relative's may be blank.
    """
    faults: dict[str, tuple[pl.Expr, str]] = {}
    key_type: pl.Expr | None = None
    for source in filled:
        column, name = source.column, source.delivered or ""
        dtype = table.columns[name]
        value = pl.col(name)
        if column.data_type != "string":
            given = value.is_not_null()
            if dtype.is_float():
                given &= value.is_not_nan()
            elif not dtype.is_numeric():
                given &= value.cast(pl.String).str.strip_chars(" \x00") != ""
            what = "number" if column.data_type == "double" else "whole number"
            number = _number(source, dtype)
            bad = given & (
                number.is_null() | number.is_infinite() if what == "number" else number.is_null()
            )
            faults[name] = (bad, f"is no {what}")
        elif dtype.is_float() and (column.family != "rin" or key_type is None):
            whole = value.cast(pl.Int64, strict=False)
            bad = value.is_not_null() & value.is_not_nan() & (whole.is_null() | (whole != value))
            faults[name] = (bad, "is no whole number, as a code or key must be")
        elif table.marks_misread and column.family not in ("rin_type", "rin"):
            bad = value.cast(pl.String).str.contains("\ufffd", literal=True)
            faults[name] = (bad, "has bytes that are no text in the encoding of the file")
        elif column.family == "rin_type":
            key_type = _text(source, table)
        elif column.family == "rin" and key_type is not None:
            # Only keys of type R and S identify somebody; other types may hold anything.
            text = _text(source, table)
            well_formed = text.str.contains(rf"^\d{{1,{column.width}}}$")
            if dtype.is_float():
                well_formed &= value == value.round()
            bad = key_type.is_in(["R", "S"]) & ~well_formed
            if column.name not in keys:
                bad &= text != ""
            faults[name] = (bad, f"is no key of {column.width} digits")
    return faults


def _set_apart(
    batch: pl.DataFrame,
    delivered: list[str],
    faults: dict[str, tuple[pl.Expr, str]],
    record: FileRecord,
    tally: Tally,
    rejected: ParquetFolderFile,
) -> pl.DataFrame:
    """Write unusable rows to quarantine with the reason, and return the others."""
    if not faults:
        return batch
    flags = batch.select(bad.fill_null(False).alias(name) for name, (bad, _) in faults.items())
    bad_rows = flags.select(pl.any_horizontal(pl.all())).to_series()
    if not bad_rows.any():
        return batch
    rows = batch.with_row_index("row_number", offset=tally.rows + 1).filter(bad_rows)
    flags = flags.filter(bad_rows)
    for name, (_, reason) in faults.items():
        hit = rows.filter(flags[name])
        if not hit.height:
            continue
        tally.bad[name] = tally.bad.get(name, 0) + hit.height
        tally.examples.setdefault(
            name, f"{hit[name][0]!r} in row {hit['row_number'][0]:,} {reason}"
        )
        rejected.write(
            hit.select(
                pl.lit(record.stem).alias("stem"),
                pl.lit(record.file_name).alias("source_file"),
                pl.col("row_number").cast(pl.Int64),
                pl.lit(name).alias("column_name"),
                pl.col(name).cast(pl.String).alias("delivered_value"),
                pl.lit(f"{name} {reason}").alias("reason"),
                pl.struct(delivered).struct.json_encode().alias("delivered_row"),
            )
        )
    tally.quarantined += rows.height
    return batch.filter(~bad_rows)


def _check_counts(file_name: str, table: Table, tally: Tally) -> None:
    """Refuse a file without rows, with fewer than it states, or with a column that is all wrong."""
    if tally.rows == 0:
        raise UserError(f"{file_name}: the file holds no rows: ask for it again, or leave it out")
    if table.declared_rows is not None and table.declared_rows != tally.rows:
        raise UserError(
            f"{file_name}: it states {table.declared_rows:,} rows but holds {tally.rows:,}:"
            " it is cut short; ask for it again"
        )
    if tally.quarantined > QUARANTINE_LIMIT * tally.rows:
        name = max(tally.bad, key=lambda column: tally.bad[column])
        raise UserError(
            f"{file_name}: column {name}: {tally.bad[name]:,} of {tally.rows:,} rows cannot"
            f" be read, for example {tally.examples[name]}: deliver the file again, or correct"
            " data_type in catalogue_column"
        )


def _note(
    sources: list[Source], record: FileRecord, stem: Stem, tally: Tally, table: Table
) -> str | None:
    """Say what a reader of the landed file should know; nothing changed or lost goes untold."""
    misread = table.cut_texts.misread if table.cut_texts else {}
    parts = [
        f"{count:,} values of {name} are not in {table.labels.encoding} as the file says and were"
        f" read as Windows-1252, the first in row {row:,}: {example[:40]!r}"
        for name, (count, row, example) in misread.items()
    ]
    parts += [
        f"{count:,} values of {name} got their leading zeros back"
        for name, count in tally.padded.items()
    ]
    parts += [
        f"{count:,} rows set apart: {name} {tally.examples[name]}"
        for name, count in tally.bad.items()
    ]
    lacking = [
        source.column.name
        for source in sources
        if source.delivered is None
        and source.year is None
        and source.column.expected_in(record.file_year)
    ]
    if lacking:
        parts.append(f"not delivered, so null: {', '.join(lacking)}")
    used = {source.delivered for source in sources}
    # Of an earlier version only some columns are wanted; the newest one tells of the others.
    is_part = stem.selection == EARLIER
    unknown = [name for name in table.columns if name not in used and not is_part]
    if unknown:
        shown = ", ".join(unknown[:COLUMNS_SHOWN]) + (", ..." if unknown[COLUMNS_SHOWN:] else "")
        parts.append(f"{len(unknown):,} columns that the catalogue does not know: {shown}")
    if not stem.knows(record.file_year):
        parts.append(
            f"{record.file_year} is outside the years that the catalogue knows"
            f" ({stem.first_year or ''} to {stem.last_year or 'now'}): compare its columns, then"
            " widen the years in catalogue_stem"
        )
    if table.note:
        parts.append(table.note)
    return "; ".join(parts) or None
