"""The list as it is shown: what a row says, whatever is left out, and nothing about people."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from scheduling_pipeline.simulators.workfossa import listing
from scheduling_pipeline.simulators.workfossa import model as site
from scheduling_pipeline.simulators.workfossa.demo import DemoOrders
from scheduling_pipeline.simulators.workfossa.pages import Pages
from scheduling_pipeline.work_orders.markup import LoginPageError, UnexpectedPageError
from scheduling_pipeline.work_orders.model import Place, Service, Status, Visit, WorkOrder
from scheduling_pipeline.work_orders.page import parse_list
from tests.work_orders import list_page
from tests.work_orders.list_page import URL, page, row


def only(html: str) -> WorkOrder:
    found = parse_list(page(html), URL)
    assert found.problems == ()
    (order,) = found.orders
    return order


def test_a_row_is_read_as_it_is_shown() -> None:
    assert only(row()) == WorkOrder(
        id="110001",
        status=Status.PENDING,
        site_status="Work Created",
        place=Place(
            store="#1234",
            location="51000",
            street="Route 88 12",
            city="Marlow Springs",
            region="NC",
            postal_code="28406",
            county="Alder County",
        ),
        customer="Halewood Fuel Stops",
        customer_url="https://fossa.example/app/customers/4101/",
        categories=("Meter Calibration", "Post Construction"),
        services=(Service("Meter Calibration", "2861", "All Dispensers", 8),),
        day=date(2026, 3, 5),
        visit=Visit("9110001", "https://fossa.example/app/work/110001/visits/9110001/"),
        visits_total=1,
        due=date(2026, 3, 12),
        created_on=date(2026, 2, 2),
        reason="Annual calibration",
        instructions="Calibrate all dispensers.",
    )


def test_nothing_is_read_about_people() -> None:
    order = only(row(instructions="Call Carl at (555) 010-4477 or +1 555-010-4478, carl@stops.example."))
    assert order.instructions == "Call Carl at [left out] or [left out], [left out]"
    told = repr(order)
    assert not [word for word in ("Paula", "Contact", "A-99", "Net 30", "4477", "@") if word in told]


class TestAddress:
    """Case 20: lines of the address may be missing."""

    CITY, COUNTY = "<div>Marlow Springs NC 28406</div>", "<div>Alder County</div>"

    @pytest.mark.parametrize(
        ("lines", "street", "cross_street", "city", "county"),
        [
            ("<div>12 Elm</div><div>at Route 88</div>" + CITY + COUNTY, "12 Elm", "at Route 88", True, True),
            ("<div>12 Elm</div><!---->" + CITY + COUNTY, "12 Elm", None, True, True),
            ("<div>12 Elm</div><div>Route 88</div>" + CITY, "12 Elm", "Route 88", True, False),
            ("<!----><div>at Route 88</div>" + CITY + "<!---->", None, "at Route 88", True, False),
            ("<div>12 Elm</div>" + COUNTY, "12 Elm", None, False, True),
            ("<!----><!---->", None, None, False, False),
        ],
    )
    def test_20_a_line_is_known_by_what_it_says_not_by_where_it_stands(
        self, lines: str, street: str | None, cross_street: str | None, *, city: bool, county: bool
    ) -> None:
        place = only(row(address=lines)).place
        assert (place.street, place.cross_street) == (street, cross_street)
        assert (place.city, place.region) == (("Marlow Springs", "NC") if city else (None, None))
        assert place.county == ("Alder County" if county else None)

    def test_a_comma_after_the_city_and_a_long_code_do_no_harm(self) -> None:
        place = only(row(address="<div>Fort Quillan, SC 29020-1234</div>")).place
        assert (place.city, place.region, place.postal_code) == ("Fort Quillan", "SC", "29020-1234")


class TestContents:
    """Case 21: codes that are no numbers, two categories, no due date, instructions of many lines."""

    def test_21_codes_need_not_be_numbers_and_services_may_be_in_several_blocks(self) -> None:
        items = (
            "<div><div>Meter Calibration</div><div>8 x Specific Dispenser(s) - See Notes <span>(2862)</span>"
            "</div></div><div><div>Parts</div><div>16 x Filter 10 Micron <span>(400MB-10)</span></div>"
            "<div>1 x Service Call <span>(CAL-SERV)</span></div></div>"
        )
        assert only(row(items=items)).services == (
            Service("Meter Calibration", "2862", "Specific Dispenser(s) - See Notes", 8),
            Service("Parts", "400MB-10", "Filter 10 Micron", 16),
            Service("Parts", "CAL-SERV", "Service Call", 1),
        )

    def test_21_without_a_due_date_there_is_none(self) -> None:
        order = only(row(visits=list_page.PENDING.partition("<div class")[0]))
        assert (order.due, order.day) == (None, date(2026, 3, 5))

    def test_21_instructions_keep_their_lines_and_are_not_read_as_anything_else(self) -> None:
        text = "Bring:\n\n3 x Prover (3146)\nReason: none\n2 / 2\nDue: 01/01/2020"
        order = only(row(instructions=text))
        assert order.instructions == text
        assert order.services == (Service("Meter Calibration", "2861", "All Dispensers", 8),)
        assert (order.reason, order.visits_done, order.due) == ("Annual calibration", 0, date(2026, 3, 12))

    def test_a_project_is_read_in_full_and_a_purchase_order_by_its_label(self) -> None:
        extra = '<div title="Project: Rollout of the north">Project: Rollout...</div><div>PO #: 4711</div>'
        order = only(row(extra=extra))
        assert (order.project, order.purchase_order) == ("Rollout of the north", "4711")

    @pytest.mark.parametrize(
        ("badge", "status", "words"),
        [
            (
                '<i class="work-status-in-progress">Quality Approved</i>',
                Status.IN_PROGRESS,
                "Quality Approved",
            ),
            ('<i class="work-status-odd">Under Review</i>', Status.UNKNOWN, "Under Review"),
            ("", Status.UNKNOWN, ""),
        ],
    )
    def test_a_badge_that_nobody_knows_is_not_taken_for_another(
        self, badge: str, status: Status, words: str
    ) -> None:
        order = only(row(badge=badge))
        assert (order.status, order.site_status) == (status, words)

    def test_how_many_dispensers_an_order_is_about(self) -> None:
        parts = "<div><div>Parts</div><div>16 x Filter <span>(400MB-10)</span></div></div>"
        assert only(row(items=parts + list_page.ITEMS)).dispensers == 8
        assert only(row(items=parts)).dispensers == 16
        assert only(row(items="")).dispensers == 0


class TestVisits:
    """Cases 18 and 22."""

    def test_18_a_finished_order_has_no_link_and_is_completed(self) -> None:
        order = only(row(visits=list_page.FINISHED))
        assert order.finished
        assert (order.status, order.visit, order.day) == (Status.COMPLETED, None, None)
        assert order.finished_on == date(2026, 3, 5)

    def test_a_time_of_day_is_read(self) -> None:
        order = only(row(visits=list_page.PENDING.replace("(anytime)", "01:30pm")))
        assert order.at == time(13, 30)

    def test_a_visit_without_a_link_keeps_its_day(self) -> None:
        order = only(row(visits='<div title="0 / 1">0 / 1</div><span>03/05/2026 (anytime)</span>'))
        assert (order.visit, order.day, order.finished) == (None, date(2026, 3, 5), False)

    @pytest.mark.parametrize("items", [list_page.ITEMS, ""], ids=["with items", "without items"])
    @pytest.mark.parametrize("count", ["0 / 0", "0 / 1", "1 / 1"])
    def test_a_visit_without_a_day_is_not_given_the_day_when_the_order_was_made(
        self, count: str, items: str
    ) -> None:
        order = only(row(visits=f'<div title="{count}">{count}</div>', items=items))
        assert (order.day, order.at, order.due, order.finished_on) == (None, None, None, None)
        assert order.created_on == date(2026, 2, 2)

    def test_22_a_link_to_a_customer_or_to_another_order_is_never_a_visits_link(self) -> None:
        visits = (
            '<div title="0 / 1">0 / 1</div><a href="/app/customers/4101/" title="Next Visit">03/05/2026</a>'
            '<a href="/app/work/110002/visits/7/" title="Next Visit">03/05/2026</a>'
        )
        assert only(row(visits=visits)).visit is None

    def test_22_a_store_number_is_never_an_orders_number(self) -> None:
        html = row().replace('<a href="/app/work/110001/">', '<a href="/app/customers/locations/9/">')
        found = parse_list(page(html), URL)
        assert (found.orders, found.shown) == ((), 1)
        assert found.problems == ("row 1 cannot be read: it has no number of a work order",)

    @pytest.mark.parametrize(
        "broken",
        [
            row().replace("W-110001", "W-110002"),
            row().replace("w-110001", "w-110002"),
            row().replace('/app/work/110001/">', '/app/work/110002/">'),
        ],
        ids=["text", "class", "link"],
    )
    def test_22_number_link_and_row_must_agree(self, broken: str) -> None:
        assert len(parse_list(page(broken), URL).problems) == 1

    @pytest.mark.parametrize(
        ("wrong", "problem"),
        [
            (row(110002, visits=list_page.PENDING.replace("0 / 1", "2 / 1")), "2 of its 1 visits are done"),
            (
                row(110002, visits=list_page.PENDING.replace("0 / 1", "0 / 2147483648")),
                "2147483648 is no num",
            ),
            (row(110002, items=list_page.ITEMS.replace("8 x", "2147483648 x")), "2147483648 is no number of"),
        ],
        ids=["more than all", "too many visits", "too many items"],
    )
    def test_numbers_that_cannot_be_are_a_problem_of_that_row_alone(self, wrong: str, problem: str) -> None:
        found = parse_list(page(row(), wrong), URL)
        assert [order.id for order in found.orders] == ["110001"]
        (told,) = found.problems
        assert told.startswith(f"row 2 cannot be read: {problem}")

    def test_a_date_that_there_is_not_is_a_problem_of_that_row_alone(self) -> None:
        wrong = row(110002, visits=list_page.PENDING.replace("03/05/2026", "02/31/2026"))
        found = parse_list(page(row(), wrong), URL)
        assert [order.id for order in found.orders] == ["110001"]
        assert len(found.problems) == 1


class TestPage:
    def test_the_page_size_is_what_is_shown_not_what_is_marked(self) -> None:
        assert parse_list(page(size=100), URL).page_size == 100

    def test_whether_the_list_goes_on(self) -> None:
        assert parse_list(page(row(), more=True), URL).has_next
        assert not parse_list(page(row()), URL).has_next

    def test_a_list_that_does_not_say_that_it_ends_goes_on(self) -> None:
        html = page(row()).replace("next-page disabled", "pager")
        assert parse_list(html, URL).has_next

    def test_an_empty_list_is_a_list(self) -> None:
        found = parse_list(page(), URL)
        assert (found.orders, found.shown, found.problems) == ((), 0, ())

    def test_a_row_that_is_there_twice_is_a_problem(self) -> None:
        found = parse_list(page(row(), row()), URL)
        assert (len(found.orders), found.problems) == (1, ("work order 110001 is there twice",))

    def test_14_a_login_page_is_no_empty_list(self) -> None:
        with pytest.raises(LoginPageError, match="asks to log in"):
            parse_list(list_page.LOGIN, URL)

    @pytest.mark.parametrize("html", ["", "<html><body><h1>Dashboard</h1></body></html>"])
    def test_any_other_page_is_refused(self, html: str) -> None:
        with pytest.raises(UnexpectedPageError):
            parse_list(html, URL)


@pytest.mark.parametrize("completion", ["none", "all"])
def test_all_rows_of_the_simulated_site_are_read(completion: str) -> None:
    pages, demo, now = Pages(), DemoOrders(1), datetime(2026, 3, 4, 15, tzinfo=UTC)
    account = demo.accounts[0]
    query = listing.Query(completion=completion, limit=100)
    shown = listing.page(demo.orders(account.email, now), query)
    frame = pages.list(account, query, stuck=False)
    rows = pages.rows(shown, now.date(), ())
    found = parse_list(frame.replace('<div class="work-list"></div>', rows), URL)
    assert (found.problems, found.page_size) == ((), 100)
    assert list(map(_said, found.orders)) == list(map(_meant, shown.orders))


def _said(order: WorkOrder) -> tuple[object, ...]:
    return (
        order.id,
        order.place.store,
        order.place.location,
        (order.place.street, order.place.cross_street, order.place.city, order.place.county),
        sorted((one.category, one.code, one.description, one.quantity) for one in order.services),
        (order.day, order.at, order.due, order.finished_on),
        order.categories,
        (order.reason, order.project, order.purchase_order),
        order.instructions,
    )


def _meant(order: site.WorkOrder) -> tuple[object, ...]:
    place, visit = order.location, order.visit
    assert visit is not None
    pending = (visit.day, visit.at, visit.due, None)
    return (
        str(order.id),
        f"#{place.number}",
        str(place.id),
        (place.street, place.cross_street or None, place.city, place.county or None),
        sorted((one.category, one.code, one.description, one.quantity) for one in order.items),
        (None, None, None, visit.done) if visit.done else pending,
        order.categories,
        (order.reason, order.project or None, order.purchase_order or None),
        order.instructions,
    )
