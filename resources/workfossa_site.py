"""The pages of WorkFossa, as one browser session of one account reads them. Nothing of a page is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar
from urllib.parse import quote, urlencode, urlsplit

from resources.browser import ReadOnlyGuard, open_browser, open_tab
from resources.tab import (
    AuthenticationError,
    RefusedPageError,
    SiteDown,
    Tab,
    TransientFaultError,
    retried,
    translated,
)
from resources.workfossa_loader import (
    ALL,
    PASSWORD,
    ROWS,
    click_loaded,
    has_loaded,
    open_loaded,
    watch_loader,
)
from scheduling_pipeline.work_orders.credentials import Account
from scheduling_pipeline.work_orders.equipment import Equipment, parse_equipment
from scheduling_pipeline.work_orders.markup import LoginPageError
from scheduling_pipeline.work_orders.model import ListPage
from scheduling_pipeline.work_orders.page import parse_list

T = TypeVar("T")

_FORM = "form[name=login]"
_USER_MENU = ".user-menu button"
_DASHBOARD = "/app/dashboard"
_SIGNED_IN = ("/app/dashboard", "/app/work", "/app/customers")
_ANY_SIGN = f"""(paths) => document.querySelector("{_USER_MENU}, {PASSWORD}") !== null
    || paths.some((path) => location.pathname.startsWith(path))"""
_SIZES = ".ks-select:has(input[name=limit])"
_MOST = "Show 100"
_TAB = ":text-is('Equipment')"
_CANCEL = "button:text-is('Cancel'):visible"
_GROUP = r":text-matches('^\\s*Dispensers? \\(\\d+\\)\\s*$')"
_MOST_LOGINS = 2  # in one session: who is asked for a third is not wanted


class Orders(Enum):
    """A list of work orders: the filter that is packed into its address, and its direction."""

    OPEN = ("none||No visits completed||Work Visits Completed", "asc")
    COMPLETED = ("all||All visits completed||Work Visits Completed", "desc")  # the last ones first
    NOT_CLOSED = ("", "asc")  # open, completed for a while, or in between: some visits done, others not

    @property
    def path(self) -> str:
        completion, direction = self.value
        filters = {"work_visit_completion": completion} if completion else {}
        return f"/app/work/list?{urlencode(filters | {'order_direction': direction})}"


@dataclass(frozen=True, slots=True)
class Tries:
    """How often something is tried, and how many seconds are waited before the second time."""

    attempts: int
    wait: float


@dataclass(frozen=True, slots=True)
class SiteAccess:
    """Where the site is, and how patiently it is used (seconds)."""

    base_url: str
    page_timeout: float
    login_timeout: float
    chromium: str | None
    tries: Tries


class WorkFossaSite:
    """One browser session.

    What reads a page raises TransientFaultError, RefusedPageError, UnexpectedPageError, or its LoginPageError
    when the session has ended; `tried` deals with what can be dealt with.
    """

    def __init__(self, tab: Tab, guard: ReadOnlyGuard, access: SiteAccess) -> None:
        self._tab = tab
        self._guard = guard
        self._access = access
        self._base = access.base_url.rstrip("/")
        self._account: Account | None = None
        self._logins = 0

    async def look(self) -> None:
        """Make sure that the site shows its login form. Raises SiteDown, RefusedPageError."""
        await self._entered(self._open_form)

    async def enter(self, account: Account) -> None:
        """Log in, and see that it worked. Raises AuthenticationError, SiteDown, RefusedPageError."""
        self._account = account
        await self._entered(lambda: self._log_in(account))

    async def tried(self, read: Callable[[], Awaitable[T]], tries: Tries) -> T:
        """What `read` gives, tried again after passing trouble, and anew after one new login.

        Raises what `read` or `enter` do.
        """
        try:
            return await self._retried(read, tries)
        except LoginPageError:
            if self._account is None or self._logins >= _MOST_LOGINS:
                raise
            await self.enter(self._account)
        return await self._retried(read, tries)

    async def prove_login(self) -> None:
        """Make sure that the session still is one. Raises LoginPageError."""
        await self._tab.goto("see whether the session still lasts", self._base + _DASHBOARD)
        if not await self._is_logged_in():
            raise LoginPageError

    async def open_list(self, orders: Orders) -> ListPage:
        """The first page of a list, as long as the site makes it."""
        await open_loaded(self._tab, "open the list of work orders", self._base + orders.path)
        page = await self._list_page()
        if page.has_next or page.shown == page.page_size:
            page = await self._lengthened(page)
        return page

    async def next_page(self) -> ListPage:
        """The page of the list after the one that is shown."""
        await click_loaded(self._tab, "turn to the next page of the list", "a.next-page", ROWS)
        return await self._list_page()

    async def equipment(self, location: str) -> Equipment:
        """The dispensers of a place, all of them. A page that loaded nothing is not believed to have none."""
        address = f"{self._base}/app/customers/locations/{quote(location, safe='')}/"
        await self._tab.goto("open the location", address)
        what = "see the location's equipment"
        await self._tab.wait_for(what, f"{_TAB}, {PASSWORD}", self._access.page_timeout)
        if await self._tab.shows(PASSWORD):
            raise LoginPageError
        await click_loaded(self._tab, what, _TAB, ALL)
        equipment = await self._shown_equipment()
        if not equipment.expected and not await has_loaded(self._tab, what):
            raise TransientFaultError(f"could not {what}: nothing was loaded")
        for number in range(await translated(what, self._tab.page.locator(_GROUP).count())):
            if not equipment.complete:
                await self._open_group(f"{_GROUP} >> nth={number}")
                equipment = await self._shown_equipment()
        if not equipment.complete:
            shown = len(equipment.dispensers)
            raise TransientFaultError(f"{shown} dispensers were shown of {equipment.expected}")
        return equipment

    async def _entered(self, way_in: Callable[[], Awaitable[None]]) -> None:
        try:
            await self._retried(way_in, self._access.tries)
        except TransientFaultError as fault:
            raise SiteDown(f"WorkFossa is down: {fault}") from fault

    async def _retried(self, read: Callable[[], Awaitable[T]], tries: Tries) -> T:
        return await retried(read, attempts=tries.attempts, wait=tries.wait, longest_wait=60)

    async def _open_form(self) -> None:
        await self._tab.goto("open the login page", f"{self._base}/")
        if not await self._tab.shows(f"{_FORM}:has(input[name=email]):has({PASSWORD})"):
            raise RefusedPageError("WorkFossa does not show its login form: is the address right?")

    async def _log_in(self, account: Account) -> None:
        what = "log in"
        await translated(what, self._tab.page.context.clear_cookies())  # a session that failed us
        await self._open_form()
        await self._tab.fill(what, f"{_FORM} input[name=email]", account.user)
        await self._tab.fill(what, f"{_FORM} {PASSWORD}", account.password)
        if not await translated(what, self._tab.page.locator(_FORM).evaluate("form => form.checkValidity()")):
            raise AuthenticationError(
                "the user name of a WorkFossa account is an e-mail address; this is none"
            )
        with self._guard.logging_in():
            await self._tab.submit(what, f"{_FORM} input[type=submit]")
        await self._see_where_it_led()
        self._logins += 1

    async def _see_where_it_led(self) -> None:
        """Make sure that we are logged in: nothing but a sign of it will do."""
        what = "see whether the login worked"
        seconds = self._access.login_timeout
        sign = self._tab.page.wait_for_function(_ANY_SIGN, arg=list(_SIGNED_IN), timeout=seconds * 1000)
        await translated(what, sign)
        if not await self._is_logged_in():  # perhaps a page in between: ask once more where we stand
            await self._tab.goto(what, self._base + _DASHBOARD)
        if not await self._is_logged_in():
            raise AuthenticationError("WorkFossa did not accept the user name and password of the account")

    async def _is_logged_in(self) -> bool:
        if await self._tab.shows(PASSWORD):
            return False
        path = urlsplit(self._tab.page.url).path
        return path.startswith(_SIGNED_IN) or await self._tab.shows(_USER_MENU)

    async def _lengthened(self, page: ListPage) -> ListPage:
        """The first page with as many rows as can be picked; the same page where none can be picked."""
        what = "pick the page size"
        choice = f"{_SIZES} li:text-is('{_MOST}')"
        if not await self._tab.shows(choice):
            return page
        await translated(what, self._tab.page.click(f"{_SIZES} .ks-select-selection"))
        await click_loaded(self._tab, what, choice, ROWS)
        return await self._list_page()

    async def _list_page(self) -> ListPage:
        html = await translated("read the list of work orders", self._tab.page.content())
        return parse_list(html, self._tab.page.url)

    async def _shown_equipment(self) -> Equipment:
        return parse_equipment(await translated("read the equipment", self._tab.page.content()))

    async def _open_group(self, group: str) -> None:
        """Open a group of dispensers, which is closed until its heading is clicked."""
        what = "open a group of dispensers"
        if await self._tab.shows(_CANCEL):  # what lies over the groups; a reader confirms nothing
            await translated(what, self._tab.page.click(_CANCEL))
        heading = self._tab.page.locator(group)
        if await translated(what, heading.get_attribute("aria-expanded")) != "true":
            await click_loaded(self._tab, what, group, ALL)


@asynccontextmanager
async def open_site(access: SiteAccess) -> AsyncIterator[WorkFossaSite]:
    """The site in a browser of its own, before the login. Raises BrowserUnavailableError."""
    guard = ReadOnlyGuard(access.base_url, styles=True)
    async with open_browser(access.chromium) as browser, open_tab(browser, guard, access.page_timeout) as tab:
        await watch_loader(tab.page.context)
        yield WorkFossaSite(tab, guard, access)
