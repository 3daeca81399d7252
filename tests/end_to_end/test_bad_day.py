"""The replay of a bad day, through the real job and a real browser.

The site shows another week than the one asked for, then an empty grid, then a third of the lessons are gone.
Nothing is deleted, the last good data stays, each run says why, and a release lets exactly those removals
through.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from resources.database import load_frame
from scheduling_pipeline.calendars.holds import held_plans, release
from scheduling_pipeline.simulators.school import FixedSchool
from scheduling_pipeline.simulators.school.people import students
from tests.end_to_end.mailboxes import Mailboxes, Seen
from tests.end_to_end.pipeline import ENGLISH, ESA, SFS, Pipeline
from tests.end_to_end.remote import signed_in
from tests.end_to_end.school import MONDAY, PEOPLE, classes, private_lessons

LESSONS = private_lessons(ENGLISH, 12)
GONE = LESSONS[:12]  # all of one teacher's: a third
CLASSES = classes(SFS, (0, "09:00"), (2, "14:00"))
GRIDS = "GET /ffdates/week"

pytestmark = pytest.mark.browser


@pytest.fixture
def mailboxes(pipeline: Pipeline) -> Iterator[Mailboxes]:
    with signed_in(pipeline.simulators.environment) as person:
        yield Mailboxes(person)


def standing(mailboxes: Mailboxes) -> Counter[Seen]:
    """What stands in all mailboxes."""
    return mailboxes.standing(person.upn for person in PEOPLE)


def test_a_bad_day_deletes_nothing_and_a_release_lets_exactly_the_held_removals_through(
    pipeline: Pipeline, school: FixedSchool, mailboxes: Mailboxes
) -> None:
    school.replace([*LESSONS, *CLASSES])
    agendas = (SFS, ESA, ENGLISH)
    good = pipeline.run(*agendas)
    assert good.success
    before = standing(mailboxes)
    assert sum(before.values()) == 36 + 6
    rows = load_frame(pipeline.engine, "timetable", agendas)

    pipeline.break_site("wrong_week", GRIDS, None)
    wrong_week = pipeline.run(*agendas)

    assert not wrong_week.success
    assert "no week could be read completely" in wrong_week.errors
    assert str(MONDAY) in wrong_week.errors
    assert standing(mailboxes) == before
    assert load_frame(pipeline.engine, "timetable", agendas).equals(rows)

    pipeline.simulators.sparksource.control.clear_faults()
    pipeline.break_site("empty_week", GRIDS, None)
    empty = pipeline.run(*agendas)

    assert empty.success
    assert empty.tags["degraded"] == "true"
    assert {"size", "brake"} <= empty.failed_checks
    assert "0 lessons instead of 36" in (empty.check("size").description or "")
    assert "none of 36 would be left" in (empty.check("brake").description or "")
    assert empty.writes == 0
    assert standing(mailboxes) == before

    pipeline.simulators.sparksource.control.clear_faults()
    school.replace([*LESSONS[12:], *CLASSES])
    shrunken = pipeline.run(*agendas)

    assert shrunken.success
    assert {"brake"} <= shrunken.failed_checks
    assert "12 of 36 would be removed" in (shrunken.check("brake").description or "")
    assert shrunken.writes == 0
    assert standing(mailboxes) == before

    (held,) = held_plans(pipeline.engine)
    assert sorted(removal["uid"] for removal in held["removals"]) == [lesson.asid for lesson in GONE]
    now = pipeline.simulators.clock.now() + timedelta(minutes=5)
    release(pipeline.engine, held["digest"], who="Kim Weber", why="Ana is on leave", now=now)
    released = pipeline.run(*agendas)

    assert released.check("brake").passed
    assert released.count("outlook_calendars", ENGLISH, "events deleted") == released.writes == 12
    left = standing(mailboxes)
    assert sum((before - left).values()) == 12
    assert not left - before
    assert pipeline.run(*agendas).writes == 0


def test_no_name_of_a_student_leaves_the_site(pipeline: Pipeline, school: FixedSchool) -> None:
    """Neither in a good run nor in what is kept of a bad one."""
    school.replace(private_lessons(ENGLISH, 2))
    ran = pipeline.run(ENGLISH)
    pipeline.break_site("wrong_week", GRIDS, None)
    failed = pipeline.run(ENGLISH)

    assert ran.success
    assert not failed.success
    home = pipeline.simulators.sparksource.control.folder.parent
    evidence = [path.read_text() for path in (home / "sparksource" / "evidence").rglob("*.html")]
    assert evidence
    names = {name for lesson in private_lessons(ENGLISH, 2) for name in students(lesson.asid, 2)}
    assert names
    for text in (ran.text, failed.text, *evidence):
        assert not [name for name in names if name in text]
