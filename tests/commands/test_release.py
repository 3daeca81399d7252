"""`release` lists what the brake holds, and lets it through on a person's word."""

from __future__ import annotations

import re

import pytest

from scheduling_pipeline.calendars.brake import brake
from scheduling_pipeline.calendars.changes import removal
from scheduling_pipeline.calendars.holds import record_hold
from scheduling_pipeline.calendars.model import LedgerEvent
from scheduling_pipeline.courses.events import SCOPE as COURSES
from tests.commands.school import ANA, FRENCH, NOW, School, days, lesson, old_lesson
from tests.courses.builders import course, events_of, meeting
from tests.courses.people import add_users, give_calendar
from tests.courses.school import School as College
from tests.courses.school import user

ROBIN, ROBINS = "robin.vale@example.edu", "robin-calendar"
WEEK = list(days(1, 2, 3, 4, 5))


def rows(text: str) -> list[list[str]]:
    """The cells of all rows of a table."""
    return [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in text.splitlines()
        if line.startswith("│")
    ]


@pytest.fixture
def digest(school: School) -> str:
    """Five lessons stand, and the newest reading has none of them: their removal is held."""
    school.read(FRENCH, *(lesson(FRENCH, f"000000{n}", day) for n, day in enumerate(WEEK)))
    for day in WEEK:
        school.write_by_script(ANA, old_lesson(day))
    assert school.run("adopt", FRENCH, "--yes").code == 0
    school.read(FRENCH)
    planned = school.run("plan", FRENCH).text
    assert "0 changes, 5 held" in planned
    found = re.search(r"scheduling-pipeline release (\w+) --by NAME", planned)
    assert found
    return found[1]


def test_without_a_digest_it_lists_what_is_held(school: School, digest: str) -> None:
    outcome = school.run("release")
    assert outcome.code == 0
    assert digest in outcome.text
    assert "none of 5 would be left" in outcome.text


def test_nothing_held_is_said_so(school: School) -> None:
    assert "Nothing is held" in school.run("release").text


def test_a_release_shows_what_it_lets_through_and_the_next_plan_has_it(school: School, digest: str) -> None:
    outcome = school.run("release", digest, "--by", "Mia", "--why", "the group was cancelled")
    assert outcome.code == 0
    assert "5 removals go through" in outcome.text
    assert "Tue 03 Mar 2026 09:00" in outcome.text
    assert "5 changes, 0 held" in school.run("plan", FRENCH).text


def test_a_wrong_digest_lists_the_held_ones(school: School, digest: str) -> None:
    outcome = school.run("release", "0123456789abcdef", "--by", "Mia", "--why", "cancelled")
    assert outcome.code == 1
    assert "no removals are held under 0123456789abcdef" in outcome.text
    assert digest in outcome.text


@pytest.mark.parametrize("words", [(), ("--by", "Mia"), ("--why", "cancelled"), ("--by", " ", "--why", "x")])
def test_a_release_needs_who_and_why(school: School, digest: str, words: tuple[str, ...]) -> None:
    outcome = school.run("release", digest, *words)
    assert outcome.code == 1
    assert "--by NAME --why REASON" in outcome.text
    assert "0 changes, 5 held" in school.run("plan", FRENCH).text


@pytest.fixture
def dropped(school: School) -> str:
    """Robin leaves a course that meets ten times a week: what its removal is held under."""
    add_users(school.engine, ROBIN)
    give_calendar(school.engine, ROBIN, ROBINS)
    classes = [
        meeting(day, f"{hour:02}:00", f"{hour:02}:50", number=10 * day + hour)
        for day in range(5)
        for hour in (9, 10)
    ]
    standing = [
        LedgerEvent(one.scope, one.calendar, one.uid, one.content, one.kin, one.origin, 1, one.uid, "1")
        for one in events_of(course(*classes))
    ]
    held = brake([removal(event, NOW) for event in standing], standing, now=NOW, by_week=False)
    record_hold(school.engine, COURSES, held, now=NOW)
    return held.digest


def test_what_is_held_of_course_calendars_is_listed_by_person(school: School, dropped: str) -> None:
    text = school.run("release").text

    assert f"{dropped}  10 removals in course calendars, since 02 Mar 2026 05:00 UTC" in text
    assert f"calendar {ROBIN}: 10 of 10 would be removed" in text
    assert ROBINS not in text


def test_a_release_for_course_calendars_shows_whose_classes_go(school: School, dropped: str) -> None:
    outcome = school.run("release", dropped, "--by", "Mia", "--why", "Robin left")

    assert outcome.code == 0
    assert "Let through: course calendars" in outcome.text
    (first, *others) = [row for row in rows(outcome.text) if row[0] == ROBIN]
    assert first == [ROBIN, "Mon 07 Sep 2026 09:00 UTC-04:00", "Computer Science I"]
    assert len(others) == 9
    assert "10 removals go through with the next run of course calendars." in outcome.text


@pytest.fixture
def cut_short(school: School) -> str:
    """Half of the users are missing from the newest file of them: what their removal is held under."""
    college = College(school.engine)
    college.files |= {
        "users": [user(f"student{number:02}@college.example") for number in range(24)],
        "enrollments": [],
    }
    college.night()
    college.files["users"] = college.files["users"][12:]
    (held,) = college.night().held
    return held.digest


def test_what_is_held_of_the_catalogue_is_listed_by_table(school: School, cut_short: str) -> None:
    text = school.run("release").text

    assert f"{cut_short}  12 removals in the course catalogue, since " in text
    assert "users: 12 of 24 would be removed" in text


def test_a_release_for_the_catalogue_shows_the_rows_that_go(school: School, cut_short: str) -> None:
    outcome = school.run("release", cut_short, "--by", "Mia", "--why", "they graduated")

    assert outcome.code == 0
    assert "Let through: the course catalogue" in outcome.text
    shown = [row for row in rows(outcome.text) if row[0] == "users"]
    assert shown == [["users", f"student{number:02}@college.example"] for number in range(12)]
    assert "12 removals go through with the next run of the course catalogue." in outcome.text
