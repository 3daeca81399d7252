"""The people whom a manager can choose, and whether one of them can have a part of the rotation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from scheduling_pipeline.database.roster import RosterEmployee, TimeOff
from scheduling_pipeline.desk.pages import day_text
from scheduling_pipeline.roster.model import JobTitle, RotationType

TITLE_FOR: Mapping[RotationType, JobTitle] = {
    RotationType.JUICER: JobTitle.JUICER,
    RotationType.PRIMARY_LEAD: JobTitle.LEAD,
}
PART: Mapping[RotationType, str] = {
    RotationType.JUICER: "juicer",
    RotationType.PRIMARY_LEAD: "primary lead",
}


@dataclass(frozen=True, slots=True)
class Person:
    """`last_day`: the last on which they work, where that is known."""

    id: str
    name: str
    title: JobTitle
    active: bool
    last_day: date | None


def staff(connection: Connection) -> dict[str, Person]:
    """Everybody by id, in the order of their names."""
    query = select(
        RosterEmployee.id,
        RosterEmployee.name,
        RosterEmployee.job_title,
        RosterEmployee.is_active,
        RosterEmployee.termination_date,
    ).order_by(RosterEmployee.name, RosterEmployee.id)
    return {
        row.id: Person(row.id, row.name, JobTitle(row.job_title), row.is_active, row.termination_date)
        for row in connection.execute(query)
    }


def candidates(people: Mapping[str, Person], kind: RotationType, today: date) -> list[Person]:
    """Who can have a part of the rotation, by name."""
    return [person for person in people.values() if why_not(people, person.id, kind, today) is None]


def why_not(people: Mapping[str, Person], employee_id: str, kind: RotationType, day: date) -> str | None:
    """Why somebody cannot have a part of the rotation from `day` on, as a clause; None if they can."""
    person = people.get(employee_id)
    if person is None:
        return f"there is no employee {employee_id}"
    if person.title is not TITLE_FOR[kind]:
        return f"{person.name} is {_article(person.title)} {person.title}, not a {TITLE_FOR[kind]}"
    if not person.active:
        return f"{person.name} is no longer active"
    if person.last_day is not None and person.last_day < day:
        return f"{person.name} works until {day_text(person.last_day)} only"
    return None


def away_on(connection: Connection, employee_id: str, day: date) -> bool:
    """Whether somebody has time off on a day."""
    query = select(TimeOff.id).where(
        TimeOff.employee_id == employee_id, TimeOff.start_date <= day, TimeOff.end_date >= day
    )
    return connection.execute(query).first() is not None


def _article(title: JobTitle) -> str:
    return "an" if title[0] in "AEIOU" else "a"
