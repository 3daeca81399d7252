"""What a private lesson is called in a calendar, in which colour, and where it is."""

from __future__ import annotations

import pytest

from scheduling_pipeline.timetable.activities import categories, category, place, summary
from scheduling_pipeline.timetable.model import Kind
from tests.timetable.builders import MONDAY, lesson


@pytest.mark.parametrize(
    ("code", "name", "preset"),
    [
        ("VAD", "VAD - VIP Adults", "preset8"),
        ("TPC", "TPC - Test Prep", "preset0"),
        ("JPR", "JPR - Junior Private", "preset7"),
        ("JGP", "JGP - Junior Group", "preset4"),
        ("ICO", "ICO - In Company", "preset1"),
        ("VIP", "VIP - VIP Class", "preset3"),
        ("", "Private Lesson", "preset10"),
    ],
)
def test_each_activity_type_has_its_category_and_colour(code: str, name: str, preset: str) -> None:
    assert category(code) == name
    assert categories(Kind.PRIVATE)[name] == preset
    assert summary(lesson(MONDAY, "09:00-10:00", code=code)) == f"Private: {name}"


def test_an_unlisted_code_is_a_private_lesson_and_gets_a_colour_when_used() -> None:
    assert category("XYZ") == "XYZ - Private Lesson"
    assert categories(Kind.PRIVATE, ["XYZ - Private Lesson", "VAD - VIP Adults"]) == {
        **categories(Kind.PRIVATE),
        "XYZ - Private Lesson": "preset10",
    }


def test_method_classes_have_no_categories() -> None:
    assert categories(Kind.METHOD) == {}


def test_an_online_lesson_says_so_in_subject_and_place() -> None:
    online = lesson(MONDAY, "09:00-10:00", online=True, room="SFS1*")
    assert summary(online) == "Private: VAD - VIP Adults (Online)"
    assert place(online) == "SFS1* (online)"
    assert place(lesson(MONDAY, "09:00-10:00", online=True, room="")) == "Online"
    assert place(lesson(MONDAY, "09:00-10:00", room="SFS1*")) == "SFS1*"
