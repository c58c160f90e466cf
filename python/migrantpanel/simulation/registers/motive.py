"""The register of motives of migration: permits for some, derived goals for European citizens."""

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.defects.manifest import manifest_rows
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.permits import permits
from migrantpanel.simulation.registers.keys import LAST_YEAR, Registers, last_day, text_date

GOALS = {"family": "GEZIN", "labour": "ARBEID", "asylum": "ASIEL", "study": "STUDIE"}
# The thirteen categories of the immigration service, fifteen in the component from 2018.
CODES = {"asylum": ["03", "11"], "study": ["06", "07"], "other": ["12", "09", "08", "10"]}
FIFTEEN_SINCE = 2018


def vrlmigmot(registers: Registers, version: int = LAST_YEAR) -> pl.DataFrame:
    """Motives known in a version, with its codes and by its method (damage `motive_break`)."""
    kind, name = "motive_break", "VRLMIGMOTBUS"
    rate = registers.country.parameters.defects[kind]["rate"]
    sound = _motives(registers, version, broken=False)
    drawn = pl.Series(generator(registers.seed, "defect", kind).random(sound.height) < rate)
    broken = _motives(registers, version, broken=True)
    columns = ["VRLMIGMOTIND", *(f"VRLMIGDOEL{goal}" for goal in GOALS.values())]
    parts = []
    for column in columns:
        differs = drawn & broken[column].ne_missing(sound[column])
        parts.append(
            broken.filter(differs).select(
                "person",
                number="RINPERSOON",
                file_stem=pl.lit(name),
                file_year=pl.lit(version),
                column=pl.lit(column),
                true_value=sound[column].filter(differs),
                delivered_value=pl.col(column).fill_null(""),
            )
        )
    registers.damage.of_files[name, f"{kind} {version}"] = manifest_rows(pl.concat(parts), kind)
    return sound.with_columns(broken[column].zip_with(drawn, sound[column]) for column in columns)


def _motives(registers: Registers, version: int, broken: bool) -> pl.DataFrame:
    """Motives in fifteen categories by the method of 2020, or as a version had them.

    Those from 2018 repeat the motive of the first movement, those before 2018 have thirteen
    categories, and those before 2020 were made by another method.
    """
    rates = parameter_file("delivery_people.yaml")["motive"]
    rng = generator(registers.seed, "motive method")
    frame = permits(registers.country, registers.seed)
    draw, goal, code = (rng.random(frame.height) for _ in range(3))
    revised = version >= 2020 or not broken
    frame = frame.with_columns(draw=pl.Series(draw), goal=pl.Series(goal), code=pl.Series(code))
    if broken and version >= rates["first_movement_since"]:
        frame = frame.with_columns(pl.col("motive", "draw", "goal", "code").first().over("person"))
    if not revised:
        moved = pl.col("draw") > 1 - rates["old_version_moves"]
        other = pl.when(pl.col("motive") == "family").then(pl.lit("labour")).otherwise(
            pl.when(pl.col("motive") == "labour").then(pl.lit("study")).otherwise("motive")
        )  # fmt: skip
        frame = frame.with_columns(motive=pl.when(moved).then(other).otherwise("motive"))
    frame = frame.filter(pl.col("year") <= version)
    none = pl.col("draw") < rates["none_found" if revised else "none_found_old_method"]
    european = pl.col("is_european")
    second = pl.col("goal") < rates["second_goal"]

    def flag(motive: str) -> pl.Expr:
        also = second & (motive == "labour") & (pl.col("motive") == "family")
        hit = european & ~none & ((pl.col("motive") == motive) | also)
        return pl.when(hit).then(pl.lit("1")).when(european).then(pl.lit("0"))

    frame = registers.keyed(frame)
    fifteen = version >= FIFTEEN_SINCE or not broken
    return frame.with_columns(
        # A permit without a key is there, but belongs to nobody.
        RINPERSOONS=pl.when("has_key").then("RINPERSOONS").otherwise(pl.lit("O")),
        RINPERSOON=pl.when("has_key").then("RINPERSOON"),
        VRLDATUMAANVANGMIGMOT=text_date(pl.col("start")),
        VRLDATUMEINDEMIGMOT=last_day(),
        VRLMIGMOTSYSTEEM=pl.when(european).then(pl.lit("A")).otherwise(pl.lit("I")),
        VRLMIGMOTIND=pl.when(~european).then(_permit(fifteen)),
        **{f"VRLMIGDOEL{name}": flag(motive) for motive, name in GOALS.items()},
    )


def _permit(fifteen: bool) -> pl.Expr:
    """Return the category of a permit; family and labour are finer where there are fifteen."""
    draw = pl.col("code")
    child = pl.col("age") < 18
    family = pl.when(child).then(pl.lit("14" if fifteen else "04")).when(draw < 0.55).then(
        pl.lit("05")).otherwise(pl.lit("04"))  # fmt: skip
    labour = pl.when(draw < 0.4).then(pl.lit("01")).when(draw > (0.95 if fifteen else 2)).then(
        pl.lit("15")).otherwise(pl.lit("02"))  # fmt: skip
    expression = pl.when(pl.col("motive") == "family").then(family)
    expression = expression.when(pl.col("motive") == "labour").then(labour)
    for motive, codes in CODES.items():
        rest = pl.lit(codes[0])
        for number, code in enumerate(codes[1:], start=1):
            rest = pl.when(draw > 1 - 0.1 * number).then(pl.lit(code)).otherwise(rest)
        expression = expression.when(pl.col("motive") == motive).then(rest)
    return expression.otherwise(pl.lit("13"))
