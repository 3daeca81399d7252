"""What lies between the wire and the site: its slowness, its bad answers, and the journal of all requests."""

from __future__ import annotations

import asyncio

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.sparksource.sessions import Session

LOGIN, SET_AGENDA = "/login/do_login", "/ffdates/set_agenda"
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_READ_ONLY_CLIENTS_MAY = {("POST", LOGIN), ("POST", SET_AGENDA)}


class Recorder:
    """ASGI middleware. The journal has method, path, status, agenda and week; no form fields, no cookies."""

    def __init__(self, app: ASGIApp, control: Control) -> None:
        self._app = app
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/control/"):
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]

        async def note_and_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"])
            await send(message)

        await asyncio.sleep(self._control.latency)
        if fault := self._control.fault(method, path, "http"):
            headers = (
                {"Retry-After": str(fault.params["retry_after"])} if "retry_after" in fault.params else None
            )
            answer = PlainTextResponse("", int(fault.params.get("status", 503)), headers)
            await answer(scope, receive, note_and_send)
        else:
            await self._app(scope, receive, note_and_send)

    def _note(self, scope: Scope, status: int) -> None:
        """Write a request down before its answer leaves, so that whoever has the answer finds it noted."""
        method, path = scope["method"], scope["path"]
        session: Session | None = scope.get("state", {}).get("session")
        self._control.record(
            {
                "method": method,
                "path": path,
                "status": status,
                "agenda": session.agenda if session else None,
                "week": session.week.isoformat() if session else None,
                "forbidden": method in _WRITES and (method, path) not in _READ_ONLY_CLIENTS_MAY,
            }
        )
        self._control.flush()
