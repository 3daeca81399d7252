"""The calendar engine on Google, on a bad day: everything stands once, and the ledger knows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stamina
from sqlalchemy import Engine

from scheduling_pipeline.calendars.apply import Applied, apply
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import DesiredEvent, Window
from scheduling_pipeline.calendars.plan import plan
from scheduling_pipeline.calendars.provider import Cause
from scheduling_pipeline.calendars.stock import take_stock
from scheduling_pipeline.database.connection import connect
from scheduling_pipeline.database.leases import Leases
from tests.databases import copied
from tests.resources.college import ADA, MONDAY, SCOPE, College, course, open_college

NOW = MONDAY - timedelta(days=1)
TERM = [Window(NOW, MONDAY + timedelta(weeks=20))]
COUNT = 12

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def college(tmp_path: Path) -> Iterator[College]:
    with open_college(tmp_path / "college") as opened, stamina.set_testing(True, attempts=4):
        yield opened


def timetable(college: College, **changes: str) -> list[DesiredEvent]:
    """A dozen classes for everybody."""
    return [
        DesiredEvent(SCOPE, calendar, f"class-{n}", course(MONDAY + timedelta(hours=n), **changes))
        for calendar in (college.ada, college.bruno)
        for n in range(COUNT)
    ]


def run(college: College, engine: Engine, desired: list[DesiredEvent], *, look: bool = False) -> Applied:
    """Plan and apply, as a run does that trusts its ledger; or after a look at what stands."""
    ledger, leases = Ledger(engine, "google", run_id="run"), Leases(engine)
    if look:
        calendars = [college.ada, college.bruno]
        take_stock(SCOPE, calendars, provider=college.google, ledger=ledger, leases=leases, now=NOW)
    changes = plan(desired, ledger.live(SCOPE), windows=TERM, kins=frozenset(), now=NOW).changes
    return apply(changes, provider=college.google, ledger=ledger, leases=leases, now=NOW)


def assert_as_desired(college: College, engine: Engine, desired: list[DesiredEvent]) -> None:
    """What is wanted is what stands (each event once) and what the ledger believes."""
    listings = college.google.list_owned([college.ada, college.bruno], SCOPE).values()
    stand = [event for listing in listings if isinstance(listing, list) for event in listing]
    known = Ledger(engine, "google", run_id="check").live(SCOPE)
    wanted = sorted((event.calendar, event.uid, event.content.content_hash) for event in desired)
    assert sorted((e.calendar, e.tag.uid, e.content.content_hash) for e in stand) == wanted
    assert sorted((e.calendar, e.uid, e.content.content_hash) for e in known) == wanted
    assert {e.etag for e in stand} == {e.etag for e in known}


EACH = "(POST|PATCH|DELETE) /calendars"


@pytest.mark.parametrize(
    ("kind", "match", "skips", "params"),
    [
        ("drop_reply", "POST /batch", (0, 2), {}),
        ("drop_reply", EACH, (0, 7, 11), {}),
        ("lose_request", "POST /batch", (0, 2), {}),
        ("lose_request", EACH, (2, 11), {}),
        ("http", "POST /batch", (0, 2), {"status": 503}),
        ("http", EACH, (0, 2, 3, 7, 11), {"status": 503}),
        ("http", "POST /batch", (0, 1, 2), {"status": 429}),
        ("http", EACH, (0, 2, 3, 7, 11), {"status": 403, "reason": "rateLimitExceeded"}),
        ("expired_token", EACH, (7,), {}),
    ],
)
def test_faults_neither_lose_nor_double_anything(
    college: College, engine: Engine, kind: str, match: str, skips: Sequence[int], params: dict[str, Any]
) -> None:
    for skip in skips:
        college.arm(kind, match, skip=skip, **params)
    applied = run(college, engine, timetable(college))
    assert applied.counts == {"created": 2 * COUNT}
    college.simulators.google.control.clear_faults()
    assert_as_desired(college, engine, timetable(college))

    for skip in skips:
        college.arm(kind, match, skip=skip, **params)
    moved = timetable(college, location="Beatty Hall 12")[: -COUNT // 2]
    run(college, engine, moved, look=True)
    college.simulators.google.control.clear_faults()
    run(college, engine, moved, look=True)
    assert_as_desired(college, engine, moved)


def test_7_a_run_with_nothing_to_do_makes_no_call(college: College, engine: Engine) -> None:
    run(college, engine, timetable(college))
    before = len(college.journal())
    assert run(college, engine, timetable(college)).writes == 0
    assert len(college.journal()) == before


def test_a_changed_event_costs_one_call(college: College, engine: Engine) -> None:
    run(college, engine, timetable(college))
    before = len(college.journal())
    assert run(college, engine, timetable(college, location="Beatty Hall 12")).counts == {
        "updated": 2 * COUNT
    }
    assert len(college.journal()) == before + 2 * COUNT


def test_14_a_ledger_that_was_lost_finds_its_events_and_doubles_none(
    college: College, engine: Engine, tmp_path: Path, migrated_sqlite: Path
) -> None:
    run(college, engine, timetable(college))
    empty = connect(copied(migrated_sqlite, tmp_path / "empty.db"))
    run(college, empty, timetable(college, location="Beatty Hall 12"))
    assert_as_desired(college, empty, timetable(college, location="Beatty Hall 12"))
    empty.dispose()


def test_an_event_deleted_by_hand_is_made_again_where_that_is_not_respected(
    college: College, engine: Engine
) -> None:
    run(college, engine, timetable(college))
    victim = Ledger(engine, "google", run_id="look").live(SCOPE)[0]
    college.by_hand("DELETE", victim.calendar, f"/events/{victim.provider_id}")
    moved = timetable(college, location="Beatty Hall 12")
    run(college, engine, moved)
    assert_as_desired(college, engine, moved)


def test_10_401_who_has_to_sign_in_again_stops_nobody_else(college: College, engine: Engine) -> None:
    college.revoke(ADA)
    applied = run(college, engine, timetable(college))
    assert applied.counts["created"] == COUNT
    assert {(failure.calendar, failure.cause) for failure in applied.failures} == {
        (college.ada, Cause.SIGN_IN)
    }
    assert not college.calls("POST", of=college.ada)


def test_an_edit_is_put_right_where_it_is_not_respected(college: College, engine: Engine) -> None:
    run(college, engine, timetable(college))
    victim = Ledger(engine, "google", run_id="look").live(SCOPE)[0]
    college.by_hand("PATCH", victim.calendar, f"/events/{victim.provider_id}", {"summary": "Mine"})
    moved = timetable(college, location="Beatty Hall 12")
    run(college, engine, moved)
    assert_as_desired(college, engine, moved)
