"""The registers of enrolment, advice and test."""

from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.registers.keys import Registers

SECTOR_CODE = {"VO": "01", "MBO": "02", "HBO": "03", "WO": "04"}
# Advice in the register and in the file of the test, by track (practical to pre-university).
ADVICE = ("10", "20", "42", "60", "70")
TEACHER = ("00", "01", "05", "07", "10")
OUTCOME = ("0", "1", "3", "4", "5")
SECOND_CHOICE = {"20": "30", "42": "44", "60": "61"}


def _pupils(registers: Registers, year: int, *sectors: str) -> pl.DataFrame:
    """Return who is enrolled on 1 October of a year, registered, with the school of the home."""
    day = date(year, 10, 1)
    pupils = registers.country.school_year.filter(
        (pl.col("year") == year) & pl.col("sector").is_in(sectors)
    )
    pupils = pupils.join(registers.registered(day), on="person", how="inner")
    homes = registers.country.address_spell.filter(
        (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
    ).select("person", "address")
    near = registers.country.address.select("address", "municipality", "neighbourhood")
    pupils = pupils.join(homes, on="person", how="left").join(near, on="address", how="left")
    return registers.keyed(pupils.sort("person"), on=day)


def _school(pupils: pl.DataFrame, sector: str) -> pl.Expr:
    """Return a code of eight characters: a school of the neighbourhood, or of the municipality."""
    numbers = parameter_file("delivery_people.yaml")["school"]["schools_per_municipality"]
    municipality = pl.col("municipality").cast(pl.UInt64)
    if sector == "PO":
        number = municipality * 100 + pl.col("neighbourhood") // 2 + 1
    else:
        own = sum(
            pl.when(pl.col("sector") == name)
            .then(pl.col("person") * 7_919 % count + 1)
            .otherwise(0)
            for name, count in numbers.items()
        )
        level = pl.col("sector").replace_strict({"VO": 1, "MBO": 2, "HBO": 3, "WO": 4})
        number = (municipality * 10 + level) * 1_000_000 + own
    code = (number.cast(pl.UInt64) * 48_271 % 99_999_989).cast(pl.String).str.zfill(8)
    return code.fill_null("0" * 8)


def inschrwpo(registers: Registers, year: int) -> pl.DataFrame:
    """Pupils of primary schools; advice and test in the last grade. Grades are padded."""
    rates = parameter_file("delivery_people.yaml")["school"]
    pupils = _pupils(registers, year, "PO")
    tests = registers.country.school_test.filter(pl.col("year") == year).drop("year")
    frame = pupils.join(tests, on="person", how="left", maintain_order="left")
    rng = generator(registers.seed, "primary school", year)
    size, special, second = (rng.random(frame.height) for _ in range(3))
    low, high = rates["group_size"]
    other = pl.Series(second) < 0.4

    def advice(column: str) -> pl.Expr:
        code = pl.col(column).replace_strict(dict(enumerate(ADVICE)), default=None)
        return pl.when(other).then(code.replace(SECOND_CHOICE)).otherwise(code)

    score = pl.col("score")
    outcome = (score > 518).cast(pl.Int8) + (score > 528) + (score > 536) + (score > 544)
    frame = frame.with_columns(outcome=outcome.cast(pl.Int8))
    level = pl.when(score > 541).then(pl.lit("3")).when(score > 521).then(pl.lit("2")).otherwise(
        pl.lit("1"))  # fmt: skip
    return frame.with_columns(
        WPOLEERJAAR=pl.col("grade").cast(pl.String).str.pad_start(2),
        WPOGROEPSGROOTTE=pl.Series(np.floor(low + size * (high - low)).astype(int))
        .cast(pl.String).str.pad_start(3),
        WPOTYPEPO=pl.when(pl.Series(special) < rates["special_primary"]).then(pl.lit("SBO"))
        .otherwise(pl.lit("BO")),
        WPOBRIN_crypt=_school(frame, "PO"),
        WPOBRINVEST=pl.lit("00"),
        WPOTOETSADVIES=advice("outcome"),
        WPOADVIESVO=advice("advice"),
        WPOADVIESHERZ=advice("revised"),
        WPOREKENEN=pl.when(score.is_not_null()).then(level),
        WPOTAALLV=pl.when(score.is_not_null()).then(level.replace({"1": "2"})),
        WPOTAALTV=pl.when(score.is_not_null()).then(level),
    )  # fmt: skip


def cito(registers: Registers, year: int) -> pl.DataFrame:
    """Scores of the test in the spring of a year, of the schools that took part."""
    rates = parameter_file("school.yaml")["test"]
    pupils = _pupils(registers, year - 1, "PO").filter(pl.col("grade") == 8)
    tests = registers.country.school_test.filter(pl.col("year") == year - 1).drop("year")
    frame = pupils.join(tests, on="person", how="inner", maintain_order="left")
    school = pl.col("municipality").cast(pl.Int64) * 100 + pl.col("neighbourhood") // 2
    takes_part = school * 7_919 % 1_000 < rates["schools_taking_part"] * 1_000
    frame = frame.filter(takes_part)
    score = pl.col("score")
    outcome = (score > 518).cast(pl.Int8) + (score > 528) + (score > 536) + (score > 544)
    codes = {name: dict(enumerate(values)) for name, values in (("t", TEACHER), ("o", OUTCOME))}
    return frame.with_columns(
        RINPersoon=pl.col("RINPERSOON"),
        CitoAdviesLeerkracht=pl.col("advice").replace_strict(codes["t"]),
        CitoStandaardScore=score,
        CitoSchooltypeadvies=outcome.cast(pl.Int8).replace_strict(codes["o"]),
    )  # fmt: skip


def _programme_number(pupils: pl.DataFrame) -> pl.Expr:
    """Return a programme number: level and a direction that stays with the person (assumed)."""
    direction = (pl.col("person") * 31 % 10 + 1).cast(pl.String).str.zfill(2)
    return pl.col("programme") + direction


def onderwijsinschr(registers: Registers, year: int) -> pl.DataFrame:
    """Enrolments in secondary, vocational and higher education; some people have two."""
    rates = parameter_file("delivery_people.yaml")["school"]
    pupils = _pupils(registers, year, *SECTOR_CODE)
    draw = generator(registers.seed, "second enrolment", year).random(pupils.height)
    main = pl.when(pl.col("sector") == "VO").then(pl.lit("11")).otherwise(pl.lit("01"))
    pupils = pupils.with_columns(HOOFDINSCHR=main)
    twice = pupils.filter(pl.Series(draw < rates["second_enrolment"])).with_columns(
        HOOFDINSCHR=pl.lit("02")
    )
    frame = pl.concat([pupils, twice]).sort("person", "HOOFDINSCHR", maintain_order=True)
    return frame.with_columns(
        TYPEONDERWIJS=pl.col("sector").replace_strict(SECTOR_CODE),
        OPLNR=_programme_number(frame),
        VOLEERJAAR=pl.when(pl.col("sector") == "VO").then(
            pl.col("grade").cast(pl.String).str.pad_start(2)),
        BRIN_crypt=_school(frame, "VO"),
        VOBRINVEST=pl.when(pl.col("sector") == "VO").then(pl.lit("00")),
    )  # fmt: skip


def onderwijsdeelnemers(registers: Registers, year: int) -> pl.DataFrame:
    """One row per participant; years at the level of vocational education until 2011."""
    pupils = _pupils(registers, year, *SECTOR_CODE)
    years = pl.col("grade").cast(pl.String).str.zfill(2)
    filled = (pl.col("sector") == "MBO") & (year < 2012)
    return pupils.with_columns(
        OPLNRHOOFDINSCHR=_programme_number(pupils),
        MBOAANTALJARENNIV=pl.when(filled).then(years),
        HOAANTALJARENTYPE=pl.when(pl.col("sector").is_in(["HBO", "WO"])).then(years),
    )
