"""Events follow the planner's listing: nothing is lost by accident, and nothing newer is undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, RowMapping, insert, select, update
from sqlalchemy.exc import StatementError

from scheduling_pipeline.database.roster import (
    CrossmarkOperation,
    PendingSchedule,
    RosterEmployee,
    RosterEvent,
    RosterSchedule,
    SchedulerRun,
)
from scheduling_pipeline.roster.planner import OVER_CONDITIONS
from scheduling_pipeline.roster.refresh import Refreshed, TooFewListedError, refresh_events
from scheduling_pipeline.roster.snapshot import load_snapshot
from tests.roster.listing import FIRST, LATER, NOW, SETTINGS, Listing, at, booking, listed
from tests.roster.store import Store, day

CORE = "606001-ACME-Peach Tea (260302000001)  - V2-CORE"
SUPERVISOR = "606001-ACME-Peach Tea (260302000002)  - V2-Supervisor"


def refresh(engine: Engine, *events: object, now: datetime = NOW) -> Refreshed:
    return refresh_events(engine, Listing(list(events)), SETTINGS, now)  # type: ignore[arg-type]


def event_row(engine: Engine, ref: int = FIRST) -> RowMapping:
    with engine.connect() as connection:
        query = select(RosterEvent.__table__).where(RosterEvent.project_ref_num == ref)
        return connection.execute(query).mappings().one()


def schedule_rows(engine: Engine) -> list[RowMapping]:
    with engine.connect() as connection:
        query = select(RosterSchedule.__table__).order_by(RosterSchedule.event_ref_num)
        return list(connection.execute(query).mappings())


def everything(engine: Engine) -> list[RowMapping]:
    with engine.connect() as connection:
        query = select(RosterEvent.__table__).order_by(RosterEvent.id)
        events = connection.execute(query).mappings().all()
    return [*events, *schedule_rows(engine)]


def with_person(engine: Engine) -> str:
    store = Store()
    lead = store.lead()
    store.write(engine)
    return lead


def note_operation(engine: Engine, state: str, settled_at: datetime | None) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(CrossmarkOperation).values(
                id="one",
                event_ref_num=FIRST,
                kind="schedule",
                purpose="place",
                state=state,
                mplan_id=FIRST,
                location_id=100_500,
                run_id="run",
                sent_at=NOW - timedelta(minutes=1),
                settled_at=settled_at,
            )
        )


def test_a_new_event_is_taken_over_with_type_and_window(engine: Engine) -> None:
    done = refresh(engine, listed(name="09.22-DD-ACME-Soap (260302000003)  - 09.22 Digital Teardown"))
    row = event_row(engine)
    assert done.counts["new"] == 1
    assert (row["event_type"], row["location_mvid"], row["external_id"]) == (
        "digital_teardown",
        "100500",
        str(FIRST),
    )
    assert (row["start_datetime"], row["due_datetime"]) == (at(3, "00:00"), at(10, "00:00"))
    assert not row["is_scheduled"]


def test_the_window_is_asked_for_in_store_days(engine: Engine) -> None:
    planner = Listing([listed()])
    refresh_events(engine, planner, SETTINGS, NOW)
    assert planner.asked == [(day(-30), day(90))]


def test_an_unchanged_listing_changes_nothing_but_when_it_was_seen(engine: Engine) -> None:
    with_person(engine)
    refresh(engine, listed(booking=booking(4, "09:45")))
    before = everything(engine)
    done = refresh(engine, listed(booking=booking(4, "09:45")), now=LATER)
    assert (done.events.writes, done.schedules.writes, done.counts["unchanged"]) == (0, 0, 1)
    assert [{**row, "last_synced": None} for row in everything(engine)] == [
        {**row, "last_synced": None} for row in before
    ]
    assert event_row(engine)["last_synced"] == LATER


def test_changed_dates_update_the_event_in_place(engine: Engine) -> None:
    refresh(engine, listed())
    before = event_row(engine)["id"]
    done = refresh(engine, listed(start=4, due=12))
    row = event_row(engine)
    assert done.counts["changed"] == 1
    assert (row["id"], row["start_datetime"], row["due_datetime"]) == (
        before,
        at(4, "00:00"),
        at(12, "00:00"),
    )


def test_who_stands_where_follows_the_planner(engine: Engine) -> None:
    lead = with_person(engine)
    refresh(engine, listed(booking=booking(4, "09:45")))
    (row,) = schedule_rows(engine)
    assert (row["employee_id"], row["schedule_datetime"], row["external_id"]) == (
        lead,
        at(4, "09:45"),
        40_000_001,
    )
    refresh(engine, listed(booking=booking(5, "11:00")))
    (moved,) = schedule_rows(engine)
    assert (moved["id"], moved["schedule_datetime"]) == (row["id"], at(5, "11:00"))
    done = refresh(engine, listed())
    assert (done.counts["schedules_removed"], schedule_rows(engine)) == (1, [])
    assert not event_row(engine)["is_scheduled"]


def test_scheduled_on_the_site_counts_although_the_condition_says_unstaffed(engine: Engine) -> None:
    refresh(engine, listed(condition="Unstaffed", booking=booking(4, "09:45")))
    assert event_row(engine)["is_scheduled"]


def test_staffed_without_a_date_is_reported(engine: Engine) -> None:
    done = refresh(engine, listed(condition="Staffed"))
    assert done.problems["staffed_without_date"] == [FIRST]
    assert event_row(engine)["is_scheduled"]


@pytest.mark.parametrize("condition", OVER_CONDITIONS)
def test_what_is_over_without_a_date_is_no_problem(engine: Engine, condition: str) -> None:
    done = refresh(engine, listed(condition=condition))
    assert "staffed_without_date" not in done.problems
    assert event_row(engine)["condition"] == condition


def test_what_was_reissued_is_open_again_until_it_has_a_date(engine: Engine) -> None:
    refresh(engine, listed(condition="Submitted", booking=booking(-3, "09:45")))
    done = refresh(engine, listed(condition="Reissued", due=14))
    assert "staffed_without_date" not in done.problems
    assert not event_row(engine)["is_scheduled"]
    with engine.connect() as connection:
        assert [event.ref for event in load_snapshot(connection, SETTINGS, NOW).events] == [FIRST]


def test_the_schedule_of_somebody_unknown_is_kept_with_the_name(engine: Engine) -> None:
    done = refresh(engine, listed(booking=booking(4, "09:45", rep=999_999)))
    (row,) = schedule_rows(engine)
    assert (row["employee_id"], row["rep_name"]) == (None, "READ, ADA")
    assert done.problems["unknown_person"] == [FIRST]


def test_people_who_become_known_get_their_schedules(engine: Engine) -> None:
    refresh(engine, listed(booking=booking(4, "09:45")))
    lead = with_person(engine)
    refresh(engine, listed(booking=booking(4, "09:45")))
    assert schedule_rows(engine)[0]["employee_id"] == lead


def test_schedule_ids_may_change_hands(engine: Engine) -> None:
    one, other = booking(4, "09:45", schedule=40_000_001), booking(5, "09:45", schedule=40_000_002)
    refresh(engine, listed(booking=one), listed(FIRST + 1, booking=other))
    swapped = (
        listed(booking=replace(one, schedule_id=other.schedule_id)),
        listed(FIRST + 1, booking=replace(other, schedule_id=one.schedule_id)),
    )
    refresh(engine, *swapped)
    assert [row["external_id"] for row in schedule_rows(engine)] == [40_000_002, 40_000_001]


def test_one_schedule_id_for_two_events_is_reported_and_kept_once(engine: Engine) -> None:
    done = refresh(
        engine, listed(booking=booking(4, "09:45")), listed(FIRST + 1, booking=booking(5, "09:45"))
    )
    assert done.problems["same_schedule_id"] == [FIRST + 1]
    assert [row["external_id"] for row in schedule_rows(engine)] == [40_000_001, None]


def test_an_event_that_is_gone_is_closed_and_opened_again_when_it_is_back(engine: Engine) -> None:
    refresh(engine, listed(), listed(FIRST + 1))
    done = refresh(engine, listed(FIRST + 1), now=LATER)
    assert (done.closed, event_row(engine)["closed_at"]) == (1, LATER)
    assert refresh(engine, listed(FIRST + 1)).closed == 0
    done = refresh(engine, listed(), listed(FIRST + 1))
    assert (done.reopened, event_row(engine)["closed_at"]) == (1, None)


def test_an_event_outside_the_window_is_not_closed(engine: Engine) -> None:
    refresh(engine, listed(start=-20, due=60), listed(FIRST + 1))
    with engine.begin() as connection:
        connection.execute(
            update(RosterEvent)
            .where(RosterEvent.project_ref_num == FIRST)
            .values(start_datetime=at(-31, "00:00"))
        )
    assert refresh(engine, listed(FIRST + 1)).closed == 0
    assert event_row(engine)["closed_at"] is None


def test_an_empty_answer_leaves_the_data_as_it_is(engine: Engine) -> None:
    refresh(engine, listed(booking=booking(4, "09:45")))
    before = everything(engine)
    with pytest.raises(TooFewListedError, match="listed no events, where we know 1"):
        refresh(engine, now=LATER)
    assert everything(engine) == before


def test_a_tiny_answer_is_refused_with_figures(engine: Engine) -> None:
    refresh(engine, *(listed(FIRST + number) for number in range(10)))
    before = everything(engine)
    with pytest.raises(TooFewListedError, match="4 of the 10 that we know") as refused:
        refresh(engine, *(listed(FIRST + number) for number in range(4)), listed(FIRST + 99))
    assert (refused.value.listed, refused.value.known, refused.value.found) == (5, 10, 4)
    assert everything(engine) == before


def test_half_of_the_known_events_is_enough(engine: Engine) -> None:
    refresh(engine, *(listed(FIRST + number) for number in range(10)))
    assert refresh(engine, *(listed(FIRST + number) for number in range(5))).closed == 5


@pytest.mark.parametrize(("state", "settled_at"), [("sent", None), ("unknown", None), ("done", LATER)])
def test_a_write_that_is_open_or_newer_than_the_listing_is_not_undone(
    engine: Engine, state: str, settled_at: datetime | None
) -> None:
    with_person(engine)
    refresh(engine, listed(booking=booking(4, "09:45")), listed(FIRST + 1))
    note_operation(engine, state, settled_at)
    before = everything(engine)[0]
    done = refresh(engine, listed(name="606001-Other"), listed(FIRST + 1))
    assert done.problems["left_alone"] == [FIRST]
    assert (event_row(engine), len(schedule_rows(engine))) == (before, 1)
    assert refresh(engine, listed(FIRST + 1)).closed == 0


def test_a_write_that_was_settled_before_is_followed_by_the_listing(engine: Engine) -> None:
    refresh(engine, listed(booking=booking(4, "09:45")))
    note_operation(engine, "done", NOW - timedelta(seconds=1))
    refresh(engine, listed())
    assert schedule_rows(engine) == []


def test_a_newer_refresh_is_not_undone_by_an_older_listing(engine: Engine) -> None:
    refresh(engine, listed(due=12), now=LATER)
    done = refresh(engine, listed(due=10), now=NOW)
    assert done.problems["left_alone"] == [FIRST]
    assert event_row(engine)["due_datetime"] == at(12, "00:00")


def test_what_was_approved_stays_approved_while_its_event_changes(engine: Engine) -> None:
    lead = with_person(engine)
    refresh(engine, listed(), listed(FIRST + 1))
    with engine.begin() as connection:
        run = connection.execute(
            insert(SchedulerRun)
            .values(run_type="manual", started_at=NOW, status="completed")
            .returning(SchedulerRun.id)
        ).scalar_one()
        connection.execute(
            insert(PendingSchedule).values(
                scheduler_run_id=run,
                event_ref_num=FIRST,
                employee_id=lead,
                schedule_datetime=at(4, "09:45"),
                schedule_time=at(4, "09:45").time(),
                status="approved",
                created_at=NOW,
                updated_at=NOW,
            )
        )
    refresh(engine, listed(FIRST + 1))
    with engine.connect() as connection:
        rows = (
            connection.execute(select(PendingSchedule.status, PendingSchedule.event_ref_num)).tuples().all()
        )
    assert list(rows) == [("approved", FIRST)]
    assert event_row(engine)["closed_at"] == NOW


def test_partners_are_paired_and_those_without_one_reported(engine: Engine) -> None:
    alone = "606002-ACME-Plum (260302000009)  - V2-Supervisor"
    done = refresh(
        engine, listed(name=CORE), listed(FIRST + 1, name=SUPERVISOR), listed(FIRST + 2, name=alone)
    )
    assert event_row(engine, FIRST + 1)["parent_event_ref_num"] == FIRST
    assert done.problems["unpaired"] == [FIRST + 2]
    refresh(engine, listed(name=CORE, location=100_501), listed(FIRST + 1, name=SUPERVISOR))
    assert event_row(engine, FIRST + 1)["parent_event_ref_num"] is None


def test_a_canceled_event_is_nobodys_partner(engine: Engine) -> None:
    canceled = listed(FIRST + 2, name=CORE, condition="Canceled")
    done = refresh(engine, listed(name=CORE), listed(FIRST + 1, name=SUPERVISOR), canceled)
    assert event_row(engine, FIRST + 1)["parent_event_ref_num"] == FIRST
    assert done.problems["unpaired"] == []


def test_oddities_are_reported_and_do_not_stop_the_rest(engine: Engine) -> None:
    done = refresh(
        engine,
        listed(start=5, due=4),
        listed(FIRST + 1, location=None),
        listed(FIRST + 2),
        listed(FIRST + 2, due=11),
    )
    assert done.problems["due_before_start"] == [FIRST]
    assert done.problems["without_location"] == [FIRST + 1]
    assert done.problems["listed_twice"] == [FIRST + 2]
    assert event_row(engine)["due_datetime"] == at(5, "00:00")


def test_a_location_that_is_not_listed_any_more_stays_known(engine: Engine) -> None:
    refresh(engine, listed())
    refresh(engine, listed(location=None))
    assert event_row(engine)["location_mvid"] == "100500"


def test_an_event_that_only_a_file_knew_is_closed_once_the_planner_lists_it(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            insert(RosterEvent).values(
                project_name=CORE,
                project_ref_num=400_000_101,
                start_datetime=at(3, "00:00"),
                due_datetime=at(10, "00:00"),
                event_type="core",
            )
        )
    assert refresh(engine, listed(FIRST + 1, name=SUPERVISOR)).closed == 0
    assert refresh(engine, listed(name=CORE), listed(FIRST + 1, name=SUPERVISOR)).closed == 1
    assert event_row(engine, 400_000_101)["closed_at"] == NOW
    assert event_row(engine, FIRST + 1)["parent_event_ref_num"] == FIRST


def test_a_refresh_that_fails_half_way_changes_nothing(engine: Engine) -> None:
    refresh(engine, listed())
    before = everything(engine)
    lead = with_person(engine)
    with pytest.raises(StatementError, match="without a zone"):
        refresh(
            engine,
            listed(due=12),
            listed(FIRST + 1, booking=replace(booking(4, "09:45"), start=datetime(2026, 3, 6))),  # noqa: DTZ001 - that is the fault
        )
    assert everything(engine) == before
    with engine.connect() as connection:
        assert connection.scalars(select(RosterEmployee.id)).all() == [lead]
