"""A simulated WorkFossa in front of the resource that reads it, for the browser tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from resources.workfossa import EquipmentRead, OrdersRead, WorkFossa
from scheduling_pipeline.simulators.workfossa.fixed import OWNER
from scheduling_pipeline.work_orders.credentials import Account
from scheduling_pipeline.work_orders.equipment import Equipment
from scheduling_pipeline.work_orders.history import Phase
from tests.simulators.fossa_client import FossaSite

ACCOUNT = Account(OWNER.email, OWNER.password)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass
class Told:
    """What a reading told of its progress."""

    phases: list[Phase] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    found: list[int | None] = field(default_factory=list)

    def __call__(
        self, phase: Phase, *, share: float = 0, message: str = "", found: int | None = None
    ) -> None:
        self.phases.append(phase)
        self.shares.append(share)
        self.messages.append(message)
        self.found.append(found)


class RunOverError(Exception):
    """Somebody else ended the run."""


def resource(site: FossaSite, **changes: Any) -> WorkFossa:  # noqa: ANN401 - fields of the resource
    values: dict[str, Any] = {"base_url": site.url, "page_timeout": 10, "login_timeout": 5}
    return WorkFossa(**(values | changes))


def read_orders(
    site: FossaSite,
    known: Collection[str] = (),
    told: Told | None = None,
    **changes: Any,  # noqa: ANN401 - fields of the resource
) -> OrdersRead:
    source = resource(site, **changes)
    return source.read_orders(ACCOUNT, known=known, now=lambda: NOW, progress=told or Told())


@dataclass
class Kept:
    """The equipment that was kept, by location, and how the reading ended."""

    equipment: dict[str, Equipment] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    ended: EquipmentRead = field(default_factory=lambda: EquipmentRead((), {}))


def read_equipment(
    site: FossaSite,
    locations: Sequence[str],
    **changes: Any,  # noqa: ANN401 - fields of the resource
) -> Kept:
    kept = Kept()
    kept.ended = resource(site, **changes).read_equipment(
        ACCOUNT, locations, keep=kept.equipment.__setitem__, progress=kept.told
    )
    return kept


def ids(read: OrdersRead) -> list[str]:
    return [order.id for order in read.listing.orders]


def asked(site: FossaSite, path: str) -> list[dict[str, str]]:
    """The queries with which a path was asked for, oldest first."""
    return [call["query"] for call in site.control.journal() if call["path"] == path]


def logins(site: FossaSite) -> int:
    calls = site.control.journal()
    return sum((call["method"], call["path"]) == ("POST", "/login") for call in calls)


def forbidden(site: FossaSite) -> list[dict[str, Any]]:
    return [call for call in site.control.journal() if call["forbidden"]]
