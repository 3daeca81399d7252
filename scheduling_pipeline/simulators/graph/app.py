"""The Graph simulator as an ASGI application: HTTP before the service, identity, pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from scheduling_pipeline.simulators.connection import end_connection, withhold
from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.graph.directory import Directory
from scheduling_pipeline.simulators.graph.drive import Drive
from scheduling_pipeline.simulators.graph.errors import GraphError, NoAnswer, bad_request
from scheduling_pipeline.simulators.graph.identity import Identity
from scheduling_pipeline.simulators.graph.pages import Pages
from scheduling_pipeline.simulators.graph.service import Service
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.sharepoint import SharePoint
from scheduling_pipeline.simulators.graph.store import Store
from scheduling_pipeline.simulators.graph.wire import Call, Reply
from scheduling_pipeline.simulators.reports.model import Drops
from scheduling_pipeline.simulators.school import Account

VERSION = "/v1.0"
_JSON = b"application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


class GraphSimulator:
    """The simulated tenant: `app` to serve, `control` and `settings` to steer it."""

    def __init__(
        self,
        control: Control,
        folder: Path,
        accounts: Iterable[Account],
        settings: Settings | None = None,
        drops: Drops | None = None,
    ) -> None:
        self.control = control
        self.settings = settings or Settings()
        self._store = Store(folder / "graph.db")
        self._directory = Directory(accounts, self.settings)
        self._identity = Identity(self._store, self.settings, control)
        self._sharepoint = SharePoint(control, folder / "drive", self.settings, drops)
        self._service = Service(
            control, self.settings, self._store, self._directory, self._identity, self._sharepoint
        )
        pages = Pages(self._store, self._directory, control.clock)
        self.app = Starlette(
            routes=[
                Route("/control/settings", self._change_settings, methods=["GET", "PUT"]),
                Route("/control/move", self._move, methods=["POST"]),
                *control.routes,
                Mount(VERSION, app=self._graph),
                *self._sharepoint.routes,
                *pages.routes,
                *self._identity.routes,
            ]
        )

    def close(self) -> None:
        """Release the files."""
        self._store.close()
        self._sharepoint.close()

    @property
    def drive(self) -> Drive:
        """The document libraries, to put files in."""
        return self._sharepoint.drive

    async def _graph(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; what it changed is on disk before the answer leaves."""
        request = Request(scope, receive)
        reply: Reply | None = None
        silence = 0.0
        try:
            reply = await self._answer(request)
        except NoAnswer as withheld:
            silence = withheld.seconds
        self._store.commit()
        self.control.flush()
        if reply is None:
            await withhold(scope, receive, silence)
            return
        await _send(reply, send)
        if reply.share < 1:
            await end_connection(scope, receive)

    async def _answer(self, request: Request) -> Reply:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in request.scope["headers"]}
        raw = await request.body()
        path = request.scope["raw_path"].decode().removeprefix(VERSION) or "/"
        query = dict(parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True))
        base = f"{request.url.scheme}://{headers.get('host', 'localhost')}{VERSION}"
        call = Call(request.method, path, query, headers, None, base)
        try:
            self._identity.check(headers.get("authorization", ""))
            call.body = orjson.loads(raw) if raw else None
        except GraphError as error:
            return self._service.refused(call, error)
        except orjson.JSONDecodeError:
            return self._service.refused(
                call, bad_request("Unable to read JSON request payload.", "BadRequest")
            )
        return await self._service.answer(call)

    async def _change_settings(self, request: Request) -> Response:
        if request.method == "PUT":
            self.settings.change(await request.json())
        return JSONResponse(self.settings.to_json())

    async def _move(self, request: Request) -> Response:
        asked = await request.json()
        user = self._directory.find(asked["mailbox"])
        if user is None:
            return JSONResponse({"error": "no such mailbox"}, 404)
        self._service.outlook.move(self._store.mailbox(user.id), asked["event"], asked["calendar"])
        self._store.commit()
        return JSONResponse({})


async def _send(reply: Reply, send: Send) -> None:
    body = b"" if reply.body is None else orjson.dumps(reply.body)
    headers = [(name.lower().encode(), value.encode()) for name, value in reply.headers.items()]
    if reply.body is not None:
        headers.append((b"content-type", _JSON))
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    sent = int(len(body) * reply.share)
    await send({"type": "http.response.body", "body": body[:sent], "more_body": sent < len(body)})
