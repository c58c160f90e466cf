"""Fused records: the right donors, the right chances, and a mark that nobody can miss."""

import collections

import polars as pl
import pytest

from migrantpanel.imputation.matching import (
    SYNTHETIC,
    MatchingError,
    distance_hot_deck,
    random_hot_deck,
)
from migrantpanel.imputation.status import (
    StatusError,
    pooled_share,
    reassign_refugees,
    status_across_surveys,
)
from migrantpanel.random import generator


def survey(name: str, n: int, seed: int) -> pl.DataFrame:
    """Draw a survey in which trust depends on group and age."""
    rng = generator(seed, "test matching", name)
    group, age = rng.choice(["a", "b"], n), rng.integers(18, 80, n)
    trust = (rng.random(n) < 0.2 + 0.5 * (group == "a") + 0.003 * (age - 18)).astype(int)
    return pl.DataFrame({
        "id": [f"{name}{number}" for number in range(n)], "group": group, "age": age,
        "trust": trust, "weight": rng.choice([1.0, 9.0], n),
    })  # fmt: skip


def test_the_nearest_record_of_the_class_gives_its_targets() -> None:
    receiver, donor = survey("r", 200, 1).drop("trust"), survey("d", 150, 2)
    result = pl.DataFrame(
        pl.from_arrow(distance_hot_deck(receiver, donor, "id", ["group"], ["age"], ["trust"], 1))
    )
    assert result["record_kind"].unique().to_list() == [SYNTHETIC]
    own = dict(donor.select("id", "trust").iter_rows())
    for row, wanted in zip(
        result.iter_rows(named=True), receiver.iter_rows(named=True), strict=True
    ):
        cell = donor.filter(pl.col("group") == wanted["group"])
        assert row["receiver_id"] == wanted["id"]
        assert row["distance"] == (cell["age"] - wanted["age"]).abs().min()
        assert row["trust"] == own[row["donor_id"]]


def test_a_random_donor_is_of_the_class_and_by_weight() -> None:
    receiver, donor = survey("r", 4000, 1).drop("trust"), survey("d", 60, 2)
    result = pl.DataFrame(
        pl.from_arrow(random_hot_deck(receiver, donor, "id", ["group"], ["trust"], 1, "weight"))
    )
    assert result["record_kind"].unique().to_list() == [SYNTHETIC]
    group = dict(donor.select("id", "group").iter_rows())
    served = collections.Counter(result["donor_id"])
    for wanted, given in zip(receiver["group"], result["donor_id"], strict=True):
        assert group[given] == wanted
    for name in ("a", "b"):
        cell = donor.filter(group=name)
        total, asked = cell["weight"].sum(), (receiver["group"] == name).sum()
        heavy = cell.filter(weight=9.0)["id"]
        chance = 9.0 * len(heavy) / total
        share = sum(served[each] for each in heavy) / asked
        assert abs(share - chance) < 3.5 * (chance * (1 - chance) / asked) ** 0.5


def test_without_weights_every_donor_of_the_class_is_as_likely() -> None:
    receiver, donor = survey("r", 3000, 1).drop("trust"), survey("d", 20, 2)
    result = random_hot_deck(receiver, donor, "id", ["group"], ["trust"], 1)
    served = collections.Counter(result["donor_id"].to_pylist())
    for name in ("a", "b"):
        cell, asked = donor.filter(group=name)["id"], (receiver["group"] == name).sum()
        for each in cell:
            expected = asked / len(cell)
            assert abs(served[each] - expected) < 4.5 * expected**0.5


def test_bad_weights_are_refused() -> None:
    receiver, donor = survey("r", 5, 1).drop("trust"), survey("d", 5, 2)
    bad = donor.with_columns(weight=pl.Series([1.0, -1.0, 1.0, 1.0, 1.0]))
    with pytest.raises(MatchingError, match=r"donor d1 has weight -1\.0"):
        random_hot_deck(receiver, bad, "id", ["group"], ["trust"], 1, "weight")
    with pytest.raises(MatchingError, match="no donor has a weight above 0"):
        random_hot_deck(
            receiver, donor.with_columns(weight=0.0), "id", ["group"], ["trust"], 1, "weight"
        )


def test_a_status_is_carried_over_and_refugees_are_reassigned() -> None:
    donor, target = (
        survey(name, 1500, seed).with_columns(
            respondent_id="id", status=pl.col("trust").cast(pl.String)
        )
        for name, seed in (("d", 3), ("t", 4))
    )
    drawn = status_across_surveys(donor, target.drop("status"), "status", ["group", "age"])
    share = pooled_share(drawn, "status", "1")
    low, high = share.interval()
    assert low < (target["status"] == "1").mean() < high
    assert share.fmi > 0.3
    probable = target["respondent_id"].head(100)
    corrected = reassign_refugees(drawn, probable, "status", "1")
    assert corrected.filter(pl.col("respondent_id").is_in(probable.implode()))[
        "status"
    ].unique().to_list() == ["1"]
    others = ~pl.col("respondent_id").is_in(probable.implode())
    assert corrected.filter(others).equals(drawn.filter(others))


def test_a_status_needs_shared_predictors_and_two_values() -> None:
    donor = survey("d", 50, 3).with_columns(respondent_id="id", status=pl.lit("1"))
    with pytest.raises(StatusError, match="one value only"):
        status_across_surveys(donor, donor, "status", ["group"])
    with pytest.raises(StatusError, match="target survey lacks the predictor 'age'"):
        status_across_surveys(donor, donor.drop("age"), "status", ["group", "age"])
