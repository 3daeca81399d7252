"""On which days there are no classes, and when the classes of a term end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from scheduling_pipeline.courses.model import Catalogue, Course, Meeting, Term, UniversityEvent

HOLIDAY, STUDY_DAY, FINALS = "holiday", "study_day", "finals"

DAY = timedelta(days=1)
# A study day in the middle of a term is a day off; one this near its exams ends the classes.
STUDY_DAYS_BEFORE_EXAMS = timedelta(days=14)

EXAM_PERIOD = re.compile(r"\bfinal exam(ination)?s? period\b", re.IGNORECASE)
ANNOUNCEMENT = re.compile(r"\b(schedules?|available|posted|published|released|announced)\b", re.IGNORECASE)


class TeachingDays:
    """What the university's events and the terms say about when classes take place.

    `off` are the dates without any: of holidays, study days and finals, the first and last ones included.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        free = [event for event in catalogue.university if _is_free(event)]
        self._terms = catalogue.terms
        self._exam_periods = [event for event in free if _is_exam_period(event)]
        self._study_days = [event for event in free if event.category == STUDY_DAY]
        self._ends: dict[int, tuple[date, ...]] = {}
        self.off = frozenset(day for event in free for day in _days(event))

    def last(self, course: Course, meeting: Meeting) -> date:
        """The last date on which the meeting may take place; before its first one where none is left.

        Classes end before the course's own exam, or else the earliest one of the term, and before the exam
        period and the study days that lead to it. What came before the meeting even starts (the exams of
        the first half of a summer) says nothing about it.
        """
        ends = list(self._term_ends(course.term))
        if course.exam is not None:
            ends.append(course.exam.day)
        elif (term := self._terms.get(course.term)) is not None and term.first_exam is not None:
            ends.append(term.first_exam)
        return min([meeting.end_date, *(end - DAY for end in ends if end >= meeting.start_date)])

    def _term_ends(self, uid: int) -> tuple[date, ...]:
        """The first days of the term's exam periods and of the study days that lead to its exams."""
        if uid not in self._ends:
            self._ends[uid] = tuple(self._find_term_ends(uid))
        return self._ends[uid]

    def _find_term_ends(self, uid: int) -> Iterator[date]:
        term = self._terms.get(uid)
        periods = [event.first for event in self._exam_periods if _is_of(event, uid, term)]
        yield from periods
        if term is None:
            return
        exams = min(filter(None, [term.end_date, term.first_exam, *periods]))
        for event in self._study_days:
            if _is_of(event, uid, term) and event.first >= exams - STUDY_DAYS_BEFORE_EXAMS:
                yield event.first


def _is_free(event: UniversityEvent) -> bool:
    """Whether there are no classes on its days; "Final exam schedule available" only tells about finals."""
    if event.category in {STUDY_DAY, FINALS}:
        return not ANNOUNCEMENT.search(event.summary)
    return event.category == HOLIDAY


def _is_exam_period(event: UniversityEvent) -> bool:
    return event.category == FINALS and EXAM_PERIOD.search(event.summary) is not None


def _is_of(event: UniversityEvent, uid: int, term: Term | None) -> bool:
    """Whether the event is of the term: it says so, or says nothing and lies within the term's dates."""
    if event.term is not None:
        return event.term == uid
    return term is not None and term.start_date <= event.first <= term.end_date


def _days(event: UniversityEvent) -> Iterator[date]:
    return (event.first + DAY * count for count in range((event.last - event.first).days + 1))
