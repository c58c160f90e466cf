"""What landing found and did, and how that is shown."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from migrantpanel.landing.records import (
    LANDED,
    QUARANTINED,
    SUPERSEDED,
    TWIN,
    UNKNOWN,
    FileRecord,
)

FILES_SHOWN = 12


@dataclass(frozen=True)
class Absent:
    """A register, register year or survey wave that was not delivered, and what lacks for it."""

    stem: str
    disables: str
    required: bool = False


@dataclass(frozen=True)
class LandingReport:
    """What `land` did: `landed` was converted now, `unchanged` before; the rest did not land."""

    landed: list[FileRecord]
    unchanged: list[FileRecord]
    left: list[FileRecord]
    absent: list[Absent]
    notes: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[FileRecord]:
        """Every delivered file, as in the manifest."""
        return [*self.landed, *self.unchanged, *self.left]


@dataclass(frozen=True)
class InspectReport:
    """What an extracts folder holds: the files that would land, the others, and what is absent."""

    roots: list[str]
    files: list[FileRecord]
    absent: list[Absent]
    problems: list[str]


def render_landing(report: LandingReport) -> RenderableType:
    """Return the table of what landed, what did not and why, and what is absent."""
    table = Table(title="Landing", title_justify="left", expand=False)
    for column in ("what", "files"):
        table.add_column(column, justify="right" if column == "files" else "left")
    table.add_column("rows", justify="right")
    table.add_column("which, and why", overflow="fold")
    for what, records in (("landed", report.landed), ("unchanged", report.unchanged)):
        rows = sum(record.rows_landed or 0 for record in records)
        table.add_row(what, f"{len(records):,}", f"{rows:,}", escape(_by_stem(records)))
    with_rejects = [r for r in [*report.landed, *report.unchanged] if r.rows_quarantined]
    rejected = sum(record.rows_quarantined or 0 for record in with_rejects)
    unreadable = [r for r in report.left if r.status == QUARANTINED]
    table.add_row(
        "quarantined",
        f"{len(with_rejects) + len(unreadable):,}",
        f"{rejected:,}",
        escape(_lines([*with_rejects, *unreadable], lambda r: r.reason or r.note or "")),
    )
    for what in (SUPERSEDED, TWIN, UNKNOWN):
        records = [record for record in report.left if record.status == what]
        if records:
            table.add_row(
                what, f"{len(records):,}", "", escape(_lines(records, lambda r: r.reason or ""))
            )
    _add_absent(table, report.absent)
    remarks = [escape(f"{r.file_name}: {r.note}") for r in report.landed if r.note]
    return Group(table, *report.notes, *_limited(remarks))


def render_inspection(report: InspectReport) -> RenderableType:
    """Return one screen: per register and wave what is there, then the rest and what is absent."""
    table = Table(title=escape(f"Extracts in {', '.join(report.roots)}"), title_justify="left")
    for column in ("register or survey", "files", "MB", "years", "file that would land"):
        table.add_column(column, justify="right" if column in ("files", "MB") else "left")
    chosen = [record for record in report.files if record.status == LANDED]
    for stem in dict.fromkeys(record.stem or "" for record in chosen):
        own = [record for record in chosen if record.stem == stem]
        megabytes = sum(record.size for record in own) / 1e6
        newest = max(own, key=lambda record: record.file_year or 0)
        table.add_row(
            stem, f"{len(own):,}", f"{megabytes:,.1f}", _years(own), escape(newest.file_name)
        )
    rest = Table(show_header=False, box=None)
    rest.add_column(overflow="fold")
    rest.add_column(overflow="fold")
    for what in (SUPERSEDED, TWIN, UNKNOWN):
        records = [record for record in report.files if record.status == what]
        if records:
            shown = escape(_lines(records, lambda r: r.reason or ""))
            rest.add_row(f"{what} {len(records):,}", shown)
    for gap in report.absent:
        need = "absent, required" if gap.required else "absent"
        rest.add_row(need, escape(f"{gap.stem}: disables {gap.disables}"))
    for problem in report.problems:
        rest.add_row("problem", escape(problem))
    return Group(table, rest)


def _add_absent(table: Table, absent: list[Absent]) -> None:
    if absent:
        shown = "\n".join(f"{gap.stem}: disables {gap.disables}" for gap in absent)
        table.add_row("absent", f"{len(absent):,}", "", escape(shown))


def _by_stem(records: list[FileRecord]) -> str:
    stems = dict.fromkeys(record.stem or "" for record in records)
    counts = {stem: sum(record.stem == stem for record in records) for stem in stems}
    return ", ".join(stem if n == 1 else f"{stem} ({n})" for stem, n in counts.items())


def _lines(records: list[FileRecord], reason: Callable[[FileRecord], str]) -> str:
    return "\n".join(_limited([f"{r.file_name}: {reason(r)}" for r in records]))


def _limited(lines: list[str]) -> list[str]:
    more = len(lines) - FILES_SHOWN
    return [*lines[:FILES_SHOWN], f"and {more:,} more, see the manifest"] if more > 0 else lines


def _years(records: list[FileRecord]) -> str:
    years = sorted({record.file_year for record in records if record.file_year is not None})
    if not years:
        return ""
    if len(years) > 1 and years == list(range(years[0], years[-1] + 1)):
        return f"{years[0]}-{years[-1]}"
    return ", ".join(map(str, years))
