"""The command line: `migrantpanel COMMAND --help` says what each command does."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from migrantpanel.errors import UserError
from migrantpanel.project import project_dir, seeds_dir
from migrantpanel.weighting.command import calibrate

app = typer.Typer(
    name="migrantpanel",
    help="Build the migrant panel: from survey and register extracts to a tested warehouse.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
)
screen = Console(stderr=True)

Extracts = Annotated[
    list[Path],
    typer.Option(
        "--extracts",
        metavar="DIR",
        help="A folder of delivered files, read only. May be given several times.",
    ),
]
Landing = Annotated[Path, typer.Option(metavar="DIR", help="Where the landed Parquet files are.")]
Overlay = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Your own catalogue and crosswalk rows; see docs/overlay.md."),
]
Warehouse = Annotated[
    Path,
    typer.Option(metavar="FILE", help="The published DuckDB file. The vault stands beside it."),
]
Site = Annotated[Path, typer.Option(metavar="DIR", help="Where the documentation site is.")]

DEFAULT_EXTRACTS = [Path("extracts")]
DEFAULT_LANDING = Path("landing")
DEFAULT_OVERLAY = Path("overlay")
DEFAULT_WAREHOUSE = Path("warehouse/migrant_panel.duckdb")
DEFAULT_SITE = Path("site")


class FileFormat(StrEnum):
    """How the simulated extracts are written."""

    sav = "sav"
    parquet = "parquet"


class Platform(StrEnum):
    """For which machines a bundle is made."""

    win_amd64 = "win_amd64"
    linux_x86_64 = "linux_x86_64"


def main() -> None:
    """Run the command line: exit 0 on success, 1 on bad data or a failed check, 2 on misuse."""
    try:
        app()
    except UserError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        sys.exit(1)


@app.command()
def simulate(
    out: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Where the extracts go; the truth goes to DIR-truth."),
    ] = Path("extracts"),
    persons: Annotated[
        int, typer.Option(min=1, help="About how many persons the registers hold.")
    ] = 60_000,
    survey_fraction: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the surveys' real sample sizes.")
    ] = 0.05,
    seed: Annotated[int, typer.Option(help="Same seed, same files.")] = 1,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="SPSS as delivered, or Parquet.")
    ] = FileFormat.sav,
    contact_files: Annotated[
        bool,
        typer.Option(
            "--contact-files",
            help="Names and addresses too, for linkage without numbers; see docs/linkage.md.",
        ),
    ] = False,
    defects: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|none",
            help="A YAML file with lines of kind: rate (0 to 1) that replace default rates of"
            " damage, or `none` for no damage. Kinds: docs/simulation-defects.md.",
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="How many work at once, 1 GB each; the files stay the same."),
    ] = None,
) -> None:
    """Write simulated extracts, named and coded as the delivered files are.

    What really happened to everybody is written beside them, never into them. Simulated numbers
    prove code; they are no findings.
    """
    from migrantpanel import simulation
    from migrantpanel.simulation.defects import read_overrides

    rates = read_overrides(defects)
    simulation.simulate(
        out, persons, survey_fraction, seed, file_format.value, processes,
        contact_files=contact_files, defects=rates,
    )  # fmt: skip
    screen.print(f"simulated extracts: {out} (truth: {out}-truth)")


@app.command()
def inspect(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of extracts.")],
) -> None:
    """Say in one screen what an extracts folder holds, what is missing and what that disables."""
    from migrantpanel import landing

    screen.print(landing.render_inspection(landing.inspect([folder])))


@app.command()
def land(
    extracts: Extracts = DEFAULT_EXTRACTS,
    landing: Landing = DEFAULT_LANDING,
    overlay: Overlay = DEFAULT_OVERLAY,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every file again, also unchanged ones.")
    ] = False,
) -> None:
    """Convert the delivered files that changed, and list what landed, failed and is absent."""
    from migrantpanel import landing as room

    screen.print(room.render_landing(room.land(extracts, landing, _existing(overlay), verify)))


@app.command()
def build(
    extracts: Extracts = DEFAULT_EXTRACTS,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    landing: Landing = DEFAULT_LANDING,
    overlay: Overlay = DEFAULT_OVERLAY,
    site: Site = DEFAULT_SITE,
    select: Annotated[
        str | None,
        typer.Option(help="Build only this dbt selection, on a copy of what is published."),
    ] = None,
    incremental: Annotated[
        bool,
        typer.Option(
            "--incremental",
            help="Build again only what depends on files that changed since the published build.",
        ),
    ] = False,
) -> None:
    """Land, build and test every layer, and publish: all or nothing."""
    from migrantpanel import warehouse as room

    if select and incremental:
        raise typer.BadParameter("give --select or --incremental, not both")
    done = room.build(
        extracts,
        warehouse,
        landing,
        project_dir(),
        site,
        _existing(overlay),
        select,
        screen.print,
        incremental,
    )
    for stage, seconds in done.seconds.items():
        screen.print(f"{stage:14} {seconds:7.1f} s")
    if done.is_published:
        screen.print(f"published: {warehouse}")


@app.command()
def scaffold(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A labelled .sav or .dta file.")],
    survey: Annotated[str, typer.Option(help="Short name of the survey: letters and digits.")],
    year: Annotated[int, typer.Option(help="Year of the interviews.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The overlay folder to write.")],
    respondent: Annotated[
        str | None,
        typer.Option(metavar="VARIABLE", help="Numbers the respondents; `(row)` counts the rows."),
    ] = None,
    evidence: Annotated[
        str,
        typer.Option(help="What your rows rest on: assumed, published or questionnaire seen."),
    ] = "assumed",
) -> None:
    """Propose the crosswalk rows of a new survey, and write an overlay folder to complete.

    What is sure can be built at once; the rest is in its folder `review`. See docs/new-wave.md.
    """
    from migrantpanel import harmonised

    done = harmonised.scaffold(file, survey, year, out, seeds_dir(), respondent, evidence)
    screen.print(done.summary(), markup=False, highlight=False, soft_wrap=True)


@app.command()
def publish(warehouse: Warehouse = DEFAULT_WAREHOUSE) -> None:
    """Finish a publish that an open file blocked."""
    from migrantpanel import warehouse as room

    for path in room.publish(warehouse):
        screen.print(f"published: {path}")


@app.command()
def digest(
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    schema: Annotated[str, typer.Option(help="The schema whose tables are hashed.")] = "marts",
) -> None:
    """Print one hash per mart: equal hashes mean equal rows."""
    from migrantpanel import warehouse as room

    for table, value in room.digest(warehouse, schema).items():
        print(f"{value}  {table}")


@app.command()
def docs(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the site goes.")] = DEFAULT_SITE,
    warehouse: Warehouse = DEFAULT_WAREHOUSE,
    landing: Landing = DEFAULT_LANDING,
) -> None:
    """Write the documentation site: overview, lineage, columns, checks and methods."""
    from migrantpanel import site

    site.build_site(project_dir(), warehouse, landing, out)
    screen.print(f"site: {out / 'index.html'}")


@app.command()
def queries(warehouse: Warehouse = DEFAULT_WAREHOUSE) -> None:
    """Run the three example queries of the README and show their answers."""
    from migrantpanel.warehouse import open_published

    for path in sorted((project_dir() / "docs" / "queries").glob("*.sql")):
        query = path.read_text(encoding="utf-8")
        with open_published(warehouse) as connection:
            print(query)
            connection.sql(query).show(max_rows=100)


@app.command()
def bundle(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the bundle goes.")] = Path(
        "bundle"
    ),
    platform: Annotated[
        Platform, typer.Option(help="The machines it is for.")
    ] = Platform.win_amd64,
) -> None:
    """Collect everything that installs the core on a machine without a network."""
    from migrantpanel.bundle import make_bundle

    screen.print(f"bundle: {make_bundle(project_dir(), platform.value, out)}")


app.command()(calibrate)


def _existing(folder: Path) -> Path | None:
    """Return the folder, or None where the default one is absent; a named one must exist."""
    if folder.is_dir():
        return folder
    if folder == DEFAULT_OVERLAY:
        return None
    raise UserError(f"{folder} is no folder: give the overlay folder that holds your rows")
