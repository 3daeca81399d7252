"""Decisions leave a trace: a note in the audit, which stands or falls with them, and a line in the log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduling_pipeline.database import audit
from scheduling_pipeline.database.desk import DeskAudit
from scheduling_pipeline.roster.hand import reschedule, unschedule_by_hand
from scheduling_pipeline.roster.model import Event
from scheduling_pipeline.roster.review import edit_row, reject_row, reject_runs, retry_row
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.planner import Fault
from tests.roster.store import Store, place

ADA, BO = "US100001", "US100002"
FIRST, THEN = place(4, "09:45", ADA), place(5, "10:30", BO)
STANDS = place(6, "09:45", ADA)

Decision = Callable[[], object]


@pytest.fixture
def office(engine: Engine) -> Office:
    """A proposal of one Core event; another one stands in the planner."""
    store = Store()
    store.lead()
    store.specialist()
    event = store.core(3, 12)
    store.core(3, 12, committed=STANDS)
    office = Office(engine, store)
    office.open()
    office.propose({event.ref: FIRST})
    return office


@pytest.fixture
def event(office: Office) -> Event:
    return office.store.events[0]


def edit(office: Office) -> None:
    edit_row(
        office.engine,
        SETTINGS,
        next(iter(office.rows.values())),
        employee_id=BO,
        start=instant(THEN),
        revision=None,
        override=None,
        who=BOSS,
        now=NOW,
    )


def decisions(office: Office) -> dict[str, Decision]:
    """All that can be decided about the proposal, or by hand, as it is now."""
    row, stands = next(iter(office.rows.values())), office.store.events[1].ref
    return {
        "row.edit": lambda: edit(office),
        "row.reject": lambda: reject_row(office.engine, SETTINGS, row, who=BOSS, now=NOW),
        "run.reject": lambda: reject_runs(office.engine, office.run_id, who=BOSS, now=NOW),
        "run.approve": office.approve,
        "hand.unschedule": lambda: unschedule_by_hand(office.engine, SETTINGS, stands, who=BOSS, now=NOW),
        "hand.move": lambda: reschedule(
            office.engine,
            SETTINGS,
            stands,
            employee_id=BO,
            start=instant(THEN),
            override=None,
            who=BOSS,
            now=NOW,
        ),
    }


class Note(NamedTuple):
    """What the audit has of one change."""

    action: str
    who: str
    at: datetime
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


def notes(office: Office) -> list[Note]:
    with Session(office.engine) as session:
        return [
            Note(row.action, row.who, row.at, row.subject, row.before or {}, row.after or {})
            for row in session.scalars(select(DeskAudit).order_by(DeskAudit.id))
        ]


ACTIONS = ["row.edit", "row.reject", "run.reject", "run.approve", "hand.unschedule", "hand.move"]


@pytest.mark.parametrize("action", ACTIONS)
def test_each_decision_is_noted_and_logged(
    office: Office, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "scheduling_pipeline.roster"):
        decisions(office)[action]()
    (note,) = notes(office)
    assert (note.action, note.who, note.at) == (action, BOSS, NOW)
    assert note.subject
    assert BOSS in caplog.text


@pytest.mark.parametrize("action", ACTIONS)
def test_what_cannot_be_noted_is_not_decided(
    office: Office, action: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    before = office.revision
    monkeypatch.setattr(audit, "record", fail)
    with caplog.at_level(logging.INFO, "scheduling_pipeline.roster"), pytest.raises(RuntimeError):
        decisions(office)[action]()
    assert (office.run().status, office.run().approved_at, office.revision) == ("completed", None, before)
    assert [row.status for row in office.table(office.run_id + 1)] == []
    assert caplog.text == ""


def test_an_edit_is_noted_with_before_and_after(office: Office, event: Event) -> None:
    edit(office)
    (note,) = notes(office)
    assert note.subject == f"row {office.rows[event.ref]} of run {office.run_id}, event {event.ref}"
    assert (note.before["employee_id"], note.before["status"]) == (ADA, "proposed")
    assert (note.after["employee_id"], note.after["status"]) == (BO, "user_edited")


def test_an_edit_that_voids_an_approval_notes_that_too(office: Office) -> None:
    office.approve()
    edit(office)
    assert [note.action for note in notes(office)] == ["run.approve", "row.edit", "approval.void"]


def test_a_change_by_hand_is_noted_with_before_and_after(office: Office) -> None:
    decisions(office)["hand.move"]()
    (note,) = notes(office)
    assert note.subject.startswith(f"event {office.store.events[1].ref}, run ")
    assert (note.before["employee_id"], note.after["employee_id"]) == (ADA, BO)
    assert note.after["schedule_datetime"] == instant(THEN).isoformat()


def test_a_retry_is_noted_with_before_and_after(office: Office, event: Event) -> None:
    office.planner.fault_of[event.ref] = Fault.REFUSED
    office.approve_and_submit()
    request = retry_row(office.engine, SETTINGS, office.rows[event.ref], who=BOSS, now=NOW)
    note = notes(office)[-1]
    assert (note.action, note.before, note.after) == (
        "row.retry",
        {"status": "api_failed"},
        {"status": "approved", "request": request},
    )


def test_a_submission_is_logged_from_start_to_end(
    office: Office, event: Event, caplog: pytest.LogCaptureFixture
) -> None:
    request = office.approve()
    office.planner.faults = iter([Fault.WITHOUT_EFFECT])
    with caplog.at_level(logging.INFO, "scheduling_pipeline.roster"):
        caplog.clear()  # of the approval
        office.submit(request)
    assert caplog.messages == [
        f"submitting request {request} of run {office.run_id}, attempt 1",
        f"schedule of event {event.ref} (place) is rejected: API_EXCEPTION",
        f"schedule of event {event.ref} (place) is done: as it was to be",
        f"request {request} of run {office.run_id} is finished: 1 submitted, 0 failed, 0 unknown, 0 waiting",
    ]


def test_nobody_is_named_in_the_log_of_what_failed(
    office: Office, event: Event, caplog: pytest.LogCaptureFixture
) -> None:
    request = office.approve()
    office.planner.by_hand(event.ref, 200_002, instant(THEN))
    office.submit(request)
    assert f"row {office.rows[event.ref]} of event {event.ref} failed: OVERTAKEN" in caplog.messages
    assert "PERSON" not in caplog.text
