"""Small sound extracts for every register and survey, and a table of ways to damage them.

Run as a script, `python tests/python/damage.py FOLDER` writes every damaged extract to a folder of
its own, with the line that landing must answer beside it.
"""

import gzip
import os
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
    for stem in [stem for stem in known.stems.values() if stem.examples]:
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
    """One way to spoil an extract, and the line (a regular expression) that landing answers.

    Those in DAMAGES are refused. `file` is the spoilt file where it is of an optional register: it
    is set apart when nothing of it landed before.
    """

    name: str
    spoil: Callable[[Path], None]
    message: str
    crashes_the_reader: bool = False
    file: str = ""


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


INPA = "INPA2023TABV2.sav"
CANNOT = r"GBAPERSOON2023TABV2\.{}: cannot be read"


def _convert(
    file_name: str, suffix: str, change: Callable[[bytes], bytes] = bytes, **options: object
) -> Callable[[Path], None]:
    """Replace a SPSS file by one of another format, and change its bytes."""

    def spoil(folder: Path) -> None:
        frame = pyreadstat.read_sav(folder / file_name, output_format="polars")[0]
        (folder / file_name).unlink()
        path = folder / file_name.replace(".sav", f".{suffix}")
        if suffix == "parquet":
            frame.write_parquet(path)
        elif suffix == "zsav":
            pyreadstat.write_sav(frame, path, compress=True)
        else:
            pyreadstat.write_dta(frame, path)
        path.write_bytes(change(path.read_bytes()))

    return spoil


def _middle(data: bytes) -> bytes:
    """Overwrite bytes in the middle."""
    half = len(data) // 2
    return data[:half] + b"\xff\x00" * 40 + data[half + 80 :]


def _csv_bytes(file_name: str, change: Callable[[bytes], bytes], suffix: str = "csv") -> Callable:
    """Replace a SPSS file by CSV whose bytes were changed."""

    def spoil(folder: Path) -> None:
        frame = pyreadstat.read_sav(folder / file_name, output_format="polars")[0]
        (folder / file_name).unlink()
        data = frame.write_csv(separator=";", quote_style="never").encode()
        (folder / file_name.replace("sav", suffix)).write_bytes(change(data))

    return spoil


def _in_rows(column: str, value: object, rows: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Put a value in the first rows of a column."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        first = pl.int_range(pl.len()) < rows
        return frame.with_columns(
            pl.when(first).then(pl.lit(value)).otherwise(column).alias(column)
        )

    return change


def _as_text(column: str, value: str, rows: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    change = _in_rows(column, value, rows)
    return lambda frame: change(frame.with_columns(pl.col(column).cast(pl.Int64).cast(pl.String)))


def _states_rows(rows: int) -> Callable[[bytes], bytes]:
    """Let the header of a SPSS file state another number of rows."""
    return lambda data: data[:80] + rows.to_bytes(4, "little", signed=True) + data[84:]


def _compressed(file_name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change the bytes of an SPSS file whose rows are compressed, as SPSS itself writes them."""

    def spoil(folder: Path) -> None:
        frame = pyreadstat.read_sav(folder / file_name, output_format="polars")[0]
        pyreadstat.write_sav(frame, folder / file_name, row_compress=True)
        (folder / file_name).write_bytes(change((folder / file_name).read_bytes()))

    return spoil


def _pipe(folder: Path) -> None:
    (folder / PERSON).unlink()
    os.mkfifo(folder / PERSON)


def _device_error(folder: Path) -> None:
    """A file that opens and then cannot be read, whoever asks (Linux)."""
    (folder / PERSON).unlink()
    (folder / PERSON).symlink_to("/proc/self/mem")


def _nested(folder: Path) -> None:
    frame = pyreadstat.read_sav(folder / PERSON, output_format="polars")[0]
    (folder / PERSON).unlink()
    nested = frame.with_columns(pl.concat_list("RINPERSOON").alias("RINPERSOON"))
    nested.write_parquet(folder / PERSON.replace("sav", "parquet"))


SAMPLE_FILE = "SIM_2006_STEEKPROEF.sav"
DAMAGES += (
    Damage("one byte left", _bytes(PERSON, lambda d: d[:1]), "it starts with b'.*' and is no SPSS"),
    Damage("only the magic bytes", _bytes(PERSON, lambda d: d[:4]), CANNOT.format("sav")),
    Damage("a tenth left", _bytes(PERSON, lambda d: d[: len(d) // 10]), CANNOT.format("sav")),
    Damage(
        "a tenth missing", _bytes(PERSON, lambda d: d[: len(d) * 9 // 10]), CANNOT.format("sav")
    ),
    Damage("last byte missing", _bytes(PERSON, lambda d: d[:-1]), CANNOT.format("sav")),
    Damage(
        "web page under the name of a register",
        _bytes(PERSON, lambda d: b"<html><body>404</body></html>"),
        "it starts with b'<html><b' and is no SPSS file",
    ),
    Damage(
        "Parquet under the name of SPSS",
        _bytes(PERSON, lambda d: b"PAR1" + d[4:]),
        "it starts with b'PAR1.*' and is no SPSS file",
    ),
    Damage(
        "more rows stated than held",
        _bytes(PERSON, _states_rows(4000)),
        r"GBAPERSOON2023TABV2.sav: (cannot be read|it states 4,000 rows)",
    ),
    Damage(
        "fewer rows stated than held",
        _bytes(PERSON, _states_rows(20)),
        r"GBAPERSOON2023TABV2.sav: it states 20 rows, and [\d,]+ values more follow them",
    ),
    Damage(
        "fewer rows stated than held, compressed rows",
        _compressed(PERSON, _states_rows(20)),
        r"GBAPERSOON2023TABV2.sav: it states 20 rows, and [\d,]+ values more follow them",
    ),
    Damage(
        "fewer rows stated than held, compressed SPSS",
        _convert(PERSON, "zsav", _states_rows(39)),
        r"GBAPERSOON2023TABV2.zsav: it states 39 rows, and [\d,]+ values more follow them",
    ),
    Damage(
        "survey with fewer rows stated than held",
        _bytes(SIM, _states_rows(20)),
        r"SIM_2006.sav: it states 20 rows, and [\d,]+ values more follow them",
    ),
    Damage(
        "bytes after the last row",
        _bytes(PERSON, lambda d: d + b"END"),
        r"GBAPERSOON2023TABV2.sav: it states 40 rows, and 1 values more follow them",
    ),
    Damage(
        "number of rows not stated, and cut short",
        _bytes(PERSON, lambda d: _states_rows(-1)(d)[:-8]),
        r"GBAPERSOON2023TABV2.sav: it does not state its rows, and the last one is not whole",
    ),
    Damage(
        "compressed SPSS with a bad block", _convert(PERSON, "zsav", _middle), CANNOT.format("zsav")
    ),
    Damage(
        "compressed SPSS cut short",
        _convert(PERSON, "zsav", lambda d: d[: len(d) * 2 // 3]),
        CANNOT.format("zsav"),
    ),
    Damage(
        "Stata of an unknown release",
        _convert(PERSON, "dta", lambda d: d.replace(b"<release>119", b"<release>199", 1)),
        CANNOT.format("dta"),
    ),
    Damage(
        "Stata cut short", _convert(PERSON, "dta", lambda d: d[: len(d) // 2]), CANNOT.format("dta")
    ),
    Damage(
        "text under the name of Stata",
        _convert(PERSON, "dta", lambda d: b"RINPERSOONS;RINPERSOON\nR;1\n"),
        "it starts with b'RINPERSO' and is no Stata file",
    ),
    Damage(
        "Parquet with a damaged footer",
        _convert(PERSON, "parquet", lambda d: d[:-200] + b"\xff" * 150 + d[-50:]),
        CANNOT.format("parquet"),
    ),
    Damage(
        "Parquet with damaged pages", _convert(PERSON, "parquet", _middle), CANNOT.format("parquet")
    ),
    Damage(
        "Parquet of one byte", _convert(PERSON, "parquet", lambda d: d[:1]), "is no Parquet file"
    ),
    Damage(
        "Parquet with a list for a key",
        _nested,
        r"GBAPERSOON2023TABV2.parquet: cannot be read \(cannot cast List type",
    ),
    Damage(
        "CSV of another delimiter",
        _csv_bytes(PERSON, lambda d: d.replace(b";", b":")),
        r"GBAPERSOON2023TABV2.csv: key columns RINPERSOONS, RINPERSOON, .* are missing",
    ),
    Damage(
        "CSV in UTF-16",
        _csv_bytes(PERSON, lambda d: d.decode().encode("utf-16")),
        r"GBAPERSOON2023TABV2.csv: it is in UTF-16: save it in UTF-8",
    ),
    Damage(
        "CSV of NUL bytes",
        _csv_bytes(PERSON, lambda d: bytes(1000)),
        r"GBAPERSOON2023TABV2.csv: (key columns RINPERSOONS, .* are missing|cannot be read)",
    ),
    Damage(
        "CSV without its header",
        _csv_bytes(PERSON, lambda d: d.split(b"\n", 1)[1]),
        r"GBAPERSOON2023TABV2.csv: column .* is there \d+ times",
    ),
    Damage(
        "CSV with a field too many",
        _csv_bytes(PERSON, lambda d: d.replace(b"\nR;000000007;", b"\nR;;000000007;")),
        r"GBAPERSOON2023TABV2.csv: line 9 has 24 fields where the header has 23",
    ),
    Damage("CSV of one blank line", _csv_bytes(PERSON, lambda d: b"\n"), "the first line is blank"),
    Damage(
        "text under the name of gzip",
        _csv_bytes(PERSON, bytes, "csv.gz"),
        "it starts with b'RINPERSO' and is no gzip file",
    ),
    Damage(
        "gzip of nothing",
        _csv_bytes(PERSON, lambda d: gzip.compress(b""), "csv.gz"),
        "the first line is blank",
    ),
    Damage(
        "gzip with a bad checksum",
        _csv_bytes(PERSON, lambda d: gzip.compress(d)[:-8] + bytes(8), "csv.gz"),
        r"GBAPERSOON2023TABV2.csv.gz: cannot be read",
    ),
    Damage(
        "pipe instead of file",
        _pipe,
        r"GBAPERSOONTAB is absent: .*GBAPERSOON2023TABV2.sav is a pipe or device, not a file",
    ),
    Damage(
        "file that gives errors", _device_error, r"GBAPERSOON2023TABV2.sav: (cannot be read|the)"
    ),
    Damage(
        "negative keys",
        _rewrite(PERSON, lambda f: f.with_columns(RINPERSOON=pl.lit(-7.0))),
        r"column RINPERSOON: 40 of 40 rows cannot be read, for example -7.0 in row 1 is no key",
    ),
    Damage(
        "keys with fractions",
        _rewrite(PERSON, lambda f: f.with_columns(RINPERSOON=pl.lit(1.5))),
        r"column RINPERSOON: 40 of 40 rows cannot be read, for example 1.5 in row 1",
    ),
    Damage(
        "blank keys",
        _rewrite(PERSON, lambda f: f.with_columns(RINPERSOON=pl.lit(""))),
        r"column RINPERSOON: 40 of 40 rows cannot be read, for example '' in row 1 is no key",
    ),
    Damage(
        "keys of ten digits",
        _rewrite(PERSON, lambda f: f.with_columns(RINPERSOON="0" + pl.col("RINPERSOON"))),
        r"column RINPERSOON: 40 of 40 rows cannot be read, for example '0000000000' in row 1",
    ),
    Damage(
        "year column twice but for case",
        _as_csv("VSLGWB2023TAB03V1.sav", lambda text: text.replace("bc2022", "GEM2022", 1)),
        r"VSLGWB2023TAB03V1.csv: column gem2022 is there 2 times",
        file="VSLGWB2023TAB03V1.csv",
    ),
    Damage(
        "optional register cut short",
        _bytes(INPA, lambda d: d[: len(d) // 2]),
        r"INPA2023TABV2.sav: cannot be read.*an earlier landing holds it",
        file=INPA,
    ),
    Damage(
        "optional register empty",
        _bytes(INPA, lambda d: b""),
        r"INPA2023TABV2.sav: the file is empty",
        file=INPA,
    ),
    Damage(
        "optional register without its key",
        _rewrite(INPA, lambda f: f.drop("RINPERSOON")),
        r"INPA2023TABV2.sav: key column RINPERSOON is missing",
        file=INPA,
    ),
    Damage(
        "five of forty amounts unreadable",
        _rewrite(INPA, _as_text("INPPERSINK", "onbekend", 5)),
        r"INPA2023TABV2.sav: column INPPERSINK: 5 of 40 rows cannot be read",
        file=INPA,
    ),
    Damage(
        "sample number twice",
        _rewrite(SAMPLE_FILE, lambda f: f.with_columns(pl.all().fill_null(1.0) * 0 + 1)),
        r"SIM_2006_STEEKPROEF.sav: variable \w+: 1 respondent numbers are used more than once",
    ),
    Damage(
        "sample without a column",
        _rewrite(SAMPLE_FILE, lambda f: f.drop(f.columns[0])),
        r"SIM_2006_STEEKPROEF.sav: variable \w+ \(catalogue_survey_sample, SIM 2006\) is not in",
    ),
    Damage(
        "survey under another format's name",
        _bytes(SIM, lambda d: b"%PDF-1.7 " + d),
        r"SIM_2006.sav: it starts with b'%PDF-1.7' and is no SPSS file",
    ),
    Damage("survey empty", _bytes(SIM, lambda d: b""), r"SIM_2006.sav: the file is empty"),
)

# What lands although it is odd: rows set apart and values changed are counted in the note.
ODDITIES: tuple[Damage, ...] = (
    Damage(
        "some keys with letters",
        _rewrite(INPA, _in_rows("RINPERSOON", "12A456789", 2)),
        r"2 rows set apart: RINPERSOON '12A456789' in row 1 is no key of 9 digits",
        file=INPA,
    ),
    Damage(
        "a text of 30,000 letters for a key",
        _rewrite(INPA, _in_rows("RINPERSOON", "9" * 30_000, 1)),
        r"1 rows set apart: RINPERSOON '9{30,200}",
        file=INPA,
    ),
    Damage(
        "some amounts in words",
        _rewrite(INPA, _as_text("INPPERSINK", "duizend", 3)),
        r"3 rows set apart: INPPERSINK 'duizend' in row 1 is no whole number",
        file=INPA,
    ),
    Damage("number of rows not stated", _bytes(PERSON, _states_rows(-1)), "^$"),
    Damage(
        "number of rows not stated, compressed rows", _compressed(PERSON, _states_rows(-1)), "^$"
    ),
    Damage(
        "number of rows not stated, compressed SPSS",
        _convert(PERSON, "zsav", _states_rows(-1)),
        "^$",
    ),
    Damage("negative amounts", _rewrite(INPA, _in_rows("INPPERSINK", -5000.0, 9)), "^$", file=INPA),
    Damage(
        "numeric keys",
        _rewrite(INPA, lambda f: f.with_columns(pl.col("RINPERSOON").cast(pl.Float64))),
        r"40 values of RINPERSOON got their leading zeros back",
        file=INPA,
    ),
    Damage(
        "CSV with a mark of byte order", _csv_bytes(PERSON, lambda d: b"\xef\xbb\xbf" + d), "^$"
    ),
    Damage(
        "CSV with Windows line ends", _csv_bytes(PERSON, lambda d: d.replace(b"\n", b"\r\n")), "^$"
    ),
    Damage(
        "CSV with a NUL in a key",
        _csv_bytes(INPA, lambda d: d.replace(b"R;000000007", b"R;0000\x0000007")),
        r"1 rows set apart: RINPERSOON '0000.*007' in row 8 is no key",
        file=INPA,
    ),
    Damage(
        "register without a column of its year",
        _rewrite(PERSON, lambda f: f.drop("GBAHERKOMSTLAND")),
        r"not delivered, so null: gbaherkomstland",
    ),
    Damage(
        "columns that nobody knows",
        _rewrite(PERSON, lambda f: f.with_columns(EXTRA=pl.lit("x"))),
        r"1 columns that the catalogue does not know: EXTRA",
    ),
)


def main(folder: Path) -> None:
    """Write every damaged extract below a folder."""
    for damage in (*DAMAGES, *ODDITIES):
        target = write_extracts(folder / damage.name.replace(" ", "_") / "extracts")
        damage.spoil(target)
        (target.parent / "expected.txt").write_text(damage.message + "\n", encoding="utf-8")
        print(f"{target}: {damage.message}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
