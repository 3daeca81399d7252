"""Managers at the desk in real browsers: two of them at once, without a mouse, without scripts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import func, select

from resources.browser import open_browser
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.roster import PendingSchedule, RosterRequest, SchedulerRun
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.roles import Role
from tests.databases import copied
from tests.desk import scene
from tests.desk.people import NOW, Office
from tests.desk.serving import served
from tests.end_to_end.seat import seat

REVIEW = f"/auto-schedule/review?run_id={scene.WAITING}"
PASSWORD = "correct horse battery"
MIA, NED = "Mia Vale", "Ned Frost"
OTHER = "US100002"
MOST_TABS = 150
APPROVED = "Approved: it is being submitted."
pytestmark = pytest.mark.browser


@pytest.fixture
def office(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    """A desk with a roster that waits."""
    engine = connect(copied(migrated_sqlite, tmp_path / "desk.db"))
    scene.fill(engine)
    yield Office(engine)
    engine.dispose()


@dataclass
class Desk:
    """A desk that is served, and a browser program to open it with."""

    office: Office
    browser: Browser
    address: str

    async def seat(self, name: str = MIA, *, scripts: bool = True) -> Page:
        """A manager who is signed in, with the roster that waits before them."""
        page = await seat(self.browser, self.office, self.address, name, scripts=scripts)
        await page.goto(REVIEW)
        return page


def play(office: Office, scene: Callable[[Desk], Awaitable[None]]) -> None:
    """Serve the desk, and have something happen at it."""

    async def open_and_play(address: str) -> None:
        async with open_browser() as browser:
            await scene(Desk(office, browser, address))

    with served(office.app) as address:
        asyncio.run(open_and_play(address))


def test_of_two_who_approve_at_once_one_is_told_who_was_faster(office: Office) -> None:
    told: list[str] = []

    async def both_approve(desk: Desk) -> None:
        mia, ned = await desk.seat(MIA), await desk.seat(NED)
        buttons = [await ready_to_approve(page) for page in (mia, ned)]
        await asyncio.gather(*(button.click() for button in buttons))
        for page in (mia, ned):
            said = page.locator(".note.done, .note.bad").first
            await expect(said).to_be_visible()
            told.append(await said.inner_text())

    play(office, both_approve)

    lost, won = sorted(told, key=lambda text: APPROVED in text)
    assert APPROVED in won
    winner = MIA if told[0] == won else NED
    assert f"{winner} approved it already: Mon 2 March 2026, 09:00 EST." in lost
    assert requests(office) == 1


def test_a_double_click_approves_once(office: Office) -> None:
    async def click_twice(desk: Desk) -> None:
        page = await desk.seat()
        await (await ready_to_approve(page)).dblclick()
        await expect(page.get_by_text(APPROVED)).to_be_visible()

    play(office, click_twice)
    assert requests(office) == 1


def test_an_edit_after_the_approval_voids_it(office: Office) -> None:
    async def approve_then_edit(desk: Desk) -> None:
        page = await desk.seat()
        await (await ready_to_approve(page)).click()
        await expect(page.get_by_text(APPROVED)).to_be_visible()
        await edit(page)
        await expect(page.get_by_text("The approval no longer holds")).to_be_visible()
        await expect(page.get_by_text("waits for an approval")).to_be_visible()

    play(office, approve_then_edit)
    with office.engine.connect() as connection:
        state = connection.scalar(select(RosterRequest.state).order_by(RosterRequest.id.desc()))
        approved = connection.scalar(select(SchedulerRun.approved_at).where(SchedulerRun.id == scene.WAITING))
    assert (state, approved) == ("void", None)


def test_a_stale_page_approves_nothing(office: Office) -> None:
    async def change_behind_the_back(desk: Desk) -> None:
        mia, ned = await desk.seat(MIA), await desk.seat(NED)
        button = await ready_to_approve(ned)
        await edit(mia)
        await expect(mia.get_by_text("has a new revision")).to_be_visible()
        await button.click()
        await expect(ned.get_by_role("alert")).to_contain_text("was changed since you opened it")

    play(office, change_behind_the_back)
    assert requests(office) == 0


def test_everything_can_be_done_without_a_mouse(office: Office) -> None:
    users.add_user(office.engine, MIA, Role.MANAGER, PASSWORD, who="the test", now=NOW)

    async def type_all(desk: Desk) -> None:
        page = await desk.browser.new_page(base_url=desk.address)
        await page.goto(REVIEW)
        await page.keyboard.type(MIA)
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await tab_to(page, f'a[data-edit="{scene.PROPOSED}"]')
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Person")).to_be_focused()
        await page.keyboard.type("Bo")
        await tab_to(page, "form[data-place] button:not(.quiet)")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("has a new revision")).to_be_visible()

    play(office, type_all)
    assert person_of_row(office) == OTHER


def test_rows_are_edited_and_approved_without_scripts(office: Office) -> None:
    async def click_through(desk: Desk) -> None:
        page = await desk.seat(scripts=False)
        await page.locator("#new").get_by_role("link", name="See them").click()
        await edit(page)
        await expect(page.get_by_text("has a new revision")).to_be_visible()
        await (await ready_to_approve(page)).click()
        await expect(page.get_by_text(APPROVED)).to_be_visible()

    play(office, click_through)
    assert person_of_row(office) == OTHER
    assert requests(office) == 1


async def ready_to_approve(page: Page) -> Locator:
    """The button that approves."""
    await page.get_by_text("Approve …").click()
    return page.get_by_role("button", name=re.compile("^Approve and submit"))


async def edit(page: Page) -> None:
    """Have the other lead do a row's event."""
    await page.locator(f'a[href="/auto-schedule/rows/{scene.PROPOSED}"].button').click()
    await page.get_by_label("Person").select_option(OTHER)
    await page.get_by_role("button", name="Change the row").click()


async def tab_to(page: Page, selector: str) -> None:
    """Press the tab key until something has the focus, which has to be seen there."""
    wanted = page.locator(selector).first
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("element => element === document.activeElement"):
            assert await wanted.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def requests(office: Office) -> int:
    """How many submissions of the roster were asked for, whatever became of them."""
    request = RosterRequest
    asked = select(func.count()).where(request.run_id == scene.WAITING, request.kind == "submit")
    with office.engine.connect() as connection:
        return connection.execute(asked).scalar_one()


def person_of_row(office: Office) -> str | None:
    with office.engine.connect() as connection:
        return connection.scalar(
            select(PendingSchedule.employee_id).where(PendingSchedule.id == scene.PROPOSED)
        )
