"""All accounts of the demo, at any instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.workfossa.demo import work
from scheduling_pipeline.simulators.workfossa.demo.people import OF_100, OF_101, OWNERS
from scheduling_pipeline.simulators.workfossa.demo.places import places
from scheduling_pipeline.simulators.workfossa.demo.weeks import WEEKS_AFTER, WEEKS_BEFORE, Week, week
from scheduling_pipeline.simulators.workfossa.model import ZONE, Account, Happening, WorkOrder

_SEED = 1
_WEEK = timedelta(weeks=1)
_FIRST_MONDAY = date(2025, 9, 1)
_FIRST_NUMBER, _NUMBERS_EACH, _NUMBERS_A_WEEK = 110_000, 100_000, 40
_A_WEEK = (13, 25)  # orders of each owner
_CUSTOMERS = (3, 2)  # of each owner
_AT_REST = {OF_101.email: 101, OF_100.email: 100}
_WORKDAYS = 5


class DemoOrders:
    """The demo of one seed: two owners at work, and two accounts at rest."""

    accounts: Sequence[Account] = (*OWNERS, OF_101, OF_100)

    def __init__(self, seed: int = _SEED) -> None:
        self._seed = seed
        self._places = [places(seed, n, customers) for n, customers in enumerate(_CUSTOMERS)]
        self._weeks: dict[tuple[int, date], Week] = {}
        self._at_rest = {
            email: _resting(seed, len(OWNERS) + n, count) for n, (email, count) in enumerate(_AT_REST.items())
        }

    def orders(self, email: str, now: datetime) -> Sequence[WorkOrder]:
        for owner, account in enumerate(OWNERS):
            if account.email == email:
                lives = (life for one in self._between(owner, now, now) for life in one.lives)
                return [order for life in lives if (order := life.at(now))]
        return self._at_rest.get(email, ())

    def happenings(self, since: datetime, until: datetime) -> Sequence[Happening]:
        found = [
            happening
            for owner in range(len(OWNERS))
            for one in self._between(owner, since, until)
            for happening in one.happenings
            if since <= happening.at < until
        ]
        return sorted(found, key=lambda happening: (happening.at, happening.account))

    def _between(self, owner: int, since: datetime, until: datetime) -> list[Week]:
        """The weeks of an owner of whose orders anything is to be seen, from the one instant to the other."""
        first, last = _monday(since) - WEEKS_AFTER * _WEEK, _monday(until) + WEEKS_BEFORE * _WEEK
        return [self._week(owner, first + n * _WEEK) for n in range((last - first) // _WEEK + 1)]

    def _week(self, owner: int, monday: date) -> Week:
        if (owner, monday) not in self._weeks:
            number = _first_number(owner) + (monday - _FIRST_MONDAY) // _WEEK * _NUMBERS_A_WEEK
            numbers = range(number, number + _A_WEEK[owner] + 1)
            self._weeks[owner, monday] = week(self._seed, OWNERS[owner], monday, self._places[owner], numbers)
        return self._weeks[owner, monday]


def _resting(seed: int, position: int, count: int) -> tuple[WorkOrder, ...]:
    """Open orders to which nothing happens, five visits a week from the start of the demo on."""
    rng = dice(seed, "workfossa", "at rest", position)
    stores = places(seed, position, max(_CUSTOMERS))
    monday = _monday(DEMO_START)
    return tuple(
        work.order(
            rng,
            _first_number(position) + 1 + n,
            stores[n % len(stores)],
            monday + n // _WORKDAYS * _WEEK + timedelta(days=n % _WORKDAYS),
            DEMO_START - timedelta(days=30, minutes=n),
        )
        for n in range(count)
    )


def _first_number(position: int) -> int:
    return _FIRST_NUMBER + position * _NUMBERS_EACH


def _monday(moment: datetime) -> date:
    day = moment.astimezone(ZONE).date()
    return day - timedelta(days=day.weekday())
