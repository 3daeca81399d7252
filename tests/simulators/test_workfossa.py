"""The simulated WorkFossa without faults: logins, sessions, the list, and the pages it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path

import httpx
import pytest
from lxml import etree
from lxml.html import HtmlElement

from scheduling_pipeline.simulators.workfossa import Account, Customer, FixedOrders, Item
from scheduling_pipeline.simulators.workfossa.fixed import OWNER
from scheduling_pipeline.simulators.workfossa.listing import COMPLETED, OPEN, SCHEDULED
from tests.simulators.booking_site import elements, parse, texts
from tests.simulators.fossa_client import (
    CALIBRATION,
    EQUIPMENT,
    LIST,
    PLACE,
    ROWS,
    FossaSite,
    Visitor,
    is_logged_in,
    is_login_form,
    order,
    orders,
    served,
    store,
    token_of,
    visit,
)

OTHER = Account("uma.brand@fieldwork.example", "another", "Uma Brand")
DONE = visit(done=date(2026, 2, 27), day=date(2026, 2, 27))


@pytest.fixture
def source() -> FixedOrders:
    return FixedOrders([order()], [OWNER, OTHER])


@pytest.fixture
def site(tmp_path: Path, source: FixedOrders) -> Iterator[FossaSite]:
    with served(tmp_path, source) as running:
        yield running


@pytest.fixture
def visitor(site: FossaSite) -> Visitor:
    """Somebody who has just logged in."""
    visitor = site.visitor()
    visitor.login()
    return visitor


def _lines(node: HtmlElement, path: str) -> list[str]:
    return [found.text_content().strip() for found in elements(node, path)]


class TestLogin:
    def test_the_first_page_is_the_form(self, site: FossaSite) -> None:
        answer = site.visitor().http.get("/")
        page = parse(answer)
        (form,) = elements(page, "//form[@name='login']")
        assert is_login_form(answer)
        assert texts(page, "//title/text()") == ["Work Fossa"]
        assert (form.get("method"), form.get("action")) == ("POST", "/login")
        assert texts(form, ".//input/@name") == ["_token", "email", "password", "remember"]
        assert texts(form, ".//input/@type") == ["hidden", "email", "password", "checkbox", "submit"]
        assert texts(form, ".//input[@name='remember']/@checked") == ["checked"]
        assert texts(form, ".//input[@type='submit']/@value") == ["Log In"]
        assert not elements(form, ".//button")
        assert texts(form, ".//a/@href") == ["/passwords/reset", "/sso"]

    def test_success_leads_to_the_dashboard_with_a_user_menu(self, site: FossaSite) -> None:
        answer = site.visitor().login()
        assert answer.url.path == "/app/dashboard"
        assert is_logged_in(answer)
        assert texts(parse(answer), "//div[@class='user-menu']/button/text()") == [OWNER.name]

    def test_the_address_may_be_in_capitals(self, site: FossaSite) -> None:
        assert is_logged_in(site.visitor().login(email=OWNER.email.upper()))

    @pytest.mark.parametrize("changes", [{"password": "guess"}, {"email": "nobody@fieldwork.example"}])
    def test_failure_leads_back_to_the_form_with_an_error(
        self, site: FossaSite, changes: dict[str, str]
    ) -> None:
        visitor = site.visitor()
        answer = visitor.login(**changes)
        assert is_login_form(answer)
        assert _lines(parse(answer), "//*[contains(@class, 'alert-danger')]") == ["Invalid credentials."]
        assert is_login_form(visitor.http.get("/app/dashboard"))
        assert not elements(parse(visitor.http.get("/")), "//*[contains(@class, 'alert-danger')]")

    def test_each_form_has_a_token_of_its_own_for_one_use(self, site: FossaSite) -> None:
        visitor = site.visitor()
        first, second = (token_of(visitor.http.get("/")) for _ in range(2))
        assert first != second
        assert is_login_form(visitor.login(_token=first, password="guess"))
        assert visitor.login(_token=first).status_code == 419
        assert is_logged_in(visitor.login(_token=second))

    def test_a_token_of_somebody_else_is_worth_nothing(self, site: FossaSite) -> None:
        stolen = token_of(site.visitor().http.get("/"))
        assert site.visitor().login(_token=stolen).status_code == 419
        assert site.visitor().login(_token="").status_code == 419

    def test_who_is_logged_in_gets_no_form(self, visitor: Visitor) -> None:
        assert is_logged_in(visitor.http.get("/"))
        assert is_login_form(visitor.http.get("/logout"))
        assert is_login_form(visitor.http.get("/app/dashboard"))

    @pytest.mark.parametrize("path", ["/passwords/reset", "/sso"])
    def test_other_pages_need_no_login(self, site: FossaSite, path: str) -> None:
        assert site.visitor().http.get(path).status_code == 200

    def test_the_password_is_written_down_nowhere(self, site: FossaSite, visitor: Visitor) -> None:
        assert visitor.http.cookies
        assert OWNER.password not in str(site.control.journal())


class TestSessions:
    @pytest.mark.parametrize(
        "path", ["/app", "/app/dashboard", LIST, ROWS, "/app/work/110001/", PLACE, EQUIPMENT]
    )
    def test_without_a_session_every_page_is_the_login_form(self, site: FossaSite, path: str) -> None:
        answer = site.visitor().http.get(path)
        assert is_login_form(answer)
        assert answer.url.path == path

    def test_or_leads_to_it(self, site: FossaSite) -> None:
        site.settings.expiry = "redirect"
        answer = site.visitor().http.get(LIST)
        assert is_login_form(answer)
        assert [step.status_code for step in answer.history] == [302]
        assert answer.url.path == "/login"

    def test_a_session_ends_when_it_was_not_used_for_long(self, site: FossaSite, visitor: Visitor) -> None:
        for _ in range(3):
            site.clock.advance(timedelta(hours=1, minutes=50))
            assert visitor.rows().ids == [110_001]
        site.clock.advance(timedelta(hours=2, seconds=1))
        assert is_login_form(visitor.http.get(ROWS))

    def test_or_after_a_number_of_requests(self, site: FossaSite) -> None:
        visitor = site.visitor()
        changed = visitor.http.put("/control/settings", json={"session_requests": 3})
        assert changed.json()["session_requests"] == 3
        assert is_logged_in(visitor.login())
        assert [is_login_form(visitor.http.get(ROWS)) for _ in range(3)] == [False, False, True]
        assert is_logged_in(visitor.login())

    def test_one_can_log_in_from_the_form_that_comes_instead_of_a_page(
        self, site: FossaSite, visitor: Visitor
    ) -> None:
        site.clock.advance(timedelta(days=1))
        form = {"email": OWNER.email, "password": OWNER.password, "_token": token_of(visitor.http.get(LIST))}
        assert is_logged_in(visitor.http.post("/login", data=form))

    def test_a_session_survives_a_restart(self, tmp_path: Path, source: FixedOrders) -> None:
        with served(tmp_path, source) as before:
            visitor = before.visitor()
            visitor.login()
        with served(tmp_path, source) as after:
            again = after.visitor()
            again.http.cookies = visitor.http.cookies
            assert is_logged_in(again.http.get("/app/dashboard"))

    def test_nobody_sees_the_orders_of_others(self, site: FossaSite) -> None:
        other = site.visitor()
        other.login(OTHER)
        assert other.rows().ids == []
        for path in ("/app/work/110001/", "/app/work/110001/visits/2110001/", PLACE, "/app/customers/4101/"):
            assert other.http.get(path).status_code == 404


class TestListPage:
    @pytest.fixture
    def page(self, visitor: Visitor) -> HtmlElement:
        return parse(visitor.http.get(LIST))

    def test_there_is_no_table_and_no_row_before_the_script_has_run(self, page: HtmlElement) -> None:
        assert not elements(page, "//table | //tr | //td | //select")
        assert not elements(page, "//*[contains(@class, 'work-list-item')]")
        assert texts(page, "//script/@src") == ["/static/page.js", "/static/list.js"]
        assert len(elements(page, "//div[@class='loader-line']")) == 1

    def test_the_page_size_is_a_custom_widget(self, page: HtmlElement) -> None:
        (widget,) = elements(page, "//div[@class='ks-select']")
        (limit,) = elements(widget, "./input")
        (dropdown,) = elements(widget, "./div[@class='ks-select-dropdown']")
        assert (limit.get("type"), limit.get("name"), limit.get("value")) == ("text", "limit", "25")
        assert "display: none" in limit.get("style", "")
        assert _lines(widget, "./div[@class='ks-select-selection']") == ["Show 25"]
        assert "display: none" in dropdown.get("style", "")
        assert _lines(dropdown, ".//li") == ["Show 25", "Show 50", "Show 100"]
        assert _lines(dropdown, ".//li[@class='selected-item']") == ["Show 25"]

    def test_the_toolbar(self, page: HtmlElement) -> None:
        assert _lines(page, "//span[@class='filter-group']")[::7] == ["User", "Forms/Files"]
        assert texts(page, "//input[@type='radio']/@value") == ["list", "grid", "asc", "desc"]
        assert texts(page, "//a[contains(@class, '-page')]/@class") == [
            "prev-page disabled",
            "next-page disabled",
        ]
        assert {"Items", "Visits"} <= set(_lines(page, "//div[contains(@class, 'work-list-header')]//div"))

    @pytest.mark.parametrize("script", ["page.js", "list.js", "location.js", "workfossa.css"])
    def test_its_files_are_to_be_had(self, site: FossaSite, script: str) -> None:
        assert site.visitor().http.get(f"/static/{script}").status_code == 200


class TestRow:
    def _row(self, visitor: Visitor, source: FixedOrders, **changes: object) -> HtmlElement:
        source.replace([order(**changes)])
        (row,) = visitor.rows().rows
        return row

    def test_its_classes_and_parts(self, visitor: Visitor, source: FixedOrders) -> None:
        row = self._row(visitor, source)
        assert row.get("class") == "row py-2 work-list-item w-110001"
        assert texts(row, "./div/@class") == ["col", "col", "col", "col-12 work-list-footer"]

    def test_parents_alternate(self, visitor: Visitor, source: FixedOrders) -> None:
        source.replace(orders(3))
        parents = [row.getparent() for row in visitor.rows().rows]
        assert [parent.get("class") for parent in parents if parent is not None] == [
            "bg-gray-50",
            "",
            "bg-gray-50",
        ]

    def test_the_number_is_padded(self, visitor: Visitor, source: FixedOrders) -> None:
        (link,) = elements(self._row(visitor, source), ".//label/a")
        assert link.get("href") == "/app/work/110001/"
        assert link.text_content().strip() == "W-110001"
        assert link.text_content() != "W-110001"

    def test_what_it_is(self, visitor: Visitor, source: FixedOrders) -> None:
        row = self._row(visitor, source, categories=("Meter Calibration", "Post Construction"))
        tooltips = ".//div[@class='wo-category-show']//div[@class='tooltip']"
        assert _lines(row, tooltips) == ["Meter Calibration", "Post Construction"]
        assert _lines(row, ".//div[@class='work-status-badge']/span[@class='work-status-open']") == [
            "Work Created"
        ]
        assert _lines(row, ".//div[@class='work-reason']") == ["Reason: Annual calibration"]
        assert _lines(row, ".//div[@class='work-creator']") == ["Ida Larkmoor • 02/09/2026 09:12am"]

    def test_a_project_or_a_purchase_order_is_optional(self, visitor: Visitor, source: FixedOrders) -> None:
        named = self._row(visitor, source, project="Rollout 3", approved=True)
        assert texts(named, ".//div[@class='work-project']/@title") == ["Rollout 3"]
        assert _lines(named, ".//span[@class='work-status-in-progress']") == ["Quality Approved"]
        bought = self._row(visitor, source, purchase_order="604417")
        assert _lines(bought, ".//div[@class='work-po']") == ["PO #: 604417"]

    def test_where_it_is(self, visitor: Visitor, source: FixedOrders) -> None:
        (address,) = elements(self._row(visitor, source), ".//div[@class='address']")
        assert texts(address, ".//a/@href") == ["/app/customers/4101/", "/app/customers/locations/51001/"]
        assert _lines(address, ".//a") == ["Halewood Fuel Stops", "#4936"]
        assert _lines(address, "./div[3]") == ["Eastvale Plaza"]
        assert _lines(address, "./div[@class='address-info']/div") == [
            *("399 Route 88", "at Old Ferry Road", "Eastvale VA 27227", "Pinehurst County")
        ]

    def test_lines_that_are_not_there_are_empty_comments(self, visitor: Visitor, source: FixedOrders) -> None:
        row = self._row(visitor, source, location=store(cross_street="", county=""))
        (info,) = elements(row, ".//div[@class='address-info']")
        lines = ["" if isinstance(line, etree._Comment) else line.text_content() for line in info]
        assert lines == ["399 Route 88", "", "Eastvale VA 27227", ""]

    def test_whom_to_ask_is_in_a_block_of_its_own(self, visitor: Visitor, source: FixedOrders) -> None:
        lines = _lines(self._row(visitor, source), ".//div[contains(@class, 'contact-info')]/div")
        assert lines[0] == "Rowan Eastlake"
        assert [line.partition(":")[0] for line in lines[1:]] == ["Account", "Dept", "Account Code", "Terms"]

    def test_items_are_in_a_block_for_each_category(self, visitor: Visitor, source: FixedOrders) -> None:
        items = (CALIBRATION, Item("Parts", 16, "Filter", "400MB-10"), Item("Parts", 1, "Call", "CAL-SERV"))
        row = self._row(visitor, source, items=items)
        blocks = elements(row, ".//div[@class='work-item-category']")
        assert [_lines(block, "./div") for block in blocks] == [
            ["Meter Calibration", "8 x All Dispensers (2861)"],
            ["Parts", "16 x Filter (400MB-10)", "1 x Call (CAL-SERV)"],
        ]
        assert _lines(blocks[1], ".//span[@class='text-muted']") == ["(400MB-10)", "(CAL-SERV)"]

    @pytest.mark.parametrize(
        ("at", "shown"), [(None, "(anytime)"), (time(9, 30), "09:30am"), (time(13), "01:00pm")]
    )
    def test_a_visit_to_come(
        self, visitor: Visitor, source: FixedOrders, at: time | None, shown: str
    ) -> None:
        row = self._row(visitor, source, visit=visit(at=at))
        (link,) = elements(row, ".//a[@title='Next Visit']")
        assert _lines(row, ".//div[@title='0 / 1']") == ["0 / 1"]
        assert link.get("href") == "/app/work/110001/visits/2110001/"
        assert link.text_content() == f"03/05/2026 {shown}"
        assert _lines(row, ".//div[@class='work-visits' or contains(@class, 'work-visits')]/div[2]") == [
            "Due: 03/12/2026"
        ]

    @pytest.mark.parametrize(
        ("due", "color"),
        [
            (date(2026, 3, 6), "text-muted"),
            (date(2026, 3, 5), "text-orange"),
            (date(2026, 3, 4), "text-orange"),
        ],
    )
    def test_the_due_day_is_orange_once_it_is_reached(
        self, visitor: Visitor, source: FixedOrders, due: date, color: str
    ) -> None:
        row = self._row(visitor, source, visit=visit(due=due))
        assert texts(row, ".//div[starts-with(text(), 'Due:')]/@class") == [color]

    def test_there_may_be_no_due_day_and_no_visit(self, visitor: Visitor, source: FixedOrders) -> None:
        undue = self._row(visitor, source, visit=visit(due=None))
        assert "Due" not in undue.text_content()
        unplanned = self._row(visitor, source, visit=None)
        assert _lines(unplanned, ".//div[@title='0 / 0']") == ["0 / 0"]
        assert not elements(unplanned, ".//a[@title='Next Visit']")

    def test_an_order_of_two_visits_is_in_neither_list_after_the_first(
        self, visitor: Visitor, source: FixedOrders
    ) -> None:
        row = self._row(visitor, source, visit=visit(), other_visits=(DONE,))
        assert _lines(row, ".//div[@title='1 / 2']") == ["1 / 2"]
        assert len(elements(row, ".//a[@title='Next Visit']")) == 1
        assert (visitor.open(), visitor.completed()) == ([], [])
        row = self._row(visitor, source, visit=DONE, other_visits=(DONE,))
        assert _lines(row, ".//div[@title='2 / 2']/s") == ["2 / 2"]
        assert (visitor.open(), visitor.completed()) == ([], [110_001])

    def test_a_finished_visit_has_no_link(self, visitor: Visitor, source: FixedOrders) -> None:
        row = self._row(visitor, source, visit=DONE)
        assert _lines(row, ".//div[@title='1 / 1']/s") == ["1 / 1"]
        assert elements(row, ".//i[contains(@class, 'fa-check')]")
        assert "02/27/2026" in row.text_content()
        assert not [href for href in texts(row, ".//a/@href") if "/visits/" in href]

    def test_instructions_are_there_in_full_and_cut(self, visitor: Visitor, source: FixedOrders) -> None:
        text = 'Calibrate <all> of them.\n\nCall "Ann" before.\n' + "Go slowly. " * 20
        row = self._row(visitor, source, instructions=text)
        (full,) = elements(row, ".//div[@class='pre-wrap']")
        (cut,) = elements(row, ".//div[@class='instructions-excerpt']")
        assert full.text_content() == text
        assert "display: none" in full.get("style", "")
        assert cut.text_content().startswith('Calibrate <all> of them. Call "Ann" before. Go slowly.')
        assert cut.text_content().endswith("more...")
        assert not elements(self._row(visitor, source), ".//div[@class='pre-wrap']")


class TestSelection:
    def test_open_and_completed_orders(self, visitor: Visitor, source: FixedOrders) -> None:
        source.replace([order(1), order(2, visit=DONE), order(3, visit=DONE, closed=True)])
        assert visitor.rows(work_visit_completion=OPEN).ids == [1]
        assert visitor.rows(work_visit_completion=COMPLETED).ids == [2, 3]
        assert visitor.rows().ids == [2, 1]

    def test_only_with_a_visit(self, visitor: Visitor, source: FixedOrders) -> None:
        source.replace([order(1), order(2, visit=None)])
        assert visitor.rows().ids == [1, 2]
        assert visitor.rows(visit_scheduled=SCHEDULED).ids == [1]

    def test_in_the_order_of_the_visits(self, visitor: Visitor, source: FixedOrders) -> None:
        days = {1: 20, 2: 4, 3: 11, 4: 4}
        source.replace([order(number, visit=visit(day=date(2026, 3, day))) for number, day in days.items()])
        assert visitor.rows(order_direction="asc").ids == visitor.rows().ids == [2, 4, 3, 1]
        assert visitor.rows(order_direction="desc").ids == [1, 3, 4, 2]

    @pytest.mark.parametrize(
        ("count", "limit", "sizes"),
        [
            (0, 25, [0]),
            (25, 25, [25]),
            (26, 25, [25, 1]),
            (58, 25, [25, 25, 8]),
            (58, 50, [50, 8]),
            (100, 100, [100]),
            (101, 100, [100, 1]),
        ],
    )
    def test_pages(
        self, visitor: Visitor, source: FixedOrders, count: int, limit: int, sizes: list[int]
    ) -> None:
        source.replace(orders(count))
        pages = [visitor.rows(limit=limit, page=n + 1) for n in range(len(sizes))]
        assert [len(page.ids) for page in pages] == sizes
        assert [number for page in pages for number in page.ids] == [110_001 + n for n in range(count)]
        assert [page.first for page in pages] == [True] + [False] * (len(sizes) - 1)
        assert [page.last for page in pages] == [False] * (len(sizes) - 1) + [True]
        assert visitor.rows(limit=limit, page=len(sizes) + 1).ids == []

    @pytest.mark.parametrize("query", [{"limit": "1000"}, {"limit": "x", "page": "-1"}, {"page": "0"}])
    def test_nonsense_is_the_first_25(
        self, visitor: Visitor, source: FixedOrders, query: dict[str, str]
    ) -> None:
        source.replace(orders(30))
        assert len(visitor.rows(**query).ids) == 25

    def test_two_orders_with_one_id_are_refused(self, source: FixedOrders) -> None:
        with pytest.raises(ValueError, match="same id"):
            source.replace([order(), order()])


class TestOtherPages:
    def test_an_order_leads_to_its_visit(self, visitor: Visitor) -> None:
        page = parse(visitor.http.get("/app/work/110001/"))
        (link,) = texts(page, "//ul[@class='work-visits']//a/@href")
        answer = visitor.http.get(link)
        assert link == "/app/work/110001/visits/2110001/"
        assert "03/05/2026 (anytime), due 03/12/2026" in answer.text
        assert visitor.http.get("/app/work/110001/visits/1/").status_code == 404
        assert visitor.http.get("/app/work/9/").status_code == 404

    def test_a_customer_leads_to_its_locations(self, visitor: Visitor, source: FixedOrders) -> None:
        elsewhere = store(id=51_002, number="52", customer=Customer(4102, "Quarrel & Pine Markets"))
        source.replace([order(1), order(2), order(3, location=elsewhere)])
        page = parse(visitor.http.get("/app/customers/4101/"))
        assert texts(page, "//ul[@class='locations']//a/@href") == [PLACE]

    def test_a_location_has_its_equipment_in_a_tab(self, visitor: Visitor) -> None:
        page = parse(visitor.http.get(PLACE))
        assert _lines(page, "//a[@role='tab']") == ["Overview", "Equipment"]
        assert not elements(page, "//*[@class='equipment-item']")

    def test_equipment(self, visitor: Visitor) -> None:
        tab = parse(visitor.http.get(EQUIPMENT))
        assert _lines(tab, "//a[@class='equipment-group-heading']") == ["Dispenser (2)"]
        first, second = elements(tab, "//template//div[@class='equipment-item']")
        assert _lines(first, "./div[position() < 5]") == [
            *(
                "1/2 - Regular, Plus, Diesel - Gilbarco",
                "S/N: AB00012345",
                "Make: Gilbarco",
                "Model: Encore 700",
            )
        ]
        names = _lines(first, ".//div[@class='custom-field-label']")
        values = _lines(first, ".//div[@class='custom-field-value']")
        assert dict(zip(names, values, strict=True)) == {
            "Grade": "Regular, Plus, Diesel",
            "Stand Alone Code": "0417",
            "Number of Nozzles (per side)": "2",
            "Meter Type": "Ecometer",
        }
        assert _lines(second, "./div[1]") == ["3/4 - 0126, 0135 - Gilbarco"]

    def test_a_location_may_have_none(self, visitor: Visitor, source: FixedOrders) -> None:
        source.replace([order(location=store(dispensers=()))])
        tab = parse(visitor.http.get(EQUIPMENT))
        assert "Dispenser" not in tab.text_content()

    @pytest.mark.parametrize(
        ("location", "setting", "opens"),
        [(51_000, "some", True), (51_001, "some", False), (51_001, "always", True), (51_000, "never", False)],
    )
    def test_a_modal_opens_at_some_locations(
        self,
        site: FossaSite,
        visitor: Visitor,
        source: FixedOrders,
        location: int,
        setting: str,
        *,
        opens: bool,
    ) -> None:
        source.replace([order(location=store(id=location))])
        site.settings.modal = setting
        tab = parse(visitor.http.get(f"/app/customers/locations/{location}/equipment"))
        assert bool(elements(tab, "//div[@class='modal']//button[text()='Cancel']")) is opens


class TestSteering:
    def test_the_journal_tells_who_asked_for_what(self, site: FossaSite, visitor: Visitor) -> None:
        visitor.rows(limit=50)
        last = site.control.journal()[-1]
        assert last["path"] == ROWS
        assert last["query"] == {"limit": "50"}
        assert (last["account"], last["status"], last["forbidden"]) == (OWNER.email, 200, False)

    def test_it_tells_writes_apart(self, site: FossaSite, visitor: Visitor) -> None:
        assert visitor.http.post("/app/work/110001/", data={"a": "b"}).status_code == 404
        assert [call["path"] for call in site.control.journal() if call["forbidden"]] == ["/app/work/110001"]

    def test_what_everybody_has_is_to_be_had_without_a_login(self, site: FossaSite) -> None:
        shown = httpx.get(f"{site.url}/control/orders", trust_env=False).json()
        assert shown == {
            OWNER.email: [{"id": 110_001, "store": "4936", "day": "2026-03-05", "completed": False}],
            OTHER.email: [],
        }
