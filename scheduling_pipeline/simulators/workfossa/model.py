"""What the simulated WorkFossa shows: customers, their locations and equipment, and the work to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")  # of the work: the site writes wall times without a zone


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can log in, and who sees the orders assigned to them alone."""

    email: str
    password: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True)
class Customer:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Dispenser:
    """A fuel dispenser. `sides`: the two numbers on it; `grades`: names, or codes of four digits."""

    sides: tuple[int, int]
    grades: tuple[str, ...]
    maker: str
    model: str
    serial: str
    stand_alone_code: str
    nozzles: int
    meter: str

    @property
    def title(self) -> str:
        return f"{self.sides[0]}/{self.sides[1]} - {', '.join(self.grades)} - {self.maker}"


@dataclass(frozen=True, slots=True)
class Location:
    """A store. `number`: 4 to 7 digits, without the `#`; an empty `cross_street` or `county` is not shown."""

    id: int
    customer: Customer
    number: str
    label: str
    street: str
    city: str
    state: str
    postcode: str
    cross_street: str = ""
    county: str = ""
    dispensers: tuple[Dispenser, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask. Personal: no reader may keep any of it."""

    person: str
    account: str
    department: str
    account_code: str
    terms: str


@dataclass(frozen=True, slots=True)
class Item:
    """A service or a part, under its category: 8 x All Dispensers (2861)."""

    category: str
    quantity: int
    description: str
    code: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit of an order. Without a time of day it is anytime; `done`: the day it was finished."""

    id: int
    day: date
    at: time | None = None
    due: date | None = None
    done: date | None = None


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """A work order. `visit`: its next one, or the last one when all are done; mostly there are no
    `other_visits`. `categories` colour its bars; `closed`: it is shown among the completed ones alone."""

    id: int
    location: Location
    items: tuple[Item, ...]
    visit: Visit | None
    created: datetime
    creator: str
    reason: str
    contact: Contact
    categories: tuple[str, ...] = ("Meter Calibration",)
    approved: bool = False
    project: str = ""
    purchase_order: str = ""
    instructions: str = ""
    closed: bool = False
    other_visits: tuple[Visit, ...] = ()

    @property
    def visits(self) -> tuple[Visit, ...]:
        return (self.visit, *self.other_visits) if self.visit else ()

    @property
    def visits_done(self) -> int:
        return sum(visit.done is not None for visit in self.visits)

    @property
    def number(self) -> str:
        return f"W-{self.id}"

    @property
    def completed(self) -> bool:
        return 0 < len(self.visits) == self.visits_done


@dataclass(frozen=True, slots=True)
class Happening:
    """What happens to an account's orders at an instant: its `kind` in one word, and to which orders."""

    at: datetime
    account: str
    kind: str
    orders: tuple[int, ...]


class Orders(Protocol):
    """Who has which orders, at any instant."""

    @property
    def accounts(self) -> Sequence[Account]: ...

    def orders(self, email: str, now: datetime) -> Sequence[WorkOrder]:
        """The orders of an account, open and completed, each id once; none for an unknown account."""
        ...

    def happenings(self, since: datetime, until: datetime) -> Sequence[Happening]:
        """What happens from `since` to before `until`, in the order of time."""
        ...
