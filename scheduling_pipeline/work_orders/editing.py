"""What a schedule becomes when somebody sets it: pure, so that a page can show it before it is saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo, available_timezones

from scheduling_pipeline.work_orders.cadence import first_run, next_run
from scheduling_pipeline.work_orders.cron import check_cron
from scheduling_pipeline.work_orders.rest_days import check_country
from scheduling_pipeline.work_orders.schedule import HOURS_A_DAY, Hours, Rule, Schedule, ScheduleType

SHORTEST, LONGEST = 0.5, 24.0  # hours between two runs
USUAL = 1.0
MOST_REST_DAYS = 366


class ScheduleError(Exception):
    """Something that cannot be done with a schedule; `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InvalidScheduleError(ScheduleError):
    """A field has a value that it cannot have; `code` is the field's name, or `never_runs`."""


class Fields(TypedDict, total=False):
    """What somebody sets of a schedule: what is absent stays as it is, None takes away what was set."""

    interval_hours: float | None
    cron: str | None
    hours: Hours | None
    zone: str
    holiday_country: str | None
    rest_days: frozenset[date]
    waits_for: int | None
    enabled: bool


def created(owner_id: int, schedule_type: str, fields: Fields, zone: str, now: datetime) -> Schedule:
    """A new schedule, which runs at once if its rule allows that. `zone` is for one that names none.

    Raises InvalidScheduleError.
    """
    if schedule_type not in set(ScheduleType):
        known = ", ".join(ScheduleType)
        raise InvalidScheduleError("schedule_type", f"{schedule_type!r} cannot be read; there are {known}")
    blank = Schedule(0, owner_id, schedule_type, Rule(ZoneInfo(zone)))
    schedule = replace(
        blank,
        rule=_rule(blank.rule, fields),
        enabled=fields.get("enabled", True),
        waits_for=fields.get("waits_for"),
    )
    return _with_next_run(schedule, first_run(schedule.rule, now))


def edited(schedule: Schedule, fields: Fields, now: datetime) -> Schedule:
    """A schedule with some fields set; failures are forgiven. Its cadence begins anew where its rule changed,
    or where it did not run. Raises InvalidScheduleError."""
    changed = replace(
        schedule,
        rule=_rule(schedule.rule, fields),
        enabled=fields.get("enabled", schedule.enabled),
        waits_for=fields.get("waits_for", schedule.waits_for),
        consecutive_failures=0,
        stopped_at=None,
    )
    stands = schedule.next_run if changed.rule == schedule.rule else None
    return _with_next_run(changed, stands or next_run(changed.rule, now))


def _with_next_run(schedule: Schedule, following: datetime | None) -> Schedule:
    if following is None:
        raise InvalidScheduleError("never_runs", "its hours and days of rest leave no time of the expression")
    return replace(schedule, next_run=following if schedule.enabled else None)


def _rule(rule: Rule, fields: Fields) -> Rule:
    interval, cron = _cadence(rule, fields)
    changed = replace(
        rule,
        interval_hours=interval,
        cron=cron,
        zone=_zone(fields["zone"]) if "zone" in fields else rule.zone,
        hours=fields.get("hours", rule.hours),
        holiday_country=fields.get("holiday_country", rule.holiday_country),
        rest_days=fields.get("rest_days", rule.rest_days),
    )
    _check(changed)
    return changed


def _cadence(rule: Rule, fields: Fields) -> tuple[float | None, str | None]:
    """Interval and cron expression: whichever is set takes the other's place."""
    interval, cron = fields.get("interval_hours"), fields.get("cron")
    if interval is not None and cron is not None:
        raise InvalidScheduleError("cron", "set either an interval or a cron expression, not both")
    if cron is not None:
        return None, cron
    if interval is not None:
        return interval, None
    if "cron" in fields and rule.cron is not None:
        return USUAL, None
    return rule.interval_hours, rule.cron


def _check(rule: Rule) -> None:
    if rule.interval_hours is not None and not SHORTEST <= rule.interval_hours <= LONGEST:
        raise InvalidScheduleError(
            "interval_hours",
            f"the interval must be {SHORTEST:g} to {LONGEST:g} hours, not {rule.interval_hours:g}",
        )
    hours = rule.hours
    if hours and not (0 <= hours.start < HOURS_A_DAY and 0 <= hours.end <= HOURS_A_DAY):
        raise InvalidScheduleError(
            "active_hours", "active hours begin at an hour from 0 to 23, and end at one from 0 to 24"
        )
    if len(rule.rest_days) > MOST_REST_DAYS:
        raise InvalidScheduleError("rest_days", f"more than {MOST_REST_DAYS} days of rest cannot be set")
    try:
        if rule.cron is not None:
            check_cron(rule.cron)
    except ValueError as error:
        raise InvalidScheduleError("cron", str(error)) from None
    try:
        if rule.holiday_country is not None:
            check_country(rule.holiday_country)
    except ValueError as error:
        raise InvalidScheduleError("holiday_country", str(error)) from None


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise InvalidScheduleError("zone", f"{name!r} is no IANA time zone, such as America/New_York")
    return ZoneInfo(name)
