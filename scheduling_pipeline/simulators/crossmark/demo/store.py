"""A store of a believable size, of which some two weeks were planned by hand when the demo begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.crossmark.demo import baseline
from scheduling_pipeline.simulators.crossmark.demo.people import (
    GUESTS,
    JUICERS,
    LEADS,
    THE_SUPERVISOR,
    specialists,
)
from scheduling_pipeline.simulators.crossmark.demo.weeks import Kind, Upcoming, week
from scheduling_pipeline.simulators.crossmark.model import ZONE, Condition, Location, Mplan, Rep, Visit
from scheduling_pipeline.simulators.school.history import dice

LOCATION = Location(100500, "Riverbend Club 8135")
_SEED = 1
_DAY = timedelta(days=1)
_SHOWN = 60 * _DAY  # before and after today
_LONGEST = 22 * _DAY  # from a week's Monday to the last due day of what comes up in it
_UNREPORTED = 0.02


class DemoStore:
    """The demo of one seed: one store, its thirteen people, and all that is to be done there.

    The planner has the events of 60 days before and after today. When the demo begins (`start`), most of the
    following two weeks is planned; from then on only what is written to the planner gets done, and all else
    expires. A Saturday with more Core events than people is among those weeks.
    """

    def __init__(self, seed: int = _SEED, start: datetime = DEMO_START) -> None:
        self._seed = seed
        self._weeks: dict[date, list[tuple[Upcoming, Mplan]]] = {}
        self._start = start.astimezone(ZONE).date()
        staff = specialists(self._start)
        self.reps: Sequence[Rep] = (THE_SUPERVISOR, *LEADS, *staff, *JUICERS, *GUESTS)
        first, last = self._start - _SHOWN - _LONGEST, self._start + _SHOWN
        known = [
            event
            for monday in _mondays(first, last)
            for event in week(seed, monday)
            if event.published <= start
        ]
        self._visits = baseline.visits(seed, self._start, known, staff)
        self._odd = _odd_ones([event for event in known if event.start > self._start], self._visits)

    def mplans(self, now: datetime) -> Sequence[Mplan]:
        today = now.astimezone(ZONE).date()
        return [
            mplan
            for monday in _mondays(today - _SHOWN - _LONGEST, today + _SHOWN)
            for upcoming, mplan in self._week(monday)
            if upcoming.published <= now and mplan.due >= today - _SHOWN and mplan.start <= today + _SHOWN
        ]

    def _week(self, monday: date) -> list[tuple[Upcoming, Mplan]]:
        if monday not in self._weeks:
            self._weeks[monday] = [(event, self._mplan(event)) for event in week(self._seed, monday)]
        return self._weeks[monday]

    def _mplan(self, event: Upcoming) -> Mplan:
        condition = Condition.CANCELED if event.cancelled else self._odd.get(event.id)
        return Mplan(
            event.id,
            event.name,
            LOCATION,
            event.start,
            event.due,
            self._visits.get(event.id),
            condition,
            staffed_by=THE_SUPERVISOR.id if condition is Condition.STAFFED else None,
            reported=dice(self._seed, "crossmark", event.id).random() >= _UNREPORTED,
        )


def _odd_ones(events: Iterable[Upcoming], visits: Mapping[int, Visit]) -> dict[int, Condition]:
    """What stands oddly in the planner: with a time though unstaffed, paused, staffed without a time."""
    short = [
        event.id for event in events if event.kind in {Kind.FREEOSK, Kind.REFRESH} and not event.cancelled
    ]
    with_time = [number for number in short if number in visits]
    without = [number for number in short if number not in visits]
    return {
        with_time[0]: Condition.UNSTAFFED,
        with_time[-1]: Condition.PAUSED,
        without[-1]: Condition.STAFFED,
    }


def _mondays(first: date, last: date) -> list[date]:
    """Of the weeks from that of `first` to that of `last`."""
    begin = first - first.weekday() * _DAY
    return [begin + n * 7 * _DAY for n in range((last - begin).days // 7 + 1)]
