"""Linking interviews to register persons without a number, with Splink on DuckDB.

The model is trained on interviews whose number is known (how often do fields of one person agree)
and on random pairs (how often do those of two persons). Each interview is then weighed against
all of its candidates together: a person who agrees in everything is worth little where another one
does too. What comes out is one row per interview and candidate with the odds of being the same.
"""

import json
import logging
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from migrantpanel.errors import UserError
from migrantpanel.identity.fields import INTERVIEW, REGISTER, Comparison, FieldSet, Level

# Fewer interviews with a known number do not tell how fields of one person agree.
FEWEST_KNOWN = 50
# Random pairs are all pairs of so many interviews and so many register persons.
RANDOM_INTERVIEWS, RANDOM_PERSONS = 500, 4_000
# Candidates with lower odds than this against the best possible are not kept.
LOWEST_WEIGHT = -12.0
# Interviews that are compared at once: the pairs of more of them would not fit into memory.
CHUNK = 20_000
DEFAULT_MEMORY = "3GB"
MODEL_FILE = "model.json"


@dataclass(frozen=True)
class Prepared:
    """What Splink gets: the interviews, the persons who may be one of them, and what is random."""

    interviews: pa.Table
    candidates: pa.Table
    random_persons: pa.Table
    frequencies: dict[str, pa.Table]
    register_size: int


@dataclass(frozen=True)
class Model:
    """A trained model: Splink's settings with all probabilities, and how common values are."""

    settings: dict
    frequencies: dict[str, pa.Table]
    register_size: int

    def save(self, folder: Path) -> None:
        """Write the model, so that later links are judged by the same one."""
        folder.mkdir(parents=True, exist_ok=True)
        for column, table in self.frequencies.items():
            pq.write_table(table, folder / f"frequency_{column}.parquet")
        content = {"settings": self.settings, "register_size": self.register_size}
        (folder / MODEL_FILE).write_text(json.dumps(content, indent=1), encoding="utf-8")


def load_model(folder: Path, fields: FieldSet) -> Model | None:
    """Return the model that an earlier run saved, or None."""
    if not (folder / MODEL_FILE).is_file():
        return None
    content = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
    frequencies = {
        column: pq.read_table(folder / f"frequency_{column}.parquet")
        for column in fields.frequency_columns
    }
    return Model(content["settings"], frequencies, content["register_size"])


def prepare(
    connection: duckdb.DuckDBPyConnection,
    interviews: duckdb.DuckDBPyRelation,
    register: duckdb.DuckDBPyRelation,
    fields: FieldSet,
) -> Prepared:
    """Read what linkage needs from relations of one connection; the register is only scanned.

    interviews: respondent_id, wave, known_key (null: to be linked) and the columns of the field
    set. register: wave, person_key and the same columns, one row per person on the wave's day.
    """
    columns = ", ".join(fields.columns)
    asked = (
        interviews.select(f"respondent_id as unique_id, wave, known_key as person_key, {columns}")
        .order("unique_id")
        .to_arrow_table()
    )
    persons = register.select(
        f"wave || ' ' || person_key as unique_id, wave, person_key, {columns}"
    )
    connection.register("asked", asked)
    try:
        return Prepared(
            interviews=asked,
            candidates=_table(persons, f"where {_may_match(fields)} order by unique_id"),
            random_persons=_table(
                persons, f"order by md5(unique_id), unique_id limit {RANDOM_PERSONS}"
            ),
            frequencies={
                column: persons.filter(f"{column} is not null")
                .aggregate(f"{column}, count(*) / sum(count(*)) over () as tf_{column}", column)
                .order(column)
                .to_arrow_table()
                for column in fields.frequency_columns
            },
            register_size=persons.aggregate("count(*)").fetchall()[0][0],
        )
    finally:
        connection.unregister("asked")


def _table(persons: duckdb.DuckDBPyRelation, clauses: str) -> pa.Table:
    return persons.query("persons", f"select r.* from persons as r {clauses}").to_arrow_table()


def _may_match(fields: FieldSet) -> str:
    """Return SQL: a person shares a block with an interview, or has the number that one carries."""
    shared = [" and ".join(f"l.{one} = r.{other}" for one, other in b) for b in fields.blocks]
    conditions = [*shared, "l.person_key = r.person_key"]
    return " or ".join(
        f"exists (select 1 from asked as l where l.wave = r.wave and {condition})"
        for condition in conditions
    )


def train(prepared: Prepared, fields: FieldSet) -> Model:
    """Estimate how often each level holds for one person and for two.

    Raises UserError when fewer than `FEWEST_KNOWN` interviews carry the number of a person of the
    register.
    """
    with _splink() as api:
        known = _known_pairs(prepared)
        if known.num_rows < FEWEST_KNOWN:
            raise UserError(
                f"linkage on characteristics is trained on interviews whose number is known: there"
                f" are {known.num_rows}, and {FEWEST_KNOWN} are needed: leave linkage_passes at"
                " [unique_identifier]"
            )
        of_one = _linker(api, _settings(fields), prepared.interviews, prepared.candidates)
        of_one.training.estimate_m_from_pairwise_labels(api.register(known))
        m = of_one.misc.save_model_to_json()
    with _splink() as api:
        some = prepared.interviews.slice(0, RANDOM_INTERVIEWS)
        of_two = _linker(api, _settings(fields), some, prepared.random_persons)
        pairs = some.num_rows * prepared.random_persons.num_rows
        # More than all pairs: nothing is drawn, so the same rows give the same model.
        of_two.training.estimate_u_using_random_sampling(
            max_pairs=10 * pairs, min_count_per_level=None, num_chunks=1
        )
        u = of_two.misc.save_model_to_json()
    settings = _with_all_levels(m, u, known.num_rows, pairs)
    settings["probability_two_random_records_match"] = 1 / max(prepared.register_size, 2)
    return Model(settings, prepared.frequencies, prepared.register_size)


def compare(prepared: Prepared, model: Model, fields: FieldSet) -> pa.Table:
    """Return one row per interview and candidate: respondent_id, known_key, wave, person_key, odds.

    `odds` are those of being one person when one of the register is; `is_exact` says that every
    field agrees at its strongest level, `evidence` names the level of every field.
    """
    with _splink() as api:
        linker = _linker(api, model.settings, prepared.interviews, prepared.candidates)
        for column, table in model.frequencies.items():
            linker.table_management.register_term_frequency_lookup(api.register(table), column)
        chunks = -(-prepared.interviews.num_rows // CHUNK)
        found = linker.inference.predict(
            threshold_match_weight=LOWEST_WEIGHT, num_chunks_left=chunks, num_chunks_right=1
        )
        evidence = " || ', ' || ".join(comparison.evidence() for comparison in fields.comparisons)
        exact = " and ".join(comparison.is_exact() for comparison in fields.comparisons)
        return found.query_sql(
            "select unique_id_l as respondent_id, person_key_l as known_key,"
            " left(unique_id_r, length(unique_id_r) - length(person_key_r) - 1) as wave,"
            " person_key_r as person_key, round(pow(2, match_weight), 12) as odds,"
            f" {exact} as is_exact, {evidence} as evidence"
            " from {this} order by respondent_id, person_key"
        ).as_pyarrow_table()


def one_to_one(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of persons and interviews that are each other's best, at most one each.

    pairs: scenario, respondent_id, wave, person_key and match_probability among others. Within a
    scenario and wave nobody is linked twice; equals drop out, because neither can be told to be it.
    """
    if not pairs.height:
        return pairs
    ids = pairs.with_columns(
        unique_id_l=pl.concat_str("scenario", "respondent_id", separator=" "),
        unique_id_r=pl.concat_str("scenario", "wave", "person_key", separator=" "),
        source_dataset_l=pl.lit(INTERVIEW),
        source_dataset_r=pl.lit(REGISTER),
    )
    sides = [
        ids.select(unique_id=pl.col(f"unique_id_{side}").unique().sort()) for side in ("l", "r")
    ]
    # As Splink writes them, its joins go along the pairs; in another order two tables meet first
    # that have little in common, and memory grows with the square of the interviews.
    with _splink(joins_as_written=True) as api:
        exact = Comparison(
            "unique_id", ("unique_id",), (Level("same", "l.unique_id = r.unique_id"),)
        )
        settings = {"link_type": "link_only", "comparisons": [exact.splink()]}
        linker = _linker(api, settings, *(side.to_arrow() for side in sides))
        edges = ids.select(
            "source_dataset_l", "unique_id_l", "source_dataset_r", "unique_id_r",
            "match_probability",
        )  # fmt: skip
        predicted = linker.table_management.register_table_predict(api.register(edges.to_arrow()))
        clusters = pl.from_arrow(
            linker.clustering.cluster_using_single_best_links(
                predicted, [INTERVIEW, REGISTER], threshold_match_probability=0, ties_method="drop"
            ).as_pyarrow_table()
        ).select("cluster_id", "unique_id", "source_dataset")
    left, right = (
        clusters.filter(pl.col("source_dataset") == name).select(
            "cluster_id", pl.col("unique_id").alias(f"unique_id_{side}")
        )
        for name, side in ((INTERVIEW, "l"), (REGISTER, "r"))
    )
    chosen = left.join(right, on="cluster_id").select("unique_id_l", "unique_id_r")
    return ids.join(chosen, on=["unique_id_l", "unique_id_r"], how="semi").select(pairs.columns)


# -------------------------------------------------------------------- Splink


class _splink:
    """A Splink database of its own, in memory, closed at the end."""

    def __init__(self, joins_as_written: bool = False) -> None:
        config = {"memory_limit": os.environ.get("MIGRANTPANEL_MEMORY", DEFAULT_MEMORY)}
        if threads := os.environ.get("MIGRANTPANEL_THREADS"):
            config["threads"] = threads
        self.folder = tempfile.TemporaryDirectory()
        self.connection = duckdb.connect(config=config | {"temp_directory": self.folder.name})
        if joins_as_written:
            self.connection.execute("set disabled_optimizers = 'join_order'")

    def __enter__(self) -> Any:
        from splink import DuckDBAPI

        return DuckDBAPI(self.connection)

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.folder.cleanup()


def _settings(fields: FieldSet) -> dict:
    """Return Splink's settings before training."""
    return {
        "link_type": "link_only",
        "comparisons": [comparison.splink() for comparison in fields.comparisons],
        "blocking_rules_to_generate_predictions": [
            " and ".join(f'l."{one}" = r."{other}"' for one, other in (("wave", "wave"), *block))
            for block in fields.blocks
        ],
        "retain_matching_columns": True,  # the levels are kept with them
        "additional_columns_to_retain": ["person_key"],
    }


def _linker(api: Any, settings: dict, interviews: pa.Table, persons: pa.Table) -> Any:
    from splink import Linker

    tables = [
        api.register(interviews, dataset_display_name=INTERVIEW),
        api.register(persons, dataset_display_name=REGISTER),
    ]
    return Linker(tables, settings, log_level=logging.ERROR)


def _known_pairs(prepared: Prepared) -> pa.Table:
    """Return the pairs of an interview and the person whose number it carries, as Splink's labels.

    They are in one order, and only persons whom the register holds in the wave are there.
    """
    key = ["wave", "person_key"]
    both = pl.from_arrow(prepared.interviews.select(["unique_id", *key])).join(
        pl.from_arrow(prepared.candidates.select(["unique_id", *key])), on=key, suffix="_r"
    )
    return (
        both.sort("unique_id")
        .select(
            source_dataset_l=pl.lit(INTERVIEW),
            unique_id_l="unique_id",
            source_dataset_r=pl.lit(REGISTER),
            unique_id_r="unique_id_r",
        )
        .to_arrow()
    )


def _with_all_levels(m: dict, u: dict, known: int, pairs: int) -> dict:
    """Put both halves of a model together; a level that was never seen gets half a case."""
    for of_one, of_two in zip(m["comparisons"], u["comparisons"], strict=True):
        levels = [
            (one, two)
            for one, two in zip(of_one["comparison_levels"], of_two["comparison_levels"],
                                strict=True)
            if not one.get("is_null_level")
        ]  # fmt: skip
        for name, cases, place in (("m_probability", known, 0), ("u_probability", pairs, 1)):
            seen = [level[place].get(name) or 0.0 for level in levels]
            counts = [share * cases + 0.5 for share in seen]
            for level, count in zip(levels, counts, strict=True):
                level[0][name] = count / sum(counts)
    return m
