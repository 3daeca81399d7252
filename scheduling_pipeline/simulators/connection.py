"""Breaking a connection instead of answering: what a lost network looks like to a client."""

from __future__ import annotations

import asyncio
from typing import cast

from starlette.types import Receive, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class BreakableHttp(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, which also hands its transport to the application."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"connection": {"transport": self.transport}}


async def break_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection at once; the client gets no answer to its request."""
    cast("asyncio.Transport", scope["extensions"]["connection"]["transport"]).abort()
    await _disconnected(receive)


async def end_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection after what was sent so far has left: the client gets the beginning of a reply."""
    cast("asyncio.Transport", scope["extensions"]["connection"]["transport"]).close()
    await _disconnected(receive)


async def withhold(scope: Scope, receive: Receive, seconds: float) -> None:
    """Give no answer, and break the connection at once or after a silence."""
    await (leave_unanswered(scope, receive, seconds) if seconds else break_connection(scope, receive))


async def leave_unanswered(scope: Scope, receive: Receive, seconds: float) -> None:
    """Say nothing until the client gives up, or break the connection after `seconds`."""
    try:
        await asyncio.wait_for(_disconnected(receive), seconds)
    except TimeoutError:
        await break_connection(scope, receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
