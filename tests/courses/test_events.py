"""What stands in a student's calendar: words, places, colours, reminders."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduling_pipeline.courses.events import EventBuilder
from scheduling_pipeline.courses.model import Place, Student
from scheduling_pipeline.courses.places import location
from tests.courses.builders import (
    NEW_YORK,
    WILDER,
    catalogue,
    contents_of,
    course,
    events_of,
    exam,
    local,
    meeting,
    the_class,
    university,
)

MONDAY = date(2026, 9, 7)
EXAM_DAY = date(2026, 12, 15)
PLACEHOLDER = Place("To Be Determined", "000")
ANNEX = Place("Dana Annex", "M204")


def test_a_class_says_what_who_and_where() -> None:
    content = the_class()
    assert content.summary == "Computer Science I"
    assert content.location == "Wilder Hall 101"
    assert content.description == "Ada Quill\nada.quill@example.edu"
    assert content.reminders == (30,)


def test_lectures_and_laboratories_differ_in_colour() -> None:
    lecture, laboratory = contents_of(course(meeting(0), meeting(1, number=2, laboratory=True)))
    assert (lecture.color, laboratory.color) == ("7", "5")


@pytest.mark.parametrize(
    ("instructor", "description"),
    [
        (("Ada Quill", ""), "Ada Quill"),
        (("", "ada.quill@example.edu"), "ada.quill@example.edu"),
        (("", ""), ""),
    ],
)
def test_a_description_holds_what_is_known(instructor: tuple[str, str], description: str) -> None:
    assert the_class(of=course(meeting(), instructor=instructor)).description == description


def test_a_final_exam_is_an_event_of_its_own() -> None:
    lecture, final = events_of(course(meeting(), exam=exam(EXAM_DAY)))
    content = final.content
    assert (lecture.uid, final.uid) == ("class-202710-10001-1", "exam-202710-10001")
    assert content.summary == "Final Exam: Computer Science I"
    assert (content.dtstart, content.dtend) == (local(EXAM_DAY, "08:00"), local(EXAM_DAY, "10:00"))
    assert content.rrule is None
    assert content.location == "Dana Annex 010 / Dana Annex 012"
    assert content.description == "COMP-1000-01\nAda Quill"
    assert content.color == "11"
    assert content.reminders == (1440, 60, 15)


def test_a_course_may_have_an_exam_and_no_meetings() -> None:
    (content,) = contents_of(course(exam=exam(EXAM_DAY)))
    assert content.summary.startswith("Final Exam")


def test_a_cancelled_course_has_neither_classes_nor_an_exam() -> None:
    assert events_of(course(meeting(), exam=exam(EXAM_DAY), active=False)) == []


def test_events_are_the_students_own() -> None:
    (event,) = events_of(course(meeting()))
    assert (event.scope, event.calendar, event.kin) == ("courses", "robin-calendar", None)


def test_a_meeting_keeps_its_uid_when_everything_else_of_it_changes() -> None:
    before, after = (
        events_of(course(changed))
        for changed in (meeting(number=2), meeting(3, "18:00", "20:00", number=2, places=(ANNEX,)))
    )
    assert [event.uid for event in before] == [event.uid for event in after] == ["class-202710-10001-2"]
    assert before != after


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ([WILDER], "Wilder Hall 101"),
        ([Place("Wilder Hall", "113"), Place("Wilder Hall", "112")], "Wilder Hall 112 / 113"),
        ([WILDER, ANNEX], "Dana Annex M204; Wilder Hall 101"),
        ([WILDER, WILDER], "Wilder Hall 101"),
        ([Place("Wilder Hall", "7"), Place("Wilder Hall", "12")], "Wilder Hall 007 / 012"),
        ([Place("Wilder Hall", "0")], "Wilder Hall"),
        ([Place("", "101")], "101"),
        ([Place("Wilder Hall", ""), WILDER], "Wilder Hall 101"),
        ([PLACEHOLDER], "TBD"),
        ([Place("TBD", "")], "TBD"),
        ([PLACEHOLDER, WILDER], "Wilder Hall 101"),
        ([], "TBD"),
    ],
)
def test_places_in_words(places: list[Place], text: str) -> None:
    assert location(places, "LEC") == text
    assert location(reversed(places), "LEC") == text


@pytest.mark.parametrize(
    ("schedule_type", "text"),
    [("ONL", ""), ("ONB", ""), ("OLB", ""), ("OLC", ""), ("HYB", "TBD"), ("RLB", "TBD"), ("", "TBD")],
)
def test_a_course_that_is_online_waits_for_no_room(schedule_type: str, text: str) -> None:
    assert the_class(of=course(meeting(places=()), schedule_type=schedule_type)).location == text
    assert the_class(of=course(meeting(), schedule_type=schedule_type)).location == "Wilder Hall 101"


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_18_of_a_placeholder_and_a_real_room_one_event_is_left(numbers: tuple[int, int]) -> None:
    undecided = meeting(number=numbers[0], places=(PLACEHOLDER,))
    real = meeting(number=numbers[1])
    (event,) = events_of(course(undecided, real))
    assert event.uid == f"class-202710-10001-{numbers[1]}"
    assert event.content.location == "Wilder Hall 101"


def test_18_a_placeholder_alone_is_shown_as_to_be_determined() -> None:
    (event,) = events_of(course(meeting(places=(PLACEHOLDER,)), meeting(number=2, places=())))
    assert event.uid == "class-202710-10001-1"
    assert event.content.location == "TBD"


def test_of_meetings_that_overlap_in_part_no_class_is_lost_or_doubled() -> None:
    october = date(2026, 10, 11)
    undecided = meeting(number=1, places=(PLACEHOLDER,))
    real = meeting(number=2, end_date=october)
    first, then = contents_of(course(undecided, real))
    assert (first.location, first.last_start) == ("Wilder Hall 101", local(date(2026, 10, 5), "09:00"))
    assert (then.location, then.dtstart) == ("TBD", local(date(2026, 10, 12), "09:00"))


def test_meetings_at_other_times_are_no_duplicates() -> None:
    meetings = meeting(), meeting(end="11:00", number=2), meeting(1, number=3)
    assert len(events_of(course(*meetings))) == 3


def test_university_events_stand_in_everybodys_calendar_by_category() -> None:
    shared = catalogue(university("holiday", MONDAY), university("campus_event", MONDAY, summary="Fair"))
    assert [event.content.summary for event in events_of(shared=shared, categories={"campus_event"})] == [
        "Fair"
    ]
    assert events_of(shared=shared) == []


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("Labor Day", "Labor Day - No Classes"),
        ("Labor Day - No Classes", "Labor Day - No Classes"),
        ("Labor Day (no classes)", "Labor Day (no classes)"),
    ],
)
def test_a_holiday_says_once_that_there_are_no_classes(summary: str, shown: str) -> None:
    shared = catalogue(university("holiday", MONDAY, summary=summary))
    (event,) = events_of(shared=shared, categories={"holiday"})
    assert event.content.summary == shown


def test_whole_days_of_the_university_end_after_their_last_day() -> None:
    shared = catalogue(university("holiday", date(2026, 11, 25), date(2026, 11, 29)))
    (event,) = events_of(shared=shared, categories={"holiday"})
    content = event.content
    assert content.all_day
    assert (content.dtstart, content.dtend) == (
        local(date(2026, 11, 25), "00:00"),
        local(date(2026, 11, 30), "00:00"),
    )
    assert (content.color, content.reminders, content.rrule) == ("8", (1440,), None)


def test_a_university_event_with_times_keeps_them() -> None:
    concert = university(
        "campus_event", MONDAY, MONDAY + timedelta(days=1), "Concert", times=("20:00", "01:00")
    )
    concert = replace(concert, description="Bring a friend", location="Great Lawn")
    (event,) = events_of(shared=catalogue(concert), categories={"campus_event"})
    content = event.content
    assert (content.dtstart, content.dtend) == (
        local(MONDAY, "20:00"),
        local(MONDAY + timedelta(days=1), "01:00"),
    )
    assert (content.all_day, content.summary) == (False, "Concert")
    assert (content.description, content.location) == ("Bring a friend", "Great Lawn")


def test_a_university_event_without_length_lasts_a_minute() -> None:
    deadline = university("deadline", MONDAY, summary="Add deadline", times=("23:59", "23:59"))
    (event,) = events_of(shared=catalogue(deadline), categories={"deadline"})
    assert event.content.dtend == local(MONDAY + timedelta(days=1), "00:00")


def test_a_university_event_is_known_by_its_uid_alone() -> None:
    event = university("holiday", MONDAY)
    moved = replace(event, first=MONDAY + timedelta(days=7), last=MONDAY + timedelta(days=7), summary="Moved")
    other = replace(event, uid="another/with a slash@example.edu")
    (one,), (two,), (three,) = (
        events_of(shared=catalogue(one), categories={"holiday"}) for one in (event, moved, other)
    )
    assert one.uid == two.uid != three.uid
    assert "/" not in three.uid


def test_students_of_a_course_share_its_events() -> None:
    shared = catalogue(university("holiday", MONDAY))
    builder = EventBuilder(shared, NEW_YORK, {"holiday"})
    students = [
        Student(number, f"student{number}@example.edu", f"calendar-{number}", (course(meeting()),), 0)
        for number in (1, 2)
    ]
    first, second = map(builder.of, students)
    assert [event.calendar for event in (*first, *second)] == ["calendar-1"] * 2 + ["calendar-2"] * 2
    assert all(one.content is two.content for one, two in zip(first, second, strict=True))
