"""The shared parts of browser resources: what may go out, and what is kept."""

from __future__ import annotations

import asyncio
import stat
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
from resources.tab import AuthenticationError

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
        assert read_only.permits("POST", f"{SITE}/login", navigation=True)
        assert not read_only.permits("POST", f"{SITE}/login")  # by a script
        assert not read_only.permits("POST", "https://elsewhere.example/login", navigation=True)
        assert not read_only.permits("PUT", f"{SITE}/login", navigation=True)
        raise AuthenticationError

    assert not read_only.permits("POST", f"{SITE}/login", navigation=True)


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
def test_a_saved_session_is_for_its_owner_s_eyes_only(tmp_path: Path) -> None:
    saved = tmp_path / "kept" / "session.json"

    async def save() -> None:
        async with open_browser() as browser:
            await save_session(await browser.new_context(), saved)

    asyncio.run(save())

    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert load_session(saved) == {"cookies": [], "origins": []}
    assert list(saved.parent.iterdir()) == [saved]
