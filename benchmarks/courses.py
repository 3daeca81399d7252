"""A night of the course calendars: a few courses have changed, and those whom that concerns are brought up to
date, from the question of who they are to the note that they are done.

The limit is a bare client that sends the same batches; once with tokens at hand, and once with everybody's
access token to be fetched first, as it is in a night. The peer lists, deletes and inserts, one call at a time;
it does a tenth of the people. Calls are counted by the simulator, as Google counts them: each of a batch.

One more case, in a process of its own, is a night on which nothing has changed:

    python -m benchmarks.courses DATABASE TOKEN_KEY EVERYBODY

prints one line of JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine

from benchmarks.clear_and_insert import ClearAndInsert
from benchmarks.college import College, Person, Size, consented
from benchmarks.google_bare import UNLIMITED, BareClient, Sent, Watched
from benchmarks.memory import peak_megabytes
from benchmarks.results import Result
from benchmarks.simulated import Simulated, Timing, medians, simulators
from resources.google import Google
from resources.google_calendar import GoogleCalendars
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.calendars.model import DesiredEvent
from scheduling_pipeline.course_calendars import (
    Owner,
    State,
    apply_changes,
    how_it_ended,
    plan_students,
)
from scheduling_pipeline.courses.events import SCOPE, EventBuilder
from scheduling_pipeline.courses.rosters import finish, load_catalogue, load_students
from scheduling_pipeline.database.connection import connect, migrate
from tests.courses.school import NOW, ZONE

AIM_PEER = 8
AIM_LIMIT = 1.3
AIM_CALLS = 1.1  # for each event that changed
PEER_PART = 10  # the peer does one person in so many
CATEGORIES = ("holiday",)

SIZE = Size(students=2_000, courses=500, latency=0.05)


def sync(engine: Engine, provider: Watched, *, everybody: bool = False) -> list[DesiredEvent]:
    """One night, without Dagster; returns what should stand."""
    students = load_students(engine, emails=None, due_only=not everybody)
    builder = EventBuilder(load_catalogue(engine), ZONE, CATEGORIES)
    desired = [event for student in students for event in builder.of(student)]
    owners = {one.calendar: Owner(one.id, one.email, one.generation) for one in students}
    calendars = Calendars(engine, provider, "bench")
    plan = plan_students(
        owners, desired, calendars, deleted_dates=provider.deleted_dates, now=NOW, whole=True
    )
    applied = apply_changes(plan.plan.free, calendars, now=NOW, on_progress=_silently, force=False)
    ended = how_it_ended(owners, plan.plan.held, plan.unreadable, applied)
    assert all(one.state is State.SYNCED for one in ended), ended
    finish(engine, {one.owner.user: one.owner.generation for one in ended}, {}, now=NOW)
    return desired


def _silently(_done: int, _total: int) -> None:
    """Nobody looks."""


def run(say: Callable[[str], None], size: Size = SIZE, rounds: int = 5) -> list[Result]:
    """Measure it against one process of the simulators."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "simulators").mkdir()
        say(f"courses, {size}: making calendars")
        people = consented(home / "simulators", size)
        with simulators(home / "simulators") as simulated:
            return _Bench(simulated, home / "pipeline.db", size, people, say).compare(rounds)


@dataclass(frozen=True, slots=True)
class Night:
    """What a night took: `calls` as Google counts them, and access tokens."""

    timing: Timing
    calls: int
    tokens: int


class _Bench:
    def __init__(
        self,
        simulated: Simulated,
        database: Path,
        size: Size,
        people: Sequence[Person],
        say: Callable[[str], None],
    ) -> None:
        self._simulated = simulated
        self._database = database
        self._size = size
        self._say = say
        self._people = {person.calendar: person for person in people}
        self._google = simulated.google()
        self._engine = connect(f"sqlite:///{database}")
        migrate(self._engine)
        limits = {"user_quota": UNLIMITED, "project_quota": UNLIMITED}
        simulated.web.put(f"{simulated.google_url}/control/settings", json=limits).raise_for_status()
        self._college = College(self._engine, size, people, self._google.cipher)

    def compare(self, rounds: int) -> list[Result]:
        """Ours and the bare client in turn; then the peer, and a night without changes."""
        self._say(f"courses, {self._size}: everybody's first calendar")
        made = self._first()
        still = [self._night_without_changes(everybody=everybody) for everybody in (False, True)]
        nights: dict[str, list[Night]] = {"ours": [], "ours cold": [], "bare": [], "bare cold": []}
        with closing(BareClient(self._google, self._people.values())) as bare:
            self._say(f"courses, {self._size}: the twins")
            for number in range(2 * rounds + 1):
                cold = number % 2 == 1
                self._say(f"courses, {self._size}: night {number} of {2 * rounds}")
                self._college.next_night()
                ours, sent, desired = self._ours(cold=cold)
                if number == 0:
                    concerned = {operation.calendar for operation in sent.operations}
                    bare.fill([one for one in made.operations if one.calendar in concerned])
                    continue
                kind = " cold" if cold else ""
                nights[f"ours{kind}"].append(ours)
                nights[f"bare{kind}"].append(self._bare(bare, sent, cold=cold))
        return []
