"""What the demo's events are called: the grammar of the planner's names, and invented products."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

BRANDS = (
    "ACME",
    "Bramblewick",
    "Cloverdale Farm",
    "Dunmore",
    "Eastgate",
    "Fernhill",
    "Goldsparrow",
    "Halcyon",
)
PRODUCTS = (
    *("Peach Tea", "Soap Pods", "Trail Mix", "Oat Bars", "Lemon Curd", "Rye Crackers", "Maple Granola"),
    *("Dish Tabs", "Ginger Ale", "Corn Chips", "Apple Rings", "Herb Butter", "Rice Cups", "Fig Jam"),
    *("Albacore Tuna", "Encore Espresso", "Digital Scale", "Juicer Blades"),  # words that mean something else
)
_CUT_SUPERVISORS = ("V2-SUPER", "SUPERVISO")
_NUMBERED_BEFORE = timedelta(days=24)  # its start


class Namer:
    """Names of the events of one week, each with a number of its own in parentheses."""

    def __init__(self, rng: Random, first_number: int) -> None:
        self._rng = rng
        self._next = first_number
        self._written = 0

    def number(self) -> int:
        """The next of the numbers, of six digits, that Core, Supervisor and other events begin with."""
        self._next += 1
        return self._next

    def product(self) -> str:
        return f"{self._rng.choice(BRANDS)}-{self._rng.choice(PRODUCTS)}"

    def core(self, number: int, product: str, start: date) -> str:
        locked = "LKD-" if self._rng.random() < 1 / 8 else ""
        return self._name(f"{number}-{locked}{product}", start, "V2-CORE")

    def supervisor(self, number: int, product: str, start: date) -> str:
        """One in ten is cut short, which is one in fifty of all events."""
        cut = self._rng.random() < 1 / 10
        return self._name(
            f"{number}-{product}", start, self._rng.choice(_CUT_SUPERVISORS) if cut else "V2-Supervisor"
        )

    def digital(self, product: str, kind: str, start: date) -> str:
        return self._name(f"{start:%m.%d}-DD-{product}", start, f"{start:%m.%d} Digital {kind}")

    def freeosk(self, start: date) -> str:
        return self._name(f"{start:%m.%d}-LKD-FSK-Daily Service-9AM", start, "V2 - Freeosk")

    def troubleshooting(self, start: date) -> str:
        week = start.isocalendar().week
        return self._name(
            f"Wk{week:02d}-Freeosk-Kiosk Troubleshooting", start, "V2.1 Freeosk Troubleshooting"
        )

    def production(self, start: date) -> str:
        return self._name(f"{start:%m-%d} 8HR-ES1-JUICER-PRODUCTION-SPCLTY", start, "ES1")

    def survey(self, start: date) -> str:
        return self._name(f"{start:%m-%d} Juicer Survey", start, "V2.7 Juicer Production Survey")

    def other(self, number: int, start: date) -> str:
        brand = self._rng.choice(BRANDS)
        return self._name(f"{number}-VP-{brand} Cooler", start, "Vendor Performed")

    def _name(self, what: str, start: date, suffix: str) -> str:
        self._written += 1
        return f"{what} ({start - _NUMBERED_BEFORE:%y%m%d}{self._written:06d})  - {suffix}"
