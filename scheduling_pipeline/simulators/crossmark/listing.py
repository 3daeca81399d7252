"""getPlanningMplans: the events that fit a search, as the planner lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import orjson

from scheduling_pipeline.simulators.crossmark.planner import Entry
from scheduling_pipeline.simulators.crossmark.wire import Json, american, wall_time

_USUAL_LIMIT = 25
_SALES_TOOLS = "https://documents.example/sales-tools/{}.pdf"
_ORDERS: Mapping[str, Callable[[Entry], object]] = {
    "startDate": lambda entry: entry.mplan.start,
    "endDate": lambda entry: entry.due,
    "name": lambda entry: entry.mplan.name,
    "staffedReps": lambda entry: entry.rep.name if entry.rep else "",
}


def page(entries: Iterable[Entry], query: Mapping[str, str], largest: int) -> Json:
    """The page that a query asks for, of at most so many events. Raises ValueError for what none can be."""
    terms = _terms(query.get("searchFields", ""))
    first, last = (_day(query.get(name, "")) for name in ("intervalStart", "intervalEnd"))
    found = [entry for entry in entries if _fits(entry, terms) and _within(entry, first, last)]
    for order in reversed(_read(query.get("sort", ""), [])):
        key = _ORDERS.get(order["property"])
        if key is None:
            raise ValueError(f"can not sort by {order['property']!r}")
        found.sort(key=key, reverse=order.get("direction") == "DESC")  # type: ignore[arg-type]
    start, limit = int(query.get("start", 0)), min(int(query.get("limit", _USUAL_LIMIT)), largest)
    return {"total": len(found), "mplans": [record(entry) for entry in found[start : start + limit]]}


def record(entry: Entry) -> Json:
    """An event as the listing has it. Numbers are sometimes text."""
    mplan, visit, rep = entry.mplan, entry.visit, entry.rep
    return {
        "mPlanID": mplan.id if mplan.id % 2 else str(mplan.id),
        "name": mplan.name,
        "startDate": american(mplan.start),
        "endDate": american(entry.due),
        "condition": entry.condition.value,
        "storeID": str(mplan.location.id),
        "storeName": mplan.location.name,
        "scheduleDate": wall_time(visit.start) if visit else "",
        "scheduleRepID": str(visit.rep) if visit else "",
        "scheduleEventID": str(visit.id) if visit else "",
        "staffedReps": rep.name if rep else "",
        "salesTools": [{"salesToolURL": _SALES_TOOLS.format(mplan.id)}],
    }


def _fits(entry: Entry, terms: Mapping[str, set[str]]) -> bool:
    for name, wanted in terms.items():
        if (str(entry.mplan.id) if name == "mPlanID" else entry.condition) not in wanted:
            return False
    return True


def _within(entry: Entry, first: date | None, last: date | None) -> bool:
    """Whether it can be worked on a day of an interval, which includes both its ends."""
    final = max(entry.mplan.start, entry.due - timedelta(days=1))
    return (first is None or final >= first) and (last is None or entry.mplan.start <= last)


def _terms(text: str) -> dict[str, set[str]]:
    """The values that are searched for, by the name of the term."""
    found: dict[str, set[str]] = {}
    for name, term in _read(text, {}).get("searchTerms", {}).items():
        if name not in {"condition", "mPlanID"}:
            raise ValueError(f"can not search by {name!r}")
        found[name] = {str(value) for item in term["items"] for value in item["value"]}
    return found


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _read(text: str, empty: Any) -> Any:  # noqa: ANN401 - whatever the client wrote
    return orjson.loads(text) if text else empty
