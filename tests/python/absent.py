"""Skips where a machine lacks a tool; every run lists them by name (`-ra`)."""

import shutil
import subprocess

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), "")


def needs(tool: str) -> None:
    """Skip the test that runs, and say what is absent."""
    # 2026-11-22: only R, Chromium, Linux with Python 3.11 and ../shared may be absent.
    pytest.skip(f"needs {tool}, which is absent")


def require_r(package: str) -> None:
    """Skip where R or one of its packages is absent."""
    if shutil.which("Rscript") is None:
        needs("R (Rscript)")
    asked = ["Rscript", "-e", f"quit(status = !requireNamespace('{package}', quietly = TRUE))"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        needs(f"the R package {package} (Debian: r-cran-{package.lower()})")
