"""A change of work orders as it is told to the person whose orders they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, get_args

from scheduling_pipeline.digest import digest

Kind = Literal["added", "removed", "moved", "swapped", "replaced", "completed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_DATES = ("before", "after")


@dataclass(frozen=True, slots=True)
class Told:
    """One change. `before` and `after` are the days of the visit, None where there is none.

    `place` is "City, ST". A swap and a replacement have a second order: the one that it changed days with
    (which stands on `before` now), or the one that it took the place of.
    """

    kind: Kind
    order: str
    store: str
    place: str
    dispensers: int
    before: date | None = None
    after: date | None = None
    other_order: str | None = None
    other_store: str | None = None
    other_place: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The inverse of `from_json`."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Told:
        days = {name: date.fromisoformat(values[name]) for name in _DATES if values[name]}
        return cls(**{**values, **days})


def content_hash(changes: Iterable[Told]) -> str:
    """The same for the same changes, whatever their order."""
    return digest(sorted(str(sorted(change.as_json().items())) for change in changes))
