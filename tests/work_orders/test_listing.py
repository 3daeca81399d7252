"""A listing is complete only when all pages were read and belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from scheduling_pipeline.work_orders.listing import join_pages, reaches_back, why_absence_means_nothing
from scheduling_pipeline.work_orders.model import ListPage
from scheduling_pipeline.work_orders.page import parse_list
from tests.work_orders.list_page import FINISHED, URL, page, pages_of, row

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)


def read(pages: Sequence[str]) -> list[ListPage]:
    return [parse_list(html, URL) for html in pages]


def test_a_list_on_one_page_is_complete() -> None:
    listing = join_pages(read(pages_of(range(1, 45), 100)), NOW)
    assert (len(listing.orders), listing.complete, listing.read_at) == (44, True, NOW)


def test_15_a_page_size_that_is_stuck_makes_it_incomplete() -> None:
    listing = join_pages(read(pages_of(range(1, 59), 25)[:1]), NOW)
    assert len(listing.orders) == 25
    assert listing.why_not == "the list goes on after the 25 rows that were read (its page size is 25)"


def test_15_all_its_pages_are_complete_all_the_same() -> None:
    listing = join_pages(read(pages_of(range(1, 59), 25)), NOW)
    assert (len(listing.orders), listing.complete) == (58, True)


def test_17_exactly_a_hundred_rows_are_complete_when_the_list_ends_there() -> None:
    assert join_pages(read(pages_of(range(1, 101), 100)), NOW).complete


def test_17_the_hundred_and_first_row_needs_another_page() -> None:
    first, second = read(pages_of(range(1, 102), 100))
    assert not join_pages([first], NOW).complete
    assert len(join_pages([first, second], NOW).orders) == 101
    assert join_pages([first, second], NOW).complete


def test_a_reading_that_was_broken_off_says_why_and_keeps_what_it_saw() -> None:
    listing = join_pages(read(pages_of(range(1, 102), 100)[:1]), NOW, "the session ended")
    assert (len(listing.orders), listing.why_not) == (100, "the session ended")


def test_nothing_read_is_not_complete() -> None:
    assert join_pages([], NOW).why_not == "no page of the list was read"


def test_a_row_that_cannot_be_read_makes_it_incomplete() -> None:
    broken = row(2).replace("W-2", "W-3")
    listing = join_pages(read([page(row(1), broken)]), NOW)
    assert listing.why_not == "page 1: row 2 cannot be read: it has no number of a work order"


def test_an_unknown_page_size_makes_it_incomplete() -> None:
    (one,) = read([page(row(1)).replace("Show 100 <span>", "Show <span>")])
    assert join_pages([one], NOW).why_not == "page 1 does not say how many rows it shows"


def test_more_rows_than_the_page_size_are_not_believed() -> None:
    (one,) = read([page(*map(row, range(1, 27)), size=25)])
    assert join_pages([one], NOW).why_not.startswith("page 1 has 26 rows, although")


def test_a_list_that_moved_while_it_was_read_is_incomplete() -> None:
    first, second = read(pages_of(range(1, 40), 25))
    again = replace(second, orders=(first.orders[-1], *second.orders[1:]))
    assert join_pages([first, again], NOW).why_not.endswith("the list changed while it was read")
    short = replace(first, orders=first.orders[:-1], shown=24)
    assert "do not follow each other" in join_pages([short, second], NOW).why_not


class TestCompletedOnes:
    DAY = date(2026, 3, 5)  # when the orders of a page were finished
    AFTER = DAY + timedelta(days=1)
    ODD = row(3, visits=FINISHED).replace("W-3", "W-4")

    def completed(self, *, more: bool, extra: str = "") -> list[ListPage]:
        """Two pages of one order each, and perhaps a row more on the second one."""
        first, second = (row(number, visits=FINISHED) for number in (1, 2))
        return read([page(first, size=1, more=True), page(second, extra, size=1 + bool(extra), more=more)])

    def test_an_odd_row_is_no_reason_to_doubt_what_they_lack(self) -> None:
        (one,) = read([page(row(1, visits=FINISHED), self.ODD)])
        assert not join_pages([one], NOW).complete
        assert why_absence_means_nothing([one]) == ""

    def test_a_list_that_goes_on_says_nothing_of_what_it_lacks(self) -> None:
        pages = self.completed(more=True)
        assert why_absence_means_nothing([]) == "no page of the list was read"
        assert why_absence_means_nothing(pages, self.DAY).startswith("the list goes on after the 2 rows")
        assert why_absence_means_nothing(self.completed(more=False), self.DAY) == ""

    def test_but_for_days_that_two_pages_in_a_row_lie_behind(self) -> None:
        pages = self.completed(more=True)
        assert reaches_back(pages, self.AFTER)
        assert why_absence_means_nothing(pages, self.AFTER) == ""
        assert not reaches_back(pages[1:], self.AFTER)
        assert not reaches_back(pages, self.DAY)

    def test_a_page_without_days_lies_behind_nothing(self) -> None:
        first, _ = self.completed(more=True)
        (undated,) = read([page(row(2, visits='<div title="1 / 1">1 / 1</div>'), size=1, more=True)])
        (unread,) = read([page(self.ODD, size=1, more=True)])
        assert not reaches_back([first, undated], self.AFTER)
        assert not reaches_back([first, unread], self.AFTER)
