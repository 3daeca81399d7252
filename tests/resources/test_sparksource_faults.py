"""Weeks and lessons that cannot be read: each says why, and none takes another down with it.

One reading of a site where much is wrong at once; the tests look at its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import stamina

from scheduling_pipeline.simulators.school.people import students
from scheduling_pipeline.timetable.model import Lesson, WeekReading
from tests.resources.booking_site import ENGLISH, FRENCH, WEEKS, Run, Site, as_read, booked, read

pytestmark = pytest.mark.browser

WELL, WRONG_WEEK, SLOW, LOGIN_FORM, NOT_FOUND, LAST = WEEKS
ENGLISH_LESSONS = [booked(ENGLISH, f"00000{n:02}", monday) for n, monday in enumerate(WEEKS[:5])]
STUCK_LESSON = booked(FRENCH, "0000020", WELL)
FRENCH_LESSONS = {
    kind: booked(FRENCH, f"000003{n}", LAST, hour=8 + 2 * n)
    for n, kind in enumerate(("fine", "500", "login", "empty", "link", "missing"))
}


@dataclass
class BadDay:
    """A reading on a bad day, and what was kept of it."""

    run: Run
    site: Site

    def week(self, agenda: int, monday: date) -> WeekReading:
        (found,) = [week for week in self.run.readings[agenda].weeks if week.monday == monday]
        return found

    def evidence(self, monday: date) -> list[Path]:
        return sorted((self.site.folder / "evidence").glob(f"*-{monday}.*"))


@pytest.fixture(scope="module")
def bad_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadDay]:
    lessons = [*ENGLISH_LESSONS, STUCK_LESSON, *FRENCH_LESSONS.values()]
    site = Site(tmp_path_factory.mktemp("site"), lessons)
    grid = "GET /ffdates/week/booking"
    site.arm("wrong_week", f"{grid}/{WRONG_WEEK:%Y/%m/%d}/", times=None)
    site.arm("slow_grid", f"{grid}/{SLOW:%Y/%m/%d}/", times=None, seconds=2)
    site.arm("login_page", f"{grid}/{LOGIN_FORM:%Y/%m/%d}/", times=None)
    site.arm("http", f"{grid}/{NOT_FOUND:%Y/%m/%d}/", times=None, status=404)
    site.arm("agenda_ignored", "POST /ffdates/set_agenda", skip=1)  # English's choice works
    details = {kind: f"GET /ffdates/list_attendees/{lesson.asid}/" for kind, lesson in FRENCH_LESSONS.items()}
    site.arm("attendee_500", details["500"], times=None)
    site.arm("attendee_login_html", details["login"], times=None)
    site.arm("attendee_empty_teacher", details["empty"], times=None)
    site.arm("attendee_teacher_link", details["link"], times=None)
    site.arm("http", details["missing"], times=None, status=404)
    source = site.source(page_timeout=1.5, attempts=2)
    with stamina.set_testing(True, attempts=2, cap=True):  # no waiting between tries
        run = read(source, (ENGLISH, WEEKS), (FRENCH, [WELL, LAST]))
    yield BadDay(run, site)
    site.stop()


def test_a_week_that_is_well_is_read_beside_the_others(bad_day: BadDay) -> None:
    assert bad_day.week(0, WELL).lessons == (as_read(ENGLISH, ENGLISH_LESSONS[0]),)


def test_an_empty_grid_is_a_complete_week(bad_day: BadDay) -> None:
    week = bad_day.week(0, LAST)

    assert week.complete
    assert week.lessons == ()


@pytest.mark.parametrize(
    ("agenda", "monday", "problem"),
    [
        (0, WRONG_WEEK, "the booking site shows the week of 2026-03-23 instead of the week of 2026-03-09"),
        (0, SLOW, "could not open the grid: no answer in time"),
        (0, LOGIN_FORM, "the booking site asks to log in instead of showing the page"),
        (0, NOT_FOUND, "could not open the grid: HTTP 404"),
        (1, WELL, "the booking site shows agenda 57 instead of agenda 100"),
    ],
    ids=["wrong week", "too slow", "login page", "not found", "choice of the agenda ignored"],
)
def test_a_week_that_cannot_be_read_has_no_lessons_and_says_why(
    bad_day: BadDay, agenda: int, monday: date, problem: str
) -> None:
    week = bad_day.week(agenda, monday)

    assert not week.complete
    assert week.lessons == ()
    assert week.problem.startswith(problem)
    assert any(f"week of {monday}: not read, {problem}" in step[0] for step in bad_day.run.progress)


def test_what_a_wrong_grid_showed_is_kept_and_nothing_else(bad_day: BadDay) -> None:
    files = bad_day.evidence(WRONG_WEEK)

    stem = bad_day.site.folder / "evidence" / "20260302T060000Z-english-2026-03-09"
    assert files == [stem.with_suffix(".html"), stem.with_suffix(".png")]
    assert all(str(path) in bad_day.week(0, WRONG_WEEK).problem for path in files)
    html = files[0].read_text()
    assert html.startswith('<table id="week">')
    assert html.endswith("</table>")
    assert "Mon 23rd Mar." in html
    assert files[1].read_bytes().startswith(b"\x89PNG")


def test_nothing_is_kept_of_a_page_that_shows_no_grid(bad_day: BadDay) -> None:
    assert [bad_day.evidence(monday) for monday in (SLOW, LOGIN_FORM, NOT_FOUND)] == [[], [], []]


def test_no_student_is_in_the_evidence(bad_day: BadDay) -> None:
    kept = "".join(path.read_text() for path in (bad_day.site.folder / "evidence").glob("*.html"))
    names = {name for lesson in ENGLISH_LESSONS for name in students(lesson.asid, lesson.occupied)}

    assert kept
    assert names
    assert not [name for name in names if name in kept]


def test_a_lesson_whose_teacher_cannot_be_read_stays_without_one(bad_day: BadDay) -> None:
    week = bad_day.week(1, LAST)
    teachers: dict[str, Lesson] = {lesson.asid: lesson for lesson in week.lessons}

    assert week.complete
    assert {kind: teachers[lesson.asid].teacher for kind, lesson in FRENCH_LESSONS.items()} == {
        "fine": "Ana MARTEL",
        "500": None,
        "login": None,
        "empty": None,
        "link": "Ana MARTEL",
        "missing": None,
    }
    assert len(week.unknown) == 4
    assert bad_day.run.progress[-1][0].endswith("6 lessons, 4 of them without a teacher")


def test_a_page_is_not_asked_for_endlessly(bad_day: BadDay) -> None:
    asked = bad_day.site.asked("GET", "/ffdates/list_attendees/")
    times = {
        kind: asked.count(f"/ffdates/list_attendees/{one.asid}/") for kind, one in FRENCH_LESSONS.items()
    }

    assert times == {"fine": 1, "500": 2, "login": 2, "empty": 1, "link": 1, "missing": 1}
    assert bad_day.site.logins == 1
    assert bad_day.site.forbidden == []
