"""The equipment of a location's page, as HTML, turned into dispensers: those that are there, no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from scheduling_pipeline.work_orders.markup import (
    LoginPageError,
    UnexpectedPageError,
    innermost,
    is_login_page,
    parse_page,
    texts_in,
)
from scheduling_pipeline.work_orders.model import Dispenser

GRADE_CODES = {
    "0118": "Diesel",
    "0119": "Diesel",
    "0120": "Diesel",
    "0126": "Regular",
    "0127": "Regular",
    "0128": "Super",
    "0129": "Premium",
    "0135": "Plus",
    "0136": "Premium",
    "0140": "Ethanol-Free Plus",
    "0141": "E85",
    "0142": "E15",
    "0150": "DEF",
}
_HEADING = re.compile(r"Dispensers? \((\d+)\)")
_TITLE = re.compile(r"(\d+(?:/\d+)*) - (.+) - (.+)")
_LABELS = ("S/N", "Make", "Model", "Grade", "Stand Alone Code", "Number of Nozzles (per side)", "Meter Type")
_TAB = re.compile(r"Equipment")


@dataclass(frozen=True, slots=True)
class Equipment:
    """The dispensers of a place. `expected`: how many the page says there are; then they are `complete`."""

    dispensers: tuple[Dispenser, ...]
    expected: int

    @property
    def complete(self) -> bool:
        return len(self.dispensers) == self.expected


def parse_equipment(html: str) -> Equipment:
    """The dispensers of a location's page whose equipment is shown, with all groups opened.

    A page without dispensers has none. Raises LoginPageError for a login form, UnexpectedPageError for any
    other page that is not a location's.
    """
    page = parse_page(html)
    texts = texts_in(page)
    if not innermost(texts, _TAB):
        if is_login_page(page):
            raise LoginPageError
        raise UnexpectedPageError("WorkFossa did not show the page of a location with its equipment")
    expected = sum(int(match[1]) for _, match in innermost(texts, _HEADING))
    return Equipment(tuple(_dispensers(_pieces(page))), expected)


def _dispensers(pieces: Sequence[str]) -> Iterator[Dispenser]:
    titles = [(number, title) for number, piece in enumerate(pieces) if (title := _TITLE.fullmatch(piece))]
    ends = [number for number, _ in titles[1:]] + [len(pieces)]
    for (begin, title), end in zip(titles, ends, strict=False):  # without titles there is one end too many
        yield _dispenser(title, _fields(pieces[begin + 1 : end]))


def _dispenser(title: re.Match[str], fields: dict[str, str]) -> Dispenser:
    nozzles = fields.get("Number of Nozzles (per side)", "")
    return Dispenser(
        number=title[1],
        grades=_grades(fields.get("Grade", "")) or _grades(title[2]),
        maker=fields.get("Make") or title[3],
        model=fields.get("Model"),
        serial=fields.get("S/N"),
        stand_alone_code=fields.get("Stand Alone Code"),
        nozzles=int(nozzles) if nozzles.isdecimal() else None,
        meter_type=fields.get("Meter Type"),
    )


def _pieces(page: etree._Element) -> list[str]:
    """All pieces of text that a page shows, in their order."""
    etree.strip_elements(page, "script", "style", "template", with_tail=False)
    return [text for piece in page.itertext() if (text := " ".join(str(piece).split()))]


def _fields(pieces: Sequence[str]) -> dict[str, str]:
    """The values of the labels that we know: what follows them in their piece of text, or the next piece."""
    found: dict[str, str] = {}
    waiting = None
    for text in pieces:
        label = next((name for name in _LABELS if text == name or text.startswith(f"{name}:")), None)
        value = text.removeprefix(label).removeprefix(":").strip() if label else text
        if label and not value:
            waiting = label
        elif label or waiting:
            found.setdefault(label or waiting or "", value)
            waiting = None
    return found


def _grades(text: str) -> tuple[str, ...]:
    """Grades by their names, where they are names or codes; a code that nobody knows stays as it is."""
    names = (part.strip() for part in re.split(r"[,;/]", text))
    return tuple(dict.fromkeys(GRADE_CODES.get(name, name) for name in names if name and name not in _LABELS))
