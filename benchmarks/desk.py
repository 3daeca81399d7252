"""What the review desk takes for a proposal of a thousand rows, on the embedded database.

The limit of every page is an empty one of the same desk in the same minutes: what signing in, the frame and
the way through the server cost. The desk is a process of its own:

    python -m benchmarks.desk DATABASE SOCKET

is that process; it serves the desk on a listening socket that it inherits.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from statistics import median

import httpx
import uvicorn
from sqlalchemy import Engine, insert

from benchmarks.results import Result
from benchmarks.rosters import TODAY, instance
from scheduling_pipeline.database.connection import connect, migrate
from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.desk import sessions
from scheduling_pipeline.desk.app import create_app
from scheduling_pipeline.desk.context import DeskOptions
from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.roster.proposals import begin_run, make_proposal
from scheduling_pipeline.roster.times import place_instant
from scheduling_pipeline.roster_settings import DeskSettings, RosterSettings
from tests.roster.store import Store

Say = Callable[[str], None]

EVENTS, PEOPLE, SEED = 1_000, 100, 1
ROUNDS = 60
AIM = 5  # times the empty page
SETTINGS = RosterSettings()
NOW = place_instant(TODAY, SETTINGS.rules.other_time, SETTINGS.tz)
EMPTY = "/held"
JSON, VERIFICATION, HEALTH = "all of it as JSON", "verification", "health of the roster"
NOT_WAITED_FOR = (JSON, VERIFICATION, HEALTH)  # by no page: the last two are parts that a page loads later


def run(say: Say, events: int = EVENTS, people: int = PEOPLE, rounds: int = ROUNDS) -> list[Result]:
    """Measure the pages in turn."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'desk.db'}"
        engine = connect(database)
        migrate(engine)
        say(f"desk: making a proposal for {events:,} events")
        run_id, rows = _propose(engine, events, people)
        key = _sign_in(engine)
        engine.dispose()
        with (
            _served(database) as address,
            httpx.Client(base_url=address, trust_env=False, timeout=60) as browser,
        ):
            browser.cookies.set(sessions.COOKIE, key)
            return _measure(browser, _pages(browser, run_id), rows, rounds, say)


def _propose(engine: Engine, events: int, people: int) -> tuple[int, int]:
    """A proposal that waits: its number, and of how many rows it is."""
    made_up = instance(events, people, seed=SEED)
    (store, *_) = sorted({event.store for event in made_up.events})
    rotations = {key: who for key, who in made_up.rotations.items() if key[0] == store}
    absences = {who: dict(days) for who, days in made_up.absences.items()}
    Store(list(made_up.events), list(made_up.employees), absences, rotations).write(engine)
    run_id = begin_run(engine, run_type="automatic", requested_by=None, now=NOW)
    counts = make_proposal(engine, run_id, SETTINGS, NOW).counts
    return run_id, counts.scheduled + counts.failed


def _sign_in(engine: Engine) -> str:
    """Somebody's session."""
    with engine.begin() as connection:
        user = {"name": "mona", "role": Role.MANAGER, "password_hash": "", "is_active": True}
        made = insert(DeskUser).values(user | {"created_at": NOW}).returning(DeskUser.id)
        return sessions.start(connection, connection.execute(made).scalar_one(), NOW, timedelta(hours=8))


@contextmanager
def _served(database: str) -> Iterator[str]:
    """A desk in a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-m", "benchmarks.desk", database, str(listening.fileno())]
        with subprocess.Popen(command, pass_fds=[listening.fileno()]) as process:  # noqa: S603 - our own
            try:
                yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                process.terminate()


def _pages(browser: httpx.Client, run_id: int) -> Mapping[str, httpx.Request]:
    """What is asked for, by its name."""
    review, run = f"/auto-schedule/review?run_id={run_id}", f"/auto-schedule/runs/{run_id}"
    progress = f"/api/auto-schedule/progress/{run_id}"
    tag = {"If-None-Match": browser.get(progress).headers["ETag"]}
    return {
        "review": browser.build_request("GET", review),
        "review, by person": browser.build_request("GET", f"{review}&view=people"),
        "newly placed": browser.build_request("GET", f"{run}/rows/new"),
        "without a place": browser.build_request("GET", f"{run}/rows/failed"),
        JSON: browser.build_request("GET", f"/api/auto-schedule/pending?run_id={run_id}"),
        "progress, unchanged": browser.build_request("GET", progress, headers=tag),
        "dashboard": browser.build_request("GET", "/"),
        VERIFICATION: browser.build_request("GET", f"{run}/verification"),
        HEALTH: browser.build_request("GET", "/roster-health"),
    }


def _measure(
    browser: httpx.Client, pages: Mapping[str, httpx.Request], rows: int, rounds: int, say: Say
) -> list[Result]:
    """Each page beside the empty one, in turn."""
    empty = browser.build_request("GET", EMPTY)
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    least: list[float] = []
    for number in range(rounds + 1):
        say(f"desk, {rows:,} rows: round {number} of {rounds}")
        for name, page in pages.items():
            taken = (_seconds(browser, empty), _seconds(browser, page))
            if number:  # the first round warms up
                least.append(taken[0])
                seconds[name].append(taken[1])
    return [
        Result(
            "desk",
            f"{name}, {rows:,} rows",
            "ms",
            ours=1_000 * median(seconds[name]),
            limit=1_000 * median(least),
            aim_limit=None if name in NOT_WAITED_FOR else AIM,
        )
        for name in pages
    ]


def _seconds(browser: httpx.Client, request: httpx.Request) -> float:
    began = time.perf_counter()
    answer = browser.send(request)
    assert answer.status_code in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED), answer
    return time.perf_counter() - began


def serve(database: str, listening: int) -> None:
    """Serve the desk until the process ends."""
    app = create_app(connect(database), DeskOptions(SETTINGS, DeskSettings()), lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, server_header=False))
    server.run(sockets=[socket.socket(fileno=listening)])


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
