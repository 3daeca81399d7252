"""What can go wrong with a request: which faults there are for it, and what they make of what it shows."""

from __future__ import annotations

from dataclasses import replace

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.workfossa.listing import PAGE_SIZES, Page, Query
from scheduling_pipeline.simulators.workfossa.model import Dispenser, Location, WorkOrder
from scheduling_pipeline.simulators.workfossa.paths import LIST, LOGIN, ROWS, is_equipment
from scheduling_pipeline.simulators.workfossa.wire import Call, Reply

SILENT = frozenset({"drop", "endless_loader"})  # of these there is no answer
_ANY = ("http", "drop", "slow", "kill", "login_page", "expired_session")
_OF_LOGINS = ("login_refused",)
_OF_LISTS = ("page_size_stuck",)
_OF_ROWS = (
    *("endless_loader", "page_size_ignored", "repeated_page", "empty_list"),
    *("missing_address_lines", "missing_visit_link"),
)
_OF_EQUIPMENT = ("endless_loader", "modal", "no_dispensers", "lost_dispensers")
_SLOW = 8  # seconds
_ENDLESS = 3600  # seconds
_LINES = ("street", "cross_street", "city", "county")


def kinds(call: Call) -> tuple[str, ...]:
    """The faults that there are for a request."""
    if (call.method, call.path) == ("POST", LOGIN):
        return _ANY + _OF_LOGINS
    if call.path == LIST:
        return _ANY + _OF_LISTS
    if call.path == ROWS:
        return _ANY + _OF_ROWS
    return _ANY + _OF_EQUIPMENT if is_equipment(call.path) else _ANY


def silence(fault: Fault) -> float:
    """For how many seconds nothing is said before the connection breaks."""
    return float(fault.params.get("seconds", _ENDLESS if fault.kind == "endless_loader" else 0))


def broken(fault: Fault) -> Reply:
    """The answer of an `http` fault."""
    params = fault.params
    headers = {"retry-after": str(params["retry_after"])} if "retry_after" in params else {}
    text, status = str(params.get("text", "Service Unavailable")), int(params.get("status", 503))
    return Reply(text, status, headers)


def late(fault: Fault, reply: Reply) -> Reply:
    """The answer of a `slow` fault."""
    return replace(reply, delay=reply.delay + float(fault.params.get("seconds", _SLOW)))


def misread(fault: Fault | None, query: Query) -> Query:
    """The query as the site mistakes it."""
    match fault and fault.kind:
        case "page_size_ignored":
            return replace(query, limit=PAGE_SIZES[0])
        case "repeated_page":
            return replace(query, page=max(1, query.page - 1))
        case _:
            return query


def distorted(fault: Fault | None, page: Page) -> Page:
    """A page of the list as the site shows it."""
    if fault is None:
        return page
    if fault.kind == "empty_list":
        return Page((), 1, first=True, last=True)
    if fault.kind == "missing_address_lines":
        return replace(page, orders=[_without_lines(fault, order) for order in page.orders])
    return page


def unlinked(fault: Fault | None, page: Page) -> set[int]:
    """The orders whose visit is shown without a link."""
    if fault is None or fault.kind != "missing_visit_link":
        return set()
    return set(fault.params.get("orders", [order.id for order in page.orders]))


def blocks(fault: Fault | None, location: Location) -> tuple[int, tuple[Dispenser, ...]]:
    """How many dispensers the equipment tab announces, and which it shows."""
    found = location.dispensers
    if fault is None:
        return len(found), found
    if fault.kind == "no_dispensers":
        return 0, ()
    keep = float(fault.params.get("keep", 0.5)) if fault.kind == "lost_dispensers" else 1
    return len(found), found[: int(len(found) * keep)]


def _without_lines(fault: Fault, order: WorkOrder) -> WorkOrder:
    """The order at a place of which some lines of the address are not shown."""
    gone = set(fault.params.get("lines", _LINES))
    place = order.location
    shown = replace(
        place,
        street="" if "street" in gone else place.street,
        cross_street="" if "cross_street" in gone else place.cross_street,
        city="" if "city" in gone else place.city,
        county="" if "county" in gone else place.county,
    )
    return replace(order, location=shown)
