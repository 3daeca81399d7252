"""Who is juicer and primary lead on which weekday."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from scheduling_pipeline.database.roster import RotationAssignment
from scheduling_pipeline.desk import audit
from scheduling_pipeline.desk.data.staff import PART, staff, why_not
from scheduling_pipeline.desk.problems import Problem, RefusedError
from scheduling_pipeline.roster.model import RotationType

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Rotations = Mapping[RotationType, Mapping[str, str | None]]  # by weekday; None: nobody


def rotations(connection: Connection) -> dict[RotationType, dict[str, str | None]]:
    """The rotations as they are, all seven days of each."""
    made: dict[RotationType, dict[str, str | None]] = {kind: dict.fromkeys(WEEKDAYS) for kind in RotationType}
    query = select(
        RotationAssignment.day_of_week, RotationAssignment.rotation_type, RotationAssignment.employee_id
    )
    for row in connection.execute(query):
        made[RotationType(row.rotation_type)][WEEKDAYS[row.day_of_week]] = row.employee_id
    return made


def fingerprint(value: Rotations) -> str:
    """Tells whether rotations have changed since somebody saw them."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def save_rotations(
    engine: Engine, wanted: Rotations, *, who: str, now: datetime, today: date, seen: str | None = None
) -> None:
    """Replace all rotations, or none: a weekday that is not in `wanted` has nobody.

    `seen`: the fingerprint of what the person was shown. Raises RefusedError with all that is wrong, Problem
    (409) where somebody else has changed them meanwhile.
    """
    changed = Problem(
        409, "CHANGED_MEANWHILE", "Somebody else has changed the rotations. These are they now."
    )
    try:
        with engine.begin() as connection:
            _check(connection, wanted, today)
            before = rotations(connection)
            if seen is not None and seen != fingerprint(before):
                raise changed
            _replace(connection, wanted)
            after = rotations(connection)
            audit.record(connection, who, "rotations.save", "rotations", before=before, after=after, at=now)
    except IntegrityError:  # another transaction has put its own in place of those that this one saw
        raise changed from None


def _check(connection: Connection, wanted: Rotations, today: date) -> None:
    people = staff(connection)
    problems = [
        f"{day.capitalize()}, {PART[kind]}: {problem}."
        for kind, week in wanted.items()
        for day, employee_id in week.items()
        if employee_id and (problem := why_not(people, employee_id, kind, today))
    ]
    if problems:
        raise RefusedError(problems, code="INVALID_ROTATION")


def _replace(connection: Connection, wanted: Rotations) -> None:
    connection.execute(delete(RotationAssignment))
    rows = [
        {"day_of_week": WEEKDAYS.index(day), "rotation_type": kind, "employee_id": employee_id}
        for kind, week in wanted.items()
        for day, employee_id in week.items()
        if employee_id
    ]
    if rows:
        connection.execute(insert(RotationAssignment), rows)
