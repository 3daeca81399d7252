"""From readings to desired events: private lessons, method series, windows, and who is not matched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduling_pipeline.calendars.model import DesiredEvent, WeeklyRule
from scheduling_pipeline.timetable.accounts import match_teachers
from scheduling_pipeline.timetable.events import Desired, UnmatchedTeacher, desired_events, teacher_names
from scheduling_pipeline.timetable.model import Agenda, Kind, WeekReading
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
    THU,
    TUE,
    ZURICH,
    account,
    at,
    classes,
    failed,
    lesson,
    matching_of,
    week,
)

TUESDAY = MONDAY + timedelta(days=1)


def desired(agenda: Agenda, *weeks: WeekReading, now: datetime | None = None) -> Desired:
    return desired_events(agenda, weeks, matching_of(*teacher_names(weeks)), now or at(MONDAY))


def only(found: Desired) -> DesiredEvent:
    (event,) = found.events
    return event


# -- private agendas


def test_a_private_lesson_is_one_dated_event_named_by_its_session() -> None:
    event = only(desired(PRIVATE, week(MONDAY, lesson(TUESDAY, "09:00-10:30", asid="0879034"))))
    assert (event.scope, event.calendar, event.uid) == (PRIVATE.key, ANA_CALENDAR, "0879034")
    assert (event.kin, event.origin) == (None, "ana martel")
    assert event.content.to_json() == {
        "summary": "Private: VAD - VIP Adults",
        "dtstart": "2026-03-03T09:00:00",
        "dtend": "2026-03-03T10:30:00",
        "zone": "Europe/Zurich",
        "rrule": None,
        "location": "SFS1*",
        "categories": ["VAD - VIP Adults"],
    }


def test_an_online_lesson_of_an_unlisted_code() -> None:
    content = only(
        desired(PRIVATE, week(MONDAY, lesson(TUESDAY, "09:00-10:00", code="XYZ", online=True, room="")))
    ).content
    assert content.summary == "Private: XYZ - Private Lesson (Online)"
    assert content.categories == ("XYZ - Private Lesson",)
    assert content.location == "Online"


def test_lessons_in_a_row_stay_single_in_a_private_agenda() -> None:
    found = desired(PRIVATE, week(MONDAY, lesson(TUESDAY, "09:00-10:00"), lesson(TUESDAY, "10:00-11:00")))
    assert len(found.events) == 2


def test_a_session_in_two_rooms_is_one_event() -> None:
    rooms = [lesson(TUESDAY, "09:00-10:00", asid="0000001", room=room) for room in ("SFS1*", "ATL1")]
    assert only(desired(PRIVATE, week(MONDAY, *rooms))).content.location == "SFS1*, ATL1"


def test_a_session_that_moved_while_the_weeks_were_read_is_where_it_was_seen_last() -> None:
    early, late = datetime(2026, 3, 2, 5, 0, tzinfo=UTC), datetime(2026, 3, 2, 5, 1, tzinfo=UTC)
    here = lesson(TUESDAY, "09:00-10:00", asid="0000001")
    there = lesson(NEXT_MONDAY, "14:00-15:00", asid="0000001", room="ATL1")
    for weeks in (
        [week(MONDAY, here, read_at=early), week(NEXT_MONDAY, there, read_at=late)],
        [week(MONDAY, here, read_at=late), week(NEXT_MONDAY, there, read_at=early)],
    ):
        latest = max(weeks, key=lambda reading: reading.read_at).lessons[0]
        content = only(desired(PRIVATE, *weeks)).content
        assert (content.dtstart, content.location) == (latest.dtstart, latest.room)


def test_complete_weeks_are_the_windows_and_a_failed_one_is_not() -> None:
    found = desired(PRIVATE, week(MONDAY), failed(NEXT_MONDAY))
    (window,) = found.windows
    assert window.start == datetime(2026, 3, 2, tzinfo=ZURICH)
    assert window.end == datetime(2026, 3, 9, tzinfo=ZURICH)
    assert found.known_kins == frozenset()


@pytest.mark.parametrize(
    ("monday", "hours"),
    [(date(2026, 3, 23), 167), (date(2026, 10, 19), 169), (date(2026, 3, 16), 168)],
)
def test_a_week_in_which_clocks_change_is_an_hour_shorter_or_longer(monday: date, hours: int) -> None:
    (window,) = desired(PRIVATE, week(monday), now=at(monday)).windows
    assert window.end.astimezone(UTC) - window.start.astimezone(UTC) == timedelta(hours=hours)
    assert (window.end.date(), window.end.hour) == (monday + timedelta(weeks=1), 0)


def test_an_agenda_that_does_not_become_events_is_refused() -> None:
    with pytest.raises(ValueError, match="kind junior does not become events"):
        desired(replace(PRIVATE, kind=Kind.JUNIOR), week(MONDAY))


# -- method agendas


def test_a_block_is_one_weekly_series_called_teaching() -> None:
    event = only(
        desired(
            METHOD,
            week(
                MONDAY,
                lesson(TUESDAY, "09:00-10:00", room="SFS1*"),
                lesson(TUESDAY, "10:00-12:00", room="ATL1"),
            ),
        )
    )
    assert (event.scope, event.calendar, event.uid) == (METHOD.key, ANA_CALENDAR, "tuesday-0900")
    assert (event.kin, event.origin) == ("tuesday", "ana martel")
    assert event.content.to_json() == {
        "summary": "Teaching",
        "dtstart": "2026-03-03T09:00:00",
        "dtend": "2026-03-03T12:00:00",
        "zone": "Europe/Zurich",
        "rrule": {"until": None},
        "location": "SFS1*, ATL1",
        "categories": [],
    }


def test_today_is_today_where_the_school_is() -> None:
    late_on_monday_elsewhere = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)  # Tuesday 00:30 in Zurich
    event = only(desired(METHOD, classes(MONDAY, (MON, "09:00-12:00")), now=late_on_monday_elsewhere))
    assert event.content.dtstart.date() == NEXT_MONDAY


@pytest.mark.parametrize("monday", [date(2026, 3, 23), date(2026, 10, 19)])
def test_a_series_keeps_its_wall_time_when_clocks_change(monday: date) -> None:
    taught = (TUE, "09:00-12:00")
    weeks = classes(monday, taught), classes(monday + timedelta(weeks=1), taught)
    summer, winter = timedelta(hours=2), timedelta(hours=1)
    before = only(desired(METHOD, *weeks, now=at(monday))).content
    after = only(desired(METHOD, *weeks, now=at(monday + timedelta(weeks=1)))).content
    assert (before.dtstart.hour, after.dtstart.hour) == (9, 9)
    assert {before.dtstart.utcoffset(), after.dtstart.utcoffset()} == {summer, winter}


def test_the_known_weekdays_are_the_known_kins() -> None:
    found = desired(METHOD, classes(MONDAY, (MON, "09:00-12:00"), (THU, "09:00-12:00")))
    assert found.known_kins == {"monday", "thursday"}


def test_a_block_that_ends_has_an_until() -> None:
    found = desired(
        METHOD,
        classes(MONDAY, (MON, "09:00-12:00"), (MON, "14:00-15:00")),
        classes(NEXT_MONDAY, (MON, "14:00-15:00")),
    )
    assert {event.uid: event.content.rrule for event in found.events} == {
        "monday-0900": WeeklyRule(MONDAY),
        "monday-1400": WeeklyRule(),
    }


def test_two_series_that_start_together_have_uids_of_their_own() -> None:
    found = desired(METHOD, classes(MONDAY, (MON, "09:00-12:00")), classes(NEXT_MONDAY, (MON, "09:00-11:00")))
    assert [(event.uid, event.content.dtend.hour) for event in found.events] == [
        ("monday-0900", 12),
        ("monday-0900-1100", 11),
    ]


def test_teachers_may_share_a_uid_but_not_a_calendar() -> None:
    found = desired(METHOD, classes(MONDAY, (MON, "09:00-12:00", ANA), (MON, "09:00-12:00", JO)))
    assert [(event.calendar, event.uid) for event in found.events] == [
        (ANA_CALENDAR, "monday-0900"),
        (JO_CALENDAR, "monday-0900"),
    ]


def test_two_spellings_of_one_account_are_merged_into_one_block() -> None:
    event = only(
        desired(
            METHOD,
            classes(MONDAY, (MON, "09:00-10:00", ANA), (MON, "10:00-11:00", "Ana MARTEL MAIN")),
            classes(NEXT_MONDAY, (MON, "09:00-11:00", "Ana ESA MARTEL")),
        )
    )
    assert (event.content.dtend.hour, event.content.rrule) == (11, WeeklyRule())


# -- teachers


def test_unmatched_teachers_are_listed_with_their_lessons_and_protected() -> None:
    found = desired(
        PRIVATE,
        week(
            MONDAY,
            lesson(TUESDAY, "09:00-10:00", "New PERSON"),
            lesson(TUESDAY, "10:00-11:00", "New PERSON MAIN"),
            lesson(TUESDAY, "11:00-12:00", "Old PERSON"),
            lesson(TUESDAY, "12:00-13:00", JO),
        ),
    )
    assert found.unmatched == (
        UnmatchedTeacher("New PERSON", "new person", "no account has this name", 2),
        UnmatchedTeacher("Old PERSON", "old person", "no account has this name", 1),
    )
    assert found.protected_origins == {"new person", "old person"}
    assert {entry.teacher for entry in found.undecided} == {"New PERSON", "New PERSON MAIN", "Old PERSON"}
    assert only(found).calendar == JO_CALENDAR


def test_a_lesson_whose_teacher_was_not_read_is_undecided_and_no_event() -> None:
    unread = lesson(TUESDAY, "09:00-10:00", None)
    for agenda in (PRIVATE, METHOD):
        found = desired(agenda, week(MONDAY, unread))
        assert (found.events, found.undecided, found.unmatched) == ((), (unread,), ())


def test_a_skipped_teacher_has_no_events_and_no_protection() -> None:
    weeks = [week(MONDAY, lesson(TUESDAY, "09:00-10:00", ANA))]
    found = desired_events(
        PRIVATE, weeks, match_teachers([ANA], [account("Ana Martel")], {ANA: ""}), at(MONDAY)
    )
    assert (found.events, found.unmatched, found.undecided) == ((), (), ())


def test_the_reception_teaches_nothing_and_does_not_open_a_closed_day() -> None:
    found = desired(
        METHOD,
        classes(MONDAY, (MON, "09:00-12:00"), (TUE, "09:00-12:00")),
        classes(NEXT_MONDAY, (MON, "09:00-12:00", "Reception TEAM"), (TUE, "09:00-12:00")),
    )
    assert [(event.uid, event.content.rrule) for event in found.events] == [
        ("monday-0900", WeeklyRule()),
        ("tuesday-0900", WeeklyRule()),
    ]
    assert found.undecided == ()


def test_a_matching_that_leaves_a_name_out_is_refused() -> None:
    with pytest.raises(ValueError, match="the matching leaves out New PERSON"):
        desired_events(
            PRIVATE, [week(MONDAY, lesson(TUESDAY, "09:00-10:00", "New PERSON"))], matching_of(), at(MONDAY)
        )


def test_the_same_readings_give_the_same_events_in_any_order_of_weeks() -> None:
    weeks = (
        classes(MONDAY, (MON, "09:00-12:00"), (TUE, "09:00-10:00", JO)),
        classes(NEXT_MONDAY, (MON, "09:00-11:00")),
    )
    for agenda in (PRIVATE, METHOD):
        assert desired(agenda, *weeks).events == desired(agenda, *reversed(weeks)).events
