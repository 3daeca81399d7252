"""Rows of Crossmark's answers as the roster's words: checked one by one, and named where they are wrong.

What a row must have, and has not, ends the reading. An optional number that is not one counts as missing,
with a warning: a person or an event that cannot be told is shown as such, instead of hiding all others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from resources.crossmark_wire import Json, message_of
from scheduling_pipeline.roster import ids
from scheduling_pipeline.roster.ids import ScheduleId
from scheduling_pipeline.roster.planner import Booking, ListedEvent, ListedRep, PlannerError, Visit
from scheduling_pipeline.roster.times import store_time

logger = logging.getLogger(__name__)

T = TypeVar("T")

_NOTHING = (None, "", 0, "0")  # what PHP writes for "none"


def page_of(answer: Json) -> tuple[int, list[object]]:
    """The total that a listing says there is, and the rows that came. Raises PlannerError."""
    rows, total = answer.get("mplans"), answer.get("total")
    if not isinstance(rows, list):
        raise PlannerError(f"Crossmark's answer has no list `mplans` of events{_saying(answer)}")
    if isinstance(total, bool) or not str(total).isdecimal():
        raise PlannerError(f"Crossmark's listing does not say how many events there are: total is {total!r}")
    return int(str(total)), rows


def listed_event(found: object, zone: ZoneInfo) -> ListedEvent:
    """An event from a row of a listing; `zone` is the store's. Raises PlannerError naming the row."""
    row = _row("event", found, "mPlanID", "name")
    return ListedEvent(
        mplan_id=row.needed("mPlanID", ids.mplan_id),
        name=row.needed("name", _filled),
        start=row.needed("startDate", _day),
        due=row.needed("endDate", _day),
        condition=row.needed("condition", _filled),
        location_id=row.optional("storeID", ids.location_id),
        store_name=row.text("storeName"),
        staffed_reps=row.text("staffedReps"),
        sales_tools_url=_first_link(row.fields.get("salesTools")),
        booking=_booking(row, zone),
    )


def listed_reps(answer: Json) -> list[ListedRep]:
    """People, whom the site lists as an object by id; as an empty list when there is nobody.

    Raises PlannerError.
    """
    found = answer.get("reps")
    if found == []:
        return []
    if not isinstance(found, dict):
        raise PlannerError(f"Crossmark's answer has no `reps` by id{_saying(answer)}")
    reps = [_listed_rep(row) for row in found.values()]
    if len({rep.rep_id for rep in reps}) < len(reps):
        raise PlannerError("Crossmark lists two people with the same RepID")
    return reps


def confirmed_id(visit: Visit, answer: Json) -> ScheduleId:
    """The id of the entry that an answer proves to be what was asked for.

    Raises ValueError saying what it does not prove.
    """
    echo = answer.get("MVScheduledEvent")
    if not isinstance(echo, dict) or echo.get("ID") in _NOTHING:
        raise ValueError("the answer has no MVScheduledEvent with an ID")
    said = {
        "RepID": ids.rep_id(echo.get("RepID")) == visit.rep_id,
        "mPlanID": ids.mplan_id(echo.get("mPlanID")) == visit.mplan_id,
        "LocationID": ids.location_id(echo.get("LocationID")) == visit.location_id,
        # In UTC: a time that the clocks show twice never equals one of another zone.
        "Start": _instant(echo.get("Start")) == visit.start.astimezone(UTC),
        "End": _instant(echo.get("End")) == visit.end.astimezone(UTC),
    }
    different = [f"{key} is {echo[key]}" for key, same in said.items() if not same]
    if different:
        raise ValueError(f"the answer is about something else: {', '.join(different)}")
    return ids.schedule_id(echo["ID"])


def _listed_rep(found: object) -> ListedRep:
    row = _row("person", found, "repId", "title")
    return ListedRep(
        rep_id=row.needed("repId", ids.rep_id),
        employee_number=row.optional("employeeId", ids.employee_number),
        name=row.needed("title", _filled),
        role=row.text("role"),
    )


def _booking(row: _Row, zone: ZoneInfo) -> Booking | None:
    if not row.text("scheduleDate"):
        return None

    def in_store(value: object) -> datetime:
        wall = datetime.strptime(str(value).strip(), "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007 - wall time
        return store_time(wall, zone)

    return Booking(
        schedule_id=row.optional("scheduleEventID", ids.schedule_id),
        rep_id=row.optional("scheduleRepID", ids.rep_id),
        rep_name=row.text("staffedReps"),
        start=row.needed("scheduleDate", in_store),
    )


class _Row:
    """A row, and what to call it in a complaint."""

    def __init__(self, name: str, fields: Json) -> None:
        self.fields = fields
        self._name = name

    def needed(self, key: str, parse: Callable[[object], T]) -> T:
        try:
            return parse(self.fields.get(key))
        except ValueError as error:
            raise PlannerError(f"Crossmark's {self._name} cannot be read: {key}: {error}") from None

    def optional(self, key: str, parse: Callable[[object], T]) -> T | None:
        value = self.fields.get(key)
        if value in _NOTHING or not str(value).strip():
            return None
        try:
            return parse(value)
        except ValueError as error:
            logger.warning("Crossmark's %s: %s counts as missing: %s", self._name, key, error)
            return None

    def text(self, key: str) -> str:
        value = self.fields.get(key)
        return "" if value is None else str(value).strip()


def _row(kind: str, found: object, id_key: str, name_key: str) -> _Row:
    if not isinstance(found, dict):
        raise PlannerError(f"Crossmark lists something that is no {kind}: {str(found)[:100]!r}")
    return _Row(f"{kind} {found.get(id_key)} ({found.get(name_key)})", found)


def _saying(answer: Json) -> str:
    said = message_of(answer)
    return f"; it says: {said}" if said else ""


def _filled(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise ValueError(f"{value!r} is no text")
    return text


def _day(value: object) -> date:
    try:
        return datetime.strptime(str(value).strip(), "%m/%d/%Y").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError(f"{value!r} is no day as MM/DD/YYYY") from None


def _instant(value: object) -> datetime:
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no offset from UTC")
    return moment.astimezone(UTC)


def _first_link(tools: object) -> str:
    """The address of the first of an event's documents: a courtesy, so any shape but the usual is none."""
    first = tools[0] if isinstance(tools, list) and tools else None
    link = first.get("salesToolURL") if isinstance(first, dict) else None
    return link if isinstance(link, str) else ""
