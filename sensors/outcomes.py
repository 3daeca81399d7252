"""How runs of every flow ended: whoever runs the pipeline is told of what failed, what waits for a person,
what was done in part, and what works again.

The sensor reads the ends of runs in the order in which Dagster noted them; its cursor is the number of the
last one. What is told is noted in the pipeline's database, so that a tick that was cut off tells nothing
twice, and sent by the sensor in `deliveries`. It changes no run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

import dagster as dg

from assets.file_reports import FRESHNESS
from assets.jobs import RANGE_END_TAG, RANGE_START_TAG
from assets.metadata import PARTS
from assets.work_order_reports import IDLE_TAG
from resources.database import Database
from resources.notifications import Notifications
from scheduling_pipeline.notification_settings import NotificationSettings
from scheduling_pipeline.notifications.outcomes import Ending, Outcome, essence
from scheduling_pipeline.notifications.watch import note_outcomes

NAME = "run_outcomes"
SECONDS_BETWEEN_TICKS = 30
RUNS_A_TICK = 50
SETTLED = timedelta(seconds=5)  # two processes may note ends of runs in another order than they are numbered
End = Literal[dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE]
ENDS: tuple[End, ...] = (dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE)
LOOKED_AT = {dg.DagsterEventType.ASSET_CHECK_EVALUATION, dg.DagsterEventType.STEP_FAILURE}
HOLDS = {"brake", "removals"}  # checks that fail while something waits for a person
DEGRADED_TAG = "degraded"
PARTITION_TAG, WILL_RETRY_TAG = "dagster/partition", "dagster/will_retry"
BY_HAND = "__ASSET_JOB"
OUR_PACKAGES = {"assets", "resources", "scheduling_pipeline"}  # their errors are written for people


def _now() -> datetime:
    return datetime.now(UTC)


def build_outcome_sensor(
    settings: NotificationSettings, *, running: bool, now: Callable[[], datetime] = _now
) -> dg.SensorDefinition:
    """The sensor. Without a cursor it begins with what ends from now on."""

    @dg.sensor(
        name=NAME,
        minimum_interval_seconds=SECONDS_BETWEEN_TICKS,
        default_status=dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED,
        description="Tell whoever runs the pipeline how runs ended.",
    )
    def run_outcomes(
        context: dg.SensorEvaluationContext, database: Database, notifications: Notifications
    ) -> dg.SensorResult:
        instance = context.instance
        if context.cursor is None:
            newest = max((ended.storage_id for ended in _newest(instance)), default=0)
            return dg.SensorResult(skip_reason="what ends from now on is told", cursor=str(newest))
        ended = _ended_since(instance, int(context.cursor), now() - SETTLED)
        outcomes = [outcome for end in ended for outcome in outcomes_of(instance, end)]
        addresses = notifications.addresses
        told = note_outcomes(database.engine, outcomes, settings.policy, addresses, settings.run_page)
        last = ended[-1].storage_id if ended else int(context.cursor)
        return dg.SensorResult(skip_reason=f"{len(ended)} runs ended, {told} are told", cursor=str(last))

    return run_outcomes


def outcomes_of(instance: dg.DagsterInstance, ended: dg.EventLogRecord) -> Iterator[Outcome]:
    """How a run ended: as a whole, and for each part that a check of its judges by itself.

    Nothing for a run that Dagster is about to repeat, nor for one that found nothing to do.
    """
    run = instance.get_run_by_id(ended.event_log_entry.run_id)
    if run is None or run.tags.get(WILL_RETRY_TAG) == "true" or run.tags.get(IDLE_TAG) == run.run_id:
        return
    events = [
        entry.dagster_event
        for entry in instance.all_logs(run.run_id, of_type=LOOKED_AT)
        if entry.dagster_event is not None
    ]
    checks = [
        event.asset_check_evaluation_data
        for event in events
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]

    def outcome(part: str, ending: Ending, reasons: Iterable[str], same: Iterable[str]) -> Outcome:
        at = datetime.fromtimestamp(ended.event_log_entry.timestamp, UTC)
        return Outcome(
            job=_job(run),
            part=part,
            ending=ending,
            reasons=tuple(reasons),
            essence=essence(ending, list(same)),
            run_id=run.run_id,
            event=ended.storage_id,
            at=at,
        )

    apart = {part: problem for check in checks for part, problem in _parts(check).items()}
    for part, problem in apart.items():
        if problem:
            yield outcome(part, "degraded", [problem], [])
        else:
            yield outcome(part, "succeeded", [], [])
    if ended.event_log_entry.dagster_event_type is dg.DagsterEventType.RUN_FAILURE:
        failures = [event for event in events if event.event_type is dg.DagsterEventType.STEP_FAILURE]
        reasons = [_failure(event) for event in failures] or ["the run ended before it was finished"]
        yield outcome(_partition(run), "failed", reasons, reasons)
        return
    together = [check for check in checks if not _parts(check)]
    wrong = [check for check in together if not check.passed and _counts(check, run)]
    held = [check for check in wrong if check.check_name in HOLDS]
    if held:
        reasons = [_said(check) for check in [*held, *(check for check in wrong if check not in held)]]
        yield outcome(_partition(run), "held", reasons, map(_said, held))
    elif wrong:
        names = [f"{check.asset_key.to_user_string()} {check.check_name}" for check in wrong]
        yield outcome(_partition(run), "degraded", map(_said, wrong), names)
    elif DEGRADED_TAG in run.tags:  # of a job without checks: the tag says why
        reasons = run.tags[DEGRADED_TAG].splitlines()
        yield outcome(_partition(run), "degraded", reasons, reasons)
    elif all(check.passed for check in together):  # a warning that stands is neither news nor its end
        yield outcome(_partition(run), "succeeded", [], [])


def _newest(instance: dg.DagsterInstance) -> Iterator[dg.EventLogRecord]:
    for event_type in ENDS:
        yield from instance.fetch_run_status_changes(event_type, limit=1).records


def _ended_since(instance: dg.DagsterInstance, cursor: int, until: datetime) -> list[dg.EventLogRecord]:
    """The ends of runs after a number, by number, up to the first that is newer than `until`.

    Those beyond what one tick takes of either kind wait, so that none is passed over.
    """
    found: list[dg.EventLogRecord] = []
    horizon = None
    for event_type in ENDS:
        wanted = dg.RunStatusChangeRecordsFilter(event_type, after_storage_id=cursor)
        page = instance.fetch_run_status_changes(wanted, limit=RUNS_A_TICK, ascending=True)
        found += page.records
        if page.has_more:
            last = page.records[-1].storage_id
            horizon = last if horizon is None else min(horizon, last)
    ended = []
    for record in sorted(found, key=lambda record: record.storage_id):
        too_new = record.event_log_entry.timestamp > until.timestamp()
        if too_new or (horizon is not None and record.storage_id > horizon):
            break
        ended.append(record)
    return ended


def _job(run: dg.DagsterRun) -> str:
    if run.job_name != BY_HAND:
        return run.job_name
    return " ".join(["by hand:", *sorted(key.to_user_string() for key in run.asset_selection or ())])


def _partition(run: dg.DagsterRun) -> str:
    if PARTITION_TAG in run.tags:
        return run.tags[PARTITION_TAG]
    if RANGE_START_TAG in run.tags:
        return f"{run.tags[RANGE_START_TAG]} to {run.tags[RANGE_END_TAG]}"
    return ""


def _parts(check: dg.AssetCheckEvaluation) -> Mapping[str, str]:
    """The parts that a check judges by themselves, named with its asset: the problem of each, or nothing."""
    asset = check.asset_key.to_user_string()
    if check.check_name == FRESHNESS:
        return {asset: "" if check.passed else check.description or "too old"}
    parts = check.metadata.get(PARTS)
    if not isinstance(parts, dg.JsonMetadataValue) or not isinstance(parts.data, dict):
        return {}
    return {f"{asset}, {part}": problem for part, problem in parts.data.items()}


def _counts(check: dg.AssetCheckEvaluation, run: dg.DagsterRun) -> bool:
    """Whether a failed check is news: a run without the tag chose to go on, as a dry run does."""
    return DEGRADED_TAG in run.tags or check.severity is dg.AssetCheckSeverity.ERROR


def _said(check: dg.AssetCheckEvaluation) -> str:
    name = f"{check.asset_key.to_user_string()}, {check.check_name.replace('_', ' ')}"
    return f"{name}: {check.description}" if check.description else name


def _failure(event: dg.DagsterEvent) -> str:
    """What a failed step said, if it was written for people; else only the kind of the error."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return f"{event.step_key}: {data.user_failure_data.description}"
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return f"{event.step_key}: failed"
    kind, _, said = error.message.strip().partition(": ")
    ours = kind.partition(".")[0] in OUR_PACKAGES
    return f"{event.step_key}: {said if ours and said else error.cls_name}"
