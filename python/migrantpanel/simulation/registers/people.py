"""Which files of people, health, school and housing are delivered, under which names."""

from collections.abc import Iterator
from functools import partial

from migrantpanel.simulation.registers.delivery import Delivery
from migrantpanel.simulation.registers.health import (
    doodoorz,
    doodsoorzaken,
    medicijn,
    zvwzorgkosten,
)
from migrantpanel.simulation.registers.housing import vslpostcode
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers
from migrantpanel.simulation.registers.motive import vrlmigmot
from migrantpanel.simulation.registers.nationality import gbanatgewijzigden, gbanationaliteit
from migrantpanel.simulation.registers.partners import partnerbus
from migrantpanel.simulation.registers.reference_lists import cto, landaktueel, opleidingsnr
from migrantpanel.simulation.registers.schooling import (
    cito,
    inschrwpo,
    onderwijsdeelnemers,
    onderwijsinschr,
)

# First and last year of the registers with a file per year.
CHANGES_OF_NATIONALITY = range(2000, LAST_YEAR + 1)
CAUSES_OLD, CAUSES_NEW = range(1996, 2013), range(2013, LAST_YEAR + 1)
COSTS, MEDICINES = range(2009, LAST_YEAR + 1), range(2006, LAST_YEAR + 1)
PRIMARY_SCHOOL, TESTS = range(2008, LAST_YEAR + 1), range(2006, 2018)
ENROLMENT, PARTICIPANTS = range(2008, LAST_YEAR + 1), range(2000, 2015)
# Versions of the participants that are not the first.
_LATER_VERSIONS = {2011: 2, 2012: 3, 2013: 3, 2014: 2}


def people(registers: Registers) -> Iterator[Delivery]:
    """Yield the files, big ones first."""
    for year in COSTS:
        yield _yearly(registers, "ZVWZORGKOSTENTAB", f"ZVWZORGKOSTEN{year}TABV1", year,
                      zvwzorgkosten)  # fmt: skip
    for year in MEDICINES:
        yield _yearly(registers, "MEDICIJNTAB", f"MEDICIJN{year}TABV1", year, medicijn)
    for year in ENROLMENT:
        yield _yearly(registers, "ONDERWIJSINSCHRTAB", f"ONDERWIJSINSCHRTAB{year}V1", year,
                      onderwijsinschr)  # fmt: skip
    for year in PRIMARY_SCHOOL:
        yield _yearly(registers, "INSCHRWPOTAB", f"INSCHRWPOTAB{year}V1", year, inschrwpo)
    for year in PARTICIPANTS:
        name = f"ONDERWIJSDEELNEMERSTAB {year}V{_LATER_VERSIONS.get(year, 1)}"
        yield _yearly(registers, "ONDERWIJSDEELNEMERSTAB", name, year, onderwijsdeelnemers)
    for year in TESTS:
        yield _yearly(registers, "CITOTAB", f"CITOTAB{year}V1", year, cito)
    for year in CAUSES_OLD:
        name = f"DO{year}V1" if year < 2012 else f"DO {year}V1"
        yield _yearly(registers, "DO", name, year, doodsoorzaken)
    for year in CAUSES_NEW:
        yield _yearly(registers, "DOODOORZTAB", f"DOODOORZ{year}TABV1", year, doodoorz)
    for year in CHANGES_OF_NATIONALITY:
        name = (
            f"GBANATGEWIJZIGDENMASSABUS {year}V1"
            if year < 2015
            else f"GBANATGEWIJZIGDENMASSA{year}BUSV1"
        )
        yield _yearly(registers, "GBANATGEWIJZIGDENMASSABUS", name, year, gbanatgewijzigden)
    for register, name, year, rows in (
        ("PARTNERBUS", "PARTNER2023BUSV1", 2023, partnerbus),
        ("PARTNERBUS", "PARTNERBUS 2014V1", 2014, partial(partnerbus, version=2014)),
        ("GBANATIONALITEITBUS", "GBANATIONALITEIT2023BUSV1", 2023, gbanationaliteit),
        ("VRLMIGMOTBUS", "VRLMIGMOTBUS 2023V1", 2023, vrlmigmot),
        ("VRLMIGMOTBUS", "VRLMIGMOTBUS 2014V1", 2014, partial(vrlmigmot, version=2014)),
        ("VRLMIGMOTBUS", "140303 VRLMIGMOTBUS 2011V1", 2011, partial(vrlmigmot, version=2011)),
        ("VSLPOSTCODEBUS", "VSLPOSTCODEBUSV2024031", 2023, vslpostcode),
        ("LANDAKTUEELREF", "LANDAKTUEELREFV12", 2023, landaktueel),
        ("OPLEIDINGSNRREF", "OPLEIDINGSNRREFV35", 2023, opleidingsnr),
        ("CTOREF", "CTOREFV11", 2023, cto),
    ):
        yield Delivery(register, name, year, partial(rows, registers))


def _yearly(registers: Registers, register: str, name: str, year: int, rows) -> Delivery:
    return Delivery(register, name, year, partial(rows, registers, year))
