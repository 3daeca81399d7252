"""The pages of one reading put together: what was listed, and whether that was all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from scheduling_pipeline.work_orders.model import Listing, ListPage, WorkOrder


def join_pages(pages: Sequence[ListPage], read_at: datetime, problem: str = "") -> Listing:
    """The listing that was read as `pages`, in their order. `problem`: what ended the reading too early.

    It is complete when every row could be read, no page was cut short, none is there twice, and the last one
    is the list's end.
    """
    orders: dict[str, WorkOrder] = {}
    for page in pages:
        for order in page.orders:
            orders.setdefault(order.id, order)
    return Listing(tuple(orders.values()), read_at, problem or next(_faults(pages, len(orders)), ""))


def _faults(pages: Sequence[ListPage], orders: int) -> Iterator[str]:
    """Why pages are not the whole list, the most telling reason first."""
    if not pages:
        yield "no page of the list was read"
        return
    if pages[-1].has_next:
        size = pages[-1].page_size
        shows = f" (its page size is {size})" if size else ""
        yield f"the list goes on after the {sum(page.shown for page in pages)} rows that were read{shows}"
    for number, page in enumerate(pages, start=1):
        if page.problems:
            yield f"page {number}: {'; '.join(page.problems)}"
        if page.page_size is None:
            yield f"page {number} does not say how many rows it shows"
        elif page.shown > page.page_size:
            yield f"page {number} has {page.shown} rows, although it says that it shows {page.page_size}"
    for earlier, later in pairwise(pages):
        if not earlier.has_next or earlier.shown != earlier.page_size or later.page_size != earlier.page_size:
            yield "the list changed while it was read: its pages do not follow each other"
    shown = sum(page.shown for page in pages)
    if orders != shown:
        yield f"{shown} rows have only {orders} different work orders: the list changed while it was read"
