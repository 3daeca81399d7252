"""When a schedule runs next, and why it does not run now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.work_orders.cadence import first_run, is_due, next_run, why_not
from scheduling_pipeline.work_orders.schedule import Hours, Rule, Schedule
from tests.work_orders import oracle

NEW_YORK = ZoneInfo("America/New_York")
ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Zurich",
    "Australia/Lord_Howe",  # moved by half an hour
    "America/St_Johns",  # half an hour beside the others
    "Asia/Kathmandu",  # three quarters
    "America/Havana",  # midnight is shown twice, and skipped
    "America/Santiago",
    "Africa/Casablanca",
    "Antarctica/Troll",  # moved by two hours
)
HOURLY = Rule(NEW_YORK)


def new_york(text: str) -> datetime:
    """A wall time such as 2026-03-04 10:12."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def shown(instant: datetime | None, zone: ZoneInfo = NEW_YORK) -> str:
    assert instant is not None
    return f"{instant.astimezone(zone):%m-%d %H:%M}"


def schedule(**values: object) -> Schedule:
    return replace(Schedule(1, 1, "work_orders", HOURLY), **values)  # type: ignore[arg-type]


def run_times(rule: Rule, start: datetime, count: int) -> list[datetime]:
    """The first runs of a schedule that is new at `start`."""
    slot = first_run(rule, start)
    found: list[datetime] = []
    while slot is not None and len(found) < count:
        found.append(slot)
        slot = next_run(rule, slot, slot)
    return found


class TestDue:
    """Cases 1 to 5, 7 and 8."""

    NOW = new_york("2026-03-04 10:12")

    def test_01_a_disabled_schedule_never_runs(self) -> None:
        paused = schedule(enabled=False)
        assert not is_due(paused, self.NOW)
        assert why_not(paused, self.NOW) == "it is paused"

    def test_02_a_schedule_that_never_ran_runs_at_once(self) -> None:
        first = first_run(HOURLY, self.NOW)
        assert first == self.NOW
        assert is_due(schedule(next_run=first), self.NOW)

    @pytest.mark.parametrize(("minutes", "due"), [(30, False), (59, False), (60, True), (61, True)])
    def test_03_an_hourly_schedule_runs_an_hour_after_its_run(self, minutes: int, *, due: bool) -> None:
        after = schedule(next_run=next_run(HOURLY, self.NOW, self.NOW))
        assert is_due(after, self.NOW + timedelta(minutes=minutes)) is due

    def test_04_five_failures_block_until_somebody_resets(self) -> None:
        failed = schedule(next_run=None, consecutive_failures=5, stopped_at=self.NOW)
        assert why_not(failed, self.NOW) == "it stopped after 5 failures in a row; reset it to go on"

    @pytest.mark.parametrize(
        ("hours", "time", "inside"),
        [
            (Hours(6, 22), "06:00", True),
            (Hours(6, 22), "21:59", True),
            (Hours(6, 22), "22:00", False),
            (Hours(6, 22), "05:59", False),
            (Hours(22, 6), "23:30", True),
            (Hours(22, 6), "05:30", True),
            (Hours(22, 6), "06:00", False),
            (Hours(22, 6), "12:00", False),
            (Hours(9, 9), "03:00", True),
            (Hours(18, 24), "23:59", True),
            (Hours(18, 24), "00:00", False),
        ],
    )
    @pytest.mark.parametrize(
        "day", ["2026-03-07", "2026-03-08", "2026-11-01"]
    )  # clocks change on the last two
    def test_05_hours_begin_with_their_start_and_end_before_their_end(
        self, hours: Hours, time: str, day: str, *, inside: bool
    ) -> None:
        now = new_york(f"{day} {time}")
        late = schedule(rule=replace(HOURLY, hours=hours), next_run=now - timedelta(days=1))
        assert is_due(late, now) is inside

    def test_05_hours_are_those_of_the_owner_not_of_utc(self) -> None:
        now = datetime(2026, 3, 4, 3, 30, tzinfo=UTC)  # half past ten in the evening in New York
        late = schedule(rule=replace(HOURLY, hours=Hours(6, 22)), next_run=now)
        assert why_not(late, now) == "it is outside its hours, 6 AM to 10 PM"

    def test_07_hours_hold_for_every_run(self) -> None:
        runs = run_times(replace(HOURLY, hours=Hours(6, 9)), self.NOW, 7)
        assert [shown(run) for run in runs] == [
            "03-05 06:00",
            "03-05 07:00",
            "03-05 08:00",
            "03-06 06:00",
            "03-06 07:00",
            "03-06 08:00",
            "03-07 06:00",
        ]

    def test_a_schedule_waits_for_another_to_succeed_once_for_each_of_its_runs(self) -> None:
        mine = schedule(next_run=self.NOW, slot_taken_at=self.NOW - timedelta(hours=1), waits_for=2)
        orders = schedule(id=2)
        told = "it waits until work orders have been read"
        assert why_not(mine, self.NOW, orders) == told
        assert why_not(mine, self.NOW, replace(orders, last_success=mine.slot_taken_at)) == told
        assert is_due(mine, self.NOW, replace(orders, last_success=self.NOW - timedelta(minutes=5)))

    def test_a_schedule_that_waits_for_a_paused_one_says_so(self) -> None:
        mine = schedule(type="dispensers", next_run=self.NOW, waits_for=2)
        paused = schedule(id=2, enabled=False)
        assert why_not(mine, self.NOW, paused) == "it waits for work orders, which are paused"
        assert is_due(mine, self.NOW, replace(paused, last_success=self.NOW))

    def test_a_schedule_that_is_not_due_says_when_it_is(self) -> None:
        later = schedule(next_run=new_york("2026-03-05 06:30"))
        assert why_not(later, self.NOW) == "it runs next Tomorrow at 6:30 AM EST"

    def test_a_missed_run_rests_on_a_day_of_rest(self) -> None:
        rule = replace(HOURLY, rest_days=frozenset({date(2026, 3, 4)}))
        assert why_not(schedule(rule=rule, next_run=self.NOW), self.NOW) == "it rests today: a day off"
        holiday = new_york("2026-12-25 10:00")
        rule = replace(HOURLY, holiday_country="US")
        assert why_not(schedule(rule=rule, next_run=holiday), holiday) == "it rests today: Christmas Day"


class TestNextMark:
    """Case 6: the restriction is switched off."""

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            ("2026-03-04 10:12", "03-04 10:30"),
            ("2026-03-04 10:30", "03-04 11:30"),
            ("2026-03-04 10:45", "03-04 11:30"),
            ("2026-03-04 23:45", "03-05 00:30"),
        ],
    )
    def test_06_without_hours_the_cadence_begins_at_the_next_half_hour(self, now: str, expected: str) -> None:
        assert shown(next_run(HOURLY, new_york(now))) == expected

    def test_06_half_past_is_that_of_the_owners_clock(self) -> None:
        kathmandu = ZoneInfo("Asia/Kathmandu")
        now = datetime(2026, 3, 4, 10, 12, tzinfo=kathmandu)
        assert shown(next_run(Rule(kathmandu), now), kathmandu) == "03-04 10:30"


class TestCadence:
    @pytest.mark.parametrize(
        ("interval", "expected"),
        [
            (0.5, ["10:12", "10:42", "11:12", "11:42", "12:12", "12:42"]),
            (1.5, ["10:12", "11:42", "13:12", "14:42", "16:12", "17:42"]),
            (5, ["10:12", "15:12", "20:12", "01:12", "06:12", "11:12"]),
            (24, ["10:12", "10:12", "10:12", "10:12", "10:12", "10:12"]),
        ],
    )
    def test_09_fractions_of_hours_and_what_does_not_divide_a_day_keep_even_gaps(
        self, interval: float, expected: list[str]
    ) -> None:
        runs = run_times(replace(HOURLY, interval_hours=interval), new_york("2026-03-02 10:12"), 6)
        assert [shown(run)[-5:] for run in runs] == expected

    def test_08_runs_that_were_missed_are_one_and_the_cadence_stays(self) -> None:
        slot = new_york("2026-03-04 10:30")
        assert shown(next_run(HOURLY, new_york("2026-03-04 14:10"), slot)) == "03-04 14:30"

    def test_a_run_outside_the_hours_moves_to_when_they_begin(self) -> None:
        night = replace(HOURLY, hours=Hours(22, 6), interval_hours=3)
        runs = run_times(night, new_york("2026-03-04 12:00"), 5)
        expected = ["03-04 22:00", "03-05 01:00", "03-05 04:00", "03-05 22:00", "03-06 01:00"]
        assert [shown(run) for run in runs] == expected

    def test_on_a_day_of_rest_the_cadence_is_kept_but_nothing_runs(self) -> None:
        daily = replace(HOURLY, interval_hours=24, holiday_country="US")
        runs = run_times(daily, new_york("2026-12-24 10:30"), 3)
        assert [shown(run) for run in runs] == ["12-24 10:30", "12-26 10:30", "12-27 10:30"]

    @pytest.mark.parametrize("night", ["2026-03-07 22:30", "2026-10-31 22:30"])
    def test_a_daily_run_keeps_its_time_when_clocks_change(self, night: str) -> None:
        runs = run_times(replace(HOURLY, interval_hours=24), new_york(night), 3)
        assert [shown(run)[-5:] for run in runs] == ["22:30"] * 3

    @pytest.mark.parametrize("night", ["2026-03-07 22:30", "2026-10-31 22:30"])
    def test_an_hourly_run_is_an_hour_after_the_last_one_when_clocks_change(self, night: str) -> None:
        runs = run_times(HOURLY, new_york(night), 8)
        assert {later - earlier for earlier, later in pairwise(runs)} == {timedelta(hours=1)}

    @pytest.mark.parametrize(
        ("cron", "now", "expected"),
        [
            ("30 6-20/2 * * 1-5", "2026-03-06 20:45", "03-09 06:30"),
            ("0 9 1 * *", "2026-03-04 10:00", "04-01 09:00"),
            ("30 2 * * *", "2026-03-08 01:00", "03-08 03:30"),  # there is no half past two
            ("30 1 * * *", "2026-11-01 00:00", "11-01 01:30"),
            ("30 1 * * *", "2026-11-01 01:30", "11-02 01:30"),  # is shown twice, and counts once
        ],
    )
    def test_a_cron_expression_is_on_the_owners_clock(self, cron: str, now: str, expected: str) -> None:
        rule = replace(HOURLY, interval_hours=None, cron=cron)
        assert shown(next_run(rule, new_york(now))) == expected

    def test_hours_and_days_of_rest_hold_for_a_cron_expression_too(self) -> None:
        rule = Rule(NEW_YORK, None, "0 */6 * * *", Hours(6, 18), "US", frozenset({date(2026, 12, 26)}))
        assert shown(next_run(rule, new_york("2026-12-24 12:00"))) == "12-27 06:00"

    @pytest.mark.parametrize("cron", ["0 3 * * *", "0 0 30 2 *"])
    def test_an_expression_without_an_allowed_time_never_runs(self, cron: str) -> None:
        assert next_run(Rule(NEW_YORK, None, cron, Hours(6, 22)), new_york("2026-03-04 12:00")) is None


# Instants: any in two years, and before all those around the days on which clocks are moved.
CHANGES = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 9, 6), date(2026, 10, 4)]
CHANGES += [date(2026, 10, 25), date(2026, 11, 1), date(2027, 2, 7), date(2027, 3, 14), date(2027, 4, 4)]
DAYS = st.one_of(
    st.sampled_from([near for change in CHANGES for near in oracle.days_around(change, 1)]),
    st.dates(date(2026, 1, 1), date(2027, 12, 1)),
)
INSTANTS = st.builds(
    lambda day, seconds: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds),
    DAYS,
    st.integers(0, 24 * 60 * 60 - 1),
)
HOURS = st.none() | st.builds(Hours, st.integers(0, 23), st.integers(0, 24))
INTERVALS = st.sampled_from([0.5, 1.0, 1.5, 24.0]) | st.integers(30, 24 * 60).map(
    lambda minutes: minutes / 60
)
LOOKED_AT = 5  # days
CRONS = st.builds(
    "{} {} {} * {}".format,
    st.sampled_from(["0", "30", "5", "0,30", "15,45"]),
    st.sampled_from(["*", "*/2", "2", "1-3", "0,2,23", "6-20/4", "3"]),
    st.sampled_from(["*", "*", "1", "8,29"]),
    st.sampled_from(["*", "*", "0", "1-5"]),
)


@st.composite
def rules(draw: st.DrawFn, around: datetime, *, cron: bool) -> Rule:
    near = st.sampled_from(oracle.days_around(around.date(), 3))
    return Rule(
        zone=ZoneInfo(draw(st.sampled_from(ZONES))),
        interval_hours=None if cron else draw(INTERVALS),
        cron=draw(CRONS) if cron else None,
        hours=draw(HOURS),
        holiday_country=draw(st.sampled_from([None, None, "US", "CH"])),
        rest_days=draw(st.frozensets(near, max_size=2)),
    )


@settings(max_examples=150)
@given(st.data(), INSTANTS)
def test_intervals_agree_with_an_oracle_that_looks_at_every_minute(
    data: st.DataObject, now: datetime
) -> None:
    rule = data.draw(rules(now, cron=False))
    assert first_run(rule, now) == oracle.first_interval_run(rule, now)
    slot = data.draw(
        st.none() | st.integers(0, 3 * 24 * 60).map(lambda minutes: _minute(now) - minutes * oracle.MINUTE)
    )
    found = next_run(rule, now, slot)
    assert found == oracle.next_interval_run(rule, now, slot)
    assert found is not None
    assert found > now
    assert oracle.open_at(rule, found)
    assert not oracle.rests(rule, found)
    assert next_run(rule, found - oracle.MINUTE, found) == found  # what stands is what comes


@settings(max_examples=100)
@given(st.data(), INSTANTS)
def test_cron_expressions_agree_with_an_oracle_that_looks_at_every_minute(
    data: st.DataObject, now: datetime
) -> None:
    rule = data.draw(rules(now, cron=True))
    found, expected = next_run(rule, now), oracle.next_cron_run(rule, now, LOOKED_AT)
    if expected is None:
        assert found is None or found > _minute(now) + timedelta(days=LOOKED_AT)
    else:
        assert found == expected


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
