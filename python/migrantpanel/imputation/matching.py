"""Statistical matching: two surveys of different persons fused into synthetic records.

Nobody in the result exists. What it says of a target and the variables matched on is as good as
the donors; what it says of a target and anything else of the recipient holds only if the two are
independent given the variables matched on (D'Orazio, Di Zio and Scanu 2006, Statistical Matching).
Never use it to link persons: `identity` does that, and only with consent.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from migrantpanel.errors import UserError
from migrantpanel.imputation.donor import donor_impute
from migrantpanel.random import generator

SYNTHETIC = "synthetic combination of different persons"


class MatchingError(UserError, ValueError):
    """Surveys that cannot be fused; the message says what to change."""


def distance_hot_deck(
    receiver: Any,
    donor: Any,
    id: str,
    classes: Sequence[str],
    distance: Sequence[str],
    targets: Sequence[str],
    seed: int,
    max_uses: int | None = None,
) -> pa.Table:
    """Give each record of one survey the targets of the nearest record of another.

    Args:
        receiver: pandas, polars or Arrow table with `id`, `classes` and `distance`.
        donor: the same, with the targets as well.
        id: key of the records, unique over both surveys.
        classes: columns that must agree; given up from the last one on where nobody agrees.
        distance: numbers or dates, in units that the caller made comparable.
        targets: what the donor survey asked and the other did not; without missing values.
        seed: key of the choice among equally near donors.
        max_uses: how often one donor may serve; None for no limit.

    Returns:
        One row per receiver: receiver_id, donor_id, distance, match_level, the targets, and
        record_kind, which says that the record is a synthetic combination of different persons.

    Raises:
        DonorError: as `donor_impute`.
    """
    return _marked(
        donor_impute(receiver, donor, id, classes, distance, targets, seed, max_uses), targets
    )


def random_hot_deck(
    receiver: Any,
    donor: Any,
    id: str,
    classes: Sequence[str],
    targets: Sequence[str],
    seed: int,
    weight: str | None = None,
) -> pa.Table:
    """Give each record of one survey the targets of a random record of the same class.

    Args:
        receiver: pandas, polars or Arrow table with `id` and `classes`.
        donor: the same, with the targets and, where named, the weight as well.
        id: key of the records, unique over both surveys.
        classes: columns that must agree; given up from the last one on where nobody agrees.
        targets: as in `distance_hot_deck`.
        seed: key of the draws.
        weight: column of the donors; their chance is in proportion to it. None: all alike.

    Returns:
        As `distance_hot_deck`; distance is 0.

    Raises:
        DonorError: as `donor_impute`.
        MatchingError: a weight that is negative or missing, or a class without any weight.
    """
    if weight is None:
        return _marked(donor_impute(receiver, donor, id, classes, [], targets, seed), targets)
    receiving, giving = (pl.DataFrame(pl.from_arrow(_arrow(t))) for t in (receiver, donor))
    bad = giving.filter(pl.col(weight).is_null() | ~(pl.col(weight) >= 0))
    if bad.height:
        raise MatchingError(
            f"donor {bad[id][0]} has {weight} {bad[weight][0]}: weights are numbers from 0 up"
        )
    giving = giving.filter(pl.col(weight) > 0).sort(id)
    if giving.is_empty():
        raise MatchingError(f"no donor has a {weight} above 0")
    # Where each receiver finds a class; the draw within it is then by weight.
    found = pl.DataFrame(
        pl.from_arrow(donor_impute(receiving, giving, id, classes, [], targets, seed))
    )
    keyed = receiving.select(id, *classes).with_columns(
        match_level=found["match_level"], draw=_draws(receiving[id], seed)
    )
    levels = [list(classes)[:end] for end in range(len(classes), 0, -1)]
    drawn = pl.concat(
        _by_weight(keyed.filter(pl.col("match_level") == number), giving, id, level, weight)
        for number, level in enumerate(levels)
    )
    result = (
        found.select("recipient_id", "match_level")
        .join(drawn, on="recipient_id", how="left")
        .join(giving.select(pl.col(id).alias("donor_id"), *targets), on="donor_id", how="left")
        .with_columns(distance=pl.when(pl.col("donor_id").is_not_null()).then(0.0))
    )
    order = ["recipient_id", "donor_id", "distance", "match_level"]
    return _marked(result.select(*order, *targets).to_arrow(), targets)


def _draws(ids: pl.Series, seed: int) -> pl.Series:
    """Return a number in [0, 1) per id; it depends on the id and the seed only."""
    return pl.Series([generator(seed, "random hot deck", str(each)).random() for each in ids])


def _by_weight(
    receiving: pl.DataFrame, giving: pl.DataFrame, id: str, level: list[str], weight: str
) -> pl.DataFrame:
    """Draw a donor of the same class for each receiver, in proportion to the weight."""
    summed = giving.with_columns(reach=pl.col(weight).cast(pl.Float64).cum_sum().over(level))
    total = summed.group_by(level).agg(total=pl.col("reach").max())
    wanted = receiving.join(total, on=level).with_columns(reach=pl.col("draw") * pl.col("total"))
    return wanted.sort("reach").join_asof(
        summed.sort("reach").select(*level, "reach", pl.col(id).alias("donor_id")),
        on="reach", by=level, strategy="forward", check_sortedness=False,
    ).select(pl.col(id).alias("recipient_id"), "donor_id")  # fmt: skip


def _arrow(table: Any) -> pa.Table:
    if isinstance(table, pl.DataFrame):
        return table.to_arrow()
    return table if isinstance(table, pa.Table) else pa.Table.from_pandas(table)


def _marked(table: pa.Table, targets: Sequence[str]) -> pa.Table:
    """Name the sides and say in every row what kind of record this is."""
    columns = {
        "receiver_id": table["recipient_id"],
        **{name: table[name] for name in ("donor_id", "distance", "match_level", *targets)},
        "record_kind": pa.array([SYNTHETIC] * len(table), pa.string()),
    }
    return pa.table(columns)
