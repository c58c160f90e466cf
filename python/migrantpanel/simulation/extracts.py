"""Writes the extracts of a simulated country, and the truth beside them."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from migrantpanel.errors import UserError
from migrantpanel.simulation.blocks import block_sizes, each_block
from migrantpanel.simulation.contact import contact_extracts
from migrantpanel.simulation.country import Country
from migrantpanel.simulation.defects import write_manifest
from migrantpanel.simulation.files import join_frames, join_parts, write_part
from migrantpanel.simulation.numbering import Numbering, number_blocks
from migrantpanel.simulation.parameters import load_parameters, parameter_file
from migrantpanel.simulation.parts import Plan, deliver, live
from migrantpanel.simulation.registers import Extract
from migrantpanel.simulation.surveys import Stored, asked_waves, write_surveys

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
    defects: Mapping[str, float] | None = None,
    contact_files: bool = False,
) -> None:
    """Write registers and surveys to `out` and what is true to `<out>-truth`.

    persons: rows of GBAPERSOONTAB, about. survey_fraction: share of the real net samples.
    processes: how many work at once (default: all cores); the files do not depend on it.
    defects: rates of damage that replace those of the parameters, by kind.
    contact_files: also write names and addresses, as an office that links has them, and deliver
    some respondents without their number.

    Everything is made in a folder beside `out` first, so that a run that fails changes nothing.
    Raises UserError when `out` or the truth holds files that an earlier run did not make, and when
    memory or disk do not suffice.
    """
    out = Path(os.path.abspath(out))  # noqa: PTH100  (a link stays a link)
    truth = out.with_name(f"{out.name}-truth")
    processes = processes or os.cpu_count() or 1
    _check_arguments(persons, survey_fraction, file_format)
    _refuse_foreign_files(out, truth)
    work = out.with_name(f".{out.name}.simulating")
    shutil.rmtree(work, ignore_errors=True)  # what a run that was stopped left behind
    try:
        asked = _Asked(persons, survey_fraction, seed, file_format, contact_files)
        _simulate_into(work, asked, processes, defects)
        _publish(work, out, truth)
    except BrokenProcessPool:
        raise UserError(
            f"one of {processes} processes was stopped, most likely for want of memory: give fewer"
            " --processes (each takes about 1 GB)"
        ) from None
    except OSError as error:
        raise UserError(
            f"{error.filename or out}: {error.strerror or error}: give --out a folder with room"
            " that you may write to"
        ) from None
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


def _simulate_into(
    work: Path, asked: _Asked, processes: int, defects: Mapping[str, float] | None
) -> None:
    (work / "truth").mkdir(parents=True)
    sizes = block_sizes(asked.persons)
    plan = Plan(
        work=work,
        seed=asked.seed,
        file_format=asked.format,
        waves=tuple(wave.name for wave in asked_waves(asked.survey_fraction)),
        threads=-(-processes // len(sizes)),
        defects=defects,
    )
    with _progress() as progress:
        numberings = _live(plan, sizes, processes, progress)
        _write_blocks(plan, numberings, processes, progress)
        _write_surveys(plan, numberings, asked, progress)
        if asked.contact_files:
            _write_contact_files(plan, numberings[0])
    shutil.rmtree(work / "parts")
    _write_parameters(work, asked)


def _live(plan: Plan, sizes: list[int], processes: int, progress: Progress) -> list[Numbering]:
    """Simulate the lives of every block, and number them."""
    jobs = [(plan, block, size) for block, size in enumerate(sizes)]
    made = each_block(live, jobs, processes)
    return number_blocks(list(progress.track(made, len(jobs), description="lives")), plan.seed)


def _write_blocks(
    plan: Plan, numberings: list[Numbering], processes: int, progress: Progress
) -> None:
    """Write the registers and the truth: every block its parts, then the parts to files."""
    jobs = [(plan, block, numbering) for block, numbering in enumerate(numberings)]
    made = each_block(deliver, jobs, processes)
    (files, *_) = progress.track(made, len(jobs), description="registers")
    joins = [
        partial(join_parts, plan.parts("extracts", f"{number:04d}"), file, plan.work / "extracts")
        for number, file in enumerate(files)
    ]
    joins += [
        partial(join_frames, plan.parts("truth", name), plan.work / "truth" / f"{name}.parquet")
        for name in sorted(path.name for path in (plan.work / "parts" / "truth").iterdir())
    ]
    with ThreadPoolExecutor(processes) as pool:
        done = pool.map(lambda join: join(), joins)
        list(progress.track(done, len(joins), description="files"))


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


def write_extract(extract: Extract, folder: Path, file_format: str) -> Path:
    """Write one file of a country of one block under its delivered name; returns its path."""
    file = extract.file(file_format)
    with TemporaryDirectory() as temporary:
        part = Path(temporary) / "part"
        write_part(extract.frame(), file, part)
        return join_parts([part], file, folder)


def _write_surveys(
    plan: Plan, numberings: list[Numbering], asked: _Asked, progress: Progress
) -> None:
    task = progress.add_task("surveys", total=1)

    def report(survey: str) -> None:
        progress.update(task, description=f"survey {survey}")

    population = Stored(plan.work / "parts" / "frame", plan.work / "truth", numberings[0])
    folders = plan.work / "extracts", plan.work / "truth"
    manifest = write_surveys(
        population, *folders, asked.survey_fraction, plan.seed, plan.file_format, report,
        plan.defects,
        withheld=parameter_file("contact.yaml")["number_withheld"] if asked.contact_files else 0,
    )  # fmt: skip
    write_manifest(folders[1], manifest, plan.defects)
    progress.update(task, description="surveys", completed=1)


def _write_contact_files(plan: Plan, numbering: Numbering) -> None:
    """Write names and addresses of everybody, from the lives in the truth."""
    truth = plan.work / "truth"
    frames = {name: pl.read_parquet(truth / f"{name}.parquet") for name in Country.frame_names()}
    country = Country(**frames, parameters=load_parameters(), numbering=numbering)
    respondents = pl.read_parquet(truth / "survey_respondent.parquet")
    for extract in contact_extracts(country, respondents, plan.seed):
        write_extract(extract, plan.work / "extracts", plan.file_format)


def _write_parameters(work: Path, asked: _Asked) -> None:
    """Write what the run was asked for, and which files it made (so that a later run knows)."""
    rates = load_parameters().rates
    oversampling = dict(rates["oversampling"])
    oversampling.pop("evidence")
    content = {
        **asdict(asked),
        "oversampling": oversampling,
        "represented_persons": rates["size"]["represented_persons"],
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
