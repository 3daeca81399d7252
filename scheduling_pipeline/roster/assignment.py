"""Who works what on which day, read from the arcs that a solution uses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from scheduling_pipeline.roster.dealing import PersonDay
from scheduling_pipeline.roster.network import Layout


def assignment_of(
    layout: Layout, used: Iterable[tuple[int, int]], exact: Mapping[int, PersonDay] | None = None
) -> dict[int, PersonDay]:
    """The person-day of each event that has one. `used`: tail and head of the arcs of the solution; `exact`:
    what it says itself of events that come through a group."""
    exact = exact or {}
    events = len(layout.events)
    assigned = dict(exact)
    entering: dict[int, list[int]] = defaultdict(list)
    offered: dict[int, list[PersonDay]] = defaultdict(list)
    given = set(exact.values())
    for tail, head in used:
        if 0 < tail <= events:
            ref = layout.events[tail - 1].ref
            if head in layout.groups and ref not in exact:
                entering[head].append(ref)
            elif head in layout.stands_for:
                assigned[ref] = layout.stands_for[head]
        elif tail in layout.groups and layout.stands_for[head] not in given:
            offered[tail].append(layout.stands_for[head])
    _deal(layout, entering, offered, assigned)
    return assigned


def _deal(
    layout: Layout,
    entering: Mapping[int, Sequence[int]],
    offered: Mapping[int, Sequence[PersonDay]],
    assigned: dict[int, PersonDay],
) -> None:
    """Give the events that came through a group its person-days, so that chains are short.

    All ways to do so are worth the same. A place whose event had to go is given to an event that is new
    itself, as far as there are any, then to one that such a one has sent away, and so on.
    """
    group_of = {ref: group for group, refs in entering.items() for ref in refs}
    owners: dict[PersonDay, int] = {}
    for event in layout.events:
        stands = event.committed
        place = (stands.employee, stands.day) if stands is not None else None
        if place is not None and (event.ref, place) in layout.direct and assigned.get(event.ref) != place:
            owners.setdefault(place, event.ref)
    sent = set(owners.values())
    left = {group: [one for one in days if one in owners] for group, days in offered.items()}
    free = {group: [one for one in days if one not in owners] for group, days in offered.items()}
    queue = [event.ref for event in layout.events if event.ref not in sent]
    rest = iter([event.ref for event in layout.events if event.ref in sent])
    seen: set[int] = set()
    while queue:
        following: list[int] = []
        for ref in queue:
            if ref in seen:
                continue
            seen.add(ref)
            group = group_of.get(ref)
            if group is not None:
                assigned[ref] = (left[group] or free[group]).pop(0)
            taken = assigned.get(ref)
            if taken in owners:
                following.append(owners[taken])
        queue = following or [ref for ref in [next(rest, None)] if ref is not None]
