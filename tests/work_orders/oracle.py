"""When a rule runs next, found by looking at every single minute: slow, and too simple to be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

from scheduling_pipeline.work_orders.schedule import Hours, Rule

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
LONGEST_SHIFT = timedelta(hours=3)


def minutes_from(start: datetime, days: int = 31) -> Iterator[datetime]:
    """Every minute from `start` on, for so many days."""
    for number in range(days * 24 * 60):
        yield start + number * MINUTE


def clock(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clock shows, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def rests(rule: Rule, instant: datetime) -> bool:
    day = clock(instant, rule.zone).date()
    country = rule.holiday_country
    return day in rule.rest_days or (country is not None and day in country_holidays(country, years=day.year))


@cache
def hours_of(hours: Hours) -> frozenset[int]:
    """The hours from start until before end, counted one by one."""
    found, hour = {hours.start}, (hours.start + 1) % 24
    while hour != hours.end % 24:
        found.add(hour)
        hour = (hour + 1) % 24
    return frozenset(found)


def open_at(rule: Rule, instant: datetime) -> bool:
    """Whether the hour that the clock shows is one of the rule's."""
    return rule.hours is None or clock(instant, rule.zone).hour in hours_of(rule.hours)


def next_interval_run(rule: Rule, after: datetime, slot: datetime | None) -> datetime:
    """The first slot of an interval after `after`."""
    if slot is None:
        marks = (
            minute for minute in minutes_from(_floor(after) + MINUTE) if clock(minute, rule.zone).minute == 30
        )
        slot = _move(rule, next(marks))
    while slot <= after:
        slot = _move(rule, _later(rule, slot))
    return slot


def first_interval_run(rule: Rule, now: datetime) -> datetime:
    """The first slot of a schedule that never ran."""
    return _move(rule, _floor(now))


def next_cron_run(rule: Rule, after: datetime, days: int) -> datetime | None:
    """The first minute that an expression names and the rule allows; None where there is none in `days`."""
    assert rule.cron is not None
    for minute in minutes_from(_floor(after) + MINUTE, days):
        if _is_named(rule.cron, minute, rule.zone) and open_at(rule, minute) and not rests(rule, minute):
            return minute
    return None


def _floor(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(second=0, microsecond=0)


def _move(rule: Rule, slot: datetime) -> datetime:
    slot = next(minute for minute in minutes_from(slot) if open_at(rule, minute))
    return _move(rule, _later(rule, slot)) if rests(rule, slot) else slot


def _later(rule: Rule, slot: datetime) -> datetime:
    """When the clock first shows an interval more; when that has passed, where it never shows that, or is
    moved by an interval or more."""
    wanted = clock(slot, rule.zone) + rule.interval
    passed = slot + rule.interval
    for minute in minutes_from(slot + MINUTE):
        if clock(minute, rule.zone) == wanted:
            return minute if abs(minute - passed) < rule.interval else passed
        if minute > passed + LONGEST_SHIFT:
            return passed
    raise AssertionError("an interval is at most a day")


def _is_named(expression: str, minute: datetime, zone: ZoneInfo) -> bool:
    shown = clock(minute, zone)
    if minute.astimezone(zone).fold == 0 and _matches(expression, shown):
        return True
    # Right after the clock was moved forward, the skipped times come when it would have shown them.
    offset = minute.astimezone(zone).utcoffset()
    before = (minute - LONGEST_SHIFT).astimezone(zone).utcoffset()
    assert offset is not None
    assert before is not None
    if before >= offset:
        return False
    unmoved = shown - (offset - before)
    skipped = all(clock(minute + number * MINUTE, zone) != unmoved for number in range(-4 * 60, 4 * 60))
    return skipped and _matches(expression, unmoved)


def _matches(expression: str, shown: datetime) -> bool:
    minutes, hours, days, months, weekdays = expression.split()
    on_day = _in_field(days, shown.day)
    on_weekday = _in_field(weekdays, shown.isoweekday() % 7)
    # As cron has it: where both are restricted, one of them is enough.
    day = on_day or on_weekday if "*" not in (days, weekdays) else on_day and on_weekday
    return (
        _in_field(minutes, shown.minute) and _in_field(hours, shown.hour) and _in_field(months, shown.month)
    ) and day


def _in_field(field: str, value: int) -> bool:
    """Of what cron allows: *, numbers, ranges, steps of * and lists of them."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        first, last = (0, 59) if span == "*" else (int(low), int(high or low))
        if value in range(first, last + 1, int(step or 1)):
            return True
    return False


def days_around(day: date, count: int) -> list[date]:
    """The days from `count` before a day to `count` after it."""
    return [day + timedelta(days=number) for number in range(-count, count + 1)]
