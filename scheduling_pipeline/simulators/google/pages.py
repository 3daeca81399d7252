"""Simulated Google Calendar for people: what stands in which calendar, as plain tables."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.google.errors import GoogleError
from scheduling_pipeline.simulators.google.grants import Grants
from scheduling_pipeline.simulators.google.service import Handler
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.wire import Call

Entry = dict[str, Any]


class Pages:
    """The pages, with their routes. They ask the API itself, as the account that they show."""

    def __init__(
        self,
        api: Handler,
        grants: Grants,
        settings: Settings,
        clock: SimulatedClock,
        templates: Jinja2Templates,
    ) -> None:
        self._api = api
        self._grants = grants
        self._settings = settings
        self._clock = clock
        self._templates = templates

    @property
    def routes(self) -> list[Route]:
        return [Route("/", self._calendars), Route("/view/{email}/{calendar:path}", self._events)]

    async def _calendars(self, request: Request) -> Response:
        accounts = [
            (email, list(self._all(email, "/users/me/calendarList")))
            for email in (*self._grants.accounts(), self._settings.service_account)
        ]
        context = {"accounts": accounts, "now": self._clock.now()}
        return self._templates.TemplateResponse(request, "calendars.html", context)

    async def _events(self, request: Request) -> Response:
        email, calendar = request.path_params["email"], request.path_params["calendar"]
        path = f"/calendars/{quote(calendar, safe='')}"
        try:
            found = self._get(email, path)
            events = list(self._all(email, f"{path}/events", showDeleted="true"))
        except GoogleError as error:
            return Response(error.message, error.status, media_type="text/plain")
        events.sort(key=_begin)
        rows = [{**event, "begins": _shown(event, "start"), "ends": _shown(event, "end")} for event in events]
        context = {"email": email, "calendar": found, "events": rows}
        return self._templates.TemplateResponse(request, "events.html", context)

    def _all(self, email: str, path: str, **query: str) -> Iterator[Entry]:
        page: str | None = ""
        while page is not None:
            answer = self._get(email, path, **query, **({"pageToken": page} if page else {}))
            yield from answer["items"]
            page = answer.get("nextPageToken")

    def _get(self, email: str, path: str, **query: str) -> Entry:
        call = Call("GET", path, {name: [value] for name, value in query.items()}, {}, None, email)
        return self._api.handle(call).body or {}


def _shown(event: Entry, end: str) -> str:
    """When an event begins or ends, as people write it; whole days end with their last one."""
    moment = event.get(end, {})
    if "dateTime" in moment:
        return f"{datetime.fromisoformat(moment['dateTime']):%a %d %b %Y, %H:%M}"
    if "date" in moment:
        day = date.fromisoformat(moment["date"]) - timedelta(days=end == "end")
        return f"{day:%a %d %b %Y}"
    return ""


def _begin(event: Entry) -> str:
    """The local wall time at which an event begins; one that was deleted may have none."""
    start = event.get("start", {})
    return str(start.get("dateTime", start.get("date", "")))
