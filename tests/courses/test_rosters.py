"""Who is synced, with what, and what is noted afterwards."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import Engine, event, update

from scheduling_pipeline.courses.model import Meeting, Place, Term, UniversityEvent
from scheduling_pipeline.courses.rosters import finish, load_catalogue, load_students
from scheduling_pipeline.database.courses import GoogleCalendar, User
from tests.courses.school import (
    END,
    NOW,
    SPRING,
    START,
    School,
    address,
    course,
    enrollment,
    exam,
    meeting,
    user,
)

STATE = ("synced_generation", "last_calendar_sync_at", "last_sync_outcome", "last_sync_problem")


@pytest.fixture
def term(school: School) -> School:
    """A school whose people have calendars, but for Cem."""
    school.night()
    school.give_calendars("ann", "ben")
    return school


def state(school: School, name: str) -> list[object]:
    """What is noted of somebody's last sync."""
    rows = school.table(User, "email", *STATE)
    return next(values for email, *values in rows if email == address(name))


def test_a_student_has_the_courses_that_they_take(term: School) -> None:
    ann, ben = load_students(term.engine, emails=None, due_only=False)
    assert (ann.email, ann.calendar, ann.generation) == (address("ann"), "calendar-of-ann", 1)
    assert [each.crn for each in ann.courses] == [1, 2]
    assert [each.crn for each in ben.courses] == [1]
    assert ben.courses[0] is ann.courses[0]  # what follows from a course is worked out once
    assert ann.courses[1].meetings == (
        Meeting(
            number=1,
            weekday=1,
            begin=time(19),
            end=time(21, 45),
            start_date=START,
            end_date=END,
            laboratory=False,
            places=(Place("Wilder Hall", "112"), Place("Wilder Hall", "113")),
        ),
    )


def test_13_who_has_no_ready_calendar_is_left_out(term: School) -> None:
    with term.engine.begin() as connection:
        unready = update(GoogleCalendar).where(GoogleCalendar.google_calendar_id == "calendar-of-ben")
        connection.execute(unready.values(state="missing"))
    assert [each.email for each in load_students(term.engine, emails=None, due_only=False)] == [
        address("ann")
    ]


def test_13_who_was_never_synced_is_due_and_who_is_up_to_date_is_not(term: School) -> None:
    assert term.due() == {"ann", "ben"}
    ann, _ = load_students(term.engine, emails=None, due_only=True)
    finish(term.engine, {ann.id: ann.generation}, {}, now=NOW)
    assert term.due() == {"ben"}
    assert state(term, "ann") == [1, NOW, "synced", ""]
    assert dict(term.table(User, "email", "calendar_needs_sync"))[address("ann")] is False


def test_13_a_failure_keeps_a_student_due_and_says_why(term: School) -> None:
    ann, ben = load_students(term.engine, emails=None, due_only=True)
    finish(term.engine, {ann.id: ann.generation}, {ben.id: "has to sign in again"}, now=NOW)
    assert term.due() == {"ben"}
    assert state(term, "ben") == [0, None, "failed", "has to sign in again"]
    finish(term.engine, {ben.id: ben.generation}, {}, now=NOW)
    assert state(term, "ben") == [1, NOW, "synced", ""]


def test_a_sync_that_ends_late_does_not_undo_a_later_one(term: School) -> None:
    (early,) = load_students(term.engine, emails=[address("ann")], due_only=False)
    term.files["courses"][0]["title"] = "New"
    term.night()
    (late,) = load_students(term.engine, emails=[address("ann")], due_only=False)
    finish(term.engine, {late.id: late.generation}, {}, now=NOW)
    finish(term.engine, {early.id: early.generation}, {}, now=NOW)
    assert state(term, "ann")[0] == late.generation == early.generation + 1
    assert "ann" not in term.due()


def test_students_may_be_asked_for_by_address(term: School) -> None:
    found = load_students(term.engine, emails=["ANN@college.example", address("cem")], due_only=False)
    assert [each.email for each in found] == [address("ann")]
    assert load_students(term.engine, emails=[], due_only=False) == []


def test_whoever_takes_nothing_has_no_courses_but_a_calendar_to_clear(term: School) -> None:
    term.sync_all()
    term.files["enrollments"] = [
        row for row in term.files["enrollments"] if row["user_email"] != address("ben")
    ]
    term.night()
    (ben,) = load_students(term.engine, emails=None, due_only=True)
    assert (ben.email, ben.courses) == (address("ben"), ())


def test_the_catalogue_has_terms_with_their_first_exam_and_the_university_s_events(term: School) -> None:
    term.files["final_exams"].append(exam(2, exam_date=date(2026, 4, 18)))
    term.night()
    found = load_catalogue(term.engine)
    assert found.terms == {SPRING: Term(SPRING, START, END, date(2026, 4, 18))}
    assert found.university == (
        UniversityEvent(
            uid="break",
            summary="Spring Break",
            description="",
            location="",
            first=date(2026, 3, 9),
            last=date(2026, 3, 13),
            begin=None,
            end=None,
            category="holiday",
            term=SPRING,
        ),
    )


def test_a_building_without_a_name_goes_by_its_abbreviation(term: School) -> None:
    term.files["meeting_times"][0] |= {"building": "XYZ", "room": None}
    term.night()
    assert term.course(1).meetings[0].places == (Place("XYZ", "0"),)


def test_many_students_take_no_more_queries_than_few(school: School) -> None:
    numbers = range(40)
    school.files["users"] = [user(address(f"user{number}")) for number in numbers]
    school.files["courses"] = [course(crn) for crn in range(1, 11)]
    school.files["meeting_times"] = [meeting(crn, 1) for crn in range(1, 11)]
    school.files["enrollments"] = [
        enrollment(address(f"user{number}"), 1 + (number + step) % 10)
        for number in numbers
        for step in range(5)
    ]
    school.night()
    school.give_calendars(*(f"user{number}" for number in numbers))
    few = queries(school.engine, [address("user0")])
    assert queries(school.engine, None) == few


def queries(engine: Engine, emails: list[str] | None) -> int:
    """How many statements it takes to load students."""
    seen: list[str] = []

    def see(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(engine, "before_cursor_execute", see)
    load_students(engine, emails=emails, due_only=False)
    event.remove(engine, "before_cursor_execute", see)
    return sum("SELECT" in statement for statement in seen)
