"""Classes as events of their own: changed in place, taken away when dropped, and back when taken again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import THEIRS
from scheduling_pipeline.calendars.model import DesiredEvent, WeeklyRule
from tests.calendars.builders import MONDAY, NEXT_MONDAY, NOW, WEEK
from tests.calendars.cycle import assert_calendars_are_true
from tests.calendars.memory import Calendars, MemoryProvider
from tests.calendars.student import (
    BEFORE_TERM,
    BEGAN,
    BOTANY,
    LAST,
    WHOLE,
    ZOOLOGY,
    assert_quiet,
    by_hand,
    by_hand_without,
    course,
    exam,
    look_around,
    nightly,
    stands,
)

DROPPED = WHOLE[1:]


class TestRemoval:
    """A dropped course goes, whatever its student made of it; what took place stays."""

    def test_15_a_class_that_has_begun_ends_and_its_past_stays(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        assert nightly(engine, MemoryProvider(calendars), DROPPED).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).content == course(until=MONDAY).content
        assert_quiet(engine, calendars, DROPPED)
        assert_quiet(engine, calendars, DROPPED)

    def test_15_past_events_survive_when_the_source_forgets_them(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        later = NOW + 20 * WEEK
        night = nightly(engine, MemoryProvider(calendars), [], now=later)
        assert (night.plan.changes, night.plan.kept) == ((), {"past": 3})
        assert len(calendars.owned()) == 3

    def test_a_class_that_has_not_begun_is_deleted(self, engine: Engine, calendars: Calendars) -> None:
        by_hand(calendars, ZOOLOGY, summary="Animals!")
        provider = MemoryProvider(calendars)
        assert nightly(engine, provider, WHOLE[:2]).applied.counts == {"deleted": 1}
        assert provider.reads == {"looked up": 1}
        assert_quiet(engine, calendars, WHOLE[:2])

    @pytest.mark.parametrize("known", [False, True], ids=["new to us", "known"])
    def test_an_edited_class_ends_and_keeps_its_looks(
        self, engine: Engine, calendars: Calendars, *, known: bool
    ) -> None:
        edited = by_hand(calendars, BOTANY, summary="Plants!", rrule=WeeklyRule(LAST, frozenset({BEGAN})))
        if known:
            look_around(engine, MemoryProvider(calendars))
        assert nightly(engine, MemoryProvider(calendars), DROPPED).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).content == edited.ending_on(MONDAY)
        assert_quiet(engine, calendars, DROPPED)

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
        self, engine: Engine, calendars: Calendars, first: date, last_to_stay: date | None, *, known: bool
    ) -> None:
        times = course(first=first).content
        edited = by_hand(calendars, BOTANY, dtstart=times.dtstart, dtend=times.dtend)
        if known:
            look_around(engine, MemoryProvider(calendars))
        night = nightly(engine, MemoryProvider(calendars), DROPPED)
        if last_to_stay is None:
            assert night.applied.counts == {"deleted": 1}
            assert BOTANY not in {event.tag.uid for event in calendars.owned()}
        else:
            assert stands(calendars, BOTANY).content == edited.ending_on(last_to_stay)
        assert_quiet(engine, calendars, DROPPED)

    @pytest.mark.parametrize("known", [False, True], ids=["new to us", "known"])
    def test_a_class_that_its_student_ended_earlier_does_not_go_on_longer(
        self, engine: Engine, calendars: Calendars, *, known: bool
    ) -> None:
        edited = by_hand(calendars, BOTANY, rrule=WeeklyRule(BEGAN + WEEK))
        if known:
            look_around(engine, MemoryProvider(calendars))
        nightly(engine, MemoryProvider(calendars), DROPPED)
        assert stands(calendars, BOTANY).content == edited
        assert_quiet(engine, calendars, DROPPED)

    def test_a_class_made_into_one_event_that_is_past_stays(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        edited = by_hand(calendars, BOTANY, rrule=None)
        assert nightly(engine, MemoryProvider(calendars), DROPPED).applied.counts == {THEIRS: 1}
        assert stands(calendars, BOTANY).content == edited
        assert_quiet(engine, calendars, DROPPED)

    def test_a_class_of_which_every_date_so_far_was_taken_out_is_deleted(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        by_hand_without(calendars, BOTANY, *(BEGAN + number * WEEK for number in range(5)))
        look_around(engine, MemoryProvider(calendars))
        assert nightly(engine, MemoryProvider(calendars), DROPPED).applied.counts == {"deleted": 1}

    @pytest.mark.parametrize("uid", [BOTANY, ZOOLOGY])
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
        nightly(engine, MemoryProvider(calendars), DROPPED)
        assert nightly(engine, MemoryProvider(calendars), WHOLE).applied.counts == {"updated": 1}
        assert stands(calendars, BOTANY).provider_id == before
        assert_calendars_are_true(engine, calendars, WHOLE)
        assert_quiet(engine, calendars, WHOLE)

    @pytest.mark.parametrize("known", [False, True], ids=["new to us", "known"])
    def test_15_re_enrolment_in_a_class_whose_student_had_moved_it(
        self, engine: Engine, calendars: Calendars, *, known: bool
    ) -> None:
        later = course(start="15:00", end="16:00").content
        by_hand(calendars, BOTANY, dtstart=later.dtstart, dtend=later.dtend, summary="Plants!")
        if known:
            look_around(engine, MemoryProvider(calendars))
        nightly(engine, MemoryProvider(calendars), DROPPED)
        nightly(engine, MemoryProvider(calendars), WHOLE)
        assert stands(calendars, BOTANY).content == replace(WHOLE[0].content, summary="Plants!")
        assert_quiet(engine, calendars, WHOLE)

    def test_a_removal_that_its_owner_undoes_does_not_come_back(
        self, engine: Engine, calendars: Calendars
    ) -> None:
        nightly(engine, MemoryProvider(calendars), DROPPED)
        by_hand(calendars, BOTANY, rrule=WeeklyRule(LAST))
        look_around(engine, MemoryProvider(calendars))
        assert nightly(engine, MemoryProvider(calendars), DROPPED).applied.counts == {"updated": 1}
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
