"""A browser page as a reader of a site uses it, and the ways in which reading a page fails.

Nothing here knows a particular site.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import stamina
from playwright.async_api import BrowserContext, Page, Response
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

T = TypeVar("T")

_UNREACHABLE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_TIMED_OUT",
    "ERR_ADDRESS_UNREACHABLE",
    "ERR_NAME_NOT_RESOLVED",
    "ERR_INTERNET_DISCONNECTED",
)
_GONE = "browser has been closed"
_LONGEST_RETRY_AFTER = 60.0  # seconds; a site that asks for more is tried again after this


class SiteDown(Exception):  # noqa: N818 - a fact about the site, not a fault of the program
    """The site cannot be reached, or does not answer, after several tries."""


class BrowserGoneError(SiteDown):
    """The browser itself ended, so that nothing more can be read with it."""


class AuthenticationError(Exception):
    """The site did not accept the user name and password."""


class TransientFaultError(Exception):
    """Worth another try: no answer in time, a broken connection, or the site's own passing trouble.

    `retry_after` is the site's wish in seconds; `unreachable` tells that no connection was made at all.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, unreachable: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.unreachable = unreachable


class RefusedPageError(Exception):
    """The site answered with a status, or a page, that asking again does not change."""


async def translated(what: str, call: Awaitable[T]) -> T:
    """Await a Playwright call; a fault becomes a TransientFaultError that names `what` was tried.

    Raises BrowserGoneError when there is no browser any more.
    """
    fault: Exception
    try:
        return await call
    except PlaywrightTimeoutError:
        fault = TransientFaultError(f"could not {what}: no answer in time")
    except PlaywrightError as error:
        network = re.search(r"ERR_[A-Z_]+", error.message)
        reason = network[0] if network else first_line(error)
        if _GONE in reason:
            fault = BrowserGoneError(f"could not {what}: the browser has ended")
        else:
            fault = TransientFaultError(f"could not {what}: {reason}", unreachable=reason in _UNREACHABLE)
    # Raised here, outside the handlers: Playwright's own text lists what was typed, a password included,
    # and a chained exception would carry it into logs.
    raise fault


def refuse_error_status(what: str, status: int, headers: Mapping[str, str]) -> None:
    """Raise TransientFaultError (5xx, 408, 429) or RefusedPageError (other 4xx) for an error status."""
    if status >= 500 or status in (408, 429):  # noqa: PLR2004 - HTTP
        wish = headers.get("retry-after", "")
        retry_after = min(float(wish), _LONGEST_RETRY_AFTER) if wish.isdecimal() else None
        raise TransientFaultError(f"could not {what}: HTTP {status}", retry_after=retry_after)
    if status >= 400:  # noqa: PLR2004 - HTTP
        raise RefusedPageError(f"could not {what}: HTTP {status}")


def worth_a_retry(error: Exception) -> bool | float:
    """A stamina hook: whether to try again, or after how many seconds when the site said so."""
    if not isinstance(error, TransientFaultError):
        return False
    return True if error.retry_after is None else error.retry_after


async def retried(
    read: Callable[[], Awaitable[T]], *, attempts: int, wait: float = 0.5, longest_wait: float = 15
) -> T:
    """What `read` gives, in as many `attempts` as it takes while it ends in a TransientFaultError.

    `wait` is in seconds, before the second attempt; it is doubled for each more.
    """
    async for attempt in stamina.retry_context(
        on=worth_a_retry, attempts=attempts, timeout=None, wait_initial=wait, wait_max=longest_wait
    ):
        with attempt:
            result = await read()
    return result


def first_line(error: PlaywrightError) -> str:
    """What happened, without the list of calls that Playwright adds: it repeats what was typed."""
    return error.message.strip().partition("\n")[0]


class Tab:
    """One browser page. Its methods raise TransientFaultError and RefusedPageError, and say `what` failed.

    After a navigation that failed a fresh page takes the place of the old one, which may still be on its way
    somewhere and would interrupt the next navigation.
    """

    def __init__(self, page: Page) -> None:
        self._adopt(page)

    @classmethod
    async def open(cls, context: BrowserContext) -> Tab:
        return cls(await context.new_page())

    def _adopt(self, page: Page) -> None:
        self.page = page
        self._answer: Response | None = None
        page.on("response", self._note_answer)

    def _note_answer(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.frame == self.page.main_frame:
            self._answer = response

    async def goto(self, what: str, url: str) -> None:
        """Open an address and wait until its document is there."""
        await self._navigate(what, self.page.goto(url, wait_until="domcontentloaded"))

    async def submit(self, what: str, button: str) -> None:
        """Click the button of a form and wait until the document that answers it is there."""
        await self._navigate(what, self._click_through(button))

    async def fill(self, what: str, selector: str, text: str) -> None:
        await translated(what, self.page.fill(selector, text))

    async def shows(self, selector: str) -> bool:
        """Whether the page has such an element now."""
        return await translated("look at the page", self.page.locator(selector).count()) > 0

    async def wait_for(self, what: str, selector: str, seconds: float) -> None:
        """Wait until the page has such an element."""
        found = self.page.wait_for_selector(selector, state="attached", timeout=seconds * 1000)
        await translated(what, found)

    async def _click_through(self, button: str) -> None:
        async with self.page.expect_navigation(wait_until="domcontentloaded"):
            await self.page.click(button)

    async def _navigate(self, what: str, navigation: Awaitable[object]) -> None:
        try:
            await self._answered(what, navigation)
        except (TransientFaultError, RefusedPageError):
            left = self.page
            self._adopt(await translated("open another page", left.context.new_page()))
            await left.close()
            raise

    async def _answered(self, what: str, navigation: Awaitable[object]) -> None:
        self._answer = None
        try:
            await translated(what, navigation)
        finally:  # Chromium calls an error without a body a failed navigation; its status says more
            if self._answer is not None:
                refuse_error_status(what, self._answer.status, self._answer.headers)
