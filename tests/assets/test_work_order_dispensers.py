"""Dispensers are read of places that are not known yet, one run for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from assets.work_orders import DISPENSERS_JOB
from resources.tab import SiteDown
from scheduling_pipeline.work_orders.dispensers import dispensers_of
from scheduling_pipeline.work_orders.history import Items
from scheduling_pipeline.work_orders.model import Dispenser
from tests.assets.field import Field, open_field
from tests.work_orders.owners import order

FIRST = Dispenser("1/2", ("Regular", "Plus"), "Gilbarco")
PLACES = ("51000", "51001", "51002")


@pytest.fixture
def field(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    with open_field(engine, monkeypatch) as opened:
        yield opened


@pytest.fixture
def owner(field: Field) -> int:
    """Somebody with an order at each of three places."""
    owner = field.owner()
    field.site.orders = [order(n, n, location=place) for n, place in enumerate(PLACES, start=1)]
    field.site.equipment = {"51000": (FIRST,), "51001": (FIRST, FIRST)}
    assert field.run(owner).success
    return owner


def test_places_are_read_once(field: Field, owner: int) -> None:
    first = field.run(owner, DISPENSERS_JOB)
    again = field.run(owner, DISPENSERS_JOB)

    partition = f"owner-{owner}"
    assert first.count("dispensers", partition, "read") == 3
    assert first.count("dispensers", partition, "dispensers") == 3
    assert again.count("dispensers", partition, "read") == 0
    assert field.site.asked_for == list(PLACES)
    assert dispensers_of(field.engine, owner) == {"51000": (FIRST,), "51001": (FIRST, FIRST)}
    assert [run.items for run in field.history(owner)][:2] == [Items(), Items(3, added=3)]


def test_known_places_are_read_again_on_demand(field: Field, owner: int) -> None:
    field.run(owner, DISPENSERS_JOB)
    field.run(owner, DISPENSERS_JOB, force=True)

    assert field.site.asked_for == [*PLACES, *PLACES]


def test_a_place_that_could_not_be_read_is_named_and_the_others_are_kept(field: Field, owner: int) -> None:
    field.site.problems = {"51001": "the equipment did not come"}

    ran = field.run(owner, DISPENSERS_JOB)

    assert (ran.success, ran.tags.get("degraded")) == (True, "true")
    said = f"owner {owner}: location 51001: the equipment did not come"
    assert ran.check("read").description == said
    assert field.history(owner)[0].items == Items(2, added=2, failed=1)


def test_a_place_that_can_never_be_read_does_not_stop_the_schedule(field: Field, owner: int) -> None:
    schedule = field.schedule(owner, "dispensers")
    field.site.problems = {"51001": "HTTP 404"}

    for _ in range(6):
        ran = field.run(owner, DISPENSERS_JOB)

    assert (ran.success, ran.tags.get("degraded"), ran.check("read").passed) == (True, "true", False)
    assert field.standing(schedule).consecutive_failures == 0


def test_a_run_that_gave_the_site_up_before_it_read_a_place_failed(field: Field, owner: int) -> None:
    field.site.problems = dict.fromkeys(PLACES[:2], "the equipment did not come")
    field.site.not_asked = PLACES[2:]

    ran = field.run(owner, DISPENSERS_JOB)

    assert not ran.success
    said = "no place could be read: the equipment did not come"
    assert field.history(owner)[0].error_message == said
    assert said in ran.errors


def test_a_site_that_is_down_fails_the_run(field: Field, owner: int) -> None:
    field.site.fault = SiteDown("WorkFossa is down")

    ran = field.run(owner, DISPENSERS_JOB)

    assert not ran.success
    assert not ran.check("read").passed
    assert field.history(owner)[0].error_message == "WorkFossa is down"


def test_23_dispensers_outlive_the_orders_of_their_place(field: Field, owner: int) -> None:
    field.run(owner, DISPENSERS_JOB)
    field.site.orders = field.site.orders[1:]
    for _ in range(2):
        field.clock.advance()
        field.run(owner)

    assert field.open(owner) == {"2", "3"}
    assert dispensers_of(field.engine, owner)["51000"] == (FIRST,)
