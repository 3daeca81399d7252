"""What resources that read a site with a browser share: launching, a read-only guard, sessions, evidence.

Nothing here knows a particular site.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Page,
    Route,
    StorageState,
    async_playwright,
)
from playwright.async_api import Error as PlaywrightError

from resources.tab import Tab, first_line

logger = logging.getLogger(__name__)

_SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
)
_UNWANTED = frozenset({"image", "font", "media"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


class BrowserUnavailableError(Exception):
    """No Chromium could be started on this machine."""


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
    executable = executable or _system_browser(unless_installed=chromium.executable_path)
    # Root cannot use Chromium's sandbox; a container or a hardened kernel may refuse it to others too.
    problem = ""
    for sandbox in (False,) if os.geteuid() == 0 else (True, False):
        try:
            return await chromium.launch(
                executable_path=executable, headless=True, chromium_sandbox=sandbox, args=_FLAGS
            )
        except PlaywrightError as error:
            problem = first_line(error)
            logger.warning(
                "Chromium did not start %s its sandbox: %s", "with" if sandbox else "without", problem
            )
    raise BrowserUnavailableError(
        f"no Chromium could be started ({problem}): run `playwright install chromium`, or install the"
        " system's package `chromium`"
    )


def _system_browser(unless_installed: str) -> str | None:
    if Path(unless_installed).exists():
        return None
    return next(filter(None, map(shutil.which, _SYSTEM_BROWSERS)), None)


class ReadOnlyGuard:
    """Lets a browser context read one site and nothing else.

    GET and HEAD pass, to the site's own origin; a POST passes only to a path in `post_paths`, compared
    whole, so that no query string can smuggle one in. All other methods are stopped. Only inside
    `logging_in` may a form be posted elsewhere on the site, and only by leaving the page for its answer, not
    by a script. Images, fonts and media are not loaded, and style sheets only with `styles`: where they tell
    what is to be seen.
    """

    def __init__(
        self, base_url: str, post_paths: frozenset[str] = frozenset(), *, styles: bool = False
    ) -> None:
        self._origin = _origin(base_url)
        self._post_paths = post_paths
        self._unwanted = _UNWANTED if styles else _UNWANTED | {"stylesheet"}
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

    def permits(self, method: str, url: str, *, navigation: bool = False) -> bool:
        """Whether a request may go out. `navigation` tells that its answer is to replace the page."""
        if _origin(url) != self._origin:
            return False
        if method == "POST":
            return (self._logging_in and navigation) or urlsplit(url).path in self._post_paths
        return method in ("GET", "HEAD")

    async def _handle(self, route: Route) -> None:
        request = route.request
        navigation = request.is_navigation_request()
        permitted = self.permits(request.method, request.url, navigation=navigation)
        if not permitted and request.method not in ("GET", "HEAD"):
            logger.warning("stopped a %s to %s", request.method, urlsplit(request.url).path)
        if permitted and request.resource_type not in self._unwanted:
            await route.continue_()
        else:
            await route.abort("blockedbyclient")


@asynccontextmanager
async def open_tab(
    browser: Browser, guard: ReadOnlyGuard, page_timeout: float, session: StorageState | None = None
) -> AsyncIterator[Tab]:
    """A page in a context of its own, behind the guard; whatever it does may take `page_timeout` seconds."""
    context = await browser.new_context(storage_state=session, service_workers="block")
    context.set_default_timeout(page_timeout * 1000)
    await guard.install(context)
    try:
        yield await Tab.open(context)
    finally:
        with suppress(PlaywrightError):  # of a browser that has ended
            await context.unroute_all(behavior="ignoreErrors")
            await context.close()


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
    _write_private(path, json.dumps(await context.storage_state()))


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # made with mode 0600
        file.write(text)
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
        files = {Path(f"{stem}.html"): html.encode(), Path(f"{stem}.png"): picture}
        for path, content in files.items():
            path.write_bytes(content)
    except (PlaywrightError, OSError) as error:
        logger.warning("no evidence could be kept: %s", type(error).__name__)
        return []
    return list(files)
