"""A desk with something on every page: people, a roster that was submitted but for one row, one that waits,
a swap, events without a place, time off, a holiday, a held plan."""

from __future__ import annotations

from sqlalchemy import Engine, insert, update

from scheduling_pipeline.database.models import HeldPlan
from scheduling_pipeline.database.roster import CompanyHoliday, RosterEvent
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.review import approve
from scheduling_pipeline.roster.submission import submit
from tests.desk.people import NOW
from tests.roster.listing import SETTINGS
from tests.roster.planner import Fault, MemoryPlanner
from tests.roster.proposing import propose
from tests.roster.store import Store, day, place

SUBMITTED, WAITING = 1, 2  # the numbers of the two runs
REFUSED, PROPOSED = 3, 7  # the numbers of two rows: one that the planner refused, one that waits
EVENT = 30_000_001
DIGEST = "0123456789abcdef"


def fill(engine: Engine) -> str:
    """Write it into an empty database; the revision of the roster that waits."""
    store = Store()
    lead, other = store.lead(), store.lead()
    store.club_supervisor()
    specialist, barista = store.specialist(), store.barista()
    store.primary_lead(lead)
    store.juicer(barista)
    store.supervisor_of(store.core(3, 9, number="606001"))
    refused = store.event(EventType.DIGITAL_REFRESH, 4, 9)
    store.core(3, 15, number="606002", committed=place(4, "09:45", lead))
    for number in range(8):
        store.core(3, 5, number=f"60701{number}", auto=False)
    store.supervisor_of(store.core(4, 12, number="606003", auto=False))
    store.event(EventType.JUICER, 4, 9, auto=False)
    store.core(0, 2, auto=False)
    store.away(specialist, 3, 4)
    store.away(other, 12, code="NOT_AVAILABLE", detail="trade fair")
    store.write(engine)

    first = propose(engine)
    request = approve(engine, first.run_id, first.revision, who="mona", now=NOW)
    planner = MemoryPlanner.of(engine)
    planner.fault_of[refused.ref] = Fault.REFUSED
    submit(engine, request, planner, SETTINGS, run_id="first", now=lambda: NOW)
    with engine.begin() as connection:
        connection.execute(update(RosterEvent).values(allow_auto_schedule=True))
        connection.execute(insert(CompanyHoliday).values(name="Store fair", date=day(14)))
        held = {"digest": DIGEST, "scope": "sfs_lausanne", "keys": ["a"], "reasons": ["one lesson is left"]}
        removal = {"calendar": "ana", "uid": "a", "summary": "French", "dtstart": "2026-03-03T09:00:00+01:00"}
        seen = {"removals": [removal], "first_held_at": NOW, "last_held_at": NOW}
        connection.execute(insert(HeldPlan).values(held | seen))
    return propose(engine, NOW).revision
