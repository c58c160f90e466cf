"""What landed files changed since the published build, and what therefore has to be built again.

A build remembers, in the vault, which landed files it was made from and with which code. The next
incremental build compares: sources whose files changed, the models downstream of them, and, where
only files of some years changed, the years that those models need.
"""

import csv
import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.identity.pseudonym import load_secret, person_ids
from migrantpanel.landing.records import REGISTER, read_manifest
from migrantpanel.landing.run import MANIFEST

# What the models are made of. The simulated country and the site are not.
CODE = ("dbt_project.yml", "models", "macros", "seeds", "python/migrantpanel")
NOT_BUILT_FROM = ("simulation", "site", "install", "__pycache__")
ENGINES = ("dbt-core", "dbt-duckdb", "duckdb", "pyarrow", "numpy")

# Sources that say something about every landed file, and which kinds of files models read there.
LABEL_SOURCES = ("value_label", "variable_label")

# Yearly files of events that also hold late messages about earlier years: their column of dates.
EVENT_DATE = {"gbanatgewijzigdenmassabus": "gbadatumnatwijziging"}

# The surveys whose populations are counted in the registers.
SURVEYS = "weighting/survey_population.csv"

# Rules by which models are rebuilt by year: the first of the years on, counted from the first
# changed one; or (None) only those that changed.
FIRST_YEAR = {"same_year": None, "onward": 0, "onward_from_year_before": -1}

EVERY_YEAR: None = None
Years = frozenset[int] | None


@dataclass(frozen=True)
class LandedFile:
    """One Parquet file of a source: a digest of what it was made from, and the first year it is on.

    That is the register year, or that of the earliest event in a file of events.
    """

    digest: str
    file_year: int | None = None


@dataclass(frozen=True)
class State:
    """What a build is made from: its code, and per source the landed files by name."""

    code: str
    files: Mapping[str, Mapping[str, LandedFile]]


@dataclass(frozen=True)
class Plan:
    """The models to build again: those made whole, and a condition on `year` for the others."""

    whole: list[str] = field(default_factory=list)
    conditions: dict[str, str] = field(default_factory=dict)

    @property
    def models(self) -> list[str]:
        """All names, for dbt's selection."""
        return [*self.whole, *self.conditions]


def current_state(project: Path, landing: Path) -> State:
    """Return what a build would be made from now."""
    files: dict[str, dict[str, LandedFile]] = {}
    for record in read_manifest(landing / MANIFEST):
        for path in record.landed_paths:
            source, name = path.split("/", 1)
            year = _first_event_year(landing / path, source) or record.file_year
            known = LandedFile(f"{record.sha256} {record.catalogue_hash}", year)
            if not (source in LABEL_SOURCES and record.kind == REGISTER):
                files.setdefault(source, {})[name] = known
    for folder in [*landing.glob("overlay_*"), landing / "manifest"]:
        for path in folder.glob("*.parquet"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            files.setdefault(folder.name, {})[path.name] = LandedFile(digest)
    return State(_code(project), files)


def _first_event_year(path: Path, source: str) -> int | None:
    """Return the year of the earliest event in a landed file of events; None for other files."""
    if source not in EVENT_DATE:
        return None
    first = pl.scan_parquet(path).select(pl.col(EVENT_DATE[source]).str.head(4).min()).collect()
    year = first.item()
    return int(year) if year and year.isdigit() else None


def _code(project: Path) -> str:
    """Return a digest of everything besides data that decides what a build makes."""
    hashed = hashlib.sha256()
    for name in CODE:
        root = project / name
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and not set(path.parts) & set(NOT_BUILT_FROM):
                hashed.update(path.relative_to(project).as_posix().encode() + b"\0")
                hashed.update(path.read_bytes() + b"\0")
    hashed.update(" ".join(map(importlib.metadata.version, ENGINES)).encode())
    # Another secret means other pseudonyms; one pseudonym of nobody tells them apart.
    hashed.update(person_ids(["nobody"], load_secret(project))[0].encode())
    return hashed.hexdigest()


def save_state(state: State, manifest: Path, vault: Path) -> None:
    """Write into the vault what the build in it was made from, and the digest of its manifest."""
    rows = [
        (source, name, file.digest, file.file_year)
        for source, files in state.files.items()
        for name, file in files.items()
    ]
    built_file = pl.DataFrame(
        rows,
        schema={"source": pl.String, "name": pl.String, "digest": pl.String, "file_year": pl.Int32},
        orient="row",
    ).to_arrow()
    with duckdb.connect(vault) as connection:
        connection.register("built_file", built_file)
        connection.execute("create schema if not exists landing")
        connection.execute(
            "create or replace table landing.built_file as from built_file order by source, name"
        )
        connection.execute(
            "create or replace table landing.built_code as select ? as code, ? as manifest",
            [state.code, hashlib.sha256(manifest.read_bytes()).hexdigest()],
        )


def built_manifest(project: Path, manifest: Path, vault: Path) -> str | None:
    """Return dbt's manifest of the whole build in this vault, while its code is still the same.

    None where it is another build's, or where there is nothing to compare with.
    """
    if not (manifest.is_file() and vault.is_file()):
        return None
    with duckdb.connect(vault, read_only=True) as connection:
        try:
            built = connection.execute("select code, manifest from landing.built_code").fetchall()
        except (duckdb.CatalogException, duckdb.BinderException):
            return None
    text = manifest.read_bytes()
    try:
        now = [(_code(project), hashlib.sha256(text).hexdigest())]
    except UserError:  # no secret here: the build was made elsewhere
        return None
    return text.decode() if built == now else None


def load_state(vault: Path) -> State | None:
    """Return what the build in this vault was made from, or None where it does not say."""
    with duckdb.connect(vault, read_only=True) as connection:
        try:
            ((code,),) = connection.execute("select code from landing.built_code").fetchall()
            rows = connection.execute("from landing.built_file").fetchall()
        except duckdb.CatalogException:
            return None
    files: dict[str, dict[str, LandedFile]] = {}
    for source, name, digest, file_year in rows:
        files.setdefault(source, {})[name] = LandedFile(digest, file_year)
    return State(code, files)


def changed_sources(before: State, after: State, yearly: Iterable[str]) -> dict[str, Years]:
    """Return the sources whose files differ, with the years of those files.

    Only the sources in `yearly` have one file per register year (or year of publication); of
    another one, such as a spell file whose newest version holds all years, every year counts as
    changed.
    """
    changed: dict[str, Years] = {}
    for source in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(source, {}), after.files.get(source, {})
        different = {
            file.file_year
            for one, other in ((old, new), (new, old))
            for name, file in one.items()
            if other.get(name) != file
        }
        if different:
            years = {year for year in different if year is not None}
            is_yearly = source in yearly and len(years) == len(different)
            changed[source] = frozenset(years) if is_yearly else EVERY_YEAR
    return changed


def last_survey_year(state: State, seeds: Path) -> int:
    """Return the year of the last survey: one that landed, or one whose population is counted."""
    with (seeds / SURVEYS).open(encoding="utf-8") as file:
        counted = [int(row["survey_year"]) for row in csv.DictReader(file)]
    landed = [file.file_year or 0 for file in state.files.get("survey_answer", {}).values()]
    return max(counted + landed)


def make_plan(manifest: Mapping, changed: Mapping[str, Years], last_survey: int) -> Plan:
    """Return what to build again: everything downstream of the changed sources, by year if it may.

    A model may be rebuilt by year when its `meta.rebuild` says how its rows of a year depend on
    those of its parents, and all its changed parents changed in some years only. One that leans
    on no register year after the last survey stays as it is when only such years changed.
    """
    nodes, sources = manifest["nodes"], manifest["sources"]
    scope: dict[str, Years] = {
        unique_id: changed[source["identifier"]]
        for unique_id, source in sources.items()
        if source["identifier"] in changed
    }
    plan = Plan()
    for unique_id in _in_order(nodes):
        node = nodes[unique_id]
        touched = [scope[parent] for parent in node["depends_on"]["nodes"] if parent in scope]
        if not touched:
            continue
        meta = node["config"].get("meta", {})
        rule = meta.get("rebuild")
        some_years = [years for years in touched if years is not EVERY_YEAR]
        years = frozenset().union(*some_years)
        is_by_year = len(some_years) == len(touched)
        if is_by_year and rule == "until_last_survey" and min(years) > last_survey:
            continue
        if not is_by_year or rule not in FIRST_YEAR:
            scope[unique_id] = EVERY_YEAR
            plan.whole.append(node["name"])
            continue
        start = FIRST_YEAR[rule]
        scope[unique_id] = years if start is None else _onward(min(years) + start)
        column = meta.get("year_column", "year")
        plan.conditions[node["name"]] = _condition(column, scope[unique_id])
    return plan


LAST_YEAR = 2100


def _onward(first_year: int) -> frozenset[int]:
    return frozenset(range(first_year, LAST_YEAR))


def _condition(column: str, years: frozenset[int]) -> str:
    if max(years) == LAST_YEAR - 1:
        return f"{column} >= {min(years)}"
    # DuckDB carries a range over to the tables that a model joins, and a list not.
    condition = f"{column} between {min(years)} and {max(years)}"
    if len(years) <= max(years) - min(years):
        condition += f" and {column} in ({', '.join(map(str, sorted(years)))})"
    return condition


def _in_order(nodes: Mapping) -> list[str]:
    """Return the models, each after those that it reads."""
    ordered: dict[str, None] = {}

    def visit(unique_id: str) -> None:
        if unique_id in ordered or nodes.get(unique_id, {}).get("resource_type") != "model":
            return
        for parent in nodes[unique_id]["depends_on"]["nodes"]:
            visit(parent)
        ordered[unique_id] = None

    for unique_id in sorted(nodes):
        visit(unique_id)
    return list(ordered)


def read_dbt_manifest(target: Path) -> dict:
    """Return dbt's description of the project, as its last command wrote it."""
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))
