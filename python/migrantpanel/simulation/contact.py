"""Contact files for an office that links: names and addresses, and what interviewers noted of them.

Written only when asked for. Everything here is assumed (`parameters/names.yaml`, `contact.yaml`):
names handed down from fathers, given names by origin, addresses that look like addresses; and in
the survey's file the nicknames, typing errors, other spellings of names from other scripts, names
of husbands, former addresses and mistaken birth dates that make linking hard.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.registers import Extract, layout
from migrantpanel.simulation.registers.keys import LAST_YEAR, object_number

ALPHABET = np.array(list("abcdefghijklmnopqrstuvwxyz"))
WOMAN = "2"
# Names and parts of names are taken less often the later they stand in their list.
FALL = 0.6


def contact_extracts(country: Country, respondents: pl.DataFrame, seed: int) -> Iterator[Extract]:
    """Yield the files of names, of addresses, and of the contacts with respondents.

    `country` is that of the truth, with second_rin and in_register beside each person;
    `respondents` that of the surveys: survey, survey_year, respondent_key, person, interview_date.
    """
    rows: dict[str, Callable[[], pl.DataFrame]] = {
        "PERSOONNAAM": partial(person_names, country, seed),
        "ADRESNAAM": partial(address_names, country),
        "ENQUETECONTACT": partial(survey_contacts, country, respondents, seed),
    }
    for name, frame in rows.items():
        columns = layout(f"{name}TAB", LAST_YEAR, {})
        yield Extract(
            f"{name}TAB", f"Contact/{name}TAB", f"{name}{LAST_YEAR}TABV1", LAST_YEAR, columns, frame
        )


# -------------------------------------------------------------------- names


def names(country: Country, seed: int) -> pl.DataFrame:
    """Return per person the given names and the family name, in the order of persons."""
    person = country.person
    first, second, family = (np.full(person.height, "", dtype=object) for _ in range(3))
    ancestor = _name_giver(person)
    # People are named for where they or their parents come from, natives for here.
    group = person["origin"].to_numpy()
    rng = generator(seed, "contact", "names")
    drawn = [rng.random(person.height) for _ in range(5)]
    for origin, lists in parameter_file("names.yaml")["origins"].items():
        here = np.flatnonzero(group == origin)
        for sex, given in (("1", lists["men"]), ("2", lists["women"])):
            rows = here[(person["sex"].to_numpy() == sex)[here]]
            first[rows] = _pick(given, drawn[0][rows])
            second[rows] = _pick(given, drawn[1][rows])
        parts = [
            _pick(lists[part], drawn[i][here], fall)
            for i, part, fall in ((2, "before", 0.0), (3, "roots", FALL), (4, "after", 0.0))
        ]
        family[here] = [_joined(*name) for name in zip(*parts, strict=True)]
    has_second = rng.random(person.height) < parameter_file("names.yaml")["second_given_name"]
    return pl.DataFrame(
        {
            "person": person["person"],
            "first": first.tolist(),
            "second": np.where(has_second & (first != second), second, "").tolist(),
            "family": family[ancestor].tolist(),
        },
        schema_overrides={"first": pl.String, "second": pl.String, "family": pl.String},
    )


def _name_giver(person: pl.DataFrame) -> np.ndarray:
    """Return the row of the oldest known ancestor in the line of names: father, else mother."""
    own = np.arange(person.height)
    parent = person["father"].fill_null(person["mother"]).fill_null(pl.Series(own)).to_numpy()
    while True:
        older = parent[parent]
        if np.array_equal(older, parent):
            return parent
        parent = older


def _pick(words: list[str], draw: np.ndarray, fall: float = FALL) -> np.ndarray:
    weight = 1 / np.arange(1, len(words) + 1) ** fall
    place = np.searchsorted(np.cumsum(weight / weight.sum()), draw, side="right")
    return np.array(words, dtype=object)[np.minimum(place, len(words) - 1)]


def _joined(before: str, root: str, after: str) -> str:
    """Put the parts of a family name together: one word unless the first part ends in a space."""
    glued = before and not before.endswith((" ", "-"))
    return f"{before}{root.lower() if glued else root}{after}"


def _partner_names(country: Country, name: pl.DataFrame) -> pl.DataFrame:
    """Return per person the family name of the partner of the last registered union."""
    union = country.union.filter(pl.col("kind") != "cohabitation")
    sides = pl.concat(
        union.select(person=ego, partner=alter, start="start")
        for ego, alter in (("person_a", "person_b"), ("person_b", "person_a"))
    )
    last = sides.drop_nulls().sort("person", "start").unique("person", keep="last")
    family = name.select(partner="person", partner_family="family")
    return last.join(family, on="partner", how="left").select("person", "partner_family")


def person_names(country: Country, seed: int) -> pl.DataFrame:
    """Names of everybody in the registers, one row per number."""
    name = names(country, seed)
    partner = _partner_names(country, name)
    frame = (
        country.person.filter("in_register")
        .select("person", "rin", "second_rin")
        .join(name, on="person", how="left", maintain_order="left")
        .join(partner, on="person", how="left", maintain_order="left")
        .with_columns(
            VOORNAMEN=(pl.col("first") + " " + pl.col("second")).str.strip_chars(),
            GESLACHTSNAAM="family",
            GESLACHTSNAAMPARTNER="partner_family",
        )
    )
    return pl.concat(
        frame.filter(pl.col(number).is_not_null()).with_columns(
            RINPERSOONS=pl.lit("R"), RINPERSOON=number
        )
        for number in ("rin", "second_rin")
    )


# -------------------------------------------------------------------- addresses


def addresses(country: Country) -> pl.DataFrame:
    """Return street, house number and postcode of every address: made of its number and place."""
    streets = parameter_file("names.yaml")["streets"]
    named = [f"{root}{after}" for root in streets["roots"] for after in streets["after"]]
    # About thirty homes to a street; a street lies in one neighbourhood and has one postcode.
    number = pl.int_range(pl.len()).over("municipality", "neighbourhood")
    street = number // 30
    place = pl.struct("municipality", "neighbourhood").rank("dense").cast(pl.Int64)
    letters = (place * 7919 + street * 104_729) % (26 * 26)
    return country.address.sort("address").with_columns(
        STRAATNAAM=((place * 31 + street * 17) % len(named)).replace_strict(
            dict(enumerate(named)), return_dtype=pl.String
        ),
        HUISNUMMER=(number % 30 * 2 + 1 + street % 2).cast(pl.String),
        POSTCODE=(1000 + place % 9000).cast(pl.String)
        + (letters // 26).replace_strict(dict(enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
        + (letters % 26).replace_strict(dict(enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))),
    )


def address_names(country: Country) -> pl.DataFrame:
    """Street, house number and postcode of the address objects."""
    return addresses(country).with_columns(
        SOORTOBJECTNUMMER=pl.lit("B"), RINOBJECTNUMMER=object_number(pl.col("address"))
    )


# -------------------------------------------------------------------- what interviewers noted


def survey_contacts(country: Country, respondents: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Name, sex, birth date and address of every respondent, as they were noted."""
    rates = parameter_file("contact.yaml")
    rng = generator(seed, "contact", "survey")
    name = names(country, seed)
    known = (
        respondents.sort("survey_year", "survey", "respondent_key")
        .join(
            country.person.select("person", "sex", "birth_date", "origin"),
            on="person", how="left", maintain_order="left",
        )
        .join(name, on="person", how="left", maintain_order="left")
        .join(_partner_names(country, name), on="person", how="left", maintain_order="left")
    )  # fmt: skip
    known = _noted_address(country, known, rates["address"], rng)
    first, family = _noted_names(known, rates["names"], rng)
    sex = pl.Series(rng.random(known.height) < rates["sex_wrong"])
    other_sex = known["sex"].replace_strict({"1": "2", "2": "1"})
    return known.with_columns(
        VOORNAAM=first,
        ACHTERNAAM=family,
        GESLACHT=other_sex.zip_with(sex, known["sex"]),
        GEBDATUM=_noted_birth(known["birth_date"], rates["birth_date"], rng),
        ENQUETE="survey",
        ENQUETEJAAR=pl.col("survey_year").cast(pl.String),
        RESPONDENTNR="respondent_key",
    )


def _noted_names(
    known: pl.DataFrame, rates: dict, rng: np.random.Generator
) -> tuple[pl.Series, pl.Series]:
    """Return first and family names with nicknames, names of husbands, other spellings, errors."""
    words = parameter_file("names.yaml")
    foreign = known["origin"].is_in(words["transliterated"]).to_numpy()
    woman = (known["sex"] == WOMAN).to_numpy()
    first, family = known["first"].to_list(), known["family"].to_list()
    partner = known["partner_family"].to_list()
    draw = {rate: rng.random(known.height) < share for rate, share in rates.items()
            if rate != "transliterated"}  # fmt: skip
    spelled = rng.random((2, known.height)) < rates["transliterated"]
    for i in range(known.height):
        if draw["nickname"][i]:
            first[i] = words["nicknames"].get(first[i], first[i])
        if woman[i] and partner[i]:
            if draw["partner_name"][i]:
                family[i] = partner[i]
            elif draw["double_name"][i]:
                family[i] = f"{partner[i]}-{family[i]}"
        if foreign[i] and spelled[0, i]:
            first[i] = _respelled(first[i], words["transliteration"], rng)
        if foreign[i] and spelled[1, i]:
            family[i] = _respelled(family[i], words["transliteration"], rng)
        if draw["typing_error_first"][i]:
            first[i] = _mistyped(first[i], rng)
        if draw["typing_error_family"][i]:
            family[i] = _mistyped(family[i], rng)
        if draw["only_initial"][i]:
            first[i] = first[i][0]
        if draw["swapped"][i]:
            first[i], family[i] = family[i], first[i]
    return pl.Series(first, dtype=pl.String), pl.Series(family, dtype=pl.String)


def _respelled(name: str, pairs: list[list[str]], rng: np.random.Generator) -> str:
    """Write one sound of a name in other letters."""
    lower = name.lower()
    fitting = [pair for pair in pairs if pair[0] in lower[1:]]
    if not fitting:
        return name
    sound, other = fitting[rng.integers(len(fitting))]
    at = lower.index(sound, 1)
    return name[:at] + other + name[at + len(sound) :]


def _mistyped(name: str, rng: np.random.Generator) -> str:
    """Leave out, double, replace or exchange one letter behind the first."""
    if len(name) < 3:
        return name
    at, kind = rng.integers(1, len(name) - 1), rng.integers(4)
    letter = ALPHABET[rng.integers(26)]
    return {
        0: name[:at] + name[at + 1 :],
        1: name[:at] + name[at] + name[at:],
        2: name[:at] + letter + name[at + 1 :],
        3: name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    }[int(kind)]


def _noted_birth(birth: pl.Series, rates: dict, rng: np.random.Generator) -> pl.Series:
    """Return birth dates as YYYYMMDD: some with day and month exchanged, a digit wrong, or none."""
    frame = pl.DataFrame({"birth": birth}).with_columns(
        swapped=pl.Series(rng.random(len(birth)) < rates["day_month_swapped"]),
        wrong=pl.Series(rng.random(len(birth)) < rates["digit_wrong"]),
        absent=pl.Series(rng.random(len(birth)) < rates["missing"]),
        shift=pl.Series(rng.integers(1, 10, len(birth))),
    )
    day = pl.col("birth").dt.day()
    can_swap = pl.col("swapped") & (day <= 12)
    other_day = (day - 1 + pl.col("shift")) % 28 + 1
    return frame.select(
        pl.when("absent").then(pl.lit(""))
        .when(can_swap).then(pl.col("birth").dt.strftime("%Y%d%m"))
        .when("wrong").then(
            pl.col("birth").dt.strftime("%Y%m") + other_day.cast(pl.String).str.zfill(2)
        )
        .otherwise(pl.col("birth").dt.strftime("%Y%m%d"))
    ).to_series()  # fmt: skip


def _noted_address(
    country: Country, known: pl.DataFrame, rates: dict, rng: np.random.Generator
) -> pl.DataFrame:
    """Add street, number and postcode of the address on the day of the interview, or the former."""
    spells = (
        country.address_spell.join(known.select("person").unique(), on="person", how="semi")
        .sort("person", "start")
        .with_columns(former=pl.col("address").shift(1).over("person"))
    )
    at = known.with_row_index("row").sort("interview_date").join_asof(
        spells.sort("start"), left_on="interview_date", right_on="start", by="person",
        check_sortedness=False,
    ).sort("row")  # fmt: skip
    late = pl.Series(rng.random(known.height) < rates["former"])
    lived = at.select(
        pl.when(late & pl.col("former").is_not_null()).then("former").otherwise("address")
        .alias("address")
    )  # fmt: skip
    written = lived.join(
        addresses(country).select("address", "STRAATNAAM", "HUISNUMMER", "POSTCODE"),
        on="address", how="left", maintain_order="left",
    )  # fmt: skip
    wrong = pl.Series(rng.random(known.height) < rates["number_wrong"])
    absent = pl.Series(rng.random(known.height) < rates["postcode_missing"])
    return known.hstack(
        written.select(
            "STRAATNAAM",
            HUISNUMMER=pl.when(wrong)
            .then((pl.col("HUISNUMMER").cast(pl.Int64) + 2).cast(pl.String))
            .otherwise("HUISNUMMER"),
            POSTCODE=pl.when(~absent).then("POSTCODE"),
        )
    )
