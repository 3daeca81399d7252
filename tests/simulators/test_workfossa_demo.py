"""The demo's work orders: believable, the same for the same seed and time, and moving with the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.server import Simulators
from scheduling_pipeline.simulators.workfossa import WorkOrder
from scheduling_pipeline.simulators.workfossa.demo import DemoOrders
from scheduling_pipeline.simulators.workfossa.model import ZONE
from tests.simulators.fossa_client import Visitor, served

DEMO = DemoOrders()
OWNERS = [account.email for account in DEMO.accounts[:2]]
OF_101, OF_100 = (account.email for account in DEMO.accounts[2:])
TICK = timedelta(microseconds=1)
FOUR_WEEKS = timedelta(weeks=4)


def _open(email: str, now: datetime = DEMO_START, demo: DemoOrders = DEMO) -> dict[int, WorkOrder]:
    return {order.id: order for order in demo.orders(email, now) if not order.completed}


def _completed(email: str, now: datetime) -> set[int]:
    return {order.id for order in DEMO.orders(email, now) if order.completed}


def _days(orders: Iterable[WorkOrder]) -> dict[int, date]:
    return {order.id: order.visit.day for order in orders if order.visit}


def _share(orders: Sequence[WorkOrder], chosen: Iterable[object]) -> float:
    return sum(map(bool, chosen)) / len(orders)


class TestDetermination:
    def test_seed_and_time_determine_it_whatever_was_asked_before(self) -> None:
        later = DEMO_START + timedelta(days=9)
        asked, fresh = DemoOrders(), DemoOrders()
        for days in (40, 0, -30):
            asked.orders(OWNERS[0], DEMO_START + timedelta(days=days))
        assert asked.orders(OWNERS[0], later) == fresh.orders(OWNERS[0], later)
        assert fresh.orders(OWNERS[0], later) == fresh.orders(OWNERS[0], later.astimezone(UTC))

    def test_another_seed_is_another_demo(self) -> None:
        assert DemoOrders(seed=2).orders(OWNERS[0], DEMO_START) != DEMO.orders(OWNERS[0], DEMO_START)

    @pytest.mark.parametrize("years", [-3, 10])
    def test_it_has_no_end(self, years: int) -> None:
        now = DEMO_START.replace(year=DEMO_START.year + years)
        assert 44 <= len(_open(OWNERS[0], now)) <= 120


class TestSize:
    def test_the_owners_have_44_to_120_open_orders_at_any_time(self) -> None:
        hours = [DEMO_START + timedelta(hours=n) for n in range(0, 24 * 7 * 8, 5)]
        small, large = ([len(_open(email, now)) for now in hours] for email in OWNERS)
        assert 44 <= min(small) <= max(small) <= 60
        assert 90 <= min(large) <= 100 < max(large) <= 120, "now one page of a hundred, now two"

    def test_the_other_two_have_just_above_and_exactly_one_page_of_a_hundred(self) -> None:
        for now in (DEMO_START, DEMO_START + FOUR_WEEKS):
            assert (len(_open(OF_101, now)), len(_open(OF_100, now))) == (101, 100)
            assert not _completed(OF_101, now)

    def test_what_is_completed_is_more_than_one_page_too(self) -> None:
        assert all(len(_completed(email, DEMO_START)) > 25 for email in OWNERS)
        assert len(_completed(OWNERS[1], DEMO_START)) > 100

    def test_each_order_belongs_to_one_account(self) -> None:
        ids = [order.id for account in DEMO.accounts for order in DEMO.orders(account.email, DEMO_START)]
        assert len(set(ids)) == len(ids)
        assert {len(str(number)) for number in ids} == {6}

    def test_strangers_have_nothing(self) -> None:
        assert DEMO.orders("nobody@fieldwork.example", DEMO_START) == ()


@pytest.fixture
def orders() -> list[WorkOrder]:
    return [order for account in DEMO.accounts for order in DEMO.orders(account.email, DEMO_START)]


class TestMix:
    def test_nine_in_ten_are_all_dispensers(self, orders: list[WorkOrder]) -> None:
        codes = Counter(item.code for order in orders for item in order.items)
        assert 0.85 < codes["2861"] / len(orders) < 0.95
        assert {"3006", "3146", "2862", "3002", "CAL-SERV", "400MB-10"} <= set(codes)
        assert codes["3006"] > codes["3146"] > 0

    def test_a_quantity_is_the_number_of_dispensers(self, orders: list[WorkOrder]) -> None:
        for order in orders:
            for item in order.items:
                if item.code == "2861" and order.location.dispensers:
                    assert item.quantity == len(order.location.dispensers)

    def test_some_have_two_categories(self, orders: list[WorkOrder]) -> None:
        assert 0.05 < _share(orders, (len(order.categories) == 2 for order in orders)) < 0.15
        assert any(len({item.category for item in order.items}) == 2 for order in orders)

    def test_one_in_ten_has_no_due_day(self, orders: list[WorkOrder]) -> None:
        due = [order.visit.due for order in orders if order.visit]
        assert 0.05 < due.count(None) / len(due) < 0.15
        assert any(order.visit and order.visit.due and order.visit.due < order.visit.day for order in orders)

    def test_instructions_have_several_lines_some_blank(self, orders: list[WorkOrder]) -> None:
        assert any("\n\n" in order.instructions for order in orders)
        assert any(not order.instructions for order in orders)

    def test_lines_of_addresses_are_optional(self, orders: list[WorkOrder]) -> None:
        places = [order.location for order in orders]
        assert {bool(place.cross_street) for place in places} == {True, False}
        assert {bool(place.county) for place in places} == {True, False}
        assert {len(place.number) for place in places} >= {4, 5, 6, 7}

    def test_equipment_differs(self, orders: list[WorkOrder]) -> None:
        places = [order.location for order in orders]
        grades = {grade for place in places for one in place.dispensers for grade in one.grades}
        assert not all(place.dispensers for place in places)
        assert {"Regular", "Diesel", "0126", "0135"} <= grades
        assert max(len(place.dispensers) for place in places) == 12

    def test_customers_are_two_or_three(self) -> None:
        for email, count in zip(OWNERS, (3, 2), strict=True):
            assert len({order.location.customer for order in DEMO.orders(email, DEMO_START)}) == count


class TestHappenings:
    def test_their_instants_in_new_york(self) -> None:
        found = DEMO.happenings(DEMO_START, DEMO_START + timedelta(days=7))
        times = [
            f"{one.at.astimezone(ZONE):%a %H:%M} {one.kind}" for one in found if one.account == OWNERS[0]
        ]
        assert times == [
            "Mon 07:40 added",
            "Mon 16:45 completed",
            "Tue 11:20 moved",
            "Tue 16:45 completed",
            "Wed 10:40 swapped",
            "Wed 13:05 added",
            "Wed 16:45 completed",
            "Thu 14:15 replaced",
            "Thu 16:45 completed",
            "Fri 09:30 removed",
            "Fri 16:45 completed",
        ]

    @pytest.mark.parametrize("email", OWNERS)
    def test_each_is_what_it_says_and_nothing_else_happens(self, email: str) -> None:
        """Over four weeks, with the change to summer time among them."""
        shown = _open(email)
        for happening in DEMO.happenings(DEMO_START, DEMO_START + FOUR_WEEKS):
            if happening.account != email:
                continue
            before, after = _open(email, happening.at - TICK), _open(email, happening.at)
            assert before == shown
            shown = after
            gone, new = before.keys() - after.keys(), after.keys() - before.keys()
            days, now = _days(before.values()), _days(after.values())
            moved = {number for number in days.keys() & now.keys() if days[number] != now[number]}
            match happening.kind:
                case "added":
                    assert (gone, new, moved) == (set(), set(happening.orders), set())
                case "removed":
                    assert (gone, new, moved) == (set(happening.orders), set(), set())
                    assert not gone & _completed(email, happening.at)
                case "completed":
                    assert (gone, new, moved) == (set(happening.orders), set(), set())
                    assert gone <= _completed(email, happening.at)
                case "moved":
                    assert (gone, new, moved) == (set(), set(), set(happening.orders))
                case "swapped":
                    one, other = happening.orders
                    assert (gone, new, moved) == (set(), set(), {one, other})
                    assert (days[one], days[other]) == (now[other], now[one])
                case kind:
                    one, other = happening.orders
                    assert (kind, gone, new, moved) == ("replaced", {one}, {other}, set())
                    assert days[one] == now[other]
                    assert before[one].location != after[other].location

    def test_a_completed_order_is_closed_after_three_days_and_gone_after_eight_weeks(self) -> None:
        (first, *_) = (
            one for one in DEMO.happenings(DEMO_START, DEMO_START + FOUR_WEEKS) if one.kind == "completed"
        )
        number = first.orders[0]

        def state(days: int) -> bool | None:
            orders = DEMO.orders(first.account, first.at + timedelta(days=days))
            return next((order.closed for order in orders if order.id == number), None)

        assert [state(days) for days in (0, 2, 3, 55, 56)] == [False, False, True, True, None]


class TestServed:
    def test_the_site_follows_the_clock(self, tmp_path: Path) -> None:
        with served(tmp_path, DEMO) as site:
            visitor = site.visitor()
            visitor.login(DEMO.accounts[1])
            before = visitor.open()
            site.clock.advance(timedelta(hours=17))
            visitor.login(DEMO.accounts[1])
            assert set(before) == set(_open(OWNERS[1]))
            assert set(visitor.open()) == set(_open(OWNERS[1], site.clock.now())) != set(before)
            assert set(visitor.completed()) == _completed(OWNERS[1], site.clock.now())

    def test_a_page_tells_who_can_log_in_and_what_happens(self, tmp_path: Path) -> None:
        with served(tmp_path, DEMO) as site:
            shown = httpx.get(f"{site.url}/demo", trust_env=False).text
        assert all(account.email in shown for account in DEMO.accounts)
        for happening in DEMO.happenings(DEMO_START, DEMO_START + timedelta(days=13)):
            assert f"{happening.at.astimezone(ZONE):%a %-d %b %Y, %H:%M %Z}</td>" in shown
            assert all(f"W-{number}<" in shown for number in happening.orders)

    def test_it_is_one_of_the_simulators(self, tmp_path: Path) -> None:
        keys = []
        for _ in range(2):
            with Simulators(tmp_path, orders=DEMO) as simulators:
                assert simulators.environment["WORKFOSSA_URL"] == simulators.workfossa_url
                keys.append(simulators.environment["WORK_ORDERS_KEY"])
                visitor = Visitor(simulators.workfossa_url)
                visitor.login(DEMO.accounts[3])
                assert len(visitor.open()) == 100
        assert keys[0] == keys[1]

    def test_who_can_log_in_is_plain_to_whoever_starts_it_and_hidden_in_logs(self) -> None:
        account = DEMO.accounts[0]
        assert asdict(account) == {"email": OWNERS[0], "password": account.password, "name": "Orla Fennick"}
        assert account.password not in repr(account)
