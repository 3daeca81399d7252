"""Where a class takes place, in the words of its calendar event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from scheduling_pipeline.courses.model import Place

UNDECIDED = "TBD"
ONLINE = frozenset({"ONL", "ONB", "OLB", "OLC"})  # schedule types of which nothing happens in a room
DIGITS = 3


def location(places: Iterable[Place], schedule_type: str) -> str:
    """Such as `Wilder Hall 112 / 113; Dana Annex M204`, whatever the order of `places`.

    A building whose room is not known stands alone. Without any known place it is to be determined, and
    empty for an online course.
    """
    rooms: defaultdict[str, set[str]] = defaultdict(set)
    for place in places:
        if place.is_known:
            rooms[place.building.strip()].update({_padded(place.number)} if place.has_number else ())
    if not rooms:
        return "" if schedule_type.strip().upper() in ONLINE else UNDECIDED
    return "; ".join(
        " ".join(filter(None, (name, " / ".join(sorted(rooms[name]))))) for name in sorted(rooms)
    )


def _padded(number: str) -> str:
    number = number.strip()
    return number.zfill(DIGITS) if number.isdecimal() else number
