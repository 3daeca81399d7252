"""Whether what was read is as new as its schedule promises."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from scheduling_pipeline.work_orders.cadence import next_run, waits_for_paused
from scheduling_pipeline.work_orders.schedule import Schedule, State

GRACE = timedelta(minutes=30)  # for a run that waits for its place, and takes its time

logger = logging.getLogger(__name__)


def too_old(schedule: Schedule, now: datetime, awaited: Schedule | None = None) -> str:
    """Why what a schedule brings is older than it may be, in words; empty when it is not.

    One run may fail or be left out, the next one must bring something. A paused schedule promises nothing,
    nor does one that waits for another, `awaited`: that one is told of, but for one that is paused.
    """
    if schedule.state is State.FAILED:
        return f"automatic runs stopped after {schedule.consecutive_failures} failures in a row"
    if schedule.state is State.PAUSED:
        return ""
    if schedule.waits_for is not None:
        return "" if awaited is None else waits_for_paused(awaited)
    return _overdue(schedule, now)


def _overdue(schedule: Schedule, now: datetime) -> str:
    if schedule.next_run is not None and schedule.next_run + GRACE < now:
        return f"the run of {_shown(schedule.next_run, schedule)} has not begun"
    if schedule.last_success is None:
        return "" if schedule.last_run is None else "no reading has gone well yet"
    try:
        first = next_run(schedule.rule, schedule.last_success)
        second = None if first is None else next_run(schedule.rule, first)
    except NotImplementedError as error:  # a country whose public holidays are not known any more
        logger.warning("schedule %d cannot run: %s", schedule.id, error)
        return ""
    if second is None or second + GRACE >= now:
        return ""
    return f"the last reading that went well was on {_shown(schedule.last_success, schedule)}"


def _shown(instant: datetime, schedule: Schedule) -> str:
    """An instant in the owner's zone, the same whenever it is looked at."""
    return f"{instant.astimezone(schedule.rule.zone):%a %d %b %H:%M %Z}"
