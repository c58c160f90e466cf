"""Approaches the drawn persons: mode and date, who is out of scope, who responds."""

import numpy as np
import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.surveys.attributes import frame_predictors
from migrantpanel.simulation.surveys.concepts import draw_choice, effect_sum
from migrantpanel.simulation.surveys.questionnaires import Wave, load_response

SUNDAY = 7
# Persons drawn beyond the net number at least, so that a tiny sample can lose some.
RESERVE = 3


def drawn_needed(frame: pl.DataFrame, net: dict[str, int]) -> dict[str, int]:
    """Return the persons to draw per group, so that the group's response gives the net number.

    The share out of scope is the declared one, or the over-coverage of the frame when that is more.
    """
    rates = load_response()
    absent = dict(frame.group_by("stratum").agg((~pl.col("present")).mean()).iter_rows())
    needed = {}
    for group, n in net.items():
        out_of_scope = max(rates["out_of_scope"][group], absent.get(group, 0.0))
        gross = n / rates["response_rate"][group]
        needed[group] = max(int(np.ceil(gross / (1 - out_of_scope))), n + RESERVE)
    return needed


def plan_interviews(wave: Wave, drawn: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Add mode, interview date (interviewers rest on Sundays) and interviewer (0: none)."""
    rates = load_response()
    mode = draw_choice(
        frame_predictors(drawn, wave.frame_date),
        [mode.mode for mode in wave.modes],
        [mode.share for mode in wave.modes],
        {mode.mode: mode.effects for mode in wave.modes},
        rng,
    ).alias("mode")
    period = {m.mode: (m.start, (m.end - m.start).days) for m in wave.modes}
    start = mode.replace_strict({m: s for m, (s, _) in period.items()}, return_dtype=pl.Date)
    length = mode.replace_strict({m: n for m, (_, n) in period.items()}).to_numpy()
    days = pl.Series(np.floor(rng.random(drawn.height) * length).astype(int))
    per_place = rates["interviewers_per_municipality"]
    turn = pl.Series(rng.integers(0, per_place, drawn.height))
    has_interviewer = pl.col("mode").is_in(["face_to_face", "telephone"])
    planned = (start.cast(pl.Int64) + days).cast(pl.Date)
    return drawn.with_columns(
        mode, interview_date=planned, _turn=turn
    ).with_columns(
        interview_date=pl.when(
            has_interviewer & (pl.col("interview_date").dt.weekday() == SUNDAY)
        )
        .then(pl.col("interview_date").dt.offset_by("1d"))
        .otherwise("interview_date"),
        interviewer=pl.when(has_interviewer)
        .then(pl.col("municipality").rank("dense").cast(pl.Int64) * per_place + pl.col("_turn") + 1)
        .otherwise(0),
    ).drop("_turn")  # fmt: skip


def approach(
    wave: Wave, country: Country, drawn: pl.DataFrame, net: dict[str, int], rng: np.random.Generator
) -> pl.DataFrame:
    """Add `disposition`; every stratum has exactly its net number of interviews.

    Raises `UserError` when fewer drawn persons than that are in scope.

    Within a stratum those with the highest willingness respond: log-odds of their attributes plus
    what their household shares plus their own logistic draw.
    """
    rates = load_response()
    drawn = _out_of_scope(country, drawn, rng)
    predictors = frame_predictors(drawn, wave.frame_date)
    _, household = np.unique(drawn["household"].to_numpy(), return_inverse=True)
    willing = (
        effect_sum(predictors, rates["response_effect"])
        + rates["household_deviation"] * rng.standard_normal(household.max() + 1)[household]
        + rng.logistic(size=drawn.height)
    )
    refused = draw_choice(
        predictors, list(rates["nonresponse"]), list(rates["nonresponse"].values()), {}, rng
    )
    in_scope = pl.col("disposition").is_null()
    wanted = pl.col("stratum").replace_strict(net)
    ranked = drawn.with_columns(_willing=pl.Series(willing), _refused=refused).with_columns(
        _place=pl.when(in_scope).then(pl.col("_willing")).rank("ordinal", descending=True)
        .over("stratum")
    )  # fmt: skip
    _check_enough(wave, ranked.filter(in_scope), net)
    return ranked.with_columns(
        disposition=pl.when(~in_scope)
        .then("disposition")
        .when(pl.col("_place") <= wanted)
        .then(pl.lit("interview"))
        .otherwise("_refused")
    ).drop("_willing", "_refused", "_place")


def _check_enough(wave: Wave, gross: pl.DataFrame, net: dict[str, int]) -> None:
    found = dict(gross.group_by("stratum").len().iter_rows())
    UserError.collect(
        f"{wave.survey} {wave.year}: group {group} needs {n:,} interviews and only"
        f" {found.get(group, 0):,} drawn persons are in scope: simulate more persons"
        for group, n in net.items()
        if found.get(group, 0) < n
    )


def _out_of_scope(country: Country, drawn: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Set `disposition` to why a person is out of scope on the planned date, else null.

    Over-coverage of the register comes first; the declared share of the group is filled up with
    people who are away for long, in an institution, or wrongly in the group.
    """
    rates = load_response()
    dead = country.person.select("person", "death_date")
    here = (
        country.stay.join(drawn.select("person", "interview_date"), on="person", how="inner")
        .filter(
            pl.col("start") <= pl.col("interview_date"),
            pl.col("end").is_null() | (pl.col("end") > pl.col("interview_date")),
        )
        .select("person", is_here=pl.lit(True))
    )
    known = drawn.join(dead, on="person", how="left", maintain_order="left").join(
        here, on="person", how="left", maintain_order="left"
    )
    away = known.with_columns(
        disposition=pl.when(pl.col("death_date") <= pl.col("interview_date"))
        .then(pl.lit("deceased"))
        .when(pl.col("is_here").is_null())
        .then(pl.lit("abroad"))
    ).drop("death_date", "is_here")
    wanted = pl.col("origin").replace_strict(rates["out_of_scope"])
    abroad = rates["out_of_scope_abroad"]
    gone = pl.col("disposition").is_not_null()
    chance = pl.Series(rng.random(away.height))
    elsewhere = pl.Series(np.where(rng.random(away.height) < 0.5, "institution", "wrong_group"))
    return (
        away.with_columns(
            _other=wanted * (1 - abroad),
            _away=(wanted * abroad - gone.mean().over("origin")).clip(0),
        )
        .with_columns(
            disposition=pl.when(gone)
            .then("disposition")
            .when(pl.lit(chance) < pl.col("_other"))
            .then(pl.lit(elsewhere))
            .when(pl.lit(chance) < pl.col("_other") + pl.col("_away"))
            .then(pl.lit("abroad"))
        )
        .drop("_other", "_away")
    )
