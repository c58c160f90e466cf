"""Landing one survey wave: wide and long answers, keys, sample rows and labels, nothing recoded.

Answers are kept as codes in text. A declared missing value keeps its code; what was not delivered
is null with a kind: `system` for numbers, `empty` for text.
"""

import difflib
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from migrantpanel.errors import UserError
from migrantpanel.landing.catalogue import ROW_NUMBER, Survey
from migrantpanel.landing.encoding import decode_all, decode_column, may_lose_text
from migrantpanel.landing.labels import (
    code_expression,
    code_text,
    is_declared_missing,
    write_labels,
)
from migrantpanel.landing.output import (
    SAMPLE_ROLES,
    SURVEY_ANSWER_SCHEMA,
    SURVEY_KEY_SCHEMA,
    SURVEY_SAMPLE_SCHEMA,
    write_frame,
)
from migrantpanel.landing.readers import (
    LABELLED_FORMATS,
    BytesSeen,
    Labels,
    check_magic,
    labels_of,
    open_table,
    read_labels,
    read_with_pyreadstat,
    reading,
)
from migrantpanel.landing.records import FileRecord

RIN_WIDTH = 9
EXAMPLES_SHOWN = 3
# Person keys never land among the answers, whoever they belong to.
PERSON_KEY = re.compile("RINPERSOON.*|RIN|SRTNUM", re.IGNORECASE)
# What text looks like after it was read in the wrong encoding: the replacement character, control
# characters, UTF-8 read as Windows-1252, and letters of the DOS code page inside words.
BROKEN_TEXT = re.compile(
    "\ufffd|[\u0080-\u009f]|Ã[\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ]|â€|(?<=[A-Za-z])[‚ƒ„†‡ˆ‰‹›”•](?=[a-z])"
)


def land_survey(record: FileRecord, survey: Survey, scratch: Path) -> dict[str, object]:
    """Land one survey file below `scratch`; return what the manifest keeps of it.

    Raises `UserError` for a respondent or key variable that is not there, and for respondent
    numbers that are blank or used twice.
    """
    frame, labels = read_survey(record, scratch)
    label = f"{survey.survey} {survey.survey_year}"
    row_number = survey.respondent_variable == ROW_NUMBER
    wanted = [survey.rinpersoons_variable, survey.rinpersoon_variable]
    if not row_number:
        wanted.insert(0, survey.respondent_variable)
    found = _find_variables(
        record.file_name, frame.columns, [w for w in wanted if w], f"catalogue_survey, {label}"
    )
    if row_number:
        key = pl.Series("respondent_key", range(1, frame.height + 1)).cast(pl.String)
    else:
        variable = found[survey.respondent_variable]
        key = _codes(frame, variable).alias("respondent_key")
        _check_keys(record.file_name, variable, key)
    rin_type = _rin(frame, found.get(survey.rinpersoons_variable or ""), "rinpersoons")
    rin = _rin(frame, found.get(survey.rinpersoon_variable or ""), "rinpersoon")
    _refuse_unnamed_keys(record.file_name, frame.columns, survey, label)
    hidden = [name for name in frame.columns if PERSON_KEY.fullmatch(name)]
    hidden += [found[w] for w in wanted[-2:] if w and found[w] not in hidden]
    answered = frame.drop(hidden)
    head = [
        pl.lit(survey.survey).alias("survey"),
        pl.lit(survey.survey_year, pl.Int32).alias("survey_year"),
    ]
    keys = pl.DataFrame([key, rin_type, rin]).with_columns(head).select(list(SURVEY_KEY_SCHEMA))
    files = [
        write_frame(scratch, "survey_wide", survey.name, answered),
        write_frame(scratch, "survey_key", survey.name, keys),
        write_frame(scratch, "survey_answer", survey.name, _long(answered, labels, key, head)),
        *write_labels(
            scratch,
            labels,
            survey.name,
            (survey.survey, survey.survey_year),
            record,
            frame.columns,
            _missing_codes(frame, labels),
        ),
    ]
    return _outcome(record, frame, labels, files)


def land_sample(record: FileRecord, survey: Survey, scratch: Path) -> dict[str, object]:
    """Land the file with the drawn sample of one wave; roles without a variable become nulls."""
    frame, labels = read_survey(record, scratch)
    label = f"{survey.survey} {survey.survey_year}"
    roles = dict(survey.sample_roles)
    unknown = sorted(set(roles) - set(SAMPLE_ROLES))
    if unknown:
        raise UserError(
            f"catalogue_survey_sample, {label}: role {unknown[0]} is unknown: use one of"
            f" {', '.join(SAMPLE_ROLES)}"
        )
    found = _find_variables(
        record.file_name,
        frame.columns,
        list(roles.values()),
        f"catalogue_survey_sample, {label}",
    )
    columns: list[pl.Series] = []
    problems: list[str] = []
    for role, dtype in SAMPLE_ROLES.items():
        if role not in roles:
            columns.append(pl.Series(role, [None] * frame.height, dtype))
            continue
        variable = found[roles[role]]
        text = _codes(frame, variable)
        values = text if dtype == pl.String() else text.cast(dtype, strict=False)
        wrong = text.filter(text.is_not_null() & values.is_null())
        if wrong.len():
            problems.append(
                f"{record.file_name}: variable {variable} ({role}) holds {wrong[0]!r}, which is no"
                " number: correct the file, or the role in catalogue_survey_sample"
            )
        columns.append(values.alias(role))
    UserError.collect(problems)
    sample = (
        pl.DataFrame(columns)
        .with_columns(
            pl.lit(survey.survey).alias("survey"),
            pl.lit(survey.survey_year, pl.Int32).alias("survey_year"),
        )
        .select(list(SURVEY_SAMPLE_SCHEMA))
    )
    if "sample_number" in roles:
        _check_keys(record.file_name, found[roles["sample_number"]], sample["sample_number"])
    name = f"{survey.name}_SAMPLE"
    files = [
        write_frame(scratch, "survey_sample", survey.name, sample),
        write_frame(scratch, "survey_sample_key", survey.name, _sample_keys(frame, sample, survey)),
        *write_labels(
            scratch, labels, name, (survey.survey, survey.survey_year), record, frame.columns
        ),
    ]
    return _outcome(record, frame, labels, files)


def _sample_keys(frame: pl.DataFrame, sample: pl.DataFrame, survey: Survey) -> pl.DataFrame:
    """Return the person keys of the drawn units; nulls where the sample file has none."""
    delivered = {name.lower(): name for name in frame.columns}
    keys = [
        _rin(frame, delivered.get((variable or "").lower()), name)
        for variable, name in (
            (survey.rinpersoons_variable, "rinpersoons"),
            (survey.rinpersoon_variable, "rinpersoon"),
        )
    ]
    return sample.select("survey", "survey_year", "sample_number").with_columns(keys)


def read_survey(record: FileRecord, scratch: Path) -> tuple[pl.DataFrame, Labels]:
    """Read a whole survey file with declared missing values kept as codes."""
    path = record.full_path
    if record.file_format in LABELLED_FORMATS:
        check_magic(path, record.file_format)
        stated = read_labels(path, record.file_format)[0].encoding
        with reading(path):
            frame, labels = _read_labelled(path, record.file_format, stated)
            if record.file_format != "dta":
                BytesSeen(path).check_end(path.name, frame.height)
    else:
        table = open_table(path, record.file_format, scratch)
        with reading(path):
            frame, labels = table.rows.collect(), table.labels
            if table.is_untyped:
                frame = _fractions_as_codes(frame)
    lower = [name.lower() for name in frame.columns]
    twice = sorted({name for name in lower if lower.count(name) > 1})
    if twice:
        raise UserError(
            f"{path.name}: column {twice[0]} is there {lower.count(twice[0])} times: keep one"
        )
    if not frame.height:
        raise UserError(f"{path.name}: the file holds no rows: ask for it again, or leave it out")
    return frame, labels


def _read_labelled(path: Path, file_format: str, stated: str | None) -> tuple[pl.DataFrame, Labels]:
    """Read rows and labels; texts of SPSS that do not fit the stated UTF-8 are not cut."""
    if file_format == "dta" or not may_lose_text(stated):
        frame, meta = read_with_pyreadstat(path, file_format, output_format="polars")
        return _letters_as_text(frame), labels_of(meta)
    # One character per byte, and then each text as what it is.
    frame, meta = read_with_pyreadstat(
        path, file_format, output_format="polars", encoding="ISO-8859-1"
    )
    frame = frame.with_columns(
        decode_column(frame[name])[0].alias(name)
        for name, dtype in frame.schema.items()
        if dtype == pl.String
    )
    labels = decode_all(asdict(labels_of(meta)))
    return frame.rename(decode_all), Labels(**labels)


def _fractions_as_codes(frame: pl.DataFrame) -> pl.DataFrame:
    """Write numbers of CSV as labelled files give them: 9.0 is 9, and 2,50 is 2.5.

    Only in columns of numbers, some with a fraction: other programs write all numbers that way
    once one is missing. What has no fraction is kept, so that 01 stays 01.
    """
    number = r"^-?\d+([.,]\d+)?$"
    changes = []
    for name in frame.columns:
        text = pl.col(name)
        given = frame.select(text.filter(text.fill_null("") != "")).to_series()
        if not given.str.contains(number).all() or not given.str.contains("[.,]").any():
            continue
        whole_part = text.str.replace(",", ".", literal=True).str.strip_chars_end("0")
        changes.append(
            pl.when(text.str.contains("[.,]"))
            .then(whole_part.str.strip_chars_end("."))
            .otherwise(text)
            .alias(name)
        )
    return frame.with_columns(changes)


def _letters_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write as text what mixes numbers with Stata's letters for kinds of missing."""
    mixed = [name for name, dtype in frame.schema.items() if dtype == pl.Object]
    return frame.with_columns(
        pl.Series(
            name,
            [None if v is None or v != v else code_text(v) for v in frame[name].to_list()],
            pl.String,
        )
        for name in mixed
    )


def _refuse_unnamed_keys(file_name: str, columns: list[str], survey: Survey, label: str) -> None:
    if survey.rinpersoon_variable is None:
        for name in columns:
            if name.upper() in ("RINPERSOON", "RIN"):
                raise UserError(
                    f"{file_name}: variable {name} holds person keys, and rinpersoon_variable is"
                    f" blank (catalogue_survey, {label}): name it there, so that it stays in the"
                    " vault"
                )


def _find_variables(
    file_name: str, columns: list[str], wanted: list[str], where: str
) -> dict[str, str]:
    """Match variables without case; raise one line per variable that is not in the file."""
    by_lower = {name.lower(): name for name in columns}
    problems = []
    for name in wanted:
        if name.lower() not in by_lower:
            near = difflib.get_close_matches(name.lower(), by_lower, n=EXAMPLES_SHOWN, cutoff=0.5)
            shown = [by_lower[match] for match in near] or columns[:EXAMPLES_SHOWN]
            problems.append(
                f"{file_name}: variable {name} ({where}) is not in the file; near names:"
                f" {', '.join(shown)}: correct the row in the overlay, or the file"
            )
    UserError.collect(problems)
    return {name: by_lower[name.lower()] for name in wanted}


def _codes(frame: pl.DataFrame, variable: str) -> pl.Series:
    return frame.select(code_expression(variable, frame.schema[variable])).to_series()


def _check_keys(file_name: str, variable: str, key: pl.Series) -> None:
    problems = []
    if key.null_count():
        row = key.is_null().arg_max()
        problems.append(
            f"{file_name}: variable {variable} is blank in {key.null_count():,} rows, first in row"
            f" {(row or 0) + 1}: number every respondent"
        )
    twice = key.drop_nulls().value_counts().filter(pl.col("count") > 1).sort(key.name)
    if twice.height:
        example, count = twice.row(0)
        problems.append(
            f"{file_name}: variable {variable}: {twice.height:,} respondent numbers are used more"
            f" than once, for example {example!r} in {count} rows: keep one row each, or name"
            " another respondent_variable in catalogue_survey"
        )
    UserError.collect(problems)


def _rin(frame: pl.DataFrame, variable: str | None, name: str) -> pl.Series:
    """Return a key column as text, digits padded to nine; null where blank or not delivered."""
    if variable is None:
        return pl.Series(name, [None] * frame.height, pl.String)
    text = _codes(frame, variable).alias(name)
    if name == "rinpersoons":
        return text
    is_number = text.str.contains(r"^\d+$").fill_null(False)
    return text.to_frame().select(
        pl.when(is_number).then(pl.col(name).str.zfill(RIN_WIDTH)).otherwise(pl.col(name))
    )[name]


def _long(
    answered: pl.DataFrame, labels: Labels, key: pl.Series, head: list[pl.Expr]
) -> pl.DataFrame:
    """Return one row per respondent and variable, in the order of the file's variables."""
    parts = []
    for name, dtype in answered.schema.items():
        is_text = dtype == pl.String and name not in labels.missing_letters
        parts.append(
            pl.DataFrame({"respondent_key": key, "code": _codes(answered, name)}).with_columns(
                pl.lit(name).alias("variable"),
                pl.when(pl.col("code").is_null())
                .then(pl.lit("empty" if is_text else "system"))
                .alias("missing_kind"),
            )
        )
    return pl.concat(parts).with_columns(head).select(list(SURVEY_ANSWER_SCHEMA))


def _missing_codes(frame: pl.DataFrame, labels: Labels) -> dict[str, list[Any]]:
    """Return per variable the delivered codes that lie in a declared range of missing values."""
    found: dict[str, list[Any]] = {}
    for variable, ranges in labels.missing_ranges.items():
        if any(bounds["lo"] != bounds["hi"] for bounds in ranges):
            values = frame[variable].drop_nulls().unique().sort().to_list()
            found[variable] = [value for value in values if is_declared_missing(value, ranges)]
    return found


def _outcome(
    record: FileRecord, frame: pl.DataFrame, labels: Labels, files: list[str]
) -> dict[str, object]:
    return {
        "rows_delivered": frame.height,
        "rows_landed": frame.height,
        "rows_quarantined": 0,
        "columns_delivered": " ".join(frame.columns),
        "landed_files": "|".join(files),
        "note": _broken_text(frame, labels),
    }


def _broken_text(frame: pl.DataFrame, labels: Labels) -> str | None:
    """Count texts with characters that look wrongly decoded; they land as they are."""
    texts = [text for text in labels.variable_labels.values() if text]
    texts += [str(label) for codes in labels.value_labels.values() for label in codes.values()]
    for name in frame.columns:
        if frame.schema[name] == pl.String:
            values = frame[name].drop_nulls()
            # Broken characters are never plain ASCII, so most columns need no closer look.
            texts += values.filter(values.str.len_bytes() != values.str.len_chars()).to_list()
    broken = [text for text in texts if BROKEN_TEXT.search(text)]
    if not broken:
        return None
    return (
        f"broken characters in {len(broken):,} labels and texts, for example {broken[0][:60]!r};"
        " they land as delivered"
    )
