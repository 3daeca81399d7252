"""When classes take place: the first, the last, and those that fall out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.calendars.model import WeeklyRule
from scheduling_pipeline.calendars.rfc5545 import recurrence_lines
from scheduling_pipeline.courses.model import Course, Term, UniversityEvent
from scheduling_pipeline.courses.recurrence import weekly_rule
from tests.courses.builders import (
    FALL,
    TERM,
    catalogue,
    contents_of,
    course,
    exam,
    local,
    meeting,
    the_class,
    university,
)

MONDAY = date(2026, 9, 7)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
DECEMBER = date(2026, 12, 7)  # the last Monday of classes


@pytest.mark.parametrize("weekday", range(7))
@pytest.mark.parametrize("wait", [0, 1, 6])
def test_1_the_first_class_is_the_first_date_with_the_weekday(weekday: int, wait: int) -> None:
    first = MONDAY + weekday * DAY
    content = the_class(of=course(meeting(weekday, start_date=first - wait * DAY)))
    assert content.dtstart == local(first, "09:00")
    assert content.dtend == local(first, "10:15")


@pytest.mark.parametrize(
    ("begin", "end"), [("09:00", "09:50"), ("13:30", "14:45"), ("00:00", "00:30"), ("23:30", "23:59")]
)
def test_2_times_of_day_from_the_first_to_the_last_minute(begin: str, end: str) -> None:
    content = the_class(of=course(meeting(begin=begin, end=end)))
    assert (content.dtstart, content.dtend) == (local(MONDAY, begin), local(MONDAY, end))


def test_2_a_class_without_length_lasts_a_minute() -> None:
    content = the_class(of=course(meeting(begin="23:59", end="23:59")))
    assert content.dtend - content.dtstart == timedelta(minutes=1)
    assert content.dtend == local(MONDAY + DAY, "00:00")


@pytest.mark.parametrize(
    ("change", "start_date"), [("spring", date(2026, 3, 2)), ("autumn", date(2026, 10, 26))]
)
def test_3_the_wall_time_stays_when_the_clocks_change(change: str, start_date: date) -> None:
    content = the_class(of=course(meeting(start_date=start_date, end_date=start_date + 2 * WEEK)))
    assert content.last_start == local(start_date + 2 * WEEK, "09:00"), change
    assert content.last_start.utcoffset() != content.dtstart.utcoffset()


def test_3_a_time_that_the_clocks_leave_out_is_still_the_wall_time() -> None:
    sundays = meeting(6, "02:30", "03:30", date(2026, 3, 8), date(2026, 3, 15))
    content = the_class(of=course(sundays))
    assert content.dtstart.replace(tzinfo=None) == datetime(2026, 3, 8, 2, 30)  # noqa: DTZ001 - wall time


@pytest.mark.parametrize("begin", ["08:00", "18:59", "19:00", "21:30"])
@pytest.mark.parametrize(
    ("end_date", "until"), [(date(2026, 12, 9), "20261210T045959Z"), (date(2026, 10, 28), "20261029T035959Z")]
)
def test_4_the_last_class_is_not_lost_however_late_it_begins(begin: str, end_date: date, until: str) -> None:
    content = the_class(of=course(meeting(2, begin, "23:00", end_date=end_date)))
    assert content.last_start == local(end_date, begin)
    assert recurrence_lines(content) == [f"RRULE:FREQ=WEEKLY;BYDAY=WE;UNTIL={until}"]
    assert local(end_date, begin) <= datetime.fromisoformat(until) < local(end_date + DAY, "00:00")


def test_5_classes_end_the_day_before_the_own_exam() -> None:
    on_monday, on_tuesday = (course(meeting(), exam=exam(DECEMBER + wait * DAY)) for wait in (0, 1))
    assert _last(on_monday) == DECEMBER - WEEK
    assert _last(on_tuesday) == DECEMBER


def test_5_without_an_own_exam_classes_end_before_the_first_one_of_the_term() -> None:
    term = replace(TERM, first_exam=DECEMBER)
    assert _last(course(meeting()), term=term) == DECEMBER - WEEK
    assert _last(course(meeting(), exam=exam(DECEMBER + DAY)), term=term) == DECEMBER


def test_5_a_study_day_before_the_exams_ends_the_classes() -> None:
    ends = course(meeting(4), exam=exam(date(2026, 12, 16)))  # the last Friday of classes is 11 December
    study_day = university("study_day", date(2026, 12, 9), summary="Study Day")
    assert _last(ends) == date(2026, 12, 11)
    assert _last(ends, study_day) == date(2026, 12, 4)


def test_5_a_study_day_in_the_middle_of_the_term_is_a_day_off() -> None:
    content = the_class(university("study_day", date(2026, 10, 19), summary="Study Day"))
    assert content.rrule == WeeklyRule(DECEMBER, frozenset({date(2026, 10, 19)}))


@pytest.mark.parametrize(
    ("first_exam", "period"), [(date(2026, 12, 10), None), (None, date(2026, 12, 10)), (None, None)]
)
def test_5_a_study_day_is_of_the_end_when_exams_are_near(
    first_exam: date | None, period: date | None
) -> None:
    ends = course(meeting(4), exam=exam(date(2026, 12, 16)))
    long_term = replace(TERM, end_date=date(2027, 1, 15), first_exam=first_exam)
    events = [university("study_day", date(2026, 12, 1), summary="Study Day", term=FALL)]
    if period:
        events.append(university("finals", period, summary="Final Exam Period", term=FALL))
    expected = date(2026, 11, 27) if first_exam or period else date(2026, 12, 11)
    assert _last(ends, *events, term=long_term) == expected


def test_5_a_study_day_of_another_term_is_a_day_off_only() -> None:
    study_day = university("study_day", date(2026, 12, 4), summary="Study Day", term=FALL + 10)
    assert _last(course(meeting()), study_day) == DECEMBER


@pytest.mark.parametrize("summary", ["Final Exam Period", "FINAL EXAMS PERIOD", "Final Examination Period"])
def test_5_the_exam_period_ends_the_classes(summary: str) -> None:
    period = university("finals", date(2026, 12, 3), date(2026, 12, 4), summary=summary, term=FALL)
    assert _last(course(meeting()), period) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("category", "summary"),
    [
        ("finals", "Final exam schedule available"),
        ("finals", "Final Exam Period schedule posted"),
        ("study_day", "Study Day workshops announced"),
    ],
)
def test_5_an_announcement_neither_ends_nor_cancels_classes(category: str, summary: str) -> None:
    announcement = university(category, DECEMBER - WEEK, summary=summary, term=FALL)
    assert the_class(announcement).rrule == WeeklyRule(DECEMBER)


def test_5_the_exam_period_of_another_term_is_days_off_only() -> None:
    period = university("finals", date(2026, 10, 19), date(2026, 10, 20), "Final Exam Period", term=FALL + 10)
    assert the_class(period).rrule == WeeklyRule(DECEMBER, frozenset({date(2026, 10, 19)}))


def test_5_an_event_without_a_term_is_of_the_term_in_which_it_lies() -> None:
    within = university("finals", date(2026, 12, 3), summary="Final Exam Period")
    before = university("finals", date(2026, 8, 20), summary="Final Exam Period")
    after = university("finals", date(2027, 1, 7), summary="Final Exam Period")
    assert _last(course(meeting()), within) == date(2026, 11, 30)
    assert _last(course(meeting(start_date=date(2026, 8, 17))), before) == DECEMBER
    assert _last(course(meeting(end_date=date(2027, 1, 25))), after) == date(2027, 1, 25)


def test_5_an_exam_after_the_end_does_not_extend_the_classes() -> None:
    assert _last(course(meeting(), exam=exam(date(2026, 12, 17)))) == DECEMBER


def test_5_exams_from_before_the_start_do_not_end_what_has_not_begun() -> None:
    second_half = meeting(start_date=date(2026, 10, 20))
    first_half_exams = replace(TERM, first_exam=date(2026, 10, 15))
    assert _last(course(second_half), term=first_half_exams) == DECEMBER


def test_5_nothing_is_left_of_a_meeting_that_starts_on_the_day_of_the_exam() -> None:
    ends = course(meeting(start_date=MONDAY), exam=exam(MONDAY))
    assert [content.summary for content in contents_of(ends)] == ["Final Exam: Computer Science I"]


def test_5_a_course_of_an_unknown_term_ends_with_its_meetings() -> None:
    unknown = replace(course(meeting()), term=999999)
    assert _last(unknown, university("study_day", date(2026, 12, 1), summary="Study Day")) == DECEMBER


def test_6_a_holiday_on_the_weekday_is_excluded() -> None:
    assert _excluded(university("holiday", date(2026, 10, 12))) == {date(2026, 10, 12)}


def test_6_a_holiday_on_another_weekday_is_not() -> None:
    assert _excluded(university("holiday", date(2026, 10, 13))) == set()


def test_6_a_holiday_outside_the_range_is_not() -> None:
    assert (
        _excluded(university("holiday", date(2026, 8, 31)), university("holiday", date(2026, 12, 14)))
        == set()
    )


def test_6_all_days_of_a_break_are_excluded_the_last_one_too() -> None:
    assert _excluded(university("holiday", date(2026, 11, 17), date(2026, 11, 30))) == {
        date(2026, 11, 23),
        date(2026, 11, 30),
    }


def test_6_the_day_after_a_break_is_a_day_of_classes() -> None:
    assert _excluded(university("holiday", date(2026, 11, 25), date(2026, 11, 29))) == set()


def test_6_a_break_that_begins_before_the_meetings_holds_too() -> None:
    content = the_class(university("holiday", date(2026, 8, 20), MONDAY + WEEK))
    assert content.dtstart == local(MONDAY + 2 * WEEK, "09:00")
    assert content.rrule == WeeklyRule(DECEMBER)


def test_6_a_series_never_begins_on_a_holiday() -> None:
    content = the_class(university("holiday", MONDAY))
    assert content.dtstart == local(MONDAY + WEEK, "09:00")
    assert content.rrule == WeeklyRule(DECEMBER)


def test_6_a_series_does_not_end_on_a_holiday() -> None:
    content = the_class(university("holiday", DECEMBER))
    assert content.last_start == local(DECEMBER - WEEK, "09:00")
    assert content.rrule == WeeklyRule(DECEMBER - WEEK)


def test_6_classes_of_whole_days_exclude_dates() -> None:
    whole_day = course(meeting(begin="12:01", end="23:59"))
    content = the_class(university("holiday", date(2026, 10, 12)), of=whole_day)
    assert content.all_day
    assert (content.dtstart, content.dtend) == (local(MONDAY, "00:00"), local(MONDAY + DAY, "00:00"))
    assert recurrence_lines(content) == [
        "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261207",
        "EXDATE;VALUE=DATE:20261012",
    ]


@pytest.mark.parametrize("category", ["study_day", "finals"])
def test_6_study_days_and_finals_are_excluded_as_holidays_are(category: str) -> None:
    assert _excluded(university(category, date(2026, 10, 12), summary="Midterm")) == {date(2026, 10, 12)}


@pytest.mark.parametrize("category", ["deadline", "campus_event", "term_dates", "other"])
def test_6_other_events_leave_classes_alone(category: str) -> None:
    assert _excluded(university(category, date(2026, 10, 12))) == set()


def _last(of: Course, *events: UniversityEvent, term: Term = TERM) -> date | None:
    """The date of the last class of a course."""
    content = contents_of(of, shared=catalogue(*events, term=term))[0]
    return content.last_start.date() if content.last_start else None


def _excluded(*events: UniversityEvent) -> frozenset[date]:
    """The dates that a class on Mondays leaves out."""
    content = the_class(*events)
    assert (content.dtstart, content.last_start) == (local(MONDAY, "09:00"), local(DECEMBER, "09:00"))
    assert content.rrule is not None
    return content.rrule.exdates


def test_a_meeting_without_any_date_left_is_no_event() -> None:
    once = course(meeting(start_date=MONDAY, end_date=MONDAY))
    assert contents_of(once, shared=catalogue(university("holiday", MONDAY))) == []
    assert contents_of(course(meeting(start_date=MONDAY + DAY, end_date=MONDAY + 6 * DAY))) == []


def test_a_single_class_is_a_series_of_one() -> None:
    once = course(meeting(start_date=MONDAY, end_date=MONDAY))
    assert the_class(of=once).rrule == WeeklyRule(MONDAY)


def test_a_change_that_moves_no_class_changes_no_rule() -> None:
    exams = (course(meeting(), exam=exam(DECEMBER + wait * DAY)) for wait in (1, 2, 3))
    rules = {contents_of(one)[0].rrule for one in exams}
    assert rules == {WeeklyRule(DECEMBER)}


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sets(st.integers(0, 20), min_size=1))
def test_a_rule_means_the_dates_that_it_was_made_of(first: date, weeks: set[int]) -> None:
    dates = [first + week * WEEK for week in sorted(weeks)]
    rule = weekly_rule(dates)
    assert rule.until is not None
    span = (rule.until - dates[0]).days // 7
    assert [day for week in range(span + 1) if (day := dates[0] + week * WEEK) not in rule.exdates] == dates
    assert all(dates[0] < day < dates[-1] for day in rule.exdates)
