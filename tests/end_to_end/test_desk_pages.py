"""Every page of the desk, wide and on a phone: headings, labels, widths; and on paper."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from benchmarks.rosters import store_size
from resources.browser import open_browser
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.desk.roles import Role
from tests.databases import copied
from tests.desk import scene
from tests.desk.people import Office
from tests.desk.serving import served
from tests.end_to_end.seat import seat
from tests.roster.proposing import propose
from tests.roster.store import Store

WIDTHS = {"wide": 1400, "a phone": 390}
REVIEW = f"/auto-schedule/review?run_id={scene.WAITING}"
PAGES = (
    "/",
    "/roster-health",
    REVIEW,
    f"{REVIEW}&view=people",
    f"/auto-schedule/review?run_id={scene.SUBMITTED}",
    f"/auto-schedule/runs/{scene.WAITING}/rows/failed",
    f"/auto-schedule/runs/{scene.WAITING}/verification",
    f"/auto-schedule/rows/{scene.PROPOSED}",
    "/auto-schedule/history",
    "/events",
    f"/events/{scene.EVENT}",
    "/rotations",
    "/exceptions",
    "/employees",
    "/employees/US100001",
    "/holidays",
    "/held",
    "/audit",
    "/users",
    "/docs",
    "/nowhere",
    "/sign-in",  # shown once nobody is signed in any more
)
UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button")]
    .filter((one) => !one.labels?.length && !one.ariaLabel && !one.textContent.trim())
    .map((one) => one.outerHTML)"""
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
REPEATED = """() => [...document.querySelectorAll("[id]")].map((one) => one.id)
    .filter((id, place, all) => all.indexOf(id) !== place)"""
pytestmark = pytest.mark.browser


@pytest.fixture
def office(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    """A desk with something on every page."""
    engine = connect(copied(migrated_sqlite, tmp_path / "desk.db"))
    scene.fill(engine)
    yield Office(engine)
    engine.dispose()


def test_pages_are_well_made_and_fit_any_screen(office: Office) -> None:
    wrong: list[str] = []

    async def look_at_all(address: str) -> None:
        async with open_browser() as browser:
            for screen, width in WIDTHS.items():
                page = await seat(browser, office, address, screen, role=Role.ADMIN, width=width)
                page.on("pageerror", lambda error: wrong.append(str(error)))
                for path in PAGES:
                    if path == "/sign-in":
                        await open_whole(page, "/")
                        await page.get_by_role("button", name="Sign out").click()
                    await open_whole(page, path)
                    wrong.extend(f"{path}, {screen}: {problem}" for problem in await problems(page))

    with served(office.app) as address:
        asyncio.run(look_at_all(address))
    assert wrong == []


def test_the_focus_is_always_seen(office: Office) -> None:
    async def go_through(address: str) -> None:
        async with open_browser() as browser:
            page = await seat(browser, office, address)
            await page.goto("/employees/US100001")
            for _ in range(40):
                await page.keyboard.press("Tab")
                outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", await page.evaluate("document.activeElement.outerHTML")

    with served(office.app) as address:
        asyncio.run(go_through(address))


@pytest.fixture
def store(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Office]:
    """A desk with a proposal for a store as large as stores are."""
    engine = connect(copied(migrated_sqlite, tmp_path / "store.db"))
    made_up = store_size(seed=1)
    absences = {who: dict(days) for who, days in made_up.absences.items()}
    Store(list(made_up.events), list(made_up.employees), absences, dict(made_up.rotations)).write(engine)
    propose(engine)
    yield Office(engine)
    engine.dispose()


@pytest.mark.parametrize("view", ["days", "people"])
def test_a_week_of_a_store_is_printed_on_one_page(store: Office, view: str) -> None:
    async def print_it(address: str) -> bytes:
        async with open_browser() as browser:
            page = await seat(browser, store, address)
            await open_whole(page, f"/auto-schedule/review?view={view}")
            return await page.pdf(prefer_css_page_size=True)

    with served(store.app) as address:
        paper = asyncio.run(print_it(address))
    assert paper.count(b"/Type /Page\n") == 1


async def open_whole(page: Page, path: str) -> None:
    """Open a page, with the parts that it loads later."""
    await page.goto(path)
    await expect(page.locator("[data-load]")).to_have_count(0)


async def problems(page: Page) -> list[str]:
    """What is wrong with a page."""
    headings = await page.locator("h1").count()
    found = [] if headings == 1 else [f"{headings} main headings"]
    found += [f"without a label: {one}" for one in await page.evaluate(UNLABELLED)]
    too_wide = await page.evaluate(TOO_WIDE)
    found += [f"{too_wide} pixels too wide"] if too_wide > 0 else []
    return found + [f"twice the same id: {one}" for one in await page.evaluate(REPEATED)]
