"""A seat at the desk: a browser of its own in which somebody is signed in."""

from __future__ import annotations

from playwright.async_api import Browser, Page

from scheduling_pipeline.desk import sessions
from scheduling_pipeline.desk.roles import Role
from tests.desk.people import Office


async def seat(
    browser: Browser,
    office: Office,
    address: str,
    name: str = "Mia Vale",
    *,
    role: Role = Role.MANAGER,
    width: int = 1280,
    scripts: bool = True,
) -> Page:
    """An empty page of it. Each name has one seat."""
    key = office.person(role, name=name).client.cookies[sessions.COOKIE]
    page = await browser.new_page(
        base_url=address, viewport={"width": width, "height": 900}, java_script_enabled=scripts
    )
    await page.context.add_cookies([{"name": sessions.COOKIE, "value": key, "url": address}])
    return page
