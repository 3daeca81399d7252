"""Calendars whose owners change our events: what they changed stays theirs, the rest follows the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import MAX_TRIES, THEIRS
from scheduling_pipeline.calendars.model import Edits, WeeklyRule
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Operation, Outcome
from tests.calendars.builders import ANA, JO, MONDAY, NEXT_MONDAY, NOW, WEEK, standing
from tests.calendars.cycle import assert_calendars_are_true
from tests.calendars.memory import Calendars, MemoryProvider
from tests.calendars.student import (
    ALWAYS,
    BEGAN,
    BOTANY,
    FINAL,
    LAST,
    NEW_ROOM,
    WHOLE,
    ZOOLOGY,
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

OWN_EDITS: list[dict[str, Any]] = [
    {"summary": "Plants!"},
    {"description": ""},
    {"color": "3"},
    {"reminders": ()},
    {"reminders": None},
    {"dtstart": course(start="08:30").content.dtstart},
    {"dtend": course(end="11:00").content.dtend},
    {"rrule": WeeklyRule(MONDAY + WEEK)},
    {"rrule": WeeklyRule(other="RRULE:BYDAY=MO;FREQ=WEEKLY;INTERVAL=2")},
    {"rrule": None},
]


class TestEditedFields:
    @pytest.mark.parametrize("edit", OWN_EDITS, ids=str)
    def test_9_each_edited_field_is_kept_while_the_room_changes_and_the_next_run_is_quiet(
        self, engine: Engine, calendars: Calendars, edit: dict[str, Any]
    ) -> None:
        edited = by_hand(calendars, BOTANY, **edit)
        provider = MemoryProvider(calendars)
        night = nightly(engine, provider, NEW_ROOM)
        assert stands(calendars, BOTANY).content == replace(edited, location="B 2")
        assert edits_of(engine) == Edits(frozenset(edit))
        assert night.applied.counts == {"updated": 1}
        assert provider.reads == {"looked up": 1}
        assert_quiet(engine, calendars, NEW_ROOM)

    def test_9_a_room_of_ones_own_is_not_changed_at_all(self, engine: Engine, calendars: Calendars) -> None:
        edited = by_hand(calendars, BOTANY, location="Garden")
        night = nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        assert night.applied.counts == {THEIRS: 1}
        assert night.applied.by_calendar == {ANA: {THEIRS: 1}}
        assert (night.applied.writes, night.applied.failures) == (0, [])
        assert stands(calendars, BOTANY).content == edited
        assert_quiet(engine, calendars, NEW_ROOM)

    def test_9_an_edited_rule_keeps_the_times_when_the_class_moves(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        edited = by_hand(calendars, BOTANY, rrule=WeeklyRule(other="RRULE:BYDAY=MO;FREQ=WEEKLY;INTERVAL=2"))
        moved = [course(first=BEGAN + timedelta(days=1), start="15:00", end="16:00"), *WHOLE[1:]]
        assert nightly(engine, MemoryProvider(calendars), moved).applied.counts == {THEIRS: 1}
        assert stands(calendars, BOTANY).content == edited
        assert_quiet(engine, calendars, moved)

    def test_edits_of_one_night_after_another_all_stay(self, engine: Engine, calendars: Calendars) -> None:
        by_hand(calendars, BOTANY, summary="Plants!")
        nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        by_hand(calendars, BOTANY, color="3")
        desired = [course(location="C 3", summary="Botany I", color="5"), *WHOLE[1:]]
        nightly(engine, MemoryProvider(calendars), desired)
        after = stands(calendars, BOTANY).content
        assert (after.summary, after.color, after.location) == ("Plants!", "3", "C 3")
        assert edits_of(engine).fields == {"summary", "color"}
        assert_quiet(engine, calendars, desired)

    def test_an_edit_that_is_what_the_source_says_now_is_none(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand(calendars, BOTANY, location="B 2")
        nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        assert not edits_of(engine)
        assert_quiet(engine, calendars, NEW_ROOM)
        nightly(engine, MemoryProvider(calendars), WHOLE)
        assert stands(calendars, BOTANY).content == WHOLE[0].content

    def test_an_event_that_was_merely_saved_again_is_changed_as_planned(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand(calendars, BOTANY)
        assert nightly(engine, MemoryProvider(calendars), NEW_ROOM).applied.counts == {"updated": 1}
        assert not edits_of(engine)
        assert_calendars_are_true(engine, calendars, NEW_ROOM)

    def test_one_who_edits_while_we_write_is_met_halfway(self, engine: Engine, calendars: Calendars) -> None:
        class Meddling(MemoryProvider):
            def send(self, operations: Sequence[Operation]) -> list[Outcome]:
                if len(self.sent) < MAX_TRIES - 1:
                    by_hand(calendars, BOTANY, summary=f"Plants {len(self.sent)}")
                return super().send(operations)

        night = nightly(engine, Meddling(calendars), NEW_ROOM)
        assert night.applied.counts == {"updated": 1}
        after = stands(calendars, BOTANY).content
        assert (after.summary, after.location) == (f"Plants {MAX_TRIES - 2}", "B 2")
        assert_quiet(engine, calendars, NEW_ROOM)

    def test_one_who_never_stops_editing_is_left_for_another_night(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        class Restless(MemoryProvider):
            def send(self, operations: Sequence[Operation]) -> list[Outcome]:
                by_hand(calendars, BOTANY, summary=f"Plants {len(self.sent)}")
                return super().send(operations)

        night = nightly(engine, Restless(calendars), NEW_ROOM)
        assert night.applied.counts == {"failed": 1}
        assert nightly(engine, MemoryProvider(calendars), NEW_ROOM).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).content.summary == f"Plants {MAX_TRIES - 1}"
        assert_quiet(engine, calendars, NEW_ROOM)

    def test_one_persons_edits_are_nothing_to_another(self, engine: Engine, calendars: Calendars) -> None:
        both = [*WHOLE, course(calendar=JO)]
        nightly(engine, MemoryProvider(calendars), both)
        theirs = next(event for event in calendars.owned(ANA) if event.tag.uid == BOTANY)
        calendars.by_hand_edit(theirs, replace(theirs.content, location="Garden"))
        desired = [*NEW_ROOM, course(calendar=JO, location="B 2")]
        night = nightly(engine, MemoryProvider(calendars), desired)
        assert night.applied.by_calendar == {ANA: {THEIRS: 1}, JO: {"updated": 1}}
        (event,) = calendars.owned(JO)
        assert event.content.location == "B 2"


class TestDeletedDates:
    def test_9_a_date_taken_out_of_a_series_stays_out_while_the_room_changes(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        edited = by_hand_without(calendars, BOTANY, NEXT_MONDAY)
        nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        assert stands(calendars, BOTANY).content == replace(edited, location="B 2")
        assert edits_of(engine) == Edits(dates=frozenset({NEXT_MONDAY}))
        assert_quiet(engine, calendars, NEW_ROOM)

    def test_9_and_when_the_class_moves_to_another_weekday_and_back(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand_without(calendars, BOTANY, NEXT_MONDAY)
        thursday = timedelta(days=3)
        moved = [
            course(first=BEGAN + thursday, until=LAST + thursday, start="16:00", end="17:00"),
            *WHOLE[1:],
        ]
        nightly(engine, MemoryProvider(calendars), moved)
        assert (
            stands(calendars, BOTANY).content
            == course(
                *(BOTANY, BEGAN + thursday, "16:00", "17:00"),
                until=LAST + thursday,
                exdates=[NEXT_MONDAY + thursday],
            ).content
        )
        assert_quiet(engine, calendars, moved)
        nightly(engine, MemoryProvider(calendars), WHOLE)
        assert stands(calendars, BOTANY).content == course(exdates=[NEXT_MONDAY]).content
        assert_quiet(engine, calendars, WHOLE)

    def test_holidays_come_and_go_beside_them(self, engine: Engine, calendars: Calendars) -> None:
        by_hand_without(calendars, BOTANY, NEXT_MONDAY)
        holidays = [NEXT_MONDAY + WEEK, NEXT_MONDAY + 2 * WEEK]
        desired = [course(exdates=holidays), *WHOLE[1:]]
        nightly(engine, MemoryProvider(calendars), desired)
        assert stands(calendars, BOTANY).content == course(exdates=[NEXT_MONDAY, *holidays]).content
        assert_quiet(engine, calendars, desired)
        nightly(engine, MemoryProvider(calendars), WHOLE)
        assert stands(calendars, BOTANY).content == course(exdates=[NEXT_MONDAY]).content


class TestDeletedEvents:
    @pytest.mark.parametrize("uid", [BOTANY, FINAL])
    def test_9_10_one_that_is_deleted_stays_deleted_whatever_changes(
        self, engine: Engine, calendars: Calendars, uid: str
    ) -> None:
        calendars.by_hand_delete(stands(calendars, uid))
        changed = [course(location="B 2"), exam(location="Gym"), *WHOLE[2:]]
        night = nightly(engine, MemoryProvider(calendars), changed)
        assert night.applied.counts == {"updated": 1, THEIRS: 1}
        assert_quiet(engine, calendars, changed)
        again = [course(first=BEGAN + timedelta(days=1)), exam(day=NEXT_MONDAY + WEEK), *WHOLE[2:]]
        night = nightly(engine, MemoryProvider(calendars), again)
        assert night.applied.counts == {"updated": 1}
        assert night.plan.kept["deleted by their owners"] == 1
        assert uid not in {event.tag.uid for event in calendars.owned()}

    def test_10_one_that_is_deleted_while_we_write(self, engine: Engine, calendars: Calendars) -> None:
        class Meddling(MemoryProvider):
            def look_up(self, operations: Sequence[Operation]) -> Any:  # noqa: ANN401 - as the base says
                calendars.by_hand_delete(stands(calendars, BOTANY))
                return super().look_up(operations)

        by_hand(calendars, BOTANY, summary="Plants!")
        assert nightly(engine, Meddling(calendars), NEW_ROOM).applied.counts == {THEIRS: 1}
        assert_quiet(engine, calendars, NEW_ROOM)

    def test_one_that_is_taken_out_of_the_bin_is_kept_up_to_date_again(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        event = stands(calendars, BOTANY)
        calendars.by_hand_delete(event)
        nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        calendars.by_hand_restore(event)
        look_around(engine, MemoryProvider(calendars))
        assert nightly(engine, MemoryProvider(calendars), NEW_ROOM).applied.counts == {"updated": 1}
        assert_calendars_are_true(engine, calendars, NEW_ROOM)

    def test_a_look_at_everything_finds_what_was_deleted_and_edited(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        calendars.by_hand_delete(stands(calendars, FINAL))
        edited = by_hand(calendars, BOTANY, summary="Plants!")
        look_around(engine, MemoryProvider(calendars))
        assert_quiet(engine, calendars, WHOLE)
        provider = MemoryProvider(calendars)
        assert nightly(engine, provider, NEW_ROOM).applied.counts == {"updated": 1}
        assert provider.reads == {}
        assert stands(calendars, BOTANY).content == replace(edited, location="B 2")

    def test_one_that_stands_again_under_another_key_is_not_taken_away(self) -> None:
        row = standing(WHOLE[0], generation=2)
        planned = plan(
            WHOLE[:1], [row], windows=ALWAYS, kins=frozenset(), declined=frozenset({(ANA, BOTANY)}), now=NOW
        )
        assert (planned.changes, planned.kept) == ((), {"unchanged": 1})


class TestForce:
    def test_9_force_puts_everything_right_and_makes_deleted_events_again(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand_without(calendars, BOTANY, NEXT_MONDAY)
        by_hand(calendars, BOTANY, summary="Plants!", reminders=())
        calendars.by_hand_delete(stands(calendars, FINAL))
        changed = [course(location="B 2"), exam(location="Gym"), *WHOLE[2:]]
        nightly(engine, MemoryProvider(calendars), changed)  # the edits are known, and respected
        by_hand(calendars, ZOOLOGY, location="Zoo")  # and this one is not known yet
        night = nightly(engine, MemoryProvider(calendars), changed, force=True)
        assert night.applied.counts == {"updated": 2, "created": 1}
        assert_calendars_are_true(engine, calendars, changed)
        assert_quiet(engine, calendars, changed)

    def test_what_is_edited_after_that_is_theirs_again(self, engine: Engine, calendars: Calendars) -> None:
        by_hand(calendars, BOTANY, summary="Plants!")
        nightly(engine, MemoryProvider(calendars), WHOLE, force=True)
        by_hand(calendars, BOTANY, color="3")
        calendars.by_hand_delete(stands(calendars, FINAL))
        desired = [course(summary="Botany I"), exam(location="Gym"), *WHOLE[2:]]
        night = nightly(engine, MemoryProvider(calendars), desired)
        assert night.applied.counts == {"updated": 1, THEIRS: 1}
        assert stands(calendars, BOTANY).content == replace(desired[0].content, color="3")

    def test_nobody_elses_edits_are_forgotten(self, engine: Engine, calendars: Calendars) -> None:
        by_hand(calendars, BOTANY, summary="Plants!")
        nightly(engine, MemoryProvider(calendars), NEW_ROOM)
        nightly(engine, MemoryProvider(calendars), NEW_ROOM, force=True, calendars=[JO])
        assert edits_of(engine).fields == {"summary"}
