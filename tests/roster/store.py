"""A store in a few lines: people, events, absences and rotations, as a snapshot or as rows of the database.

Days are counted from `TODAY`, a Monday: 3 is the Thursday after it. All names are invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from scheduling_pipeline.database.roster import (
    DateAvailability,
    EmployeeStore,
    RosterEmployee,
    RosterEvent,
    RosterSchedule,
    ScheduleException,
    TimeOff,
)
from scheduling_pipeline.roster.model import (
    Absence,
    Employee,
    Event,
    EventType,
    JobTitle,
    Place,
    RotationType,
    Snapshot,
)
from scheduling_pipeline.roster.rules import Minutes
from scheduling_pipeline.roster.times import place_instant

TODAY = date(2026, 3, 2)
ZONE = ZoneInfo("America/Indiana/Indianapolis")
STORE = "100500"
HORIZON = 21
MIDNIGHT = time(0)
_NAMES = ("Ada Reed", "Bo Lund", "Cleo Marsh", "Dan Frost", "Eve Stone", "Finn Vale", "Gil Hart", "Hana Birk")
_SUFFIXES = {
    EventType.CORE: "V2-CORE",
    EventType.SUPERVISOR: "V2-Supervisor",
    EventType.DIGITAL_SETUP: "Digital Setup",
    EventType.DIGITAL_REFRESH: "Digital Refresh",
    EventType.DIGITAL_TEARDOWN: "Digital Teardown",
    EventType.FREEOSK: "V2 - Freeosk",
    EventType.OTHER: "Vendor Performed",
    EventType.JUICER: "V2 Juicer Production",
}


def day(number: int) -> date:
    """The day so many days after `TODAY`."""
    return TODAY + timedelta(days=number)


def place(number: int, start: str, employee: str) -> Place:
    """A place on a day counted from `TODAY`, such as `place(3, "09:45", lead)`."""
    return Place(day(number), time.fromisoformat(start), employee)


@dataclass
class Store:
    """What is added to it is in the snapshot that it makes. `first`: the number of its first event."""

    events: list[Event] = field(default_factory=list)
    employees: list[Employee] = field(default_factory=list)
    absences: dict[str, dict[date, Absence]] = field(default_factory=dict)
    rotations: dict[tuple[str, date, RotationType], str] = field(default_factory=dict)
    first: int = 30_000_001

    def person(
        self,
        title: JobTitle = JobTitle.SPECIALIST,
        *,
        active: bool = True,
        last_day: int | None = None,
        stores: tuple[str, ...] = (),
        home: str = "",
        weekly_minutes: int | None = None,
    ) -> str:
        """Add somebody; the id rises with each."""
        n = len(self.employees)
        name = _NAMES[n % len(_NAMES)] + ("" if n < len(_NAMES) else f" {n // len(_NAMES) + 1}")
        self.employees.append(
            Employee(
                id=f"US{100_001 + n}",
                name=name,
                title=title,
                active=active,
                last_day=None if last_day is None else day(last_day),
                stores=frozenset(stores),
                home=home,
                weekly_minutes=weekly_minutes,
            )
        )
        return self.employees[-1].id

    def club_supervisor(self) -> str:
        return self.person(JobTitle.CLUB_SUPERVISOR)

    def lead(self) -> str:
        return self.person(JobTitle.LEAD)

    def specialist(self) -> str:
        return self.person(JobTitle.SPECIALIST)

    def barista(self) -> str:
        return self.person(JobTitle.JUICER)

    def event(
        self,
        kind: EventType = EventType.CORE,
        start: int = 3,
        due: int = 10,
        *,
        number: str = "",
        survey: bool = False,
        parent: int | None = None,
        committed: Place | None = None,
        pinned: Place | None = None,
        auto: bool = True,
        store: str = STORE,
    ) -> Event:
        """Add an event that may take place from day `start` to the day before `due`."""
        ref = self.first + len(self.events)
        begin = f"{number}-ACME-Peach Tea" if number else "ACME-Peach Tea"
        suffix = "V2.7 Juicer Production Survey" if survey else _SUFFIXES[kind]
        event = Event(
            ref=ref,
            name=f"{begin} (2603{ref})  - {suffix}",
            type=kind,
            store=store,
            start=day(start),
            due=day(due),
            minutes=Minutes().of(kind, survey=survey),
            number=number,
            survey=survey,
            parent=parent,
            committed=committed,
            pinned=pinned,
            auto=auto,
        )
        self.events.append(event)
        return event

    def core(self, start: int = 3, due: int = 10, **more: Place | str | bool | None) -> Event:
        return self.event(EventType.CORE, start, due, **more)  # type: ignore[arg-type]

    def supervisor_of(self, core: Event, committed: Place | None = None) -> Event:
        """Add the Supervisor event that belongs to a Core event."""
        start, due = (core.start - TODAY).days, (core.due - TODAY).days
        return self.event(
            EventType.SUPERVISOR, start, due, number=core.number, parent=core.ref, committed=committed
        )

    def away(self, employee: str, *days: int, code: str = "TIME_OFF", detail: str = "") -> None:
        for number in days:
            self.absences.setdefault(employee, {})[day(number)] = Absence(code, detail)

    def juicer(self, employee: str, *days: int, store: str = STORE) -> None:
        """Whom the rotation names as the juicer of these days; of all without any."""
        self._rotate(RotationType.JUICER, employee, days, store)

    def primary_lead(self, employee: str, *days: int, store: str = STORE) -> None:
        """Whom the rotation names as the primary lead of these days; of all without any."""
        self._rotate(RotationType.PRIMARY_LEAD, employee, days, store)

    def snapshot(self) -> Snapshot:
        return Snapshot(TODAY, tuple(self.events), tuple(self.employees), self.absences, self.rotations)

    def write(self, engine: Engine) -> None:
        """Put it into the database's tables; rotations as exceptions, absences as days off."""
        now = place_instant(TODAY, time(2), ZONE)
        with Session(engine) as session, session.begin():
            for number, person in enumerate(self.employees):
                session.add(
                    RosterEmployee(
                        id=person.id,
                        name=person.name,
                        rep_id=200_001 + number,
                        job_title=person.title.value,
                        is_active=person.active,
                        termination_date=person.last_day,
                        max_weekly_hours=person.weekly_minutes and person.weekly_minutes / 60,
                        created_at=now,
                    )
                )
            session.flush()
            for person in self.employees:
                for store in person.stores:
                    session.add(
                        EmployeeStore(
                            employee_id=person.id, location_mvid=store, is_home=store == person.home
                        )
                    )
                for when, absence in self.absences.get(person.id, {}).items():
                    session.add(_absence_row(person.id, when, absence))
            for (_, when, kind), employee in self.rotations.items():
                session.add(
                    ScheduleException(
                        exception_date=when, rotation_type=kind.value, employee_id=employee, created_at=now
                    )
                )
            for event in sorted(self.events, key=lambda event: event.parent or 0):
                session.add(_event_row(event))
                session.flush()
                if event.committed is not None:
                    session.add(_schedule_row(event.ref, event.committed))

    def _rotate(self, kind: RotationType, employee: str, days: tuple[int, ...], store: str) -> None:
        for number in days or range(HORIZON + 1):
            self.rotations[store, day(number), kind] = employee


def _absence_row(employee: str, when: date, absence: Absence) -> TimeOff | DateAvailability:
    if absence.code == "TIME_OFF":
        return TimeOff(employee_id=employee, start_date=when, end_date=when, reason=absence.detail or None)
    return DateAvailability(
        employee_id=employee, date=when, is_available=False, reason=absence.detail or None
    )


def _event_row(event: Event) -> RosterEvent:
    return RosterEvent(
        project_name=event.name,
        project_ref_num=event.ref,
        external_id=str(event.ref),
        location_mvid=event.store,
        start_datetime=place_instant(event.start, MIDNIGHT, ZONE),
        due_datetime=place_instant(event.due, MIDNIGHT, ZONE),
        event_type=event.type.value,
        parent_event_ref_num=event.parent,
        is_scheduled=event.committed is not None,
        condition="Unstaffed" if event.committed is None else "Scheduled",
        allow_auto_schedule=event.auto,
    )


def _schedule_row(ref: int, committed: Place) -> RosterSchedule:
    return RosterSchedule(
        event_ref_num=ref,
        employee_id=committed.employee or None,
        rep_name=None if committed.employee else "Somebody Else",
        schedule_datetime=place_instant(committed.day, committed.start, ZONE),
        external_id=ref + 10_000_000,
    )
