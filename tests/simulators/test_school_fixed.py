"""The small school that tests write down themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.school import FixedSchool, SiteLesson
from tests.simulators.booking_site import ENGLISH, FRENCH, MONDAY, lesson

SUNDAY_BEFORE = MONDAY - timedelta(days=1)


def test_it_shows_its_lessons_in_their_agenda_and_week() -> None:
    here, elsewhere, later = lesson("0000001"), lesson("0000002", agenda=FRENCH), lesson("0000003", days=7)
    school = FixedSchool([here, elsewhere, later])
    assert school.lessons(ENGLISH, MONDAY, DEMO_START) == [here]
    assert school.lessons(ENGLISH, MONDAY + timedelta(weeks=1), DEMO_START) == [later]
    assert school.lesson("0000002", DEMO_START) == elsewhere
    assert school.lesson("0000009", DEMO_START) is None


def test_it_can_be_given_other_lessons() -> None:
    school = FixedSchool([lesson("0000001")])
    school.replace([lesson("0000002")])
    assert [one.asid for one in school.lessons(ENGLISH, MONDAY, DEMO_START)] == ["0000002"]


def test_rooms_are_those_of_its_lessons_and_never_none() -> None:
    school = FixedSchool([lesson("0000001", room="SFS7*"), lesson("0000002", days=8, room="ATL1")])
    assert [room.name for room in school.rooms(ENGLISH)] == ["ATL1", "SFS7*"]
    assert len(school.rooms(FRENCH)) == 1
    assert {room.crid for room in school.rooms(ENGLISH)}.isdisjoint(
        room.crid for room in school.rooms(FRENCH)
    )


@pytest.mark.parametrize(
    ("lessons", "complaint"),
    [
        ([lesson("0000001"), lesson("0000001", days=1)], "same asid"),
        ([lesson("0000001"), lesson("0000002", hours=1)], "at the same time"),
        ([lesson("0000001", agenda="999")], "no agenda '999'"),
        ([lesson("0000001", end=lesson().start)], "must end after it starts"),
        ([lesson("0000001", end=lesson().end + timedelta(days=1))], "on the same day"),
        ([lesson("0000001", start=lesson().start + timedelta(minutes=10))], "quarter hours"),
    ],
)
def test_it_refuses_what_the_grid_cannot_show(lessons: Sequence[SiteLesson], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        FixedSchool(lessons)
