"""Divide the suites over processes.

Great Expectations takes 20 ms of Python per expectation, whatever the data, and seconds to
import. So the suites run in processes of their own, and this one never imports it.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from migrantpanel.errors import UserError
from migrantpanel.quality.report import Failure, QualityReport, SuiteResult


def run_shares(landing: Path, overlay: Path | None, processes: int) -> QualityReport:
    """Run all suites, each process a share of them, and return their results in suite order.

    Raises UserError with the problems of every process that could not check.
    """
    if processes == 1:
        # Here, so that whoever divides the work does not wait for the import.
        from migrantpanel.quality.check import run_suites

        return QualityReport([suite for _, suite in run_suites(landing, overlay)])
    command = [sys.executable, "-m", "migrantpanel.quality.share", str(landing), str(overlay or "")]
    workers = [
        subprocess.Popen(
            [*command, str(share), str(processes)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for share in range(processes)
    ]
    suites: dict[int, SuiteResult] = {}
    problems: list[str] = []
    for worker in workers:
        output, errors = worker.communicate()
        if worker.returncode != 0 or not output:
            raise UserError(f"the quality check ended early: {' '.join(errors.split()[-30:])}")
        found = json.loads(output)
        problems += [line for line in found["problems"] if line not in problems]
        for place, suite in found["suites"]:
            failures = [Failure(**failure) for failure in suite.pop("failures")]
            suites[place] = SuiteResult(**suite, failures=failures)
    UserError.collect(problems)
    return QualityReport([suites[place] for place in sorted(suites)])


def main(landing: str, overlay: str, share: str, shares: str) -> None:
    """Run one share of the suites and print their results as JSON."""
    from migrantpanel.quality.check import run_suites

    # Results go to a copy of the standard output, and what a library prints on it elsewhere.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    found: dict[str, list] = {"suites": [], "problems": []}
    try:
        suites = run_suites(
            Path(landing), Path(overlay) if overlay else None, int(share), int(shares)
        )
        found["suites"] = [(place, asdict(suite)) for place, suite in suites]
    except UserError as error:
        found["problems"] = error.problems
    with results:
        json.dump(found, results)


if __name__ == "__main__":
    main(*sys.argv[1:])
