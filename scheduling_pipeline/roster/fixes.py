"""The single changes after which an event would have a place: looked for in a finished plan, and shown only
where all events that have a place keep one, and none as urgent has the better claim to what is won."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.eligibility import DAY, SHIFTS, TITLES, Eligibility, last_possible
from scheduling_pipeline.roster.exchange import Exchange, Group
from scheduling_pipeline.roster.model import Employee, Event, EventType, JobTitle, RotationType
from scheduling_pipeline.roster.objective import urgency
from scheduling_pipeline.roster.plan import Fix, Plan
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.standing import CORE, PRODUCTION, SURVEY, shift_kind

MOST = 3  # fixes of one event
LATEST = 14  # days by which an event could be due later

_COSTS = {"exception": 1, "neighbour": 2, "work_day": 3, "later_due": 3, "time_off": 6}
_ABSENCES = {
    Code.NOT_A_WORK_DAY: "work_day",
    Code.NOT_AVAILABLE: "work_day",
    Code.TIME_OFF: "time_off",
}


class Fixes:
    """Looks for the fixes of one plan. `claims`: which events without a place reach a group, the most urgent
    first."""

    def __init__(
        self, eligibility: Eligibility, exchange: Exchange, plan: Plan, claims: Mapping[Group, Sequence[int]]
    ) -> None:
        self._eligibility = eligibility
        self._exchange = exchange
        self._plan = plan
        self._claims = claims
        self._staff: dict[str, list[Employee]] = defaultdict(list)
        self._neighbours: dict[str, set[str]] = defaultdict(set)
        everywhere = []
        for employee in sorted(eligibility.employees.values(), key=lambda one: one.id):
            if not employee.active:
                continue
            if not employee.stores:
                everywhere.append(employee)
            for store in employee.stores:
                self._staff[store].append(employee)
                self._neighbours[store] |= employee.stores - {store}
        self._waiting_at: dict[str, set[int]] = defaultdict(set)
        for (store, _, _), refs in claims.items():
            self._waiting_at[store].update(refs)
        self._stores = sorted({event.store for event in eligibility.snapshot.events})
        for store in self._stores:
            self._staff[store] += everywhere
        self._unsupervised: dict[str, list[Event]] = defaultdict(list)
        for ref in plan.failed:
            event = eligibility.events[ref]
            if event.type is EventType.SUPERVISOR:
                self._unsupervised[event.store].append(event)
        events = eligibility.snapshot.events
        self._standing = {
            (event.committed.employee, event.committed.day)
            for event in events
            if event.committed is not None and event.type in SHIFTS
        }
        self._juiced = {
            (event.store, place.day)
            for event in events
            if event.type is EventType.JUICER
            and (place := plan.placed.get(event.ref)) is not None
            and place != event.committed
        }

    def staff(self, store: str) -> Sequence[Employee]:
        """Everybody who works at a store, there or not."""
        return self._staff[store]

    def of(self, event: Event) -> list[Fix]:
        """The cheapest first, one of a kind."""
        if event.type is EventType.SUPERVISOR:
            looks = [self._chief_comes, self._lead_is_named]
        else:
            looks = [self._somebody_comes, self._later_due, self._neighbour_comes]
            if event.type is EventType.JUICER:
                looks.append(self._juicer_is_named)
        cheapest: dict[str, Fix] = {}
        for look in looks:
            for fix in look(event):
                if fix.kind not in cheapest or fix.cost < cheapest[fix.kind].cost:
                    cheapest[fix.kind] = fix
        return sorted(cheapest.values(), key=lambda fix: (fix.cost, fix.kind))[:MOST]

    def _somebody_comes(self, event: Event) -> Iterator[Fix]:
        """Somebody of the store who is away on a day works then."""
        able = [one for one in self._staff[event.store] if one.title in TITLES[event.type]]
        found: set[str] = set()
        for day in self._eligibility.days(event):
            for one in able:
                kind = self._kind_of_absence(one, day)
                if kind is not None and kind not in found and self._would_win(event, one, day):
                    found.add(kind)
                    yield _fix(kind, employee=one.id, day=day.isoformat())

    def _kind_of_absence(self, employee: Employee, day: date) -> str | None:
        if employee.last_day is not None and day > employee.last_day:
            return None
        absence = self._eligibility.snapshot.absences.get(employee.id, {}).get(day)
        return None if absence is None else _ABSENCES.get(Code(absence.code))

    def _would_win(self, event: Event, employee: Employee, day: date) -> bool:
        """Whether a day more of somebody would go to an event."""
        if event.type not in SHIFTS:
            return True
        if (employee.id, day) in self._standing:
            return False
        juicer = self._eligibility.rotation(event.store, day, RotationType.JUICER)
        if event.type is EventType.JUICER and juicer != employee.id:
            return False
        return self._has_best_claim(event, self._groups(employee, day))

    def _groups(self, employee: Employee, day: date) -> Iterator[Group]:
        """Whoever would ask somebody on a day."""
        for store in employee.stores or self._stores:
            yield store, day, CORE
            if self._eligibility.rotation(store, day, RotationType.JUICER) == employee.id:
                yield store, day, PRODUCTION
                yield store, day, SURVEY

    def _has_best_claim(self, event: Event, groups: Iterator[Group]) -> bool:
        today = self._eligibility.today
        mine = urgency(event, today)
        return all(
            ref == event.ref or urgency(self._eligibility.events[ref], today) > mine
            for group in groups
            for ref in self._claims.get(group, ())
        )

    def _later_due(self, event: Event) -> Iterator[Fix]:
        last = last_possible(event)
        latest = min(self._eligibility.last_day, last + LATEST * DAY)
        day = max(self._eligibility.first_day, last + DAY)
        while day <= latest:
            people = self._eligibility.people(event, day)
            if any(self._is_free(event, (one, day)) for one in people):
                cost = (day - last).days
                yield _fix("later_due", cost, event=event.ref, due=(day + DAY).isoformat())
                return
            day += DAY

    def _is_free(self, event: Event, person_day: PersonDay) -> bool:
        return event.type not in SHIFTS or self._exchange.takes(event, person_day)

    def _neighbour_comes(self, event: Event) -> Iterator[Fix]:
        """Somebody helps out from a store that shares people with this one. From then on they would be asked
        on other days as well, so nobody else of this store may be waiting for that."""
        if event.type is EventType.JUICER:
            return
        lenders = [one for store in sorted(self._neighbours[event.store]) for one in self._staff[store]]
        able = [one for one in lenders if one.title in TITLES[event.type] and not one.works_at(event.store)]
        for day in self._eligibility.days(event):
            for one in able:
                if (
                    self._is_there(one, day)
                    and self._is_idle(event, (one.id, day))
                    and (one.title is JobTitle.CLUB_SUPERVISOR or self._is_alone(event))
                ):
                    yield _fix("neighbour", employee=one.id, store=event.store, day=day.isoformat())
                    return

    def _is_alone(self, event: Event) -> bool:
        """Whether no other event without a place asks the people of the store."""
        return self._waiting_at.get(event.store, {event.ref}) <= {event.ref}

    def _is_there(self, employee: Employee, day: date) -> bool:
        away = self._eligibility.snapshot.absences.get(employee.id, {})
        return day not in away and (employee.last_day is None or day <= employee.last_day)

    def _is_idle(self, event: Event, person_day: PersonDay) -> bool:
        return event.type not in SHIFTS or not self._exchange.holders(person_day)

    def _juicer_is_named(self, event: Event) -> Iterator[Fix]:
        """Another Juicer Barista has the rotation on a day on which no other new event needs it."""
        for day in self._eligibility.days(event):
            group = event.store, day, shift_kind(event)
            if (event.store, day) in self._juiced or not self._has_best_claim(event, iter([group])):
                continue
            named = self._eligibility.rotation(event.store, day, RotationType.JUICER)
            for one in self._staff[event.store]:
                if (
                    one.title is JobTitle.JUICER
                    and one.id != named
                    and self._is_there(one, day)
                    and self._exchange.takes(event, (one.id, day))
                ):
                    yield self._exception(event.store, day, RotationType.JUICER, one)
                    return

    def _chief_comes(self, event: Event) -> Iterator[Fix]:
        """The Club Supervisor comes, or the primary lead whose day nobody else would have."""
        day = self._day_of_core(event)
        if day is None:
            return
        named = self._eligibility.rotation(event.store, day, RotationType.PRIMARY_LEAD)
        for one in self._staff[event.store]:
            kind = self._kind_of_absence(one, day)
            chief = one.title is JobTitle.CLUB_SUPERVISOR
            lead = one.id == named and not any(map(self._claims.get, self._groups(one, day)))
            if kind is not None and (chief or lead):
                yield _fix(kind, employee=one.id, day=day.isoformat())

    def _lead_is_named(self, event: Event) -> Iterator[Fix]:
        day = self._day_of_core(event)
        for one in self._staff[event.store]:
            if day is not None and one.title is JobTitle.LEAD and self._is_there(one, day):
                yield self._exception(event.store, day, RotationType.PRIMARY_LEAD, one)
                return

    def _day_of_core(self, event: Event) -> date | None:
        """Where only somebody to hold a Supervisor event is missing, when that would be; None as well where
        the Core event might then give its day to another one that has the same trouble."""
        reason = self._plan.failed[event.ref]
        core = self._eligibility.events.get(event.parent) if event.parent is not None else None
        place = self._plan.placed.get(core.ref) if core is not None else None
        if core is None or place is None or reason.code is not Code.SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE:
            return None
        alone = not any(
            place.day in self._eligibility.days(other) and other.ref != event.ref
            for other in self._unsupervised[event.store]
        )
        return place.day if alone or place == core.committed else None

    def _exception(self, store: str, day: date, kind: RotationType, employee: Employee) -> Fix:
        return _fix(
            "exception", store=store, day=day.isoformat(), rotation_type=kind.value, employee=employee.id
        )


def _fix(kind: str, more: int = 0, **params: str | int) -> Fix:
    return Fix(kind, params, _COSTS[kind] + more)
