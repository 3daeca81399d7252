"""Reading the list of work orders with a real browser.

The limit loads the same pages with the same browser, logs in likewise, and parses and proves nothing. Both
start a browser.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import ssl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode

import httpx
from playwright.async_api import Page

from benchmarks.results import Result
from benchmarks.simulated import Timing, measure, medians
from resources.browser import open_browser
from resources.workfossa import WorkFossa
from scheduling_pipeline.simulators.workfossa import FixedOrders, Settings
from scheduling_pipeline.simulators.workfossa.fixed import OWNER
from scheduling_pipeline.simulators.workfossa.listing import OPEN
from scheduling_pipeline.work_orders.credentials import Account
from tests.simulators.fossa_client import orders, served

AIM_LIMIT = 1.5
LATENCY = 0.05  # seconds a page, and as many for rows, as a site within the country answers
SIZES = (1_000,)
_LONGEST = 100  # rows of a page


def run(say: Callable[[str], None], sizes: Sequence[int] = SIZES, rounds: int = 5) -> list[Result]:
    """Ours and the limit in turn, after one reading of ours to warm up."""
    return [_compare(size, rounds, say) for size in sizes]


def _compare(size: int, rounds: int, say: Callable[[str], None]) -> Result:
    with (
        tempfile.TemporaryDirectory() as folder,
        _site(Path(folder), size) as url,
        httpx.Client(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as web,
    ):
        web.put(f"{url}/control/latency", json={"seconds": LATENCY}).raise_for_status()
        say(f"work orders, {size:,} read: to warm up")
        _read(url, size)
        ours: list[Timing] = []
        limit: list[Timing] = []
        for number in range(1, rounds + 1):
            say(f"work orders, {size:,} read: round {number} of {rounds}")
            ours.append(measure(web, url, lambda: _read(url, size)))
            limit.append(measure(web, url, lambda: asyncio.run(_load(url, size))))
    return _result(size, medians(ours), medians(limit))


def _result(size: int, ours: Timing, limit: Timing) -> Result:
    return Result(
        "work_order_reading",
        f"{size:,} orders",
        "s",
        ours.seconds,
        limit=limit.seconds,
        aim_limit=AIM_LIMIT,
        simulator_cpu_share=max(ours.simulator_cpu_share, limit.simulator_cpu_share),
    )


@contextmanager
def _site(folder: Path, size: int) -> Iterator[str]:
    """The address of a simulated WorkFossa in a process of its own, with so many open orders."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(folder, size, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


def _serve(folder: Path, size: int, parent: Connection) -> None:
    with served(folder, FixedOrders(orders(size)), Settings(loading_seconds=LATENCY)) as site:
        parent.send(site.url)
        parent.recv()


def _read(url: str, size: int) -> None:
    account = Account(OWNER.email, OWNER.password)
    read = WorkFossa(base_url=url).read_orders(
        account, known=(), now=lambda: datetime.now(UTC), progress=_unheard
    )
    assert read.listing.complete
    assert len(read.listing.orders) == size


def _unheard(*_: object, **__: object) -> None:
    """Nobody looks."""


async def _load(url: str, size: int) -> None:
    """Load what a reading loads."""
    async with open_browser() as browser:
        page = await browser.new_page()
        await page.goto(f"{url}/", wait_until="domcontentloaded")
        await page.fill("input[name=email]", OWNER.email)
        await page.fill("input[name=password]", OWNER.password)
        async with page.expect_navigation(wait_until="domcontentloaded"):
            await page.click("input[type=submit]")
        await page.goto(f"{url}/app/work/list?{urlencode({'work_visit_completion': OPEN})}")
        await page.wait_for_selector(".work-list-item")
        await page.click(".ks-select-selection")
        await _load_rows(page, "li:text-is('Show 100')")
        for _ in range((size - 1) // _LONGEST):
            await _load_rows(page, ".next-page")


async def _load_rows(page: Page, selector: str) -> None:
    async with page.expect_response(lambda answer: "/rows?" in answer.url) as rows:
        await page.click(selector)
    await (await rows.value).finished()
    await page.wait_for_selector(".loader-line", state="hidden")
    await page.content()
