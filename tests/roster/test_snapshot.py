from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import Connection, Engine, event, update
from sqlalchemy.orm import Session

from scheduling_pipeline.database.models import Base
from scheduling_pipeline.database.roster import (
    AvailabilityOverride,
    CompanyHoliday,
    DateAvailability,
    PendingSchedule,
    RosterEvent,
    RosterSchedule,
    RotationAssignment,
    ScheduleException,
    SchedulerRun,
    TimeOff,
    WeeklyAvailability,
)
from scheduling_pipeline.roster.model import Absence, EventType, RotationType, Snapshot
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.snapshot import load_snapshot
from scheduling_pipeline.roster.times import place_instant
from scheduling_pipeline.roster_settings import WEEK, RosterSettings
from tests.roster.store import HORIZON, STORE, TODAY, ZONE, Store, day, place

SETTINGS = RosterSettings()
NOW = place_instant(TODAY, time(2), ZONE)


def load(engine: Engine, settings: RosterSettings = SETTINGS, now: datetime = NOW) -> Snapshot:
    with engine.connect() as connection:
        return load_snapshot(connection, settings, now)


def add(engine: Engine, *rows: Base) -> None:
    with Session(engine) as session, session.begin():
        session.add_all(rows)


def change(engine: Engine, table: type[Base], ref: int, **values: object) -> None:
    key = RosterEvent.project_ref_num if table is RosterEvent else RosterSchedule.event_ref_num
    with engine.begin() as connection:
        connection.execute(update(table).where(key == ref).values(**values))


def refs(snapshot: Snapshot) -> list[int]:
    return [one.ref for one in snapshot.events]


def reasons(engine: Engine, employee: str, *, settings: RosterSettings = SETTINGS) -> dict[int, str]:
    """Somebody's absences by the number of the day."""
    absences = load(engine, settings).absences.get(employee, {})
    return {(when - TODAY).days: absence.code for when, absence in absences.items()}


def test_a_roster_is_read_as_it_is(engine: Engine) -> None:
    store = Store()
    club, lead, barista = store.club_supervisor(), store.lead(), store.barista()
    store.person(stores=("100501", STORE), home=STORE, weekly_minutes=1_680, last_day=12)
    store.person(active=False)
    store.juicer(barista)
    store.primary_lead(lead, 3, 4)
    store.away(lead, 5, 6, detail="a wedding")
    store.away(club, 9, code="NOT_AVAILABLE")
    core = store.core(2, 12, number="606001", committed=place(3, "10:30", lead))
    store.supervisor_of(core, committed=place(3, "12:00", club))
    store.core(4, 18, number="606002", auto=False)
    store.event(EventType.JUICER, 4, 6)
    store.event(EventType.JUICER, 4, 6, survey=True, committed=place(4, "17:00", ""))
    store.event(EventType.DIGITAL_TEARDOWN, 5, 5)
    store.write(engine)
    assert load(engine) == store.snapshot()


def test_an_empty_database_is_an_empty_roster(engine: Engine) -> None:
    assert load(engine) == Snapshot(TODAY, (), ())


class TestEvents:
    def test_events_of_the_planner_are_those_of_today_or_later_in_store_days(self, engine: Engine) -> None:
        store = Store()
        lead = store.lead()
        store.core(-3, 10, committed=place(-1, "23:59", lead))
        midnight = store.core(-3, 10, committed=place(0, "00:00", lead))
        store.write(engine)
        assert refs(load(engine)) == [midnight.ref]
        tomorrow_in_london = place_instant(TODAY, time(23, 30), ZONE)
        assert load(engine, now=tomorrow_in_london) == load(engine)

    @pytest.mark.parametrize("condition", ["Submitted", "Expired", "Canceled"])
    def test_what_is_over_for_the_planner_is_left_out(self, engine: Engine, condition: str) -> None:
        store = Store()
        open_event = store.core()
        standing = store.core(committed=place(5, "09:45", store.lead()))
        store.write(engine)
        for one in (open_event, standing):
            change(engine, RosterEvent, one.ref, condition=condition)
        assert load(engine).events == ()

    def test_what_the_planner_no_longer_has_is_left_out(self, engine: Engine) -> None:
        store = Store()
        closed = store.core()
        store.write(engine)
        change(engine, RosterEvent, closed.ref, closed_at=NOW)
        assert load(engine).events == ()

    def test_an_event_with_a_time_is_scheduled_whatever_its_condition(self, engine: Engine) -> None:
        store = Store()
        there = place(5, "09:45", store.lead())
        core = store.core(committed=there)
        store.write(engine)
        change(engine, RosterEvent, core.ref, condition="Unstaffed", is_scheduled=False)
        (found,) = load(engine).events
        assert found.committed == there

    def test_an_event_without_a_time_is_open_unless_it_counts_as_scheduled(self, engine: Engine) -> None:
        store = Store()
        staffed, elsewhere = store.core(), store.core()
        store.write(engine)
        change(engine, RosterEvent, staffed.ref, condition="Staffed")
        change(engine, RosterEvent, elsewhere.ref, condition="Scheduled", is_scheduled=True)
        assert refs(load(engine)) == [staffed.ref]

    @pytest.mark.parametrize("minutes_past", [0, 1])
    def test_due_at_midnight_and_a_minute_later_are_alike(self, engine: Engine, minutes_past: int) -> None:
        store = Store()
        core = store.core(3, 10)
        store.write(engine)
        due = place_instant(day(10), time(0, minutes_past), ZONE)
        change(engine, RosterEvent, core.ref, due_datetime=due)
        (found,) = load(engine).events
        assert (found.start, found.due) == (day(3), day(10))

    def test_how_long_an_event_takes_follows_from_its_type_alone(self, engine: Engine) -> None:
        store = Store()
        kinds = [store.event(kind) for kind in EventType]
        survey = store.event(EventType.JUICER, survey=True)
        store.write(engine)
        change(engine, RosterEvent, kinds[0].ref, estimated_time=360)
        settings = RosterSettings(core_minutes=400, juicer_survey_minutes=20)
        minutes = {one.ref: one.minutes for one in load(engine, settings).events}
        assert minutes[kinds[0].ref] == 400
        assert minutes[survey.ref] == 20
        assert {minutes[one.ref] for one in kinds[2:5]} == {30}

    def test_dates_keep_their_days_through_a_change_of_clocks(self, engine: Engine) -> None:
        store = Store()
        lead = store.lead()
        core = store.core(5, 8, committed=place(6, "09:45", lead))  # the clocks go forward that Sunday
        store.write(engine)
        assert core.committed is not None
        assert core.committed.day == date(2026, 3, 8)
        assert load(engine).events == (core,)


class TestPairs:
    def test_without_a_parent_that_is_kept_the_number_tells_it(self, engine: Engine) -> None:
        store = Store()
        core = store.core(number="606001")
        supervisor = store.event(EventType.SUPERVISOR, number="606001")
        store.write(engine)
        assert {one.ref: one.parent for one in load(engine).events} == {
            core.ref: None,
            supervisor.ref: core.ref,
        }

    def test_a_parent_that_is_kept_wins_over_the_number(self, engine: Engine) -> None:
        store = Store()
        store.core(number="606001")
        other = store.core(number="606002")
        supervisor = store.event(EventType.SUPERVISOR, number="606001", parent=other.ref)
        store.write(engine)
        assert {one.ref: one.parent for one in load(engine).events}[supervisor.ref] == other.ref

    def test_a_parent_that_is_over_is_none(self, engine: Engine) -> None:
        store = Store()
        core = store.core(number="606001")
        supervisor = store.supervisor_of(core)
        store.write(engine)
        change(engine, RosterEvent, core.ref, condition="Submitted")
        assert load(engine).events == (replace(supervisor, parent=None),)


class TestPins:
    def test_where_a_manager_wants_an_event_is_told_by_the_caller(self, engine: Engine) -> None:
        store = Store()
        core = store.core()
        there = place(5, "09:45", store.lead())
        store.write(engine)
        with engine.connect() as connection:
            snapshot = load_snapshot(connection, SETTINGS, NOW, pins={core.ref: there, 1: there})
        assert snapshot.events == (replace(core, pinned=there),)

    @pytest.mark.parametrize(
        ("status", "override", "hours_off", "is_pinned"),
        [
            ("api_submitted", "she asked for it", 0, True),
            ("api_submitted", None, 0, False),
            ("api_failed", "she asked for it", 0, False),
            ("api_submitted", "she asked for it", 1, False),
        ],
    )
    def test_what_stands_against_a_soft_rule_for_a_reason_is_to_stay(
        self,
        engine: Engine,
        status: str,
        override: str | None,
        hours_off: int,
        is_pinned: bool,  # noqa: FBT001 - a parameter
    ) -> None:
        store = Store()
        lead = store.lead()
        there = place(5, "09:50", lead)
        core = store.core(committed=there)
        store.write(engine)
        add(engine, SchedulerRun(id=1, run_type="hand", started_at=NOW, status="completed"))
        add(
            engine,
            PendingSchedule(
                scheduler_run_id=1,
                event_ref_num=core.ref,
                employee_id=lead,
                schedule_datetime=place_instant(there.day, there.start, ZONE) + timedelta(hours=hours_off),
                schedule_time=there.start,
                status=status,
                override_reason=override,
                created_at=NOW,
                updated_at=NOW,
            ),
        )
        (found,) = load(engine).events
        assert found.pinned == (there if is_pinned else None)


class TestAbsences:
    def test_all_that_is_said_about_somebody_is_put_together(self, engine: Engine) -> None:
        store = Store()
        ada = store.lead()
        store.write(engine)
        add(
            engine,
            WeeklyAvailability(employee_id=ada, sunday=False),
            DateAvailability(employee_id=ada, date=day(6), is_available=True),
            DateAvailability(employee_id=ada, date=day(8), is_available=False),
            AvailabilityOverride(employee_id=ada, start_date=day(8), end_date=day(10), wednesday=False),
            TimeOff(employee_id=ada, start_date=day(10), end_date=day(11)),
            CompanyHoliday(name="Inventory", date=day(11)),
        )
        assert reasons(engine, ada) == {
            8: "NOT_AVAILABLE",
            9: "NOT_A_WORK_DAY",
            10: "TIME_OFF",
            11: "HOLIDAY",
            13: "NOT_A_WORK_DAY",
            20: "NOT_A_WORK_DAY",
        }

    def test_what_began_before_today_counts_and_what_ended_does_not(self, engine: Engine) -> None:
        store = Store()
        ada = store.lead()
        store.write(engine)
        add(
            engine,
            TimeOff(employee_id=ada, start_date=day(-9), end_date=day(-1)),
            TimeOff(employee_id=ada, start_date=day(-3), end_date=day(0)),
            AvailabilityOverride(employee_id=ada, start_date=day(HORIZON), end_date=day(90), monday=False),
        )
        assert reasons(engine, ada) == {0: "TIME_OFF", HORIZON: "NOT_A_WORK_DAY"}

    def test_of_two_other_weeks_the_one_that_begins_later_counts(self, engine: Engine) -> None:
        store = Store()
        ada = store.lead()
        store.write(engine)
        add(
            engine,
            AvailabilityOverride(id=1, employee_id=ada, start_date=day(7), end_date=day(13), tuesday=True),
            AvailabilityOverride(id=2, employee_id=ada, start_date=day(0), end_date=day(13), tuesday=False),
        )
        assert reasons(engine, ada) == {1: "NOT_A_WORK_DAY"}

    def test_holidays_are_for_everybody_fixed_floating_and_our_own(self, engine: Engine) -> None:
        store = Store()
        ada = store.lead()
        store.write(engine)
        add(
            engine,
            CompanyHoliday(name="Founders' Day", date=date(2019, 3, 9), is_recurring=True),
            CompanyHoliday(name="Inventory", date=date(2025, 3, 10)),
            CompanyHoliday(name="Given up", date=date(2026, 3, 11), is_active=False),
        )
        assert reasons(engine, ada) == {7: "HOLIDAY"}
        november = place_instant(date(2027, 11, 20), time(2), ZONE)
        absences = load(engine, now=november).absences[ada]
        assert {when: absence.detail for when, absence in absences.items()} == {
            date(2027, 11, 25): "Thanksgiving Day"
        }

    def test_a_weekday_that_is_not_worked_is_a_day_off_for_everybody(self, engine: Engine) -> None:
        store = Store()
        ada = store.lead()
        store.write(engine)
        weekdays = RosterSettings(work_days=WEEK[:5])
        absences = load(engine, weekdays).absences[ada]
        assert [number for number in range(14) if day(number) in absences] == [5, 6, 12, 13]
        assert absences[day(6)] == Absence(Code.HOLIDAY, "closed on Sundays")

    def test_absences_and_rotations_reach_to_the_end_of_the_last_window(self, engine: Engine) -> None:
        store = Store()
        ada = store.lead()
        store.core(30, 41)
        store.write(engine)
        add(
            engine,
            TimeOff(employee_id=ada, start_date=day(40), end_date=day(41)),
            ScheduleException(
                exception_date=day(40), rotation_type="juicer", employee_id=ada, created_at=NOW
            ),
        )
        assert reasons(engine, ada) == {40: "TIME_OFF"}
        assert load(engine).rotations == {(STORE, day(40), RotationType.JUICER): ada}


class TestRotations:
    def test_each_weekday_has_its_people_at_every_store_and_an_exception_wins(self, engine: Engine) -> None:
        store = Store()
        ada, bo, cleo = store.lead(), store.barista(), store.barista()
        store.core()
        store.core(store="100501")
        store.write(engine)
        add(
            engine,
            RotationAssignment(day_of_week=0, rotation_type="juicer", employee_id=bo),
            RotationAssignment(day_of_week=6, rotation_type="primary_lead", employee_id=ada),
            ScheduleException(
                exception_date=day(7), rotation_type="juicer", employee_id=cleo, created_at=NOW
            ),
            ScheduleException(exception_date=day(8), rotation_type="juicer", employee_id=bo, created_at=NOW),
        )
        rotations = load(engine).rotations
        for one in (STORE, "100501"):
            named = {
                ((when - TODAY).days, kind): who
                for (where, when, kind), who in rotations.items()
                if where == one
            }
            assert named == {
                (0, RotationType.JUICER): bo,
                (7, RotationType.JUICER): cleo,
                (8, RotationType.JUICER): bo,
                (14, RotationType.JUICER): bo,
                (21, RotationType.JUICER): bo,
                (6, RotationType.PRIMARY_LEAD): ada,
                (13, RotationType.PRIMARY_LEAD): ada,
                (20, RotationType.PRIMARY_LEAD): ada,
            }


@contextmanager
def counted(connection: Connection) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*args: object) -> None:
        statements.append(str(args[2]))

    event.listen(connection, "before_cursor_execute", note)
    yield statements
    event.remove(connection, "before_cursor_execute", note)


def test_a_big_roster_takes_no_more_queries_than_a_small_one(engine: Engine) -> None:
    def queries() -> int:
        with engine.connect() as connection, counted(connection) as statements:
            load_snapshot(connection, SETTINGS, NOW)
        return len(statements)

    before = queries()
    store = Store()
    people = [store.lead() for _ in range(20)]
    for number in range(60):
        core = store.core(3, 10, committed=place(3 + number % 7, "09:45", people[number % 20]))
        store.supervisor_of(core)
    for one in people:
        store.away(one, 4, 9)
    store.write(engine)
    assert queries() == before <= 12
    assert len(load(engine).events) == 120
