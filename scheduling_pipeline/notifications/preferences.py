"""What a person wants to be told of, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduling_pipeline.notifications.told import KINDS, Kind, Told

UTC_ZONE = ZoneInfo("UTC")
USUAL_KINDS: frozenset[Kind] = frozenset(KINDS) - {"completed"}


@dataclass(frozen=True, slots=True)
class Preferences:
    """`stores` and `places` ("City, ST"): only these, or all where none is named. `digest_at`: once a day at
    that time in `zone`; None: at once."""

    kinds: frozenset[Kind] = USUAL_KINDS
    stores: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    digest_at: time | None = None
    zone: ZoneInfo = UTC_ZONE

    def wanted(self, changes: Iterable[Told]) -> list[Told]:
        """Those of the changes that the person wants to be told of."""
        return [change for change in changes if self._wants(change)]

    def _wants(self, change: Told) -> bool:
        stores = {change.store, change.other_store}
        places = {change.place, change.other_place}
        return (
            change.kind in self.kinds
            and (not self.stores or not self.stores.isdisjoint(stores))
            and (not self.places or not self.places.isdisjoint(places))
        )

    def digest_until(self, now: datetime) -> datetime:
        """Changes from before that instant (in UTC) are due in a digest."""
        if self.digest_at is None:
            return now
        today = now.astimezone(self.zone).date()
        due = datetime.combine(today, self.digest_at, self.zone).astimezone(UTC)
        if due <= now:
            return due
        return datetime.combine(today - timedelta(days=1), self.digest_at, self.zone).astimezone(UTC)
