"""The life of a booking, and the means to draw one: seeded dice, and who is taken when."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from scheduling_pipeline.simulators.school.model import AGENDAS, ZURICH, SiteLesson

ALWAYS = datetime.min.replace(tzinfo=UTC)
FIRST_MONDAY = date(2026, 1, 5)
LAST_DAY = date(2026, 12, 23)
DEMO_MONDAY = date(2026, 3, 2)
PUBLIC_HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in ("2026-04-03", "2026-04-06", "2026-05-14", "2026-05-25", "2026-08-01", "2026-09-21")
)
DAY = 24 * 60  # minutes

_FIRST_ASID = 100_000
_ASIDS_PER_AGENDA = 400
_ASIDS_PER_WEEK = _ASIDS_PER_AGENDA * len(AGENDAS)
_POSITIONS = {agenda: position for position, agenda in enumerate(AGENDAS)}


@dataclass(frozen=True, slots=True)
class Booking:
    """One activity session from its first day to its last: what the site shows from each instant on.

    `states` are in the order of their instants; None means that the site shows nothing.
    """

    states: tuple[tuple[datetime, SiteLesson | None], ...]

    def at(self, now: datetime) -> SiteLesson | None:
        shown = None
        for since, lesson in self.states:
            if since > now:
                break
            shown = lesson
        return shown


class Diary:
    """Who (a teacher, a room) is taken when. Times are minutes since Monday 00:00."""

    def __init__(self) -> None:
        self._taken: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)

    def free(self, who: str, start: int, end: int) -> bool:
        return all(end <= taken_from or taken_to <= start for taken_from, taken_to in self._taken[who])

    def take(self, who: str, start: int, end: int) -> None:
        self._taken[who].append((start, end))

    def copy(self) -> Diary:
        other = Diary()
        other._taken.update({who: list(taken) for who, taken in self._taken.items()})
        return other


def dice(*names: object) -> random.Random:
    """Random numbers that are the same for the same names, in every process."""
    return random.Random("/".join(map(str, names)))  # noqa: S311 - invented lessons, not a secret


def instant(monday: date, minute: int) -> datetime:
    """The wall time `minute` minutes after Monday 00:00."""
    return datetime.combine(
        monday + timedelta(days=minute // DAY), time(minute % DAY // 60, minute % 60), ZURICH
    )


def minute(moment: datetime) -> int:
    """The minutes since its Monday 00:00, on the clock that `moment` carries."""
    return moment.weekday() * DAY + moment.hour * 60 + moment.minute


def open_on(day: date) -> bool:
    return day <= LAST_DAY and day not in PUBLIC_HOLIDAYS


def asid(agenda: str, monday: date, number: int) -> str:
    """The site's number of an agenda's `number`th session of a week."""
    week, position = (monday - FIRST_MONDAY).days // 7, _POSITIONS[agenda]
    return f"{_FIRST_ASID + week * _ASIDS_PER_WEEK + position * _ASIDS_PER_AGENDA + number:07d}"


def whereabouts(asid: str) -> tuple[str, date] | None:
    """The agenda and the Monday that `asid` belongs to; None for a number never given out."""
    if not re.fullmatch(r"0\d{6}", asid) or int(asid) < _FIRST_ASID:
        return None
    week, rest = divmod(int(asid) - _FIRST_ASID, _ASIDS_PER_WEEK)
    return list(AGENDAS)[rest // _ASIDS_PER_AGENDA], FIRST_MONDAY + timedelta(weeks=week)
