"""Dispensers are read once for each place, and live whatever becomes of the orders there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete, select

from scheduling_pipeline.database.work_orders import StoredWorkOrder, WorkOrderLocation
from scheduling_pipeline.work_orders.dispensers import (
    IncompleteEquipmentError,
    Saved,
    Tally,
    dispensers_of,
    locations_to_read,
    save_dispensers,
)
from scheduling_pipeline.work_orders.equipment import Equipment
from scheduling_pipeline.work_orders.history import Items
from scheduling_pipeline.work_orders.model import Dispenser
from tests.work_orders.owners import NOW, add_owner, apply, order

LATER = NOW + timedelta(days=1)
FIRST = Dispenser("1/2", ("Regular", "Plus"), "Gilbarco", "Encore 700", "AB00012345", "0139", 2, "Electronic")
SECOND = Dispenser("3/4", ("Diesel",), "Wayne")


@pytest.fixture
def owner(engine: Engine) -> int:
    return add_owner(engine)


def shown(*dispensers: Dispenser) -> Equipment:
    return Equipment(dispensers, len(dispensers))


def test_what_was_read_comes_back_in_its_order(engine: Engine, owner: int) -> None:
    assert save_dispensers(engine, owner, "51000", shown(SECOND, FIRST), NOW) is Saved.NEW
    assert dispensers_of(engine, owner) == {"51000": (SECOND, FIRST)}
    assert dispensers_of(engine, add_owner(engine, "otto")) == {}


def test_the_same_again_changes_nothing(engine: Engine, owner: int) -> None:
    save_dispensers(engine, owner, "51000", shown(FIRST), NOW)
    assert save_dispensers(engine, owner, "51000", shown(FIRST), LATER) is Saved.UNCHANGED
    with engine.connect() as connection:
        times = connection.execute(select(WorkOrderLocation.read_at, WorkOrderLocation.changed_at)).one()
    assert tuple(times) == (LATER, NOW)


def test_what_changed_takes_the_place_of_what_was(engine: Engine, owner: int) -> None:
    save_dispensers(engine, owner, "51000", shown(FIRST), NOW)
    changed = replace(FIRST, serial="AB99")
    assert save_dispensers(engine, owner, "51000", shown(changed, SECOND), LATER) is Saved.CHANGED
    assert dispensers_of(engine, owner) == {"51000": (changed, SECOND)}


def test_a_place_without_dispensers_has_none_and_is_known(engine: Engine, owner: int) -> None:
    apply(engine, owner, 0, order(1))
    assert save_dispensers(engine, owner, "51000", shown(), NOW) is Saved.NEW
    assert dispensers_of(engine, owner) == {}
    assert locations_to_read(engine, owner) == []


def test_dispensers_that_were_known_are_not_lost_to_a_page_without_any(engine: Engine, owner: int) -> None:
    save_dispensers(engine, owner, "51000", shown(FIRST), NOW)
    assert save_dispensers(engine, owner, "51000", shown(), LATER) is Saved.KEPT
    assert dispensers_of(engine, owner) == {"51000": (FIRST,)}


def test_a_page_that_lost_some_is_refused(engine: Engine, owner: int) -> None:
    save_dispensers(engine, owner, "51000", shown(FIRST, SECOND), NOW)
    with pytest.raises(IncompleteEquipmentError, match="location 51000: 1 dispensers were shown of 2"):
        save_dispensers(engine, owner, "51000", Equipment((FIRST,), 2), LATER)
    assert dispensers_of(engine, owner) == {"51000": (FIRST, SECOND)}


def test_the_places_of_a_run_are_counted_by_what_became_of_them(engine: Engine, owner: int) -> None:
    save_dispensers(engine, owner, "51000", shown(FIRST), NOW)
    tally = Tally(engine, owner, lambda: LATER)
    tally.keep("51000", shown(SECOND))
    tally.keep("51001", shown())
    tally.keep("51002", Equipment((FIRST,), 2))
    tally.not_asked = ("51003",)  # the site was gone after some
    assert tally.items == Items(processed=2, added=1, updated=1, failed=2)
    assert tally.counts == {
        "read": 2,
        "new": 1,
        "changed": 1,
        "unchanged": 0,
        "kept": 0,
        "failed": 1,
        "not asked": 1,
    }
    assert tally.problems == {"51002": "location 51002: 1 dispensers were shown of 2"}
    assert tally.unproven == ""


def test_a_run_that_gave_the_site_up_before_it_read_a_place_failed(engine: Engine, owner: int) -> None:
    tally = Tally(engine, owner, lambda: LATER)
    assert tally.unproven == ""
    tally.keep("51002", Equipment((FIRST,), 2))
    assert tally.unproven == "", "one place that is never shown whole must not stop the schedule"
    tally.not_asked = ("51003",)
    assert tally.unproven == "no place could be read: location 51002: 1 dispensers were shown of 2"


def test_places_that_are_known_are_not_read_again_unless_forced(engine: Engine, owner: int) -> None:
    later, sooner = order(1, 4, location="51001"), order(2, 1, location="51002")
    unplanned, same = order(3, None, location="51003"), order(4, 2, location="51002")
    nowhere = replace(order(5), place=replace(order(5).place, location=None))
    apply(engine, owner, 0, later, sooner, unplanned, same, nowhere)
    assert locations_to_read(engine, owner) == ["51002", "51001", "51003"]
    save_dispensers(engine, owner, "51002", shown(FIRST), NOW)
    assert locations_to_read(engine, owner) == ["51001", "51003"]
    assert locations_to_read(engine, owner, force=True) == ["51002", "51001", "51003"]
    assert locations_to_read(engine, add_owner(engine, "otto")) == []


def test_places_of_closed_orders_are_not_read(engine: Engine, owner: int) -> None:
    apply(engine, owner, 0, order(1, location="51001"), order(2, location="51002"))
    for hours in (1, 2):
        apply(engine, owner, hours, order(2, location="51002"))
    assert locations_to_read(engine, owner) == ["51002"]


def test_23_a_list_that_is_read_again_and_orders_that_go_leave_dispensers_alone(
    engine: Engine, owner: int
) -> None:
    apply(engine, owner, 0, order(1))
    save_dispensers(engine, owner, "51000", shown(FIRST), NOW)
    apply(engine, owner, 1, order(1, 3))
    with engine.begin() as connection:
        connection.execute(delete(StoredWorkOrder))
    assert dispensers_of(engine, owner) == {"51000": (FIRST,)}
