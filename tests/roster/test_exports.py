"""The exported calendar: from today on, in store time, what is out of its period apart."""

from __future__ import annotations

import csv

import pytest
from sqlalchemy import Engine, update

from scheduling_pipeline.database.roster import RosterEvent
from scheduling_pipeline.roster.exports import HEADER, export_schedule
from scheduling_pipeline.roster.model import EventType
from tests.roster.listing import LATER, NOW, SETTINGS
from tests.roster.store import Store, place


@pytest.fixture
def store() -> Store:
    return Store()


def exported(engine: Engine, store: Store, *, valid_only: bool = False) -> list[list[str]]:
    store.write(engine)
    text = export_schedule(engine, SETTINGS, NOW, valid_only=valid_only)
    assert text.endswith("\n")
    assert "\r" not in text
    header, *rows = csv.reader(text.splitlines())
    assert tuple(header) == HEADER
    return rows


def test_an_empty_roster_is_a_header(engine: Engine, store: Store) -> None:
    assert exported(engine, store) == []


def test_rows_are_in_store_time_and_in_order(engine: Engine, store: Store) -> None:
    lead = store.lead()
    later = store.core(committed=place(5, "09:45", lead))
    sooner = store.event(EventType.FREEOSK, committed=place(4, "10:00", lead))
    first, second = exported(engine, store)
    assert [first[1], second[1]] == [str(sooner.ref), str(later.ref)]
    assert second[5:] == [
        "03/05/2026 12:00:00 AM",
        "03/12/2026 12:00:00 AM",
        "390",
        "Ada Reed",
        lead,
        "03/07/2026 09:45:00 AM",
    ]


def test_yesterday_is_left_out_and_today_is_not(engine: Engine, store: Store) -> None:
    lead = store.lead()
    store.core(-5, 5, committed=place(-1, "09:45", lead))
    today = store.core(-5, 5, committed=place(0, "09:45", lead))
    assert [row[1] for row in exported(engine, store)] == [str(today.ref)]


def test_open_and_closed_events_are_left_out(engine: Engine, store: Store) -> None:
    store.core()
    store.core(committed=place(4, "09:45", store.lead()))
    store.write(engine)
    with engine.begin() as connection:
        connection.execute(update(RosterEvent).values(closed_at=LATER))
    assert export_schedule(engine, SETTINGS, NOW).splitlines()[1:] == []


def test_a_day_on_which_it_is_due_is_out_of_the_period(engine: Engine, store: Store) -> None:
    lead = store.lead()
    start, last, due, before = (
        store.core(3, 10, committed=place(day, "09:45", lead)).ref for day in (3, 9, 10, 2)
    )
    one_day = store.core(4, 4, committed=place(4, "09:45", lead)).ref
    rows = exported(engine, store)
    assert [row[1] for row in rows if not row[0].startswith("#")] == [str(start), str(one_day), str(last)]
    remarks = [row for row in rows if row[0].startswith("#")]
    assert remarks[0] == ["# Outside the period of the event:"]
    assert [row[1] for row in remarks[1:]] == [str(before), str(due)]


def test_valid_only_leaves_the_others_away(engine: Engine, store: Store) -> None:
    store.core(3, 10, committed=place(10, "09:45", store.lead()))
    assert exported(engine, store, valid_only=True) == []


def test_somebody_unknown_is_named_as_the_planner_does(engine: Engine, store: Store) -> None:
    store.core(committed=place(4, "09:45", ""))
    (row,) = exported(engine, store)
    assert row[8:10] == ["Somebody Else", ""]
