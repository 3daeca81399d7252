"""A submission that dies at any instant: the next one loses nothing and doubles nothing."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, delete

from scheduling_pipeline.database.models import Lease
from scheduling_pipeline.roster.model import Place
from tests.databases import empty
from tests.roster.crash import Boundary, Crashed, fragile
from tests.roster.office import Office
from tests.roster.planner import Fault, no_boundary
from tests.roster.store import Store, place

ADA, BO, BOSS = "US100001", "US100002", "US100003"
URGENT, OLD, OLDEST, URGENT_SUPERVISOR, OLD_SUPERVISOR, ALONE = range(30_000_001, 30_000_007)
WANTED: dict[int, Place | None] = {
    URGENT: place(4, "09:45", ADA),
    URGENT_SUPERVISOR: place(4, "12:00", BOSS),
    OLD: place(5, "09:45", BO),
    OLD_SUPERVISOR: place(5, "12:00", BOSS),
    OLDEST: place(8, "10:30", BO),
    ALONE: None,
}
MOST_INSTANTS = 200


def prepare(engine: Engine) -> Office:
    """An urgent event takes the place of an old one, which takes that of the oldest; one is taken off."""
    empty(engine)
    store = Store()
    store.lead()
    store.specialist()
    store.club_supervisor()
    urgent = store.core(4, 7, number="606001")
    old = store.core(3, 12, number="606002", committed=place(4, "09:45", ADA))
    store.core(3, 15, number="606003", committed=place(5, "09:45", BO))
    store.supervisor_of(urgent)
    store.supervisor_of(old, committed=place(4, "12:00", BOSS))
    store.core(3, 15, number="606004", committed=place(9, "09:45", ADA))
    office = Office(engine, store)
    office.open()
    office.propose(WANTED, bumps={URGENT: OLD, OLD: OLDEST})
    return office


def die_at(office: Office, request: int, last: int) -> bool:
    """Whether a submission died at its `last` instant; else it came to its end."""
    boundary = Boundary(last)
    office.planner.cross = boundary.cross
    try:
        with fragile(office.engine, boundary):
            office.submit(request)
    except Crashed:
        with office.engine.begin() as connection:
            connection.execute(delete(Lease))  # which those of a dead process are
        return True
    finally:
        office.planner.cross = no_boundary
    return False


def dying_everywhere(engine: Engine, faults: Callable[[Office], None], step: int = 1) -> Iterator[Office]:
    """The office after each death, at each so many instants, and a second submission that came to its end.

    Where SQLite dies everywhere, PostgreSQL dies at each third instant: the submission is the same.
    """
    if engine.dialect.name == "postgresql":
        step = 3
    for last in range(1, MOST_INSTANTS, step):
        office = prepare(engine)
        faults(office)
        request = office.approve()
        if not die_at(office, request, last):
            assert last > 60, "a submission of eight writes has more instants than that"
            return
        if office.request(request).state != "done":
            office.submit(request)
        office.assert_planner_and_tables_agree()
        yield office
    pytest.fail("the submission never came to its end")


def test_each_row_is_submitted_once_wherever_it_dies(engine: Engine) -> None:
    for office in dying_everywhere(engine, lambda _office: None):
        assert {row.status for row in office.table()} == {"api_submitted"}
        for event in office.store.events:
            office.assert_at(event, WANTED[event.ref])
        assert set(office.planner.effects().values()) == {1}


def test_what_was_given_up_is_put_back_once_wherever_it_dies(engine: Engine) -> None:
    def refuse(office: Office) -> None:
        office.planner.fault_of[URGENT] = Fault.REFUSED

    for office in dying_everywhere(engine, refuse, step=3):
        statuses = {row.event_ref_num: row.status for row in office.table()}
        assert statuses.pop(ALONE) == "api_submitted"
        assert set(statuses.values()) == {"api_failed"}
        for event in office.store.events:
            office.assert_at(event, None if event.ref == ALONE else event.committed)
        assert set(office.planner.effects().values()) == {1}


def test_a_pair_is_undone_once_wherever_it_dies(engine: Engine) -> None:
    def refuse(office: Office) -> None:
        office.planner.fault_of[OLD_SUPERVISOR] = Fault.REFUSED

    for office in dying_everywhere(engine, refuse, step=3):
        statuses = {row.event_ref_num: row.status for row in office.table()}
        assert statuses[URGENT] == statuses[URGENT_SUPERVISOR] == "api_submitted"
        assert statuses[OLD] == statuses[OLD_SUPERVISOR] == statuses[OLDEST] == "api_failed"
        events = {event.ref: event for event in office.store.events}
        office.assert_at(events[OLD], None)  # its old place is taken
        office.assert_at(events[OLDEST], events[OLDEST].committed)
        office.assert_at(events[OLD_SUPERVISOR], events[OLD_SUPERVISOR].committed)


@pytest.mark.parametrize("seed", range(6))
def test_dying_again_and_again_among_faults(engine: Engine, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    office = prepare(engine)
    office.planner.faults = iter([dice.choice([*Fault]) if dice.random() < 0.3 else None for _ in range(200)])
    request = office.approve()
    while office.request(request).state != "done":
        die_at(office, request, dice.randint(5, 40))
    office.assert_planner_and_tables_agree()
    for row in office.table():
        assert row.status in {"api_submitted", "api_failed"}
        if row.status == "api_submitted" and not row.api_error_details:
            event = next(one for one in office.store.events if one.ref == row.event_ref_num)
            office.assert_at(event, WANTED[event.ref])
