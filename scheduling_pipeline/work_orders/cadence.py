"""When a schedule runs next: one pure rule for the sensor, the API and every page.

A cadence begins at the next time that shows :30, or at once for a schedule that is new, and goes on one
interval after the other. A run that would fall outside the hours moves to when they begin again, one on a day
of rest is left out. Of runs that were missed one is made up for, and the cadence stays what it was; a run by
hand does not touch it.

Intervals are counted on the owner's clock, so that runs keep their times of day when it is changed; only one
that is no longer than that change is counted as time really passes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.work_orders.cron import next_time
from scheduling_pipeline.work_orders.rest_days import rest_day
from scheduling_pipeline.work_orders.schedule import MINUTE, Rule, Schedule, State
from scheduling_pipeline.work_orders.wording import hours_in_words, run_time

HALF_PAST = 30
LOOK_AHEAD = timedelta(days=400)  # a cron expression without an allowed time in so long has none


def next_run(rule: Rule, after: datetime, slot: datetime | None = None) -> datetime | None:
    """The first run after `after`, a whole minute in UTC; None where a cron expression allows none.

    `slot` is the run that stands, from which the cadence counts on; without one, it begins anew.
    """
    if rule.cron is not None:
        return _next_cron_run(rule, rule.cron, after)
    slot = _allowed(rule, _next_mark(after, rule.zone)) if slot is None else slot
    while slot <= after:
        slot = _allowed(rule, _one_interval_later(rule, slot))
    return slot


def first_run(rule: Rule, now: datetime) -> datetime | None:
    """The first run of a schedule that never ran: at once, or as soon as the rule allows it."""
    if rule.cron is not None:
        return next_run(rule, now)
    return _allowed(rule, now.astimezone(UTC).replace(second=0, microsecond=0))


def why_not_at(rule: Rule, moment: datetime) -> str:
    """Why nothing may run at a moment, in words; empty when it may."""
    if not _within_hours(rule, moment):
        return f"it is outside its hours, {hours_in_words(rule.hours)}" if rule.hours else ""
    rest = _rest(rule, moment)
    return f"it rests today: {rest}" if rest else ""


def why_not(schedule: Schedule, now: datetime, awaited: Schedule | None = None) -> str:
    """Why a schedule does not run by itself now, in words; empty when it is due.

    `awaited` is the schedule that it waits for: it goes first, once for each of our scheduled runs.
    """
    if schedule.state is State.FAILED:
        return f"it stopped after {schedule.consecutive_failures} failures in a row; reset it to go on"
    if schedule.state is State.PAUSED:
        return "it is paused"
    if schedule.next_run is None:
        return "its hours and days of rest never allow a run"
    if schedule.next_run > now:
        return f"it runs next {run_time(schedule.next_run, now, schedule.rule.zone)}"
    if awaited is not None and not _has_succeeded_since(awaited, schedule.slot_taken_at):
        return waits_for_paused(awaited) or f"it waits until {awaited.type.replace('_', ' ')} have been read"
    return why_not_at(schedule.rule, now)


def waits_for_paused(awaited: Schedule) -> str:
    """That a schedule waits for one that is paused, in words; empty when that one is not."""
    if awaited.state is not State.PAUSED:
        return ""
    return f"it waits for {awaited.type.replace('_', ' ')}, which are paused"


def is_due(schedule: Schedule, now: datetime, awaited: Schedule | None = None) -> bool:
    """Whether a schedule runs by itself now."""
    return not why_not(schedule, now, awaited)


def _has_succeeded_since(awaited: Schedule, since: datetime | None) -> bool:
    done = awaited.last_success
    return done is not None and (since is None or done > since)


def _next_cron_run(rule: Rule, cron: str, after: datetime) -> datetime | None:
    moment = next_time(cron, after, rule.zone)
    while moment is not None and moment - after < LOOK_AHEAD:
        begin = _begin_of_hours(rule, moment)
        if begin == moment and _rest(rule, moment) is None:
            return moment
        moment = next_time(cron, max(moment, begin - MINUTE), rule.zone)
    return None


def _allowed(rule: Rule, slot: datetime) -> datetime:
    """A slot, or the one that takes its place when the rule does not allow it."""
    while True:
        slot = _begin_of_hours(rule, slot)
        if _rest(rule, slot) is None:
            return slot
        slot = _one_interval_later(rule, slot)


def _begin_of_hours(rule: Rule, moment: datetime) -> datetime:
    """The first moment within the hours, from one on. Clocks change on the hour, so the hours do too."""
    while not _within_hours(rule, moment):
        moment += timedelta(minutes=60 - moment.astimezone(rule.zone).minute)
    return moment


def _within_hours(rule: Rule, moment: datetime) -> bool:
    return rule.hours is None or moment.astimezone(rule.zone).hour in rule.hours


def _rest(rule: Rule, moment: datetime) -> str | None:
    return rest_day(moment.astimezone(rule.zone).date(), rule.holiday_country, rule.rest_days)


def _one_interval_later(rule: Rule, slot: datetime) -> datetime:
    passed = slot + rule.interval
    shown = (slot.astimezone(rule.zone) + rule.interval).astimezone(UTC)  # adds to what the clock shows
    return shown if abs(shown - passed) < rule.interval else passed


def _next_mark(after: datetime, zone: ZoneInfo) -> datetime:
    """The next time at which the clock shows half past."""
    wait = (HALF_PAST - after.astimezone(zone).minute) % 60 or 60
    return (after + timedelta(minutes=wait)).astimezone(UTC).replace(second=0, microsecond=0)
