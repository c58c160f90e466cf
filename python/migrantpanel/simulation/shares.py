"""Whole amounts divided over rows so that the parts add up."""

import numpy as np


def divided(total: np.ndarray, weight: np.ndarray, is_first: np.ndarray) -> np.ndarray:
    """Divide whole amounts over the rows of their groups, by weight; parts are whole and add up.

    Rows of a group stand together; `is_first` marks the first of each, `total` is the amount of
    the group on each of its rows. Weights of a group may not be all zero.

    >>> divided(np.array([100, 100, 100]), np.array([1, 1, 1]), np.array([True, False, False]))
    array([33, 34, 33])
    """
    if not len(total):
        return np.zeros(0, dtype=np.int64)
    begin = np.flatnonzero(is_first)
    group = np.cumsum(is_first) - 1
    running = np.cumsum(weight, dtype=float)
    running = running - (running - weight)[begin][group]
    share = running / np.add.reduceat(weight, begin)[group]
    # Rounding the running sum within a group makes the parts add up.
    up_to = np.rint(share * total).astype(np.int64)
    before = np.where(is_first, 0, np.append(0, up_to[:-1]))
    return up_to - before


def starts(*keys: np.ndarray) -> np.ndarray:
    """Return whether a row begins a group of equal keys."""
    new = np.zeros(len(keys[0]), dtype=bool)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return new


def years_of(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the row number and the year of every year that spells (dates, half-open) touch."""
    first = start.astype("datetime64[Y]").astype(np.int64) + 1970
    last = (end - np.timedelta64(1, "D")).astype("datetime64[Y]").astype(np.int64) + 1970
    count = last - first + 1
    row = np.repeat(np.arange(len(count)), count)
    return row, first[row] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
