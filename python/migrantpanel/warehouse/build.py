"""From extracts to published files: land, check, build, test, publish."""

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from migrantpanel import landing as landing_room
from migrantpanel import quality
from migrantpanel.dbt_runner import dbt_environment, dbt_target, run_dbt
from migrantpanel.errors import UserError
from migrantpanel.identity import pseudonym
from migrantpanel.identity.report import linkage_problems
from migrantpanel.landing.catalogue import read_catalogue
from migrantpanel.project import seeds_dir
from migrantpanel.warehouse import incremental
from migrantpanel.warehouse.publish import (
    PANEL_FILE,
    VAULT_FILE,
    checkpoint,
    publish,
    published_files,
    stage,
)

SIMULATED_SECRET = "simulated-extracts-need-no-secret"


@dataclass
class Build:
    """What a build did: the warehouse, whether it was published anew, seconds per stage."""

    warehouse: Path
    seconds: dict[str, float] = field(default_factory=dict)
    is_published: bool = False


def build(
    extracts: Sequence[Path],
    warehouse: Path,
    landing: Path,
    project: Path,
    site: Path,
    overlay: Path | None = None,
    select: str | None = None,
    report: Callable[[str], None] = lambda line: None,
    only_changed: bool = False,
) -> Build:
    """Land the extracts, check what landed, build and test every layer, and publish both files.

    Nothing published changes before every test has passed. `select` takes dbt's selection
    syntax and starts from a copy of the published files; so does `only_changed`, which builds
    what depends on files that changed since. `report` is called with the landing's table and one
    line per stage. Raises UserError on bad data or a failed check.
    """
    done = Build(warehouse)
    ensure_secret(project, extracts)

    with _timed(done, "land"):
        landed = landing_room.land(list(extracts), landing, overlay)
    report(landing_room.render_landing(landed))
    with _timed(done, "check landing"):
        quality.check_landing(landing, site, overlay)

    state = incremental.current_state(project, landing)
    plan = None
    if only_changed:
        with _timed(done, "compare"):
            plan, why = _plan(state, warehouse, landing, project, overlay)
        report(why)
        if plan is not None and not plan.models:
            return done
    keep = select is not None or plan is not None
    build_dir = _fresh_build_dir(warehouse, keep)
    environment = dbt_environment(build_dir, landing)
    databases = {"migrant_panel": build_dir / PANEL_FILE, "vault": build_dir / VAULT_FILE}
    # Unit tests hold made rows: they say something new when code changes, not when data does.
    command = ["build", "--exclude-resource-type", "unit_test"]
    command += ["--select", select] if select else []
    if plan is not None:
        command += ["--select", *plan.models]
        command += ["--vars", json.dumps({"rebuild": plan.conditions})]
    with _timed(done, "dbt build"):
        run_dbt(command, project, environment, "building and testing", databases)
    for line in linkage_problems(databases["vault"]):
        report(line)
    if select is None:
        manifest = dbt_target(project) / "manifest.json"
        incremental.save_state(state, manifest, databases["vault"])

    with _timed(done, "publish"):
        checkpoint(build_dir)
        stage(build_dir, warehouse)
        publish(warehouse)
    done.is_published = True
    return done


def _plan(
    state: incremental.State, warehouse: Path, landing: Path, project: Path, overlay: Path | None
) -> tuple[incremental.Plan | None, str]:
    """Return what to build again, or None for everything, and a line that says so."""
    files = published_files(warehouse)
    if not all(path.is_file() for path in files.values()):
        return None, "nothing is published yet: everything is built"
    before = incremental.load_state(files[VAULT_FILE])
    if before is None or before.code != state.code:
        return None, "models, code or secret changed since the published build: everything is built"
    stems = read_catalogue(seeds_dir(), overlay).stems
    yearly = [name for name, stem in stems.items() if stem.selection == "newest_per_year"]
    changed = incremental.changed_sources(before, state, yearly)
    if not changed:
        return incremental.Plan(), "no file changed since the published build: nothing to do"
    run_dbt(["parse"], project, dbt_environment(warehouse.parent, landing), "reading the models")
    manifest = incremental.read_dbt_manifest(dbt_target(project))
    last_survey = incremental.last_survey_year(state, seeds_dir())
    plan = incremental.make_plan(manifest, changed, last_survey)
    return plan, (
        f"changed: {', '.join(changed)}; to build again: {len(plan.whole)} models whole, "
        f"{len(plan.conditions)} for the changed years"
    )


def ensure_secret(project: Path, extracts: Sequence[Path]) -> None:
    """See to it that the pseudonyms have a secret; make a local one for the first build.

    Simulated extracts (their truth stands beside them) share one public key, so that everybody
    gets the same pseudonyms; that key is refused for anything else.
    """
    simulated = all(_is_simulated(root) for root in extracts)
    file = project / pseudonym.SECRET_FILE
    if not os.environ.get(pseudonym.SECRET_VARIABLE) and not file.is_file():
        secret = SIMULATED_SECRET if simulated else secrets.token_hex(32)
        file.touch(mode=0o600)
        file.write_text(secret + "\n", encoding="utf-8")
    if not simulated and pseudonym.load_secret(project) == SIMULATED_SECRET.encode():
        raise UserError(
            f"{file} holds the public key of the simulated extracts: delete it (the next build "
            f"makes a secret one) or set {pseudonym.SECRET_VARIABLE}"
        )


def _is_simulated(root: Path) -> bool:
    """Say whether the simulator's truth stands beside this extracts folder."""
    return root.resolve().with_name(root.resolve().name + "-truth").is_dir()


def _fresh_build_dir(warehouse: Path, keep: bool) -> Path:
    """Return an empty build folder beside the warehouse, or one with a copy of what is published.

    Raises UserError when another process builds there, or there is nothing to start from.
    """
    build_dir = warehouse.parent / "build"
    for name in (PANEL_FILE, VAULT_FILE):
        if (build_dir / name).is_file():
            _refuse_if_open(build_dir / name)
    shutil.rmtree(build_dir, ignore_errors=True)
    (build_dir / "tmp").mkdir(parents=True)
    if keep:
        for name, path in published_files(warehouse).items():
            if not path.is_file():
                raise UserError(f"--select needs a published build to start from; {path} is absent")
            shutil.copyfile(path, build_dir / name)
    return build_dir


def _refuse_if_open(path: Path) -> None:
    try:
        duckdb.connect(path).close()
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise UserError(
                f"{path} is in use: another build is running, or a program has it open"
            ) from None
    except duckdb.Error:
        return  # a torn file of an interrupted build: it is about to be removed


class _timed:
    """Measure a stage into the build's record."""

    def __init__(self, record: Build, stage_name: str) -> None:
        self.record, self.stage_name = record, stage_name

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.record.seconds[self.stage_name] = time.perf_counter() - self.start
