"""Parts of a roster that have nobody in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from scheduling_pipeline.roster.eligibility import TITLES, Eligibility
from scheduling_pipeline.roster.model import Event, EventType
from scheduling_pipeline.roster.standing import Standing


def regions(eligibility: Eligibility, start: Standing) -> list[list[Event]]:
    """The Core and Juicer events to place, split so that nobody could work in two parts."""
    stores = sorted({event.store for event in start.shifts})
    stands_at: dict[str, set[str]] = defaultdict(set)
    for event in start.shifts:
        if event.committed is not None:
            stands_at[event.committed.employee].add(event.store)
    joined = _Joined(stores)
    for employee in eligibility.employees.values():
        able = employee.active and employee.title in TITLES[EventType.CORE]
        works_at = [store for store in employee.stores or stores if store in joined] if able else []
        joined.join(stands_at[employee.id].union(works_at))
    parts: dict[str, list[Event]] = defaultdict(list)
    for event in start.shifts:
        parts[joined.leader(event.store)].append(event)
    return list(parts.values())


class _Joined:
    """Disjoint sets of stores, each named by one of them."""

    def __init__(self, stores: Iterable[str]) -> None:
        self._above = {store: store for store in stores}

    def __contains__(self, store: str) -> bool:
        return store in self._above

    def leader(self, store: str) -> str:
        while self._above[store] != store:
            self._above[store] = self._above[self._above[store]]
            store = self._above[store]
        return store

    def join(self, stores: Iterable[str]) -> None:
        first, *others = sorted({self.leader(store) for store in stores}) or [""]
        for other in others:
            self._above[other] = first
