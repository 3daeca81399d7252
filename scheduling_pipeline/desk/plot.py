"""A plot of runs over time, as places on a drawing: a line of success rates, with bars of swaps and failures
under it. Pure; the template draws it, with different patterns, so that it is read without colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


def plot(runs: Sequence[RunFigures], zone: ZoneInfo) -> Plot:
    """The plot of some runs, in whatever order."""
    runs = sorted(runs, key=lambda run: run.run_id)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(runs))
    width = min(WIDEST_BAR, step * 0.35)
    most = max([1, *(count for run in runs for count in (run.swaps, run.failed))])
    each = -(-len(runs) // MOST_LABELS)
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
                swaps=_bar(x - width - 1, width, run.swaps, most),
                failures=_bar(x + 1, width, run.failed, most),
                when=run.started_at,
                label="" if number % each else day_text(run.started_at.astimezone(zone).date()),
            )
        )
    line = " ".join(f"{mark.x},{mark.y}" for mark in marks if mark.y is not None)
    return Plot(marks, line, [(_rate_y(tick), tick) for tick in TICKS], most)


def _rate_y(percent: float) -> float:
    return round(RATES_BOTTOM - (RATES_BOTTOM - RATES_TOP) * percent / 100, 1)


def _bar(x: float, width: float, count: int, most: int) -> Bar:
    height = round((BARS_BOTTOM - BARS_TOP) * count / most, 1)
    return Bar(round(x, 1), BARS_BOTTOM - height, round(width, 1), height, count)
