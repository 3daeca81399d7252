"""What goes wrong at the booking site, through the real job and a real browser."""

from __future__ import annotations

import pytest

from resources.database import load_frame
from scheduling_pipeline.simulators.school import FixedSchool
from tests.end_to_end.pipeline import ENGLISH, FRENCH, GERMAN, Pipeline
from tests.end_to_end.school import PEOPLE, private_lessons

LESSONS = private_lessons(ENGLISH, 2)
GRIDS = "GET /ffdates/week"

pytestmark = pytest.mark.browser


@pytest.fixture
def school() -> FixedSchool:
    return FixedSchool([*LESSONS, *private_lessons(GERMAN, 1, first=1000)], PEOPLE)


def test_a_session_that_expires_in_the_middle_of_a_run_is_renewed(pipeline: Pipeline) -> None:
    pipeline.break_site("expired_session", GRIDS, skip=2)

    ran = pipeline.run(ENGLISH, FRENCH, GERMAN)

    assert ran.success
    assert not ran.failed_checks
    assert ran.writes == 9


def test_a_wrong_password_is_told_without_telling_the_password(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARKSOURCE_PASS", "not-the-password-at-all")

    ran = pipeline.run(ENGLISH)

    assert not ran.success
    assert "SPARKSOURCE_PASS" in ran.errors
    assert "not-the-password-at-all" not in ran.text
    assert pipeline.writes() == []


def test_a_site_that_is_down_fails_the_run_and_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.run(ENGLISH)
    calls = pipeline.forget()
    pipeline.break_site("http", ".*", None, status=503)

    ran = pipeline.run(ENGLISH)

    assert not ran.success
    assert "503" in ran.errors
    assert pipeline.writes(since=calls) == []
    assert len(load_frame(pipeline.engine, "timetable", [ENGLISH])) == len(LESSONS)


def test_a_teacher_who_cannot_be_read_keeps_their_event(pipeline: Pipeline) -> None:
    pipeline.run(ENGLISH)
    pipeline.break_site("attendee_500", f"/list_attendees/{LESSONS[0].asid}/", None)

    ran = pipeline.run(ENGLISH)

    assert ran.success
    assert ran.tags["degraded"] == "true"
    assert "1 lessons whose teacher could not be read" in (ran.check("complete_reading").description or "")
    assert ran.writes == 0
    assert ran.count("outlook_calendars", ENGLISH, "standing events") == len(LESSONS)


def test_lessons_that_are_missing_with_their_room_column_stay(
    pipeline: Pipeline, school: FixedSchool
) -> None:
    """The rest of the grid looks whole: only the last good reading tells that a room is missing."""
    school.replace(private_lessons(ENGLISH, 6))
    pipeline.run(ENGLISH)
    pipeline.break_site("missing_room_column", GRIDS, None)

    ran = pipeline.run(ENGLISH)

    assert "no longer has the column" in (ran.check("complete_reading").description or "")
    assert ran.writes == 0
    assert ran.count("outlook_changes", ENGLISH, "kept, undecided") > 0
    assert ran.count("outlook_calendars", ENGLISH, "standing events") == 18
