"""What the desk asks of the world outside: functions that whoever starts it passes in, as it knows none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from scheduling_pipeline.work_orders.credentials import Account


class AccountCheckError(Exception):
    """An account could not be proven to be right; the message says why, to its owner."""


@dataclass(frozen=True, slots=True)
class DaemonStatus:
    """How the scheduler stands. `last_check`: when it last looked for schedules that are due; the counts are
    of that look, and of all runs that it began."""

    running: bool = False
    last_check: datetime | None = None
    schedules_checked: int = 0
    tasks_executed: int = 0


def no_site(_account: Account) -> None:
    """Of a desk that reaches no site: no account can be tested."""
    raise AccountCheckError("no connection can be tested here")


@dataclass(frozen=True)
class Outside:
    """`check_account` logs in to WorkFossa, which takes a while, and raises AccountCheckError where that does
    not work; `daemon` says how Dagster's daemon is."""

    check_account: Callable[[Account], None] = no_site
    daemon: Callable[[], DaemonStatus] = DaemonStatus
