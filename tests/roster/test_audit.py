"""The audit: what is wrong today and soon, what is left to do, and how healthy the roster is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, update

from scheduling_pipeline.database.roster import (
    PendingSchedule,
    RosterEvent,
    RosterSchedule,
    RotationAssignment,
    SchedulerRun,
)
from scheduling_pipeline.roster.audit import Pending, RosterAudit, audit, examine, health_of, verify
from scheduling_pipeline.roster.findings import Finding, Severity
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.rules import Rules
from tests.roster.listing import LATER, NOW, SETTINGS, at
from tests.roster.proposing import change_row, edit, propose
from tests.roster.store import TODAY, Store, day, place

READ = Pending(synced_at=NOW)
CRITICAL, WARNING, INFO = Severity


@pytest.fixture
def store() -> Store:
    return Store()


def examined(store: Store, pending: Pending = READ) -> RosterAudit:
    return examine(store.snapshot(), Rules(), pending, NOW)


def named(findings: Sequence[Finding], code: str) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


def only(findings: Sequence[Finding], code: str) -> Finding:
    (finding,) = named(findings, code)
    return finding


def read_now(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(RosterEvent).values(last_synced=NOW))


def test_a_roster_in_order_has_no_findings_and_full_health(store: Store) -> None:
    lead, supervisor = store.lead(), store.club_supervisor()
    store.primary_lead(lead)
    core = store.core(0, 8, number="606001", committed=place(1, "09:45", lead))
    store.supervisor_of(core, place(1, "12:00", supervisor))
    store.event(EventType.FREEOSK, 1, 2, committed=place(1, "10:00", lead))
    found = examined(store)
    assert (found.findings, found.health, found.unscheduled_share) == ((), 100, 0)


def test_an_empty_roster_is_healthy() -> None:
    assert examined(Store()).health == 100


def test_two_core_events_of_one_person_are_told_once(store: Store) -> None:
    lead = store.lead()
    one = store.core(committed=place(4, "09:45", lead))
    store.core(committed=place(4, "09:45", lead))
    finding = only(examined(store).findings, "DAILY_LIMIT")
    assert (finding.severity, finding.day, finding.events, finding.employee) == (
        CRITICAL,
        day(4),
        (one.ref,),
        lead,
    )
    assert "Ada Reed has one of these on Fri 6 March already" in finding.sentence
    assert named(examined(store).findings, "OVERLAP") == []


def test_the_juicer_is_the_rotations_and_not_on_core(store: Store) -> None:
    named_one, other = store.barista(), store.barista()
    store.juicer(named_one)
    store.event(EventType.JUICER, committed=place(4, "09:00", other))
    store.event(EventType.JUICER, committed=place(5, "09:00", named_one))
    store.core(committed=place(5, "09:45", named_one))
    found = examined(store).findings
    assert only(found, "NOT_IN_ROTATION").severity is CRITICAL
    assert only(found, "JUICING").severity is CRITICAL


@pytest.mark.parametrize(
    ("code", "severity"),
    [("TIME_OFF", CRITICAL), ("HOLIDAY", CRITICAL), ("NOT_AVAILABLE", CRITICAL), ("NOT_A_WORK_DAY", WARNING)],
)
def test_whoever_is_away_cannot_do_it(store: Store, code: str, severity: Severity) -> None:
    lead = store.lead()
    store.core(committed=place(4, "09:45", lead))
    store.away(lead, 4, code=code)
    assert only(examined(store).findings, code).severity is severity


def test_what_people_who_left_hold_is_a_warning(store: Store) -> None:
    store.core(committed=place(4, "09:45", store.person(active=False)))
    store.core(committed=place(4, "09:45", store.person(last_day=3)))
    store.core(committed=place(4, "09:45", ""))
    found = examined(store).findings
    codes = ("INACTIVE", "LEFT", "UNKNOWN_PERSON")
    assert [only(found, code).severity for code in codes] == [WARNING] * 3


def test_a_place_outside_the_period_or_the_slots_is_told(store: Store) -> None:
    lead, other = store.lead(), store.lead()
    store.core(3, 10, committed=place(10, "09:45", lead))
    store.core(3, 10, committed=place(4, "09:50", other))
    found = examined(store).findings
    assert only(found, "OUTSIDE_WINDOW").severity is CRITICAL
    assert only(found, "WRONG_TIME").severity is WARNING


def test_supervisor_events_belong_to_their_cores(store: Store) -> None:
    lead, supervisor = store.lead(), store.club_supervisor()
    misdated = store.core(3, 10, number="606001", committed=place(4, "09:45", lead))
    store.supervisor_of(misdated, place(5, "12:00", supervisor))
    alone = store.core(3, 10, number="606002", committed=place(5, "09:45", lead))
    partner = store.supervisor_of(alone)
    store.event(EventType.SUPERVISOR, number="606003")
    store.event(EventType.SUPERVISOR)
    found = examined(store).findings
    assert only(found, "NOT_WITH_CORE").severity is CRITICAL
    assert only(found, "CORE_WITHOUT_SUPERVISOR").events == (alone.ref, partner.ref)
    assert only(found, "NO_MATCHING_CORE").severity is WARNING
    assert only(found, "NO_EVENT_NUMBER").severity is WARNING


def test_what_is_due_and_has_nobody_is_critical_and_what_is_near_a_warning(store: Store) -> None:
    due = store.core(-5, 1)
    one_day = store.core(0, 0)
    store.core(-5, 0)  # over
    near = store.core(-5, 3)
    soon, other = store.core(3, 9), store.core(14, 20)
    store.core(15, 20)
    found = examined(store).findings
    assert {one.events for one in named(found, "DUE_UNSTAFFED")} == {(due.ref,), (one_day.ref,)}
    assert {one.severity for one in named(found, "DUE_UNSTAFFED")} == {CRITICAL}
    assert only(found, "BUFFER_PAST_DUE").events == (near.ref,)
    assert only(found, "UNSTAFFED_SOON").events == (soon.ref, other.ref)
    assert "within 14 days, and without anybody yet: 2 events." in only(found, "UNSTAFFED_SOON").sentence


def test_rotation_gaps_are_told_where_somebody_is_needed(store: Store) -> None:
    barista = store.barista()
    store.event(EventType.JUICER, 0, 3)
    store.juicer(barista, 0, 1)
    store.away(barista, 1)
    found = examined(store).findings
    gaps = [one for one in named(found, "ROTATION_GAP") if "juicer" in one.sentence]
    assert [one.day for one in gaps] == [day(2)]
    absent = only(found, "ROTATION_PERSON_ABSENT")
    assert (absent.day, absent.employee) == (day(1), barista)
    assert [one.day for one in named(found, "ROTATION_GAP") if one not in gaps] == [day(0), day(1), day(2)]


@pytest.mark.parametrize("weekday", range(7))
def test_weekdays_count_from_monday(engine: Engine, store: Store, weekday: int) -> None:
    lead = store.lead()
    store.core(0, 7, committed=place(3, "09:45", lead))
    store.write(engine)
    with engine.begin() as connection:
        values = [
            {"day_of_week": number, "rotation_type": "primary_lead", "employee_id": lead}
            for number in range(7)
            if number != weekday
        ]
        connection.execute(insert(RotationAssignment), values)
    read_now(engine)
    assert TODAY.weekday() == 0
    gap = only(audit(engine, SETTINGS, NOW).findings, "ROTATION_GAP")
    assert gap.day == TODAY + timedelta(days=weekday)


def test_the_shape_of_a_day(store: Store) -> None:
    people = [store.specialist() for _ in range(3)]
    lead = store.lead()
    store.primary_lead(lead)
    for person in people:
        store.core(0, 8, committed=place(1, "09:45", person))
    found = examined(store).findings
    assert only(found, "SLOTS_UNEVEN").severity is INFO
    assert only(found, "NO_LEAD_TASKS").day == day(1)
    assert "at 09:45" in only(found, "NO_LEAD_AT_OPENING").sentence
    assert only(found, "NO_LEAD_AT_CLOSING").day == day(1)
    alone = only(found, "PRIMARY_LEAD_WITHOUT_CORE")
    assert (alone.severity, alone.employee, alone.day) == (WARNING, lead, day(1))


def test_leads_at_both_ends_are_enough(store: Store) -> None:
    store.core(0, 8, committed=place(1, "09:45", store.lead()))
    store.core(0, 8, committed=place(1, "10:30", store.specialist()))
    store.core(0, 8, committed=place(1, "11:30", store.lead()))
    found = examined(store).findings
    assert [one.code for one in found if one.code.startswith("NO_LEAD_AT")] == []


def test_how_much_of_a_day_is_in_order(store: Store) -> None:
    lead = store.lead()
    for number in (0, 1):
        store.core(0, 8, committed=place(number, "09:45", lead))
        store.core(0, 8, committed=place(number, "09:45", store.specialist()))
    store.away(lead, 0, 1)
    today, tomorrow = named(examined(store).findings, "DAY_NOT_RIGHT")
    assert (today.day, today.severity, tomorrow.day, tomorrow.severity) == (day(0), WARNING, day(1), INFO)
    assert today.sentence == "50% of Mon 2 March is in order; not so: 1 of 2 events."


def test_the_worst_comes_first(store: Store) -> None:
    lead = store.lead()
    store.core(committed=place(4, "09:45", lead))
    store.away(lead, 4)
    store.core(-5, 1)
    store.core()
    found = examined(store, Pending()).findings
    ranks = [list(Severity).index(one.severity) for one in found]
    assert ranks == sorted(ranks)
    assert found[0].code == "DUE_UNSTAFFED"


@pytest.mark.parametrize(
    ("critical", "warnings", "share", "health"),
    [
        (0, 0, 0.0, 100),
        (1, 0, 0.0, 90),
        (9, 0, 0.0, 70),
        (0, 1, 0.0, 95),
        (0, 9, 0.0, 80),
        (0, 0, 0.5, 75),
        (9, 9, 1.0, 0),
    ],
)
def test_health(critical: int, warnings: int, share: float, health: int) -> None:
    findings = [Finding(CRITICAL, "X", "")] * critical + [Finding(WARNING, "X", "")] * warnings
    assert health_of([*findings, Finding(INFO, "X", "")], share) == health


@given(st.integers(0, 50), st.integers(0, 50), st.floats(0, 1))
def test_health_is_between_0_and_100(critical: int, warnings: int, share: float) -> None:
    findings = [Finding(CRITICAL, "X", "")] * critical + [Finding(WARNING, "X", "")] * warnings
    assert 0 <= health_of(findings, share) <= 100


def test_the_unscheduled_share_is_of_what_begins_soon(store: Store) -> None:
    store.core(committed=place(4, "09:45", store.lead()))
    for start, due in ((3, 9), (-9, 0), (15, 20)):
        store.core(start, due)
    assert examined(store).unscheduled_share == 0.5


@pytest.mark.parametrize(("hours", "stale"), [(24, False), (25, True)])
def test_data_that_was_not_read_for_a_day_is_stale(store: Store, hours: int, stale: bool) -> None:  # noqa: FBT001 - a table of cases
    found = examined(store, Pending(synced_at=NOW - timedelta(hours=hours))).findings
    assert bool(named(found, "STALE_DATA")) is stale


def test_past_work_that_nobody_reported_is_critical(engine: Engine, store: Store) -> None:
    lead = store.lead()
    unreported = store.core(-20, -2, committed=place(-3, "09:45", lead))
    staffed = store.core(-20, -1)
    reported = store.core(-20, -2, committed=place(-4, "09:45", lead))
    store.core(-40, -15, committed=place(-16, "09:45", lead))
    store.core(-2, 5, committed=place(0, "09:45", lead))
    store.write(engine)
    with engine.begin() as connection:
        for ref, condition in ((staffed.ref, "Staffed"), (reported.ref, "Submitted")):
            changed = update(RosterEvent).where(RosterEvent.project_ref_num == ref)
            connection.execute(changed.values(condition=condition, is_scheduled=True))
    finding = only(audit(engine, SETTINGS, NOW).findings, "NOT_REPORTED")
    assert (finding.severity, finding.events) == (CRITICAL, (unreported.ref, staffed.ref))
    assert "the oldest of Fri 27 February" in finding.sentence


def test_what_waits_for_somebody_is_told(engine: Engine, store: Store) -> None:
    store.lead()
    store.core()
    store.write(engine)
    run = propose(engine).run_id
    with engine.begin() as connection:
        dead = {"run_type": "manual", "started_at": NOW, "status": "crashed"}
        connection.execute(insert(SchedulerRun).values(**dead))
        connection.execute(insert(SchedulerRun).values(**dead, dismissed_at=NOW))
    found = audit(engine, SETTINGS, NOW).findings
    assert only(found, "WAITS_FOR_APPROVAL").severity is INFO
    assert f"Proposal {run} waits for an approval, with 1 row." in only(found, "WAITS_FOR_APPROVAL").sentence
    assert only(found, "RUN_CRASHED").sentence.startswith(f"Proposal {run + 1} ")
    assert only(found, "STALE_DATA").sentence == "No event was ever read from the planner."
    with engine.begin() as connection:
        connection.execute(update(PendingSchedule).values(status="api_failed"))
    assert only(audit(engine, SETTINGS, NOW).findings, "NOT_SUBMITTED").severity is WARNING


def test_a_proposal_as_it_was_made_has_nothing_critical(engine: Engine, store: Store) -> None:
    lead, _ = store.lead(), store.club_supervisor()
    store.primary_lead(lead)
    store.supervisor_of(store.core(number="606001"))
    store.core(3, 20, committed=place(3, "09:45", lead))
    store.core(3, 4)
    store.event(EventType.FREEOSK, 3, 5)
    store.write(engine)
    read_now(engine)
    assert [
        one
        for one in verify(engine, propose(engine).run_id, SETTINGS, NOW)
        if one.code != "PRIMARY_LEAD_WITHOUT_CORE"
    ] == []


def test_what_an_edit_breaks_is_found_before_approval(engine: Engine, store: Store) -> None:
    lead, supervisor = store.lead(), store.club_supervisor()
    one, other = store.core(3, 10), store.core(3, 10)
    store.write(engine)
    read_now(engine)
    run = propose(engine).run_id
    edit(engine, run, one.ref, place(10, "09:45", lead))
    edit(engine, run, other.ref, place(2, "09:45", supervisor))
    found = verify(engine, run, SETTINGS, NOW)
    assert only(found, "ROLE").severity is CRITICAL
    assert {one.events for one in named(found, "OUTSIDE_WINDOW")} == {(one.ref,), (other.ref,)}
    assert only(found, "QUIET_ZONE").severity is WARNING


def test_rows_that_are_out_do_not_count_and_gone_events_do(engine: Engine, store: Store) -> None:
    lead = store.lead()
    one, other = store.core(3, 10), store.core(3, 10)
    store.write(engine)
    read_now(engine)
    run = propose(engine).run_id
    for event in (one, other):
        edit(engine, run, event.ref, place(4, "09:45", lead))
    assert only(verify(engine, run, SETTINGS, NOW), "DAILY_LIMIT").severity is CRITICAL
    change_row(engine, run, other.ref, status="rejected")
    assert named(verify(engine, run, SETTINGS, NOW), "DAILY_LIMIT") == []
    with engine.begin() as connection:
        connection.execute(
            update(RosterEvent).where(RosterEvent.project_ref_num == one.ref).values(closed_at=NOW)
        )
    assert only(verify(engine, run, SETTINGS, NOW), "ROW_VANISHED").events == (one.ref,)


def test_a_proposal_is_checked_against_what_stands(engine: Engine, store: Store) -> None:
    lead = store.lead()
    event = store.core(3, 10)
    stands = store.core(3, 10, committed=place(9, "09:45", lead))
    tasks = store.event(EventType.FREEOSK, 3, 10)
    store.write(engine)
    run = propose(engine).run_id
    change_row(engine, run, tasks.ref, status="rejected")
    edit(engine, run, event.ref, place(5, "09:45", lead))
    with engine.begin() as connection:
        moved = update(RosterSchedule).where(RosterSchedule.event_ref_num == stands.ref)
        connection.execute(moved.values(schedule_datetime=at(5, "09:45")))
    found = verify(engine, run, SETTINGS, LATER)
    assert only(found, "DAILY_LIMIT").events == (event.ref,)
    assert only(found, "LEAD_TASKS_UNSTAFFED").events == (tasks.ref,)
    assert only(found, "STALE_DATA").severity is WARNING
