"""How a write to the planner ended: told from what stands there afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduling_pipeline.roster.ids import LocationId, MplanId, RepId, ScheduleId
from scheduling_pipeline.roster.planner import (
    REISSUED,
    Booking,
    Done,
    ListedEvent,
    Outcome,
    PlannerError,
    Rejected,
    Unknown,
    Visit,
)
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.verdicts import Held, Operation, Verdict, judge
from scheduling_pipeline.roster.wording import sentence
from tests.roster.office import NOW, instant
from tests.roster.store import place

START = instant(place(4, "09:45", "a"))
VISIT = Visit(MplanId(30_000_001), LocationId(100_500), RepId(200_001), START, START + timedelta(hours=6))
SCHEDULE = Operation("id", 1, 1, "place", VISIT.mplan_id, VISIT.location_id, VISIT, None)
UNSCHEDULE = replace(SCHEDULE, visit=None, schedule=ScheduleId(40_000_001))
WANTED = Booking(ScheduleId(40_000_001), RepId(200_001), "READ,ADA", START)
OTHER = Booking(ScheduleId(40_000_001), RepId(200_002), "LUND,BO", START)
HELD = Held(RepId(200_002), START)


def listed(booking: Booking | None) -> ListedEvent:
    day = date(2026, 3, 1)
    location = LocationId(100_500)
    return ListedEvent(VISIT.mplan_id, "", day, day, "Scheduled", location, "", "", "", booking)


@pytest.mark.parametrize("answer", [Done(), Rejected("no"), Unknown("lost"), None])
@pytest.mark.parametrize(("operation", "stands"), [(SCHEDULE, WANTED), (UNSCHEDULE, None)])
def test_what_stands_as_it_was_to_be_is_done_whatever_the_answer(
    operation: Operation, stands: Booking | None, answer: Outcome | None
) -> None:
    assert judge(operation, answer, HELD, listed(stands)) == Verdict("done")


@pytest.mark.parametrize(
    ("answer", "again"), [(Done(), True), (Unknown("lost"), True), (Rejected("no"), False)]
)
@pytest.mark.parametrize("operation", [SCHEDULE, UNSCHEDULE])
def test_what_changed_nothing_may_be_sent_again_unless_it_was_refused(
    operation: Operation,
    answer: Outcome,
    again: bool,  # noqa: FBT001 - a test's parameter
) -> None:
    verdict = judge(operation, answer, HELD, listed(OTHER))
    assert (verdict.state, verdict.again) == ("rejected", again)


@pytest.mark.parametrize("before", [None, replace(HELD, start=NOW)])
def test_what_somebody_else_has_done_is_neither_sent_again_nor_undone(before: Held | None) -> None:
    verdict = judge(SCHEDULE, Unknown("lost"), before, listed(OTHER))
    assert (verdict.state, verdict.again) == ("rejected", False)
    assert verdict.reason is not None
    assert "LUND,BO" in sentence(verdict.reason)


def test_what_cannot_be_seen_is_unknown_unless_it_was_refused() -> None:
    unseen = PlannerError("down")
    assert judge(SCHEDULE, Done(), None, unseen).state == "unknown"
    assert judge(SCHEDULE, Rejected("no"), None, unseen).state == "rejected"
    assert judge(SCHEDULE, None, None, None).reason == Reason(Code.ROW_VANISHED)


def test_what_is_offered_again_is_told_from_its_condition() -> None:
    offer = replace(SCHEDULE, schedule=ScheduleId(40_000_001), expires=date(2026, 3, 9))
    assert offer.kind == "reissue"
    offered = replace(listed(None), condition=REISSUED)
    assert judge(offer, None, HELD, offered).state == "done"
    assert judge(offer, Unknown("lost"), HELD, listed(OTHER)).again
    taken_off = judge(offer, Done(), HELD, listed(None))
    assert (taken_off.state, taken_off.again) == ("rejected", False)
