"""Small sound extracts for every register and survey, and a table of ways to damage them.

Run as a script, `python tests/python/damage.py FOLDER` writes every damaged extract to a folder of
its own, with the line that landing must answer beside it.
"""

import gzip
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyreadstat

from migrantpanel.landing.catalogue import YEAR, Catalogue, Stem, Survey, read_catalogue
from migrantpanel.project import seeds_dir

PERSONS = 40
AREA_YEARS = (2022, 2023)
PERSON = "GBAPERSOON2023TABV2.sav"
SIM = "SIM_2006.sav"


def catalogue() -> Catalogue:
    """Return the project's own catalogue."""
    return read_catalogue(seeds_dir(), None)


def register_frame(stem: Stem, file_year: int | None, rows: int = PERSONS) -> pl.DataFrame:
    """Return a sound file of a register, in the delivered columns and types of that year."""
    columns: dict[str, pl.Series] = {}
    for column in stem.columns:
        if not column.expected_in(file_year) or column.delivered_names[0] == YEAR:
            continue
        names = [column.delivered_names[0].replace("*", "")]
        if column.is_yearly:
            names = [names[0].replace(YEAR, str(year)) for year in AREA_YEARS]
        for name in names:
            columns[name] = _values(column.family, column.data_type, column.width, rows)
    return pl.DataFrame(columns)


def _values(family: str, data_type: str, width: int | None, rows: int) -> pl.Series:
    if data_type != "string":
        return pl.Series([float(1000 + row) for row in range(rows)])
    if family == "rin_type":
        return pl.Series(["R"] * rows)
    if width == 8:
        return pl.Series(["20200131"] * rows)
    width = width or 6
    return pl.Series([f"{row % 10 if width == 1 else row:0{width}d}" for row in range(rows)])


def survey_frames(survey: Survey, rows: int = PERSONS) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a sound survey file and the file of its drawn sample."""
    number = list(range(1, rows + 1))
    answers: dict[str, list[object]] = {survey.respondent_variable: [float(n) for n in number]}
    if survey.rinpersoons_variable and survey.rinpersoon_variable:
        answers[survey.rinpersoons_variable] = ["R"] * rows
        answers[survey.rinpersoon_variable] = [f"{n:09d}" for n in number]
    answers["Q1"] = [None if n % 10 == 0 else float(n % 4) for n in number]
    answers["Q2"] = ["" if n % 10 == 0 else "nee" for n in number]
    answers["Q3"] = [99.0 if n % 5 == 0 else n / 4 for n in number]
    sample = {source: [float(n) for n in number] for _, source in survey.sample_roles}
    return pl.DataFrame(answers), pl.DataFrame(sample)


def write_survey(frame: pl.DataFrame, path: Path) -> None:
    """Write a survey file with labels and declared missing values."""
    pyreadstat.write_sav(
        frame,
        path,
        column_labels=[f"Vraag {name}" for name in frame.columns],
        variable_value_labels={"Q1": {0: "geen", 1: "één", 8: "w.n."}, "Q3": {99.0: "weigert"}},
        missing_ranges={"Q1": [8], "Q3": [{"lo": 98, "hi": 99}]},
    )


def write_extracts(folder: Path) -> Path:
    """Write one sound file per register and per survey wave; return the folder."""
    known = catalogue()
    folder.mkdir(parents=True, exist_ok=True)
    for stem in known.stems.values():
        name = stem.examples[0]
        year = re.search(r"\d{4}", name)
        frame = register_frame(stem, int(year.group()) if year else None)
        pyreadstat.write_sav(frame, folder / f"{name}.sav")
    for survey in known.surveys.values():
        answers, sample = survey_frames(survey)
        write_survey(answers, folder / f"{survey.name}.sav")
        pyreadstat.write_sav(sample, folder / f"{survey.name}_STEEKPROEF.sav")
    return folder


@dataclass(frozen=True)
class Damage:
    """One way to spoil an extract, and the line (a regular expression) that landing answers."""

    name: str
    spoil: Callable[[Path], None]
    message: str
    crashes_the_reader: bool = False


def _rewrite(
    file_name: str, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        frame, meta = pyreadstat.read_sav(
            folder / file_name, user_missing=True, output_format="polars"
        )
        assert meta.number_rows
        pyreadstat.write_sav(change(frame), folder / file_name)

    return spoil


def _bytes(file_name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / file_name
        path.write_bytes(change(path.read_bytes()))

    return spoil


def _as_csv(
    file_name: str, change: Callable[[str], str], pack: bool = False
) -> Callable[[Path], None]:
    """Replace a SPSS file by CSV text that was changed."""

    def spoil(folder: Path) -> None:
        frame = pyreadstat.read_sav(folder / file_name, output_format="polars")[0]
        (folder / file_name).unlink()
        text = change(frame.write_csv(separator=";", quote_style="never"))
        name = file_name.removesuffix(".sav") + (".csv.gz" if pack else ".csv")
        data = text.encode()
        (folder / name).write_bytes(gzip.compress(data)[:-20] if pack else data)

    return spoil


def _as_parquet(folder: Path) -> None:
    frame = pyreadstat.read_sav(folder / PERSON, output_format="polars")[0]
    (folder / PERSON).unlink()
    path = folder / PERSON.replace(".sav", ".parquet")
    frame.write_parquet(path)
    path.write_bytes(path.read_bytes()[:-30])


def _claim_rows(folder: Path) -> None:
    """Make Stata's header state about a billion rows, for which no reader should take memory."""
    frame = pyreadstat.read_sav(folder / SIM, output_format="polars")[0]
    (folder / SIM).unlink()
    path = folder / SIM.replace(".sav", ".dta")
    pyreadstat.write_dta(frame, path)
    head, stated, rest = path.read_bytes().partition(b"<N>")
    path.write_bytes(head + stated + (10**9).to_bytes(8, "little") + rest[8:])


def _remove(file_name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file_name).unlink()


def _folder_instead(folder: Path) -> None:
    (folder / PERSON).unlink()
    (folder / PERSON).mkdir()


def _link_loop(folder: Path) -> None:
    (folder / PERSON).unlink()
    (folder / PERSON).symlink_to(folder / PERSON)


def _repeat_respondent(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.when(pl.col("RespNr") < 4).then(1.0).otherwise("RespNr").alias("RespNr")
    )


def _twice(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("GBAGESLACHT").alias("gbageslacht "))


DAMAGES: tuple[Damage, ...] = (
    Damage(
        "register absent",
        _remove(PERSON),
        r"GBAPERSOONTAB is absent: no file named like 'GBAPERSOON2023TABV2'",
    ),
    Damage(
        "folder instead of file",
        _folder_instead,
        r"GBAPERSOONTAB is absent: .*GBAPERSOON2023TABV2.sav is a folder, not a file",
    ),
    Damage(
        "link to itself",
        _link_loop,
        r"GBAPERSOONTAB is absent: .*GBAPERSOON2023TABV2.sav is a link that leads nowhere",
    ),
    Damage(
        "empty file",
        _bytes(PERSON, lambda data: b""),
        r"GBAPERSOON2023TABV2.sav: the file is empty",
    ),
    Damage(
        "cut in half",
        _bytes(PERSON, lambda data: data[: len(data) // 2]),
        r"GBAPERSOON2023TABV2.sav: cannot be read",
    ),
    Damage(
        "last bytes missing",
        _bytes(PERSON, lambda data: data[:-40]),
        r"GBAPERSOON2023TABV2.sav: cannot be read",
    ),
    Damage(
        "cut in the header",
        _bytes(PERSON, lambda data: data[:100]),
        r"GBAPERSOON2023TABV2.sav: cannot be read",
    ),
    Damage(
        "wrong magic bytes",
        _bytes(PERSON, lambda data: b"PK\x03\x04" + data[4:]),
        r"GBAPERSOON2023TABV2.sav: it starts with b'PK.*no SPSS file",
    ),
    Damage(
        "survey cut in half",
        _bytes(SIM, lambda data: data[: len(data) // 2]),
        r"SIM_2006.sav: cannot be read",
    ),
    Damage(
        # The first variable is said to be a text of 104 bytes, which it is not.
        "wrong type inside the header",
        _bytes(SIM, lambda data: data[:180] + b"\x68" + data[181:]),
        r"SIM_2006.sav: the reader crashed on it, so it is damaged inside",
        crashes_the_reader=True,
    ),
    Damage(
        "Stata file that claims too many rows",
        _claim_rows,
        r"SIM_2006.dta: it states [\d,]+ rows of 6 columns, more than its [\d,]+ bytes can hold",
    ),
    Damage(
        "key column missing",
        _rewrite(PERSON, lambda f: f.drop("RINPERSOON")),
        r"GBAPERSOON2023TABV2.sav: key column RINPERSOON is missing",
    ),
    Damage(
        "required column missing",
        _rewrite(PERSON, lambda f: f.drop("GBAGESLACHT")),
        r"GBAPERSOON2023TABV2.sav: column GBAGESLACHT is missing",
    ),
    Damage(
        "no rows",
        _rewrite(PERSON, lambda f: f.clear()),
        r"GBAPERSOON2023TABV2.sav: the file holds no rows",
    ),
    Damage(
        "letters in amounts",
        _rewrite("INPA2023TABV2.sav", lambda f: f.with_columns(INPPERSINK=pl.lit("onbekend"))),
        r"INPA2023TABV2.sav: column INPPERSINK: 40 of 40 rows cannot be read, for example"
        r" 'onbekend' in row 1 is no whole number",
    ),
    Damage(
        "letters in keys",
        _rewrite(PERSON, lambda f: f.with_columns(RINPERSOON=pl.lit("12A456789"))),
        r"column RINPERSOON: 40 of 40 rows cannot be read, for example '12A456789'",
    ),
    Damage(
        "no column per year",
        _rewrite("VSLGWB2023TAB03V1.sav", lambda f: f.select(pl.nth(0, 1))),
        r"VSLGWB2023TAB03V1.sav: column gem<YYYY> is missing",
    ),
    Damage(
        "column twice in CSV",
        _as_csv(PERSON, lambda text: text.replace("GBAIMPUTATIECODE;", "GBAGENERATIE;", 1)),
        r"GBAPERSOON2023TABV2.csv: column GBAGENERATIE is there 2 times",
    ),
    Damage(
        "column twice but for case",
        _as_csv(PERSON, lambda text: text.replace("GBAIMPUTATIECODE;", "gbagenerATIE;", 1)),
        r"GBAPERSOON2023TABV2.csv: column GBAGENERATIE is there 2 times",
    ),
    Damage(
        "CSV cut in a line",
        _as_csv(PERSON, lambda text: text[:-30]),
        r"GBAPERSOON2023TABV2.csv: line 41 has \d+ fields where the header has 23",
    ),
    Damage(
        "CSV without rows",
        _as_csv(PERSON, lambda text: text.split("\n")[0] + "\n"),
        r"GBAPERSOON2023TABV2.csv: the file holds no rows",
    ),
    Damage(
        "CSV with a blank header",
        _as_csv(PERSON, lambda text: "\n" + text),
        r"GBAPERSOON2023TABV2.csv: the first line is blank",
    ),
    Damage(
        "gzip cut short",
        _as_csv(PERSON, lambda text: text, pack=True),
        r"GBAPERSOON2023TABV2.csv.gz: cannot be read",
    ),
    Damage(
        "Parquet cut short",
        _as_parquet,
        r"GBAPERSOON2023TABV2.parquet: the end of the file is missing",
    ),
    Damage(
        "respondent number twice",
        _rewrite(SIM, _repeat_respondent),
        r"SIM_2006.sav: variable RespNr: 1 respondent numbers are used more than once, for"
        r" example '1' in 3 rows",
    ),
    Damage(
        "respondent number blank",
        _rewrite(SIM, lambda f: f.with_columns(RespNr=pl.lit(None, pl.Float64))),
        r"SIM_2006.sav: variable RespNr is blank in 40 rows, first in row 1",
    ),
    Damage(
        "respondent variable missing",
        _rewrite(SIM, lambda f: f.rename({"RespNr": "RespNum"})),
        r"SIM_2006.sav: variable RespNr \(catalogue_survey, SIM 2006\) is not in the file; near"
        r" names: RespNum",
    ),
    Damage(
        "survey without rows",
        _rewrite(SIM, lambda f: f.clear()),
        r"SIM_2006.sav: the file holds no rows",
    ),
    Damage(
        "two files of one wave",
        lambda folder: (folder / "SIM2006.sav").write_bytes((folder / SIM).read_bytes()),
        r"SIM2006.sav and SIM_2006.sav: both match the survey file of SIM_2006",
    ),
)


def main(folder: Path) -> None:
    """Write every damaged extract below a folder."""
    for damage in DAMAGES:
        target = write_extracts(folder / damage.name.replace(" ", "_") / "extracts")
        damage.spoil(target)
        (target.parent / "expected.txt").write_text(damage.message + "\n", encoding="utf-8")
        print(f"{target}: {damage.message}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
