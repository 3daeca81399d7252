"""Cells of text become values of a column's kind, a whole column at a time.

The arrays that come out are exact: `INTEGER` int64, `NUMBER` and `MILLISECONDS` (then seconds) float64,
`BOOLEAN` bool, `INSTANT` datetime64[us] in UTC, `TEXT`, `DATE` and `TIME` objects; a mask says which are
null. An empty cell is null, never zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from scheduling_pipeline.files.dataset import Column, Kind
from scheduling_pipeline.files.table import shown

Array = npt.NDArray[Any]

_EXACT = 2**53  # up to here a float holds every whole number
_INTEGERS = range(-(2**63), 2**63)
_NOT_OF_NUMBERS = re.compile(r"[^0-9.eE+-]")
_INTEGER = re.compile(r"([+-]?[0-9]{1,19})(\.0*)?")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_BOOLEANS = {
    "true": True,
    "yes": True,
    "1": True,
    "1.0": True,
    "false": False,
    "no": False,
    "0": False,
    "0.0": False,
}
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?(?:\s*(?P<half>[AP])M)?"
_AMERICAN = re.compile(
    rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}})(?:\s+{_CLOCK})?", re.IGNORECASE | re.ASCII
)
_TIME = re.compile(_CLOCK, re.IGNORECASE | re.ASCII)
_NOON = 12
_FIRST, _LAST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999", "us")


@dataclass(frozen=True, slots=True)
class Converted:
    """A column's values, which of them are null, and what is wrong with cells, by their position."""

    values: Array
    null: npt.NDArray[np.bool_]
    wrong: dict[int, str]


def convert(cells: Sequence[str], column: Column, zone: ZoneInfo) -> Converted:
    """Values of a column's kind. Timestamps without an offset are in `zone`; wrong cells become null."""
    match column.kind:
        case Kind.TEXT:
            spelling = {choice.casefold(): choice for choice in column.choices}
            return _each(cells, lambda text: spelling.get(text.casefold(), text))
        case Kind.INTEGER:
            return _integers(cells)
        case Kind.NUMBER | Kind.MILLISECONDS:
            numbers = _numbers(cells)
            unit = 1000 if column.kind is Kind.MILLISECONDS else 1
            return Converted(numbers.values / unit, numbers.null, numbers.wrong)
        case Kind.BOOLEAN:
            return _each(cells, _boolean, dtype=bool, empty=False)
        case Kind.DATE | Kind.TIME:
            return _each(cells, _date if column.kind is Kind.DATE else _time)
        case Kind.INSTANT:
            return _instants(cells, zone)


def _each(
    cells: Sequence[str], one: Callable[[str], object], *, dtype: npt.DTypeLike = object, empty: object = None
) -> Converted:
    """Convert cell by cell, each distinct text once."""
    known: dict[str, object] = {}
    nulls: set[str] = set()
    reasons: dict[str, str] = {}
    for cell in set(cells):
        if text := cell.strip():
            try:
                known[cell] = one(text)
                continue
            except ValueError as error:
                reasons[cell] = str(error)
        known[cell] = empty
        nulls.add(cell)
    values = np.empty(len(cells), dtype=dtype)
    values[:] = [known[cell] for cell in cells]
    null = np.array([cell in nulls for cell in cells] if nulls else np.zeros(len(cells)), dtype=bool)
    wrong = {place: reasons[cell] for place, cell in enumerate(cells) if cell in reasons} if reasons else {}
    return Converted(values, null, wrong)


def _numbers(cells: Sequence[str]) -> Converted:
    # Python's own reading of a number is exact but also takes "nan", "1_000" and digits of other scripts.
    if not _NOT_OF_NUMBERS.search("".join(cells)):
        try:
            values = np.array([float(cell) if cell else math.nan for cell in cells], dtype=float)
        except ValueError:
            pass
        else:
            if not np.isinf(values).any():
                return Converted(values, np.isnan(values), {})
    return _each(cells, _number, dtype=float, empty=math.nan)


def _integers(cells: Sequence[str]) -> Converted:
    numbers = _numbers(cells)
    values = numbers.values
    exact = np.abs(values) < _EXACT
    if not numbers.wrong and (numbers.null | (exact & (values == np.floor(values)))).all():
        return Converted(np.where(numbers.null, 0, values).astype(np.int64), numbers.null, {})
    return _each(cells, _integer, dtype=np.int64, empty=0)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{shown(text)} is no number")
    if math.isinf(value := float(text)):
        raise ValueError(f"{shown(text)} is too large a number")
    return value


def _integer(text: str) -> int:
    if whole := _INTEGER.fullmatch(text):
        if (value := int(whole[1])) in _INTEGERS:
            return value
        raise ValueError(f"{shown(text)} is too large a number")
    number = _number(text)
    if abs(number) >= _EXACT:
        raise ValueError(f"{shown(text)} is too large a number")
    if not number.is_integer():
        raise ValueError(f"{shown(text)} is no whole number")
    return int(number)


def _boolean(text: str) -> bool:
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise ValueError(f"{shown(text)} is neither true nor false")
    return value


def _moment(text: str) -> datetime:
    """A date and time as it is written: aware if an offset or Z is given, at midnight if there is no time."""
    try:
        # The standard library takes any character between date and time, even the sign of an offset.
        if text[4:5] == "-" and text[10:11] in {"", " ", "T", "t"}:
            return datetime.fromisoformat(text)
        if written := _AMERICAN.fullmatch(text):
            day = date(int(written["year"]), int(written["month"]), int(written["day"]))
            clock = _clock(written) if written["hour"] else time()
            return datetime.combine(day, clock)
    except ValueError:
        pass
    raise ValueError(f"{shown(text)} is no date and time")


def _clock(written: re.Match[str]) -> time:
    hour, minute, second = int(written["hour"]), int(written["minute"]), int(written["second"] or 0)
    if half := written["half"]:
        if not 1 <= hour <= _NOON:
            raise ValueError("no such hour")
        hour = hour % _NOON + (_NOON if half in "Pp" else 0)
    return time(hour, minute, second)


def _date(text: str) -> date:
    try:
        moment = _moment(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is no date") from None
    if moment.time() != time() or moment.tzinfo:
        raise ValueError(f"{shown(text)} is a date with a time of day")
    return moment.date()


def _time(text: str) -> time:
    try:
        if written := _TIME.fullmatch(text):
            return _clock(written)
    except ValueError:
        pass
    raise ValueError(f"{shown(text)} is no time of day")


def _instants(cells: Sequence[str], zone: ZoneInfo) -> Converted:
    """Instants in UTC. Of an hour that comes twice the first is meant; one that is skipped is wrong."""
    distinct = list(dict.fromkeys(cells))
    moments = _each(distinct, _moment)
    instants = np.array([_utc(moment) for moment in moments.values], dtype="datetime64[us]")
    local = np.array([moment is not None and moment.tzinfo is None for moment in moments.values], dtype=bool)
    instants[local] = _localized(np.array(moments.values[local], dtype="datetime64[us]"), zone)
    reasons = {distinct[number]: reason for number, reason in moments.wrong.items()}
    for number in np.flatnonzero(np.isnat(instants) & ~moments.null):
        reasons[distinct[number]] = f"{shown(distinct[number])} does not exist in {zone.key}"
    places = {cell: number for number, cell in enumerate(distinct)}
    values = instants[np.array([places[cell] for cell in cells], dtype=np.intp)]
    wrong = {place: reasons[cell] for place, cell in enumerate(cells) if cell in reasons} if reasons else {}
    return Converted(values, np.isnat(values), wrong)


def _utc(moment: datetime | None) -> datetime | None:
    """An aware moment in UTC, without saying so; None also where that is beyond the calendar."""
    if moment is None or moment.tzinfo is None:
        return None
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None


def _localized(walls: npt.NDArray[np.datetime64], zone: ZoneInfo) -> npt.NDArray[np.datetime64]:
    first = np.ones(len(walls), dtype=bool)
    index = pd.DatetimeIndex(walls).tz_localize(zone, ambiguous=first, nonexistent="NaT").tz_convert(None)
    instants: npt.NDArray[np.datetime64] = index.to_numpy().astype("datetime64[us]")
    instants[(instants < _FIRST) | (instants > _LAST)] = np.datetime64("NaT")
    return instants
