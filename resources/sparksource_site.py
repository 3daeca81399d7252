"""The pages of a SparkSource booking site, as one browser session reads them.

The site keeps the agenda and the week last looked at in its own session, so every grid is opened by its
date, and what it then shows is checked.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from playwright.async_api import Browser, Page

from resources.browser import ReadOnlyGuard, load_session, open_tab, save_session
from resources.tab import (
    AuthenticationError,
    RefusedPageError,
    SiteDown,
    Tab,
    TransientFaultError,
    refuse_error_status,
    retried,
    translated,
)
from scheduling_pipeline.timetable.attendees import parse_teacher
from scheduling_pipeline.timetable.grid import Grid, WrongAgendaError, WrongWeekError, parse_week
from scheduling_pipeline.timetable.model import Agenda
from scheduling_pipeline.timetable.page import LoginPageError, UnexpectedPageError

T = TypeVar("T")

GRID = "table#week"
_AGENDA_SELECT = "select[name=set_agenda]"
_PASSWORD = "input[type=password]"  # noqa: S105 - a selector
_ENTRY = "/login/show_login/true"
_SET_AGENDA = "/ffdates/set_agenda"
_LOGGED_IN = re.compile(r"launchpad|dashboard", re.IGNORECASE)
_MOST_LOGINS = 3  # in one session: a site that keeps asking is not read any better by a fourth


@dataclass(frozen=True, slots=True)
class SiteAccess:
    """Where the site is, who reads it, and how patiently (seconds)."""

    base_url: str
    username: str
    password: str = field(repr=False)
    attempts: int
    page_timeout: float
    grid_timeout: float
    attendee_timeout: float


class BookingSite:
    """One logged-in browser session.

    Reading methods try again after transient faults, log in again when the session turns out to have
    expired, and raise UnexpectedPageError, RefusedPageError or TransientFaultError for a page that could
    not be had, AuthenticationError or SiteDown for a site that could not be entered.
    """

    def __init__(self, tab: Tab, guard: ReadOnlyGuard, access: SiteAccess, session_file: Path | None) -> None:
        self._tab = tab
        self._context = tab.page.context
        self._guard = guard
        self._access = access
        self._session_file = session_file
        self._base = access.base_url.rstrip("/")
        self._logins = 0
        self._entering = asyncio.Lock()

    @property
    def page(self) -> Page:
        """The page as it stands: what there is to see of a failure."""
        return self._tab.page

    async def enter(self) -> None:
        """Make sure that there is a session: the saved one if it is still good, else by logging in."""
        try:
            await self._retried(self._enter)
        except TransientFaultError as fault:
            raise SiteDown(f"the booking site is down: {fault}") from fault

    async def keep_session(self) -> None:
        """Save the session as it is now for the next run."""
        if self._session_file is not None:
            await save_session(self._context, self._session_file)

    async def grid(self, agenda: Agenda, monday: date) -> Grid:
        """The whole grid of one week, shown to be of that agenda and that week."""
        return await self._in_session(lambda: self._grid(agenda, monday))

    async def teacher(self, asid: str) -> str | None:
        """The teacher of one activity session; None when its page names none."""
        return await self._in_session(lambda: self._teacher(asid))

    async def _in_session(self, read: Callable[[], Awaitable[T]]) -> T:
        logins = self._logins
        try:
            return await self._retried(read)
        except LoginPageError:
            await self._log_in_again(logins)
        return await self._retried(read)

    async def _retried(self, read: Callable[[], Awaitable[T]]) -> T:
        return await retried(read, attempts=self._access.attempts)

    async def _log_in_again(self, logins: int) -> None:
        """Replace the session that was in use after `logins` logins, unless another reader has done so."""
        async with self._entering:
            if self._logins != logins:
                return
            if self._logins >= _MOST_LOGINS:
                raise LoginPageError
            await self.enter()

    async def _enter(self) -> None:
        await self._tab.goto("open the login page", self._base + _ENTRY)
        if not await self._is_logged_in():
            await self._log_in()

    async def _log_in(self) -> None:
        what = "log in"
        await self._tab.fill(what, "#username", self._access.username)
        await self._tab.fill(what, "#password", self._access.password)
        # Some sites say no with a status: what counts is where it leads.
        with self._guard.logging_in(), suppress(RefusedPageError):
            await self._tab.submit(what, "button[type=submit]")
        if not await self._is_logged_in():  # perhaps a page in between: ask once more where we stand
            await self._tab.goto("open the login page", self._base + _ENTRY)
        if not await self._is_logged_in():
            raise AuthenticationError(
                "the booking site did not accept the user name and password in SPARKSOURCE_USER /"
                " SPARKSOURCE_PASS"
            )
        self._logins += 1
        await self.keep_session()

    async def _is_logged_in(self) -> bool:
        if await self._tab.shows(_PASSWORD):
            return False
        return _LOGGED_IN.search(urlsplit(self.page.url).path) is not None

    async def _grid(self, agenda: Agenda, monday: date) -> Grid:
        try:
            grid = await self._open_grid(agenda, monday)
        except WrongWeekError:  # choosing an agenda may have moved the week
            grid = await self._open_grid(agenda, monday)
        if grid.agenda_id != agenda.site_id:
            raise WrongAgendaError(asked=agenda.site_id, shown=grid.agenda_id)
        return grid

    async def _open_grid(self, agenda: Agenda, monday: date) -> Grid:
        await self._tab.goto("open the grid", f"{self._base}/ffdates/week/booking/{monday:%Y/%m/%d}/")
        await self._wait_for_grid()
        if not await self._tab.shows(f"{_option(agenda)}:checked"):
            await self._choose_agenda(agenda)
            await self._wait_for_grid()
        html = await translated("read the grid", self.page.content())
        return parse_week(html, monday=monday, zone=agenda.zone)

    async def _wait_for_grid(self) -> None:
        """Wait until the grid is there. A login page is noticed at once."""
        what = "find the weekly grid on the page"
        await self._tab.wait_for(what, f"{GRID}, {_PASSWORD}", self._access.grid_timeout)
        if not await self._tab.shows(GRID):
            raise LoginPageError

    async def _choose_agenda(self, agenda: Agenda) -> None:
        what = "choose the agenda"
        if not await self._tab.shows(_option(agenda)):
            raise UnexpectedPageError(f"the booking site offers no agenda {agenda.site_id} to this account")
        await translated(what, self.page.select_option(_AGENDA_SELECT, agenda.site_id))
        await self._tab.submit(what, f"form:has({_AGENDA_SELECT}) input[type=submit]")

    async def _teacher(self, asid: str) -> str | None:
        what = f"open the page of activity session {asid}"
        response = await translated(
            what,
            self._context.request.get(
                f"{self._base}/ffdates/list_attendees/{quote(asid, safe='')}/",
                timeout=self._access.attendee_timeout * 1000,
            ),
        )
        refuse_error_status(what, response.status, response.headers)
        return parse_teacher(await translated(what, response.text()))


def _option(agenda: Agenda) -> str:
    """Selects the agenda in the site's menu."""
    return f"{_AGENDA_SELECT} option[value='{agenda.site_id}']"


@asynccontextmanager
async def open_site(
    browser: Browser, access: SiteAccess, session_file: Path | None
) -> AsyncIterator[BookingSite]:
    """Enter the site in a browser context of its own, with the session saved in `session_file` if any."""
    saved = None if session_file is None else load_session(session_file)
    guard = ReadOnlyGuard(access.base_url, frozenset({_SET_AGENDA}))
    async with open_tab(browser, guard, access.page_timeout, saved) as tab:
        site = BookingSite(tab, guard, access, session_file)
        await site.enter()
        yield site
