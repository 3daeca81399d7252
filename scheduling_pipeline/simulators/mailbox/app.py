"""The simulated channels as an ASGI application, beside the mail server that shares their store."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP
from jinja2 import Environment, PackageLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from scheduling_pipeline.simulators.connection import break_connection
from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.mailbox.mail import mail_protocol
from scheduling_pipeline.simulators.mailbox.pushover import key_errors, message_errors
from scheduling_pipeline.simulators.mailbox.settings import Settings
from scheduling_pipeline.simulators.mailbox.store import Message, Store

_FAULTS = ("http", "lose_request", "drop_reply")
_WORKFLOW = "/workflows/{workflow}/triggers/manual/paths/invoke"


class MailboxSimulator:
    """`app` is to be served over https, `mail` over a plain socket; `messages` says what arrived.

    The faults of the http calls are `http` (an answer with `status`), `lose_request` and `drop_reply`.
    """

    def __init__(self, control: Control, folder: Path, settings: Settings | None = None) -> None:
        self.control = control
        self.settings = settings or Settings()
        self._store = Store(folder / "mailbox.db")
        self._templates = Environment(
            loader=PackageLoader("scheduling_pipeline.simulators.mailbox"), autoescape=True
        )
        self.app = Starlette(
            routes=[
                Route("/1/messages.json", self._pushover_message, methods=["POST"]),
                Route("/1/users/validate.json", self._pushover_keys, methods=["POST"]),
                Route(_WORKFLOW, self._teams, methods=["POST"]),
                Route("/control/settings", self._change_settings, methods=["GET", "PUT"]),
                Route("/control/messages", self._listed),
                *control.routes,
                Route("/", self._page),
            ]
        )

    @property
    def messages(self) -> list[Message]:
        """What arrived, oldest first."""
        return self._store.messages()

    def mail(self) -> SMTP:
        """The protocol of a connection to the mail server, for `loop.create_server`."""
        return mail_protocol(self.control, self._store)

    def close(self) -> None:
        """Release the files."""
        self._store.release()

    async def _pushover_message(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        errors = key_errors(form, self.settings) or message_errors(form)
        if errors:
            return await self._answer(request, {**errors, "status": 0}, status=400)
        arrived = ("pushover", form["user"], form.get("title", ""), form["message"])
        extra = {"receipt": secrets.token_hex(15)} if form.get("priority") == "2" else {}
        return await self._answer(request, {"status": 1, **extra}, arrived=arrived)

    async def _pushover_keys(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if errors := key_errors(form, self.settings):
            return await self._answer(request, {**errors, "status": 0}, status=400)
        return await self._answer(
            request, {"status": 1, "group": 0, "devices": ["phone"], "licenses": ["Android"]}
        )

    async def _teams(self, request: Request) -> Response:
        known = request.path_params["workflow"] == self.settings.workflow
        if not known or request.query_params.get("sig") != self.settings.signature:
            refusal = {
                "error": {"code": "DirectApiAuthorizationRequired", "message": "The request is not allowed."}
            }
            return await self._answer(request, refusal, status=401)
        blocks = _card(await request.json())
        if not blocks:
            refusal = {"error": {"code": "InvalidRequestContent", "message": "There is no adaptive card."}}
            return await self._answer(request, refusal, status=400)
        title = next((text for name, text in blocks if name == "title"), "")
        body = "\n".join(text for name, text in blocks if name != "title")
        return await self._answer(
            request, None, status=202, arrived=("teams", self.settings.workflow, title, body)
        )

    async def _answer(
        self,
        request: Request,
        body: dict[str, Any] | None,
        *,
        status: int = 200,
        arrived: tuple[str, str, str, str] | None = None,
    ) -> Response:
        """The answer, with the fault that applies; a message that came through is kept before it leaves."""
        await asyncio.sleep(self.control.latency)
        path = request.url.path
        fault = self.control.fault("POST", path, *_FAULTS)
        if fault is None or fault.kind == "drop_reply":
            if arrived:
                self._store.add(self.control.clock.now(), *arrived)
        elif fault.kind == "http":
            status, body = int(fault.params.get("status", 503)), None
        self.control.record({"method": "POST", "path": path, "status": status})
        if fault is not None and fault.kind != "http":
            return _Silence()
        return (
            Response(status_code=status)
            if body is None
            else JSONResponse({**body, "request": secrets.token_hex(16)}, status)
        )

    async def _change_settings(self, request: Request) -> Response:
        if request.method == "PUT":
            self.settings.change(await request.json())
        return JSONResponse(self.settings.to_json())

    async def _listed(self, request: Request) -> Response:
        found = self._store.messages(int(request.query_params.get("since", 0)))
        return JSONResponse([{**asdict(one), "at": one.at.isoformat()} for one in found])

    async def _page(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        page = self._templates.get_template("messages.html")
        return HTMLResponse(page.render(messages=self.messages[::-1]))


class _Silence(Response):
    """No answer: the connection breaks."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's
        await break_connection(scope, receive)


def _card(payload: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - what a client sent
    """The texts of an adaptive card, each with its id; none where the payload has no card."""
    if not isinstance(payload, dict) or payload.get("type") != "message":
        return []
    return [
        (str(block.get("id", "")), str(block["text"]))
        for attachment in payload.get("attachments") or []
        if attachment.get("contentType") == "application/vnd.microsoft.card.adaptive"
        for block in attachment["content"].get("body", [])
        if block.get("type") == "TextBlock"
    ]
