"""How the simulated population looks beside published totals: the same numbers of both.

Shares and rates are compared, not counts: the simulated country is small. Its oversampling is
undone, so that a person stands for as many people as the parameters declare.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from migrantpanel.simulation.parameters import parameter_table
from migrantpanel.simulation.published import (
    QUANTILES,
    published_totals,
    weighted_quantiles,
)
from migrantpanel.simulation.school import TRACK

CITY, DAY, SCHOOL_YEAR = "0363", "2019-01-01", 2018
KINDS_OF_TRACK = ("practical", "vmbo", "vmbo", "havo", "vwo")
LAST_GENERAL_GRADE = 2
WESTERN = ("POL", "YUG")
# Fewer simulated people of one kind say too little to be shown.
FEWEST_PERSONS = 30

_RESIDENT = f"""
    with on_paper as (
        select person from '{{truth}}/registration.parquet'
        where start <= date '{DAY}' and ("end" is null or "end" > date '{DAY}')
    ),
    home as (
        select person, municipality, address from '{{truth}}/address_spell.parquet'
        where start <= date '{DAY}' and ("end" is null or "end" > date '{DAY}')
    )
    select
        person.person, person.sex, person.origin, home.municipality, home.address,
        date_diff('year', person.birth_date, date '{DAY}')
        - (strftime(person.birth_date, '%m%d') > strftime(date '{DAY}', '%m%d'))::int as age,
        {{represented}} / factor.factor as weight,
        case
            when person.generation = '0' then 'NL'
            when person.origin in {WESTERN} then 'western'
            when person.origin != 'OTH' then 'nonwestern'
            when country.western = '1' then 'western' else 'nonwestern'
        end as wide_background
    from '{{truth}}/person.parquet' as person
    inner join on_paper on person.person = on_paper.person
    left join home on person.person = home.person
    inner join factor on person.origin = factor.origin
    left join country on country.code = case
        when person.birth_country != '6030' then person.birth_country
        when person.mother_birth_country != '6030' then person.mother_birth_country
        else person.father_birth_country end
"""
# One statement per topic: category, background, sex, simulated number, simulated persons.
_TOPICS = {
    "age": """
        select least(age // 5 * 5, 95), origin, sex, sum(weight), count(*)
        from {people} group by all""",
    "household": """
        select case when type = '1' then 'single' when type in ('4', '5', '6')
               then 'with_children' else 'without_children' end,
               '', '', sum(weight / n_persons), count(*)
        from {people} inner join household using (person)
        where type != '8' group by all""",
    "civil_status": """
        select case when status = 'O' then 'never_married' when status in ('H', 'P')
               then 'married' when status in ('S', 'SP') then 'divorced' else 'widowed' end,
               '', '', sum(weight), count(*)
        from {people} inner join civil using (person) group by all""",
    "education": """
        select case level_attained[1] when '1' then 'low' when '2' then 'middle' else 'high' end,
               '', '', sum(weight), count(*)
        from {people} inner join education using (person)
        where age between 15 and 74 group by all""",
    "benefit": """
        select case secm when '22' then 'social_assistance' when '24' then 'disability'
               when '21' then 'unemployment' else 'state_pension' end,
               '', '', sum(weight), count(*)
        from {people} inner join source using (person)
        where secm in ('21', '22', '24') or (secm = '25' and age >= 66) group by all""",
    "schooling": f"""
        select case when grade <= {LAST_GENERAL_GRADE} then 'general' else track.kind end,
               wide_background, '', sum(weight), count(*)
        from {{people}}
        inner join (
            select * from '{{truth}}/school_year.parquet'
            where year = {SCHOOL_YEAR} and sector = 'VO'
        ) as school using (person)
        inner join track on school.programme = track.programme
        group by all""",
}  # fmt: skip
_CURRENT = {"household": "household_spell", "civil": "civil_spell",
            "education": "education_spell", "source": "income_source_spell"}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A published and a simulated number of the city; `persons` simulated stand behind the latter.

    Of births and deaths these are the events, of neighbourhoods their number.

    `country` is the simulated number of all municipalities. The numbers of a topic (and background)
    are shares of their sum, or rates.
    """

    topic: str
    category: str
    background: str
    sex: str
    published: float
    simulated: float
    persons: int
    country: float


def represented(parameters: dict) -> float:
    """Return how many people a simulated person of the unsampled rest stands for."""
    return parameters["represented_persons"] / parameters["persons"]


def likeness(truth: Path) -> list[Pair]:
    """Hold the truth of a simulation against every published total."""
    parameters = json.loads((truth / "parameters.json").read_text(encoding="utf-8"))
    with duckdb.connect() as connection:
        _prepare(connection, truth, parameters)
        city, country = (_simulated(connection, truth, people) for people in ("city", "resident"))
    nothing = (0.0, 0)
    return [
        Pair(
            total.topic, total.category, total.background, total.sex, total.value,
            *city.get(total[1:5], nothing), country.get(total[1:5], nothing)[0],
        )
        for total in published_totals()
    ]  # fmt: skip


def _simulated(connection: duckdb.DuckDBPyConnection, truth: Path, people: str) -> dict:
    """Return number and persons behind it by topic, category, background and sex."""
    numbers = {
        (topic, str(category), background, sex): (float(number), int(persons))
        for topic, statement in _TOPICS.items()
        for category, background, sex, number, persons in connection.execute(
            statement.format(truth=_path(truth), people=people)
        ).fetchall()
    }
    return numbers | _rates(connection, truth, people) | _neighbourhoods(connection, people)


def _path(folder: Path) -> str:
    return folder.as_posix().replace("'", "''")


def _prepare(connection: duckdb.DuckDBPyConnection, truth: Path, parameters: dict) -> None:
    """Make the tables that the topics read."""
    connection.execute("create table factor (origin text, factor double)")
    connection.executemany(
        "insert into factor values (?, ?)", list(parameters["oversampling"].items())
    )
    connection.execute("create table country (code text, western text)")
    connection.executemany(
        "insert into country values (?, ?)",
        [(row["code"], row["western"]) for row in parameter_table("country.csv")],
    )
    connection.execute("create table track (programme text, kind text)")
    connection.executemany(
        "insert into track values (?, ?)",
        [(str(programme), KINDS_OF_TRACK[track]) for programme, track in TRACK.items()],
    )
    resident = _RESIDENT.replace("{truth}", _path(truth))
    resident = resident.replace("{represented}", repr(represented(parameters)))
    connection.execute(f"create table resident as {resident}")
    connection.execute(f"create view city as select * from resident where municipality = '{CITY}'")
    connection.execute(f"create view address as select * from '{_path(truth)}/address.parquet'")
    for name, spells in _CURRENT.items():
        connection.execute(
            f"create view {name} as select * from '{_path(truth)}/{spells}.parquet'"
            f" where start <= date '{DAY}' and (\"end\" is null or \"end\" > date '{DAY}')"
        )


def _rates(connection: duckdb.DuckDBPyConnection, truth: Path, people: str) -> dict:
    """Return rates and means; births and deaths of the year before."""
    year = int(DAY[:4]) - 1

    def one(statement: str) -> tuple[float, int]:
        number, persons = connection.execute(statement).fetchone() or (0.0, 0)
        return float(number or 0.0), int(persons)

    lived_there = f"home.municipality = '{CITY}'" if people == "city" else "true"
    died = f"""
        select 1000 * sum({{weight}} / factor) / (select sum(weight) from {people}), count(*)
        from '{_path(truth)}/person.parquet' inner join factor using (origin)
        inner join '{_path(truth)}/address_spell.parquet' as home using (person)
        where {lived_there} and year(death_date) = {year}
            and home.start < death_date and home."end" >= death_date"""
    weight = connection.execute(
        "select max(weight * factor) from resident inner join factor using (origin)"
    ).fetchone()[0]
    return {
        ("ratio", "household_size", "", ""): one(
            "select sum(weight) / sum(weight / n_persons), count(*)"
            f" from {people} inner join household using (person) where type != '8'"
        ),
        ("ratio", "births_per_thousand", "", ""): one(
            f"select 1000 * sum(weight) filter (year(birth_date) = {year}) / sum(weight),"
            f" count(*) filter (year(birth_date) = {year})"
            f" from {people} inner join '{_path(truth)}/person.parquet' using (person)"
        ),
        ("ratio", "deaths_per_thousand", "", ""): one(died.replace("{weight}", repr(weight))),
        ("ratio", "labour_participation", "", ""): one(
            "select 100 * sum(weight) filter (secm < '20') / sum(weight), count(*)"
            f" from {people} left join source using (person) where age between 15 and 74"
        ),
    }


def _neighbourhoods(connection: duckdb.DuckDBPyConnection, people: str) -> dict:
    """Return quantiles of the share of non-western inhabitants over simulated neighbourhoods.

    A simulated neighbourhood is small: those of 30 persons or more are taken, by their weight.
    """
    rows = connection.execute(
        f"""
        select sum(weight) filter (wide_background = 'nonwestern') / sum(weight), sum(weight)
        from {people} inner join address using (address)
        group by address.municipality, neighbourhood having count(*) >= {FEWEST_PERSONS}
        order by 1, 2
        """
    ).fetchall()
    if not rows:
        return {}
    shares, weights = zip(*((share or 0.0, weight) for share, weight in rows), strict=True)
    quantiles = weighted_quantiles(list(shares), list(weights))
    return {
        ("neighbourhood", str(quantile), "nonwestern", ""): (share, len(rows))
        for quantile, share in zip(QUANTILES, quantiles, strict=True)
    }
