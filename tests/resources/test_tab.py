"""A page of a site: what is worth another try, and what its faults tell and do not tell."""

from __future__ import annotations

import asyncio
import traceback

import pytest

from resources.browser import open_browser
from resources.tab import (
    RefusedPageError,
    Tab,
    TransientFaultError,
    refuse_error_status,
    worth_a_retry,
)


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
