"""The words of the roster. Days and times of day are the store's; zones are for the edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum


class EventType(StrEnum):
    """What kind of event it is, from its name."""

    CORE = "core"
    SUPERVISOR = "supervisor"
    DIGITAL_SETUP = "digital_setup"
    DIGITAL_REFRESH = "digital_refresh"
    DIGITAL_TEARDOWN = "digital_teardown"
    FREEOSK = "freeosk"
    OTHER = "other"
    JUICER = "juicer"


LEAD_TASKS = frozenset(  # short work that may lie inside a Core shift
    {
        EventType.DIGITAL_SETUP,
        EventType.DIGITAL_REFRESH,
        EventType.DIGITAL_TEARDOWN,
        EventType.FREEOSK,
        EventType.OTHER,
    }
)


class JobTitle(StrEnum):
    CLUB_SUPERVISOR = "Club Supervisor"
    LEAD = "Lead Event Specialist"
    SPECIALIST = "Event Specialist"
    JUICER = "Juicer Barista"


class RotationType(StrEnum):
    JUICER = "juicer"
    PRIMARY_LEAD = "primary_lead"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Who does an event, on which day, and when it starts (store time)."""

    day: date
    start: time
    employee: str


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who can be asked. `stores`: where they work, none meaning everywhere; `home`: the one that is
    theirs. `last_day`: the last on which they work, where that is known."""

    id: str
    name: str
    title: JobTitle
    active: bool = True
    last_day: date | None = None
    stores: frozenset[str] = frozenset()
    home: str = ""
    weekly_minutes: int | None = None

    def works_at(self, store: str) -> bool:
        return not self.stores or store in self.stores


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is open or stands in the planner.

    It may take place on days from `start` to before `due`, or on `start` alone where `due` is not later.
    `number`: the leading six digits of its name, or empty. `survey`: of a juicer event, the short one.
    `parent`: of a Supervisor event, the Core event that it belongs to. `committed`: where it stands in the
    planner. `pinned`: where a manager wants it. `auto`: whether proposals may be about it. `store`: its
    location id.
    """

    ref: int
    name: str
    type: EventType
    store: str
    start: date
    due: date
    minutes: int
    number: str = ""
    survey: bool = False
    parent: int | None = None
    committed: Place | None = None
    pinned: Place | None = None
    auto: bool = True


@dataclass(frozen=True, slots=True)
class Absence:
    """Why somebody does not work on a day: a reason's code, and what is to be said about it."""

    code: str
    detail: str = ""


@dataclass(frozen=True)
class Snapshot:
    """All that a proposal is made from, as it was at one instant. Nothing changes it.

    `today`: in the stores' zone. `events`: all that are open or stand in the planner on `today` or later.
    `absences`: by employee and day, for every day of the horizon on which they do not work, holidays
    included; somebody who left or is inactive is simply not `active`. `rotations`: by store, day and type,
    exceptions applied; a day without one is not in it.
    """

    today: date
    events: tuple[Event, ...]
    employees: tuple[Employee, ...]
    absences: Mapping[str, Mapping[date, Absence]] = field(default_factory=dict)
    rotations: Mapping[tuple[str, date, RotationType], str] = field(default_factory=dict)
