"""`ingest run`: Dagster's daemon in the foreground, and how it ends: what is at work may finish in time.

The daemon, its code server and the workers of its runs are one process group. Told to stop, the daemon looks
no more; the code server ends with its last run, so that an empty group means that all is finished.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import dagster as dg
import psutil

from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.screen import console

ROOT = Path(__file__).parents[2]
POLL_SECONDS = 0.2
ALIVE_SECONDS = 60  # a daemon beats twice as often
AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]

logger = logging.getLogger(__name__)


def daemon_beats(instance: dg.DagsterInstance) -> bool:
    """Whether a daemon lives, as far as its heartbeats tell."""
    beats = instance.get_daemon_heartbeats().values()
    return any(time.time() - beat.timestamp < ALIVE_SECONDS for beat in beats)


def run_daemon(instance: dg.DagsterInstance, log: TextIO, *, shutdown_timeout: float) -> None:
    """Run the daemon until SIGINT or SIGTERM; its output goes to `log`. `shutdown_timeout` is in seconds.

    Raises CommandError when another daemon runs already, or when this one ends by itself.
    """
    if daemon_beats(instance):
        raise CommandError(
            "Dagster's daemon runs already for this DAGSTER_HOME, and there must be only one; one that was"
            f" killed counts as running for {ALIVE_SECONDS} s"
        )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _daemon(log) as daemon:
        console.print(f"The scheduler runs; Ctrl-C stops it. Its log: {log.name}")
        logger.info("the scheduler has started")
        while not stop.wait(POLL_SECONDS):
            if daemon.poll() is not None:
                code = daemon.returncode
                raise CommandError(
                    f"Dagster's daemon ended by itself (exit code {code}); {log.name} says why"
                )
        console.print("Stopping: no new runs; what is at work may finish …")
        logger.info("the scheduler is stopping")
        daemon.send_signal(signal.SIGINT)
        if not _ended(daemon, shutdown_timeout):
            _kill(daemon, instance, shutdown_timeout)
    instance.wipe_daemon_heartbeats()  # it may be started again at once
    console.print("Stopped.")
    logger.info("the scheduler has stopped")


@contextlib.contextmanager
def _daemon(log: TextIO) -> Iterator[subprocess.Popen[bytes]]:
    """The daemon in a session of its own, so that Ctrl-C reaches it through us alone; nothing outlives it."""
    command = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "--log-level", "warning"]
    command += ["-w", str(ROOT / "workspace.yaml")]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ended(daemon: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the last process of the daemon's group ends in time."""
    deadline = time.monotonic() + seconds
    while True:
        daemon.poll()
        if not _is_alive(daemon.pid):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)


def _is_alive(group: int) -> bool:
    """Whether a process of a group runs; in a container, what ended may stay listed as a zombie."""
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                return True
    return False


def _kill(daemon: subprocess.Popen[bytes], instance: dg.DagsterInstance, seconds: float) -> None:
    """End what is still at work. Nothing is lost: what it finished is in the log, the rest is still to do."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(daemon.pid, signal.SIGKILL)
    daemon.wait()
    records = instance.get_runs(dg.RunsFilter(statuses=AT_WORK))
    killed = [run for run in records if run.remote_job_origin is not None]  # a command's own run has none
    for run in killed:
        instance.report_run_canceled(run, "The scheduler was stopped and this run did not finish in time.")
        words = f"{run.job_name} (run {run.run_id[:8]}) was still at work after {seconds:g} s and was stopped"
        console.print(f"! {words}. What it finished is kept; the next run does the rest.", style="yellow")
        logger.warning("%s", words)
