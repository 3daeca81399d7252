"""A test message in a real browser: its outcome is shown as soon as it is known, without loading the page."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from resources.browser import open_browser
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.notifications.channels import Email
from scheduling_pipeline.notifications.outbox import Sent, claim, settle
from tests.desk.own_work import Owner
from tests.desk.people import NOW, Office
from tests.desk.serving import served
from tests.desk.test_live import PASSWORD, sign_in

pytestmark = pytest.mark.browser


def test_a_test_message_is_followed_until_it_was_sent(office: Office) -> None:
    users.add_user(office.engine, "Mia Vale", Role.VIEWER, PASSWORD, who="the test", now=NOW)
    mia = users.user_named(office.engine, "Mia Vale")
    app = office.app
    Owner(office, office.person(name="somebody else", app=app), mia.id).reach_by(Email("mia@example.com"))
    complaints: list[str] = []

    async def try_out(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            await sign_in(page, address, "/notifications")
            await page.get_by_role("button", name="Send a test message").click()
            await expect(page.get_by_text("on its way; this takes")).to_be_visible()
            await page.get_by_label("Your user key").fill("half a k")  # what is being typed is not lost
            delivery = claim(office.engine, NOW)
            assert delivery
            settle(office.engine, delivery, Sent("sent"), NOW)
            await expect(page.get_by_text("sent (Today at 9:00 AM EST)")).to_be_visible()
            await expect(page.get_by_label("Your user key")).to_have_value("half a k")

    with served(app) as address:
        asyncio.run(try_out(address))
    assert complaints == []
