"""The stage of the roster: the simulated planner, proposals that were approved, and who submits them.

A proposal has some eight rows: an urgent Core event takes the place of an old one, which takes that of the
oldest; two of them have Supervisor events; one event is taken off, and two are for a lead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import stamina
from sqlalchemy import Engine, select

from resources.crossmark import Crossmark
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.roster import RosterEmployee, RosterSchedule
from scheduling_pipeline.roster.model import EventType, Place
from scheduling_pipeline.roster.planner import PlannerError
from scheduling_pipeline.roster.requests import open_requests
from scheduling_pipeline.roster.review import retry_row
from scheduling_pipeline.roster.steps import DONE
from scheduling_pipeline.roster.submission import Submitted, submit
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.crossmark import FixedStore, Location, Mplan, Rep, Visit
from scheduling_pipeline.simulators.server import Simulators
from tests.end_to_end.deaths import Death, Point, dies
from tests.end_to_end.remote import Steering
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.store import STORE, ZONE, Store, place

ATTEMPTS = 3  # of a request that reads, without the waiting between them
TIMEOUT = 2.0  # seconds
WRITES = "^POST /planningextcontroller/(schedule|deleteScheduled)MplanEvent$"
PAIRS = 5  # of a lead and a specialist
_LOCATION = Location(int(STORE), "Larkspur Market")
_FIRST_REP = 200_001
EVENTS_OF_A_SCENE = 100


class Effect(NamedTuple):
    """What a write did; `event` counts from the first one of its scene."""

    did: str
    event: int
    rep: int
    start: datetime


class Standing(NamedTuple):
    """An entry in somebody's calendar."""

    schedule: int
    rep: int
    start: datetime


@dataclass
class Proposal:
    """A store, and where its events are to be; `bumps`: by event, the one that makes room for it."""

    store: Store
    wanted: dict[int, Place | None] = field(default_factory=dict)
    bumps: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: int, first: int) -> Proposal:
        """Eight rows for each pair of a lead and a specialist; events are numbered from `first` on."""
        proposal = cls(Store(first=first))
        supervisor = proposal.store.club_supervisor()
        people = [(proposal.store.lead(), proposal.store.specialist()) for _ in range(PAIRS)]
        for number, (lead, specialist) in enumerate(people[:pairs]):
            proposal._eight_rows(606_001 + 10 * number, lead, specialist, supervisor)
        return proposal

    def _eight_rows(self, number: int, lead: str, specialist: str, supervisor: str) -> None:
        store = self.store
        urgent = store.core(4, 7, number=f"{number}")
        old = store.core(3, 12, number=f"{number + 1}", committed=place(4, "09:45", lead))
        oldest = store.core(3, 15, number=f"{number + 2}", committed=place(5, "09:45", specialist))
        with_urgent = store.supervisor_of(urgent)
        with_old = store.supervisor_of(old, committed=place(4, "12:00", supervisor))
        dropped = store.core(3, 15, number=f"{number + 3}", committed=place(9, "09:45", lead))
        setup = store.event(EventType.DIGITAL_SETUP, 4, 5)
        freeosk = store.event(EventType.FREEOSK, 3, 8)
        self.wanted |= {
            urgent.ref: place(4, "09:45", lead),
            with_urgent.ref: place(4, "12:00", supervisor),
            old.ref: place(5, "09:45", specialist),
            with_old.ref: place(5, "12:00", supervisor),
            oldest.ref: place(8, "10:30", specialist),
            dropped.ref: None,
            setup.ref: place(4, "10:15", lead),
            freeosk.ref: place(5, "10:00", lead),
        }
        self.bumps |= {urgent.ref: old.ref, old.ref: oldest.ref}

    def mplans(self) -> list[Mplan]:
        """The events as the planner has them."""
        found = []
        for event in self.store.events:
            visit = None
            if at := event.committed:
                rep = _FIRST_REP + [one.id for one in self.store.employees].index(at.employee)
                start = instant(at)
                visit = Visit(event.ref + 10_000_000, rep, start, start + timedelta(minutes=event.minutes))
            found.append(Mplan(event.ref, event.name, _LOCATION, event.start, event.due, visit))
        return found


def reps() -> list[Rep]:
    """The people of every proposal, as the planner has them."""
    people = Proposal.of(0, first=1).store.employees
    return [
        Rep(_FIRST_REP + number, one.id, *one.name.split(maxsplit=1), role=one.title.value)
        for number, one in enumerate(people)
    ]


@dataclass
class Scene:
    """A planner, a database that agrees with it, and a proposal that was approved."""

    stage: Stage
    proposal: Proposal
    office: Office
    request: int

    @property
    def engine(self) -> Engine:
        return self.office.engine

    @property
    def url(self) -> str:
        return self.engine.url.render_as_string(hide_password=False)

    def done(self, request: int | None = None) -> bool:
        """Whether a request needs nobody any more; without a number, the approval's."""
        return self.office.request(request or self.request).state in ("done", "failed")

    def submit(self, request: int | None = None, engine: Engine | None = None) -> Submitted:
        """Submit to the end; without a number, what was approved."""
        with self.stage.crossmark().connect() as planner:
            return submit(
                engine or self.engine, request or self.request, planner, SETTINGS, run_id="run", now=_now
            )

    def try_to_submit(self, request: int | None = None) -> None:
        """The same, as far as the planner can be read."""
        with suppress(PlannerError):
            self.submit(request)

    def settle(self, most: int = 40) -> None:
        """Submit what is open, then retry by hand what failed or is in doubt, until nothing is left."""
        for _ in range(most):
            if waiting := open_requests(self.engine, "submit"):
                self.try_to_submit(waiting[0].id)
            elif unsettled := [row.id for row in self.office.table() if row.status != DONE]:
                retry_row(self.engine, SETTINGS, unsettled[0], who=BOSS, now=NOW)
            else:
                return
        raise AssertionError(f"still unsettled: {[row.api_error_details for row in self.office.table()]}")

    def standing(self) -> dict[int, Standing]:
        """Who is sent where, as the planner says it, by event."""
        return {
            visit["mplan"]: Standing(visit["schedule"], visit["rep"], datetime.fromisoformat(visit["start"]))
            for visit in self.stage.steering.control("GET", "visits").json()
        }

    def noted(self) -> dict[int, Standing]:
        """Who is sent where, as the tables say it, by event."""
        query = select(
            RosterSchedule.event_ref_num,
            RosterSchedule.external_id,
            RosterEmployee.rep_id,
            RosterSchedule.schedule_datetime,
        ).join(RosterEmployee, RosterEmployee.id == RosterSchedule.employee_id)
        with self.engine.connect() as connection:
            return {event: Standing(*entry) for event, *entry in connection.execute(query)}

    def effects(self) -> list[Effect]:
        """What was done in the planner since the scene began, by its own journal."""
        return [
            Effect(
                done["did"],
                done["mplan"] - self.proposal.store.first,
                done["rep"],
                datetime.fromisoformat(done["start"]),
            )
            for call in self.stage.steering.calls()
            if (done := call["effect"])
        ]

    def check_agreement(self) -> None:
        """The tables say what stands in the planner, and nothing is open."""
        standing = self.standing()
        assert self.noted() == standing
        assert self.office.scheduled() == standing.keys()
        assert [one.state for one in self.office.operations() if one.settled_at is None] == []
        assert open_requests(self.engine, "submit") == []

    def check_submitted(self) -> None:
        """All stands as it was approved, and the tables say so."""
        self.check_agreement()
        assert {row.status for row in self.office.table()} == {DONE}
        for event in self.proposal.store.events:
            at, stands = self.proposal.wanted[event.ref], self.standing().get(event.ref)
            assert (stands and stands[1:]) == (at and (self.office.rep(at.employee), instant(at)))


@dataclass
class Stage:
    """The simulated planner, and how to steer it; each scene finds other events in it."""

    simulators: Simulators
    store: FixedStore
    steering: Steering
    _scenes: count[int] = field(default_factory=count)

    @property
    def environment(self) -> dict[str, str]:
        return self.simulators.environment

    def crossmark(self, **changes: Any) -> Crossmark:  # noqa: ANN401 - fields of Crossmark
        return crossmark_of(self.environment, **changes)

    def scene(self, engine: Engine, pairs: int = 1) -> Scene:
        """A new one, in an empty database."""
        proposal = Proposal.of(pairs, first=30_000_001 + next(self._scenes) * EVENTS_OF_A_SCENE)
        proposal.store.write(engine)
        office = Office(engine, proposal.store)
        office.propose(proposal.wanted, bumps=proposal.bumps)
        self.store.replace(proposal.mplans())
        self.steering.clear_faults()
        self.steering.forget_calls()
        return Scene(self, proposal, office, office.approve())

    def killed(self, scene: Scene, point: Point, n: int, faults: Sequence[Fault] = ()) -> bool:
        """Submit in a process that is to die at the n-th such point, while faults strike; False when it
        lived."""
        return dies(
            submit_when_told,
            (self.environment, scene.url, scene.request, point.death(n)),
            lambda pid: self.steering.arm(*point.faults(n, pid), *faults),
            self.steering.clear_faults,
        )


@contextmanager
def open_stage(home: Path) -> Iterator[Stage]:
    """The stage while the context lasts. What fails in passing is tried again without the waiting."""
    store = FixedStore(reps=reps())
    with (
        Simulators(home, store=store) as simulators,
        httpx.Client(trust_env=False, verify=False) as web,  # noqa: S501 - it speaks plain http
        stamina.set_testing(True, attempts=ATTEMPTS),
    ):
        yield Stage(simulators, store, Steering(simulators.crossmark_url, web))


def crossmark_of(environment: Mapping[str, str], **changes: Any) -> Crossmark:  # noqa: ANN401 - its fields
    """The resource that talks to the simulated planner."""
    values = {
        "base_url": environment["CROSSMARK_URL"],
        "username": environment["CROSSMARK_USER"],
        "password": environment["CROSSMARK_PASSWORD"],
        "zone": ZONE.key,
        "timeout": TIMEOUT,
    }
    return Crossmark(**{**values, **changes})


def submit_when_told(
    environment: Mapping[str, str], database_url: str, request: int, death: Death | None, go: Connection
) -> None:
    """What a child process does: wait for the word, then submit, perhaps with its death arranged."""
    engine = connect(database_url)
    go.recv()
    with (
        stamina.set_testing(True, attempts=ATTEMPTS),
        suppress(PlannerError),
        crossmark_of(environment).connect() as planner,
    ):
        if death:
            death.arrange(engine, planner, ("schedule", "unschedule"))
        submit(engine, request, planner, SETTINGS, run_id=f"{os.getpid()}", now=_now)


def _now() -> datetime:
    return NOW
