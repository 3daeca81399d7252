"""What to do next for rows that hang together: told from what stands, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.roster.outbox import row_after
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.steps import Fail, Finish, Row, Send, Spot, components, next_step, units_of
from scheduling_pipeline.roster.verdicts import Verdict
from scheduling_pipeline.roster.wording import sentence
from tests.roster.office import instant
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


def test_the_steps_of_many_rows_are_found_quickly() -> None:
    rows: Sequence[Row] = [row(number, spot(number % 20, f"p{number // 20}")) for number in range(2_000)]
    assert len(components(rows)) == 2_000


def done(one: Row) -> Row:
    """It stands as it was to be."""
    return replace(one, status="api_submitted", stands=one.wanted)


def failed(one: Row) -> Row:
    return replace(one, status="api_failed", problem="no")


def vacated(one: Row) -> Row:
    """It has left its place, and is still to be placed anew."""
    return replace(one, stands=None)


TAKER = row(1, spot(1, "a"))
GIVER = row(2, spot(2, "b"), spot(1, "a"), made_room_for=1)
LAST = row(3, spot(3, "c"), spot(2, "b"), made_room_for=1)


def test_the_end_of_a_chain_leaves_first_and_its_head_comes_first() -> None:
    world = [TAKER, GIVER, LAST]
    order = []
    while step := next_step(world, {}):
        assert isinstance(step, Send | Finish)
        if isinstance(step, Send):
            order.append((step.row.event, step.purpose, step.to))
            after = replace(step.row, stands=step.to)
        else:
            after = replace(step.row, status="api_submitted")
        world = [after if one.id == after.id else one for one in world]
    assert order == [
        (3, "move", None),
        (2, "move", None),
        (1, "place", spot(1, "a")),
        (2, "move", spot(2, "b")),
        (3, "move", spot(3, "c")),
    ]


def test_who_made_room_for_nothing_goes_back_to_its_place() -> None:
    step = next_step([failed(TAKER), vacated(GIVER)], {})
    assert isinstance(step, Send)
    assert (step.row.event, step.purpose, step.to) == (2, "compensate", spot(1, "a"))
    assert "event 1" in step.why


def test_who_never_left_stays_without_a_write() -> None:
    step = next_step([failed(TAKER), GIVER], {})
    assert isinstance(step, Fail)
    assert (step.row.event, step.reason.code) == (2, Code.TOGETHER)


def test_who_cannot_go_on_goes_back_unless_somebody_is_there_by_now() -> None:
    refused = {GIVER.id: Reason(Code.OVERTAKEN)}
    back = next_step([TAKER, vacated(GIVER)], refused)
    assert isinstance(back, Send)
    assert (back.purpose, back.to) == ("compensate", spot(1, "a"))
    gone = next_step([done(TAKER), vacated(GIVER)], refused)
    assert isinstance(gone, Fail)
    assert (gone.row.event, gone.reason.code) == (2, Code.OVERTAKEN)


PARTNER = row(4, spot(2, "boss"), spot(1, "boss"), core=2)


def test_what_is_undone_goes_back_to_where_it_was() -> None:
    step = next_step([done(GIVER), failed(PARTNER)], {})
    assert isinstance(step, Send)
    assert (step.row.event, step.purpose, step.to) == (2, "compensate", spot(1, "a"))
    assert step.why.startswith("Its Supervisor event (event 4)")


def test_what_is_undone_goes_nowhere_where_its_place_is_taken_or_it_had_none() -> None:
    taken = next_step([done(TAKER), done(GIVER), failed(PARTNER)], {})
    assert isinstance(taken, Send)
    assert (taken.row.event, taken.purpose, taken.to) == (2, "compensate", None)
    new = row(2, spot(2, "b"))
    placed = next_step([done(new), failed(row(4, spot(2, "boss"), core=2))], {})
    assert isinstance(placed, Send)
    assert placed.to is None


def test_what_was_undone_is_not_undone_again() -> None:
    told = replace(failed(GIVER), stands=GIVER.previous)
    assert next_step([told, failed(PARTNER)], {}) is None
    kept = replace(done(GIVER), problem="It could not be put back as it was")
    assert next_step([kept, failed(PARTNER)], {}) is None


@pytest.mark.parametrize(
    ("reissued", "stands", "purpose"),
    [
        (False, spot(1, "a"), "reissue"),
        (True, spot(1, "a"), "move"),  # the planner keeps the old entry, or has not taken it away yet
        (True, None, "move"),
        (False, None, "move"),  # somebody has taken the old entry off
    ],
)
def test_an_event_is_offered_again_once_and_then_placed(
    reissued: bool,  # noqa: FBT001 - a test's parameter
    stands: Spot | None,
    purpose: str,
) -> None:
    again = replace(row(1, spot(5, "b"), spot(1, "a")), expires=date(2026, 3, 20))
    step = next_step([replace(again, reissued=reissued, stands=stands)], {})
    assert isinstance(step, Send)
    assert (step.purpose, step.to) == (purpose, spot(5, "b"))
