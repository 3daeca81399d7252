"""From courses, exams and the university's events to what should stand in a student's calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent
from scheduling_pipeline.courses.model import Catalogue, Course, Exam, Meeting, Student, UniversityEvent
from scheduling_pipeline.courses.places import location
from scheduling_pipeline.courses.recurrence import class_dates, weekly_rule, without_duplicates
from scheduling_pipeline.courses.teaching_days import HOLIDAY, TeachingDays
from scheduling_pipeline.digest import digest

SCOPE = "courses"

LECTURE, LABORATORY, EXAM, UNIVERSITY = "7", "5", "11", "8"  # colours
CLASS_REMINDERS = (30,)
EXAM_REMINDERS = (24 * 60, 60, 15)
UNIVERSITY_REMINDERS = (24 * 60,)

# How the source of courses writes a class that has a date but no time.
WHOLE_DAY = (time(12, 1), time(23, 59))
NO_CLASSES = "No Classes"

Events = tuple[tuple[str, EventContent], ...]  # (uid, content)


class EventBuilder:
    """Builds students' events; what several of them share is made once.

    `zone` is the school's, in which all wall times are: a class at nine stays at nine when the clocks change,
    also where they leave that time out or have it twice. `categories` are those of the university's events
    that stand in everybody's calendar.
    """

    def __init__(self, catalogue: Catalogue, zone: ZoneInfo, categories: Collection[str]) -> None:
        self._zone = zone
        self._days = TeachingDays(catalogue)
        self._courses: dict[Course, Events] = {}
        self._university: Events = tuple(
            (f"university-{digest(event.uid)}", self._university_event(event))
            for event in catalogue.university
            if event.category in categories
        )

    def of(self, student: Student) -> list[DesiredEvent]:
        """The student's classes, final exams and the university's events, also those that are past."""
        if not student.listed:
            return []
        courses = (event for course in student.courses for event in self._events_of(course))
        return [
            DesiredEvent(SCOPE, student.calendar, uid, content)
            for uid, content in (*courses, *self._university)
        ]

    def _events_of(self, course: Course) -> Events:
        if course not in self._courses:
            self._courses[course] = tuple(self._course_events(course)) if course.active else ()
        return self._courses[course]

    def _course_events(self, course: Course) -> Iterator[tuple[str, EventContent]]:
        key = f"{course.term}-{course.crn}"
        meetings = (
            (meeting, class_dates(meeting, self._days.last(course, meeting), self._days.off))
            for meeting in course.meetings
        )
        for meeting, dates in without_duplicates(meetings):
            yield f"class-{key}-{meeting.number}", self._class(course, meeting, dates)
        if course.exam is not None:
            yield f"exam-{key}", self._exam(course, course.exam)

    def _class(self, course: Course, meeting: Meeting, dates: list[date]) -> EventContent:
        all_day = (meeting.begin, meeting.end) == WHOLE_DAY
        begin, end = (None, None) if all_day else (meeting.begin, meeting.end)
        dtstart, dtend = self._span(dates[0], dates[0], begin, end)
        return EventContent(
            summary=course.title,
            dtstart=dtstart,
            dtend=dtend,
            rrule=weekly_rule(dates),
            location=location(meeting.places, course.schedule_type),
            all_day=all_day,
            description=_lines(course.instructor_name, course.instructor_email),
            color=LABORATORY if meeting.laboratory else LECTURE,
            reminders=CLASS_REMINDERS,
        )

    def _exam(self, course: Course, exam: Exam) -> EventContent:
        dtstart, dtend = self._span(exam.day, exam.day, exam.begin, exam.end)
        return EventContent(
            summary=f"Final Exam: {course.title}",
            dtstart=dtstart,
            dtend=dtend,
            location=exam.location,
            description=_lines(course.code, course.instructor_name),
            color=EXAM,
            reminders=EXAM_REMINDERS,
        )

    def _university_event(self, event: UniversityEvent) -> EventContent:
        summary = event.summary
        if event.category == HOLIDAY and NO_CLASSES.casefold() not in summary.casefold():
            summary = f"{summary} - {NO_CLASSES}"
        dtstart, dtend = self._span(event.first, event.last, event.begin, event.end)
        return EventContent(
            summary=summary,
            dtstart=dtstart,
            dtend=dtend,
            location=event.location,
            all_day=event.begin is None or event.end is None,
            description=event.description,
            color=UNIVERSITY,
            reminders=UNIVERSITY_REMINDERS,
        )

    def _span(
        self, first: date, last: date, begin: time | None, end: time | None
    ) -> tuple[datetime, datetime]:
        """Start and (exclusive) end; whole days, the last one included, where a time is missing.

        What has no length lasts a minute, since a calendar has no place for it otherwise.
        """
        if begin is None or end is None:
            midnight = datetime.combine(first, time.min, self._zone)
            return midnight, datetime.combine(last + timedelta(days=1), time.min, self._zone)
        dtstart = datetime.combine(first, begin, self._zone)
        return dtstart, max(datetime.combine(last, end, self._zone), dtstart + timedelta(minutes=1))


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))
