"""A folder that installs the core on a machine without a network, as in a secure environment.

The bundle holds the wheels of the core lock for one platform and Python 3.11, the project's own
wheel, the project files that dbt runs, the licences, an install script, and SHA256SUMS over all.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

from packaging.markers import Environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from migrantpanel.errors import UserError

PYTHON_VERSION = "3.11"
INSTALL_SCRIPTS = Path(__file__).parent / "install"
PROJECT_FILES = (
    "dbt_project.yml",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "DECISIONLOG.md",
    "CITATION.cff",
    "LICENSE",
    "requirements/core.in",
    "requirements/core.lock",
)
PROJECT_FOLDERS = ("docs", "macros", "models", "profiles", "seeds", "tests")
LICENCE_FILE = re.compile(r"(licen[cs]e|copying|notice|authors)", re.IGNORECASE)


@dataclass(frozen=True)
class Platform:
    """What pip and environment markers call a kind of machine, and how it installs."""

    pip_tags: tuple[str, ...]
    markers: dict[str, str]
    scripts: tuple[str, ...]


_CPYTHON = {
    "implementation_name": "cpython",
    "implementation_version": f"{PYTHON_VERSION}.0",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_version": "",
    "python_full_version": f"{PYTHON_VERSION}.0",
    "python_version": PYTHON_VERSION,
    "extra": "",
}
PLATFORMS = {
    "win_amd64": Platform(
        pip_tags=("win_amd64",),
        markers=_CPYTHON
        | {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"}
        | {"platform_machine": "AMD64"},
        scripts=("install.ps1",),
    ),
    "linux_x86_64": Platform(
        # glibc 2.28 and older: pip does not widen a platform that is given by name.
        pip_tags=(
            *(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)),
            *("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"),
            "linux_x86_64",
        ),
        markers=_CPYTHON
        | {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"}
        | {"platform_machine": "x86_64"},
        scripts=("install.sh", "install.ps1"),
    ),
}


def make_bundle(project: Path, platform: str, out: Path) -> Path:
    """Write everything that installs the core offline on `platform`, and return its folder.

    The folder is made beside `out` first and takes its place only when it is whole. Needs the
    package registry that pip is set up for. Raises `UserError` for an unknown platform, an
    output folder that is something else, and for every locked package without a wheel.
    """
    if platform not in PLATFORMS:
        raise UserError(f"no platform {platform}: use one of {', '.join(PLATFORMS)}")
    if out.exists() and not (out / "SHA256SUMS").is_file() and any(out.iterdir()):
        raise UserError(f"{out} holds something that is no bundle: give another --out")
    target = PLATFORMS[platform]
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        bundle = Path(scratch) / "bundle"
        wheels = bundle / "wheels"
        wheels.mkdir(parents=True)
        lock = (project / "requirements" / "core.lock").read_text(encoding="utf-8")
        requirements = locked_requirements(lock, target.markers)
        download_wheels(requirements, target.pip_tags, wheels)
        UserError.collect(missing_dependencies(wheels, target.markers))
        build_own_wheel(project, wheels)
        _copy_project(project, bundle / "project")
        collect_licences(wheels, bundle)
        for script in target.scripts:
            shutil.copy2(INSTALL_SCRIPTS / script, bundle / script)
        write_checksums(bundle)
        if out.exists():
            shutil.rmtree(out)
        bundle.rename(out)
    return out


def locked_requirements(lock: str, markers: dict[str, str]) -> dict[str, str]:
    """Return {`name==version`: its line with hashes} for the lines of a lock that `markers` want.

    pip weighs markers for the machine it runs on, not for the one it downloads for, so the lines
    are chosen here and handed over without their markers.
    """
    environment: Environment = markers  # type: ignore[assignment]
    chosen = {}
    for line in re.sub(r"\\\n", " ", lock).splitlines():
        if not line or line.startswith(("#", " ", "-")):
            continue
        specification, *hashes = re.split(r"\s+(?=--hash=)", line.strip())
        requirement = Requirement(specification)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            pinned = f"{requirement.name}{requirement.specifier}"
            chosen[pinned] = " ".join([pinned, *hashes])
    return chosen


def download_wheels(requirements: dict[str, str], pip_tags: Iterable[str], wheels: Path) -> None:
    """Download one wheel per requirement into `wheels`, checked against its hashes.

    Raises `UserError` with one line per package that has no wheel for the platform; a source
    distribution would need a compiler on the other side.
    """
    remaining = dict(requirements)
    problems = []
    while remaining:
        listing = wheels.parent / "requirements.txt"
        listing.write_text("\n".join(remaining.values()) + "\n", encoding="utf-8")
        command = [*_pip(), "download", "--quiet", "--no-deps", "--require-hashes"]
        command += ["--only-binary=:all:", f"--python-version={PYTHON_VERSION}"]
        command += ["--implementation=cp", "--abi=cp311", "--abi=abi3", "--abi=none"]
        command += [f"--platform={tag}" for tag in pip_tags]
        run = subprocess.run(
            [*command, f"--dest={wheels}", f"--requirement={listing}"],
            capture_output=True,
            text=True,
            check=False,
        )
        listing.unlink()
        if run.returncode == 0:
            break
        failed = re.search(r"No matching distribution found for (\S+)", run.stderr)
        if failed is None or failed[1] not in remaining:
            raise UserError(f"pip could not download the wheels: {_last_error(run.stderr)}")
        problems.append(
            f"{failed[1]} has no wheel for {next(iter(pip_tags))} and Python {PYTHON_VERSION}: "
            "pin a version that has one in requirements/core.in and lock again"
        )
        del remaining[failed[1]]
    UserError.collect(problems)


def missing_dependencies(wheels: Path, markers: dict[str, str]) -> Iterator[str]:
    """Yield a line per dependency of a wheel that no wheel in the folder fulfils."""
    environment: Environment = markers  # type: ignore[assignment]
    metadata = [wheel_metadata(wheel) for wheel in sorted(wheels.glob("*.whl"))]
    versions = {canonicalize_name(wheel["Name"]): wheel["Version"] for wheel in metadata}
    for wheel in metadata:
        for text in wheel.get_all("Requires-Dist", []):
            wanted = Requirement(text)
            if wanted.marker is not None and not wanted.marker.evaluate(environment):
                continue
            version = versions.get(canonicalize_name(wanted.name))
            if version is None or not wanted.specifier.contains(version, prereleases=True):
                yield (
                    f"{wheel['Name']} {wheel['Version']} needs {wanted.name}{wanted.specifier}, "
                    f"and requirements/core.lock has {version or 'none'}: lock again"
                )


def build_own_wheel(project: Path, wheels: Path) -> None:
    """Build this package's wheel from a copy of its sources, so that the clone stays clean."""
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch) / "sources"
        sources.mkdir()
        shutil.copytree(project / "python", sources / "python", ignore=_ignored_names("*.egg-info"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            if (project / name).is_file():
                shutil.copy2(project / name, sources / name)
        command = [*_pip(), "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
        run = subprocess.run(
            [*command, f"--wheel-dir={wheels}", str(sources)],
            capture_output=True,
            text=True,
            check=False,
        )
    if run.returncode != 0:
        raise UserError(f"the project's own wheel does not build: {_last_error(run.stderr)}")


def wheel_metadata(wheel: Path) -> Message:
    """Return the METADATA headers of a wheel."""
    with ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(archive.read(name).decode("utf-8"))


def collect_licences(wheels: Path, bundle: Path) -> None:
    """Write LICENCES.md, a table of the packages, and the licence texts found in the wheels."""
    rows = ["| package | version | licence | texts |", "| --- | --- | --- | --- |"]
    for wheel in sorted(wheels.glob("*.whl"), key=lambda path: path.name.lower()):
        metadata = wheel_metadata(wheel)
        folder = Path("licences") / f"{metadata['Name']}-{metadata['Version']}"
        texts = []
        with ZipFile(wheel) as archive:
            for member in archive.namelist():
                inside = Path(member)
                if ".dist-info/" not in member or member.endswith("/"):
                    continue
                if not LICENCE_FILE.search(inside.name):
                    continue
                text = folder / inside.name
                (bundle / text).parent.mkdir(parents=True, exist_ok=True)
                (bundle / text).write_bytes(archive.read(member))
                texts.append(f"[{inside.name}]({text.as_posix()})")
        rows.append(
            f"| {metadata['Name']} | {metadata['Version']} | {_licence(metadata)} "
            f"| {', '.join(texts) or 'none in the wheel'} |"
        )
    (bundle / "LICENCES.md").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_checksums(bundle: Path) -> None:
    """Write SHA256SUMS over every file of the bundle, in the form of `sha256sum`."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bundle).as_posix()}"
        for path in sorted(bundle.rglob("*"))
        if path.is_file()
    ]
    # Unix line ends on every system, because sha256sum reads them so.
    (bundle / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _copy_project(project: Path, target: Path) -> None:
    for name in PROJECT_FILES:
        if (project / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, target / name)
    for name in PROJECT_FOLDERS:
        # The Python tests need the development lock, which the bundle does not carry.
        ignored = _ignored_names("python") if name == "tests" else _ignored_names()
        if (project / name).is_dir():
            shutil.copytree(project / name, target / name, ignore=ignored)


def _ignored_names(*names: str):
    return shutil.ignore_patterns("__pycache__", ".user.yml", *names)


def _licence(metadata: Message) -> str:
    """Return the shortest statement of the licence: expression, classifiers, or the first line."""
    if metadata["License-Expression"]:
        return metadata["License-Expression"]
    classifiers = [
        text.rsplit(" :: ", 1)[1]
        for text in metadata.get_all("Classifier", [])
        if text.startswith("License :: ") and not text.endswith("OSI Approved")
    ]
    if classifiers:
        return ", ".join(classifiers)
    return (metadata["License"] or "see its texts").strip().splitlines()[0]


def _pip() -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def _last_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no message"])[-1].removeprefix("ERROR: ").strip()
