"""Agendas with dated lessons: one week's bookings as they come in, change and are cancelled over time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count

from scheduling_pipeline.simulators.school.history import (
    ALWAYS,
    DAY,
    DEMO_MONDAY,
    Booking,
    Diary,
    asid,
    dice,
    instant,
    open_on,
)
from scheduling_pipeline.simulators.school.model import ZURICH, SiteLesson
from scheduling_pipeline.simulators.school.people import FRENCH
from scheduling_pipeline.simulators.school.profiles import Profile

OVERLAP_TEACHER = "Maëlle PITTET"
OVERLAP_DAY = date(2026, 3, 5)
OVERLAP_TIMES = ((10 * 60, 11 * 60), (10 * 60 + 30, 11 * 60 + 30))  # minutes of the day

_CURVE = (  # days from Monday 08:00, share of the bookings that are known on Monday morning
    (-42.0, 0.0),
    (-28.0, 0.06),
    (-21.0, 0.13),
    (-14.0, 0.26),
    (-7.0, 0.44),
    (0.0, 1.0),
    (4.0, 1.22),
)
_CANCELLED = 0.10  # bookings that are cancelled later, for each one that is kept
_WEEKDAYS = (516, 435, 442, 516, 262, 104)
_LENGTHS, _LENGTH_WEIGHTS = (60, 90, 45, 120, 15, 30, 75, 150), (79, 9, 8, 3, 0.25, 0.25, 0.25, 0.25)
_HOURS, _HOUR_WEIGHTS = range(8, 21), (4, 15, 12, 11, 7, 6, 13, 8, 7, 7, 6, 4, 1.5)
_QUARTERS, _QUARTER_WEIGHTS = (0, 30, 15, 45), (80, 13, 4, 3)
_LATEST_START = 20 * 60 + 15
_NOTICE = timedelta(hours=2)  # nobody books, moves or cancels later than this before a lesson
_OFFICE_OPENS, _OFFICE_CLOSES = 8, 19
_TRIES = 4000
