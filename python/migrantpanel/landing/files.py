"""Finding delivered files, recognising them by name, and choosing which of them land."""

import os
import stat
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from migrantpanel.errors import UserError
from migrantpanel.landing.catalogue import EARLIER, Catalogue, Stem, Survey
from migrantpanel.landing.records import (
    LANDED,
    OTHER,
    REGISTER,
    SAMPLE,
    SUPERSEDED,
    SURVEY,
    TWIN,
    UNKNOWN,
    FileRecord,
)

# Times are UTC, and counted in whole microseconds: a float would round the last one up.
EPOCH = datetime(1970, 1, 1)
# One version in several formats: the first of these lands. SPSS is what is delivered; the others
# are conversions, in the order in which they keep types and labels.
FORMAT_PREFERENCE = ("sav", "zsav", "parquet", "dta", "csv.gz", "csv")
# What the operating system or an editor leaves beside data.
CLUTTER = ("thumbs.db", "desktop.ini")
# How the rank of a register begins that is neither restricted nor provisional.
WHOLE = (1, 1)
# A recognised file, and its rank among the files of its register or wave: the highest lands.
Ranked = tuple[FileRecord, tuple[int, ...]]


def find_files(roots: list[Path], landing: Path | None = None) -> list[FileRecord]:
    """Return every file below the roots, in path order; folders and links are followed once.

    Raises `UserError` for a root that cannot be searched, and for a landing folder inside a root,
    because roots are never written to.
    """
    if not roots:
        raise UserError("no extracts folder was given: name at least one with --extracts")
    UserError.collect(
        problem for root in roots if (problem := _root_problem(root, landing)) is not None
    )
    records: list[FileRecord] = []
    seen_files: set[Path] = set()
    seen_folders: set[tuple[int, int]] = set()
    problems: list[str] = []
    for root in roots:
        walk = os.walk(
            root,
            followlinks=True,
            onerror=lambda error: problems.append(
                f"{error.filename}: the folder cannot be read ({error.strerror}): ask for the"
                " right to read it, or leave it out of --extracts"
            ),
        )
        for folder, subfolders, names in walk:
            status = Path(folder).stat()
            if (status.st_dev, status.st_ino) in seen_folders:
                subfolders.clear()  # a link back to a folder already searched
                continue
            seen_folders.add((status.st_dev, status.st_ino))
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            records += [
                replace(_describe(root, Path(folder) / name)[0], reason="a folder, not a file")
                for name in subfolders
                if name.lower().endswith(tuple(f".{suffix}" for suffix in FORMAT_PREFERENCE))
            ]
            for name in sorted(names):
                path = Path(folder) / name
                if name.startswith(".") or name.lower() in CLUTTER:
                    continue
                record, real = _describe(root, path)
                if real is None or real not in seen_files:
                    records.append(record)
                    seen_files.add(real or path)
    UserError.collect(problems)
    return records


def _root_problem(root: Path, landing: Path | None) -> str | None:
    try:
        if not root.exists():
            return f"{root}: there is no such folder: correct --extracts"
        if not root.is_dir():
            return f"{root} is a file: give the folder that holds it to --extracts"
        next(os.scandir(root), None)
        resolved = root.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "a link that leads back to itself"
        return f"{root}: the folder cannot be searched ({reason}): correct --extracts"
    if landing is not None:
        inside = landing.resolve()
        if inside.is_relative_to(resolved) or resolved.is_relative_to(inside):
            return f"{landing}: landing would write into {root}, which is only read: move --landing"
    return None


def _describe(root: Path, path: Path) -> tuple[FileRecord, Path | None]:
    """Describe one file, and say where it really is (None for a link that leads nowhere)."""
    try:
        status, real, reason = path.stat(), path.resolve(strict=True), None
    except (OSError, RuntimeError):
        status, real, reason = path.lstat(), None, "a link that leads nowhere"
    if real is not None and not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        reason = "a pipe or device, not a file"
    lower = path.name.lower()
    known = [suffix for suffix in FORMAT_PREFERENCE if lower.endswith(f".{suffix}")]
    record = FileRecord(
        root=root.resolve().as_posix(),
        path=path.relative_to(root).as_posix(),
        file_name=path.name,
        file_format=max(known, key=len) if known else "",
        size=status.st_size,
        modified=EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000),
        reason=reason,
    )
    return record, real


def recognise(records: list[FileRecord], catalogue: Catalogue) -> list[FileRecord]:
    """Name each file's register or survey wave; choose per wave, year and version what lands.

    What lands has status `landed`; the others keep the reason why they do not.
    """
    groups: dict[tuple[str, str], list[Ranked]] = defaultdict(list)
    left: list[FileRecord] = []
    problems: list[str] = []
    for record in records:
        known = _identify(record, catalogue)
        if not known:
            left.append(_unknown(record))
        elif record.reason:
            left.append(replace(known[0][0], status=UNKNOWN))
        elif len(stems := {named.stem or "": None for named, _ in known}) > 1:
            problems.append(
                f"{record.file_name}: its name is that of {' and '.join(stems)}: narrow their"
                " patterns in catalogue_file_pattern or catalogue_survey"
            )
        else:
            groups[(known[0][0].kind, known[0][0].stem or "")].append(known[0])
    earlier = {s.name: s.stem for s in catalogue.stems.values() if s.selection == EARLIER}
    chosen: list[FileRecord] = []
    for (kind, stem), members in groups.items():
        pins = {year: n for (name, year), n in catalogue.pins.items() if name == stem}
        selection = catalogue.stems[stem].selection if kind == REGISTER else "newest"
        if pins and kind != SAMPLE:
            members, passed_over = _pinned(stem, members, pins, selection, problems)
            chosen += passed_over
        beside = earlier.get(catalogue.stems[stem].name) if kind == REGISTER else None
        selected = _select(members, selection, beside)
        names = sorted(
            {r.name.lower(): r.file_name for r in selected if r.status != SUPERSEDED}.values()
        )
        if kind != REGISTER and len(names) > 1:
            problems.append(
                f"{' and '.join(names)}: both match the {kind} file of {stem}: narrow its pattern"
                " in catalogue_survey, or move one out of the extracts"
            )
        chosen += selected
    UserError.collect(problems)
    return sorted([*chosen, *left], key=lambda record: (record.root, record.path))


def _identify(record: FileRecord, catalogue: Catalogue) -> list[Ranked]:
    """Match a file name without case; return the record with its stem and rank, per match."""
    name = record.name if record.file_format else Path(record.file_name).stem
    known = [
        _register(record, stem, match.groupdict())
        for stem in catalogue.stems.values()
        for pattern in stem.patterns
        if (match := pattern.fullmatch(name))
    ]
    for survey in catalogue.surveys.values():
        # The sample's pattern first: a survey's own pattern may be as wide as to take both.
        for kind, pattern in ((SAMPLE, survey.sample_pattern), (SURVEY, survey.file_pattern)):
            if pattern is not None and (match := pattern.fullmatch(name)):
                known.append(_wave(record, survey, kind, match.groupdict()))
                break
    return known


def _register(record: FileRecord, stem: Stem, parts: dict[str, str | None]) -> Ranked:
    year = int(parts["year"]) if parts.get("year") else None
    version = int(parts.get("version") or 0)
    named = replace(
        record,
        kind=REGISTER,
        stem=stem.stem,
        file_year=year,
        version=version,
        is_restricted=bool(parts.get("restricted")),
    )
    # A provisional file covers only recent months and a restricted one lacks the migration
    # variables, so either is taken only when nothing better was delivered.
    rank = (
        int(not parts.get("restricted")),
        int(not parts.get("provisional")),
        year or 0,
        version,
        int(parts.get("stamp") or 0),
    )
    return named, rank


def _wave(record: FileRecord, survey: Survey, kind: str, parts: dict[str, str | None]) -> Ranked:
    version = int(parts.get("version") or 0)
    named = replace(
        record, kind=kind, stem=survey.name, file_year=survey.survey_year, version=version
    )
    return named, (version,)


def _pinned(
    stem: str,
    members: list[Ranked],
    pins: dict[int | None, int],
    selection: str,
    problems: list[str],
) -> tuple[list[Ranked], list[FileRecord]]:
    """Keep the pinned versions; return them, and the files that they replace as superseded.

    Where a register comes by year, other years stay as they are; where it is one file, the pin
    names the year too.
    """
    if selection == "newest" and len(pins) > 1:
        problems.append(f"catalogue_pin: {stem} is one file and has {len(pins)} pins: keep one")
    kept: list[Ranked] = []
    passed_over: list[FileRecord] = []
    for record, rank in members:
        pin = pins.get(record.file_year)
        if record.version == pin and record.file_format:
            kept.append((replace(record, reason=f"pinned to version {pin}"), rank))
        elif pin is None and selection == "newest_per_year":
            kept.append((record, rank))
        else:
            year = record.file_year if record.file_year in pins else next(iter(pins))
            reason = f"version {pins[year]} of {year} is pinned" if year else "another is pinned"
            passed_over.append(replace(record, status=SUPERSEDED, reason=reason))
    found = {(record.file_year, record.version) for record, _ in kept}
    for year, version in pins.items():
        if (year, version) not in found:
            there = ", ".join(sorted({record.file_name for record, _ in members}))
            problems.append(
                f"catalogue_pin: {stem}: no file of {year or 'no year'} has version {version}"
                f" (there are {there}): correct the pin, or ask for that version"
            )
    return kept, passed_over


def _select(members: list[Ranked], selection: str, beside: str | None) -> list[FileRecord]:
    """Choose the newest file of a group (per year where asked), then one format and one root.

    With the stem `beside`, earlier versions of a register land there, if they are whole.
    """
    by_year: dict[int | None, list[Ranked]] = defaultdict(list)
    for record, rank in members:
        by_year[record.file_year if selection == "newest_per_year" else None].append((record, rank))
    decided: list[FileRecord] = []
    for candidates in by_year.values():
        decided += [_unknown(record) for record, _ in candidates if not record.file_format]
        versions: dict[tuple[int, ...], list[FileRecord]] = defaultdict(list)
        for record, rank in candidates:
            if record.file_format:
                versions[rank].append(record)
        newest = None
        for rank in sorted(versions, reverse=True):
            winner, *twins = sorted(
                versions[rank], key=lambda record: FORMAT_PREFERENCE.index(record.file_format)
            )
            if newest is None:
                newest = winner = replace(winner, status=LANDED)
            elif beside and rank[:2] == WHOLE:
                reason = f"compared with {newest.file_name}"
                winner = replace(winner, stem=beside, status=LANDED, reason=reason)
            else:
                reason = f"{newest.file_name} is used instead"
                decided += [replace(r, status=SUPERSEDED, reason=reason) for r in versions[rank]]
                continue
            decided.append(winner)
            decided += [replace(r, status=TWIN, reason=_twin_reason(r, winner)) for r in twins]
    return decided


def _twin_reason(record: FileRecord, winner: FileRecord) -> str:
    if record.file_format != winner.file_format:
        return f"{winner.file_name} holds the same in a preferred format"
    same = "same size" if record.size == winner.size else "another size: check which is right"
    return f"also delivered as {winner.full_path.as_posix()} ({same})"


def _unknown(record: FileRecord) -> FileRecord:
    if record.reason:
        reason = record.reason
    elif not record.file_format:
        suffix = Path(record.file_name).suffix or "no extension"
        reason = f"{suffix} is no format that landing reads ({', '.join(FORMAT_PREFERENCE)})"
    elif record.file_format in ("sav", "zsav", "dta"):
        reason = (
            "no name that the catalogue knows; if it is a survey, give it a row in"
            " catalogue_survey.csv in the overlay folder"
        )
    else:
        reason = "no name that the catalogue knows"
    return replace(record, kind=OTHER, status=UNKNOWN, reason=reason)
