"""Reading the lists of work orders with a real browser: to their end, or not complete and saying why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import stamina

from resources.tab import AuthenticationError, SiteDown
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.workfossa import FixedOrders
from scheduling_pipeline.work_orders.markup import LoginPageError
from scheduling_pipeline.work_orders.removals import Missing, judge
from tests.resources.fossa_reading import (
    ACCOUNT,
    NOW,
    RunOverError,
    Told,
    asked,
    forbidden,
    ids,
    logins,
    read_orders,
    resource,
)
from tests.simulators.fossa_client import LIST, ROWS, FossaSite, order, orders, served, visit

pytestmark = pytest.mark.browser

FOLLOWING_PAGE = 2  # requests for rows before the second page: as it was opened, and as long as it can be


@pytest.fixture(autouse=True, scope="module")
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def source() -> FixedOrders:
    return FixedOrders(orders(101))


@pytest.fixture
def site(tmp_path: Path, source: FixedOrders) -> Iterator[FossaSite]:
    with served(tmp_path, source) as running:
        yield running


def sizes_and_pages(site: FossaSite) -> list[tuple[str, str]]:
    return [(query["limit"], query["page"]) for query in asked(site, ROWS)]


@pytest.mark.parametrize(
    ("count", "requests"),
    [
        (0, [("25", "1")]),
        (25, [("25", "1"), ("100", "1")]),
        (100, [("25", "1"), ("100", "1")]),
        (101, [("25", "1"), ("100", "1"), ("100", "2")]),
    ],
)
def test_the_longest_page_is_picked_and_pages_are_turned_to_the_end(
    site: FossaSite, source: FixedOrders, count: int, requests: list[tuple[str, str]]
) -> None:
    source.replace(orders(count))
    read = read_orders(site)
    assert read.listing.complete, read.listing.why_not
    assert ids(read) == [str(110_001 + n) for n in range(count)]
    assert (read.completed, read.completed_problem) == ({}, "")
    assert sizes_and_pages(site) == requests
    assert logins(site) == 1
    assert forbidden(site) == []


def test_a_reading_says_how_far_it_is_and_when_it_began(site: FossaSite) -> None:
    told, instants = Told(), iter(NOW + timedelta(minutes=n) for n in range(9))
    read = resource(site).read_orders(ACCOUNT, known=["1"] * 202, now=lambda: next(instants), progress=told)
    assert told.phases == ["logging_in", *["scraping"] * 6]
    assert told.messages[1:3] == ["100 open work orders", "101 open work orders"]
    assert told.found == [None, 100, *[101] * 5]
    assert told.shares == sorted(told.shares)
    assert told.shares[-1] < 1
    assert NOW < read.listing.read_at < next(instants)


def test_rows_are_not_read_before_the_loader_is_gone(site: FossaSite) -> None:
    site.settings.loading_seconds = 0.7  # the label shows 100 all the while, and the old rows are there
    read = read_orders(site)
    assert read.listing.complete, read.listing.why_not
    assert len(ids(read)) == 101


def test_a_slow_page_is_waited_for(site: FossaSite) -> None:
    site.control.arm(Fault("slow", LIST, times=None, params={"seconds": 0.5}))
    assert len(ids(read_orders(site))) == 101


def test_a_page_size_that_is_stuck_at_25_costs_turning_more_pages(
    site: FossaSite, source: FixedOrders
) -> None:
    source.replace(orders(58))
    site.arm("page_size_stuck", LIST + "$")
    read = read_orders(site)
    assert read.listing.complete, read.listing.why_not
    assert len(ids(read)) == 58
    assert sizes_and_pages(site) == [("25", "1"), ("25", "2"), ("25", "3")]


def test_a_page_size_that_is_stuck_under_another_label_removes_nothing(
    site: FossaSite, source: FixedOrders
) -> None:
    source.replace(orders(58))
    site.control.arm(Fault("page_size_ignored", ROWS, times=None))
    read = read_orders(site, known=[str(110_001 + n) for n in range(60)])
    assert not read.listing.complete
    assert "its pages do not follow each other" in read.listing.why_not
    assert asked(site, LIST) == asked(site, LIST)[:1], "what it lacks is not looked for elsewhere"
    assert judge(dict.fromkeys(map(str, range(60))), read.listing, read.completed, 0.5) == Missing({})


def test_a_page_that_is_shown_twice_makes_no_complete_list(site: FossaSite) -> None:
    site.control.arm(Fault("repeated_page", ROWS, times=None, skip=FOLLOWING_PAGE))
    read = read_orders(site)
    assert not read.listing.complete
    assert len(ids(read)) == 100
    assert len(asked(site, ROWS)) == FOLLOWING_PAGE + 1, "pages without anything new are not turned forever"


def test_an_empty_list_removes_nothing_and_is_flagged(site: FossaSite) -> None:
    site.control.arm(Fault("empty_list", ROWS, times=None))
    known = [str(110_001 + n) for n in range(6)]
    read = read_orders(site, known)
    assert ids(read) == []
    found = judge(dict.fromkeys(known), read.listing, read.completed, 0.5)
    assert not found.removed | found.struck
    assert found.doubt == "the list is empty, where 6 orders were known: none was removed"


@pytest.mark.parametrize(
    ("expiry", "skip"),
    [("login_page", FOLLOWING_PAGE), ("redirect", FOLLOWING_PAGE), ("login_page", 0)],
    ids=["between pages", "between pages, elsewhere", "as the list opens"],
)
def test_a_session_that_ends_on_the_way_costs_another_login(site: FossaSite, expiry: str, skip: int) -> None:
    site.settings.expiry = expiry
    site.control.arm(Fault("expired_session", ROWS, times=1, skip=skip))
    read = read_orders(site)
    assert read.listing.complete, read.listing.why_not
    assert (len(ids(read)), logins(site)) == (101, 2)


@pytest.mark.parametrize("path", [ROWS + "$", LIST + "$"], ids=["rows", "list"])
def test_a_login_page_mid_scrape_that_comes_again_is_a_failure(site: FossaSite, path: str) -> None:
    site.control.arm(Fault("login_page", path, times=None))
    with pytest.raises(LoginPageError, match="WorkFossa asks to log in instead of showing the page"):
        read_orders(site)
    assert logins(site) == 2


def test_a_list_without_a_session_at_its_end_is_read_again(site: FossaSite) -> None:
    site.control.arm(Fault("expired_session", "/app/dashboard$", times=1, skip=1))
    read = read_orders(site)
    assert (read.listing.complete, logins(site)) == (True, 2)
    assert len(asked(site, LIST)) == 2


def test_what_passes_by_itself_is_tried_again(site: FossaSite) -> None:
    site.arm("http", "POST /login", status=502)
    site.arm("drop", LIST + "$")
    site.arm("http", LIST + "$", status=503, retry_after=1)
    site.control.arm(Fault("drop", ROWS, skip=FOLLOWING_PAGE))
    site.control.arm(Fault("endless_loader", ROWS, skip=FOLLOWING_PAGE))
    with stamina.set_testing(True, attempts=5, cap=True):
        read = read_orders(site, page_timeout=3, attempts=5)
    assert read.listing.complete, read.listing.why_not
    assert len(ids(read)) == 101


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (
            Fault("http", ROWS, None, params={"status": 503}),
            "could not open the list of work orders: HTTP 503",
        ),
        (Fault("endless_loader", ROWS, None), "could not open the list of work orders: no answer in time"),
    ],
    ids=["refused", "never answered"],
)
def test_rows_that_do_not_come_are_a_failure_and_no_empty_list(
    site: FossaSite, fault: Fault, told: str
) -> None:
    site.control.arm(fault)
    with pytest.raises(SiteDown, match=told):
        read_orders(site, page_timeout=1.5, attempts=2)
    assert len(asked(site, LIST)) == 2


def test_rows_that_do_not_come_in_place_of_others_are_no_part_of_a_list(site: FossaSite) -> None:
    site.control.arm(Fault("http", ROWS, 1, 1, params={"status": 503}))
    site.control.arm(Fault("http", ROWS, 1, FOLLOWING_PAGE, params={"status": 429}))
    site.control.arm(Fault("http", ROWS, 1, FOLLOWING_PAGE, params={"status": 419}))
    read = read_orders(site)
    assert read.listing.complete, read.listing.why_not
    assert (len(ids(read)), logins(site)) == (101, 2)


def test_pages_before_one_that_never_comes_are_part_of_a_list(site: FossaSite) -> None:
    site.control.arm(Fault("endless_loader", ROWS, skip=FOLLOWING_PAGE))
    read = read_orders(site, ["1"], page_timeout=1.5, attempts=1)
    assert read.listing.why_not == "could not turn to the next page of the list: no answer in time"
    assert len(ids(read)) == 100
    assert read.completed == {}


def test_what_progress_raises_ends_the_reading_at_once(site: FossaSite) -> None:
    def lost(*_: object, share: float = 0, **__: object) -> None:
        if share:
            raise RunOverError

    with pytest.raises(RunOverError):
        resource(site).read_orders(ACCOUNT, known=(), now=lambda: NOW, progress=lost)
    assert sizes_and_pages(site) == [("25", "1"), ("100", "1")]


def test_a_finished_order_whose_link_is_gone_is_among_the_completed_ones(
    site: FossaSite, source: FixedOrders
) -> None:
    finished = order(7, visit=visit(done=date(2026, 3, 5)))
    source.replace([*orders(3), finished])
    read = read_orders(site, ["7", "110001"])
    assert "7" not in ids(read)
    assert read.completed == {"7": date(2026, 3, 5)}
    assert read.completed_problem == ""
    judged = judge({"7": None, "110001": None}, read.listing, read.completed, 0.5)
    assert judged == Missing({"7": date(2026, 3, 5)})


@pytest.mark.parametrize(
    ("missing", "pages"), [("150", 1), ("20", 2), ("9999", 2)], ids=["on the first page", "last", "nowhere"]
)
def test_the_completed_list_is_read_until_all_that_are_missing_are_found(
    site: FossaSite, source: FixedOrders, missing: str, pages: int
) -> None:
    day = date(2026, 1, 1)
    finished = [order(n, visit=visit(done=day + timedelta(days=n // 5))) for n in range(1, 151)]
    source.replace([*orders(2), *finished])
    read = read_orders(site, [missing])
    assert (missing in read.completed) == (missing != "9999")
    completed = [query for query in asked(site, ROWS) if query["order_direction"] == "desc"]
    assert [(query["limit"], query["page"]) for query in completed[1:]] == [("100", "1"), ("100", "2")][
        :pages
    ]
    assert read.completed_problem == ""


def test_a_completed_list_that_cannot_be_read_does_not_discard_the_open_one(
    site: FossaSite, source: FixedOrders
) -> None:
    source.replace(orders(2))
    site.control.arm(Fault("http", LIST + "$", times=None, skip=1, params={"status": 503}))
    read = read_orders(site, ["9"])
    assert (read.listing.complete, len(ids(read))) == (True, 2)
    assert read.completed == {}
    assert read.completed_problem == "could not open the list of work orders: HTTP 503"


def test_an_order_with_a_part_of_its_visits_done_is_still_open(site: FossaSite, source: FixedOrders) -> None:
    first, second = visit(id=1, done=date(2026, 2, 26)), visit(id=2)
    source.replace([*orders(2), order(7, visit=second, other_visits=(first,))])
    read = read_orders(site, ["7", "9", "110001"])
    assert ids(read) == ["110001", "110002", "7"]
    assert (read.listing.complete, read.completed, read.completed_problem) == (True, {}, "")
    underway = read.listing.orders[-1]
    assert (underway.visits_done, underway.visits_total, underway.day) == (1, 2, second.day)
    judged = judge(dict.fromkeys(["7", "9", "110001"]), read.listing, read.completed, 0)
    assert judged.struck == {"9"}

    source.replace([*orders(2), order(7, visit=visit(done=second.day), other_visits=(first,))])
    assert read_orders(site, ["7"]).completed == {"7": second.day}


def test_nothing_is_missing_for_sure_before_all_that_is_not_closed_was_read(
    site: FossaSite, source: FixedOrders
) -> None:
    source.replace(orders(2))
    site.control.arm(Fault("http", LIST + "$", times=None, skip=2, params={"status": 503}))
    read = read_orders(site, ["9"])
    assert read.completed_problem == "could not open the list of work orders: HTTP 503"


def test_completed_orders_of_long_ago_are_not_looked_at_and_each_page_is_told(
    site: FossaSite, source: FixedOrders
) -> None:
    day, told = date(2025, 12, 1), Told()
    finished = [order(n, visit=visit(done=day), closed=True) for n in range(1, 402)]
    source.replace([*orders(2), *finished])
    read = read_orders(site, ["9999"], told)
    completed = [query["page"] for query in asked(site, ROWS) if query["order_direction"] == "desc"]
    assert completed == ["1", "1", "2"], "of five pages"
    assert read.completed_problem == ""
    assert len(told.messages) == len(["login", "open", "search", "completed", "completed", "not closed"])
    assert told.messages[-1] == "1 orders are not open any more: looking for them among the others"


def test_an_account_that_is_refused_meanwhile_is_a_failure(site: FossaSite, source: FixedOrders) -> None:
    source.replace(orders(2))
    site.control.arm(Fault("expired_session", LIST + "$", skip=1))
    site.control.arm(Fault("login_refused", "POST /login", times=None, skip=1))
    with pytest.raises(AuthenticationError, match="did not accept the user name and password"):
        read_orders(site, ["9"])


def test_a_site_that_was_never_reached_is_down(site: FossaSite) -> None:
    site.control.arm(Fault("http", times=None, params={"status": 503}))
    with pytest.raises(SiteDown, match="WorkFossa is down: could not open the login page: HTTP 503"):
        read_orders(site)
