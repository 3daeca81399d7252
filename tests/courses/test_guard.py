"""What no honest day removes waits: many rows at once, most of a small file, whoever has a calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scheduling_pipeline.calendars.holds import held_plans, release
from scheduling_pipeline.courses.categories import CATEGORIES
from scheduling_pipeline.courses.events import EventBuilder
from scheduling_pipeline.courses.guard import SCOPE
from scheduling_pipeline.courses.rosters import load_catalogue, load_students
from scheduling_pipeline.database.courses import (
    Course,
    Enrollment,
    FinalExam,
    MeetingTime,
    UniversityEvent,
    User,
)
from scheduling_pipeline.database.settle import Count
from tests.courses.school import (
    END,
    ZONE,
    School,
    address,
    course,
    enrollment,
    event,
    exam,
    meeting,
    user,
)

TABLES = (Course, MeetingTime, User, Enrollment, FinalExam, UniversityEvent)


def contents(school: School) -> list[object]:
    """Everything that could be removed, ids included."""
    return [school.table(model, *model.__table__.c.keys()) for model in TABLES]


def crowd(school: School, size: int = 20) -> None:
    """A school of so many courses, each with a meeting, and so many users, each with a course."""
    numbers = range(1, size + 1)
    school.files |= {
        "courses": [course(crn) for crn in numbers],
        "meeting_times": [meeting(crn, 1) for crn in numbers],
        "users": [user(address(f"user{number:02}")) for number in numbers],
        "enrollments": [enrollment(address(f"user{number:02}"), number) for number in numbers],
        "final_exams": [],
    }


def exams_and_events(school: School, size: int) -> None:
    """So many exams and holidays to come, none of them like another."""
    days = [date(2026, 3, 1) + timedelta(days=number) for number in range(size)]
    school.files["final_exams"] = [exam(crn, exam_date=day) for crn, day in enumerate(days, 1)]
    school.files["university_events"] = [event(f"e{day}", f"Holiday {day:%j}", day) for day in days]


@pytest.mark.parametrize("name", ["final_exams", "university_events"])
@pytest.mark.parametrize(("size", "left"), [(30, 1), (30, 18), (7, 1), (6, 3), (2, 0), (1, 0)])
def test_a_small_file_that_was_cut_short_removes_nothing(
    school: School, name: str, size: int, left: int
) -> None:
    exams_and_events(school, size)
    school.night()
    before = contents(school)
    school.files[name] = school.files[name][:left]
    done = school.night()
    (held,) = done.held
    assert (held.table, held.count, held.total) == (name, size - left, size)
    assert contents(school) == before
    release(school.engine, held.digest, who="Ada", why="they moved to autumn", now=school.now)
    assert school.night().counts[name].removed == size - left


@pytest.mark.parametrize("name", ["final_exams", "university_events"])
@pytest.mark.parametrize(("size", "left"), [(30, 21), (7, 4), (4, 2), (2, 1)])
def test_a_few_that_are_taken_back_from_a_small_file_go(
    school: School, name: str, size: int, left: int
) -> None:
    exams_and_events(school, size)
    school.night()
    school.files[name] = school.files[name][:left]
    done = school.night()
    assert done.held == ()
    assert done.counts[name].removed == size - left


@pytest.mark.parametrize("name", ["final_exams", "university_events"])
def test_what_others_take_the_place_of_was_not_cut_short(school: School, name: str) -> None:
    exams_and_events(school, 9)
    school.night()
    others = school.files[name]
    exams_and_events(school, 18)
    school.files[name] = [row for row in school.files[name] if row not in others]
    done = school.night()
    assert done.held == ()
    assert (done.counts[name].added, done.counts[name].removed) == (9, 9)


def test_of_a_feed_that_was_cut_short_what_is_over_stays_too(school: School) -> None:
    exams_and_events(school, 30)
    school.night()
    before = school.table(UniversityEvent, "ics_uid")
    school.now = school.now.replace(month=3, day=10)
    school.files["university_events"] = school.files["university_events"][:1]
    school.night()
    assert school.table(UniversityEvent, "ics_uid") == before


def test_the_exams_of_a_course_that_goes_go_with_it_although_others_wait(school: School) -> None:
    crowd(school, 30)
    exams_and_events(school, 30)
    school.night()
    del school.files["courses"][0]
    school.files["final_exams"] = []
    (held,) = school.night().held
    assert (held.table, held.count, held.total) == ("final_exams", 29, 29)
    assert [crn for (crn,) in school.table(FinalExam, "crn")] == list(range(2, 31))


@pytest.mark.parametrize("name", ["courses", "meeting_times", "users", "enrollments"])
def test_a_file_that_was_cut_short_removes_nothing(school: School, name: str) -> None:
    crowd(school)
    school.night()
    before = contents(school)
    school.files[name] = school.files[name][10:]
    done = school.night()
    (held,) = done.held
    assert (held.table, held.count, held.share) == (name, 10, 0.5)
    assert len(held.examples) == 5
    assert held.reason == f"{name}: 10 of 20 would be removed"
    assert contents(school) == before


def test_what_is_added_and_changed_goes_on_while_removals_wait(school: School) -> None:
    crowd(school)
    school.night()
    school.files["courses"] = [*school.files["courses"][10:], course(99)]
    school.files["courses"][0]["title"] = "New"
    count = school.night().counts["courses"]
    assert count == Count(added=1, changed=1, unchanged=9)


def test_nine_are_not_many_and_a_fifth_is_not_a_large_share(school: School) -> None:
    crowd(school, 40)
    school.night()
    school.files["courses"] = school.files["courses"][9:]
    school.files["enrollments"] = school.files["enrollments"][9:]
    assert school.night().held == ()
    crowd(school, 50)
    school.night()
    school.files["enrollments"] = school.files["enrollments"][10:]
    assert school.night().held == ()


def test_a_released_removal_goes_through_and_so_does_a_part_of_it(school: School) -> None:
    crowd(school, 24)
    school.night()
    school.files["courses"] = school.files["courses"][12:]
    (held,) = school.night().held
    (plan,) = held_plans(school.engine)
    assert (plan["digest"], plan["scope"], plan["reasons"]) == (held.digest, SCOPE, [held.reason])
    assert release(school.engine, held.digest, who="Ada", why="the department closed", now=school.now) == 12
    crowd(school, 24)
    school.files["courses"] = school.files["courses"][11:]
    done = school.night()
    assert done.held == ()
    assert done.counts["courses"].removed == 11
    assert held_plans(school.engine) == []


def test_another_removal_than_the_released_one_waits(school: School) -> None:
    crowd(school, 24)
    school.night()
    complete = school.files["courses"]
    school.files["courses"] = complete[12:]
    (held,) = school.night().held
    release(school.engine, held.digest, who="Ada", why="the department closed", now=school.now)
    school.files["courses"] = complete[:12]
    assert [each.count for each in school.night().held] == [12]


def test_a_held_plan_is_seen_once_and_disappears_with_its_cause(school: School) -> None:
    crowd(school)
    school.night()
    complete = school.files["users"]
    school.files["users"] = []
    school.night()
    first = held_plans(school.engine)
    school.night()
    (again,) = held_plans(school.engine)
    assert again["first_held_at"] == first[0]["first_held_at"]
    school.files["users"] = complete
    school.night()
    assert held_plans(school.engine) == []


def test_what_is_over_is_not_held(school: School) -> None:
    crowd(school)
    school.night()
    school.now = school.now.replace(month=END.month + 1)
    school.files["courses"] = []
    done = school.night()
    assert done.held == ()
    assert done.counts["courses"].removed == 20


def test_an_address_that_is_spelled_otherwise_empties_nobodys_calendar(school: School) -> None:
    school.night()
    school.give_calendars("ann", "ben")
    school.sync_all()
    before = load_students(school.engine, emails=[address("ann")], due_only=False)
    for name, column in (("users", "email"), ("enrollments", "user_email")):
        for row in school.files[name]:
            row[column] = row[column].replace("ann@", "ann.marie@")
    done = school.night()
    (held,) = done.held
    assert (held.table, held.rows) == ("users with a calendar", (address("ann"),))
    assert load_students(school.engine, emails=[address("ann")], due_only=False) == before
    assert done.affected == {address("ann.marie"): ("enrolment added",)}
    assert school.due() == set()


def test_whose_calendar_waits_goes_on_taking_courses_and_loses_none(school: School) -> None:
    school.night()
    school.give_calendars("ben")
    school.files["users"].remove(user(address("ben")))
    school.files["enrollments"].remove(enrollment(address("ben"), 1))
    school.files["enrollments"].append(enrollment(address("ben"), 2))
    assert school.night().affected == {address("ben"): ("enrolment added",)}
    school.files["users"].append(user(address("ben")))
    done = school.night()
    assert done.held == ()
    assert done.affected == {address("ben"): ("enrolment removed",)}


def test_whose_removal_was_released_has_nothing_in_their_calendar_any_more(school: School) -> None:
    school.night()
    school.give_calendars("ann", "ben")
    school.sync_all()
    del school.files["users"][0]
    (held,) = school.night().held
    release(school.engine, held.digest, who="Ada", why="she has left", now=school.now)
    del school.files["users"][0]
    done = school.night()
    assert [waiting.rows for waiting in done.held] == [(address("ben"),)], "nobody spoke of him"
    assert done.affected == {address("ann"): ("enrolment removed", "not listed any more")}
    ann, ben = load_students(school.engine, emails=None, due_only=False)
    builder = EventBuilder(load_catalogue(school.engine), ZONE, CATEGORIES)
    assert builder.of(ann) == []
    assert {each.content.summary for each in builder.of(ben)} == {
        "Course 1",
        "Final Exam: Course 1",
        "Spring Break - No Classes",
    }
    assert school.due() == {"ann"}


def test_whoever_is_not_listed_any_more_is_not_concerned_by_holidays(school: School) -> None:
    school.night()
    del school.files["users"][0]
    school.night()
    school.files["university_events"].append(event("day", "Patriots' Day", date(2026, 4, 20)))
    assert school.night().affected.keys() == {address("ben"), address("cem")}


def test_who_takes_nothing_is_concerned_when_they_are_not_listed_any_more(school: School) -> None:
    school.files["users"].append(user(address("dee")))
    school.night()
    del school.files["users"][-1]
    assert school.night().affected == {address("dee"): ("not listed any more",)}
