"""The simulated planner on a port of its own, and a client that knows no more than what is on the wire."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from scheduling_pipeline.simulators.connection import BreakableHttp
from scheduling_pipeline.simulators.control import Control, SimulatedClock
from scheduling_pipeline.simulators.crossmark import CrossmarkSimulator, Location, Mplan, Rep, Settings, Store

STORE, OTHER_STORE = Location(100500, "Riverbend Club"), Location(100600, "Hillside Club")
ANN = Rep(100234, "US742301", "Ann", "Oakley-Moor", role="Event Specialist", hours=12.5)
BEN = Rep(99318, "US739027", "Ben", "Tarnfield")
EVENT, PARTNER, ELSEWHERE = 30000001, 30000002, 30000003
CALLS = "/planningextcontroller"
LISTING = f"{CALLS}/getPlanningMplans"
SCHEDULE = f"{CALLS}/scheduleMplanEvent"
UNSCHEDULE = f"{CALLS}/deleteScheduledMplanEvent"
REISSUE = "/pendingworkextcontroller/createPendingWork/"

Json = dict[str, Any]


_MPLAN = Mplan(
    EVENT,
    "606001-ACME-Peach Tea (260205000001)  - V2-CORE",
    STORE,
    start=date(2026, 3, 4),
    due=date(2026, 3, 18),
)


def mplan(number: int = EVENT, **changes: object) -> Mplan:
    """A Core event of two weeks from Wednesday on, with other fields as given."""
    return replace(_MPLAN, id=number, **changes)  # type: ignore[arg-type]


def form(**changes: str | None) -> dict[str, str]:
    """What the browser sends to schedule an event on Monday morning; a field changed to None is left out."""
    usual = {
        "ClassName": "MVScheduledmPlan",
        "RepID": str(ANN.id),
        "mPlanID": str(EVENT),
        "LocationID": str(STORE.id),
        "Start": "2026-03-09T09:45:00-04:00",
        "End": "2026-03-09T16:15:00-04:00",
        "hash": "",
        "v": "3.0.1",
        "PlanningOverride": "true",
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def search(name: str, *values: object) -> str:
    """The text of `searchFields` for one term, as the browser writes it."""
    item = {"id": 1, "value": values, "displayValue": values, "exactmatch": True, "allActive": False}
    return json.dumps({"searchTerms": {name: {"name": name, "title": name.title(), "items": [item]}}})


class Visitor:
    """Somebody with a browser's cookies, who follows redirects unless asked not to."""

    def __init__(self, url: str, timeout: float = 10) -> None:
        self.http = httpx.Client(
            base_url=url,
            follow_redirects=True,
            trust_env=False,
            timeout=timeout,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # plain http: reading the system's CAs takes time
        )

    def login(self, **changes: str) -> httpx.Response:
        usual = {
            "UserType": "MVEntityUser",
            "UserID": Settings.user,
            "Password": Settings.password,
            "Timezone": "America/Indianapolis",
        }
        return self.http.post("/login/authenticate", json=usual | changes)

    def listing(self, **query: str | int) -> Json:
        usual: dict[str, str | int] = {"_dc": 1, "showAllActive": "false", "searchFilter": "", "page": 1}
        answer: Json = self.http.get(LISTING, params={**usual, "start": 0, "limit": 5000, **query}).json()
        return answer

    def row(self, number: int = EVENT) -> Json:
        """An event as the listing has it."""
        (found,) = self.listing(searchFields=search("mPlanID", number), limit=1)["mplans"]
        row: Json = found
        return row

    def schedule(self, **changes: str | None) -> Json:
        answer: Json = self.http.post(SCHEDULE, data=form(**changes)).json()
        return answer

    def scheduled(self, **changes: str | None) -> int:
        """Schedule an event; its schedule id."""
        number: int = self.schedule(**changes)["MVScheduledEvent"]["ID"]
        return number

    def unschedule(self, number: object) -> Json:
        answer: Json = self.http.post(UNSCHEDULE, data={"id": str(number)}).json()
        return answer

    def reissue(self, schedule: int, due: str = "2026-03-25", **changes: str) -> Json:
        usual = {
            "workLogEntryID": str(schedule),
            "storeID": str(STORE.id),
            "mPlanID": str(EVENT),
            "reissueBulkJson": "[]",
            "action": "reissue",
            "includeResponses": "false",
            "pendingWorkReasonComments": "",
            "public": "true",
            "excludeReps": "false",
            "excludedRepIDs": "[]",
            "overrideReps": "true",
            "overriddenRepIDs": f"[{ANN.id}]",
            "expirationDate": f"{due}T00:00:00",
            "additionalEmail": "",
        }
        answer: Json = self.http.post(REISSUE, data=usual | changes).json()
        return answer

    def condition(self, number: int = EVENT, store: int = STORE.id) -> Json:
        asked = {"mPlanID": str(number), "storeID": str(store)}
        answer: Json = self.http.post(f"{CALLS}/getmPlanLocationCondition", data=asked).json()
        return answer

    def available(self, days: str) -> Json:
        files = {"project": (None, days)}
        reps: Json = self.http.post("/schedulingcontroller/getAvailableReps", files=files).json()["reps"]
        return reps


class PlannerSite:
    """A running planner: `url`, and the simulator to steer it."""

    def __init__(self, url: str, simulator: CrossmarkSimulator) -> None:
        self.url = url
        self.simulator = simulator
        self.control = simulator.control
        self.clock = simulator.control.clock

    def visitor(self, timeout: float = 10) -> Visitor:
        return Visitor(self.url, timeout)

    def effects(self) -> list[Mapping[str, Any]]:
        """What took effect, in the words of the journal."""
        return [call["effect"] for call in self.control.journal() if call["effect"]]


@contextmanager
def served(folder: Path, store: Store, settings: Settings | None = None) -> Iterator[PlannerSite]:
    """The planner of that store; state, clock and journal are in `folder`."""
    simulator = CrossmarkSimulator(
        Control("crossmark", folder, SimulatedClock(folder / "clock")), folder, store, settings
    )
    config = uvicorn.Config(
        simulator.app, http=BreakableHttp, log_level="error", lifespan="off", server_header=False
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield PlannerSite(f"http://127.0.0.1:{listener.getsockname()[1]}", simulator)
        finally:
            server.should_exit = server.force_exit = True
            thread.join()
            simulator.close()
