"""The orders whose visits are in one week, from the day they come until nobody sees them any more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.workfossa.demo import work
from scheduling_pipeline.simulators.workfossa.model import ZONE, Account, Happening, Location, WorkOrder

WEEKS_BEFORE, WEEKS_AFTER = 4, 9  # the week of the visits, from the first instant to the last
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_WORKDAYS = 5
_FIRST_SHARE = 2 / 3  # of the orders come on Monday
_CLOSED_AFTER, _GONE_AFTER = timedelta(days=3), timedelta(days=56)  # the visit
_MONDAY, _TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY = range(_WORKDAYS)
_DONE = time(16, 45)
_ADDED, _ADDED_LATER, _REMOVED, _SWAPPED, _REPLACED, _MOVED = (  # weeks before, day of the week, time
    (4, _MONDAY, time(7, 40)),
    (4, _WEDNESDAY, time(13, 5)),
    (3, _FRIDAY, time(9, 30)),
    (2, _WEDNESDAY, time(10, 40)),
    (2, _THURSDAY, time(14, 15)),
    (1, _TUESDAY, time(11, 20)),
)


@dataclass(frozen=True, slots=True)
class Life:
    """One order: what is shown from each instant on, in the order of time; None for nothing."""

    states: tuple[tuple[datetime, WorkOrder | None], ...]

    def at(self, now: datetime) -> WorkOrder | None:
        return next((order for since, order in reversed(self.states) if since <= now), None)


@dataclass(frozen=True, slots=True)
class Week:
    lives: tuple[Life, ...]
    happenings: tuple[Happening, ...]


def week(seed: int, account: Account, monday: date, places: tuple[Location, ...], numbers: range) -> Week:
    """An account's week. It has one order less than there are `numbers`: the last is for the replacement."""
    rng = dice(seed, "workfossa", account.email, monday)
    count = len(numbers) - 1
    where = rng.sample(places, count + 1)
    early = round(count * _FIRST_SHARE)
    orders = [
        work.order(
            rng,
            numbers[n],
            where[n],
            monday + n * _WORKDAYS // count * _DAY,
            _instant(monday, _ADDED if n < early else _ADDED_LATER),
        )
        for n in range(count)
    ]
    one, other = orders[rng.randrange(count // 3)], orders[-1 - rng.randrange(count // 3)]
    rest = [order for order in orders if order not in (one, other)]
    moved, replaced, removed = rng.sample(rest, 3)
    substitute = work.order(rng, numbers[-1], where[-1], _day(replaced), _instant(monday, _REPLACED))
    changes = {
        one.id: (_instant(monday, _SWAPPED), _on(one, _day(other))),
        other.id: (_instant(monday, _SWAPPED), _on(other, _day(one))),
        moved.id: (_instant(monday, _MOVED), _on(moved, _another_day(moved, monday))),
        replaced.id: (_instant(monday, _REPLACED), None),
        removed.id: (_instant(monday, _REMOVED), None),
    }
    lives = [_life(order, changes.get(order.id)) for order in (*orders, substitute)]
    happenings = [
        Happening(_instant(monday, _ADDED), account.email, "added", _ids(orders[:early])),
        Happening(_instant(monday, _ADDED_LATER), account.email, "added", _ids(orders[early:])),
        Happening(_instant(monday, _REMOVED), account.email, "removed", (removed.id,)),
        Happening(_instant(monday, _SWAPPED), account.email, "swapped", (one.id, other.id)),
        Happening(_instant(monday, _REPLACED), account.email, "replaced", (replaced.id, substitute.id)),
        Happening(_instant(monday, _MOVED), account.email, "moved", (moved.id,)),
        *_completions(account, monday, lives),
    ]
    return Week(tuple(lives), tuple(happenings))


def _life(order: WorkOrder, change: tuple[datetime, WorkOrder | None] | None) -> Life:
    """Until it is gone, or else through its completion."""
    states: list[tuple[datetime, WorkOrder | None]] = [(order.created, order)]
    last: WorkOrder | None = order
    if change:
        states.append(change)
        last = change[1]
    if last and last.visit:
        done = replace(last, visit=replace(last.visit, done=last.visit.day))
        end = datetime.combine(last.visit.day, _DONE, ZONE)
        states += [
            (end, done),
            (end + _CLOSED_AFTER, replace(done, closed=True)),
            (end + _GONE_AFTER, None),
        ]
    return Life(tuple(states))


def _completions(account: Account, monday: date, lives: list[Life]) -> list[Happening]:
    """What is completed on each day of the week."""
    found = []
    for end in (datetime.combine(monday + n * _DAY, _DONE, ZONE) for n in range(_WORKDAYS)):
        done = [
            order.id
            for life in lives
            for since, order in life.states
            if since == end and order and order.completed and not order.closed
        ]
        found.append(Happening(end, account.email, "completed", tuple(done)))
    return found


def _instant(monday: date, when: tuple[int, int, time]) -> datetime:
    weeks, day, at = when
    return datetime.combine(monday - weeks * _WEEK + day * _DAY, at, ZONE)


def _on(order: WorkOrder, day: date) -> WorkOrder:
    assert order.visit is not None  # noqa: S101 - each order of a week has one
    return replace(order, visit=replace(order.visit, day=day))


def _day(order: WorkOrder) -> date:
    assert order.visit is not None  # noqa: S101 - each order of a week has one
    return order.visit.day


def _another_day(order: WorkOrder, monday: date) -> date:
    return monday + (_day(order).weekday() + 2) % _WORKDAYS * _DAY


def _ids(orders: list[WorkOrder]) -> tuple[int, ...]:
    return tuple(order.id for order in orders)
