"""Calendars whose owners change our events: what they changed stays theirs, the rest follows the source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import MAX_TRIES, THEIRS
from scheduling_pipeline.calendars.model import DesiredEvent, Edits, WeeklyRule
from scheduling_pipeline.calendars.provider import Cause, Operation, OperationKind, Outcome, Unknown
from tests.calendars.builders import ANA, JO, MONDAY, NEXT_MONDAY, NOW, SCOPE, WEEK
from tests.calendars.cycle import assert_calendars_are_true, ledger_of
from tests.calendars.memory import Calendars, Fault, MemoryProvider, always, first_time
from tests.calendars.student import (
    BEGAN,
    LAST,
    by_hand,
    by_hand_without,
    course,
    exam,
    look_around,
    nightly,
    stands,
)
from tests.databases import empty

BOTANY, FINAL = "class-botany", "exam-botany"
BEFORE_TERM = NOW - 6 * WEEK
WHOLE = [course(), exam(), course("class-zoology", NEXT_MONDAY, "13:00", "14:00", summary="Zoology")]
NEW_ROOM = [course(location="B 2"), *WHOLE[1:]]
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


@pytest.fixture
def calendars(engine: Engine) -> Calendars:
    """Ana's calendar, as it should stand from before the term began."""
    calendars = Calendars(guards_deletes=True)
    nightly(engine, MemoryProvider(calendars), WHOLE, now=BEFORE_TERM)
    return calendars


def edits_of(engine: Engine, uid: str = BOTANY) -> Edits:
    (row,) = [row for row in ledger_of(engine).live(SCOPE) if row.uid == uid]
    return row.edits


def assert_quiet(engine: Engine, calendars: Calendars, desired: Sequence[DesiredEvent]) -> None:
    """One more night writes nothing and reads nothing, and the ledger says what stands."""
    provider = MemoryProvider(calendars)
    night = nightly(engine, provider, desired)
    assert (night.plan.changes, night.applied.counts, night.settled) == ((), {}, {})
    assert (provider.sent, provider.reads) == ([], {})
    live = {(row.calendar, row.tag, row.content) for row in ledger_of(engine).live(SCOPE)}
    assert live == {(event.calendar, event.tag, event.content) for event in calendars.owned()}


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


class TestForce:
    def test_9_force_puts_everything_right_and_makes_deleted_events_again(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand_without(calendars, BOTANY, NEXT_MONDAY)
        by_hand(calendars, BOTANY, summary="Plants!", reminders=())
        calendars.by_hand_delete(stands(calendars, FINAL))
        changed = [course(location="B 2"), exam(location="Gym"), *WHOLE[2:]]
        nightly(engine, MemoryProvider(calendars), changed)  # the edits are known, and respected
        by_hand(calendars, "class-zoology", location="Zoo")  # and this one is not known yet
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


class TestRemoval:
    """A dropped course goes, whatever its student made of it; what took place stays."""

    DROPPED = WHOLE[1:]

    def test_15_a_class_that_has_begun_ends_and_its_past_stays(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        assert nightly(engine, MemoryProvider(calendars), self.DROPPED).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).content == course(until=MONDAY).content
        assert_quiet(engine, calendars, self.DROPPED)
        assert_quiet(engine, calendars, self.DROPPED)

    def test_15_past_events_survive_when_the_source_forgets_them(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        later = NOW + 20 * WEEK
        night = nightly(engine, MemoryProvider(calendars), [], now=later)
        assert (night.plan.changes, night.plan.kept) == ((), {"past": 3})
        assert len(calendars.owned()) == 3

    def test_a_class_that_has_not_begun_is_deleted(self, engine: Engine, calendars: Calendars) -> None:
        by_hand(calendars, "class-zoology", summary="Animals!")
        provider = MemoryProvider(calendars)
        assert nightly(engine, provider, WHOLE[:2]).applied.counts == {"deleted": 1}
        assert provider.reads == {"looked up": 1}
        assert_quiet(engine, calendars, WHOLE[:2])

    @pytest.mark.parametrize("known", [False, True], ids=["new to us", "known"])
    def test_an_edited_class_ends_and_keeps_its_looks(
        self, engine: Engine, calendars: Calendars, known: bool
    ) -> None:
        edited = by_hand(calendars, BOTANY, summary="Plants!", rrule=WeeklyRule(LAST, frozenset({BEGAN})))
        if known:
            look_around(engine, MemoryProvider(calendars))
        assert nightly(engine, MemoryProvider(calendars), self.DROPPED).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).content == edited.ending_on(MONDAY)
        assert_quiet(engine, calendars, self.DROPPED)

    @pytest.mark.parametrize("known", [False, True], ids=["new to us", "known"])
    @pytest.mark.parametrize(
        ("first", "last_to_stay"),
        [
            (BEGAN + timedelta(days=2), date(2026, 3, 4)),  # Wednesdays: today's class was this morning
            (BEGAN + timedelta(days=3), date(2026, 2, 26)),
            (NEXT_MONDAY, None),  # moved to the future: nothing of it took place
        ],
    )
    def test_a_class_that_was_moved_ends_where_it_is_now(
        self, engine: Engine, calendars: Calendars, first: date, last_to_stay: date | None, known: bool
    ) -> None:
        times = course(first=first).content
        edited = by_hand(calendars, BOTANY, dtstart=times.dtstart, dtend=times.dtend)
        if known:
            look_around(engine, MemoryProvider(calendars))
        night = nightly(engine, MemoryProvider(calendars), self.DROPPED)
        if last_to_stay is None:
            assert night.applied.counts == {"deleted": 1}
            assert BOTANY not in {event.tag.uid for event in calendars.owned()}
        else:
            assert stands(calendars, BOTANY).content == edited.ending_on(last_to_stay)
        assert_quiet(engine, calendars, self.DROPPED)

    @pytest.mark.parametrize("known", [False, True], ids=["new to us", "known"])
    def test_a_class_that_its_student_ended_earlier_does_not_go_on_longer(
        self, engine: Engine, calendars: Calendars, known: bool
    ) -> None:
        edited = by_hand(calendars, BOTANY, rrule=WeeklyRule(BEGAN + WEEK))
        if known:
            look_around(engine, MemoryProvider(calendars))
        nightly(engine, MemoryProvider(calendars), self.DROPPED)
        assert stands(calendars, BOTANY).content == edited
        assert_quiet(engine, calendars, self.DROPPED)

    def test_a_class_made_into_one_event_that_is_past_stays(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        edited = by_hand(calendars, BOTANY, rrule=None)
        assert nightly(engine, MemoryProvider(calendars), self.DROPPED).applied.counts == {THEIRS: 1}
        assert stands(calendars, BOTANY).content == edited
        assert_quiet(engine, calendars, self.DROPPED)

    def test_a_class_of_which_every_date_so_far_was_taken_out_is_deleted(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand_without(calendars, BOTANY, *(BEGAN + number * WEEK for number in range(5)))
        look_around(engine, MemoryProvider(calendars))
        assert nightly(engine, MemoryProvider(calendars), self.DROPPED).applied.counts == {"deleted": 1}

    @pytest.mark.parametrize("uid", [BOTANY, "class-zoology"])
    def test_10_one_that_was_deleted_by_hand_can_come_back_with_the_course(
        self, engine: Engine, calendars: Calendars, uid: str
    ) -> None:
        calendars.by_hand_delete(stands(calendars, uid))
        dropped = [event for event in WHOLE if event.uid != uid]
        night = nightly(engine, MemoryProvider(calendars), dropped)
        assert sum(night.applied.counts.values()) == 1
        assert night.applied.failures == []
        assert_quiet(engine, calendars, dropped)
        assert nightly(engine, MemoryProvider(calendars), WHOLE).applied.counts == {"created": 1}
        assert stands(calendars, uid).tag.generation == 2

    def test_15_re_enrolment_lets_the_same_event_go_on(self, engine: Engine, calendars: Calendars) -> None:
        before = stands(calendars, BOTANY).provider_id
        nightly(engine, MemoryProvider(calendars), self.DROPPED)
        assert nightly(engine, MemoryProvider(calendars), WHOLE).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).provider_id == before
        assert_calendars_are_true(engine, calendars, WHOLE)
        assert_quiet(engine, calendars, WHOLE)

    @pytest.mark.parametrize("known", [False, True], ids=["new to us", "known"])
    def test_15_re_enrolment_in_a_class_whose_student_had_moved_it(
        self, engine: Engine, calendars: Calendars, known: bool
    ) -> None:
        later = course(start="15:00", end="16:00").content
        by_hand(calendars, BOTANY, dtstart=later.dtstart, dtend=later.dtend, summary="Plants!")
        if known:
            look_around(engine, MemoryProvider(calendars))
        nightly(engine, MemoryProvider(calendars), self.DROPPED)
        nightly(engine, MemoryProvider(calendars), WHOLE)
        assert stands(calendars, BOTANY).content == replace(WHOLE[0].content, summary="Plants!")
        assert_quiet(engine, calendars, WHOLE)

    def test_a_removal_that_its_owner_undoes_does_not_come_back(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        nightly(engine, MemoryProvider(calendars), self.DROPPED)
        by_hand(calendars, BOTANY, rrule=WeeklyRule(LAST))
        look_around(engine, MemoryProvider(calendars))
        assert nightly(engine, MemoryProvider(calendars), self.DROPPED).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).content == course(until=MONDAY).content


class TestSeriesWithoutKin:
    """A class is one event, changed in place."""

    @pytest.mark.parametrize(
        "after",
        [
            course(location="B 2"),
            course(description="Rolf Berg"),
            course(start="10:30", end="11:45"),
            course(first=BEGAN + timedelta(days=2), until=LAST + timedelta(days=2)),
            course(first=BEGAN - WEEK),
            course(until=LAST - 2 * WEEK),
            course(exdates=[NEXT_MONDAY]),
            course(first=NEXT_MONDAY, start="17:00", end="19:00", summary="Botany I", reminders=None),
        ],
        ids=["room", "teacher", "time", "weekday", "first", "last", "holiday", "all"],
    )
    def test_8_17_each_change_is_one_write_to_the_same_event(
        self, engine: Engine, calendars: Calendars, after: DesiredEvent
    ) -> None:
        before = stands(calendars, BOTANY)
        provider = MemoryProvider(calendars)
        desired = [after, *WHOLE[1:]]
        assert nightly(engine, provider, desired).applied.counts == {"updated": 1}
        assert provider.reads == {}
        changed = stands(calendars, BOTANY)
        assert (changed.provider_id, changed.tag) == (before.provider_id, before.tag)
        assert changed.content == after.content
        assert_quiet(engine, calendars, desired)

    def test_a_holiday_is_named_in_the_reason(self, engine: Engine, calendars: Calendars) -> None:
        desired = [course(exdates=[NEXT_MONDAY]), *WHOLE[1:]]
        (change,) = nightly(engine, MemoryProvider(calendars), desired).plan.changes
        assert change.reason == "not on 2026-03-09"

    def test_7_a_second_run_writes_nothing_and_reads_nothing(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        assert_quiet(engine, calendars, WHOLE)
        assert calendars.writes == {"create": 3}


class TestBrake:
    """Without weeks of its own, a scope is braked by its calendars and as a whole."""

    EXAMS = tuple(exam(f"exam-{number}", NEXT_MONDAY + timedelta(days=number % 5)) for number in range(4))

    def test_a_week_may_be_emptied(self, engine: Engine) -> None:
        calendars, wanted = Calendars(), [course(), *self.EXAMS]
        nightly(engine, MemoryProvider(calendars), wanted, now=BEFORE_TERM)
        night = nightly(engine, MemoryProvider(calendars), wanted[:1])
        assert (night.braked.held, night.applied.counts) == ((), {"deleted": 4})

    def test_a_calendar_is_not_wiped_out_unless_somebody_says_so(self, engine: Engine) -> None:
        calendars, wanted = Calendars(), [course(), *self.EXAMS]
        nightly(engine, MemoryProvider(calendars), wanted, now=BEFORE_TERM)
        night = nightly(engine, MemoryProvider(calendars), [])
        assert (len(night.braked.held), night.applied.counts) == (5, {})
        keys = [change.key for change in night.braked.held]
        night = nightly(engine, MemoryProvider(calendars), [], released=[keys])
        assert night.applied.counts == {"deleted": 4, "updated": 1}
        assert stands(calendars, BOTANY).content == course(until=MONDAY).content

    def test_many_at_once_wait_whoever_they_belong_to(self, engine: Engine) -> None:
        calendars = Calendars()
        names = [f"student-{number}" for number in range(20)]
        wanted = [course(calendar=name, first=BEGAN) for name in names]
        nightly(engine, MemoryProvider(calendars), wanted, now=BEFORE_TERM, calendars=names)
        night = nightly(engine, MemoryProvider(calendars), wanted[12:], calendars=names)
        assert (len(night.braked.held), night.applied.counts) == (12, {})


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
        self, engine: Engine, calendars: Calendars, lands: bool, edit: dict[str, Any], then: DesiredEvent
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
