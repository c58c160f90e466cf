"""The offline bundle: what it collects, what it refuses, and an installation without a network."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from migrantpanel import bundle
from migrantpanel.errors import UserError
from migrantpanel.project import project_dir

# 2026-11-22: the script installs the wheels that the project ships for one platform.
needs_shell = pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info[:2] != (3, 11),
    reason="needs Linux and Python 3.11, which are absent",
)
LOCK = """\
colorama==0.4.6 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via click
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:cc
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:dd
tzdata==2026.6 ; sys_platform == 'emscripten' or sys_platform == 'win32' \\
    --hash=sha256:ee
"""


def test_bundle_takes_the_lines_of_the_lock_that_the_platform_wants():
    windows = bundle.locked_requirements(LOCK, bundle.PLATFORMS["win_amd64"].markers)
    linux = bundle.locked_requirements(LOCK, bundle.PLATFORMS["linux_x86_64"].markers)

    assert list(windows) == ["colorama==0.4.6", "numpy==2.4.6", "tzdata==2026.6"]
    assert list(linux) == ["colorama==0.4.6", "numpy==2.4.6"]
    assert linux["colorama==0.4.6"] == "colorama==0.4.6 --hash=sha256:aa --hash=sha256:bb"


def test_bundle_finds_every_package_of_the_lock():
    lock = (project_dir() / "requirements" / "core.lock").read_text(encoding="utf-8")
    for platform in bundle.PLATFORMS.values():
        chosen = bundle.locked_requirements(lock, platform.markers)
        assert {name.split("==")[0] for name in chosen} > {"dbt-core", "duckdb", "polars"}
        assert all("--hash=sha256:" in line for line in chosen.values())


def test_bundle_names_every_package_without_a_wheel(tmp_path, monkeypatch):
    index = tmp_path / "index"
    for name in ("plain", "simple"):
        make_source_distribution(index, name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    wanted = {
        f"{name}==1.0": f"{name}==1.0 --hash=sha256:{'0' * 64}" for name in ("plain", "simple")
    }
    wheels = tmp_path / "wheels"
    wheels.mkdir()

    with pytest.raises(UserError) as caught:
        bundle.download_wheels(wanted, ("win_amd64",), wheels)

    first, second = caught.value.problems
    assert first.startswith("plain==1.0 has no wheel for win_amd64 and Python 3.11")
    assert second.startswith("simple==1.0 has no wheel")


def test_bundle_names_a_dependency_that_the_lock_lacks(tmp_path):
    make_wheel(
        tmp_path, "alpha", "Requires-Dist: beta>=2", "Requires-Dist: winonly; sys_platform=='win32'"
    )
    make_wheel(tmp_path, "beta")

    linux = list(bundle.missing_dependencies(tmp_path, bundle.PLATFORMS["linux_x86_64"].markers))
    windows = list(bundle.missing_dependencies(tmp_path, bundle.PLATFORMS["win_amd64"].markers))

    assert linux == ["alpha 1.0 needs beta>=2, and requirements/core.lock has 1.0: lock again"]
    assert windows[1] == "alpha 1.0 needs winonly, and requirements/core.lock has none: lock again"


def test_bundle_refuses_an_unknown_platform_and_a_folder_that_is_no_bundle(tmp_path):
    with pytest.raises(UserError, match="no platform amiga: use one of win_amd64, linux_x86_64"):
        bundle.make_bundle(tmp_path, "amiga", tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").touch()
    with pytest.raises(UserError, match="holds something that is no bundle"):
        bundle.make_bundle(tmp_path, "win_amd64", tmp_path / "out")
    assert (tmp_path / "out" / "thesis.docx").exists()


@pytest.fixture
def small_bundle(tmp_path: Path) -> Path:
    """Bundle a project with our name, one command and an empty lock."""
    project = tmp_path / "project"
    (project / "requirements").mkdir(parents=True)
    (project / "requirements" / "core.lock").write_text("# nothing\n")
    (project / "models").mkdir()
    (project / "models" / "one.sql").write_text("select 1\n")
    package = project / "python" / "migrantpanel"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def main():\n    print('usage: migrantpanel')\n")
    (project / "LICENSE").write_text("MIT License\n")
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "migrantpanel"\nversion = "9.9"\nlicense = "MIT"\n'
        'license-files = ["LICENSE"]\n'
        '[project.scripts]\nmigrantpanel = "migrantpanel:main"\n'
        '[tool.setuptools.packages.find]\nwhere = ["python"]\n'
    )
    return bundle.make_bundle(project, "linux_x86_64", tmp_path / "bundle")


def test_bundle_holds_wheels_licences_project_script_and_hashes(small_bundle):
    names = {path.relative_to(small_bundle).as_posix() for path in small_bundle.rglob("*")}
    assert names > {
        "wheels/migrantpanel-9.9-py3-none-any.whl",
        "licences/migrantpanel-9.9/LICENSE",
        "project/models/one.sql",
        "project/requirements/core.lock",
        "install.sh",
        "install.ps1",
    }
    assert "| migrantpanel | 9.9 | MIT |" in (small_bundle / "LICENCES.md").read_text()
    sums = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=small_bundle, capture_output=True
    )
    assert sums.returncode == 0
    assert not list((small_bundle.parent / "project").rglob("*.egg-info"))


@needs_shell
def test_bundle_installs_without_a_network_and_refuses_changed_files(small_bundle, tmp_path):
    target = tmp_path / "target"
    done = install(small_bundle, target)
    assert done.returncode == 0, done.stderr
    assert (target / "models" / "one.sql").is_file()
    assert "usage: migrantpanel" in run_offline([str(target / ".venv/bin/migrantpanel")]).stdout

    wheel = small_bundle / "wheels" / "stray-1.0-py3-none-any.whl"
    wheel.touch()
    stray = install(small_bundle, tmp_path / "other")
    assert stray.returncode == 1
    assert "error: wheels/ holds 2 files and SHA256SUMS lists 1" in stray.stderr
    wheel.unlink()

    (small_bundle / "project" / "models" / "one.sql").write_text("select 2\n")
    changed = install(small_bundle, tmp_path / "other")
    assert changed.returncode == 1
    assert "error: a file of the bundle was changed or lost" in changed.stderr
    assert not (tmp_path / "other").exists()


@needs_shell
@pytest.mark.slow
def test_bundle_of_the_core_installs_without_a_network(tmp_path):
    """Download the real wheels for this platform, then install and run them offline."""
    made = bundle.make_bundle(project_dir(), "linux_x86_64", tmp_path / "bundle")
    target = tmp_path / "target"
    done = install(made, target)
    assert done.returncode == 0, done.stderr
    shown = run_offline([str(target / ".venv/bin/migrantpanel"), "--help"])
    assert "build" in shown.stdout
    parsed = run_offline(
        [str(target / ".venv/bin/dbt"), "parse", "--profiles-dir", "profiles"], cwd=target
    )
    assert parsed.returncode == 0, parsed.stdout


@pytest.mark.slow
def test_bundle_for_windows_has_a_wheel_for_every_package(tmp_path):
    made = bundle.make_bundle(project_dir(), "win_amd64", tmp_path / "bundle")
    wheels = [path.name for path in (made / "wheels").iterdir()]
    assert all(name.endswith(("win_amd64.whl", "-none-any.whl")) for name in wheels)
    assert any(name.startswith("tzdata-") for name in wheels)
    assert (made / "install.ps1").is_file()


def install(made: Path, target: Path) -> subprocess.CompletedProcess[str]:
    return run_offline(
        ["sh", f"{made}/install.sh", "--python", sys.executable, "--target", f"{target}"]
    )


def run_offline(command: list[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run in a network of its own that leads nowhere; else with proxies that refuse."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    alone = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") and subprocess.run([*alone, "true"], check=False).returncode == 0:
        command = [*alone, *command]
    return subprocess.run(
        command, env=settings | nowhere, cwd=cwd, capture_output=True, text=True, check=False
    )


def make_source_distribution(index: Path, name: str) -> None:
    sources = index / f"{name}-1.0"
    sources.mkdir(parents=True)
    (sources / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    with tarfile.open(index / f"{name}-1.0.tar.gz", "w:gz") as archive:
        archive.add(sources, arcname=sources.name)
    shutil.rmtree(sources)


def make_wheel(folder: Path, name: str, *headers: str) -> None:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *headers]
    with ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines) + "\n")
