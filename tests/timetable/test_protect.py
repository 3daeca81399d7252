"""What stays while its teacher is unknown or unmatched."""

from __future__ import annotations

from datetime import timedelta

from scheduling_pipeline.calendars.model import DesiredEvent, LedgerEvent
from scheduling_pipeline.timetable.events import desired_events, teacher_names
from scheduling_pipeline.timetable.model import Agenda, WeekReading
from scheduling_pipeline.timetable.protect import Protection, protect
from tests.timetable.builders import (
    ANA,
    ANA_CALENDAR,
    JO,
    JO_CALENDAR,
    METHOD,
    MON,
    MONDAY,
    NEXT_MONDAY,
    PRIVATE,
    TUE,
    at,
    classes,
    lesson,
    matching_of,
    standing_lesson,
    standing_series,
    week,
)

TUESDAY = MONDAY + timedelta(days=1)
NOBODY = "New PERSON"


def protected(agenda: Agenda, ledger: list[LedgerEvent], *weeks: WeekReading) -> Protection:
    desired = desired_events(agenda, weeks, matching_of(*teacher_names(weeks)), at(MONDAY))
    return protect(desired.events, ledger, origins=desired.protected_origins, undecided=desired.undecided)


def uids(events: tuple[DesiredEvent, ...]) -> list[tuple[str, str]]:
    return [(event.calendar, event.uid) for event in events]


# -- private agendas


def test_a_private_lesson_stays_while_its_teacher_cannot_be_read() -> None:
    known, unread = lesson(TUESDAY, "09:00-10:00", ANA), lesson(TUESDAY, "10:00-11:00", None)
    ledger = [standing_lesson(ANA_CALENDAR, known), standing_lesson(ANA_CALENDAR, unread)]
    found = protected(PRIVATE, ledger, week(MONDAY, known, unread))
    assert found.keep == {(ANA_CALENDAR, unread.asid)}
    assert uids(found.events) == [(ANA_CALENDAR, known.asid)]


def test_a_lesson_that_goes_to_an_unmatched_name_stays_where_it_was() -> None:
    handed_over = lesson(TUESDAY, "09:00-10:00", NOBODY, asid="0000001")
    found = protected(PRIVATE, [standing_lesson(ANA_CALENDAR, handed_over)], week(MONDAY, handed_over))
    assert found.keep == {(ANA_CALENDAR, "0000001")}


def test_all_events_of_a_teacher_who_lost_their_account_stay() -> None:
    seen = lesson(TUESDAY, "09:00-10:00", NOBODY)
    cancelled = lesson(TUESDAY, "14:00-15:00", NOBODY)
    ledger = [standing_lesson("new.person@school.example", of, "new person") for of in (seen, cancelled)]
    assert protected(PRIVATE, ledger, week(MONDAY, seen)).keep == {(row.calendar, row.uid) for row in ledger}


def test_a_lesson_decided_for_its_own_calendar_is_not_frozen() -> None:
    mine, theirs = lesson(TUESDAY, "09:00-10:00", ANA), lesson(TUESDAY, "10:00-11:00", NOBODY)
    ledger = [standing_lesson(ANA_CALENDAR, mine, origin="new person")]
    found = protected(PRIVATE, ledger, week(MONDAY, mine, theirs))
    assert found.keep == frozenset()
    assert uids(found.events) == [(ANA_CALENDAR, mine.asid)]


def test_what_is_gone_while_all_teachers_are_known_is_not_kept() -> None:
    gone = standing_lesson(ANA_CALENDAR, lesson(TUESDAY, "09:00-10:00"))
    assert protected(PRIVATE, [gone], week(MONDAY, lesson(TUESDAY, "14:00-15:00"))).keep == frozenset()


# -- method agendas


def test_a_series_stays_as_it_is_while_one_of_its_hours_has_no_readable_teacher() -> None:
    ledger = [standing_series(ANA_CALENDAR, MONDAY, "09:00-12:00")]
    read = classes(MONDAY, (MON, "09:00-11:00", ANA), (MON, "11:00-12:00", None), (TUE, "09:00-10:00", ANA))
    found = protected(METHOD, ledger, read)
    assert found.keep == {(ANA_CALENDAR, "monday-0900")}
    assert uids(found.events) == [(ANA_CALENDAR, "tuesday-0900")]


def test_the_series_may_begin_after_the_lesson_it_came_from() -> None:
    ledger = [standing_series(ANA_CALENDAR, NEXT_MONDAY, "09:00-12:00")]
    found = protected(METHOD, ledger, classes(MONDAY, (MON, "09:00-12:00", None)))
    assert found.keep == {(ANA_CALENDAR, "monday-0900")}


def test_a_series_that_only_touches_an_unread_hour_stays_too() -> None:
    ledger = [standing_series(ANA_CALENDAR, MONDAY, "09:00-11:00")]
    found = protected(METHOD, ledger, classes(MONDAY, (MON, "11:00-12:00", None)))
    assert found.keep == {(ANA_CALENDAR, "monday-0900")}


def test_series_of_other_hours_other_days_or_the_past_are_not_kept() -> None:
    ledger = [
        standing_series(ANA_CALENDAR, MONDAY, "14:00-16:00"),
        standing_series(ANA_CALENDAR, TUESDAY, "09:00-12:00"),
        standing_series(
            JO_CALENDAR, MONDAY - timedelta(weeks=4), "09:00-12:00", until=MONDAY - timedelta(weeks=1)
        ),
    ]
    assert protected(METHOD, ledger, classes(MONDAY, (MON, "09:00-12:00", None))).keep == frozenset()


def test_a_new_series_that_does_not_meet_a_kept_one_is_still_wanted() -> None:
    ledger = [standing_series(ANA_CALENDAR, MONDAY, "09:00-12:00")]
    read = classes(MONDAY, (MON, "09:00-12:00", None), (MON, "14:00-15:00", ANA), (MON, "09:00-12:00", JO))
    found = protected(METHOD, ledger, read)
    assert uids(found.events) == [(ANA_CALENDAR, "monday-1400"), (JO_CALENDAR, "monday-0900")]


def test_a_new_series_may_follow_a_kept_one_that_ends() -> None:
    ledger = [standing_series(ANA_CALENDAR, MONDAY, "09:00-12:00", until=MONDAY)]
    weeks = classes(MONDAY, (MON, "09:00-12:00", None)), classes(NEXT_MONDAY, (MON, "09:00-11:00", ANA))
    found = protected(METHOD, ledger, *weeks)
    assert found.keep == {(ANA_CALENDAR, "monday-0900")}
    assert [event.content.dtstart.date() for event in found.events] == [NEXT_MONDAY]


def test_an_unmatched_teacher_keeps_their_own_series_and_holds_no_other() -> None:
    ledger = [
        standing_series("new.person@school.example", MONDAY, "09:00-12:00", origin="new person"),
        standing_series(JO_CALENDAR, MONDAY, "09:00-12:00", origin="jo brandt"),
    ]
    found = protected(METHOD, ledger, classes(MONDAY, (MON, "09:00-12:00", NOBODY)))
    assert found.keep == {("new.person@school.example", "monday-0900")}
