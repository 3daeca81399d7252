"""Supervisor events: each follows its Core event to the same day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from scheduling_pipeline.roster.eligibility import Eligibility, last_possible
from scheduling_pipeline.roster.model import Event, EventType, Place
from scheduling_pipeline.roster.reasons import Code, Reason


def partners(eligibility: Eligibility) -> dict[int, list[Event]]:
    """The Supervisor events of each Core event."""
    found: dict[int, list[Event]] = defaultdict(list)
    for event in eligibility.snapshot.events:
        if event.type is EventType.SUPERVISOR and event.parent is not None:
            found[event.parent].append(event)
    return found


def partner_place(
    eligibility: Eligibility, event: Event, day: date, *, core_stays: bool, pin: Place | None = None
) -> Place | Reason:
    """Where a Supervisor event goes when its Core event is on `day`, or why nowhere.

    `core_stays`: the Core event keeps its day and person in the planner, so that a partner which stands there
    too is left alone. `pin`: where a manager wants it, where that is legal; it holds on its own day.
    """
    if pin is not None and pin.day == day:
        return pin
    committed = event.committed
    on_the_day = committed is not None and committed.day == day
    if committed is not None and (core_stays or on_the_day) and eligibility.displaced(event) is None:
        return committed
    if not event.start <= day <= last_possible(event):
        params = {"start": event.start.isoformat(), "last": last_possible(event).isoformat()}
        return Reason(Code.OUTSIDE_WINDOW, {"day": day.isoformat(), **params})
    if not (on_the_day or eligibility.first_day <= day <= eligibility.last_day):
        return Reason(Code.QUIET_ZONE, {"day": day.isoformat(), "first": eligibility.first_day.isoformat()})
    people = eligibility.people(event, day)
    if not people:
        params = {"day": day.isoformat(), "store": event.store}
        return Reason(Code.SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE, params)
    return Place(day, eligibility.rules.supervisor_time, people[0])


def place_supervisors(
    eligibility: Eligibility,
    cores: Mapping[int, Place],
    pins: Mapping[int, Place],
    skipped: Mapping[int, Reason],
) -> tuple[dict[int, Place], dict[int, Reason]]:
    """Places of Supervisor events, and why others have none, once their Core events are placed.

    An event that stands in the planner is dropped with its Core event; while that one is open or left out,
    it stays. `pins`: legal ones.
    """
    placed: dict[int, Place] = {}
    failed: dict[int, Reason] = {}
    for event in eligibility.snapshot.events:
        if event.type is not EventType.SUPERVISOR or event.ref in skipped:
            continue
        answer = _place(eligibility, event, cores, pins.get(event.ref), skipped)
        if isinstance(answer, Place):
            placed[event.ref] = answer
        else:
            failed[event.ref] = answer
    return placed, failed


def _place(
    eligibility: Eligibility,
    event: Event,
    cores: Mapping[int, Place],
    pin: Place | None,
    skipped: Mapping[int, Reason],
) -> Place | Reason:
    core = eligibility.events.get(event.parent) if event.parent is not None else None
    place = cores.get(core.ref) if core is not None else None
    if core is not None and place is not None:
        stays = place == core.committed
        return partner_place(eligibility, event, place.day, core_stays=stays, pin=pin)
    dropped = core is not None and core.committed is not None and core.ref not in skipped
    if event.committed is not None and not dropped and eligibility.displaced(event) is None:
        return event.committed
    if core is not None:
        return Reason(Code.CORE_FAILED, {"core": core.ref, "core_name": core.name})
    if not event.number:
        return Reason(Code.NO_EVENT_NUMBER)
    return Reason(Code.NO_MATCHING_CORE, {"number": event.number})
