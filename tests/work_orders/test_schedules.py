"""What owners do with their schedules, and which runs are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from scheduling_pipeline.database.work_orders import ScrapingRun, ScrapingSchedule
from scheduling_pipeline.work_orders import schedules
from scheduling_pipeline.work_orders.editing import Fields, InvalidScheduleError, created, edited
from scheduling_pipeline.work_orders.schedule import Hours, Rule, Schedule, State, Trigger
from scheduling_pipeline.work_orders.schedules import (
    Due,
    DuplicateScheduleError,
    UnknownScheduleError,
    due,
)
from tests.work_orders.owners import NOW, ZONE, add_owner

MINUTE = timedelta(minutes=1)
AT_ONCE = NOW.replace(second=0)  # the minute that has just begun


@pytest.fixture
def owner(engine: Engine) -> int:
    return add_owner(engine)


def create(engine: Engine, owner: int, fields: Fields | None = None, kind: str = "work_orders") -> Schedule:
    return schedules.create(engine, owner, kind, fields or {}, zone=ZONE, now=NOW)


def local(instant: datetime | None) -> str:
    assert instant is not None
    return f"{instant.astimezone(ZoneInfo(ZONE)):%m-%d %H:%M}"


class TestCreate:
    def test_a_new_schedule_is_hourly_and_runs_at_once(self, engine: Engine, owner: int) -> None:
        schedule = create(engine, owner)
        assert schedule == Schedule(schedule.id, owner, "work_orders", Rule(ZoneInfo(ZONE)), next_run=AT_ONCE)
        assert schedules.of_owner(engine, owner) == [schedule]

    def test_everything_that_was_set_is_kept(self, engine: Engine, owner: int) -> None:
        orders = create(engine, owner)
        fields: Fields = {
            "cron": "30 6-20/2 * * 1-5",
            "hours": Hours(20, 7),
            "zone": "Europe/Zurich",
            "holiday_country": "CH",
            "rest_days": frozenset({date(2026, 7, 31), date(2026, 5, 15)}),
            "waits_for": orders.id,
            "enabled": False,
        }
        schedule = create(engine, owner, fields, "dispensers")
        assert schedules.get(engine, owner, schedule.id) == schedule
        assert schedule.rule == Rule(
            ZoneInfo("Europe/Zurich"), None, fields["cron"], Hours(20, 7), "CH", fields["rest_days"]
        )

    def test_10_a_disabled_schedule_has_no_next_run(self, engine: Engine, owner: int) -> None:
        schedule = create(engine, owner, {"enabled": False})
        assert (schedule.next_run, schedule.state) == (None, State.PAUSED)

    def test_outside_its_hours_a_new_schedule_runs_when_they_begin(self, engine: Engine, owner: int) -> None:
        assert local(create(engine, owner, {"hours": Hours(14, 18)}).next_run) == "03-04 14:00"

    def test_10_a_second_one_of_a_kind_is_refused(self, engine: Engine, owner: int) -> None:
        create(engine, owner)
        with pytest.raises(DuplicateScheduleError, match="already exists") as refusal:
            create(engine, owner)
        assert refusal.value.code == "duplicate"
        create(engine, add_owner(engine, "otto"))
        create(engine, owner, kind="dispensers")

    def test_a_schedule_of_nobody_is_no_duplicate(self, engine: Engine) -> None:
        with pytest.raises(IntegrityError):
            create(engine, 99)

    @pytest.mark.parametrize(
        ("fields", "code", "told"),
        [
            ({"interval_hours": 0.4}, "interval_hours", "the interval must be 0.5 to 24 hours, not 0.4"),
            ({"interval_hours": 25}, "interval_hours", "not 25"),
            ({"interval_hours": float("nan")}, "interval_hours", "not nan"),
            ({"hours": Hours(24, 6)}, "active_hours", "begin at an hour from 0 to 23"),
            ({"hours": Hours(-1, 6)}, "active_hours", "begin at an hour from 0 to 23"),
            ({"hours": Hours(6, 25)}, "active_hours", "end at one from 0 to 24"),
            ({"zone": "Indianapolis"}, "zone", "'Indianapolis' is no IANA time zone"),
            ({"holiday_country": "Atlantis"}, "holiday_country", "the public holidays of 'Atlantis'"),
            ({"cron": "hourly"}, "cron", "'hourly' is no cron expression: write five fields"),
            ({"cron": "61 * * * *"}, "cron", "is no cron expression"),
            ({"cron": "* * * * * *"}, "cron", "is no cron expression"),
            ({"cron": "*/20 * * * *"}, "cron", "has times less than 30 minutes apart"),
            ({"cron": "0 6 * * *", "interval_hours": 2}, "cron", "not both"),
            ({"cron": "0 3 * * *", "hours": Hours(6, 22)}, "never_runs", "leave no time"),
            ({"waits_for": 99}, "waits_for", "there is no schedule 99"),
            (
                {"rest_days": frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(367))},
                "rest_days",
                "more than 366 days",
            ),
        ],
    )
    def test_09_what_cannot_be_is_refused(
        self, engine: Engine, owner: int, fields: Fields, code: str, told: str
    ) -> None:
        with pytest.raises(InvalidScheduleError) as refusal:
            create(engine, owner, fields)
        assert refusal.value.code == code
        assert told in str(refusal.value)
        assert schedules.of_owner(engine, owner) == []

    @pytest.mark.parametrize("interval", [0.5, 1.5, 24])
    def test_09_half_hours_are_taken(self, engine: Engine, owner: int, interval: float) -> None:
        assert create(engine, owner, {"interval_hours": interval}).rule.interval_hours == interval

    def test_12_only_what_can_be_read_is_scheduled(self) -> None:
        with pytest.raises(InvalidScheduleError, match="'reports' cannot be read; there are work_orders"):
            created(1, "reports", {}, ZONE, NOW)


class TestUpdate:
    def test_10_null_clears_the_hours_and_the_next_run_is_returned_at_once(
        self, engine: Engine, owner: int
    ) -> None:
        schedule = create(engine, owner, {"hours": Hours(2, 4)})
        assert local(schedule.next_run) == "03-05 02:00"
        cleared = schedules.update(engine, owner, schedule.id, {"hours": None}, NOW)
        assert (cleared.rule.hours, local(cleared.next_run)) == (None, "03-04 10:30")
        assert schedules.get(engine, owner, schedule.id) == cleared

    def test_what_is_not_named_stays(self, engine: Engine, owner: int) -> None:
        fields: Fields = {"hours": Hours(6, 22), "holiday_country": "US", "interval_hours": 2}
        before = create(engine, owner, fields)
        after = schedules.update(engine, owner, before.id, {"interval_hours": 3}, NOW)
        assert after.rule == replace(before.rule, interval_hours=3)
        assert local(after.next_run) == "03-04 10:30"

    def test_an_update_without_a_change_keeps_the_cadence(self, engine: Engine, owner: int) -> None:
        before = create(engine, owner)
        same: Fields = {"interval_hours": 1, "enabled": True, "hours": None}
        assert schedules.update(engine, owner, before.id, same, NOW + 20 * MINUTE) == before

    def test_10_disabling_takes_the_next_run_away_and_enabling_begins_anew(
        self, engine: Engine, owner: int
    ) -> None:
        schedule = create(engine, owner)
        paused = schedules.update(engine, owner, schedule.id, {"enabled": False}, NOW)
        assert (paused.next_run, paused.state) == (None, State.PAUSED)
        again = schedules.update(engine, owner, schedule.id, {"enabled": True}, NOW)
        assert (local(again.next_run), again.state) == ("03-04 10:30", State.ACTIVE)

    def test_an_interval_takes_the_place_of_an_expression_and_the_other_way_round(self) -> None:
        schedule = created(1, "work_orders", {"cron": "0 6 * * *"}, ZONE, NOW)
        assert local(schedule.next_run) == "03-05 06:00"
        every_two = edited(schedule, {"interval_hours": 2}, NOW)
        assert (every_two.rule.cron, every_two.rule.interval_hours) == (None, 2)
        assert edited(every_two, {"cron": "0 7 * * *"}, NOW).rule.interval_hours is None
        assert edited(schedule, {"cron": None}, NOW).rule == Rule(ZoneInfo(ZONE))

    def test_04_an_edit_or_a_reset_forgives_failures(self) -> None:
        schedule = created(1, "work_orders", {}, ZONE, NOW)
        failed = replace(schedule, next_run=None, consecutive_failures=5, stopped_at=NOW)
        assert failed.state is State.FAILED
        reset = edited(failed, {}, NOW)
        assert (reset.state, reset.consecutive_failures) == (State.ACTIVE, 0)
        assert local(reset.next_run) == "03-04 10:30"

    def test_a_schedule_that_was_reset_goes_on(self, engine: Engine, owner: int) -> None:
        schedule = create(engine, owner)
        assert schedules.reset(engine, owner, schedule.id, NOW).next_run == schedule.next_run

    def test_10_anothers_schedule_is_not_there(self, engine: Engine, owner: int) -> None:
        schedule = create(engine, owner)
        other = add_owner(engine, "otto")
        for act in (
            lambda: schedules.get(engine, other, schedule.id),
            lambda: schedules.update(engine, other, schedule.id, {"enabled": False}, NOW),
            lambda: schedules.reset(engine, other, schedule.id, NOW),
            lambda: schedules.request_run(engine, other, schedule.id, NOW),
            lambda: schedules.remove(engine, other, schedule.id),
        ):
            with pytest.raises(UnknownScheduleError, match="there is no schedule") as refusal:
                act()
            assert refusal.value.code == "not_found"
        assert schedules.of_owner(engine, other) == []
        assert schedules.of_owner(engine, owner) == [schedule]

    def test_schedules_do_not_wait_for_each_other(self, engine: Engine, owner: int) -> None:
        orders = create(engine, owner)
        dispensers = create(engine, owner, {"waits_for": orders.id}, "dispensers")
        for awaited in (dispensers.id, orders.id):
            with pytest.raises(InvalidScheduleError, match="cannot wait for each other"):
                schedules.update(engine, owner, orders.id, {"waits_for": awaited}, NOW)
        stranger = create(engine, add_owner(engine, "otto"))
        with pytest.raises(InvalidScheduleError, match="there is no schedule"):
            schedules.update(engine, owner, orders.id, {"waits_for": stranger.id}, NOW)

    def test_a_deleted_schedule_leaves_its_history_and_those_that_waited_for_it(
        self, engine: Engine, owner: int
    ) -> None:
        orders = create(engine, owner)
        dispensers = create(engine, owner, {"waits_for": orders.id}, "dispensers")
        run = {
            "owner_id": owner,
            "schedule_id": orders.id,
            "schedule_type": "work_orders",
            "trigger_type": "manual",
            "dagster_run_id": "run",
            "started_at": NOW,
            "phase": "scraping",
            "percentage": 40,
        }
        with engine.begin() as connection:
            connection.execute(insert(ScrapingRun).values(run))
        schedules.remove(engine, owner, orders.id)
        assert schedules.get(engine, owner, dispensers.id).waits_for is None
        with engine.connect() as connection:
            assert connection.scalars(select(ScrapingRun.schedule_id)).all() == [None]


class TestDue:
    def test_runs_by_hand_go_first_then_those_that_waited_longest(self, engine: Engine, owner: int) -> None:
        first = create(engine, owner)
        second = create(engine, owner, kind="dispensers")
        third = create(engine, add_owner(engine, "otto"), {"hours": Hours(2, 4)})
        schedules.request_run(engine, third.owner_id, third.id, NOW)
        found = due(schedules.standing(engine), NOW)
        assert [(one.schedule.id, one.trigger, one.since) for one in found] == [
            (third.id, Trigger.MANUAL, NOW),
            (first.id, Trigger.SCHEDULED, AT_ONCE),
            (second.id, Trigger.SCHEDULED, AT_ONCE),
        ]

    def test_08_a_paused_schedule_and_one_outside_its_hours_run_by_hand(
        self, engine: Engine, owner: int
    ) -> None:
        paused = create(engine, owner, {"enabled": False})
        resting = create(engine, owner, {"hours": Hours(2, 4)}, "dispensers")
        assert due(schedules.standing(engine), NOW) == []
        for schedule in (paused, resting):
            requested = schedules.request_run(engine, owner, schedule.id, NOW)
            assert requested.next_run == schedule.next_run
        assert {one.trigger for one in due(schedules.standing(engine), NOW)} == {Trigger.MANUAL}

    def test_asking_twice_is_asking_once(self, engine: Engine, owner: int) -> None:
        schedule = create(engine, owner)
        schedules.request_run(engine, owner, schedule.id, NOW)
        assert schedules.request_run(engine, owner, schedule.id, NOW + MINUTE).requested_at == NOW

    def test_somebody_who_may_not_sign_in_has_nothing_read(self, engine: Engine) -> None:
        create(engine, add_owner(engine, "gone", active=False))
        assert schedules.standing(engine) == []

    def test_one_that_waits_is_due_when_the_other_has_succeeded(self) -> None:
        orders = Schedule(1, 1, "work_orders", Rule(ZoneInfo(ZONE)), next_run=NOW + MINUTE)
        waiting = Schedule(2, 1, "dispensers", orders.rule, waits_for=1, next_run=NOW)
        assert due([orders, waiting], NOW) == []
        assert due([replace(orders, last_success=NOW), waiting], NOW) == [
            Due(waiting, Trigger.SCHEDULED, NOW)
        ]
        assert due([waiting], NOW) == [Due(waiting, Trigger.SCHEDULED, NOW)]

    def test_12_an_unknown_type_is_left_out_and_its_slot_goes_by(self, engine: Engine, owner: int) -> None:
        known = create(engine, owner)
        old = {
            "owner_id": owner,
            "schedule_type": "reports",
            "interval_hours": 1,
            "zone": ZONE,
            "rest_days": [],
            "next_run": AT_ONCE,
            "created_at": NOW,
            "updated_at": NOW,
        }
        with engine.begin() as connection:
            statement = insert(ScrapingSchedule).values(old).returning(ScrapingSchedule.id)
            unknown = connection.scalars(statement).one()
        standing = schedules.standing(engine)
        assert [one.known for one in standing] == [True, False]
        assert [one.schedule.id for one in due(standing, NOW)] == [known.id]
        schedules.pass_over(engine, unknown, NOW)
        assert local(schedules.get(engine, owner, unknown).next_run) == "03-04 11:12"
        schedules.pass_over(engine, unknown, NOW)
        assert local(schedules.get(engine, owner, unknown).next_run) == "03-04 11:12"

    @pytest.mark.parametrize("broken", [{"zone": "Atlantis/Harbour"}, {"holiday_country": "ATL"}])
    def test_12_one_that_cannot_be_understood_does_not_stop_the_others(
        self, engine: Engine, owner: int, broken: dict[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        strange, good = create(engine, owner), create(engine, owner, kind="dispensers")
        with engine.begin() as connection:
            connection.execute(
                update(ScrapingSchedule).where(ScrapingSchedule.id == strange.id).values(broken)
            )
        assert [one.schedule.id for one in due(schedules.standing(engine), NOW)] == [good.id]
        assert f"schedule {strange.id} " in caplog.text
