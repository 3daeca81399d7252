"""Submitting what was approved: each row once, whatever happens, one submission at a time.

What to do next follows from how things stand, so that going on after a death is nothing special: writes that
were left open are looked up first, then the same question is asked again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from scheduling_pipeline.database.leases import HeldLease, Leases
from scheduling_pipeline.database.roster import PendingSchedule
from scheduling_pipeline.roster.ids import MplanId
from scheduling_pipeline.roster.outbox import Outbox, UnsendableError
from scheduling_pipeline.roster.planner import Outcome, Planner, PlannerError
from scheduling_pipeline.roster.reasons import Reason
from scheduling_pipeline.roster.recheck import refusals
from scheduling_pipeline.roster.requests import SUBMISSION_LEASE, Request, begin_request, finish_request
from scheduling_pipeline.roster.steps import DONE, FAILED, OPEN, UNKNOWN, Row, Send, components, next_step
from scheduling_pipeline.roster.verdicts import Operation, Seen
from scheduling_pipeline.roster_settings import RosterSettings

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not submitted, in words for a person."""

    row_id: int
    event: int
    problem: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of the rows of a request: `submitted`, `failed`, `unknown` where nobody could tell, and
    `waiting` for one of those."""

    run_id: int
    submitted: int
    failed: int
    unknown: int
    waiting: int
    failures: tuple[Refused, ...]

    @property
    def counts(self) -> dict[str, int]:
        return {
            "submitted": self.submitted,
            "failed": self.failed,
            "unknown": self.unknown,
            "waiting": self.waiting,
        }


def submit(
    engine: Engine,
    request_id: int,
    planner: Planner,
    settings: RosterSettings,
    *,
    run_id: str,
    now: Clock,
    on_progress: Progress = lambda _done, _total: None,
) -> Submitted:
    """Submit the rows of a request, or go on where one who died left off. A row that fails is counted and
    named, and the others go on; so does what an earlier submission left in doubt.

    Raises RequestClosedError when there is nothing to do (any more), PlannerError when the planner cannot be
    read (the request stays open: submit it again later), LeaseTimeoutError when another submission does not
    end.
    """
    with Leases(engine).hold(SUBMISSION_LEASE) as lease:
        request = begin_request(engine, request_id, now())
        about = (request.id, request.run_id)
        logger.info("submitting request %d of run %d, attempt %d", *about, request.attempt)
        submission = _Submission(Outbox(engine, settings, run_id), planner, request, lease, now, on_progress)
        submission.work()
        result = submission.result()
        problem = f"the outcome of {result.unknown} writes is unknown" if result.unknown else None
        finish_request(engine, request_id, now(), problem=problem)
        counts = ", ".join(f"{count} {word}" for word, count in result.counts.items())
        logger.info("request %d of run %d is finished: %s", *about, counts)
        return result


@dataclass(frozen=True)
class _Submission:
    outbox: Outbox
    planner: Planner
    request: Request
    lease: HeldLease
    now: Clock
    on_progress: Progress

    def work(self) -> None:
        self._go_on(self._resolve(), self._requested())
        with suppress(PlannerError):  # it may answer again by now; else whoever submits next asks
            self._go_on(self._resolve(), [])

    def result(self) -> Submitted:
        rows = self._requested()
        counts = Counter(row.status for row in rows)
        failures = tuple(
            Refused(row.id, row.event, row.problem) for row in rows if row.status in (FAILED, UNKNOWN)
        )
        return Submitted(
            self.request.run_id, counts[DONE], counts[FAILED], counts[UNKNOWN], counts[OPEN], failures
        )

    def _resolve(self) -> list[Row]:
        """Look up what became of writes that were left open, by whomever; their rows."""
        operations = self.outbox.open_operations()
        if not operations:
            return []
        self.lease.renew()
        found = self.planner.look_up([operation.mplan_id for operation in operations])
        for operation in operations:
            self.outbox.settle(operation, None, found.get(operation.mplan_id), self.now())
        return self.outbox.rows(PendingSchedule.id.in_([operation.row_id for operation in operations]))

    def _go_on(self, revived: Sequence[Row], requested: Sequence[Row]) -> None:
        """Work off everything that hangs together with some rows."""
        concerned = {row.id for row in (*revived, *requested)}
        runs = {row.run for row in (*revived, *requested)}
        rows = self.outbox.rows(PendingSchedule.scheduler_run_id.in_(runs))
        self._report()
        for component in components(rows):
            if any(row.id in concerned for row in component):
                self._work_off(component)
                self._report()

    def _work_off(self, rows: list[Row]) -> None:
        """Take one step after the other until nothing is left to do for rows that hang together."""
        if next_step(rows, {}) is None:
            return
        ids = [row.id for row in rows]
        refused = self._recheck(rows)
        while step := next_step(self.outbox.rows(PendingSchedule.id.in_(ids)), refused):
            if isinstance(step, Send):
                self._send(step)
            else:
                self.outbox.conclude(step, self.now())

    def _recheck(self, rows: Sequence[Row]) -> dict[int, Reason]:
        """See how the events stand now, and which rows that rules out."""
        self.lease.renew()
        mplans = self.outbox.mplans(rows)
        found = self.planner.look_up(list(mplans.values()))
        seen = {event: found[mplan] for event, mplan in mplans.items() if mplan in found}
        self.outbox.observe(seen, self.now())
        return refusals(self.outbox, [row.id for row in rows], seen, self.now())

    def _send(self, step: Send) -> None:
        """One write: noted, sent once, looked at, settled."""
        self.lease.renew()
        try:
            operation = self.outbox.intend(step, self.now())
        except UnsendableError as error:
            self.outbox.refuse(step, error.reason, self.now())
            return
        if operation is not None:
            answer = self._call(operation)
            self.outbox.settle(operation, answer, self._look(operation.mplan_id), self.now())

    def _call(self, operation: Operation) -> Outcome:
        visit, schedule, expires = operation.visit, operation.schedule, operation.expires
        if visit is not None and expires is None:
            return self.planner.schedule(visit)
        assert schedule is not None  # noqa: S101 - what is taken off, or offered again, has an entry
        if visit is None or expires is None:
            return self.planner.unschedule(schedule)
        return self.planner.reissue(schedule, visit, expires)

    def _look(self, mplan: MplanId) -> Seen:
        try:
            return self.planner.look_up([mplan]).get(mplan)
        except PlannerError as error:
            return error

    def _requested(self) -> list[Row]:
        rows = self.outbox.rows(PendingSchedule.scheduler_run_id == self.request.run_id)
        wanted = self.request.rows
        return [row for row in rows if wanted is None or row.id in wanted]

    def _report(self) -> None:
        rows = self._requested()
        self.on_progress(sum(row.status != OPEN for row in rows), len(rows))
