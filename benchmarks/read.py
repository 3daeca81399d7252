"""Reading the booking site with a real browser: private agendas, three weeks each.

The limit loads the same grids and the same attendee pages with the same browser, as many at a time, and
parses nothing. Both start a browser and go on with a saved session.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from benchmarks.results import Result
from benchmarks.simulated import Simulated, Timing, medians, simulators
from resources.browser import load_session, open_browser
from resources.sparksource import SparkSource
from scheduling_pipeline.timetable.agendas import load_agendas
from scheduling_pipeline.timetable.model import Agenda, AgendaReading, Kind, monday_of

AIM_LIMIT = 1.5
LATENCY = 0.05  # seconds a page, as a site within the country answers


@dataclass(frozen=True, slots=True)
class Size:
    """So many weeks of so many agendas."""

    agendas: int
    weeks: int

    def __str__(self) -> str:
        return f"{self.agendas} agendas x {self.weeks} weeks"


SIZES = (Size(3, 3),)
Weeks = list[tuple[Agenda, list[date]]]
AttendeePages = dict[tuple[str, date], list[str]]  # activity sessions of an agenda's week


def run(say: Callable[[str], None], sizes: Sequence[Size] = SIZES, rounds: int = 3) -> list[Result]:
    """Ours and the limit in turn, after one reading of ours to warm up."""
    with (
        tempfile.TemporaryDirectory() as folder,
        simulators(Path(folder) / "simulators") as simulated,
    ):
        simulated.set_latency("sparksource", LATENCY)
        source = SparkSource(
            base_url=simulated.sparksource_url,
            username=simulated.environment["SPARKSOURCE_USER"],
            password=simulated.environment["SPARKSOURCE_PASS"],
            session_file=str(Path(folder) / "session.json"),
            evidence_dir=folder,
        )
        return [_compare(simulated, source, size, rounds, say) for size in sizes]


def _compare(
    simulated: Simulated, source: SparkSource, size: Size, rounds: int, say: Callable[[str], None]
) -> Result:
    now = simulated.now()
    asked = _weeks(size, now)
    say(f"read, {size}: to warm up")
    pages = _attendee_pages(_read(source, asked, now))
    ours: list[Timing] = []
    limit: list[Timing] = []
    for number in range(1, rounds + 1):
        say(f"read, {size}: round {number} of {rounds}")
        ours.append(simulated.measure(lambda: _read(source, asked, now)))
        limit.append(simulated.measure(lambda: asyncio.run(_load(source, asked, pages))))
    return _result(size, pages, medians(ours), medians(limit))


def _result(size: Size, pages: AttendeePages, ours: Timing, limit: Timing) -> Result:
    return Result(
        "read",
        f"{size}, {sum(map(len, pages.values()))} lessons",
        "s",
        ours.seconds,
        limit=limit.seconds,
        aim_limit=AIM_LIMIT,
        simulator_cpu_share=max(ours.simulator_cpu_share, limit.simulator_cpu_share),
    )


def _weeks(size: Size, now: datetime) -> Weeks:
    private = [agenda for agenda in load_agendas() if agenda.live and agenda.kind is Kind.PRIVATE]
    monday = monday_of(now.date())
    mondays = [monday + timedelta(weeks=number) for number in range(size.weeks)]
    return [(agenda, mondays) for agenda in private[: size.agendas]]


class _NoLease:
    """Nobody else reads."""

    def renew(self) -> None:
        """Nothing to hold."""


def _read(source: SparkSource, asked: Weeks, now: datetime) -> list[AgendaReading]:
    readings = source.read(asked, now=now, lease=_NoLease(), on_progress=lambda *_: None)
    assert all(week.complete and not week.unknown for reading in readings for week in reading.weeks)
    return readings


def _attendee_pages(readings: Sequence[AgendaReading]) -> AttendeePages:
    return {
        (reading.agenda, week.monday): sorted({lesson.asid for lesson in week.lessons})
        for reading in readings
        for week in reading.weeks
    }


async def _load(source: SparkSource, asked: Weeks, pages: AttendeePages) -> None:
    """Load what a reading loads."""
    async with open_browser(source.chromium) as browser:
        context = await browser.new_context(storage_state=load_session(Path(source.session_file)))
        page = await context.new_page()
        await page.goto(f"{source.base_url}/login/show_login/true", wait_until="domcontentloaded")
        for agenda, mondays in asked:
            for monday in mondays:
                await _load_grid(page, source.base_url, agenda, monday)
                await _load_attendees(context, source, pages[agenda.key, monday])


async def _load_grid(page: Page, base_url: str, agenda: Agenda, monday: date) -> None:
    await page.goto(f"{base_url}/ffdates/week/booking/{monday:%Y/%m/%d}/", wait_until="domcontentloaded")
    if await page.input_value("select[name=set_agenda]") != agenda.site_id:
        await page.select_option("select[name=set_agenda]", agenda.site_id)
        async with page.expect_navigation(wait_until="domcontentloaded"):
            await page.click("form:has(select[name=set_agenda]) input[type=submit]")
    await page.content()


async def _load_attendees(context: BrowserContext, source: SparkSource, asids: Sequence[str]) -> None:
    slots = asyncio.Semaphore(source.attendee_concurrency)

    async def load(asid: str) -> None:
        async with slots:
            answer = await context.request.get(f"{source.base_url}/ffdates/list_attendees/{asid}/")
            await answer.text()

    await asyncio.gather(*map(load, asids))
