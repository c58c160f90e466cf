"""The state of one block of the simulated country, and the tools that its events share."""

from collections import defaultdict

import numpy as np

from migrantpanel.random import generator
from migrantpanel.simulation.parameters import NETHERLANDS, Parameters
from migrantpanel.simulation.table import NEVER, Log, Table, as_column

FIRST_YEAR, LAST_YEAR = 1960, 2023
MONTHS = (LAST_YEAR - FIRST_YEAR + 1) * 12
MONTH_START = (
    np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="datetime64[M]")
    .astype("datetime64[D]")
    .astype(np.int32)
)

MAN, WOMAN = 1, 2
NOWHERE, RESIDENT, FROZEN, ABROAD, DEAD = range(5)  # frozen: left, but still on paper
HEAD, PARTNER, SPOUSE, CHILD, OTHER, INSTITUTION = range(6)
MARRIAGE, PARTNERSHIP, COHABITATION = range(3)
DIVORCE, DEATH_OF_PARTNER, SEPARATION, CONVERSION = range(4)
# Why somebody starts or stops to be here, or to be registered here.
(
    INITIAL,
    BIRTH,
    IMMIGRATION,
    ADMINISTRATIVE_ENTRY,
    EMIGRATION,
    UNREGISTERED,
    ADMINISTRATIVE_REMOVAL,
    DEATH,
) = range(8)
CIVIL_STATUS = ("O", "H", "P", "S", "SP", "W", "WP")
NEVER_MARRIED, MARRIED, PARTNERED, DIVORCED, UNPARTNERED, WIDOWED, WIDOWED_PARTNER = range(7)
YEAR = 365.25


class Block:
    """One independent part of the country, with its own union market and its own random stream.

    `run` fills `person`, `group` (households as they live on), `union` and the event logs.
    """

    def __init__(self, parameters: Parameters, seed: int, block: int, persons: int) -> None:
        self.parameters = parameters
        self.rates = parameters.rates
        self.rng = generator(seed, "demography", block)
        self.fraction = persons / self.rates["size"]["represented_persons"]
        self.month = 0
        self.person = Table(
            persons * 2 + 1000,
            sex=(np.int8, 0), birth=(np.int32, NEVER), death=(np.int32, NEVER),
            country=(np.int16, 0), mother=(np.int32, -1), father=(np.int32, -1),
            mother_country=(np.int16, 0), father_country=(np.int16, 0),
            mother_birth=(np.int32, NEVER), father_birth=(np.int32, NEVER),
            mother_sex=(np.int8, WOMAN), father_sex=(np.int8, MAN),
            origin=(np.int8, 0), generation=(np.int8, 0), first_arrival=(np.int32, NEVER),
            motive=(np.int8, -1), state=(np.int8, NOWHERE), group=(np.int32, -1),
            role=(np.int8, -1), union=(np.int32, -1), partner=(np.int32, -1),
            children=(np.int16, 0), last_birth=(np.int32, -1000),
            abroad_month=(np.int32, 0), arrival_month=(np.int32, 0), removed=(np.bool_, False),
        )  # fmt: skip
        self.group = Table(
            persons * 3 + 1000,
            busy=(np.int32, -1), address=(np.int32, -1), municipality=(np.int16, 0),
            country=(np.int16, NETHERLANDS),
        )  # fmt: skip
        self.union = Table(
            persons + 1000,
            a=(np.int32, -1), b=(np.int32, -1), kind=(np.int8, -1), start=(np.int32, NEVER),
            end=(np.int32, NEVER), reason=(np.int8, -1), partner_sex=(np.int8, 0),
            partner_birth=(np.int32, NEVER), partner_country=(np.int16, 0),
        )  # fmt: skip
        self.address_municipality: list[int] = []
        self.vacant: dict[int, list[int]] = defaultdict(list)
        self.vacated: list[np.ndarray] = []
        self.removals: dict[int, list[int]] = defaultdict(list)
        self.spouses: dict[int, list[int]] = defaultdict(list)
        self.membership = Log("person", "day", "group", "role")
        self.housing = Log("group", "day", "address")
        self.presence = Log("person", "day", "reason", "country")
        self.registration = Log("person", "day", "reason", "country")
        self.civil = Log("person", "day", "status")
        names = parameters.origins
        self.endogamy = np.stack(
            [parameters.by_origin("union", f"endogamy_{kind}") for kind in ("first", "second")]
        )
        self.transnational = parameters.by_origin("union", "transnational_by_origin")
        self.fertility = parameters.by_origin("fertility", "by_origin_first")
        self.emigration = np.stack(
            [parameters.by_origin("emigration", kind) for kind in ("first", "second")]
        )
        self.separation = parameters.by_origin("separation", "by_origin")
        marrying = self.rates["union"]["marrying_migrant_origins"]
        self.marrying = np.array([name in marrying for name in names])
        self.guest_origins = np.array([name in ("TUR", "MAR") for name in names])
        self.motive = {name: number for number, name in enumerate(parameters.motives)}

    @property
    def year(self) -> int:
        """The calendar year of the month being simulated."""
        return FIRST_YEAR + self.month // 12

    def days(self, n: int) -> np.ndarray:
        """Draw days of this month."""
        return self.rng.integers(MONTH_START[self.month], MONTH_START[self.month + 1], n).astype(
            np.int32
        )

    def age(self, persons: np.ndarray) -> np.ndarray:
        """Age in years at the start of the month."""
        return (MONTH_START[self.month] - self.person.birth[persons]) / YEAR

    def happens(self, yearly_hazard: np.ndarray) -> np.ndarray:
        """Draw whether something with this yearly hazard happens in the month."""
        return self.rng.random(len(yearly_hazard)) < np.minimum(yearly_hazard, 8.0) / 12

    def free(self, persons: np.ndarray) -> np.ndarray:
        """Keep persons whose household had no event this month, and one per household."""
        groups = self.person.group[persons]
        persons = persons[(groups >= 0) & (self.group.busy[groups] != self.month)]
        _, first = np.unique(self.person.group[persons], return_index=True)
        return persons[np.sort(first)]

    def with_state(self, state: int) -> np.ndarray:
        """Return the persons in a state."""
        return np.flatnonzero(self.person.state[: self.person.size] == state)

    def members(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the living members of some groups, and which of these groups each belongs to."""
        slot = np.full(self.group.size + 1, -1, dtype=np.int32)  # the last serves group -1
        slot[groups] = np.arange(len(groups))
        position = slot[self.person.group[: self.person.size]]
        members = np.flatnonzero(position >= 0)
        return members, position[members]

    def place(self, persons: np.ndarray, days: np.ndarray, groups: np.ndarray, roles) -> None:
        """Put people in households; the log holds only what is on Dutch paper."""
        self.person.group[persons] = groups
        self.person.role[persons] = roles
        self.group.busy[groups] = self.month
        here = self.person.state[persons] == RESIDENT
        columns = (as_column(value, len(persons)) for value in (persons, days, groups, roles))
        self.membership.write(*(column[here] for column in columns))

    def new_groups(self, days: np.ndarray, municipality: np.ndarray) -> np.ndarray:
        """Found households at an address of their own."""
        groups = self.group.add(len(days), municipality=municipality, busy=self.month)
        self.house(groups, days, municipality)
        return groups

    def house(self, groups: np.ndarray, days: np.ndarray, municipality: np.ndarray) -> None:
        """Give households an address, vacant or new, in a municipality."""
        addresses = np.empty(len(groups), dtype=np.int32)
        for i, place in enumerate(municipality.tolist()):
            vacant = self.vacant[place]
            if vacant:
                addresses[i] = vacant.pop()
            else:
                addresses[i] = len(self.address_municipality)
                self.address_municipality.append(place)
        self.group.address[groups] = addresses
        self.group.municipality[groups] = municipality
        self.housing.write(groups, days, addresses)

    def release_addresses(self) -> None:
        """Make addresses vacant: at once after a move, in January after the last member left."""
        if self.month % 12 == 0:
            size = self.group.size
            person = self.person
            on_paper = is_in(person.state[: person.size], RESIDENT, FROZEN)
            lived_in = np.zeros(size, dtype=bool)
            lived_in[person.group[: person.size][on_paper]] = True
            empty = np.flatnonzero(~lived_in & (self.group.address[:size] >= 0))
            self.vacated.append(self.group.address[empty])
            self.group.address[empty] = -1
        for addresses in self.vacated:
            for address in addresses.tolist():
                self.vacant[self.address_municipality[address]].append(address)
        self.vacated = []

    def municipalities(self, origins: np.ndarray) -> np.ndarray:
        """Draw municipalities for people of these origins; migrants live in large cities more."""
        draw = self.rng.random(len(origins)) * 0.999999
        chosen = np.zeros(len(origins), dtype=np.int16)
        for origin in np.unique(origins):
            mine = origins == origin
            limits = self.parameters.municipality_limits[origin]
            chosen[mine] = np.searchsorted(limits, draw[mine])
        return chosen

    def enter(self, persons: np.ndarray, days, reason: int, country, registered=None) -> None:
        """Record that people are here, and on paper (the same reason unless given)."""
        self.person.state[persons] = RESIDENT
        self.presence.write(persons, days, reason, country)
        self.registration.write(
            persons, days, reason if registered is None else registered, country
        )

    def repair(self, groups: np.ndarray, days: np.ndarray) -> None:
        """Give households without a reference person a new one.

        The partner follows, else the eldest adult. Children left alone go to their other parent,
        and else to an institution.
        """
        members, position = self.members(groups)
        if not len(members):
            return
        person = self.person
        headed = np.zeros(len(groups), dtype=bool)
        headed[position[person.role[members] == HEAD]] = True
        lost = ~headed[position]
        members, position = members[lost], position[lost]
        if not len(members):
            return
        is_partner = is_in(person.role[members], PARTNER, SPOUSE)
        order = np.lexsort((person.birth[members], ~is_partner, position))
        members, position, is_partner = members[order], position[order], is_partner[order]
        _, first = np.unique(position, return_index=True)
        heads = members[first]
        adult = is_partner[first] | (self.age(heads) >= 18)
        self.place(heads[adult], days[position[first[adult]]], groups[position[first[adult]]], HEAD)
        # Without a partner who takes over, the others are no children of the new head.
        orphaned = np.zeros(len(groups), dtype=bool)
        orphaned[position[first[adult & ~is_partner[first]]]] = True
        rest = np.setdiff1d(np.arange(len(members)), first)
        others = rest[orphaned[position[rest]]]
        self.place(members[others], days[position[others]], groups[position[others]], OTHER)
        alone = np.zeros(len(groups), dtype=bool)
        alone[position[first[~adult]]] = True
        minors = np.flatnonzero(alone[position] & (person.state[members] == RESIDENT))
        if len(minors):
            self.foster(members[minors], days[position[minors]])

    def foster(self, children: np.ndarray, days: np.ndarray) -> None:
        """Take children left alone to their other parent, else to an institution."""
        person = self.person
        home = np.full(len(children), -1, dtype=np.int32)
        for parent in (person.father[children], person.mother[children]):
            able = (
                (parent >= 0)
                & (person.state[parent] == RESIDENT)
                & is_in(person.role[parent], HEAD, PARTNER, SPOUSE)
                & (person.group[parent] != person.group[children])
            )
            home = np.where(able, person.group[parent], home)
        found = home >= 0
        self.place(children[found], days[found], home[found], CHILD)
        lost = children[~found]
        if len(lost):
            places = self.group.municipality[person.group[lost]]
            groups = self.new_groups(days[~found], places)
            self.place(lost, days[~found], groups, INSTITUTION)

    def end_unions(self, unions: np.ndarray, days: np.ndarray, reason: int) -> None:
        """End unions on a day; civil status is for the caller."""
        self.union.end[unions] = days
        self.union.reason[unions] = reason
        for side in (self.union.a[unions], self.union.b[unions]):
            side = side[side >= 0]
            self.person.union[side] = -1
            self.person.partner[side] = -1

    def begin_unions(self, a, b, kind, start, **partner) -> np.ndarray:
        """Record unions between a and b (-1: partner not in the Netherlands)."""
        unions = self.union.add(len(a), a=a, b=b, kind=kind, start=start, **partner)
        self.person.union[a] = unions
        self.person.partner[a] = b
        here = b >= 0
        self.person.union[b[here]] = unions[here]
        self.person.partner[b[here]] = a[here]
        kinds, starts = as_column(kind, len(a)), as_column(start, len(a))
        for side, rows in ((a, slice(None)), (b[here], here)):
            legal = kinds[rows] != COHABITATION
            status = np.where(kinds[rows] == MARRIAGE, MARRIED, PARTNERED)
            self.civil.write(side[legal], starts[rows][legal], status[legal])
        return unions

    def give_parents(self, child: np.ndarray, mother: np.ndarray, father: np.ndarray) -> None:
        """Write parents and their attributes beside children; -1 leaves what is there."""
        person = self.person
        for name, parent in (("mother", mother), ("father", father)):
            known = parent >= 0
            c, p = child[known], parent[known]
            getattr(person, name)[c] = p
            getattr(person, f"{name}_country")[c] = person.country[p]
            getattr(person, f"{name}_birth")[c] = person.birth[p]
            getattr(person, f"{name}_sex")[c] = person.sex[p]
            np.add.at(person.children, p, 1)

    def remember_births(self, child: np.ndarray, mother: np.ndarray) -> None:
        """Note the month of the last of these births of each mother, which may lie before 1960."""
        month = np.floor((self.person.birth[child] - MONTH_START[0]) / (YEAR / 12))
        np.maximum.at(self.person.last_birth, mother, month.astype(np.int32))

    def classify(self, persons: np.ndarray) -> None:
        """Set origin group and generation from birth countries (classification before 2022)."""
        person, home = self.person, NETHERLANDS
        own, mother, father = (
            getattr(person, name)[persons]
            for name in ("country", "mother_country", "father_country")
        )
        foreign_parent = (mother != home) | (father != home)
        abroad = own != home
        person.generation[persons] = np.where(~foreign_parent, 0, np.where(abroad, 1, 2))
        source = np.where(abroad, own, np.where(mother != home, mother, father))
        person.origin[persons] = np.where(
            foreign_parent, self.parameters.origin_of_country(source), 0
        )


def is_in(values: np.ndarray, *codes: int) -> np.ndarray:
    """Whether values are one of a few codes (faster than numpy.isin on short lists)."""
    found = values == codes[0]
    for code in codes[1:]:
        found |= values == code
    return found


def day_number(text: str) -> int:
    """Return an ISO date as days since 1970."""
    return int(np.datetime64(text, "D").astype(np.int32))
