"""What changed between what people were told last and what is known now: each change once, of one kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from scheduling_pipeline.work_orders.model import Card, Change, Kind


def classify(
    previous: Mapping[str, Card], current: Mapping[str, Card], completed: Collection[str] = ()
) -> list[Change]:
    """The changes from `previous` to `current`, both by order id; sorted by kind, then by number.

    What is gone was completed where `completed` names it. Else, a new order on the same day took its place,
    before all at the same store. Two orders that exchanged their days are one swap.
    """
    done: list[Card] = []
    gone: list[Card] = []
    for number, card in previous.items():
        if number not in current:
            (done if number in completed else gone).append(card)
    new = [card for number, card in current.items() if number not in previous]
    moved = [
        (before, card)
        for number, card in current.items()
        if (before := previous.get(number)) is not None and before.day != card.day
    ]
    changes = [Change(Kind.COMPLETED, card, before=card.day) for card in done]
    changes += [*_moves(moved), *_exchanges(gone, new)]
    order = {kind: position for position, kind in enumerate(Kind)}
    return sorted(changes, key=lambda change: (order[change.kind], _number(change.card)))


def _moves(moved: Iterable[tuple[Card, Card]]) -> Iterator[Change]:
    """Orders on another day; two that went opposite ways between the same two days are one swap."""
    ways: defaultdict[tuple[date | None, date | None], list[Card]] = defaultdict(list)
    for previous, card in sorted(moved, key=lambda pair: _number(pair[1])):
        ways[previous.day, card.day].append(card)
    for (before, after), there in ways.items():
        back = ways.get((after, before), []) if before and after else []
        if before and after and before < after:
            yield from (Change(Kind.SWAPPED, *pair, before, after) for pair in zip(there, back, strict=False))
        yield from (Change(Kind.MOVED, card, None, before, after) for card in there[len(back) :])


def _exchanges(gone: Iterable[Card], new: Iterable[Card]) -> Iterator[Change]:
    """Replacements first at the same store, then by day alone; what is left was added or removed."""
    left = {card.id: card for card in sorted(gone, key=_number)}
    unpaired = sorted(new, key=_number)
    for same_store in (True, False):
        places: defaultdict[tuple[date, str], list[Card]] = defaultdict(list)
        for card in reversed(left.values()):
            if card.day is not None:
                places[card.day, card.store if same_store else ""].append(card)
        waiting, unpaired = unpaired, []
        for card in waiting:
            there = places.get((card.day, card.store if same_store else "")) if card.day else None
            if there:
                other = left.pop(there.pop().id)
                yield Change(Kind.REPLACED, card, other, before=card.day, after=card.day)
            else:
                unpaired.append(card)
    yield from (Change(Kind.ADDED, card, after=card.day) for card in unpaired)
    yield from (Change(Kind.REMOVED, card, before=card.day) for card in left.values())


def _number(card: Card) -> tuple[int, str]:
    """Ids in the order of their numbers."""
    return len(card.id), card.id
