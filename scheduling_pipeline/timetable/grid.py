"""The booking site's weekly grid: from its HTML to booked cells, or to an error that says what is wrong.

A grid counts only when it shows the week that was asked for, whole: the site remembers the last week each
session looked at, its day headers carry no year, and an empty grid looks just like a week without lessons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lxml import etree

from scheduling_pipeline.timetable.page import UnexpectedPageError, parse_page, refuse_login_page, text_of

DAYS = 6  # Monday to Saturday
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_HEADER = re.compile(r"([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)? ([a-z]{3})[a-z]*\.?", re.IGNORECASE)


class NoGridError(UnexpectedPageError):
    """The page has no grid, or one that lacks its agenda select, a day or a day's table."""


class WrongWeekError(UnexpectedPageError):
    """The grid shows another week than the one asked for."""

    def __init__(self, asked: date, shown: date) -> None:
        super().__init__(f"the booking site shows the week of {shown} instead of the week of {asked}")
        self.asked = asked
        self.shown = shown


class WrongAgendaError(UnexpectedPageError):
    """The grid shows another agenda than the one asked for (site ids)."""

    def __init__(self, asked: str, shown: str) -> None:
        super().__init__(f"the booking site shows agenda {shown} instead of agenda {asked}")
        self.asked = asked
        self.shown = shown


class RoomColumnsError(UnexpectedPageError):
    """Room names cannot be told: the headers do not match the columns, or a booked cell's room has none."""


class UnreadableCellError(UnexpectedPageError):
    """A booked cell with a missing or impossible attribute."""

    def __init__(self, asid: str, attribute: str, value: str | None) -> None:
        found = "is missing" if value is None else f"cannot be {value!r}"
        super().__init__(f"booked cell {asid}: {attribute} {found}")
        self.asid = asid
        self.attribute = attribute


@dataclass(frozen=True, slots=True)
class Cell:
    """One booked activity session. `start` and `end` are wall times in the zone the grid was read with."""

    asid: str
    start: datetime
    end: datetime
    code: str
    title: str
    room: str
    occupied: int
    online: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole week of the agenda that the site's select shows as current; `rooms` are its columns."""

    agenda_id: str
    days: tuple[date, ...]
    cells: tuple[Cell, ...]
    rooms: tuple[str, ...]

    @property
    def monday(self) -> date:
        return self.days[0]


def parse_week(html: str, *, monday: date, zone: ZoneInfo) -> Grid:
    """Read the grid of the week that starts on `monday`.

    Raises LoginPageError, NoGridError, WrongWeekError, RoomColumnsError or UnreadableCellError; a week
    without lessons is a Grid without cells.
    """
    page = parse_page(html)
    table = page.find(".//table[@id='week']")
    if table is None:
        refuse_login_page(page)
        raise NoGridError("the page has no weekly grid")
    agenda_id = _agenda_id(page)
    days = _days(table, near=monday)
    if days[0] != monday:
        raise WrongWeekError(asked=monday, shown=days[0])
    day_tables = list(_with_class(table, "table", "booking"))
    if len(day_tables) != DAYS:
        raise NoGridError(f"the grid has {len(day_tables)} day tables instead of {DAYS}")
    rooms = _rooms(day_tables[0])
    reserved = _with_class(table, "td", "booking-cell-reserved")
    # A long session may be one tall cell or the same cell again in each row: equal cells are one session.
    cells = dict.fromkeys(_cell(element, rooms, days, zone) for element in reserved)
    return Grid(agenda_id, days, tuple(cells), tuple(rooms.values()))


def _agenda_id(page: etree._Element) -> str:
    select = page.find(".//select[@name='set_agenda']")
    options = [] if select is None else list(select.iter("option"))
    if not options:
        raise NoGridError("the page has no agenda select")
    current = next((option for option in options if option.get("selected") is not None), options[0])
    return current.get("value", "")


def _days(table: etree._Element, *, near: date) -> tuple[date, ...]:
    """The days that the headers show, in the year that puts them nearest to `near`."""
    row = next(_with_class(table, "tr", "day-header"), None)
    texts = [] if row is None else [text_of(header) for header in row.iter("th")]
    if len(texts) != DAYS:
        raise NoGridError(f"the grid has {len(texts)} day headers instead of {DAYS}")
    first = _nearest_date(texts[0], near)
    days = tuple(first + timedelta(days=n) for n in range(DAYS))
    if first.weekday() != 0 or any(
        _nearest_date(text, day) != day for text, day in zip(texts, days, strict=True)
    ):
        raise NoGridError(f"the day headers are not Monday to Saturday of one week: {', '.join(texts)}")
    return days


def _nearest_date(header: str, near: date) -> date:
    """The date of a header like `Mon 23rd Feb.`; the weekday and nearness to `near` settle its year."""
    match = _DAY_HEADER.fullmatch(header)
    weekday, day, month = match.groups() if match else ("", "", "")
    candidates = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            candidate = date(year, _MONTHS.index(month.lower()) + 1, int(day))
        except ValueError:  # no such month, or no such day in this year
            continue
        if _WEEKDAYS[candidate.weekday()] == weekday.lower():
            candidates.append(candidate)
    if not candidates:
        raise NoGridError(f"the day header {header!r} is no date near {near}")
    return min(candidates, key=lambda candidate: abs(candidate - near))


def _rooms(day_table: etree._Element) -> dict[str, str]:
    """Room name for each classroom id: header order joined to the order of the first data row's cells."""
    names = [text_of(header) for header in _with_class(day_table, "th", "booking-header")]
    timecol = next(_with_class(day_table, "td", "timecol"), None)
    cells = [] if timecol is None else list(timecol.itersiblings("td"))
    ids = [crid for cell in cells if (crid := cell.get("data-crid"))]
    if not names or len(names) != len(ids):
        raise RoomColumnsError(
            f"the grid names {len(names)} rooms, but its first row has {len(ids)} room cells"
        )
    return dict(zip(ids, names, strict=True))


def _cell(element: etree._Element, rooms: Mapping[str, str], days: tuple[date, ...], zone: ZoneInfo) -> Cell:
    asid = _attribute(element, "data-asid", asid=f"with id {element.get('id')!r}")
    start = _wall_time(element, "data-activity_start", asid, zone)
    end = _wall_time(element, "data-activity_end", asid, zone)
    if start.date() not in days:
        raise UnreadableCellError(asid, "data-activity_start", str(start.date()))
    if end.replace(tzinfo=None) <= start.replace(tzinfo=None):
        raise UnreadableCellError(asid, "data-activity_end", f"{end:%Y-%m-%d %H:%M}")
    crid = element.get("data-crid") or _classroom_in_id(element, asid)
    if crid not in rooms:
        raise RoomColumnsError(f"booked cell {asid}: its room {crid} has no column in the grid")
    link = next(element.iter("a"), None)
    occupied = element.get("data-occupied", "")
    return Cell(
        asid=asid,
        start=start,
        end=end,
        code="" if link is None else text_of(link),
        title=element.get("title", "").strip(),
        room=rooms[crid],
        occupied=int(occupied) if occupied.isdecimal() else 0,
        online="online-activity" in element.get("class", "").split(),
    )


def _attribute(element: etree._Element, name: str, asid: str) -> str:
    value = element.get(name, "").strip()
    if not value:
        raise UnreadableCellError(asid, name, None)
    return value


def _wall_time(element: etree._Element, name: str, asid: str, zone: ZoneInfo) -> datetime:
    text = _attribute(element, name, asid)
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        raise UnreadableCellError(asid, name, text) from None


def _classroom_in_id(element: etree._Element, asid: str) -> str:
    """The classroom in an id like `2026-02-23_48_12`."""
    parts = _attribute(element, "id", asid).split("_")
    if len(parts) < 2:  # noqa: PLR2004 - date and classroom
        raise UnreadableCellError(asid, "id", element.get("id"))
    return parts[1]


def _with_class(root: etree._Element, tag: str, name: str) -> Iterator[etree._Element]:
    return (element for element in root.iter(tag) if name in element.get("class", "").split())
