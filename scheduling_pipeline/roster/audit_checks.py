"""What can be wrong with a roster, checked on a snapshot and the places that its events have. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from scheduling_pipeline.roster.eligibility import Eligibility, last_possible
from scheduling_pipeline.roster.findings import Check, Finding, Severity, counted
from scheduling_pipeline.roster.model import (
    LEAD_TASKS,
    Event,
    EventType,
    JobTitle,
    Place,
    RotationType,
    Snapshot,
)
from scheduling_pipeline.roster.pairing import pair
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.validator import Validator
from scheduling_pipeline.roster.wording import day_text, sentence

SOON = timedelta(days=14)
_DAY = timedelta(days=1)
_CROWDED = 3  # Core events in one slot, while another has none
_TOGETHER = (Code.JUICING, Code.DAILY_LIMIT, Code.OVERLAP)  # each says the same of both events
_ROTATIONS = {RotationType.JUICER: "juicer", RotationType.PRIMARY_LEAD: "primary lead"}
_SEVERITIES: Mapping[Code, Severity] = {  # other rules are critical where they are hard, else a warning
    Code.INACTIVE: Severity.WARNING,
    Code.LEFT: Severity.WARNING,
    Code.UNUSUAL_PERSON: Severity.INFO,
}


@dataclass(frozen=True)
class Roster:
    """A snapshot with the place of each event that has one, as it is or as it is proposed."""

    snapshot: Snapshot
    rules: Rules
    placed: Mapping[int, Place]
    validator: Validator = field(init=False)
    of_day: Mapping[tuple[str, date], list[Event]] = field(init=False)

    def __post_init__(self) -> None:
        of_day: dict[tuple[str, date], list[Event]] = defaultdict(list)
        for event in self.snapshot.events:
            if event.ref in self.placed:
                of_day[event.store, self.placed[event.ref].day].append(event)
        object.__setattr__(self, "of_day", of_day)
        object.__setattr__(self, "validator", Validator(self.snapshot, self.rules, self.placed))

    @property
    def eligibility(self) -> Eligibility:
        """The static rules."""
        return self.validator.eligibility

    @property
    def stores(self) -> list[str]:
        """All that have events."""
        return sorted({event.store for event in self.snapshot.events})

    def unstaffed(self) -> list[Event]:
        """The events that have no place and could still have one."""
        today = self.snapshot.today
        return [
            event
            for event in self.snapshot.events
            if event.ref not in self.placed and last_possible(event) >= today
        ]


def broken_rules(roster: Roster, refs: Iterable[int]) -> Iterator[Finding]:
    """The rules that the places of some events break; what concerns two events of one person is said once."""
    said: set[tuple[str, date]] = set()
    for ref in sorted(refs):
        event, place = roster.eligibility.events[ref], roster.placed[ref]
        if place.employee not in roster.eligibility.employees:
            text = f"{event.name}: the planner names somebody for {day_text(place.day)} whom we do not know."
            yield Finding(Severity.WARNING, Check.UNKNOWN_PERSON, text, place.day, (ref,))
            continue
        for violation in roster.validator.violations(ref, place):
            reason = violation.reason
            if reason.code in _TOGETHER:
                if (place.employee, place.day) in said:
                    continue
                said.add((place.employee, place.day))
            usual = Severity.CRITICAL if violation.hard else Severity.WARNING
            yield Finding(
                _SEVERITIES.get(reason.code, usual),
                reason.code.value,
                f"{event.name}: {sentence(reason)}",
                place.day,
                (ref,),
                place.employee,
            )


def partners(roster: Roster) -> Iterator[Finding]:
    """Supervisor events that no Core event can be told for, and placed Core events whose own has no place."""
    events = roster.eligibility.events
    for ref, reason in pair(events.values()).unpaired.items():
        event = events[ref]
        if event.parent is None and last_possible(event) >= roster.snapshot.today:
            text = f"{event.name}: {sentence(reason)}"
            yield Finding(Severity.WARNING, reason.code.value, text, None, (ref,))
    for event in roster.snapshot.events:
        core = roster.placed.get(event.parent or 0)
        if event.type is EventType.SUPERVISOR and core is not None and event.ref not in roster.placed:
            name = events[event.parent or 0].name
            text = f"{name}: its Supervisor event is not scheduled on {day_text(core.day)}."
            refs = (event.parent or 0, event.ref)
            yield Finding(Severity.WARNING, Check.CORE_WITHOUT_SUPERVISOR, text, core.day, refs)


def unstaffed(roster: Roster) -> Iterator[Finding]:
    """Events without a place: those that are due, those that no proposal will place, and the next ones."""
    today = roster.snapshot.today
    soon = []
    for event in roster.unstaffed():
        too_late = roster.eligibility.too_late(event)
        if last_possible(event) <= today:
            text = f"{event.name}: today is its last day, and nobody is to do it."
            yield Finding(Severity.CRITICAL, Check.DUE_UNSTAFFED, text, today, (event.ref,))
        elif too_late is not None:
            text = f"{event.name}: {sentence(too_late)}"
            yield Finding(Severity.WARNING, too_late.code.value, text, last_possible(event), (event.ref,))
        elif event.start <= today + SOON:
            soon.append(event.ref)
    if soon:
        text = f"Beginning within {SOON.days} days, and without anybody yet: {counted(len(soon), 'event')}."
        yield Finding(Severity.WARNING, Check.UNSTAFFED_SOON, text, None, tuple(soon))


def rotations(roster: Roster, days: Iterable[date]) -> Iterator[Finding]:
    """Days without a juicer or a primary lead where one is needed, or on which that person is not there."""
    said = set()
    for day in days:
        for store in roster.stores:
            for kind in _needed(roster, store, day):
                who = roster.eligibility.rotation(store, day, kind)
                if (day, kind, who) in said:  # stores share the rotation
                    continue
                said.add((day, kind, who))
                if who is None:
                    text = f"The rotation names no {_ROTATIONS[kind]} for {day_text(day)}."
                    yield Finding(Severity.WARNING, Check.ROTATION_GAP, text, day)
                elif not _is_there(roster, who, day):
                    name = roster.eligibility.employees[who].name
                    text = f"{name}, the {_ROTATIONS[kind]} of {day_text(day)}, is not there on that day."
                    yield Finding(Severity.WARNING, Check.ROTATION_PERSON_ABSENT, text, day, employee=who)


def primary_leads(roster: Roster, days: Iterable[date]) -> Iterator[Finding]:
    """Days with Core events of which the primary lead, who is there, has none."""
    for day in days:
        for store in roster.stores:
            lead = roster.eligibility.rotation(store, day, RotationType.PRIMARY_LEAD)
            people = {roster.placed[core.ref].employee for core in _cores(roster, store, day)}
            if people and lead is not None and lead not in people and _is_there(roster, lead, day):
                name = roster.eligibility.employees[lead].name
                text = f"{name}, the primary lead of {day_text(day)}, has no Core event on that day."
                yield Finding(Severity.WARNING, Check.PRIMARY_LEAD_WITHOUT_CORE, text, day, employee=lead)


def shape_of_day(roster: Roster, day: date) -> Iterator[Finding]:
    """What is unusual about a day at a store that has events."""
    for store in roster.stores:
        events = roster.of_day.get((store, day), [])
        if events and not any(event.type in LEAD_TASKS - {EventType.OTHER} for event in events):
            text = f"No digital or Freeosk event stands on {day_text(day)}: perhaps some were not read."
            yield Finding(Severity.INFO, Check.NO_LEAD_TASKS, text, day)
        cores = _cores(roster, store, day)
        if cores:
            yield from _shape_of_shifts(roster, day, cores)


def day_not_right(roster: Roster, day: date, found: Iterable[Finding]) -> Iterator[Finding]:
    """How much of a day is in order; today it is a warning, a later day can still be mended."""
    standing = {event.ref for (_, when), events in roster.of_day.items() if when == day for event in events}
    wrong = {ref for finding in found if finding.severity is not Severity.INFO for ref in finding.events}
    wrong &= standing
    if wrong:
        severity = Severity.WARNING if day == roster.snapshot.today else Severity.INFO
        share = 1 - len(wrong) / len(standing)
        of = f"{len(wrong)} of {counted(len(standing), 'event')}"
        text = f"{share:.0%} of {day_text(day)} is in order; not so: {of}."
        yield Finding(severity, Check.DAY_NOT_RIGHT, text, day, tuple(sorted(wrong)))


def unscheduled_share(roster: Roster) -> float:
    """Of the events that begin soon or have begun, and are not over, how many have no place."""
    last = roster.snapshot.today + SOON
    soon = [
        event
        for event in roster.snapshot.events
        if event.start <= last
        and (event.ref in roster.placed or last_possible(event) >= roster.snapshot.today)
    ]
    return sum(event.ref not in roster.placed for event in soon) / len(soon) if soon else 0.0


def _shape_of_shifts(roster: Roster, day: date, cores: list[Event]) -> Iterator[Finding]:
    starts = Counter(roster.placed[core.ref].start for core in cores)
    slots = [starts[slot.start] for slot in roster.rules.core_slots_on(day)]
    if max(slots) >= _CROWDED and min(slots) == 0:
        text = f"The Core shifts of {day_text(day)} are uneven: one has {max(slots)}, another has none."
        yield Finding(Severity.INFO, Check.SLOTS_UNEVEN, text, day, tuple(core.ref for core in cores))
    for start, check, words in (
        (min(starts), Check.NO_LEAD_AT_OPENING, "first"),
        (max(starts), Check.NO_LEAD_AT_CLOSING, "last"),
    ):
        people = {
            roster.placed[core.ref].employee for core in cores if roster.placed[core.ref].start == start
        }
        if not any(_title(roster, person) is JobTitle.LEAD for person in people):
            text = f"No lead has the {words} Core shift of {day_text(day)}, at {start:%H:%M}."
            yield Finding(Severity.INFO, check, text, day)


def _cores(roster: Roster, store: str, day: date) -> list[Event]:
    return [event for event in roster.of_day.get((store, day), []) if event.type is EventType.CORE]


def _needed(roster: Roster, store: str, day: date) -> list[RotationType]:
    """Who has to be named at a store for a day: a primary lead where anything may take place then."""
    kinds = {
        event.type
        for event in roster.snapshot.events
        if event.store == store and event.start <= day <= last_possible(event)
    }
    needed = [RotationType.PRIMARY_LEAD] if kinds else []
    return [RotationType.JUICER, *needed] if EventType.JUICER in kinds else needed


def _is_there(roster: Roster, employee_id: str, day: date) -> bool:
    employee = roster.eligibility.employees[employee_id]
    gone = employee.last_day is not None and day > employee.last_day
    return employee.active and not gone and day not in roster.snapshot.absences.get(employee_id, {})


def _title(roster: Roster, employee_id: str) -> JobTitle | None:
    employee = roster.eligibility.employees.get(employee_id)
    return employee.title if employee else None
