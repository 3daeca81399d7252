"""The desk in a real browser: what its little script does, and that the policy of its pages lets it."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Dialog, Page, expect

from resources.browser import open_browser
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.roles import Role
from tests.desk.people import NOW, Office
from tests.desk.serving import served
from tests.desk.test_proposals import end_run

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.browser


async def sign_in(page: Page, address: str, wanted: str) -> None:
    await page.goto(f"{address}{wanted}")
    await page.get_by_label("Name").fill("Mia Vale")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_proposal_is_asked_for_and_followed_until_it_is_there(office: Office) -> None:
    users.add_user(office.engine, "Mia Vale", Role.MANAGER, PASSWORD, who="the test", now=NOW)
    answers: list[int] = []
    complaints: list[str] = []

    async def watch(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.on(
                "response", lambda answer: answers.append(answer.status) if "/status/" in answer.url else None
            )
            await sign_in(page, address, "/")
            await page.get_by_role("button", name="Propose now").click()
            await expect(page.get_by_text("A proposal is being made")).to_be_visible()
            await page.wait_for_event("response", lambda answer: answer.status == 304)
            end_run(office, status="completed", events_scheduled=42)
            await expect(page.get_by_text("Proposal waiting")).to_be_visible()
            await expect(page.locator("dd", has_text="42")).to_be_visible()

    with served(office.app) as address:
        asyncio.run(watch(address))
    assert answers[0] == answers[-1] == 200
    assert 304 in answers
    assert complaints == []


def test_removing_asks_first_and_the_keyboard_is_enough(office: Office) -> None:
    users.add_user(office.engine, "Mia Vale", Role.MANAGER, PASSWORD, who="the test", now=NOW)
    asked: list[str] = []

    async def go_about(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page()
            await sign_in(page, address, "/holidays")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")  # the first link leads past the menu
            assert page.url.endswith("#content")
            await page.keyboard.press("Tab")
            await page.keyboard.type("Store fair")
            await page.get_by_label("Day").fill("2026-07-03")
            await page.keyboard.press("Enter")
            await expect(page.get_by_text("Added.")).to_be_visible()
            await expect(page).to_have_url(f"{address}/holidays")  # so that it is said once

            async def refuse_then_agree(dialog: Dialog) -> None:
                asked.append(dialog.message)
                await (dialog.accept() if len(asked) > 1 else dialog.dismiss())

            page.on("dialog", refuse_then_agree)
            await page.get_by_role("button", name="Remove Store fair").click()
            await expect(page.get_by_text("Store fair")).to_be_visible()
            await page.get_by_role("button", name="Remove Store fair").click()
            await expect(page.get_by_text("None of our own.")).to_be_visible()

    with served(office.app) as address:
        asyncio.run(go_about(address))
    assert asked == ["Take away Store fair?"] * 2
