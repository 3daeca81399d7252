"""Pages that follow something, in a real browser: what is typed stays, and a desk that is away is awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Route, expect

from resources.browser import open_browser
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.outside import Outside
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.credentials import Account, save_account
from tests.desk.people import KEY, NOW, Office
from tests.desk.serving import served
from tests.desk.test_live import PASSWORD, sign_in

OWNER = 1
pytestmark = pytest.mark.browser


def at_the_desk(office: Office, path: str, act: Callable[[Page], Awaitable[None]]) -> None:
    """Sign in with a browser to a page whose clock is ours, and act."""
    users.add_user(office.engine, "Mia Vale", Role.VIEWER, PASSWORD, who="the test", now=NOW)
    save_account(office.engine, Cipher(KEY.get_secret_value()), OWNER, Account("mia", "good"), NOW)
    schedules.create(office.engine, OWNER, "work_orders", {}, zone="America/New_York", now=NOW)

    async def sit_down(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page()
            await page.clock.install()
            await sign_in(page, address, path)
            await act(page)

    with served(office.app) as address:
        asyncio.run(sit_down(address))


def test_what_is_typed_stays_when_a_test_of_the_account_ends(office: Office) -> None:
    go_on = threading.Event()
    office.outside = Outside(check_account=lambda _: assert_in_time(go_on))

    async def type_meanwhile(page: Page) -> None:
        standing = page.get_by_role("region", name="How it stands")
        await page.get_by_role("button", name="Test connection").click()
        await expect(standing).to_contain_text("under way")
        await page.get_by_label("WorkFossa e-mail").fill("mia@fuel.example")
        go_on.set()
        await page.clock.run_for(5000)
        await expect(standing).to_contain_text("worked")
        await expect(page.get_by_role("button", name="Test connection")).to_be_enabled()
        await expect(page.get_by_label("WorkFossa e-mail")).to_have_value("mia@fuel.example")

    at_the_desk(office, "/account", type_meanwhile)


def test_a_desk_that_is_out_of_order_is_asked_ever_less_often_and_found_again(office: Office) -> None:
    asked: asyncio.Queue[None] = asyncio.Queue()
    working = False

    async def out_of_order(route: Route) -> None:
        asked.put_nowait(None)
        await (route.continue_() if working else route.fulfill(status=503, json={}))

    async def wait_for_it(page: Page) -> None:
        nonlocal working
        card = page.get_by_role("region", name="Work orders", exact=True)
        await expect(card).to_contain_text("active")
        await page.route("**/api/scraping-schedules/*", out_of_order)
        await page.clock.run_for(5000)
        for seconds in (5, 30, 60, 120, 300, 300):
            await asyncio.wait_for(asked.get(), 20)
            await page.clock.run_for((seconds - 1) * 1000)
            assert asked.empty()
            await page.clock.run_for(1500)
        await asyncio.wait_for(asked.get(), 20)
        working = True
        (own,) = schedules.of_owner(office.engine, OWNER)
        schedules.update(office.engine, OWNER, own.id, {"enabled": False}, NOW)
        await page.clock.run_for(310_000)
        await expect(card).to_contain_text("paused")

    at_the_desk(office, "/scrape-schedules", wait_for_it)


def assert_in_time(event: threading.Event) -> None:
    assert event.wait(20)
