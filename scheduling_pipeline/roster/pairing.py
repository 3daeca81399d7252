"""Which Supervisor event belongs to which Core event: they share their number, their store, and days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduling_pipeline.roster.eligibility import last_possible
from scheduling_pipeline.roster.model import Event, EventType
from scheduling_pipeline.roster.reasons import Code, Reason


@dataclass(frozen=True)
class Pairing:
    """`parents`: the Core event of each Supervisor event; `unpaired`: why the others have none. Two of them
    may have the same one."""

    parents: dict[int, int]
    unpaired: dict[int, Reason]


def pair(events: Iterable[Event]) -> Pairing:
    """Find the Core event of every Supervisor event, whatever its `parent` says."""
    supervisors: list[Event] = []
    cores: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.type is EventType.SUPERVISOR:
            supervisors.append(event)
        elif event.type is EventType.CORE and event.number:
            cores[event.store, event.number].append(event)
    pairing = Pairing({}, {})
    for event in supervisors:
        found = _core_of(event, cores)
        if isinstance(found, Reason):
            pairing.unpaired[event.ref] = found
        else:
            pairing.parents[event.ref] = found.ref
    return pairing


def _core_of(supervisor: Event, cores: Mapping[tuple[str, str], list[Event]]) -> Event | Reason:
    if not supervisor.number:
        return Reason(Code.NO_EVENT_NUMBER)
    alike = [core for core in cores.get((supervisor.store, supervisor.number), ()) if _meet(core, supervisor)]
    if not alike:
        return Reason(Code.NO_MATCHING_CORE, {"number": supervisor.number})
    if len(alike) > 1:
        names = sorted(core.name for core in alike)
        return Reason(Code.SEVERAL_CORES, {"number": supervisor.number, "cores": names})
    return alike[0]


def _meet(one: Event, other: Event) -> bool:
    return one.start <= last_possible(other) and other.start <= last_possible(one)
