"""Builds pages like the booking site's weekly grid, for the parser's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape

ROOMS = {"48": "SFS1*", "49": "SFS2*", "52": "ATL1"}


def ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def day_header(day: date) -> str:
    return f"{day:%a} {ordinal(day.day)} {day:%b}."


def booked(day: date, start: str = "09:00", end: str = "10:00", /, **changes: str | None) -> str:
    """A booked cell on `day`.

    `changes` replaces `content` or attributes (None removes one); `data_asid` stands for `data-asid`.
    """
    content = changes.pop("content", "<a href='#'>VAD</a> [1]")
    attributes: dict[str, str | None] = {
        "class": "booking-cell-8 booking-cell-reserved",
        "id": f"{day}_48_4",
        "title": "VIP Adults",
        "data-activity_start": f"{day} {start}:00",
        "data-activity_end": f"{day} {end}:00",
        "data-occupied": "1",
        "data-asid": "0879034",
        "data-crid": "48",
        "rowspan": "4",
    }
    attributes |= {name.replace("data_", "data-").rstrip("_"): value for name, value in changes.items()}
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items() if value is not None)
    return f"<td {written}>{content}</td>"


def week_page(
    monday: date,
    cells: Sequence[str] = (),
    *,
    agenda: str = "57",
    headers: Sequence[str] | None = None,
    day_tables: int = 6,
    room_names: Sequence[str] = tuple(ROOMS.values()),
    room_ids: Sequence[str] = tuple(ROOMS),
) -> str:
    """A whole grid page. All `cells` stand in one row of Monday's table: only their attributes place them."""
    days = [monday + timedelta(days=n) for n in range(6)]
    texts = [day_header(day) for day in days] if headers is None else headers
    names = "".join(f"<th class='booking-header'><span>{name}</span></th>" for name in room_names)
    free = "".join(f"<td class='booking-cell-1' data-crid='{crid}'></td>" for crid in room_ids)
    table = (
        f"<table class='booking'><tr><th></th>{names}</tr><tr><td class='timecol'>08:00</td>{free}</tr>"
        "<tr><td class='timecol'>08:15</td>{cells}</tr></table>"
    )
    columns = [table.replace("{cells}", "".join(cells) if n == 0 else "") for n in range(day_tables)]
    options = "".join(
        f"<option value='{value}'{' selected' if value == agenda else ''}>{value}</option>"
        for value in ("17", "57", "100")
    )
    return (
        "<!DOCTYPE html><html><body><form method='post' action='/ffdates/set_agenda'>"
        f"<select name='set_agenda'>{options}</select><input type='submit'></form>"
        f"<table id='week'><tr class='day-header'>{''.join(f'<th>{text}</th>' for text in texts)}</tr>"
        f"<tr>{''.join(f'<td>{column}</td>' for column in columns)}</tr></table></body></html>"
    )


LOGIN_PAGE = (
    "<html><body><form action='/login/check' method='post'><input id='username' name='username'>"
    "<input id='password' name='password' type='password'><button type='submit'>Log in</button>"
    "</form></body></html>"
)
