"""The worlds of the tests: simulated, landed, built and published once for all workers."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from absent import needs
from migrantpanel.dbt_runner import dbt_environment
from migrantpanel.project import project_dir
from migrantpanel.simulation import Country
from migrantpanel.simulation.defects import Damage, damage, known_kinds
from migrantpanel.simulation.registers import Extract, Registers
from migrantpanel.simulation.registers import extracts as register_extracts

# Kinds of damage that belong to the form of the files, or to the questionnaires.
AS_DELIVERED = (
    "stale_version", "partner_abroad", "sentinel_amount", "sentinel_institution",
    "truncated_income", "changed_value_labels", "code_list_break", "nationality_break",
    "motive_break",
)  # fmt: skip


def sound(*stages: str) -> dict[str, float]:
    """Return rates of damage that leave stages (files, rows, surveys) as they should be."""
    kinds = known_kinds().items()
    return {
        kind: 0.0 for kind, spec in kinds if spec["stage"] in stages and kind not in AS_DELIVERED
    }


# For tests of what sound files hold.
SOUND_FILES = sound("files", "rows") | {"late_registration": 0.0, "wrong_removal": 0.0}
# Besides: registered when it happened, and no damage to single rows, for tests of what happened.
SOUND_ROWS = SOUND_FILES | {
    kind: 0.0
    for kind, spec in known_kinds().items()
    if spec["stage"] in ("lives", "rows")
    and kind not in (*AS_DELIVERED, "unregistered_emigration", "administrative_entry")
}
MARKER_SECRET = "marker-secret-7f3a9c51e0b24d68"
PERSONS = 6_000
SURVEY_FRACTION = 0.005


@dataclass(frozen=True)
class World:
    """The folders and files of a built world."""

    root: Path

    extracts = property(lambda self: self.root / "extracts")
    truth = property(lambda self: self.root / "extracts-truth")
    landing = property(lambda self: self.root / "landing")
    warehouse = property(lambda self: self.root / "warehouse" / "migrant_panel.duckdb")
    vault = property(lambda self: self.root / "warehouse" / "vault.duckdb")
    site = property(lambda self: self.root / "site")
    target = property(lambda self: self.root / "target")

    def environment(self, threads: int = 3) -> dict[str, str]:
        """Return the process environment: everything this world writes stays in its folder."""
        return os.environ | {
            "MIGRANTPANEL_THREADS": str(threads),
            "MIGRANTPANEL_PROJECT_DIR": str(project_dir()),
            "MIGRANTPANEL_SECRET": MARKER_SECRET,
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.root / "logs"),
        }

    def run(self, *arguments: str, threads: int = 3) -> subprocess.CompletedProcess[str]:
        """Run a migrantpanel command in this world's folder."""
        return subprocess.run(
            [sys.executable, "-m", "migrantpanel", *arguments],
            cwd=self.root,
            env=self.environment(threads),
            capture_output=True,
            text=True,
            check=False,
        )

    def dbt(
        self, build_dir: Path, *arguments: str, threads: int = 3
    ) -> subprocess.CompletedProcess[str]:
        """Run a dbt command on this world's landing and the databases in a folder of its own."""
        project = str(project_dir())
        places = ("--project-dir", project, "--profiles-dir", f"{project}/profiles")
        return subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *arguments, *places],
            env=self.environment(threads)
            | dbt_environment(build_dir, self.landing)
            | {
                "DBT_TARGET_PATH": str(build_dir / "target"),
                "DBT_LOG_PATH": str(build_dir / "logs"),
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Return the reference data beside the project, or skip."""
    folder = (project_dir().parent / "shared").resolve()
    if not folder.is_dir():
        needs("the reference data in ../shared")
    return folder


@pytest.fixture(autouse=True)
def _marked_shared(request: pytest.FixtureRequest) -> None:
    """Skip what is marked `shared` where the reference data are absent, whatever it reads."""
    if request.node.get_closest_marker("shared"):
        request.getfixturevalue("shared_dir")


def shared_world(factory: pytest.TempPathFactory, name: str, *simulate: str) -> World:
    """Simulate, land, build and publish a world once, for all workers of the run."""
    # With xdist each worker has a folder of its own inside the run's folder.
    run = factory.getbasetemp()
    folder = run.parent if os.environ.get("PYTEST_XDIST_WORKER") else run
    built = World(folder / f"world-{name}")
    built.root.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (built.root / "done").exists():
            for command in (("simulate", "--out", "extracts", *simulate), ("build",)):
                done = built.run(*command)
                assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            (built.root / "done").touch()
    return built


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a small built world; everything in it is read only for tests."""
    size = ("--persons", str(PERSONS), "--survey-fraction", str(SURVEY_FRACTION))
    return shared_world(tmp_path_factory, "small", *size)


@pytest.fixture(scope="session")
def default_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a built world of the default size, for figures that need many persons."""
    return shared_world(tmp_path_factory, "default")


class Simulated:
    """A simulated country with its registers, and its files as delivered (made once each)."""

    def __init__(self, country: Country, seed: int) -> None:
        self.country = country
        self.damage = damage(country, seed)
        self.registers = Registers(country, self.damage, seed)
        self.files = {extract.name: extract for extract in register_extracts(self.registers)}
        self.made: dict[str, pl.DataFrame] = {}

    def delivered(self, name: str) -> pl.DataFrame:
        """Return the delivered columns of a file."""
        if name not in self.made:
            extract = self.files[name]
            self.made[name] = extract.frame().select(c.name for c in extract.columns)
        return self.made[name]

    def manifest(self, kind: str) -> pl.DataFrame:
        """Return the record of a kind, of the files made so far."""
        return self.damage.whole_manifest().filter(kind=kind)


@pytest.fixture(scope="module")
def simulated(country: Country, request: pytest.FixtureRequest) -> Simulated:
    """Return the fixture `country` of a test module with its registers, by the module's SEED."""
    return Simulated(country, request.module.SEED)


@pytest.fixture(scope="module")
def damaged(simulated: Simulated) -> Damage:
    """Return what was done to that country."""
    return simulated.damage


@pytest.fixture(scope="module")
def registers(simulated: Simulated) -> Registers:
    """Return its registers."""
    return simulated.registers


@pytest.fixture(scope="module")
def files(simulated: Simulated) -> dict[str, Extract]:
    """Return its files by name."""
    return simulated.files


@pytest.fixture(scope="module")
def delivered(simulated: Simulated) -> Callable[[str], pl.DataFrame]:
    """Return a function that gives a file's rows, with the delivered columns only."""
    return simulated.delivered
