"""Donor imputation: each recipient gets all its values from one real, nearest donor.

The method, its guarantees and its limits are in docs/donor-imputation.md.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from migrantpanel.errors import UserError
from migrantpanel.imputation.nearest import (
    Hashes,
    Ints,
    Places,
    allot_donors,
    allot_places,
    choose_donor,
    nearest,
)

# match_level of a recipient without donor: the furthest that any level came.
MISSING_KEYS = -3
NO_DONOR = -2
DONORS_USED_UP = -1
UNSERVED = {
    MISSING_KEYS: "match keys missing",
    NO_DONOR: "no donor in the cell of any level",
    DONORS_USED_UP: "every donor in reach was used up",
}

RESULT_COLUMNS = ("recipient_id", "donor_id", "distance", "match_level")
SUMMARY_KEY = b"donor_summary"
# Numbers of cells and of seats stay within 64 bits.
MAX_CELL = 2**62
MOST = 10**9


class DonorError(UserError, ValueError):
    """Input that cannot be imputed from; the message says what to change."""


def donor_impute(
    recipients: Any,
    donors: Any,
    id: str,
    exact: Sequence[str],
    distance: Sequence[str],
    targets: Sequence[str],
    seed: int,
    max_uses: int | None = None,
    *,
    fallback: Sequence[Sequence[str]] | None = None,
    min_donors: int = 1,
) -> pa.Table:
    """Fill the targets of each recipient from its nearest donor.

    A donor must agree on every column of `exact` (level 0) and, among those that do, has the
    smallest sum of absolute differences on the columns of `distance`, in their own units (dates
    count in days). Ties are broken by a hash of seed, recipient id and donor id. Recipients whose
    cell has no donor to give go on to the next level of `fallback`.

    Args:
        recipients: pandas, polars or Arrow table with `id` and the match columns.
        donors: the same, with the targets as well. No id may be in both tables.
        id: column of a unique key, text or whole numbers.
        exact: columns of text, whole numbers, dates, timestamps or booleans. A missing value
            agrees with nothing: it is served by a level that does without the column.
        distance: columns of numbers or dates. Donors that miss one are left out and counted;
            recipients that miss one are not served (`MISSING_KEYS`).
        targets: columns of `donors`, of any type, without missing values: where empty has a
            meaning, give it a code.
        seed: any whole number.
        max_uses: how often one donor may serve, over all levels; None for no limit. Recipients
            then take turns in the order of a hash of seed and id; see docs/donor-imputation.md.
        fallback: sets of exact columns for levels 1, 2, ...; may name columns that are not in
            `exact`, such as a coarser group. Default: drop the last column of `exact`, then the
            one before, and keep the first. `[]` for no fallback.
        min_donors: a cell with fewer donors than this counts as empty.

    Returns:
        Arrow table with one row per recipient, in the order of `recipients`: `recipient_id`,
        `donor_id`, `distance` (double), `match_level` (int: 0, 1, ... or, without donor,
        `DONORS_USED_UP` -1, `NO_DONOR` -2, `MISSING_KEYS` -3) and one column per target. Where
        there is no donor, donor, distance and targets are null. `donor_summary` counts.

    Raises:
        DonorError: a problem of the input, with the column and an example.
    """
    _check_options(id, exact, distance, targets, seed, max_uses, fallback, min_donors)
    levels = _levels(exact, fallback)
    matched_on = list(dict.fromkeys(column for level in levels for column in level))
    receiving = _table(recipients, "recipients", [id, *matched_on, *distance])
    giving = _table(donors, "donors", [id, *matched_on, *distance, *targets])
    _check_targets(giving, id, targets)
    ids = _Ids.of(receiving, giving, id, seed)
    codes = {column: _codes(receiving, giving, column) for column in matched_on}
    values_r, values_d = _values(receiving, giving, distance)
    usable = np.flatnonzero(~np.isnan(values_d).any(axis=1))
    if not len(usable):
        raise DonorError(f"every donor misses a value in one of {list(distance)}")
    comparable = ~np.isnan(values_r).any(axis=1)

    count = receiving.num_rows
    donor = np.full(count, -1)
    far = np.full(count, np.nan)
    match_level = np.full(count, MISSING_KEYS, np.int32)
    uses = np.zeros(giving.num_rows, np.int64)
    # Everybody's turn, whatever the order of rows.
    turn = np.argsort(ids.recipients, kind="stable")
    for number, level in enumerate(levels):
        waiting = turn[(donor[turn] < 0) & comparable[turn]]
        cell_r, cell_d = _cells([codes[column] for column in level], waiting, usable)
        waiting, cell_r = waiting[cell_r >= 0], cell_r[cell_r >= 0]
        match_level[waiting] = np.maximum(match_level[waiting], NO_DONOR)
        reach = _Reach.of(waiting, cell_r, usable, cell_d, min_donors)
        match_level[reach.recipients] = DONORS_USED_UP
        served, chosen, distances = _serve(reach, values_r, values_d, ids, uses, max_uses)
        donor[served], far[served], match_level[served] = chosen, distances, number
    if max_uses is None:
        uses = np.bincount(donor[donor >= 0], minlength=giving.num_rows)

    summary = _summary(levels, match_level, uses, giving.num_rows - len(usable))
    taken = pa.array(donor, mask=donor < 0)
    columns = {
        "recipient_id": receiving[id],
        "donor_id": giving[id].take(taken),
        "distance": pa.array(far, mask=donor < 0),
        "match_level": pa.array(match_level),
        **{target: giving[target].take(taken) for target in targets},
    }
    return pa.table(columns, metadata={SUMMARY_KEY: json.dumps(summary)})


def donor_summary(result: pa.Table) -> dict[str, Any]:
    """Return the counts that go with a result of `donor_impute`.

    Keys: `levels` (exact columns and recipients served, per level), `unserved` (recipients per
    reason) and `donors` (given, left out, used, most uses).
    """
    return json.loads((result.schema.metadata or {})[SUMMARY_KEY])


@dataclass(frozen=True)
class _Ids:
    """Keyed hashes of the ids: all randomness comes from these."""

    recipients: Hashes
    donors: Hashes

    @classmethod
    def of(cls, receiving: pa.Table, giving: pa.Table, id: str, seed: int) -> "_Ids":
        """Hash the ids of both tables, after checking that each is there once."""
        left, right = (_key(table, who, id) for table, who in _named(receiving, giving))
        _check_same_kind(left, right, id, "id")
        DonorError.collect(
            f"{who}: {column.null_count:,} rows have no {id!r}"
            for column, who in ((left, "recipients"), (right, "donors"))
            if column.null_count
        )
        hashes = _hash(_stacked(left, right), seed)
        ids = cls(hashes[: len(left)], hashes[len(left) :])
        if len(np.unique(hashes)) < len(hashes):
            _check_unique(left, right, id)
        return ids


@dataclass(frozen=True)
class _Reach:
    """Recipients of one level, in the order of their turns, and the donors in their cells."""

    recipients: Ints
    recipient_cell: Ints
    donors: Ints
    donor_cell: Ints

    @classmethod
    def of(
        cls, recipients: Ints, cell_r: Ints, donors: Ints, cell_d: Ints, min_donors: int
    ) -> "_Reach":
        """Keep the cells that have recipients and enough donors, and number them from 0."""
        cells = np.unique(cell_r)
        if not len(cells):
            nothing = np.zeros(0, np.int64)
            return cls(nothing, nothing, nothing, nothing)
        at = np.minimum(np.searchsorted(cells, cell_d), len(cells) - 1)
        wanted = cells[at] == cell_d
        donors, at = donors[wanted], at[wanted]
        enough = np.bincount(at, minlength=len(cells)) >= min_donors
        number = np.cumsum(enough) - 1
        at_r = np.searchsorted(cells, cell_r)
        keep_r, keep_d = enough[at_r], enough[at]
        return cls(recipients[keep_r], number[at_r[keep_r]], donors[keep_d], number[at[keep_d]])


def _serve(
    reach: _Reach,
    values_r: NDArray[np.float64],
    values_d: NDArray[np.float64],
    ids: _Ids,
    uses: Ints,
    max_uses: int | None,
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Return recipients served at this level, their donors and distances; count the uses."""
    free = slice(None) if max_uses is None else uses[reach.donors] < max_uses
    donors, cell_d = reach.donors[free], reach.donor_cell[free]
    places = Places.of(donors, ids.donors[donors], cell_d, values_d[donors])
    recipients, cell_r, values = reach.recipients, reach.recipient_cell, values_r[reach.recipients]
    pairs = nearest(places, cell_r, values)
    if max_uses is None:
        position = choose_donor(places, pairs, ids.recipients[recipients], len(recipients))
        first = np.searchsorted(pairs.recipient, np.arange(len(recipients)))
        return recipients, places.donor[position], pairs.distance[first]
    room = np.zeros(len(places), np.int64)
    np.add.at(room, places.of_donor, max_uses - uses[places.donor])
    served = allot_places(places, room, pairs, cell_r, values)
    return recipients[served.recipient], allot_donors(places, served, uses), served.distance


def _summary(
    levels: list[tuple[str, ...]], match_level: NDArray[np.int32], uses: Ints, left_out: int
) -> dict[str, Any]:
    return {
        "levels": [
            {"match_level": n, "exact": list(level), "recipients": int((match_level == n).sum())}
            for n, level in enumerate(levels)
        ],
        "unserved": {why: int((match_level == code).sum()) for code, why in UNSERVED.items()},
        "donors": {
            "given": len(uses),
            "left out, distance missing": left_out,
            "used": int((uses > 0).sum()),
            "most uses": int(uses.max(initial=0)),
        },
    }


def _levels(
    exact: Sequence[str], fallback: Sequence[Sequence[str]] | None
) -> list[tuple[str, ...]]:
    if fallback is None:
        fallback = [exact[:end] for end in range(len(exact) - 1, 0, -1)]
    return [tuple(exact), *map(tuple, fallback)]


def _cells(codes: list[tuple[Ints, Ints, int]], rows_r: Ints, rows_d: Ints) -> tuple[Ints, Ints]:
    """Number the combinations of codes; -1 where a code is missing."""
    split = len(rows_r)
    cell = np.zeros(split + len(rows_d), np.int64)
    missing = np.zeros(len(cell), bool)
    size = 1
    for code_r, code_d, count in codes:
        if size * count > MAX_CELL:
            cell = np.unique(cell, return_inverse=True)[1]
            size = int(cell.max(initial=0)) + 1
        code = np.concatenate([code_r[rows_r], code_d[rows_d]])
        cell = cell * count + code
        missing |= code < 0
        size *= count
    cell[missing] = -1
    return cell[:split], cell[split:]


def _codes(receiving: pa.Table, giving: pa.Table, column: str) -> tuple[Ints, Ints, int]:
    """Number the values of an exact column over both tables; -1 where missing."""
    left, right = (_key(table, who, column) for table, who in _named(receiving, giving))
    if right.null_count == len(right):
        raise DonorError(f"donors: {column!r} has no value at all: leave it out of exact")
    _check_same_kind(left, right, column, "exact column")
    coded = _stacked(left, right).combine_chunks().dictionary_encode()
    code = coded.indices.fill_null(-1).to_numpy().astype(np.int32)
    return code[: len(left)], code[len(left) :], len(coded.dictionary)


def _values(
    receiving: pa.Table, giving: pa.Table, distance: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distance columns of both tables as doubles, NaN where missing."""
    # Without distance columns all donors of a cell stand in one place.
    sides = [np.zeros((table.num_rows, max(len(distance), 1))) for table in (receiving, giving)]
    for number, column in enumerate(distance):
        kinds = set()
        for side, (table, who) in zip(sides, _named(receiving, giving), strict=True):
            side[:, number], kind = _number(table, who, column)
            kinds |= {kind} - {None}
        if len(kinds) > 1:
            raise DonorError(
                f"distance column {column!r} is {_type(receiving, column)} in recipients but"
                f" {_type(giving, column)} in donors: give both the same type"
            )
    return sides[0], sides[1]


def _number(table: pa.Table, who: str, column: str) -> tuple[NDArray[np.float64], str | None]:
    values, kind = table[column], "number"
    if pa.types.is_null(values.type):
        kind = None
    elif pa.types.is_date(values.type):
        values, kind = values.cast(pa.date32()).cast(pa.int32()), "date"
    elif not (
        pa.types.is_integer(values.type)
        or pa.types.is_floating(values.type)
        or pa.types.is_decimal(values.type)
    ):
        raise DonorError(
            f"{who}: distance column {column!r} is {values.type}: give numbers or dates"
        )
    try:
        numbers = values.cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise DonorError(f"{who}: distance column {column!r}: {error}") from error
    if np.isinf(numbers).any():
        raise DonorError(f"{who}: distance column {column!r} holds an infinite value")
    return numbers, kind


def _key(table: pa.Table, who: str, column: str) -> pa.ChunkedArray:
    """Return a column in the one type of its kind, so that equal values compare equal."""
    values = table[column]
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values.cast(pa.large_string())
    if pa.types.is_floating(kind):
        # pandas turns whole numbers with missing values into floats, and missing into NaN.
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, kind), values)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        try:
            return values.cast(pa.int64())
        except pa.ArrowInvalid as error:
            raise DonorError(
                f"{who}: {column!r} must hold whole numbers to be matched on: {error}"
            ) from error
    if pa.types.is_date(kind):
        return values.cast(pa.date32())
    if pa.types.is_timestamp(kind):
        return values.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return values
    raise DonorError(f"{who}: {column!r} is {kind}: match on text, whole numbers or dates")


def _stacked(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return two columns of one kind as one; a column without any value fits every kind."""
    return pa.chunked_array([*left.cast(right.type).chunks, *right.chunks], right.type)


def _check_unique(left: pa.ChunkedArray, right: pa.ChunkedArray, id: str) -> None:
    """Raise when an id occurs twice in a table or in both tables."""
    problems = []
    for column, who in ((left, "recipients"), (right, "donors")):
        counts = pc.value_counts(column)
        many = counts.filter(pc.greater(counts.field("counts"), 1))
        if len(many):
            problems.append(
                f"{who}: {len(many):,} values of {id!r} occur more than once, such as"
                f" {many[0].as_py()['values']!r}: the id must be unique"
            )
    both = left.filter(pc.is_in(left, right))
    if len(both):
        problems.append(
            f"{len(both):,} values of {id!r} are both recipient and donor, such as"
            f" {both[0].as_py()!r}: take the recipients out of the donors"
        )
    DonorError.collect(problems)


def _check_same_kind(left: pa.ChunkedArray, right: pa.ChunkedArray, column: str, role: str) -> None:
    # A column without any value takes the type of the other table.
    if left.type != right.type and not pa.types.is_null(left.type):
        raise DonorError(
            f"{role} {column!r} is {left.type} in recipients but {right.type} in donors: give both"
            " the same type"
        )


def _type(table: pa.Table, column: str) -> pa.DataType:
    """Return the type of a column."""
    return table.schema.field(column).type


def _named(receiving: pa.Table, giving: pa.Table) -> tuple[tuple[pa.Table, str], ...]:
    return (receiving, "recipients"), (giving, "donors")


def _hash(ids: pa.ChunkedArray, seed: int) -> Hashes:
    """Return the first eight bytes, little end first, of MD5(seed, unit separator, id)."""
    rows = pa.table({"id": ids})
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        query = f"select md5_number_upper(concat('{seed}', chr(31), id::varchar)) as h from rows"
        return connection.sql(query).to_arrow_table()["h"].to_numpy().copy()


def _table(data: Any, who: str, columns: list[str]) -> pa.Table:
    """Return the columns, each once, as an Arrow table."""
    columns = list(dict.fromkeys(columns))
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        names = data.schema.names
    elif hasattr(data, "columns") and hasattr(data, "__arrow_c_stream__"):
        names = list(data.columns)
    else:
        raise DonorError(f"{who}: give a pandas, polars or Arrow table, not {type(data).__name__}")
    problems = [f"{who}: no column {column!r}" for column in columns if column not in names]
    problems += [
        f"{who}: {names.count(column)} columns are called {column!r}"
        for column in columns
        if names.count(column) > 1
    ]
    DonorError.collect(problems)
    try:
        table = data.select(columns) if isinstance(data, pa.Table) else pa.table(data[columns])
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DonorError(f"{who}: a column cannot be read as one type: {error}") from error
    if who == "donors" and not table.num_rows:
        raise DonorError("there are no donors")
    return pa.table({column: _without_views(table[column]) for column in columns})


def _without_views(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text as large_string, also within a dictionary: Arrow takes no rows from views."""
    kind = column.type
    if kind == pa.string_view():
        return column.cast(pa.large_string())
    if pa.types.is_dictionary(kind) and kind.value_type == pa.string_view():
        chunks = [
            pa.DictionaryArray.from_arrays(
                chunk.indices, chunk.dictionary.cast(pa.large_string()), ordered=kind.ordered
            )
            for chunk in column.chunks
        ]
        plain = pa.dictionary(kind.index_type, pa.large_string(), kind.ordered)
        return pa.chunked_array(chunks, plain)
    return column


def _check_targets(giving: pa.Table, id: str, targets: Sequence[str]) -> None:
    problems = []
    for target in targets:
        missing = pc.is_null(giving[target], nan_is_null=True)
        count = pc.sum(missing).as_py()
        if count:
            example = giving[id].filter(missing)[0].as_py()
            problems.append(
                f"donors: {count:,} have no {target!r}, such as {id} {example!r}: leave them out,"
                " or give a code where empty has a meaning"
            )
    DonorError.collect(problems)


def _check_options(
    id: str,
    exact: Sequence[str],
    distance: Sequence[str],
    targets: Sequence[str],
    seed: int,
    max_uses: int | None,
    fallback: Sequence[Sequence[str]] | None,
    min_donors: int,
) -> None:
    """Raise for arguments that cannot be right, whatever the data."""
    lists = {"exact": exact, "distance": distance, "targets": targets}
    lists |= {f"fallback[{n}]": level for n, level in enumerate(fallback or [])}
    problems = [
        f"{name} must be a list of column names, not {value!r}"
        for name, value in lists.items()
        if isinstance(value, str) or not all(isinstance(column, str) for column in value)
    ]
    DonorError.collect(problems)
    for name, columns in lists.items():
        twice = {column for column in columns if list(columns).count(column) > 1}
        problems += [f"{name} names {column!r} twice" for column in sorted(twice)]
    problems += [f"{c!r} is in exact and in distance" for c in exact if c in distance]
    if any(id in columns for name, columns in lists.items() if name != "targets"):
        problems.append(f"the id {id!r} cannot be matched on")
    problems += [
        f"target {target!r} has the name of a result column: rename it"
        for target in targets
        if target in RESULT_COLUMNS
    ]
    for name, value in (("max_uses", max_uses), ("min_donors", min_donors)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not (whole and 1 <= value <= MOST) and not (name == "max_uses" and value is None):
            problems.append(f"{name} must be a whole number from 1 to {MOST:,}, not {value!r}")
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        problems.append(f"seed must be a whole number, not {seed!r}")
    DonorError.collect(problems)
