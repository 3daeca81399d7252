"""What the simulated WorkFossa does wrong on request."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.workfossa import FixedOrders
from tests.simulators.booking_site import elements, parse, texts
from tests.simulators.fossa_client import (
    EQUIPMENT,
    LIST,
    PLACE,
    ROWS,
    FossaSite,
    Visitor,
    is_logged_in,
    is_login_form,
    orders,
    served,
)

COUNT = 58
CLIENT = """
import sys
import urllib.request
sys.stdin.readline()
request = urllib.request.Request(sys.argv[1], headers={"Cookie": "workfossa_session=" + sys.argv[2]})
print(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).read())
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FossaSite]:
    with served(tmp_path, FixedOrders(orders(COUNT))) as running:
        yield running


@pytest.fixture
def visitor(site: FossaSite) -> Visitor:
    visitor = site.visitor()
    visitor.login()
    return visitor


class TestAnyPage:
    @pytest.mark.parametrize("path", ["/", "/app/dashboard", LIST, ROWS, PLACE, EQUIPMENT])
    def test_an_error(self, site: FossaSite, visitor: Visitor, path: str) -> None:
        site.arm("http", f" {path.rstrip('/') or '/'}$", status=502, text="Oops", retry_after=7)
        answer = visitor.http.get(path)
        assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (502, "Oops", "7")
        assert visitor.http.get(path).status_code == 200

    def test_a_connection_that_breaks(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("drop")
        with pytest.raises(httpx.RemoteProtocolError):
            visitor.rows()
        lost = site.control.journal()[-1]
        assert (lost["status"], lost["fault"]) == (None, "drop")
        assert visitor.rows().ids

    def test_a_site_that_is_down(self, site: FossaSite) -> None:
        site.control.arm(Fault("drop", times=None))
        for _ in range(3):
            with pytest.raises(httpx.RemoteProtocolError):
                site.visitor().http.get("/")
        site.control.clear_faults()
        assert is_logged_in(site.visitor().login())

    def test_a_slow_page(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("slow", seconds=0.4)
        begin = time.monotonic()
        assert len(visitor.rows().ids) == 25
        assert time.monotonic() - begin >= 0.4

    def test_a_slow_page_holds_nobody_up(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("slow", seconds=30)
        impatient = site.visitor(timeout=0.2)
        impatient.http.cookies = visitor.http.cookies
        with pytest.raises(httpx.ReadTimeout):
            impatient.rows()
        assert visitor.rows().ids

    def test_the_login_form_at_the_third_page(self, site: FossaSite, visitor: Visitor) -> None:
        site.control.arm(Fault("login_page", ROWS, skip=2))
        answers = [visitor.http.get(ROWS, params={"page": page}) for page in (1, 2, 3)]
        assert [is_login_form(answer) for answer in answers] == [False, False, True]
        assert answers[2].url.path == ROWS
        assert len(visitor.rows(page=3).ids) == 8, "the session lives"

    @pytest.mark.parametrize(("expiry", "path"), [("login_page", ROWS), ("redirect", "/login")])
    def test_a_session_that_ends_at_this_page(
        self, site: FossaSite, visitor: Visitor, expiry: str, path: str
    ) -> None:
        site.settings.expiry = expiry
        site.arm("expired_session")
        answer = visitor.http.get(ROWS)
        assert is_login_form(answer)
        assert answer.url.path == path
        assert is_login_form(visitor.http.get("/app/dashboard"))

    def test_a_page_that_nobody_may_see_uses_no_fault_up(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("empty_list")
        assert is_login_form(site.visitor().http.get(ROWS))
        assert visitor.rows().ids == []


class TestLogin:
    def test_a_right_password_is_refused(self, site: FossaSite) -> None:
        visitor = site.visitor()
        site.arm("login_refused", "POST /login", text="This account is locked.")
        answer = visitor.login()
        assert is_login_form(answer)
        assert texts(parse(answer), "//div[contains(@class, 'alert-danger')]/text()") == [
            "This account is locked."
        ]
        assert is_logged_in(visitor.login())

    def test_a_login_that_leads_nowhere(self, site: FossaSite) -> None:
        site.arm("login_page", "POST /login")
        answer = site.visitor().login()
        assert is_login_form(answer)
        assert not elements(parse(answer), "//div[contains(@class, 'alert-danger')]")


class TestList:
    def test_no_page_size_can_be_picked(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("page_size_stuck", LIST + "$")
        pages = [parse(visitor.http.get(LIST)) for _ in range(2)]
        assert [len(elements(page, "//div[@class='ks-select' and @data-stuck]")) for page in pages] == [1, 0]

    def test_a_page_size_that_is_ignored(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("page_size_ignored")
        stuck = visitor.rows(limit=100)
        assert len(stuck.ids) == 25
        assert not stuck.last
        assert len(visitor.rows(limit=100).ids) == COUNT

    def test_the_same_page_again(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("repeated_page")
        assert visitor.rows(page=2).ids == visitor.rows(page=1).ids != visitor.rows(page=2).ids

    def test_an_empty_list(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("empty_list")
        empty = visitor.rows()
        assert (empty.ids, empty.first, empty.last) == ([], True, True)

    def test_rows_that_never_come(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("endless_loader")
        impatient = site.visitor(timeout=0.2)
        impatient.http.cookies = visitor.http.cookies
        with pytest.raises(httpx.ReadTimeout):
            impatient.rows()

    @pytest.mark.parametrize(
        ("params", "left"),
        [
            ({}, []),
            ({"lines": ["cross_street", "county"]}, ["399 Route 88", "Eastvale VA 27227"]),
            ({"lines": ["street"]}, ["at Old Ferry Road", "Eastvale VA 27227", "Pinehurst County"]),
        ],
    )
    def test_lines_of_the_address_are_missing(
        self, site: FossaSite, visitor: Visitor, params: dict[str, object], left: list[str]
    ) -> None:
        site.arm("missing_address_lines", **params)
        for row in visitor.rows().rows:
            assert texts(row, ".//div[@class='address-info']/div/text()") == left

    @pytest.mark.parametrize(("params", "linked"), [({}, 0), ({"orders": [110_001, 110_003]}, 23)])
    def test_links_to_visits_are_missing(
        self, site: FossaSite, visitor: Visitor, params: dict[str, object], linked: int
    ) -> None:
        site.arm("missing_visit_link", **params)
        rows = visitor.rows().rows
        links = [link for row in rows for link in elements(row, ".//a[@title='Next Visit']")]
        assert len(links) == linked
        assert all("03/05/2026" in row.text_content() for row in rows)


class TestEquipment:
    def test_no_dispensers(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("no_dispensers", EQUIPMENT)
        assert "Dispenser" not in visitor.http.get(EQUIPMENT).text
        assert "Dispenser (2)" in visitor.http.get(EQUIPMENT).text

    def test_fewer_than_the_heading_says(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("lost_dispensers", EQUIPMENT)
        tab = parse(visitor.http.get(EQUIPMENT))
        assert texts(tab, "//a[@class='equipment-group-heading']/text()") == ["Dispenser (2)"]
        assert len(elements(tab, "//div[@class='equipment-item']")) == 1

    def test_a_modal(self, site: FossaSite, visitor: Visitor) -> None:
        site.arm("modal", EQUIPMENT)
        modals = [parse(visitor.http.get(EQUIPMENT)) for _ in range(2)]
        assert [len(elements(tab, "//div[@class='modal']")) for tab in modals] == [1, 0]


@pytest.mark.process
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_client_is_killed_while_it_waits(site: FossaSite, visitor: Visitor, when: str) -> None:
    arguments = [f"{site.url}{ROWS}", visitor.http.cookies["workfossa_session"]]
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as client:
        site.arm("kill", pid=client.pid, when=when)
        output, _ = client.communicate(b"\n", timeout=30)
    assert client.returncode == -signal.SIGKILL
    assert output == b""
