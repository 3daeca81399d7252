"""`ingest run` as a process: it notices files, and stops as the settings say, with what is at work."""

from __future__ import annotations

import signal
import time

import psutil
import pytest

from tests.commands.office import DOWNLOADS, ROWS, Office, end, end_all, family, still_running
from tests.end_to_end.dagster_process import until

START = 90
SPARE = 8

pytestmark = pytest.mark.process


def test_told_to_stop_it_lets_a_run_finish_and_a_second_one_is_refused_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_SHUTDOWN_TIMEOUT_SECONDS", "60")
    monkeypatch.setenv("SCHEDULER_DOWNLOADS", "1")
    paths = {office.drop(number) for number in range(4)}
    office.arm("slow", DOWNLOADS, seconds=1.5)
    scheduler = office.start_scheduler()
    started: list[psutil.Process] = []
    try:
        until(lambda: office.downloads, seconds=START, what="a download")
        second = office.run("run")
        started = family(scheduler)
        said = end(scheduler, signal.SIGTERM, 60)
    finally:
        end_all(scheduler, started)

    assert scheduler.returncode == 0, said
    assert office.runs == ["SUCCESS"]
    assert office.log == dict.fromkeys(paths, "loaded")
    assert not still_running(started)
    assert "what is at work may finish" in said
    assert "Dagster" not in said, "its own output goes to a file"
    assert "the scheduler has stopped" in (office.home / "ingest.log").read_text()
    assert (second.code, "there must be only one" in second.text) == (1, True)


def test_after_the_timeout_everything_is_killed_with_a_warning_and_nothing_is_lost(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_SHUTDOWN_TIMEOUT_SECONDS", "1.")
    monkeypatch.setenv("SCHEDULER_DOWNLOADS", "1")
    paths = {office.drop(number) for number in range(3)}
    office.arm("slow", DOWNLOADS, times=2, seconds=0.5)
    office.arm("slow", DOWNLOADS, seconds=60)
    scheduler = office.start_scheduler()
    started: list[psutil.Process] = []
    try:
        until(lambda: office.log, seconds=START, what="a file in the log")
        started = family(scheduler)
        begun = time.monotonic()
        said = end(scheduler, signal.SIGINT, 30)
        took = time.monotonic() - begun
    finally:
        end_all(scheduler, started)

    assert scheduler.returncode == 0, said
    assert 1 <= took < 1 + SPARE
    assert len(started) >= 3, "the daemon, its code server and a worker"
    assert not still_running(started)
    assert "was still at work after 1 s and was stopped" in said
    assert office.runs == ["CANCELED"]
    assert 0 < len(office.log) < len(paths)

    office.mend()
    once = office.run("run-once")
    assert once.code == 0, once.text
    assert office.log == dict.fromkeys(paths, "loaded")
    assert office.rows("acq") == len(paths) * ROWS
    assert not list((office.home / "incoming").rglob(".partial-*"))
    assert office.run("trigger").text.count("0 downloads") == 1


@pytest.mark.parametrize("look", [True, False], ids=["idle", "still starting"])
def test_with_nothing_at_work_it_stops_soon_and_may_start_again_at_once(
    office: Office, *, look: bool
) -> None:
    scheduler = office.start_scheduler()
    started: list[psutil.Process] = []
    try:
        assert scheduler.stdout is not None
        assert "The scheduler runs" in scheduler.stdout.readline()
        if look:
            until(lambda: "nothing new" in office.run("status").text, seconds=START, what="a look")
        started = family(scheduler)
        said = end(scheduler, signal.SIGTERM, SPARE)
        status = office.run("status").text
    finally:
        end_all(scheduler, started)

    assert scheduler.returncode == 0, said
    assert not still_running(started)
    assert "Stopped." in said
    assert "not running; start it" in status


def test_a_daemon_that_dies_by_itself_is_an_error(office: Office) -> None:
    scheduler = office.start_scheduler()
    started: list[psutil.Process] = []
    try:
        daemon = until(
            lambda: next(
                (one for one in family(scheduler) if "dagster-daemon" in " ".join(one.cmdline())), None
            ),
            seconds=START,
            what="the daemon",
        )
        started = family(scheduler)
        daemon.kill()
        said, _ = scheduler.communicate(timeout=SPARE)
    finally:
        end_all(scheduler, started)

    assert scheduler.returncode == 1
    assert "ended by itself (exit code -9)" in said
    assert "ingest.log says why" in said
    assert not still_running(started)


def test_a_scheduler_that_is_switched_off_is_not_started(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEDULER_ENABLED", "false")
    outcome = office.run("run")
    assert outcome.code == 1
    assert "switched off" in outcome.text
