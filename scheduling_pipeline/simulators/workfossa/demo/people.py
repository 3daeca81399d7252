"""Who has an account in the demo, who creates orders, and whom to ask at a store. Every name is invented."""

from __future__ import annotations

from random import Random

from scheduling_pipeline.simulators.workfossa.model import Account, Contact

PASSWORD = "simulated-workfossa"  # noqa: S105 - opens nothing but the simulator
_DOMAIN = "fieldwork.example"

OWNERS = (
    Account(f"orla.fennick@{_DOMAIN}", PASSWORD, "Orla Fennick"),
    Account(f"jasper.thornby@{_DOMAIN}", PASSWORD, "Jasper Thornby"),
)
OF_101 = Account(f"dorothea.quill@{_DOMAIN}", PASSWORD, "Dorothea Quill")
OF_100 = Account(f"barnaby.lockwell@{_DOMAIN}", PASSWORD, "Barnaby Lockwell")

_CREATORS = ("Merle Ashgrove", "Philippa Drummel", "Casper Winterbourne", "Ida Larkmoor")
_PERSONS = ("Rowan Eastlake", "Tamsin Bellwether", "Hollis Grange", "Verity Marshfield", "Conrad Pikewell")
_DEPARTMENTS = ("Compliance", "Facilities", "Fuel Operations")
_TERMS = ("Net 30", "Net 45", "Due on receipt")


def creator(rng: Random) -> str:
    return rng.choice(_CREATORS)


def contact(rng: Random) -> Contact:
    return Contact(
        rng.choice(_PERSONS),
        f"A-{rng.randint(10_000, 99_999)}",
        rng.choice(_DEPARTMENTS),
        f"{rng.randint(100, 999)}-{rng.randint(10, 99)}",
        rng.choice(_TERMS),
    )
