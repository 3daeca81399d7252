"""What to do next for rows that hang together, and how a write ended: told from what stands, without a
database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.roster.ids import LocationId, MplanId, RepId, ScheduleId
from scheduling_pipeline.roster.outbox import row_after
from scheduling_pipeline.roster.planner import (
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
from scheduling_pipeline.roster.steps import Fail, Finish, Row, Send, Spot, components, next_step, units_of
from scheduling_pipeline.roster.verdicts import Held, Operation, Verdict, judge
from scheduling_pipeline.roster.wording import sentence
from tests.roster.office import NOW, instant
from tests.roster.store import place

REFUSED = Verdict("rejected", Reason(Code.API_MESSAGE, {"message": "no"}))
DONE = Verdict("done")
SOME_REFUSED = st.sets(st.integers(1, 14), max_size=3)


def spot(day: int, employee: str) -> Spot:
    start = instant(place(day, "09:45", employee))
    return Spot(employee, start, start.date())


def row(
    event: int,
    wanted: Spot | None,
    previous: Spot | None = None,
    *,
    core: int | None = None,
    made_room_for: int | None = None,
) -> Row:
    return Row(
        id=event,
        run=1,
        event=event,
        status="approved",
        wanted=wanted,
        previous=previous,
        stands=previous,
        core=core,
        shift=core is None,
        made_room_for=made_room_for,
    )


@dataclass
class World:
    """Rows that hang together, and which of the writes, counted from 1, the planner refuses."""

    rows: list[Row]
    refuses: set[int]
    sent: int = 0

    def run(self, refused: Mapping[int, Reason]) -> None:
        while step := next_step(self.rows, refused):
            self._take(step)
            assert self.sent <= 4 * len(self.rows), "it does not come to an end"

    def _take(self, step: Send | Fail | Finish) -> None:
        match step:
            case Fail(old, reason):
                self._set(replace(old, status="api_failed", problem=sentence(reason)))
            case Finish(old):
                self._set(replace(old, status="api_submitted"))
            case Send(old, _, to, _):
                self.sent += 1
                verdict = REFUSED if self.sent in self.refuses else DONE
                after = replace(old, stands=to) if verdict.state == "done" else old
                status, told = row_after(after, step, verdict, again=False)
                self._set(replace(after, status=status, problem=sentence(told) if told else ""))

    def _set(self, new: Row) -> None:
        self.rows = [new if one.id == new.id else one for one in self.rows]


@st.composite
def chains(draw: st.DrawFn) -> list[Row]:
    """An event that is placed or moved, and others that make room one for the other; each with a Supervisor
    event or without, the last one perhaps dropped."""
    length = draw(st.integers(1, 4))
    rows: list[Row] = []
    for number in range(length):
        event = 100 + number
        last = number == length - 1
        previous = spot(number, f"p{number}") if number or draw(st.booleans()) else None
        wanted: Spot | None = spot(number + 1, f"p{number + 1}")
        if last and previous and draw(st.booleans()):
            wanted = None
        rows.append(row(event, wanted, previous, made_room_for=100 if number else None))
        if draw(st.booleans()):
            rows.append(
                row(
                    event + 100,
                    wanted and replace(wanted, employee="boss"),
                    previous and replace(previous, employee="boss"),
                    core=event,
                )
            )
    return draw(st.permutations(rows))


@settings(max_examples=400)
@given(chains(), SOME_REFUSED, st.one_of(st.just(set()), st.sets(st.integers(100, 204), max_size=2)))
def test_it_always_comes_to_an_end_and_nobody_is_booked_twice(
    rows: list[Row], refuses: set[int], overtaken: set[int]
) -> None:
    world = World(rows, refuses)
    world.run({number: Reason(Code.OVERTAKEN) for number in overtaken})
    assert {one.status for one in world.rows} <= {"api_submitted", "api_failed"}
    taken = [(one.stands.employee, one.stands.day) for one in world.rows if one.stands and one.shift]
    assert len(taken) == len(set(taken))
    for one in world.rows:
        assert one.status == "api_failed" or one.stands == one.wanted
        assert one.status == "api_submitted" or one.problem


@settings(max_examples=200)
@given(chains(), SOME_REFUSED)
def test_a_pair_stands_as_a_whole_unless_it_could_not_be_put_back(rows: list[Row], refuses: set[int]) -> None:
    world = World(rows, refuses)
    world.run({})
    by_event = {one.event: one for one in world.rows}
    for one in world.rows:
        core = by_event.get(one.core or 0)
        if core is not None and one.status != core.status:
            assert any("could not be put back" in told.problem for told in (one, core))


@given(chains())
def test_all_that_goes_well_ends_as_it_is_wanted_with_each_place_written_once(rows: list[Row]) -> None:
    world = World(rows, set())
    world.run({})
    assert all(one.stands == one.wanted and one.status == "api_submitted" for one in world.rows)
    assert next_step(world.rows, {}) is None
    made_room = sum(one.made_room_for is not None and one.wanted is not None for one in rows)
    assert world.sent == len(rows) + made_room


def test_rows_hang_together_by_pairs_and_by_places() -> None:
    taker = row(1, spot(1, "a"))
    giver = row(2, spot(2, "b"), spot(1, "a"))
    partner = row(3, spot(2, "boss"), spot(1, "boss"), core=2)
    alone = row(4, spot(5, "c"))
    assert components([alone, partner, giver, taker]) == [[taker, giver, partner], [alone]]
    assert units_of([partner, giver, taker]) == [[taker], [giver, partner]]


def test_events_that_trade_places_are_one_unit() -> None:
    one = row(1, spot(2, "b"), spot(1, "a"))
    other = row(2, spot(1, "a"), spot(2, "b"))
    assert units_of([one, other]) == [[one, other]]
    world = World([one, other], set())
    world.run({})
    assert world.sent == 2  # neither is ever without a place


def test_nothing_is_built_on_a_write_of_which_nobody_knows_how_it_ended() -> None:
    taker = row(1, spot(1, "a"))
    giver = replace(row(2, spot(2, "b"), spot(1, "a")), status="unknown")
    assert next_step([taker, giver], {}) is None


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
    assert judge(operation, answer, HELD, listed(stands)) == DONE


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


def test_the_steps_of_many_rows_are_found_quickly() -> None:
    rows: Sequence[Row] = [row(number, spot(number % 20, f"p{number // 20}")) for number in range(2_000)]
    assert len(components(rows)) == 2_000
