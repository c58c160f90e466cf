"""Life histories of one block: who is born, arrives, pairs, moves, leaves and dies, month by month.

A household has at most one event a month. So events of a month may fall on any of its days and
still follow each other in the right order; the loss (a second event waits for the next month) is
a few per cent of a hazard that is assumed anyway.
"""

from collections import defaultdict

import numpy as np

from migrantpanel.random import generator
from migrantpanel.simulation.parameters import NETHERLANDS, Parameters, curve
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
        self._vacant: dict[int, list[int]] = defaultdict(list)
        self._vacated: list[np.ndarray] = []
        self._removals: dict[int, list[np.ndarray]] = defaultdict(list)
        self._spouses: dict[int, list[np.ndarray]] = defaultdict(list)
        self.membership = Log("person", "day", "group", "role")
        self.housing = Log("group", "day", "address")
        self.presence = Log("person", "day", "reason", "country")
        self.registration = Log("person", "day", "reason", "country")
        self.civil = Log("person", "day", "status")
        names = parameters.origins
        self._endogamy = np.stack(
            [parameters.by_origin("union", f"endogamy_{kind}") for kind in ("first", "second")]
        )
        self._transnational = parameters.by_origin("union", "transnational_by_origin")
        self._fertility = parameters.by_origin("fertility", "by_origin_first")
        self._emigration = np.stack(
            [parameters.by_origin("emigration", kind) for kind in ("first", "second")]
        )
        self._separation = parameters.by_origin("separation", "by_origin")
        marrying = self.rates["union"]["marrying_migrant_origins"]
        self._marrying = np.array([name in marrying for name in names])
        self._guest_origins = np.array([name in ("TUR", "MAR") for name in names])
        self._motive = {name: number for number, name in enumerate(parameters.motives)}

    # ---------------------------------------------------------------- the run

    def run(self) -> "Block":
        """Simulate from 1 January 1960 to 31 December 2023."""
        self._found()
        arrivals = self._plan_arrivals()
        for self.month in range(MONTHS):
            self._release_addresses()
            self._die()
            self._bear()
            self._emigrate()
            self._remove()
            self._arrive(arrivals[self.month])
            self._return()
            self._join_spouses()
            self._separate()
            self._unite()
            self._marry()
            self._leave_home()
            self._enter_institution()
            self._move()
        return self

    # ---------------------------------------------------------------- small tools

    @property
    def year(self) -> int:
        """The calendar year of the month being simulated."""
        return FIRST_YEAR + self.month // 12

    def _days(self, n: int) -> np.ndarray:
        return self.rng.integers(MONTH_START[self.month], MONTH_START[self.month + 1], n).astype(
            np.int32
        )

    def _age(self, persons: np.ndarray) -> np.ndarray:
        """Age in years at the start of the month."""
        return (MONTH_START[self.month] - self.person.birth[persons]) / YEAR

    def _happens(self, yearly_hazard: np.ndarray) -> np.ndarray:
        return self.rng.random(len(yearly_hazard)) < np.minimum(yearly_hazard, 8.0) / 12

    def _free(self, persons: np.ndarray) -> np.ndarray:
        """Keep persons whose household had no event this month, and one per household."""
        groups = self.person.group[persons]
        persons = persons[(groups >= 0) & (self.group.busy[groups] != self.month)]
        _, first = np.unique(self.person.group[persons], return_index=True)
        return persons[np.sort(first)]

    def _with_state(self, state: int) -> np.ndarray:
        return np.flatnonzero(self.person.state[: self.person.size] == state)

    def _members(self, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the living members of some groups, and which of these groups each belongs to."""
        slot = np.full(self.group.size + 1, -1, dtype=np.int32)  # the last serves group -1
        slot[groups] = np.arange(len(groups))
        position = slot[self.person.group[: self.person.size]]
        members = np.flatnonzero(position >= 0)
        return members, position[members]

    def _place(self, persons: np.ndarray, days: np.ndarray, groups: np.ndarray, roles) -> None:
        """Put people in households; the log holds only what is on Dutch paper."""
        self.person.group[persons] = groups
        self.person.role[persons] = roles
        self.group.busy[groups] = self.month
        here = self.person.state[persons] == RESIDENT
        columns = (as_column(value, len(persons)) for value in (persons, days, groups, roles))
        self.membership.write(*(column[here] for column in columns))

    def _new_groups(self, days: np.ndarray, municipality: np.ndarray) -> np.ndarray:
        """Found households at an address of their own."""
        groups = self.group.add(len(days), municipality=municipality, busy=self.month)
        self._house(groups, days, municipality)
        return groups

    def _house(self, groups: np.ndarray, days: np.ndarray, municipality: np.ndarray) -> None:
        """Give households an address, vacant or new, in a municipality."""
        addresses = np.empty(len(groups), dtype=np.int32)
        for i, place in enumerate(municipality.tolist()):
            vacant = self._vacant[place]
            if vacant:
                addresses[i] = vacant.pop()
            else:
                addresses[i] = len(self.address_municipality)
                self.address_municipality.append(place)
        self.group.address[groups] = addresses
        self.group.municipality[groups] = municipality
        self.housing.write(groups, days, addresses)

    def _release_addresses(self) -> None:
        """Make addresses vacant: at once after a move, in January after the last member left."""
        if self.month % 12 == 0:
            size = self.group.size
            person = self.person
            on_paper = _in(person.state[: person.size], RESIDENT, FROZEN)
            lived_in = np.zeros(size, dtype=bool)
            lived_in[person.group[: person.size][on_paper]] = True
            empty = np.flatnonzero(~lived_in & (self.group.address[:size] >= 0))
            self._vacated.append(self.group.address[empty])
            self.group.address[empty] = -1
        for addresses in self._vacated:
            for address in addresses.tolist():
                self._vacant[self.address_municipality[address]].append(address)
        self._vacated = []

    def _municipalities(self, native: np.ndarray) -> np.ndarray:
        """Draw municipalities; migrants live in the large cities more often."""
        draw = self.rng.random(len(native))
        choose = [
            np.searchsorted(np.cumsum(weights), draw * 0.999999)
            for weights in (self.parameters.weight_migrant, self.parameters.weight_native)
        ]
        return np.where(native, choose[1], choose[0]).astype(np.int16)

    def _enter(self, persons: np.ndarray, days, reason: int, country, registered=None) -> None:
        """Record that people are here, and on paper (the same reason unless given)."""
        self.person.state[persons] = RESIDENT
        self.presence.write(persons, days, reason, country)
        self.registration.write(
            persons, days, reason if registered is None else registered, country
        )

    def _repair(self, groups: np.ndarray, days: np.ndarray) -> None:
        """Give households without a reference person a new one.

        The partner follows, else the eldest adult. Children left alone go to their other parent,
        and else to an institution.
        """
        members, position = self._members(groups)
        if not len(members):
            return
        person = self.person
        headed = np.zeros(len(groups), dtype=bool)
        headed[position[person.role[members] == HEAD]] = True
        lost = ~headed[position]
        members, position = members[lost], position[lost]
        if not len(members):
            return
        is_partner = _in(person.role[members], PARTNER, SPOUSE)
        order = np.lexsort((person.birth[members], ~is_partner, position))
        members, position, is_partner = members[order], position[order], is_partner[order]
        _, first = np.unique(position, return_index=True)
        heads = members[first]
        adult = is_partner[first] | (self._age(heads) >= 18)
        self._place(
            heads[adult], days[position[first[adult]]], groups[position[first[adult]]], HEAD
        )
        # Without a partner who takes over, the others are no children of the new head.
        orphaned = np.zeros(len(groups), dtype=bool)
        orphaned[position[first[adult & ~is_partner[first]]]] = True
        rest = np.setdiff1d(np.arange(len(members)), first)
        others = rest[orphaned[position[rest]]]
        self._place(members[others], days[position[others]], groups[position[others]], OTHER)
        alone = np.zeros(len(groups), dtype=bool)
        alone[position[first[~adult]]] = True
        minors = np.flatnonzero(alone[position] & (person.state[members] == RESIDENT))
        if len(minors):
            self._foster(members[minors], days[position[minors]])

    def _foster(self, children: np.ndarray, days: np.ndarray) -> None:
        person = self.person
        home = np.full(len(children), -1, dtype=np.int32)
        for parent in (person.father[children], person.mother[children]):
            able = (
                (parent >= 0)
                & (person.state[parent] == RESIDENT)
                & _in(person.role[parent], HEAD, PARTNER, SPOUSE)
                & (person.group[parent] != person.group[children])
            )
            home = np.where(able, person.group[parent], home)
        found = home >= 0
        self._place(children[found], days[found], home[found], CHILD)
        lost = children[~found]
        if len(lost):
            places = self.group.municipality[person.group[lost]]
            groups = self._new_groups(days[~found], places)
            self._place(lost, days[~found], groups, INSTITUTION)

    def _end_unions(self, unions: np.ndarray, days: np.ndarray, reason: int) -> None:
        self.union.end[unions] = days
        self.union.reason[unions] = reason
        for side in (self.union.a[unions], self.union.b[unions]):
            side = side[side >= 0]
            self.person.union[side] = -1
            self.person.partner[side] = -1

    def _begin_unions(self, a, b, kind, start, **partner) -> np.ndarray:
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

    # ---------------------------------------------------------------- founders

    def _found(self) -> None:
        """Make the population of 1 January 1960: couples, their children and single people."""
        rng, rates, person = self.rng, self.rates["founders"], self.person
        n = round(rates["persons"] * self.fraction)
        shares = np.array(rates["age_shares"])
        age = rng.choice(len(shares), n, p=shares / shares.sum()) * 10 + rng.random(n) * 10
        day0 = MONTH_START[0]
        birth = (day0 - age * YEAR).astype(np.int32) - 1
        sex = rng.integers(MAN, WOMAN + 1, n).astype(np.int8)
        married = rng.random(n) < np.where(age < 18, 0, curve(rates["married_share"], age))
        women = np.flatnonzero(married & (sex == WOMAN))
        men = np.flatnonzero(married & (sex == MAN))
        couples = min(len(women), len(men))
        women = np.sort(rng.permutation(women)[:couples])
        men = np.sort(rng.permutation(men)[:couples])
        women = women[np.argsort(age[women] + rng.normal(0, 2, couples))]
        men = men[np.argsort(age[men] + rng.normal(0, 2, couples))]
        paired = np.zeros(n, dtype=bool)
        paired[women] = paired[men] = True
        # Unmarried people under 24 live with a mother of a fitting age, where there is one.
        young = np.flatnonzero((age < 24) & ~paired)
        wished = age[young] + np.clip(rng.normal(28, 5, len(young)), 17, 44)
        mothers = women[np.argsort(age[women])]
        near = np.clip(np.searchsorted(age[mothers], wished), 0, couples - 1)
        husband = np.full(n, -1)
        husband[women] = men
        mother = mothers[near]
        gap = age[mother] - age[young]
        fits = (gap > 16) & (gap < 46) & (age[husband[mother]] - age[young] > 16)
        child, mother = young[fits], mother[fits]
        kept = np.setdiff1d(np.arange(n), young[~fits & (age[young] < 18)])
        number = np.full(n, -1)
        number[kept] = np.arange(len(kept))
        # Parents come before their children, so that traits can be passed on in one direction.
        order = np.argsort(birth[kept], kind="stable")
        number[kept[order]] = np.arange(len(kept))
        rows = person.add(
            len(kept), sex=sex[kept[order]], birth=birth[kept[order]], country=NETHERLANDS,
            mother_country=NETHERLANDS, father_country=NETHERLANDS,
        )  # fmt: skip
        person.mother_birth[rows] = person.birth[rows] - rng.integers(19 * 365, 42 * 365, len(rows))
        person.father_birth[rows] = person.mother_birth[rows] - rng.integers(
            -3 * 365, 8 * 365, len(rows)
        )
        women, men, child, mother = (number[x] for x in (women, men, child, mother))
        husband_of = np.full(len(kept), -1)
        husband_of[women] = men
        father = husband_of[mother]
        self._give_parents(child, mother, father)
        start = np.minimum(person.birth[women], day0).astype(np.int64) + rng.integers(
            18 * 365, 26 * 365, couples
        )
        start = np.minimum(start, day0 - 30)
        self.civil.write(rows, person.birth[rows], NEVER_MARRIED)
        self._begin_unions(men, women, MARRIAGE, start.astype(np.int32))
        self._enter(rows, day0, INITIAL, NETHERLANDS)
        days = np.full(couples, day0)
        groups = self._new_groups(days, self._municipalities(np.ones(couples, dtype=bool)))
        self._place(men, day0, groups, HEAD)
        self._place(women, day0, groups, SPOUSE)
        self._place(child, day0, person.group[mother], CHILD)
        single = np.flatnonzero(person.group[: person.size] < 0)
        groups = self._new_groups(
            np.full(len(single), day0), self._municipalities(np.ones(len(single), dtype=bool))
        )
        self._place(single, day0, groups, HEAD)
        self.group.busy[: self.group.size] = -1

    def _give_parents(self, child: np.ndarray, mother: np.ndarray, father: np.ndarray) -> None:
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

    def _classify(self, persons: np.ndarray) -> None:
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

    # ---------------------------------------------------------------- births and deaths

    def _die(self) -> None:
        rates, person = self.rates["mortality"], self.person
        living = np.flatnonzero(_in(person.state[: person.size], RESIDENT, ABROAD))
        age = self._age(living)
        man = person.sex[living] == MAN
        level = np.where(man, rates["level"]["man"], rates["level"]["woman"])
        slope = np.where(man, rates["slope"]["man"], rates["slope"]["woman"])
        hazard = level * np.exp(slope * age) * (1 - rates["improvement"]) ** (self.year - 1960)
        hazard = np.where(age < 1, curve(rates["infant"], self.year), hazard)
        dead = self._free(living[self._happens(hazard)])
        if not len(dead):
            return
        days = self._days(len(dead))
        groups = person.group[dead]
        unions = person.union[dead]
        mourning = unions >= 0
        partner, kinds = person.partner[dead], self.union.kind[unions]
        widowed = mourning & (partner >= 0) & (kinds != COHABITATION)
        status = np.where(kinds == MARRIAGE, WIDOWED, WIDOWED_PARTNER)
        self.civil.write(partner[widowed], days[widowed], status[widowed])
        self._end_unions(unions[mourning], days[mourning], DEATH_OF_PARTNER)
        resident = person.state[dead] == RESIDENT
        for log in (self.presence, self.registration):
            log.write(dead[resident], days[resident], DEATH, 0)
        self.membership.write(dead[resident], days[resident], -1, -1)
        person.death[dead] = days
        person.state[dead] = DEAD
        person.group[dead] = -1
        self.group.busy[groups] = self.month
        self._repair(groups, days)

    def _bear(self) -> None:
        rates, person = self.rates["fertility"], self.person
        size = person.size
        women = np.flatnonzero(
            (person.sex[:size] == WOMAN)
            & _in(person.state[:size], RESIDENT, ABROAD)
            & _in(person.role[:size], HEAD, PARTNER, SPOUSE)
            & (person.birth[:size] < MONTH_START[self.month] - 15 * YEAR)
            & (person.birth[:size] > MONTH_START[self.month] - 49 * YEAR)
            & (self.month - person.last_birth[:size] >= rates["months_between_births"])
        )
        parity = np.minimum(person.children[women], len(rates["by_parity"]) - 1)
        partner = person.partner[women]
        own = self._fertility[person.origin[women]]
        second = (person.generation[women] != 1) & (person.origin[women] > 0)
        own = np.where(second, (own + 1) / 2, own)
        # Large families of the first arrivals fade with the calendar.
        own = 1 + (own - 1) * np.interp(self.year, [1960, 1985, 2023], [1.6, 1.3, 0.6])
        hazard = (
            np.array(rates["by_parity"])[parity]
            * curve(rates["by_age"], self._age(women))
            * curve(rates["by_year"], self.year)
            * np.where(parity > 0, own**1.5, np.sqrt(own))
        )
        no_partner = person.union[women] < 0
        hazard = np.where(no_partner, hazard * rates["without_partner"], hazard)
        with_woman = (partner >= 0) & (person.sex[partner] == WOMAN)
        same_sex = rates["same_sex"] if self.year > 2001 else 0.0
        hazard = np.where(with_woman, hazard * same_sex, hazard)
        apart = ~no_partner & ((partner < 0) | (person.group[partner] != person.group[women]))
        mothers = self._free(women[self._happens(np.where(apart, 0, hazard))])
        n = len(mothers)
        if not n:
            return
        days, fathers = self._days(n), person.partner[mothers]
        groups = person.group[mothers]
        here = person.state[mothers] == RESIDENT
        countries = np.where(here, NETHERLANDS, self.group.country[groups])
        sex = np.where(self.rng.random(n) < 0.512, MAN, WOMAN)
        children = person.add(n, sex=sex, birth=days, country=countries)
        # A father who is not known to the registers is taken to come from where the mother does.
        person.father_country[children] = person.country[mothers]
        self._give_parents(children, mothers, fathers)
        self._classify(children)
        person.last_birth[mothers] = self.month
        person.state[children] = np.where(here, RESIDENT, ABROAD)
        person.abroad_month[children] = self.month
        self.civil.write(children, days, NEVER_MARRIED)
        self._enter(children[here], days[here], BIRTH, 0)
        self._place(children, days, groups, CHILD)

    # ---------------------------------------------------------------- migration

    def _emigrate(self) -> None:
        rates, person = self.rates["emigration"], self.person
        resident = self._with_state(RESIDENT)
        heads = resident[person.role[resident] == HEAD]
        heads = heads[self._age(heads) >= 18]
        origin, age = person.origin[heads], self._age(heads)
        first = person.generation[heads] == 1
        foreign = person.country[heads] != NETHERLANDS
        hazard = np.where(first, self._emigration[0][origin], self._emigration[1][origin])
        years = (self.month - person.arrival_month[heads]) / 12
        hazard *= np.where(first, curve(rates["by_years_since_arrival"], years), 1.0)
        hazard *= np.where(
            self._guest_origins[origin] & (age > 58) & (age < 68), rates["retirement_return"], 1.0
        )
        hazard *= np.where(age > 72, 0.4, 1.0)
        unnoticed = np.where(foreign, rates["unregistered"], 0.0)
        happens = self._happens(hazard + unnoticed)
        silent = self.rng.random(len(heads)) * (hazard + unnoticed) < unnoticed
        chosen = self._free(heads[happens])
        silent = np.isin(chosen, heads[happens & silent])
        if not len(chosen):
            return
        days, groups = self._days(len(chosen)), person.group[chosen]
        goal = self._destinations(chosen)
        self.group.country[groups] = goal
        self.group.busy[groups] = self.month
        members, position = self._members(groups)
        quiet = silent[position]
        leavers, at = members[~quiet], position[~quiet]
        for log in (self.presence, self.registration):
            log.write(leavers, days[at], EMIGRATION, goal[at])
        self.membership.write(leavers, days[at], -1, -1)
        person.state[leavers] = ABROAD
        person.removed[leavers] = False
        hidden, at = members[quiet], position[quiet]
        self.presence.write(hidden, days[at], UNREGISTERED, goal[at])
        person.state[hidden] = FROZEN
        person.abroad_month[members] = self.month
        low, high = rates["noticed_after_months"]
        due = self.month + self.rng.integers(low, high + 1, int(silent.sum()))
        for group, month in zip(groups[silent], due.tolist(), strict=True):
            self._removals[month].append(group)

    def _destinations(self, persons: np.ndarray) -> np.ndarray:
        rates, person = self.rates, self.person
        table = rates["emigration_destinations"]["countries"]
        weights = np.array(list(table.values()))
        drawn = self.rng.choice(
            np.array([int(code) for code in table]), len(persons), p=weights / weights.sum()
        )
        home = np.where(
            person.country[persons] != NETHERLANDS,
            person.country[persons],
            np.where(
                person.mother_country[persons] != NETHERLANDS,
                person.mother_country[persons],
                person.father_country[persons],
            ),
        )
        own = (home != NETHERLANDS) & (
            self.rng.random(len(persons)) < rates["emigration"]["to_own_origin"]
        )
        return np.where(own, home, drawn).astype(np.int16)

    def _remove(self) -> None:
        """Strike from the register the households that were found to have left."""
        groups = np.array(self._removals.pop(self.month, []), dtype=np.int32)
        if not len(groups):
            return
        members, position = self._members(groups)
        days = self._days(len(groups))[position]
        self.registration.write(members, days, ADMINISTRATIVE_REMOVAL, 0)
        self.membership.write(members, days, -1, -1)
        self.person.state[members] = ABROAD
        self.person.removed[members] = True
        self.group.busy[groups] = self.month

    def _plan_arrivals(self) -> list[np.ndarray]:
        """Return the streams (numbers) of the households that arrive in each month."""
        oversampling = self.rates["oversampling"]
        plan = []
        years = FIRST_YEAR + np.arange(MONTHS) / 12
        expected = np.stack(
            [
                np.interp(years, list(s.arrivals), list(s.arrivals.values()), left=0, right=0)
                * oversampling[self.parameters.origins[s.origin]]
                for s in self.parameters.streams
            ]
        )
        # The last knot is a whole year: carry its level to December.
        for i, stream in enumerate(self.parameters.streams):
            last = max(stream.arrivals)
            if last == LAST_YEAR:
                expected[i, years >= last] = (
                    stream.arrivals[last] * oversampling[self.parameters.origins[stream.origin]]
                )
        counts = self.rng.poisson(expected * self.fraction / 12)
        numbers = np.arange(len(self.parameters.streams))
        for month in range(MONTHS):
            plan.append(np.repeat(numbers, counts[:, month]))
        return plan

    def _new_immigrants(self, sex, birth, country, origin, motive) -> np.ndarray:
        """Create people born abroad to parents born abroad; they are not here yet."""
        rows = self.person.add(
            len(birth), sex=sex, birth=birth, country=country, motive=motive,
            mother_country=country, father_country=country, generation=1, origin=origin,
            state=ABROAD, abroad_month=self.month,
        )  # fmt: skip
        n = len(rows)
        person = self.person
        person.mother_birth[rows] = person.birth[rows] - self.rng.integers(18 * 365, 40 * 365, n)
        person.father_birth[rows] = person.mother_birth[rows] - self.rng.integers(
            -2 * 365, 10 * 365, n
        )
        self.civil.write(rows, person.birth[rows], NEVER_MARRIED)
        return rows

    def _children_before(self, mothers, fathers, start, until, mean) -> np.ndarray:
        """Create the children that couples had abroad between two days; returns their rows."""
        years = np.maximum((until - start) / YEAR - 0.8, 0)
        count = self.rng.poisson(np.minimum(mean * years / 4, 4))
        mother, father = np.repeat(mothers, count), np.repeat(fathers, count)
        low, end = np.repeat(start, count) + 280, np.repeat(until, count)
        birth = low + self.rng.random(len(mother)) * np.maximum(end - 20 - low, 1)
        person = self.person
        age = (birth - person.birth[mother]) / YEAR
        order = np.lexsort((birth, mother))
        mother, father, birth = mother[order], father[order], birth[order]
        age, end = age[order], end[order]
        spaced = np.ones(len(mother), dtype=bool)
        spaced[1:] = (mother[1:] != mother[:-1]) | (np.diff(birth) > 330)
        fits = (age > 16) & (age < 45) & (birth < end) & spaced
        mother, father, birth = mother[fits], father[fits], birth[fits].astype(np.int32)
        sex = self.rng.integers(MAN, WOMAN + 1, len(mother))
        rows = self._new_immigrants(
            sex, birth, person.country[mother], person.origin[mother], self._motive["family"]
        )
        self._give_parents(rows, mother, father)
        self._classify(rows)
        person.last_birth[mother] = self.month - 8
        return rows

    def _settle(self, persons: np.ndarray, days: np.ndarray, country, registered=None) -> None:
        """Let people arrive: first arrival, presence and registration."""
        person = self.person
        new = (person.first_arrival[persons] == NEVER) & (person.country[persons] != NETHERLANDS)
        person.first_arrival[persons[new]] = as_column(days, len(persons))[new]
        person.arrival_month[persons] = self.month
        self._enter(persons, days, IMMIGRATION, country, registered)

    def _arrive(self, streams: np.ndarray) -> None:
        n = len(streams)
        if not n:
            return
        rng, person = self.rng, self.person
        rows = [self.parameters.streams[s] for s in streams]
        value = {
            name: np.array([getattr(row, name) for row in rows])
            for name in ("man", "age", "age_sd", "couple", "spouse_abroad", "children")
        }
        days = self._days(n)
        country = np.array([rng.choice(row.countries, p=row.country_shares) for row in rows])
        origin = np.array([row.origin for row in rows])
        motive = np.array([row.motive for row in rows])
        age = np.clip(rng.normal(value["age"], value["age_sd"]), 18.1, 66)
        couple = (rng.random(n) < value["couple"]) & (age > 20)
        sex = np.where((rng.random(n) < value["man"]) | couple, MAN, WOMAN)
        heads = self._new_immigrants(
            sex, (days - age * YEAR).astype(np.int32), country, origin, motive
        )
        self._settle(heads, days, country)
        # Some move in with people of their origin; the others have a home of their own.
        groups = self._hosts(origin, ~couple)
        joins = groups >= 0
        groups[~joins] = self._new_groups(days[~joins], self._municipalities(origin[~joins] == 0))
        self._place(heads, days, groups, np.where(joins, OTHER, HEAD))
        married_abroad = ~couple & (rng.random(n) < value["spouse_abroad"]) & (age > 20)
        marriage = days - np.minimum(
            rng.gamma(2.0, 3.0, n) * YEAR + 60, (age - 18.5) * YEAR
        ).astype(np.int32)
        gap = np.clip(rng.normal(3, 3, n), -4, 12)
        partner_age = np.maximum(age - np.where(sex == MAN, gap, -gap), 18.2)
        marriage = np.maximum(marriage, days - ((partner_age - 16.5) * YEAR).astype(np.int32))
        partner_birth = (days - partner_age * YEAR).astype(np.int32)
        # Couples who come together, with their children.
        c = np.flatnonzero(couple)
        partners = self._new_immigrants(
            WOMAN, partner_birth[c], country[c], origin[c], np.where(
                motive[c] == self._motive["asylum"], motive[c], self._motive["family"]
            ),
        )  # fmt: skip
        self._begin_unions(heads[c], partners, MARRIAGE, marriage[c])
        self._settle(partners, days[c], country[c])
        self._place(partners, days[c], groups[c], SPOUSE)
        children = self._children_before(
            partners, heads[c], marriage[c], days[c], value["children"][c]
        )
        self._bring(children)
        # Men and women whose family is still abroad.
        m = np.flatnonzero(married_abroad)
        unions = self._begin_unions(
            heads[m], np.full(len(m), -1), MARRIAGE, marriage[m],
            partner_sex=np.where(sex[m] == MAN, WOMAN, MAN), partner_birth=partner_birth[m],
            partner_country=country[m],
        )  # fmt: skip
        self._expect_spouses(unions, 10, 90)
        single = np.flatnonzero(~couple & ~married_abroad & ~joins & (sex == WOMAN) & (age > 22))
        alone = single[rng.random(len(single)) < 0.12]
        children = self._children_before(
            heads[alone], np.full(len(alone), -1), days[alone] - 5 * 365, days[alone],
            value["children"][alone],
        )  # fmt: skip
        self._bring(children)
        person.motive[children] = self._motive["family"]

    def _hosts(self, origin: np.ndarray, able: np.ndarray) -> np.ndarray:
        """Draw for some newcomers the household of somebody of their origin (else -1)."""
        rng, person = self.rng, self.person
        resident = self._with_state(RESIDENT)
        heads = self._free(resident[person.role[resident] == HEAD])
        heads = heads[np.argsort(person.origin[heads], kind="stable")]
        low = np.searchsorted(person.origin[heads], origin, side="left")
        high = np.searchsorted(person.origin[heads], origin, side="right")
        joins = able & (high > low) & (rng.random(len(origin)) < self.rates["home"]["joins_others"])
        groups = np.full(len(origin), -1, dtype=np.int32)
        rows = np.flatnonzero(joins)
        hosts = heads[low[rows] + (rng.random(len(rows)) * (high - low)[rows]).astype(int)]
        _, first = np.unique(hosts, return_index=True)  # one event per household
        groups[rows[first]] = person.group[hosts[first]]
        return groups

    def _bring(self, children: np.ndarray) -> None:
        """Let children arrive with their mother, on her day, in her household."""
        person = self.person
        mothers = person.mother[children]
        days = np.maximum(person.first_arrival[mothers], MONTH_START[self.month])
        self._settle(children, days, person.country[children])
        self._place(children, days, person.group[mothers], CHILD)

    def _expect_spouses(self, unions: np.ndarray, low: int, high: int) -> None:
        comes = self.rng.random(len(unions)) < self.rates["union"]["spouse_arrives"]
        delay = self.rng.integers(low, high + 1, len(unions))
        for union, months in zip(unions[comes].tolist(), delay[comes].tolist(), strict=True):
            self._spouses[self.month + months].append(union)

    def _join_spouses(self) -> None:
        """Let partners from abroad come, with the children born there."""
        unions = np.array(self._spouses.pop(self.month, []), dtype=np.int32)
        if not len(unions):
            return
        person = self.person
        a = self.union.a[unions]
        waiting = (self.union.end[unions] == NEVER) & (person.state[a] == RESIDENT)
        unions, a = unions[waiting], a[waiting]
        ready = np.isin(a, self._free(a))
        self._spouses[self.month + 1].extend(unions[~ready].tolist())
        unions, a = unions[ready], a[ready]
        if not len(unions):
            return
        days = self._days(len(unions))
        leaves_home = person.role[a] != HEAD
        new = self._new_groups(
            days[leaves_home], self.group.municipality[person.group[a[leaves_home]]]
        )
        self._place(a[leaves_home], days[leaves_home], new, HEAD)
        country = self.union.partner_country[unions]
        spouses = self._new_immigrants(
            self.union.partner_sex[unions], self.union.partner_birth[unions], country,
            self.parameters.origin_of_country(country), self._motive["family"],
        )  # fmt: skip
        self.union.b[unions] = spouses
        person.partner[a], person.partner[spouses] = spouses, a
        person.union[spouses] = unions
        self.civil.write(spouses, self.union.start[unions], MARRIED)
        self._settle(spouses, days, country)
        self._place(spouses, days, person.group[a], SPOUSE)
        woman = person.sex[spouses] == WOMAN
        origin = person.origin[a]
        mean = np.where(self._marrying[origin], 1.3, 0.6)
        start = np.maximum(self.union.start[unions], days - 14 * 365)
        children = self._children_before(
            spouses[woman], a[woman], start[woman], days[woman], mean[woman]
        )
        self._bring(children)

    def _return(self) -> None:
        rates, person = self.rates["return"], self.person
        abroad = self._with_state(ABROAD)
        heads = abroad[(person.role[abroad] == HEAD) & (person.group[abroad] >= 0)]
        age = self._age(heads)
        years = (self.month - person.abroad_month[heads]) / 12
        hazard = np.where(age < 18, 0, curve(rates["by_years_abroad"], years))
        heads = self._free(heads[self._happens(hazard)])
        if not len(heads):
            return
        groups, days = person.group[heads], self._days(len(heads))
        members, position = self._members(groups)
        # Grown children stay where they are.
        stay = (person.role[members] == CHILD) & (self._age(members) > 24)
        person.group[members[stay]] = -1
        members, position = members[~stay], position[~stay]
        administrative = self.rng.random(len(heads)) < rates["administrative_entry_share"]
        registered = np.where(
            person.removed[members] & administrative[position], ADMINISTRATIVE_ENTRY, IMMIGRATION
        )
        person.motive[members] = np.where(
            person.motive[members] < 0, self._motive["family"], person.motive[members]
        )
        self._settle(members, days[position], self.group.country[groups][position], registered)
        self._house(groups, days, self._municipalities(person.origin[heads] == 0))
        self._place(members, days[position], groups[position], person.role[members])

    # ---------------------------------------------------------------- unions

    def _unite(self) -> None:
        rates, person = self.rates["union"], self.person
        resident = self._with_state(RESIDENT)
        age = self._age(resident)
        eligible = (
            (person.union[resident] < 0)
            & (age >= 17.5)
            & (age < 80)
            & _in(person.role[resident], HEAD, CHILD, OTHER)
            & (self.group.busy[person.group[resident]] != self.month)
        )
        pool = resident[eligible]
        age = age[eligible]
        origin, second = person.origin[pool], (person.generation[pool] != 1).astype(int)
        seeks = self._happens(curve(rates["start_by_age"], age))
        chance = curve(rates["transnational"], self.year) * self._transnational[origin]
        draw = self.rng.random(len(pool))
        abroad = seeks & (draw < chance)
        same_sex = seeks & ~abroad & (draw > 1 - rates["same_sex_share"])
        near = seeks & ~abroad & ~same_sex & (person.sex[pool] == WOMAN)
        self._marry_abroad(self._free(pool[abroad]))
        pairs = [
            self._match(pool, np.flatnonzero(near), MAN, age, origin, second),
            self._match(pool, np.flatnonzero(same_sex & (person.sex[pool] == WOMAN)), WOMAN, age,
                        origin, second),
            self._match(pool, np.flatnonzero(same_sex & (person.sex[pool] == MAN)), MAN, age,
                        origin, second),
        ]  # fmt: skip
        a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
        groups = np.concatenate([person.group[a], person.group[b]])
        # Each person and each household may take part once.
        first = np.zeros(len(groups), dtype=bool)
        first[np.unique(groups, return_index=True)[1]] = True
        fine = first[: len(a)] & first[len(a) :] & (self.group.busy[person.group[a]] != self.month)
        fine &= self.group.busy[person.group[b]] != self.month
        if fine.any():
            self._live_together(a[fine], b[fine])

    def _match(self, pool, seekers, sex, age, origin, second) -> tuple[np.ndarray, np.ndarray]:
        """Find for each seeker (positions in the pool) a single person of that sex."""
        rates, person, rng = self.rates["union"], self.person, self.rng
        candidates = np.flatnonzero(person.sex[pool] == sex)
        if not len(seekers) or not len(candidates):
            return np.empty(0, dtype=int), np.empty(0, dtype=int)
        n = len(seekers)
        own = origin[seekers]
        endogamous = rng.random(n) < self._endogamy[second[seekers], own]
        drawn = origin[rng.choice(candidates, n)]
        elsewhere = np.where((own > 0) & (rng.random(n) < 0.7), 0, drawn)
        wanted = np.where(endogamous, own, elsewhere)
        gap = rng.normal(rates["age_gap_mean"], rates["age_gap_sd"], n)
        opposite = person.sex[pool[seekers]] != sex
        sign = np.where(opposite, np.where(person.sex[pool[seekers]] == WOMAN, 1, -1), 0)
        wished = np.maximum(age[seekers] + sign * gap, 18)
        key = origin[candidates] * 200.0 + age[candidates]
        order = np.argsort(key, kind="stable")
        at = np.searchsorted(key[order], wanted * 200.0 + wished)
        at = np.clip(at, 0, len(order) - 1)
        found = candidates[order[at]]
        a, b = pool[seekers], pool[found]
        kin = (person.group[a] == person.group[b]) | (a == b)
        for parent in (person.mother, person.father):
            kin |= (parent[a] == parent[b]) & (parent[a] >= 0)
            kin |= (parent[a] == b) | (parent[b] == a)
        fits = (
            ~kin
            & (origin[found] == wanted)
            & (np.abs(age[found] - wished) < rates["age_gap_tolerance"])
        )
        return a[fits], b[fits]

    def _marry_abroad(self, a: np.ndarray) -> None:
        """Marry people who live in another country; most of them come later."""
        if not len(a):
            return
        person, rates = self.person, self.rates["union"]
        days = self._days(len(a))
        gap = np.clip(self.rng.normal(rates["age_gap_mean"], 3, len(a)), -5, 10) * YEAR
        man = person.sex[a] == MAN
        birth = person.birth[a] + np.where(man, gap, -gap)
        birth = np.minimum(birth, days - 18 * YEAR).astype(np.int32)
        country = np.where(
            person.country[a] != NETHERLANDS, person.country[a],
            np.where(person.mother_country[a] != NETHERLANDS, person.mother_country[a],
                     person.father_country[a]),
        )  # fmt: skip
        native = person.origin[a] == 0
        codes = self.parameters.country_code
        foreign = codes[(codes != NETHERLANDS) & (codes > 0)]
        country = np.where(native, self.rng.choice(foreign, len(a)), country)
        # Somebody of foreign origin may have one parent from elsewhere; natives' own are Dutch.
        country = np.where(country == NETHERLANDS, self.rng.choice(foreign, len(a)), country)
        unions = self._begin_unions(
            a, np.full(len(a), -1), MARRIAGE, days,
            partner_sex=np.where(man, WOMAN, MAN), partner_birth=birth, partner_country=country,
        )  # fmt: skip
        self.group.busy[person.group[a]] = self.month
        self._expect_spouses(unions, *rates["spouse_delay_months"])

    def _live_together(self, a: np.ndarray, b: np.ndarray) -> None:
        """Let pairs move in together: with whoever has children or a home, else somewhere new."""
        person, rates, rng = self.person, self.rates["union"], self.rng
        n = len(a)
        days = self._days(n)
        married = curve(rates["married_at_once"], self.year)
        migrant = curve(rates["married_at_once_migrant"], self.year)
        marrying = self._marrying[person.origin[a]] | self._marrying[person.origin[b]]
        same_sex = person.sex[a] == person.sex[b]
        wed = rng.random(n) < np.where(marrying, migrant, married)
        wed &= ~same_sex & (self._age(a) >= 18) & (self._age(b) >= 18)
        kind = np.where(wed, MARRIAGE, COHABITATION)
        home_a, home_b = person.role[a] == HEAD, person.role[b] == HEAD
        prefer_a = np.where(
            person.children[a] > 0,
            True,
            np.where(person.children[b] > 0, False, rng.random(n) < 0.5),
        )
        at_a = home_a & (prefer_a | ~home_b)
        at_b = home_b & ~at_a
        host, guest = np.where(at_b, b, a), np.where(at_b, a, b)
        old_host, old_guest = person.group[host].copy(), person.group[guest].copy()
        settled = at_a | at_b
        target = old_host.copy()
        fresh = ~settled
        target[fresh] = self._new_groups(days[fresh], self.group.municipality[old_host[fresh]])
        self._begin_unions(host, guest, kind, days)
        self._place(host[fresh], days[fresh], target[fresh], HEAD)
        guest_head = person.role[guest] == HEAD
        self._place(guest, days, target, np.where(wed, SPOUSE, PARTNER))
        members, position = self._members(old_guest)
        follows = (
            guest_head[position]
            & (person.role[members] == CHILD)
            & (
                (person.mother[members] == guest[position])
                | (person.father[members] == guest[position])
            )
        )
        children, at = members[follows], position[follows]
        self._place(children, days[at], target[at], CHILD)
        self.group.busy[old_guest] = self.group.busy[old_host] = self.month
        self._repair(old_guest, days)
        self._repair(old_host[fresh], days[fresh])

    def _couples(self) -> np.ndarray:
        """Return the open unions of people who live together in the Netherlands."""
        size, person, union = self.union.size, self.person, self.union
        rows = np.flatnonzero((union.end[:size] == NEVER) & (union.b[:size] >= 0))
        a, b = union.a[rows], union.b[rows]
        together = (
            (person.state[a] == RESIDENT)
            & (person.state[b] == RESIDENT)
            & (person.group[a] == person.group[b])
            & (self.group.busy[person.group[a]] != self.month)
            & (person.role[a] != INSTITUTION)
        )
        return rows[together]

    def _separate(self) -> None:
        rates, person, rng = self.rates["separation"], self.person, self.rng
        rows = self._couples()
        kind = self.union.kind[rows]
        hazard = (
            np.where(
                kind == COHABITATION,
                rates["cohabitation"],
                curve(rates["marriage_by_year"], self.year),
            )
            * self._separation[person.origin[self.union.a[rows]]]
        )
        age = self._age(self.union.a[rows])
        rows = rows[self._happens(hazard * np.where(age > 60, 0.25, 1.0))]
        self._divorce_abroad()
        n = len(rows)
        if not n:
            return
        days, kind = self._days(n), self.union.kind[rows]
        a, b = self.union.a[rows], self.union.b[rows]
        man = np.where(person.sex[a] == MAN, a, b)
        woman = np.where(man == a, b, a)
        man_leaves = rng.random(n) < rates["man_leaves"]
        leaver, stayer = np.where(man_leaves, man, woman), np.where(man_leaves, woman, man)
        with_woman = rng.random(n) < rates["children_follow_mother"]
        groups = person.group[leaver].copy()
        self._end_unions(
            rows, days, np.where(kind == COHABITATION, SEPARATION, DIVORCE).astype(np.int8)
        )
        status = np.where(kind == MARRIAGE, DIVORCED, UNPARTNERED)
        for side in (a, b):
            legal = kind != COHABITATION
            self.civil.write(side[legal], days[legal], status[legal])
        new = self._new_groups(days, self.group.municipality[groups])
        was_head = person.role[leaver] == HEAD
        self._place(leaver, days, new, HEAD)
        self._place(stayer[was_head], days[was_head], groups[was_head], HEAD)
        members, position = self._members(groups)
        is_child = person.role[members] == CHILD
        members, position = members[is_child], position[is_child]
        of_leaver, of_stayer = (
            (person.mother[members] == side[position]) | (person.father[members] == side[position])
            for side in (leaver, stayer)
        )
        chosen = np.where(man_leaves, ~with_woman, with_woman)[position]
        goes = of_leaver & (chosen | ~of_stayer)
        self._place(members[goes], days[position[goes]], new[position[goes]], CHILD)
        self.group.busy[groups] = self.month

    def _divorce_abroad(self) -> None:
        """End marriages with somebody who never came."""
        size, person = self.union.size, self.person
        rows = np.flatnonzero((self.union.end[:size] == NEVER) & (self.union.b[:size] < 0))
        a = self.union.a[rows]
        rows = rows[
            (person.state[a] == RESIDENT) & (self.group.busy[person.group[a]] != self.month)
        ]
        rows = rows[self._happens(np.full(len(rows), self.rates["separation"]["partner_abroad"]))]
        _, first = np.unique(person.group[self.union.a[rows]], return_index=True)
        rows = rows[np.sort(first)]
        days = self._days(len(rows))
        a = self.union.a[rows]
        self.civil.write(a, days, DIVORCED)
        self._end_unions(rows, days, DIVORCE)
        self.group.busy[person.group[a]] = self.month

    def _marry(self) -> None:
        """Turn cohabitation into marriage or registered partnership."""
        person, rates = self.person, self.rates["union"]
        rows = self._couples()
        rows = rows[self.union.kind[rows] == COHABITATION]
        a, b = self.union.a[rows], self.union.b[rows]
        adult = (self._age(a) >= 18) & (self._age(b) >= 18)
        same_sex = person.sex[a] == person.sex[b]
        open_to = adult & (~same_sex | (self.year >= 1998))
        rows = rows[self._happens(np.where(open_to, rates["cohabitation_to_marriage"], 0.0))]
        n = len(rows)
        if not n:
            return
        days = self._days(n)
        a, b = self.union.a[rows], self.union.b[rows]
        same_sex = person.sex[a] == person.sex[b]
        partnership = (self.rng.random(n) < rates["partnership_share"]) & (self.year >= 1998)
        # Two women or two men can marry since April 2001.
        partnership |= same_sex & (MONTH_START[self.month] < _day("2001-04-01"))
        self._end_unions(rows, days, CONVERSION)
        self._begin_unions(a, b, np.where(partnership, PARTNERSHIP, MARRIAGE), days)
        lower = np.where(person.role[a] == HEAD, b, a)
        self._place(lower, days, person.group[lower], SPOUSE)

    # ---------------------------------------------------------------- homes

    def _leave_home(self) -> None:
        rates, person = self.rates["home"], self.person
        resident = self._with_state(RESIDENT)
        home = resident[_in(person.role[resident], CHILD, OTHER)]
        age = self._age(home)
        home, age = home[age > 17], age[age > 17]
        hazard = curve(rates["leave_by_age"], age)
        hazard *= np.where(person.sex[home] == WOMAN, rates["woman_factor"], 1.0)
        goes = self._free(home[self._happens(hazard)])
        if not len(goes):
            return
        days = self._days(len(goes))
        old = person.group[goes].copy()
        groups = self._new_groups(days, self._moved(self.group.municipality[old], goes))
        self._place(goes, days, groups, HEAD)
        self.group.busy[old] = self.month

    def _moved(self, municipality: np.ndarray, heads: np.ndarray) -> np.ndarray:
        near = self.rng.random(len(heads)) < self.rates["home"]["same_municipality"]
        return np.where(near, municipality, self._municipalities(self.person.origin[heads] == 0))

    def _enter_institution(self) -> None:
        person = self.person
        resident = self._with_state(RESIDENT)
        heads = resident[(person.role[resident] == HEAD) & (person.union[resident] < 0)]
        age = self._age(heads)
        heads, age = heads[age > 70], age[age > 70]
        goes = self._free(
            heads[self._happens(curve(self.rates["home"]["institution_by_age"], age))]
        )
        if not len(goes):
            return
        days, old = self._days(len(goes)), person.group[goes].copy()
        groups = self._new_groups(days, self.group.municipality[old])
        self._place(goes, days, groups, INSTITUTION)
        self.group.busy[old] = self.month
        self._repair(old, days)

    def _move(self) -> None:
        person = self.person
        resident = self._with_state(RESIDENT)
        heads = resident[person.role[resident] == HEAD]
        hazard = curve(self.rates["home"]["move_by_age"], self._age(heads))
        heads = self._free(heads[self._happens(hazard)])
        groups, days = person.group[heads], self._days(len(heads))
        self._vacated.append(self.group.address[groups].copy())
        self.group.busy[groups] = self.month
        self._house(groups, days, self._moved(self.group.municipality[groups], heads))


def _in(values: np.ndarray, *codes: int) -> np.ndarray:
    """Whether values are one of a few codes (faster than numpy.isin on short lists)."""
    found = values == codes[0]
    for code in codes[1:]:
        found |= values == code
    return found


def _day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int32))
