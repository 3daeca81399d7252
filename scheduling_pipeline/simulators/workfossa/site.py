"""What somebody who is logged in can look at: dashboard, list, orders, visits, customers, locations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scheduling_pipeline.simulators.control import Fault, SimulatedClock
from scheduling_pipeline.simulators.workfossa import faults, paths
from scheduling_pipeline.simulators.workfossa.listing import Query, page
from scheduling_pipeline.simulators.workfossa.model import ZONE, Account, Location, Orders, WorkOrder
from scheduling_pipeline.simulators.workfossa.pages import Pages
from scheduling_pipeline.simulators.workfossa.settings import Settings
from scheduling_pipeline.simulators.workfossa.wire import Call, Reply, redirect

_EVERY_THIRD = 3


@dataclass(frozen=True, slots=True)
class _View:
    """Who looks, on which day, at which orders, and the fault that strikes."""

    account: Account
    today: date
    orders: Sequence[WorkOrder]
    fault: Fault | None

    def struck(self, kind: str) -> bool:
        return self.fault is not None and self.fault.kind == kind

    def locations(self) -> list[Location]:
        """The places where the orders are, each once, by number."""
        found = {order.location.id: order.location for order in self.orders}
        return sorted(found.values(), key=lambda place: place.number)


class Site:
    """The pages below /app, of the orders that the account has at the time of the clock."""

    def __init__(self, orders: Orders, clock: SimulatedClock, settings: Settings, pages: Pages) -> None:
        self._orders = orders
        self._clock = clock
        self._settings = settings
        self._pages = pages
        self._details = (
            (paths.ORDER, self._order),
            (paths.VISIT, self._visit),
            (paths.CUSTOMER, self._customer),
            (paths.LOCATION, self._location),
            (paths.EQUIPMENT, self._equipment),
        )

    def answer(self, call: Call, account: Account, fault: Fault | None = None) -> Reply:
        """The page that the call asks for; a 404 for what the account cannot see."""
        now = self._clock.now()
        view = _View(account, now.astimezone(ZONE).date(), self._orders.orders(account.email, now), fault)
        match call.path:
            case "/app":
                return redirect(paths.DASHBOARD)
            case paths.DASHBOARD:
                return Reply(self._pages.dashboard(account, view.orders))
            case paths.LIST:
                stuck = view.struck("page_size_stuck")
                return Reply(self._pages.list(account, Query.read(call.query), stuck=stuck))
            case paths.ROWS:
                return self._rows(view, call)
            case _:
                missing = Reply(self._pages.notice("404", "Page not found."), 404)
                return self._detail(view, call.path) or missing

    def _detail(self, view: _View, path: str) -> Reply | None:
        """The page of one thing; None where there is no such thing."""
        for pattern, show in self._details:
            if asked := pattern.fullmatch(path):
                return show(view, *map(int, asked.groups()))
        return None

    def _rows(self, view: _View, call: Call) -> Reply:
        shown = page(view.orders, faults.misread(view.fault, Query.read(call.query)))
        shown = faults.distorted(view.fault, shown)
        text = self._pages.rows(shown, view.today, faults.unlinked(view.fault, shown))
        return Reply(text, delay=self._settings.loading_seconds)

    def _order(self, view: _View, number: int) -> Reply | None:
        found = next((order for order in view.orders if order.id == number), None)
        return Reply(self._pages.order(view.account, found)) if found else None

    def _visit(self, view: _View, number: int, visit: int) -> Reply | None:
        for order in view.orders:
            for found in order.visits:
                if (order.id, found.id) == (number, visit):
                    return Reply(self._pages.visit(view.account, order, found))
        return None

    def _customer(self, view: _View, number: int) -> Reply | None:
        places = [place for place in view.locations() if place.customer.id == number]
        return Reply(self._pages.customer(view.account, places)) if places else None

    def _location(self, view: _View, number: int) -> Reply | None:
        found = next((place for place in view.locations() if place.id == number), None)
        return Reply(self._pages.location(view.account, found)) if found else None

    def _equipment(self, view: _View, number: int) -> Reply | None:
        found = next((place for place in view.locations() if place.id == number), None)
        if found is None:
            return None
        count, dispensers = faults.blocks(view.fault, found)
        modal = view.struck("modal") or self._opens_modal(number)
        text = self._pages.equipment(count, dispensers, modal=modal)
        return Reply(text, delay=self._settings.loading_seconds)

    def _opens_modal(self, location: int) -> bool:
        setting = self._settings.modal
        return setting == "always" or (setting == "some" and location % _EVERY_THIRD == 0)
