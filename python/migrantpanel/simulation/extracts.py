"""Writes the extracts of a simulated country, and the truth beside them."""

import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from migrantpanel.errors import UserError
from migrantpanel.simulation.contact import contact_extracts
from migrantpanel.simulation.country import Country, build_country
from migrantpanel.simulation.defects import Damage, damage
from migrantpanel.simulation.parameters import parameter_file
from migrantpanel.simulation.registers import Extract, Registers, extracts
from migrantpanel.simulation.registers.wealth import wealth_truth
from migrantpanel.simulation.sav import write_sav

FileFormat = Literal["sav", "parquet"]
PARAMETERS = "parameters.json"
# Fewer people make no country: no couples of every origin, no households to speak of.
FEWEST_PERSONS = 200


def simulate(
    out: Path,
    persons: int = 60_000,
    survey_fraction: float = 0.05,
    seed: int = 1,
    file_format: FileFormat = "sav",
    processes: int | None = None,
    contact_files: bool = False,
) -> None:
    """Write registers and surveys to `out` and what is true to `<out>-truth`.

    persons: rows of GBAPERSOONTAB, about. survey_fraction: share of the real net samples.
    processes: how many work at once (default: all cores); the files do not depend on it.
    contact_files: also write names and addresses, as an office that links has them, and deliver
    some respondents without their number.

    Everything is made in a folder beside `out` first, so that a run that fails changes nothing.
    Raises UserError when `out` or the truth holds files that an earlier run did not make.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100  (a link stays a link)
    truth = out.with_name(f"{out.name}-truth")
    processes = processes or os.cpu_count() or 1
    _check_arguments(persons, survey_fraction, file_format)
    _refuse_foreign_files(out, truth)
    work = out.with_name(f".{out.name}.simulating")
    if work.exists():
        shutil.rmtree(work)  # what a run that was stopped left behind
    try:
        asked = _Asked(persons, survey_fraction, seed, file_format, contact_files)
        _simulate_into(work, asked, processes)
        _publish(work, out, truth)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True)
class _Asked:
    """What a run was asked for."""

    persons: int
    survey_fraction: float
    seed: int
    format: str
    contact_files: bool


def _simulate_into(work: Path, asked: _Asked, processes: int) -> None:
    (work / "extracts").mkdir(parents=True)
    (work / "truth").mkdir()
    with _progress() as progress:
        country = _build(asked.persons, asked.seed, processes, progress)
        done = damage(country, asked.seed)
        registers = Registers(country, done, asked.seed)
        files = list(extracts(registers))
        _write_registers(files, work / "extracts", asked.format, processes, progress)
        _write_truth(country, done, registers, work / "truth")
        _write_surveys(country, work, asked, progress)
        if asked.contact_files:
            respondents = pl.read_parquet(work / "truth" / "survey_respondent.parquet")
            files = list(contact_extracts(registers, respondents))
            _write_registers(files, work / "extracts", asked.format, processes, progress)
    _write_parameters(country, work, asked)


def _check_arguments(persons: int, survey_fraction: float, file_format: str) -> None:
    problems = []
    if persons < FEWEST_PERSONS:
        problems.append(f"persons is {persons}: ask for at least {FEWEST_PERSONS}")
    if not 0 <= survey_fraction <= 1:
        problems.append(f"survey fraction is {survey_fraction}: it is a share from 0 to 1")
    if file_format not in ("sav", "parquet"):
        problems.append(f"format is {file_format!r}: use sav or parquet")
    UserError.collect(problems)


def _progress() -> Progress:
    """Return a progress bar on stderr that is silent when nobody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _build(persons: int, seed: int, processes: int, progress: Progress) -> Country:
    task = progress.add_task("lives", total=None)

    def report(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    return build_country(persons, seed, processes, report)


def _write_registers(
    files: list[Extract], folder: Path, file_format: str, processes: int, progress: Progress
) -> None:
    task = progress.add_task("registers", total=len(files))

    def write(extract: Extract) -> None:
        write_extract(extract, folder, file_format)
        progress.advance(task)

    # Polars and numpy leave the interpreter while they work: threads share the country.
    with ThreadPoolExecutor(processes) as pool:
        list(pool.map(write, files))


def write_extract(extract: Extract, folder: Path, file_format: str) -> Path:
    """Write one file under its delivered name; returns its path."""
    path = folder / extract.folder / f"{extract.name}.{file_format}"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = extract.frame()
    if file_format == "sav":
        write_sav(frame, extract.columns, path, label=extract.name)
    else:
        # As .sav: text is blank, never missing.
        frame.select(
            pl.col(c.name).cast(pl.String).fill_null("") if c.is_text else pl.col(c.name)
            for c in extract.columns
        ).write_parquet(path, compression="zstd")
    return path


def _write_truth(country: Country, done: Damage, registers: Registers, folder: Path) -> None:
    person = country.person.with_columns(
        second_rin=done.second_rin,
        second_rin_since=done.second_since,
        in_register=registers.in_register,
    )
    parents = [
        country.person.select(child="person", parent=name).drop_nulls().with_columns(
            relation=pl.lit(name)
        )
        for name in ("mother", "father")
    ]  # fmt: skip
    tables = {
        "person": person,
        "parent_child": pl.concat(parents).sort("child", "relation"),
        "defect": done.manifest,
        "household_wealth": wealth_truth(registers),
        **{
            name: getattr(country, name)
            for name in ("stay", "registration", "union", "address", "address_spell",
                         "household_spell", "civil_spell", "income_source_spell",
                         "education_spell", "income_year", "school_year", "school_test",
                         "nationality_spell", "condition", "death_cause",
                         "employer", "job", "job_year", "wealth_year")
        },
    }  # fmt: skip
    for name, table in tables.items():
        table.write_parquet(folder / f"{name}.parquet", compression="zstd")


def _write_surveys(country: Country, work: Path, asked: _Asked, progress: Progress) -> None:
    from migrantpanel.simulation.surveys import write_surveys

    task = progress.add_task("surveys", total=1)

    def report(survey: str) -> None:
        progress.update(task, description=f"survey {survey}")

    write_surveys(
        country,
        work / "extracts",
        work / "truth",
        asked.survey_fraction,
        asked.seed,
        asked.format,
        report,
        withheld=parameter_file("contact.yaml")["number_withheld"] if asked.contact_files else 0,
    )
    progress.update(task, description="surveys", completed=1)


def _write_parameters(country: Country, work: Path, asked: _Asked) -> None:
    """Write what the run was asked for, and which files it made (so that a later run knows)."""
    oversampling = dict(country.parameters.rates["oversampling"])
    oversampling.pop("evidence")
    content = {
        **asdict(asked),
        "oversampling": oversampling,
        "represented_persons": country.parameters.rates["size"]["represented_persons"],
        "extracts": _names(work / "extracts"),
        "truth": sorted([*_names(work / "truth"), PARAMETERS]),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (work / "truth" / PARAMETERS).write_text(text, encoding="utf-8")


# -------------------------------------------------------------------- the folders


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file or link below a folder, without entering linked folders."""
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        for name in (*names, *links):
            yield Path(parent) / name


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in _files(folder))


def _made_before(truth: Path) -> dict[str, list[str]]:
    """Return the files that the earlier run recorded, as relative names per folder."""
    try:
        content = json.loads((truth / PARAMETERS).read_text(encoding="utf-8"))
        return {"extracts": list(content["extracts"]), "truth": list(content["truth"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"extracts": [], "truth": []}


def _refuse_foreign_files(out: Path, truth: Path) -> None:
    """Stop before anything is made when a folder holds what no earlier run made."""
    made = _made_before(truth)
    problems = []
    for kind, folder in (("extracts", out), ("truth", truth)):
        if folder.exists() and not folder.is_dir():
            problems.append(f"{folder} is a file: give --out the name of a folder")
            continue
        foreign = sorted(set(_names(folder)) - set(made[kind]))
        if foreign:
            problems.append(
                f"{folder} holds {len(foreign)} file(s) that `simulate` did not make, "
                f"such as {foreign[0]}: choose another --out, or move them away"
            )
    UserError.collect(problems)


def _publish(work: Path, out: Path, truth: Path) -> None:
    """Put the new files in place of those of the earlier run."""
    _refuse_foreign_files(out, truth)
    made = _made_before(truth)
    for kind, folder in (("extracts", out), ("truth", truth)):
        for name in made[kind]:
            (folder / name).unlink(missing_ok=True)
        for path in sorted(_files(work / kind)):
            target = folder / path.relative_to(work / kind)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        _drop_empty_folders(folder)


def _drop_empty_folders(folder: Path) -> None:
    for parent, _, _ in os.walk(folder, topdown=False):
        if Path(parent) != folder and not any(Path(parent).iterdir()):
            Path(parent).rmdir()
