"""The Google simulator as an ASGI application: HTTP before the service, identity, pages."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.templating import Jinja2Templates
from starlette.types import Receive, Scope, Send

from scheduling_pipeline.simulators.connection import break_connection
from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.google import messages, scopes
from scheduling_pipeline.simulators.google.calendar import Calendars
from scheduling_pipeline.simulators.google.codes import Codes
from scheduling_pipeline.simulators.google.consent import Consent
from scheduling_pipeline.simulators.google.errors import NoAnswer
from scheduling_pipeline.simulators.google.grants import Grants
from scheduling_pipeline.simulators.google.identity import Identity
from scheduling_pipeline.simulators.google.keys import ServiceAccountKey
from scheduling_pipeline.simulators.google.pages import Pages
from scheduling_pipeline.simulators.google.quota import Quota
from scheduling_pipeline.simulators.google.service import ROOT, Service
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.store import Store


class GoogleSimulator:
    """The simulated Google: `app` to serve, `control` and `settings` to steer it.

    `folder` keeps its state and the service account's key, of which `write_key_file` makes a file.
    """

    def __init__(self, control: Control, folder: Path, settings: Settings | None = None) -> None:
        self.control = control
        self.settings = settings or Settings()
        self._store = Store(folder / "google.db")
        self._grants = Grants(folder / "google-identity.db")
        self._key = ServiceAccountKey.kept_at(folder / "google-service-account.json")
        codes = Codes()
        calendars = Calendars(self._store, control.clock, self.settings)
        identity = Identity(self._grants, codes, self.settings, control, self._key.public)
        self._service = Service(control, calendars, self._grants, identity, Quota(self.settings))
        templates = Jinja2Templates(Path(__file__).parent / "templates")
        pages = Pages(calendars, self._grants, self.settings, control.clock, templates)
        self.app = Starlette(
            routes=[
                Route("/control/settings", self._change_settings, methods=["GET", "PUT"]),
                Route("/control/consent", self._consent, methods=["POST"]),
                Route("/control/revoke", self._revoke, methods=["POST"]),
                *control.routes,
                Mount(ROOT, app=self._api),
                Mount("/batch", app=self._api),
                *identity.routes,
                *Consent(self._grants, codes, self.settings, templates).routes,
                *pages.routes,
            ]
        )

    def write_key_file(self, origin: str) -> Path:
        """The service account's key file, for a simulator that is served at `origin`."""
        self._key.write(self.settings.service_account, origin)
        return self._key.path

    def close(self) -> None:
        """Release the files."""
        self._store.close()
        self._grants.close()

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; what it changed is on disk before the answer leaves."""
        response: messages.Response | None = None
        with suppress(NoAnswer):
            response = await self._service.answer(await _read(Request(scope, receive)))
        self._store.commit()
        self.control.flush()
        if response is None:
            await break_connection(scope, receive)
        else:
            await _send(response, send)

    async def _change_settings(self, request: Request) -> Response:
        if request.method == "PUT":
            self.settings.change(await request.json())
        return JSONResponse(self.settings.to_json())

    async def _consent(self, request: Request) -> Response:
        asked = await request.json()
        email = str(asked["email"]).lower()
        if not email.endswith(f"@{self.settings.domain}"):
            return JSONResponse({"error": "no such account"}, 404)
        granted = frozenset(asked.get("scopes", [scopes.CALENDAR]))
        return JSONResponse({"refresh_token": self._grants.consent(email, granted)})

    async def _revoke(self, request: Request) -> Response:
        self._grants.revoke(str((await request.json())["email"]).lower())
        return JSONResponse({})


async def _read(request: Request) -> messages.Request:
    return messages.Request(
        request.method,
        request.scope["raw_path"].decode(),
        messages.parse_query(request.scope["query_string"].decode()),
        {name.decode().lower(): value.decode("latin-1") for name, value in request.scope["headers"]},
        await request.body(),
    )


async def _send(response: messages.Response, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
