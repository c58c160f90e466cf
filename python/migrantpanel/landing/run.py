"""Landing as a whole: find, choose, convert what changed, and swap it in all at once."""

import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from migrantpanel.errors import UserError
from migrantpanel.landing.catalogue import (
    EARLIER,
    LANDED_OVERLAYS,
    Catalogue,
    Stem,
    Survey,
    read_catalogue,
)
from migrantpanel.landing.files import find_files, recognise
from migrantpanel.landing.output import (
    ABSENT_SCHEMA,
    EMPTY,
    FIXED_SCHEMAS,
    QUARANTINE_SCHEMA,
    write_empty,
    write_frame,
)
from migrantpanel.landing.readers import sha256
from migrantpanel.landing.records import (
    LANDED,
    QUARANTINED,
    REGISTER,
    SAMPLE,
    SURVEY,
    FileRecord,
    read_manifest,
    to_frame,
)
from migrantpanel.landing.registers import land_register, landed_schema
from migrantpanel.landing.report import Absent, InspectReport, LandingReport
from migrantpanel.landing.surveys import land_sample, land_survey
from migrantpanel.landing.workers import WorkerCrash, run_in_workers
from migrantpanel.project import seeds_dir

# Raise when the same input would land otherwise, so that everything lands again.
LAYOUT = "3"
MANIFEST = "manifest/manifest.parquet"
MAX_PROCESSES = 4
LANDED_BEFORE = " (an earlier landing holds it and stays as it is; or take the file away)"
# Landed Parquet is smaller than what it comes from, except where that is packed text.
PACKED_GROWTH = 8


def land(
    extracts: list[Path],
    landing: Path,
    overlay: Path | None = None,
    verify: bool = False,
    processes: int | None = None,
) -> LandingReport:
    """Convert the delivered files that changed to Parquet below `landing`.

    `extracts` are read-only roots, searched recursively; `overlay` is the user's folder of seed
    rows. A file is unchanged when its path, size and time are those of the manifest; with `verify`
    its bytes are hashed again too. `processes` says how many worker processes convert (by default
    one per processor, at most four; 0 converts in this process). All or nothing: on `UserError`,
    which carries one line per problem, the earlier landing stays as it was.
    """
    catalogue = read_catalogue(seeds_dir(), overlay)
    records = recognise(find_files(extracts, landing), catalogue)
    absent = find_absent(records, catalogue)
    chosen = [record for record in records if record.status == LANDED]
    UserError.collect(_absence_problems(absent, records, catalogue, extracts))
    chosen = [replace(r, catalogue_hash=_digest(r, catalogue)) for r in chosen]
    unchanged = _unchanged(chosen, landing, verify)
    changed = [record for record in chosen if (record.root, record.path) not in unchanged]
    _check_disk(changed, landing)
    scratch = landing / f".landing-{os.getpid()}"
    _make_folder(scratch)
    try:
        converted = _convert(changed, catalogue, scratch, processes, _landed_before(landing))
        unreadable = [record for record in converted if record.status == QUARANTINED]
        report = LandingReport(
            landed=[record for record in converted if record.status == LANDED],
            unchanged=list(unchanged.values()),
            left=[*unreadable, *(record for record in records if record.status != LANDED)],
            absent=[*absent, *_disabled(unreadable, [*converted, *unchanged.values()], catalogue)],
        )
        _swap_in(report, catalogue, scratch, landing)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return report


def inspect(extracts: list[Path], overlay: Path | None = None) -> InspectReport:
    """Say what extracts folders hold and lack, by names alone: nothing is read or written."""
    catalogue = read_catalogue(seeds_dir(), overlay)
    records = recognise(find_files(extracts), catalogue)
    absent = find_absent(records, catalogue)
    problems = _absence_problems(absent, records, catalogue, extracts)
    return InspectReport([str(root) for root in extracts], records, absent, problems)


def find_absent(records: list[FileRecord], catalogue: Catalogue) -> list[Absent]:
    """Return the registers, years between delivered ones, and survey waves without a file."""
    years: dict[str, set[int | None]] = {}
    for record in records:
        if record.status == LANDED:
            years.setdefault(f"{record.kind} {record.stem}", set()).add(record.file_year)
    absent: list[Absent] = []
    for stem in catalogue.stems.values():
        found = years.get(f"{REGISTER} {stem.stem}")
        if stem.selection == EARLIER:
            continue  # one version is as good
        if found is None:
            absent.append(Absent(stem.stem, stem.disables, stem.required))
        elif stem.selection == "newest_per_year":
            known = sorted(year for year in found if year is not None)
            gaps = sorted(set(range(known[0], known[-1] + 1)) - set(known)) if known else []
            absent += [Absent(f"{stem.stem} {year}", f"{stem.disables}, {year}") for year in gaps]
    for survey in catalogue.surveys.values():
        label = f"{survey.survey} {survey.survey_year}"
        if f"{SURVEY} {survey.name}" not in years:
            absent.append(Absent(survey.name, f"the respondents of {label}"))
        elif survey.sample_pattern and f"{SAMPLE} {survey.name}" not in years:
            absent.append(Absent(f"{survey.name}_SAMPLE", f"the design weights of {label}"))
    for record in records:
        restricted = catalogue.stems[record.stem].restricted if record.is_restricted else None
        if restricted and record.status == LANDED:
            absent.append(
                Absent(
                    f"{record.stem} in full",
                    f"{restricted.disables}: {record.file_name} is the restricted version; request"
                    f" {restricted.request}",
                )
            )
    return absent


def _disabled(
    unreadable: list[FileRecord], chosen: list[FileRecord], catalogue: Catalogue
) -> list[Absent]:
    """Return what lacks because a file could not be read: a whole register, or a year of it."""
    gaps = []
    for record in unreadable:
        disables = catalogue.stems[record.stem or ""].disables
        others = any(r.stem == record.stem and r.status == LANDED for r in chosen)
        name = f"{record.stem} {record.file_year}" if others else record.stem or ""
        year = f", {record.file_year}" if others else ""
        gaps.append(Absent(name, f"{disables}{year}: {record.file_name} cannot be read"))
    return gaps


def _landed_before(landing: Path) -> set[tuple[str | None, int | None]]:
    """Return the registers and years that the earlier landing holds."""
    earlier = read_manifest(landing / MANIFEST)
    return {(record.stem, record.file_year) for record in earlier if record.status == LANDED}


def _absence_problems(
    absent: list[Absent],
    records: list[FileRecord],
    catalogue: Catalogue,
    extracts: list[Path],
) -> list[str]:
    roots = ", ".join(map(str, extracts))
    if not any(record.status == LANDED for record in records):
        return [
            f"{roots}: none of the {len(records):,} files there is a register or survey that the"
            " catalogue knows: give the folder of the delivered files to --extracts"
        ]
    problems = []
    for gap in absent:
        if gap.required:
            stem = catalogue.stems[gap.stem]
            names = " or ".join(f"{name!r}" for name in stem.examples[:2])
            almost = next((r for r in records if (r.kind, r.stem) == (REGISTER, gap.stem)), None)
            why = (
                f"{almost.full_path} is {almost.reason}"
                if almost
                else f"no file named like {names} in {roots}"
            )
            problems.append(
                f"{stem.name} is absent: {why}; it is required for {stem.disables}: add the file,"
                " or its name to catalogue_file_pattern"
            )
    return problems


def _digest(record: FileRecord, catalogue: Catalogue) -> str:
    known: Stem | Survey
    if record.kind == REGISTER:
        known = catalogue.stems[record.stem or ""]
    else:
        known = catalogue.surveys[record.stem or ""]
    return f"{LAYOUT}-{known.digest}"


def _unchanged(
    chosen: list[FileRecord], landing: Path, verify: bool
) -> dict[tuple[str, str], FileRecord]:
    """Return the chosen files whose earlier landing still stands, as the manifest has them."""
    earlier = {
        (record.root, record.path): record
        for record in read_manifest(landing / MANIFEST)
        if record.status == LANDED
    }
    unchanged = {}
    for record in chosen:
        known = earlier.get((record.root, record.path))
        if (
            known is not None
            and (known.size, known.modified) == (record.size, record.modified)
            and known.catalogue_hash == record.catalogue_hash
            and all((landing / path).is_file() for path in known.landed_paths)
            and (not verify or sha256(record.full_path) == known.sha256)
        ):
            unchanged[record.root, record.path] = replace(known, reason=record.reason)
    return unchanged


def _check_disk(changed: list[FileRecord], landing: Path) -> None:
    needed = sum(
        record.size * (PACKED_GROWTH if record.file_format == "csv.gz" else 1) for record in changed
    )
    # Copies that are read where a text may have been cut: one per process, for a while.
    spss = sorted((r.size for r in changed if r.file_format in ("sav", "zsav")), reverse=True)
    needed += sum(spss[:MAX_PROCESSES])
    _make_folder(landing)
    free = shutil.disk_usage(landing).free
    if needed > free:
        raise UserError(
            f"{landing}: {needed / 1e9:,.1f} GB may be needed and {free / 1e9:,.1f} GB is free:"
            " free some space, or put --landing on another disk"
        )
    if changed:
        Console(stderr=True).print(
            f"landing {len(changed):,} files of {sum(r.size for r in changed) / 1e6:,.0f} MB;"
            f" needs at most {needed / 1e6:,.0f} MB on disk"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: the landing folder cannot be made ({error.strerror}): correct --landing"
        ) from None


def _convert(
    changed: list[FileRecord],
    catalogue: Catalogue,
    scratch: Path,
    processes: int | None,
    landed_before: set[tuple[str | None, int | None]],
) -> list[FileRecord]:
    """Land each file below `scratch`, the largest first; raise all problems together.

    A file that cannot be read is set apart, and the landing goes on without it, when its register
    is optional and nothing of it landed before: what is published never shrinks by damage.
    """
    order = sorted(changed, key=lambda record: -record.size)
    jobs = [(record, _knowledge(record, catalogue), scratch) for record in order]
    total = sum(record.size for record in order)
    if processes is None:
        processes = min(_processors(), MAX_PROCESSES)
    landed: list[FileRecord] = []
    problems: list[str] = []
    with Progress(
        TextColumn("landing"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} % {task.fields[name]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("landing", total=max(total, 1), name="")
        for record, found in _run(jobs, min(processes, len(jobs))):
            if found and _may_lack(record, catalogue):
                if (record.stem, record.file_year) not in landed_before:
                    record, found = _set_apart(record, found, scratch), []
                else:
                    found = [f"{line}{LANDED_BEFORE}" for line in found]
            landed.append(record)
            problems += found
            progress.update(task, advance=record.size, name=record.file_name)
    UserError.collect(sorted(problems))
    return sorted(landed, key=lambda record: (record.root, record.path))


def _may_lack(record: FileRecord, catalogue: Catalogue) -> bool:
    return record.kind == REGISTER and not catalogue.stems[record.stem or ""].required


def _set_apart(record: FileRecord, problems: list[str], scratch: Path) -> FileRecord:
    """Record a file that cannot be read: in the manifest, and as a row of `quarantine/`."""
    row = {
        "stem": record.stem,
        "source_file": record.file_name,
        "row_number": None,
        "column_name": None,
        "delivered_value": None,
        "reason": "; ".join(problems),
        "delivered_row": None,
    }
    frame = pl.DataFrame([row], schema=QUARANTINE_SCHEMA)
    relative = write_frame(scratch, "quarantine", record.name, frame)
    return replace(record, status=QUARANTINED, reason="; ".join(problems), landed_files=relative)


def _processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


Job = tuple[FileRecord, Stem | Survey, Path]


def _run(jobs: list[Job], processes: int) -> Iterable[tuple[FileRecord, list[str]]]:
    if not processes:
        yield from map(_land_one, jobs)
        return
    for job, result in run_in_workers(_land_one, jobs, processes):
        if isinstance(result, WorkerCrash):
            name = job[0].file_name
            yield (
                job[0],
                [f"{name}: the reader crashed on it, so it is damaged inside: ask for it again"],
            )
        else:
            yield result


def _knowledge(record: FileRecord, catalogue: Catalogue) -> Stem | Survey:
    if record.kind == REGISTER:
        return catalogue.stems[record.stem or ""]
    return catalogue.surveys[record.stem or ""]


def _land_one(job: Job) -> tuple[FileRecord, list[str]]:
    """Land one file in a folder of its own; problems come back as lines, not as an exception."""
    record, known, scratch = job
    try:
        with ThreadPoolExecutor(1) as thread:
            digest = thread.submit(sha256, record.full_path)
            if isinstance(known, Stem):
                outcome = land_register(record, known, scratch)
            elif record.kind == SURVEY:
                outcome = land_survey(record, known, scratch)
            else:
                outcome = land_sample(record, known, scratch)
            return replace(record, sha256=digest.result(), **outcome), []
    except UserError as error:
        return record, error.problems


def _swap_in(report: LandingReport, catalogue: Catalogue, scratch: Path, landing: Path) -> None:
    """Move the new files in, drop those that nothing delivers any more, write the manifest last."""
    set_apart = [record for record in report.left if record.status == QUARANTINED]
    for record in [*report.landed, *set_apart]:
        for relative in record.landed_paths:
            target = landing / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            (scratch / relative).replace(target)
    current = {
        path
        for record in [*report.landed, *report.unchanged, *set_apart]
        for path in record.landed_paths
    }
    schemas = {stem.stem: landed_schema(stem) for stem in catalogue.stems.values()}
    schemas |= FIXED_SCHEMAS
    for seed in LANDED_OVERLAYS:
        columns = {name: pl.String() for name in catalogue.overlay_columns[seed]}
        schemas[f"overlay_{seed}"] = columns
        if rows := catalogue.overlay_rows.get(seed):
            frame = pl.DataFrame(rows, schema=columns)
            current.add(_replace_frame(frame, f"overlay_{seed}", "overlay", scratch, landing))
    for folder, schema in schemas.items():
        write_empty(landing / folder, schema)
    for folder in [*schemas, "survey_wide"]:
        for path in (landing / folder).glob("*.parquet"):
            if path.name != EMPTY and f"{folder}/{path.name}" not in current:
                path.unlink()
    absent = pl.DataFrame(
        [(gap.stem, gap.disables) for gap in report.absent], schema=ABSENT_SCHEMA, orient="row"
    )
    _replace_frame(absent, "absent", "absent", scratch, landing)
    manifest = to_frame(sorted(report.files, key=lambda record: (record.root, record.path)))
    _replace_frame(manifest, "manifest", "manifest", scratch, landing)


def _replace_frame(
    frame: pl.DataFrame, folder: str, name: str, scratch: Path, landing: Path
) -> str:
    relative = write_frame(scratch, folder, name, frame)
    (landing / folder).mkdir(parents=True, exist_ok=True)
    (scratch / relative).replace(landing / relative)
    return relative
