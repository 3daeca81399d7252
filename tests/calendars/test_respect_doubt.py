"""Lost answers, a lost ledger and shut calendars, where owners edit: nothing is lost, doubled or made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import THEIRS
from scheduling_pipeline.calendars.model import DesiredEvent, Edits
from scheduling_pipeline.calendars.provider import Cause, Operation, OperationKind, Outcome, Unknown
from tests.calendars.builders import ANA, JO, NEXT_MONDAY, WEEK
from tests.calendars.cycle import assert_calendars_are_true
from tests.calendars.memory import Calendars, Fault, MemoryProvider, always, first_time
from tests.calendars.student import (
    BOTANY,
    FINAL,
    LAST,
    NEW_ROOM,
    WHOLE,
    assert_quiet,
    by_hand,
    by_hand_without,
    course,
    edits_of,
    exam,
    look_around,
    nightly,
    stands,
)
from tests.databases import empty


class TestDoubt:
    """Answers get lost; what we wrote ourselves is never taken for what its owner did."""

    LATER = course(location="B 2", summary="Botany I", start="10:00", end="11:00")

    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.LOST, Fault.SERVER_ERROR])
    def test_14_an_unanswered_change_comes_about_once(
        self, engine: Engine, calendars: Calendars, fault: Fault
    ) -> None:
        desired = [self.LATER, *WHOLE[1:]]
        night = nightly(engine, MemoryProvider(calendars, first_time(fault)), desired)
        assert night.applied.counts == {"updated": 1}
        assert calendars.writes["update"] == 1
        assert not edits_of(engine)
        assert_quiet(engine, calendars, desired)

    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.LOST])
    def test_an_edit_beside_an_unanswered_change_stays(
        self, engine: Engine, calendars: Calendars, fault: Fault
    ) -> None:
        """The student's edit comes after our write and before we look."""

        class Meddling(MemoryProvider):
            def send(self, operations: Sequence[Operation]) -> list[Outcome]:
                outcomes = super().send(operations)
                if len(self.sent) == 1:
                    by_hand(calendars, BOTANY, color="3")
                return outcomes

        desired = [self.LATER, *WHOLE[1:]]
        night = nightly(engine, Meddling(calendars, first_time(fault)), desired)
        assert night.applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).content == replace(self.LATER.content, color="3")
        assert edits_of(engine).fields == {"color"}
        assert_quiet(engine, calendars, desired)

    @pytest.mark.parametrize("lands", [False, True])
    @pytest.mark.parametrize("edit", [{}, {"color": "3"}, {"summary": "Plants!"}], ids=str)
    @pytest.mark.parametrize("then", [LATER, course(location="C 3", summary="Botany II"), course()])
    def test_a_change_left_open_is_told_from_what_its_owner_did_since(
        self, engine: Engine, calendars: Calendars, edit: dict[str, Any], then: DesiredEvent, *, lands: bool
    ) -> None:
        """Nobody could look, the owner edits, and by the next night the source may have changed its mind."""
        self._leave_open(engine, calendars, self.LATER, lands=lands)
        by_hand(calendars, BOTANY, **edit)
        desired = [then, *WHOLE[1:]]
        night = nightly(engine, MemoryProvider(calendars), desired)
        assert night.applied.counts["failed"] == 0
        assert stands(calendars, BOTANY).content == replace(then.content, **edit)
        assert edits_of(engine).fields == set(edit)
        assert_quiet(engine, calendars, desired)

    def test_a_date_deleted_after_a_change_left_open(self, engine: Engine, calendars: Calendars) -> None:
        desired = [course(until=LAST - WEEK), *WHOLE[1:]]
        self._leave_open(engine, calendars, desired[0], lands=True)
        by_hand_without(calendars, BOTANY, NEXT_MONDAY)
        desired = [course(until=LAST - 2 * WEEK), *WHOLE[1:]]
        nightly(engine, MemoryProvider(calendars), desired)
        after = stands(calendars, BOTANY).content
        assert after == course(until=LAST - 2 * WEEK, exdates=[NEXT_MONDAY]).content
        assert edits_of(engine) == Edits(dates=frozenset({NEXT_MONDAY}))

    @pytest.mark.parametrize("then", [LATER, course(location="C 3", summary="Botany II")])
    def test_while_a_write_is_in_doubt_its_event_waits(
        self, engine: Engine, calendars: Calendars, then: DesiredEvent
    ) -> None:
        self._leave_open(engine, calendars, self.LATER, lands=True)
        provider = MemoryProvider(calendars)
        provider.blind[ANA] = None
        desired = [then, exam(location="Gym"), *WHOLE[2:]]
        night = nightly(engine, provider, desired)
        assert night.applied.counts == {"updated": 1, "failed": 1}
        assert "not known yet" in night.applied.failures[0].detail
        nightly(engine, MemoryProvider(calendars), desired)
        assert_calendars_are_true(engine, calendars, desired)
        assert not edits_of(engine)

    def test_a_look_at_everything_does_not_take_a_write_in_doubt_for_an_edit(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        class CannotLookUp(MemoryProvider):
            def look_up(self, operations: Sequence[Operation]) -> Any:  # noqa: ANN401 - as the base says
                self.blind[ANA] = None
                found = super().look_up(operations)
                del self.blind[ANA]
                return found

        self._leave_open(engine, calendars, self.LATER, lands=True)
        look_around(engine, CannotLookUp(calendars))
        assert not edits_of(engine)
        desired = [course(location="C 3", summary="Botany II"), *WHOLE[1:]]
        nightly(engine, MemoryProvider(calendars), desired)
        assert_calendars_are_true(engine, calendars, desired)

    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.LOST])
    def test_a_removal_left_open_is_not_taken_for_the_owners(
        self, engine: Engine, calendars: Calendars, fault: Fault
    ) -> None:
        """The dropped class is gone, or goes, and comes back when the course does."""
        dropped = WHOLE[:2]
        self._blinded(engine, calendars, dropped, fault)
        nightly(engine, MemoryProvider(calendars), dropped)
        assert {event.tag.uid for event in calendars.owned()} == {BOTANY, FINAL}
        nightly(engine, MemoryProvider(calendars), WHOLE)
        assert_calendars_are_true(engine, calendars, WHOLE)

    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.LOST])
    def test_an_end_left_open_does_not_make_the_times_the_owners(
        self, engine: Engine, calendars: Calendars, fault: Fault
    ) -> None:
        by_hand(calendars, BOTANY, dtend=course(end="11:00").content.dtend)
        look_around(engine, MemoryProvider(calendars))
        self._blinded(engine, calendars, WHOLE[1:], fault)
        by_hand(calendars, BOTANY, summary="Plants!")
        nightly(engine, MemoryProvider(calendars), WHOLE[1:])
        nightly(engine, MemoryProvider(calendars), WHOLE)
        assert stands(calendars, BOTANY).content == replace(WHOLE[0].content, summary="Plants!")
        assert_quiet(engine, calendars, WHOLE)

    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.LOST, Fault.LATE])
    def test_14_an_unanswered_create_stands_once(self, engine: Engine, fault: Fault) -> None:
        calendars = Calendars()
        provider = MemoryProvider(calendars, first_time(fault, OperationKind.CREATE))
        nightly(engine, provider, WHOLE)
        provider.land_late()
        assert_calendars_are_true(engine, calendars, WHOLE)
        assert_quiet(engine, calendars, WHOLE)

    def test_an_unanswered_create_that_its_owner_edits_before_we_look(self, engine: Engine) -> None:
        calendars, provider = Calendars(), MemoryProvider(Calendars())
        self._blinded(engine, calendars, [course()], Fault.DROPPED)
        by_hand(calendars, BOTANY, summary="Plants!")
        nightly(engine, provider := MemoryProvider(calendars), [course(location="B 2")])
        assert stands(calendars, BOTANY).content == course(location="B 2", summary="Plants!").content
        assert provider.reads == {"looked up": 1}
        assert_quiet(engine, calendars, [course(location="B 2")])

    def test_an_unanswered_create_that_its_owner_deletes_before_we_look(self, engine: Engine) -> None:
        calendars = Calendars()
        self._blinded(engine, calendars, [course()], Fault.DROPPED)
        event = stands(calendars, BOTANY)
        calendars.by_hand_delete(event)
        assert nightly(engine, MemoryProvider(calendars), [course()]).applied.counts == {THEIRS: 1}
        assert_quiet(engine, calendars, [course()])
        assert_quiet(engine, calendars, [course(location="B 2")])
        calendars.by_hand_restore(event)
        look_around(engine, MemoryProvider(calendars))
        nightly(engine, MemoryProvider(calendars), [course(location="B 2")])
        assert_calendars_are_true(engine, calendars, [course(location="B 2")])

    def test_and_force_makes_it_all_the_same(self, engine: Engine) -> None:
        calendars = Calendars()
        self._blinded(engine, calendars, [course()], Fault.DROPPED)
        calendars.by_hand_delete(stands(calendars, BOTANY))
        nightly(engine, MemoryProvider(calendars), [course()])
        nightly(engine, MemoryProvider(calendars), [course()], force=True)
        assert_calendars_are_true(engine, calendars, [course()])
        assert_quiet(engine, calendars, [course()])

    def test_a_create_that_lands_after_we_looked_and_is_edited(self, engine: Engine) -> None:
        calendars = Calendars()
        provider = MemoryProvider(calendars, always(Fault.LATE))
        nightly(engine, provider, [course()])
        provider.land_late()
        by_hand(calendars, BOTANY, summary="Plants!")
        nightly(engine, MemoryProvider(calendars), [course(location="B 2")])
        assert stands(calendars, BOTANY).content == course(location="B 2", summary="Plants!").content
        assert edits_of(engine).fields == {"summary"}
        assert_quiet(engine, calendars, [course(location="B 2")])

    def _leave_open(self, engine: Engine, calendars: Calendars, wanted: DesiredEvent, *, lands: bool) -> None:
        """A write whose answer was lost, in a calendar that nobody could look into afterwards."""
        self._blinded(engine, calendars, [wanted, *WHOLE[1:]], Fault.DROPPED if lands else Fault.LOST)

    def _blinded(
        self, engine: Engine, calendars: Calendars, desired: Sequence[DesiredEvent], fault: Fault
    ) -> None:
        provider = MemoryProvider(calendars, always(fault))
        provider.blind[ANA] = None
        night = nightly(engine, provider, desired)
        assert night.applied.counts == {"unknown": len(night.plan.changes)}


class TestLostLedger:
    def test_14_what_stands_is_adopted_and_made_what_it_should_be(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand(calendars, FINAL, summary="Sweat")
        empty(engine)
        night = nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        assert sum(night.applied.counts.values()) == 3
        assert len(calendars.owned()) == 3
        assert_calendars_are_true(engine, calendars, NEW_ROOM)
        assert_quiet(engine, calendars, NEW_ROOM)

    def test_what_was_adopted_is_its_owners_to_edit_as_before(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        empty(engine)
        nightly(engine, MemoryProvider(calendars), WHOLE)
        edited = by_hand(calendars, BOTANY, color="3")
        nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        assert stands(calendars, BOTANY).content == replace(edited, location="B 2")


class TestOthersGoOn:
    @pytest.mark.parametrize("cause", [Cause.NO_CALENDAR, Cause.SIGN_IN, Cause.FORBIDDEN])
    def test_10_a_calendar_that_takes_nothing_stops_nobody_else(
        self, engine: Engine, calendars: Calendars, cause: Cause
    ) -> None:
        desired = [*NEW_ROOM, course(calendar=JO)]
        provider = MemoryProvider(calendars)
        provider.refused[ANA] = cause
        night = nightly(engine, provider, desired)
        assert night.applied.by_calendar == {ANA: {"failed": 1}, JO: {"created": 1}}
        assert night.applied.failures[0].cause is cause
        nightly(engine, MemoryProvider(calendars), desired)
        assert_calendars_are_true(engine, calendars, desired)

    def test_12_13_a_change_made_during_a_run_is_left_to_the_next(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        """A plan that another run has overtaken is not carried out."""

        class Overtaken(MemoryProvider):
            def send(self, operations: Sequence[Operation]) -> list[Outcome]:
                return [Unknown("nobody answers") for _ in operations]

        provider = Overtaken(calendars)
        night = nightly(engine, provider, NEW_ROOM)
        assert night.applied.counts == {"failed": 1}
        last = [course(location="C 3"), *WHOLE[1:]]
        nightly(engine, MemoryProvider(calendars), last)
        assert_calendars_are_true(engine, calendars, last)
