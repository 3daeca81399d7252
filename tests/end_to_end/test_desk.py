"""A manager's morning at the desk: from a proposal to what stands in the planner, in a real browser."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from resources.browser import open_browser
from resources.clock import Clock as PlannersClock
from resources.database import Database
from scheduling_pipeline.database.desk import DeskAudit
from scheduling_pipeline.database.roster import PendingSchedule
from scheduling_pipeline.desk import users
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.simulators.control import DEMO_START
from tests.assets.planner import Planner, open_planner
from tests.desk.people import Clock, Office
from tests.desk.serving import served

NAME, PASSWORD = "Mia Vale", "correct horse battery"
SUPERVISOR, LEAD, SPECIALIST = "Marguerite Oakhollow", "Dashiell Fennimoor", "Anneliese Crowmarsh"
EDITED, SPECIALISTS_REP = 30000010, 100455
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
pytestmark = pytest.mark.browser


@pytest.fixture
def planner(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planner]:
    """The night has read the planner, and a proposal waits."""
    with open_planner(tmp_path, migrated_sqlite, monkeypatch) as opened:
        assert opened.propose().success
        yield opened


def test_from_a_proposal_to_the_planner(planner: Planner) -> None:
    users.add_user(planner.engine, NAME, Role.MANAGER, PASSWORD, who="the test", now=DEMO_START)
    complaints: list[str] = []

    async def morning(address: str) -> None:
        async with open_browser() as browser:
            page = await browser.new_page(base_url=address)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await sign_in(page)
            await set_the_rotation(page)
            await add_an_exception(page)
            await page.goto("/")
            await page.get_by_role("link", name="Review it").click()
            await edit_a_row(page)
            await approve(page)
            submit(planner)
            await expect(page.get_by_text("finished")).to_be_visible()
            await expect(page.get_by_text("5 submitted, 0 refused, 0 unknown")).to_be_visible()

    with served(Office(planner.engine, Clock(DEMO_START)).app) as address:
        asyncio.run(morning(address))

    assert complaints == []
    assert sorted(planner.statuses().values()) == ["api_submitted"] * 5 + ["failed"] * 2
    written = [entry["effect"] for entry in planner.written()]
    assert Counter(one["mplan"] for one in written) == Counter(submitted(planner))
    assert [one["rep"] for one in written if one["mplan"] == EDITED] == [SPECIALISTS_REP]
    assert did(planner) == ["sign-in", "rotations.save", "exception.add", "row.edit", "run.approve"]


async def sign_in(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Name").fill(NAME)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Proposal waiting")).to_be_visible()
    await expect(
        page.get_by_role("heading", name=re.compile(r"Health of the roster: \d+ of 100"))
    ).to_be_visible()


async def set_the_rotation(page: Page) -> None:
    await page.get_by_role("link", name="Rotations").click()
    for day in WEEKDAYS:
        await page.get_by_label(f"Primary lead on {day}").select_option(LEAD)
    await page.get_by_role("button", name="Save rotations").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved.")
    await expect(page.get_by_label("Primary lead on Sunday").locator("option:checked")).to_have_text(LEAD)


async def add_an_exception(page: Page) -> None:
    await page.get_by_role("link", name="Add an exception").click()
    await page.get_by_label("Day").fill("2026-03-07")
    await page.get_by_label("Part").select_option("primary lead")
    await page.get_by_label("Person").select_option(LEAD)
    await page.get_by_label("Reason").fill("asked for it")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("rowheader", name="Sat 7 March 2026")).to_be_visible()


async def edit_a_row(page: Page) -> None:
    """The Club Supervisor may not take a Core event, and nobody may say otherwise; the specialist may."""
    await page.get_by_role("link", name=re.compile("^Edit 606001.*CORE")).click()
    await choose(page, SUPERVISOR)
    await expect(page.get_by_role("alert")).to_contain_text("Club Supervisor")
    await choose(page, SPECIALIST)
    await expect(page.get_by_role("status").first).to_contain_text("The row is changed")
    await expect(page.get_by_text(f"edited by {NAME}").first).to_be_visible()


async def choose(page: Page, person: str) -> None:
    people = page.get_by_label("Person")
    await people.select_option(await people.locator("option", has_text=person).get_attribute("value"))
    await page.get_by_role("button", name="Change the row").click()


async def approve(page: Page) -> None:
    await page.get_by_text("Approve …").click()
    await page.get_by_role("button", name="Approve and submit 5 changes").click()
    await expect(page.get_by_role("status").first).to_contain_text("it is being submitted")
    await expect(page.get_by_text("begins within seconds")).to_be_visible()


def submit(planner: Planner) -> None:
    """What the sensor starts."""
    database = Database(url=planner.engine.url.render_as_string(hide_password=False))
    context = dg.build_sensor_context(
        planner.instance,
        definitions=planner.definitions,
        resources={"database": database, "clock": PlannersClock(url=None)},
    )
    tick = planner.definitions.resolve_sensor_def("approved_rosters").evaluate_tick(context)
    [request] = tick.run_requests or ()
    assert planner.run("submit_roster", request.run_config, tags=request.tags).success


def submitted(planner: Planner) -> list[int]:
    """The events that the pipeline says it has submitted."""
    row = PendingSchedule
    with planner.engine.connect() as connection:
        return list(connection.scalars(select(row.event_ref_num).where(row.status == "api_submitted")))


def did(planner: Planner) -> list[str]:
    """What the manager did, in order."""
    with planner.engine.connect() as connection:
        actions = select(DeskAudit.action).where(DeskAudit.who == NAME).order_by(DeskAudit.id)
        return list(connection.scalars(actions))
