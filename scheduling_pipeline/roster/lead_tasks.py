"""Lead tasks: digital set-up, refresh and teardown, Freeosk and other short work. Each is placed on its own,
since they take nobody's day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scheduling_pipeline.roster.dealing import TaskTimes
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.model import Event, EventType, Place
from scheduling_pipeline.roster.objective import urgency
from scheduling_pipeline.roster.reasons import Code, Reason


def place_lead_tasks(
    eligibility: Eligibility, tasks: Iterable[Event], kept: Mapping[int, Place]
) -> tuple[dict[int, Place], dict[int, Reason]]:
    """Places, and why others have none. Each goes to the person preferred on the first day that has anybody;
    a later day costs as much as it is late, and the first person of any day costs nothing."""
    times = TaskTimes(eligibility, kept)
    placed: dict[int, Place] = {}
    failed: dict[int, Reason] = {}
    for event in sorted(tasks, key=lambda task: (*urgency(task, eligibility.today), task.ref)):
        for day in eligibility.days(event):
            people = eligibility.people(event, day)
            if people:
                start = times.next(event.type, people[0], day)
                placed[event.ref] = Place(day, start, people[0])
                break
        else:
            failed[event.ref] = _nobody(eligibility, event)
    return placed, failed


def _nobody(eligibility: Eligibility, event: Event) -> Reason:
    late = eligibility.too_late(event)
    if late is not None:
        return late
    teardown = event.type is EventType.DIGITAL_TEARDOWN
    code = Code.NO_SECONDARY_LEAD_OR_SUPERVISOR if teardown else Code.NO_LEAD_OR_SUPERVISOR
    days = eligibility.days(event)
    return Reason(code, {"store": event.store, "first": days[0].isoformat(), "last": days[-1].isoformat()})
