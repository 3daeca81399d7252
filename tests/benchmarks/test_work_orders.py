"""The benchmark of the work orders measures what it says: lists with changes of every kind."""

from __future__ import annotations

from benchmarks import work_orders
from scheduling_pipeline.work_orders.changes import classify
from scheduling_pipeline.work_orders.model import Kind


def test_the_lists_have_changes_of_every_kind() -> None:
    previous, current, completed = work_orders.snapshots(1_000)
    assert len(previous) == len(current) == 1_000
    assert {change.kind for change in classify(previous, current, completed)} == set(Kind)


def test_only_the_size_that_was_promised_has_an_aim() -> None:
    said: list[str] = []
    small, large = work_orders.run(said.append, [100, 50_000])
    assert (small.limit, large.limit, large.unit) == (None, 1_000, "ms")
    assert small.ours > 0
    assert said == ["work orders, 100 orders against 100", "work orders, 50,000 orders against 50,000"]
