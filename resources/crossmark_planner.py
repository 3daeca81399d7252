"""Crossmark as the roster's planner: events and people read whole, entries written once and proven."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from resources.crossmark_rows import confirmed_id, listed_event, listed_reps, page_of
from resources.crossmark_session import CrossmarkSession
from resources.crossmark_wire import (
    Call,
    CrossmarkError,
    Fault,
    Json,
    Reply,
    event_call,
    events_call,
    message_of,
    reissue_call,
    reps_call,
    schedule_call,
    unschedule_call,
)
from scheduling_pipeline.roster.ids import MplanId, ScheduleId
from scheduling_pipeline.roster.planner import (
    Done,
    ListedEvent,
    ListedRep,
    Outcome,
    PlannerError,
    Rejected,
    Unknown,
    Visit,
)

logger = logging.getLogger(__name__)

_OK = (1, "1")

Confirm = Callable[[Json], ScheduleId]  # what an answer proves; raises ValueError where it does not


class CrossmarkPlanner:
    """The port `Planner`, on one session. `zone` is the stores'."""

    def __init__(self, session: CrossmarkSession, zone: ZoneInfo) -> None:
        self._session = session
        self._zone = zone
        self._known: set[MplanId] = set()  # events that were seen in the planner

    def events(self, first: date, last: date) -> Sequence[ListedEvent]:
        """All events between two days, page by page. Raises PlannerError, also when some are missing."""
        found: list[ListedEvent] = []
        counted: set[int] = set()
        while not counted or len(found) < max(counted):
            total, rows = page_of(self._session.read(events_call(first, last, len(found))))
            counted.add(total)
            found += [listed_event(row, self._zone) for row in rows]
            if not rows:
                break
        different = {event.mplan_id for event in found}
        # A count that changes from page to page means that rows moved between them, and some were not seen.
        if not counted == {len(found)} == {len(different)}:
            raise PlannerError(
                f"Crossmark's listing from {first} to {last} is not whole: it counts"
                f" {' or '.join(map(str, sorted(counted)))} events, and {len(different)} different ones came"
                f" in {len(found)} rows; try again later"
            )
        self._known |= different
        return found

    def look_up(self, events: Sequence[MplanId]) -> Mapping[MplanId, ListedEvent]:
        """How events stand now, asked for one by one. Raises PlannerError."""
        found = {event: self._look_up(event) for event in events}
        return {event: listed for event, listed in found.items() if listed is not None}

    def reps(self, first: date, last: date) -> Sequence[ListedRep]:
        """Everybody who can be scheduled between two days. Raises PlannerError."""
        return listed_reps(self._session.read(reps_call(first, last)))

    def schedule(self, visit: Visit) -> Outcome:
        """Put an event into somebody's calendar, or move it there."""
        try:
            call = schedule_call(visit, self._zone)
            if visit.mplan_id not in self._known and self._look_up(visit.mplan_id) is None:
                return Rejected(f"not sent: Crossmark has no event {visit.mplan_id}")
        except (ValueError, PlannerError) as error:
            return Rejected(f"not sent: {error}")
        return self._write(call, lambda answer: confirmed_id(visit, answer))

    def unschedule(self, schedule: ScheduleId) -> Outcome:
        """Take an entry out again."""
        try:
            call = unschedule_call(schedule)
        except ValueError as error:
            return Rejected(f"not sent: {error}")
        return self._write(call, lambda _: schedule)

    def reissue(self, schedule: ScheduleId, visit: Visit, expires: date) -> Outcome:
        """Have an event worked again, until before a day; it is open then, and still to be scheduled."""
        try:
            call = reissue_call(schedule, visit, expires)
        except ValueError as error:
            return Rejected(f"not sent: {error}")
        return self._write(call, lambda _: schedule)

    def _look_up(self, event: MplanId) -> ListedEvent | None:
        total, rows = page_of(self._session.read(event_call(event)))
        if not rows and not total:
            return None
        listed = [listed_event(row, self._zone) for row in rows]
        if total != 1 or [one.mplan_id for one in listed] != [event]:
            raise PlannerError(f"Crossmark answered with {total} events when it was asked for {event} alone")
        self._known.add(event)
        return listed[0]

    def _write(self, call: Call, confirm: Confirm) -> Outcome:
        began = time.monotonic()
        reply: Reply | PlannerError
        try:
            reply = self._session.write(call)
        except PlannerError as error:
            reply = error
        outcome = _outcome(reply, confirm, round((time.monotonic() - began) * 1000))
        _log(call, outcome)
        return outcome


def _outcome(reply: Reply | PlannerError, confirm: Confirm, took: int) -> Outcome:
    """What is certain after a write that took so many milliseconds."""
    if isinstance(reply, PlannerError):
        return Rejected(f"not sent: {reply}", took)
    if isinstance(reply, CrossmarkError):
        detail = f"{reply}: {reply.said}".removesuffix(": ")
        if reply.perhaps_executed:
            return Unknown(detail, timed_out=reply.fault is Fault.TIMED_OUT, milliseconds=took)
        return Rejected(detail, took)
    said = message_of(reply)
    if said and reply.get("ok", 1) not in _OK:
        return Rejected(said, took)
    try:
        return Done(_done(reply, confirm), took)
    except ValueError as error:
        return Unknown(str(error), milliseconds=took)


def _done(answer: Json, confirm: Confirm) -> ScheduleId:
    """Raises ValueError saying what an answer does not prove."""
    if answer.get("ok") not in _OK:
        raise ValueError("the answer says neither that it is done nor why not")
    return confirm(answer)


def _log(call: Call, outcome: Outcome) -> None:
    if isinstance(outcome, Done):
        logger.info("%s: done in %d ms", call.what, outcome.milliseconds)
    else:
        word = "rejected" if isinstance(outcome, Rejected) else "unknown"
        logger.warning("%s: %s after %d ms, %s", call.what, word, outcome.milliseconds, outcome.detail)
