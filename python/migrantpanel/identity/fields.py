"""What is compared when people are linked without a number: the field sets rich and reduced.

A field set is three things: comparisons (levels from the strongest agreement to none, each with a
name that is kept as evidence), blocks (what two rows must share to be compared at all), and the
wave, which every block contains. In the conditions l is the interview and r the register.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field

INTERVIEW, REGISTER = "interview", "register"  # l and r: Splink orders data sets by name
OTHER = "different"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Level:
    """One degree of agreement: its name, its condition, and whether rare values count for more."""

    name: str
    condition: str
    frequency_of: str | None = None


@dataclass(frozen=True)
class Comparison:
    """One field: unknown where a column is null, then the levels in order, else different."""

    name: str
    null_columns: tuple[str, ...]
    levels: tuple[Level, ...]

    def splink(self) -> dict:
        """Return the comparison as Splink's settings write it."""
        unknown = " or ".join(f"l.{c} is null or r.{c} is null" for c in self.null_columns)
        levels = [
            {"sql_condition": _suffixed(unknown), "label_for_charts": UNKNOWN,
             "is_null_level": True}
        ]  # fmt: skip
        for level in self.levels:
            tf = {"tf_adjustment_column": level.frequency_of} if level.frequency_of else {}
            levels.append(
                {"sql_condition": _suffixed(level.condition), "label_for_charts": level.name} | tf
            )
        levels.append({"sql_condition": "ELSE", "label_for_charts": OTHER})
        return {"output_column_name": self.name, "comparison_levels": levels}

    def evidence(self) -> str:
        """Return SQL that names the level of a pair."""
        size = len(self.levels)
        cases = " ".join(
            f"when {size - place} then '{self.name} {level.name}'"
            for place, level in enumerate(self.levels)
        )
        return (
            f"case gamma_{self.name} {cases} when 0 then '{self.name} {OTHER}'"
            f" else '{self.name} {UNKNOWN}' end"
        )

    def is_exact(self) -> str:
        """Return SQL that says whether a pair agrees at the strongest level."""
        return f"gamma_{self.name} = {len(self.levels)}"


@dataclass(frozen=True)
class FieldSet:
    """The comparisons and blocks of one set of fields; blocks pair columns of both sides."""

    name: str
    comparisons: tuple[Comparison, ...]
    blocks: tuple[tuple[tuple[str, str], ...], ...]
    extra_columns: tuple[str, ...] = field(default=())

    @property
    def columns(self) -> list[str]:
        """Return the columns that either side needs, besides wave and key."""
        used = {column for block in self.blocks for pair in block for column in pair}
        used |= {name for comparison in self.comparisons for name in comparison.null_columns}
        return sorted(used | set(self.frequency_columns) | set(self.extra_columns))

    @property
    def frequency_columns(self) -> list[str]:
        """Return the columns of which rare values count for more."""
        levels = [level for comparison in self.comparisons for level in comparison.levels]
        return sorted({level.frequency_of for level in levels if level.frequency_of})

    @property
    def digest(self) -> str:
        """Return a short hash of the definition: another one needs another model."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]


def _suffixed(condition: str) -> str:
    """Write l.name as Splink does: name_l."""
    words = condition.replace("(", "( ").replace(")", " )").replace(",", " ,").split(" ")
    return " ".join(
        f"{word[2:]}_{word[0]}" if word.startswith(("l.", "r.")) else word for word in words
    )


def same(*columns: str) -> tuple[tuple[str, str], ...]:
    """Return a block of columns that are called the same on both sides."""
    return tuple((column, column) for column in columns)


def _equal(column: str) -> str:
    return f"l.{column} = r.{column}"


def _exact(column: str, frequency: bool = False) -> Level:
    return Level("same", _equal(column), column if frequency else None)


SEX = Comparison("sex", ("sex",), (_exact("sex"),))

RICH = FieldSet(
    name="rich",
    comparisons=(
        Comparison(
            "family_name",
            ("family_name",),
            (
                _exact("family_name", frequency=True),
                Level("first of two", "l.family_name_other = r.family_name"),
                Level("partner", "l.family_name = r.partner_name"),
                Level("alike", "jaro_winkler_similarity( l.family_name, r.family_name ) >= 0.92"),
                Level(
                    "similar",
                    "jaro_winkler_similarity( l.family_name, r.family_name ) >= 0.84 or"
                    " jaro_winkler_similarity( l.family_name, r.partner_name ) >= 0.92",
                ),
                Level("exchanged", "l.family_name = r.first_name"),
            ),
        ),
        Comparison(
            "first_name",
            ("first_name",),
            (
                _exact("first_name", frequency=True),
                Level("alike", "jaro_winkler_similarity( l.first_name, r.first_name ) >= 0.9"),
                Level("similar", "jaro_winkler_similarity( l.first_name, r.first_name ) >= 0.8"),
                Level("initial", "l.first_initial = r.first_initial"),
                Level("exchanged", "l.first_name = r.family_name"),
            ),
        ),
        Comparison(
            "birth_date",
            ("birth_date",),
            (
                _exact("birth_date"),
                Level(
                    "day and month exchanged",
                    "l.birth_year = r.birth_year and month( l.birth_date ) = day( r.birth_date )"
                    " and day( l.birth_date ) = month( r.birth_date )",
                ),
                Level(
                    "one part different",
                    "( cast( l.birth_year = r.birth_year as int )"
                    " + cast( month( l.birth_date ) = month( r.birth_date ) as int )"
                    " + cast( day( l.birth_date ) = day( r.birth_date ) as int ) ) = 2",
                ),
                Level("same year", _equal("birth_year")),
            ),
        ),
        Comparison(
            "address",
            ("municipality",),
            (
                Level(
                    "same",
                    "l.postcode = r.postcode and l.house_number = r.house_number",
                ),
                Level("same postcode", _equal("postcode")),
                Level(
                    "same number and municipality",
                    "l.house_number = r.house_number and l.municipality = r.municipality",
                ),
                Level("same municipality", _equal("municipality")),
            ),
        ),
        SEX,
    ),
    blocks=(
        same("birth_date", "family_initial"),
        same("birth_date", "first_initial"),
        same("birth_date", "postcode"),
        same("family_name", "first_name", "birth_year"),
        same("postcode", "house_number", "first_initial"),
        same("postcode", "house_number", "birth_year"),
        (("family_name", "partner_name"), *same("birth_year", "first_name")),
    ),
    extra_columns=("family_name_other", "partner_name"),
)

REDUCED = FieldSet(
    name="reduced",
    comparisons=(
        SEX,
        Comparison(
            "birth_year",
            ("birth_year",),
            (
                _exact("birth_year"),
                Level("one apart", "abs( l.birth_year - r.birth_year ) = 1"),
            ),
        ),
        Comparison("birth_month", ("birth_month",), (_exact("birth_month"),)),
        Comparison("birth_country", ("birth_country",), (_exact("birth_country", True),)),
        Comparison("municipality", ("municipality",), (_exact("municipality", True),)),
        Comparison(
            "arrival_year",
            ("arrival_year",),
            (
                _exact("arrival_year"),
                Level("one apart", "abs( l.arrival_year - r.arrival_year ) = 1"),
                Level("two apart", "abs( l.arrival_year - r.arrival_year ) = 2"),
            ),
        ),
    ),
    blocks=(
        same("sex", "birth_year", "birth_month", "birth_country", "municipality"),
        same("sex", "birth_year", "birth_month", "birth_country", "arrival_year"),
        same("sex", "birth_year", "birth_country", "municipality", "arrival_year"),
        same("birth_month", "birth_country", "municipality", "arrival_year"),
    ),
)

FIELD_SETS = {fields.name: fields for fields in (RICH, REDUCED)}
