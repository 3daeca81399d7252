"""What must stay in the calendars while nobody can tell whose lesson it is.

A teacher who could not be read, or who has no account yet, is not a teacher without lessons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scheduling_pipeline.calendars.model import DesiredEvent, LedgerEvent
from scheduling_pipeline.timetable.model import Lesson
from scheduling_pipeline.timetable.overlaps import last_date, overlap


@dataclass(frozen=True, slots=True)
class Protection:
    """`keep` names the ledger rows, by (calendar, uid), that must stay as they are; `events` are those still
    wanted beside them."""

    events: tuple[DesiredEvent, ...]
    keep: frozenset[tuple[str, str]]


def protect(
    events: Sequence[DesiredEvent],
    ledger: Sequence[LedgerEvent],
    *,
    origins: frozenset[str],
    undecided: Sequence[Lesson],
) -> Protection:
    """Keep what stands for undecided teachers. All arguments are of one agenda.

    Kept are: every row whose `origin` is among `origins`; a dated row whose uid is the asid of an undecided
    lesson; a series that a lesson with an unknown teacher may belong to. An unmatched teacher's lesson
    holds no series of others: their name is known. A wanted series that overlaps a kept one of the same
    calendar and weekday is dropped, or both would stand.
    """
    wanted = {(event.calendar, event.uid) for event in events}
    asids = {lesson.asid for lesson in undecided}
    unknown = [lesson for lesson in undecided if lesson.teacher is None]

    def stays(row: LedgerEvent) -> bool:
        if (
            row.kin is None
        ):  # a dated lesson wanted in its own calendar is decided, and may be brought up to date
            return (row.calendar, row.uid) not in wanted and (row.origin in origins or row.uid in asids)
        return row.origin in origins or any(_may_hold(row, lesson) for lesson in unknown)

    kept = [row for row in ledger if stays(row)]
    return Protection(
        events=tuple(event for event in events if not any(_in_the_way(row, event) for row in kept)),
        keep=frozenset((row.calendar, row.uid) for row in kept),
    )


def _may_hold(series: LedgerEvent, lesson: Lesson) -> bool:
    """Whether the lesson may be an hour of the series. When the series began does not count: it never begins
    before the day it was first written, so the lesson that it came from may lie before it."""
    weekday, start, end = series.content.slot
    return (
        weekday == lesson.dtstart.weekday()
        and start <= lesson.dtend.time()
        and lesson.dtstart.time() <= end
        and lesson.dtstart.date() <= last_date(series.content)
    )


def _in_the_way(kept: LedgerEvent, event: DesiredEvent) -> bool:
    return (
        event.kin is not None
        and (kept.calendar, kept.kin) == (event.calendar, event.kin)
        and overlap(kept.content, event.content)
    )
