"""The demo's customers, their stores and the dispensers there, all of them invented."""

from __future__ import annotations

from random import Random

from scheduling_pipeline.simulators.school.history import dice
from scheduling_pipeline.simulators.workfossa.model import Customer, Dispenser, Location

_CUSTOMERS = (
    (Customer(4101, "Halewood Fuel Stops"), (1000, 9999)),
    (Customer(4102, "Quarrel & Pine Markets"), (1_000_000, 9_999_999)),
    (Customer(4103, "Brindle Road Stores"), (10_000, 999_999)),
)
_STREETS = ("Juniper Lane", "Old Ferry Road", "Sawmill Pike", "Larkspur Avenue", "Harrow Street", "Route 88")
_CITIES = (
    *(("Marlow Springs", "NC", "Alder"), ("Cedar Hollow", "NC", "Alder"), ("Fort Quillan", "SC", "Wexmoor")),
    *(
        ("Eastvale", "VA", "Pinehurst"),
        ("Harrowgate Falls", "VA", "Pinehurst"),
        ("Ninebridge", "NC", "Tolland"),
    ),
)
_LABELS = ("Crossing", "Corner", "Plaza", "Junction", "Landing")
_FIRST_LOCATION, _LOCATIONS_EACH = 51_000, 1000
_COUNT = 48
_MAKERS = (("Gilbarco", "Encore 700"), ("Gilbarco", "Encore 500"), ("Wayne", "Ovation"), ("Wayne", "Helix"))
_GRADES = (  # names, or the codes of the same
    (("Regular", "Plus", "Premium"), ("0126", "0135", "0136")),
    (("Regular", "Plus", "Premium", "Diesel"), ("0127", "0135", "0129", "0119")),
    (("Regular", "Super"), ("0126", "0128")),
    (("Regular", "E85"), ("0127", "0141")),
)
_LAST_ONES = ((("Diesel", "DEF"), ("0120", "0150")), (("Diesel",), ("0118",)))
_METERS = ("Electronic", "HD Meter", "Ecometer")
_WITHOUT_EQUIPMENT, _CROSS_STREETS, _COUNTIES, _CODED, _TRUCK_STOPS = 0.05, 0.3, 0.85, 0.2, 0.3  # shares


def places(seed: int, position: int, customers: int) -> tuple[Location, ...]:
    """The stores, of so many customers, that the account of this position is sent to."""
    rng = dice(seed, "workfossa", "places", position)
    numbers: set[int] = set()
    found = []
    for n in range(_COUNT):
        customer, (lowest, highest) = _CUSTOMERS[n % customers]
        number = rng.randint(lowest, highest)
        while number in numbers:
            number = rng.randint(lowest, highest)
        numbers.add(number)
        city, state, county = rng.choice(_CITIES)
        street, cross = rng.sample(_STREETS, 2)
        found.append(
            Location(
                _FIRST_LOCATION + position * _LOCATIONS_EACH + n,
                customer,
                str(number),
                f"{city} {rng.choice(_LABELS)}",
                f"{rng.randint(1, 9999)} {street}",
                city,
                state,
                f"{rng.randint(22_000, 29_999)}",
                cross_street=f"at {cross}" if rng.random() < _CROSS_STREETS else "",
                county=f"{county} County" if rng.random() < _COUNTIES else "",
                dispensers=_dispensers(rng),
            )
        )
    return tuple(found)


def _dispensers(rng: Random) -> tuple[Dispenser, ...]:
    """All of a maker, the last one perhaps for trucks; none where nobody wrote them down."""
    if rng.random() < _WITHOUT_EQUIPMENT:
        return ()
    count, (maker, model) = rng.randint(4, 12), rng.choice(_MAKERS)
    coded, meter, grades = rng.random() < _CODED, rng.choice(_METERS), rng.choice(_GRADES)
    last = rng.choice(_LAST_ONES) if rng.random() < _TRUCK_STOPS else grades
    return tuple(
        Dispenser(
            (2 * n + 1, 2 * n + 2),
            (last if n == count - 1 else grades)[coded],
            maker,
            model,
            f"AB{rng.randint(0, 99_999_999):08d}",
            f"{rng.randint(0, 9999):04d}",
            1 if maker == "Wayne" else 2,
            meter,
        )
        for n in range(count)
    )
