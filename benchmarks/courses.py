"""A night of the course calendars: a few courses have changed, and those whom that concerns are brought up to
date, from the question of who they are to the note that they are done.

The limit is a bare client that sends the same batches: once with tokens at hand, and once with everybody's
access token to be fetched first, as it is in a night. The peer lists, deletes and inserts, one call at a
time; it does a tenth of the people. Calls are counted by the simulator, as Google does: each of a batch.

One more case, in a process of its own, is a night on which nothing has changed:

    python -m benchmarks.courses DATABASE [everybody]

is that process: it prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import Engine

from benchmarks.clear_and_insert import ClearAndInsert
from benchmarks.college import College, Mix, Person, Size, consented
from benchmarks.google_bare import UNLIMITED, BareClient, Sent, Watched
from benchmarks.memory import peak_megabytes
from benchmarks.results import Result
from benchmarks.simulated import Simulated, Timing, medians, simulators
from resources.google import Google
from scheduling_pipeline.calendars.access import Calendars
from scheduling_pipeline.commands.connections import open_google
from scheduling_pipeline.course_calendars import (
    Request,
    State,
    apply_changes,
    how_it_ended,
    note,
    plan_students,
)
from scheduling_pipeline.courses.events import SCOPE, EventBuilder
from scheduling_pipeline.courses.rosters import load_catalogue, load_students
from scheduling_pipeline.database.connection import connect, migrate
from scheduling_pipeline.settings import load_settings
from tests.courses.school import NOW, ZONE

AIM_PEER = 8
AIM_LIMIT = 1.3
AIM_CALLS = 1.1  # for each event that changed
PEER_PART = 10  # the peer does one person in so many
CATEGORIES = ("holiday",)

Say = Callable[[str], None]

SIZE = Size(students=2_000, courses=500, latency=0.05)


def sync(engine: Engine, provider: Watched, *, everybody: bool = False) -> None:
    """One night, without Dagster."""
    students = load_students(engine, emails=None, due_only=not everybody)
    builder = EventBuilder(load_catalogue(engine), ZONE, CATEGORIES)
    desired = [event for student in students for event in builder.of(student)]
    request = Request.about(students, whole=True, force=False)
    calendars = Calendars(engine, provider, "bench")
    plan = plan_students(request, desired, calendars, edited_dates=provider.edited_dates, now=NOW)
    provider.prepare({change.calendar for change in plan.plan.free})
    applied = apply_changes(plan.plan.free, calendars, now=NOW, on_progress=_silently, force=False)
    ended = how_it_ended(request.owners, plan.plan.held, plan.unreadable, applied)
    assert all(one.state is State.SYNCED for one in ended), ended
    note(request, ended, calendars, began=NOW, now=NOW)


def _silently(_done: int, _total: int) -> None:
    """Nobody looks."""


def run(say: Say, size: Size = SIZE, rounds: int = 5) -> list[Result]:
    """Measure it against one process of the simulators."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "simulators").mkdir()
        say(f"courses, {size}: making calendars")
        people = consented(home / "simulators", size)
        with simulators(home / "simulators") as simulated:
            return _Bench(simulated, home, size, people, say).compare(rounds)


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took: `calls` as Google counts them, and access tokens that were fetched."""

    timing: Timing
    calls: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Night:
    """What we took on a night, and the bare client; what was sent, for how many people."""

    ours: Cost
    bare: Cost
    sent: Sent
    people: int


class _Bench:
    def __init__(
        self, simulated: Simulated, home: Path, size: Size, people: Sequence[Person], say: Say
    ) -> None:
        self._simulated = simulated
        self._size = size
        self._say = say
        self._people = {person.calendar: person for person in people}
        self._google = simulated.google()
        self._database = f"sqlite:///{home / 'pipeline.db'}"
        self._engine = connect(self._database)
        migrate(self._engine)
        limits = {"user_quota": UNLIMITED, "project_quota": UNLIMITED}
        simulated.web.put(f"{simulated.google_url}/control/settings", json=limits).raise_for_status()
        self._college = College(self._engine, size, people, self._google.cipher)

    def compare(self, rounds: int) -> list[Result]:
        """A night without changes; then ours and the bare client in turn; then the peer."""
        self._say(f"courses, {self._size}: everybody's first calendar")
        made = self._first()
        self._say(f"courses, {self._size}: nothing has changed")
        still = [self._still_night(everybody=everybody) for everybody in (False, True)]
        with closing(BareClient(self._google, self._people.values())) as bare:
            due = self._college.concerned
            bare.fill([one for one in made.operations if one.calendar in due])
            self._night(bare, due, cold=False)  # to warm up
            warm: list[Night] = []
            cold: list[Night] = []
            for number in range(1, rounds + 1):
                self._say(f"courses, {self._size}: round {number} of {rounds}")
                warm.append(self._night(bare, due, cold=False))
                cold.append(self._night(bare, due, cold=True))
        self._say(f"courses, {self._size}: one call at a time")
        peer, share = self._peer(due)
        case = f"{len(due):,} of {self._size}"
        return [
            *_call_results(self._college.mix, warm, peer, share),
            _time_result(f"{case}, tokens at hand", warm, peer.timing.seconds / share),
            _time_result(f"{case}, without tokens", cold),
            _token_result(cold),
            *(result for results in still for result in results),
        ]

    def _first(self) -> Sent:
        """Make everybody's events."""
        with self._unpaced().connect(self._engine) as provider:
            watched = Watched(provider)
            sync(self._engine, watched)
        return watched.sent

    def _unpaced(self) -> Google:
        return self._google.model_copy(
            update={"calls_per_minute": UNLIMITED, "user_calls_per_minute": UNLIMITED}
        )

    def _night(self, bare: BareClient, due: Collection[str], *, cold: bool) -> Night:
        self._college.next_night()
        with self._google.connect(self._engine) as provider:
            if not cold:
                provider.list_owned(sorted(due), SCOPE)  # which takes everybody's token
            watched = Watched(provider)
            ours = self._cost(lambda: sync(self._engine, watched))
        load = bare.pack(watched.sent)
        people = [self._people[calendar] for calendar in sorted(due)]

        def send() -> None:
            if cold:
                bare.renew(people)
            bare.send(load)

        least = self._cost(send)
        bare.check(watched.sent)
        assert {one.calendar for one in watched.sent.operations} == due
        return Night(ours, least, watched.sent, len(due))

    def _peer(self, due: Collection[str]) -> tuple[Cost, float]:
        """What a part of the people cost, and how large a part it is."""
        part = {calendar: self._people[calendar] for calendar in sorted(due)[::PEER_PART]}
        emails = [person.email for person in part.values()]
        students = load_students(self._engine, emails=emails, due_only=False)
        builder = EventBuilder(load_catalogue(self._engine), ZONE, CATEGORIES)
        wanted = {student.calendar: builder.of(student) for student in students}
        with closing(ClearAndInsert(self._google)) as script:

            def work() -> None:
                for calendar, events in wanted.items():
                    script.sync(part[calendar], events)

            return self._cost(work), len(part) / len(due)

    def _cost(self, work: Callable[[], object]) -> Cost:
        journal = f"{self._simulated.google_url}/control/journal"
        self._simulated.web.delete(journal).raise_for_status()
        self._simulated.set_latency("google", self._size.latency)
        timing = self._simulated.measure(work)
        self._simulated.set_latency("google", 0)
        entries = self._simulated.web.get(journal).json()
        return Cost(
            timing,
            calls=sum(entry.get("cost", 0) for entry in entries),
            tokens=sum(entry["path"] == "/token" for entry in entries),
        )

    def _still_night(self, *, everybody: bool) -> list[Result]:
        """What it takes to find that there is nothing to do: for nobody who is due, or for everybody."""
        command = [sys.executable, "-m", "benchmarks.courses", self._database, *["everybody"] * everybody]
        environment = {**os.environ, **self._simulated.environment}
        printed: list[bytes] = []
        cost = self._cost(lambda: printed.append(subprocess.check_output(command, env=environment)))  # noqa: S603 - our own command
        still = json.loads(printed[0])
        case = f"nothing changed, {self._size.students if everybody else 0:,} people"
        return [
            Result("courses", f"{case}: calls", "", ours=cost.calls, limit=0, aim_limit=1),
            Result("courses", f"{case}: time", "s", ours=still["seconds"]),
            Result("courses", f"{case}: memory", "MB", ours=still["megabytes"]),
        ]


def _call_results(mix: Mix, nights: Sequence[Night], peer: Cost, share: float) -> list[Result]:
    calls = median(night.ours.calls for night in nights)
    changed = median(len(night.sent.operations) for night in nights)
    people = nights[0].people
    return [
        Result(
            "courses",
            f"calls each: {mix}",
            "",
            ours=calls / people,
            peer=peer.calls / (share * people),
            aim_peer=AIM_PEER,
        ),
        Result(
            "courses",
            f"calls for {changed:,.0f} changed events",
            "",
            ours=calls,
            limit=changed,
            aim_limit=AIM_CALLS,
        ),
    ]


def _time_result(case: str, nights: Sequence[Night], peer_seconds: float | None = None) -> Result:
    ours = medians([night.ours.timing for night in nights])
    bare = medians([night.bare.timing for night in nights])
    return Result(
        "courses",
        case,
        "s",
        ours=ours.seconds,
        peer=peer_seconds,
        limit=bare.seconds,
        aim_limit=AIM_LIMIT,
        simulator_cpu_share=max(ours.simulator_cpu_share, bare.simulator_cpu_share),
    )


def _token_result(nights: Sequence[Night]) -> Result:
    return Result(
        "courses",
        "tokens fetched",
        "",
        ours=median(night.ours.tokens for night in nights),
        limit=median(night.bare.tokens for night in nights),
    )


def measure(database: str, *, everybody: bool) -> dict[str, float]:
    """A night on which nothing has changed: its seconds, and the most memory that was in use."""
    engine = connect(database)
    with open_google(load_settings()).connect(engine) as provider:
        watched = Watched(provider)
        began = time.perf_counter()
        sync(engine, watched, everybody=everybody)
        seconds = time.perf_counter() - began
    assert not watched.sent.operations, watched.sent
    return {"seconds": seconds, "megabytes": peak_megabytes()}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], everybody=sys.argv[2:] == ["everybody"])))
