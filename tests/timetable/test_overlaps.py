"""Which events ask for one teacher twice."""

from __future__ import annotations

from datetime import date, timedelta

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent, WeeklyRule
from scheduling_pipeline.timetable.overlaps import overlaps
from tests.timetable.builders import ANA_CALENDAR, JO_CALENDAR, MONDAY, NEXT_MONDAY, THIRD_MONDAY, lesson


def event(
    uid: str, day: date, hours: str, rrule: WeeklyRule | None = None, calendar: str = ANA_CALENDAR
) -> DesiredEvent:
    taught = lesson(day, hours)
    return DesiredEvent("agenda", calendar, uid, EventContent("x", taught.dtstart, taught.dtend, rrule))


def pairs(*events: DesiredEvent) -> list[tuple[str, str]]:
    return [(one.uid, other.uid) for one, other in overlaps(events)]


def test_lessons_that_share_time_on_one_day_overlap() -> None:
    long, inside, other = (
        event("long", MONDAY, "09:00-12:00"),
        event("inside", MONDAY, "10:00-10:15"),
        event("late", MONDAY, "11:45-13:00"),
    )
    assert pairs(other, inside, long) == [("long", "inside"), ("long", "late")]


def test_back_to_back_another_day_and_another_calendar_do_not_overlap() -> None:
    assert not pairs(
        event("a", MONDAY, "09:00-10:00"),
        event("b", MONDAY, "10:00-11:00"),
        event("c", NEXT_MONDAY, "09:00-10:00"),
        event("d", MONDAY + timedelta(days=1), "09:00-10:00"),
        event("e", MONDAY, "09:00-10:00", calendar=JO_CALENDAR),
    )


def test_a_series_overlaps_what_lies_on_one_of_its_dates() -> None:
    series = event("series", MONDAY, "09:00-10:00", WeeklyRule(until=NEXT_MONDAY))
    assert pairs(series, event("last day", NEXT_MONDAY, "09:30-10:30")) == [("series", "last day")]
    assert not pairs(series, event("after it", THIRD_MONDAY, "09:30-10:30"))
    assert not pairs(series, event("before it", MONDAY - timedelta(weeks=1), "09:30-10:30"))


def test_a_series_overlaps_another_while_both_stand() -> None:
    endless = event("endless", NEXT_MONDAY, "09:00-11:00", WeeklyRule())
    assert pairs(event("other", THIRD_MONDAY, "10:00-12:00", WeeklyRule()), endless) == [("endless", "other")]
    assert not pairs(event("ended", MONDAY, "09:00-12:00", WeeklyRule(until=MONDAY)), endless)
