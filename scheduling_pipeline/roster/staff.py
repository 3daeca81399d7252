"""Who is at a store on a day, and in which order they are asked to do an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from scheduling_pipeline.roster.model import Employee, EventType, JobTitle, RotationType, Snapshot

_LEADS = frozenset({JobTitle.LEAD, JobTitle.CLUB_SUPERVISOR})
TITLES: Mapping[EventType, frozenset[JobTitle]] = {
    EventType.CORE: frozenset({JobTitle.LEAD, JobTitle.SPECIALIST, JobTitle.JUICER}),
    EventType.JUICER: frozenset({JobTitle.JUICER}),
    EventType.SUPERVISOR: _LEADS,
    EventType.DIGITAL_SETUP: _LEADS,
    EventType.DIGITAL_REFRESH: _LEADS,
    EventType.DIGITAL_TEARDOWN: _LEADS,
    EventType.FREEOSK: _LEADS,
    EventType.OTHER: _LEADS,
}
_CORE_COST = {JobTitle.LEAD: 0, JobTitle.SPECIALIST: 2, JobTitle.JUICER: 3}
_AWAY_COST = 4


def core_cost(employee: Employee, store: str) -> int:
    """How little somebody is wanted for a Core event at a store: leads first, people of the store first."""
    away = bool(employee.home) and employee.home != store
    return _CORE_COST[employee.title] + (_AWAY_COST if away else 0)


class Staff:
    """The people of one snapshot. Lists are made once for each store and day, and ordered by employee id."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._by_store: dict[str, list[Employee]] = defaultdict(list)
        self._everywhere: list[Employee] = []
        for employee in snapshot.employees:
            if not employee.active:
                continue
            if not employee.stores:
                self._everywhere.append(employee)
            for store in employee.stores:
                self._by_store[store].append(employee)
        self._of_store: dict[str, list[Employee]] = {}
        self._there: dict[tuple[str, date], list[Employee]] = {}

    def there(self, store: str, day: date) -> list[Employee]:
        """Who works at a store on a day, by id."""
        there = self._there.get((store, day))
        if there is None:
            absences = self._snapshot.absences
            there = self._there[store, day] = [
                employee
                for employee in self._staff_of(store)
                if (employee.last_day is None or day <= employee.last_day)
                and day not in absences.get(employee.id, ())
            ]
        return there

    def asked(self, kind: EventType, store: str, day: date) -> list[Employee]:
        """Who is there and may do events of a kind, in the order in which they are asked."""
        match kind:
            case EventType.CORE:
                able = [one for one in self.there(store, day) if one.title in TITLES[EventType.CORE]]
                return sorted(able, key=lambda one: core_cost(one, store))
            case EventType.JUICER:
                juicer = self.rotation(store, day, RotationType.JUICER)
                return [one for one in self._titled(store, day, JobTitle.JUICER) if one.id == juicer]
        leads = self._titled(store, day, JobTitle.LEAD)
        supervisors = self._titled(store, day, JobTitle.CLUB_SUPERVISOR)
        named = self.rotation(store, day, RotationType.PRIMARY_LEAD)
        primary = [lead for lead in leads if lead.id == named]
        others = [lead for lead in leads if lead.id != named]
        match kind:
            case EventType.SUPERVISOR:
                return supervisors or primary
            case EventType.DIGITAL_TEARDOWN:
                return others[:1] + supervisors + primary
            case EventType.OTHER:
                return supervisors + primary + others
            case _:
                return primary + others + supervisors

    def rotation(self, store: str, day: date, kind: RotationType) -> str | None:
        """Whom the rotation, or its exception, names; there or not."""
        return self._snapshot.rotations.get((store, day, kind))

    def _staff_of(self, store: str) -> list[Employee]:
        staff = self._of_store.get(store)
        if staff is None:
            staff = [*self._everywhere, *self._by_store.get(store, ())]
            staff.sort(key=lambda employee: employee.id)
            self._of_store[store] = staff
        return staff

    def _titled(self, store: str, day: date, title: JobTitle) -> list[Employee]:
        return [employee for employee in self.there(store, day) if employee.title is title]
