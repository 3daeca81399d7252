"""The people as the planner lists them: whom it can schedule, and how it spells them.

People are recognised by their RepID, else by their employee number, else, where neither is known of them, by
their name. Nobody is deactivated only because they are not listed: the list is of those who are free.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from scheduling_pipeline.database.roster import RosterEmployee
from scheduling_pipeline.database.settle import Count
from scheduling_pipeline.roster.model import JobTitle
from scheduling_pipeline.roster.planner import ListedRep, Planner
from scheduling_pipeline.roster.times import day_of
from scheduling_pipeline.roster_settings import RosterSettings

_TITLES = (
    ("club supervisor", JobTitle.CLUB_SUPERVISOR),
    ("lead", JobTitle.LEAD),
    ("juicer", JobTitle.JUICER),
    ("barista", JobTitle.JUICER),
)


class NobodyListedError(Exception):
    """The planner listed nobody: nothing was changed."""


class WorkforceConflictError(Exception):
    """The planner's list contradicts itself or what we know; `conflicts` say where. Nothing was changed."""

    def __init__(self, conflicts: Sequence[str]) -> None:
        super().__init__("; ".join(conflicts))
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class WorkforceRefreshed:
    """What became of the people; `not_listed` are active ones of whom the planner says nothing."""

    listed: int
    people: Count
    new: tuple[str, ...]
    not_listed: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """All figures by name."""
        return {
            "listed": self.listed,
            "new": self.people.added,
            "changed": self.people.changed,
            "unchanged": self.people.unchanged,
            "not_listed": len(self.not_listed),
        }


def refresh_workforce(
    engine: Engine, planner: Planner, settings: RosterSettings, now: datetime
) -> WorkforceRefreshed:
    """Bring RepIDs and spellings to the planner's, and add whom we do not know; all of it, or nothing.

    Raises PlannerError when it cannot be read, NobodyListedError when its answer is empty, and
    WorkforceConflictError when it cannot be said who is who.
    """
    today = day_of(now, settings.tz)
    reps = planner.reps(today, today + timedelta(days=settings.look_ahead_days))
    if not reps:
        raise NobodyListedError("the planner listed nobody who can be scheduled. Nothing was changed")
    with engine.begin() as connection:
        known = connection.execute(select(RosterEmployee.__table__).order_by(RosterEmployee.id)).mappings()
        return _settle(connection, _match(list(dict.fromkeys(reps)), known.all()), now)


def folded(name: str) -> str:
    """A name as names are compared: without case, accents, marks and blanks, whichever way it is composed."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def title_of(role: str) -> JobTitle:
    """The job title that a role of the planner's names; an Event Specialist where it names none."""
    text = " ".join(role.casefold().split())
    return next((title for words, title in _TITLES if words in text), JobTitle.SPECIALIST)


def id_of(number: str | None, name: str) -> str:
    """How somebody new is called: by the employee number, else FIRST_LAST."""
    return number or re.sub(r"\W+", "_", unicodedata.normalize("NFC", name).upper()).strip("_")


Matched = list[tuple[ListedRep, RowMapping | None]]


@dataclass(frozen=True)
class _Known:
    """Where to find somebody."""

    by_rep: Mapping[int, RowMapping]
    by_number: Mapping[str, RowMapping]
    by_name: Mapping[str, Sequence[RowMapping]]  # only who is known by nothing else


def _match(reps: Sequence[ListedRep], known: Sequence[RowMapping]) -> Matched:
    people = _index(known)
    conflicts = [
        f"the planner lists {what} {value} for several people"
        for what, values in (
            ("RepID", Counter(rep.rep_id for rep in reps)),
            ("employee number", Counter(rep.employee_number for rep in reps if rep.employee_number)),
        )
        for value, times in values.items()
        if times > 1
    ]
    matched: Matched = []
    for rep in reps:
        person, conflict = _who(rep, people)
        matched.append((rep, person))
        conflicts += [conflict] if conflict else []
    conflicts += _claimed_twice(matched)
    if conflicts:
        raise WorkforceConflictError(conflicts)
    return matched


def _index(known: Sequence[RowMapping]) -> _Known:
    by_name = defaultdict(list)
    for row in known:
        if row["rep_id"] is None:
            by_name[folded(row["name"])].append(row)
    by_rep = {row["rep_id"]: row for row in known if row["rep_id"] is not None}
    return _Known(by_rep, {row["id"]: row for row in known}, by_name)


def _who(rep: ListedRep, people: _Known) -> tuple[RowMapping | None, str]:
    """The person that a rep is, or None; and what speaks against it."""
    by_rep = people.by_rep.get(rep.rep_id)
    by_number = people.by_number.get(rep.employee_number or "")
    if by_rep and by_number and by_rep["id"] != by_number["id"]:
        return None, f"RepID {rep.rep_id} is that of {by_rep['id']}, whom the planner calls {by_number['id']}"
    if by_rep or by_number:
        return by_rep or by_number, ""
    namesakes = [
        row
        for row in people.by_name.get(folded(rep.name), ())
        if rep.employee_number is None or not re.fullmatch(r"US\d{6}", row["id"])
    ]
    if len(namesakes) > 1:
        return None, f"RepID {rep.rep_id} could be {' or '.join(row['id'] for row in namesakes)}"
    if not namesakes and id_of(rep.employee_number, rep.name) in people.by_number:
        return None, f"RepID {rep.rep_id} would be {id_of(None, rep.name)}, who has another RepID"
    return (namesakes[0] if namesakes else None), ""


def _claimed_twice(matched: Matched) -> list[str]:
    claims = defaultdict(list)
    for rep, person in matched:
        claims[person["id"] if person else id_of(rep.employee_number, rep.name)].append(str(rep.rep_id))
    return [
        f"RepIDs {' and '.join(reps)} would all be {who}" for who, reps in claims.items() if len(reps) > 1
    ]


def _settle(connection: Connection, matched: Matched, now: datetime) -> WorkforceRefreshed:
    new = [_new(rep, now) for rep, person in matched if person is None]
    changed = 0
    for rep, person in matched:
        if person is not None:
            values = {"rep_id": rep.rep_id, "name": _spelled(rep.name)}
            changed += any(person[column] != value for column, value in values.items())
            connection.execute(
                update(RosterEmployee)
                .where(RosterEmployee.id == person["id"])
                .values(**values, last_synced=now, sync_status="synced")
            )
    if new:
        connection.execute(insert(RosterEmployee), new)
    ids = {str(row["id"]) for row in new} | {person["id"] for _, person in matched if person}
    active = select(RosterEmployee.id).where(RosterEmployee.is_active).order_by(RosterEmployee.id)
    return WorkforceRefreshed(
        listed=len(matched),
        people=Count(len(new), changed, unchanged=len(matched) - len(new) - changed),
        new=tuple(str(row["id"]) for row in new),
        not_listed=tuple(one for one in connection.scalars(active) if one not in ids),
    )


def _new(rep: ListedRep, now: datetime) -> dict[str, object]:
    return {
        "id": id_of(rep.employee_number, rep.name),
        "name": _spelled(rep.name),
        "rep_id": rep.rep_id,
        "job_title": title_of(rep.role).value,
        "is_active": True,
        "created_at": now,
        "last_synced": now,
        "sync_status": "synced",
    }


def _spelled(name: str) -> str:
    return " ".join(name.split())
