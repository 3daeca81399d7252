"""The demo's folder: what stands in it at the start, and what is dropped as the clock moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from functools import partial

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.reports import feeds
from scheduling_pipeline.simulators.reports.courses import Edition
from scheduling_pipeline.simulators.reports.files import SEED, Shape, content, header_only
from scheduling_pipeline.simulators.reports.layout import REPORTS
from scheduling_pipeline.simulators.reports.model import Drop
from scheduling_pipeline.simulators.reports.names import FOLDER, report_path
from scheduling_pipeline.simulators.reports.oddities import oddities
from scheduling_pipeline.simulators.school.history import dice

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_HISTORY = 4 * _HOUR  # of reports before the start
_FEEDS = timedelta(days=2, hours=14)  # before the start: on the Friday
_ODDITIES = timedelta(hours=22)  # before the start
_EVENINGS = {Edition.MOVED: 20 * _HOUR, Edition.CHANGED: _DAY + 20 * _HOUR}  # after the start, at the college
_FIRST = timedelta(minutes=2)  # after the hour
_NEXT = timedelta(seconds=15)  # from one dataset to the next
_CORRECTED = timedelta(seconds=70)  # later, still in the same five minutes
_COPIED = timedelta(minutes=11)
_LATE = timedelta(hours=2, minutes=25)
_DONE = 3 * _HOUR  # by then all of an hour's reports are there
_EXPORTED = time(3, 40, tzinfo=UTC)


class _Mishap(Enum):
    """What happens to one of an hour's reports; the mishaps take turns."""

    LATE = "late"
    EMPTY = "empty"
    COPIED = "copied"
    OVERWRITTEN = "overwritten"


class DemoFolder:
    """The demo of one seed. All is below `folder`, so that one configured folder takes it all.

    At `start` some fifty files stand there: the feeds and odd files of the days before, and a few hours of
    reports. Reports go on every hour, in both shapes, and something happens to one of them every time. On
    the first two evenings somebody corrects the course catalogue.
    """

    def __init__(self, seed: int = SEED, start: datetime = DEMO_START, folder: str = FOLDER) -> None:
        self._seed = seed
        self._folder = folder
        start = start.astimezone(UTC)  # before reckoning: hours are not those of a wall
        self._first_hour = start.replace(minute=0, second=0, microsecond=0) - _HISTORY
        self._first_export = datetime.combine(self._first_hour.date(), _EXPORTED)
        self._standing = (
            *feeds.once(seed, start - _FEEDS, folder),
            *oddities(seed, start - _ODDITIES, folder),
            *feeds.corrections(
                seed, {edition: start + after for edition, after in _EVENINGS.items()}, folder
            ),
        )

    def between(self, after: datetime | None, until: datetime) -> Sequence[Drop]:
        """The drops after an instant (None: from the beginning) up to and with another, oldest first."""
        since = self._standing[0].at - _DAY if after is None else after.astimezone(UTC)
        drops = [drop for drop in self._standing if since < drop.at <= until]
        for at in _ticks(self._first_export, _DAY, since, until):
            drops += feeds.daily(self._seed, at.date(), at, self._folder)
        for hour in _ticks(self._first_hour, _HOUR, since - _DONE, until):
            drops += [Drop(path, make(), at) for at, path, make in self._hour(hour) if since < at <= until]
        return sorted(drops, key=lambda drop: (drop.at, drop.path))

    def _hour(self, hour: datetime) -> Iterator[tuple[datetime, str, Callable[[], bytes]]]:
        """When, where and what the service drops about an hour."""
        mishap = tuple(_Mishap)[(hour - self._first_hour) // _HOUR % len(_Mishap)]
        rng = dice(self._seed, "hour", hour.isoformat())
        unlucky = rng.choice(tuple(REPORTS))
        for number, dataset in enumerate(REPORTS):
            at = hour + _FIRST + number * _NEXT
            path = report_path(dataset, at, folder=self._folder)
            make = partial(content, dataset, seed=self._seed, shape=rng.choice(tuple(Shape)))
            match mishap if dataset == unlucky else None:
                case _Mishap.LATE:
                    yield at + _LATE, path, partial(make, at)
                case _Mishap.EMPTY:
                    yield at, path, partial(header_only, dataset)
                case _Mishap.COPIED:
                    yield at, path, partial(make, at)
                    copy = report_path(dataset, at, " (1)", folder=self._folder)
                    yield at + _COPIED, copy, partial(make, at)
                case _Mishap.OVERWRITTEN:
                    yield at, path, partial(make, at)
                    yield at + _CORRECTED, path, partial(make, at + _CORRECTED)
                case None:
                    yield at, path, partial(make, at)


def _ticks(first: datetime, step: timedelta, after: datetime, until: datetime) -> Iterator[datetime]:
    """`first` and every step from there, as far as they are after an instant and not after another."""
    numbers = range(max(0, (after - first) // step + 1), (until - first) // step + 1)
    return (first + number * step for number in numbers)
