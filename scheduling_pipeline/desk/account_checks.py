"""Accounts tried out at WorkFossa, one after the other, while people do something else."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from threading import Lock

from sqlalchemy import Engine

from scheduling_pipeline.desk.outside import AccountCheckError
from scheduling_pipeline.work_orders.credentials import Account, account_state, note_check

BROKEN = "the test itself failed; it was written to the log"
logger = logging.getLogger(__name__)


class AccountChecks:
    """The tests of one desk. `check` raises AccountCheckError; what came of it stands with the account."""

    def __init__(self, engine: Engine, check: Callable[[Account], None], now: Callable[[], datetime]) -> None:
        self._engine, self._check, self._now = engine, check, now
        self._one_at_a_time = ThreadPoolExecutor(1, "account-check")
        self._lock = Lock()
        self._last: dict[int, tuple[datetime, Future[None]]] = {}  # by owner: when entered, and its test

    def start(self, owner_id: int, account: Account) -> None:
        """Test an owner's account, unless that is under way already or it was forgotten meanwhile."""
        with self._lock:
            state = account_state(self._engine, owner_id)
            if state is None or (self.under_way(owner_id) and self._last[owner_id][0] == state.updated_at):
                return
            test = self._one_at_a_time.submit(self._try, owner_id, account, state.updated_at)
            test.add_done_callback(_log_failure)
            self._last[owner_id] = (state.updated_at, test)

    def under_way(self, owner_id: int) -> bool:
        """Whether an owner's account is being tested, or will be."""
        return owner_id in self._last and not self._last[owner_id][1].done()

    def stop(self) -> None:
        """Begin no more, and wait for the one that is under way."""
        self._one_at_a_time.shutdown(cancel_futures=True)

    def _try(self, owner_id: int, account: Account, entered_at: datetime) -> None:
        problem = BROKEN
        try:
            self._check(account)
            problem = ""
        except AccountCheckError as error:
            problem = str(error)
        finally:
            standing = account_state(self._engine, owner_id)
            if standing and standing.updated_at == entered_at:  # else another was entered
                note_check(self._engine, owner_id, problem, self._now())


def _log_failure(test: Future[None]) -> None:
    if not test.cancelled() and (error := test.exception()):
        logger.error("an account could not be tested", exc_info=error)
