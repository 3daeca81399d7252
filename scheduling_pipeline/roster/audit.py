"""The audit of the roster as it stands, each day, and of a proposal before it is approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Engine, func, select

from scheduling_pipeline.database.roster import PendingSchedule, RosterEvent, RosterSchedule, SchedulerRun
from scheduling_pipeline.roster import audit_checks as checks
from scheduling_pipeline.roster.audit_checks import Roster
from scheduling_pipeline.roster.eligibility import last_possible
from scheduling_pipeline.roster.findings import Check, Finding, Severity, counted, in_order
from scheduling_pipeline.roster.model import LEAD_TASKS, EventType, Place, Snapshot
from scheduling_pipeline.roster.pins import PROPOSED
from scheduling_pipeline.roster.reading import frozen
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.revision import OUT
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.snapshot import load_snapshot
from scheduling_pipeline.roster.times import day_of, place_instant, wall_time
from scheduling_pipeline.roster.validator import standing
from scheduling_pipeline.roster.wording import day_text, sentence
from scheduling_pipeline.roster_settings import RosterSettings

__all__ = ["Finding", "RosterAudit", "Severity", "audit", "examine", "health_of", "verify"]

STALE_AFTER = timedelta(hours=24)
_DAYS_FROM = 48  # hours: an age is told in days from then on
LOOK_BACK = timedelta(days=14)  # for work that nobody reported
ROTATION_DAYS = 7
TO_REPORT = ("Scheduled", "Staffed", "In Progress", "Paused")


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits for somebody. `unreported`: past events by number, with name and day."""

    synced_at: datetime | None = None
    unreported: Mapping[int, tuple[str, date]] | None = None
    waiting_run: int | None = None
    waiting_rows: int = 0
    failed_rows: int = 0
    crashed_runs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RosterAudit:
    """The findings about a day and those after it, the worst first. `health`: from 0 to 100."""

    day: date
    findings: tuple[Finding, ...]
    health: int
    unscheduled_share: float

    @property
    def counts(self) -> Mapping[Severity, int]:
        """How many findings of each severity there are."""
        return {each: sum(one.severity is each for one in self.findings) for each in Severity}


def audit(engine: Engine, settings: RosterSettings, now: datetime) -> RosterAudit:
    """Look at the roster as it stands, and at what is left to do."""
    with frozen(engine) as connection:
        snapshot = load_snapshot(connection, settings, now)
        pending = _load_pending(connection, settings, now)
    return examine(snapshot, settings.rules, pending, now)


def examine(snapshot: Snapshot, rules: Rules, pending: Pending, now: datetime) -> RosterAudit:
    """The same of what was loaded. Pure."""
    roster = Roster(snapshot, rules, standing(snapshot))
    today = snapshot.today
    tomorrow = today + timedelta(days=1)
    wrong = [*checks.broken_rules(roster, roster.placed), *checks.partners(roster)]
    findings = [
        *wrong,
        *checks.unstaffed(roster),
        *checks.rotations(roster, [today + timedelta(days=number) for number in range(ROTATION_DAYS)]),
    ]
    for day in (today, tomorrow):
        findings += checks.primary_leads(roster, [day])
        findings += checks.shape_of_day(roster, day)
        findings += checks.day_not_right(roster, day, wrong)
    findings += _left_to_do(pending, now)
    share = checks.unscheduled_share(roster)
    return RosterAudit(today, in_order(findings), health_of(findings, share), share)


def verify(engine: Engine, run_id: int, settings: RosterSettings, now: datetime) -> tuple[Finding, ...]:
    """What speaks against a proposal as its rows are now: the roster that it would make, on its days."""
    with frozen(engine) as connection:
        snapshot = load_snapshot(connection, settings, now)
        rows = _load_places(connection, run_id, settings)
        synced_at = _synced_at(connection)
    known = {event.ref for event in snapshot.events}
    gone = [
        Finding(
            Severity.CRITICAL,
            Code.ROW_VANISHED,
            f"Event {ref}: {sentence(Reason(Code.ROW_VANISHED))}",
            None,
            (ref,),
        )
        for ref in rows.keys() - known
    ]
    placed = {
        ref: place for ref, place in (standing(snapshot) | rows).items() if place is not None and ref in known
    }
    roster = Roster(snapshot, settings.rules, placed)
    proposed = [ref for ref in rows if ref in placed]
    findings = [*gone, *_stale(synced_at, now), *checks.broken_rules(roster, proposed)]
    if proposed:
        first, last = (edge(placed[ref].day for ref in proposed) for edge in (min, max))
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        findings += checks.primary_leads(roster, days)
        findings += [one for one in checks.partners(roster) if one.day is not None]
        findings += _lead_tasks_left(roster, first, last)
    return in_order(findings)


def health_of(findings: Iterable[Finding], unscheduled_share: float) -> int:
    """How healthy a roster is: 100, less what is unscheduled (up to 50), 10 for each critical finding (up to
    30), and 5 for each warning (up to 20)."""
    found = [finding.severity for finding in findings]
    critical = min(30, 10 * found.count(Severity.CRITICAL))
    warnings = min(20, 5 * found.count(Severity.WARNING))
    return round(100 - 50 * unscheduled_share - critical - warnings)


def _lead_tasks_left(roster: Roster, first: date, last: date) -> Iterable[Finding]:
    left = tuple(
        event.ref
        for event in roster.unstaffed()
        if event.type in LEAD_TASKS - {EventType.OTHER}
        and event.start <= last
        and last_possible(event) >= first
    )
    if left:
        text = f"Still without anybody on these days: {counted(len(left), 'digital or Freeosk event')}."
        yield Finding(Severity.WARNING, Check.LEAD_TASKS_UNSTAFFED, text, None, left)


def _left_to_do(pending: Pending, now: datetime) -> Iterable[Finding]:
    yield from _stale(pending.synced_at, now)
    unreported = pending.unreported or {}
    if unreported:
        name, day = min(unreported.values(), key=lambda one: one[1])
        text = (
            f"Not reported of the last {LOOK_BACK.days} days: {counted(len(unreported), 'event')},"
            f" the oldest of {day_text(day)}, {name}."
        )
        yield Finding(Severity.CRITICAL, Check.NOT_REPORTED, text, None, tuple(sorted(unreported)))
    if pending.failed_rows:
        text = f"Not submitted, and to be tried again: {counted(pending.failed_rows, 'approved row')}."
        yield Finding(Severity.WARNING, Check.NOT_SUBMITTED, text)
    for run_id in pending.crashed_runs:
        text = f"Proposal {run_id} was never finished: make another one, or dismiss it."
        yield Finding(Severity.WARNING, Check.RUN_CRASHED, text)
    if pending.waiting_rows:
        rows = counted(pending.waiting_rows, "row")
        text = f"Proposal {pending.waiting_run} waits for an approval, with {rows}."
        yield Finding(Severity.INFO, Check.WAITS_FOR_APPROVAL, text)


def _stale(synced_at: datetime | None, now: datetime) -> Iterable[Finding]:
    if synced_at is None:
        yield Finding(Severity.WARNING, Check.STALE_DATA, "No event was ever read from the planner.")
    elif now - synced_at > STALE_AFTER:
        hours = (now - synced_at) // timedelta(hours=1)
        age = f"{hours} hours" if hours < _DAYS_FROM else f"{hours // 24} days"
        text = f"The events were last read from the planner {age} ago."
        yield Finding(Severity.WARNING, Check.STALE_DATA, text)


def _load_pending(connection: Connection, settings: RosterSettings, now: datetime) -> Pending:
    run, row = SchedulerRun, PendingSchedule
    waiting = (
        select(run.id)
        .where(run.run_type.in_(PROPOSED), run.status == "completed", run.approved_at.is_(None))
        .order_by(run.id.desc())
        .limit(1)
    )
    waiting_run = connection.scalar(waiting)
    to_approve = select(func.count()).where(row.scheduler_run_id == waiting_run, row.status.not_in(OUT))
    failed = select(func.count()).where(row.status.in_(("api_failed", "unknown")))
    crashed = select(run.id).where(run.status == "crashed", run.dismissed_at.is_(None)).order_by(run.id)
    return Pending(
        synced_at=_synced_at(connection),
        unreported=_load_unreported(connection, settings, now),
        waiting_run=waiting_run,
        waiting_rows=connection.scalar(to_approve) or 0,
        failed_rows=connection.scalar(failed) or 0,
        crashed_runs=tuple(connection.scalars(crashed)),
    )


def _load_unreported(
    connection: Connection, settings: RosterSettings, now: datetime
) -> dict[int, tuple[str, date]]:
    """Events whose day is past: when they stood in the planner, or were due where it had no time for them."""
    event, zone = RosterEvent, settings.tz
    midnight = place_instant(day_of(now, zone), time(0), zone)
    when = func.coalesce(RosterSchedule.schedule_datetime, event.due_datetime)
    query = (
        select(event.project_ref_num, event.project_name, when)
        .outerjoin(RosterSchedule, RosterSchedule.event_ref_num == event.project_ref_num)
        .where(
            event.closed_at.is_(None),
            event.condition.in_(TO_REPORT),
            when < midnight,
            when >= midnight - LOOK_BACK,
        )
    )
    return {ref: (name, day_of(day, zone)) for ref, name, day in connection.execute(query)}


def _load_places(connection: Connection, run_id: int, settings: RosterSettings) -> dict[int, Place | None]:
    row, zone = PendingSchedule, settings.tz
    query = select(row.event_ref_num, row.employee_id, row.schedule_datetime).where(
        row.scheduler_run_id == run_id, row.status.not_in(OUT)
    )
    return {
        ref: Place(day_of(instant, zone), wall_time(instant, zone), employee) if instant else None
        for ref, employee, instant in connection.execute(query)
    }


def _synced_at(connection: Connection) -> datetime | None:
    return connection.scalar(select(func.max(RosterEvent.last_synced)))
