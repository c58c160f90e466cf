"""Sources of income, and incomes of persons and households."""

from datetime import date

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.registers.keys import Registers, last_day, text_date

SOURCE_START = date(1999, 1, 1)
UNKNOWN_9, UNKNOWN_10 = 999_999_999, 9_999_999_999
# XKOPPEL flags of SECMBUS, in the order of the file, and the categories that set them.
SOURCE_FLAGS = {
    "XKOPPELWERKNSECM": ("11",),
    "XKOPPELDGASECM": ("12",),
    "XKOPPELZELFSTSECM": ("13",),
    "XKOPPELOVACTIEFSECM": ("14",),
    "XKOPPELMEEWERKENDSECM": ("15",),
    "XKOPPELWERKLUITKSECM": ("21",),
    "XKOPPELBIJSTANDSECM": ("22",),
    "XKOPPELSOCVOORZOVSECM": ("23",),
    "XKOPPELZIEKTEAOSECM": ("24",),
    "XKOPPELPENSIOENSECM": ("25",),
    "XKOPPELSCHOLSTUDSECM": ("26", "31"),
}


def secm(registers: Registers) -> pl.DataFrame:
    """Main sources of income while registered, with a flag per source."""
    frame = registers.keyed(registers.since(registers.country.income_source_spell, SOURCE_START))
    second = generator(registers.seed, "second source").random(frame.height)
    codes = [code for flag in SOURCE_FLAGS.values() for code in flag]
    active = pl.col("SECM").is_in(["11", "21", "24", "25", "26"])
    # Some have wages beside their main source.
    return frame.with_columns(
        AANVSECM=text_date(pl.col("start")),
        EINDSECM=last_day(),
        SECM=pl.col("secm"),
    ).with_columns(
        pl.when(
            pl.col("SECM").is_in(sources)
            | ((flag == "XKOPPELWERKNSECM") & active & pl.Series(second < 0.12))
        )
        .then(pl.lit("1"))
        .alias(flag)
        for flag, sources in SOURCE_FLAGS.items()
        if set(sources) <= set(codes)
    )


def persoonink(registers: Registers, year: int) -> pl.DataFrame:
    """Personal income of the people registered on 31 December, series until 2010."""
    day = date(year, 12, 31)
    frame = registers.registered(day).join(
        registers.country.income_year.filter(pl.col("year") == year), on="person", how="left"
    )
    unknown = _unknown_income(registers, frame, day)
    return registers.keyed(frame, on=day).with_columns(
        pl.when(unknown).then(UNKNOWN_9)
        .otherwise(pl.col(source).fill_null(0).clip(-500_000, 1_000_000)).alias(name)
        for name, source in (("PERSBRUT", "gross"), ("PERSINK", "personal"),
                             ("PERSPRIM", "primary"))
    )  # fmt: skip


def _unknown_income(registers: Registers, frame: pl.DataFrame, day: date) -> pl.Series:
    """Whether income is unknown: in an institution, or unknown to the tax office."""
    institution = registers.households(day).filter(pl.col("type") == "8")["person"]
    size = registers.country.person.height
    lost = generator(registers.seed, "unknown income", day.year).random(size) < 0.004
    lost[institution.to_numpy()] = True
    return pl.Series(lost[frame["person"].to_numpy()])


def incomes(registers: Registers, year: int) -> pl.DataFrame:
    """Persons of 1 January with income, household and main earner of that day."""
    day = date(year, 1, 1)
    frame = (
        registers.registered(day)
        .join(registers.households(day).drop("start", "end"), on="person", how="inner")
        .join(registers.country.income_year.filter(pl.col("year") == year), on="person", how="left")
        .join(_source_of_year(registers, year), on="person", how="left")
    )
    amounts = ["wage", "profit", "benefit", "pension", "primary", "gross", "personal", "tax",
               "disposable"]  # fmt: skip
    frame = frame.with_columns(pl.col(amounts).fill_null(0).cast(pl.Int64))
    frame = frame.with_columns(unknown=_unknown_income(registers, frame, day))
    adult = pl.col("birth_date") <= date(year - 18, 1, 1)
    earner = (
        frame.sort(~adult, "unknown", -pl.col("personal"), ~pl.col("is_reference"), "person")
        .group_by("household", maintain_order=True)
        .agg(earner=pl.col("person").first(), household_unknown=pl.col("unknown").any())
    )
    return frame.join(earner, on="household", how="left").sort("person")


def _source_of_year(registers: Registers, year: int) -> pl.DataFrame:
    """Category on 1 July, else the last of the year."""
    low, high = date(year, 1, 1), date(year, 12, 31)
    spells = registers.country.income_source_spell.filter(
        (pl.col("start") <= high) & (pl.col("end").is_null() | (pl.col("end") > low))
    )
    middle = date(year, 7, 1)
    at_middle = (pl.col("start") <= middle) & (pl.col("end").is_null() | (pl.col("end") > middle))
    return (
        spells.sort("person", at_middle, "start")
        .group_by("person", maintain_order=True)
        .agg(pl.col("secm").last())
    )


def inpa(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Personal income of the people registered on 1 January, series from 2011."""
    frame = people
    minor = pl.col("birth_date") > date(year - 18, 1, 1)
    unknown = pl.col("unknown")
    institution = pl.col("type") == "8"
    price = 1.021 ** (year - 2003)
    aow = pl.when(pl.col("pension") > 0).then(
        pl.min_horizontal("pension", pl.lit(round(9800 * price)))
    ).otherwise(0)  # fmt: skip
    is_earner = pl.col("person") == pl.col("earner")
    children = pl.col("n_children").cast(pl.Int64)
    receives = is_earner & (children > 0)
    is_civil_servant = pl.col("person") % 11 == 0

    def benefit(*codes: str) -> pl.Expr:
        return pl.when(pl.col("secm").is_in(codes)).then(pl.col("benefit")).otherwise(0)

    amounts = {
        "INPPERSBRUT": pl.col("gross"),
        "INPPERSINK": pl.col("personal"),
        "INPPERSPRIM": pl.col("primary"),
        "INPBELI": (pl.col("personal") * 0.97).round().cast(pl.Int64),
        "INPT1000WER": pl.col("wage"),
        "INPT1020AMB": pl.when(is_civil_servant).then(pl.col("wage")).otherwise(0),
        "INPT2070WIN": pl.col("profit"),
        "INPT5210WW": benefit("21"),
        "INPT5240AO": benefit("24"),
        "INPT5260AOW": aow,
        "INPT5280PEN": pl.col("pension") - aow,
        "INPT6320KB": pl.when(receives).then(children * 950).otherwise(0),
        "INPT6325KGB": pl.when(receives & (pl.col("personal") < 28_000))
        .then(children * 1_200).otherwise(0),
        "INPT6330STU": benefit("26"),
        "INPT7340HRS": pl.when(is_earner & pl.col("personal").is_between(1, 20_000))
        .then(1_900).otherwise(0),
        "INPV3900INK": pl.col("tax"),
    }  # fmt: skip

    def coded(value: pl.Expr) -> pl.Expr:
        return (
            pl.when(institution).then(pl.lit("8")).when(unknown).then(pl.lit("9"))
            .otherwise(value)
        )  # fmt: skip

    def flag(condition: pl.Expr) -> pl.Expr:
        return pl.when(condition).then(pl.lit("1")).otherwise(pl.lit("0"))

    def percentile(column: str) -> pl.Expr:
        valid = ~unknown & (pl.col("gross") != 0)
        rank = pl.when(valid).then(pl.col(column)).rank("ordinal")
        share = (rank.cast(pl.Int64) * 100 - 1) // valid.sum() + 1
        return (
            pl.when(institution).then(-2).when(unknown | (pl.col("gross") == 0)).then(-1)
            .otherwise(share)
        )  # fmt: skip

    has_partner = pl.col("place").is_in(["03", "04", "05", "06"])
    frame = registers.keyed(frame, on=date(year, 1, 1)).with_columns(
        INPEMEZ=coded(flag(pl.col("primary") * 0.87 >= 11_500 * price)),
        INPEMFO=coded(flag(pl.col("personal") >= 11_500 * price)),
        INPPINK=pl.when(unknown).then(pl.lit("9")).otherwise(flag(pl.col("gross") != 0)),
        INPPOSHHK=pl.when(institution).then(pl.lit("8"))
        .when(is_earner & ~has_partner).then(pl.lit("1"))
        .when(is_earner).then(pl.lit("2"))
        .when(pl.col("place").is_in(["04", "06"])).then(pl.lit("3"))
        .when(has_partner).then(pl.lit("4"))
        .when((pl.col("place") == "01") & minor).then(pl.lit("5"))
        .when(pl.col("place") == "01").then(pl.lit("6"))
        .otherwise(pl.lit("7")),
        INPP100PBRUT=percentile("gross"),
        INPP100PPERS=percentile("personal"),
        INPSECJ=pl.col("secm"),
        INPTYPZLF=pl.col("secm").replace_strict(
            {"13": "11", "14": "12", "12": "13"}, default="00"
        ),
        INPKMUTH=pl.lit("0"),
    )  # fmt: skip
    return frame.with_columns(
        pl.when(unknown).then(UNKNOWN_10).otherwise(value).alias(name)
        for name, value in amounts.items()
    )


def inha(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Household income: the sum over the members of 1 January, keyed on the main earner."""
    members = people.with_columns(
        adult=pl.col("birth_date") <= date(year - 18, 1, 1),
        old=pl.col("birth_date") <= date(year - 66, 1, 1),
    )
    arrival = registers.country.person.select(
        earner="person",
        arrival=pl.col("first_arrival_date"),
        income_draw=pl.col("trait_integration"),
    )
    source = members.select(earner="person", main_source="secm")
    frame = (
        members.group_by("household", maintain_order=True)
        .agg(
            person=pl.col("earner").first(),
            INHBRUTINKH=pl.col("gross").sum(),
            INHPRIMINKH=pl.col("primary").sum(),
            disposable=pl.col("disposable").sum(),
            INHAHL=pl.len(),
            INHAHLMI=(pl.col("gross") != 0).sum(),
            adults=pl.col("adult").sum(),
            old=pl.col("old").sum(),
            type=pl.col("type").first(),
            address=pl.col("address").first(),
            unknown=pl.col("household_unknown").first(),
        )
        .with_columns(earner="person")
        .join(arrival, on="earner", how="left")
        .join(source, on="earner", how="left")
        .sort("person")
    )
    institution, unknown = pl.col("type") == "8", pl.col("unknown")
    minors = pl.col("INHAHL").cast(pl.Int64) - pl.col("adults")
    equivalised = pl.col("disposable") / (
        1 + 0.5 * (pl.col("adults").cast(pl.Int64) - 1).clip(0) + 0.3 * minors
    )
    valid = ~unknown & ~institution
    frame = frame.with_columns(equivalised=equivalised, tenure=(pl.col("address") * 7919) % 1000)
    line = 0.6 * pl.when(valid).then(pl.col("equivalised")).median()
    ratio = (pl.col("equivalised") / line * 100).round().clip(0, 9_999).cast(pl.Int64)

    def percentile(column: str) -> pl.Expr:
        rank = pl.when(valid).then(pl.col(column)).rank("ordinal")
        return (
            pl.when(institution).then(-3).when(unknown).then(-1)
            .otherwise((rank.cast(pl.Int64) * 100 - 1) // valid.sum() + 1)
        )  # fmt: skip

    on_benefit = pl.col("main_source").is_in(["21", "22", "23", "24"])
    recent = pl.col("arrival") > date(year - 3, 1, 1)
    owner = pl.col("tenure") < (pl.col("equivalised") / 60).clip(80, 850)
    poor = pl.col("equivalised") < 19_000
    composition = (
        pl.when(institution).then(pl.lit("88"))
        .otherwise(pl.col("type").replace_strict(
            {"1": "11", "2": "22", "3": "21", "4": "32", "5": "31", "6": "41", "7": "51"},
            default="88",
        ))
    )  # fmt: skip
    frame = frame.with_columns(
        INHARMEUR=pl.when(institution).then(-3).when(unknown).then(-1).otherwise(ratio),
        INHARMEURL=pl.when(institution).then(-3).when(unknown).then(-1).when(recent).then(-4)
        .otherwise(ratio),
        INHBBIHJ=pl.when(unknown).then(pl.lit("99")).otherwise(
            pl.col("main_source").replace({"15": "14", "31": "99", "32": "99"}).fill_null("99")
        ),
        INHEHALGR=pl.when(institution).then(pl.lit("8")).when(unknown).then(pl.lit("9"))
        .when(owner).then(pl.lit("1")).when(poor).then(pl.lit("3")).otherwise(pl.lit("2")),
        INHPOPIIV=pl.when(institution).then(pl.lit("8")).when(unknown).then(pl.lit("9"))
        .when(pl.col("main_source") == "26").then(pl.lit("2")).otherwise(pl.lit("1")),
        INHSAMHH=composition,
        INHSAMAOW=pl.when(institution).then(pl.lit("88"))
        .when(pl.col("old") == 0).then(pl.lit("10"))
        .when(pl.col("old") == pl.col("adults")).then(pl.lit("30")).otherwise(pl.lit("20")),
        INHUAF=pl.when(on_benefit).then(pl.lit("1")).otherwise(pl.lit("0")),
        INHUAFL=pl.when(on_benefit & ~recent.fill_null(False)).then(pl.lit("1"))
        .otherwise(pl.lit("0")),
        INHUAFTYP=pl.when(on_benefit).then(pl.col("main_source")).otherwise(pl.lit("00")),
        INHP100HBEST=percentile("disposable"),
        INHP100HGEST=percentile("equivalised"),
        INHP100HPRIM=percentile("INHPRIMINKH"),
        INHBRUTINKH=pl.when(unknown).then(UNKNOWN_10).otherwise(pl.col("INHBRUTINKH")),
        INHPRIMINKH=pl.when(unknown).then(UNKNOWN_10).otherwise(pl.col("INHPRIMINKH")),
    )  # fmt: skip
    return registers.keyed(frame, "HKW", on=date(year, 1, 1))


def koppelpersoonhuishouden(registers: Registers, people: pl.DataFrame, year: int) -> pl.DataFrame:
    """Which main earner's household a person belonged to on 1 January."""
    day = date(year, 1, 1)
    frame = people.select("person", "earner")
    return registers.keyed(registers.keyed(frame, on=day), "HKW", "earner", on=day)
