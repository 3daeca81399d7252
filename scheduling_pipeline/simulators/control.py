"""What every simulator shares: a clock on disk, adjustable latency, faults, a journal, and their endpoints.

A simulator keeps one `Control` and asks it, for each request, which fault applies. Faults are armed from
outside through `/control/...`, so that a test or a person can break things while a real client runs.
"""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

T = TypeVar("T")

DEMO_START = datetime.fromisoformat("2026-03-02T06:00:00+01:00")  # a Monday, four weeks before a DST change


class SimulatedClock:
    """The simulators' shared clock: a file, so that it survives restarts; it moves only by command."""

    def __init__(self, path: Path, start: datetime = DEMO_START) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], datetime] | None = None
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.set(start)

    def now(self) -> datetime:
        """The simulated instant, in UTC."""
        status = self._path.stat()
        version = (status.st_mtime_ns, status.st_ino)
        if self._read is None or self._read[0] != version:
            self._read = version, datetime.fromisoformat(self._path.read_text()).astimezone(UTC)
        return self._read[1]

    def set(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError(f"the clock needs an instant with a zone, not {moment.isoformat()}")
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(moment.astimezone(UTC).isoformat())
        temporary.replace(self._path)

    def advance(self, by: timedelta) -> None:
        self.set(self.now() + by)


@dataclass
class Fault:
    """One armed fault.

    `kind` is the simulator's own word (`http`, `drop_reply`, `empty_week`, `kill`, ...); it applies to
    requests whose `METHOD path` matches the regular expression `match`, after `skip` of them went through,
    `times` times (None: until cleared), each with `probability`. `params` is read by the simulator.
    """

    kind: str
    match: str = ".*"
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    params: dict[str, Any] = field(default_factory=dict)


class Control:
    """Latency, faults and journal of one simulator, with `routes` to steer it.

    `routes` are: GET/PUT `/control/clock` {"now"} or {"advance_seconds"}; GET/POST/DELETE `/control/faults`;
    GET/PUT `/control/latency` {"seconds"}; GET/DELETE `/control/journal` (?since=n); GET `/control/cpu`, the
    processor seconds that the simulators' process has used.
    """

    def __init__(self, name: str, folder: Path, clock: SimulatedClock, *, seed: int = 1) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.folder = folder
        self.clock = clock
        self.latency = 0.0
        self._faults: list[Fault] = []
        self._random = random.Random(seed)  # noqa: S311 - a seeded test fault, not a secret
        self._lock = threading.Lock()
        self._journal = sqlite3.connect(folder / f"{name}-journal.db", check_same_thread=False)
        self._journal.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
            "CREATE TABLE IF NOT EXISTS calls (n INTEGER PRIMARY KEY, entry TEXT NOT NULL)"
        )
        self._pending: list[tuple[str]] = []

    def arm(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear_faults(self) -> None:
        with self._lock:
            self._faults.clear()

    def fault(self, method: str, path: str, *kinds: str) -> Fault | None:
        """The first armed fault of these kinds (any, if none given) that applies now; this uses it up."""
        with self._lock:
            for fault in list(self._faults):
                if kinds and fault.kind not in kinds:
                    continue
                if not re.search(fault.match, f"{method} {path}"):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if self._random.random() >= fault.probability:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def kill(self, fault: Fault) -> None:
        """Send SIGKILL to the process that the fault names: the client under test, at this very instant."""
        os.kill(int(fault.params["pid"]), signal.SIGKILL)

    async def kill_around(self, fault: Fault, perform: Callable[[], Awaitable[T]]) -> T:
        """What `perform` makes; before it or after it, as the fault says, the client is killed."""
        if fault.params.get("when", "after") == "before":
            self.kill(fault)
            return await perform()
        try:
            return await perform()
        finally:
            self.kill(fault)

    def record(self, entry: Mapping[str, Any]) -> None:
        """Note one call: what was asked and what was answered. Written to disk by `flush`."""
        line = orjson.dumps({"at": self.clock.now(), **entry}).decode()
        with self._lock:
            self._pending.append((line,))

    def flush(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, []
            with self._journal:
                self._journal.executemany("INSERT INTO calls (entry) VALUES (?)", pending)

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """The calls with a number above `since`, oldest first; each has `n`."""
        self.flush()
        rows = self._journal.execute("SELECT n, entry FROM calls WHERE n > ? ORDER BY n", (since,)).fetchall()
        return [{"n": n, **orjson.loads(entry)} for n, entry in rows]

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/control/clock", self._clock, methods=["GET", "PUT"]),
            Route("/control/faults", self._fault_list, methods=["GET", "POST", "DELETE"]),
            Route("/control/latency", self._latency, methods=["GET", "PUT"]),
            Route("/control/journal", self._calls, methods=["GET", "DELETE"]),
            Route("/control/cpu", self._cpu, methods=["GET"]),
        ]

    async def _clock(self, request: Request) -> Response:
        if request.method == "PUT":
            body = await request.json()
            if "now" in body:
                self.clock.set(datetime.fromisoformat(body["now"]))
            else:
                self.clock.advance(timedelta(seconds=float(body["advance_seconds"])))
        return JSONResponse({"now": self.clock.now().isoformat()})

    async def _fault_list(self, request: Request) -> Response:
        if request.method == "POST":
            self.arm(Fault(**await request.json()))
        elif request.method == "DELETE":
            self.clear_faults()
        return JSONResponse([asdict(fault) for fault in self._faults])

    async def _latency(self, request: Request) -> Response:
        if request.method == "PUT":
            self.latency = float((await request.json())["seconds"])
        return JSONResponse({"seconds": self.latency})

    async def _calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.flush()
            with self._journal:
                self._journal.execute("DELETE FROM calls")
            return JSONResponse([])
        return JSONResponse(self.journal(int(request.query_params.get("since", 0))))

    async def _cpu(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        return JSONResponse({"seconds": time.process_time()})
