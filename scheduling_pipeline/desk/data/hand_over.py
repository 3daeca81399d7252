"""What somebody has on a day, to hand it over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from scheduling_pipeline.desk.data.staff import Person, staff
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.rows import StandingEvent, load_standing
from scheduling_pipeline.roster_settings import RosterSettings


@dataclass(frozen=True, slots=True)
class Having:
    """`events`: what the person has that day; `people`: everybody who works here, by name."""

    events: Sequence[StandingEvent]
    people: Sequence[Person]

    @property
    def types(self) -> list[EventType]:
        """The types among the events."""
        return [kind for kind in EventType if any(event.type is kind for event in self.events)]


def load_day(connection: Connection, day: date, employee_id: str, settings: RosterSettings) -> Having:
    """The day of somebody; of nobody where the id is empty."""
    standing = load_standing(connection, day, day, settings.tz, settings.rules.minutes)
    return Having(
        events=[event for event in standing if employee_id and event.place.employee_id == employee_id],
        people=[person for person in staff(connection).values() if person.active],
    )
