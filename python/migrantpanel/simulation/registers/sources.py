"""The register of sources of income."""

from datetime import date

import polars as pl

from migrantpanel.random import generator
from migrantpanel.simulation.registers.keys import Registers, last_day, text_date

SOURCE_START = date(1999, 1, 1)
# Flags of SECMBUS in the order of the file, with the categories that set them.
FLAGS = {
    "XKOPPELWERKNSECM": ["11"],
    "XKOPPELDGASECM": ["12"],
    "XKOPPELZELFSTSECM": ["13"],
    "XKOPPELOVACTIEFSECM": ["14"],
    "XKOPPELMEEWERKENDSECM": ["15"],
    "XKOPPELWERKLUITKSECM": ["21"],
    "XKOPPELBIJSTANDSECM": ["22"],
    "XKOPPELSOCVOORZOVSECM": ["23"],
    "XKOPPELZIEKTEAOSECM": ["24"],
    "XKOPPELPENSIOENSECM": ["25"],
    "XKOPPELSCHOLSTUDSECM": ["26", "31"],
}
WAGE_FLAG = "XKOPPELWERKNSECM"
MAY_HAVE_WAGES = ["21", "24", "25", "26"]


def secm(registers: Registers) -> pl.DataFrame:
    """Main sources of income while registered, with a flag for every source there is."""
    rate = registers.rates["income"]["wage_beside_main_source"]
    frame = registers.keyed(registers.since(registers.country.income_source_spell, SOURCE_START))
    draw = generator(registers.seed, "second source").random(frame.height)
    wage_too = pl.col("secm").is_in(MAY_HAVE_WAGES) & pl.Series(draw < rate)
    return frame.with_columns(
        AANVSECM=text_date(pl.col("start")), EINDSECM=last_day(), SECM=pl.col("secm")
    ).with_columns(
        pl.when(pl.col("secm").is_in(codes) | (wage_too & (flag == WAGE_FLAG)))
        .then(pl.lit("1"))
        .alias(flag)
        for flag, codes in FLAGS.items()
    )
