"""The list of work orders: its packed filters, its order, and one page of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

from scheduling_pipeline.simulators.workfossa.model import WorkOrder

PAGE_SIZES = (25, 50, 100)
OPEN = "none||No visits completed||Work Visits Completed"
COMPLETED = "all||All visits completed||Work Visits Completed"
SCHEDULED = "scheduled||||With Scheduled Visits"


@dataclass(frozen=True, slots=True)
class Query:
    """What of the list is asked for. `completion`: `none`, `all`, or "" for all that is not closed."""

    completion: str = ""
    scheduled: bool = False
    descending: bool = False
    limit: int = PAGE_SIZES[0]
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """The query of an address; filters are packed as value||sub||label. Nonsense is ignored."""
        limit = query.get("limit", "")
        page = query.get("page", "")
        return cls(
            _value(query.get("work_visit_completion", "")),
            _value(query.get("visit_scheduled", "")) == "scheduled",
            query.get("order_direction") == "desc",
            int(limit) if limit in map(str, PAGE_SIZES) else PAGE_SIZES[0],
            max(1, int(page)) if page.isdecimal() else 1,
        )


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list. `first` and `last`: whether it has no page before or after it."""

    orders: Sequence[WorkOrder]
    number: int
    first: bool
    last: bool


def page(orders: Iterable[WorkOrder], query: Query) -> Page:
    """The page asked for, in the order of the visits' days; beyond the last page there is an empty one."""
    selected = sorted(
        (order for order in orders if _selected(order, query)),
        key=lambda order: (_day(order), order.id),
        reverse=query.descending,
    )
    begin = (query.page - 1) * query.limit
    end = begin + query.limit
    return Page(selected[begin:end], query.page, first=query.page == 1, last=end >= len(selected))


def _selected(order: WorkOrder, query: Query) -> bool:
    if query.scheduled and order.visit is None:
        return False
    match query.completion:
        case "none":
            return not order.visits_done
        case "all":
            return order.completed
        case _:
            return not order.closed


def _day(order: WorkOrder) -> date:
    if order.visit is None:
        return date.max
    return order.visit.done or order.visit.day


def _value(packed: str) -> str:
    return packed.partition("||")[0]
