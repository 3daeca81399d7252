"""What is to be done in an order of the demo: services, parts, words."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from scheduling_pipeline.simulators.workfossa.demo import people
from scheduling_pipeline.simulators.workfossa.model import Item, Location, Visit, WorkOrder

_CALIBRATION = "Meter Calibration"
_OTHER_CATEGORIES = ("Post Construction", "Quality Calibration", "AccuMeasure Clean-Up")
_UNKNOWN_COUNT = 6  # of dispensers
_REASONS = ("Annual calibration", "Weights and measures", "Rejected meters", "New dispensers")
_NOTES = (
    "Calibrate all dispensers.",
    "Calibrate all dispensers.\n\nCall the store an hour before arrival.\nAsk for the keys at the counter.",
    "Bring the 5 gallon prover.\n\n\nStart next to the road.\nLeave a copy of the report with the manager.",
    'Quarterly check & clean-up: "before" and "after" values <both> go into the report.',
)
_SPECIFIC = "Dispensers 3/4 and 7/8 only.\n\nAll others were calibrated last month."
_VISITS_FROM = 2_000_000  # above the order's id
_USUAL, _WITH_FILTERS, _WITH_PARTS, _TWO_CATEGORIES = 0.9, 0.25, 0.08, 0.1  # shares of orders
_WITH_NOTES, _TIMED, _WITHOUT_DUE, _APPROVED, _PROJECTS, _PURCHASES = 0.85, 0.2, 0.1, 0.25, 0.12, 0.2


def order(rng: Random, number: int, place: Location, day: date, created: datetime) -> WorkOrder:
    """An open order with a visit on that day."""
    items = _items(rng, len(place.dispensers) or _UNKNOWN_COUNT)
    categories: tuple[str, ...] = (_CALIBRATION,)
    if rng.random() < _TWO_CATEGORIES:
        categories += (rng.choice(_OTHER_CATEGORIES),)
    named = rng.random()
    return WorkOrder(
        number,
        place,
        items,
        Visit(number + _VISITS_FROM, day, _time(rng), _due(rng, day)),
        created,
        people.creator(rng),
        rng.choice(_REASONS),
        people.contact(rng),
        categories,
        approved=rng.random() < _APPROVED,
        project=f"Rollout {rng.randint(2, 9)}" if named < _PROJECTS else "",
        purchase_order=str(rng.randint(100_000, 999_999)) if named > 1 - _PURCHASES else "",
        instructions=_instructions(rng, items),
    )


def _items(rng: Random, count: int) -> tuple[Item, ...]:
    """Nine in ten are all dispensers, perhaps with filters or parts; the others are rare services."""
    if rng.random() < _USUAL:
        items = [Item(_CALIBRATION, count, "All Dispensers", "2861")]
        if rng.random() < _WITH_FILTERS:
            items.append(Item("Combo", count, "Filter Change", "3006"))
        if rng.random() < _WITH_PARTS:
            items.append(Item("Parts", 2 * count, "Filter 10 Micron", "400MB-10"))
        return tuple(items)
    rare = (
        Item(_CALIBRATION, 2, "Specific Dispenser(s) - See Notes", "2862"),
        Item(_CALIBRATION, count, "Per Dispenser", "3002"),
        Item(_CALIBRATION, 1, "Open Neck Prover", "3146"),
        Item("Combo", 1, "Calibration Service Call", "CAL-SERV"),
    )
    return (rng.choice(rare),)


def _instructions(rng: Random, items: tuple[Item, ...]) -> str:
    if items[0].code == "2862":
        return _SPECIFIC
    return rng.choice(_NOTES) if rng.random() < _WITH_NOTES else ""


def _time(rng: Random) -> time | None:
    return time(rng.randint(7, 15), rng.choice((0, 30))) if rng.random() < _TIMED else None


def _due(rng: Random, day: date) -> date | None:
    """Mostly later than the visit; sometimes the visit is too late."""
    return None if rng.random() < _WITHOUT_DUE else day + timedelta(days=rng.randint(-2, 14))
