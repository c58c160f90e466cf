"""The registers of the population: persons, homes, unions, kin, deaths and movements."""

from datetime import date

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.country import REGISTER_START
from migrantpanel.simulation.defects.rows import damage_rows
from migrantpanel.simulation.registers.keys import (
    HOME,
    LAST_YEAR,
    Registers,
    last_day,
    object_number,
    parts_of_date,
    text_date,
)

MIGRATION_START = date(1995, 1, 1)


def gbapersoon(registers: Registers) -> pl.DataFrame:
    """One row per number."""
    person = registers.person
    birth = registers.damage.delivered_birth
    mother_birth = birth.gather(person["mother"]).fill_null(person["mother_birth_date"])
    father_birth = birth.gather(person["father"]).fill_null(person["father_birth_date"])
    own, mother, father = (
        pl.col(name) for name in ("birth_country", "mother_birth_country", "father_birth_country")
    )
    parent = pl.when(mother != HOME).then(mother).otherwise(father)
    frame = person.with_columns(
        delivered=birth.gather(person["person"]),
        mother_birth=mother_birth,
        father_birth=father_birth,
        imputed=registers.damage.imputed_birth.gather(person["person"]),
    ).with_columns(
        GBAGEBOORTELAND=own,
        GBAGESLACHT=pl.col("sex"),
        GBAGEBOORTELANDMOEDER=mother,
        GBAGEBOORTELANDVADER=father,
        GBAAANTALOUDERSBUITENLAND=(
            (mother != HOME).cast(pl.Int8) + (father != HOME).cast(pl.Int8)
        ).cast(pl.String),
        GBAHERKOMSTGROEPERING=pl.when(pl.col("generation") == "0").then(pl.lit(HOME))
        .when(own != HOME).then(own).otherwise(parent),
        GBAGENERATIE=pl.col("generation"),
        GBAGESLACHTMOEDER=pl.col("mother_sex"),
        GBAGESLACHTVADER=pl.col("father_sex"),
        GBAIMPUTATIECODE=pl.when("imputed").then(pl.lit("1")).otherwise(pl.lit("0")),
        GBAHERKOMSTLAND=pl.when(own != HOME).then(own).otherwise(parent),
        GBAGEBOORTELANDNL=pl.when(own == HOME).then(pl.lit("1")).otherwise(pl.lit("0")),
    )  # fmt: skip
    for source, suffix in (("delivered", ""), ("mother_birth", "MOEDER"),
                           ("father_birth", "VADER")):  # fmt: skip
        frame = frame.with_columns(
            parts_of_date(
                pl.col(source),
                f"GBAGEBOORTEJAAR{suffix}",
                f"GBAGEBOORTEMAAND{suffix}",
                f"GBAGEBOORTEDAG{suffix}",
            )
        )
    return registers.each_number(frame)


def gbapersoon_of_2012(registers: Registers) -> pl.DataFrame:
    """The version of 2012: who had been here by then, as the newest version says it.

    Its faults are those of the newest version, which repeats them (made anew by the same draws, so
    rows and record are the same); a correction made between the two is a defect of this one
    (`corrected_later`), in rows that have no other.
    """
    newest = ("GBAPERSOONTAB", "GBAPERSOON2023TABV2")
    frame = damage_rows(registers, *newest, LAST_YEAR, gbapersoon(registers))
    known = registers.country.registration.filter(pl.col("start") < date(2013, 1, 1))
    damaged = registers.damage.of_files.get(newest)
    faulty = damaged["person"] if damaged is not None else pl.Series(dtype=pl.Int64)
    return frame.join(known.select("person").unique(), on="person", how="semi").with_columns(
        is_faulty=pl.col("person").is_in(faulty.implode())
    )


def gbaadresobject(registers: Registers) -> pl.DataFrame:
    """Spells at an address."""
    frame = registers.keyed(registers.since(registers.country.address_spell, REGISTER_START))
    return frame.with_columns(
        GBADATUMAANVANGADRESHOUDING=text_date(pl.col("start")),
        GBADATUMEINDEADRESHOUDING=last_day(),
        SOORTOBJECTNUMMER=pl.lit("B"),
        RINOBJECTNUMMER=object_number(registers.countrywide("address")),
    )


def gbahuishoudens(registers: Registers) -> pl.DataFrame:
    """Spells in a household of one composition at one address."""
    frame = registers.keyed(registers.since(registers.country.household_spell, REGISTER_START))
    return frame.with_columns(
        DATUMAANVANGHH=text_date(pl.col("start")),
        DATUMEINDEHH=last_day(),
        HUISHOUDNR=pl.col("household"),
        TYPHH=pl.col("type"),
        PLHH=pl.col("place"),
        REFPERSOONHH=pl.when("is_reference").then(pl.lit("1")).otherwise(pl.lit("0")),
        AANTALPERSHH=pl.col("n_persons"),
        AANTALKINDHH=pl.col("n_children"),
        AANTALOVHH=pl.col("n_other"),
        IMPUTATIECODEHH=pl.lit("0"),
    ).with_columns(
        *parts_of_date(pl.col("youngest_birth"), "GEBJAARJONGSTEKINDHH", "GEBMAANDJONGSTEKINDHH"),
        *parts_of_date(pl.col("oldest_birth"), "GEBJAAROUDSTEKINDHH", "GEBMAANDOUDSTEKINDHH"),
    )


def gbaburgerlijkestaat(registers: Registers) -> pl.DataFrame:
    """Spells in a civil status."""
    frame = registers.keyed(registers.since(registers.country.civil_spell, REGISTER_START))
    return frame.with_columns(
        GBABURGERLIJKESTAATNW=pl.col("status"),
        GBAAANVANGBURGERLIJKESTAAT=text_date(pl.col("start")),
        GBAEINDEBURGERLIJKESTAAT=last_day(),
    )


def gbaverbintenispartner(registers: Registers) -> pl.DataFrame:
    """Marriages and partnerships, one row per partner in the registers."""
    union = registers.country.union.filter(
        pl.col("kind").is_in(["marriage", "partnership"])
        & (pl.col("end").is_null() | (pl.col("end") > REGISTER_START))
    )
    sides = []
    for ego, alter in (("person_a", "person_b"), ("person_b", "person_a")):
        side = union.with_columns(person=pl.col(ego), alter=pl.col(alter))
        side = side.filter(registers.known(side["person"]))
        sides.append(side)
    frame = pl.concat(sides)
    frame = frame.filter(~registers.damage.is_unmirrored(frame))
    person, alter = registers.country.person, frame["alter"]
    birth = registers.damage.delivered_birth.gather(alter).fill_null(frame["partner_birth_date"])
    frame = registers.keyed(registers.keyed(frame), "VERBINTENISP", "alter")
    return frame.with_columns(
        AANVANGVERBINTENIS=text_date(pl.col("start")),
        EINDEVERBINTENIS=pl.when(pl.col("end").is_null()).then(pl.lit("88888888"))
        .otherwise(last_day()),
        TYPEVERBINTENIS=pl.when(pl.col("kind") == "marriage").then(pl.lit("H"))
        .otherwise(pl.lit("P")),
        REDENBEEINDIGINGVERBINTENIS=pl.col("end_reason").replace_strict(
            {"divorce": "S", "death": "O"}, default=None
        ),
        XKOPPELNRVERBINTENIS=registers.countrywide("union").cast(pl.String).str.zfill(10),
        GBAGEBOORTELANDPARTNER=person["birth_country"].gather(alter)
        .fill_null(frame["partner_birth_country"]),
        GBAGESLACHTPARTNER=person["sex"].gather(alter).fill_null(frame["partner_sex"]),
        birth=birth,
    ).with_columns(
        parts_of_date(pl.col("birth"), "GBAGEBOORTEJAARPARTNER", "GBAGEBOORTEMAANDPARTNER")
    )  # fmt: skip


def kindouder(registers: Registers, stale: bool = False) -> pl.DataFrame:
    """Parents, one row per child; the stale version misses the last year and some fathers."""
    frame = registers.person.select("person", "birth_date", "mother", "father").rename(
        {"birth_date": "start"}
    )
    if stale:
        draw = generator(registers.seed, "stale parents").random(frame.height)
        lost = draw < registers.rates["population"]["stale_fathers_missing"]
        frame = frame.with_columns(father=pl.when(pl.Series(~lost)).then(pl.col("father"))).filter(
            pl.col("start") < date(LAST_YEAR, 1, 1)
        )
    frame = registers.keyed(registers.keyed(frame, "pa", "father"), "Ma", "mother")
    return registers.each_number(frame).with_columns(
        XKOPPELNUMMER=pl.when(
            (pl.col("RINPERSOONSpa") == "R") | (pl.col("RINPERSOONSMa") == "R")
        ).then(pl.lit("1")).otherwise(pl.lit("0"))
    )  # fmt: skip


def gbaoverlijden(registers: Registers) -> pl.DataFrame:
    """Deaths of residents, and those of former residents that were reported."""
    frame = registers.person.filter(pl.col("death_date").is_not_null())
    last = registers.country.registration.group_by("person").agg(pl.col("end_reason").last())
    frame = frame.join(last, on="person", how="left")
    draw = generator(registers.seed, "deaths abroad").random(frame.height)
    heard = draw < registers.rates["population"]["deaths_abroad_reported"]
    frame = frame.filter((pl.col("end_reason") == "death") | pl.Series(heard))
    return registers.keyed(frame, on="death_date").with_columns(
        GBADatumOverlijden=text_date(pl.col("death_date"))
    )


def gbamigratie(registers: Registers) -> pl.DataFrame:
    """Movements over the border, and entries and removals by the municipality."""
    kinds = {
        "immigration": "I",
        "administrative entry": "AO",
        "emigration": "E",
        "administrative removal": "AA",
    }
    spells = registers.country.registration
    arrivals = spells.select(
        "person", day="start", reason="start_reason", GBALANDHERKOMST="country_from",
        GBALANDBESTEMMING=pl.lit(HOME),
    )  # fmt: skip
    departures = spells.filter(pl.col("end").is_not_null()).select(
        "person", day="end", reason="end_reason", GBALANDHERKOMST=pl.lit(HOME),
        GBALANDBESTEMMING="country_to",
    )  # fmt: skip
    frame = pl.concat([arrivals, departures]).filter(
        pl.col("reason").is_in(list(kinds)) & (pl.col("day") >= MIGRATION_START)
    )
    frame = frame.filter(registers.known(frame["person"])).sort("person", "day")
    frame = registers.keyed(frame, on="day").with_columns(
        end=pl.col("day").shift(-1).over("RINPERSOON")
    )
    return frame.with_columns(
        GBADATUMAANVANGMIGRATIE=text_date(pl.col("day")),
        GBADATUMEINDEMIGRATIE=last_day(),
        GBASOORTMIGRATIE=pl.col("reason").replace_strict(kinds),
        GBALANDHERKOMST=pl.when(pl.col("reason") == "administrative entry")
        .then(pl.lit("0000")).otherwise(pl.col("GBALANDHERKOMST")),
    )  # fmt: skip
