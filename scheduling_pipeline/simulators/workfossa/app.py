"""The WorkFossa simulator as an ASGI application: HTTP before the service, and the page about the demo."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from scheduling_pipeline.simulators.connection import withhold
from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.workfossa import wire
from scheduling_pipeline.simulators.workfossa.fixed import FixedOrders
from scheduling_pipeline.simulators.workfossa.model import Orders
from scheduling_pipeline.simulators.workfossa.pages import Pages
from scheduling_pipeline.simulators.workfossa.service import NoAnswer, Service
from scheduling_pipeline.simulators.workfossa.sessions import COOKIE, Sessions
from scheduling_pipeline.simulators.workfossa.settings import Settings
from scheduling_pipeline.simulators.workfossa.site import Site

_HEADERS = {"cache-control": "no-cache, private"}


class WorkFossaSimulator:
    """The simulated site: `app` to serve, `control` and `settings` to steer it, `orders` to look into it.

    `folder` keeps its sessions.
    """

    def __init__(
        self,
        control: Control,
        folder: Path,
        orders: Orders | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.control = control
        self.settings = settings or Settings()
        self.orders: Orders = orders or FixedOrders()
        self._sessions = Sessions(folder / "workfossa-sessions.db", self.settings)
        self._pages = Pages()
        site = Site(self.orders, control.clock, self.settings, self._pages)
        self._service = Service(control, self.orders, self._sessions, self.settings, self._pages, site)
        self.app = Starlette(
            routes=[
                Route("/control/settings", self._change_settings, methods=["GET", "PUT"]),
                Route("/control/orders", self._orders),
                *control.routes,
                Route("/demo", self._demo),
                Mount("/static", StaticFiles(directory=Path(__file__).with_name("static"))),
                Mount("/", app=self._site),
            ],
            middleware=[Middleware(GZipMiddleware, minimum_size=1000)],
        )

    def close(self) -> None:
        """Release the files."""
        self._sessions.release()

    async def _site(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        try:
            reply = await self._service.answer(await wire.read(request, COOKIE))
        except NoAnswer as silence:
            await withhold(scope, receive, silence.seconds)
            return
        await asyncio.sleep(reply.delay)
        response = HTMLResponse(reply.text, reply.status, _HEADERS | reply.headers)
        await response(scope, receive, send)

    async def _demo(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        return HTMLResponse(self._pages.demo(self.orders, self.control.clock.now()))

    async def _change_settings(self, request: Request) -> Response:
        if request.method == "PUT":
            self.settings.change(await request.json())
        return JSONResponse(self.settings.to_json())

    async def _orders(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        """What each account has now: id, store, day of the visit, and whether it is completed."""
        now = self.control.clock.now()
        return JSONResponse(
            {
                account.email: [
                    {
                        "id": order.id,
                        "store": order.location.number,
                        "day": order.visit.day.isoformat() if order.visit else None,
                        "completed": order.completed,
                    }
                    for order in self.orders.orders(account.email, now)
                ]
                for account in self.orders.accounts
            }
        )
