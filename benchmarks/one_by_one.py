"""What a user would use instead: a script with the O365 package that makes one call at a time.

A lesson that changed is deleted and created, as such scripts do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from O365.calendar import Calendar, Event

from benchmarks.o365_client import signed_in
from scheduling_pipeline.calendars.model import DesiredEvent


class OneByOne:
    """A script that writes lessons and remembers the events it made."""

    def __init__(self, environment: Mapping[str, str], calendars: Iterable[str]) -> None:
        account = signed_in(environment)
        self._account = account
        self._calendars: dict[str, Calendar] = {
            calendar: account.schedule(resource=f"users/{calendar}").get_default_calendar()
            for calendar in calendars
        }
        self._made: dict[tuple[str, str], Event] = {}

    def create(self, lessons: Sequence[DesiredEvent]) -> None:
        """One call each."""
        for lesson in lessons:
            event = self._calendars[lesson.calendar].new_event(lesson.content.summary)
            event.start, event.end = lesson.content.dtstart, lesson.content.dtend
            event.location = lesson.content.location
            event.categories = list(lesson.content.categories)
            event.is_reminder_on = False
            assert event.save()
            self._made[lesson.calendar, lesson.uid] = event

    def delete(self, lessons: Sequence[DesiredEvent]) -> None:
        """One call each."""
        for lesson in lessons:
            assert self._made.pop((lesson.calendar, lesson.uid)).delete()

    def change(self, lessons: Sequence[DesiredEvent]) -> None:
        """Two calls each."""
        for lesson in lessons:
            self.delete([lesson])
            self.create([lesson])

    def close(self) -> None:
        """Close the connections."""
        self._account.con.session.close()
