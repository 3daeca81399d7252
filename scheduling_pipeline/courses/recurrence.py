"""The dates on which a meeting takes place, and the weekly rule that says the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, time, timedelta

from scheduling_pipeline.calendars.model import WeeklyRule
from scheduling_pipeline.courses.model import Meeting

WEEK = timedelta(weeks=1)


def class_dates(meeting: Meeting, last: date, days_off: Collection[date]) -> list[date]:
    """The dates on the meeting's weekday from its start to `last` (inclusive) but for days off; ascending."""
    return [day for day in _weekly(_first(meeting), last) if day not in days_off]


def weekly_rule(dates: Sequence[date]) -> WeeklyRule:
    """The rule whose dates from the first one on are `dates`: ascending, all of one weekday, at least one.

    It ends on the last of them and excludes only what lies between, so that two rules are equal exactly when
    they mean the same classes.
    """
    missing = frozenset(_weekly(dates[0], dates[-1])).difference(dates)
    return WeeklyRule(dates[-1], missing)


def without_duplicates(
    meetings: Iterable[tuple[Meeting, Iterable[date]]],
) -> Iterator[tuple[Meeting, list[date]]]:
    """The meetings of one course with their dates, each class once; a meeting without dates is left out.

    Of meetings on the same weekday at the same times, the date is of the one whose place is known, else of
    the first one.
    """
    taken: defaultdict[tuple[int, time, time], set[date]] = defaultdict(set)
    for meeting, dates in sorted(meetings, key=lambda pair: not _has_place(pair[0])):
        seen = taken[meeting.weekday, meeting.begin, meeting.end]
        if left := [day for day in dates if day not in seen]:
            seen.update(left)
            yield meeting, left


def _first(meeting: Meeting) -> date:
    return meeting.start_date + timedelta(days=(meeting.weekday - meeting.start_date.weekday()) % 7)


def _weekly(first: date, last: date) -> Iterator[date]:
    return (first + WEEK * count for count in range((last - first).days // 7 + 1))


def _has_place(meeting: Meeting) -> bool:
    return any(place.is_known for place in meeting.places)
