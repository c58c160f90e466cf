"""The registers of income reports (POLISBUS, SPOLISBUS) and of employers (BETAB)."""

from datetime import date

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.defects.manifest import MANIFEST, manifest_rows
from migrantpanel.simulation.defects.people import COLUMN_OF
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.registers.income_amounts import source_years
from migrantpanel.simulation.registers.keys import Registers, text_date
from migrantpanel.simulation.shares import divided, starts

DAYS_PER_MONTH = 365.25 / 12
WEEK_HOURS = 38
# Upper limits of weekly hours of the classes 1 to 5; 6 is above.
WEEK_LIMITS = (12, 20, 25, 30, 35)
PUBLIC_SECTIONS = ["O", "P"]
OWN_COMPANY = "1"
NATURE_OF_WORK = {"2": "07", "3": "81", "4": "11", "5": "82"}
# Benefits are reported like wages: kind of income relation by category. Codes are assumed.
BENEFIT_RELATIONS = {"21": "33", "24": "32"}
AGENCY_SECTION = "O"
IMPOSSIBLE_HOURS_A_MONTH = 400
FIRST_SPOLIS_YEAR = 2010
# Names that do not just gain an S in 2010.
RENAMED = {"BAANRUGID": "IKVID", "AANVBUS": "SDATUMAANVANGIKO", "EINDBUS": "SDATUMEINDEIKO"}


def polisbus(registers: Registers, year: int) -> pl.DataFrame:
    """Income reports of a year, as delivered for 2006 to 2009: several per job, also benefits."""
    return _reports(registers, year).with_columns(**_columns(year))


def spolisbus(registers: Registers, year: int) -> pl.DataFrame:
    """Income reports of a year, as delivered from 2010: most names gain the prefix S."""
    columns = {RENAMED.get(name, f"S{name}"): value for name, value in _columns(year).items()}
    return _reports(registers, year).with_columns(**columns)


def _reports(registers: Registers, year: int) -> pl.DataFrame:
    """Return the reports with the keys of persons; jobs and employers as numbers of the country."""
    wages = _wage_reports(registers, year).with_columns(
        registers.countrywide("relation"), registers.countrywide("employer")
    )
    reports = pl.concat([wages, _benefit_reports(registers, year)], how="diagonal_relaxed")
    return registers.keyed(reports, on="start")


def _columns(year: int) -> dict[str, pl.Expr]:
    """Return what reports deliver, by the names of 2006."""
    rates = parameter_file("work.yaml")
    first_day = date(year, 1, 1)
    until = pl.col("relation_end")
    from_day = pl.col("relation_start")
    if year <= rates["reports"]["tenure_capped_until"]:
        from_day = pl.max_horizontal(from_day, pl.lit(first_day))
    sections = rates["employers"]["sections"]
    week = pl.col("part_time") * WEEK_HOURS
    is_job = pl.col("benefit").is_null()
    return {
        "BAANRUGID": _number(pl.col("relation"), 999_999_999_989, 61_803_398_875),
        "AANVBUS": text_date(pl.col("start")),
        "EINDBUS": text_date(pl.col("end") - pl.duration(days=1)),
        "BAANDAGEN": pl.col("days"),
        "BASISUREN": pl.col("hours"),
        "REGULIEREUREN": pl.col("hours"),
        "OVERWERKUREN": pl.col("overtime_hours"),
        "AANTVERLU": pl.col("hours") + pl.col("overtime_hours"),
        "VOLTIJDDAGEN": (pl.col("days") * pl.col("part_time")).round().cast(pl.Int64),
        "LNINGLD": pl.col("wage"),
        "LNOWRK": pl.col("overtime"),
        "VAKBSL": pl.col("holiday"),
        "EXTRSAL": pl.col("extra"),
        "INCIDENTSAL": pl.col("incidental"),
        "BIJZONDEREBELONING": pl.col("holiday") + pl.col("extra") + pl.col("incidental"),
        "BASISLOON": pl.col("wage") - pl.col("overtime") - pl.col("holiday") - pl.col("extra")
        - pl.col("incidental"),
        "CONTRACTSOORT": pl.col("contract"),
        "POLISDIENSTVERBAND": pl.when(pl.col("part_time") >= rates["jobs"]["full_time_from"])
        .then(pl.lit("1")).otherwise(pl.lit("2")),
        "BEID": employer_key(pl.col("employer"), pl.col("register")),
        "CAOSECTOR": pl.col("section").replace_strict(
            {name: row["cao"] for name, row in sections.items()}
        ),
        "CAO_crypt": _number(
            pl.col("section").replace_strict({name: i + 40 for i, name in enumerate(sections)}),
            99_999_989,
            61_803_399,
        ),
        "DATUMAANVANGIKV": text_date(from_day),
        "DATUMAANVANGIKVORG": text_date(from_day),
        "DATUMEINDEIKV": pl.when((until <= date(year + 1, 1, 1)).fill_null(False))
        .then(text_date(until - pl.duration(days=1))).otherwise(pl.lit("")),
        "SOORTBAAN": pl.col("kind"),
        "WEKARBDUURKLASSE": (
            1 + pl.sum_horizontal((week >= limit).cast(pl.Int8) for limit in WEEK_LIMITS)
        ).cast(pl.String),
        "SRTIV": pl.when(~is_job).then(pl.col("benefit"))
        .when(pl.col("kind") == OWN_COMPANY).then(pl.lit("17"))
        .when(pl.col("section").is_in(PUBLIC_SECTIONS)).then(pl.lit("11"))
        .otherwise(pl.lit("15")),
        "SECT": pl.col("section").replace_strict(
            {name: row["sect"] for name, row in sections.items()}
        ),
        "CDAARD": pl.col("kind").replace_strict(NATURE_OF_WORK, default="01"),
        "AUTOZAAK": pl.when("has_car").then(pl.lit("1")).otherwise(pl.lit("0")),
        "WRDLN": pl.lit(0),
    }  # fmt: skip


def betab(registers: Registers, year: int) -> pl.DataFrame:
    """Employers of a year with their industry; not those that the business register lacks."""
    sections = parameter_file("work.yaml")["employers"]["sections"]
    country = registers.country
    active = country.job_year.filter(pl.col("year") == year)
    employers = country.job["employer"].gather(active["job"]).unique()
    frame = country.employer.filter(
        pl.col("register").is_null() & pl.col("employer").is_in(employers.implode())
    ).with_columns(registers.countrywide("employer"))
    if country.numbering.is_last:
        frame = pl.concat([frame, _benefit_agency(registers)], how="diagonal_relaxed")
    return frame.select(
        BEID=employer_key(pl.col("employer"), pl.col("register")),
        **{
            column: pl.col("section").replace_strict({s: row[name] for s, row in sections.items()})
            for column, name in (("SBI93", "sbi93"), (f"SBI2008V{year}", "sbi2008"))
        },
    )


def employer_key(employer: pl.Expr, register: pl.Expr) -> pl.Expr:
    """Return keys of eight digits; F or P comes first when the business register lacks it."""
    number = _number(employer, 99_999_989, 61_803_399)
    outside = register + _number(employer, 9_999_991, 6_180_339)
    return pl.when(register.is_null()).then(number).otherwise(outside)


def _number(index: pl.Expr, prime: int, factor: int) -> pl.Expr:
    """Return numbers as wide as the prime that carry no order."""
    scrambled = (index.cast(pl.UInt64) + 1) * factor % prime
    return scrambled.cast(pl.String).str.zfill(len(str(prime)))


def _benefit_agency(registers: Registers) -> pl.DataFrame:
    """The employer of nobody who reports the benefits; its number follows the last employer."""
    return pl.DataFrame(
        {"employer": [registers.country.numbering.total["employer"]], "section": [AGENCY_SECTION]}
    )


def _periods(year: int) -> pl.DataFrame:
    """Periods of reports of a year, half-open."""
    months = parameter_file("work.yaml")["reports"]["months_per_report"]
    starts = [date(year, month, 1) for month in range(1, 13, months)]
    return pl.DataFrame({"from": starts, "to": [*starts[1:], date(year + 1, 1, 1)]})


def _reported(spells: pl.DataFrame, total: str, year: int) -> pl.DataFrame:
    """Cut spells (start, end, one per `spell`) into reports and divide their amount by days."""
    reports = (
        spells.join(_periods(year), how="cross", maintain_order="left_right")
        .with_columns(start=pl.max_horizontal("start", "from"), end=pl.min_horizontal("end", "to"))
        .with_columns(days=(pl.col("end") - pl.col("start")).dt.total_days())
        .filter(pl.col("days") > 0)
    )
    wage = divided(
        reports[total].to_numpy(), reports["days"].to_numpy(), starts(reports["spell"].to_numpy())
    )
    return reports.with_columns(wage=pl.Series(wage))


def _wage_reports(registers: Registers, year: int) -> pl.DataFrame:
    """Reports of the jobs of a year, with their parts and with damage done."""
    country, rates = registers.country, parameter_file("work.yaml")["reports"]
    after = date(year + 1, 1, 1)
    relation = country.job.group_by("relation").agg(
        relation_start=pl.col("start").min(),
        relation_end=pl.when(pl.col("end").is_not_null().all()).then(pl.col("end").max()),
    )
    jobs = (
        country.job_year.filter(pl.col("year") == year)
        .select("job", "year", total="wage")
        .join(country.job, on="job", how="left", maintain_order="left")
        .join(relation, on="relation", how="left", maintain_order="left")
        .join(
            country.employer.cast({"employer": pl.Int64}),
            on="employer", how="left", maintain_order="left",
        )
        .with_columns(spell=pl.col("job"), end=pl.col("end").fill_null(after))
    )  # fmt: skip
    reports = _reported(jobs, "total", year)
    rng = generator(registers.seed, "income reports", year)
    incidental, overtime = (
        pl.Series(rng.random(reports.height) < rates[part]["share"])
        for part in ("incidental", "overtime")
    )
    wage = pl.col("wage")
    hours = rates["full_time_hours"] * pl.col("days") / DAYS_PER_MONTH * pl.col("part_time")
    permanent = (pl.col("permanent_from") <= pl.col("start")).fill_null(False)
    reports = reports.with_columns(
        hours=hours.round().cast(pl.Int64),
        overtime_hours=(hours * rates["overtime"]["hours_part"] * overtime).round().cast(pl.Int64),
        overtime=(wage * rates["overtime"]["part"] * overtime).round().cast(pl.Int64),
        incidental=(wage * rates["incidental"]["part"] * incidental).round().cast(pl.Int64),
        holiday=(wage * rates["holiday_allowance"]).round().cast(pl.Int64),
        extra=(wage * rates["extra_salary"]).round().cast(pl.Int64),
        contract=pl.when(pl.col("kind") == OWN_COMPANY).then(pl.lit("N"))
        .when(permanent).then(pl.lit("O")).otherwise(pl.lit("B")),
        benefit=pl.lit(None, dtype=pl.String),
    )  # fmt: skip
    return _damaged(registers, reports, year)


def impossible_hours() -> int:
    """Return the hours of a report that nobody can have worked in its months."""
    return IMPOSSIBLE_HOURS_A_MONTH * parameter_file("work.yaml")["reports"]["months_per_report"]


def _damaged(registers: Registers, reports: pl.DataFrame, year: int) -> pl.DataFrame:
    """Do the damage to reports that the manifest declares for the jobs of this year."""
    declared = registers.damage.job_years.filter(pl.col("year") == year)

    def hit(kind: str) -> pl.Expr:
        return pl.col("job").is_in(declared.filter(pl.col("kind") == kind)["job"].implode())

    first = pl.col("start") == pl.col("start").min().over("job")
    before = reports
    reports = reports.with_columns(
        hours=pl.when(hit("zero_hours") & first).then(0)
        .when(hit("impossible_hours") & first).then(impossible_hours()).otherwise("hours"),
        contract=pl.when(hit("lower_case_contract"))
        .then(pl.col("contract").str.to_lowercase()).otherwise("contract"),
    )  # fmt: skip
    # Too much was paid in the first report; a report without hours takes it back.
    paid = reports.filter(hit("negative_correction") & first)
    size = registers.country.parameters.defects["negative_correction"]["size"]
    back = (pl.col("wage") * size).round().cast(pl.Int64) + 1
    corrections = paid.with_columns(
        wage=-back,
        **{
            name: pl.lit(0, dtype=pl.Int64)
            for name in ("hours", "overtime_hours", "overtime", "holiday", "extra", "incidental")
        },
    )
    overpaid = hit("negative_correction") & first
    reports = reports.with_columns(wage=pl.when(overpaid).then(pl.col("wage") + back)
                                   .otherwise("wage"))  # fmt: skip
    _record(registers, before, reports, {kind: hit(kind) for kind in COLUMN_OF}, first, year)
    return pl.concat([reports, corrections]).sort("job", "start", maintain_order=True)


def _record(
    registers: Registers, true: pl.DataFrame, delivered: pl.DataFrame, hits: dict[str, pl.Expr],
    first: pl.Expr, year: int,
) -> None:  # fmt: skip
    """Write the manifest of damaged reports: the first of each job and year."""
    stem, prefix = ("SPOLISBUS", "S") if year >= FIRST_SPOLIS_YEAR else ("POLISBUS", "")
    parts = [pl.DataFrame(schema=MANIFEST)]
    for kind, (source, column) in COLUMN_OF.items():
        rows = true.select((hits[kind] & first).fill_null(False)).to_series()
        parts.append(
            manifest_rows(
                true.filter(rows).select(
                    "person",
                    file_stem=pl.lit(stem),
                    file_year=pl.lit(year),
                    column=pl.lit(f"{prefix}{column}"),
                    true_value=pl.col(source).cast(pl.String),
                    delivered_value=delivered.filter(rows)[source].cast(pl.String),
                ),
                kind,
            )
        )
    registers.damage.of_files[stem, f"reports {year}"] = pl.concat(parts)


def _benefit_reports(registers: Registers, year: int) -> pl.DataFrame:
    """Reports of benefits for unemployment and disability, paid by one agency."""
    numbering = registers.country.numbering
    spells = source_years(registers, "benefit", year, year).filter(
        pl.col("secm").is_in(list(BENEFIT_RELATIONS)) & (pl.col("amount") > 0)
    )
    reports = _reported(spells, "amount", year)
    nothing = pl.lit(0, dtype=pl.Int64)
    return reports.with_columns(
        # Numbers follow those of the jobs.
        relation=numbering.total["job"]
        + numbering.first["income_source_spell"]
        + pl.col("spell").cast(pl.Int64),
        employer=pl.lit(numbering.total["employer"], dtype=pl.Int64),
        section=pl.lit(AGENCY_SECTION),
        register=pl.lit(None, dtype=pl.String),
        relation_start=pl.col("since"),
        relation_end=pl.col("until"),
        kind=pl.lit("9"),
        part_time=pl.lit(0.0),
        has_car=pl.lit(False),
        contract=pl.lit("N"),
        benefit=pl.col("secm").replace_strict(BENEFIT_RELATIONS),
        hours=nothing, overtime_hours=nothing, overtime=nothing, incidental=nothing,
        holiday=nothing, extra=nothing,
    )  # fmt: skip
