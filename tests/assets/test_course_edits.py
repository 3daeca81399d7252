"""What students change in Google, when their classes move, when they drop them, and when all is put right."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from resources.google_wire import Json
from scheduling_pipeline.simulators.control import DEMO_START
from tests.assets.college import ANN, BEN, CEM, College, noted
from tests.courses.school import enrollment
from tests.end_to_end.pipeline import Ran

THURSDAYS = ["2026-03-19", "2026-03-26", "2026-04-02", "2026-04-09", "2026-04-16"]
CHANGES, CALENDARS = "google_changes", "google_calendars"
FORCE = {"course_events": {"force": True}}
MONDAYS = "2026-01-12T09:00"


def the_class(college: College, person: str, first: str = MONDAYS) -> Json:
    """The one class of a person that began at that time."""
    (found,) = [
        one for one in college.events(person) if one.get("start", {}).get("dateTime", "").startswith(first)
    ]
    return found


def ids_of(college: College, person: str) -> dict[str, str]:
    """What stands in a person's calendar as an event of its own, by id; what it is called."""
    events = college.events(person)
    return {event["id"]: event["summary"] for event in events if "recurringEventId" not in event}


def occurrences(college: College, person: str, summary: str = "Course 1") -> list[str]:
    """When the classes of that name are, to the minute."""
    found = college.by_hand("GET", person, "?singleEvents=true&maxResults=2500")["items"]
    return sorted(one["start"]["dateTime"][:16] for one in found if one["summary"] == summary)


def instance(college: College, person: str, day: str, first: str = MONDAYS) -> str:
    """The path of one date of a class."""
    path = f"/{the_class(college, person, first)['id']}/instances?maxResults=2500"
    (found,) = [
        one["id"]
        for one in college.by_hand("GET", person, path)["items"]
        if one["start"]["dateTime"].startswith(day)
    ]
    return f"/{found}"


def move_instance(college: College, person: str, day: str, hour: int) -> None:
    """A person moves one date to another hour."""
    at = {
        name: {"dateTime": f"{day}T{hour}:{minute}:00", "timeZone": "America/New_York"}
        for name, minute in (("start", "00"), ("end", "50"))
    }
    college.by_hand("PATCH", person, instance(college, person, day), at)


def next_day(college: College) -> Ran:
    """The files of the day arrive, and the nightly run follows."""
    college.school.arrive()
    ran = college.run()
    assert ran.success, ran.errors
    return ran


def listings(college: College, since: int) -> Counter[str]:
    """Whose events were listed, and how often."""
    journal = college.project.simulators.google.control.journal(since)
    paths = [entry["path"] for entry in journal if entry["kind"] == "call" and entry["method"] == "GET"]
    owners = {f"/calendars/{calendar}/events": person for person, calendar in college.calendars.items()}
    return Counter(owners[path] for path in paths if path in owners)


def test_force_puts_all_right_and_the_next_run_is_quiet(college: College) -> None:
    college.settle()
    before = {name: occurrences(college, ANN, name) for name in ("Course 1", "Course 2")}
    ids = ids_of(college, ANN)
    college.by_hand("DELETE", ANN, instance(college, ANN, "2026-02-02"))
    college.by_hand("DELETE", ANN, instance(college, ANN, "2026-04-06"))
    move_instance(college, ANN, "2026-04-13", 15)
    evening = the_class(college, ANN, "2026-01-13T19:00")
    college.by_hand("PATCH", ANN, f"/{evening['id']}", {"summary": "Mine", "location": "At home"})
    (exam,) = [number for number, summary in ids.items() if summary.startswith("Final Exam")]
    college.by_hand("DELETE", ANN, f"/{exam}")

    ran = college.run(config=FORCE)

    assert ran.success, ran.errors
    metadata = noted(ran, CHANGES)
    assert (metadata["to remake"], metadata["to update"], metadata["to create"]) == (1, 1, 1)
    assert {name: occurrences(college, ANN, name) for name in before} == before
    assert sorted(ids_of(college, ANN).values()) == sorted(ids.values())
    assert len(ids_of(college, ANN).keys() - ids) == 2, "a class and the exam were made anew"
    calls = college.calls()
    again = college.run(config=FORCE)
    assert noted(again, CALENDARS)["people brought up to date"] == 3
    assert college.writes(since=calls) == 0


def test_a_dry_run_of_force_changes_nothing_and_forgets_nothing(college: College) -> None:
    college.settle()
    event = the_class(college, ANN)
    college.by_hand("PATCH", ANN, f"/{event['id']}", {"summary": "Mine"})
    college.by_hand("DELETE", ANN, instance(college, ANN, "2026-04-06"))
    calls = college.calls()
    planned = college.run(config=FORCE | {CALENDARS: {"dry_run": True}})
    assert noted(planned, CHANGES)["to remake"] == 1
    assert college.writes(since=calls) == 0

    college.school.files["courses"][0]["instructor_name"] = "Ida Falk"
    next_day(college)

    after = the_class(college, ANN)
    assert (after["id"], after["summary"]) == (event["id"], "Mine")
    assert "Ida Falk" in after["description"]
    assert not any(one.startswith("2026-04-06") for one in occurrences(college, ANN, "Mine"))


def test_dates_that_a_person_deleted_stay_deleted_when_the_class_moves_to_another_day(
    college: College,
) -> None:
    college.settle()
    college.by_hand("DELETE", ANN, instance(college, ANN, "2026-04-06"))
    college.by_hand("DELETE", ANN, instance(college, ANN, "2026-04-13"))
    college.school.files["meeting_times"][0]["day_of_week"] = 4
    calls = college.calls()

    next_day(college)

    assert listings(college, calls) == {ANN: 1, BEN: 1}
    theirs, others = (
        [one for one in occurrences(college, name) if one[:10] in THURSDAYS] for name in (ANN, BEN)
    )
    assert others == [f"{day}T09:00" for day in THURSDAYS]
    assert theirs == [f"{day}T09:00" for day in THURSDAYS if day not in ("2026-04-09", "2026-04-16")]
    college.school.files["meeting_times"][0] |= {"begin_time": 1100, "end_time": 1150}
    next_day(college)
    theirs = [one for one in occurrences(college, ANN) if one[:10] in THURSDAYS]
    assert theirs == [f"{day}T11:00" for day in THURSDAYS if day not in ("2026-04-09", "2026-04-16")]


def test_dates_that_a_person_changed_move_with_the_class_and_are_named(college: College) -> None:
    college.settle()
    move_instance(college, ANN, "2026-04-06", 15)
    college.school.files["meeting_times"][0] |= {"begin_time": 1100, "end_time": 1150}

    ran = next_day(college)

    assert noted(ran, CHANGES)["single dates that move with their class"] == [
        {"person": ANN, "class": "Course 1", "dates that the person had changed": "2026-04-06"}
    ]
    assert occurrences(college, ANN) == occurrences(college, BEN)
    assert "2026-04-06T11:00" in occurrences(college, ANN)


def test_nothing_is_listed_when_no_class_moves(college: College) -> None:
    college.settle()
    college.by_hand("DELETE", ANN, instance(college, ANN, "2026-04-06"))
    before = occurrences(college, ANN)
    college.school.files["meeting_times"][0]["room"] = "112"
    college.school.files["university_events"][0]["end_date"] = date(2026, 3, 16)
    calls = college.calls()

    next_day(college)

    assert listings(college, calls) == {}
    assert occurrences(college, ANN) == [one for one in before if not one.startswith("2026-03-16")]


def test_who_cannot_be_looked_into_stays_due_and_the_others_move(college: College) -> None:
    college.settle()
    college.school.files["meeting_times"][0] |= {"begin_time": 1100, "end_time": 1150}
    college.project.arm(
        "http", f"GET /calendars/{college.calendars[ANN]}/events", times=None, status=403, reason="forbidden"
    )

    ran = next_day(college)

    outcomes = {row["person"]: row["outcome"] for row in noted(ran, CALENDARS)["by person"]}
    assert outcomes == {ANN: "failed", BEN: "synced"}
    assert college.school.due() == {"ann"}
    college.project.reset()
    next_day(college)
    assert college.school.due() == set()
    assert occurrences(college, ANN) == occurrences(college, BEN)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260425T035959Z",
        "FREQ=MONTHLY;BYDAY=2MO",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=30",
        "FREQ=DAILY;COUNT=100",
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_a_dropped_class_that_takes_place_as_its_owner_said_ends(
    college: College, rule: str, *, known: bool
) -> None:
    college.settle()
    event = the_class(college, BEN)
    college.by_hand("PATCH", BEN, f"/{event['id']}", {"summary": "Mine", "recurrence": [f"RRULE:{rule}"]})
    past = [one for one in occurrences(college, BEN, "Mine") if one < f"{DEMO_START:%Y-%m-%dT%H:%M}"]
    assert past != occurrences(college, BEN, "Mine")
    if known:
        college.school.files["courses"][0]["instructor_name"] = "Ida Falk"
        next_day(college)
    college.school.files["enrollments"] = [enrollment(BEN, 2), enrollment(CEM, 2), enrollment(ANN, 2)]

    next_day(college)

    assert occurrences(college, BEN, "Mine") == past
    assert college.school.due() == set()
    calls = college.calls()
    college.run(config={"course_events": {"everybody": True}})
    assert college.writes(since=calls) == 0
