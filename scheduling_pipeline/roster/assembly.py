"""From "who works what on which day" to a whole plan: times, partners, lead tasks, reasons and moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from scheduling_pipeline.roster.dealing import PersonDay, deal_shifts
from scheduling_pipeline.roster.eligibility import Eligibility
from scheduling_pipeline.roster.lead_tasks import place_lead_tasks
from scheduling_pipeline.roster.model import Event, EventType, Place, RotationType
from scheduling_pipeline.roster.moves import moves_of
from scheduling_pipeline.roster.objective import value_of
from scheduling_pipeline.roster.plan import Plan, Proof
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.standing import Standing
from scheduling_pipeline.roster.supervision import place_supervisors


def plan_of(
    eligibility: Eligibility,
    standing: Standing,
    assigned: Mapping[int, PersonDay],
    proof: Proof,
    engine: str,
) -> Plan:
    """The plan in which the events of `standing.shifts` have the person-days `assigned`, or none."""
    placed = {**standing.kept, **deal_shifts(eligibility, assigned, standing.kept)}
    tasks, failed = place_lead_tasks(eligibility, standing.tasks, standing.kept)
    cores = {ref: place for ref, place in placed.items() if eligibility.events[ref].type is EventType.CORE}
    supervisors, unpaired = place_supervisors(eligibility, cores, standing.pins, standing.skipped)
    placed.update(tasks)
    placed.update(supervisors)
    failed.update(unpaired)
    moves = moves_of(eligibility, standing, placed)
    made_room = {move.event: move.why for move in moves if move.to is None and move.for_event is not None}
    for event in standing.shifts:
        if event.ref not in placed:
            failed[event.ref] = made_room.get(event.ref) or _no_place(eligibility, event)
    broken = dict(standing.broken_pins)
    broken.update(_left_pins(standing, eligibility, placed))
    return Plan(
        placed=dict(sorted(placed.items())),
        failed=dict(sorted(failed.items())),
        skipped=dict(sorted(standing.skipped.items())),
        moves=moves,
        objective=value_of(eligibility, placed),
        proof=proof,
        engine=engine,
        broken_pins=dict(sorted(broken.items())),
    )


def _left_pins(
    standing: Standing, eligibility: Eligibility, placed: Mapping[int, Place]
) -> Iterator[tuple[int, Reason]]:
    """Pins of Supervisor events whose Core event is on another day."""
    for ref, pin in standing.pins.items():
        if placed.get(ref) != pin:
            core = eligibility.events[ref].parent
            params = {"day": pin.day.isoformat()}
            yield ref, Reason(Code.NOT_WITH_CORE, params if core is None else {**params, "core": core})


def _no_place(eligibility: Eligibility, event: Event) -> Reason:
    late = eligibility.too_late(event)
    if late is not None:
        return late
    window = {"start": event.start.isoformat(), "due": event.due.isoformat()}
    days = eligibility.days(event)
    if any(eligibility.people(event, day) for day in days):
        return Reason(Code.NO_SLOT_OR_BUMP_IN_WINDOW, window)
    if event.type is not EventType.JUICER:
        return Reason(Code.NOBODY_AVAILABLE, window)
    named = any(eligibility.rotation(event.store, day, RotationType.JUICER) for day in days)
    return Reason(Code.ROTATION_PERSON_AWAY if named else Code.NO_ROTATION_JUICER_BEFORE_DUE, window)
