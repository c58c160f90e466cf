"""Run a command and measure its seconds and the peak memory of all its processes (Linux)."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migrantpanel.project import project_dir

SAMPLE_SECONDS = 0.1
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock and of processors, peak of the summed memory, and what was printed."""

    seconds: float
    processor_seconds: float
    peak_gib: float
    output: str


def measure(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Measured:
    """Run `command` in `folder` to its end; end the benchmark with its output when it fails."""
    start, used = time.perf_counter(), _processor_seconds()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    peak = _Peak(process.pid)
    peak.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - start
    peak.stop()
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{output}")
    return Measured(seconds, _processor_seconds() - used, peak.bytes / 2**30, output)


class Project:
    """The project, run in a folder that takes all it writes."""

    def __init__(self, folder: Path, threads: int, memory: str) -> None:
        (folder / "build" / "tmp").mkdir(parents=True)
        self.folder = folder
        self.environment = os.environ | {
            "MIGRANTPANEL_PROJECT_DIR": str(project_dir()),
            "MIGRANTPANEL_BUILD_DIR": str(folder / "build"),
            "MIGRANTPANEL_LANDING_DIR": str(folder / "landing"),
            "MIGRANTPANEL_SECRET": "a key for benchmarks only",
            "MIGRANTPANEL_THREADS": str(threads),
            "MIGRANTPANEL_MEMORY": memory,
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }

    def run(self, *words: str) -> Measured:
        """Measure a command of the package."""
        return self._measured("migrantpanel", *words)

    def dbt(self, *words: str) -> Measured:
        """Measure a command of dbt."""
        project = str(project_dir())
        places = ("--project-dir", project, "--profiles-dir", f"{project}/profiles")
        return self._measured("dbt.cli.main", *words, *places)

    def _measured(self, module: str, *words: str) -> Measured:
        return measure([sys.executable, "-m", module, *words], self.environment, self.folder)


def _processor_seconds() -> float:
    """Return what finished children used, and theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class _Peak(threading.Thread):
    """Sample the resident memory of a session's processes; shared pages count once per process."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session, self.bytes, self.ended = session, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, sum(map(self._resident, Path("/proc").glob("[0-9]*"))))

    def stop(self) -> None:
        self.ended.set()
        self.join()

    def _resident(self, process: Path) -> int:
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0
        return int(fields[21]) * PAGE_BYTES if int(fields[3]) == self.session else 0
