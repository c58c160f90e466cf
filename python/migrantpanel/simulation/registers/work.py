"""Which files of jobs, monthly incomes, household incomes before 2011 and wealth there are."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache, partial

import polars as pl

from migrantpanel.simulation.registers.household_income import huishbvrink, koppeltabel
from migrantpanel.simulation.registers.income import incomes
from migrantpanel.simulation.registers.income_amounts import SOURCES, monthly_amounts
from migrantpanel.simulation.registers.jobs import betab, polisbus, spolisbus
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers
from migrantpanel.simulation.registers.wealth import FIRST_YEAR as FIRST_WEALTH
from migrantpanel.simulation.registers.wealth import veh

# Register, delivered name, year, rows.
File = tuple[str, str, int, Callable[[], pl.DataFrame]]
FIRST_HOUSEHOLD_INCOME, FIRST_POLIS, FIRST_SPOLIS = 2003, 2006, 2010
FIRST_PERSON_SERIES = 2011
# Versions seen in public work; that other years are delivered as the first version is assumed.
VERSIONS_SPOLIS = {2010: 3, 2013: 3, 2016: 3, 2018: 5, 2019: 6, 2020: 5}
VERSIONS_BETAB = {2014: 2, 2015: 125, 2016: 124}


def work_files(registers: Registers, of_year: Callable[[int], pl.DataFrame]) -> Iterator[File]:
    """Yield the files; `of_year` gives the incomes of a year by households of 1 January.

    Wealth from 2011 stands with the other files that need those incomes.
    """
    for year in range(FIRST_POLIS, LAST_YEAR + 1):
        yield _reports(registers, year)
        yield "BETAB", _name_of_employers(year), year, partial(betab, registers, year)
    for source in SOURCES:
        register = f"SECM{source}MNDBEDRAGBUS"
        rows = partial(monthly_amounts, registers, source)
        yield register, f"{register}V{LAST_YEAR}1", LAST_YEAR, rows
    yield from _before_2011(registers, of_year)


def _reports(registers: Registers, year: int) -> File:
    if year < FIRST_SPOLIS:
        return "POLISBUS", f"POLISBUS {year}V1", year, partial(polisbus, registers, year)
    space = " " if year <= 2014 else ""
    name = f"SPOLISBUS{space}{year}V{VERSIONS_SPOLIS.get(year, 1)}"
    return "SPOLISBUS", name, year, partial(spolisbus, registers, year)


def _name_of_employers(year: int) -> str:
    """Until 2012 names began with a date of making: 140707 for 2006, for other years assumed."""
    if year <= 2012:
        return f"{min(year + 8, 2014) % 100:02d}0707 BETAB {year}V1"
    return f"BE{year}TABV{VERSIONS_BETAB.get(year, 1)}"


def _before_2011(registers: Registers, of_year: Callable[[int], pl.DataFrame]) -> Iterator[File]:
    """Yield household incomes and wealth, and the links of persons to both."""
    last_day = lru_cache(maxsize=2)(lambda year: incomes(registers, year, date(year, 12, 31)))
    for year in range(FIRST_HOUSEHOLD_INCOME, FIRST_PERSON_SERIES):
        if year >= FIRST_WEALTH:
            yield (
                "VEHTAB",
                f"VEH{year}TABV1",
                year,
                lambda year=year: veh(registers, of_year(year), year),
            )
        yield (
            "HUISHBVRINK",
            f"HUISHBVRINK{year}TABV3",
            year,
            lambda year=year: huishbvrink(registers, last_day(year), year),
        )
        yield (
            "KOPPELTABEL_IPI_IHI_IVB",
            f"Koppeltabel_IPI_IHI_IVB{year}",
            year,
            lambda year=year: koppeltabel(registers, last_day(year), of_year(year), year),
        )
