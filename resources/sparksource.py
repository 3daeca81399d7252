"""The SparkSource booking site as a Dagster resource: weeks of agendas, read with a real browser."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from dagster import ConfigurableResource
from pydantic import Field

from resources.browser import open_browser, save_evidence
from resources.sparksource_site import GRID, BookingSite, SiteAccess, open_site
from resources.tab import AuthenticationError, RefusedPageError, SiteDown, TransientFaultError
from scheduling_pipeline.timetable.grid import Cell, Grid
from scheduling_pipeline.timetable.model import Agenda, AgendaReading, Lesson, WeekOutcome, WeekReading
from scheduling_pipeline.timetable.page import UnexpectedPageError

logger = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]  # what was just done, weeks done, weeks in all
_PAGE_FAULTS = (UnexpectedPageError, RefusedPageError, TransientFaultError)
_MOST_IN_VAIN = 10  # activity sessions in a row: a site in such trouble is spared the rest


class Lease(Protocol):
    """The right to use the site's one login, held for a while."""

    def renew(self) -> None:
        """Hold it for longer. Raises when somebody else has it by now."""


class SparkSource(ConfigurableResource[None]):
    """One booking site and the account that reads it. It never writes to the site."""

    base_url: str
    username: str
    password: str = Field(repr=False)
    session_file: str = Field(description="Where the session is kept between runs (0600).")
    evidence_dir: str = Field(description="Where the grid of a week that could not be read is kept.")
    chromium: str | None = Field(default=None, description="A Chromium to use; by default one is looked for.")
    attempts: int = Field(default=3, ge=1, description="Tries of a page, the first included.")
    page_timeout: float = Field(default=30, gt=0, description="Seconds for a page to answer.")
    grid_timeout: float = Field(default=15, gt=0, description="Seconds for the grid to appear on its page.")
    attendee_timeout: float = Field(default=15, gt=0, description="Seconds for an activity session's page.")
    attendee_concurrency: int = Field(default=6, ge=1, description="Activity sessions asked for at a time.")

    def read(
        self,
        agendas: Sequence[tuple[Agenda, Sequence[date]]],
        *,
        now: datetime,
        lease: Lease,
        on_progress: Progress,
    ) -> list[AgendaReading]:
        """Read weeks (named by their Mondays) of agendas in one browser session, in the given order.

        A week that cannot be read whole is FAILED and says why; the others go on. A lesson whose teacher
        cannot be read has none; after many in a row no more teachers are asked for. `now` stamps the
        readings. `lease.renew()` is called before each page, and what it raises ends the reading.

        Raises AuthenticationError, SiteDown, RefusedPageError (the login page is not there) or
        BrowserUnavailableError. Once a week has been read completely, the first two do not discard it: the
        weeks that they leave unread are FAILED instead.
        """
        return asyncio.run(self._read(agendas, now, lease, on_progress))

    def check_login(self) -> None:
        """Log in afresh, beside any saved session. Raises as `read` does when that is not possible."""
        asyncio.run(self._check_login())

    async def _check_login(self) -> None:
        async with open_browser(self.chromium) as browser, open_site(browser, self._access(), None):
            pass

    async def _read(
        self,
        agendas: Sequence[tuple[Agenda, Sequence[date]]],
        now: datetime,
        lease: Lease,
        on_progress: Progress,
    ) -> list[AgendaReading]:
        lease.renew()
        session_file = Path(self.session_file)
        async with (
            open_browser(self.chromium) as browser,
            open_site(browser, self._access(), session_file) as site,
        ):
            reader = _Reader(site, now, lease, Path(self.evidence_dir), self.attendee_concurrency)
            total = sum(len(mondays) for _, mondays in agendas)
            readings, done = [], 0
            on_progress("logged in to the booking site", done, total)
            for agenda, mondays in agendas:
                weeks = []
                for monday in sorted(mondays):
                    weeks.append(await reader.week(agenda, monday))
                    done += 1
                    on_progress(_summary(agenda, weeks[-1]), done, total)
                readings.append(AgendaReading(agenda.key, tuple(weeks)))
            reader.warn_of_teachers_not_asked_for()
            if any(reading.complete_weeks for reading in readings):
                await site.keep_session()
            return readings

    def _access(self) -> SiteAccess:
        return SiteAccess(
            base_url=self.base_url,
            username=self.username,
            password=self.password,
            attempts=self.attempts,
            page_timeout=self.page_timeout,
            grid_timeout=self.grid_timeout,
            attendee_timeout=self.attendee_timeout,
        )


def _summary(agenda: Agenda, week: WeekReading) -> str:
    if not week.complete:
        return f"{agenda.label}, week of {week.monday}: not read, {week.problem}"
    text = f"{agenda.label}, week of {week.monday}: {len(week.lessons)} lessons"
    return f"{text}, {len(week.unknown)} of them without a teacher" if week.unknown else text


class _Reader:
    """One reading: weeks one after another, the teachers of a week several at a time, each asked for once."""

    def __init__(
        self, site: BookingSite, now: datetime, lease: Lease, evidence_dir: Path, concurrency: int
    ) -> None:
        self._site = site
        self._now = now
        self._lease = lease
        self._evidence_dir = evidence_dir
        self._slots = asyncio.Semaphore(concurrency)
        self._teachers: dict[str, str | None] = {}
        self._in_vain = 0  # activity sessions in a row
        self._not_asked_for = 0
        self._any_complete = False
        self._gone = ""  # why the site cannot be read any more

    async def week(self, agenda: Agenda, monday: date) -> WeekReading:
        """One week, complete or failed. Raises SiteDown or AuthenticationError while none was complete."""
        if self._gone:
            return self._failed(agenda, monday, self._gone)
        try:
            week = await self._week(agenda, monday)
        except (SiteDown, AuthenticationError) as fault:
            if not self._any_complete:
                raise
            self._gone = str(fault)
            return self._failed(agenda, monday, self._gone)
        self._any_complete |= week.complete
        return week

    def warn_of_teachers_not_asked_for(self) -> None:
        if self._not_asked_for:
            logger.warning(
                "%d activity sessions in a row could not be read: the teachers of %d more were not asked for"
                " and are unknown",
                _MOST_IN_VAIN,
                self._not_asked_for,
            )

    async def _week(self, agenda: Agenda, monday: date) -> WeekReading:
        self._lease.renew()
        try:
            grid = await self._site.grid(agenda, monday)
        except _PAGE_FAULTS as fault:
            if isinstance(fault, TransientFaultError) and fault.unreachable:
                raise SiteDown(f"the booking site is down: {fault}") from fault
            return self._failed(agenda, monday, f"{fault}{await self._evidence(agenda, monday)}")
        await self._read_teachers(grid)
        lessons = tuple(_lesson(agenda, cell, self._teachers[cell.asid]) for cell in grid.cells)
        return WeekReading(agenda.key, monday, WeekOutcome.COMPLETE, self._now, lessons, rooms=grid.rooms)

    def _failed(self, agenda: Agenda, monday: date, problem: str) -> WeekReading:
        return WeekReading(agenda.key, monday, WeekOutcome.FAILED, self._now, problem=problem)

    async def _evidence(self, agenda: Agenda, monday: date) -> str:
        name = f"{self._now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{agenda.key}-{monday}"
        files = await save_evidence(self._site.page, GRID, self._evidence_dir / name)
        return f" (kept what it showed: {', '.join(map(str, files))})" if files else ""

    async def _read_teachers(self, grid: Grid) -> None:
        unread = {cell.asid for cell in grid.cells} - self._teachers.keys()
        try:
            async with asyncio.TaskGroup() as group:
                for asid in sorted(unread):
                    group.create_task(self._read_teacher(asid))
        except BaseExceptionGroup as faults:  # the first fault stopped the others: it is the reason
            raise faults.exceptions[0] from None

    async def _read_teacher(self, asid: str) -> None:
        async with self._slots:
            if self._in_vain >= _MOST_IN_VAIN:
                self._teachers[asid] = None
                self._not_asked_for += 1
                return
            self._lease.renew()
            try:
                self._teachers[asid] = await self._site.teacher(asid)
            except _PAGE_FAULTS as fault:
                logger.warning("the teacher of activity session %s is unknown: %s", asid, fault)
                self._teachers[asid] = None
                if isinstance(fault, TransientFaultError):
                    self._in_vain += 1
            else:
                if self._in_vain < _MOST_IN_VAIN:  # one that was on its way does not start it all again
                    self._in_vain = 0


def _lesson(agenda: Agenda, cell: Cell, teacher: str | None) -> Lesson:
    return Lesson(
        agenda=agenda.key,
        asid=cell.asid,
        dtstart=cell.start,
        dtend=cell.end,
        code=cell.code,
        title=cell.title,
        room=cell.room,
        occupied=cell.occupied,
        online=cell.online,
        teacher=teacher,
    )
