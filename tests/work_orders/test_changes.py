"""Changes are told once each, as what they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.work_orders.changes import classify
from scheduling_pipeline.work_orders.model import Card, Change, Kind

MONDAY = date(2026, 3, 2)


def card(number: int, day: int | None, store: str = "#1234", town: str = "Marlow Springs, NC") -> Card:
    """An order with a visit so many days after a Monday."""
    return Card(str(number), None if day is None else MONDAY + timedelta(days=day), store=store, town=town)


def cards(*all_of_them: Card) -> dict[str, Card]:
    return {one.id: one for one in all_of_them}


def told(changes: Iterable[Change]) -> list[tuple[str, ...]]:
    return [(change.kind.value, *change.orders) for change in changes]


class TestOnce:
    """Case 19: each kind of change is classified once."""

    def test_19_added_and_removed(self) -> None:
        changes = classify(cards(card(1, 0), card(2, 1)), cards(card(1, 0), card(3, 2)))
        assert told(changes) == [("added", "3"), ("removed", "2")]
        assert [(change.before, change.after) for change in changes] == [
            (None, MONDAY + timedelta(days=2)),
            (MONDAY + timedelta(days=1), None),
        ]

    def test_19_moved(self) -> None:
        (change,) = classify(cards(card(1, 0), card(2, 1)), cards(card(1, 3), card(2, 1)))
        assert (change.kind, change.before, change.after) == (
            Kind.MOVED,
            MONDAY,
            MONDAY + timedelta(days=3),
        )

    def test_19_swapped(self) -> None:
        (change,) = classify(cards(card(1, 0), card(2, 1)), cards(card(1, 1), card(2, 0)))
        assert (change.kind, change.orders) == (Kind.SWAPPED, ("1", "2"))
        assert (change.before, change.after) == (MONDAY, MONDAY + timedelta(days=1))

    def test_19_replaced(self) -> None:
        (change,) = classify(cards(card(1, 0), card(2, 1)), cards(card(2, 1), card(3, 0)))
        assert (change.kind, change.orders) == (Kind.REPLACED, ("3", "1"))
        assert change.before == change.after == MONDAY

    def test_19_completed(self) -> None:
        changes = classify(cards(card(1, 0), card(2, 1)), cards(card(2, 1)), completed={"1", "7"})
        assert told(changes) == [("completed", "1")]

    def test_an_order_that_was_completed_is_not_replaced(self) -> None:
        changes = classify(cards(card(1, 0)), cards(card(2, 0)), completed={"1"})
        assert told(changes) == [("added", "2"), ("completed", "1")]

    def test_of_three_on_two_days_one_pair_is_a_swap_and_the_third_moved(self) -> None:
        changes = classify(
            cards(card(1, 0), card(2, 0), card(3, 1)), cards(card(1, 1), card(2, 1), card(3, 0))
        )
        assert told(changes) == [("moved", "2"), ("swapped", "1", "3")]

    def test_three_that_go_round_are_three_moves(self) -> None:
        changes = classify(
            cards(card(1, 0), card(2, 1), card(3, 2)), cards(card(1, 1), card(2, 2), card(3, 0))
        )
        assert told(changes) == [("moved", "1"), ("moved", "2"), ("moved", "3")]

    def test_days_that_are_not_set_are_not_swapped(self) -> None:
        changes = classify(cards(card(1, None), card(2, 0)), cards(card(1, 0), card(2, None)))
        assert told(changes) == [("moved", "1"), ("moved", "2")]

    def test_orders_without_a_day_do_not_replace_each_other(self) -> None:
        changes = classify(cards(card(1, None)), cards(card(2, None)))
        assert told(changes) == [("added", "2"), ("removed", "1")]

    def test_the_same_store_goes_first_in_a_replacement(self) -> None:
        before = cards(card(1, 0, "#1000"), card(2, 0, "#2000"), card(3, 0, "#3000"))
        after = cards(card(4, 0, "#3000"), card(5, 0, "#9000"))
        changes = classify(before, after)
        assert told(changes) == [("removed", "2"), ("replaced", "4", "3"), ("replaced", "5", "1")]

    def test_changes_of_other_things_are_not_told(self) -> None:
        assert classify(cards(card(1, 0, "#1000")), cards(card(1, 0, "#2000"))) == []


SNAPSHOTS = st.dictionaries(st.integers(1, 12), st.none() | st.integers(0, 4), max_size=12).map(
    lambda days: cards(*(card(number, day) for number, day in days.items()))
)
IDS = st.frozensets(st.integers(1, 12).map(str))


@given(SNAPSHOTS, SNAPSHOTS, IDS)
def test_19_every_order_that_changed_is_in_exactly_one_change(
    previous: dict[str, Card], current: dict[str, Card], completed: frozenset[str]
) -> None:
    changes = classify(previous, current, completed)
    mentioned = [number for change in changes for number in change.orders]
    changed = {
        number
        for number in previous.keys() | current.keys()
        if number not in previous or number not in current or previous[number].day != current[number].day
    }
    assert sorted(mentioned) == sorted(changed)


@given(SNAPSHOTS, SNAPSHOTS, IDS)
def test_changes_turn_what_was_told_into_what_is(
    previous: dict[str, Card], current: dict[str, Card], completed: frozenset[str]
) -> None:
    days = {number: one.day for number, one in previous.items()}
    for change in classify(previous, current, completed):
        match change.kind:
            case Kind.ADDED | Kind.MOVED:
                days[change.card.id] = change.after
            case Kind.SWAPPED:
                assert change.other is not None
                days[change.card.id], days[change.other.id] = change.after, change.before
            case Kind.REPLACED:
                assert change.other is not None
                assert days.pop(change.other.id) == change.before
                days[change.card.id] = change.after
            case Kind.REMOVED | Kind.COMPLETED:
                assert days.pop(change.card.id) == change.before
    assert days == {number: one.day for number, one in current.items()}


@given(SNAPSHOTS)
def test_24_the_same_list_again_is_no_change(snapshot: dict[str, Card]) -> None:
    assert classify(snapshot, dict(snapshot)) == []


@given(SNAPSHOTS, SNAPSHOTS, st.randoms(use_true_random=False))
def test_the_order_of_a_list_is_of_no_account(
    previous: dict[str, Card], current: dict[str, Card], random: object
) -> None:
    shuffled = sorted(current.items(), key=lambda _: random.random())  # type: ignore[attr-defined]
    assert classify(previous, dict(shuffled)) == classify(previous, current)
