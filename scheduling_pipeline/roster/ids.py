"""Crossmark's numbers, told apart by type and checked where they enter: they are easily mixed up."""

from __future__ import annotations

import re
from typing import NewType

RepId = NewType("RepId", int)  # whom the planner schedules: 5 or 6 digits, never the employee number
EmployeeNumber = NewType("EmployeeNumber", str)  # "US" and 6 digits
MplanId = NewType("MplanId", int)  # an event: 8 digits
ScheduleId = NewType("ScheduleId", int)  # an event's entry in somebody's calendar: 8 digits
LocationId = NewType("LocationId", int)  # a store: 6 digits


def rep_id(value: object) -> RepId:
    """Raises ValueError for what is none."""
    return RepId(_number(value, "a RepID", "5 or 6 digits", r"\d{5,6}"))


def mplan_id(value: object) -> MplanId:
    """Raises ValueError for what is none."""
    return MplanId(_number(value, "an mPlanID", "8 digits", r"\d{8}"))


def schedule_id(value: object) -> ScheduleId:
    """Raises ValueError for what is none, such as `30000001_100500`."""
    return ScheduleId(_number(value, "a schedule id", "8 digits", r"\d{8}"))


def location_id(value: object) -> LocationId:
    """Raises ValueError for what is none."""
    return LocationId(_number(value, "a location id", "6 digits", r"\d{6}"))


def employee_number(value: object) -> EmployeeNumber:
    """Raises ValueError for what is none."""
    text = str(value).strip().upper()
    if not re.fullmatch(r"US\d{6}", text):
        raise ValueError(f"{value!r} is no employee number: that is US and 6 digits")
    return EmployeeNumber(text)


def _number(value: object, what: str, form: str, pattern: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError(f"{value!r} is no {what.removeprefix('an ').removeprefix('a ')}: that is {form}")
    return int(text)
