"""What is read of work orders through the browser, and what is not.

One reading of a list where much is unusual; the tests look at its parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from scheduling_pipeline.simulators.workfossa import FixedOrders, Item
from scheduling_pipeline.work_orders.model import Visit, WorkOrder
from tests.resources.fossa_reading import read_orders
from tests.simulators.fossa_client import order, served, store, visit

pytestmark = pytest.mark.browser

WHOLE, WITHOUT_LINES, UNUSUAL, WITHOUT_LINK = 1, 2, 3, 4
PARTS = (Item("Parts", 2, "Filter", "400MB-10"), Item("Combo", 1, "Calibration service", "CAL-SERV"))
CATEGORIES = ("Meter Calibration", "Post Construction")
INSTRUCTIONS = "One.\n\n12 x Two (3)\nCall 555-010-2030."


@dataclass
class Seen:
    """The orders that were read, by number, and where; and the folders where pages might have been kept."""

    orders: dict[int, WorkOrder]
    url: str
    folders: tuple[Path, ...]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    here, temporary = (tmp_path_factory.mktemp(name) for name in ("here", "temporary"))
    unusual = order(
        UNUSUAL,
        items=PARTS,
        categories=CATEGORIES,
        visit=visit(id=2_000_003, due=None),
        instructions=INSTRUCTIONS,
    )
    source = FixedOrders(
        [
            order(WHOLE),
            order(WITHOUT_LINES, location=store(street="", cross_street="")),
            unusual,
            order(WITHOUT_LINK),
        ]
    )
    with served(tmp_path_factory.mktemp("site"), source) as site, pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.setenv("TMPDIR", str(temporary))
        site.arm("missing_visit_link", orders=[WITHOUT_LINK])
        read = read_orders(site)
        yield Seen({int(one.id): one for one in read.listing.orders}, site.url, (here, temporary))


def test_every_row_is_read_and_a_store_s_number_is_no_order_s(seen: Seen) -> None:
    assert list(seen.orders) == [WHOLE, WITHOUT_LINES, UNUSUAL, WITHOUT_LINK]
    assert {one.place.store for one in seen.orders.values()} == {"#4936"}
    assert {one.place.location for one in seen.orders.values()} == {"51001"}


def test_lines_of_an_address_may_be_there_or_not(seen: Seen) -> None:
    whole, partly = seen.orders[WHOLE].place, seen.orders[WITHOUT_LINES].place
    assert (whole.street, whole.cross_street) == ("399 Route 88", "at Old Ferry Road")
    assert (partly.street, partly.cross_street) == (None, None)
    assert (whole.town, whole.county) == (partly.town, partly.county) == ("Eastvale, VA", "Pinehurst County")


def test_codes_that_are_no_numbers_two_categories_and_no_due_date(seen: Seen) -> None:
    unusual = seen.orders[UNUSUAL]
    assert {(one.category, one.quantity, one.code) for one in unusual.services} == {
        ("Parts", 2, "400MB-10"),
        ("Combo", 1, "CAL-SERV"),
    }
    assert (unusual.categories, unusual.due, unusual.day) == (CATEGORIES, None, date(2026, 3, 5))


def test_instructions_have_all_their_lines_and_nobody_s_number(seen: Seen) -> None:
    assert seen.orders[UNUSUAL].instructions == "One.\n\n12 x Two (3)\nCall [left out]."


def test_a_customer_s_link_is_no_visit_s(seen: Seen) -> None:
    linked, without = seen.orders[WHOLE], seen.orders[WITHOUT_LINK]
    assert linked.visit == Visit("2000001", f"{seen.url}/app/work/1/visits/2000001/")
    assert without.visit is None
    assert without.day == linked.day
    assert without.customer_url == f"{seen.url}/app/customers/4101/"


def test_nobody_s_contact_is_read_and_no_page_is_kept(seen: Seen) -> None:
    for personal in ("Rowan Eastlake", "A-16840", "Compliance", "188-21", "Net 30", "Ida Larkmoor"):
        assert personal not in repr(seen.orders)
    files = [path for folder in seen.folders for path in folder.rglob("*") if path.is_file()]
    assert files == []
