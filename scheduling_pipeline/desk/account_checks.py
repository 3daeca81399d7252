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
        self._under_way: dict[int, Future[None]] = {}

    def start(self, owner_id: int, account: Account) -> None:
        """Test an owner's account, unless that is under way already."""
        with self._lock:
            if not self.under_way(owner_id):
                test = self._one_at_a_time.submit(self._try, owner_id, account)
                test.add_done_callback(_log_failure)
                self._under_way[owner_id] = test

    def under_way(self, owner_id: int) -> bool:
        """Whether an owner's account is being tested, or will be."""
        begun = self._under_way.get(owner_id)
        return begun is not None and not begun.done()

    def stop(self) -> None:
        """Begin no more, and wait for the one that is under way."""
        self._one_at_a_time.shutdown(cancel_futures=True)

    def _try(self, owner_id: int, account: Account) -> None:
        entered = account_state(self._engine, owner_id)
        problem = BROKEN
        try:
            self._check(account)
            problem = ""
        except AccountCheckError as error:
            problem = str(error)
        finally:
            standing = account_state(self._engine, owner_id)
            if entered and standing and entered.updated_at == standing.updated_at:  # else another was entered
                note_check(self._engine, owner_id, problem, self._now())


def _log_failure(test: Future[None]) -> None:
    if not test.cancelled() and (error := test.exception()):
        logger.error("an account could not be tested", exc_info=error)
