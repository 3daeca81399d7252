"""Somebody's own work orders: a week at a time, those without a day, and by store."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from urllib.parse import urlencode

import pytest

from scheduling_pipeline.work_orders.model import Dispenser, Service, Status
from tests.desk.own_work import MONDAY, Owner, order, owner
from tests.desk.people import NOW, Office
from tests.desk.reviewing import text_of
from tests.desk.schedules import create, fail, succeed

PAGE, API = "/work-orders", "/api/work-orders"


@pytest.fixture
def olive(both: Office) -> Owner:
    return owner(both)


def test_before_the_first_reading(olive: Owner) -> None:
    text = text_of(olive.person.look(PAGE))
    assert "was not read yet" in text
    assert "No visits in this week." in text


def test_an_order_is_on_its_day_with_all_that_is_known(olive: Owner) -> None:
    timed = replace(
        order(1, 2),
        at=time(9, 30),
        due=date(2026, 3, 20),
        services=(
            Service("Meter Calibration", "2861", "All Dispensers", 8),
            Service("Filter", "400MB-10", "Box of 12", 2),
        ),
        status=Status.IN_PROGRESS,
        instructions="Bring the prover.\n\nAsk at the <gate>.",
    )
    olive.read(timed)
    olive.equip("51001", Dispenser("1/2", ("Regular", "Plus"), "Gilbarco", "Encore", "AB0001", None, 2, "HD"))
    page = olive.person.look(PAGE)
    day = page.text.split('id="day-2026-03-04"')[1].split('id="day-2026-03-05"')[0]
    assert "https://fossa.example/app/work/1/visits/91/" in day
    for shown in (
        "9:30 AM",
        "in progress",
        "#1001",
        "Springfield, OH",
        "8 \N{MULTIPLICATION SIGN} All Dispensers <small>(2861)</small>",
        "2 \N{MULTIPLICATION SIGN} Box of 12 <small>(400MB-10)</small>",
        "8 dispensers",
        "Due Fri 20 March",
        "12 Mill Road",
        "Springfield, OH 45501",
        "Ask at the &lt;gate&gt;.",
        "Regular, Plus",
        "Gilbarco Encore",
        "S/N AB0001",
        "HD meter",
    ):
        assert shown in day


@pytest.mark.parametrize(
    ("due", "said"), [(0, "due today"), (-1, "overdue"), (1, "Due Tue 3 March")], ids=["today", "over", "yet"]
)
def test_a_due_date_is_marked_once_it_is_reached(olive: Owner, due: int, said: str) -> None:
    olive.read(replace(order(1), due=MONDAY + timedelta(days=due)))
    text = text_of(olive.person.look(PAGE))
    assert said in text
    assert ("due today" in text or "overdue" in text) is (due < 1)


def test_a_visit_without_a_link_has_none(olive: Owner) -> None:
    olive.read(replace(order(1), visit=None))
    page = olive.person.look(PAGE).text
    assert "/visits/" not in page
    assert "any time" in page


def test_what_is_not_known_of_dispensers_is_said(olive: Owner) -> None:
    olive.read(order(1), order(2))
    olive.equip("51002")
    text = text_of(olive.person.look(PAGE))
    assert "The dispensers of the place were not read yet." in text
    assert "No dispensers are listed at the place." in text


def test_an_order_that_is_not_listed_any_more_says_since_when(olive: Owner) -> None:
    orders = [order(number) for number in range(1, 9)]
    olive.read(*orders)
    olive.read(*orders[1:], hours=1)
    text = text_of(olive.person.look(PAGE))
    assert "not listed first missed: Today at 10:00 AM EST" in text
    olive.read(*orders[1:], hours=2)
    assert "#1001" not in text_of(olive.person.look(PAGE))


def test_a_completed_order_stays_on_its_day(olive: Owner) -> None:
    orders = [order(number, 1) for number in range(1, 9)]
    olive.read(*orders)
    olive.read(*orders[1:], hours=1, completed=[orders[0].id])
    (shown,) = [one for one in olive.person.look(API).json()["orders"] if one["id"] == orders[0].id]
    assert (shown["state"], shown["status"], shown["day"]) == ("completed", "completed", "2026-03-03")
    assert "completed" in text_of(olive.person.look(PAGE))


def test_a_reading_that_was_not_complete_is_told_on_the_page(olive: Owner) -> None:
    olive.read(order(1))
    assert "Read: Today at 9:00 AM EST" in text_of(olive.person.look(PAGE))
    olive.read(hours=1, why_not="page 2 was a login page")
    text = text_of(olive.person.look(PAGE))
    assert "The last reading was not complete: page 2 was a login page. Nothing was removed." in text
    assert "#1001" in text


def test_days_and_times_are_those_of_the_schedule(olive: Owner) -> None:
    create(olive.person, zone="Pacific/Auckland")  # where it is Tuesday already
    olive.read(order(1))
    page = olive.person.look(PAGE)
    assert "Read: Tomorrow" not in page.text
    assert "Read: Today at 3:00 AM NZDT" in text_of(page)
    assert "Times are those of Pacific/Auckland." in text_of(page)
    assert 'class="order-day today" aria-labelledby="day-2026-03-03"' in page.text.replace(" free", "")


class TestTrouble:
    def test_a_list_that_is_read_as_promised_is_in_none(self, olive: Owner) -> None:
        create(olive.person)
        olive.read(order(1))
        succeed(olive.engine, olive.person, NOW)
        assert "out of date" not in text_of(olive.person.look(PAGE))

    def test_the_last_reading_failed(self, olive: Owner) -> None:
        create(olive.person)
        fail(olive.engine, olive.person, NOW)
        page = olive.person.look(PAGE)
        assert "may be out of date: the last reading failed: the site is down." in text_of(page)
        assert '<a href="/scrape-schedules">Look at your schedules</a>' in page.text

    def test_automatic_readings_stopped(self, olive: Owner) -> None:
        create(olive.person)
        for _ in range(5):
            fail(olive.engine, olive.person, NOW)
        said = "may be out of date: automatic readings stopped after 5 failures in a row."
        assert said in text_of(olive.person.look(PAGE))

    def test_nothing_was_read_for_longer_than_promised(self, olive: Owner) -> None:
        create(olive.person)
        succeed(olive.engine, olive.person, NOW)
        olive.office.clock.pass_by(hours=4)
        said = "may be out of date: it is older than its schedule promises."
        assert said in text_of(olive.person.look(PAGE))

    def test_of_dispensers_nothing_is_said_here(self, olive: Owner) -> None:
        create(olive.person, schedule_type="dispensers")
        fail(olive.engine, olive.person, NOW, kind="dispensers")
        assert "out of date" not in text_of(olive.person.look(PAGE))


def test_from_week_to_week_and_on_to_where_there_is_work(olive: Owner) -> None:
    olive.read(order(1, -14), order(2, 0), order(3, 23))
    this = olive.person.look(PAGE).text
    assert "week=2026-02-23" in this
    assert "week=2026-03-09" in this
    assert 'week=2026-02-16"><span aria-hidden="true">⇤</span> Earlier work: week of Mon 16 February' in this
    assert 'week=2026-03-23">Next work: week of Mon 23 March' in this
    empty = text_of(olive.person.look(f"{PAGE}?week=2026-03-12"))
    assert "Mon 9 March to Sun 15 March 2026" in empty
    assert "The next work is in the week of Mon 23 March 2026" in empty
    last = olive.person.look(f"{PAGE}?week=2026-03-25").text  # a Wednesday: the week that it is in
    assert "#1003" in last
    assert "Next work" not in last


def test_an_empty_weekend_takes_little_room_and_a_full_one_as_much_as_any_day(olive: Owner) -> None:
    olive.read(order(1, 0), order(2, 5))
    page = olive.person.look(PAGE).text
    assert 'class="order-day" aria-labelledby="day-2026-03-07"' in page
    assert 'class="order-day free weekend" aria-labelledby="day-2026-03-08"' in page


def test_orders_without_a_day_have_a_list_of_their_own(olive: Owner) -> None:
    olive.read(order(1), order(2, None))
    page = olive.person.look(PAGE).text
    assert "#1002" in page.split('id="without-day"')[1]
    assert "#1001" not in page.split('id="without-day"')[1]
    shown = olive.person.look(API).json()
    assert [one["id"] for one in shown["without_day"]] == ["110002"]


@pytest.mark.parametrize(
    ("words", "found"), [("#1003", 1), ("1003", 1), ("springf", 3), ("W-110002", 1), ("1%", 0), ("#77", 0)]
)
def test_orders_are_found_by_store_on_whatever_day(olive: Owner, words: str, found: int) -> None:
    olive.read(order(1), order(2, 40), order(3, None))
    page = olive.person.look(f"{PAGE}?{urlencode({'store': words})}")
    assert page.text.count("<article") == found
    assert ("No order of yours is like that." in page.text) is not bool(found)


class TestApi:
    def test_the_days_that_were_asked_for(self, olive: Owner) -> None:
        olive.read(order(1, 0), order(2, 6), order(3, 7))
        week = olive.person.look(API).json()
        assert (week["from"], week["to"]) == ("2026-03-02", "2026-03-08")
        assert [one["id"] for one in week["orders"]] == ["110001", "110002"]
        day = olive.person.look(f"{API}?from=2026-03-09&to=2026-03-09").json()
        assert [one["id"] for one in day["orders"]] == ["110003"]

    def test_what_is_not_known_is_null(self, olive: Owner) -> None:
        olive.read(replace(order(1), visit=None))
        (shown,) = olive.person.look(API).json()["orders"]
        assert (shown["at"], shown["due"], shown["visit_url"], shown["equipment"]) == (None,) * 4
        olive.equip("51001")
        (shown,) = olive.person.look(API).json()["orders"]
        assert shown["equipment"] == []

    def test_days_that_end_before_they_begin(self, olive: Owner) -> None:
        answer = olive.person.look(f"{API}?from=2026-03-09&to=2026-03-02")
        assert answer.status_code == 400
        assert "before they begin" in answer.json()["error"]["message"]
        assert olive.person.look(f"{API}?from=soon").status_code == 422


def test_everybody_sees_their_own_orders_alone(olive: Owner) -> None:
    olive.read(order(1), order(2, None))
    olive.equip("51003", Dispenser("1/2", ("Regular",), "Gilbarco", serial="SECRET1"))
    other = owner(olive.office, name="Otto Other")
    other.read(order(3))
    for path in (PAGE, f"{PAGE}?store=Springfield"):
        text = other.person.look(path).text
        assert "#1003" in text
        assert "#1001" not in text
        assert "#1002" not in text
        assert "SECRET1" not in text  # of the same place, read with somebody else's account
    shown = other.person.look(API).json()
    assert [one["id"] for one in shown["orders"] + shown["without_day"]] == ["110003"]
