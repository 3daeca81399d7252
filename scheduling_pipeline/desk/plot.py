"""Plots of runs over time, as places on a drawing: of proposals one by one, with success rates over bars of
swaps and failures; of other runs day by day. Pure; the templates draw them, with different patterns, so that
they are read without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scheduling_pipeline.roster.metrics import RunFigures
from scheduling_pipeline.roster.wording import day_text

WIDTH, LEFT, RIGHT = 920, 56, 16
RATES_TOP, RATES_BOTTOM = 16, 136
BARS_TOP, BARS_BOTTOM = 166, 256
WIDEST_BAR = 18
MOST_LABELS = 8
TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True, slots=True)
class Bar:
    """`x`, `y`: its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What a plot has of one run. `y`: of its success rate, None where there was nothing to place. `label`:
    its day, where there is room to say it."""

    run_id: int
    x: float
    y: float | None
    percent: int | None
    swaps: Bar
    failures: Bar
    when: datetime
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """The runs from the oldest to the newest. `line`: through the success rates. `ticks`: of the rates, where
    and how many per cent; `most`: what the highest bar stands for."""

    marks: Sequence[Mark]
    line: str
    ticks: Sequence[tuple[float, int]]
    most: int


@dataclass(frozen=True, slots=True)
class DayMark:
    """What a plot has of one day: a bar for each of its counts, or a value and its place."""

    x: float
    day: date
    label: str
    bars: Sequence[Bar] = ()
    value: float | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True)
class DayPlot:
    """`most`: what the highest bar or point stands for. `line`: through the values."""

    marks: Sequence[DayMark]
    most: float
    line: str = ""


def bars_by_day(counts: Mapping[date, Sequence[int]]) -> DayPlot:
    """Bars side by side, one for each of a day's counts; days in their order."""
    most = max([1, *(count for of_day in counts.values() for count in of_day)])
    marks = []
    for mark, of_day in zip(_days(list(counts)), counts.values(), strict=True):
        width = min(WIDEST_BAR, 0.8 * _step(len(counts)) / len(of_day))
        left = mark.x - width * len(of_day) / 2
        bars = [
            _bar(left + width * number, width, count, most, RATES_TOP, RATES_BOTTOM)
            for number, count in enumerate(of_day)
        ]
        marks.append(replace(mark, bars=bars))
    return DayPlot(marks, most)


def line_by_day(values: Mapping[date, float | None]) -> DayPlot:
    """A line from day to day, over those without a value; days in their order."""
    most = max((value for value in values.values() if value is not None), default=0) or 1
    marks = [
        replace(mark, value=value, y=None if value is None else _rate_y(100 * value / most))
        for mark, value in zip(_days(list(values)), values.values(), strict=True)
    ]
    line = " ".join(f"{mark.x},{mark.y}" for mark in marks if mark.y is not None)
    return DayPlot(marks, most, line)


def plot(runs: Sequence[RunFigures], zone: ZoneInfo) -> Plot:
    """The plot of some runs, in whatever order."""
    runs = sorted(runs, key=lambda run: run.run_id)
    step = _step(len(runs))
    width = min(WIDEST_BAR, step * 0.35)
    most = max([1, *(count for run in runs for count in (run.swaps, run.failed))])
    each = _labelled(len(runs))
    marks = []
    for number, run in enumerate(runs):
        x = LEFT + step * (number + 0.5)
        rate = run.success_rate
        marks.append(
            Mark(
                run_id=run.run_id,
                x=round(x, 1),
                y=None if rate is None else _rate_y(100 * rate),
                percent=None if rate is None else round(100 * rate),
                swaps=_bar(x - width - 1, width, run.swaps, most, BARS_TOP, BARS_BOTTOM),
                failures=_bar(x + 1, width, run.failed, most, BARS_TOP, BARS_BOTTOM),
                when=run.started_at,
                label="" if number % each else day_text(run.started_at.astimezone(zone).date()),
            )
        )
    line = " ".join(f"{mark.x},{mark.y}" for mark in marks if mark.y is not None)
    return Plot(marks, line, [(_rate_y(tick), tick) for tick in TICKS], most)


def _rate_y(percent: float) -> float:
    return round(RATES_BOTTOM - (RATES_BOTTOM - RATES_TOP) * percent / 100, 1)


def _bar(x: float, width: float, count: int, most: int, top: int, bottom: int) -> Bar:
    height = round((bottom - top) * count / most, 1)
    return Bar(round(x, 1), bottom - height, round(width, 1), height, count)


def _days(days: Sequence[date]) -> Iterator[DayMark]:
    """Where each day is, and its name where there is room to say it."""
    step, each = _step(len(days)), _labelled(len(days))
    for number, day in enumerate(days):
        x = round(LEFT + step * (number + 0.5), 1)
        yield DayMark(x, day, "" if number % each else day_text(day))


def _step(count: int) -> float:
    return (WIDTH - LEFT - RIGHT) / max(1, count)


def _labelled(count: int) -> int:
    """Each how manieth has room for its name."""
    return -(-count // MOST_LABELS)
