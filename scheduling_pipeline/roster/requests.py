"""What people asked for on the desk: noted here, carried out by a run of the pipeline.

A request is `waiting`, then `running`, then `done` or `failed`; one that was overtaken before it began is
`void`. One whose run was killed stays `running` and is simply begun again: whoever carries requests out holds
a lease meanwhile, so that a `running` one without a live lease has nobody at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from scheduling_pipeline.database.roster import RosterRequest
from scheduling_pipeline.roster.runs import OPEN, add_run

Kind = Literal["propose", "submit"]
SUBMISSION_LEASE = "roster-submission"
"""Who submits holds this lease: one submission at a time."""


class RequestClosedError(Exception):
    """The request is void, finished, or not there: nothing is to be done for it."""


@dataclass(frozen=True, slots=True)
class Request:
    """`rows`: those of the run that are to be submitted, None for all that were approved. `attempt`: how
    often it was begun."""

    id: int
    kind: Kind
    run_id: int
    revision: str | None
    rows: tuple[int, ...] | None
    requested_by: str
    requested_at: datetime
    state: str
    attempt: int


class Asked(NamedTuple):
    """What was noted when somebody asked for a proposal."""

    request_id: int
    run_id: int


def ask_for_proposal(engine: Engine, who: str, now: datetime) -> Asked:
    """Note that somebody wants a proposal; its run counts as running from now on.

    Raises RunInProgressError while another one is being made.
    """
    with engine.begin() as connection:
        run_id = add_run(connection, run_type="manual", requested_by=who, now=now)
        return Asked(add_request(connection, kind="propose", run_id=run_id, who=who, now=now), run_id)


def add_request(
    connection: Connection,
    *,
    kind: Kind,
    run_id: int,
    who: str,
    now: datetime,
    revision: str | None = None,
    rows: Sequence[int] | None = None,
) -> int:
    """Note a request in the caller's transaction; its id."""
    values = {
        "kind": kind,
        "run_id": run_id,
        "revision": revision,
        "rows": None if rows is None else list(rows),
        "requested_by": who,
        "requested_at": now,
    }
    return connection.execute(insert(RosterRequest).values(values).returning(RosterRequest.id)).scalar_one()


def open_requests(engine: Engine, kind: Kind) -> list[Request]:
    """The requests that wait, or that somebody began and did not finish; the oldest first."""
    query = select(RosterRequest.__table__).where(RosterRequest.kind == kind, RosterRequest.state.in_(OPEN))
    with engine.connect() as connection:
        return [_request(row) for row in connection.execute(query.order_by(RosterRequest.id)).mappings()]


def begin_request(engine: Engine, request_id: int, now: datetime) -> Request:
    """Begin to carry out a request, or once more after the last one who tried died; hold the lease first.

    Raises RequestClosedError when there is nothing to do any more.
    """
    begun = (
        update(RosterRequest)
        .where(RosterRequest.id == request_id, RosterRequest.state.in_(OPEN))
        .values(state="running", attempt=RosterRequest.attempt + 1, started_at=now)
        .returning(RosterRequest.__table__)
    )
    with engine.begin() as connection:
        row = connection.execute(begun).mappings().one_or_none()
    if row is None:
        raise RequestClosedError(f"request {request_id} is void or finished")
    return _request(row)


def finish_request(engine: Engine, request_id: int, now: datetime, *, problem: str | None = None) -> None:
    """Note that a request was carried out, or could not be because of a problem.

    Raises RequestClosedError for one that nobody had begun, or that was finished already.
    """
    finished = (
        update(RosterRequest)
        .where(RosterRequest.id == request_id, RosterRequest.state == "running")
        .values(state="failed" if problem else "done", finished_at=now, problem=problem)
    )
    with engine.begin() as connection:
        if connection.execute(finished).rowcount == 0:
            raise RequestClosedError(f"request {request_id} was not begun, or is finished")


def void_requests(connection: Connection, run_id: int, now: datetime) -> int:
    """Take back the requests about a run that nobody has begun; how many these were."""
    voided = (
        update(RosterRequest)
        .where(RosterRequest.run_id == run_id, RosterRequest.state == "waiting")
        .values(state="void", finished_at=now)
    )
    return connection.execute(voided).rowcount


def _request(row: RowMapping) -> Request:
    return Request(
        id=row["id"],
        kind=row["kind"],
        run_id=row["run_id"],
        revision=row["revision"],
        rows=None if row["rows"] is None else tuple(row["rows"]),
        requested_by=row["requested_by"],
        requested_at=row["requested_at"],
        state=row["state"],
        attempt=row["attempt"],
    )
