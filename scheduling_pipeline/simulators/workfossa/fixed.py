"""Orders that a test writes down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from scheduling_pipeline.simulators.workfossa.model import Account, Happening, WorkOrder

OWNER = Account("tess.holloway@fieldwork.example", "simulated-workfossa", "Tess Holloway")


class FixedOrders:
    """The given orders of each account, the same at every instant until `replace` is called."""

    def __init__(self, orders: Iterable[WorkOrder] = (), accounts: Sequence[Account] = (OWNER,)) -> None:
        """`orders` are the first account's."""
        self.accounts = accounts
        self._orders: dict[str, tuple[WorkOrder, ...]] = {}
        self.replace(orders)

    def replace(self, orders: Iterable[WorkOrder], email: str | None = None) -> None:
        """Show these orders to an account, or the first one, from now on. ValueError for two with one id."""
        wanted = tuple(orders)
        if len({order.id for order in wanted}) < len(wanted):
            raise ValueError("two work orders have the same id")
        self._orders[email or self.accounts[0].email] = wanted

    def orders(self, email: str, now: datetime) -> Sequence[WorkOrder]:  # noqa: ARG002 - protocol
        return self._orders.get(email, ())

    def happenings(self, since: datetime, until: datetime) -> Sequence[Happening]:  # noqa: ARG002 - protocol
        return ()
