"""The Crossmark simulator as an ASGI application: HTTP before the service, and the pages for people."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from scheduling_pipeline.simulators.connection import withhold
from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.crossmark import wire
from scheduling_pipeline.simulators.crossmark.book import Book
from scheduling_pipeline.simulators.crossmark.controllers import Controllers
from scheduling_pipeline.simulators.crossmark.fixed import FixedStore
from scheduling_pipeline.simulators.crossmark.model import Store
from scheduling_pipeline.simulators.crossmark.pages import Pages
from scheduling_pipeline.simulators.crossmark.planner import Planner
from scheduling_pipeline.simulators.crossmark.service import NoAnswer, Service
from scheduling_pipeline.simulators.crossmark.sessions import COOKIE, Sessions
from scheduling_pipeline.simulators.crossmark.settings import Settings


class CrossmarkSimulator:
    """The simulated planner: `app` to serve, `control` and `settings` to steer it, `planner` to look into it.

    `folder` keeps what was written to it and its sessions.
    """

    def __init__(
        self,
        control: Control,
        folder: Path,
        store: Store | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.control = control
        self.settings = settings or Settings()
        self._book = Book(folder / "crossmark.db")
        self._sessions = Sessions(folder / "crossmark-sessions.db", self.settings)
        self.planner = Planner(store or FixedStore(), self._book, control.clock, self.settings)
        self._pages = Pages(self.planner)
        controllers = Controllers(self.planner, self.settings)
        self._service = Service(control, controllers, self._book, self._sessions, self.settings, self._pages)
        self.app = Starlette(
            routes=[
                Route("/control/settings", self._change_settings, methods=["GET", "PUT"]),
                Route("/control/visits", self._visits),
                *control.routes,
                Route("/demo", self._demo),
                Mount("/", app=self._site),
            ],
            middleware=[Middleware(GZipMiddleware, minimum_size=1000)],
        )

    def close(self) -> None:
        """Release the files."""
        self._book.release()
        self._sessions.release()

    async def _site(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; what it changed is on disk before the answer leaves."""
        request = Request(scope, receive)
        try:
            reply = await self._service.answer(await wire.read(request, COOKIE))
        except NoAnswer as silence:
            await withhold(scope, receive, silence.seconds)
            return
        await asyncio.sleep(reply.delay)
        response = Response(
            reply.body, reply.status, wire.HEADERS | {"content-type": wire.HTML} | reply.headers
        )
        await response(scope, receive, send)

    async def _demo(self, request: Request) -> Response:
        return HTMLResponse(self._pages.planning(request.query_params))

    async def _change_settings(self, request: Request) -> Response:
        if request.method == "PUT":
            self.settings.change(await request.json())
        return JSONResponse(self.settings.to_json())

    async def _visits(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        """Who is sent where and when, of all events that somebody has, however they came to it."""
        return JSONResponse(
            [
                {
                    "schedule": entry.visit.id,
                    "mplan": entry.mplan.id,
                    "location": entry.mplan.location.id,
                    "rep": entry.visit.rep,
                    "start": wire.in_utc(entry.visit.start),
                    "end": wire.in_utc(entry.visit.end),
                    "condition": entry.condition.value,
                }
                for entry in self.planner.entries()
                if entry.visit
            ]
        )
