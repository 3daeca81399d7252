"""Simulated WorkFossa as HTML."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta

from jinja2 import Environment, PackageLoader

from scheduling_pipeline.simulators.workfossa import listing
from scheduling_pipeline.simulators.workfossa.model import (
    ZONE,
    Account,
    Dispenser,
    Happening,
    Location,
    Orders,
    Visit,
    WorkOrder,
)

_COLORS = {
    "Meter Calibration": "#2f7ed8",
    "Post Construction": "#8e5ea2",
    "Quality Calibration": "#3cba9f",
    "AccuMeasure Clean-Up": "#e8a33d",
}
_EXCERPT = 90  # characters of instructions that a row shows
_PAST, _AHEAD = timedelta(days=7), timedelta(days=14)  # of what happens, on the page about the demo


class Pages:
    """Each method renders one page, or what a page's script fetches."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("scheduling_pipeline.simulators.workfossa"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            day=_day,
            clock=_clock,
            stamp=_stamp,
            excerpt=_excerpt,
            color=lambda name: _COLORS.get(name, "#888"),
        )

    def login(self, token: str, error: str = "") -> str:
        return self._page("login.html", token=token, error=error)

    def notice(self, title: str, text: str) -> str:
        """A page with nothing but a sentence."""
        return self._page("notice.html", title=title, text=text)

    def dashboard(self, account: Account, orders: Sequence[WorkOrder]) -> str:
        return self._page(
            "dashboard.html",
            account=account,
            open_count=sum(not order.completed for order in orders),
            open_filter=listing.OPEN,
            completed_filter=listing.COMPLETED,
        )

    def list(self, account: Account, query: listing.Query, *, stuck: bool) -> str:
        """The list without rows, which the page's script fetches. `stuck`: no page size can be picked."""
        return self._page("list.html", account=account, query=query, sizes=listing.PAGE_SIZES, stuck=stuck)

    def rows(self, page: listing.Page, today: date, unlinked: Collection[int]) -> str:
        """The rows of one page; the visits of the `unlinked` orders have no link."""
        return self._page("rows.html", page=page, today=today, unlinked=unlinked)

    def order(self, account: Account, order: WorkOrder) -> str:
        return self._page("order.html", account=account, order=order)

    def visit(self, account: Account, order: WorkOrder, visit: Visit) -> str:
        return self._page("visit.html", account=account, order=order, visit=visit)

    def customer(self, account: Account, places: Sequence[Location]) -> str:
        """A customer with those of its places that the account has to do with; there is at least one."""
        return self._page("customer.html", account=account, customer=places[0].customer, places=places)

    def location(self, account: Account, place: Location) -> str:
        return self._page("location.html", account=account, place=place)

    def equipment(self, count: int, dispensers: Sequence[Dispenser], *, modal: bool) -> str:
        """What the equipment tab of a location fetches."""
        return self._page("equipment.html", count=count, dispensers=dispensers, modal=modal)

    def demo(self, orders: Orders, now: datetime) -> str:
        """About the simulation: who can log in, and what happens to their orders around now."""
        happenings: Sequence[Happening] = orders.happenings(now - _PAST, now + _AHEAD)
        counts = {
            account.email: sum(not order.completed for order in orders.orders(account.email, now))
            for account in orders.accounts
        }
        return self._page(
            "demo.html", accounts=orders.accounts, counts=counts, happenings=happenings, now=now, zone=ZONE
        )

    def _page(self, template: str, **values: object) -> str:
        return self._templates.get_template(template).render(values)


def _day(day: date) -> str:
    """03/05/2026"""
    return f"{day:%m/%d/%Y}"


def _clock(at: time) -> str:
    """09:30am"""
    return f"{at:%I:%M}{'am' if at.hour < 12 else 'pm'}"  # noqa: PLR2004 - noon


def _stamp(at: datetime) -> str:
    """03/05/2026 09:30am, in the zone of the work"""
    local = at.astimezone(ZONE)
    return f"{_day(local)} {_clock(local.time())}"


def _excerpt(text: str) -> str:
    """The beginning of instructions, on one line."""
    return " ".join(text.split())[:_EXCERPT]
