"""What a manager may do to a proposal, and what happens when two do something at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from scheduling_pipeline.database.roster import RosterRequest, SchedulerRun, TimeOff
from scheduling_pipeline.roster.model import Event, EventType, Place
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.refused import (
    AlreadyApprovedError,
    NotFoundError,
    NothingToSubmitError,
    OverrideNeededError,
    RefusedError,
    RowLockedError,
    RuleBrokenError,
    RunNotOpenError,
    StaleRevisionError,
    SupersededError,
)
from scheduling_pipeline.roster.requests import begin_request
from scheduling_pipeline.roster.review import Decided, approve, edit_row, reject_row, reject_runs, retry_row
from tests.roster.office import BOSS, NOW, SETTINGS, Office, instant
from tests.roster.planner import Fault
from tests.roster.store import Store, day, place

ADA, BO, CLEO, DAN = "US100001", "US100002", "US100003", "US100004"


@dataclass
class Desk(Office):
    """Ada is a lead, Bo a specialist, Cleo the Club Supervisor, Dan a barista. `core` has a Supervisor event;
    `victim` makes room for it; `task` is a digital refresh; `lost` found no place."""

    def edit(
        self,
        event: Event,
        where: Place,
        *,
        override: str | None = None,
        revision: str | None = None,
    ) -> Decided:
        return edit_row(
            self.engine,
            SETTINGS,
            self.rows[event.ref],
            employee_id=where.employee,
            start=instant(where),
            revision=revision,
            override=override,
            who=BOSS,
            now=NOW,
        )

    def reject(self, event: Event) -> Decided:
        return reject_row(self.engine, SETTINGS, self.rows[event.ref], who=BOSS, now=NOW)

    def retry(self, event: Event) -> int:
        return retry_row(self.engine, SETTINGS, self.rows[event.ref], who=BOSS, now=NOW)

    def where(self, event: Event) -> tuple[str | None, object, str]:
        row = self.row(event)
        return row.employee_id, row.schedule_datetime, row.status


@pytest.fixture
def desk(engine: Engine) -> Desk:
    store = Store()
    for add in (store.lead, store.specialist, store.club_supervisor, store.barista):
        add()
    core = store.core(3, 9, number="606001")
    store.supervisor_of(core)
    store.core(3, 15, number="606002", committed=place(4, "09:45", ADA))
    store.event(EventType.DIGITAL_REFRESH, 4, 6)
    store.core(3, 9, number="606003")
    desk = Desk(engine, store)
    desk.open()
    desk.propose(
        {
            core.ref: place(4, "09:45", ADA),
            core.ref + 1: place(4, "12:00", CLEO),
            core.ref + 2: place(6, "09:45", BO),
            core.ref + 3: place(4, "10:15", ADA),
        },
        bumps={core.ref: core.ref + 2},
        failed={core.ref + 4: Code.NO_SLOT_OR_BUMP_IN_WINDOW},
    )
    return desk


@pytest.fixture
def core(desk: Desk) -> Event:
    return desk.store.events[0]


@pytest.fixture
def supervisor(desk: Desk) -> Event:
    return desk.store.events[1]


@pytest.fixture
def victim(desk: Desk) -> Event:
    return desk.store.events[2]


@pytest.fixture
def task(desk: Desk) -> Event:
    return desk.store.events[3]


@pytest.fixture
def lost(desk: Desk) -> Event:
    return desk.store.events[4]


def test_an_edit_is_kept_with_who_made_it(desk: Desk, task: Event) -> None:
    before = desk.revision
    decided = desk.edit(task, place(5, "10:15", CLEO), override="Ada asked for it")
    row = desk.row(task)
    assert desk.where(task) == (CLEO, instant(place(5, "10:15", CLEO)), "user_edited")
    assert (row.edited_by, row.edited_at, f"{row.schedule_time:%H:%M}") == (BOSS, NOW, "10:15")
    assert decided.revision == desk.revision != before
    (change,) = decided.changes
    assert change.before is not None
    assert (change.before["employee_id"], change.after["employee_id"]) == (ADA, CLEO)


@pytest.mark.parametrize(
    ("where", "code"),
    [
        (place(4, "09:45", CLEO), Code.ROLE),
        (place(9, "09:45", BO), Code.OUTSIDE_WINDOW),
        (place(6, "10:30", BO), Code.DAILY_LIMIT),
    ],
)
def test_an_edit_that_breaks_a_hard_rule_is_refused_whatever_the_reason(
    desk: Desk, core: Event, where: Place, code: Code
) -> None:
    before = desk.revision
    with pytest.raises(RuleBrokenError) as refused:
        desk.edit(core, where, override="I want it so")
    assert code in {violation.reason.code for violation in refused.value.violations}
    assert str(refused.value)
    assert desk.where(core) == (ADA, instant(place(4, "09:45", ADA)), "proposed")
    assert desk.revision == before


@pytest.mark.parametrize("override", [None, "", "  "])
def test_a_soft_rule_needs_a_reason(desk: Desk, core: Event, override: str | None) -> None:
    with pytest.raises(OverrideNeededError) as refused:
        desk.edit(core, place(4, "09:50", ADA), override=override)
    assert [violation.reason.code for violation in refused.value.violations] == [Code.WRONG_TIME]


def test_a_soft_rule_is_broken_with_a_reason_that_is_kept(desk: Desk, core: Event) -> None:
    desk.edit(core, place(4, "09:50", ADA), override=" She comes by train ")
    assert desk.row(core).override_reason == "She comes by train"


def test_moving_a_core_event_moves_its_supervisor_event(desk: Desk, core: Event, supervisor: Event) -> None:
    decided = desk.edit(core, place(5, "10:30", BO))
    assert desk.where(supervisor) == (CLEO, instant(place(5, "12:00", CLEO)), "user_edited")
    assert {change.event for change in decided.changes} == {core.ref, supervisor.ref}


def test_a_supervisor_event_for_which_nobody_is_there_fails_with_the_reason(
    desk: Desk, core: Event, supervisor: Event
) -> None:
    with Session(desk.engine) as session, session.begin():
        session.add(TimeOff(employee_id=CLEO, start_date=day(5), end_date=day(5)))
    desk.edit(core, place(5, "10:30", BO))
    row = desk.row(supervisor)
    assert (row.status, row.employee_id) == ("failed", None)
    assert row.failure_code == "SUPERVISOR_AND_PRIMARY_LEAD_UNAVAILABLE"
    assert row.failure_reason


def test_an_event_that_goes_elsewhere_no_longer_takes_anybodys_place(
    desk: Desk, core: Event, victim: Event
) -> None:
    desk.edit(core, place(5, "10:30", BO))
    assert (desk.row(core).is_swap, desk.row(core).bumped_event_ref_num) == (False, None)
    assert desk.row(victim).made_room_for is None


def test_a_failed_row_can_be_given_a_place(desk: Desk, lost: Event) -> None:
    desk.edit(lost, place(5, "09:45", BO))
    row = desk.row(lost)
    assert (row.status, row.failure_code, row.failure_reason) == ("user_edited", None, None)


def test_an_edit_on_a_stale_page_is_refused(desk: Desk, core: Event, task: Event) -> None:
    seen = desk.revision
    desk.edit(task, place(5, "10:15", ADA))
    with pytest.raises(StaleRevisionError) as refused:
        desk.edit(core, place(5, "10:30", BO), revision=seen)
    assert refused.value.current == desk.revision


def test_an_edit_of_what_is_not_there_is_refused(desk: Desk, core: Event) -> None:
    with pytest.raises(NotFoundError):
        desk.edit(core, place(4, "09:45", "US999999"))
    desk.rows[core.ref] = 999
    with pytest.raises(NotFoundError):
        desk.edit(core, place(4, "09:45", ADA))


@pytest.mark.parametrize(
    ("status", "error"), [("superseded", SupersededError), ("rejected", RunNotOpenError)]
)
def test_a_proposal_that_is_over_is_neither_edited_nor_approved(
    desk: Desk, core: Event, status: str, error: type[RefusedError]
) -> None:
    with desk.engine.begin() as connection:
        connection.execute(update(SchedulerRun).values(status=status))
    with pytest.raises(error):
        desk.edit(core, place(5, "10:30", BO))
    with pytest.raises(error):
        desk.approve()


def test_an_edit_after_the_approval_voids_it(desk: Desk, core: Event, task: Event) -> None:
    request = desk.approve()
    decided = desk.edit(core, place(5, "10:30", BO))
    assert decided.voided
    assert desk.request(request).state == "void"
    assert (desk.run().approved_at, desk.run().approved_by_user) == (None, None)
    assert desk.statuses(core, task) == ["user_edited", "proposed"]
    with pytest.raises(StaleRevisionError):
        approve(desk.engine, desk.run_id, str(desk.request(request).revision), who=BOSS, now=NOW)


def test_an_edit_while_it_is_being_submitted_is_refused(desk: Desk, core: Event) -> None:
    begin_request(desk.engine, desk.approve(), NOW)
    with pytest.raises(RowLockedError):
        desk.edit(core, place(5, "10:30", BO))
    assert desk.run().approved_at == NOW


def test_an_edit_of_what_was_submitted_is_refused(desk: Desk, core: Event) -> None:
    desk.approve_and_submit()
    with pytest.raises(RowLockedError):
        desk.edit(core, place(5, "10:30", BO))


def test_what_the_planner_refused_is_edited_and_retried_by_itself(desk: Desk, task: Event) -> None:
    desk.planner.fault_of[task.ref] = Fault.REFUSED
    desk.approve_and_submit()
    desk.planner.fault_of.clear()
    desk.edit(task, place(5, "10:15", ADA))
    assert desk.run().approved_at == NOW
    result = desk.submit(desk.retry(task))
    assert result.counts == {"submitted": 1, "failed": 0, "unknown": 0, "waiting": 0}
    desk.assert_at(task, place(5, "10:15", ADA))


def test_rejecting_a_core_event_rejects_what_only_makes_sense_with_it(
    desk: Desk, core: Event, supervisor: Event, victim: Event, task: Event
) -> None:
    desk.reject(core)
    assert desk.statuses(core, supervisor, victim, task) == ["rejected", "rejected", "rejected", "proposed"]


def test_rejecting_who_makes_room_rejects_who_comes(desk: Desk, core: Event, victim: Event) -> None:
    desk.reject(victim)
    assert desk.statuses(core, victim) == ["rejected", "rejected"]


def test_a_supervisor_event_is_rejected_alone(desk: Desk, core: Event, supervisor: Event) -> None:
    desk.reject(supervisor)
    assert desk.statuses(core, supervisor) == ["proposed", "rejected"]


def test_rejecting_a_proposal_rejects_its_rows_and_changes_nothing_else(desk: Desk) -> None:
    standing = desk.standing()
    assert reject_runs(desk.engine, desk.run_id, who=BOSS, now=NOW) == [desk.run_id]
    assert desk.run().status == "rejected"
    assert {row.status for row in desk.table()} == {"rejected", "failed"}
    assert desk.standing() == standing
    with pytest.raises(RunNotOpenError):
        reject_runs(desk.engine, desk.run_id, who=BOSS, now=NOW)


def test_all_open_proposals_are_rejected_and_approved_ones_stay(desk: Desk, task: Event) -> None:
    desk.approve()
    approved = desk.run_id
    opened = desk.propose({task.ref: place(5, "10:15", ADA)})
    assert reject_runs(desk.engine, None, who=BOSS, now=NOW) == [opened]
    assert desk.run(approved).status == "completed"
    with pytest.raises(AlreadyApprovedError):
        reject_runs(desk.engine, approved, who=BOSS, now=NOW)


def test_an_approval_names_who_and_what(desk: Desk, core: Event, lost: Event) -> None:
    revision = desk.revision
    request = desk.request(desk.approve())
    run = desk.run()
    assert (run.approved_by_user, run.approved_at, run.approved_revision) == (BOSS, NOW, revision)
    assert (request.state, request.revision, request.rows) == ("waiting", revision, None)
    assert desk.statuses(core, lost) == ["approved", "failed"]


def test_a_double_click_approves_once(desk: Desk) -> None:
    desk.approve()
    with pytest.raises(AlreadyApprovedError) as refused:
        approve(desk.engine, desk.run_id, desk.revision, who="nora", now=NOW + timedelta(seconds=1))
    assert (refused.value.who, refused.value.when) == (BOSS, NOW)
    assert BOSS in str(refused.value)


def test_of_two_managers_who_approve_at_once_one_succeeds(desk: Desk) -> None:
    revision = desk.revision

    def decide(who: str) -> int | RefusedError:
        try:
            return approve(desk.engine, desk.run_id, revision, who=who, now=NOW)
        except RefusedError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(decide, [f"manager {number}" for number in range(8)]))
    assert len([one for one in results if isinstance(one, int)]) == 1
    assert len([one for one in results if isinstance(one, AlreadyApprovedError)]) == 7
    with Session(desk.engine) as session:
        assert len(session.scalars(select(RosterRequest)).all()) == 1


def test_of_an_edit_and_an_approval_at_once_no_edited_row_is_approved_unseen(desk: Desk, task: Event) -> None:
    revision = desk.revision

    def change() -> bool:
        try:
            desk.edit(task, place(5, "10:15", ADA), revision=revision)
        except RefusedError:
            return False
        return True

    def decide() -> bool:
        try:
            approve(desk.engine, desk.run_id, revision, who=BOSS, now=NOW)
        except StaleRevisionError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        edited, approved = pool.submit(change), pool.submit(decide)
        assert edited.result()
        approved.result()
    assert desk.run().approved_at is None  # the edit came first, or voided the approval
    assert desk.row(task).status == "user_edited"


def test_an_approval_of_a_stale_page_is_refused(desk: Desk, task: Event) -> None:
    seen = desk.revision
    desk.edit(task, place(5, "10:15", ADA))
    with pytest.raises(StaleRevisionError):
        approve(desk.engine, desk.run_id, seen, who=BOSS, now=NOW)
    assert desk.run().approved_at is None


def test_a_proposal_without_anything_to_submit_is_not_approved(desk: Desk, lost: Event) -> None:
    desk.propose({}, failed={lost.ref: Code.NOBODY_AVAILABLE})
    with pytest.raises(NothingToSubmitError):
        desk.approve()
    assert desk.run().approved_at is None
    with pytest.raises(NotFoundError):
        approve(desk.engine, 999, desk.revision, who=BOSS, now=NOW)


def test_a_failed_row_is_retried(desk: Desk, task: Event) -> None:
    desk.planner.fault_of[task.ref] = Fault.REFUSED
    desk.approve_and_submit()
    desk.planner.fault_of.clear()
    request = desk.retry(task)
    with pytest.raises(RowLockedError):
        desk.retry(task)  # a double click
    assert desk.submit(request).counts["submitted"] == 1
    with pytest.raises(RowLockedError):
        desk.retry(task)  # there is nothing to retry
    assert desk.row(task).failure_code is None


def test_nothing_is_retried_before_it_was_approved(desk: Desk, core: Event) -> None:
    with pytest.raises(RowLockedError):
        desk.retry(core)
