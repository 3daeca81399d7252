"""A desk with a proposal of a small store before it: two events newly placed, one with its Supervisor event,
one moved to make room, one taken off, one without a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from httpx import Response
from sqlalchemy import Engine

from scheduling_pipeline.desk.roles import Role
from scheduling_pipeline.roster.model import Event
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.submission import Submitted
from tests.desk.people import Office, Person
from tests.roster.office import Office as Roster
from tests.roster.store import Store, place

REVIEW = "/auto-schedule/review"
RUNS = "/auto-schedule/runs"
PENDING = "/api/auto-schedule/pending"


@dataclass
class Reviewing:
    """`urgent` takes the place of `old`, which moves; `alone` is newly placed too, `dropped` leaves the
    planner, `nowhere` has no place. Ada is a lead, Bo a specialist; Dan is away for a wedding."""

    office: Office
    roster: Roster
    urgent: Event
    supervisor: Event
    old: Event
    alone: Event
    dropped: Event
    nowhere: Event
    ada: str
    bo: str
    dan: str
    boss: str

    @property
    def run_id(self) -> int:
        return self.roster.run_id

    @property
    def revision(self) -> str:
        return self.roster.revision

    def row(self, event: Event) -> int:
        return self.roster.rows[event.ref]

    def manager(self, name: str = "Mia") -> Person:
        return self.office.person(Role.MANAGER, name=name)

    def viewer(self) -> Person:
        return self.office.person(Role.VIEWER, name="Vera")

    def edit(self, who: Person, event: Event, start: str, employee: str, **more: str) -> Response:
        body = {"employee_id": employee, "schedule_datetime": start, **more}
        return who.ask("PUT", f"/api/pending-schedule/{self.row(event)}", body)

    def approve(self, who: Person, *, revision: str | None = None, wait: bool = False) -> Response:
        body = {"run_id": self.run_id, "revision": revision or self.revision, "wait": wait}
        return who.ask("POST", "/auto-schedule/approve", body)

    def submit(self, answer: Response) -> Submitted:
        """Carry out the request that an approval or a retry has answered with."""
        return self.roster.submit(answer.json()["request_id"])


def reviewing(engine: Engine) -> Reviewing:
    """The proposal in an empty database."""
    store = Store()
    ada, bo, boss = store.lead(), store.specialist(), store.club_supervisor()
    dan = store.specialist()
    store.away(dan, 4, 5, 8, detail="wedding")
    urgent = store.core(4, 7, number="606001")
    old = store.core(3, 12, number="606002", committed=place(4, "09:45", ada))
    alone = store.core(3, 12, number="606003")
    dropped = store.core(3, 12, number="606004", committed=place(8, "09:45", ada))
    nowhere = store.core(3, 5, number="606005")
    supervisor = store.supervisor_of(urgent)
    roster = Roster(engine, store)
    roster.open()
    roster.propose(
        {
            urgent.ref: place(4, "09:45", ada),
            supervisor.ref: place(4, "12:00", boss),
            old.ref: place(5, "10:30", bo),
            alone.ref: place(9, "10:30", bo),
            dropped.ref: None,
        },
        bumps={urgent.ref: old.ref},
        failed={nowhere.ref: Code.NO_SLOT_OR_BUMP_IN_WINDOW},
    )
    office = Office(engine)
    return Reviewing(
        office, roster, urgent, supervisor, old, alone, dropped, nowhere, ada=ada, bo=bo, dan=dan, boss=boss
    )


def error_of(answer: Response) -> dict[str, Any]:
    """What a JSON answer says is wrong."""
    content = answer.json()
    assert content["success"] is False
    error: dict[str, Any] = content["error"]
    return error


def text_of(answer: Response) -> str:
    """What a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text))
