"""The simulated booking site on a port of its own, and a visitor who reads its pages."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast

import httpx
import uvicorn
from lxml import html
from lxml.html import HtmlElement

from scheduling_pipeline.simulators.control import Control, SimulatedClock
from scheduling_pipeline.simulators.school import School, SiteLesson
from scheduling_pipeline.simulators.school.model import ZURICH
from scheduling_pipeline.simulators.sparksource import SiteSettings, create_app

PASSWORD = "open sesame"
SETTINGS = SiteSettings(password=PASSWORD)
MONDAY = date(2026, 3, 2)  # the simulated current week
ENGLISH, FRENCH = "57", "100"

_LESSON = SiteLesson(
    agenda=ENGLISH,
    asid="0879034",
    start=datetime(2026, 3, 2, 9, tzinfo=ZURICH),
    end=datetime(2026, 3, 2, 10, 30, tzinfo=ZURICH),
    code="VAD",
    title="VIP Adults",
    room="SFS1*",
    occupied=2,
    online=False,
    teacher="Ana MARTEL",
)


def lesson(asid: str = "0879034", *, days: int = 0, hours: int = 0, **changes: object) -> SiteLesson:
    """A lesson on the first Monday at nine, or that much later, with other fields as given."""
    later = timedelta(days=days, hours=hours)
    moved = replace(_LESSON, asid=asid, start=_LESSON.start + later, end=_LESSON.end + later)
    return replace(moved, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Week:
    """A grid as a visitor sees it. `booked` are the attributes of each booked cell, with its `text`."""

    agenda: str
    headers: list[str]
    rooms: list[str]
    booked: list[dict[str, str]]

    @property
    def asids(self) -> set[str]:
        return {cell["data-asid"] for cell in self.booked}


class Visitor:
    """Somebody with a browser. Follows redirects and keeps cookies."""

    def __init__(self, url: str, cookies: httpx.Cookies | None = None) -> None:
        self.http = httpx.Client(
            base_url=url,
            follow_redirects=True,
            trust_env=False,
            timeout=10,
            cookies=cookies,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # plain http: reading the system's CAs takes time
        )

    def login(self, password: str = PASSWORD) -> httpx.Response:
        return self.http.post("/login/do_login", data={"username": "planner", "password": password})

    def choose(self, agenda: str) -> Week:
        return read_week(self.http.post("/ffdates/set_agenda", data={"set_agenda": agenda}))

    def week(self, day: date | None = None) -> Week:
        """The grid of the week of that day; without one, what the dateless address shows."""
        return read_week(self.open_week(day))

    def open_week(self, day: date | None = None) -> httpx.Response:
        dated = f"/{day:%Y/%m/%d}/" if day else ""
        return self.http.get(f"/ffdates/week/booking{dated}")

    def details(self, asid: str) -> httpx.Response:
        return self.http.get(f"/ffdates/list_attendees/{asid}/")

    def teacher(self, asid: str) -> str | None:
        """The teacher, read by a regular expression that allows plain text only."""
        pattern = r"<td[^>]*>\s*<span[^>]*>\s*Teacher\s*</span>\s*</td>\s*<td[^>]*>([^<]+)</td>"
        found = re.search(pattern, self.details(asid).text)
        return found.group(1).strip() if found else None


class BookingSite:
    """A running site: `url`, and `control` to steer it."""

    def __init__(self, url: str, control: Control) -> None:
        self.url = url
        self.control = control

    def visitor(self, cookies: httpx.Cookies | None = None) -> Visitor:
        return Visitor(self.url, cookies)


@contextmanager
def served(folder: Path, school: School, settings: SiteSettings = SETTINGS) -> Iterator[BookingSite]:
    """The site of that school; sessions, clock and journal are in `folder`."""
    control = Control("sparksource", folder, SimulatedClock(folder / "clock"))
    app = create_app(control, school, settings)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield BookingSite(f"http://127.0.0.1:{listener.getsockname()[1]}", control)
        finally:
            server.should_exit = server.force_exit = True
            thread.join()


def is_login_form(answer: httpx.Response) -> bool:
    page = parse(answer)
    fields = ("//*[@id='username']", "//*[@id='password']", "//button[@type='submit']")
    return answer.status_code == 200 and all(elements(page, field) for field in fields)


def read_week(answer: httpx.Response) -> Week:
    page = parse(answer)
    cells = elements(page, "//table[@id='week']//td[contains(@class, 'booking-cell-reserved')]")
    return Week(
        agenda=texts(page, "//select[@name='set_agenda']/option[@selected]/@value")[0],
        headers=texts(page, "//table[@id='week']//tr[@class='day-header']/th/text()"),
        rooms=texts(page, "(//table[@class='booking'])[1]//th[@class='booking-header']/span/text()"),
        booked=[{**dict(cell.items()), "text": cell.text_content()} for cell in cells],
    )


def parse(answer: httpx.Response) -> HtmlElement:
    return html.document_fromstring(answer.text)


def elements(node: HtmlElement, path: str) -> list[HtmlElement]:
    return cast("list[HtmlElement]", node.xpath(path))


def texts(node: HtmlElement, path: str) -> list[str]:
    """The texts or attribute values that an XPath leads to."""
    return [str(found) for found in cast("list[str]", node.xpath(path))]
