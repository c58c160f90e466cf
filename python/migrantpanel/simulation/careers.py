"""Traits, schooling, sources of income and income of the people of a block.

Works on matrices of years x persons: one pass per year, all persons at once.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from migrantpanel.random import generator
from migrantpanel.simulation.demography.block import LAST_YEAR, MAN, UNREGISTERED, YEAR
from migrantpanel.simulation.households import Spells, until_next
from migrantpanel.simulation.parameters import RELIGIONS, Parameters, curve, parameter_file
from migrantpanel.simulation.school import Plan, plan_careers, school_tests, school_years
from migrantpanel.simulation.table import NEVER

FIRST_CAREER_YEAR = 1985
YEARS = np.arange(FIRST_CAREER_YEAR, LAST_YEAR + 1)
LEVELS = ("primary", "lower", "upper", "tertiary")
WORKING = (11, 12, 13, 14, 15)
(
    EMPLOYEE, DIRECTOR, SELF_EMPLOYED, OTHER_SELF_EMPLOYED, FAMILY_MEMBER,
    UNEMPLOYED, ASSISTANCE, OTHER_BENEFIT, DISABLED, PENSION, STUDENT, PUPIL, NO_INCOME,
) = (11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 26, 31, 32)  # fmt: skip


@dataclass(frozen=True)
class Careers:
    """What `careers` returns: persons in the order of the block, spells sorted by person."""

    traits: dict[str, np.ndarray]
    education: Spells
    school_year: dict[str, np.ndarray]
    school_test: dict[str, np.ndarray]
    sources: Spells
    income: dict[str, np.ndarray]
    level: np.ndarray
    part_time: np.ndarray


def year_start(years: np.ndarray) -> np.ndarray:
    """Return 1 January of each year as days."""
    return (
        (np.asarray(years) - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int32)
    )


def month_start(years: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Return the first day of each month (0 is January) as days."""
    count = (np.asarray(years, dtype=np.int64) - 1970) * 12 + months
    return count.astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)


def careers(
    parameters: Parameters,
    seed: int,
    block: int,
    person: dict[str, np.ndarray],
    presence: Spells,
    registration: Spells,
) -> Careers:
    """Give the people of a block traits, schooling, work and income, from their own streams."""
    rates = parameters.labour
    traits = _traits(parameters, person, generator(seed, "traits", block))
    plan = _schooling(parameters, person, traits, generator(seed, "education", block))
    level = plan.level
    education, until_age = _education(person, plan)
    school_year = school_years(plan, _birth_year(person), presence)
    school_test = school_tests(
        plan, school_year, person["generation"], generator(seed, "school test", block)
    )
    state, month = _states(parameters, person, level, until_age, generator(seed, "labour", block))
    here = _shares_of_year(presence, state, month)
    gaps = _between_jobs(
        rates["labour"], person, state, here, generator(seed, "between jobs", block)
    )
    sources = _source_spells(person, state, month, gaps, presence, registration)
    income, part_time = _income(
        rates["income"], person, traits, level, state, here, gaps, registration,
        generator(seed, "income", block),
    )  # fmt: skip
    return Careers(traits, education, school_year, school_test, sources, income, level, part_time)


# -------------------------------------------------------------------- traits


def _generations(person: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Return persons in passes, so that parents always come in an earlier pass than children."""
    mother, father = person["mother"], person["father"]
    depth = np.zeros(len(mother), dtype=np.int8)
    while True:
        above = np.maximum(
            np.where(mother >= 0, depth[mother] + 1, 0), np.where(father >= 0, depth[father] + 1, 0)
        )
        if (above == depth).all():
            return [np.flatnonzero(depth == d) for d in range(depth.max() + 1)]
        depth = above.astype(np.int8)


def _traits(parameters: Parameters, person, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw latent traits, passed on in part by the mother, else the father, and religion."""
    rates, n = parameters.labour["traits"], len(person["birth"])
    passes = _generations(person)
    parent = np.where(person["mother"] >= 0, person["mother"], person["father"])
    with_parent = rates["with_parent"]

    def inherited() -> np.ndarray:
        value = rng.standard_normal(n)
        for rows in passes[1:]:
            value[rows] = (
                with_parent * value[parent[rows]] + np.sqrt(1 - with_parent**2) * value[rows]
            )
        return value

    ability, integration, traditional, religiosity = (inherited() for _ in range(4))
    shares = np.array([parameters.rates["religion"][name] for name in parameters.origins])
    drawn = (rng.random(n)[:, None] > np.cumsum(shares, axis=1)[person["origin"]][:, :-1]).sum(1)
    religion = drawn.astype(np.int8)
    keeps = rng.random(n) < rates["keeps_religion"]
    for rows in passes[1:]:
        kept = rows[keeps[rows]]
        religion[kept] = religion[parent[kept]]
    names = ("native", "first", "second")
    by_generation = {
        trait: np.array([rates[trait][name] for name in names])[person["generation"]]
        for trait in ("integration", "traditional")
    }
    first = person["generation"] == 1
    arrival = np.where(first & (person["first_arrival"] < NEVER), person["first_arrival"], 0)
    years = np.where(first, (year_start(2005) - arrival) / YEAR, 0)
    years = np.clip(years, 0, 40) - np.where(first, 15, 0)
    integration = (
        rates["own"] * integration
        + by_generation["integration"]
        + rates["integration"]["per_year_here"] * years
        + rates["integration"]["ability"] * ability
    )
    traditional = (
        rates["own"] * traditional
        + by_generation["traditional"]
        + rates["traditional"]["ability"] * ability
        + rates["traditional"]["muslim"] * (religion == 1)
    )
    level = np.array([rates["religiosity"][name] for name in RELIGIONS])
    religiosity = rates["own"] * religiosity + level[religion]
    return {
        "ability": ability,
        "trait_integration": integration,
        "trait_traditional": traditional,
        "trait_religiosity": religiosity,
        "religion": religion,
    }


# -------------------------------------------------------------------- education


def _birth_year(person: dict[str, np.ndarray]) -> np.ndarray:
    return person["birth"].astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970


def _schooling(parameters, person, traits, rng) -> Plan:
    """Draw the final level (0 to 3) and a diploma for each of the four levels."""
    rates, n = parameters.labour["education"], len(person["birth"])
    shift = np.array([rates["shift_first"][name] for name in parameters.origins])
    shift = (
        shift[person["origin"]] * np.array([0.0, 1.0, rates["second_share"]])[person["generation"]]
    )
    study = person["motive"] == parameters.motives.index("study")
    weight = rates["ability"]
    # What ability leaves over has to do with the schooling of the parent too.
    alike = parameter_file("school.yaml")["parents"]["unexplained"]
    rest = rng.standard_normal(n)
    parent = np.where(person["mother"] >= 0, person["mother"], person["father"])
    for rows in _generations(person)[1:]:
        rest[rows] = alike * rest[parent[rows]] + np.sqrt(1 - alike**2) * rest[rows]
    score = weight * traits["ability"] + np.sqrt(1 - weight**2) * rest
    score = score + shift + rates["students"] * study
    cohort = 1970 + person["birth"] / YEAR
    knots = sorted(rates["shares"])
    table = np.cumsum(np.array([rates["shares"][k] for k in knots]), axis=1)[:, :3]
    probit = np.array([[NormalDist().inv_cdf(p) for p in row] for row in table])
    level = np.zeros(n, dtype=np.int8)
    for step in range(3):
        level += score > np.interp(cohort, knots, probit[:, step])
    codes = np.empty((len(LEVELS), n), dtype=np.int16)
    for step, name in enumerate(LEVELS):
        detail = rates["detail"][name]
        weights = np.array(list(detail.values()))
        codes[step] = rng.choice(
            np.array([int(code) for code in detail], dtype=np.int16), n, p=weights / weights.sum()
        )
    dropout = rng.random(n) < rates["dropout"]
    return plan_careers(level, codes, dropout, traits["ability"], rng)


def _education(person, plan: Plan) -> tuple[Spells, np.ndarray]:
    """Return the steps of each school career (from 1 July of the year), and the age at its end."""
    birth_year, level, codes = _birth_year(person), plan.level, plan.codes
    rows = []
    for step in range(len(LEVELS)):
        reached = np.flatnonzero(level >= step)
        code = codes[step][reached].copy()
        if step == 0:
            code[level[reached] > 0] = 1112
        last = level[reached] == step
        following = codes[min(step + 1, 3)][reached]
        followed = np.where(~last | plan.dropout[reached], following, code)
        rows.append((reached, birth_year[reached] + plan.ages[step][reached], code, followed))
    who, year, attained, followed = (np.concatenate(part) for part in zip(*rows, strict=True))
    order = np.lexsort((year, who))
    who, year, attained, followed = who[order], year[order], attained[order], followed[order]
    start = month_start(year, np.full(len(year), 6))
    until_age = plan.ages[level, np.arange(len(level))]
    until_age = until_age + np.where(plan.dropout & (level < 3), 1, 0)
    spells = Spells(
        who.astype(np.int32),
        start,
        until_next(who, start),
        {"attained": attained.astype(np.int16), "followed": followed.astype(np.int16)},
    )
    return spells, until_age


# -------------------------------------------------------------------- work


def _has_young_child(person: dict[str, np.ndarray]) -> np.ndarray:
    """Return years x persons: has this woman a child under twelve?"""
    young = np.zeros((len(YEARS), len(person["birth"])), dtype=bool)
    children = np.flatnonzero(person["mother"] >= 0)
    born = 1970 + (person["birth"][children] / YEAR).astype(int) - FIRST_CAREER_YEAR
    for age in range(12):
        at = born + age
        inside = (at >= 0) & (at < len(YEARS))
        young[at[inside], person["mother"][children[inside]]] = True
    return young


def _states(parameters, person, level, until_age, rng):
    """Return the main source of income per year and the month (0 is January) in which it starts.

    Both are years x persons; the source of the year before holds until that month.
    """
    rates = parameters.labour["labour"]
    n = len(level)
    origin, generation, man = person["origin"], person["generation"], person["sex"] == MAN
    shift = np.array([rates["first"][name] for name in parameters.origins])[origin]
    shift = shift * np.array([0, 1, rates["second_share"]])[generation]
    fixed = shift + np.array(rates["level"])[level]
    settling = np.isin(
        person["motive"], [parameters.motives.index(name) for name in ("asylum", "family")]
    )
    arrival = np.where(person["first_arrival"] < NEVER, person["first_arrival"], -40_000)
    young = _has_young_child(person)
    kinds = np.array([int(kind) for kind in rates["kinds"]])
    kind = rng.choice(kinds, n, p=np.array(list(rates["kinds"].values())))
    kind[(kind == DIRECTOR) & (level < 2)] = EMPLOYEE
    ill, poor, studies = rng.random(n), rng.random(n), rng.random(n)
    poor_limit = (
        np.array([rates["assistance"][k] for k in ("native", "first", "second")])[generation]
        * np.array(rates["assistance_by_level"])[level]
    )
    persistence = rates["persistence"]
    x = rng.standard_normal(n)
    state = np.zeros((len(YEARS), n), dtype=np.int8)
    month = rng.integers(0, 12, (len(YEARS), n), dtype=np.int8)
    before = np.full(n, NO_INCOME, dtype=np.int8)
    for i, year in enumerate(YEARS):
        x = persistence * x + np.sqrt(1 - persistence**2) * rng.standard_normal(n)
        age = (year_start(year) + 182 - person["birth"]) / YEAR
        base = np.where(
            man,
            NormalDist().inv_cdf(float(curve(rates["man"], year))),
            NormalDist().inv_cdf(float(curve(rates["woman"], year))),
        )
        here = (year_start(year) - arrival) / YEAR
        chance = base + fixed + curve(rates["by_age"], age)
        chance += np.where(
            settling & (here < rates["new_arrival_years"]), rates["new_arrival"], 0.0
        )
        chance += np.where(~man & young[i], rates["mother_of_young_child"], 0.0)
        draw = rng.random(n)
        pensioner = age >= curve(rates["pension_age"], year)
        in_school = (age < until_age) & (age < 30)
        idle = np.select(
            [
                age < 15,
                in_school,
                pensioner | ((age >= 60) & (draw < rates["early_retirement"])),
                ill < curve(rates["disability"], age),
                np.isin(before, WORKING) & (draw < rates["unemployed_after_work"]),
                (before == UNEMPLOYED) & (draw < rates["stays_unemployed"]),
                poor < poor_limit,
                poor > 1 - rates["other_benefit"],
            ],
            [
                PUPIL,
                np.where((age >= 17) & (studies < rates["student_with_income"]), STUDENT, PUPIL),
                PENSION,
                DISABLED,
                UNEMPLOYED,
                UNEMPLOYED,
                ASSISTANCE,
                OTHER_BENEFIT,
            ],
            NO_INCOME,
        )
        works = (x < chance) & (age >= 15) & ~in_school
        before = np.where(works, kind, idle).astype(np.int8)
        state[i] = before
    return state, month


def _between_jobs(rates, person, state, here, rng) -> tuple[np.ndarray, np.ndarray]:
    """Return first month (1 to 10) and months of unemployment within years of work; 0 is none.

    Both are years x persons. Who was employed before and after, and here all year, may lose a job.
    """
    share = np.array([rates["between_jobs"][k] for k in ("native", "first", "second")])
    lost = rng.random(state.shape, dtype=np.float32) < share[person["generation"]]
    before, after = here
    lost &= (state == EMPLOYEE) & (after + before > 0.999)
    lost[1:] &= state[:-1] == EMPLOYEE
    lost[0] = False
    length = rng.integers(1, rates["between_jobs_months"] + 1, state.shape, dtype=np.int8)
    first = 1 + (rng.random(state.shape, dtype=np.float32) * (11 - length)).astype(np.int8)
    return np.where(lost, first, 0).astype(np.int8), np.where(lost, length, 0).astype(np.int8)


def _source_spells(person, state, month, gaps, presence: Spells, registration: Spells) -> Spells:
    """Return sources of income while registered; people who left unnoticed have none."""
    changed = np.ones(state.shape, dtype=bool)
    changed[1:] = state[1:] != state[:-1]
    who, year = np.nonzero(changed.T)
    start = month_start(FIRST_CAREER_YEAR + year, np.where(year == 0, 0, month.T[who, year]))
    code = state.T[who, year]
    # Between two jobs: unemployed, and back to work.
    idle, at = np.nonzero(gaps[1].T)
    lost, length = gaps[0].T[idle, at], gaps[1].T[idle, at]
    who = np.concatenate([who, idle, idle])
    start = np.concatenate(
        [start, *(month_start(FIRST_CAREER_YEAR + at, m) for m in (lost, lost + length))]
    )
    code = np.concatenate([code, np.full(len(idle), UNEMPLOYED, np.int8), state.T[idle, at]])
    order = np.lexsort((start, who))
    who, start, code = who[order], start[order], code[order]
    first = np.ones(len(who), dtype=bool)
    first[1:] = who[1:] != who[:-1]
    start = np.where(first, np.minimum(start, person["birth"][who]), start).astype(np.int32)
    spells = (who, start, until_next(who, start), code)
    at, since = _unnoticed(presence, registration)
    seen_until = registration.end.copy()
    seen_until[at] = since
    seen = _cut(spells, registration.person, registration.start, seen_until)
    unseen = (
        registration.person[at],
        since,
        registration.end[at],
        np.full(len(at), NO_INCOME, dtype=np.int8),
    )
    who, start, end, code = (np.concatenate(pair) for pair in zip(seen, unseen, strict=True))
    order = np.lexsort((start, who))
    who, start, end, code = who[order], start[order], end[order], code[order]
    new = np.ones(len(who), dtype=bool)
    new[1:] = (who[1:] != who[:-1]) | (code[1:] != code[:-1]) | (start[1:] != end[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(who)) - 1
    return Spells(who[first].astype(np.int32), start[first], end[last], {"secm": code[first]})


def _unnoticed(presence: Spells, registration: Spells) -> tuple[np.ndarray, np.ndarray]:
    """Return the registrations (row numbers) of people who left unnoticed, and since when.

    Sources of income have months: nothing is seen from the month after the departure.
    """
    left = np.flatnonzero(presence.values["end_reason"] == UNREGISTERED)
    who, since = presence.person[left].astype(np.int64), presence.end[left]
    scale, shift = 100_000, 50_000
    key = registration.person.astype(np.int64) * scale + registration.start + shift
    at = np.searchsorted(key, who * scale + since + shift, side="right") - 1
    next_month = since.astype("datetime64[D]").astype("datetime64[M]") + 1
    since = next_month.astype("datetime64[D]").astype(np.int32)
    lasts = since < registration.end[at]
    return at[lasts], since[lasts]


def _cut(spells, person: np.ndarray, low: np.ndarray, high: np.ndarray):
    """Cut spells (person, start, end, value; sorted by person) to windows of persons."""
    who, start, end, value = spells
    left = np.searchsorted(who, person)
    count = np.searchsorted(who, person, side="right") - left
    window = np.repeat(np.arange(len(person)), count)
    row = left[window] + np.arange(len(window)) - np.repeat(np.cumsum(count) - count, count)
    begin = np.maximum(start[row], low[window])
    until = np.minimum(end[row], high[window])
    inside = begin < until
    return who[row][inside], begin[inside], until[inside], value[row][inside]


# -------------------------------------------------------------------- income


def _shares_of_year(presence: Spells, state, month) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays of years x persons: shares of the year that somebody truly was here.

    The first counts days before the month in which the main source changes (none when it does
    not), the second days from then on.
    """
    shares = tuple(np.zeros(state.shape, dtype=np.float32) for _ in range(2))
    for i, year in enumerate(YEARS):
        low, high = year_start(year), year_start(year + 1)
        inside = np.flatnonzero((presence.end > low) & (presence.start < high))
        who = presence.person[inside]
        start, end = np.maximum(presence.start[inside], low), np.minimum(presence.end[inside], high)
        changes = state[i, who] != state[max(i - 1, 0), who]
        change = np.where(changes, month_start(np.full(len(who), year), month[i, who]), low)
        days = np.clip(np.minimum(end, change) - start, 0, None)
        np.add.at(shares[0][i], who, days / (high - low))
        np.add.at(shares[1][i], who, (end - start - days) / (high - low))
    return shares


def _registered(registration: Spells, n: int, low: int, high: int) -> np.ndarray:
    """Return per person whether registered on some day from `low` until before `high`."""
    on_paper = np.zeros(n, dtype=bool)
    on_paper[registration.person[(registration.start < high) & (registration.end > low)]] = True
    return on_paper


def _income(rates, person, traits, level, state, here, gaps, registration, rng):
    """Return incomes, one row per person and year in which registered, and the part-time factor.

    Whole euros: wage, profit, benefit, pension, primary (wage and profit), gross, personal
    (gross without premiums), tax, disposable.
    """
    n = len(level)
    man = person["sex"] == MAN
    permanent = rates["person"] * rng.standard_normal(n) + rates["ability"] * traits["ability"]
    fixed = permanent + np.array(rates["level"])[level]
    part_time = np.where(man, rates["part_time"]["man"], rates["part_time"]["woman"])
    part_time = np.clip(part_time + rates["part_time"]["sd"] * rng.standard_normal(n), 0.2, 1.0)
    arrival = np.where(person["first_arrival"] < NEVER, person["first_arrival"], person["birth"])
    age_arrival = np.clip((arrival - person["birth"]) / YEAR, 15, 65)
    built_up = np.clip((65 - age_arrival) / rates["pension_years_needed"], 0.1, 1.0)
    rows = []
    for i, year in enumerate(YEARS):
        if i == 0:
            continue
        price = np.exp(rates["growth"] * (year - 2003))
        age = (year_start(year) + 182 - person["birth"]) / YEAR
        full = (
            rates["wage"]
            * price
            * np.exp(fixed + curve(rates["by_age"], age) + rates["noise"] * rng.standard_normal(n))
        )
        spread = np.exp(rates["self_employed_sd"] * rng.standard_normal(n))
        loss = rng.random(n) < rates["self_employed_loss"]
        between = gaps[1][i] / 12
        parts = {name: np.zeros(n) for name in ("wage", "profit", "benefit", "pension")}
        # The source before a change, the source after it, and unemployment between two jobs.
        for source, share in (
            (state[i - 1], here[0][i]),
            (state[i], here[1][i] - between),
            (np.full(n, UNEMPLOYED), between),
        ):
            employed = (source == EMPLOYEE) | (source == DIRECTOR)
            parts["wage"] += np.where(
                employed,
                full * part_time * share * np.where(source == DIRECTOR, rates["director"], 1.0),
                0,
            )
            own = (source == SELF_EMPLOYED) | (source == OTHER_SELF_EMPLOYED)
            own |= source == FAMILY_MEMBER
            profit = np.where(loss, rates["self_employed_loss_size"], spread) * full * share
            parts["profit"] += np.where(own, profit, 0)
            parts["benefit"] += share * np.select(
                [
                    source == UNEMPLOYED,
                    source == ASSISTANCE,
                    source == OTHER_BENEFIT,
                    source == DISABLED,
                    source == STUDENT,
                ],
                [
                    rates["unemployment_share"] * full * part_time,
                    rates["assistance"] * price,
                    rates["other_benefit"] * price,
                    rates["disability_share"] * full * part_time,
                    rates["student"] * price,
                ],
                0.0,
            )
            state_pension = rates["state_pension"] * price * built_up
            occupational = rates["occupational_pension"] * full * part_time * built_up
            parts["pension"] += np.where(
                source == PENSION, share * (np.where(age >= 65, state_pension, 0) + occupational), 0
            )
        primary = parts["wage"] + parts["profit"]
        gross = primary + parts["benefit"] + parts["pension"]
        premiums = rates["premiums"] * np.maximum(primary, 0)
        personal = gross - premiums
        tax = curve(rates["tax"], np.maximum(personal, 0)) * np.maximum(personal, 0)
        who = np.flatnonzero(_registered(registration, n, year_start(year), year_start(year + 1)))
        amounts = {**parts, "primary": primary, "gross": gross, "personal": personal, "tax": tax}
        amounts = {name: np.rint(value[who]).astype(np.int32) for name, value in amounts.items()}
        amounts["disposable"] = amounts["personal"] - amounts["tax"]
        rows.append({"person": who.astype(np.int32), "year": np.full(len(who), year, np.int16),
                     **amounts})  # fmt: skip
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}, part_time
