"""The form of a schedule: what it shows, and what somebody entered in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar
from zoneinfo import available_timezones

from scheduling_pipeline.desk.forms import Entered
from scheduling_pipeline.work_orders.editing import USUAL, Fields
from scheduling_pipeline.work_orders.schedule import HOURS_A_DAY, Hours, Schedule
from scheduling_pipeline.work_orders.wording import hour_in_words

Number = TypeVar("Number", int, float)
USUAL_HOURS = Hours(6, 22)  # of a restriction that is about to be set
STARTS: Sequence[tuple[int, str]] = [(hour, hour_in_words(hour)) for hour in range(HOURS_A_DAY)]
ENDS: Sequence[tuple[int, str]] = [(hour, hour_in_words(hour)) for hour in range(1, HOURS_A_DAY + 1)]
ZONES: Sequence[str] = sorted(zone for zone in available_timezones() if "/" in zone and "Etc/" not in zone)


def shown(schedule: Schedule | None, zone: str) -> dict[str, str]:
    """The fields of the form: of a schedule, or of one that is about to be made."""
    if schedule is None:
        return {
            "cadence": "interval",
            "interval_hours": f"{USUAL:g}",
            "start": str(USUAL_HOURS.start),
            "end": str(USUAL_HOURS.end),
            "zone": zone,
            "enabled": "yes",
        }
    rule = schedule.rule
    hours = rule.hours or USUAL_HOURS
    fields = {
        "cadence": "cron" if rule.cron else "interval",
        "interval_hours": f"{rule.interval_hours or USUAL:g}",
        "cron": rule.cron or "",
        "start": str(hours.start),
        "end": str(hours.end or HOURS_A_DAY),  # until 0 and until 24 are the same
        "zone": rule.zone.key,
        "holiday_country": rule.holiday_country or "",
        "rest_days": "\n".join(sorted(map(str, rule.rest_days))),
        "waits_for": str(schedule.waits_for or ""),
    }
    if rule.hours is not None:
        fields["restricted"] = "yes"
    if schedule.enabled:
        fields["enabled"] = "yes"
    return fields


def entered_in(sent: Mapping[str, str]) -> Fields:
    """What somebody set. Raises RefusedError for what cannot be read; its limits are known elsewhere."""
    form = Entered(sent)
    fields = Fields(enabled=form.chosen("enabled"), zone=form.text("zone", "The time zone", longest=64))
    if sent.get("cadence") == "cron":
        fields["cron"] = form.text("cron", "The cron expression", longest=100)
    else:
        fields["interval_hours"] = _number(form, "interval_hours", "The interval", float, USUAL)
    fields["hours"] = None
    if form.chosen("restricted"):
        start = _number(form, "start", "The first hour", int, USUAL_HOURS.start)
        fields["hours"] = Hours(start, _number(form, "end", "The last hour", int, USUAL_HOURS.end))
    fields["holiday_country"] = (
        form.text("holiday_country", "The country", needed=False, longest=2).upper() or None
    )
    fields["rest_days"] = frozenset(_days(form))
    waits_for = form.text("waits_for", "The schedule to wait for", needed=False)
    fields["waits_for"] = (
        _number(form, "waits_for", "The schedule to wait for", int, 0) if waits_for else None
    )
    form.check()
    return fields


def _number(form: Entered, name: str, label: str, kind: Callable[[str], Number], otherwise: Number) -> Number:
    """A number, or another one where it cannot be read: then `check` raises."""
    value = form.text(name, label, longest=20)
    if not value:
        return otherwise
    try:
        return kind(value)
    except ValueError:
        form.problems.append(f"{label}: {value!r} is no {'whole ' if kind is int else ''}number.")
        return otherwise


def _days(form: Entered) -> Iterator[date]:
    for word in form.text("rest_days", "The days off", needed=False, longest=6_000).replace(",", " ").split():
        try:
            yield date.fromisoformat(word)
        except ValueError:
            form.problems.append(f"Days off: {word[:20]!r} is no date such as 2026-12-31.")
