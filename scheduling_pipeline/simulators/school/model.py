"""What a simulated school shows to the booking site and to the directory. Shapes only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

ZURICH = ZoneInfo("Europe/Zurich")

AGENDAS: Mapping[str, str] = {
    "16": "Master Lausanne",
    "17": "SFS Lausanne",
    "18": "ESA Lausanne",
    "57": "Private English",
    "100": "Private French",
    "101": "Private German",
    "135": "Reception Team",
    "12": "SFS Geneva",
    "13": "ESA Geneva",
    "48": "Private Classes",
    "122": "Juniors",
    "20": "SFS Fribourg",
    "21": "ESA Fribourg",
    "19": "In company",
    "108": "English Classes",
    "125": "Ville de Fribourg",
    "126": "Accueil scolaire",
    "129": "ORS",
    "130": "Liebherr",
    "33": "SFS Montreux",
    "34": "ESA Montreux",
    "110": "VIP WSE",
    "111": "VIP ESA",
    "112": "VIP SFS",
    "32": "SFSI - in companies",
    "127": "Junior ESA",
    "128": "Junior WSE",
}
"""The site's agendas in the order of its menu: id and label."""


@dataclass(frozen=True, slots=True)
class Account:
    """One user of the tenant's directory."""

    display_name: str
    given_name: str
    surname: str
    upn: str
    has_mailbox: bool = True


@dataclass(frozen=True, slots=True)
class Room:
    """One column of an agenda's grid. `crid` is the site's number of the classroom."""

    name: str
    crid: int


@dataclass(frozen=True, slots=True)
class SiteLesson:
    """One activity session. `start` and `end` are on quarter hours in Europe/Zurich, on one day.

    `teacher` is the raw text of the details page, `code` is empty for service time, `asid` has seven digits
    and stays the same when the lesson is moved or gets another teacher or room.
    """

    agenda: str
    asid: str
    start: datetime
    end: datetime
    code: str
    title: str
    room: str
    occupied: int
    online: bool
    teacher: str


@dataclass(frozen=True, slots=True)
class Exhibit:
    """Something worth showing to a visitor: where to look (`agenda`, `day`), and the lessons in question."""

    title: str
    text: str
    agenda: str
    day: date
    lessons: tuple[SiteLesson, ...] = ()


class School(Protocol):
    """What the simulators ask of a school. Nothing here changes except with the instant that is asked for."""

    @property
    def accounts(self) -> Sequence[Account]:
        """The tenant's directory."""
        ...

    def rooms(self, agenda: str) -> Sequence[Room]:
        """The columns of an agenda's grid, never empty."""
        ...

    def lessons(self, agenda: str, monday: date, now: datetime) -> Sequence[SiteLesson]:
        """What is booked at `now` (aware) in the week of `monday`; no two lessons share a room and a time."""
        ...

    def lesson(self, asid: str, now: datetime) -> SiteLesson | None:
        """The lesson of that number, None when there is none at `now`."""
        ...

    def exhibits(self, now: datetime) -> Sequence[Exhibit]:
        """What a visitor should look at."""
        ...
