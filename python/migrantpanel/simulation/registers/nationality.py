"""The registers of nationality: what people have, and what changed in a publication year."""

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.country import REGISTER_START
from migrantpanel.simulation.defects.manifest import manifest_rows
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers, last_day, text_date

DUTCH = "0001"
UNKNOWN = "0000"
CHANGE = {"naturalisation": "1", "option": "2", "with parent": "3"}


def gbanationaliteit(registers: Registers) -> pl.DataFrame:
    """Spells of first and second nationality from the first registration until death.

    A second nationality of a Dutch national is not recorded for who entered after the first day
    of the break, and is dropped for everybody on the second (damage `nationality_break`).
    """
    kind, name = "nationality_break", "GBANATIONALITEITBUS"
    rate = registers.country.parameters.defects[kind]["rate"]
    drawn = generator(registers.seed, "defect", kind).random(registers.country.person.height) < rate
    rates = parameter_file("delivery_people.yaml")["nationality"]
    entered = registers.country.registration.group_by("person").agg(entered=pl.col("start").min())
    spells = registers.country.nationality_spell.join(entered, on="person", how="inner")
    spells = spells.with_columns(start=pl.max_horizontal("start", "entered"))
    spells = spells.filter(pl.col("end").is_null() | (pl.col("end") > pl.col("start")))
    dropped = rates["second_dropped_on"]
    spells = spells.with_columns(
        drawn=pl.Series(drawn).gather(spells["person"]), true_second="second_nationality"
    )
    double = (pl.col("nationality") == DUTCH) & pl.col("second_nationality").is_not_null()
    double &= pl.col("drawn")
    unseen = double & (pl.col("start") >= rates["second_not_recorded_since"])
    spells = spells.with_columns(
        second_nationality=pl.when(~unseen).then(pl.col("second_nationality"))
    )
    crosses = double & ~unseen & (pl.col("start") < dropped)
    crosses &= pl.col("end").is_null() | (pl.col("end") > dropped)
    cut = spells.filter(crosses)
    spells = pl.concat(
        [
            spells.filter(~crosses),
            cut.with_columns(end=pl.lit(dropped)),
            cut.with_columns(
                start=pl.lit(dropped), second_nationality=pl.lit(None, dtype=pl.String)
            ),
        ]
    ).sort("person", "start")
    frame = registers.keyed(registers.since(spells, REGISTER_START))
    lost = frame.filter(
        pl.col("second_nationality").is_null() & pl.col("true_second").is_not_null()
    )
    registers.damage.of_files[name, kind] = manifest_rows(
        lost.select(
            "person",
            number="RINPERSOON",
            file_stem=pl.lit(name),
            file_year=pl.lit(LAST_YEAR),
            column=pl.lit("GBANATIONALITEIT2"),
            true_value="true_second",
            delivered_value=pl.lit(UNKNOWN),
        ),
        kind,
    )
    second = pl.col("second_nationality").is_not_null()
    return frame.with_columns(
        GBAAANVANGNATIONALITEIT=text_date(pl.col("start")),
        GBAEINDENATIONALITEIT=last_day(),
        GBANATIONALITEIT1=pl.col("nationality"),
        GBANATIONALITEIT2=pl.col("second_nationality").fill_null(UNKNOWN),
        GBATYPENATIONALITEIT=pl.when(pl.col("nationality") != DUTCH).then(pl.lit("2"))
        .when(second).then(pl.lit("3")).otherwise(pl.lit("1")),
    )  # fmt: skip


def gbanatgewijzigden(registers: Registers, year: int) -> pl.DataFrame:
    """Changes of nationality published in a year, some of them a year late."""
    rate = parameter_file("delivery_people.yaml")["nationality"]["late"]
    spells = registers.country.nationality_spell.with_columns(
        former=pl.col("nationality").shift(1)  # the first row of a person is a birth
    ).filter(pl.col("change") != "birth")
    late = generator(registers.seed, "late nationality").random(spells.height) < rate
    published = pl.col("start").dt.year() + pl.Series(late).cast(pl.Int32)
    frame = spells.with_columns(published=published).filter(pl.col("published") == year)
    on_day = registers.country.registration.select("person", since="start", until="end")
    frame = frame.join(on_day, on="person").filter(
        (pl.col("since") <= pl.col("start"))
        & (pl.col("until").is_null() | (pl.col("until") > pl.col("start")))
    )
    frame = frame.filter(registers.known(frame["person"])).sort("person", "start")
    return registers.keyed(frame).with_columns(
        GBADATUMNATWIJZIGING=text_date(pl.col("start")),
        GBANATIONALITEITOUD=pl.col("former"),
        GBANATIONALITEITNIEUW=pl.col("nationality"),
        GBAREDENNATWIJZIGING=pl.col("change").replace_strict(CHANGE),
        PUBLICATIEJAARNATWIJZIGING=pl.lit(str(year)),
    )
