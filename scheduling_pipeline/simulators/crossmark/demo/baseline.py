"""Whom the store's manager had sent where by hand, before the demo began."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from scheduling_pipeline.simulators.crossmark.demo.people import JUICERS, LEADS, THE_SUPERVISOR
from scheduling_pipeline.simulators.crossmark.demo.weeks import Kind, Upcoming
from scheduling_pipeline.simulators.crossmark.model import ZONE, Rep, Visit
from scheduling_pipeline.simulators.school.history import dice

_DAY = timedelta(days=1)
_VISITS_FROM = 10_000_000  # above the event's id
_CORE_TIMES = (time(9, 45), time(10, 30), time(11), time(11, 30))
_SETUP_TIMES = (time(10, 15), time(10, 30), time(10, 45), time(11))
_TIMES = {
    Kind.SUPERVISOR: (time(12),),
    Kind.SETUP: _SETUP_TIMES,
    Kind.REFRESH: _SETUP_TIMES,
    Kind.TEARDOWN: (time(18), time(18, 15), time(18, 30), time(18, 45)),
    Kind.FREEOSK: (time(10),),
    Kind.PRODUCTION: (time(9),),
    Kind.SURVEY: (time(17),),
    Kind.OTHER: (time(11),),
}
_MINUTES = {Kind.CORE: 390, Kind.SUPERVISOR: 5, Kind.PRODUCTION: 540, Kind.OTHER: 60}
_SHORT = 30  # minutes of everything else
_GIVEN = ((0, 0.98), (3, 0.97), (8, 0.85), (14, 0.65))  # before those days from the start, the share
_MOST_CORES_A_DAY, _MOST_CORES_A_WEEK = 6, 5  # of the store, of a person
_BUSY_DAY, _BUSY_CORES = 12, 9  # the second Saturday: what else comes up must be made room for


def visits(
    seed: int, start: date, events: Iterable[Upcoming], specialists: Sequence[Rep]
) -> dict[int, Visit]:
    """The visits, by mPlanID, as they stood on the morning of `start`; the events are those known by then."""
    manager = _Manager(seed, start, specialists)
    wanted = [event for event in events if not event.cancelled]
    for event in wanted:
        if event.kind in {Kind.PRODUCTION, Kind.SURVEY}:
            manager.send_juicer(event)
    cores = [event for event in wanted if event.kind is Kind.CORE]
    manager.fill_busy_day(cores)
    for event in cores:
        manager.send_to_core(event)
    for event in wanted:
        if event.kind not in {Kind.CORE, Kind.PRODUCTION, Kind.SURVEY}:
            manager.send_with_short_task(event)
    return manager.visits


class _Manager:
    """Sends people by the rules of the house: one Core a day, the day's juicer, leads for short tasks."""

    def __init__(self, seed: int, start: date, specialists: Sequence[Rep]) -> None:
        self.visits: dict[int, Visit] = {}
        self._rng = dice(seed, "crossmark", "manager")
        self._start = start
        self._busy_day = start + _BUSY_DAY * _DAY
        self._specialists = specialists
        self._holders: defaultdict[date, set[Rep]] = defaultdict(set)  # of a Core event
        self._cores: Counter[tuple[Rep, int]] = Counter()  # by person and week
        self._juiced: set[tuple[date, Kind]] = set()
        self._dealt: Counter[tuple[date, tuple[time, ...]]] = Counter()

    def send_juicer(self, event: Upcoming) -> None:
        """Whoever juices on the first day that has no event of the kind yet."""
        for day in _days(event):
            if (day, event.kind) not in self._juiced and day != self._busy_day:
                if self._gets_to(day):
                    self._juiced.add((day, event.kind))
                    self._put(event, day, _juicer(day))
                return

    def fill_busy_day(self, cores: Iterable[Upcoming]) -> None:
        """Everybody but the leads has a Core event on one day, each of which could be on another."""
        held = [event for event in cores if event.start < self._busy_day < event.due]
        for event, rep in zip(held[:_BUSY_CORES], (*JUICERS, *self._specialists), strict=False):
            self._hold(event, self._busy_day, rep)

    def send_to_core(self, event: Upcoming) -> None:
        """Whoever has had the fewest that week, on some day of the window; perhaps nobody yet."""
        if event.id in self.visits:
            return
        days = [day for day in _days(event) if day != self._busy_day and self._free(day)]
        if days and self._gets_to(day := self._rng.choice(days)):
            self._hold(event, day, min(self._free(day), key=lambda rep: self._cores[rep, _week(day)]))

    def send_with_short_task(self, event: Upcoming) -> None:
        """Lead or Club Supervisor, on the first day; a Supervisor event on the day of its Core event."""
        if event.kind is Kind.SUPERVISOR:
            if event.core in self.visits:
                self._put(event, self.visits[event.core].start.astimezone(ZONE).date(), THE_SUPERVISOR)
        elif self._gets_to(event.start):
            turn = event.start.weekday() + (event.kind is Kind.TEARDOWN)
            lead = LEADS[turn % len(LEADS)]
            self._put(event, event.start, THE_SUPERVISOR if event.kind is Kind.OTHER else lead)

    def _gets_to(self, day: date) -> bool:
        """Whether the manager has already seen to something on that day."""
        ahead = (day - self._start).days
        share = next((share for before, share in _GIVEN if ahead < before), 0.0)
        return self._rng.random() < share

    def _free(self, day: date) -> list[Rep]:
        """Who could have a Core event on a day."""
        holders = self._holders[day]
        if len(holders) >= _MOST_CORES_A_DAY:
            return []
        return [
            rep
            for rep in (*LEADS, *self._specialists, *JUICERS)
            if rep not in holders
            and rep is not _juicer(day)
            and rep.available(day, day)
            and self._cores[rep, _week(day)] < _MOST_CORES_A_WEEK
        ]

    def _hold(self, event: Upcoming, day: date, rep: Rep) -> None:
        self._holders[day].add(rep)
        self._cores[rep, _week(day)] += 1
        self._put(event, day, rep)

    def _put(self, event: Upcoming, day: date, rep: Rep) -> None:
        """The times of a day are dealt in turn."""
        times = _TIMES.get(event.kind, _CORE_TIMES)
        start = datetime.combine(day, times[self._dealt[day, times] % len(times)], ZONE)
        self._dealt[day, times] += 1
        end = start + timedelta(minutes=_MINUTES.get(event.kind, _SHORT))
        self.visits[event.id] = Visit(event.id + _VISITS_FROM, rep.id, start, end)


def _days(event: Upcoming) -> list[date]:
    return [event.start + n * _DAY for n in range((event.due - event.start).days)]


def _juicer(day: date) -> Rep:
    return JUICERS[day.weekday() % len(JUICERS)]


def _week(day: date) -> int:
    return day.toordinal() // 7
