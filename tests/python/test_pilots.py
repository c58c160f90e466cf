"""The pilot questions' answers equal ones worked out another way, from the simulated truth."""

from collections import Counter
from datetime import date

import duckdb
import pytest

from conftest import World
from migrantpanel.project import project_dir
from migrantpanel.site.pilots import Point, line_plot

LAST_DAY = date(2023, 12, 31)
YEARS = 15


def answer(world: World, name: str) -> list[dict]:
    """Return the rows of a pilot's SQL file."""
    query = (project_dir() / "docs" / "queries" / "pilot" / f"{name}.sql").read_text("utf-8")
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        cursor = connection.execute(query)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def cumulative_incidence(histories: list[tuple[int | None, str | None, int]]) -> dict:
    """Return (outcome, year) -> share of (event year, event, years followed), unweighted."""
    shares: dict[tuple[str, int], float] = {}
    staying, reached = 1.0, Counter()
    for year in range(1, YEARS + 1):
        at_risk = [
            (event_year, event)
            for event_year, event, followed in histories
            if followed >= year and (event is None or event_year >= year)
        ]
        events = Counter(event for event_year, event in at_risk if event_year == year and event)
        for outcome in ("return", "onward", "unknown", "death"):
            reached[outcome] += staying * events[outcome] / max(len(at_risk), 1)
            shares[outcome, year] = reached[outcome]
        staying *= 1 - sum(events.values()) / max(len(at_risk), 1)
    return shares


def test_who_returns_equals_the_truth(world: World) -> None:
    """People with two numbers are left out on one side only, so a little difference is allowed."""
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        for table in ("person", "registration", "survey_respondent"):
            connection.execute(
                f"create temp view true_{table} as from '{world.truth / f'{table}.parquet'}'"
            )
        rows = connection.execute(
            """
            with departure as (
                select person, "end" as day, country_to
                from true_registration
                where end_reason <> 'death' and "end" is not null
            )

            select
                respondent.survey || respondent.survey_year || '-' || respondent.respondent_key,
                respondent.interview_date,
                birth.country_code = destination.country_code
                or birth.origin_group = destination.origin_group and birth.origin_group <> 'OTH',
                destination.country_code is null,
                departure.day,
                person.death_date
            from true_survey_respondent as respondent
            inner join marts.mart_cross_section as mart
                on
                    mart.respondent_id = respondent.survey || respondent.survey_year || '-'
                    || respondent.respondent_key
            inner join true_person as person using (person)
            inner join reference.country as birth on person.birth_country = birth.country_code
            semi join true_registration as here
                on
                    respondent.person = here.person
                    and here.start <= respondent.interview_date
                    and coalesce(here.end > respondent.interview_date, true)
            left join departure
                on
                    respondent.person = departure.person
                    and departure.day > respondent.interview_date
            left join reference.country as destination
                on departure.country_to = destination.country_code
                and destination.country_code <> '0000'
            where
                mart.person_id is not null and mart.generation = '1'
                and person.birth_country <> '6030'
                and respondent.interview_date >= date '1995-01-01'
            qualify row_number() over (
                partition by respondent.survey, respondent.survey_year, respondent.respondent_key
                order by departure.day
            ) = 1
            """
        ).fetchall()
    histories = []
    for _, interview, is_return, is_unknown, left, died in rows:
        event, day = None, None
        if left and left <= LAST_DAY and not (died and died < left):
            event, day = "unknown" if is_unknown else "return" if is_return else "onward", left
        elif died and died <= LAST_DAY:
            event, day = "death", died
        year = int((day - interview).days / 365.25) + 1 if day else None
        histories.append((year, event, int((LAST_DAY - interview).days / 365.25)))
    expected = cumulative_incidence(histories)
    found = {
        (row["outcome"], row["years_from_interview"]): float(row["cumulative_percent"]) / 100
        for row in answer(world, "return")
        if (row["scenario"], row["group_variable"]) == ("unweighted", "everybody")
    }
    assert len(found) >= 4 * 10
    assert max(abs(share - expected[key]) for key, share in found.items()) < 0.02
    assert found["return", 10] > found["onward", 10] >= 0


def test_shares_grow_and_stay_below_everybody(world: World) -> None:
    total: Counter = Counter()
    last: dict[tuple, float] = {}
    for row in answer(world, "return"):
        line = (row["scenario"], row["group_variable"], row["group_value"], row["outcome"])
        share = float(row["cumulative_percent"])
        assert share >= last.get(line, 0.0) - 0.01
        last[line] = share
        total[(*line[:3], row["years_from_interview"])] += share
        assert row["persons"] >= 10
    assert max(total.values()) <= 100.1


def test_unknown_departures_are_in_the_scenarios_that_count_them(world: World) -> None:
    at_ten = {
        (row["scenario"], row["outcome"]): float(row["cumulative_percent"])
        for row in answer(world, "return")
        if row["group_variable"] == "everybody" and row["years_from_interview"] == 10
    }
    assert at_ten["unknown left out", "unknown"] == 0 < at_ten["as registered", "unknown"]
    earlier = at_ten["unknown two years earlier", "unknown"]
    assert earlier >= at_ten["as registered", "unknown"]


def test_changes_across_2011_are_flagged_and_never_mixed(world: World) -> None:
    rows = answer(world, "divorce")
    assert rows
    with duckdb.connect(world.warehouse, read_only=True) as connection:
        counted = connection.execute(
            """
            with divorce as (
                select person_id, year(min(union_end)) as divorce_year
                from marts.mart_partner_year
                where union_end_reason_code = 'S' and union_type <> 'cohabitation'
                group by person_id
            ),

            income as (
                select
                    person_id, year, income_series, personal_income_real_eur,
                    divorce_year, age, sex_code
                from marts.mart_person_year
                inner join divorce using (person_id)
                where
                    residence_status = 'resident' and personal_income_real_eur is not null
                    and sex_code = '2' and generation_code is not null
                    and age - (year - divorce_year) between 20 and 55
            )

            select now.year - now.divorce_year as years, now.year < 2011 and before.year >= 2011
                or now.year >= 2011 and before.year < 2011 as crosses, count(*) as women
            from income as now
            inner join income as before
                on now.person_id = before.person_id and before.year = before.divorce_year - 1
            where now.year - now.divorce_year between -5 and 10
            group by all
            having count(*) >= 10
            """
        ).fetchall()
    found = {
        (row["years_from_divorce"], row["crosses_2011_break"], row["women"])
        for row in rows
        if row["measure"] == "personal income" and row["group_value"] == "all women"
    }
    assert found == set(counted)
    before = [row for row in rows if row["years_from_divorce"] == -1]
    assert before
    assert all(row["mean_change_eur"] == 0 and not row["crosses_2011_break"] for row in before)


@pytest.mark.parametrize("is_loose", [False, True])
def test_a_plot_says_its_lines(is_loose: bool) -> None:
    lines = {"one": [Point(0, 0.0), Point(1, 5.0, 1.0)], "none": []}
    plot = line_plot(lines, (0, 1), (0.0, 10.0), "%", "A < B", is_loose)
    assert "A &lt; B. one: 5.0 % in year 1." in plot
    assert plot.count("<path data-c=") == 1
    assert ('class="loose"' in plot) == is_loose
