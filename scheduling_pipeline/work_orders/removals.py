"""What became of the orders that a list does not have any more.

An order goes when the list of completed orders has it, or when a second complete reading misses it too. A
reading that is not complete says nothing about what it lacks, and one that lacks too much is not believed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from scheduling_pipeline.work_orders.model import Listing

FEW = 5  # orders that may be missing at once, however few there are


@dataclass(frozen=True, slots=True)
class Missing:
    """`completed`: with the day when it is known. `struck`: not listed, and kept until it is known why.
    `doubt`: why the listing is not believed about what it lacks, empty when it is."""

    completed: Mapping[str, date | None]
    removed: frozenset[str] = frozenset()
    struck: frozenset[str] = frozenset()
    doubt: str = ""


def judge(
    known: Mapping[str, datetime | None],
    listing: Listing,
    completed: Mapping[str, date | None],
    smallest_share: float,
    *,
    all_completed: bool = True,
) -> Missing:
    """What is to be done about the known open orders that a listing does not have as open ones.

    `known`: since when each is missing, None for those that the last complete reading had. A listing with
    less than `smallest_share` of them is doubted; 0 believes any. Without `all_completed`, orders may have
    been completed although `completed` has them not: none is removed.
    """
    finished = {
        order.id: order.finished_on for order in listing.orders if order.finished and order.id in known
    }
    if not listing.complete:
        return Missing(finished)
    gone = known.keys() - {order.id for order in listing.orders}
    done = finished | {number: completed[number] for number in gone & completed.keys()}
    unexplained = gone - done.keys()
    doubt = _doubt(listing, len(known), unexplained, smallest_share)
    if doubt:
        return Missing(done, doubt=doubt)
    twice = {number for number in unexplained if all_completed and _before(known[number], listing.read_at)}
    return Missing(done, frozenset(twice), frozenset(unexplained - twice))


def _before(since: datetime | None, read_at: datetime) -> bool:
    return since is not None and since < read_at


def _doubt(listing: Listing, known: int, unexplained: Collection[str], smallest_share: float) -> str:
    if not unexplained or not smallest_share:
        return ""
    if not listing.orders:
        return f"the list is empty, where {known} orders were known: none was removed"
    found = known - len(unexplained)
    if len(unexplained) > FEW and found < smallest_share * known:
        return f"the list has only {found} of the {known} orders that were known: none was removed"
    return ""
