"""What resources that read a site with a browser share: launching, a read-only guard, sessions, evidence.

Nothing here knows a particular site.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Locator,
    Page,
    Response,
    Route,
    StorageState,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

T = TypeVar("T")
logger = logging.getLogger(__name__)

_SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
)
_UNREACHABLE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_TIMED_OUT",
    "ERR_ADDRESS_UNREACHABLE",
    "ERR_NAME_NOT_RESOLVED",
    "ERR_INTERNET_DISCONNECTED",
)
_LONGEST_RETRY_AFTER = 60.0  # seconds; a site that asks for more is tried again after this
_UNWANTED = frozenset({"image", "font", "media", "stylesheet"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class BrowserUnavailableError(Exception):
    """No Chromium could be started on this machine."""


class SiteDown(Exception):  # noqa: N818 - a fact about the site, not a fault of the program
    """The site cannot be reached, or does not answer, after several tries."""


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
    """The site answered with a status that asking again does not change."""


@asynccontextmanager
async def open_browser(executable: str | None = None) -> AsyncIterator[Browser]:
    """A headless Chromium: `executable` if given, else Playwright's own if installed, else the system's.

    Raises BrowserUnavailableError.
    """
    async with async_playwright() as playwright:
        browser = await _launch(playwright.chromium, executable)
        try:
            yield browser
        finally:
            await browser.close()


async def _launch(chromium: BrowserType, executable: str | None) -> Browser:
    if executable is None and not Path(chromium.executable_path).exists():
        executable = next(filter(None, map(shutil.which, _SYSTEM_BROWSERS)), None)
    # Root cannot use Chromium's sandbox; a container or a hardened kernel may refuse it to others too.
    problem = ""
    for sandbox in (False,) if os.geteuid() == 0 else (True, False):
        try:
            return await chromium.launch(
                executable_path=executable, headless=True, chromium_sandbox=sandbox, args=_FLAGS
            )
        except PlaywrightError as error:
            problem = _first_line(error)
            logger.warning(
                "Chromium did not start %s its sandbox: %s", "with" if sandbox else "without", problem
            )
    raise BrowserUnavailableError(
        f"no Chromium could be started ({problem}): run `playwright install chromium`, or install the"
        " system's package `chromium`"
    )


async def translated(what: str, call: Awaitable[T]) -> T:
    """Await a Playwright call; a fault becomes a TransientFaultError that names `what` was tried."""
    try:
        return await call
    except PlaywrightTimeoutError:
        fault = TransientFaultError(f"could not {what}: no answer in time")
    except PlaywrightError as error:
        network = re.search(r"ERR_[A-Z_]+", error.message)
        reason = network[0] if network else _first_line(error)
        fault = TransientFaultError(f"could not {what}: {reason}", unreachable=reason in _UNREACHABLE)
    # Raised here, outside the handlers: Playwright's own text lists what was typed, a password included,
    # and a chained exception would carry it into logs.
    raise fault


def _first_line(error: PlaywrightError) -> str:
    return error.message.strip().partition("\n")[0]


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


async def submit(button: Locator) -> Response | None:
    """Click a form's button and wait for the document that answers it."""
    async with button.page.expect_navigation(wait_until="domcontentloaded") as navigation:
        await button.click()
    return await navigation.value


class ReadOnlyGuard:
    """Lets a browser context read one site and nothing else.

    GET and HEAD pass, to the site's own origin; a POST passes only to a path in `post_paths`, compared
    whole, so that no query string can smuggle one in. All other methods are stopped. Only inside
    `logging_in` may a form be posted to other paths of the site. Images, fonts, media and style sheets are
    not loaded.
    """

    def __init__(self, base_url: str, post_paths: frozenset[str]) -> None:
        self._origin = _origin(base_url)
        self._post_paths = post_paths
        self._logging_in = False

    async def install(self, context: BrowserContext) -> None:
        await context.route("**/*", self._handle)

    @contextmanager
    def logging_in(self) -> Iterator[None]:
        self._logging_in = True
        try:
            yield
        finally:
            self._logging_in = False

    def permits(self, method: str, url: str) -> bool:
        """Whether a request may go out."""
        if _origin(url) != self._origin:
            return False
        if method == "POST":
            return self._logging_in or urlsplit(url).path in self._post_paths
        return method in ("GET", "HEAD")

    async def _handle(self, route: Route) -> None:
        request = route.request
        permitted = self.permits(request.method, request.url)
        if not permitted and request.method not in ("GET", "HEAD"):
            logger.warning("stopped a %s to %s", request.method, urlsplit(request.url).path)
        if permitted and request.resource_type not in _UNWANTED:
            await route.continue_()
        else:
            await route.abort("blockedbyclient")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def load_session(path: Path) -> StorageState | None:
    """The saved cookies and local storage; None when there are none, or none that can be read."""
    try:
        state: StorageState = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        logger.warning("the saved session cannot be read; logging in afresh")
        return None
    return state


async def save_session(context: BrowserContext, path: Path) -> None:
    """Keep the context's cookies and local storage for the next run, for the owner's eyes only."""
    state = await context.storage_state()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made with mode 0600
        json.dump(state, file)
    Path(file.name).replace(path)


async def save_evidence(page: Page, selector: str, stem: Path) -> list[Path]:
    """Keep what the page shows of one element, as `stem`.html and `stem`.png; [] if it cannot be had.

    Nothing else of the page is kept. Never raises for the page or the disk: it would hide the failure
    that this is the evidence of.
    """
    element = page.locator(selector)
    try:
        if await element.count() != 1:
            return []
        html = await element.evaluate("element => element.outerHTML")
        picture = await element.screenshot(animations="disabled")
        stem.parent.mkdir(parents=True, exist_ok=True)
        files = {stem.with_suffix(".html"): html.encode(), stem.with_suffix(".png"): picture}
        for path, content in files.items():
            path.write_bytes(content)
    except (PlaywrightError, OSError) as error:
        logger.warning("no evidence could be kept: %s", type(error).__name__)
        return []
    return list(files)
