"""Damage to the rows of one delivered file.

A kind is a function `(rows, spec)` that changes `Rows`; `rows.choose` draws the share that the
parameters set, `rows.write` and the like change the file and the manifest together. Kinds are
drawn one without regard to the other and work in the order of `ROW_KINDS`, so that a row can be
damaged in several ways. Two kinds never write one value (`choose` leaves out rows where one did),
and rows that a kind added are left alone, so that each piece of damage can be told from the others.
To add a kind: its parameters in defects.yaml, a function, its name in `ROW_KINDS`.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.defects.manifest import MANIFEST, STALE, exactly, manifest_rows

if TYPE_CHECKING:
    from migrantpanel.simulation.registers.keys import Registers

DAY = "%Y%m%d"
NOT_R = "O"
ARRIVALS, DEPARTURES = ["I", "AO"], ["E", "AA"]
# What stands beside the delivered columns while damage is done.
ORDER, ADDED, NUMBER = "order of rows", "is added", "number of row"
NUMBERS = ("RINPERSOON", "RINPERSOONHKW", "RINPERSOONKERN")
# What stands for an unknown amount, percentile group or code, by family.
SENTINELS = {"9" * 9, "9" * 10, "9" * 11, "-1", "-2", "-3", "8", "9", "88", "99"}
EVERY_ROW = pl.col(ORDER).is_not_null()
MOTHER = "RINPERSOONMa"
PERSON_KEY = ("RINPERSOONS", "RINPERSOON")


class Rows:
    """The rows of one file while damage is done to them, and the record of it.

    Attributes: `frame` (delivered columns among others), `register`, `year`, `registers` and `rng`,
    the random stream of the kind that is at work.
    """

    def __init__(self, registers: "Registers", register: str, name: str, year: int,
                 frame: pl.DataFrame) -> None:  # fmt: skip
        self.registers = registers
        self.register, self.name, self.year = register, name, year
        number = next((name for name in NUMBERS if name in frame.columns), None)
        self.frame = frame.with_row_index(ORDER).with_columns(
            pl.col(ORDER).cast(pl.Float64),
            pl.lit(False).alias(ADDED),
            (pl.col(number) if number else pl.lit(None, dtype=pl.String)).alias(NUMBER),
        )
        # Per column, the rows (by their order) where a kind changed the value.
        self.written: dict[str, list[float]] = {}
        self.records: list[pl.DataFrame] = []
        self.kind = ""

    def begin(self, kind: str) -> None:
        """Let a kind do its damage from here on, with a random stream of its own."""
        self.kind = kind
        self.rng = generator(self.registers.seed, "defect", kind, self.name)

    def choose(
        self,
        rate: float,
        among: pl.Expr,
        feasible: pl.Expr = EVERY_ROW,
        changes: Iterable[str] = (),
    ) -> np.ndarray:
        """Draw a share of the rows `among`, of those that are feasible.

        `changes`: the columns to be written; rows where another kind wrote one are not feasible.
        """
        among = among.fill_null(False) & ~pl.col(ADDED)
        written = [row for column in changes for row in self.written.get(column, [])]
        found = self.frame.select(
            base=among, can=among & feasible.fill_null(False) & ~pl.col(ORDER).is_in(written)
        )
        base, can = found["base"].sum(), np.flatnonzero(found["can"].to_numpy())
        return exactly(rate, int(base), can, self.rng)

    def write(self, at: np.ndarray, **columns: pl.Series | str) -> None:
        """Deliver other values in rows; one record per row and column."""
        for column, delivered in columns.items():
            values = (
                pl.repeat(delivered, len(at), eager=True)
                if isinstance(delivered, str)
                else delivered
            )
            self.record(at, column, self.frame[column].gather(at), values)
            self.put(at, column, values)

    def put(self, at: np.ndarray, column: str, values: pl.Series) -> None:
        """Deliver other values in rows, without a record."""
        series = self.frame[column].clone()
        if len(at):
            series.scatter(at, values.cast(series.dtype))
        self.frame = self.frame.with_columns(series)
        self.written.setdefault(column, []).extend(self.frame[ORDER].gather(at))

    def add(self, rows: pl.DataFrame) -> None:
        """Put more rows behind those they were made from; columns not given stay empty."""
        added = rows.with_columns(pl.col(ORDER) + 0.5, pl.lit(True).alias(ADDED))
        self.frame = pl.concat([self.frame, added], how="diagonal").sort(ORDER, maintain_order=True)

    def drop(self, at: np.ndarray) -> None:
        """Leave rows out."""
        stays = np.ones(self.frame.height, dtype=bool)
        stays[at] = False
        self.frame = self.frame.filter(pl.Series(stays))

    def record(self, at: np.ndarray, column: str, true: pl.Series | None,
               delivered: pl.Series | None) -> None:  # fmt: skip
        """Write rows of the manifest."""
        person = pl.col("person") if "person" in self.frame.columns else pl.lit(None)
        rows = self.frame[at].select(person=person, number=NUMBER)
        values = {"true_value": true, "delivered_value": delivered}
        self._keep(
            rows.with_columns(
                column=pl.lit(column),
                **{name: given.cast(pl.String) for name, given in values.items()
                   if given is not None},
            )
        )  # fmt: skip

    def count(self, column: str, rows: int, delivered: object = None) -> None:
        """Write one row of the manifest for a value in many rows of the file."""
        if rows:
            value = None if delivered is None else str(delivered)
            self._keep(
                pl.DataFrame({"column": [column], "rows": [rows], "delivered_value": [value]})
            )

    def _keep(self, rows: pl.DataFrame) -> None:
        of_file = {"file_stem": pl.lit(self.register), "file_year": pl.lit(self.year)}
        self.records.append(manifest_rows(rows.with_columns(**of_file), self.kind))


RowKind = Callable[[Rows, dict], None]


def damage_rows(
    registers: "Registers", register: str, name: str, year: int, frame: pl.DataFrame
) -> pl.DataFrame:
    """Do the damage that a file of this register gets, and keep the record in `Damage.of_files`."""
    defects = registers.country.parameters.defects
    kinds = {
        kind: function
        for kind, function in ROW_KINDS.items()
        if register in defects[kind]["files"]
        and (defects[kind]["rate"] or kind in BY_RATE)
        and defects[kind].get("version") == (name if name in STALE else None)
    }
    if not kinds or frame.is_empty():
        return frame
    rows = Rows(registers, register, name, year, frame)
    for kind, function in kinds.items():
        rows.begin(kind)
        function(rows, defects[kind])
    registers.damage.of_files[register, name] = pl.concat(
        [pl.DataFrame(schema=MANIFEST), *rows.records]
    )
    return rows.frame.drop(ORDER, ADDED, NUMBER)


def _day(column: str) -> pl.Expr:
    return pl.col(column).str.to_date(DAY)


def _is_next(column: str) -> pl.Expr:
    """Whether the next row is of the same person."""
    return pl.col(column) == pl.col(column).shift(-1)


# -------------------------------------------------------------------- keys


def missing_key(rows: Rows, spec: dict) -> None:
    """A row that belongs to nobody."""
    kind, number = spec.get("key", PERSON_KEY)
    at = rows.choose(spec["rate"], pl.col(kind) == "R", changes=[number])
    rows.write(at, **{number: ""})
    rows.put(at, kind, pl.repeat(NOT_R, len(at), eager=True))


def non_r_key(rows: Rows, spec: dict) -> None:
    """A row under a number of another kind."""
    letters = spec["old_letters"] if rows.register == "POLISBUS" else spec["letters"]
    at = rows.choose(spec["rate"], pl.col("RINPERSOONS") == "R", changes=PERSON_KEY)
    drawn = rows.rng.choice(list(letters), len(at), p=list(letters.values()))
    numbers = pl.Series(rows.rng.integers(10**9, size=len(at))).cast(pl.String).str.zfill(9)
    true = rows.frame["RINPERSOON"].gather(at)
    letter = pl.Series(drawn.tolist(), dtype=pl.String)
    rows.record(at, "RINPERSOON", "R" + true, letter + numbers)
    rows.put(at, "RINPERSOON", numbers)
    rows.put(at, "RINPERSOONS", letter)


def stillborn_child(rows: Rows, spec: dict) -> None:
    """A child without a registration, in the household of its mother."""
    recent = pl.col("start") >= date(1995, 1, 1)
    at = rows.choose(spec["rate"], recent, pl.col("RINPERSOONSMa") == "R")
    numbers = pl.Series(rows.rng.integers(10**9, size=len(at))).cast(pl.String).str.zfill(9)
    child = rows.frame[at].with_columns(
        RINPERSOONS=pl.lit(spec["letter"]), RINPERSOON=numbers, person=pl.col("mother")
    )
    rows.record(at, "RINPERSOON", None, spec["letter"] + numbers)
    rows.records[-1] = rows.records[-1].with_columns(person=child["person"])
    rows.add(child)


# -------------------------------------------------------------------- movements and spells


def two_immigrations(rows: Rows, spec: dict) -> None:
    """A departure is missing, so that one arrival follows another."""
    kind, column = pl.col("GBASOORTMIGRATIE"), "RINPERSOON"
    returned = _is_next(column) & kind.shift(-1).is_in(ARRIVALS) & kind.is_in(DEPARTURES)
    arrived = (pl.col(column) == pl.col(column).shift(1)) & kind.shift(1).is_in(ARRIVALS)
    at = rows.choose(spec["rate"], returned, arrived)
    rows.record(at, "GBADATUMAANVANGMIGRATIE", rows.frame["GBADATUMAANVANGMIGRATIE"].gather(at),
                None)  # fmt: skip
    rows.put(at - 1, "GBADATUMEINDEMIGRATIE", rows.frame["GBADATUMEINDEMIGRATIE"].gather(at))
    rows.drop(at)


def repeated_immigration(rows: Rows, spec: dict) -> None:
    """An arrival is there again, later, from the same country."""
    longer = _day("GBADATUMEINDEMIGRATIE") - _day("GBADATUMAANVANGMIGRATIE")
    fits = longer > pl.duration(days=spec["days"][1])
    at = rows.choose(spec["rate"], pl.col("GBASOORTMIGRATIE") == "I", fits)
    days = pl.duration(days=pl.Series(rows.rng.integers(*spec["days"], len(at))))
    chosen = rows.frame[at]
    again = chosen.select(
        start=(_day("GBADATUMAANVANGMIGRATIE") + days).dt.strftime(DAY),
        before=(_day("GBADATUMAANVANGMIGRATIE") + days - pl.duration(days=1)).dt.strftime(DAY),
    )
    rows.record(at, "GBADATUMAANVANGMIGRATIE", None, again["start"])
    rows.put(at, "GBADATUMEINDEMIGRATIE", again["before"])
    rows.add(chosen.with_columns(GBADATUMAANVANGMIGRATIE=again["start"]))


def overlapping_spell(rows: Rows, spec: dict) -> None:
    """A spell that ends after the next one began, but not after that one's end."""
    end, start = spec["end"], spec["start"]
    follows = _is_next("RINPERSOON") & (
        _day(start).shift(-1) == _day(end) + pl.duration(days=1)
    )  # fmt: skip
    length = (_day(end) - _day(start)).shift(-1)
    at = rows.choose(spec["rate"], follows, length >= pl.duration(days=spec["days"][1]))
    days = rows.rng.integers(spec["days"][0], spec["days"][1], len(at), endpoint=True)
    late = rows.frame[at].select((_day(end) + pl.duration(days=pl.Series(days))).dt.strftime(DAY))
    rows.write(at, **{end: late.to_series()})


def duplicated_spell(rows: Rows, spec: dict) -> None:
    """A row that stands there twice."""
    at = rows.choose(spec["rate"], EVERY_ROW)
    chosen = rows.frame[at]
    rows.record(at, spec["start"], None, chosen[spec["start"]])
    rows.add(chosen)


# -------------------------------------------------------------------- kin, birth and death


def impossible_parent_age(rows: Rows, spec: dict) -> None:
    """A mother who was a child herself, or not yet born."""
    women = rows.registers.person.filter(pl.col("sex") == "2").sort("birth_date", "person")
    births = women["birth_date"].to_physical().to_numpy()
    at = rows.choose(spec["rate"], pl.col("RINPERSOONSMa") == "R", changes=[MOTHER])
    of_child = rows.frame["start"].gather(at).to_physical().to_numpy()
    low = np.searchsorted(births, of_child - 9 * 365)
    high = np.searchsorted(births, of_child + 9 * 365)
    _write_mother(rows, at, women, low, high)


def birth_after_mother_death(rows: Rows, spec: dict) -> None:
    """A mother who had died before the birth, at an age at which she might have been one."""
    dead = rows.registers.person.filter(
        (pl.col("sex") == "2") & pl.col("death_date").is_not_null()
    ).sort("death_date", "person")
    deaths = dead["death_date"].to_physical().to_numpy()
    recent = (pl.col("RINPERSOONSMa") == "R") & (pl.col("start") >= date(1997, 1, 1))
    at = rows.choose(spec["rate"], recent, changes=[MOTHER])
    year_before = rows.frame["start"].gather(at).to_physical().to_numpy() - 366
    high = np.searchsorted(deaths, year_before)
    _write_mother(rows, at, dead, np.zeros_like(high), high)


def _write_mother(
    rows: Rows, at: np.ndarray, women: pl.DataFrame, low: np.ndarray, high: np.ndarray
) -> None:
    """Name one of the women `low` to `high` as mother; where there is none, or she is, do not."""
    found = high > low
    at, low, high = at[found], low[found], high[found]
    drawn = low + (rows.rng.random(len(at)) * (high - low)).astype(np.int64)
    other = women["person"].gather(drawn)
    differs = other.ne_missing(rows.frame["mother"].gather(at)) & other.ne_missing(
        rows.frame["person"].gather(at)
    )
    at, other = at[differs.to_numpy()], other.filter(differs)
    rows.write(at, **{MOTHER: rows.registers.damage.rin.gather(other)})


def own_parent(rows: Rows, spec: dict) -> None:
    """A child that is its own father."""
    at = rows.choose(spec["rate"], pl.col("RINPERSOONS") == "R")
    rows.write(at, RINPERSOONpa=rows.frame["RINPERSOON"].gather(at))
    rows.put(at, "RINPERSOONSpa", pl.repeat("R", len(at), eager=True))


def death_before_birth(rows: Rows, spec: dict) -> None:
    """A death in a year before the birth."""
    at = rows.choose(spec["rate"], EVERY_ROW)
    chosen = rows.frame[at]
    early = chosen["birth_date"].dt.year() - pl.Series(rows.rng.integers(*spec["years"], len(at)))
    # 29 February does not exist in every year.
    day = chosen["death_date"].dt.strftime("%m%d").replace("0229", "0228")
    rows.write(at, GBADatumOverlijden=early.cast(pl.String) + day)


def wrong_birth_country(rows: Rows, spec: dict, sound: pl.Expr = EVERY_ROW) -> None:
    """A country of birth with a code that looks like the right one."""
    confused = rows.registers.country.parameters.defects["wrong_birth_country"]["confused"]
    known = {f"{code:04d}" for code in rows.registers.country.parameters.country_code}
    country = pl.col("GBAGEBOORTELAND")
    first = pl.col("GBAGENERATIE") == "1"
    at = rows.choose(
        spec["rate"],
        first,
        sound & country.is_in(list(confused)),
        changes=["GBAGEBOORTELAND"],
    )
    wrong = []
    for code in rows.frame["GBAGEBOORTELAND"].gather(at).to_list():
        others = [other for other in confused[code] if other in known]
        wrong.append(others[int(rows.rng.integers(len(others)))])
    rows.write(at, GBAGEBOORTELAND=pl.Series(wrong, dtype=pl.String))


def corrected_later(rows: Rows, spec: dict) -> None:
    """Sex, day and country of birth as they stood before somebody corrected them."""
    sound = ~pl.col("is_faulty")
    at = rows.choose(spec["rate"], EVERY_ROW, sound & pl.col("GBAGESLACHT").is_in(["1", "2"]))
    sex = rows.frame["GBAGESLACHT"].gather(at)
    rows.write(at, GBAGESLACHT=sex.replace({"1": "2", "2": "1"}))
    at = rows.choose(spec["rate"], EVERY_ROW, sound & (pl.col("GBAIMPUTATIECODE") == "0"))
    day = rows.frame["GBAGEBOORTEDAG"].gather(at).cast(pl.Int64)
    other = (day + pl.Series(rows.rng.integers(27, size=len(at)))) % 28 + 1
    rows.write(at, GBAGEBOORTEDAG=other.cast(pl.String).str.zfill(2))
    wrong_birth_country(rows, spec, sound)


# -------------------------------------------------------------------- sentinels and limits


def sentinel(rows: Rows, spec: dict) -> None:
    """Unknown values, as the family of the column writes them."""
    values = spec["values"]
    among = pl.all_horizontal(pl.col(column).is_not_null() for column in values)
    for column, value in spec.get("only", {}).items():
        among &= pl.col(column) == value
    known = pl.all_horizontal(pl.col(column) != value for column, value in values.items())
    if not spec.get("besides_imputed", True):
        known &= ~pl.col("imputed")
    rows.write(rows.choose(spec["rate"], among, known, values), **values)


def sentinel_amount(rows: Rows, spec: dict) -> None:
    """Unknown amounts; the registers of income deliver them, here they are counted.

    The first of the amounts is recorded per row, what all rows have in other columns is counted.
    """
    (column, true), frame = spec["amounts"][rows.register], rows.frame
    at = np.flatnonzero(frame.select(pl.col("unknown") & (pl.col("in_institution")
                        == spec["in_institution"])).to_series().to_numpy())  # fmt: skip
    rows.record(at, column, frame[true].gather(at), frame[column].gather(at))
    for name in frame.columns:
        if name != column and name.isupper() and len(at):
            value = frame[name][int(at[0])]
            is_sentinel = str(value) in SENTINELS
            if is_sentinel and (frame[name].gather(at) == value).all():
                rows.count(name, len(at), value)


def negative_care_cost(rows: Rows, spec: dict) -> None:
    """A correction of costs of an earlier year, in one of the columns that have them."""
    at = rows.choose(spec["rate"], EVERY_ROW, changes=spec["columns"])
    which = rows.rng.integers(len(spec["columns"]), size=len(at))
    amount = -np.round(rows.rng.uniform(*spec["euro"], len(at)), 2)
    for number, column in enumerate(spec["columns"]):
        here = which == number
        rows.write(at[here], **{column: pl.Series(amount[here])})


def cause_of_death_break(rows: Rows, spec: dict) -> None:
    """A cause that the coders of that time chose for what is coded otherwise since."""
    at = rows.choose(spec["rate"], pl.col("uccode").is_in(list(spec["coded_as"])))
    rows.write(at, uccode=rows.frame["uccode"].gather(at).replace_strict(spec["coded_as"]))


def truncated_income(rows: Rows, spec: dict) -> None:
    """Incomes beyond the limits of the older series; the break of the series came first."""
    low, high = spec["limits"]
    columns = {"PERSBRUT": "gross", "PERSINK": "personal", "PERSPRIM": "primary"}
    beyond = {name: ~pl.col("unknown") & ~pl.col(name).is_between(low, high) for name in columns}
    at = rows.choose(spec["rate"], pl.any_horizontal(beyond.values()))
    for column, is_beyond in beyond.items():
        hit = rows.frame.select(is_beyond.fill_null(False)).to_series().gather(at)
        here = at[hit.to_numpy()]
        cut = rows.frame[column].gather(here).clip(low, high)
        rows.record(here, column, rows.frame[columns[column]].gather(here), cut)
        rows.put(here, column, cut)


def income_series_break(rows: Rows, spec: dict) -> None:
    """Amounts of the older series that lack a part; the first is recorded, the others counted."""
    first, *others = spec["amounts"][rows.register]
    at = rows.choose(spec["rate"], ~pl.col("unknown") & (pl.col(spec["gross"][rows.register]) > 0))
    lacking = {
        column: (rows.frame[column].gather(at) * (1 - spec["lacks"])).round().cast(pl.Int64)
        for column in (first, *others)
    }
    rows.write(at, **{first: lacking[first]})
    for column in others:
        rows.count(column, len(at))
        rows.put(at, column, lacking[column])


def partner_abroad(rows: Rows, spec: dict) -> None:
    """Partners without a number; those beyond the rate are not delivered."""
    abroad = pl.col("RINPERSOONSVERBINTENISP") == NOT_R
    everybody = np.flatnonzero(rows.frame.select(abroad).to_series().to_numpy())
    stays = exactly(spec["rate"], len(everybody), everybody, rows.rng)
    rows.record(stays, "RINPERSOONVERBINTENISP", None,
                rows.frame["RINPERSOONVERBINTENISP"].gather(stays))  # fmt: skip
    rows.drop(np.setdiff1d(everybody, stays))


ROW_KINDS: dict[str, RowKind] = {
    "missing_key": missing_key,
    "pupil_without_number": missing_key,
    "death_without_number": missing_key,
    "non_r_key": non_r_key,
    "two_immigrations": two_immigrations,
    "repeated_immigration": repeated_immigration,
    "overlapping_address": overlapping_spell,
    "duplicated_address": duplicated_spell,
    "overlapping_household": overlapping_spell,
    "duplicated_household": duplicated_spell,
    # What is copied stands before what changes the copied row, unless the copy is to have it too.
    "death_before_birth": death_before_birth,
    "duplicated_death": duplicated_spell,
    "stillborn_child": stillborn_child,
    "impossible_parent_age": impossible_parent_age,
    "own_parent": own_parent,
    "birth_after_mother_death": birth_after_mother_death,
    "wrong_birth_country": wrong_birth_country,
    "corrected_later": corrected_later,
    "sentinel_birth_country": sentinel,
    "sentinel_sex": sentinel,
    "sentinel_birth_date": sentinel,
    "sentinel_origin": sentinel,
    "sentinel_postcode": sentinel,
    "sentinel_area": sentinel,
    "sentinel_advice": sentinel,
    "sentinel_teacher_advice": sentinel,
    "sentinel_amount": sentinel_amount,
    "sentinel_institution": sentinel_amount,
    "negative_care_cost": negative_care_cost,
    "income_series_break": income_series_break,
    "truncated_income": truncated_income,
    "cause_of_death_break": cause_of_death_break,
    "partner_abroad": partner_abroad,
}
# Kinds that a rate of 0 takes out of the files, where others would do nothing.
BY_RATE = ("partner_abroad",)
