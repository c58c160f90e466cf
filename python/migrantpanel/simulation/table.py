"""Growing columns and event logs: the two containers of the simulation."""

import numpy as np

NEVER = np.int32(2**31 - 1)


class Table:
    """Columns of one length that grow by doubling; a column is an attribute (numpy array).

    Arrays are longer than `size`; rows from `size` on hold the fill value, so masks over a whole
    column are safe when the fill value is chosen to be neutral.
    """

    def __init__(self, capacity: int, **columns: tuple[type, float]) -> None:
        self._columns = columns
        self.size = 0
        for name, (dtype, fill) in columns.items():
            setattr(self, name, np.full(capacity, fill, dtype=dtype))

    def add(self, n: int, **values: np.ndarray | float) -> np.ndarray:
        """Append n rows and return their numbers; columns not given keep the fill value."""
        rows = np.arange(self.size, self.size + n)
        self.size += n
        for name, (dtype, fill) in self._columns.items():
            old = getattr(self, name)
            if self.size > len(old):
                grown = np.full(max(self.size, 2 * len(old)), fill, dtype=dtype)
                grown[: len(old)] = old
                setattr(self, name, grown)
            if name in values:
                getattr(self, name)[rows] = values[name]
        return rows

    def columns(self) -> dict[str, np.ndarray]:
        """Return the filled part of every column."""
        return {name: getattr(self, name)[: self.size] for name in self._columns}


class Log:
    """Events in the order in which they were written, as columns."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self._parts: list[tuple[int, tuple[np.ndarray | int, ...]]] = []

    def write(self, *values: np.ndarray | int) -> None:
        """Append as many rows as the first column (an array) has; scalars hold for all of them."""
        if len(values[0]):
            self._parts.append((len(values[0]), values))

    def columns(self) -> dict[str, np.ndarray]:
        """Return all rows as one array per column."""
        if not self._parts:
            return {name: np.empty(0, dtype=np.int64) for name in self._names}
        return {
            name: np.concatenate([as_column(values[i], n) for n, values in self._parts])
            for i, name in enumerate(self._names)
        }


def as_column(value: np.ndarray | int, n: int) -> np.ndarray:
    """Return an array as it is and a scalar repeated n times."""
    return value if isinstance(value, np.ndarray) else np.full(n, value)
