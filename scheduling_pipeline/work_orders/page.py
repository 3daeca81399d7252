"""One page of the list of work orders, as HTML, turned into rows.

The list has no tables and leaves lines out, so nothing is told by its position: every part is known by what
it is. What is not known is not read, and nothing is read about people: contacts, creators, accounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from urllib.parse import urljoin, urlsplit

from lxml import etree

from scheduling_pipeline.work_orders.markup import (
    LoginPageError,
    UnexpectedPageError,
    dates_in,
    innermost,
    is_login_page,
    parse_page,
    text_of,
    texts_in,
    with_class,
)
from scheduling_pipeline.work_orders.model import ListPage, Place, Service, Status, Visit, WorkOrder

_ORDER_PATH = re.compile(r"/app/work/(\d+)/?")
_VISIT_PATH = re.compile(r"/app/work/(\d+)/visits/(\d+)/?")
_CUSTOMER_PATH = re.compile(r"/app/customers/\d+/?")
_LOCATION_PATH = re.compile(r"/app/customers/locations/(\d+)/?")
_NUMBER = re.compile(r"(?:W-)?(\d+)")
_STORE = re.compile(r"#\d{4,7}")
_ITEM = re.compile(r"(\d+) x (.+) \(([^()]+)\)")
_VISITS = re.compile(r"(\d+) / (\d+)")
_CITY = re.compile(r"(.+?),? ([A-Z]{2}) (\d{5}(?:-\d{4})?)")
_COUNTY = re.compile(r".+ (?:County|Parish|Borough)")
_CROSS_STREET = re.compile(r"(?:at|near|and|corner|&|@) .+", re.IGNORECASE)
_CLOCK = re.compile(r"\b(\d{1,2}:\d{2}) ?([ap]m)\b", re.IGNORECASE)
_PAGE_SIZE = re.compile(r"Show (\d+)")
_LARGEST = 2**31 - 1  # what we can keep of a number; nobody counts so far
_OTHER_PARTS = frozenset({"work-creator", "address", "wo-category-show"})  # of a row: none tells of visits
_REACHABLE = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|(?:\+?1[-. ]?)?\(?\b\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b")
_BADGES = {"work-status-open": Status.PENDING, "work-status-in-progress": Status.IN_PROGRESS}


class _UnreadableRowError(Exception):
    """A row lacks something without which it cannot be told what it is."""


def parse_list(html: str, url: str) -> ListPage:
    """The rows of a page of the list that was read at `url`.

    Raises LoginPageError for a login form, UnexpectedPageError for any other page that is not the list.
    """
    page = parse_page(html)
    if next(_limits(page), None) is None:
        if is_login_page(page):
            raise LoginPageError
        raise UnexpectedPageError("WorkFossa did not show the list of work orders")
    rows = list(with_class(page, "work-list-item"))
    orders: dict[str, WorkOrder] = {}
    problems = []
    for number, row in enumerate(rows, start=1):
        try:
            order = _Row(row, url).order()
        except (_UnreadableRowError, ValueError) as error:
            problems.append(f"row {number} cannot be read: {error}")
            continue
        if orders.setdefault(order.id, order) is not order:
            problems.append(f"work order {order.id} is there twice")
    return ListPage(
        tuple(orders.values()),
        shown=len(rows),
        page_size=_page_size(page),
        has_next=_has_next(page),
        problems=tuple(problems),
    )


def _limits(page: etree._Element) -> Iterator[etree._Element]:
    """The hidden field of the page-size widget, by which the list is known."""
    return (field for field in page.iter("input") if field.get("name") == "limit")


def _page_size(page: etree._Element) -> int | None:
    """What the widget shows. Its own list goes on marking the first entry, whichever was picked."""
    for widget in with_class(page, "ks-select"):
        if next(_limits(widget), None) is not None:
            for shown in with_class(widget, "ks-select-selection"):
                match = _PAGE_SIZE.match(text_of(shown))
                return int(match[1]) if match else None
    return None


def _has_next(page: etree._Element) -> bool:
    """Whether there is more of the list: also when nothing says that this is its end."""
    anchors = list(with_class(page, "next-page"))
    return not anchors or any("disabled" not in anchor.get("class", "").split() for anchor in anchors)


class _Row:
    """One row, whose instructions are set apart: they may contain anything that looks like the rest."""

    def __init__(self, row: etree._Element, url: str) -> None:
        self.row, self.url = row, url
        self.instructions = ""
        for full in list(with_class(row, "pre-wrap")):
            self.instructions = _lines(full)
            footer = full.getparent()
            for part in [full] if footer is None or footer is row else list(footer):
                part.clear()
        self.texts = texts_in(row)

    def order(self) -> WorkOrder:
        """What the row says. Raises _UnreadableRowError, or ValueError for an impossible date or time."""
        number = self._number()
        customer, customer_url = self._customer()
        status, site_status = self._status()
        done, total, visits = self._visits()
        due = next(iter(dates_in(visits[visits.find("Due:") :])), None) if "Due:" in visits else None
        day = next(iter(dates_in(visits.partition("Due:")[0])), None)
        finished = 0 < total == done
        return WorkOrder(
            id=number,
            status=Status.COMPLETED if finished else status,
            site_status=site_status,
            place=self._place(),
            customer=customer,
            customer_url=customer_url,
            categories=self._categories(),
            services=tuple(self._services()),
            day=None if finished else day,
            at=None if finished else _clock(visits),
            visit=None if finished else self._visit(number),
            visits_done=done,
            visits_total=total,
            finished_on=day if finished else None,
            due=due,
            created_on=self._created_on(),
            reason=self._labelled("Reason:"),
            project=self._labelled("Project:"),
            purchase_order=self._labelled("PO #:"),
            instructions=_REACHABLE.sub("[left out]", self.instructions),
        )

    def _number(self) -> str:
        """The order's number, on which its link, what the link says, and the row's own class must agree."""
        for link, path in self._links(_ORDER_PATH):
            text = _NUMBER.fullmatch(text_of(link))
            if text and text[1] == path[1] and f"w-{path[1]}" in self.row.get("class", "").split():
                return path[1]
        raise _UnreadableRowError("it has no number of a work order")

    def _links(self, pattern: re.Pattern[str]) -> Iterator[tuple[etree._Element, re.Match[str]]]:
        for link in self.row.iter("a"):
            match = pattern.fullmatch(urlsplit(link.get("href", "")).path)
            if match:
                yield link, match

    def _customer(self) -> tuple[str | None, str | None]:
        for link, path in self._links(_CUSTOMER_PATH):
            return text_of(link) or None, urljoin(self.url, path[0])
        return None, None

    def _visit(self, number: str) -> Visit | None:
        for _, path in self._links(_VISIT_PATH):
            if path[1] == number:
                return Visit(path[2], urljoin(self.url, path[0]))
        return None

    def _visits(self) -> tuple[int, int, str]:
        """How many visits are done, of how many, and what is said around that: nothing where only other parts
        of the row stand around it."""
        for count, text in self.texts:
            match = _VISITS.fullmatch(count.get("title") or text)
            if match:
                around: etree._Element | None = count
                while around is not None and text_of(around) in {"", match[0]}:
                    around = around.getparent()
                done, total = _count(match[1]), _count(match[2])
                if done > total:
                    raise _UnreadableRowError(f"{done} of its {total} visits are done")
                return done, total, "" if around is None or _has_other_parts(around) else text_of(around)
        return 0, 0, ""

    def _status(self) -> tuple[Status, str]:
        for badge in with_class(self.row, "work-status-badge"):
            known = (_BADGES.get(name) for part in badge.iter("*") for name in part.get("class", "").split())
            return next(filter(None, known), Status.UNKNOWN), text_of(badge)
        return Status.UNKNOWN, ""

    def _categories(self) -> tuple[str, ...]:
        bars = (part for group in with_class(self.row, "wo-category-show") for part in group.iter("*"))
        names = (text_of(part) for part in bars if len(part) == 0)
        return tuple(dict.fromkeys(name for name in names if name))

    def _services(self) -> Iterator[Service]:
        for item, match in innermost(self.texts, _ITEM):
            block = item.getparent()
            category = "" if block is None else text_of(block[0])
            if category and not _ITEM.fullmatch(category):
                yield Service(category, match[3].strip(), match[2], _count(match[1]))

    def _place(self) -> Place:
        store = location = None
        for link, path in self._links(_LOCATION_PATH):
            location = path[1]
            store = text_of(link) if _STORE.fullmatch(text_of(link)) else None
        lines = [text_of(line) for part in with_class(self.row, "address-info") for line in part]
        city = next(filter(None, map(_CITY.fullmatch, lines)), None)
        county = next((line for line in lines if _COUNTY.fullmatch(line)), None)
        streets = [line for line in lines if line and line != county and not (city and line == city[0])]
        crossing = next((line for line in streets if _CROSS_STREET.fullmatch(line)), None)
        street, second = (*(line for line in streets if line != crossing), None, None)[:2]
        return Place(
            store=store,
            location=location,
            street=street,
            cross_street=crossing or second,
            city=city[1] if city else None,
            region=city[2] if city else None,
            postal_code=city[3] if city else None,
            county=county,
        )

    def _created_on(self) -> date | None:
        """The date only: who created an order is nobody's business here."""
        for creator in with_class(self.row, "work-creator"):
            return next(iter(dates_in(text_of(creator))), None)
        return None

    def _labelled(self, label: str) -> str | None:
        """What follows a label, in full where only its beginning is shown."""
        for part, match in innermost(self.texts, re.compile(re.escape(label) + r" *(.+)")):
            return (part.get("title") or match[1]).removeprefix(label).strip()
        return None


def _has_other_parts(element: etree._Element) -> bool:
    return any(not _OTHER_PARTS.isdisjoint(part.get("class", "").split()) for part in element.iter("*"))


def _count(digits: str) -> int:
    """A number of things. Raises _UnreadableRowError for more than there can be."""
    count = int(digits)
    if count > _LARGEST:
        raise _UnreadableRowError(f"{count} is no number of visits or services")
    return count


def _clock(text: str) -> time | None:
    """A time such as 09:30am."""
    match = _CLOCK.search(text)
    return datetime.strptime(f"{match[1]}{match[2]}", "%I:%M%p").time() if match else None  # noqa: DTZ007


def _lines(element: etree._Element) -> str:
    """A text with its lines, empty ones too, as it was written."""
    text = "".join(map(str, element.itertext()))
    return "\n".join(line.strip() for line in text.strip().splitlines())
