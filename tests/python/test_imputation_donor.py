"""Donors are the nearest ones, by an independent search over all pairs, and nobody's row matters.

`reference` follows docs/donor-imputation.md word by word, one recipient and one donor at a time.
"""

import datetime
import hashlib
import math

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrantpanel.imputation import (
    DONORS_USED_UP,
    MISSING_KEYS,
    NO_DONOR,
    DonorError,
    donor_impute,
    donor_summary,
)
from migrantpanel.random import generator

WORD = 2**64 - 1


def key_of(seed: int, row_id: object) -> int:
    return int.from_bytes(hashlib.md5(f"{seed}\x1f{row_id}".encode()).digest()[:8], "little")


def mixed(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & WORD
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & WORD
    return x ^ (x >> 31)


def walk(recipient_key: int, keys: dict[int, int]) -> int:
    """Walk down the tree of donor keys; return the donor at the leaf."""
    prefix, bit = 0, 63
    while len(keys) > 1:
        fork = prefix | 1 << bit
        left = {key: donor for key, donor in keys.items() if key < fork}
        chance = (mixed(recipient_key ^ mixed(fork)) >> 11) * 2.0**-53
        if chance * len(keys) < len(left):
            keys = left
        else:
            keys, prefix = {k: d for k, d in keys.items() if k >= fork}, fork
        bit -= 1
    return next(iter(keys.values()))


def reference(
    recipients, donors, exact, distance, targets, seed, max_uses, fallback=None, min_donors=1
) -> list[dict]:
    """Return what donor_impute must return, by brute force."""
    if fallback is None:
        fallback = [exact[:end] for end in range(len(exact) - 1, 0, -1)]
    turns = sorted(range(len(recipients)), key=lambda r: key_of(seed, recipients[r]["id"]))
    keys = [key_of(seed, donor["id"]) for donor in donors]
    places = [tuple(donor[c] for c in distance) for donor in donors]
    uses = [0] * len(donors)
    result = [
        {"recipient_id": r["id"], "donor_id": None, "distance": None, "match_level": MISSING_KEYS}
        | dict.fromkeys(targets)
        for r in recipients
    ]
    for number, level in enumerate([exact, *fallback]):
        cells: dict[tuple, list[int]] = {}
        for d, donor in enumerate(donors):
            cell = tuple(donor[c] for c in level)
            if None not in cell and None not in places[d]:
                cells.setdefault(cell, []).append(d)
        room: dict[tuple, dict[tuple, int]] = {}
        first: dict[tuple, dict[tuple, int]] = {}
        if max_uses is not None:
            for cell, members in cells.items():
                free = [d for d in members if uses[d] < max_uses]
                for d in free:
                    seats = room.setdefault(cell, {})
                    seats[places[d]] = seats.get(places[d], 0) + max_uses - uses[d]
                    firsts = first.setdefault(cell, {})
                    firsts[places[d]] = min(firsts.get(places[d], WORD), keys[d])
        total = {cell: dict(seats) for cell, seats in room.items()}
        for r in turns:
            recipient, row = recipients[r], result[r]
            cell = tuple(recipient[c] for c in level)
            own = [recipient[c] for c in distance]
            if row["match_level"] >= 0 or None in cell or None in own:
                continue
            members = cells.get(cell, [])
            if len(members) < min_donors:
                row["match_level"] = max(row["match_level"], NO_DONOR)
                continue
            row["match_level"] = DONORS_USED_UP
            members = [d for d in members if max_uses is None or uses[d] < max_uses]
            if not members:
                continue
            far = {
                d: sum((abs(a - b) for a, b in zip(own, places[d], strict=True)), 0.0)
                for d in members
            }
            least = min(far.values())
            tied = [d for d in members if far[d] == least]
            if max_uses is None:
                chosen = walk(key_of(seed, recipient["id"]), {keys[d]: d for d in tied})
            else:
                place = min(
                    {places[d] for d in tied},
                    key=lambda p: (-room[cell][p] / total[cell][p], first[cell][p]),
                )
                room[cell][place] -= 1
                chosen = min(
                    (d for d in tied if places[d] == place), key=lambda d: (uses[d], keys[d])
                )
            uses[chosen] += 1
            row |= {"donor_id": donors[chosen]["id"], "distance": least, "match_level": number}
            row |= {target: donors[chosen][target] for target in targets}
    return result


DATES = [datetime.date(2015, 1, 1) + datetime.timedelta(days=int(d)) for d in (0, 40, 900)]
EXACT = {"year": [2001, 2002, 2003], "sex": ["1", "2"], "day": DATES, "abroad": [True, False]}


def random_case(seed: int) -> dict:
    rng = generator(seed, "donor test")
    exact = list(rng.permutation(list(EXACT))[: rng.integers(0, 4)])
    distance = ["a", "b", "c"][: rng.integers(0, 4)]
    scale = rng.choice(["whole", "tenths", "real", "uneven"])
    missing = rng.choice([0.0, 0.15])

    def rows(count: int, prefix: str) -> list[dict]:
        table = []
        for number in rng.permutation(count):
            row: dict = {"id": f"{prefix}{number}"}
            for column in EXACT:
                value = EXACT[column][rng.integers(len(EXACT[column]))]
                row[column] = None if rng.random() < missing else value
            for column in "abc":
                value = {
                    "whole": float(rng.integers(0, 4)),
                    "tenths": float(rng.integers(0, 6)) / 10,
                    "real": float(rng.normal()),
                    "uneven": float(rng.normal() * 10.0 ** rng.integers(-6, 9)),
                }[scale]
                row[column] = None if rng.random() < missing / 3 else value
            row["category"] = str(rng.integers(0, 5))
            row["ground"] = int(rng.integers(0, 9))
            table.append(row)
        return table

    fallbacks = [None, [], [["sex"], []], [["day", "sex"], ["year"]]]
    return {
        "recipients": rows(rng.integers(1, 40), "r"),
        "donors": rows(rng.integers(1, 60), "d"),
        "exact": exact,
        "distance": distance,
        "targets": ["category", "ground"],
        "seed": seed,
        "max_uses": [None, 1, 2, 5][rng.integers(4)],
        "fallback": fallbacks[rng.integers(4)],
        "min_donors": int(rng.choice([1, 1, 3])),
    }


SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("year", pa.int64()),
        ("sex", pa.string()),
        ("day", pa.date32()),
        ("abroad", pa.bool_()),
        *((column, pa.float64()) for column in "abc"),
        ("category", pa.string()),
        ("ground", pa.int64()),
    ]
)


def arrow(rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


def impute(case: dict) -> pa.Table:
    tables = {name: arrow(case[name]) for name in ("recipients", "donors")}
    return donor_impute(id="id", **case | tables)


def usable(case: dict) -> bool:
    """Return whether every match column has a value in some donor (else it is an error)."""
    levels = case["fallback"] or []
    columns = {*case["exact"], *(c for level in levels for c in level)}
    full = [d for d in case["donors"] if all(d[c] is not None for c in case["distance"])]
    return bool(full) and all(any(d[c] is not None for d in case["donors"]) for c in columns)


@pytest.mark.parametrize("block", range(8))
def test_equals_brute_force(block: int) -> None:
    compared = 0
    for seed in range(block * 50, block * 50 + 50):
        case = random_case(seed)
        if not usable(case):
            with pytest.raises(DonorError):
                impute(case)
            continue
        assert impute(case).to_pylist() == reference(**case), f"seed {seed}"
        compared += 1
    assert compared > 40


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("max_uses", [None, 1, 3])
def test_equals_brute_force_when_donors_are_scarce_and_far(columns: int, max_uses: int) -> None:
    """All recipients want the same few donors: lists run out, the tree is planted again."""
    rng = generator(columns, "scarce")
    rows = {
        prefix: [
            dict.fromkeys(SCHEMA.names)
            | {"id": f"{prefix}{n}", "category": "x", "ground": n}
            | {c: float(shift + rng.integers(0, spread)) for c in "abc"}
            for n in range(count)
        ]
        for prefix, count, shift, spread in (("r", 300, 500, 30), ("d", 250, 0, 40))
    }
    case = {
        "recipients": rows["r"],
        "donors": rows["d"],
        "exact": [],
        "targets": ["ground"],
        "distance": list("abc"[:columns]),
        "seed": 3,
        "max_uses": max_uses,
    }
    assert impute(case).to_pylist() == reference(**case)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(1_000, 10**9), data=st.data())
def test_properties(seed: int, data: st.DataObject) -> None:
    case = random_case(seed)
    if not usable(case):
        return
    result = impute(case)
    rows = result.to_pylist()
    donors = {donor["id"]: donor for donor in case["donors"]}
    levels = [entry["exact"] for entry in donor_summary(result)["levels"]]
    assert [row["recipient_id"] for row in rows] == [r["id"] for r in case["recipients"]]
    used: dict[str, int] = {}
    for row, recipient in zip(rows, case["recipients"], strict=True):
        if row["donor_id"] is None:
            assert row["match_level"] in (MISSING_KEYS, NO_DONOR, DONORS_USED_UP)
            assert row["distance"] is row["category"] is row["ground"] is None
            continue
        donor = donors[row["donor_id"]]
        used[donor["id"]] = used.get(donor["id"], 0) + 1
        assert (row["category"], row["ground"]) == (donor["category"], donor["ground"])
        assert all(donor[c] == recipient[c] for c in levels[row["match_level"]])
        assert row["distance"] == sum(abs(donor[c] - recipient[c]) for c in case["distance"])
    if case["max_uses"] is not None:
        assert max(used.values(), default=0) <= case["max_uses"]
    counted = donor_summary(result)
    assert sum(level["recipients"] for level in counted["levels"]) == sum(used.values())
    assert sum(counted["unserved"].values()) == len(rows) - sum(used.values())
    assert counted["donors"]["used"] == len(used)
    assert counted["donors"]["most uses"] == max(used.values(), default=0)

    shuffled = case | {
        name: data.draw(st.permutations(case[name])) for name in ("recipients", "donors")
    }
    by_id = {row["recipient_id"]: row for row in rows}
    assert {row["recipient_id"]: row for row in impute(shuffled).to_pylist()} == by_id


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(1_000, 10**9), data=st.data())
def test_without_a_cap_other_recipients_and_farther_donors_do_not_matter(
    seed: int, data: st.DataObject
) -> None:
    case = random_case(seed) | {"max_uses": None, "min_donors": 1}
    if not usable(case):
        return
    rows = {row["recipient_id"]: row for row in impute(case).to_pylist()}
    some = data.draw(st.lists(st.sampled_from(case["recipients"]), unique_by=lambda r: r["id"]))
    assert all(
        row == rows[row["recipient_id"]] for row in impute(case | {"recipients": some}).to_pylist()
    )
    # A donor that is farther than the one found, or in no better cell, changes nothing.
    elsewhere = [
        d
        | {
            "id": f"new{n}",
            "year": 1900,
            "sex": "9",
            "day": datetime.date(1900, 1, 1),
            "abroad": None,
        }
        for n, d in enumerate(case["donors"])
    ]
    if case["exact"] and case["fallback"] in (None, []):
        more = impute(case | {"donors": case["donors"] + elsewhere}).to_pylist()
        assert {row["recipient_id"]: row for row in more} == rows


def one_cell(donors: int, recipients: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (
        pl.DataFrame({"id": range(recipients), "year": 2010}),
        pl.DataFrame({"id": range(-donors, 0), "year": 2010, "ground": range(donors)}),
    )


def test_every_donor_has_the_same_chance() -> None:
    """Chi-square over 50 donors and 50,000 recipients: 99.99 % bounds for 49 degrees of freedom."""
    recipients, donors = one_cell(50, 50_000)
    result = donor_impute(recipients, donors, "id", ["year"], [], ["ground"], seed=1)
    uses = np.bincount(result["ground"].to_numpy(), minlength=50)
    assert 17 < ((uses - 1_000) ** 2 / 1_000).sum() < 96


def test_one_more_donor_changes_few_choices() -> None:
    recipients, donors = one_cell(200, 20_000)
    before = donor_impute(recipients, donors[1:], "id", ["year"], [], ["ground"], seed=1)
    after = donor_impute(recipients, donors, "id", ["year"], [], ["ground"], seed=1)
    changed = np.mean(before["donor_id"].to_numpy() != after["donor_id"].to_numpy())
    # 1 in 200 must change; a draw by position would change a third.
    assert 1 / 400 < changed < 12 / 200


def test_a_cap_spreads_the_uses() -> None:
    recipients, donors = one_cell(30, 100)
    result = donor_impute(recipients, donors, "id", ["year"], [], ["ground"], seed=1, max_uses=7)
    assert set(np.bincount(result["ground"].to_numpy())) == {3, 4}


def test_who_is_left_without_a_donor_is_said() -> None:
    recipients, donors = one_cell(2, 10)
    result = donor_impute(recipients, donors, "id", ["year"], [], ["ground"], seed=1, max_uses=3)
    assert result["donor_id"].null_count == 4
    assert result["match_level"].to_pylist().count(DONORS_USED_UP) == 4
    assert donor_summary(result)["unserved"]["every donor in reach was used up"] == 4


def test_unknown_country_falls_back_and_is_counted() -> None:
    recipients = pl.DataFrame(
        {"id": ["a", "b", "c"], "sex": ["1", "1", None], "country": ["XX", None, "TR"]}
    )
    donors = pl.DataFrame(
        {"id": ["d", "e"], "sex": ["1", "2"], "country": ["TR", "TR"], "ground": [1, 2]}
    )
    result = donor_impute(recipients, donors, "id", ["sex", "country"], [], ["ground"], seed=1)
    assert result["match_level"].to_pylist() == [1, 1, MISSING_KEYS]
    assert result["donor_id"].to_pylist() == ["d", "d", None]
    assert [level["recipients"] for level in donor_summary(result)["levels"]] == [0, 2]
    strict = donor_impute(
        recipients, donors, "id", ["sex", "country"], [], ["ground"], seed=1, fallback=[]
    )
    assert strict["match_level"].to_pylist() == [NO_DONOR, MISSING_KEYS, MISSING_KEYS]


def test_a_coarser_group_as_fallback() -> None:
    recipients = pl.DataFrame({"id": [1], "country": ["BT"], "continent": ["Asia"]})
    donors = pl.DataFrame(
        {"id": [2, 3], "country": ["NP", "FR"], "continent": ["Asia", "Europe"], "ground": [1, 2]}
    )
    result = donor_impute(
        recipients, donors, "id", ["country"], [], ["ground"], 1, fallback=[["continent"], []]
    )
    assert result.to_pylist() == [
        {"recipient_id": 1, "donor_id": 2, "distance": 0.0, "match_level": 1, "ground": 1}
    ]


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow", "categorical", "record batch"])
def test_tables_of_every_kind_give_the_same(form: str) -> None:
    case = random_case(5) | {"exact": ["year", "sex"], "distance": ["a"], "fallback": None}
    convert = {
        "pandas": lambda table: table.to_pandas(),
        "polars": pl.from_arrow,
        "arrow": lambda table: table,
        "categorical": lambda t: pl.from_arrow(t).with_columns(pl.col("sex").cast(pl.Categorical)),
        "record batch": lambda table: table.combine_chunks().to_batches()[0],
    }[form]
    tables = {name: convert(arrow(case[name])) for name in ("recipients", "donors")}
    assert donor_impute(id="id", **case | tables).to_pylist() == reference(**case)


def test_dates_differ_in_days_and_targets_keep_their_type() -> None:
    day = datetime.date
    recipients = pl.DataFrame({"id": [1], "arrival": [day(2020, 3, 1)]})
    donors = pl.DataFrame(
        {
            "id": [2, 3],
            "arrival": [day(2020, 2, 1), day(2021, 3, 1)],
            "granted": [day(2020, 5, 5), day(2021, 5, 5)],
        }
    )
    result = donor_impute(recipients, donors, "id", [], ["arrival"], ["granted"], seed=1)
    assert result.to_pylist()[0] == {
        "recipient_id": 1,
        "donor_id": 2,
        "distance": 29.0,
        "match_level": 0,
        "granted": day(2020, 5, 5),
    }
    assert result.schema.field("granted").type == pa.date32()


def test_a_match_column_may_be_a_target_and_a_category_stays_one() -> None:
    recipients = pl.DataFrame({"id": [1], "sex": ["1"], "age": [20]})
    donors = pl.DataFrame({"id": [2, 3], "sex": ["1", "2"], "age": [23, 20], "ground": ["a", "b"]})
    donors = donors.with_columns(pl.col("ground").cast(pl.Enum(["b", "a"])))
    result = donor_impute(
        recipients, donors, "id", ["sex"], ["age"], ["ground", "age", "sex"], 1, fallback=[["age"]]
    )
    assert result.to_pylist()[0] == {
        "recipient_id": 1,
        "donor_id": 2,
        "distance": 3.0,
        "match_level": 0,
        "ground": "a",
        "age": 23,
        "sex": "1",
    }
    assert pa.types.is_dictionary(result.schema.field("ground").type)


def test_no_recipients_is_an_empty_result() -> None:
    recipients, donors = one_cell(3, 2)
    result = donor_impute(recipients[:0], donors, "id", ["year"], [], ["ground"], seed=1)
    assert result.num_rows == 0
    assert result.column_names == ["recipient_id", "donor_id", "distance", "match_level", "ground"]


GOOD = {
    "recipients": {"id": [1, 2], "sex": ["1", "2"], "age": [20.0, 30.0]},
    "donors": {"id": [3, 4], "sex": ["1", "2"], "age": [21.0, 31.0], "ground": ["a", "b"]},
    "id": "id",
    "exact": ["sex"],
    "distance": ["age"],
    "targets": ["ground"],
    "seed": 1,
}


@pytest.mark.parametrize(
    ("where", "change", "message"),
    [
        ("donors", {"id": [], "sex": [], "age": [], "ground": []}, "there are no donors"),
        ("donors", {"id": [2, 4]}, "1 values of 'id' are both recipient and donor, such as 2"),
        ("donors", {"id": [3, 3]}, "donors: 1 values of 'id' occur more than once, such as 3"),
        ("recipients", {"id": [1, 1]}, "recipients: 1 values of 'id' occur more than once"),
        ("recipients", {"id": [1, None]}, "recipients: 1 rows have no 'id'"),
        ("donors", {"id": ["3", "4"]}, "id 'id' is int64 in recipients but large_string in donors"),
        ("donors", {"sex": [1, 2]}, "exact column 'sex' is large_string in recipients but int64"),
        ("donors", {"sex": [None, None]}, "donors: 'sex' has no value at all"),
        ("recipients", {"sex": [1.5, 2.0]}, "recipients: 'sex' must hold whole numbers"),
        ("donors", {"age": [None, math.nan]}, "every donor misses a value in one of"),
        ("donors", {"age": ["21", "31"]}, "donors: distance column 'age' is"),
        ("donors", {"age": [math.inf, 1.0]}, "donors: distance column 'age' holds an infinite"),
        ("donors", {"age": [datetime.date(2020, 1, 1)] * 2}, "distance column 'age' is double"),
        ("donors", {"ground": ["a", None]}, "donors: 1 have no 'ground', such as id 4"),
    ],
)
def test_bad_data_is_named(where: str, change: dict, message: str) -> None:
    call = GOOD | {where: GOOD[where] | change}
    tables = {name: pl.DataFrame(call[name], strict=False) for name in ("recipients", "donors")}
    with pytest.raises(DonorError, match=message) as raised:
        donor_impute(**call | tables)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exact": ["town"]}, "recipients: no column 'town'"),
        ({"targets": ["category"]}, "donors: no column 'category'"),
        ({"exact": "sex"}, "exact must be a list of column names"),
        ({"exact": ["sex", "sex"]}, "exact names 'sex' twice"),
        ({"exact": ["sex", "age"]}, "'age' is in exact and in distance"),
        ({"exact": ["id"]}, "the id 'id' cannot be matched on"),
        ({"targets": ["distance"]}, "has the name of a result column"),
        ({"max_uses": 0}, "max_uses must be a whole number from 1 to 1,000,000,000, not 0"),
        ({"max_uses": 1.5}, "max_uses must be a whole number"),
        ({"seed": None}, "seed must be a whole number"),
        ({"fallback": ["sex"]}, r"fallback\[0\] must be a list"),
        ({"min_donors": 0}, "min_donors must be a whole number from 1"),
        ({"donors": [1, 2]}, "donors: give a pandas, polars or Arrow table, not list"),
    ],
)
def test_bad_arguments_are_named(change: dict, message: str) -> None:
    tables = {name: pl.DataFrame(GOOD[name]) for name in ("recipients", "donors")}
    with pytest.raises(DonorError, match=message):
        donor_impute(**GOOD | tables | change)


def test_pandas_whole_numbers_with_gaps_match_whole_numbers() -> None:
    recipients = pl.DataFrame({"id": [1, 2], "year": [2001, None]}).to_pandas()
    assert recipients["year"].dtype == float
    donors = pl.DataFrame({"id": [3], "year": [2001], "ground": [7]})
    result = donor_impute(recipients, donors, "id", ["year"], [], ["ground"], seed=1)
    assert result["match_level"].to_pylist() == [0, MISSING_KEYS]


def test_recipients_without_distance_values_are_left_out_and_counted() -> None:
    recipients = pl.DataFrame({"id": [1, 2], "age": [20, None]})
    donors = pl.DataFrame({"id": [3, 4], "age": [None, 31], "ground": [1, 2]})
    result = donor_impute(recipients, donors, "id", [], ["age"], ["ground"], seed=1)
    assert result["match_level"].to_pylist() == [0, MISSING_KEYS]
    assert result["ground"].to_pylist() == [2, None]
    assert donor_summary(result)["donors"]["left out, distance missing"] == 1


@pytest.mark.parametrize("max_uses", [None, 2])
def test_shares_of_grounds_carry_over(max_uses: int | None) -> None:
    """Missing at random given the keys: imputed shares are those of the donors, cell by cell.

    Ten seeds; per country group with 500 or more recipients within 2 points of the expected
    shares on average over seeds, and within 1 point pooled.
    """
    by_group, pooled = [], []
    for seed in range(10):
        rng = generator(seed, "shares")
        count = 40_000
        group = rng.integers(0, 5, count)
        year = rng.integers(2011, 2016, count)
        sex = rng.integers(1, 3, count)
        odds = np.array([[6, 1, 2], [1, 5, 1], [2, 2, 2], [1, 1, 8], [3, 4, 1]])[group]
        odds = odds * np.where(sex[:, None] == 1, [1, 1, 2], [1, 2, 1])
        chance = odds / odds.sum(axis=1, keepdims=True)
        ground = (rng.random(count)[:, None] > chance.cumsum(axis=1)).sum(axis=1)
        # Who misses a permit depends on the keys, not on the permit.
        missing = rng.random(count) < np.array([0.15, 0.35, 0.2, 0.3, 0.25])[group]
        table = pl.DataFrame(
            {
                "id": np.arange(count),
                "year": year,
                "sex": sex,
                "country_group": group,
                "ground": ground,
            }
        )
        result = donor_impute(
            table.filter(missing).drop("ground"),
            table.filter(~missing),
            "id",
            ["year", "sex", "country_group"],
            [],
            ["ground"],
            seed,
            max_uses,
        )
        imputed = np.eye(3)[result["ground"].to_numpy()] - chance[missing]
        pooled.append(imputed.mean(axis=0))
        by_group.append(
            [
                imputed[group[missing] == g].mean(axis=0)
                for g in range(5)
                if (group[missing] == g).sum() >= 500
            ]
        )
    assert np.shape(by_group)[1:] == (5, 3)
    assert np.abs(np.mean(by_group, axis=0)).max() < 0.02
    assert np.abs(np.mean(pooled, axis=0)).max() < 0.01
