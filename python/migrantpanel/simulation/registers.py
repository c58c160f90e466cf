"""The registers as delivered: one frame per file, with the codes, dates and sentinels of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from importlib.resources import files

import numpy as np
import polars as pl
import yaml

from migrantpanel.random import generator
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.defects import Damage
from migrantpanel.simulation.sav import Column

REGISTER_START = date(1994, 10, 1)
MIGRATION_START = date(1995, 1, 1)
SOURCE_START = date(1999, 1, 1)
LAST_YEAR = 2023
VERSION_END = date(LAST_YEAR, 12, 31)
HOME = "6030"
NO_NUMBER = "-" * 9
UNKNOWN_9, UNKNOWN_10 = 999_999_999, 9_999_999_999
# XKOPPEL flags of SECMBUS, in the order of the file, and the categories that set them.
SOURCE_FLAGS = {
    "XKOPPELWERKNSECM": ("11",),
    "XKOPPELDGASECM": ("12",),
    "XKOPPELZELFSTSECM": ("13",),
    "XKOPPELOVACTIEFSECM": ("14",),
    "XKOPPELMEEWERKENDSECM": ("15",),
    "XKOPPELWERKLUITKSECM": ("21",),
    "XKOPPELBIJSTANDSECM": ("22",),
    "XKOPPELSOCVOORZOVSECM": ("23",),
    "XKOPPELZIEKTEAOSECM": ("24",),
    "XKOPPELPENSIOENSECM": ("25",),
    "XKOPPELSCHOLSTUDSECM": ("26", "31"),
}


@dataclass(frozen=True)
class Extract:
    """One file to deliver: where, under which name, with which columns; `frame` makes its rows."""

    register: str
    folder: str
    name: str
    year: int
    columns: list[Column]
    frame: Callable[[], pl.DataFrame]


@cache
def register_layouts() -> dict:
    """Return registers.yaml: folders, columns in order, formats, labels and code lists."""
    text = (files(__package__) / "parameters" / "registers.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def layout(register: str, year: int, country_labels: dict[str, str]) -> list[Column]:
    """Return the columns of a register in the vintage of a year."""
    definition = register_layouts()["registers"][register]
    codes = register_layouts()["codes"] | {"country": country_labels}
    later = {
        name
        for start, names in definition.get("since", {}).items()
        if year < start
        for name in names
    }
    columns = []
    for name, (form, label, *code_list) in definition["columns"].items():
        if name not in later:
            values = codes[code_list[0]] if code_list else {}
            columns.append(Column(name, form, label, values))
    if register == "VSLGWBTAB":
        for area_year in AREA_YEARS:
            columns.append(Column(f"gem{area_year}", "A4", f"Gemeente {area_year}"))
            columns.append(Column(f"wc{area_year}", "A6", f"Wijk {area_year}"))
            columns.append(Column(f"bc{area_year}", "A8", f"Buurt {area_year}"))
    return columns


AREA_YEARS = range(1999, LAST_YEAR + 1)


def _text_date(days: pl.Expr) -> pl.Expr:
    return days.dt.strftime("%Y%m%d")


def _last_day(end: str = "end") -> pl.Expr:
    """Return the inclusive end of a half-open spell; open spells end with the version."""
    return _text_date((pl.col(end) - pl.duration(days=1)).fill_null(VERSION_END).cast(pl.Date))


def _parts_of_date(column: pl.Expr, year: str, month: str, day: str | None = None) -> list[pl.Expr]:
    parts = [
        column.dt.strftime("%Y").fill_null("----").alias(year),
        column.dt.strftime("%m").fill_null("--").alias(month),
    ]
    if day:
        parts.append(column.dt.strftime("%d").fill_null("--").alias(day))
    return parts


class Registers:
    """The registers of a country, damaged as declared; frames hold the delivered columns only."""

    def __init__(self, country: Country, damage: Damage, seed: int) -> None:
        self.country = country
        self.damage = damage
        self.seed = seed
        parameters = country.parameters
        self.country_labels = {
            f"{code:04d}": label
            for code, label in zip(parameters.country_code, parameters.country_label, strict=True)
        }
        inside = country.registration.filter(
            pl.col("end").is_null() | (pl.col("end") > REGISTER_START)
        )["person"].unique()
        # Three files need the incomes of a year.
        self.incomes = lru_cache(maxsize=4)(self._incomes)
        size = country.person.height
        self.in_register = pl.Series(np.isin(np.arange(size), inside.to_numpy()))

    # ---------------------------------------------------------------- keys

    @cached_property
    def person(self) -> pl.DataFrame:
        """Persons of the registers."""
        return self.country.person.filter(self.in_register)

    def _known(self, persons: pl.Series) -> pl.Series:
        """Whether persons (or null) are in the registers."""
        return self.in_register.gather(persons).fill_null(False)

    def _keyed(
        self, frame: pl.DataFrame, infix: str = "", column: str = "person", on: str | date = "start"
    ) -> pl.DataFrame:
        """Add the key pair of a person (null or not in the registers: type O and dashes).

        Somebody with two numbers has the second one in whatever happens from its day on; `on` is
        the column with that day, or one day for all rows.
        """
        number = self.damage.number(frame[column], frame[on] if isinstance(on, str) else on)
        known = self._known(frame[column])
        return frame.with_columns(
            pl.Series(f"RINPERSOONS{infix}", np.where(known, "R", "O")),
            number.zip_with(known, pl.Series([NO_NUMBER])).alias(f"RINPERSOON{infix}"),
        )

    def _since(self, spells: pl.DataFrame, start: date) -> pl.DataFrame:
        """Cut spells to what lies after a day, for persons of the registers."""
        spells = self.damage.split(spells)
        return spells.filter(
            self._known(spells["person"])
            & (pl.col("end").is_null() | (pl.col("end") > start))
            & (pl.col("start") <= VERSION_END)
        ).with_columns(pl.max_horizontal("start", pl.lit(start)).alias("start"))

    # ---------------------------------------------------------------- population

    def gbapersoon(self) -> pl.DataFrame:
        """One row per number."""
        person = self.person
        birth = self.damage.delivered_birth
        mother_birth = birth.gather(person["mother"]).fill_null(person["mother_birth_date"])
        father_birth = birth.gather(person["father"]).fill_null(person["father_birth_date"])
        own, mother, father = (
            pl.col(name)
            for name in ("birth_country", "mother_birth_country", "father_birth_country")
        )
        parent = pl.when(mother != HOME).then(mother).otherwise(father)
        frame = person.with_columns(
            delivered=birth.gather(person["person"]),
            mother_birth=mother_birth,
            father_birth=father_birth,
            imputed=self.damage.imputed_birth.gather(person["person"]),
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
                _parts_of_date(
                    pl.col(source),
                    f"GBAGEBOORTEJAAR{suffix}",
                    f"GBAGEBOORTEMAAND{suffix}",
                    f"GBAGEBOORTEDAG{suffix}",
                )
            )
        return self._each_number(frame)

    def _each_number(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give one row per number: twice for people with two numbers."""
        first = self._keyed(frame, on=date(1, 1, 1))
        twice = frame.filter(self.damage.has_second.gather(frame["person"]))
        second = self._keyed(twice, on=date(9999, 1, 1))
        return pl.concat([first, second])

    def gbaadresobject(self) -> pl.DataFrame:
        """Spells at an address."""
        frame = self._keyed(self._since(self.country.address_spell, REGISTER_START))
        return frame.with_columns(
            GBADATUMAANVANGADRESHOUDING=_text_date(pl.col("start")),
            GBADATUMEINDEADRESHOUDING=_last_day(),
            SOORTOBJECTNUMMER=pl.lit("B"),
            RINOBJECTNUMMER=_object_number(pl.col("address")),
        )

    def gbahuishoudens(self) -> pl.DataFrame:
        """Spells in a household of one composition at one address."""
        frame = self._keyed(self._since(self.country.household_spell, REGISTER_START))
        return frame.with_columns(
            DATUMAANVANGHH=_text_date(pl.col("start")),
            DATUMEINDEHH=_last_day(),
            HUISHOUDNR=pl.col("household"),
            TYPHH=pl.col("type"),
            PLHH=pl.col("place"),
            REFPERSOONHH=pl.when("is_reference").then(pl.lit("1")).otherwise(pl.lit("0")),
            AANTALPERSHH=pl.col("n_persons"),
            AANTALKINDHH=pl.col("n_children"),
            AANTALOVHH=pl.col("n_other"),
            IMPUTATIECODEHH=pl.lit("0"),
        ).with_columns(
            *_parts_of_date(
                pl.col("youngest_birth"), "GEBJAARJONGSTEKINDHH", "GEBMAANDJONGSTEKINDHH"
            ),
            *_parts_of_date(pl.col("oldest_birth"), "GEBJAAROUDSTEKINDHH", "GEBMAANDOUDSTEKINDHH"),
        )

    def gbaburgerlijkestaat(self) -> pl.DataFrame:
        """Spells in a civil status."""
        frame = self._keyed(self._since(self.country.civil_spell, REGISTER_START))
        return frame.with_columns(
            GBABURGERLIJKESTAATNW=pl.col("status"),
            GBAAANVANGBURGERLIJKESTAAT=_text_date(pl.col("start")),
            GBAEINDEBURGERLIJKESTAAT=_last_day(),
        )

    def gbaverbintenispartner(self) -> pl.DataFrame:
        """Marriages and partnerships, one row per partner in the registers."""
        union = self.country.union.filter(
            pl.col("kind").is_in(["marriage", "partnership"])
            & (pl.col("end").is_null() | (pl.col("end") > REGISTER_START))
        )
        sides = []
        for ego, alter in (("person_a", "person_b"), ("person_b", "person_a")):
            side = union.with_columns(person=pl.col(ego), alter=pl.col(alter))
            side = side.filter(self._known(side["person"]))
            sides.append(side)
        frame = pl.concat(sides)
        frame = frame.filter(~self.damage.is_unmirrored(frame))
        person, alter = self.country.person, frame["alter"]
        birth = self.damage.delivered_birth.gather(alter).fill_null(frame["partner_birth_date"])
        frame = self._keyed(self._keyed(frame), "VERBINTENISP", "alter")
        return frame.with_columns(
            AANVANGVERBINTENIS=_text_date(pl.col("start")),
            EINDEVERBINTENIS=pl.when(pl.col("end").is_null()).then(pl.lit("88888888"))
            .otherwise(_last_day()),
            TYPEVERBINTENIS=pl.when(pl.col("kind") == "marriage").then(pl.lit("H"))
            .otherwise(pl.lit("P")),
            REDENBEEINDIGINGVERBINTENIS=pl.col("end_reason").replace_strict(
                {"divorce": "S", "death": "O"}, default=None
            ),
            XKOPPELNRVERBINTENIS=pl.col("union").cast(pl.String).str.zfill(10),
            GBAGEBOORTELANDPARTNER=person["birth_country"].gather(alter)
            .fill_null(frame["partner_birth_country"]),
            GBAGESLACHTPARTNER=person["sex"].gather(alter).fill_null(frame["partner_sex"]),
            birth=birth,
        ).with_columns(
            _parts_of_date(pl.col("birth"), "GBAGEBOORTEJAARPARTNER", "GBAGEBOORTEMAANDPARTNER")
        )  # fmt: skip

    def kindouder(self, stale: bool = False) -> pl.DataFrame:
        """Parents, one row per child; the stale version misses the last year and some fathers."""
        frame = self.person.select("person", "birth_date", "mother", "father").rename(
            {"birth_date": "start"}
        )
        if stale:
            lost = generator(self.seed, "stale parents").random(frame.height) < 0.02
            frame = frame.with_columns(
                father=pl.when(pl.Series(~lost)).then(pl.col("father"))
            ).filter(pl.col("start") < date(LAST_YEAR, 1, 1))
        frame = self._keyed(self._keyed(frame, "pa", "father"), "Ma", "mother")
        return self._each_number(frame).with_columns(
            XKOPPELNUMMER=pl.when(
                (pl.col("RINPERSOONSpa") == "R") | (pl.col("RINPERSOONSMa") == "R")
            ).then(pl.lit("1")).otherwise(pl.lit("0"))
        )  # fmt: skip

    def gbaoverlijden(self) -> pl.DataFrame:
        """Deaths of residents, and those of former residents that were reported."""
        frame = self.person.filter(pl.col("death_date").is_not_null())
        last = self.country.registration.group_by("person").agg(pl.col("end_reason").last())
        frame = frame.join(last, on="person", how="left")
        heard = generator(self.seed, "deaths abroad").random(frame.height) < 0.3
        frame = frame.filter((pl.col("end_reason") == "death") | pl.Series(heard))
        return self._keyed(frame, on="death_date").with_columns(
            GBADatumOverlijden=_text_date(pl.col("death_date"))
        )

    def gbamigratie(self) -> pl.DataFrame:
        """Movements over the border, and entries and removals by the municipality."""
        kinds = {
            "immigration": "I",
            "administrative entry": "AO",
            "emigration": "E",
            "administrative removal": "AA",
        }
        spells = self.country.registration
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
        frame = frame.filter(self._known(frame["person"])).sort("person", "day")
        frame = self._keyed(frame, on="day").with_columns(
            end=pl.col("day").shift(-1).over("RINPERSOON")
        )
        return frame.with_columns(
            GBADATUMAANVANGMIGRATIE=_text_date(pl.col("day")),
            GBADATUMEINDEMIGRATIE=_last_day(),
            GBASOORTMIGRATIE=pl.col("reason").replace_strict(kinds),
            GBALANDHERKOMST=pl.when(pl.col("reason") == "administrative entry")
            .then(pl.lit("0000")).otherwise(pl.col("GBALANDHERKOMST")),
        )  # fmt: skip

    # ---------------------------------------------------------------- education

    def hoogsteopl(self, year: int) -> pl.DataFrame:
        """Highest attained and followed level on 1 October, where the register knows it."""
        day = date(year, 10, 1)
        alive = self._registered(day)
        steps = self.country.education_spell.filter(
            (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        )
        frame = alive.join(steps, on="person", how="inner").filter(
            pl.col("birth_date") <= date(year - 15, 10, 1)
        )
        frame = frame.filter(~self.damage.education_unknown.gather(frame["person"]))
        rng = generator(self.seed, "education register")
        size = self.country.person.height
        field, sampled = rng.integers(1, 11, size), rng.random(size)
        weight = np.round(rng.uniform(2, 40, size), 4)
        who = frame["person"].to_numpy()
        # People who left school before the registers are known from the labour force survey.
        is_sampled = pl.Series(sampled[who] < 0.3) & (frame["birth_date"] < date(1965, 1, 1))
        source = pl.when(is_sampled).then(pl.lit("03")).when(
            pl.col("level_attained").str.starts_with("3")
        ).then(pl.lit("01")).otherwise(pl.lit("02"))  # fmt: skip
        direction = pl.Series(field[who]).cast(pl.String).str.zfill(2)
        hb, hg = pl.col("level_attained"), pl.col("level_followed")
        return self._keyed(frame, on=day).with_columns(
            # Assumed: the first four digits of a programme number are its level (SOI).
            OPLNRHB=hb + direction,
            OPLNRHG=hg + direction,
            GEWICHTHOOGSTEOPL=pl.when(is_sampled).then(pl.Series(weight[who])).otherwise(1.0),
            BRONOPLARCHIEFHB=source,
            BRONOPLARCHIEFHG=source,
            RGEBB=pl.when(is_sampled).then(pl.lit("1")).otherwise(pl.lit("0")),
            OPLNIVSOI2016AGG4HBMETNIRWO=hb,
            OPLNIVSOI2016AGG4HGMETNIRWO=hg,
            RICHTDETAILISCEDF2013HBMETNIRWO=direction + "00",
            RICHTDETAILISCEDF2013HGMETNIRWO=direction + "00",
            OPLNIVSOI2021AGG4HBmetNIRWO=hb,
            OPLNIVSOI2021AGG4HGmetNIRWO=hg,
            RICHTSOI2021SCEDF2013HBNIRWO=direction + "00",
            RICHTSOI2021SCEDF2013HGNIRWO=direction + "00",
        )

    def _registered(self, day: date) -> pl.DataFrame:
        """Persons registered on a day, with their birth date."""
        current = self.country.registration.filter(
            (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        )
        return current.select("person").join(
            self.person.select("person", "birth_date"), on="person", how="inner"
        )

    # ---------------------------------------------------------------- income

    def secm(self) -> pl.DataFrame:
        """Main sources of income while registered, with a flag per source."""
        frame = self._keyed(self._since(self.country.income_source_spell, SOURCE_START))
        second = generator(self.seed, "second source").random(frame.height)
        codes = [code for flag in SOURCE_FLAGS.values() for code in flag]
        active = pl.col("SECM").is_in(["11", "21", "24", "25", "26"])
        # Some have wages beside their main source.
        return frame.with_columns(
            AANVSECM=_text_date(pl.col("start")),
            EINDSECM=_last_day(),
            SECM=pl.col("secm"),
        ).with_columns(
            pl.when(
                pl.col("SECM").is_in(sources)
                | ((flag == "XKOPPELWERKNSECM") & active & pl.Series(second < 0.12))
            )
            .then(pl.lit("1"))
            .alias(flag)
            for flag, sources in SOURCE_FLAGS.items()
            if set(sources) <= set(codes)
        )

    def persoonink(self, year: int) -> pl.DataFrame:
        """Personal income of the people registered on 31 December, series until 2010."""
        day = date(year, 12, 31)
        frame = self._registered(day).join(
            self.country.income_year.filter(pl.col("year") == year), on="person", how="left"
        )
        unknown = self._unknown_income(frame, day)
        return self._keyed(frame, on=day).with_columns(
            pl.when(unknown).then(UNKNOWN_9)
            .otherwise(pl.col(source).fill_null(0).clip(-500_000, 1_000_000)).alias(name)
            for name, source in (("PERSBRUT", "gross"), ("PERSINK", "personal"),
                                 ("PERSPRIM", "primary"))
        )  # fmt: skip

    def _unknown_income(self, frame: pl.DataFrame, day: date) -> pl.Series:
        """Whether income is unknown: in an institution, or unknown to the tax office."""
        institution = self._households(day).filter(pl.col("type") == "8")["person"]
        size = self.country.person.height
        lost = generator(self.seed, "unknown income", day.year).random(size) < 0.004
        lost[institution.to_numpy()] = True
        return pl.Series(lost[frame["person"].to_numpy()])

    def _households(self, day: date) -> pl.DataFrame:
        return self.country.household_spell.filter(
            (pl.col("start") <= day) & (pl.col("end").is_null() | (pl.col("end") > day))
        )

    def _incomes(self, year: int) -> pl.DataFrame:
        """Persons of 1 January with income, household and main earner of that day."""
        day = date(year, 1, 1)
        frame = (
            self._registered(day)
            .join(self._households(day).drop("start", "end"), on="person", how="inner")
            .join(self.country.income_year.filter(pl.col("year") == year), on="person", how="left")
            .join(self._source_of_year(year), on="person", how="left")
        )
        amounts = ["wage", "profit", "benefit", "pension", "primary", "gross", "personal", "tax",
                   "disposable"]  # fmt: skip
        frame = frame.with_columns(pl.col(amounts).fill_null(0).cast(pl.Int64))
        frame = frame.with_columns(unknown=self._unknown_income(frame, day))
        adult = pl.col("birth_date") <= date(year - 18, 1, 1)
        earner = (
            frame.sort(~adult, "unknown", -pl.col("personal"), ~pl.col("is_reference"), "person")
            .group_by("household", maintain_order=True)
            .agg(earner=pl.col("person").first(), household_unknown=pl.col("unknown").any())
        )
        return frame.join(earner, on="household", how="left").sort("person")

    def _source_of_year(self, year: int) -> pl.DataFrame:
        """Category on 1 July, else the last of the year."""
        low, high = date(year, 1, 1), date(year, 12, 31)
        spells = self.country.income_source_spell.filter(
            (pl.col("start") <= high) & (pl.col("end").is_null() | (pl.col("end") > low))
        )
        middle = date(year, 7, 1)
        at_middle = (pl.col("start") <= middle) & (
            pl.col("end").is_null() | (pl.col("end") > middle)
        )
        return (
            spells.sort("person", at_middle, "start")
            .group_by("person", maintain_order=True)
            .agg(pl.col("secm").last())
        )

    def inpa(self, year: int) -> pl.DataFrame:
        """Personal income of the people registered on 1 January, series from 2011."""
        frame = self.incomes(year)
        minor = pl.col("birth_date") > date(year - 18, 1, 1)
        unknown = pl.col("unknown")
        institution = pl.col("type") == "8"
        price = 1.021 ** (year - 2003)
        aow = pl.when(pl.col("pension") > 0).then(
            pl.min_horizontal("pension", pl.lit(round(9800 * price)))
        ).otherwise(0)  # fmt: skip
        is_earner = pl.col("person") == pl.col("earner")
        children = pl.col("n_children").cast(pl.Int64)
        receives = is_earner & (children > 0)
        is_civil_servant = pl.col("person") % 11 == 0

        def benefit(*codes: str) -> pl.Expr:
            return pl.when(pl.col("secm").is_in(codes)).then(pl.col("benefit")).otherwise(0)

        amounts = {
            "INPPERSBRUT": pl.col("gross"),
            "INPPERSINK": pl.col("personal"),
            "INPPERSPRIM": pl.col("primary"),
            "INPBELI": (pl.col("personal") * 0.97).round().cast(pl.Int64),
            "INPT1000WER": pl.col("wage"),
            "INPT1020AMB": pl.when(is_civil_servant).then(pl.col("wage")).otherwise(0),
            "INPT2070WIN": pl.col("profit"),
            "INPT5210WW": benefit("21"),
            "INPT5240AO": benefit("24"),
            "INPT5260AOW": aow,
            "INPT5280PEN": pl.col("pension") - aow,
            "INPT6320KB": pl.when(receives).then(children * 950).otherwise(0),
            "INPT6325KGB": pl.when(receives & (pl.col("personal") < 28_000))
            .then(children * 1_200).otherwise(0),
            "INPT6330STU": benefit("26"),
            "INPT7340HRS": pl.when(is_earner & pl.col("personal").is_between(1, 20_000))
            .then(1_900).otherwise(0),
            "INPV3900INK": pl.col("tax"),
        }  # fmt: skip

        def coded(value: pl.Expr) -> pl.Expr:
            return (
                pl.when(institution).then(pl.lit("8")).when(unknown).then(pl.lit("9"))
                .otherwise(value)
            )  # fmt: skip

        def flag(condition: pl.Expr) -> pl.Expr:
            return pl.when(condition).then(pl.lit("1")).otherwise(pl.lit("0"))

        def percentile(column: str) -> pl.Expr:
            valid = ~unknown & (pl.col("gross") != 0)
            rank = pl.when(valid).then(pl.col(column)).rank("ordinal")
            share = (rank.cast(pl.Int64) * 100 - 1) // valid.sum() + 1
            return (
                pl.when(institution).then(-2).when(unknown | (pl.col("gross") == 0)).then(-1)
                .otherwise(share)
            )  # fmt: skip

        has_partner = pl.col("place").is_in(["03", "04", "05", "06"])
        frame = self._keyed(frame, on=date(year, 1, 1)).with_columns(
            INPEMEZ=coded(flag(pl.col("primary") * 0.87 >= 11_500 * price)),
            INPEMFO=coded(flag(pl.col("personal") >= 11_500 * price)),
            INPPINK=pl.when(unknown).then(pl.lit("9")).otherwise(flag(pl.col("gross") != 0)),
            INPPOSHHK=pl.when(institution).then(pl.lit("8"))
            .when(is_earner & ~has_partner).then(pl.lit("1"))
            .when(is_earner).then(pl.lit("2"))
            .when(pl.col("place").is_in(["04", "06"])).then(pl.lit("3"))
            .when(has_partner).then(pl.lit("4"))
            .when((pl.col("place") == "01") & minor).then(pl.lit("5"))
            .when(pl.col("place") == "01").then(pl.lit("6"))
            .otherwise(pl.lit("7")),
            INPP100PBRUT=percentile("gross"),
            INPP100PPERS=percentile("personal"),
            INPSECJ=pl.col("secm"),
            INPTYPZLF=pl.col("secm").replace_strict(
                {"13": "11", "14": "12", "12": "13"}, default="00"
            ),
            INPKMUTH=pl.lit("0"),
        )  # fmt: skip
        return frame.with_columns(
            pl.when(unknown).then(UNKNOWN_10).otherwise(value).alias(name)
            for name, value in amounts.items()
        )

    def inha(self, year: int) -> pl.DataFrame:
        """Household income: the sum over the members of 1 January, keyed on the main earner."""
        members = self.incomes(year).with_columns(
            adult=pl.col("birth_date") <= date(year - 18, 1, 1),
            old=pl.col("birth_date") <= date(year - 66, 1, 1),
        )
        arrival = self.country.person.select(
            earner="person",
            arrival=pl.col("first_arrival_date"),
            income_draw=pl.col("trait_integration"),
        )
        source = members.select(earner="person", main_source="secm")
        frame = (
            members.group_by("household", maintain_order=True)
            .agg(
                person=pl.col("earner").first(),
                INHBRUTINKH=pl.col("gross").sum(),
                INHPRIMINKH=pl.col("primary").sum(),
                disposable=pl.col("disposable").sum(),
                INHAHL=pl.len(),
                INHAHLMI=(pl.col("gross") != 0).sum(),
                adults=pl.col("adult").sum(),
                old=pl.col("old").sum(),
                type=pl.col("type").first(),
                address=pl.col("address").first(),
                unknown=pl.col("household_unknown").first(),
            )
            .with_columns(earner="person")
            .join(arrival, on="earner", how="left")
            .join(source, on="earner", how="left")
            .sort("person")
        )
        institution, unknown = pl.col("type") == "8", pl.col("unknown")
        minors = pl.col("INHAHL").cast(pl.Int64) - pl.col("adults")
        equivalised = pl.col("disposable") / (
            1 + 0.5 * (pl.col("adults").cast(pl.Int64) - 1).clip(0) + 0.3 * minors
        )
        valid = ~unknown & ~institution
        frame = frame.with_columns(
            equivalised=equivalised, tenure=(pl.col("address") * 7919) % 1000
        )
        line = 0.6 * pl.when(valid).then(pl.col("equivalised")).median()
        ratio = (pl.col("equivalised") / line * 100).round().clip(0, 9_999).cast(pl.Int64)

        def percentile(column: str) -> pl.Expr:
            rank = pl.when(valid).then(pl.col(column)).rank("ordinal")
            return (
                pl.when(institution).then(-3).when(unknown).then(-1)
                .otherwise((rank.cast(pl.Int64) * 100 - 1) // valid.sum() + 1)
            )  # fmt: skip

        on_benefit = pl.col("main_source").is_in(["21", "22", "23", "24"])
        recent = pl.col("arrival") > date(year - 3, 1, 1)
        owner = pl.col("tenure") < (pl.col("equivalised") / 60).clip(80, 850)
        poor = pl.col("equivalised") < 19_000
        composition = (
            pl.when(institution).then(pl.lit("88"))
            .otherwise(pl.col("type").replace_strict(
                {"1": "11", "2": "22", "3": "21", "4": "32", "5": "31", "6": "41", "7": "51"},
                default="88",
            ))
        )  # fmt: skip
        frame = frame.with_columns(
            INHARMEUR=pl.when(institution).then(-3).when(unknown).then(-1).otherwise(ratio),
            INHARMEURL=pl.when(institution).then(-3).when(unknown).then(-1).when(recent).then(-4)
            .otherwise(ratio),
            INHBBIHJ=pl.when(unknown).then(pl.lit("99")).otherwise(
                pl.col("main_source").replace({"15": "14", "31": "99", "32": "99"}).fill_null("99")
            ),
            INHEHALGR=pl.when(institution).then(pl.lit("8")).when(unknown).then(pl.lit("9"))
            .when(owner).then(pl.lit("1")).when(poor).then(pl.lit("3")).otherwise(pl.lit("2")),
            INHPOPIIV=pl.when(institution).then(pl.lit("8")).when(unknown).then(pl.lit("9"))
            .when(pl.col("main_source") == "26").then(pl.lit("2")).otherwise(pl.lit("1")),
            INHSAMHH=composition,
            INHSAMAOW=pl.when(institution).then(pl.lit("88"))
            .when(pl.col("old") == 0).then(pl.lit("10"))
            .when(pl.col("old") == pl.col("adults")).then(pl.lit("30")).otherwise(pl.lit("20")),
            INHUAF=pl.when(on_benefit).then(pl.lit("1")).otherwise(pl.lit("0")),
            INHUAFL=pl.when(on_benefit & ~recent.fill_null(False)).then(pl.lit("1"))
            .otherwise(pl.lit("0")),
            INHUAFTYP=pl.when(on_benefit).then(pl.col("main_source")).otherwise(pl.lit("00")),
            INHP100HBEST=percentile("disposable"),
            INHP100HGEST=percentile("equivalised"),
            INHP100HPRIM=percentile("INHPRIMINKH"),
            INHBRUTINKH=pl.when(unknown).then(UNKNOWN_10).otherwise(pl.col("INHBRUTINKH")),
            INHPRIMINKH=pl.when(unknown).then(UNKNOWN_10).otherwise(pl.col("INHPRIMINKH")),
        )  # fmt: skip
        return self._keyed(frame, "HKW", on=date(year, 1, 1))

    def koppelpersoonhuishouden(self, year: int) -> pl.DataFrame:
        """Which main earner's household a person belonged to on 1 January."""
        day = date(year, 1, 1)
        frame = self.incomes(year).select("person", "earner")
        return self._keyed(self._keyed(frame, on=day), "HKW", "earner", on=day)

    # ---------------------------------------------------------------- places

    def vslgwb(self) -> pl.DataFrame:
        """Municipality, district and neighbourhood of every address, a column per year.

        Dashes before the year in which somebody first lived at the address.
        """
        size = self.country.parameters.rates["geography"]["addresses_per_neighbourhood"]
        first = self.country.address_spell.group_by("address").agg(
            built=pl.col("start").min().dt.year()
        )
        frame = self.country.address.join(first, on="address", how="left").with_columns(
            rank=pl.col("address").rank("ordinal").over("municipality") - 1
        )
        quarter = pl.col("rank") // size
        frame = frame.with_columns(
            SOORTOBJECTNUMMER=pl.lit("B"),
            RINOBJECTNUMMER=_object_number(pl.col("address")),
            wc=pl.col("municipality") + (quarter // 5 % 100).cast(pl.String).str.zfill(2),
        ).with_columns(bc=pl.col("wc") + (quarter % 5).cast(pl.String).str.zfill(2))
        return frame.with_columns(
            pl.when(pl.col("built") <= year)
            .then(pl.col(source))
            .otherwise(pl.lit("-" * width))
            .alias(f"{name}{year}")
            for year in AREA_YEARS
            for name, source, width in (
                ("gem", "municipality", 4),
                ("wc", "wc", 6),
                ("bc", "bc", 8),
            )
        )

    # ---------------------------------------------------------------- files

    def extracts(self) -> Iterator[Extract]:
        """Yield the files to deliver, largest first."""
        yield self._extract("GBAHUISHOUDENSBUS", "GBAHUISHOUDENS2023BUSV1", self.gbahuishoudens)
        yield self._extract("SECMBUS", "SECMBUS2023V1", self.secm)
        yield self._extract("GBAADRESOBJECTBUS", "GBAADRESOBJECT2023BUSV1", self.gbaadresobject)
        yield self._extract("VSLGWBTAB", "VSLGWB2023TAB03V1", self.vslgwb)
        yield self._extract("GBAPERSOONTAB", "GBAPERSOON2023TABV2", self.gbapersoon)
        yield self._extract(
            "GBABURGERLIJKESTAATBUS", "GBABURGERLIJKESTAAT2023BUSV1", self.gbaburgerlijkestaat
        )
        yield self._extract(
            "GBAVERBINTENISPARTNERBUS", "GBAVERBINTENISPARTNER2023BUSV1",
            self.gbaverbintenispartner,
        )  # fmt: skip
        yield self._extract("KINDOUDERTAB", "KINDOUDER2023TABV10", self.kindouder)
        yield self._extract("KINDOUDERTAB", "KINDOUDER2023TABV2", lambda: self.kindouder(True))
        yield self._extract("GBAOVERLIJDENTAB", "GBAOVERLIJDEN2023TABV1", self.gbaoverlijden)
        yield self._extract("GBAMIGRATIEBUS", "GBAMIGRATIE2023BUSV1", self.gbamigratie)
        for year in range(2011, LAST_YEAR + 1):
            link = f"KOPPELPERSOONHUISHOUDEN{year}" + ("V1" if year >= 2019 else "")
            for register, name, make in (
                ("INPATAB", f"INPA{year}TABV2", self.inpa),
                ("INHATAB", f"INHA{year}TABV2", self.inha),
                ("KOPPELPERSOONHUISHOUDEN", link, self.koppelpersoonhuishouden),
            ):
                yield self._extract(register, name, lambda make=make, year=year: make(year), year)
        for year in range(2003, 2011):
            yield self._extract(
                "PERSOONINK",
                f"PERSOONINK{year}TABV3",
                lambda year=year: self.persoonink(year),
                year,
            )
        for year in range(1999, LAST_YEAR + 1):
            # Until 2012 names began with the date of making, here 1 October two years later.
            name = (
                f"{(year + 2) % 100:02d}1001 HOOGSTEOPLTAB {year}V1"
                if year < 2013
                else f"HOOGSTEOPL{year}TABV{2 if year in (2019, 2020) else 1}"
            )
            yield self._extract(
                "HOOGSTEOPLTAB", name, lambda year=year: self.hoogsteopl(year), year
            )

    def _extract(self, register, name, frame, year: int = LAST_YEAR) -> Extract:
        definition = register_layouts()["registers"][register]
        folder = f"{definition['theme']}/{definition.get('folder', register)}"
        if definition.get("per_year_folder"):
            folder = f"{folder}/{year}"
        return Extract(
            register, folder, name, year, layout(register, year, self.country_labels), frame
        )


def _object_number(address: pl.Expr) -> pl.Expr:
    """Return address keys of twelve digits that carry no order."""
    return (
        ((address.cast(pl.UInt64) + 1) * 7_368_787 % 999_999_000_001).cast(pl.String).str.zfill(12)
    )
