"""The outbox of the roster: each write to the planner is noted before it is sent, and its outcome after.

What was seen to stand, the operation and its row are settled in one transaction, so that whoever comes after
a death finds either a settled write or an open one to look up.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, func, insert, select, update

from scheduling_pipeline.database.roster import (
    CrossmarkOperation,
    PendingSchedule,
    RosterEmployee,
    RosterEvent,
    RosterSchedule,
)
from scheduling_pipeline.roster.approved import roster_rows
from scheduling_pipeline.roster.ids import (
    LocationId,
    MplanId,
    RepId,
    ScheduleId,
    location_id,
    mplan_id,
    rep_id,
)
from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.names import is_survey
from scheduling_pipeline.roster.observed import held, note_seen
from scheduling_pipeline.roster.planner import ListedEvent, Outcome, Unknown, Visit
from scheduling_pipeline.roster.reasons import Code, Reason
from scheduling_pipeline.roster.steps import DONE, FAILED, OPEN, UNKNOWN, Fail, Finish, Row, Send
from scheduling_pipeline.roster.verdicts import Operation, Seen, Verdict, judge
from scheduling_pipeline.roster.wording import sentence
from scheduling_pipeline.roster_settings import RosterSettings

logger = logging.getLogger(__name__)

MAX_TRIES = 2  # of one write, within one run, where it certainly did not happen


class UnsendableError(Exception):
    """A write that cannot be put into the planner's words; `reason` says what is missing."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(sentence(reason))
        self.reason = reason


@dataclass(frozen=True)
class Outbox:
    """The outbox as one run of the pipeline uses it."""

    engine: Engine
    settings: RosterSettings
    run_id: str

    def open_operations(self) -> list[Operation]:
        """The writes, of whatever run, whose outcome nobody knows; the oldest first."""
        operation = CrossmarkOperation
        query = select(operation.__table__).where(operation.settled_at.is_(None)).order_by(operation.sent_at)
        with self.engine.connect() as connection:
            return [_operation(row) for row in connection.execute(query).mappings()]

    def rows(self, *where: ColumnElement[bool]) -> list[Row]:
        """The approved rows that conditions are true of, as they stand."""
        with self.engine.connect() as connection:
            return roster_rows(connection, self.settings, *where)

    def mplans(self, rows: Sequence[Row]) -> dict[int, MplanId]:
        """The planner's numbers of the rows' events, by event; of those that it could know."""
        query = select(RosterEvent.__table__).where(
            RosterEvent.project_ref_num.in_([row.event for row in rows])
        )
        found = {}
        with self.engine.connect() as connection:
            for event in connection.execute(query).mappings():
                with suppress(UnsendableError):
                    found[event["project_ref_num"]] = addressed(event)[0]
        return found

    def observe(self, seen: Mapping[int, ListedEvent], now: datetime) -> None:
        """What the planner has, by event, is what stands."""
        with self.engine.begin() as connection:
            for event, listed in seen.items():
                note_seen(connection, event, listed, now)

    def intend(self, step: Send, now: datetime) -> Operation | None:
        """Note a write that is about to be sent; None when the row is not what the step was made for.

        Raises UnsendableError when the planner could not understand it.
        """
        status = select(PendingSchedule.status).where(PendingSchedule.id == step.row.id).with_for_update()
        with self.engine.begin() as connection:
            if connection.execute(status).scalar_one_or_none() != step.row.status:
                return None
            operation = self._write(connection, step)
            values = _values(operation) | {"state": "sent", "run_id": self.run_id, "sent_at": now}
            connection.execute(insert(CrossmarkOperation).values(values))
            return operation

    def settle(self, operation: Operation, answer: Outcome | None, seen: Seen, now: datetime) -> None:
        """Note how a write ended: the operation, what stands, and the row, at once. `answer` is None where
        the process that was to hear it died."""
        with self.engine.begin() as connection:
            verdict = judge(operation, answer, held(connection, operation.event), seen)
            _close(connection, operation, verdict, answer, seen, now)
            if isinstance(seen, ListedEvent):
                note_seen(connection, operation.event, seen, now)
            for row in roster_rows(connection, self.settings, PendingSchedule.id == operation.row_id):
                again = verdict.again and self._tries(connection, operation) < MAX_TRIES
                status, reason = row_after(row, operation, verdict, again=again)
                _set(connection, row, status, reason, now)
        why = verdict.reason.code if verdict.reason else "as it was to be"
        level = logging.INFO if verdict.state == "done" else logging.WARNING
        what = (operation.kind, operation.event, operation.purpose)
        logger.log(level, "%s of event %d (%s) is %s: %s", *what, verdict.state, why)

    def conclude(self, step: Fail | Finish, now: datetime) -> None:
        """Note a row that needs no write (any more)."""
        with self.engine.begin() as connection:
            if isinstance(step, Fail):
                _set(connection, step.row, FAILED, step.reason, now)
            else:
                _set(connection, step.row, DONE, None, now)
        if isinstance(step, Fail):
            logger.warning("row %d of event %d failed: %s", step.row.id, step.row.event, step.reason.code)

    def refuse(self, step: Send, reason: Reason, now: datetime) -> None:
        """Note that a write could not be sent."""
        status, told = row_after(step.row, step, Verdict("rejected", reason), again=False)
        with self.engine.begin() as connection:
            _set(connection, step.row, status, told, now)
        logger.warning("%s of event %d was not sent: %s", step.purpose, step.row.event, reason.code)

    def _write(self, connection: Connection, step: Send) -> Operation:
        event = (
            connection.execute(
                select(RosterEvent.__table__, RosterSchedule.external_id.label("schedule_id"))
                .outerjoin(RosterSchedule, RosterSchedule.event_ref_num == RosterEvent.project_ref_num)
                .where(RosterEvent.project_ref_num == step.row.event)
            )
            .mappings()
            .one()
        )
        mplan, location = addressed(event)
        schedule = event["schedule_id"] and ScheduleId(event["schedule_id"])
        expires = step.row.expires if step.purpose == "reissue" else None
        visit = None
        if step.to is not None:
            rep = rep_of(connection, step.to.employee)
            length = timedelta(minutes=minutes_of(event, self.settings))
            visit = Visit(mplan, location, rep, step.to.start, step.to.start + length)
        if schedule is None and (visit is None or expires is not None):
            raise UnsendableError(
                Reason(Code.API_MESSAGE, {"message": "the planner does not say which entry it is"})
            )
        return Operation(
            id=str(uuid.uuid4()),
            row_id=step.row.id,
            event=step.row.event,
            purpose=step.purpose,
            mplan_id=mplan,
            location_id=location,
            visit=visit,
            schedule=schedule,
            expires=expires,
            why=step.why,
        )

    def _tries(self, connection: Connection, operation: Operation) -> int:
        query = select(func.count()).where(
            CrossmarkOperation.pending_schedule_id == operation.row_id,
            CrossmarkOperation.purpose == operation.purpose,
            CrossmarkOperation.kind == operation.kind,
            CrossmarkOperation.run_id == self.run_id,
        )
        return connection.execute(query).scalar_one()


def addressed(event: RowMapping) -> tuple[MplanId, LocationId]:
    """The planner's numbers of an event (a row of `events`). Raises UnsendableError where one is missing."""
    try:
        mplan = mplan_id(event["external_id"])
    except ValueError:
        raise UnsendableError(Reason(Code.MISSING_MPLAN_ID)) from None
    try:
        return mplan, location_id(event["location_mvid"])
    except ValueError:
        raise UnsendableError(Reason(Code.MISSING_LOCATION)) from None


def rep_of(connection: Connection, employee: str) -> RepId:
    """Whom the planner schedules. Raises UnsendableError for somebody it cannot."""
    query = select(RosterEmployee.rep_id, RosterEmployee.name).where(RosterEmployee.id == employee)
    found = connection.execute(query).one_or_none()
    try:
        return rep_id(found and found.rep_id)
    except ValueError:
        params = {"employee": employee, "name": found.name if found else ""}
        raise UnsendableError(Reason(Code.MISSING_REP_ID, params)) from None


def minutes_of(event: RowMapping, settings: RosterSettings) -> int:
    """How long an event (a row of `events`) takes, by its type; what a file says counts for nothing."""
    return settings.rules.minutes.of(EventType(event["event_type"]), survey=is_survey(event["project_name"]))


def row_after(
    row: Row, operation: Operation | Send, verdict: Verdict, *, again: bool
) -> tuple[str, Reason | None]:
    """What a write's end means for its row, which is as it stands now."""
    if verdict.state == "unknown":
        return UNKNOWN, verdict.reason
    if operation.purpose != "compensate":
        if verdict.state == "done":  # one that has made room is still to be placed anew
            return (DONE if row.wanted and row.stands == row.wanted else OPEN), None
        return (OPEN, None) if again else (FAILED, verdict.reason)
    if verdict.state == "done":
        return FAILED, Reason(Code.TOGETHER, {"why": operation.why})
    still = row.wanted is not None and row.stands == row.wanted
    if again:
        return (DONE if still else OPEN), None
    problem = sentence(verdict.reason) if verdict.reason else ""
    told = Reason(Code.NOT_PUT_BACK, {"why": operation.why, "problem": problem})
    return (DONE if still else FAILED), told


def _set(connection: Connection, row: Row, status: str, reason: Reason | None, now: datetime) -> None:
    values: dict[str, object] = {"status": status, "updated_at": now}
    values["api_error_details"] = sentence(reason) if reason else None
    if row.wanted is not None:  # a drop keeps why it was proposed
        values["failure_code"] = reason and reason.code.value
        values["failure_params"] = reason and dict(reason.params)
        values["failure_reason"] = reason and sentence(reason)
    if status == DONE:
        values["api_submitted_at"] = func.coalesce(PendingSchedule.api_submitted_at, now)
    elif status == FAILED:
        values["api_submitted_at"] = None
    connection.execute(update(PendingSchedule).where(PendingSchedule.id == row.id).values(values))


def _values(operation: Operation) -> dict[str, object]:
    visit = operation.visit
    return {
        "id": operation.id,
        "pending_schedule_id": operation.row_id,
        "event_ref_num": operation.event,
        "kind": operation.kind,
        "purpose": operation.purpose,
        "mplan_id": operation.mplan_id,
        "location_id": operation.location_id,
        "rep_id": visit and visit.rep_id,
        "starts_at": visit and visit.start,
        "ends_at": visit and visit.end,
        "schedule_id": operation.schedule,
        "expires_on": operation.expires,
        "detail": operation.why,
    }


def _operation(row: RowMapping) -> Operation:
    visit = None
    if row["kind"] != "unschedule":
        visit = Visit(row["mplan_id"], row["location_id"], row["rep_id"], row["starts_at"], row["ends_at"])
    return Operation(
        id=row["id"],
        row_id=row["pending_schedule_id"],
        event=row["event_ref_num"],
        purpose=row["purpose"],
        mplan_id=row["mplan_id"],
        location_id=row["location_id"],
        visit=visit,
        schedule=row["schedule_id"],
        expires=row["expires_on"],
        why=row["detail"],
    )


def _close(
    connection: Connection,
    operation: Operation,
    verdict: Verdict,
    answer: Outcome | None,
    seen: Seen,
    now: datetime,
) -> None:
    values: dict[str, object] = {"state": verdict.state}
    if answer is not None:
        values["milliseconds"] = answer.milliseconds
        values["timed_out"] = isinstance(answer, Unknown) and answer.timed_out
    if verdict.state != "unknown":
        values["settled_at"] = now
        if verdict.reason is not None:
            told = sentence(verdict.reason)
            values["detail"] = f"{operation.why}; {told}" if operation.why else told
    if isinstance(seen, ListedEvent) and seen.booking and seen.booking.schedule_id:
        values["schedule_id"] = seen.booking.schedule_id
    connection.execute(update(CrossmarkOperation).where(CrossmarkOperation.id == operation.id).values(values))
