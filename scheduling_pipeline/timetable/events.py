"""From readings of an agenda to the calendar events that should stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from scheduling_pipeline.calendars.model import DesiredEvent, EventContent, WeeklyRule, Window
from scheduling_pipeline.timetable.accounts import Account, Matching, Unmatched
from scheduling_pipeline.timetable.activities import TEACHING, category, place, summary
from scheduling_pipeline.timetable.model import Agenda, Kind, Lesson, WeekReading
from scheduling_pipeline.timetable.names import normalise
from scheduling_pipeline.timetable.pattern import Pattern, WeeklyBlock, weekly_pattern

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class UnmatchedTeacher:
    """A teacher somebody has to decide about. `name` is the site's spelling, `origin` its key, `lessons` the
    number of their lessons in the weeks read, `problem` why there is no account."""

    name: str
    origin: str
    problem: str
    lessons: int


@dataclass(frozen=True, slots=True)
class Desired:
    """What should stand for one agenda, and how much may be concluded from what is missing.

    `windows` are the weeks read completely; `known_kins` the weekdays the pattern tells about (empty for a
    private agenda). `undecided` are lessons without a calendar: teacher not read, or not matched.
    """

    events: tuple[DesiredEvent, ...]
    windows: tuple[Window, ...]
    known_kins: frozenset[str]
    unmatched: tuple[UnmatchedTeacher, ...]
    undecided: tuple[Lesson, ...]

    @property
    def protected_origins(self) -> frozenset[str]:
        return frozenset(teacher.origin for teacher in self.unmatched)


def teacher_names(weeks: Iterable[WeekReading]) -> list[str]:
    """The distinct raw names in the readings: what `match_teachers` is asked about."""
    return sorted({lesson.teacher for week in weeks for lesson in week.lessons if lesson.teacher is not None})


def desired_events(
    agenda: Agenda, weeks: Sequence[WeekReading], matching: Matching, now: datetime
) -> Desired:
    """The events that `weeks` of `agenda` call for; `matching` covers all their `teacher_names`.

    Raises `ValueError` for an agenda that does not become events and for a matching that leaves names out.
    """
    _require_all_names(weeks, matching)
    weeks = [_without(matching.excluded, week) for week in weeks if week.complete]
    known_kins: frozenset[str] = frozenset()
    if agenda.kind is Kind.METHOD:
        today = now.astimezone(agenda.zone).date()
        pattern = weekly_pattern(_one_spelling(weeks, matching), today)
        events = list(_series(agenda, pattern, matching))
        known_kins = frozenset(WEEKDAYS[weekday] for weekday in pattern.weekdays)
        lessons = [lesson for week in weeks for lesson in week.lessons]
    elif agenda.kind is Kind.PRIVATE:
        lessons = list(_sessions(weeks))
        events = list(_dated(agenda, lessons, matching))
    else:
        raise ValueError(f"agenda {agenda.key}: kind {agenda.kind} does not become events")
    return Desired(
        events=tuple(sorted(events, key=lambda event: (event.calendar, event.content.dtstart, event.uid))),
        windows=tuple(_window(agenda, week.monday) for week in weeks),
        known_kins=known_kins,
        unmatched=_unmatched_teachers(lessons, matching),
        undecided=tuple(
            lesson for lesson in lessons if lesson.teacher is None or lesson.teacher in matching.undecided
        ),
    )


def _dated(agenda: Agenda, lessons: Iterable[Lesson], matching: Matching) -> Iterator[DesiredEvent]:
    """One event a lesson of a matched teacher."""
    for lesson in lessons:
        account = _account(lesson, matching)
        if account is None:
            continue
        content = EventContent(
            summary=summary(lesson),
            dtstart=lesson.dtstart,
            dtend=lesson.dtend,
            location=place(lesson),
            categories=(category(lesson.code),),
        )
        yield DesiredEvent(
            agenda.key, account.calendar, lesson.asid, content, origin=normalise(lesson.teacher or "")
        )


def _series(agenda: Agenda, pattern: Pattern, matching: Matching) -> Iterator[DesiredEvent]:
    """One weekly series a block of a matched teacher."""
    same_start: defaultdict[tuple[str, str], list[WeeklyBlock]] = defaultdict(list)
    for weekly in pattern.blocks:
        account = matching.matched.get(weekly.block.teacher)
        if account is not None:
            uid = f"{WEEKDAYS[weekly.block.weekday]}-{weekly.block.start:%H%M}"
            same_start[account.calendar, uid].append(weekly)
    for (calendar, uid), blocks in same_start.items():
        # A block whose length changes is two series for a while: the one that stands first has the plain uid.
        blocks.sort(key=lambda weekly: (weekly.first, weekly.until or date.max, weekly.block.end))
        for index, weekly in enumerate(blocks):
            block = weekly.block
            content = EventContent(
                summary=TEACHING,
                dtstart=datetime.combine(weekly.first, block.start, tzinfo=agenda.zone),
                dtend=datetime.combine(weekly.first, block.end, tzinfo=agenda.zone),
                rrule=WeeklyRule(weekly.until),
                location=", ".join(block.rooms),
            )
            yield DesiredEvent(
                scope=agenda.key,
                calendar=calendar,
                uid=uid if index == 0 else f"{uid}-{block.end:%H%M}",
                content=content,
                kin=WEEKDAYS[block.weekday],
                origin=normalise(block.teacher),
            )


def _sessions(weeks: Iterable[WeekReading]) -> Iterator[Lesson]:
    """Each session once. One that moved to another week while the weeks were being read is where the later
    reading saw it; one that holds several rooms is one lesson in all of them."""
    seen: defaultdict[str, list[Lesson]] = defaultdict(list)
    for week in sorted(weeks, key=lambda week: (week.read_at, week.monday)):
        for lesson in week.lessons:
            seen[lesson.asid].append(lesson)
    for lessons in seen.values():
        lesson = lessons[-1]
        rooms = dict.fromkeys(one.room for one in lessons if one.room and one.dtstart == lesson.dtstart)
        yield replace(lesson, room=", ".join(rooms))


def _one_spelling(weeks: Iterable[WeekReading], matching: Matching) -> list[WeekReading]:
    """The weeks with one raw name for each account, so that its lessons meet in one pattern."""
    spelling: dict[Account, str] = {}
    for raw, account in sorted(matching.matched.items()):
        spelling.setdefault(account, raw)

    def respelt(lesson: Lesson) -> Lesson:
        account = _account(lesson, matching)
        return lesson if account is None else replace(lesson, teacher=spelling[account])

    return [replace(week, lessons=tuple(map(respelt, week.lessons))) for week in weeks]


def _unmatched_teachers(lessons: Iterable[Lesson], matching: Matching) -> tuple[UnmatchedTeacher, ...]:
    """One entry a person, however their name is spelt, most lessons first."""
    undecided = matching.undecided
    sessions = {(lesson.teacher, lesson.asid) for lesson in lessons if lesson.teacher in undecided}
    counts = Counter(normalise(name) for name, _ in sessions if name is not None)
    first_spelling: dict[str, Unmatched] = {}
    for raw, entry in sorted(undecided.items()):
        first_spelling.setdefault(normalise(raw), entry)
    return tuple(
        UnmatchedTeacher(first_spelling[origin].raw, origin, first_spelling[origin].problem, count)
        for origin, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _require_all_names(weeks: Iterable[WeekReading], matching: Matching) -> None:
    covered = {*matching.matched, *(entry.raw for entry in matching.unmatched), *matching.excluded}
    missing = set(teacher_names(weeks)) - covered
    if missing:
        raise ValueError(f"the matching leaves out {', '.join(sorted(missing))}")


def _without(names: Sequence[str], week: WeekReading) -> WeekReading:
    return replace(week, lessons=tuple(lesson for lesson in week.lessons if lesson.teacher not in names))


def _account(lesson: Lesson, matching: Matching) -> Account | None:
    return None if lesson.teacher is None else matching.matched.get(lesson.teacher)


def _window(agenda: Agenda, monday: date) -> Window:
    """The week from its Monday 00:00 to the next, in local time: an hour less or more when clocks change."""
    start = datetime.combine(monday, time(), tzinfo=agenda.zone)
    return Window(start, start + timedelta(weeks=1))  # aware arithmetic in one zone keeps wall time
