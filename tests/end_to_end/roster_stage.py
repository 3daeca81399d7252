"""The stage of the roster: the simulated planner, proposals that were approved, and who submits them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, groupby, pairwise
from multiprocessing.connection import Connection
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import httpx
import stamina
from sqlalchemy import Engine, select

from resources.crossmark import Crossmark
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.roster import RosterEmployee, RosterSchedule
from scheduling_pipeline.roster.hand import reissue
from scheduling_pipeline.roster.planner import PlannerError
from scheduling_pipeline.roster.requests import open_requests
from scheduling_pipeline.roster.review import retry_row
from scheduling_pipeline.roster.steps import DONE
from scheduling_pipeline.roster.submission import Submitted, submit
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.crossmark import FixedStore, Settings
from scheduling_pipeline.simulators.server import Simulators
from tests.end_to_end.deaths import Death, Point, dies
from tests.end_to_end.remote import Steering
from tests.end_to_end.roster_proposal import Proposal, reps
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.store import ZONE
from tests.simulators.planner_client import Visitor

ATTEMPTS = 3  # of a request that reads, without the waiting between them
TIMEOUT = 1.0  # seconds
EVENTS_OF_A_SCENE = 100
MOST_ROUNDS = 100


class Effect(NamedTuple):
    """What a write did; `event` counts from the first one of its scene."""

    did: str
    event: int
    rep: int
    start: datetime


class Entry(NamedTuple):
    """An event's entry in somebody's calendar."""

    rep: int
    start: datetime
    schedule: int


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

    @property
    def over(self) -> bool:
        """Whether what was approved is submitted, or given up."""
        return self.office.request(self.request).state in {"done", "failed"}

    def statuses(self) -> dict[int, str]:
        """The rows, by event."""
        return {row.event_ref_num: row.status for row in self.office.table()}

    def submit(self, request: int | None = None, engine: Engine | None = None) -> Submitted:
        """Submit to the end; without a number, what was approved."""
        with self.stage.crossmark().connect() as planner:
            return submit(
                engine or self.engine, request or self.request, planner, SETTINGS, run_id="run", now=_now
            )

    def go_on(self, number: int = 0) -> bool:
        """Submit what is open; else retry by hand one of the rows that failed or are in doubt, the one of
        that number. False when nothing is left to do."""
        waiting = open_requests(self.engine, "submit")
        if waiting:
            with suppress(PlannerError):  # it stays open
                self.submit(waiting[0].id)
            return True
        unsettled = [row.id for row in self.office.table() if row.status != DONE]
        if unsettled:
            retry_row(self.engine, SETTINGS, unsettled[number % len(unsettled)], who=BOSS, now=NOW)
        return bool(unsettled)

    def settle(self) -> None:
        """Go on until nothing is left, while somebody takes back in the planner what nobody asked for."""
        for number in range(MOST_ROUNDS):
            self.put_back()
            if not self.go_on(number):
                return
        raise AssertionError(f"not settled: {[row.api_error_details for row in self.office.table()]}")

    def by_hand(self, event: int) -> Entry:
        """Somebody schedules an event in the planner itself, at a place that nobody thought of."""
        self.stage.visitor().scheduled(mPlanID=f"{event}", RepID=f"{reps()[-1].id}")
        return self.standing()[event]

    def put_back(self) -> None:
        """Somebody puts back in the planner what stands neither where it was nor where it was to be."""
        visitor, standing = self.stage.visitor(), self.standing()
        for mplan in self.proposal.mplans():
            before, stands = mplan.visit, standing.get(mplan.id)
            expected = (self.proposal.place_of(mplan.id), before and (before.rep, before.start))
            if stands is None or stands[:2] in expected:
                continue
            if before is None:
                assert visitor.unschedule(stands.schedule)["ok"] == 1
                continue
            start, end = (moment.astimezone(ZONE).isoformat() for moment in (before.start, before.end))
            visitor.scheduled(mPlanID=f"{mplan.id}", RepID=f"{before.rep}", Start=start, End=end)

    def standing(self) -> dict[int, Entry]:
        """The entry of each event, as the planner has it."""
        return {
            visit["mplan"]: Entry(visit["rep"], datetime.fromisoformat(visit["start"]), visit["schedule"])
            for visit in self.stage.steering.control("GET", "visits").json()
        }

    def noted(self) -> dict[int, Entry]:
        """The entry of each event, as the tables have it."""
        entry, person = RosterSchedule, RosterEmployee
        query = select(entry.event_ref_num, person.rep_id, entry.schedule_datetime, entry.external_id)
        with self.engine.connect() as connection:
            found = connection.execute(query.join(person, person.id == entry.employee_id))
            return {event: Entry(*rest) for event, *rest in found}

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
        """The tables say what stands in the planner, and nothing is open or in doubt."""
        standing = self.standing()
        assert self.noted() == standing
        assert self.office.scheduled() == standing.keys()
        assert {one.state for one in self.office.operations()} <= {"done", "rejected"}
        assert open_requests(self.engine, "submit") == []

    def check_submitted(self) -> None:
        """All stands as it was approved, and the tables say so."""
        assert set(self.statuses().values()) == {DONE}
        self.check_places(event.ref for event in self.proposal.store.events)
        self.check_agreement()

    def check_places(self, events: Iterable[int]) -> None:
        """Events stand in the planner where they are to be in the end."""
        standing = self.standing()
        for event in events:
            entry = standing.get(event)
            assert (entry and entry[:2]) == self.proposal.place_of(event)

    def check_nothing_doubled(self) -> None:
        """No write found what it was to bring about."""
        event = attrgetter("event")
        for _, effects in groupby(sorted(self.effects(), key=event), key=event):
            assert all(one != following for one, following in pairwise(effects))


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

    def crossmark(self) -> Crossmark:
        return crossmark_of(self.environment)

    def visitor(self) -> Visitor:
        """Somebody who has signed in to the planner."""
        visitor = Visitor(self.steering.root)
        visitor.login()
        return visitor

    def set(self, **changes: object) -> None:
        """Change settings of the planner; without any, all are as they were at first."""
        self.steering.control("PUT", "settings", json=changes or Settings().to_json())

    def scene(self, engine: Engine, pairs: int = 1) -> Scene:
        """A new one, in an empty database, with a proposal of eight rows for each pair."""
        proposal = Proposal.of(pairs, self._first())
        office = self._office(engine, proposal)
        office.propose(proposal.wanted, bumps=proposal.bumps)
        return Scene(self, proposal, office, office.approve())

    def reissue(self, engine: Engine) -> Scene:
        """A new one, in an empty database, in which an event is to be made again."""
        proposal = Proposal.of_one_that_was_made(self._first())
        office = self._office(engine, proposal)
        [(event, at)] = proposal.wanted.items()
        assert at is not None
        made = reissue(engine, SETTINGS, event, employee_id=at.employee, start=instant(at), who=BOSS, now=NOW)
        office.run_id = made.run_id
        return Scene(self, proposal, office, made.request_id)

    def _first(self) -> int:
        return 30_000_001 + next(self._scenes) * EVENTS_OF_A_SCENE

    def _office(self, engine: Engine, proposal: Proposal) -> Office:
        """A store in an empty database and in the planner, where nothing happened yet."""
        proposal.store.write(engine)
        self.store.replace(proposal.mplans())
        self.steering.clear_faults()
        self.steering.forget_calls()
        self.steering.control("PUT", "latency", json={"seconds": 0})
        self.set()
        return Office(engine, proposal.store)

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
        httpx.Client(trust_env=False) as web,
        stamina.set_testing(True, attempts=ATTEMPTS),
    ):
        yield Stage(simulators, store, Steering(simulators.crossmark_url, web))


def undisturbed(stage: Stage, database_url: str) -> Counter[Effect]:
    """What the submission of a proposal does in the planner when nothing disturbs it; each thing once."""
    engine = connect(database_url)
    scene = stage.scene(engine)
    scene.submit()
    scene.check_submitted()
    engine.dispose()
    effects = Counter(scene.effects())
    assert set(effects.values()) == {1}
    return effects


def crossmark_of(environment: Mapping[str, str]) -> Crossmark:
    """The resource that talks to the simulated planner."""
    return Crossmark(
        base_url=environment["CROSSMARK_URL"],
        username=environment["CROSSMARK_USER"],
        password=environment["CROSSMARK_PASSWORD"],
        zone=ZONE.key,
        timeout=TIMEOUT,
    )


def submit_when_told(
    environment: Mapping[str, str], database_url: str, request: int, death: Death | None, go: Connection
) -> None:
    """What a child process does: wait for the word, then submit, perhaps with its death arranged."""
    engine = connect(database_url)
    go.recv()
    with (
        stamina.set_testing(True, attempts=ATTEMPTS),
        suppress(PlannerError),  # the request stays open
        crossmark_of(environment).connect() as planner,
    ):
        if death:
            death.arrange(engine, planner, ("schedule", "unschedule", "reissue"))
        submit(engine, request, planner, SETTINGS, run_id=f"{os.getpid()}", now=_now)


def _now() -> datetime:
    return NOW
