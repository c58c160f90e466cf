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
        self._parts: list[tuple[np.ndarray, ...]] = []

    def write(self, *values: np.ndarray | float) -> None:
        """Append rows; scalars are repeated to the length of the first column."""
        n = len(values[0])
        if n:
            self._parts.append(tuple(np.broadcast_to(value, n) for value in values))

    def columns(self) -> dict[str, np.ndarray]:
        """Return all rows as one array per column."""
        return {
            name: np.concatenate([part[i] for part in self._parts])
            if self._parts
            else np.empty(0, dtype=np.int64)
            for i, name in enumerate(self._names)
        }
