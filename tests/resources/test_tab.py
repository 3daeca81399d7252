"""A page of a site: what is worth another try, and what its faults tell and do not tell."""

from __future__ import annotations

import asyncio
import traceback

import pytest
import stamina

from resources.browser import open_browser
from resources.tab import (
    BrowserGoneError,
    RefusedPageError,
    Tab,
    TransientFaultError,
    refuse_error_status,
    retried,
    worth_a_retry,
)
from scheduling_pipeline.work_orders_settings import WorkOrdersSettings


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429])
def test_passing_trouble_is_worth_another_try(status: int) -> None:
    with pytest.raises(TransientFaultError, match=f"could not open it: HTTP {status}") as fault:
        refuse_error_status("open it", status, {})

    assert worth_a_retry(fault.value) is True


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("86400", 60.0), ("Fri, 31 Dec 1999 23:59:59 GMT", True)]
)
def test_the_site_says_when_to_try_again_within_reason(header: str, seconds: float) -> None:
    with pytest.raises(TransientFaultError) as fault:
        refuse_error_status("open it", 503, {"retry-after": header})

    assert worth_a_retry(fault.value) == seconds


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    with pytest.raises(RefusedPageError, match=f"HTTP {status}") as refusal:
        refuse_error_status("open it", status, {})

    assert worth_a_retry(refusal.value) is False


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_good_status_passes(status: int) -> None:
    refuse_error_status("open it", status, {})


def test_passing_trouble_is_tried_again_until_there_were_attempts_enough() -> None:
    tried = []

    async def read() -> str:
        tried.append("again")
        if len(tried) in (1, 3, 4):
            raise TransientFaultError("no answer in time")
        return "a page"

    with stamina.set_testing(True, attempts=2, cap=True):
        assert asyncio.run(retried(read, attempts=2)) == "a page"
        with pytest.raises(TransientFaultError):
            asyncio.run(retried(read, attempts=2))
    assert len(tried) == 4


def test_the_wait_between_tries_is_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the settings of the work orders have it; what is added at random spreads runs that fail together."""
    waits = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async def read() -> str:
        raise TransientFaultError("no answer in time")

    monkeypatch.setattr(asyncio, "sleep", wait)
    settings = WorkOrdersSettings.model_construct()
    with pytest.raises(TransientFaultError):
        asyncio.run(retried(read, attempts=4, wait=settings.retry_seconds, longest_wait=60))

    assert [int(seconds) for seconds in waits] == [5, 10, 20]


@pytest.mark.browser
def test_a_browser_that_ended_is_no_passing_trouble() -> None:
    async def go_on_without_a_browser() -> None:
        async with open_browser() as browser:
            tab = await Tab.open(await browser.new_context())
            await browser.close()
            await tab.goto("open it", "about:blank")

    with pytest.raises(BrowserGoneError, match="could not open it: the browser has ended") as fault:
        asyncio.run(go_on_without_a_browser())

    assert worth_a_retry(fault.value) is False


@pytest.mark.browser
def test_what_was_typed_is_in_no_exception() -> None:
    typed = "correct-horse"

    async def type_into_a_field_that_cannot_be_typed_into() -> None:
        async with open_browser() as browser:
            context = await browser.new_context()
            tab = await Tab.open(context)
            await tab.page.set_content("<input type='password' disabled>")
            context.set_default_timeout(200)
            await tab.fill("log in", "input", typed)

    with pytest.raises(TransientFaultError, match="could not log in: no answer in time") as fault:
        asyncio.run(type_into_a_field_that_cannot_be_typed_into())

    assert typed not in "".join(traceback.format_exception(fault.value))
    assert fault.value.__context__ is None
