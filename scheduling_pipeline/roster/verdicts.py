"""How a write to the planner ended: told from what stands there afterwards. The answer explains it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from scheduling_pipeline.roster.ids import LocationId, MplanId, RepId, ScheduleId
from scheduling_pipeline.roster.planner import (
    REISSUED,
    Booking,
    ListedEvent,
    Outcome,
    PlannerError,
    Rejected,
    Unknown,
    Visit,
)
from scheduling_pipeline.roster.reasons import Code, Reason

Seen = ListedEvent | PlannerError | None
"""An event as it was found, None where the planner does not have it, or why nobody could look."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A write: `visit` is to stand, or, where it is None, the entry `schedule` is to go. With `expires` the
    event of that entry is offered again until then, for the `visit`. `why`: what it undoes."""

    id: str
    row_id: int | None
    event: int
    purpose: str  # place, move, drop, compensate or reissue
    mplan_id: MplanId
    location_id: LocationId
    visit: Visit | None
    schedule: ScheduleId | None
    expires: date | None = None
    why: str = ""

    @property
    def kind(self) -> Literal["schedule", "unschedule", "reissue"]:
        if self.expires is not None:
            return "reissue"
        return "schedule" if self.visit else "unschedule"


@dataclass(frozen=True, slots=True)
class Held:
    """Whom an event was held by, and from when on, before a write. `rep_id` is None for somebody unknown."""

    rep_id: RepId | None
    start: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a write ended, and why not otherwise. `again`: it certainly did not happen, nobody has said that it
    must not, and the event is as it was before."""

    state: Literal["done", "rejected", "unknown"]
    reason: Reason | None = None
    again: bool = False


def judge(operation: Operation, answer: Outcome | None, before: Held | None, seen: Seen) -> Verdict:
    """`answer` is None where the process that was to hear it died."""
    refused = isinstance(answer, Rejected)
    said = answer.detail if isinstance(answer, Rejected | Unknown) else ""
    if isinstance(seen, PlannerError) and not refused:
        return Verdict("unknown", _exception(said, f"what became of it could not be looked up: {seen}"))
    if seen is None:
        return Verdict("rejected", Reason(Code.ROW_VANISHED))
    if isinstance(seen, ListedEvent) and _is_done(operation, seen):
        return Verdict("done")
    if isinstance(seen, ListedEvent) and not _is_as_before(before, seen.booking):
        return Verdict("rejected", _exception(said, _somebody_else(seen.booking)))
    if refused:
        return Verdict("rejected", Reason(Code.API_MESSAGE, {"message": said}))
    return Verdict("rejected", _exception(said, "looked up: it did not happen"), again=True)


def _is_done(operation: Operation, seen: ListedEvent) -> bool:
    offered = operation.kind == "reissue" and seen.condition == REISSUED
    return offered or _is_wanted(operation.visit, seen.booking)


def _is_wanted(visit: Visit | None, booking: Booking | None) -> bool:
    if visit is None or booking is None:
        return visit is None and booking is None
    return (booking.rep_id, booking.start) == (visit.rep_id, visit.start)


def _is_as_before(before: Held | None, booking: Booking | None) -> bool:
    if before is None or booking is None:
        return before is None and booking is None
    return before.start == booking.start and before.rep_id in (None, booking.rep_id)


def _somebody_else(booking: Booking | None) -> str:
    if booking is None:
        return "looked up: somebody else has taken the event off the schedule meanwhile"
    who = booking.rep_name or f"rep {booking.rep_id}"
    return (
        f"looked up: the planner has it for {who} at {booking.start.isoformat()}, which is not what was sent"
    )


def _exception(*texts: str) -> Reason:
    return Reason(Code.API_EXCEPTION, {"message": "; ".join(text for text in texts if text)})
