"""Damage to what the registers hold about people, decided before any file is made.

A kind is a function `(country, seed, damage)` that changes what `Damage` delivers and returns its
rows of the manifest. To add a kind: its rate in defects.yaml, a function, its name in `KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.country import REGISTER_START, Country
from migrantpanel.simulation.defects.manifest import MANIFEST, exactly, manifest_rows
from migrantpanel.simulation.education import is_education_registered
from migrantpanel.simulation.permits import permits

# Movements over the border are known from here on.
MIGRATION_START = date(1995, 1, 1)
# Damage to income reports, and the jobs and years it can happen to.
REPORT_KINDS = {
    "negative_correction": pl.col("wage") > 0,
    "zero_hours": pl.col("wage") > 0,
    "impossible_hours": pl.lit(True),
    "lower_case_contract": pl.lit(True),
}
# What each of them changes, in the simulation and as delivered from 2006 to 2009.
COLUMN_OF = {
    "negative_correction": ("wage", "LNINGLD"),
    "zero_hours": ("hours", "BASISUREN"),
    "impossible_hours": ("hours", "BASISUREN"),
    "lower_case_contract": ("contract", "CONTRACTSOORT"),
}


@dataclass
class Damage:
    """What the registers deliver instead of the truth; series are in the order of persons."""

    in_register: pl.Series
    rin: pl.Series
    second_rin: pl.Series
    second_since: pl.Series
    delivered_birth: pl.Series
    imputed_birth: pl.Series
    education_unknown: pl.Series
    unmirrored: pl.DataFrame
    job_years: pl.DataFrame
    manifest: pl.DataFrame
    of_files: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)

    def whole_manifest(self) -> pl.DataFrame:
        """Return the manifest with what was done to the rows of the files made so far."""
        parts = [self.of_files[key] for key in sorted(self.of_files)]
        return pl.concat([self.manifest, *parts])

    @property
    def has_second(self) -> pl.Series:
        """Whether a person has two numbers."""
        return self.second_rin.is_not_null()

    def number(self, persons: pl.Series, on: pl.Series | date) -> pl.Series:
        """Return the number under which persons appear in something that happens on a day."""
        since = self.second_since.gather(persons)
        second = ((since <= on) & since.is_not_null()).fill_null(False)
        return self.second_rin.gather(persons).zip_with(second, self.rin.gather(persons))

    def split(self, spells: pl.DataFrame) -> pl.DataFrame:
        """Cut the spells of people with two numbers on the day of the second."""
        since = self.second_since.gather(spells["person"])
        crosses = (
            (since > spells["start"]) & (spells["end"].is_null() | (spells["end"] > since))
        ).fill_null(False)
        if not crosses.any():
            return spells
        return pl.concat(
            [
                spells.with_columns(end=since.zip_with(crosses, spells["end"])),
                spells.with_columns(start=since).filter(crosses),
            ]
        ).sort("person", "start", maintain_order=True)

    def is_unmirrored(self, unions: pl.DataFrame) -> pl.Series:
        """Whether the row of this person (column person) of a union is left out."""
        found = unions.select("union", "person").join(
            self.unmirrored.with_columns(hit=pl.lit(True)),
            on=["union", "person"], how="left", maintain_order="left",
        )  # fmt: skip
        return found["hit"].fill_null(False)


Kind = Callable[[Country, int, Damage], pl.DataFrame]


def damage(country: Country, seed: int) -> Damage:
    """Do all damage that the parameters declare, each kind from its own random stream."""
    n = country.person.height
    done = Damage(
        in_register=country.in_registers(),
        rin=country.person["rin"],
        second_rin=pl.Series([None] * n, dtype=pl.String),
        second_since=pl.Series([None] * n, dtype=pl.Date),
        delivered_birth=country.person["birth_date"],
        imputed_birth=pl.Series(np.zeros(n, dtype=bool)),
        education_unknown=pl.Series(np.zeros(n, dtype=bool)),
        unmirrored=pl.DataFrame(schema={"union": pl.Int64, "person": pl.Int64}),
        job_years=pl.DataFrame(schema={"kind": pl.String, "job": pl.Int64, "year": pl.Int16}),
        manifest=pl.DataFrame(schema=MANIFEST),
    )
    parts = []
    for kind in KINDS:
        parts.append(manifest_rows(kind(country, seed, done), kind.__name__))
    done.manifest = pl.concat(parts)
    return done


def birth_month_imputed(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """Month and day of birth unknown at arrival: another month and the first day delivered."""
    rng = generator(seed, "defect", "birth_month_imputed")
    rate = country.parameters.defects["birth_month_imputed"]["rate"]
    person = country.person
    first = person.filter((pl.col("generation") == "1") & damage.in_register)
    # A month out of place may not put an arrival before the birth.
    grown = first.filter(
        pl.col("first_arrival_date").dt.year() - pl.col("birth_date").dt.year() >= 2
    )
    chosen = exactly(rate, first.height, grown["person"].to_numpy(), rng)
    month = np.zeros(person.height, dtype=np.int8)
    month[chosen] = rng.integers(1, 13, len(chosen))
    birth = pl.col("birth_date")
    imputed = pl.Series(month > 0)
    damage.imputed_birth = imputed
    damage.delivered_birth = person.select(
        pl.when(imputed)
        .then(pl.date(birth.dt.year(), pl.Series(month).clip(1), 1))
        .otherwise(birth)
    ).to_series()
    return person.filter(imputed).select(
        "person",
        file_stem=pl.lit("GBAPERSOONTAB"),
        column=pl.lit("GBAGEBOORTEMAAND"),
        true_value=birth.dt.strftime("%m"),
        delivered_value=damage.delivered_birth.filter(imputed).dt.strftime("%m"),
    )


def second_number(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """A second number for immigrants who came back; what follows is written under it."""
    rng = generator(seed, "defect", "second_number")
    rate = country.parameters.defects["second_number"]["rate"]
    person = country.person
    immigrants = person.filter(
        pl.col("first_arrival_date").is_not_null() & (pl.col("generation") == "1")
    )["person"]
    spells = country.registration.filter(
        pl.col("person").is_in(immigrants.implode())
        & pl.col("start_reason").is_in(["immigration", "administrative entry"])
        & (pl.col("start") > date(1995, 6, 1))
        & (pl.col("start") != pl.col("start").min().over("person"))
    ).unique("person", keep="first", maintain_order=True)
    # Both numbers must be in the registers: the first from an earlier stay after their start.
    earlier = country.registration.filter(
        pl.col("end").is_not_null() & (pl.col("end") > date(1995, 1, 1))
    ).select("person", earlier_end="end")
    spells = spells.join(earlier, on="person").filter(pl.col("earlier_end") < pl.col("start"))
    spells = spells.unique("person", keep="first", maintain_order=True).sort("person")
    rows = exactly(rate, len(immigrants), np.arange(spells.height), rng)
    chosen = spells[rows].select("person", "start")
    n = person.height
    since = np.full(n, np.datetime64("NaT"), dtype="datetime64[D]")
    since[chosen["person"].to_numpy()] = chosen["start"].to_numpy()
    damage.second_since = pl.Series(since).cast(pl.Date)
    fresh = country.fresh_numbers(chosen["person"])
    second = np.full(n, None, dtype=object)
    second[chosen["person"].to_numpy()] = fresh.to_numpy()
    damage.second_rin = pl.Series(second.tolist(), dtype=pl.String)
    return chosen.select(
        "person",
        file_stem=pl.lit("GBAPERSOONTAB"),
        column=pl.lit("RINPERSOON"),
        true_value=damage.rin.gather(chosen["person"]),
        delivered_value=fresh,
    )


def unmirrored_union(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """One of the two rows of a couple is missing."""
    rng = generator(seed, "defect", "unmirrored_union")
    rate = country.parameters.defects["unmirrored_union"]["rate"]
    both = country.union.filter(
        pl.col("kind").is_in(["marriage", "partnership"])
        & (pl.col("end").is_null() | (pl.col("end") > REGISTER_START))
    )
    # A row can only lack its mirror when both partners are in the registers.
    both = both.filter(
        damage.in_register.gather(both["person_a"])
        & damage.in_register.gather(both["person_b"]).fill_null(False)
    )
    first = pl.Series(rng.random(both.height) < 0.5)
    both = both.with_columns(person=both["person_a"].zip_with(first, both["person_b"]))
    rows = both[exactly(rate, both.height, np.arange(both.height), rng)]
    damage.unmirrored = rows.select("union", "person")
    return rows.select(
        "person",
        file_stem=pl.lit("GBAVERBINTENISPARTNERBUS"),
        column=pl.lit("XKOPPELNRVERBINTENIS"),
        true_value=(pl.col("union") + country.numbering.first["union"])
        .cast(pl.String)
        .str.zfill(10),
    )


def education_unknown(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """Absent from HOOGSTEOPL: schooled abroad, or out of school before the registers began."""
    unknown = ~is_education_registered(country, seed) & damage.in_register
    damage.education_unknown = unknown
    return country.person.filter(unknown).select("person", file_stem=pl.lit("HOOGSTEOPLTAB"))


def unregistered_emigration(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """Left without telling (the demography decides who): removed later, or still on paper."""
    left = country.stay.filter(pl.col("end_reason") == "unregistered").select("person", left="end")
    paper = country.registration.select("person", "start", removed="end")
    # The registration that was open on the day of departure.
    rows = left.join(paper, on="person").filter(
        (pl.col("start") <= pl.col("left"))
        & (pl.col("removed").is_null() | (pl.col("removed") > pl.col("left")))
        & (pl.col("removed").is_null() | (pl.col("removed") > REGISTER_START))
    )
    return _movements(rows.sort("person", "left"), true="left", delivered="removed")


def _movements(rows: pl.DataFrame, delivered: str, true: str | None = None) -> pl.DataFrame:
    """Return rows of the manifest about days of movements, from columns with days."""
    days = {"true_value": true, "delivered_value": delivered}
    return rows.select(
        "person",
        file_stem=pl.lit("GBAMIGRATIEBUS"),
        column=pl.lit("GBADATUMAANVANGMIGRATIE"),
        **{name: pl.col(day).dt.strftime("%Y%m%d") for name, day in days.items() if day},
    )


def late_registration(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """Registered after the arrival (the lives decide who): the stay began earlier."""
    stay = country.stay.select("person", came="start", left="end")
    paper = country.registration.select("person", "start", "start_reason", until="end")
    both = stay.join(paper, on="person")
    inside = (pl.col("start") >= pl.col("came")) & (
        pl.col("left").is_null() | (pl.col("start") < pl.col("left"))
    )
    covered = (pl.col("start") <= pl.col("came")) & (
        pl.col("until").is_null() | (pl.col("until") > pl.col("came"))
    )
    first = both.filter(inside & (pl.col("start_reason") == "immigration"))
    first = first.sort("start").unique(["person", "came"], keep="first", maintain_order=True)
    rows = first.join(both.filter(covered), on=["person", "came"], how="anti")
    return _movements(rows.sort("person", "came"), true="came", delivered="start")


def wrong_removal(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """Struck from the register within a stay (the lives decide who), and entered again."""
    stay = country.stay.select("person", came="start", left="end")
    struck = country.registration.filter(
        (pl.col("end_reason") == "administrative removal") & (pl.col("end") > REGISTER_START)
    ).select("person", "end")
    rows = struck.join(stay, on="person").filter(
        (pl.col("came") < pl.col("end"))
        & (pl.col("left").is_null() | (pl.col("left") > pl.col("end")))
    )
    return _movements(rows.sort("person", "end"), delivered="end")


def administrative_entry(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """Came back after a removal and was entered by the municipality (the lives decide who)."""
    rows = country.registration.filter(
        (pl.col("start_reason") == "administrative entry") & (pl.col("start") >= MIGRATION_START)
    )
    return rows.sort("person", "start").select(
        "person",
        file_stem=pl.lit("GBAMIGRATIEBUS"),
        column=pl.lit("GBALANDHERKOMST"),
        true_value="country_from",
        delivered_value=pl.lit("0000"),
    )


def damaged_reports(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """Choose the jobs and years whose income reports are damaged; the reports record it."""
    jobs = country.job_year.join(
        country.job.select("job", "person"), on="job", how="left", maintain_order="left"
    )
    for kind, among in REPORT_KINDS.items():
        rng = generator(seed, "defect", kind)
        rate = country.parameters.defects[kind]["rate"]
        # No kind changes a value of a report that another has changed.
        same = [other for other in REPORT_KINDS if COLUMN_OF[other] == COLUMN_OF[kind]]
        taken = damage.job_years.filter(pl.col("kind").is_in(same)).select("job", "year")
        free = (
            jobs.with_row_index("row").filter(among)
            .join(taken, on=["job", "year"], how="anti").sort("row")
        )  # fmt: skip
        chosen = jobs[exactly(rate, jobs.height, free["row"].to_numpy(), rng)]
        damage.job_years = pl.concat(
            [damage.job_years, chosen.select(pl.lit(kind).alias("kind"), "job", "year")]
        )
    return pl.DataFrame(schema=MANIFEST)


def permit_without_key(country: Country, seed: int, damage: Damage) -> pl.DataFrame:
    """A permit that does not carry the number of its immigrant: its row belongs to nobody."""
    keyless = permits(country, seed).filter(~pl.col("has_key"))
    return keyless.select(
        "person",
        file_stem=pl.lit("VRLMIGMOTBUS"),
        file_year="year",
        column=pl.lit("RINPERSOON"),
        true_value=damage.number(keyless["person"], keyless["start"]),
        delivered_value=pl.lit(""),
    )


KINDS: tuple[Kind, ...] = (
    birth_month_imputed,
    second_number,
    unmirrored_union,
    education_unknown,
    unregistered_emigration,
    late_registration,
    wrong_removal,
    administrative_entry,
    permit_without_key,
    damaged_reports,
)
