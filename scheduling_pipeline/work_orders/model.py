"""Work orders, what is read of them, and what a change is. Shapes only.

Dates and times of visits are those that the site shows: wall time of the place, whose zone it does not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class Status(StrEnum):
    """What the site's badge says of a work order; UNKNOWN for one whose meaning we do not know."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Service:
    """Something to be done: `quantity` is mostly the number of dispensers; `code` need not be a number."""

    category: str
    code: str
    description: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Visit:
    """The link to the next visit, as the list shows it: never one that we made up."""

    id: str
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the work is. `store` has its #; `location` is the site's own number of the place."""

    store: str | None = None
    location: str | None = None
    street: str | None = None
    cross_street: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    county: str | None = None

    @property
    def town(self) -> str:
        """As in `Springfield, OH`; empty when it is not known."""
        return ", ".join(part for part in (self.city, self.region) if part)


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """One row of the list. `id` has digits only. No name, number or address of a person is in it.

    `day` and `at` are those of the next visit: None when it has no day yet, or may be at any time of it.
    `visit` is None where the list shows no link to it. `finished_on`: when the last visit was done.
    """

    id: str
    status: Status
    site_status: str
    place: Place
    customer: str | None = None
    customer_url: str | None = None
    categories: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    day: date | None = None
    at: time | None = None
    visit: Visit | None = None
    visits_done: int = 0
    visits_total: int = 0
    finished_on: date | None = None
    due: date | None = None
    created_on: date | None = None
    reason: str | None = None
    project: str | None = None
    purchase_order: str | None = None
    instructions: str = ""

    @property
    def finished(self) -> bool:
        """Whether all of its visits are done."""
        return self.visits_total > 0 and self.visits_done == self.visits_total

    @property
    def site_name(self) -> str:
        """As in `Acme Fuels #1234`."""
        return " ".join(part for part in (self.customer, self.place.store) if part)

    @property
    def dispensers(self) -> int:
        """How many the work is about: of the calibration service, else of the first one, else none."""
        calibrations = [service for service in self.services if _counts_dispensers(service)]
        return next((service.quantity for service in (*calibrations, *self.services)), 0)


def _counts_dispensers(service: Service) -> bool:
    text = f"{service.category} {service.description}".lower()
    return "meter calibration" in text or "dispenser" in text


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list, as it was shown. `shown`: how many rows it has, readable or not.

    `page_size` is what the page-size widget says, None when that could not be read; `has_next` whether the
    list goes on. `problems`: one line for each row that could not be read.
    """

    orders: tuple[WorkOrder, ...]
    shown: int
    page_size: int | None
    has_next: bool
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What one reading of the list found. Only a complete one may remove anything; else `why_not` says why.

    Orders of an incomplete listing are true: they are merely not all of them.
    """

    orders: tuple[WorkOrder, ...]
    read_at: datetime
    why_not: str = ""

    @property
    def complete(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Dispenser:
    """A dispenser: `number` names its two sides, as in 1/2; `nozzles` are on each side."""

    number: str
    grades: tuple[str, ...]
    maker: str
    model: str | None = None
    serial: str | None = None
    stand_alone_code: str | None = None
    nozzles: int | None = None
    meter_type: str | None = None


class Kind(StrEnum):
    """What can happen to a work order that people want to know of."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"  # to another day
    SWAPPED = "swapped"  # its day with another's
    REPLACED = "replaced"  # by another on the same day
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Card:
    """What is compared of a work order, and what a message shows of it."""

    id: str
    day: date | None
    store: str = ""
    site_name: str = ""
    town: str = ""
    address: str = ""
    dispensers: int = 0

    @classmethod
    def of(cls, order: WorkOrder) -> Card:
        return cls(
            id=order.id,
            day=order.day,
            store=order.place.store or "",
            site_name=order.site_name,
            town=order.place.town,
            address=order.place.street or "",
            dispensers=order.dispensers,
        )

    def to_json(self) -> dict[str, object]:
        """Plain JSON, as it is kept with a change."""
        return {
            "id": self.id,
            "day": self.day.isoformat() if self.day else None,
            "store": self.store,
            "site_name": self.site_name,
            "town": self.town,
            "address": self.address,
            "dispensers": self.dispensers,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to `card`, as it is now or was last.

    `other`: of a swap the order that it traded days with, of a replacement the one whose place it took.
    `before` and `after` are its days; of a replacement both are the day that the two share.
    """

    kind: Kind
    card: Card
    other: Card | None = None
    before: date | None = None
    after: date | None = None

    @property
    def orders(self) -> tuple[str, ...]:
        """The ids that it is about."""
        return (self.card.id,) if self.other is None else (self.card.id, self.other.id)
