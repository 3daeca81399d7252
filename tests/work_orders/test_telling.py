"""What is told of a change."""

from __future__ import annotations

from datetime import date

from scheduling_pipeline.work_orders.model import Card, Change, Kind
from scheduling_pipeline.work_orders.telling import as_told

MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)


def test_of_a_swap_both_orders_are_told() -> None:
    one = Card("110001", FRIDAY, "#1234", town="Gary, IN")
    other = Card("110002", MONDAY, "#77", town="Flint, MI")

    told = as_told(Change(Kind.SWAPPED, one, other, MONDAY, FRIDAY))

    assert (told.order, told.store, told.place) == ("110001", "#1234", "Gary, IN")
    assert (told.other_order, told.other_store, told.other_place) == ("110002", "#77", "Flint, MI")
