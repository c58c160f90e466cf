"""The registers as delivered: one frame per file, with the codes, dates and sentinels of each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files

import polars as pl
import yaml

from migrantpanel.simulation.defects.files import deliver_files
from migrantpanel.simulation.defects.rows import damage_rows
from migrantpanel.simulation.files import File
from migrantpanel.simulation.naturalisation import nationalities
from migrantpanel.simulation.registers.education import hoogsteopl
from migrantpanel.simulation.registers.household_income import inha
from migrantpanel.simulation.registers.housing import eigendom
from migrantpanel.simulation.registers.income import (
    incomes,
    inpa,
    koppelpersoonhuishouden,
    persoonink,
)
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers
from migrantpanel.simulation.registers.people import people
from migrantpanel.simulation.registers.places import AREA_YEARS, vslgwb
from migrantpanel.simulation.registers.population import (
    gbaadresobject,
    gbaburgerlijkestaat,
    gbahuishoudens,
    gbamigratie,
    gbaoverlijden,
    gbapersoon,
    gbapersoon_of_2012,
    gbaverbintenispartner,
    kindouder,
)
from migrantpanel.simulation.registers.sources import secm
from migrantpanel.simulation.registers.wealth import veh
from migrantpanel.simulation.registers.work import work_files
from migrantpanel.simulation.sav import Column

__all__ = ["Extract", "Registers", "extracts", "register_layouts"]

Rows = Callable[[Registers], pl.DataFrame]
# Registers that are one file: register, delivered name, rows.
WHOLE: tuple[tuple[str, str, Rows], ...] = (
    ("GBAHUISHOUDENSBUS", "GBAHUISHOUDENS2023BUSV1", gbahuishoudens),
    ("SECMBUS", "SECMBUS2023V1", secm),
    ("GBAADRESOBJECTBUS", "GBAADRESOBJECT2023BUSV1", gbaadresobject),
    ("VSLGWBTAB", "VSLGWB2023TAB03V1", vslgwb),
    ("GBAPERSOONTAB", "GBAPERSOON2023TABV2", gbapersoon),
    ("GBAPERSOONTAB", "GBAPERSOON2012TABV1", gbapersoon_of_2012),
    ("GBABURGERLIJKESTAATBUS", "GBABURGERLIJKESTAAT2023BUSV1", gbaburgerlijkestaat),
    ("GBAVERBINTENISPARTNERBUS", "GBAVERBINTENISPARTNER2023BUSV1", gbaverbintenispartner),
    ("KINDOUDERTAB", "KINDOUDER2023TABV10", kindouder),
    ("KINDOUDERTAB", "KINDOUDER2023TABV2", partial(kindouder, stale=True)),
    ("GBAOVERLIJDENTAB", "GBAOVERLIJDEN2023TABV1", gbaoverlijden),
    ("GBAMIGRATIEBUS", "GBAMIGRATIE2023BUSV1", gbamigratie),
)
# Registers of income and homes that begin after 2011.
FIRST_YEAR = {"EIGENDOMTAB": 2012}


@dataclass(frozen=True)
class Extract:
    """One file to deliver: where, under which name, with which columns; `frame` makes its rows.

    The rows are those of one block of the country; all else is the same for every block.
    """

    register: str
    folder: str
    name: str
    year: int
    columns: list[Column]
    frame: Callable[[], pl.DataFrame]
    # The columns as they were in the vintage of its year, where those are others.
    vintage: list[Column] | None = None
    file_format: str | None = None
    encoding: str = "utf-8"

    def file(self, file_format: str) -> File:
        """Return the file; `file_format` is its form where it has none of its own."""
        form = self.file_format or file_format
        return File(self.folder, self.name, self.columns, form, self.encoding)


@cache
def register_layouts() -> dict:
    """Return the files registers*.yaml as one: folders, columns, formats, labels, code lists."""
    merged: dict[str, dict] = {"codes": {}, "registers": {}}
    folder = files("migrantpanel.simulation") / "parameters"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.startswith("registers") and file.name.endswith(".yaml"):
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
            for part in merged:
                merged[part] |= content.get(part, {})
    return merged


def layout(
    register: str, year: int, labels: dict[str, dict[str, str]], vintage: int = LAST_YEAR
) -> list[Column]:
    """Return the columns of a register's file of a year, with code lists as `labels`.

    `vintage` is the year whose columns they are; names that end in the year keep that of the file.
    """
    definition = register_layouts()["registers"][register]
    codes = register_layouts()["codes"] | labels
    absent = {
        name
        for start, names in definition.get("since", {}).items()
        if vintage < start
        for name in names
    } | {
        name
        for last, names in definition.get("until", {}).items()
        if vintage > last
        for name in names
    }
    renamed = definition.get("renamed", {})
    columns = []
    for name, (form, label, *code_list) in definition["columns"].items():
        if name not in absent:
            values = codes[code_list[0]] if code_list else {}
            delivered = renamed.get(name, name).format(year=year)
            columns.append(Column(delivered, form, label, values))
    if register == "VSLGWBTAB":
        for area_year in AREA_YEARS:
            columns.append(Column(f"gem{area_year}", "A4", f"Gemeente {area_year}"))
            columns.append(Column(f"wc{area_year}", "A6", f"Wijk {area_year}"))
            columns.append(Column(f"bc{area_year}", "A8", f"Buurt {area_year}"))
    return columns


def extracts(registers: Registers) -> Iterator[Extract]:
    """Yield the files to deliver, damaged as the parameters say."""
    yield from deliver_files(registers, list(_sound_files(registers)))


def _sound_files(registers: Registers) -> Iterator[Extract]:
    parameters = registers.country.parameters
    labels = {
        "country": {
            f"{code:04d}": label
            for code, label in zip(parameters.country_code, parameters.country_label, strict=True)
        },
        "nationality": nationalities().labels,
    }

    def extract(register: str, name: str, year: int, rows: Callable[[], pl.DataFrame]) -> Extract:
        definition = register_layouts()["registers"][register]
        folder = f"{definition['theme']}/{definition.get('folder', register)}"
        if definition.get("per_year_folder"):
            folder = f"{folder}/{year}"

        def damaged() -> pl.DataFrame:
            return damage_rows(registers, register, name, year, rows())

        columns, older = (layout(register, year, labels, of) for of in (LAST_YEAR, year))
        vintage = older if older != columns else None
        return Extract(register, folder, name, year, columns, damaged, vintage)

    for register, name, rows in WHOLE:
        year = int(re.search(r"\d{4}", name).group())
        yield extract(register, name, year, partial(rows, registers))
    for file in people(registers):
        yield extract(file.register, file.name, file.year, file.rows)
    # Several files need the incomes of a year.
    of_year = lru_cache(maxsize=4)(partial(incomes, registers))
    for year in range(2011, LAST_YEAR + 1):
        link = f"KOPPELPERSOONHUISHOUDEN{year}" + ("V1" if year >= 2019 else "")
        for register, name, rows in (
            ("INPATAB", f"INPA{year}TABV2", inpa),
            ("INHATAB", f"INHA{year}TABV2", inha),
            ("KOPPELPERSOONHUISHOUDEN", link, koppelpersoonhuishouden),
            ("VEHTAB", f"VEH{year}TABV1", veh),
            ("EIGENDOMTAB", f"EIGENDOM{year}TABV1", eigendom),
        ):
            if year < FIRST_YEAR.get(register, 2011):
                continue
            yield extract(
                register,
                name,
                year,
                lambda rows=rows, year=year: rows(registers, of_year(year), year),
            )
    for register, name, year, rows in work_files(registers, of_year):
        yield extract(register, name, year, rows)
    for year in range(2003, 2011):
        name = f"PERSOONINK{year}TABV3"
        yield extract("PERSOONINK", name, year, partial(persoonink, registers, year))
    for year in range(1999, LAST_YEAR + 1):
        name = _name_of_education(year)
        yield extract("HOOGSTEOPLTAB", name, year, partial(hoogsteopl, registers, year))


def _name_of_education(year: int) -> str:
    """Until 2012 names began with the date of making, here (assumed) 1 October two years later."""
    if year < 2013:
        return f"{(year + 2) % 100:02d}1001 HOOGSTEOPLTAB {year}V1"
    return f"HOOGSTEOPL{year}TABV{2 if year in (2019, 2020) else 1}"
