"""The registers of health: costs of care, medicines, and causes of death in their two forms."""

from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.health import conditions
from migrantpanel.simulation.parameters import curve, parameter_file
from migrantpanel.simulation.registers.keys import Registers

DAYS_PER_YEAR = 365.25
MENTAL = ("depression", "psychosis")


def _insured(registers: Registers, year: int) -> np.ndarray:
    """Return the persons who were registered on some day of a year, in order."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    spells = registers.country.registration.filter(
        (pl.col("start") <= last) & (pl.col("end").is_null() | (pl.col("end") > first))
    )
    spells = spells.filter(registers.known(spells["person"]))
    return spells["person"].unique().sort().to_numpy()


def _is_here(registers: Registers, who: np.ndarray, year: int) -> np.ndarray:
    """Whether persons were in the country on some day of a year: who left untold gets no care."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    stays = registers.country.stay.filter(
        (pl.col("start") <= last) & (pl.col("end").is_null() | (pl.col("end") > first))
    )
    here = np.zeros(registers.country.person.height, dtype=bool)
    here[stays["person"].to_numpy()] = True
    return here[who]


def _ill(registers: Registers, who: np.ndarray, year: int) -> dict[str, np.ndarray]:
    """Return per condition who has it in a year."""
    rows = registers.country.condition.filter(pl.col("start") <= date(year, 12, 31))
    size = registers.country.person.height
    result = {}
    for name in conditions():
        has = np.zeros(size, dtype=bool)
        has[rows.filter(pl.col("condition") == name)["person"].to_numpy()] = True
        result[name] = has[who]
    return result


def _age(registers: Registers, who: np.ndarray, year: int) -> np.ndarray:
    birth = registers.country.person["birth_date"].gather(who).to_physical().to_numpy()
    middle = int(np.datetime64(f"{year}-07-01").astype(int))
    return np.maximum((middle - birth) / DAYS_PER_YEAR, 0.0)


def dispensed(registers: Registers, year: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the insured of a year, and per ATC class which of them got it."""
    rates = parameter_file("health.yaml")["medicines"]
    who = _insured(registers, year)
    rng = generator(registers.seed, "medicines", year)
    size = registers.country.person.height
    age, ill = _age(registers, who, year), _ill(registers, who, year)
    woman = (registers.country.person["sex"].gather(who) == "2").to_numpy()
    here = _is_here(registers, who, year)
    got: dict[str, np.ndarray] = {}
    for condition, classes in rates["lasting"].items():
        for atc, chance in classes.items():
            hit = here & ill[condition] & (rng.random(size)[who] < chance)
            got[atc] = got.get(atc, False) | hit
    for atc, row in rates["passing"].items():
        chance = curve(row["by_age"], age) * np.where(woman, 1.0, row.get("man", 1.0))
        got[atc] = here & (rng.random(size)[who] < chance)
    return who, got


def medicijn(registers: Registers, year: int) -> pl.DataFrame:
    """One row per person and class of medicines (ATC, four characters) reimbursed in a year."""
    who, got = dispensed(registers, year)
    frames = [
        pl.DataFrame({"person": who[hit]}).with_columns(ATC4=pl.lit(atc))
        for atc, hit in sorted(got.items())
    ]
    frame = pl.concat(frames).sort("person", "ATC4")
    return registers.keyed(frame, on=date(year, 12, 31))


def zvwzorgkosten(registers: Registers, year: int) -> pl.DataFrame:
    """Costs of care under the insurance act, one row per insured person and year."""
    rates = parameter_file("health.yaml")["costs"]
    who, got = dispensed(registers, year)
    amounts = _costs(registers, rates, year, who, sum(hit.astype(int) for hit in got.values()))
    size = registers.country.person.height
    rng = generator(registers.seed, "insured", year)
    frame = pl.DataFrame({"person": who, **amounts}).with_columns(ZVWKOPHOOGFACTOR=pl.lit(1.0))
    frame = frame.filter(pl.Series(rng.random(size)[who] < rates["insured"]))
    return registers.keyed(frame, on=date(year, 12, 31))


def _costs(registers, rates: dict, year: int, who: np.ndarray, medicines: np.ndarray) -> dict:
    """Draw the amounts per kind of care: need by age, frailty, conditions, birth and death."""
    country, kinds = registers.country, rates["kinds"]
    rng = generator(registers.seed, "care costs", year)
    size = country.person.height
    price = float(np.exp(rates["growth"] * (year - 2015)))
    age, ill = _age(registers, who, year), _ill(registers, who, year)
    person = country.person[who]
    died = person["death_date"].dt.year().fill_null(9_999).to_numpy()
    need = curve(rates["by_age"], age) + rates["frailty"] * person["frailty"].to_numpy()
    need = need + rates["condition"] * sum(has.astype(int) for has in ill.values())
    need = np.exp(
        need
        + rates["year_of_death"] * (died == year)
        + rates["year_before_death"] * (died == year + 1)
    )
    mental = np.any([ill[name] for name in MENTAL], axis=0)
    mental_weight = np.where(mental, kinds["mental_condition"], 1.0) * need ** kinds["mental_need"]
    migrant = (person["generation"] == "1").to_numpy()
    here = _is_here(registers, who, year)

    def amount(kind: str, weight: np.ndarray | float = 1.0, minimum_age: float = 0) -> np.ndarray:
        share, median = kinds[kind]["share"], kinds[kind]["median"]
        draw, spread = rng.random(size)[who], rng.standard_normal(size)[who]
        chance = 1 - (1 - share) ** (need * weight)
        hit = here & (draw < chance) & (age >= kinds[kind].get("from_age", minimum_age))
        return np.where(hit, median * price * np.exp(rates["spread"] * spread) * need**0.4, 0)

    mothers = country.person.filter(
        (pl.col("birth_date").dt.year() == year)
        & (pl.col("birth_country") == "6030")
        & pl.col("mother").is_not_null()
    )["mother"]
    gave_birth = np.zeros(size, dtype=bool)
    gave_birth[mothers.to_numpy()] = True
    spread = np.exp(0.35 * rng.standard_normal(size)[who])
    fee = np.full(len(who), rates["registration"] * price)
    basic = amount("mental_basic", mental_weight)
    special = amount("mental_special", mental_weight)
    minor = age < 18
    dental = np.where(minor, amount("dental_minor", 1 / need), amount("dental"))
    abroad = amount("abroad", np.where(migrant, kinds["abroad_migrant"], 1.0))
    costs = {
        "ZVWKHUISARTS": fee + amount("consults"),
        "NOPZVWKHUISARTSINSCHRIJF": fee,
        "ZVWKMULTIDISC": amount("multidisciplinary"),
        "ZVWKFARMACIE": medicines * kinds["per_medicine"] * price * spread,
        "ZVWKMONDZORG": np.where(age < 4, 0, dental),
        "ZVWKZIEKENHUIS": amount("hospital"),
        "ZVWKEERSTELIJNSVERBLIJF": amount("stay"),
        "ZVWKPARAMEDISCH": amount("paramedic"),
        "ZVWKHULPMIDDEL": amount("aids"),
        "ZVWKZIEKENVERVOER": amount("transport"),
        "ZVWKBUITENLAND": abroad,
        "ZVWKOVERIG": amount("other"),
        "ZVWKEERSTELIJNSPSYCHO": basic,
        "ZVWKGGZ": special,
        # Care of the young moved to the municipalities in 2015.
        "ZVWKGENBASGGZ": np.where(minor & (year >= 2015), 0, basic),
        "ZVWKSPECGGZ": np.where(minor & (year >= 2015), 0, special),
        "ZVWKGERIATRISCH": amount("geriatric"),
        "ZVWKWYKVERPLEGING": amount("nursing"),
        "ZVWKGEBOORTEZORG": np.where(
            gave_birth[who], kinds["birth"]["median"] * price * spread, 0.0
        ),
    }
    return {name: np.round(values, 2) for name, values in costs.items()}


def _deaths(registers: Registers, year: int) -> pl.DataFrame:
    """Return deaths of residents in a year with their cause, in order of day."""
    last = registers.country.registration.filter(pl.col("end_reason") == "death").select("person")
    deaths = registers.person.filter(pl.col("death_date").dt.year() == year)
    deaths = deaths.join(last, on="person", how="semi")
    deaths = deaths.select("person", "death_date").join(
        registers.country.death_cause, on="person", how="left"
    )
    return registers.keyed(deaths.sort("death_date", "person"), on="death_date")


def doodsoorzaken(registers: Registers, year: int) -> pl.DataFrame:
    """Causes of death until 2012: lower-case columns."""
    return _deaths(registers, year).with_columns(
        rinpersoons="RINPERSOONS",
        rinpersoon="RINPERSOON",
        ovljr=pl.col("death_date").dt.strftime("%Y"),
        ovlmnd=pl.col("death_date").dt.strftime("%m"),
        ovldag=pl.col("death_date").dt.strftime("%d"),
        uccode=pl.col("cause"),
    )


def doodoorz(registers: Registers, year: int) -> pl.DataFrame:
    """Causes of death from 2013, coded by machine; the day is in the register of deaths."""
    return _deaths(registers, year).with_columns(
        UCCODE=pl.col("cause"), PLAATSOVERLIJDEN=pl.col("place")
    )
