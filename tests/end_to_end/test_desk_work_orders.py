"""An owner's morning at the desk: from their WorkFossa account to their work orders, in a real browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, expect

from resources.browser import open_browser
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.simulators.workfossa.fixed import OWNER
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.credentials import Account, save_account
from tests.desk.serving import served
from tests.end_to_end.fossa_desk import FossaDesk, open_fossa_desk
from tests.simulators.fossa_client import order, store, visit

NAME, PASSWORD, ADDRESS = "Tess Holloway", "correct horse battery", "tess@home.example"
MORNING = datetime(2026, 3, 2, 10, 12, tzinfo=ZoneInfo("America/New_York"))  # a Monday
THURSDAY = order()
MOVED = order(visit=visit(day=date(2026, 3, 4)))  # the same one
FRIDAY = order(
    110_002,
    visit=visit(id=2_110_002, day=date(2026, 3, 6), at=time(9, 30)),
    location=store(id=51_002, number="5120", city="Marlow Springs", state="NC"),
)
NEXT_WEEK = order(110_003, visit=visit(id=2_110_003, day=date(2026, 3, 10)))
LIST = "GET /app/work/list$"
TO_LOG_IN = 60_000  # milliseconds: with a browser of its own, on a busy machine
TO_FOLLOW = 20_000  # a page looks every five seconds
pytestmark = pytest.mark.browser


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FossaDesk]:
    """Somebody may sign in, and has three work orders."""
    with open_fossa_desk(tmp_path, migrated_sqlite, monkeypatch, now=MORNING) as opened:
        users.add_user(opened.engine, NAME, Role.VIEWER, PASSWORD, who="the test", now=MORNING)
        opened.list_orders(THURSDAY, FRIDAY, NEXT_WEEK)
        yield opened


def test_from_an_account_to_work_orders_and_through_five_failures(desk: FossaDesk) -> None:
    async def morning(page: Page) -> None:
        await enter_the_account(page)
        await create_a_schedule(page)
        await lift_the_restriction(page)
        await run_it_and_watch(page, desk)
        await look_at_the_week(page)
        await look_at_the_run(page)
        await see_a_failure(page, desk)
        await see_it_stop(page, desk)
        await reset_it(page, desk)

    at_the_desk(desk, morning)


def test_an_order_that_moves_is_shown_and_told_once(desk: FossaDesk) -> None:
    add_owner(desk)
    assert desk.read_what_is_due() == [True]

    async def an_hour_later(page: Page) -> None:
        await ask_for_e_mail(page)
        desk.list_orders(MOVED, FRIDAY, NEXT_WEEK)
        desk.pass_by(hours=1)
        assert await asyncio.to_thread(desk.read_what_is_due) == [True]
        await see_the_change(page, told="on its way")
        await asyncio.to_thread(desk.send_messages)
        await see_the_change(page, told="sent")

    at_the_desk(desk, an_hour_later)
    desk.pass_by(hours=1)
    assert desk.read_what_is_due() == [True]
    desk.send_messages()
    [message] = desk.messages
    assert (message.channel, message.recipient) == ("email", ADDRESS)
    assert message.title == "1 change to your work orders"
    assert "W-110001" in message.body
    assert f"{desk.settings.desk.url}/changes" in message.body


def at_the_desk(desk: FossaDesk, act: Callable[[Page], Awaitable[None]]) -> None:
    """Sign in with a browser, and act; no script of a page may fail meanwhile."""
    complaints: list[str] = []

    async def sit_down(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page(base_url=address)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await sign_in(page)
            await act(page)

    with served(desk.app) as address:
        asyncio.run(sit_down(address))
    assert complaints == []


async def sign_in(page: Page) -> None:
    await page.goto("/scrape-schedules")
    await page.get_by_label("Name").fill(NAME)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Scrape schedules")).to_be_visible()


async def enter_the_account(page: Page) -> None:
    """With a slip of the finger at first."""
    await expect(page.get_by_text("Your WorkFossa account is missing.")).to_be_visible()
    await page.get_by_role("link", name="Enter your account").click()
    outcome = page.get_by_role("region", name="How it stands").get_by_role("status")
    for password, said in ((OWNER.password.upper(), "WorkFossa did not accept"), (OWNER.password, "worked")):
        await page.get_by_label("WorkFossa e-mail").fill(OWNER.email)
        await page.get_by_label("WorkFossa password").fill(password)
        await page.get_by_role("button", name="Save and test").click()
        await expect(outcome).to_contain_text(said, timeout=TO_LOG_IN)
        await expect(page.get_by_label("WorkFossa password")).to_have_value("")
    await page.get_by_role("link", name="To your schedules").click()
    await expect(page.get_by_text("Your WorkFossa account")).to_have_count(0)


async def create_a_schedule(page: Page) -> None:
    """From 2 PM on. The next run is seen before anything is saved."""
    await page.get_by_role("link", name="Schedule work orders").click()
    coming = page.get_by_role("region", name="Next run")
    await expect(coming).to_contain_text("Today at 10:12 AM EST")
    await page.get_by_label("Only in certain hours").check()
    await page.get_by_label("From").select_option("2 PM")
    await expect(coming).to_contain_text("Today at 2:00 PM EST")
    await page.get_by_label("Time zone").fill("America/Los_Angeles")
    await expect(coming).to_contain_text("Today at 2:00 PM PST")
    await page.get_by_label("Time zone").fill("America/New_York")
    await expect(coming).to_contain_text("Today at 2:00 PM EST")
    await page.get_by_role("button", name="Save").click()
    await expect(card(page)).to_contain_text("Today at 2:00 PM EST")
    await expect(card(page)).to_contain_text("every hour, 2 PM to 10 PM")


async def lift_the_restriction(page: Page) -> None:
    await page.get_by_role("link", name="Edit work orders").click()
    await page.get_by_label("Only in certain hours").uncheck()
    await expect(page.get_by_role("region", name="Next run")).to_contain_text("Today at 10:30 AM EST")
    await page.get_by_role("button", name="Save").click()
    await expect(card(page)).to_contain_text("Today at 10:30 AM EST")


async def run_it_and_watch(page: Page, desk: FossaDesk) -> None:
    """The page follows the run through its phases, also when it is loaded anew meanwhile."""
    phase = card(page).get_by_role("status")
    await page.get_by_role("button", name="Run work orders now").click()
    await expect(phase).to_contain_text("Starting")
    desk.site.watched = True
    run = asyncio.create_task(asyncio.to_thread(desk.read_what_is_due))
    await expect(phase).to_contain_text("Logging in", timeout=TO_LOG_IN)
    desk.site.seen()
    await expect(phase).to_contain_text("Reading 3 open work orders", timeout=TO_LOG_IN)
    await page.reload()
    await expect(phase).to_contain_text("Reading 3 open work orders")
    desk.site.seen()
    assert await run == [True]
    desk.site.watched = False
    await expect(phase).to_have_count(0, timeout=TO_FOLLOW)
    await expect(card(page)).to_contain_text(
        "Today at 10:12 AM EST: 3 read (3 new, 0 updated, 0 removed) manual"
    )
    await expect(card(page)).to_contain_text("Today at 10:30 AM EST")  # a run by hand does not shift it


async def look_at_the_week(page: Page) -> None:
    await menu(page, "Orders")
    await expect(page.get_by_role("heading", name="2 orders")).to_be_visible()
    friday = page.get_by_role("region", name="Fri 6 March")
    await expect(friday).to_contain_text("9:30 AM")
    await expect(friday.get_by_role("heading", name="#5120 Marlow Springs, NC")).to_be_visible()
    await expect(friday).to_contain_text("All Dispensers (2861)")
    await page.get_by_role("link", name="Next work").click()
    await expect(page.get_by_role("region", name="Tue 10 March")).to_contain_text("#4936")


async def look_at_the_run(page: Page) -> None:
    await menu(page, "Runs")
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page)).to_contain_text("Work orders manual")
    await expect(rows(page)).to_contain_text("done")


async def see_a_failure(page: Page, desk: FossaDesk) -> None:
    """The site is out of order when the next run is due."""
    desk.break_site("http", LIST)
    desk.pass_by(minutes=18)
    assert await asyncio.to_thread(desk.read_what_is_due) == [False]
    await page.reload()
    failed = rows(page).first
    await expect(failed).to_contain_text("Work orders scheduled")
    await expect(failed).to_contain_text(
        "WorkFossa is down: could not open the list of work orders: HTTP 503"
    )
    await failed.get_by_text("Error log").click()
    await expect(failed.get_by_label("Error log of run")).to_contain_text("SiteDown: WorkFossa is down")


async def see_it_stop(page: Page, desk: FossaDesk) -> None:
    """The page that is open says so by itself."""
    await menu(page, "Schedules")
    await expect(card(page)).to_contain_text("last run failed")
    for _ in range(4):
        desk.pass_by(hours=1)
        assert await asyncio.to_thread(desk.read_what_is_due) == [False]
    stopped = card(page).get_by_text("It does not run by itself now")
    await expect(stopped).to_contain_text("it stopped after 5 failures in a row", timeout=TO_FOLLOW)
    desk.pass_by(hours=1)
    assert await asyncio.to_thread(desk.read_what_is_due) == []


async def reset_it(page: Page, desk: FossaDesk) -> None:
    await page.get_by_role("button", name="Reset work orders").click()
    await expect(page.get_by_role("status").first).to_contain_text("automatic runs go on")
    await expect(card(page)).to_contain_text("Today at 4:30 PM EST")
    desk.mend_site()
    desk.pass_by(hours=1)
    assert await asyncio.to_thread(desk.read_what_is_due) == [True]
    await page.reload()
    await expect(card(page)).to_contain_text("active")


def add_owner(desk: FossaDesk) -> None:
    """The one who may sign in has an account, and a schedule that is due."""
    owner = users.user_named(desk.engine, NAME).id
    cipher = Cipher(desk.settings.work_orders.key.get_secret_value())
    save_account(desk.engine, cipher, owner, Account(OWNER.email, OWNER.password), MORNING)
    now = desk.simulators.clock.now()
    schedules.create(desk.engine, owner, "work_orders", {}, zone=desk.settings.work_orders.zone, now=now)


async def ask_for_e_mail(page: Page) -> None:
    await menu(page, "Notifications")
    channel = page.get_by_role("region", name=re.compile("^E-mail"))
    await channel.get_by_label("Address").fill(ADDRESS)
    await channel.get_by_role("button", name="Set up").click()
    await expect(channel).to_contain_text("E-mail on")


async def see_the_change(page: Page, *, told: str) -> None:
    await menu(page, "Changes")
    await expect(rows(page)).to_contain_text("moved W-110001")
    await expect(page.get_by_role("cell", name="Thu 5 March to Wed 4 March")).to_be_visible()
    await expect(rows(page)).to_contain_text(f"e-mail: {told}")


async def menu(page: Page, name: str) -> None:
    """Go on to another page."""
    pages = page.get_by_role("navigation", name="Pages", exact=True)
    await pages.get_by_role("link", name=name, exact=True).click()


def card(page: Page) -> Locator:
    """The one schedule."""
    return page.get_by_role("region", name="Work orders", exact=True)


def rows(page: Page) -> Locator:
    """The rows of the one table, the newest first."""
    return page.get_by_role("table").locator("tbody tr")
