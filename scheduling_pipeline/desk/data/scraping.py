"""An owner's schedules: how each of them stands, and what its owner does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from scheduling_pipeline.database.work_orders import ScrapingSchedule
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.data.scraping_history import newest_run
from scheduling_pipeline.desk.problems import Problem
from scheduling_pipeline.desk.sessions import Visitor
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.age import too_old
from scheduling_pipeline.work_orders.cadence import next_run, why_not
from scheduling_pipeline.work_orders.editing import Fields, ScheduleError, created, edited
from scheduling_pipeline.work_orders.history import Run
from scheduling_pipeline.work_orders.schedule import Rule, Schedule, ScheduleType, State
from scheduling_pipeline.work_orders.wording import hours_in_words, run_time

HAS_ISSUES = 3  # failures in a row
PREVIEWED = 5  # runs
TYPES: Mapping[str, str] = {ScheduleType.WORK_ORDERS: "Work orders", ScheduleType.DISPENSERS: "Dispensers"}
_STATUS = {"not_found": 404, "duplicate": 400}
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Badge:
    """How a schedule stands: in words, and as one of the kinds of tags, which have a shape each."""

    words: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ShownSchedule:
    """A schedule as it is shown. `reason`: why it does not run by itself, where no time stands or that time
    has come. `last`: its newest run, which may be under way; `success`: the newest that went well."""

    schedule: Schedule
    badge: Badge
    next_run_text: str
    reason: str
    last: Run | None
    success: Run | None
    created_at: datetime
    updated_at: datetime
    seen_at: datetime

    @property
    def name(self) -> str:
        return type_name(self.schedule.type)

    @property
    def due(self) -> bool:
        """Whether its time has come, and nothing is in the way."""
        slot = self.schedule.next_run
        return slot is not None and slot <= self.seen_at and not self.reason and not self.syncing

    @property
    def syncing(self) -> bool:
        """Whether it runs, or is about to because somebody asked for it."""
        return self.schedule.requested_at is not None or (self.last is not None and self.last.running)

    @property
    def trouble(self) -> str:
        """Why what it brings is not as new as it should be, in words; empty when it is, or may be soon."""
        if self.schedule.state is State.FAILED:
            return f"automatic readings stopped after {self.schedule.consecutive_failures} failures in a row"
        if self.last is not None and self.last.error_message:
            return f"the last reading failed: {self.last.error_message}"
        return "it is older than its schedule promises" if too_old(self.schedule, self.seen_at) else ""


@dataclass(frozen=True, slots=True)
class Coming:
    """What a schedule would do: its next runs, empty for one that is paused, and why it does not run now."""

    schedule: Schedule
    runs: list[datetime]
    next_run_text: str
    why_not: str


def type_name(schedule_type: str) -> str:
    """What a type of schedules is called."""
    return TYPES.get(schedule_type, schedule_type.replace("_", " ").capitalize())


def rule_in_words(rule: Rule) -> str:
    """As in `every 2 hours, 6 AM to 10 PM, not on public holidays of US`."""
    if rule.interval_hours is None:
        parts = [f"at the times of {rule.cron}"]
    else:
        words = {0.5: "half hour", 1: "hour", 24: "day"}
        parts = [f"every {words.get(rule.interval_hours, f'{rule.interval_hours:g} hours')}"]
    if rule.hours is not None:
        parts.append(hours_in_words(rule.hours))
    if rule.holiday_country:
        parts.append(f"not on public holidays of {rule.holiday_country}")
    if rule.rest_days:
        parts.append(f"with {len(rule.rest_days)} {'day' if len(rule.rest_days) == 1 else 'days'} off")
    return ", ".join(parts)


def teller(now: datetime) -> Callable[[datetime, ZoneInfo], str]:
    """Tells an instant as a clock time in a zone, for templates."""
    return lambda instant, zone: run_time(instant, now, zone)


def badge_of(schedule: Schedule, last: Run | None) -> Badge:
    """The one word for how a schedule stands."""
    failures = schedule.consecutive_failures
    if last is not None and last.running:
        return Badge("running", "busy")
    if schedule.requested_at is not None:
        return Badge("starting", "busy")
    if schedule.state is State.FAILED:
        return Badge("failed", "bad")
    if schedule.state is State.PAUSED:
        return Badge("paused")
    if failures:
        return Badge("having issues" if failures >= HAS_ISSUES else "last run failed", "warn")
    return Badge("active", "good")


def load_schedules(engine: Engine, owner_id: int, now: datetime) -> list[ShownSchedule]:
    """All of an owner's, the oldest first."""
    found = schedules.of_owner(engine, owner_id)
    by_id = {schedule.id: schedule for schedule in found}
    table = ScrapingSchedule
    with engine.connect() as connection:
        query = select(table.id, table.created_at, table.updated_at).where(table.owner_id == owner_id)
        times = {row.id: (row.created_at, row.updated_at) for row in connection.execute(query)}
    return [
        _shown(engine, schedule, by_id.get(schedule.waits_for or 0), times[schedule.id], now)
        for schedule in found
        if schedule.id in times
    ]


def load_schedule(engine: Engine, owner_id: int, schedule_id: int, now: datetime) -> ShownSchedule:
    """One of an owner's. Raises Problem (404)."""
    for shown in load_schedules(engine, owner_id, now):
        if shown.schedule.id == schedule_id:
            return shown
    raise _problem(schedules.UnknownScheduleError(schedule_id))


def coming_runs(schedule: Schedule, now: datetime) -> Coming:
    """What a schedule will do as it is, saved or not."""
    runs: list[datetime] = []
    slot = schedule.next_run
    while slot is not None and len(runs) < PREVIEWED:
        runs.append(slot)
        slot = next_run(schedule.rule, max(slot, now), slot)  # of those that were missed, one is made up for
    words = run_time(schedule.next_run, now, schedule.rule.zone)
    return Coming(schedule, runs, words, why_not(schedule, now))


def preview(
    engine: Engine,
    owner_id: int,
    schedule_type: str,
    schedule_id: int | None,
    fields: Fields,
    *,
    zone: str,
    now: datetime,
) -> Coming:
    """What a schedule would do with these fields: a new one, or one that there is. Raises Problem."""

    def made() -> Schedule:
        if schedule_id is None:
            return created(owner_id, schedule_type, fields, zone, now)
        return edited(schedules.get(engine, owner_id, schedule_id), fields, now)

    return coming_runs(_or_problem(made), now)


def create_schedule(
    engine: Engine, visitor: Visitor, schedule_type: str, fields: Fields, *, zone: str, now: datetime
) -> Schedule:
    """Raises Problem: 400 for a second one of a type, 422 for what no schedule can have."""
    made = _or_problem(
        lambda: schedules.create(engine, visitor.user_id, schedule_type, fields, zone=zone, now=now)
    )
    _note(engine, visitor, "scrape-schedule.add", made.type, now, after=_settings(made))
    return made


def change_schedule(
    engine: Engine, visitor: Visitor, schedule_id: int, fields: Fields, now: datetime
) -> Schedule:
    """Raises Problem: 404, or 422 for what no schedule can have."""
    before = _or_problem(lambda: schedules.get(engine, visitor.user_id, schedule_id))
    after = _or_problem(lambda: schedules.update(engine, visitor.user_id, schedule_id, fields, now))
    _note(
        engine,
        visitor,
        "scrape-schedule.change",
        after.type,
        now,
        before=_settings(before),
        after=_settings(after),
    )
    return after


def reset_schedule(engine: Engine, visitor: Visitor, schedule_id: int, now: datetime) -> Schedule:
    """Raises Problem (404)."""
    after = _or_problem(lambda: schedules.reset(engine, visitor.user_id, schedule_id, now))
    _note(engine, visitor, "scrape-schedule.reset", after.type, now)
    return after


def remove_schedule(engine: Engine, visitor: Visitor, schedule_id: int, now: datetime) -> None:
    """Its history stays. Raises Problem (404)."""
    before = _or_problem(lambda: schedules.get(engine, visitor.user_id, schedule_id))
    _or_problem(lambda: schedules.remove(engine, visitor.user_id, schedule_id))
    _note(engine, visitor, "scrape-schedule.remove", before.type, now, before=_settings(before))


def run_now(engine: Engine, visitor: Visitor, schedule_id: int, now: datetime) -> Schedule:
    """Ask for a run, whatever the schedule says. Raises Problem (404)."""
    after = _or_problem(lambda: schedules.request_run(engine, visitor.user_id, schedule_id, now))
    _note(engine, visitor, "scrape-schedule.run", after.type, now)
    return after


def _shown(
    engine: Engine,
    schedule: Schedule,
    awaited: Schedule | None,
    times: tuple[datetime, datetime],
    now: datetime,
) -> ShownSchedule:
    last = newest_run(engine, schedule.owner_id, schedule.type)
    success = newest_run(engine, schedule.owner_id, schedule.type, successful=True)
    words = run_time(schedule.next_run, now, schedule.rule.zone)
    coming = schedule.next_run is not None and schedule.next_run > now
    reason = "" if coming else why_not(schedule, now, awaited)
    return ShownSchedule(schedule, badge_of(schedule, last), words, reason, last, success, *times, now)


def _or_problem(act: Callable[[], Result]) -> Result:
    try:
        return act()
    except ScheduleError as error:
        raise _problem(error) from None


def _problem(error: ScheduleError) -> Problem:
    told = str(error)
    sentence = f"{told[0].upper()}{told[1:]}."
    status = _STATUS.get(error.code, 422)
    code = error.code.upper() if error.code in _STATUS else "INVALID_SCHEDULE"
    return Problem(status, code, sentence, details={"problems": [sentence], "field": error.code})


def _settings(schedule: Schedule) -> dict[str, Any]:
    """What an owner set, as the audit keeps it."""
    rule = schedule.rule
    return {
        "interval_hours": rule.interval_hours,
        "cron": rule.cron,
        "hours": f"{rule.hours.start}-{rule.hours.end}" if rule.hours else None,
        "zone": rule.zone.key,
        "holiday_country": rule.holiday_country,
        "rest_days": sorted(map(str, rule.rest_days)),
        "waits_for": schedule.waits_for,
        "enabled": schedule.enabled,
    }


def _note(
    engine: Engine, visitor: Visitor, action: str, schedule_type: str, now: datetime, **values: dict[str, Any]
) -> None:
    with engine.begin() as connection:
        subject = f"{type_name(schedule_type).lower()} of {visitor.name}"
        audit.record(connection, visitor.name, action, subject, at=now, **values)
