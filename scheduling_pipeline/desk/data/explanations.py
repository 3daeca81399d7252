"""Why an event has no place, in words: what was counted out, who competes for the rest, and what would help,
each with where to do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Connection, select

from scheduling_pipeline.database.roster import RosterEmployee, RosterEvent
from scheduling_pipeline.desk.data.staff import PART
from scheduling_pipeline.roster.model import RotationType
from scheduling_pipeline.roster.reasons import Code
from scheduling_pipeline.roster.rows import ProposalRow
from scheduling_pipeline.roster.wording import day_text

# Of the people who may do an event, on each day of its window.
CAUSES: Mapping[str, str] = {
    Code.TIME_OFF: "away (time off)",
    Code.NOT_A_WORK_DAY: "not on a work day",
    Code.NOT_AVAILABLE: "not available",
    Code.HOLIDAY: "a holiday",
    Code.INACTIVE: "no longer working here",
    Code.LEFT: "gone by then",
    Code.ROLE: "named by the rotation without being a Juicer Barista",
    Code.DAILY_LIMIT: "taken by an event that is no less urgent",
    Code.JUICING: "taken: Core and juicing do not go together",
    Code.CONSECUTIVE_DAYS: "one day too many in a row",
    Code.WEEKLY_HOURS: "out of hours for that week",
    Code.NOBODY_AVAILABLE: "without anybody who may do it",
    Code.NO_ROTATION_JUICER_BEFORE_DUE: "without a juicer in the rotation",
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change after which the event would have a place, and where to make it."""

    text: str
    address: str
    link: str


@dataclass(frozen=True, slots=True)
class Rival:
    """An event that competes for the same person-days."""

    event_ref: int
    name: str


@dataclass(frozen=True, slots=True)
class Explained:
    """`causes`: what was tried, such as "3 away (time off)". `rivals`: the event itself and those that
    compete with it for `person_days`, of which there is one less."""

    causes: Sequence[str]
    rivals: Sequence[Rival]
    person_days: Sequence[str]
    remedies: Sequence[Remedy]

    @property
    def contest(self) -> str:
        """The blocking set in one sentence; empty where nothing blocks."""
        if not self.rivals:
            return ""
        days = len(self.person_days)
        return (
            f"{len(self.rivals)} events compete for {days} person-day{'' if days == 1 else 's'},"
            " and none of the others is less urgent."
        )


def explain(connection: Connection, rows: Iterable[ProposalRow]) -> dict[int, Explained]:
    """The explanations of some rows, by their ids."""
    rows = list(rows)
    events = _names_of_events(connection, rows)
    people = _names_of_people(connection) if rows else {}
    return {row.id: _explained(row, people, events) for row in rows}


def _explained(row: ProposalRow, people: Mapping[str, str], events: Mapping[int, str]) -> Explained:
    found = row.explanation
    causes: Mapping[str, int] = found.get("causes", {})
    return Explained(
        causes=[
            f"{count} {CAUSES.get(code, code.lower().replace('_', ' '))}"
            for code, count in sorted(causes.items(), key=lambda cause: -cause[1])
            if code != row.failure_code or code in CAUSES
        ],
        rivals=[Rival(ref, events.get(ref, f"event {ref}")) for ref in found.get("blocking", ())],
        person_days=[
            f"{people.get(employee, employee)} on {day_text(date.fromisoformat(day))}"
            for employee, day in found.get("person_days", ())
        ],
        remedies=[_remedy(fix["kind"], fix["params"], people) for fix in found.get("fixes", ())],
    )


def _remedy(kind: str, params: Mapping[str, Any], people: Mapping[str, str]) -> Remedy:
    employee = str(params.get("employee", ""))
    name = people.get(employee, employee)
    person = f"/employees/{quote(employee, safe='')}"
    day = day_text(date.fromisoformat(params["day"])) if "day" in params else ""
    match kind:
        case "exception":
            part = PART[RotationType(params["rotation_type"])]
            asked = {"date": params["day"], "rotation_type": params["rotation_type"], "employee_id": employee}
            return Remedy(
                f"{name} is {part} on {day}.", f"/exceptions?{urlencode(asked)}", "Add the exception"
            )
        case "work_day":
            return Remedy(f"{name} works on {day}, which is not usual.", person, "Change the availability")
        case "time_off":
            return Remedy(f"{name} comes on {day} instead of having time off.", person, "See the time off")
        case "neighbour":
            text = f"{name}, of a neighbouring store, helps out on {day}."
            return Remedy(text, person, "Add the store")
        case "later_due":
            due = day_text(date.fromisoformat(params["due"]))
            text = f"The planner has it due on {due}, not before."
            return Remedy(text, f"/events/{params['event']}", "See the event")
    raise ValueError(f"there is no fix of the kind {kind!r}")


def _names_of_events(connection: Connection, rows: Sequence[ProposalRow]) -> dict[int, str]:
    refs = {ref for row in rows for ref in row.explanation.get("blocking", ())}
    event = RosterEvent
    query = select(event.project_ref_num, event.project_name).where(event.project_ref_num.in_(refs))
    return {row.project_ref_num: row.project_name for row in connection.execute(query)} if refs else {}


def _names_of_people(connection: Connection) -> dict[str, str]:
    query = select(RosterEmployee.id, RosterEmployee.name)
    return {row.id: row.name for row in connection.execute(query)}
