"""What is dropped into a document library, and who decides what is: the generator's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Drop:
    """A file put at a path below the library's root, at an instant; what is there already is overwritten."""

    path: str
    content: bytes = field(repr=False)
    at: datetime
    by: str = "Report Service"


class Drops(Protocol):
    """A source of drops that follows from the clock alone: the same instants give the same bytes."""

    def between(self, after: datetime | None, until: datetime) -> Sequence[Drop]:
        """The drops after an instant (None: from the beginning) up to and with another, oldest first."""
