"""`ingest`: the scheduler of the files that arrive, one run of it by hand, and how it stands."""

from __future__ import annotations

import contextlib
import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import dagster as dg
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine

from assets.sharepoint_files import FILES, INGEST_JOB, LOG
from resources.database import Database
from scheduling_pipeline.commands import scheduler
from scheduling_pipeline.commands.connections import NotConfiguredError, open_sharepoint
from scheduling_pipeline.commands.errors import CommandError
from scheduling_pipeline.commands.job import RunReport, run_job, say_how_it_went
from scheduling_pipeline.commands.screen import console, counted, table, working
from scheduling_pipeline.datasets import DATASETS
from scheduling_pipeline.files.arrival import Cursor
from scheduling_pipeline.files.log import counts, live_loads, quarantined
from scheduling_pipeline.log import configure_logging
from scheduling_pipeline.settings import Settings, load_settings
from sensors.sharepoint_arrival import NAME, Tick, cadence_of, runs_under_way

STEPS = {LOG: "ingesting files"}
SHOWN = ("new", "changed", "skipped", "quarantined", "failed")
TOLD = ("skipped", "quarantined", "failed", "moved", "deleted")
NO_DATASET = "none"  # as a file's metadata has it
LOG_FILE = "ingest.log"


def everything_new(
    screen: Console, run_config: Mapping[str, Any] | None = None, tags: Mapping[str, str] | None = None
) -> RunReport:
    """Ingest all that is new, or the files that a run config names, in one run."""
    from scheduling_pipeline.definitions import defs  # noqa: PLC0415 - takes seconds

    with _log(load_settings()):
        report = run_job(screen, defs.resolve_job_def(INGEST_JOB), STEPS, tags=tags, run_config=run_config)
    # The tables' own checks name the same files once more.
    of_the_log = [check for check in report.failed_checks if check.asset == LOG]
    return replace(report, failed_checks=of_the_log)


def account(report: RunReport, engine: Engine) -> Table:
    """A row for each dataset: what stands in its table, and what became of the files of this run."""
    news: dict[str, Counter[str]] = {}
    for (asset, _), noted in report.metadata.items():
        if asset == FILES:
            word, _, _ = str(noted["outcome"]).partition(":")
            news.setdefault(str(noted["dataset"]), Counter())[word] += 1
    shown = Table(title="Files from SharePoint", title_justify="left", box=None, padding=(0, 2, 0, 0))
    shown.add_column("dataset", no_wrap=True)
    for name in ("files", "rows", *SHOWN):
        shown.add_column(name, justify="right", no_wrap=True)
    for dataset in DATASETS:
        loads = live_loads(engine, dataset.name)
        words = news.get(dataset.name, Counter())
        if loads or words:
            standing = (len(loads), sum(load.rows for load in loads))
            shown.add_row(dataset.name, *map(str, (*standing, *(words[word] for word in SHOWN))))
    if unclaimed := news.get(NO_DATASET):
        shown.add_row("no dataset", "", "", *(str(unclaimed[word]) for word in SHOWN))
    return shown


def verdict(report: RunReport) -> str:
    """How much came in."""
    downloads = report.count(LOG, "", ["downloaded"])
    others = {word: report.count(LOG, "", [word]) for word in TOLD}
    if not downloads and not any(others.values()):
        return "0 downloads: everything was here already."
    rows = report.count(LOG, "", ["rows loaded"])
    return f"{downloads} downloads, {rows} rows loaded" + (
        f"; {counted(others)}." if any(others.values()) else "."
    )


def trigger(*, force: bool) -> None:
    """Ingest all that is new, now. Raises CommandError when a run is under way, unless forced."""
    settings = _configured()
    engine = Database(url=settings.database_url).engine
    with _instance() as instance:
        if not force:
            _refuse_overlap(settings, instance, engine, "wait for it, or use --force")
        _conclude(everything_new(console), engine)


def run_once() -> None:
    """One look of the scheduler, from where it stands, and at most one run of it."""
    settings = _configured()
    engine = Database(url=settings.database_url).engine
    with _instance() as instance:
        _refuse_overlap(settings, instance, engine, "wait for it")
        state = _sensor_state(instance)
        cursor = Cursor.parse(state.cursor if state else None)
        with working("looking into SharePoint …"), _log(settings):
            requests = _look(settings, instance, engine, cursor)
        if not requests:
            console.print("Nothing new.")
            return
        (request,) = requests
        _conclude(everything_new(console, request.run_config, request.tags), engine)


def _look(
    settings: Settings, instance: dg.DagsterInstance, engine: Engine, cursor: Cursor
) -> Sequence[dg.RunRequest]:
    """What the sensor asks for when a look is due: it ticks until there is a run, or nothing more to read."""
    flow, sharepoint = settings.scheduler, open_sharepoint(settings)
    cursor = replace(cursor, look_at=None)
    while True:
        tick = Tick(flow, cadence_of(flow), instance, engine, datetime.now(UTC))
        result = tick.evaluate(cursor, sharepoint)
        before, cursor = cursor, Cursor.parse(result.cursor)
        if result.run_requests or not cursor.more or cursor == before:
            return result.run_requests or []


def run() -> None:
    """Run the scheduler until SIGINT or SIGTERM; then let runs finish within the time-out.

    Raises CommandError when it is switched off or runs already, and when it ends by itself.
    """
    settings = _configured()
    flow = settings.scheduler
    if not flow.enabled:
        raise CommandError("the scheduler is switched off: `enabled` in [scheduler] is false")
    with _instance() as instance, _log(settings) as log:
        state = _sensor_state(instance)
        if state and state.stopped:
            console.print(f"! The sensor {NAME} was stopped in Dagster: start it there.", style="yellow")
        scheduler.run_daemon(instance, log, shutdown_timeout=flow.shutdown_timeout_seconds)


def status() -> None:
    """Show when the scheduler looked, when it will, what runs, and what stands in quarantine."""
    settings = _configured()
    flow, engine = settings.scheduler, Database(url=settings.database_url).engine
    with _instance() as instance:
        state = _sensor_state(instance)
        alive = scheduler.daemon_beats(instance)
        runs = runs_under_way(instance, engine, datetime.now(UTC))
    cursor = Cursor.parse(state.cursor if state else None)
    shown = table("Files from SharePoint", "", "")
    shown.show_header = False
    shown.add_row("folder", ", ".join(flow.sharepoint_folder))
    shown.add_row("scheduler", _standing(state, alive=alive, enabled=flow.enabled))
    shown.add_row("last tick", state.told(flow.zone) if state else "never")
    shown.add_row("next look", _local(cursor.look_at, flow.zone) if cursor.look_at else "at the next tick")
    shown.add_row("under way", ", ".join(f"run {run.run_id[:8]}" for run in runs) or "nothing")
    for outcome, count in counts(engine).items():
        shown.add_row(f"files {outcome.value}", str(count))
    console.print(shown)
    if standing := quarantined(engine):
        bad = table("In quarantine", "file", "why", "partition of sharepoint_files")
        for row in standing:
            bad.add_row(row.path, row.reason, row.item)
        console.print(bad)
        console.print("To try one again, materialize its partition in Dagster.")


@dataclass(frozen=True)
class _SensorState:
    """What Dagster has stored of the sensor: its cursor, whether a person stopped it, its last tick."""

    cursor: str | None
    stopped: bool
    ticked_at: datetime | None
    said: str

    def told(self, zone: ZoneInfo) -> str:
        """The last tick as a line."""
        if self.ticked_at is None:
            return "never"
        return ": ".join(part for part in (_local(self.ticked_at, zone), self.said) if part)


def _sensor_state(instance: dg.DagsterInstance) -> _SensorState | None:
    """None: it never ran here."""
    found = [state for state in instance.all_instigator_state() if state.instigator_name == NAME]
    if not found:
        return None
    (state, *_) = found
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
    tick = ticks[0] if ticks else None
    said = ""
    if tick is not None:
        said = tick.error.message.strip() if tick.error else tick.skip_reason or ""
    return _SensorState(
        cursor=getattr(state.instigator_data, "cursor", None),  # a schedule has none
        stopped=not state.is_running,
        ticked_at=datetime.fromtimestamp(tick.timestamp, UTC) if tick else None,
        said=said,
    )


def _standing(state: _SensorState | None, *, alive: bool, enabled: bool) -> str:
    if not enabled:
        return "switched off: `enabled` is false"
    if not alive:
        return "not running; start it with: scheduling-pipeline ingest run"
    return f"the sensor {NAME} was stopped in Dagster" if state and state.stopped else "running"


def _conclude(report: RunReport, engine: Engine) -> None:
    """Say how a run went. A failed one is exit code 1."""
    if report.success:
        console.print(account(report, engine))
    say_how_it_went(console, report, verdict(report))
    if not report.success:
        raise typer.Exit(1)


def _configured() -> Settings:
    settings = load_settings()
    missing = settings.scheduler.missing
    missing += [] if settings.scheduler.client_id else settings.graph.missing
    if missing:
        raise NotConfiguredError(f"SharePoint is not set up: set {', '.join(missing)}")
    return settings


@contextlib.contextmanager
def _instance() -> Iterator[dg.DagsterInstance]:
    if not os.environ.get("DAGSTER_HOME"):
        raise CommandError("set DAGSTER_HOME to the folder of Dagster's own settings; the README says how")
    with dg.DagsterInstance.get() as instance:
        yield instance


@contextlib.contextmanager
def _log(settings: Settings) -> Iterator[TextIO]:
    """The flow's log while the context lasts: a file, because the terminal shows how it goes."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / LOG_FILE).open("a", encoding="utf-8") as log:
        configure_logging(logging.getLevelNamesMapping()[settings.scheduler.log_level], log)
        try:
            yield log
        finally:
            configure_logging()


def _refuse_overlap(settings: Settings, instance: dg.DagsterInstance, engine: Engine, advice: str) -> None:
    runs = runs_under_way(instance, engine, datetime.now(UTC))
    if runs and not settings.scheduler.allow_overlap:
        raise CommandError(f"not started: run {runs[0].run_id[:8]} is still under way; {advice}")


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M:%S %Z}"
