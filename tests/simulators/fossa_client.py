"""The simulated WorkFossa on a port of its own, and a visitor who knows no more than what its pages show."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import uvicorn
from lxml.html import HtmlElement

from scheduling_pipeline.simulators.connection import BreakableHttp
from scheduling_pipeline.simulators.control import Control, Fault, SimulatedClock
from scheduling_pipeline.simulators.workfossa import (
    Account,
    Contact,
    Customer,
    Dispenser,
    Item,
    Location,
    Orders,
    Settings,
    Visit,
    WorkFossaSimulator,
    WorkOrder,
)
from scheduling_pipeline.simulators.workfossa.fixed import OWNER
from scheduling_pipeline.simulators.workfossa.listing import COMPLETED, OPEN
from tests.simulators.booking_site import elements, parse

LIST, ROWS = "/app/work/list", "/app/work/list/rows"
PLACE, EQUIPMENT = "/app/customers/locations/51001/", "/app/customers/locations/51001/equipment"
CALIBRATION = Item("Meter Calibration", 8, "All Dispensers", "2861")
DISPENSERS = (
    Dispenser(
        (1, 2), ("Regular", "Plus", "Diesel"), "Gilbarco", "Encore 700", "AB00012345", "0417", 2, "Ecometer"
    ),
    Dispenser((3, 4), ("0126", "0135"), "Gilbarco", "Encore 700", "AB00012346", "0418", 2, "Electronic"),
)

_STORE = Location(
    51_001,
    Customer(4101, "Halewood Fuel Stops"),
    "4936",
    "Eastvale Plaza",
    "399 Route 88",
    "Eastvale",
    "VA",
    "27227",
    cross_street="at Old Ferry Road",
    county="Pinehurst County",
    dispensers=DISPENSERS,
)
_VISIT = Visit(2_110_001, date(2026, 3, 5), due=date(2026, 3, 12))
_ORDER = WorkOrder(
    110_001,
    _STORE,
    (CALIBRATION,),
    _VISIT,
    datetime(2026, 2, 9, 14, 12, tzinfo=UTC),
    "Ida Larkmoor",
    "Annual calibration",
    Contact("Rowan Eastlake", "A-16840", "Compliance", "188-21", "Net 30"),
)


def store(**changes: object) -> Location:
    """The one store, with other fields as given."""
    return replace(_STORE, **changes)  # type: ignore[arg-type]


def order(number: int = 110_001, /, **changes: object) -> WorkOrder:
    """An order at the store with a visit on Thursday, with other fields as given."""
    visit = replace(_VISIT, id=number + 2_000_000)
    return replace(_ORDER, id=number, **{"visit": visit, **changes})  # type: ignore[arg-type]


def orders(count: int) -> list[WorkOrder]:
    return [order(110_001 + n) for n in range(count)]


def visit(**changes: object) -> Visit:
    """That visit, with other fields as given."""
    return replace(_VISIT, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Rows:
    """What the list's script gets: the rows, and whether the anchors are at an end."""

    rows: list[HtmlElement]
    first: bool
    last: bool

    @property
    def ids(self) -> list[int]:
        """Of the orders, from the class of their rows."""
        found = (re.search(r"\bw-(\d+)\b", row.get("class", "")) for row in self.rows)
        return [int(match[1]) for match in found if match]


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

    def login(self, account: Account = OWNER, /, **changes: str) -> httpx.Response:
        """Fill in the form of the first page and send it."""
        form = {
            "_token": token_of(self.http.get("/")),
            "email": account.email,
            "password": account.password,
            "remember": "1",
        }
        return self.http.post("/login", data=form | changes)

    def rows(self, **query: str | int) -> Rows:
        fragment = elements(parse(self.http.get(ROWS, params=query)), "//div[@class='fragment']")[0]
        return Rows(
            elements(fragment, ".//div[contains(@class, 'work-list-item')]"),
            "data-first" in fragment.attrib,
            "data-last" in fragment.attrib,
        )

    def open(self) -> list[int]:
        """All open orders, page by page."""
        return self._all(OPEN)

    def completed(self) -> list[int]:
        return self._all(COMPLETED)

    def _all(self, completion: str) -> list[int]:
        found: list[int] = []
        for page in range(1, 100):
            shown = self.rows(work_visit_completion=completion, limit=100, page=page)
            found += shown.ids
            if shown.last:
                return found
        raise AssertionError("the list has no end")


class FossaSite:
    """A running site: `url`, and the simulator to steer it."""

    def __init__(self, url: str, simulator: WorkFossaSimulator) -> None:
        self.url = url
        self.settings = simulator.settings
        self.control = simulator.control
        self.clock = simulator.control.clock

    def visitor(self, timeout: float = 10) -> Visitor:
        return Visitor(self.url, timeout)

    def arm(self, kind: str, match: str = ROWS + "$", /, **params: object) -> None:
        """The next request that matches is struck."""
        self.control.arm(Fault(kind, match, params=params))


@contextmanager
def served(
    folder: Path, source: Orders | None = None, settings: Settings | None = None
) -> Iterator[FossaSite]:
    """The site with those orders; sessions, clock and journal are in `folder`. It loads without delay."""
    simulator = WorkFossaSimulator(
        Control("workfossa", folder, SimulatedClock(folder / "clock")),
        folder,
        source,
        settings or Settings(loading_seconds=0),
    )
    config = uvicorn.Config(
        simulator.app, http=BreakableHttp, log_level="error", lifespan="off", server_header=False
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield FossaSite(f"http://127.0.0.1:{listener.getsockname()[1]}", simulator)
        finally:
            server.should_exit = server.force_exit = True
            thread.join()
            simulator.close()


def token_of(answer: httpx.Response) -> str:
    """The token in a login form."""
    (field,) = elements(parse(answer), "//form[@name='login']//input[@name='_token']")
    return str(field.get("value"))


def is_login_form(answer: httpx.Response) -> bool:
    page = parse(answer)
    return answer.status_code == 200 and bool(
        elements(page, "//body[@id='home']//form[@name='login']//input[@type='password']")
    )


def is_logged_in(answer: httpx.Response) -> bool:
    return answer.status_code == 200 and bool(elements(parse(answer), "//*[@class='user-menu']/button"))
