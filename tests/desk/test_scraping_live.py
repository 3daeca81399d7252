"""The schedules in a real browser: the next run follows the form, and a run is watched until it has ended."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import Engine

from resources.browser import open_browser
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.credentials import Account, save_account
from scheduling_pipeline.work_orders.history import Phase
from scheduling_pipeline.work_orders.runs import Runs
from scheduling_pipeline.work_orders.schedule import Trigger
from tests.desk.people import KEY, NOW, Office
from tests.desk.serving import served
from tests.desk.test_live import PASSWORD, sign_in

OWNER = 1
pytestmark = pytest.mark.browser


def begin_what_was_asked_for(engine: Engine) -> int:
    (due,) = [one for one in schedules.due(schedules.standing(engine), NOW) if one.trigger is Trigger.MANUAL]
    return Runs(engine, 5).begin(
        OWNER, due.schedule.type, due.trigger, dagster_run_id="run", now=NOW, since=due.since
    )


def test_a_schedule_is_made_changed_run_and_watched(office: Office) -> None:
    users.add_user(office.engine, "Mia Vale", Role.VIEWER, PASSWORD, who="the test", now=NOW)
    save_account(office.engine, Cipher(KEY.get_secret_value()), OWNER, Account("mia", "good"), NOW)
    complaints: list[str] = []
    runs = Runs(office.engine, 5)

    async def go_about(page: Page, address: str) -> None:
        await sign_in(page, address, "/scrape-schedules")
        await page.get_by_role("link", name="Schedule work orders").click()
        coming = page.get_by_role("region", name="Next run")
        await expect(coming).to_contain_text("Today at 9:00 AM EST")
        await page.get_by_label("Only in certain hours").check()
        await page.get_by_label("From").select_option("10 PM")
        await page.get_by_label("Until").select_option("6 AM")
        await expect(coming).to_contain_text("Today at 10:00 PM EST")
        await page.get_by_role("button", name="Save").click()
        card = page.get_by_role("region", name="Work orders")
        await expect(card).to_contain_text("Today at 10:00 PM EST")

        await page.get_by_role("link", name="Edit work orders").click()
        await page.get_by_label("Only in certain hours").uncheck()
        await expect(coming).to_contain_text("Today at 9:30 AM EST")
        await page.get_by_label("Hours between two runs").fill("25")
        await expect(coming).to_contain_text("The interval must be 0.5 to 24 hours, not 25.")
        await page.get_by_label("Hours between two runs").fill("1.5")
        await expect(coming).to_contain_text("Today at 11:00 AM EST")
        await page.get_by_role("button", name="Save").click()
        await expect(card).to_contain_text("every 1.5 hours")

        await page.get_by_role("button", name="Run work orders now").click()
        await expect(card).to_contain_text("begins within 30 seconds")
        run = begin_what_was_asked_for(office.engine)
        runs.progress(run, Phase.LOGGING_IN)
        await expect(card).to_contain_text("Logging in")
        runs.progress(run, Phase.SCRAPING, share=0.5, message="page 1 of 2")
        await expect(card).to_contain_text("Reading page 1 of 2")
        await page.reload()
        await expect(card.locator("progress")).to_have_attribute("value", "57")
        runs.fail(run, RuntimeError("the site is down"), NOW)
        await expect(card).to_contain_text("last run failed")
        await expect(card.locator("progress")).to_have_count(0)

        await page.get_by_role("link", name="Error log").click()
        await page.get_by_text("Error log").click()
        await expect(page.locator("pre")).to_contain_text("RuntimeError: the site is down")
        await expect(page.get_by_role("button", name="Copy")).to_be_visible()

    async def watch(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            await go_about(page, address)

    with served(office.app) as address:
        asyncio.run(watch(address))
    # A browser notes each answer that is no success; the one to 25 hours is asked for above.
    assert [one for one in complaints if "422" not in one] == []
