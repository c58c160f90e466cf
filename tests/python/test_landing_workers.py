"""Worker processes: answers, exceptions and crashes each come back to the job they belong to."""

import os
from pathlib import Path

import pytest

from migrantpanel.errors import UserError
from migrantpanel.landing.workers import Worker, WorkerCrash, run_in_workers

# Jobs are functions of the standard library: a worker does not know this test's module.
ABORT = "import os; os.abort()"


def test_every_job_gets_its_own_answer() -> None:
    jobs = list(range(20))
    answers = dict(run_in_workers(hex, jobs, 2))
    assert answers == {job: hex(job) for job in jobs}


def test_a_crash_belongs_to_its_job_and_the_others_go_on() -> None:
    jobs = ["len", ABORT, "max", ABORT, "min"]
    results = list(run_in_workers(exec, [f"{job}" for job in jobs], 2))
    assert [job for job, result in results if isinstance(result, WorkerCrash)] == [ABORT] * 2
    assert sorted(job for job, result in results if result is None) == ["len", "max", "min"]


def test_an_exception_comes_back_as_it_is() -> None:
    worker = Worker()
    with pytest.raises(FileNotFoundError):
        worker.run(os.listdir, Path("/nowhere/at/all"))
    assert worker.run(os.path.basename, "a/b") == "b"
    worker.close()


def test_what_a_job_prints_does_not_disturb_the_answers() -> None:
    worker = Worker()
    assert worker.run(print, "noise") is None
    assert worker.run(hex, 255) == "0xff"
    worker.close()


def test_a_user_error_keeps_its_problems() -> None:
    worker = Worker()
    with pytest.raises(UserError) as raised:
        worker.run(UserError.collect, ["one", "two"])
    assert raised.value.problems == ["one", "two"]
    worker.close()
