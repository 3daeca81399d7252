"""What holds for every plan, whatever the source says and whatever stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.calendars.model import ChangeKind, DesiredEvent, LedgerEvent
from scheduling_pipeline.calendars.plan import plan
from tests.calendars.builders import (
    ANA,
    JO,
    KINS,
    MONDAY,
    NEXT_MONDAY,
    WEEK,
    ZURICH,
    block,
    lesson,
    occurrences,
    standing,
    week,
)
from tests.calendars.model_ledger import after_applying

HOURS = st.integers(8, 18)
CALENDARS = st.sampled_from([ANA, JO])
# Around the change of clocks of 29 March too.
MOMENTS = st.datetimes(datetime(2026, 3, 2), datetime(2026, 4, 6), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def a_lesson(draw: st.DrawFn) -> DesiredEvent:
    hour, length = draw(HOURS), draw(st.integers(1, 3))
    return lesson(
        uid=str(draw(st.integers(1, 12))),
        day=MONDAY + timedelta(days=draw(st.integers(-14, 42))),
        start=f"{hour:02}:00",
        end=f"{hour + length:02}:00",
        calendar=draw(CALENDARS),
        summary=draw(st.sampled_from(["VIP Adults", "Junior Private"])),
    )


def unique(event: DesiredEvent) -> tuple[str, str]:
    return event.calendar, event.uid


LESSONS = st.lists(a_lesson(), max_size=12, unique_by=unique)


@st.composite
def a_days_blocks(draw: st.DrawFn, weekday: int, calendar: str) -> list[DesiredEvent]:
    """Blocks of one teacher on one weekday that do not overlap, as a timetable has them."""
    hours = sorted(draw(st.sets(HOURS, max_size=6)))
    blocks = []
    for start, end in zip(hours[::2], hours[1::2], strict=False):
        first = MONDAY + timedelta(days=weekday) + draw(st.integers(-4, 3)) * WEEK
        until = first + draw(st.integers(0, 6)) * WEEK if draw(st.booleans()) else None
        room = draw(st.sampled_from(["", "SFS1*"]))
        blocks.append(
            block(first, f"{start:02}:00", f"{end:02}:00", until=until, calendar=calendar, location=room)
        )
    return blocks


BLOCKS = st.tuples(*(a_days_blocks(weekday, calendar) for weekday in (0, 3) for calendar in (ANA, JO))).map(
    lambda days: [one for day in days for one in day]
)


@given(LESSONS, LESSONS, MOMENTS)
def test_a_plan_for_lessons_that_was_carried_out_leaves_nothing_to_plan(
    before: list[DesiredEvent], wanted: list[DesiredEvent], now: datetime
) -> None:
    ledger = [standing(event) for event in before]
    windows = [week(MONDAY), week(NEXT_MONDAY)]
    changes = plan(wanted, ledger, windows=windows, kins=KINS, now=now)
    after = after_applying(changes.changes, ledger)
    assert plan(wanted, after, windows=windows, kins=KINS, now=now).changes == ()


@given(LESSONS, LESSONS, MOMENTS)
def test_nothing_is_removed_that_is_past_or_was_not_read_completely(
    before: list[DesiredEvent], wanted: list[DesiredEvent], now: datetime
) -> None:
    window = week(NEXT_MONDAY)
    ledger = [standing(event) for event in before]
    for change in plan(wanted, ledger, windows=[window], kins=KINS, now=now).changes:
        if change.kind is ChangeKind.DELETE:
            assert change.before is not None
            assert change.before.content.dtstart in window
            assert change.before.content.dtstart > now


@given(LESSONS, LESSONS, MOMENTS)
def test_inside_the_windows_the_calendars_show_what_the_source_says(
    before: list[DesiredEvent], wanted: list[DesiredEvent], now: datetime
) -> None:
    windows = [week(MONDAY + number * WEEK) for number in range(-2, 8)]
    ledger = [standing(event) for event in before]
    changes = plan(wanted, ledger, windows=windows, kins=KINS, now=now)
    assert occurrences(after_applying(changes.changes, ledger), now) == occurrences(wanted, now)


@settings(max_examples=300)
@given(BLOCKS, BLOCKS, MOMENTS)
def test_a_plan_for_series_that_was_carried_out_leaves_nothing_to_plan(
    before: list[DesiredEvent], wanted: list[DesiredEvent], now: datetime
) -> None:
    ledger = [standing(event) for event in before]
    changes = plan(wanted, ledger, windows=(), kins=KINS, now=now)
    after = after_applying(changes.changes, ledger)
    assert plan(wanted, after, windows=(), kins=KINS, now=now).changes == ()


@given(BLOCKS, BLOCKS, MOMENTS, MOMENTS)
def test_a_day_later_there_is_still_nothing_to_plan(
    before: list[DesiredEvent], wanted: list[DesiredEvent], now: datetime, later: datetime
) -> None:
    ledger = [standing(event) for event in before]
    now, later = sorted((now, later))
    changes = plan(wanted, ledger, windows=(), kins=KINS, now=now)
    after = after_applying(changes.changes, ledger)
    assert plan(wanted, after, windows=(), kins=KINS, now=later).changes == ()


@given(BLOCKS, BLOCKS, MOMENTS)
def test_what_took_place_before_today_stays(
    before: list[DesiredEvent], wanted: list[DesiredEvent], now: datetime
) -> None:
    long_ago, today = datetime(2026, 1, 1, tzinfo=UTC), now.astimezone(ZURICH).date()

    def past(rows: list[LedgerEvent]) -> list[object]:
        return [one for one in occurrences(rows, long_ago, weeks=20) if one[2].date() < today]

    ledger = [standing(event) for event in before]
    changes = plan(wanted, ledger, windows=(), kins=KINS, now=now)
    assert past(after_applying(changes.changes, ledger)) == past(ledger)


@given(BLOCKS, MOMENTS)
def test_series_of_weekdays_that_were_not_read_are_not_removed(
    before: list[DesiredEvent], now: datetime
) -> None:
    ledger = [standing(event) for event in before]
    changes = plan([], ledger, windows=(), kins=frozenset({"thursday"}), now=now)
    assert {change.before.kin for change in changes.changes if change.before} <= {"thursday"}


@given(LESSONS, LESSONS, BLOCKS, BLOCKS, MOMENTS, st.randoms(use_true_random=False))
def test_a_digest_names_the_plan_and_not_the_order_of_its_input(
    before: list[DesiredEvent],
    wanted: list[DesiredEvent],
    series_before: list[DesiredEvent],
    series_wanted: list[DesiredEvent],
    now: datetime,
    random: Random,
) -> None:
    desired = [*wanted, *series_wanted]
    ledger = [standing(event) for event in (*before, *series_before)]
    first = plan(desired, ledger, windows=[week(MONDAY)], kins=KINS, now=now)
    random.shuffle(desired)
    random.shuffle(ledger)
    again = plan(desired, ledger, windows=[week(MONDAY)], kins=KINS, now=now)
    assert (again.digest, again.changes) == (first.digest, first.changes)
