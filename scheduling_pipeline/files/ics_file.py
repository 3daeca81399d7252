"""iCalendar files (RFC 5545): each event is a record, a repeated one a record for each time it takes place.

A date that ends an event is the day after the last, as the standard has it, and becomes the last. Times are
brought to the calendar's own zone (X-WR-TIMEZONE), or to the given one where it names none, and become HHMM.
What 25Live publishes beside the standard (X-TRUMBA-CUSTOMFIELD) is read too. A row's number is that of the
line on which the event begins.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event
from icalendar.timezone import tzp

from scheduling_pipeline.files.ics_repeats import occurrences
from scheduling_pipeline.files.ics_times import span, wall
from scheduling_pipeline.files.model import Fault
from scheduling_pipeline.files.table import Limits, Record, Table, shown

HEADER = (
    *("ics_uid", "summary", "description", "location", "start_date", "end_date", "start_time", "end_time"),
    *("event_type", "organization", "academic_term", "status"),
)

_LARGEST = 32_000_000  # bytes: all of a calendar is in the memory at once
_READ = frozenset(
    {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "UID", "SUMMARY", "STATUS"}
)
_STATUSES = frozenset({"confirmed", "tentative", "cancelled"})
_DAY = timedelta(days=1)
_ESCAPED = re.compile(r"\\([\\;,nN])")

_Found = tuple[int, Event, tzinfo]
"""An event, the line on which it begins, and the zone of its calendar."""


@contextmanager
def open_ics(path: Path, zone: ZoneInfo, limits: Limits) -> Iterator[Table]:
    """The events of an iCalendar file as a table with the columns of HEADER. Raises Fault."""
    text = _text(path, min(limits.unpacked_bytes, _LARGEST))
    lines = _event_lines(text)
    if not lines:
        raise Fault("has no event (VEVENT)")
    if len(lines) > limits.rows:
        raise Fault(f"has more than {limits.rows:,} events", row=lines[limits.rows])
    events = [
        (line, event, _zone(calendar, zone))
        for line, (event, calendar) in zip(lines, _events(text, len(lines)), strict=True)
    ]
    yield Table(None, list(HEADER), 1, _records(events, limits.rows))


def _events(text: str, count: int) -> Sequence[tuple[Event, Component]]:
    """The events and the calendar that each is in. Raises Fault unless there are so many."""
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - of a broken part the library raises whatever its code runs into
        raise Fault(f"is no well-formed iCalendar file ({type(error).__name__})") from None
    found = [
        (event, calendar)
        for calendar in calendars
        for event in calendar.walk("VEVENT")
        if isinstance(event, Event)
    ]
    if len(found) != count:
        raise Fault("is no well-formed iCalendar file")
    return found


def _text(path: Path, largest: int) -> str:
    if path.stat().st_size > largest:
        raise Fault(f"is larger than {largest / 1_000_000:,.0f} MB")
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise Fault("is not UTF-8 text, as an iCalendar file has to be", row=row) from None


def _event_lines(text: str) -> list[int]:
    """On which lines events begin. Raises Fault unless all that begins also ends."""
    lines: list[int] = []
    within: list[tuple[str, int]] = []
    for row, line in enumerate(text.split("\n"), start=1):
        keyword, _, name = line.rstrip().upper().partition(":")
        if not within and keyword and (keyword, name) != ("BEGIN", "VCALENDAR"):
            raise Fault("is no iCalendar file: BEGIN:VCALENDAR is expected here", row=row)
        if keyword == "BEGIN":
            within.append((name, row))
            if name == "VEVENT":
                lines.append(row)
        elif keyword == "END" and within.pop()[0] != name:
            raise Fault(f"ends a {name} that did not begin", row=row)
    if within:
        name, row = within[-1]
        raise Fault(f"a {name} begins here and never ends: is the file cut off?", row=row)
    return lines


def _zone(calendar: Component, otherwise: ZoneInfo) -> tzinfo:
    name = str(calendar.get("X-WR-TIMEZONE", ""))
    if not name:
        return otherwise
    if found := tzp.timezone(name):
        return found
    raise Fault(f"X-WR-TIMEZONE: {shown(name)} is no known time zone")


def _records(events: Sequence[_Found], most: int) -> Iterator[Record]:
    count = 0
    moved = _moved(events)
    for line, event, zone in events:
        with _at(line):
            rows = list(_rows(event, zone, moved.get(_uid(event), ())))
        count += len(rows)
        if count > most:
            raise Fault(f"has more than {most:,} events", row=line)
        yield from ((line, cells) for cells in rows)


@contextmanager
def _at(line: int) -> Iterator[None]:
    try:
        yield
    except Fault as fault:
        raise Fault(fault.reason, row=line, column=fault.column) from None


def _moved(events: Sequence[_Found]) -> Mapping[str, Collection[date]]:
    """Of repeated events the times that are described by an event of their own."""
    moved: defaultdict[str, set[date]] = defaultdict(set)
    for line, event, zone in events:
        if "RECURRENCE-ID" in event:
            with _at(line):
                moved[_uid(event)].add(_recurrence_id(event, zone))
    return moved


def _recurrence_id(event: Event, zone: tzinfo) -> date:
    _require_readable(event)
    if "RANGE" in event["RECURRENCE-ID"].params:
        raise Fault("changes all later times at once, which is not read", column="RECURRENCE-ID")
    return wall(event, "RECURRENCE-ID", zone)


def _rows(event: Event, zone: tzinfo, moved: Collection[date]) -> Iterator[list[str]]:
    _require_readable(event)
    start, end = span(event, zone)
    uid = _uid(event)
    rest = _rest(event)
    if "RECURRENCE-ID" in event:
        yield _row(_of(uid, _recurrence_id(event, zone)), start, end, rest)
    elif "RRULE" in event or "RDATE" in event:
        for each in occurrences(event, zone):
            if each not in moved:
                yield _row(_of(uid, each), each, each + (end - start), rest)
    else:
        yield _row(uid, start, end, rest)


def _require_readable(event: Event) -> None:
    for name, _ in event.errors:
        if name is None:
            raise Fault("has a line that is no property")
        if name in _READ:
            raise Fault("is not understood", column=name)
    for name in sorted(_READ - {"RDATE", "EXDATE"}):
        if isinstance(event.get(name), list):
            raise Fault("is there twice", column=name)
    if "DTSTART" not in event:
        raise Fault("has no beginning", column="DTSTART")


def _uid(event: Event) -> str:
    return str(event.get("UID", ""))


def _of(uid: str, each: date) -> str:
    """The uid of one of the times at which a repeated event takes place."""
    if not uid:
        return ""
    return f"{uid}/{each:%Y%m%dT%H%M}" if isinstance(each, datetime) else f"{uid}/{each:%Y%m%d}"


def _row(uid: str, start: date, end: date, rest: Mapping[str, str]) -> list[str]:
    if isinstance(start, datetime) and isinstance(end, datetime):
        days, clocks = (start.date(), end.date()), (f"{start:%H%M}", f"{end:%H%M}")
    else:
        days, clocks = (start, end - _DAY if end > start else end), ("", "")
    cells = {
        "ics_uid": uid,
        "start_date": days[0].isoformat(),
        "end_date": days[1].isoformat(),
        "start_time": clocks[0],
        "end_time": clocks[1],
        **rest,
    }
    return [cells[name] for name in HEADER]


def _rest(event: Event) -> dict[str, str]:
    """The texts, which are the same each time an event takes place."""
    custom = _custom_fields(event)
    status = str(event.get("STATUS", "")).casefold()
    return {
        "summary": str(event.get("SUMMARY", "")) or custom.get("Event Name", ""),
        "description": _first(event, "DESCRIPTION"),
        "location": _first(event, "LOCATION"),
        "event_type": custom.get("Event Type") or ", ".join(map(str, event.categories)),
        "organization": custom.get("Organization", ""),
        "academic_term": custom.get("Academic Term", ""),
        "status": status if status in _STATUSES else "",
    }


def _first(event: Event, name: str) -> str:
    value = event.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def _custom_fields(event: Event) -> dict[str, str]:
    fields = event.get("X-TRUMBA-CUSTOMFIELD", [])
    return {
        str(field.params.get("NAME", "")): _unescaped(str(field))
        for field in (fields if isinstance(fields, list) else [fields])
        if field.params.get("TYPE") != "Number"  # the number of a template, under the name of a field
    }


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)
