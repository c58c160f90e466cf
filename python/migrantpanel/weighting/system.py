"""The calibration equations of one domain, on as few cells as the data allow.

Rows that agree on every margin and every numeric total have the same g, so they are folded into
one cell whose design weight is their sum. Where nearly every row is a cell of its own, several
margins are packed into one joint code: a pass over the rows then serves all of them at once.

Nothing here uses BLAS, so results do not depend on the number of threads.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

LARGEST_PACK = 1024


@dataclass(frozen=True)
class Margin:
    """A categorical margin: which category each row is in, and the population counts."""

    name: str
    categories: tuple[str | None, ...]
    totals: np.ndarray
    codes: np.ndarray

    size = property(lambda self: len(self.categories))


@dataclass(frozen=True)
class Total:
    """A numeric total: the value of each row, and the population's sum."""

    name: str
    total: float
    values: np.ndarray


@dataclass(frozen=True)
class _Pack:
    """Margins coded together: `codes` is their joint category, first margin slowest."""

    margins: tuple[int, ...]
    shape: tuple[int, ...]
    codes: np.ndarray

    cells = property(lambda self: math.prod(self.shape))


@dataclass(frozen=True)
class System:
    """Margins and totals as equations over cells.

    Unknowns are numbered margin by margin, category by category, then the numeric totals. A
    numeric total is solved for the deviation from its population mean, which keeps the
    equations well conditioned.
    """

    margins: list[Margin]
    totals: list[Total]
    rows: int
    cell: np.ndarray | None
    population: float | None
    _packs: list[_Pack] = field(repr=False)
    _numbers: list[np.ndarray] = field(repr=False)

    @property
    def names(self) -> list[str]:
        """Return the names of the margins and then of the numeric totals."""
        return [part.name for part in (*self.margins, *self.totals)]

    @property
    def slices(self) -> list[slice]:
        """Return the places of each margin and total among the unknowns."""
        ends = np.cumsum([0, *(margin.size for margin in self.margins), *(1 for _ in self.totals)])
        return [slice(int(a), int(b)) for a, b in itertools.pairwise(ends)]

    @property
    def targets(self) -> np.ndarray:
        """Return the population totals as they were asked for."""
        return np.concatenate(
            [*(margin.totals for margin in self.margins), [item.total for item in self.totals]]
        )

    def centre(self, item: Total) -> float:
        """Return the population mean of a numeric total, 0 where the population is unknown."""
        return item.total / self.population if self.population else 0.0

    def fold(self, values: np.ndarray) -> np.ndarray:
        """Sum a value per row over the rows of each cell."""
        if self.cell is None:
            return values
        return np.bincount(self.cell, weights=values, minlength=self.cells)

    def unfold(self, values: np.ndarray) -> np.ndarray:
        """Give each row the value of its cell."""
        return values if self.cell is None else values[self.cell]

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        return len(self._packs[0].codes) if self._packs else len(self._numbers[0])

    def scores(self, multipliers: np.ndarray) -> np.ndarray:
        """Return x'λ per cell."""
        places = self.slices
        result = np.zeros(self.cells)
        for pack in self._packs:
            table = np.zeros(1)
            for margin in pack.margins:
                table = np.add.outer(table, multipliers[places[margin]]).ravel()
            result += table[pack.codes]
        for place, values in zip(places[len(self.margins) :], self._numbers, strict=True):
            result += multipliers[place] * values
        return result

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of x times a value per cell, per unknown."""
        places = self.slices
        result = np.empty(places[-1].stop)
        for pack in self._packs:
            table = np.bincount(pack.codes, weights=values, minlength=pack.cells)
            for axis, margin in enumerate(pack.margins):
                result[places[margin]] = _margin(table, pack.shape, axis)
        for place, numbers in zip(places[len(self.margins) :], self._numbers, strict=True):
            result[place] = np.sum(numbers * values)
        return result

    def crossproduct(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of x x' times a value per cell."""
        places = self.slices
        result = np.zeros((places[-1].stop, places[-1].stop))

        def put(a: int, b: int, block: np.ndarray) -> None:
            result[places[a], places[b]] = block
            result[places[b], places[a]] = block.T

        for index, pack in enumerate(self._packs):
            table = np.bincount(pack.codes, weights=values, minlength=pack.cells)
            for axis, a in enumerate(pack.margins):
                for other, b in enumerate(pack.margins[axis + 1 :], start=axis + 1):
                    put(a, b, _two_way(table, pack.shape, axis, other))
                put(a, a, np.diag(_margin(table, pack.shape, axis)))
            for later in self._packs[index + 1 :]:
                joint = np.bincount(
                    pack.codes * later.cells + later.codes,
                    weights=values,
                    minlength=pack.cells * later.cells,
                ).reshape(pack.cells, later.cells)
                for axis, a in enumerate(pack.margins):
                    rows = _margin(joint, pack.shape, axis)
                    for other, b in enumerate(later.margins):
                        put(a, b, _margin(rows.T, later.shape, other).T)
        first = len(self.margins)
        for i, numbers in enumerate(self._numbers):
            weighted = numbers * values
            column = self.sums(weighted)
            result[places[first + i], :] = column
            result[:, places[first + i]] = column[:, np.newaxis]
        return result

    def subset(self, names: Sequence[str]) -> "System":
        """Return the same equations for some of the margins and totals, over the cells."""
        margins = [
            Margin(margin.name, margin.categories, margin.totals, self.entries(margin.name)[0])
            for margin in self.margins
            if margin.name in names
        ]
        totals = [
            Total(item.name, item.total, self.entries(item.name)[1])
            for item in self.totals
            if item.name in names
        ]
        return build_system(margins, totals)

    def entries(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return for one margin or total, per cell, the category's number and the value of x."""
        index = self.names.index(name)
        if index >= len(self.margins):
            position = index - len(self.margins)
            values = self._numbers[position] + self.centre(self.totals[position])
            return np.zeros(self.cells, dtype=np.intp), values
        pack = next(pack for pack in self._packs if index in pack.margins)
        after = math.prod(pack.shape[pack.margins.index(index) + 1 :])
        return pack.codes // after % self.margins[index].size, np.ones(self.cells)


def build_system(margins: Sequence[Margin], totals: Sequence[Total]) -> System:
    """Fold rows into cells where that helps, and pack the margins of what is left."""
    rows = len(margins[0].codes if margins else totals[0].values)
    population = float(np.mean([margin.totals.sum() for margin in margins])) if margins else None
    cell, first = _fold(margins, totals, rows)
    cells = rows if first is None else len(first)
    packs: list[_Pack] = []
    limit = min(LARGEST_PACK, max(16, math.isqrt(cells)))
    for index, margin in enumerate(margins):
        codes = margin.codes if first is None else margin.codes[first]
        last = packs[-1] if packs else None
        if last is not None and last.cells * margin.size <= limit:
            packs[-1] = _Pack(
                (*last.margins, index),
                (*last.shape, margin.size),
                last.codes * margin.size + codes,
            )
        else:
            packs.append(_Pack((index,), (margin.size,), codes.astype(np.intp)))
    system = System(list(margins), list(totals), rows, cell, population, packs, [])
    for item in totals:
        values = item.values if first is None else item.values[first]
        system._numbers.append(values - system.centre(item))
    return system


def _fold(
    margins: Sequence[Margin], totals: Sequence[Total], rows: int
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Number the cells: (cell of each row, a row of each cell), or nothing when it saves little."""
    cell, cells = np.zeros(rows, dtype=np.intp), 1
    for margin in margins:
        cell, cells = _renumber(cell * margin.size + margin.codes, cells * margin.size)
        if 2 * cells > rows:
            return None, None
    for item in totals:
        distinct, codes = np.unique(item.values, return_inverse=True)
        if 2 * len(distinct) > rows:
            return None, None
        cell, cells = _renumber(cell * len(distinct) + codes, cells * len(distinct))
        if 2 * cells > rows:
            return None, None
    first = np.empty(cells, dtype=np.intp)
    first[cell] = np.arange(rows)
    return cell, first


def _renumber(keys: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Number the keys that occur 0, 1, ... in their order; return them and their count."""
    if size > 4 * len(keys):
        distinct, codes = np.unique(keys, return_inverse=True)
        return codes, len(distinct)
    seen = np.zeros(size, dtype=bool)
    seen[keys] = True
    number = np.cumsum(seen) - 1
    return number[keys], int(number[-1]) + 1


def _margin(table: np.ndarray, shape: tuple[int, ...], axis: int) -> np.ndarray:
    """Sum the packed first axis of a table over all its margins but one."""
    before, after = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    return (
        table.reshape(before, shape[axis], after, -1)
        .sum(axis=(0, 2))
        .reshape(shape[axis], *table.shape[1:])
    )


def _two_way(table: np.ndarray, shape: tuple[int, ...], axis: int, other: int) -> np.ndarray:
    rest = tuple(i for i in range(len(shape)) if i not in (axis, other))
    return table.reshape(shape).sum(axis=rest)
