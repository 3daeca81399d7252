"""WorkFossa as a Dagster resource: work orders and the equipment of places, read with a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol

from dagster import ConfigurableResource
from pydantic import Field

from resources.tab import AuthenticationError, RefusedPageError, SiteDown, TransientFaultError
from resources.workfossa_site import Orders, SiteAccess, Tries, WorkFossaSite, open_site
from scheduling_pipeline.work_orders.credentials import Account
from scheduling_pipeline.work_orders.equipment import Equipment
from scheduling_pipeline.work_orders.history import Phase
from scheduling_pipeline.work_orders.listing import join_pages, reaches_back, why_absence_means_nothing
from scheduling_pipeline.work_orders.markup import LoginPageError, UnexpectedPageError
from scheduling_pipeline.work_orders.model import Listing, ListPage

_PAGE_FAULTS = (TransientFaultError, RefusedPageError, UnexpectedPageError)
_GONE = (SiteDown, AuthenticationError, LoginPageError)  # there is no use in asking for another page
_OPEN_SHARE = 0.9  # of a reading of the lists
_LOOK_BACK = timedelta(days=60)  # for completed orders: an order that was open lately is not further back
_MOST_IN_VAIN = 5  # locations in a row: a site in such trouble is spared the rest


class Progress(Protocol):
    """Is told how far a reading is. What it raises ends the reading."""

    def __call__(
        self, phase: Phase, *, share: float = 0, message: str = "", found: int | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class OrdersRead:
    """What was read of the lists. `completed`: orders that are shown as completed, as far as was read, each
    with its day when that was shown; `completed_problem`: why no more was read although it was needed."""

    listing: Listing
    completed: Mapping[str, date | None]
    completed_problem: str = ""


@dataclass(frozen=True, slots=True)
class EquipmentRead:
    """Which locations were read, and by location why others were not. `not_asked`: those that were left
    because the browser or the site was gone."""

    read: tuple[str, ...]
    problems: Mapping[str, str]
    not_asked: tuple[str, ...] = ()


class WorkFossa(ConfigurableResource[None]):
    """The site, for whichever account. It never writes to it, and keeps nothing of a page."""

    base_url: str
    page_timeout: float = Field(default=30, gt=0, description="Seconds for a page, or a part of it, to come.")
    login_timeout: float = Field(default=10, gt=0, description="Seconds for a sign that we are logged in.")
    chromium: str | None = Field(default=None, description="A Chromium to use; by default one is looked for.")
    attempts: int = Field(default=3, ge=1, description="Tries of a list, the first included.")
    retry_seconds: float = Field(default=5, ge=0, description="Before the second try; doubled for each more.")
    location_attempts: int = Field(default=3, ge=1, description="Tries of a location's page.")
    location_retry_seconds: float = Field(default=2, ge=0)

    def check_site(self) -> None:
        """See that there is a login form. Raises SiteDown, RefusedPageError, BrowserUnavailableError."""
        asyncio.run(self._check_site())

    def check_login(self, account: Account) -> None:
        """See that an account can log in.

        Raises AuthenticationError for one that is refused, SiteDown, RefusedPageError or
        BrowserUnavailableError.
        """
        asyncio.run(self._check_login(account))

    def read_orders(
        self, account: Account, *, known: Collection[str], now: Callable[[], datetime], progress: Progress
    ) -> OrdersRead:
        """Read the open orders of an account, and of others as many as it takes to find the `known` orders
        that are not listed as open any more: they may be completed, or have some of their visits done.

        A list that could not be read to its end is not complete and says why. Raises as `check_login` where
        nothing was read, and UnexpectedPageError for a page that is no list, such as a login form that comes
        again after another login.
        """
        return asyncio.run(self._read_orders(account, known, now, progress))

    def read_equipment(
        self,
        account: Account,
        locations: Sequence[str],
        *,
        keep: Callable[[str, Equipment], None],
        progress: Progress,
    ) -> EquipmentRead:
        """Read the dispensers of locations in one browser session, in the given order.

        `keep` gets those of each location at once, complete; what it raises ends the reading. Where nothing
        could be read because the site or the browser is gone, raises as `check_login`, or LoginPageError.
        """
        return asyncio.run(self._read_equipment(account, locations, keep, progress))

    async def _check_site(self) -> None:
        async with open_site(self._access) as site:
            await site.look()

    async def _check_login(self, account: Account) -> None:
        async with open_site(self._access) as site:
            await site.enter(account)

    async def _read_orders(
        self, account: Account, known: Collection[str], now: Callable[[], datetime], progress: Progress
    ) -> OrdersRead:
        progress(Phase.LOGGING_IN, message="logging in to WorkFossa")
        async with open_site(self._access) as site:
            await site.enter(account)
            reader = _ListReader(site, self._access.tries, known, now, progress)
            listing = await reader.open_orders()
            missing = set(known) - {order.id for order in listing.orders}
            if not missing or not listing.complete:
                return OrdersRead(listing, {})
            return await reader.with_missing(listing, missing)

    async def _read_equipment(
        self,
        account: Account,
        locations: Sequence[str],
        keep: Callable[[str, Equipment], None],
        progress: Progress,
    ) -> EquipmentRead:
        progress(Phase.LOGGING_IN, message="logging in to WorkFossa")
        async with open_site(self._access) as site:
            await site.enter(account)
            reader = _EquipmentReader(site, Tries(self.location_attempts, self.location_retry_seconds), keep)
            for done, location in enumerate(locations):
                message = f"location {done + 1} of {len(locations)}"
                progress(Phase.SCRAPING, share=done / len(locations), message=message, found=len(reader.read))
                await reader.location(location)
            return EquipmentRead(tuple(reader.read), reader.problems, tuple(reader.not_asked))

    @property
    def _access(self) -> SiteAccess:
        return SiteAccess(
            base_url=self.base_url,
            page_timeout=self.page_timeout,
            login_timeout=self.login_timeout,
            chromium=self.chromium,
            tries=Tries(self.attempts, self.retry_seconds),
        )


@dataclass
class _ListReader:
    """Lists, page by page; from their beginning when a page could not be had, or another login was needed."""

    site: WorkFossaSite
    tries: Tries
    known: Collection[str]
    now: Callable[[], datetime]
    progress: Progress

    async def open_orders(self) -> Listing:
        """The open orders, as of when their reading began; those of the pages that were read, if any."""
        pages: list[ListPage] = []
        began = self.now()

        async def read() -> None:
            nonlocal began
            began = self.now()
            await self._turn_pages(Orders.OPEN, pages, self._tell)
            await self.site.prove_login()

        problem = ""
        try:
            await self.site.tried(read, self.tries)
        except TransientFaultError as fault:
            if not pages:
                raise SiteDown(f"WorkFossa is down: {fault}") from fault
            problem = str(fault)
        return join_pages(pages, began, problem)

    async def with_missing(self, listing: Listing, missing: Collection[str]) -> OrdersRead:
        """What became of the orders that are missing: completed, the last ones first, or else still open with
        a part of their visits done, which the list of open orders leaves out.

        No fault here discards the listing, but an account that is refused meanwhile.
        """
        since = listing.read_at.date() - _LOOK_BACK
        completed_pages: list[ListPage] = []
        other_pages: list[ListPage] = []
        lost = set(missing)

        def goes_on(found: set[str]) -> bool:
            self._tell_search(listing, lost - found)
            return not found >= lost

        self._tell_search(listing, lost)
        problem = ""
        try:
            await self.site.tried(
                lambda: self._turn_pages(
                    Orders.COMPLETED,
                    completed_pages,
                    lambda found: goes_on(found) and not reaches_back(completed_pages, since),
                ),
                self.tries,
            )
            lost.difference_update(_finished(completed_pages))
            if lost:
                await self.site.tried(
                    lambda: self._turn_pages(Orders.NOT_CLOSED, other_pages, goes_on), self.tries
                )
        except (*_PAGE_FAULTS, SiteDown) as fault:
            problem = str(fault)
        others = join_pages(other_pages, listing.read_at).orders
        still_open = [order for order in others if order.id in lost and not order.finished]
        completed = _finished([*completed_pages, *other_pages])
        listing = replace(listing, orders=(*listing.orders, *still_open))
        if completed.keys() | {order.id for order in still_open} >= set(missing):
            return OrdersRead(listing, completed)
        problem = problem or why_absence_means_nothing(completed_pages, since)
        return OrdersRead(listing, completed, problem or why_absence_means_nothing(other_pages))

    async def _turn_pages(
        self, orders: Orders, pages: list[ListPage], goes_on: Callable[[set[str]], bool]
    ) -> None:
        """Fill `pages` with those of a list, to its end, or as long as it `goes_on` after the orders so far.

        A list whose next page has nothing new does not end by itself.
        """
        pages.clear()
        found: set[str] = set()
        page = await self.site.open_list(orders)
        while True:
            pages.append(page)
            new = {order.id for order in page.orders} - found
            found |= new
            if not goes_on(found) or not new or not page.has_next:
                return
            page = await self.site.next_page()

    def _tell(self, found: set[str]) -> bool:
        count = len(found)
        share = _OPEN_SHARE * count / max(len(self.known), count, 1)
        self.progress(Phase.SCRAPING, share=share, message=f"{count} open work orders", found=count)
        return True

    def _tell_search(self, listing: Listing, lost: Collection[str]) -> None:
        message = f"{len(lost)} orders are not open any more: looking for them among the others"
        self.progress(Phase.SCRAPING, share=_OPEN_SHARE, message=message, found=len(listing.orders))


def _finished(pages: Sequence[ListPage]) -> dict[str, date | None]:
    return {order.id: order.finished_on for page in pages for order in page.orders if order.finished}


@dataclass
class _EquipmentReader:
    """Locations, one after another, for as long as there is a site to ask."""

    site: WorkFossaSite
    tries: Tries
    keep: Callable[[str, Equipment], None]
    read: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    not_asked: list[str] = field(default_factory=list)
    _in_vain: int = 0  # locations in a row
    _gone: bool = False

    async def location(self, location: str) -> None:
        """Read one location and keep it; or note why not. Raises while nothing was read and all is over."""
        if self._gone or self._in_vain >= _MOST_IN_VAIN:
            self.not_asked.append(location)
            return
        try:
            equipment = await self._equipment(location)
        except _GONE as fault:
            if not self.read:
                raise
            self._gone = True
            self.problems[location] = str(fault)
        except _PAGE_FAULTS as fault:
            self._in_vain += isinstance(fault, TransientFaultError)
            self.problems[location] = str(fault)
        else:
            self._in_vain = 0
            self.keep(location, equipment)
            self.read.append(location)

    async def _equipment(self, location: str) -> Equipment:
        try:
            return await self.site.tried(lambda: self.site.equipment(location), self.tries)
        except TransientFaultError as fault:
            if fault.unreachable:
                raise SiteDown(f"WorkFossa is down: {fault}") from fault
            raise
