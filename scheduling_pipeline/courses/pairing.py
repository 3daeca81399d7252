"""Which meeting of a course is which, when a new list of them arrives.

Files do not name meetings: a meeting is known by its weekday, times and dates, and these may change. To be
the same, a changed meeting must share dates with the one that it was: what is over stays as it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date, time
from typing import NamedTuple


class Slot(NamedTuple):
    """When a meeting takes place: weekly on a weekday (Monday 0), between two dates (inclusive)."""

    weekday: int
    begin: time
    end: time
    start_date: date
    end_date: date
    laboratory: bool

    @property
    def when(self) -> tuple[int, time, time, date, date]:
        """What no two meetings of a course have in common."""
        return self[:5]

    def overlaps(self, other: Slot) -> bool:
        """Whether the two have dates in common."""
        return self.start_date <= other.end_date and other.start_date <= self.end_date


_Likeness = Callable[[Slot], object]
_LIKENESSES: tuple[_Likeness, ...] = (  # the closest first
    lambda slot: slot[:3],
    lambda slot: (slot.weekday, slot.laboratory),
    lambda slot: (slot.begin, slot.end, slot.laboratory),
    lambda slot: slot.laboratory,
)


def pair(old: Mapping[int, Slot], new: Collection[Slot]) -> dict[Slot, int]:
    """Which new slot takes the place of which old one, by its number, 1 or more; those left out are new.

    No two slots of `old` have the same `when`, and no two of `new`.
    """
    exact = {slot.when: number for number, slot in old.items()}
    found = {slot: exact[slot.when] for slot in new if slot.when in exact}
    taken = set(found.values())
    left = {number: slot for number, slot in sorted(old.items(), key=_by_slot) if number not in taken}
    coming = sorted(slot for slot in new if slot not in found)
    for likeness in _LIKENESSES:
        alike: dict[object, list[int]] = defaultdict(list)
        for number, slot in left.items():
            alike[likeness(slot)].append(number)
        for slot in coming:
            candidates = alike[likeness(slot)]
            if match := next((number for number in candidates if left[number].overlaps(slot)), None):
                found[slot] = match
                candidates.remove(match)
                del left[match]
        coming = [slot for slot in coming if slot not in found]
    return found


def _by_slot(item: tuple[int, Slot]) -> tuple[Slot, int]:
    number, slot = item
    return slot, number
