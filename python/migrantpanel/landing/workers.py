"""Worker processes for landing: a reader that crashes takes one worker along, not the landing.

A damaged file can end a C reader with a segmentation fault, or make it ask for all memory.
`concurrent.futures` would then lose every file under way without saying which one was to blame.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import SimpleQueue
from typing import Any

SERVE = "from migrantpanel.landing.workers import serve; serve()"


class WorkerCrash(Exception):
    """The process that ran a job ended before it answered."""


class Worker:
    """One Python process that runs a job at a time; started when the first one comes."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, function: Callable[[Any], Any], job: Any) -> Any:
        """Run `function(job)` there; raise what it raises, or `WorkerCrash`."""
        if self._process is None:
            # What a crashing reader prints is no message to a user.
            self._process = subprocess.Popen(
                [sys.executable, "-c", SERVE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        try:
            pickle.dump((function, job), self._process.stdin)
            self._process.stdin.flush()
            succeeded, result = pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            self.close()
            raise WorkerCrash from None
        if not succeeded:
            raise result
        return result

    def close(self) -> None:
        """End the process; the next job starts a new one."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None


def run_in_workers(
    function: Callable[[Any], Any], jobs: list[Any], count: int
) -> Iterator[tuple[Any, Any]]:
    """Yield each job with its result as they are done; the result is a `WorkerCrash` if so."""
    workers: SimpleQueue[Worker] = SimpleQueue()
    for _ in range(count):
        workers.put(Worker())

    def run(job: Any) -> tuple[Any, Any]:
        worker = workers.get()
        try:
            return job, worker.run(function, job)
        except WorkerCrash as crash:
            return job, crash
        finally:
            workers.put(worker)

    threads = ThreadPoolExecutor(count)
    try:
        for future in as_completed([threads.submit(run, job) for job in jobs]):
            yield future.result()
    finally:
        threads.shutdown(cancel_futures=True)
        for _ in range(count):
            workers.get().close()


def serve() -> None:
    """Answer jobs on standard input until it closes. What a job prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while True:
        try:
            function, job = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = (True, function(job))
        except Exception as error:
            answer = (False, error)
        pickle.dump(answer, answers)
        answers.flush()
