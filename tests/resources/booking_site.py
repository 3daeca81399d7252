"""A small simulated booking site in a thread, and a resource that reads it, for the browser tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn

from resources.sparksource import SparkSource
from scheduling_pipeline.simulators.control import Control, Fault, SimulatedClock
from scheduling_pipeline.simulators.school import FixedSchool, SiteLesson
from scheduling_pipeline.simulators.sparksource import SiteSettings, create_app
from scheduling_pipeline.timetable.model import Agenda, AgendaReading, Kind, Lesson

ZURICH = ZoneInfo("Europe/Zurich")
WEEKS = [date(2026, 3, 2) + timedelta(weeks=n) for n in range(6)]  # the first is the simulated current week
NOW = datetime(2026, 3, 2, 7, tzinfo=ZURICH)
PASSWORD = "correct-horse"


def agenda(key: str, site_id: str) -> Agenda:
    return Agenda(key, site_id, key.title(), "Lausanne", "WSE", Kind.PRIVATE, ZURICH, live=True)


ENGLISH = agenda("english", "57")
FRENCH = agenda("french", "100")


def booked(
    where: Agenda,
    asid: str,
    monday: date,
    day: int = 0,
    hour: int = 9,
    **changes: Any,  # noqa: ANN401 - fields of a SiteLesson
) -> SiteLesson:
    start = datetime.combine(monday, datetime.min.time(), ZURICH) + timedelta(days=day, hours=hour)
    values: dict[str, Any] = {
        "code": "VAD",
        "title": "VIP Adults",
        "room": "SFS1*",
        "occupied": 2,
        "online": False,
        "teacher": "Ana MARTEL",
    }
    end = start + timedelta(minutes=90)
    return SiteLesson(agenda=where.site_id, asid=asid, start=start, end=end, **(values | changes))


def as_read(where: Agenda, lesson: SiteLesson) -> Lesson:
    """What a reader should make of a lesson that the site shows."""
    return Lesson(
        agenda=where.key,
        asid=lesson.asid,
        dtstart=lesson.start,
        dtend=lesson.end,
        code=lesson.code,
        title=lesson.title,
        room=lesson.room,
        occupied=lesson.occupied,
        online=lesson.online,
        teacher=lesson.teacher,
    )


@dataclass
class CountingLease:
    """A lease that is lost from the renewal number `lost_at` on."""

    lost_at: int | None = None
    renewals: int = 0

    def renew(self) -> None:
        self.renewals += 1
        if self.lost_at is not None and self.renewals >= self.lost_at:
            raise LeaseLostError


class LeaseLostError(Exception):
    """Somebody else has the login by now."""


class Site:
    """The simulator on a port of its own, until `stop`."""

    def __init__(self, folder: Path, lessons: Sequence[SiteLesson] = ()) -> None:
        self.control = Control("sparksource", folder, SimulatedClock(folder / "clock", NOW))
        self.folder = folder
        app = create_app(self.control, FixedSchool(lessons), SiteSettings("planner", PASSWORD))
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]})
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def source(self, **changes: Any) -> SparkSource:  # noqa: ANN401 - fields of the resource
        values: dict[str, Any] = {
            "base_url": self.url,
            "username": "planner",
            "password": PASSWORD,
            "session_file": str(self.folder / "session.json"),
            "evidence_dir": str(self.folder / "evidence"),
            "page_timeout": 10,
            "grid_timeout": 5,
            "attempts": 3,
        }
        return SparkSource(**(values | changes))

    def arm(
        self,
        kind: str,
        match: str = ".*",
        times: int | None = 1,
        skip: int = 0,
        **params: float,
    ) -> None:
        self.control.arm(Fault(kind, match, times, skip, params=params))

    def asked(self, method: str, path: str = "") -> list[str]:
        """The paths that begin with `path` and were asked for with `method`, oldest first."""
        calls = self.control.journal()
        return [call["path"] for call in calls if call["method"] == method and call["path"].startswith(path)]

    @property
    def logins(self) -> int:
        return len(self.asked("POST", "/login"))

    @property
    def forbidden(self) -> list[dict[str, Any]]:
        return [call for call in self.control.journal() if call["forbidden"]]


@dataclass
class Run:
    """One reading: what it gave, and what it said and did on the way."""

    readings: list[AgendaReading] = field(default_factory=list)
    progress: list[tuple[str, int, int]] = field(default_factory=list)
    lease: CountingLease = field(default_factory=CountingLease)


def read(source: SparkSource, *agendas: tuple[Agenda, Sequence[date]]) -> Run:
    run = Run()
    run.readings = source.read(
        agendas, now=NOW, lease=run.lease, on_progress=lambda *step: run.progress.append(step)
    )
    return run
