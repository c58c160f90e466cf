"""Residence permits of immigrants whose permit never reached their record, from donors.

The method is that of Statistics Denmark's variable IMPUTERET (nearest neighbour on year of
immigration, sex, age, civil status and group of citizenships; category and ground from one donor,
explanation for family reunification only). What the document leaves open is decided here: the
order in which keys are given up, the cap on a donor's use, and how ties are broken
(docs/permits.md).
"""

from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.imputation.donor import donor_impute

FAMILY = "family"
TARGETS = ("permit_category", "permit_ground", "permit_explanation")
RESULT = {
    "case_id": pl.String, "category": pl.String, "ground": pl.String, "explanation": pl.String,
    "donor_case_id": pl.String, "distance": pl.Float64, "match_level": pl.Int32,
}  # fmt: skip
# Where a value does not apply: donors may not have missing targets.
NOT_APPLICABLE = "-"
# Lower bounds of the age groups of the source.
AGE_GROUPS = (0, 10, 18, 25, 30, 40, 50, 60, 65)
LIFE_STAGES = (0, 18, 65)
EXACT = ("year", "sex_code", "age_group", "civil_status_code", "country_group")
# What is given up when a cell has too few donors: children stay with children to the end, since
# their permits are of other kinds; where the year is given up, the nearest one counts.
FALLBACK = (
    ("year", "sex_code", "age_group", "country_group"),
    ("year", "age_group", "country_group"),
    ("age_group", "country_group"),
    ("life_stage", "country_group"),
    ("year", "life_stage", "continent"),
    ("life_stage", "continent"),
    ("life_stage",),
    (),
)

KEYS = tuple(sorted({*EXACT, *(key for level in FALLBACK for key in level)}))


class PermitError(UserError, ValueError):
    """Immigrations that cannot be imputed; the message says what to change."""


@dataclass(frozen=True)
class PermitRules:
    """How donors are sought.

    Attributes:
        min_donors: donors that a cell needs at any level but the last.
        max_uses: recipients that one donor may serve.
        seed: key of the random choice among donors equally near.
    """

    min_donors: int = 5
    max_uses: int = 10
    seed: int = 1


DEFAULTS = PermitRules()


def lower_bound(column: str, bounds: tuple[int, ...]) -> pl.Expr:
    """Return the lower bound of the group that a number is in; null stays null."""
    number = pl.col(column)
    expression = pl.when(number < bounds[1]).then(bounds[0])
    for low, high in pairwise(bounds[1:]):
        expression = expression.when(number < high).then(low)
    return pl.when(number.is_not_null()).then(expression.otherwise(bounds[-1]))


def impute_permits(cases: pl.DataFrame, rules: PermitRules = DEFAULTS) -> pl.DataFrame:
    """Give every immigration to be imputed the permit of its nearest donor.

    Args:
        cases: case_id (unique), year, sex_code, age (completed years at arrival),
            civil_status_code, country_group, continent, is_recipient, and permit_category,
            permit_ground and permit_explanation (null: not known). Donors are the cases that are
            no recipients and have a category and a ground.
        rules: donors needed, uses allowed, seed.

    Returns:
        One row per recipient in the order given: case_id, category, ground, explanation
        (of family reunification only), donor_case_id, distance (years between the two immigrations)
        and match_level (0: all keys; then the place in `FALLBACK`; below 0: no donor, see
        `donor_impute`).

    Raises:
        PermitError: no donor at all, or a duplicate immigration.
    """
    if cases["case_id"].is_duplicated().any():
        twice = cases.filter(pl.col("case_id").is_duplicated())["case_id"][0]
        raise PermitError(f"case {twice} occurs twice: give each immigration one row")
    keyed = cases.with_columns(
        age_group=lower_bound("age", AGE_GROUPS),
        life_stage=lower_bound("age", LIFE_STAGES),
        arrival_year=pl.col("year"),
    )
    recipients = keyed.filter("is_recipient")
    category, ground, explanation = (pl.col(target) for target in TARGETS)
    donors = keyed.filter(
        ~pl.col("is_recipient") & category.is_not_null() & ground.is_not_null()
    ).with_columns(
        # An explanation means something with family reunification only.
        permit_explanation=pl.when(category == FAMILY).then(explanation).fill_null(NOT_APPLICABLE)
    )
    if recipients.is_empty():
        return pl.DataFrame(schema=RESULT)
    if donors.is_empty():
        raise PermitError(
            f"{len(recipients)} immigrations need a permit and none has one to give: "
            "is the register of motives delivered, and are its codes in the seed permit_ground?"
        )
    # A key that no donor has (its register was not delivered) is left out.
    absent = [key for key in KEYS if donors[key].null_count() == donors.height]
    recipients, donors = (
        t.with_columns(pl.lit("-").alias(k) for k in absent) for t in (recipients, donors)
    )
    found = donor_impute(
        recipients, donors, "case_id", EXACT, ["arrival_year"], TARGETS,
        seed=rules.seed, max_uses=rules.max_uses,
        fallback=FALLBACK, min_donors=rules.min_donors,
    )  # fmt: skip
    return (
        pl.DataFrame(pl.from_arrow(found))
        .select(
            case_id="recipient_id",
            category=category,
            ground=ground,
            explanation=pl.when(explanation != NOT_APPLICABLE).then(explanation),
            donor_case_id="donor_id",
            distance="distance",
            match_level="match_level",
        )
        .cast(RESULT)
    )
