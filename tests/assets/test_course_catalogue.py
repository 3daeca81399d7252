"""The course_catalogue asset: what the files changed, whom it concerns, and what waits for a person."""

from __future__ import annotations

from datetime import date

import dagster as dg

from assets.course_jobs import CATALOGUE_JOB
from scheduling_pipeline.calendars.holds import held_plans, release
from scheduling_pipeline.simulators.control import DEMO_START
from tests.assets.college import ANN, BEN, CEM, College, noted
from tests.courses.school import FALL, address, course, enrollment, event, user
from tests.end_to_end.pipeline import Ran

CATALOGUE = "course_catalogue"


def refreshed(college: College) -> Ran:
    """The files of the day arrive, and the catalogue alone is read."""
    college.school.arrive()
    return college.run(CATALOGUE_JOB)


def version(ran: Ran) -> str:
    """What Dagster compares to tell whether the catalogue changed."""
    tags = ran.materialized(CATALOGUE)[""].tags or {}
    return tags["dagster/data_version"]


def crowd(college: College, size: int = 24) -> None:
    """So many courses and students, each with one course."""
    numbers = range(1, size + 1)
    college.school.files |= {
        "courses": [course(number) for number in numbers],
        "meeting_times": [],
        "users": [user(address(f"student{number:02}")) for number in numbers],
        "enrollments": [enrollment(address(f"student{number:02}"), number) for number in numbers],
        "final_exams": [],
    }


def test_the_first_files_are_counted_by_table(college: College) -> None:
    ran = refreshed(college)

    assert ran.success
    assert not ran.failed_checks
    assert "degraded" not in ran.tags
    metadata = noted(ran, CATALOGUE)
    by_table = {row["table"]: (row["added"], row["unchanged"]) for row in metadata["by table"]}
    assert (by_table["courses"], by_table["users"], by_table["enrollments"]) == ((2, 0), (3, 0), (4, 0))
    assert metadata["rows changed"] == sum(added for added, _ in by_table.values())
    assert metadata["people affected"] == 3


def test_who_is_affected_is_told_with_what_changed(college: College) -> None:
    refreshed(college)
    college.school.files["courses"][1]["title"] = "Thermodynamics"
    college.school.files["meeting_times"][0]["room"] = "112"
    college.school.files["enrollments"].append(enrollment(BEN, 2))

    metadata = noted(refreshed(college), CATALOGUE)

    assert metadata["who is affected"] == [
        {"person": ANN, "why": "course title, meeting room"},
        {"person": BEN, "why": "enrolment added, meeting room"},
        {"person": CEM, "why": "course title"},
    ]
    reasons = {row["change"]: row["people"] for row in metadata["why people are affected"]}
    assert reasons == {"course title": 2, "meeting room": 2, "enrolment added": 1}
    assert metadata["people affected"] == 3


def test_the_same_files_change_nothing_and_the_version_says_so(college: College) -> None:
    first = refreshed(college)

    again = refreshed(college)

    metadata = noted(again, CATALOGUE)
    assert (metadata["rows changed"], metadata["people affected"]) == (0, 0)
    assert metadata["who is affected"] == "none"
    assert version(first) == version(again)


def test_what_no_calendar_shows_affects_nobody_and_does_not_change_the_version(college: College) -> None:
    first = refreshed(college)
    college.school.files["courses"][0]["seats_available"] = -2

    ran = refreshed(college)

    metadata = noted(ran, CATALOGUE)
    assert (metadata["rows changed"], metadata["people affected"]) == (1, 0)
    assert version(ran) == version(first)


def test_something_that_calendars_show_changes_the_version(college: College) -> None:
    first = refreshed(college)
    college.school.files["courses"][0]["title"] = "Thermodynamics"

    assert version(refreshed(college)) != version(first)


def test_rows_that_make_no_sense_are_named_by_file_and_row_and_the_rest_is_used(college: College) -> None:
    college.school.files["courses"].append(course(9, term=FALL))
    college.school.files["enrollments"].append(enrollment("zoe@college.example", 1))

    ran = refreshed(college)

    assert ran.success
    assert ran.tags["degraded"] == "true"
    check = ran.check("rows")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert (check.description or "").split(";\n") == [
        "courses, row 4: the list of terms has no term 202710",
        "enrollments, row 6: the list of users has no zoe@college.example",
    ]
    assert noted(ran, CATALOGUE)["rows refused"] == 2
    assert noted(ran, CATALOGUE)["people affected"] == 3


def test_events_of_the_university_that_are_left_out_are_told(college: College) -> None:
    day = date(2026, 3, 20)
    college.school.files["university_events"].append(event("x", "Open House", day, status="cancelled"))

    ran = refreshed(college)

    assert ran.check("rows").passed
    assert noted(ran, CATALOGUE)["university events left out"] == [
        {"event": "Open House", "why": "is cancelled"}
    ]


def test_removals_that_no_honest_day_brings_wait_and_the_check_has_the_command(college: College) -> None:
    crowd(college)
    refreshed(college)
    college.school.files["courses"] = college.school.files["courses"][12:]

    ran = refreshed(college)

    assert ran.success
    assert ran.tags["degraded"] == "true"
    (held,) = held_plans(college.engine)
    check = ran.check("removals")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    assert check.description == (
        "courses: 12 of 24 would be removed, such as 202620-1 Course 1, 202620-10 Course 10, "
        "202620-11 Course 11. If that is right: "
        f"scheduling-pipeline release {held['digest']} --by NAME --why REASON"
    )
    metadata = noted(ran, CATALOGUE)
    assert (metadata["removals held"], metadata["people affected"]) == (12, 0)


def test_a_release_lets_them_through_with_the_next_run(college: College) -> None:
    crowd(college)
    refreshed(college)
    college.school.files["courses"] = college.school.files["courses"][12:]
    refreshed(college)
    (held,) = held_plans(college.engine)
    release(college.engine, held["digest"], who="Mia", why="the department closed", now=DEMO_START)

    ran = refreshed(college)

    assert ran.check("removals").passed
    metadata = noted(ran, CATALOGUE)
    assert (metadata["removals held"], metadata["people affected"]) == (0, 12)
    assert metadata["why people are affected"] == [{"change": "course removed", "people": 12}]


def test_files_that_never_arrived_are_no_reason_to_fail(college: College) -> None:
    ran = college.run(CATALOGUE_JOB)

    assert ran.success
    assert not ran.failed_checks
    assert noted(ran, CATALOGUE)["rows changed"] == 0
