"""Where an event can be put, and who could do it then: first those against whom nothing speaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum

from sqlalchemy import Connection

from scheduling_pipeline.roster.dealing import times_of
from scheduling_pipeline.roster.eligibility import last_possible
from scheduling_pipeline.roster.model import Event, Place
from scheduling_pipeline.roster.table import Table
from scheduling_pipeline.roster.validator import Validator
from scheduling_pipeline.roster.wording import sentence
from scheduling_pipeline.roster_settings import RosterSettings


class Verdict(IntEnum):
    """Whether somebody can do an event at a time: freely, against a soft rule, or not at all."""

    FITS = 0
    NEEDS_REASON = 1
    CANNOT = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """`why`: what speaks against them. `others`: how many other events they have that day."""

    id: str
    name: str
    title: str
    verdict: Verdict
    why: str
    others: int


@dataclass(frozen=True)
class Choices:
    """`day`, `start`: for which `people` are judged. `first`, `last`: the event's window from today on;
    `times`: at which it usually starts that day. `here`: where it is, or is to be."""

    event: Event
    here: Place | None
    day: date
    start: time
    first: date
    last: date
    times: Sequence[time]
    people: Sequence[Candidate]

    def of(self, verdict: Verdict | int) -> list[Candidate]:
        return [person for person in self.people if person.verdict == verdict]


def load_choices(
    connection: Connection,
    settings: RosterSettings,
    now: datetime,
    event_ref: int,
    *,
    run_id: int | None = None,
    due_again: date | None = None,
    day: date | None = None,
    start: time | None = None,
) -> Choices:
    """The choices for an event on a day, by default where it is, beside all that stands, is on its way, or is
    in the rows of a run. `due_again`: the due day of an event that is to be offered again.

    Raises NotFoundError for an event that is neither open nor stands in the planner.
    """
    reissued = {} if due_again is None else {event_ref: due_again}
    table = Table.load(connection, settings, now, run_id=run_id, reissued=reissued)
    event = table.event(event_ref)
    validator = table.validator()
    here = table.placed.get(event_ref)
    possible = validator.eligibility.days(event)
    first = max(event.start, table.snapshot.today)
    usual = possible[0] if possible else first
    day = day or (here.day if here else usual)
    times = times_of(event.type, settings.rules, survey=event.survey, day=day)
    times = times_of(event.type, settings.rules, survey=event.survey, day=day)
    start = start or (here.start if here else times[0])
    return Choices(
        event=event,
        here=here,
        day=day,
        start=start,
        first=first,
        last=max(first, last_possible(event)),
        times=times,
        people=_people(table, validator, event, day, start),
    )


def _people(table: Table, validator: Validator, event: Event, day: date, start: time) -> list[Candidate]:
    others = Counter(
        place.employee for ref, place in table.placed.items() if place.day == day and ref != event.ref
    )
    preferred = {employee: number for number, employee in enumerate(validator.eligibility.people(event, day))}
    found = []
    for employee in table.snapshot.employees:
        if not employee.active or not employee.works_at(event.store):
            continue
        violations = validator.violations(event.ref, Place(day, start, employee.id))
        verdict = Verdict.FITS
        if violations:
            hard = any(violation.hard for violation in violations)
            verdict = Verdict.CANNOT if hard else Verdict.NEEDS_REASON
        violations.sort(key=lambda violation: not violation.hard)
        why = sentence(violations[0].reason) if violations else ""
        found.append(Candidate(employee.id, employee.name, employee.title, verdict, why, others[employee.id]))
    last = len(preferred)
    return sorted(
        found, key=lambda one: (one.verdict, preferred.get(one.id, last), one.others, one.name, one.id)
    )
