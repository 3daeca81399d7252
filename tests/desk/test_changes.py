"""What changed in somebody's own work orders, and whether they were told."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from scheduling_pipeline.notifications.channels import Email, Pushover
from scheduling_pipeline.notifications.outbox import Sent, claim, settle
from scheduling_pipeline.notifications.owners import save_preferences
from scheduling_pipeline.notifications.preferences import Preferences
from scheduling_pipeline.notifications.telling import make_digests
from scheduling_pipeline.work_orders.model import Place, WorkOrder
from tests.desk.own_work import MONDAY, Owner, order, owner
from tests.desk.people import NOW, Office
from tests.desk.reviewing import text_of

PAGE, API = "/changes", "/api/changes"
MANY = [order(number, 20 + number) for number in range(20, 30)]  # so that nothing else is in doubt


@pytest.fixture
def olive(both: Office) -> Owner:
    return owner(both)


def on(one: WorkOrder, day: int) -> WorkOrder:
    return replace(one, day=MONDAY + timedelta(days=day))


def all_kinds(olive: Owner) -> None:
    """One change of each kind, in two readings after the first."""
    before = [order(number, number) for number in range(1, 7)]
    olive.read(*MANY, *before)
    moved, one, other, _, place, done = before
    swapped = [replace(one, day=other.day), replace(other, day=one.day)]
    second = [*MANY, on(moved, 9), *swapped, place, order(7, 12)]
    olive.read(*second, hours=1, completed=[done.id])
    third = [order_ for order_ in second if order_ is not place]
    olive.read(*third, order(8, 5), hours=2)
    olive.read(*third, order(8, 5), hours=3)


def kinds(olive: Owner, query: str = "") -> list[str]:
    return [one["kind"] for one in olive.person.look(f"{API}{query}").json()["changes"]]


def test_the_first_reading_is_where_it_begins(olive: Owner) -> None:
    olive.read(order(1), order(2))
    assert "Nothing has changed yet." in text_of(olive.person.look(PAGE))
    olive.read(order(1), order(2), hours=1)
    assert kinds(olive) == []


def test_each_change_once_the_newest_first(olive: Owner) -> None:
    all_kinds(olive)
    assert sorted(kinds(olive)) == ["added", "completed", "moved", "removed", "replaced", "swapped"]
    noticed = [one["noticed_at"] for one in olive.person.look(API).json()["changes"]]
    assert noticed == sorted(noticed, reverse=True)


def test_each_kind_says_what_happened_by_sign_and_word(olive: Owner) -> None:
    all_kinds(olive)
    text = text_of(olive.person.look(PAGE))
    for said in (
        "+ added W-110007 Halewood Fuel Stops #1007, Springfield, OH 8 dispensers Sat 14 March",
        "✕ removed W-110004",
        "→ moved W-110001",
        "Tue 3 March → to Wed 11 March",
        "⇄ swapped W-110002",
        "with W-110003",
        "↻ replaced W-110008",
        "in place of W-110005",
        "✓ completed W-110006",
        "Today at 10:00 AM EST",
    ):
        assert said in text


def test_of_one_kind_store_or_place(olive: Owner) -> None:
    elsewhere = replace(order(9, 12), place=Place("#9", city="Gary", region="IN"))
    olive.read(*MANY, order(1, 1), order(2, 2))
    olive.read(*MANY, on(order(1), 2), on(order(2), 1), elsewhere, hours=1)
    assert kinds(olive, "?kind=added") == ["added"]
    assert kinds(olive, "?store=%231002") == ["swapped"]  # a store of either of its orders
    assert kinds(olive, "?place=Gary, IN") == ["added"]
    assert kinds(olive, "?place=Gary, IN&kind=swapped") == []
    page = olive.person.look(f"{PAGE}?place=Gary, IN").text
    assert "<option selected>Gary, IN</option>" in page
    assert "W-110009" in page
    assert "swapped</span>" not in page
    assert "No change is like that." in olive.person.look(f"{PAGE}?store=nowhere").text
    assert olive.person.look(f"{API}?kind=other").status_code == 422


def test_page_by_page(olive: Owner) -> None:
    olive.read(order(1))
    olive.read(order(1), *(order(number, number) for number in range(100, 160)), hours=1)
    first = olive.person.look(API).json()
    second = olive.person.look(f"{API}?before={first['older']}").json()
    assert (len(first["changes"]), len(second["changes"]), second["older"]) == (50, 10, None)
    seen = {one["order"]["id"] for one in first["changes"] + second["changes"]}
    assert len(seen) == 60
    assert f"before={first['older']}" in olive.person.look(f"{PAGE}?kind=added").text
    assert "The newest" in olive.person.look(f"{PAGE}?before={first['older']}").text


class TestTold:
    def told(self, olive: Owner) -> tuple[str | None, list[tuple[str, str]]]:
        (one,) = olive.person.look(API).json()["changes"]
        return one["told"], [(way["channel"], way["state"]) for way in one["channels"]]

    def change(self, olive: Owner) -> None:
        olive.read(order(1))
        olive.read(order(1), order(2), hours=1)

    def test_nobody_is_told_without_a_channel(self, olive: Owner) -> None:
        self.change(olive)
        assert self.told(olive) == (None, [])
        assert "not told" in text_of(olive.person.look(PAGE))

    def test_what_became_of_the_message_by_each_channel(self, olive: Owner) -> None:
        olive.reach_by(Email("olive@example.com"), Pushover("u" * 30, "t" * 30))
        self.change(olive)
        assert self.told(olive) == ("pending", [("email", "pending"), ("pushover", "pending")])
        while delivery := claim(olive.engine, NOW + timedelta(hours=1)):
            refused = Sent("refused", "application token is invalid")
            settle(olive.engine, delivery, Sent("sent") if delivery.channel == "email" else refused, NOW)
        assert self.told(olive) == ("failed", [("email", "sent"), ("pushover", "failed")])
        text = text_of(olive.person.look(PAGE))
        assert "e-mail: sent" in text
        assert "Pushover: failed" in text

    def test_a_change_that_waits_for_the_digest_and_then_went_into_it(self, olive: Owner) -> None:
        olive.reach_by(Email("olive@example.com"))
        with olive.engine.begin() as connection:
            save_preferences(connection, olive.id, Preferences(digest_at=time(18)), NOW)
        self.change(olive)
        assert self.told(olive) == ("waiting", [])
        assert "waits for the daily digest" in text_of(olive.person.look(PAGE))
        make_digests(olive.engine, NOW + timedelta(hours=12))
        assert self.told(olive) == ("pending", [("email", "pending")])

    def test_case_26_a_store_that_was_filtered_out_yields_no_message(self, olive: Owner) -> None:
        olive.reach_by(Email("olive@example.com"))
        with olive.engine.begin() as connection:
            save_preferences(connection, olive.id, Preferences(stores=frozenset({"#77"})), NOW)
        self.change(olive)
        assert self.told(olive) == (None, [])
        assert olive.person.look("/api/notifications/messages").json() == []


def test_everybody_sees_their_own_changes_alone(olive: Owner) -> None:
    all_kinds(olive)
    other = owner(olive.office, name="Otto Other")
    assert kinds(other) == []
    page = other.person.look(PAGE).text
    assert "W-1100" not in page
    assert "#1001" not in page  # not even among the stores to choose from
