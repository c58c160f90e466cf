"""The catalogue: which files landing knows and how their columns land, read from the seeds.

A user's overlay folder holds CSV files with the seeds' names and columns; its rows are added, and
replace the project's rows that have the same key.
"""

import csv
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from migrantpanel.errors import UserError
from migrantpanel.landing.consent import consent_problems

Row = dict[str, str]

# Folder and key of each seed that an overlay may extend.
SEED_KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "catalogue_stem": ("catalogue", ("stem",)),
    "catalogue_file_pattern": ("catalogue", ("stem", "pattern")),
    "catalogue_column": ("catalogue", ("stem", "column_name")),
    "catalogue_family": ("catalogue", ("family",)),
    "catalogue_pin": ("catalogue", ("stem", "file_year")),
    "catalogue_restricted": ("catalogue", ("stem",)),
    "catalogue_survey": ("catalogue", ("survey", "survey_year")),
    "catalogue_survey_sample": ("catalogue", ("survey", "survey_year", "role")),
    "crosswalk_variable": ("crosswalk", ()),
    "crosswalk_value": ("crosswalk", ()),
    "consent": ("identity", ()),
}
# These reach dbt as landed tables, which the seeds are joined with there.
LANDED_OVERLAYS = (
    "catalogue_survey",
    "catalogue_survey_sample",
    "crosswalk_variable",
    "crosswalk_value",
    "consent",
)
DATA_TYPES = ("string", "int", "bigint", "double")
# What else was delivered of a register that lands as one file, under a stem of its own.
EARLIER = "earlier_versions"
SELECTIONS = ("newest", "newest_per_year", EARLIER)
# A year of many that a wide file spreads over its columns; such columns land as rows.
YEAR = "<YYYY>"
ROW_NUMBER = "(row)"


@dataclass(frozen=True)
class Column:
    """One landed column of a register."""

    name: str
    delivered_names: tuple[str, ...]
    data_type: str
    width: int | None
    first_year: int | None
    last_year: int | None
    role: str
    family: str
    is_required: bool

    def expected_in(self, file_year: int | None) -> bool:
        """Say whether a file of this year should have the column (files without a year should)."""
        if file_year is None:
            return True
        return (self.first_year or 0) <= file_year <= (self.last_year or 9999)

    @property
    def is_yearly(self) -> bool:
        """Whether it gathers one delivered column per year, such as gem2015 and gem2016."""
        return any(YEAR in name for name in self.delivered_names)


@dataclass(frozen=True)
class Restricted:
    """The version of a register without its migration variables (K in the file's name)."""

    columns: tuple[str, ...]
    disables: str
    request: str


@dataclass(frozen=True)
class Stem:
    """One register: its names, its place in the warehouse and its columns in landed order."""

    stem: str
    name: str
    keys: tuple[str, ...]
    first_year: int | None
    last_year: int | None
    selection: str
    required: bool
    disables: str
    patterns: tuple[re.Pattern[str], ...]
    examples: tuple[str, ...]
    columns: tuple[Column, ...]
    restricted: Restricted | None
    digest: str

    def knows(self, file_year: int | None) -> bool:
        """Say whether a file of this year is one that the catalogue describes."""
        if file_year is None:
            return True
        return (self.first_year or 0) <= file_year <= (self.last_year or 9999)


@dataclass(frozen=True)
class Survey:
    """One survey wave: how its files are named and which variables number and key the rows."""

    survey: str
    survey_year: int
    file_pattern: re.Pattern[str]
    sample_pattern: re.Pattern[str] | None
    respondent_variable: str
    rinpersoons_variable: str | None
    rinpersoon_variable: str | None
    sample_roles: tuple[tuple[str, str], ...]
    digest: str

    @property
    def name(self) -> str:
        """Name of the landed files, for example SIM_2006."""
        return f"{self.survey}_{self.survey_year}"


@dataclass(frozen=True)
class Catalogue:
    """Everything that landing knows before it looks at a file."""

    stems: dict[str, Stem]
    surveys: dict[str, Survey]
    overlay_columns: dict[str, list[str]]
    pins: dict[tuple[str, int | None], int] = field(default_factory=dict)
    overlay_rows: dict[str, list[Row]] = field(default_factory=dict)


def read_catalogue(seeds: Path, overlay: Path | None) -> Catalogue:
    """Read the catalogue seeds and the user's overlay over them.

    Raises `UserError` with one line per unknown overlay file, wrong header or unusable row.
    """
    headers: dict[str, list[str]] = {}
    rows: dict[str, list[Row]] = {}
    for seed, (folder, _) in SEED_KEYS.items():
        headers[seed], rows[seed] = _read_csv(seeds / folder / f"{seed}.csv")
    overlay_rows = _read_overlay(overlay, headers)
    for seed, (_, key) in SEED_KEYS.items():
        if key:
            merged = {tuple(row[name] for name in key): row for row in rows[seed]}
            merged |= {tuple(row[name] for name in key): row for row in overlay_rows.get(seed, [])}
            rows[seed] = list(merged.values())
    problems: list[str] = []
    stems = {
        row["stem"]: stem
        for row in rows["catalogue_stem"]
        if (stem := _stem(row, rows, problems)) is not None
    }
    surveys = {
        survey.name: survey
        for row in rows["catalogue_survey"]
        if (survey := _survey(row, rows["catalogue_survey_sample"], problems)) is not None
    }
    pins = _pins(rows["catalogue_pin"], {*stems, *surveys}, problems)
    UserError.collect(problems)
    landed_headers = {seed: headers[seed] for seed in LANDED_OVERLAYS}
    return Catalogue(stems, surveys, landed_headers, pins, overlay_rows)


def _read_csv(path: Path) -> tuple[list[str], list[Row]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            rows = [
                {name: (value or "").strip() for name, value in row.items() if name}
                for row in reader
                if any(value for value in row.values())
            ]
            return list(reader.fieldnames or []), rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read ({error}): save it as CSV in UTF-8") from None


def _read_overlay(overlay: Path | None, headers: dict[str, list[str]]) -> dict[str, list[Row]]:
    if overlay is None:
        return {}
    if not overlay.is_dir():
        raise UserError(f"{overlay} is no folder: give the overlay folder that holds your rows")
    problems: list[str] = []
    found: dict[str, list[Row]] = {}
    for path in sorted(overlay.glob("*.csv")):
        if path.stem not in headers:
            known = ", ".join(sorted(headers))
            problems.append(f"{path}: no seed has this name; rename it to one of {known}")
            continue
        header, rows = _read_csv(path)
        missing = [name for name in headers[path.stem] if name not in header]
        extra = [name for name in header if name not in headers[path.stem]]
        if missing or extra:
            lacks = f" lacks {', '.join(missing)};" if missing else ""
            adds = f" has {', '.join(extra)} too many;" if extra else ""
            problems.append(
                f"{path}: its header{lacks}{adds} use the columns of the seed, separated by commas"
            )
            continue
        key = SEED_KEYS[path.stem][1]
        keys = [tuple(row[name] for name in key) for row in rows] if key else []
        if len(set(keys)) < len(keys):
            twice = next(one for one in keys if keys.count(one) > 1)
            problems.append(
                f"{path}: {' '.join(twice)} has more than one row: keep one per {', '.join(key)}"
            )
            continue
        if path.stem == "consent":
            problems += consent_problems(path.name, rows)
        found[path.stem] = rows
    UserError.collect(problems)
    return found


def _pins(
    rows: list[Row], known: set[str], problems: list[str]
) -> dict[tuple[str, int | None], int]:
    pins: dict[tuple[str, int | None], int] = {}
    for row in rows:
        where = f"catalogue_pin: {row['stem']} {row['file_year']}".rstrip()
        version = _number(row["version"])
        if row["stem"] not in known:
            problems.append(f"{where}: no register or survey wave has this name: correct stem")
        elif version is None or (row["file_year"] and _number(row["file_year"]) is None):
            problems.append(
                f"{where}: version {row['version']!r}: file_year and version must be whole numbers"
            )
        else:
            pins[row["stem"], _number(row["file_year"])] = version
    return pins


def _restricted(stem: str, rows: list[Row]) -> Restricted | None:
    for row in rows:
        if row["stem"] == stem:
            return Restricted(tuple(row["columns"].split()), row["disables"], row["request"])
    return None


def _stem(row: Row, rows: dict[str, list[Row]], problems: list[str]) -> Stem | None:
    stem = row["stem"]
    own_patterns = [r for r in rows["catalogue_file_pattern"] if r["stem"] == stem]
    own_columns = sorted(
        (r for r in rows["catalogue_column"] if r["stem"] == stem),
        key=lambda r: _number(r["position"]) or 0,
    )
    before = len(problems)
    # Earlier versions go by the patterns of the register whose name they share.
    if not own_columns or bool(own_patterns) == (row["selection"] == EARLIER):
        problems.append(
            f"catalogue_stem: {stem} needs rows in catalogue_column, and in catalogue_file_pattern"
            f" unless its selection is {EARLIER}"
        )
    if row["selection"] not in SELECTIONS:
        problems.append(
            f"catalogue_stem: {stem}: selection {row['selection']!r} is none of {SELECTIONS}"
        )
    for column in own_columns:
        if column["data_type"] not in DATA_TYPES:
            problems.append(
                f"catalogue_column: {stem}.{column['column_name']}: data_type"
                f" {column['data_type']!r} is none of {', '.join(DATA_TYPES)}"
            )
    patterns = [
        _pattern(r["pattern"], f"catalogue_file_pattern: {stem}", problems) for r in own_patterns
    ]
    if len(problems) > before:
        return None
    return Stem(
        stem=stem,
        name=row["name"],
        keys=tuple(row["keys"].split()),
        first_year=_number(row["first_year"]),
        last_year=_number(row["last_year"]),
        selection=row["selection"],
        required=_boolean(row["required"]),
        disables=row["disables"],
        patterns=tuple(pattern for pattern in patterns if pattern),
        examples=tuple(r["example"] for r in own_patterns if r["example"]),
        columns=tuple(_column(r) for r in own_columns),
        restricted=_restricted(stem, rows["catalogue_restricted"]),
        digest=_digest(own_columns),
    )


def _column(row: Row) -> Column:
    return Column(
        name=row["column_name"],
        delivered_names=tuple(row["delivered_names"].split()),
        data_type=row["data_type"],
        width=_number(row["width"]),
        first_year=_number(row["first_year"]),
        last_year=_number(row["last_year"]),
        role=row["role"],
        family=row["family"],
        is_required=_boolean(row["is_required"]),
    )


def _survey(row: Row, samples: list[Row], problems: list[str]) -> Survey | None:
    name = f"{row['survey']} {row['survey_year']}"
    where = f"catalogue_survey: {name}"
    before = len(problems)
    year = _number(row["survey_year"])
    if not row["survey"] or year is None:
        problems.append(f"{where}: survey and survey_year must both be filled in")
    if not row["respondent_variable"]:
        problems.append(
            f"{where}: respondent_variable is blank: name the variable that numbers the"
            f" respondents, or write {ROW_NUMBER} to number the rows"
        )
    file_pattern = _pattern(row["file_pattern"], where, problems)
    sample_pattern = (
        _pattern(row["sample_pattern"], where, problems) if row["sample_pattern"] else None
    )
    if len(problems) > before or file_pattern is None or year is None:
        return None
    roles = [
        r for r in samples if (r["survey"], r["survey_year"]) == (row["survey"], row["survey_year"])
    ]
    keyed = {name: row[name] for name in row if name.endswith(("_variable", "_pattern"))}
    return Survey(
        survey=row["survey"],
        survey_year=year,
        file_pattern=file_pattern,
        sample_pattern=sample_pattern,
        respondent_variable=row["respondent_variable"],
        rinpersoons_variable=row["rinpersoons_variable"] or None,
        rinpersoon_variable=row["rinpersoon_variable"] or None,
        sample_roles=tuple((r["role"], r["source_variable"]) for r in roles),
        digest=_digest([keyed, *roles]),
    )


def _pattern(text: str, where: str, problems: list[str]) -> re.Pattern[str] | None:
    try:
        if not text:
            raise re.error("it is blank")
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        problems.append(f"{where}: {text!r} is no usable file name pattern: {error}")
        return None


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _boolean(text: str) -> bool:
    return text.strip().lower() == "true"


def _digest(rows: Iterable[Row]) -> str:
    text = "\n".join("\x1f".join(f"{name}={row[name]}" for name in sorted(row)) for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
