"""What can be set about the roster: times, durations, limits. The rules themselves are in the validator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time

from scheduling_pipeline.roster.model import EventType


@dataclass(frozen=True, slots=True)
class CoreSlot:
    """A Core shift: when it starts, when lunch is, when it ends."""

    start: time
    lunch_begin: time
    lunch_end: time
    end: time


CORE_SLOTS = (
    CoreSlot(time(9, 45), time(13), time(13, 30), time(16, 15)),
    CoreSlot(time(10, 30), time(13, 45), time(14, 15), time(17)),
    CoreSlot(time(11), time(14, 15), time(14, 45), time(17, 30)),
    CoreSlot(time(11, 30), time(14, 45), time(15, 15), time(18)),
)
SUNDAY = 6
SETUP_TIMES = (time(10, 15), time(10, 30), time(10, 45), time(11))
TEARDOWN_TIMES = (time(18), time(18, 15), time(18, 30), time(18, 45))


@dataclass(frozen=True, slots=True)
class Minutes:
    """How long an event takes, in minutes, breaks included."""

    core: int = 390
    juicer_production: int = 540
    juicer_survey: int = 30
    supervisor: int = 5
    digital: int = 30
    freeosk: int = 30
    other: int = 60

    def of(self, kind: EventType, *, survey: bool = False) -> int:
        match kind:
            case EventType.CORE:
                return self.core
            case EventType.JUICER:
                return self.juicer_survey if survey else self.juicer_production
            case EventType.SUPERVISOR:
                return self.supervisor
            case EventType.FREEOSK:
                return self.freeosk
            case EventType.OTHER:
                return self.other
            case _:
                return self.digital


@dataclass(frozen=True, slots=True)
class Rules:
    """One store group's settings.

    A proposal covers the days from `today + 1` to `today + horizon_days`, and puts nothing new nearer than
    `today + quiet_days`. An event due within `bump_min_days` days is never moved for another one, and no
    chain of events that make room for each other is longer than `longest_chain`. `consecutive_days` and
    `weekly_hours` are off unless set; the latter holds people to their own weekly minutes. Without
    `sunday_core_slots`, Sundays have the Core shifts of every day.
    """

    horizon_days: int = 21
    quiet_days: int = 3
    bump_min_days: int = 2
    longest_chain: int = 3
    core_slots: Sequence[CoreSlot] = CORE_SLOTS
    sunday_core_slots: Sequence[CoreSlot] = ()
    setup_times: Sequence[time] = SETUP_TIMES
    teardown_times: Sequence[time] = TEARDOWN_TIMES
    freeosk_time: time = time(10)
    other_time: time = time(11)
    supervisor_time: time = time(12)
    production_time: time = time(9)
    survey_time: time = time(17)
    minutes: Minutes = field(default_factory=Minutes)
    weekly_hours: bool = False
    consecutive_days: int | None = None

    def core_slots_on(self, day: date) -> Sequence[CoreSlot]:
        """The Core shifts of a day."""
        return self.sunday_core_slots or self.core_slots if day.weekday() == SUNDAY else self.core_slots
