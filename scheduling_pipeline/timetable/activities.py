"""Activity types: what a lesson is called in a calendar, in which colour, and where it takes place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scheduling_pipeline.timetable.model import Kind, Lesson


@dataclass(frozen=True, slots=True)
class ActivityType:
    """`preset` is Outlook's name of a category colour."""

    label: str
    preset: str


TEACHING = "Teaching"

PRIVATE_TYPES = {
    "VAD": ActivityType("VIP Adults", "preset8"),  # purple
    "TPC": ActivityType("Test Prep", "preset0"),  # red
    "JPR": ActivityType("Junior Private", "preset7"),  # blue
    "JGP": ActivityType("Junior Group", "preset4"),  # green
    "ICO": ActivityType("In Company", "preset1"),  # orange
    "VIP": ActivityType("VIP Class", "preset3"),  # yellow
}
ANY_OTHER = ActivityType("Private Lesson", "preset10")  # steel


def category(code: str) -> str:
    """The category of a private lesson: `CODE - Label`."""
    label = PRIVATE_TYPES.get(code, ANY_OTHER).label
    return f"{code} - {label}" if code else label


def summary(lesson: Lesson) -> str:
    """The subject of a private lesson's event."""
    return f"Private: {category(lesson.code)}" + (" (Online)" if lesson.online else "")


def place(lesson: Lesson) -> str:
    """The room, and whether the students are there: a teacher may sit in a room for an online lesson."""
    if not lesson.online:
        return lesson.room
    return f"{lesson.room} (online)" if lesson.room else "Online"


def categories(kind: Kind, used: Iterable[str] = ()) -> dict[str, str]:
    """The categories that must exist in a teacher's mailbox, and their preset colours.

    `used` are the categories of events about to be written, so that those of unlisted codes get a colour too.
    """
    if kind is not Kind.PRIVATE:
        return {}
    listed = {category(code): activity.preset for code, activity in PRIVATE_TYPES.items()}
    listed[ANY_OTHER.label] = ANY_OTHER.preset
    return listed | dict.fromkeys(sorted(set(used) - set(listed)), ANY_OTHER.preset)
