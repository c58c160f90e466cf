"""Nearest donors within cells, for millions of rows.

Donors of one cell with the same values form a *place*: the search runs over places, and a place
with more than one donor then chooses among its own. Every result depends on the values, ids and
seed only, never on the order of rows or the number of threads.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Hashes = NDArray[np.uint64]

# One query of the tree answers at most this many neighbours at a time, to bound memory.
TREE_ANSWERS = 4_000_000
FIRST_NEIGHBOURS = 2
FIRST_NEIGHBOURS_IN_TURN = 8
# Fewer queries than this are answered sooner by one thread.
FEW = 1_000
# Turns whose lists of neighbours are looked up together.
TURNS = 50_000


@dataclass(frozen=True)
class Places:
    """Donors grouped by cell and values; places in order of cell, then of values.

    `donor` and `key` run over donors, in order of place and then of key; `first` has one entry
    more than there are places, so that donors first[p]:first[p + 1] stand in place p.
    """

    donor: Ints
    key: Hashes
    first: Ints
    cell: Ints
    values: Floats

    @classmethod
    def of(cls, donor: Ints, key: Hashes, cell: Ints, values: Floats) -> "Places":
        """Group donors; `values` has one column per match variable, at least one."""
        order = np.lexsort((key, *values.T[::-1], cell))
        donor, key, cell, values = donor[order], key[order], cell[order], values[order]
        new = np.ones(len(donor), dtype=bool)
        new[1:] = cell[1:] != cell[:-1]
        for column in values.T:
            new[1:] |= column[1:] != column[:-1]
        first = np.flatnonzero(new)
        return cls(donor, key, np.append(first, len(donor)), cell[first], values[first])

    def __len__(self) -> int:
        return len(self.cell)

    @cached_property
    def size(self) -> Ints:
        """Return the number of donors per place."""
        return np.diff(self.first)

    @cached_property
    def of_donor(self) -> Ints:
        """Return the place of each donor."""
        return np.repeat(np.arange(len(self)), self.size)


@dataclass(frozen=True)
class Pairs:
    """Candidates: a recipient, a place as near to it as any, and their distance."""

    recipient: Ints
    place: Ints
    distance: Floats

    def take(self, chosen: NDArray) -> "Pairs":
        """Return a selection of the pairs."""
        return Pairs(self.recipient[chosen], self.place[chosen], self.distance[chosen])


def nearest(places: Places, cell: Ints, values: Floats) -> Pairs:
    """Pair each recipient with the nearest place of its cell, and with every other as near.

    Distance is the sum of absolute differences in double precision, added in the order of the
    columns. A recipient whose cell has no place is in no pair. Pairs are in order of recipient.
    """
    if not len(places) or not len(cell):
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    if values.shape[1] == 1:
        return _nearest_on_line(places, cell, values[:, 0])
    # Many recipients share their values: each combination is searched once.
    group, member = _distinct(cell, values)
    tree = Tree(places, np.arange(len(places)), _extent(places.values, values))
    found = tree.nearest(cell[group], values[group])
    of_group = _ranges_by_key(found.recipient, len(group))
    count = np.diff(of_group)[member]
    pair = ranges(of_group[member], count)
    return Pairs(np.repeat(np.arange(len(cell)), count), found.place[pair], found.distance[pair])


def _nearest_on_line(places: Places, cell: Ints, value: Floats) -> Pairs:
    """Look at the neighbours to the left and right; places are sorted by cell and value."""
    at = _place_at(places.cell, places.values[:, 0], cell, value)
    sides = np.stack([at - 1, at], axis=1)
    inside = np.clip(sides, 0, len(places) - 1)
    exists = (sides == inside) & (places.cell[inside] == cell[:, None])
    distance = np.abs(value[:, None] - places.values[inside, 0])
    distance[~exists] = np.inf
    recipient, side = np.nonzero(exists & (distance == distance.min(axis=1, keepdims=True)))
    return Pairs(recipient, sides[recipient, side], distance[recipient, side])


def _place_at(place_cell: Ints, place_value: Floats, cell: Ints, value: Floats) -> Ints:
    """Return the first place at or after a value within a cell, or where it would stand."""
    line = np.unique(place_value)
    width = len(line) + 1
    return np.searchsorted(
        place_cell * width + np.searchsorted(line, place_value),
        cell * width + np.searchsorted(line, value),
    )


class Tree:
    """A k-d tree over all cells at once: the cell is one more axis, too long to cross."""

    def __init__(self, places: Places, members: Ints, extent: float) -> None:
        """Plant the tree over some places; no two points are farther apart than `extent`."""
        self.places, self.members, self.extent = places, members, extent
        self.stride = 4 * self.extent
        # Median splits cost twice the time to plant and save nothing on distinct points.
        self.tree = cKDTree(
            self._points(places.cell[members], places.values[members]),
            balanced_tree=False,
            compact_nodes=False,
        )

    def _points(self, cell: Ints, values: Floats) -> Floats:
        return np.column_stack([cell * self.stride, values])

    def nearest(self, cell: Ints, values: Floats) -> Pairs:
        """Return all nearest places: ask for more neighbours until one is farther."""
        waiting, found, count = np.arange(len(cell)), [], FIRST_NEIGHBOURS
        while len(waiting):
            unfinished = []
            for some in np.array_split(waiting, 1 + len(waiting) * count // TREE_ANSWERS):
                distance, place, reach = self.look(cell[some], values[some], count)
                best = distance.min(axis=1)
                done = best < reach
                row, neighbour = np.nonzero(
                    done[:, None] & (distance == best[:, None]) & np.isfinite(distance)
                )
                found.append(Pairs(some[row], place[row, neighbour], distance[row, neighbour]))
                unfinished.append(some[~done & np.isfinite(best)])
            waiting, count = np.concatenate(unfinished), 2 * count
        return _in_order(found)

    def look(self, cell: Ints, values: Floats, count: int) -> tuple[Floats, Ints, Floats]:
        """Return the `count` nearest places (distance infinite where the cell has fewer).

        Also how far the list reaches: every place strictly nearer than that is in it.
        """
        count = min(count, len(self.members))
        near, found = self.tree.query(
            self._points(cell, values),
            k=np.arange(1, count + 1),
            p=1,
            distance_upper_bound=2 * self.extent,
            workers=-1 if len(cell) > FEW else 1,
        )
        place = self.members[np.minimum(found, len(self.members) - 1)]
        # The tree adds in an order of its own: distances are computed again, in ours.
        distance = np.zeros(place.shape)
        for column, value in zip(self.places.values.T, values.T, strict=True):
            distance += np.abs(column[place] - value[:, None])
        distance[np.isinf(near)] = np.inf
        reach = near[:, -1] * (1 - 1e-9) - 1e-14 * self.extent
        if count == len(self.members):
            reach[:] = np.inf
        return distance, place, reach


def choose_donor(places: Places, pairs: Pairs, key: Hashes, recipients: int) -> Ints:
    """Choose one donor per recipient from its pairs, all donors with the same chance.

    Donors are leaves of a binary tree over the bits of their key. A recipient walks down from the
    root; at each fork a hash of its own key and of the fork decides, in proportion to the donors
    on either side. One donor more or less therefore changes the choice of very few recipients.

    Returns:
        Positions in `places.donor`, one per recipient; -1 for a recipient without pairs.
    """
    bits = 64 - len(places).bit_length()
    place_bits, drop = np.uint64(bits), np.uint64(64 - bits)
    leaves = (places.of_donor.astype(np.uint64) << place_bits) | (places.key >> drop)
    owner, place = pairs.recipient, pairs.place.astype(np.uint64)
    low, high = places.first[pairs.place], places.first[pairs.place + 1]
    chosen = np.full(recipients, -1)
    prefix = np.zeros(recipients, np.uint64)
    total = np.bincount(owner, weights=high - low, minlength=recipients)
    for depth in range(bits):
        alone = total[owner] == 1
        chosen[owner[alone]] = low[alone]
        owner, place, low, high = (a[~alone] for a in (owner, place, low, high))
        if not len(owner):
            return chosen
        bit = np.uint64(1) << np.uint64(63 - depth)
        fork = prefix | bit
        split = np.searchsorted(leaves, (place << place_bits) | (fork[owner] >> drop))
        left = np.bincount(owner, weights=split - low, minlength=recipients)
        goes_left = _uniform(key, fork) * total < left
        total = np.where(goes_left, left, total - left)
        prefix = np.where(goes_left, prefix, fork)
        low, high = (
            np.where(goes_left[owner], low, split),
            np.where(goes_left[owner], split, high),
        )
        owner, place, low, high = (a[low < high] for a in (owner, place, low, high))
    # Keys that agree in every bit looked at: the first in order of key.
    owner, index = np.unique(owner, return_index=True)
    chosen[owner] = low[index]
    return chosen


def allot_places(places: Places, room: Ints, pairs: Pairs, cell: Ints, values: Floats) -> Pairs:
    """Give each recipient, in the order given, the nearest place that still has room.

    Among places equally near: the one with the smaller share of its room taken, then the one
    whose first donor has the smaller key. Recipients who find no room are in no pair.

    Args:
        places: the places of this level.
        room: how many recipients each place can take.
        pairs: the nearest places of each recipient, from `nearest`.
        cell: cell of each recipient.
        values: match values of each recipient.
    """
    # A cell where everybody has one nearest place, and that has room for all who want it, is
    # settled: the order of turns cannot matter.
    wanted = np.bincount(pairs.place, minlength=len(places))
    tied = np.bincount(pairs.recipient, minlength=len(cell)) > 1
    cells = int(max(places.cell.max(initial=-1), cell.max(initial=-1))) + 1
    contested = np.zeros(cells, dtype=bool)
    contested[places.cell[wanted > room]] = True
    contested[cell[tied]] = True
    settled = pairs.take(~contested[cell[pairs.recipient]])
    queue = np.flatnonzero(contested[cell])
    if not len(queue):
        return settled
    members = np.flatnonzero(contested[places.cell])
    take_turns = _turns_on_line if values.shape[1] == 1 else _turns_in_tree
    return _in_order([settled, take_turns(places, members, room, queue, cell, values)])


class _Room:
    """What is left in each place, and which of several equally near ones comes first."""

    def __init__(self, places: Places, members: Ints, room: Ints) -> None:
        self.total = room[members].tolist()
        self.left = room[members].tolist()
        self.key = places.key[places.first[members]].tolist()

    def take(self, tied: list[int]) -> int:
        """Take one seat in one of these places and return it."""
        best = tied[0]
        for other in tied[1:]:
            # Shares left, compared without division.
            mine, theirs = self.left[best] * self.total[other], self.left[other] * self.total[best]
            if theirs > mine or (theirs == mine and self.key[other] < self.key[best]):
                best = other
        self.left[best] -= 1
        return best


def _turns_on_line(
    places: Places, members: Ints, room: Ints, queue: Ints, cell: Ints, values: Floats
) -> Pairs:
    """Serve the queue on one match variable; full places are skipped by path compression."""
    x = places.values[members, 0]
    start = np.searchsorted(places.cell[members], cell[queue])
    stop = np.searchsorted(places.cell[members], cell[queue], side="right")
    at = _place_at(places.cell[members], x, cell[queue], values[queue, 0])
    seats, x = _Room(places, members, room), x.tolist()
    # right[p]: an open place at or after p, or nearer to it; left[p + 1]: likewise before p.
    right, left = list(range(len(x) + 1)), list(range(len(x) + 1))
    taken, distances = [], []
    turns = zip(*(column.tolist() for column in (values[queue, 0], at, start, stop)), strict=True)
    for value, position, begin, end in turns:
        after, before = _find(right, position), _find(left, position) - 1
        far_after = x[after] - value if after < end else np.inf
        far_before = value - x[before] if before >= begin else np.inf
        distance = min(far_after, far_before)
        distances.append(distance)
        if distance == np.inf:
            taken.append(-1)
            continue
        if far_after == far_before:
            place = seats.take([before, after])
        else:
            place = seats.take([after if far_after < far_before else before])
        if not seats.left[place]:
            right[place], left[place + 1] = place + 1, place
        taken.append(place)
    return _served(queue, members, taken, distances)


def _find(parent: list[int], node: int) -> int:
    """Return the root of a node, halving the path on the way."""
    while parent[node] != node:
        parent[node] = node = parent[parent[node]]
    return node


def _turns_in_tree(
    places: Places, members: Ints, room: Ints, queue: Ints, cell: Ints, values: Floats
) -> Pairs:
    """Serve the queue on several match variables, from a list of neighbours per combination."""
    group, member = _distinct(cell[queue], values[queue])
    neighbours = _Neighbours(places, members, room, cell[queue][group], values[queue][group])
    waiting = np.bincount(member).tolist()
    taken, distances = [], []
    for begin in range(0, len(queue), TURNS):
        turns = member[begin : begin + TURNS]
        neighbours.look_ahead(np.unique(turns))
        for spot in turns.tolist():
            place, distance = neighbours.take(spot)
            waiting[spot] -= 1
            if not waiting[spot]:
                neighbours.forget(spot)
            taken.append(place)
            distances.append(distance)
    return _served(queue, members, taken, distances)


class _Neighbours:
    """Lists of the nearest places with room, one per spot (a cell and its match values).

    A list that runs out is looked up again twice as long. When looking past full places has cost
    as much as planting the tree again without them, that is done, and lists are short again.
    """

    def __init__(
        self, places: Places, members: Ints, room: Ints, cell: Ints, values: Floats
    ) -> None:
        self.places, self.members, self.cell, self.values = places, members, cell, values
        self.seats = _Room(places, members, room)
        self.number = np.full(len(places), -1)
        self.number[members] = np.arange(len(members))
        self.extent = _extent(places.values, values)
        self.tree, self.planted, self.spent = Tree(places, members, self.extent), 0, 0
        # Per spot: distances and places, how far they reach, when looked up, where to go on.
        self.lists: dict[int, tuple[list[float], list[int], float, int]] = {}
        self.cursor: dict[int, int] = {}

    def look_ahead(self, spots: Ints) -> None:
        """Look up the spots that have no list yet, together."""
        new = [spot for spot in spots.tolist() if spot not in self.lists]
        self._look(np.asarray(new, dtype=np.int64), FIRST_NEIGHBOURS_IN_TURN)

    def take(self, spot: int) -> tuple[int, float]:
        """Take a seat in the nearest place with room: its number, or -1, and the distance."""
        while True:
            near, place, reach, looked = self.lists[spot]
            i = self.cursor[spot]
            while i < len(place) and not self.seats.left[place[i]]:
                i += 1
            self.cursor[spot] = i
            if i < len(place) and near[i] < reach:
                return self._seat(near, place, i), near[i]
            if reach == np.inf:
                return -1, np.inf
            count = 2 * len(place) if looked == self.planted else FIRST_NEIGHBOURS_IN_TURN
            self.spent += count
            if self.spent > len(self.members):
                self._plant()
            self._look(np.array([spot]), count)

    def forget(self, spot: int) -> None:
        """Drop the list of a spot: everybody there has had their turn."""
        del self.lists[spot], self.cursor[spot]

    def _plant(self) -> None:
        still_open = self.members[np.asarray(self.seats.left) > 0]
        if len(still_open):
            self.tree, self.planted = Tree(self.places, still_open, self.extent), self.planted + 1
        self.spent = 0

    def _seat(self, near: list[float], place: list[int], i: int) -> int:
        j = i
        while j < len(place) and near[j] == near[i]:
            j += 1
        return self.seats.take([p for p in place[i:j] if self.seats.left[p]])

    def _look(self, spots: Ints, count: int) -> None:
        if not len(spots):
            return
        distance, place, reach = self.tree.look(self.cell[spots], self.values[spots], count)
        order = np.argsort(distance, axis=1, kind="stable")
        distance = np.take_along_axis(distance, order, axis=1)
        place = self.number[np.take_along_axis(place, order, axis=1)]
        exists = np.isfinite(distance).sum(axis=1)
        rows = zip(
            spots.tolist(),
            distance.tolist(),
            place.tolist(),
            reach.tolist(),
            exists.tolist(),
            strict=True,
        )
        for spot, near, at, reaches, n in rows:
            self.lists[spot] = (near[:n], at[:n], reaches, self.planted)
            self.cursor[spot] = 0


def _served(queue: Ints, members: Ints, taken: list[int], distances: list[float]) -> Pairs:
    place = np.asarray(taken, dtype=np.int64)
    return Pairs(queue, members[place], np.asarray(distances)).take(place >= 0)


def allot_donors(places: Places, served: Pairs, uses: Ints) -> Ints:
    """Choose donors within places: the least used, then the one with the smallest key.

    `served` has one pair per recipient, in the order of their turns, and no more of them in a
    place than its donors have uses left. `uses` counts the uses per donor and is raised here.

    Returns:
        The donor of each pair.
    """
    order = np.argsort(served.place, kind="stable")
    place, wanted = np.unique(served.place, return_counts=True)
    seat_donor, seat_place = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    while len(place):
        position = ranges(places.first[place], places.size[place])
        donor, owner = places.donor[position], np.repeat(np.arange(len(place)), places.size[place])
        used = uses[donor]
        begin = np.cumsum(places.size[place]) - places.size[place]
        least = np.minimum.reduceat(used, begin)
        free = used == least[owner]
        rank = np.cumsum(free) - 1
        rank -= (np.cumsum(free)[begin] - free[begin])[owner]
        seated = free & (rank < wanted[owner])
        uses[donor[seated]] += 1
        seat_donor.append(donor[seated])
        seat_place.append(place[owner[seated]])
        wanted = wanted - np.bincount(owner[seated], minlength=len(place))
        place, wanted = place[wanted > 0], wanted[wanted > 0]
    seats = np.concatenate(seat_donor)
    chosen = np.empty(len(served.place), np.int64)
    chosen[order] = seats[np.argsort(np.concatenate(seat_place), kind="stable")]
    return chosen


def _extent(left: Floats, right: Floats) -> float:
    """Return a distance that no two points of either array exceed, above 0."""
    low = np.minimum(left.min(axis=0), right.min(axis=0))
    high = np.maximum(left.max(axis=0), right.max(axis=0))
    return float((high - low).sum()) or 1.0


def ranges(start: Ints, length: Ints) -> Ints:
    """Return start[0], start[0]+1, ... for each start and length, one after the other."""
    before = np.cumsum(length) - length
    return np.arange(int(length.sum())) + np.repeat(start - before, length)


def _distinct(cell: Ints, values: Floats) -> tuple[Ints, Ints]:
    """Return one row of each combination of cell and values, and the combination of each row."""
    order = np.lexsort((*values.T, cell))
    new = np.ones(len(cell), dtype=bool)
    new[1:] = cell[order][1:] != cell[order][:-1]
    for column in values.T:
        new[1:] |= column[order][1:] != column[order][:-1]
    member = np.empty(len(cell), np.int64)
    member[order] = np.cumsum(new) - 1
    return order[new], member


def _ranges_by_key(key: Ints, count: int) -> Ints:
    return np.searchsorted(key, np.arange(count + 1))


def _in_order(parts: list[Pairs]) -> Pairs:
    """Join pairs and put them in order of recipient, then of place."""
    joined = Pairs(
        *(
            np.concatenate([getattr(p, n) for p in parts])
            for n in ("recipient", "place", "distance")
        )
    )
    return joined.take(np.lexsort((joined.place, joined.recipient)))


def _uniform(key: Hashes, fork: Hashes) -> Floats:
    """Return numbers in [0, 1) from a key and a fork: the finaliser of splitmix64, twice."""
    return (_mix(key ^ _mix(fork)) >> np.uint64(11)) * 2.0**-53


def _mix(bits: Hashes) -> Hashes:
    bits = bits + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
