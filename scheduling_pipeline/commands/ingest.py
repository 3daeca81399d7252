"""`ingest`: the scheduler of the files that arrive, one run of it by hand, and how it stands."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import typer
from dagster._core.scheduler.instigation import InstigatorState, InstigatorType, SensorInstigatorData
from rich.console import Console
from rich.table import Table

from assets.sharepoint_files import INGEST_JOB, LOG
from resources.database import Database
from scheduling_pipeline.commands.connections import NotConfiguredError, open_sharepoint
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.job import RunReport, run_job
from scheduling_pipeline.commands.screen import console, table
from scheduling_pipeline.files.arrival import Cursor
from scheduling_pipeline.files.log import counts, quarantined
from scheduling_pipeline.settings import Settings, load_settings
from sensors.sharepoint_arrival import NAME, Tick, cadence_of, runs_under_way

ROOT = Path(__file__).parents[2]
STEPS = {LOG: "ingesting files"}
WORDS = ("new", "changed", "skipped", "quarantined", "failed", "moved", "deleted")
POLL_SECONDS = 0.5
DAEMON_SECONDS = 60  # a daemon that beat within these is alive
STOP_SECONDS = 20
AT_WORK = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


def everything_new(screen: Console, run_config: Mapping[str, Any] | None = None) -> RunReport:
    """Ingest all that is new, or the files that a run config names, in one run."""
    from scheduling_pipeline.definitions import defs  # noqa: PLC0415 - takes seconds

    report = run_job(screen, defs.resolve_job_def(INGEST_JOB), STEPS, run_config=run_config)
    # The tables' own checks name the same files once more.
    of_the_log = [check for check in report.failed_checks if check.asset == LOG]
    return replace(report, failed_checks=of_the_log)


def account(report: RunReport) -> Table:
    """What became of the files, and the tables that changed."""
    shown = Table(title="Files from SharePoint", title_justify="left", box=None, padding=(0, 2, 0, 0))
    shown.add_column("files")
    for word in ("listed", *WORDS):
        shown.add_column(word, justify="right")
    shown.add_row("", *(str(report.count(LOG, "", [word])) for word in ("listed", *WORDS)))
    return shown


def verdict(report: RunReport) -> str:
    """How much came in."""
    downloads = report.count(LOG, "", ["downloaded"])
    if not downloads:
        return "0 downloads: everything was here already."
    return f"{downloads} downloads, {report.count(LOG, '', ['rows loaded'])} rows loaded."


def trigger(*, force: bool) -> None:
    """Ingest all that is new, now. Raises CommandError when a run is under way, unless forced."""
    settings = _configured()
    with _instance() as instance:
        _refuse_overlap(settings, instance, force=force or settings.scheduler.allow_overlap)
        _tell(everything_new(console))


def run_once() -> None:
    """One iteration of the scheduler: look from where it stands, and ingest at most what one run takes."""
    settings = _configured()
    now = datetime.now(UTC)
    with _instance() as instance:
        _refuse_overlap(settings, instance, force=settings.scheduler.allow_overlap)
        state = _sensor_state(instance)
        cursor = replace(Cursor.parse(state.cursor), look_at=None)
        tick = Tick(settings.scheduler, cadence_of(settings.scheduler), instance, _engine(settings), now)
        result = tick.evaluate(cursor, open_sharepoint(settings))
        if not result.run_requests:
            console.print("Nothing new.")
            return
        (request,) = result.run_requests
        _tell(everything_new(console, request.run_config))


def run() -> None:
    """Run the scheduler (Dagster's daemon) until Ctrl-C; then let runs finish within the time-out."""
    settings = _configured()
    if not settings.scheduler.enabled:
        raise CommandError("the scheduler is switched off: set `enabled` in [scheduler] to true")
    with _instance() as instance:
        _refuse_second_daemon(instance)
        command = [str(Path(sys.executable).with_name("dagster-daemon")), "run"]
        command += ["-w", str(ROOT / "workspace.yaml")]
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        daemon = subprocess.Popen(command, cwd=ROOT, start_new_session=True)  # noqa: S603 - our own command
        console.print("The scheduler runs. Ctrl-C stops it.")
        try:
            while daemon.poll() is None and not stop.wait(POLL_SECONDS):
                pass
            if daemon.poll() is not None:
                raise CommandError(f"Dagster's daemon ended by itself, with exit code {daemon.returncode}")
            _shut_down(daemon, instance, settings.scheduler.shutdown_timeout_seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(daemon.pid, signal.SIGKILL)


def status() -> None:
    """Show when the scheduler looked, when it will, what runs, and what stands in quarantine."""
    settings = _configured()
    engine = _engine(settings)
    zone = settings.scheduler.zone
    with _instance() as instance:
        state = _sensor_state(instance)
        runs = runs_under_way(instance, engine, datetime.now(UTC))
    shown = table("Files from SharePoint", "", "")
    shown.add_row("folder", ", ".join(settings.scheduler.sharepoint_folder))
    shown.add_row("scheduler", state.word)
    shown.add_row("last tick", _local(state.ticked_at, zone) if state.ticked_at else "never")
    cursor = Cursor.parse(state.cursor)
    shown.add_row("next look", _local(cursor.look_at, zone) if cursor.look_at else "at the next tick")
    shown.add_row("under way", ", ".join(run.run_id[:8] for run in runs) or "nothing")
    for word, count in counts(engine).items():
        shown.add_row(word, str(count))
    console.print(shown)
    if standing := quarantined(engine):
        bad = table("In quarantine", "file", "why", "partition of sharepoint_files")
        for row in standing:
            bad.add_row(row.path, row.reason, row.item)
        console.print(bad)


@dataclass(frozen=True)
class _SensorState:
    """What Dagster has stored about the sensor."""

    word: str
    cursor: str | None
    ticked_at: datetime | None


def _sensor_state(instance: dg.DagsterInstance) -> _SensorState:
    states: list[InstigatorState] = [
        state
        for state in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR)
        if state.instigator_name == NAME
    ]
    if not states:
        return _SensorState("has not run here yet", None, None)
    (state, *_) = states
    data = state.instigator_data
    assert isinstance(data, SensorInstigatorData)  # noqa: S101 - it is a sensor
    ticked = data.last_tick_timestamp
    return _SensorState(
        "running" if state.is_running else "stopped",
        data.cursor,
        datetime.fromtimestamp(ticked, UTC) if ticked else None,
    )


def _shut_down(daemon: subprocess.Popen[bytes], instance: dg.DagsterInstance, seconds: float) -> None:
    """No new ticks from now on; what is at work may finish in time, and is killed after it.

    A killed run loses nothing: what it finished is in the log, and the next run goes on from there.
    """
    console.print("Stopping: no new looks, waiting for what is at work …")
    deadline = time.monotonic() + seconds
    daemon.send_signal(signal.SIGINT)
    while runs := instance.get_runs(dg.RunsFilter(job_name=INGEST_JOB, statuses=AT_WORK)):
        if time.monotonic() > deadline:
            console.print(
                f"{len(runs)} still at work after {seconds:g} s: stopped. What it finished is kept;"
                " the rest comes with the next run.",
                style="yellow",
            )
            return
        time.sleep(POLL_SECONDS)
    with contextlib.suppress(subprocess.TimeoutExpired):
        daemon.wait(STOP_SECONDS)
    console.print("Stopped.")


def _tell(report: RunReport) -> None:
    for error in report.errors:
        console.print(f"✗ {error}", style="red")
    for check in report.failed_checks:
        console.print(f"! check “{check.name}”: {check.description}", style="yellow")
    if not report.success:
        raise typer.Exit(1)
    console.print(account(report))
    console.print(f"✓ {verdict(report)}", style="green")


def _configured() -> Settings:
    settings = load_settings()
    if not settings.scheduler.configured:
        raise NotConfiguredError(f"SharePoint is not set up: set {', '.join(settings.scheduler.missing)}")
    return settings


@contextlib.contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    if not os.environ.get("DAGSTER_HOME"):
        raise CommandError("set DAGSTER_HOME to the folder of Dagster's own settings; the README says how")
    with dg.DagsterInstance.get() as instance:
        yield instance


def _engine(settings: Settings) -> Any:  # noqa: ANN401
    return Database(url=settings.database_url).engine


def _refuse_overlap(settings: Settings, instance: dg.DagsterInstance, *, force: bool) -> None:
    runs = runs_under_way(instance, _engine(settings), datetime.now(UTC))
    if runs and not force:
        raise CommandError(
            f"not started: run {runs[0].run_id[:8]} is still under way; wait for it, or use --force"
        )


def _refuse_second_daemon(instance: dg.DagsterInstance) -> None:
    beats = instance.get_daemon_heartbeats().values()
    if any(time.time() - beat.timestamp < DAEMON_SECONDS for beat in beats):
        raise CommandError("Dagster's daemon runs already for this DAGSTER_HOME; there must be only one")


def _local(moment: datetime, zone: Any) -> str:  # noqa: ANN401
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M:%S %Z}"
