"""A proposal: whole or not at all, in nobody's way, and true to what managers decided before."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Literal

import pytest
from sqlalchemy import Engine, insert, update

from scheduling_pipeline.database.leases import Leases
from scheduling_pipeline.database.roster import RosterEvent, RosterSchedule, SchedulerRun, TimeOff
from scheduling_pipeline.roster import proposals
from scheduling_pipeline.roster.model import Event, EventType, Place, Snapshot
from scheduling_pipeline.roster.plan import Move, Plan, Proof
from scheduling_pipeline.roster.proposals import RunInProgressError, RunOverError, begin_run, make_proposal
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.requests import ask_for_proposal, begin_request, open_requests
from scheduling_pipeline.roster.rules import Rules
from scheduling_pipeline.roster.runs import PROPOSAL_LEASE, crashed_runs, dismiss_crash, give_up
from tests.roster.listing import LATER, NOW, SETTINGS, at
from tests.roster.proposing import approve, change_row, contents, edit, propose, rows_of, run_row
from tests.roster.store import Store, day, place

OWN = ("scheduler_run_history", "pending_schedules", "leases")
LONG_AFTER = NOW + SETTINGS.crashed_after + timedelta(seconds=1)


@pytest.fixture
def store() -> Store:
    return Store()


def begin(engine: Engine, run_type: Literal["automatic", "manual"] = "automatic") -> int:
    return begin_run(engine, run_type=run_type, requested_by=None, now=NOW)


class Answer:
    """An engine that answers what a test wants; `meanwhile` happens while it thinks, once."""

    name = "answer"

    def __init__(
        self, make: Callable[[Snapshot], Plan], meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        self._make, self._meanwhile = make, meanwhile
        self.seen: list[Snapshot] = []

    def plan(self, snapshot: Snapshot, rules: Rules) -> Plan:  # noqa: ARG002 - it is not asked to think
        self.seen.append(snapshot)
        if len(self.seen) == 1:
            self._meanwhile()
        return self._make(snapshot)


def plan(
    placed: dict[int, Place] | None = None,
    failed: dict[int, Reason] | None = None,
    skipped: dict[int, Reason] | None = None,
    moves: tuple[Move, ...] = (),
    broken_pins: dict[int, Reason] | None = None,
) -> Plan:
    return Plan(
        placed=placed or {},
        failed=failed or {},
        skipped=skipped or {},
        moves=moves,
        objective=((1,), (0,), (0,), (0,)),
        proof=Proof((True,) * 4),
        engine="answer",
        broken_pins=broken_pins or {},
    )


def answer(
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Snapshot], Plan],
    meanwhile: Callable[[], None] = lambda: None,
) -> Answer:
    engine = Answer(make, meanwhile)
    monkeypatch.setattr(proposals, "engine_named", lambda _name: engine)
    monkeypatch.setattr(proposals, "explain", lambda _snapshot, _rules, _plan: {})
    return engine


def test_proposing_changes_nothing_but_tables_of_proposals(engine: Engine, store: Store) -> None:
    lead, _ = store.lead(), store.club_supervisor()
    store.primary_lead(lead)
    store.supervisor_of(store.core(number="606001"))
    store.core(committed=place(5, "09:45", lead))
    store.event(EventType.JUICER)
    store.write(engine)
    before = contents(engine, without=OWN)
    made = propose(engine)
    assert made.counts.scheduled == 2
    assert contents(engine, without=OWN) == before


def test_each_event_that_changes_or_fails_has_a_row_and_no_other(engine: Engine, store: Store) -> None:
    lead = store.lead()
    new = store.core()
    stays = store.core(committed=place(5, "09:45", lead))
    unplaced = store.event(EventType.JUICER)
    later = store.core(60, 70)
    store.write(engine)
    made = propose(engine)
    rows = rows_of(engine, made.run_id)
    assert list(rows) == [new.ref, unplaced.ref]
    assert stays.ref not in rows
    run = run_row(engine, made.run_id)
    assert (run["status"], run["engine"]) == ("completed", "optimal")
    counted = ("total_events_processed", "events_scheduled", "events_requiring_swaps", "events_failed")
    assert [run[name] for name in counted] == [2, 1, 0, 1]
    assert run["events_skipped"] == 1
    (skipped,) = run["skipped"]
    assert (skipped["event_ref_num"], skipped["code"]) == (later.ref, "NOT_YET")
    assert skipped["reason"].startswith("It begins on")


def test_a_new_place_is_proposed_in_store_time(engine: Engine, store: Store) -> None:
    lead = store.lead()
    event = store.core()
    store.write(engine)
    row = rows_of(engine, propose(engine).run_id)[event.ref]
    assert (row["status"], row["employee_id"], row["previous_datetime"]) == ("proposed", lead, None)
    assert (row["schedule_datetime"], row["schedule_time"]) == (at(3, "09:45"), time(9, 45))
    assert (row["is_swap"], row["failure_code"]) == (False, None)


def test_a_failure_says_why_and_what_would_help(engine: Engine, store: Store) -> None:
    store.barista()
    event = store.event(EventType.JUICER)
    store.write(engine)
    row = rows_of(engine, propose(engine).run_id)[event.ref]
    assert (row["status"], row["failure_code"]) == ("failed", "NO_ROTATION_JUICER_BEFORE_DUE")
    assert "rotation names no juicer" in row["failure_reason"]
    assert (row["employee_id"], row["schedule_datetime"], row["schedule_time"]) == (None, None, None)
    assert row["explanation"].keys() >= {"causes", "blocking", "fixes"}
    assert row["explanation"]["fixes"][0]["kind"] == "exception"


def test_the_objective_is_kept_by_level_with_its_proof(engine: Engine, store: Store) -> None:
    store.lead()
    store.core()
    store.write(engine)
    made = propose(engine)
    objective = run_row(engine, made.run_id)["objective"]
    assert objective.keys() == {"engine", "seconds", "levels", "proven", "gap", "reproducible"}
    assert list(objective["proven"].values()) == [True] * 4
    assert objective["levels"].keys() == objective["proven"].keys()
    assert (made.proven, objective["gap"]) == (True, 0)


def test_who_made_room_for_whom_is_told_on_both_sides(engine: Engine, store: Store) -> None:
    lead = store.lead()
    bumped = store.core(3, 20, committed=place(3, "09:45", lead))
    urgent = store.core(3, 4)
    store.write(engine)
    made = propose(engine)
    rows = rows_of(engine, made.run_id)
    head, moved = rows[urgent.ref], rows[bumped.ref]
    assert (head["is_swap"], head["bumped_event_ref_num"], head["made_room_for"]) == (True, bumped.ref, None)
    assert (moved["is_swap"], moved["made_room_for"]) == (False, urgent.ref)
    assert (moved["previous_employee_id"], moved["previous_datetime"]) == (lead, at(3, "09:45"))
    assert moved["schedule_datetime"] > moved["previous_datetime"]
    assert urgent.name in moved["swap_reason"]
    assert head["swap_reason"] == moved["swap_reason"]
    assert made.counts.swaps == 1


def test_a_committed_event_that_loses_its_place_is_a_drop_to_approve(engine: Engine, store: Store) -> None:
    lead = store.lead()
    dropped = store.core(3, 6, committed=place(3, "09:45", lead))
    urgent = [store.core(3, 5), store.core(3, 5), store.core(4, 5)]
    store.away(lead, 5)
    store.write(engine)
    made = propose(engine)
    rows = rows_of(engine, made.run_id)
    row = rows[dropped.ref]
    assert (row["status"], row["schedule_datetime"]) == ("proposed", None)
    assert (row["failure_code"], row["previous_datetime"]) == ("MADE_ROOM", at(3, "09:45"))
    assert row["made_room_for"] in {event.ref for event in urgent}
    assert (made.counts.scheduled, made.counts.failed) == (2, 2)


def test_at_the_head_of_a_chain_stands_the_event_that_gave_up_its_place(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, ben = store.lead(), store.lead()
    second = store.core(3, 20, committed=place(4, "09:45", ben))
    first = store.core(3, 15, committed=place(3, "09:45", ann))
    new = store.core(3, 4)
    store.write(engine)
    why = Reason(Code.MADE_ROOM, {"event": new.ref, "event_name": new.name})
    moves = (
        Move(second.ref, place(4, "09:45", ben), place(6, "09:45", ben), new.ref, why),
        Move(first.ref, place(3, "09:45", ann), place(4, "09:45", ben), new.ref, why),
    )
    placed = {
        new.ref: place(3, "09:45", ann),
        first.ref: place(4, "09:45", ben),
        second.ref: place(6, "09:45", ben),
    }
    answer(monkeypatch, lambda _snapshot: plan(placed, moves=moves))
    rows = rows_of(engine, propose(engine).run_id)
    assert rows[new.ref]["bumped_event_ref_num"] == first.ref
    assert [rows[ref]["made_room_for"] for ref in (first.ref, second.ref)] == [new.ref, new.ref]


def test_an_event_held_by_somebody_unknown_keeps_nobody_as_its_previous_person(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = store.lead()
    event = store.core(committed=place(4, "09:45", ""))
    store.write(engine)
    days = {"day": "2026-03-06", "start": "2026-03-07", "first": "2026-03-07", "last": "2026-03-09"}
    why = Reason(Code.OUTSIDE_WINDOW, days)
    move = Move(event.ref, place(4, "09:45", ""), place(5, "09:45", lead), None, why)
    answer(monkeypatch, lambda _snapshot: plan({event.ref: place(5, "09:45", lead)}, moves=(move,)))
    row = rows_of(engine, propose(engine).run_id)[event.ref]
    assert (row["previous_employee_id"], row["previous_datetime"]) == (None, at(4, "09:45"))
    assert row["made_room_for"] is None


def test_a_second_proposal_supersedes_the_first(engine: Engine, store: Store) -> None:
    store.lead()
    store.core()
    store.write(engine)
    first = propose(engine)
    second = propose(engine, LATER)
    assert (first.superseded, second.superseded) == ((), (first.run_id,))
    assert run_row(engine, first.run_id)["status"] == "superseded"


def test_what_is_approved_or_made_by_hand_is_not_superseded(engine: Engine, store: Store) -> None:
    store.lead()
    store.core()
    store.write(engine)
    approved = propose(engine).run_id
    approve(engine, approved)
    with engine.begin() as connection:
        connection.execute(
            insert(SchedulerRun).values(id=99, run_type="hand", started_at=NOW, status="completed")
        )
    assert propose(engine, LATER).superseded == ()
    assert [run_row(engine, run)["status"] for run in (approved, 99)] == ["completed", "completed"]


def test_two_runs_on_one_snapshot_give_the_same_rows(engine: Engine, store: Store) -> None:
    for _ in range(3):
        store.specialist()
    for number in range(6):
        store.core(3, 5 + number % 2)
    store.write(engine)
    one, other = propose(engine).run_id, propose(engine).run_id
    own = ("id", "scheduler_run_id")
    assert [
        {name: value for name, value in row.items() if name not in own}
        for row in rows_of(engine, one).values()
    ] == [
        {name: value for name, value in row.items() if name not in own}
        for row in rows_of(engine, other).values()
    ]


def test_rejecting_makes_events_pickable_again(engine: Engine, store: Store) -> None:
    store.lead()
    event = store.core()
    store.write(engine)
    first = propose(engine).run_id
    change_row(engine, first, event.ref, status="rejected")
    with engine.begin() as connection:
        connection.execute(update(SchedulerRun).where(SchedulerRun.id == first).values(status="rejected"))
    assert list(rows_of(engine, propose(engine).run_id)) == [event.ref]
    assert run_row(engine, first)["status"] == "rejected"


def test_what_a_manager_edited_is_carried_into_the_next_proposal(engine: Engine, store: Store) -> None:
    store.lead()
    chosen = store.specialist()
    event = store.core()
    store.write(engine)
    first = propose(engine)
    edit(engine, first.run_id, event.ref, place(6, "11:00", chosen))
    second = propose(engine, LATER)
    row = rows_of(engine, second.run_id)[event.ref]
    assert (row["status"], row["employee_id"], row["schedule_datetime"]) == (
        "user_edited",
        chosen,
        at(6, "11:00"),
    )
    assert (row["edited_by"], row["edited_at"], row["override_reason"]) == ("mia", NOW, "she asked for it")
    assert (first.carried, second.carried, second.broken_pins) == (0, 1, 0)
    third = propose(engine, LATER)
    assert rows_of(engine, third.run_id)[event.ref]["edited_by"] == "mia"


def test_an_edit_that_became_illegal_is_placed_anew_and_says_so(engine: Engine, store: Store) -> None:
    lead = store.lead()
    chosen = store.specialist()
    event = store.core()
    store.write(engine)
    edit(engine, propose(engine).run_id, event.ref, place(6, "11:00", chosen))
    with engine.begin() as connection:
        connection.execute(insert(TimeOff).values(employee_id=chosen, start_date=day(6), end_date=day(6)))
    made = propose(engine, LATER)
    row = rows_of(engine, made.run_id)[event.ref]
    assert (row["status"], row["employee_id"], row["edited_by"]) == ("proposed", lead, None)
    assert "is away on Sun 8 March" in row["explanation"]["broken_pin"]["sentence"]
    assert (made.carried, made.broken_pins) == (0, 1)


def test_an_edit_that_became_illegal_for_an_event_that_stays_is_listed_as_such(
    engine: Engine, store: Store
) -> None:
    lead, chosen = store.lead(), store.specialist()
    stays = store.core(committed=place(5, "09:45", lead))
    urgent = store.core(5, 6)
    store.away(chosen, *range(3, 10))
    store.write(engine)
    first = propose(engine).run_id
    assert rows_of(engine, first)[stays.ref]["made_room_for"] == urgent.ref
    edit(engine, first, stays.ref, place(6, "11:00", chosen))
    with engine.begin() as connection:
        connection.execute(update(RosterEvent).where(RosterEvent.id == 2).values(closed_at=LATER))
    made = propose(engine, LATER)
    assert stays.ref not in rows_of(engine, made.run_id)
    (skipped,) = run_row(engine, made.run_id)["skipped"]
    assert (skipped["event_ref_num"], skipped["code"]) == (stays.ref, "PIN_BROKEN")
    assert skipped["reason"].startswith("It cannot be where it was put by hand: Bo Lund is away on Sun 8")


def test_an_event_that_was_to_stay_where_it_stands_does(engine: Engine, store: Store) -> None:
    lead = store.lead()
    stays = store.core(3, 20, committed=place(3, "09:45", lead))
    urgent = store.core(3, 4)
    store.write(engine)
    first = propose(engine).run_id
    edit(engine, first, stays.ref, place(3, "09:45", lead))
    rows = rows_of(engine, propose(engine, LATER).run_id)
    assert (rows[stays.ref]["status"], rows[stays.ref]["schedule_datetime"]) == (
        "user_edited",
        at(3, "09:45"),
    )
    assert rows[urgent.ref]["status"] == "failed"


def test_an_edit_that_came_true_meanwhile_needs_no_row(engine: Engine, store: Store) -> None:
    lead = store.lead()
    event = store.core()
    store.write(engine)
    edit(engine, propose(engine).run_id, event.ref, place(6, "11:00", lead))
    commit(engine, event, place(6, "11:00", lead))
    assert rows_of(engine, propose(engine, LATER).run_id) == {}


def test_an_edited_event_that_is_gone_is_listed(engine: Engine, store: Store) -> None:
    lead = store.lead()
    event = store.core()
    store.write(engine)
    edit(engine, propose(engine).run_id, event.ref, place(6, "11:00", lead))
    with engine.begin() as connection:
        connection.execute(update(RosterEvent).values(closed_at=LATER))
    made = propose(engine, LATER)
    (skipped,) = run_row(engine, made.run_id)["skipped"]
    assert (skipped["event_ref_num"], skipped["code"]) == (event.ref, "ROW_VANISHED")


def test_edits_of_an_approved_proposal_are_not_carried(engine: Engine, store: Store) -> None:
    chosen = store.specialist()
    event = store.core()
    store.write(engine)
    first = propose(engine).run_id
    edit(engine, first, event.ref, place(6, "11:00", chosen))
    approve(engine, first)
    change_row(engine, first, event.ref, status="api_failed")
    assert rows_of(engine, propose(engine, LATER).run_id)[event.ref]["status"] == "proposed"


def test_what_is_approved_and_not_yet_submitted_is_not_proposed_again(engine: Engine, store: Store) -> None:
    store.lead()
    waits = store.core(3, 5)
    store.write(engine)
    first = propose(engine).run_id
    approve(engine, first)
    taken = rows_of(engine, first)[waits.ref]["schedule_datetime"]
    other = Store()
    other.events = [waits]
    rival = other.core(3, 5)
    other.events = [rival]
    other.write(engine)
    made = propose(engine, LATER)
    rows = rows_of(engine, made.run_id)
    assert list(rows) == [rival.ref]
    assert rows[rival.ref]["schedule_datetime"] != taken
    (skipped,) = run_row(engine, made.run_id)["skipped"]
    assert (skipped["event_ref_num"], skipped["code"]) == (waits.ref, "AWAITS_SUBMISSION")


def test_an_edit_while_the_engine_thinks_is_not_lost(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = store.lead()
    event = store.core()
    store.write(engine)
    first = propose(engine).run_id
    edited = place(6, "11:00", lead)
    thinking = answer(
        monkeypatch,
        lambda snapshot: plan({event.ref: snapshot.events[0].pinned or place(3, "09:45", lead)}),
        lambda: edit(engine, first, event.ref, edited),
    )
    made = propose(engine, LATER)
    assert [snapshot.events[0].pinned for snapshot in thinking.seen] == [None, edited]
    assert rows_of(engine, made.run_id)[event.ref]["status"] == "user_edited"


def test_a_concurrent_run_is_refused_by_name(engine: Engine) -> None:
    run = begin(engine)
    with pytest.raises(RunInProgressError, match=f"run {run}, begun 2026-03-02 07:00 UTC") as refused:
        begin(engine, "manual")
    assert refused.value.run_id == run


def test_a_proposal_that_somebody_else_makes_is_not_made_twice(engine: Engine) -> None:
    run = begin(engine)
    with Leases(engine).hold(PROPOSAL_LEASE), pytest.raises(RunInProgressError):
        make_proposal(engine, run, SETTINGS, NOW)
    assert run_row(engine, run)["status"] == "running"


def test_a_run_that_is_over_is_not_made_again(engine: Engine) -> None:
    made = propose(engine)
    with pytest.raises(RunOverError):
        make_proposal(engine, made.run_id, SETTINGS, LATER)
    assert run_row(engine, made.run_id)["status"] == "completed"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_run_that_fails_leaves_no_rows_and_supersedes_nothing(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    store.lead()
    store.core()
    store.write(engine)
    good = propose(engine).run_id

    def break_down(_snapshot: Snapshot) -> Plan:
        raise error("out of ideas\nwith secrets on the second line")

    answer(monkeypatch, break_down)
    asked = ask_for_proposal(engine, "mia", LATER)
    begin_request(engine, asked.request_id, LATER)
    with pytest.raises(error):
        make_proposal(engine, asked.run_id, SETTINGS, LATER)
    run = run_row(engine, asked.run_id)
    assert (run["status"], run["error_message"]) == ("failed", f"{error.__name__}: out of ideas")
    assert run["completed_at"] >= LATER
    assert rows_of(engine, asked.run_id) == {}
    assert run_row(engine, good)["status"] == "completed"
    assert open_requests(engine, "propose") == []


def test_a_proposal_is_logged_from_beginning_to_end(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.lead()
    store.core()
    store.write(engine)
    caplog.set_level(logging.INFO, "scheduling_pipeline.roster")
    propose(engine)

    def break_down(_snapshot: Snapshot) -> Plan:
        raise RuntimeError("out of ideas")

    answer(monkeypatch, break_down)
    with pytest.raises(RuntimeError):
        propose(engine, LATER)
    told = [re.sub(r"\d+\.\d+", "N", record.getMessage()) for record in caplog.records]
    assert told == [
        "proposal 1: begun, with the optimal engine",
        "proposal 1: 1 events placed, 0 without a place, 0 left out, in N s",
        "proposal 2: begun, with the optimal engine",
        "proposal 2: RuntimeError: out of ideas",
    ]


def test_a_failure_while_writing_leaves_no_rows(
    engine: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.lead()
    event = store.core()
    store.write(engine)
    good = propose(engine).run_id
    answer(monkeypatch, lambda _snapshot: plan({event.ref: place(3, "09:45", "US999999")}))
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        propose(engine, LATER)
    assert [run_row(engine, run)["status"] for run in (good, good + 1)] == ["completed", "failed"]
    assert rows_of(engine, good + 1) == {}


def test_a_run_given_up_while_the_engine_thinks_writes_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(engine)
    answer(monkeypatch, lambda _snapshot: plan(), lambda: give_up(engine, run, "too slow", LATER))
    with pytest.raises(RunOverError):
        make_proposal(engine, run, SETTINGS, NOW)
    assert (run_row(engine, run)["status"], run_row(engine, run)["error_message"]) == ("failed", "too slow")


def test_a_stuck_run_is_marked_crashed_after_the_limit_until_it_is_dismissed(engine: Engine) -> None:
    run = begin(engine)
    assert crashed_runs(engine, SETTINGS, NOW + SETTINGS.crashed_after) == []
    assert run_row(engine, run)["status"] == "running"
    for _ in range(2):
        assert [one.run_id for one in crashed_runs(engine, SETTINGS, LONG_AFTER)] == [run]
    assert run_row(engine, run)["error_message"] == "nobody was at it for 10 minutes"
    assert begin(engine) == run + 1
    dismiss_crash(engine, run, LONG_AFTER)
    assert crashed_runs(engine, SETTINGS, LONG_AFTER) != []  # the second one, by now
    assert run not in [one.run_id for one in crashed_runs(engine, SETTINGS, LONG_AFTER)]


def test_a_slow_run_whose_process_lives_is_not_crashed(engine: Engine) -> None:
    run = begin(engine)
    with Leases(engine).hold(PROPOSAL_LEASE):
        assert crashed_runs(engine, SETTINGS, LONG_AFTER) == []
    assert run_row(engine, run)["status"] == "running"


def test_a_request_that_was_just_begun_is_not_crashed_however_long_it_waited(engine: Engine) -> None:
    asked = ask_for_proposal(engine, "mia", NOW)
    begin_request(engine, asked.request_id, LONG_AFTER)
    assert crashed_runs(engine, SETTINGS, LONG_AFTER) == []


def test_a_request_that_nobody_carries_out_has_failed_with_its_run(engine: Engine) -> None:
    asked = ask_for_proposal(engine, "mia", NOW)
    (crashed,) = crashed_runs(engine, SETTINGS, LONG_AFTER)
    assert (crashed.run_id, crashed.requested_by) == (asked.run_id, "mia")
    assert open_requests(engine, "propose") == []


def test_only_a_crash_can_be_dismissed(engine: Engine) -> None:
    with pytest.raises(LookupError):
        dismiss_crash(engine, propose(engine).run_id, LATER)


def commit(engine: Engine, event: Event, where: Place) -> None:
    starts: datetime = at((where.day - day(0)).days, f"{where.start:%H:%M}")
    with engine.begin() as connection:
        connection.execute(
            update(RosterEvent)
            .where(RosterEvent.project_ref_num == event.ref)
            .values(is_scheduled=True, condition="Scheduled")
        )
        connection.execute(
            insert(RosterSchedule).values(
                event_ref_num=event.ref, employee_id=where.employee, schedule_datetime=starts
            )
        )
