"""The simulated WorkFossa in a real browser: its scripts, as a person uses them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from resources.browser import open_browser
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.workfossa import FixedOrders, Settings
from scheduling_pipeline.simulators.workfossa.fixed import OWNER
from tests.simulators.fossa_client import LIST, PLACE, ROWS, FossaSite, order, orders, served, store

pytestmark = pytest.mark.browser

COUNT = 101
ROW, LABEL, NEXT, PREVIOUS = ".work-list-item", ".ks-select-selection", ".next-page", ".prev-page"
LOADER, LOGIN = ".loader-line", "form[name=login]"
Script = Callable[[Page], Awaitable[None]]


@pytest.fixture
def source() -> FixedOrders:
    return FixedOrders(orders(COUNT))


@pytest.fixture
def site(tmp_path: Path, source: FixedOrders) -> Iterator[FossaSite]:
    with served(tmp_path, source, Settings(loading_seconds=0.05)) as running:
        yield running


def _in_browser(site: FossaSite, script: Script) -> None:
    """Run a script in a page of somebody who has logged in; an error of the page's own scripts fails it."""

    async def run() -> None:
        async with _logged_in(site) as page:
            await script(page)

    asyncio.run(run())


@asynccontextmanager
async def _logged_in(site: FossaSite) -> AsyncIterator[Page]:
    errors: list[str] = []
    async with open_browser() as browser:
        page = await browser.new_page(base_url=site.url)
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(error.message))
        await page.goto("/")
        await page.fill("input[name=email]", OWNER.email)
        await page.fill("input[name=password]", OWNER.password)
        await page.click("input[type=submit]")
        await expect(page.locator(".user-menu button")).to_have_text(OWNER.name)
        yield page
    assert not errors


async def _pick(page: Page, size: int) -> None:
    await page.click(LABEL)
    await page.click(f".ks-select-dropdown li:has-text('Show {size}')")


async def _ids(page: Page) -> list[str]:
    return [text.strip() for text in await page.locator(f"{ROW} label a").all_inner_texts()]


def test_a_page_size_is_picked_and_the_class_stays(site: FossaSite) -> None:
    async def script(page: Page) -> None:
        await page.goto(LIST)
        await expect(page.locator(ROW)).to_have_count(25)
        await expect(page.locator(".ks-select-dropdown")).to_be_hidden()
        site.settings.loading_seconds = 1  # long enough to look at
        await _pick(page, 100)
        await expect(page.locator(LABEL)).to_have_text("Show 100")
        await expect(page.locator(LOADER)).to_be_visible()
        assert await page.locator(ROW).count() == 25, "the rows come later than the label"
        await expect(page.locator(LOADER)).to_be_hidden()
        await expect(page.locator(ROW)).to_have_count(100)
        await expect(page.locator("input[name=limit]")).to_have_value("100")
        await expect(page.locator(".selected-item")).to_have_text("Show 25")

    _in_browser(site, script)


def test_one_pages_to_the_end_and_back(site: FossaSite) -> None:
    async def script(page: Page) -> None:
        found: list[str] = []
        await page.goto(LIST)
        await _pick(page, 50)
        for size in (50, 50, 1):
            await expect(page.locator(ROW)).to_have_count(size)
            await expect(page.locator(LOADER)).to_be_hidden()
            found += await _ids(page)
            if size == 50:
                first = await page.locator(ROW).first.element_handle()
                await page.click(NEXT)
                assert first is not None
                await first.wait_for_element_state("hidden")
        assert found == [f"W-{110_001 + n}" for n in range(COUNT)]
        await expect(page.locator(NEXT)).to_have_class("next-page disabled")
        await page.click(NEXT)
        await page.click(PREVIOUS)
        await expect(page.locator(ROW)).to_have_count(50)
        await expect(page.locator(NEXT)).to_have_class("next-page")
        await expect(page.locator(PREVIOUS)).to_have_class("prev-page")

    _in_browser(site, script)
    pages = [call["query"].get("page") for call in site.control.journal() if call["path"] == ROWS]
    assert pages == ["1", "1", "2", "3", "2"], "a disabled anchor leads nowhere"


def test_the_direction_and_the_whole_instructions(site: FossaSite, source: FixedOrders) -> None:
    source.replace([order(1, instructions="One.\n\nTwo."), order(2)])

    async def script(page: Page) -> None:
        await page.goto(LIST)
        await expect(page.locator(ROW)).to_have_count(2)
        assert await _ids(page) == ["W-1", "W-2"]
        await expect(page.locator(".pre-wrap")).to_be_hidden()
        await page.click("a.more")
        await expect(page.locator(".pre-wrap")).to_be_visible()
        await page.check("input[name=order_direction][value=desc]")
        await expect(page.locator(f"{ROW} label a").first).to_contain_text("W-2")

    _in_browser(site, script)


def test_a_page_size_that_is_stuck_with_either_label(site: FossaSite) -> None:
    async def script(page: Page) -> None:
        site.arm("page_size_stuck", LIST + "$")
        await page.goto(LIST)
        await _pick(page, 100)
        await expect(page.locator(".ks-select-dropdown")).to_be_hidden()
        await expect(page.locator(LABEL)).to_have_text("Show 25")
        await expect(page.locator(ROW)).to_have_count(25)
        site.control.arm(Fault("page_size_ignored", ROWS, times=None))
        await page.goto(LIST)
        await _pick(page, 100)
        await expect(page.locator(LOADER)).to_be_hidden()
        await expect(page.locator(LABEL)).to_have_text("Show 100")
        await expect(page.locator(ROW)).to_have_count(25)
        await expect(page.locator(NEXT)).to_have_class("next-page")

    _in_browser(site, script)


@pytest.mark.parametrize(("expiry", "path"), [("login_page", LIST), ("redirect", "/login")])
def test_the_login_form_takes_the_place_of_a_list_whose_session_ended(
    site: FossaSite, expiry: str, path: str
) -> None:
    site.settings.expiry = expiry

    async def script(page: Page) -> None:
        await page.goto(LIST)
        await expect(page.locator(ROW)).to_have_count(25)
        site.arm("expired_session")
        await page.click(NEXT)
        await page.wait_for_selector(LOGIN)
        assert page.url == site.url + path
        assert await page.locator(ROW).count() == 0

    _in_browser(site, script)


def test_a_loader_that_never_ends(site: FossaSite) -> None:
    async def script(page: Page) -> None:
        site.arm("endless_loader")
        await page.goto(LIST)
        await expect(page.locator(LOADER)).to_be_visible()
        assert await page.locator(ROW).count() == 0

    _in_browser(site, script)


def test_equipment_behind_a_tab_a_modal_and_a_heading(site: FossaSite, source: FixedOrders) -> None:
    source.replace([order(location=store())])
    site.settings.modal = "always"

    async def script(page: Page) -> None:
        await page.goto(PLACE)
        await page.click("text=Equipment")
        await expect(page.locator(LOADER)).to_be_hidden()
        await page.click(".modal >> text=Cancel")
        await expect(page.locator(".modal")).to_have_count(0)
        assert "Gilbarco" not in await page.content(), "not even hidden"
        await page.click("text=Dispenser (2)")
        await expect(page.locator(".equipment-title")).to_have_text(
            ["1/2 - Regular, Plus, Diesel - Gilbarco", "3/4 - 0126, 0135 - Gilbarco"]
        )
        assert (await page.content()).count("AB00012345") == 1
        await page.click("text=Dispenser (2)")
        await expect(page.locator(".equipment-item")).to_have_count(0)
        await page.click("text=Overview")
        await expect(page.locator("#equipment")).to_be_hidden()

    _in_browser(site, script)
