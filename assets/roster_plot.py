"""The coming days of a roster as a picture: a row for each person, a column for each day."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from xml.etree.ElementTree import Element, SubElement, tostring

_LEFT, _TOP, _ROW, _DAY = 150, 34, 26, 92  # pixels
_OPENS, _CLOSES = 8 * 60, 20 * 60  # minutes of the day that a column shows
_LINES = 3  # bars of one person on one day, below each other
# Fill and outline: the three differ without colour, too.
_LOOKS: dict[str, dict[str, str]] = {
    "stands": {"fill": "#ffffff", "stroke": "#6b7785"},
    "new": {"fill": "#2f6f9f", "stroke": "#2f6f9f"},
    "moved": {"fill": "#f0c9a8", "stroke": "#8a3d12", "stroke-dasharray": "2 1.5"},
}
_WORDS = {"stands": "stands already", "new": "new", "moved": "moved"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One event of one person; `kind` is stands, new or moved."""

    person: str
    day: date
    start: time
    minutes: int
    title: str
    kind: str


def picture(bars: Iterable[Bar], people: Sequence[str], days: Sequence[date]) -> str:
    """Markdown that shows the picture. Bars of other people or days are left out."""
    svg = _frame(people, days)
    taken: dict[tuple[int, int], int] = {}
    for bar in sorted(bars, key=lambda one: (one.day, one.person, -one.minutes, one.start, one.title)):
        if bar.person in people and bar.day in days:
            row, column = people.index(bar.person), days.index(bar.day)
            line = taken[row, column] = taken.get((row, column), -1) + 1
            _draw(svg, bar, row, column, line % _LINES)
    image = base64.b64encode(tostring(svg, encoding="utf-8")).decode()
    return f"![Who does what on the coming days](data:image/svg+xml;base64,{image})"


def _frame(people: Sequence[str], days: Sequence[date]) -> Element:
    width, height = _LEFT + _DAY * len(days), _TOP + _ROW * len(people) + 24
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
            "font-family": "sans-serif",
            "font-size": "11",
        },
    )
    _box(svg, 0, 0, width, height, fill="#ffffff")
    for column, day in enumerate(days):
        x = _LEFT + column * _DAY
        if day.weekday() >= 5:  # noqa: PLR2004 - Saturday and Sunday
            _box(svg, x, _TOP, _DAY, _ROW * len(people), fill="#f3f1ec")
        _text(svg, x + 6, 20, f"{day:%a %d %b}")
    for row, person in enumerate(people):
        y = _TOP + row * _ROW
        _box(svg, 0, y, width, 1, fill="#d8dce0")
        _text(svg, 6, y + 17, person if len(person) < 24 else f"{person[:22]}…")  # noqa: PLR2004 - what fits
    for number, (kind, words) in enumerate(_WORDS.items()):
        x = _LEFT + number * 120
        _box(svg, x, height - 16, 10, 10, **_LOOKS[kind])
        _text(svg, x + 15, height - 7, words)
    return svg


def _draw(svg: Element, bar: Bar, row: int, column: int, line: int) -> None:
    begins = max(bar.start.hour * 60 + bar.start.minute, _OPENS)
    ends = min(max(begins + bar.minutes, begins + 20), _CLOSES)
    scale = (_DAY - 6) / (_CLOSES - _OPENS)
    x = _LEFT + column * _DAY + 3 + (begins - _OPENS) * scale
    y = _TOP + row * _ROW + 3 + line * 7
    rectangle = _box(svg, x, y, max((ends - begins) * scale, 3), 5, **_LOOKS[bar.kind])
    SubElement(rectangle, "title").text = f"{bar.start:%H:%M} {bar.title} ({_WORDS[bar.kind]})"


def _box(svg: Element, x: float, y: float, width: float, height: float, **look: str) -> Element:
    numbers = {"x": x, "y": y, "width": width, "height": height}
    return SubElement(svg, "rect", {name: f"{value:.1f}" for name, value in numbers.items()} | look)


def _text(svg: Element, x: float, y: float, words: str) -> None:
    SubElement(svg, "text", {"x": str(x), "y": str(y), "fill": "#1d2733"}).text = words
