"""A planner's site for tests: it answers what it is told to, and notes what it is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import httpx
import orjson

from resources.crossmark_planner import CrossmarkPlanner
from resources.crossmark_session import COOKIE, CrossmarkSession
from resources.crossmark_wire import Json
from resources.patience import Patience
from scheduling_pipeline.roster.ids import LocationId, MplanId, RepId, ScheduleId
from scheduling_pipeline.roster.planner import Visit

BASE = "https://planner.example"
USER = "demo.manager"
PASSWORD = "a secret & more"
ZONE = ZoneInfo("America/Indiana/Indianapolis")

AUTHENTICATE = "/login/authenticate"
USER_INFO = "/users/getUserInfo"
LISTING = "/planningextcontroller/getPlanningMplans"
SCHEDULE = "/planningextcontroller/scheduleMplanEvent"
UNSCHEDULE = "/planningextcontroller/deleteScheduledMplanEvent"
REPS = "/schedulingcontroller/getAvailableReps"

REP, EVENT, STORE, ENTRY = RepId(100234), MplanId(30000001), LocationId(100500), ScheduleId(40000001)
LOGIN_FORM = '<html><form action="/login"><input name="p" type="password"></form></html>'

Answer = Callable[[httpx.Request], httpx.Response]


def page(body: Json | list[Any] | str, status: int = 200, **headers: str) -> Answer:
    """Whatever it is, the site calls it a page."""
    content = body.encode() if isinstance(body, str) else orjson.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(
        status, content=content, headers={"content-type": 'text/html; charset="utf-8"', **named}
    )


def redirect(to: str) -> Answer:
    return page("", 302, location=to)


def fails(error: type[httpx.RequestError]) -> Answer:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("broken", request=request)

    return fail


def row(**changes: object) -> Json:
    """An event as the site lists it."""
    return {
        "mPlanID": str(EVENT),
        "name": "606001-ACME-Peach Tea (250815000001)  - V2-CORE",
        "startDate": "03/02/2026",
        "endDate": "03/15/2026",
        "condition": "Unstaffed",
        "storeID": str(STORE),
        "storeName": "Store 5001",
        "scheduleDate": "",
        "scheduleRepID": "",
        "scheduleEventID": "",
        "staffedReps": "",
        "salesTools": [{"salesToolURL": "https://documents.example/1.pdf"}],
        **changes,
    }


def visit(start: str = "2026-03-04T09:45", end: str = "2026-03-04T16:15", **changes: Any) -> Visit:  # noqa: ANN401
    """A visit by store time."""
    begin, finish = (datetime.fromisoformat(text).replace(tzinfo=ZONE) for text in (start, end))
    values = {"mplan_id": EVENT, "location_id": STORE, "rep_id": REP, "start": begin, "end": finish}
    return Visit(**{**values, **changes})


def echo(**changes: object) -> Json:
    """What the site answers to the usual visit: in UTC, and numbers sometimes text."""
    event = {
        "ClassName": "MVScheduledmPlan",
        "Start": "2026-03-04T14:45:00+00:00",
        "End": "2026-03-04T21:15:00+00:00",
        "CreatorID": "10001",
        "RepID": REP,
        "mPlanID": str(EVENT),
        "LocationID": STORE,
        "ID": ENTRY,
        **changes,
    }
    return {"ok": 1, "MVScheduledEvent": event, "repName": "Ada Winter"}


class Site:
    """Answers by path, the last one of a path from then on. Signing in works unless told otherwise."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: defaultdict[str, list[Answer]] = defaultdict(list)
        self._sessions = 0
        self.on(USER_INFO, page({"username": USER}))
        self.on(LISTING, page({"total": 1, "mplans": [row()]}))

    def on(self, path: str, *answers: Answer) -> None:
        self._answers[path] = list(answers)

    def asked(self, path: str) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.path == path]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answers = self._answers[request.url.path]
        if not answers and request.url.path == AUTHENTICATE:
            self._sessions += 1
            cookie = f"{COOKIE}=session{self._sessions}; path=/; HttpOnly"
            return page({"redirectUrl": "/planning/"}, set_cookie=cookie)(request)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return answer(request)


def session(site: Answer, **changes: Any) -> CrossmarkSession:  # noqa: ANN401 - what the class takes
    values: dict[str, Any] = {
        "base_url": BASE,
        "username": USER,
        "password": PASSWORD,
        "zone": ZONE.key,
        "session_seconds": 3600,
        "patience": Patience(3, 60),
    }
    http = httpx.Client(transport=httpx.MockTransport(site))
    return CrossmarkSession(http, **{**values, **changes})


def planner(site: Answer, **changes: Any) -> CrossmarkPlanner:  # noqa: ANN401 - what the session takes
    return CrossmarkPlanner(session(site, **changes), ZONE)


def form(request: httpx.Request) -> dict[str, str]:
    found = parse_qs(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    return {name: values[0] for name, values in found.items()}
