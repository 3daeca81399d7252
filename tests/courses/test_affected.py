"""Who is due after which change: exactly those whom it concerns."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date

import pytest

from scheduling_pipeline.courses.rosters import finish, load_students
from scheduling_pipeline.database.courses import User
from tests.courses.school import FALL, START, School, address, course, enrollment, event, exam, meeting, user

Change = Callable[[School], object]

# Ann takes courses 1 and 2, Ben takes 1, Cem takes 2.
CHANGES: dict[str, tuple[Change, set[str], str]] = {
    "an enrolment is created": (
        lambda school: school.files["enrollments"].append(enrollment(address("ben"), 2)),
        {"ben"},
        "enrolment added",
    ),
    "an enrolment is deleted": (
        lambda school: school.files["enrollments"].pop(0),
        {"ann"},
        "enrolment removed",
    ),
    "a title": (lambda school: set_course(school, title="New"), {"ann", "ben"}, "course title"),
    "a first day": (
        lambda school: set_course(school, start_date=date(2026, 1, 13)),
        {"ann", "ben"},
        "course dates",
    ),
    "a last day": (
        lambda school: set_course(school, end_date=date(2026, 4, 23)),
        {"ann", "ben"},
        "course dates",
    ),
    "a subject": (lambda school: set_course(school, subject="MATH"), {"ann", "ben"}, "course code"),
    "a number": (lambda school: set_course(school, course_number=1001), {"ann", "ben"}, "course code"),
    "a section": (lambda school: set_course(school, section_number="A"), {"ann", "ben"}, "course code"),
    "a status": (lambda school: set_course(school, status="cancelled"), {"ann", "ben"}, "course status"),
    "a schedule type": (
        lambda school: set_course(school, schedule_type="ONL"),
        {"ann", "ben"},
        "course status",
    ),
    "an instructor": (
        lambda school: set_course(school, instructor_name="Bo Example"),
        {"ann", "ben"},
        "instructor",
    ),
    "an instructor's address": (
        lambda school: set_course(school, instructor_email="bo@college.example"),
        {"ann", "ben"},
        "instructor",
    ),
    "a course is deleted": (lambda school: school.files["courses"].pop(0), {"ann", "ben"}, "course removed"),
    "a meeting is added": (
        lambda school: school.files["meeting_times"].append(meeting(1, 5)),
        {"ann", "ben"},
        "meeting added",
    ),
    "a meeting begins earlier": (
        lambda school: set_meeting(school, begin_time=855),
        {"ann", "ben"},
        "meeting time",
    ),
    "a meeting ends later": (
        lambda school: set_meeting(school, end_time=1000),
        {"ann", "ben"},
        "meeting time",
    ),
    "a weekday": (lambda school: set_meeting(school, day_of_week=5), {"ann", "ben"}, "meeting weekday"),
    "a meeting's dates": (
        lambda school: set_meeting(school, end_date=date(2026, 3, 27)),
        {"ann", "ben"},
        "meeting dates",
    ),
    "a room": (lambda school: set_meeting(school, room="112"), {"ann", "ben"}, "meeting room"),
    "a room is not known any more": (
        lambda school: set_meeting(school, building=None, room=None),
        {"ann", "ben"},
        "meeting room",
    ),
    "a second room": (lambda school: set_meeting(school, room="101/112"), {"ann", "ben"}, "meeting room"),
    "a kind": (lambda school: set_meeting(school, meeting_schedule_type=2), {"ann", "ben"}, "meeting kind"),
    "a meeting is deleted": (
        lambda school: school.files["meeting_times"].pop(0),
        {"ann", "ben"},
        "meeting removed",
    ),
    "a building's name": (
        lambda school: [row.update(building_name="Wilder House") for row in school.files["rooms"]],
        {"ann", "ben", "cem"},
        "meeting room",
    ),
    "an exam moves": (
        lambda school: school.files["final_exams"][0].update(location="Hall"),
        {"ann", "ben"},
        "final exam",
    ),
    "an exam is added": (
        lambda school: school.files["final_exams"].append(exam(2)),
        {"ann", "cem"},
        "final exam",
    ),
    "an exam also counts for another course": (
        lambda school: school.files["final_exams"][0].update(combined_crns="2"),
        {"ann", "cem"},
        "final exam",
    ),
    # Where classes of all other courses end depends on the first exam of the term.
    "the first exam of the term is taken back": (
        lambda school: school.files["final_exams"].pop(0),
        {"ann", "ben", "cem"},
        "term",
    ),
    "the term's dates": (
        lambda school: school.files["terms"][0].update(end_date=date(2026, 4, 25)),
        {"ann", "ben", "cem"},
        "term",
    ),
    "a holiday": (
        lambda school: school.files["university_events"].append(
            event("day", "Patriots' Day", date(2026, 4, 20))
        ),
        {"ann", "ben", "cem", "dee"},
        "university event",
    ),
    "a holiday moves": (
        lambda school: school.files["university_events"][0].update(end_date=date(2026, 3, 16)),
        {"ann", "ben", "cem", "dee"},
        "university event",
    ),
    "a holiday is taken back": (
        lambda school: school.files["university_events"].pop(0),
        {"ann", "ben", "cem", "dee"},
        "university event",
    ),
}

IRRELEVANT: dict[str, Change] = {
    "nothing": lambda _: None,
    "seats": lambda school: set_course(school, seats_available=-2, seats_capacity=30),
    "credit hours": lambda school: set_course(school, credit_hours=3.0),
    "a link": lambda school: set_course(school, link_identifier="A"),
    "a user's name": lambda school: school.files["users"][0].update(last_name="Other"),
    "a room's floor": lambda school: school.files["rooms"][0].update(floor=2),
    "a room where nothing is": lambda school: school.files["rooms"].append(
        {"building": "NEW", "number": "1"}
    ),
    "a term to come": lambda school: school.files["terms"].append(
        {"uid": FALL, "year": 2026, "season": "fall", "start_date": START, "end_date": START}
    ),
    "a course that nobody takes": lambda school: school.files["courses"].append(course(3)),
    "an exam without a course": lambda school: school.files["final_exams"].append(exam(9)),
    "a user without courses": lambda school: school.files["users"].append(user(address("eve"))),
    "the order of all rows": lambda school: school.files.update(
        {name: rows[::-1] for name, rows in school.files.items()}
    ),
}


def set_course(school: School, **values: object) -> None:
    school.files["courses"][0].update(values)


def set_meeting(school: School, **values: object) -> None:
    school.files["meeting_times"][0].update(values)


@pytest.fixture
def term(school: School) -> School:
    """A school in the middle of a term: everybody has a calendar that is up to date; Dee takes nothing."""
    school.files["users"].append(user(address("dee")))
    school.files["final_exams"].append(exam(8, exam_date=date(2026, 4, 22)))
    school.files["university_events"].append(event("end", "Commencement", date(2026, 5, 3)))
    school.night()
    school.give_calendars("ann", "ben", "cem", "dee")
    school.sync_all()
    assert school.due() == set()
    return school


def test_12_exactly_those_are_due_whom_a_change_concerns(term: School) -> None:
    files, start = deepcopy(term.files), term.now
    for name, (change, people, reason) in CHANGES.items():
        change(term)
        done = term.night()
        assert term.due() == people, name
        assert done.affected.keys() == {address(each) for each in people}, name
        assert all(reason in reasons for reasons in done.affected.values()), name
        assert done.reasons[reason] == len(people), name
        term.sync_all()
        assert term.night().affected == {}, name
        term.files, term.now = deepcopy(files), start  # which takes the change back
        assert term.night().affected.keys() == {address(each) for each in people}, name
        term.sync_all()


def test_12_what_no_calendar_shows_concerns_nobody(term: School) -> None:
    for name, change in IRRELEVANT.items():
        change(term)
        assert term.night().affected == {}, name
    assert term.due() == set()


def test_12_only_those_with_a_calendar_are_due(school: School) -> None:
    school.night()
    school.give_calendars("ann")
    school.sync_all()
    set_course(school, title="New")
    school.night()
    assert school.due() == {"ann"}


def test_12_a_change_during_a_sync_is_not_lost(term: School) -> None:
    set_course(term, title="New")
    term.night()
    (ann, _) = load_students(term.engine, emails=None, due_only=True)
    set_course(term, title="Newer")  # while Ann's calendar is being written
    term.night()
    finish(term.engine, {ann.id: ann.generation}, {}, now=term.now)
    assert term.due() == {"ann", "ben"}


def test_several_changes_of_a_night_are_one_generation(term: School) -> None:
    before = dict(term.table(User, "email", "change_generation"))
    set_course(term, title="New", status="cancelled")
    set_meeting(term, room="112")
    done = term.night()
    assert done.affected[address("ann")] == ("course status", "course title", "meeting room")
    after = dict(term.table(User, "email", "change_generation"))
    assert {email: after[email] - before[email] for email in after} == {
        address("ann"): 1,
        address("ben"): 1,
        address("cem"): 0,
        address("dee"): 0,
    }


def test_20_an_exam_that_finds_its_course_concerns_its_students(term: School) -> None:
    term.files["final_exams"].append(exam(3))
    term.files["courses"].append(course(3))
    term.files["enrollments"].append(enrollment(address("dee"), 3))
    del term.files["courses"][-1]
    term.night()
    assert term.due() == set()
    term.files["courses"].append(course(3))
    term.night()
    assert term.due() == {"dee"}


def test_whoever_loses_a_course_that_disappears_is_known_although_the_enrolments_go_first(
    term: School,
) -> None:
    del term.files["courses"][0]
    term.files["enrollments"] = [row for row in term.files["enrollments"] if row["crn"] != 1]
    term.files["meeting_times"] = [row for row in term.files["meeting_times"] if row["crn"] != 1]
    term.night()
    assert term.due() == {"ann", "ben"}
