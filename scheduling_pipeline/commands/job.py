"""Running a job from the command line: a progress bar, and an account of what it did.

The run is one like any other: it shows in the Dagster UI, with its events and metadata.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import dagster as dg
from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # the account says what went wrong
POLL_SECONDS = 0.3
_COUNTED = re.compile(r"\((\d+) of (\d+) \w+\)")  # how the assets log progress: "(3 of 12 weeks)"


@dataclass(frozen=True)
class FailedCheck:
    """A check that did not pass, and what it says."""

    asset: str
    name: str
    description: str


@dataclass(frozen=True)
class RunReport:
    """What a run did: metadata by asset and partition ("" for none), and what did not pass."""

    success: bool
    metadata: Mapping[tuple[str, str], Mapping[str, Any]]
    failed_checks: Sequence[FailedCheck]
    errors: Sequence[str]

    def count(self, asset: str, partition: str, names: Sequence[str]) -> int:
        """The sum of some counts that an asset noted for a partition; what was not noted is 0."""
        noted = self.metadata.get((asset, partition), {})
        return sum(int(noted.get(name, 0)) for name in names)

    def total(self, asset: str, names: Sequence[str]) -> int:
        """The same, over all partitions."""
        return sum(self.count(asset, partition, names) for name, partition in self.metadata if name == asset)


def run_job(
    console: Console,
    job: dg.JobDefinition,
    steps: Mapping[str, str],
    *,
    tags: Mapping[str, str] | None = None,
    run_config: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
) -> RunReport:
    """Run a job to its end in this process. `steps`: the steps that get a bar, and what each is called."""
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.get() as instance, ThreadPoolExecutor(max_workers=1) as pool:
        running = pool.submit(
            job.execute_in_process,
            instance=instance,
            partition_key=partition_key,
            tags=dict(tags or {}),
            run_id=run_id,
            run_config={**QUIET, **(run_config or {})},
            raise_on_error=False,
        )
        _show_progress(console, instance, run_id, running, steps)
        running.result()
        return _report(instance, run_id)


def joined(reports: Sequence[RunReport]) -> RunReport:
    """One report of several runs, each of which was about other partitions or assets."""
    return RunReport(
        all(report.success for report in reports),
        {key: noted for report in reports for key, noted in report.metadata.items()},
        [check for report in reports for check in report.failed_checks],
        [error for report in reports for error in report.errors],
    )


def say_how_it_went(console: Console, report: RunReport, verdict: str) -> None:
    """What went wrong and which checks did not pass; after a run that succeeded, the verdict."""
    for error in report.errors:
        console.print(Text.assemble(("✗ ", "red"), error))
    for check in report.failed_checks:
        console.print(Text.assemble(("! ", "yellow"), f"check “{check.name}”:"))
        console.print(Padding(Text(check.description), (0, 0, 0, 4)))
    if report.success:
        console.print(Text.assemble(("✓ ", "green"), verdict))


def _show_progress(
    console: Console,
    instance: dg.DagsterInstance,
    run_id: str,
    running: Future[Any],
    steps: Mapping[str, str],
) -> None:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks = {step: progress.add_task(words, total=1, start=False) for step, words in steps.items()}
        cursor = None
        while True:
            finished = bool(wait([running], timeout=POLL_SECONDS).done)
            news = instance.get_records_for_run(run_id, cursor)
            for record in news.records:
                _advance(progress, tasks, record.event_log_entry)
            cursor = news.cursor
            if finished:
                return


def _advance(progress: Progress, tasks: Mapping[str, Any], entry: dg.EventLogEntry) -> None:
    task = tasks.get(entry.step_key or "")
    if task is None:
        return
    event = entry.dagster_event
    if event is not None and event.event_type is dg.DagsterEventType.STEP_START:
        progress.start_task(task)
    elif event is not None and event.event_type is dg.DagsterEventType.STEP_SUCCESS:
        total = next(one.total for one in progress.tasks if one.id == task)
        progress.update(task, completed=total)
    elif counted := _COUNTED.search(entry.user_message):
        progress.update(task, completed=int(counted[1]), total=int(counted[2]))


def _report(instance: dg.DagsterInstance, run_id: str) -> RunReport:
    metadata: dict[tuple[str, str], dict[str, Any]] = {}
    checks: list[FailedCheck] = []
    errors: list[str] = []
    for entry in instance.all_logs(run_id):
        event = entry.dagster_event
        if event is None:
            continue
        if event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            _keep(metadata, event.step_materialization_data.materialization)
        elif event.event_type is dg.DagsterEventType.ASSET_OBSERVATION:
            _keep(metadata, event.asset_observation_data.asset_observation)
        elif event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed:
                asset, name = check.asset_key.to_user_string(), check.check_name.replace("_", " ")
                checks.append(FailedCheck(asset, name, check.description or ""))
        elif event.event_type is dg.DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data
            errors.append(f"{event.step_key}: {_cause(data.error)}")
    run = instance.get_run_by_id(run_id)
    success = run is not None and run.is_success
    return RunReport(success, metadata, checks, errors)


def _keep(
    metadata: dict[tuple[str, str], dict[str, Any]], noted: dg.AssetMaterialization | dg.AssetObservation
) -> None:
    key = noted.asset_key.to_user_string(), noted.partition or ""
    metadata[key] = {name: value.value for name, value in noted.metadata.items()}


def _cause(error: Any) -> str:  # noqa: ANN401 - Dagster's serialised error
    """What a step raised, in its own words: without Dagster's wrapper and the path of its class."""
    while error is not None and error.cause is not None and error.cls_name.startswith("Dagster"):
        error = error.cause
    if error is None:
        return "failed"
    message: str = error.message.strip()
    module, name, words = message.partition(f"{error.cls_name}: ")
    return words if name and module.endswith(".") else message
