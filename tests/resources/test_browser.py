"""The shared parts of browser resources: what may go out, what is worth another try, what is kept."""

from __future__ import annotations

import asyncio
import stat
import traceback
from contextlib import suppress
from pathlib import Path

import pytest

from resources.browser import (
    BrowserUnavailableError,
    ReadOnlyGuard,
    load_session,
    open_browser,
    save_session,
)
from resources.tab import (
    AuthenticationError,
    RefusedPageError,
    TransientFaultError,
    refuse_error_status,
    translated,
    worth_a_retry,
)

SITE = "https://school.example"
AGENDA = "/ffdates/set_agenda"


def guard() -> ReadOnlyGuard:
    return ReadOnlyGuard(SITE, frozenset({AGENDA}))


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", f"{SITE}/ffdates/week/booking/2026/03/02/"),
        ("GET", f"{SITE}:443/launchpad"),
        ("HEAD", f"{SITE}/launchpad"),
        ("POST", f"{SITE}{AGENDA}"),
    ],
)
def test_reading_and_choosing_an_agenda_are_permitted(method: str, url: str) -> None:
    assert guard().permits(method, url)


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", f"{SITE}/ffdates/book?next={AGENDA}"),
        ("POST", f"{SITE}/ffdates/book#{AGENDA}"),
        ("POST", f"{SITE}{AGENDA}/delete"),
        ("POST", f"{SITE}/x{AGENDA}"),
        ("POST", f"{SITE}/login"),
        ("POST", f"https://elsewhere.example{AGENDA}"),
        ("POST", f"http://school.example{AGENDA}"),
        ("POST", f"https://school.example:8443{AGENDA}"),
        ("POST", f"https://school.example@elsewhere.example{AGENDA}"),
        ("GET", "https://elsewhere.example/script.js"),
        ("PUT", f"{SITE}{AGENDA}"),
        ("PATCH", f"{SITE}{AGENDA}"),
        ("DELETE", f"{SITE}{AGENDA}"),
        ("post", f"{SITE}{AGENDA}"),
    ],
)
def test_everything_else_is_stopped(method: str, url: str) -> None:
    assert not guard().permits(method, url)


def test_a_form_may_be_posted_to_the_site_while_logging_in_and_no_longer() -> None:
    read_only = guard()

    with suppress(AuthenticationError), read_only.logging_in():
        assert read_only.permits("POST", f"{SITE}/login")
        assert not read_only.permits("POST", "https://elsewhere.example/login")
        assert not read_only.permits("PUT", f"{SITE}/login")
        raise AuthenticationError

    assert not read_only.permits("POST", f"{SITE}/login")


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


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe"])
def test_a_session_that_cannot_be_read_is_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "session.json"
    if content is not None:
        path.write_bytes(content)

    assert load_session(path) is None


def test_a_browser_that_is_not_there_is_said_in_plain_words(tmp_path: Path) -> None:
    async def start() -> None:
        async with open_browser(str(tmp_path / "no-such-browser")):
            pass

    with pytest.raises(BrowserUnavailableError, match="run `playwright install chromium`"):
        asyncio.run(start())


@pytest.mark.browser
def test_what_was_typed_is_in_no_exception_and_the_session_is_private(tmp_path: Path) -> None:
    saved = tmp_path / "kept" / "session.json"
    typed = "correct-horse"

    async def type_into_a_field_that_cannot_be_typed_into() -> None:
        async with open_browser() as browser:
            page = await browser.new_page()
            await page.set_content("<input type='password' disabled>")
            await save_session(page.context, saved)
            await translated("log in", page.fill("input", typed, timeout=200))

    with pytest.raises(TransientFaultError, match="could not log in: no answer in time") as fault:
        asyncio.run(type_into_a_field_that_cannot_be_typed_into())

    assert typed not in "".join(traceback.format_exception(fault.value))
    assert fault.value.__context__ is None
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert load_session(saved) == {"cookies": [], "origins": []}
    assert list(saved.parent.iterdir()) == [saved]
