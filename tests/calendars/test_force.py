"""Putting right by force what people changed: all of it, for good, and only where it came about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from scheduling_pipeline.calendars.model import ChangeKind, DesiredEvent, Edits, EventContent, Tag
from scheduling_pipeline.calendars.provider import Cause
from scheduling_pipeline.course_calendars import State
from scheduling_pipeline.courses.events import SCOPE
from tests.calendars.builders import ANA, JO, MONDAY, NEXT_MONDAY, WEEK
from tests.calendars.cycle import ledger_of
from tests.calendars.memory import Fault, MemoryProvider, always
from tests.calendars.semester import Semester, of_courses, usual
from tests.calendars.student import BOTANY, FINAL, by_hand, by_hand_without, course, exam, stands

ZOOLOGY = "class-zoology"
ROOMS = of_courses(
    course(location="B 2"), exam(location="Gym"), course(ZOOLOGY, start="13:00", end="14:00", location="B 3")
)
WANTED = of_courses(course(), exam(), course(ZOOLOGY, start="13:00", end="14:00"))
FURTHER = NEXT_MONDAY + WEEK


@pytest.fixture
def semester(engine: Engine) -> Semester:
    """Ana's courses stand in her calendar."""
    opened = Semester(engine)
    opened.enrol(ANA)
    opened.begin(WANTED)
    return opened


def contents(desired: list[DesiredEvent], calendar: str = ANA) -> dict[str, EventContent]:
    """What a calendar should show."""
    return {event.uid: event.content for event in desired if event.calendar == calendar}


def busy_with(semester: Semester, uid: str) -> MemoryProvider:
    """A provider that takes no write to one event."""
    return MemoryProvider(
        semester.calendars, lambda operation: Fault.THROTTLED if operation.tag.uid == uid else None
    )


def meddle(semester: Semester) -> None:
    """Ana has a title of her own, another time, leaves out two dates, moves one, and deletes her exam."""
    calendars = semester.calendars
    by_hand(calendars, BOTANY, summary="Plants!")
    later = course(start="15:00", end="16:00").content
    by_hand(calendars, ZOOLOGY, dtstart=later.dtstart, dtend=later.dtend)
    calendars.by_hand_date(stands(calendars, BOTANY), MONDAY, deleted=True)
    calendars.by_hand_date(stands(calendars, BOTANY), NEXT_MONDAY, deleted=True)
    calendars.by_hand_date(stands(calendars, BOTANY), FURTHER, deleted=False)
    calendars.by_hand_delete(stands(calendars, FINAL))


class TestAForcePlanThatIsNotCarriedOut:
    def test_leaves_all_that_is_known_to_be_theirs(self, semester: Semester) -> None:
        by_hand(semester.calendars, BOTANY, summary="Plants!")
        by_hand_without(semester.calendars, ZOOLOGY, NEXT_MONDAY)
        semester.calendars.by_hand_delete(stands(semester.calendars, FINAL))
        semester.run(ROOMS)
        known = semester.edits(), semester.declined(), semester.shown()
        assert known[0] == {
            BOTANY: Edits(frozenset({"summary"})),
            ZOOLOGY: Edits(dates=frozenset({NEXT_MONDAY})),
        }
        assert known[1] == {FINAL}

        planned = semester.night(force=True).plan(WANTED)

        assert len(planned.plan.free) == 3
        assert (semester.edits(), semester.declined(), semester.shown()) == known

    def test_and_the_next_normal_run_respects_what_it_saw(self, semester: Semester) -> None:
        meddle(semester)
        semester.night(force=True).plan(WANTED)

        semester.run(ROOMS)

        shown = semester.shown()
        assert (shown[BOTANY].summary, shown[BOTANY].location) == ("Plants!", "B 2")
        assert (f"{shown[ZOOLOGY].dtstart:%H:%M}", shown[ZOOLOGY].location) == ("15:00", "B 3")
        assert FINAL not in shown
        assert semester.single_dates() == {(BOTANY, MONDAY), (BOTANY, NEXT_MONDAY), (BOTANY, FURTHER)}
        semester.assert_quiet(ROOMS)

    def test_for_want_of_a_sign_in(self, semester: Semester) -> None:
        meddle(semester)
        night = semester.night(force=True)
        night.plan(WANTED)
        known = semester.edits(), semester.declined()
        assert known[1] == {FINAL}
        night.provider.refused = {ANA: Cause.SIGN_IN}

        night.apply()
        night.note()

        assert night.states == {ANA: State.SIGN_IN}
        assert (semester.edits(), semester.declined()) == known

    def test_because_removals_are_held(self, engine: Engine) -> None:
        semester = Semester(engine)
        semester.enrol(ANA)
        many = of_courses(
            course(), *(exam(f"exam-{n}", NEXT_MONDAY + n * timedelta(days=1)) for n in range(12))
        )
        semester.begin(many)
        by_hand(semester.calendars, BOTANY, summary="Plants!")

        night = semester.run(many[:1], force=True)

        assert night.states == {ANA: State.HELD}
        assert semester.shown()[BOTANY] == many[0].content
        semester.run(of_courses(course(summary="Botany II")))
        assert semester.shown()[BOTANY].summary == "Botany II", "what was put right is not theirs any more"


class TestForcePutsRight:
    def test_everything(self, semester: Semester) -> None:
        meddle(semester)
        ids = {event.tag.uid: event.provider_id for event in semester.calendars.owned()}

        night = semester.run(WANTED, force=True)

        kinds = {change.uid: change.kind for change in night.planned.plan.free}
        assert kinds == {
            BOTANY: ChangeKind.REMAKE,
            ZOOLOGY: ChangeKind.UPDATE,
            FINAL: ChangeKind.CREATE,
        }
        assert night.states == {ANA: State.SYNCED}
        assert semester.shown() == contents(WANTED)
        assert semester.single_dates() == set()
        assert (semester.edits(), semester.declined()) == ({}, set())
        assert stands(semester.calendars, BOTANY).provider_id != ids[BOTANY]
        assert stands(semester.calendars, ZOOLOGY).provider_id == ids[ZOOLOGY]
        semester.assert_quiet(WANTED)

    def test_what_was_noted_long_ago(self, semester: Semester) -> None:
        meddle(semester)
        semester.night(force=True).plan(WANTED)
        semester.run(ROOMS)

        semester.run(ROOMS, force=True)

        assert semester.shown() == contents(ROOMS)
        assert semester.single_dates() == set()
        semester.assert_quiet(ROOMS)

    @pytest.mark.parametrize("deleted", [True, False])
    def test_a_single_date_though_nothing_else_changed(self, semester: Semester, deleted: bool) -> None:  # noqa: FBT001
        semester.calendars.by_hand_date(stands(semester.calendars, BOTANY), NEXT_MONDAY, deleted=deleted)

        night = semester.run(WANTED, force=True)

        (change,) = night.planned.plan.free
        assert (change.kind, change.fields) == (ChangeKind.REMAKE, ())
        assert change.reason == "single dates were changed by hand"
        assert semester.single_dates() == set()
        semester.assert_quiet(WANTED)

    def test_what_is_wanted_in_another_way_now(self, semester: Semester) -> None:
        semester.calendars.by_hand_date(stands(semester.calendars, BOTANY), NEXT_MONDAY, deleted=True)

        semester.run(ROOMS, force=True)

        assert semester.shown() == contents(ROOMS)
        semester.assert_quiet(ROOMS)

    def test_nothing_where_nothing_is_wrong(self, semester: Semester) -> None:
        provider = MemoryProvider(semester.calendars)
        assert semester.run(WANTED, force=True, provider=provider).states == {ANA: State.SYNCED}
        assert provider.sent == []

    def test_what_is_changed_again_after_the_plan_was_made(self, semester: Semester) -> None:
        meddle(semester)
        night = semester.night(force=True)
        night.plan(WANTED)
        by_hand(semester.calendars, BOTANY, description="Mine")
        semester.calendars.by_hand_delete(stands(semester.calendars, ZOOLOGY))

        night.apply()
        night.note()

        assert night.states == {ANA: State.SYNCED}
        assert semester.shown() == contents(WANTED)
        semester.assert_quiet(WANTED)

    def test_a_class_that_stands_twice(self, engine: Engine) -> None:
        """The younger one, a write that landed late, goes, though both have dates of their own."""
        semester, wanted = Semester(engine), of_courses(course(first=NEXT_MONDAY))
        semester.enrol(ANA)
        semester.begin(wanted)
        semester.calendars.by_hand_add(ANA, wanted[0].content, Tag(SCOPE, None, BOTANY, 2))
        for event in semester.calendars.owned(ANA):
            semester.calendars.by_hand_date(event, FURTHER, deleted=True)

        semester.run(wanted, force=True)

        assert semester.shown() == contents(wanted)
        assert semester.single_dates() == set()
        semester.assert_quiet(wanted)


class TestWhatForceForgets:
    @pytest.mark.parametrize("cause", [Cause.SIGN_IN, Cause.FORBIDDEN])
    def test_is_of_those_who_are_synced_alone(self, engine: Engine, cause: Cause) -> None:
        semester = Semester(engine)
        semester.enrol(ANA, JO)
        semester.begin(usual())
        for calendar in (ANA, JO):
            event = next(one for one in semester.calendars.owned(calendar) if one.tag.uid == BOTANY)
            semester.calendars.by_hand_edit(event, replace(event.content, summary="Plants!"))
            exam_of = next(one for one in semester.calendars.owned(calendar) if one.tag.uid == FINAL)
            semester.calendars.by_hand_delete(exam_of)
        night = semester.night(force=True)
        night.plan(usual())
        night.provider.refused = {JO: cause}
        night.apply()
        night.note()

        assert (semester.edits(ANA), semester.declined(ANA)) == ({}, set())
        assert semester.edits(JO) == {BOTANY: Edits(frozenset({"summary"}))}
        assert semester.declined(JO) == {FINAL}
        semester.run(usual(location="B 2"))
        assert semester.shown(ANA) == contents(usual(location="B 2"), ANA)
        theirs = replace(course().content, summary="Plants!", location="B 2")
        assert semester.shown(JO) == {BOTANY: theirs}

    def test_is_what_came_about_also_where_the_rest_failed(self, semester: Semester) -> None:
        """A title that was put right follows the source again, though another write of the run failed."""
        by_hand(semester.calendars, BOTANY, summary="Plants!")
        by_hand_without(semester.calendars, BOTANY, NEXT_MONDAY)
        by_hand(semester.calendars, ZOOLOGY, summary="Beasts!")
        night = semester.run(WANTED, force=True, provider=busy_with(semester, ZOOLOGY))

        assert night.states == {ANA: State.FAILED}
        renamed = of_courses(
            course(summary="Botany II"), exam(), course(ZOOLOGY, start="13:00", end="14:00", location="B 3")
        )
        semester.run(renamed)
        shown = semester.shown()
        assert shown[BOTANY] == renamed[0].content
        assert (shown[ZOOLOGY].summary, shown[ZOOLOGY].location) == ("Beasts!", "B 3")

    def test_a_deleted_event_that_was_made_again_can_be_dropped_and_taken_up_again(
        self, semester: Semester
    ) -> None:
        semester.calendars.by_hand_delete(stands(semester.calendars, FINAL))
        by_hand(semester.calendars, ZOOLOGY, summary="Beasts!")
        semester.run(WANTED, force=True, provider=busy_with(semester, ZOOLOGY))
        assert FINAL in semester.shown()

        semester.run([WANTED[0], WANTED[2]])
        semester.run(WANTED)

        assert FINAL in semester.shown()


class TestACalendarThatIsLeftOut:
    def test_of_a_force_run_keeps_its_records(self, semester: Semester) -> None:
        by_hand(semester.calendars, BOTANY, summary="Plants!")
        semester.night(force=True).plan(WANTED)
        provider = MemoryProvider(semester.calendars)
        provider.blind = {ANA: None}

        night = semester.run(WANTED, force=True, provider=provider)

        assert night.states == {ANA: State.FAILED}
        assert semester.edits() == {BOTANY: Edits(frozenset({"summary"}))}

    def test_for_a_write_in_doubt_is_never_up_to_date(self, semester: Semester) -> None:
        more = [*WANTED, *of_courses(exam("exam-doubt", date(2026, 3, 12)))]
        provider = MemoryProvider(semester.calendars, always(Fault.LOST))
        provider.blind = {ANA: None}
        semester.change(ANA)
        assert semester.run(more, provider=provider).states == {ANA: State.FAILED}

        still_blind = semester.run(WANTED, provider=provider)  # the exam was called off meanwhile

        assert not still_blind.planned.plan.free
        assert still_blind.states == {ANA: State.FAILED}
        assert semester.due() == {ANA}
        assert semester.run(WANTED).states == {ANA: State.SYNCED}
        assert semester.due() == set()
        assert ledger_of(semester.engine).open_operations(SCOPE) == []
