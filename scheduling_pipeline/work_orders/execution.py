"""A run carried out: it waits for its turn, is noted in the history as it goes on, and ends there once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psutil

from scheduling_pipeline.database.leases import HeldLease, Leases, LeaseTimeoutError
from scheduling_pipeline.work_orders.history import Items, Phase
from scheduling_pipeline.work_orders.runs import RunOverError, Runs, lease_name
from scheduling_pipeline.work_orders.schedule import Trigger
from scheduling_pipeline.work_orders.turns import WAIT, NoPlaceError, take_turn

MEBIBYTE = 2**20


class UnprovenRunError(Exception):
    """What was read may be kept, but it proves too little for the run to count as one that went well."""


class StoppedError(Exception):
    """Somebody, or the machine, stopped the run before its end."""


class NeverBegunError(Exception):
    """Runs were launched, and each ended before it had begun."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a run is for. `since`: the slot or the request; None for a run that was begun in Dagster."""

    owner_id: int
    schedule_type: str
    trigger: Trigger = Trigger.MANUAL
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """A run that is under way. `id` is its number in the history; `say` is told how far it is."""

    runs: Runs
    id: int
    lease: HeldLease
    now: Callable[[], datetime]
    say: Callable[[str], object]

    def progress(
        self, phase: Phase, *, share: float = 0, message: str = "", found: int | None = None
    ) -> None:
        """Note how far the run is. Raises RunOverError or LeaseLostError when it must stop."""
        self.lease.renew()
        self.runs.progress(self.id, phase, share=share, message=message, found=found)
        self.say(message or phase.value.replace("_", " "))

    def end(self, items: Items, metadata: Mapping[str, Any], *, unproven: str = "") -> None:
        """End the run; `unproven`: why it does not count as one that went well. Raises RunOverError."""
        noted: dict[str, Any] = {"memory_mb": _memory_mb(), "metadata": metadata}
        if unproven:
            self.runs.fail(self.id, UnprovenRunError(unproven), self.now(), items=items, **noted)
        else:
            self.runs.succeed(self.id, items, self.now(), **noted)


@contextmanager
def carry_out(
    runs: Runs,
    purpose: Purpose,
    *,
    dagster_run_id: str,
    parallel: int,
    now: Callable[[], datetime],
    say: Callable[[str], object],
    wait: timedelta = WAIT,
) -> Iterator[Execution]:
    """A run from its beginning to its end; what is raised within ends it as failed.

    Raises AlreadyRunningError, NotDueError, NoPlaceError and UnknownOwnerError. Of these only NoPlaceError
    leaves a row in the history, for a run that was begun in Dagster: a slot or a request is tried again.
    """
    owner_id, schedule_type = purpose.owner_id, purpose.schedule_type

    def begin() -> int:
        return runs.begin(
            owner_id,
            schedule_type,
            purpose.trigger,
            dagster_run_id=dagster_run_id,
            now=now(),
            since=purpose.since,
        )

    def note_in_vain(error: NoPlaceError) -> None:
        if purpose.since is None:
            runs.fail(begin(), error, now(), counts=False)

    with take_turn(
        runs.engine, owner_id, schedule_type, parallel=parallel, wait=wait, in_vain=note_in_vain
    ) as lease:
        run_id = begin()
        try:
            yield Execution(runs, run_id, lease, now, say)
        except BaseException as error:
            said = error if isinstance(error, Exception) else StoppedError("the run was stopped")
            with suppress(RunOverError):  # it ended already, or was given up for dead
                runs.fail(run_id, said, now(), memory_mb=_memory_mb())
            raise


def give_up(runs: Runs, purpose: Purpose, *, dagster_run_id: str, problem: str, now: datetime) -> bool:
    """Note a failure for a slot or a request whose runs all ended before they had begun; whether it was.

    `dagster_run_id` is the last one's. Raises NotDueError, UnknownOwnerError.
    """
    owner_id, schedule_type = purpose.owner_id, purpose.schedule_type
    try:
        with Leases(runs.engine).hold(lease_name(owner_id, schedule_type), wait=timedelta(0)):
            run_id = runs.begin(
                owner_id,
                schedule_type,
                purpose.trigger,
                dagster_run_id=dagster_run_id,
                now=now,
                since=purpose.since,
            )
            runs.fail(run_id, NeverBegunError(problem), now)
    except LeaseTimeoutError:
        return False
    return True


def _memory_mb() -> float:
    return round(psutil.Process().memory_info().rss / MEBIBYTE, 1)
