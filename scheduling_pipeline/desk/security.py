"""The headers that keep a browser from helping an attacker, on every answer."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Neither scripts nor styles inside a page: only the desk's own files.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STATIC = "/static/"


def headers_for(connection: HTTPConnection) -> dict[str, str]:
    """What an answer to this request carries."""
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "public, max-age=31536000" if connection.url.path.startswith(STATIC) else "no-store",
    }
    if connection.app.state.desk.options.desk.url.startswith("https:"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


class SecureHeaders:
    """Puts `headers_for` on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers_for(HTTPConnection(scope)))
            await send(message)

        await self._app(scope, receive, send_with_headers)
