"""The pages of one reading put together: what was listed, and whether that was all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import chain, pairwise

from scheduling_pipeline.work_orders.model import Listing, ListPage, WorkOrder

_ENOUGH_PAGES = 2  # in a row: nothing says that a list is strictly in the order of its days


def join_pages(pages: Sequence[ListPage], read_at: datetime, problem: str = "") -> Listing:
    """The listing that was read as `pages`, in their order. `problem`: what ended the reading too early.

    It is complete when every row could be read, no page was cut short, none is there twice, and the last one
    is the list's end.
    """
    orders: dict[str, WorkOrder] = {}
    for page in pages:
        for order in page.orders:
            orders.setdefault(order.id, order)
    faults = chain(_end_faults(pages), _row_faults(pages), _paging_faults(pages))
    return Listing(tuple(orders.values()), read_at, problem or next(faults, ""))


def why_absence_means_nothing(pages: Sequence[ListPage], since: date = date.min) -> str:
    """Why an order that pages do not have may be on their list all the same; empty when it is not.

    `since`: of a list of completed orders, the last ones first, those before that day are not looked for. A
    row that cannot be read is no reason: it stays in the list, and would be one for ever.
    """
    faults = _paging_faults(pages)
    return next(faults if reaches_back(pages, since) else chain(_end_faults(pages), faults), "")


def reaches_back(pages: Sequence[ListPage], since: date) -> bool:
    """Whether the last pages have nothing but orders that were finished before a day."""
    last = pages[-_ENOUGH_PAGES:]
    return len(last) == _ENOUGH_PAGES and all(
        page.orders and all(order.finished_on and order.finished_on < since for order in page.orders)
        for page in last
    )


def _end_faults(pages: Sequence[ListPage]) -> Iterator[str]:
    if not pages:
        yield "no page of the list was read"
        return
    if pages[-1].has_next:
        size = pages[-1].page_size
        shows = f" (its page size is {size})" if size else ""
        yield f"the list goes on after the {sum(page.shown for page in pages)} rows that were read{shows}"


def _row_faults(pages: Sequence[ListPage]) -> Iterator[str]:
    for number, page in enumerate(pages, start=1):
        if page.problems:
            yield f"page {number}: {'; '.join(page.problems)}"


def _paging_faults(pages: Sequence[ListPage]) -> Iterator[str]:
    for number, page in enumerate(pages, start=1):
        if page.page_size is None:
            yield f"page {number} does not say how many rows it shows"
        elif page.shown > page.page_size:
            yield f"page {number} has {page.shown} rows, although it says that it shows {page.page_size}"
    for earlier, later in pairwise(pages):
        if not earlier.has_next or earlier.shown != earlier.page_size or later.page_size != earlier.page_size:
            yield "the list changed while it was read: its pages do not follow each other"
    rows = [order.id for page in pages for order in page.orders]
    orders = len(set(rows))
    if orders != len(rows):
        yield f"{len(rows)} rows have only {orders} different work orders: the list changed while it was read"
