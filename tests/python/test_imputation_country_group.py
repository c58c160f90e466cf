"""Countries are grouped by their permits: joined, alone or pooled, each for the stated reason."""

import polars as pl
import pytest

from migrantpanel.imputation.country_group import (
    CountryGroupError,
    GroupRules,
    country_groups,
)
from migrantpanel.random import generator

CATEGORIES = ("asylum", "family", "study", "work")
CONTINENT = {"A1": "africa", "A2": "africa", "A3": "africa", "A4": "africa", "A5": "africa",
             "A6": "africa", "O1": "oceania", "S1": "asia", "S2": "asia"}  # fmt: skip


def drawn(sizes: dict[str, tuple[int, tuple[float, ...]]], seed: int = 1, year: int = 2010):
    """Draw the permits of countries from their true shares."""
    rng = generator(seed, "test country groups", year)
    return pl.DataFrame(
        [
            (year, country, category, int(count))
            for country, (size, shares) in sizes.items()
            for category, count in zip(CATEGORIES, rng.multinomial(size, shares), strict=True)
        ],
        schema=["year", "country_code", "category", "permit_count"],
        orient="row",
    )


ASYLUM, FAMILY, STUDY = (0.8, 0.15, 0.0, 0.05), (0.1, 0.7, 0.1, 0.1), (0.0, 0.1, 0.8, 0.1)
WORLD = {
    "A1": (400, ASYLUM), "A2": (300, ASYLUM), "A3": (500, FAMILY), "A4": (250, FAMILY),
    "A5": (600, STUDY), "A6": (8, STUDY), "O1": (6, STUDY), "S1": (300, FAMILY), "S2": (0, FAMILY),
}  # fmt: skip


def by_country(result: pl.DataFrame) -> dict[str, dict]:
    return {row["country_code"]: row for row in result.iter_rows(named=True)}


@pytest.mark.parametrize("seed", range(5))
def test_true_groups_are_found(seed: int) -> None:
    rows = by_country(country_groups(drawn(WORLD, seed), CONTINENT))
    group = {country: row["group_code"] for country, row in rows.items()}
    assert group["A1"] == group["A2"] != group["A3"] == group["A4"]
    assert rows["A5"]["group_code"] not in {group["A1"], group["A3"]}
    # Too few permits of its own: with the group that it resembles, and it says so.
    assert group["A6"] == group["A5"]
    # Same permits on another continent: apart.
    assert group["S1"] != group["A3"]
    assert rows["O1"]["step"] == "pooled_across_continents"
    assert rows["S2"]["step"] == "no_permits"
    assert rows["A1"]["step"] == "joined"
    assert rows["A1"]["group_permit_count"] == 700


def test_a_country_stands_alone_only_when_it_deviates_and_is_large() -> None:
    without_small = {**WORLD, "A6": (0, STUDY)}
    alone = by_country(country_groups(drawn(without_small), CONTINENT))
    # The country without permits joins the largest group, which is not the one that deviates.
    assert alone["A5"]["step"] == "alone"
    few = {**without_small, "A5": (120, STUDY)}
    assert by_country(country_groups(drawn(few), CONTINENT))["A5"]["step"] == "pooled"
    like_others = {**without_small, "A5": (600, FAMILY)}
    assert by_country(country_groups(drawn(like_others), CONTINENT))["A5"]["step"] == "joined"


def test_groups_are_made_anew_each_year_from_the_years_before() -> None:
    turned = {**WORLD, "A3": (500, ASYLUM), "A4": (250, ASYLUM)}
    counts = pl.concat(
        [drawn(WORLD, year=2010), drawn(turned, year=2011), drawn(turned, year=2020)]
    )
    groups = {
        (row["year"], row["country_code"]): row["group_code"]
        for row in country_groups(counts, CONTINENT, GroupRules(window=3)).iter_rows(named=True)
    }
    assert groups[2010, "A3"] != groups[2010, "A1"]
    assert groups[2020, "A3"] == groups[2020, "A1"]


def test_an_override_places_a_country_in_its_years() -> None:
    overrides = pl.DataFrame(
        {"country_code": ["A1"], "first_year": [2010], "last_year": [2010], "group_code": ["mine"]}
    )
    counts = pl.concat([drawn(WORLD, year=2010), drawn(WORLD, year=2011)])
    rows = country_groups(counts, CONTINENT, overrides=overrides).filter(country_code="A1")
    assert rows["group_code"].to_list()[0] == "mine"
    assert rows["step"].to_list()[0] == "override"
    assert rows["group_code"].to_list()[1] != "mine"


def test_unknown_countries_and_orders_of_rows() -> None:
    counts = drawn({**WORLD, "??": (40, FAMILY)})
    result = country_groups(counts, CONTINENT)
    assert by_country(result)["??"]["group_code"] == "unknown"
    assert result.equals(country_groups(counts.sample(fraction=1, shuffle=True, seed=3), CONTINENT))


@pytest.mark.parametrize(
    ("counts", "rules", "message"),
    [
        (drawn({}), GroupRules(), "no permits to group countries by"),
        (drawn(WORLD).with_columns(permit_count=-1), GroupRules(), "permit_count is negative"),
        (drawn(WORLD), GroupRules(alone_size=10, group_size=50), "would stand alone and be pooled"),
    ],
)
def test_bad_input_is_refused(counts: pl.DataFrame, rules: GroupRules, message: str) -> None:
    with pytest.raises(CountryGroupError, match=message):
        country_groups(counts, CONTINENT, rules)
