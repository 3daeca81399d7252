"""The work orders of an owner brought to what was listed, and what people are to be told of it.

Everything in one transaction. What a listing has is true, complete or not; what it lacks is judged apart. One
that is doubted brings no order that is new: it may be somebody else's. The first complete reading that has
orders and is not doubted is the baseline: until then nobody is told anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Engine, func, insert, select, update

from scheduling_pipeline.database.desk import DeskUser
from scheduling_pipeline.database.work_orders import WorkOrderChange, WorkOrderReading
from scheduling_pipeline.notifications.telling import tell_changes
from scheduling_pipeline.work_orders import stored
from scheduling_pipeline.work_orders.changes import classify
from scheduling_pipeline.work_orders.history import Items
from scheduling_pipeline.work_orders.model import Card, Change, Listing, WorkOrder
from scheduling_pipeline.work_orders.removals import Missing, judge
from scheduling_pipeline.work_orders.runs import UnknownOwnerError
from scheduling_pipeline.work_orders.stored import Stored, Wanted
from scheduling_pipeline.work_orders.telling import as_told


class StaleListingError(Exception):
    """A newer listing of the same owner was applied already: this one must not be."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a listing changed. `baseline`: it is what changes are told against from now on. `problem`: why it
    was not complete; `doubt`: why what it lacked, and what was new, was not believed. `struck` orders were
    not listed and are kept until it is known why; `unsettled`: what stood in the way of knowing."""

    baseline: bool
    listed: int
    added: frozenset[str]
    updated: frozenset[str]
    completed: frozenset[str]
    removed: frozenset[str]
    struck: frozenset[str]
    unchanged: int
    problem: str
    doubt: str
    unsettled: str
    changes: tuple[Change, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """All figures by name."""
        return {
            "listed": self.listed,
            "added": len(self.added),
            "updated": len(self.updated),
            "unchanged": self.unchanged,
            "completed": len(self.completed),
            "removed": len(self.removed),
            "missing": len(self.struck),
        }

    @property
    def items(self) -> Items:
        """What was done to how many orders, for the history."""
        return Items(self.listed, len(self.added), len(self.updated), len(self.removed))

    @property
    def unproven(self) -> str:
        """Why the reading does not count as one that went well, although it was applied as far as it may be;
        empty when it does."""
        if self.problem:
            return f"the list was not read completely, and nothing was removed: {self.problem}"
        return self.doubt

    @property
    def writes(self) -> int:
        """How many orders were written."""
        return sum(map(len, (self.added, self.updated, self.completed, self.removed, self.struck)))


def refresh(
    engine: Engine,
    owner_id: int,
    listing: Listing,
    completed: Mapping[str, date | None],
    *,
    run_id: str,
    smallest_share: float,
    completed_problem: str = "",
    link: str | None = None,
) -> Refreshed:
    """Apply a listing of an owner's open orders, and have the owner told what changed; all of it, or nothing.

    `completed`: the orders that the list of completed ones has, as far as it was read, each with the day when
    it was shown; `completed_problem`: why it was not read as far as was needed. `smallest_share`: a listing
    with a smaller share of the known orders removes and adds none. `link`: where the changes can be seen.

    Raises StaleListingError, UnknownOwnerError.
    """
    with engine.begin() as connection:
        had_baseline = _lock(connection, owner_id, listing.read_at, run_id)
        standing = stored.load(connection, owner_id)
        known = {number: one for number, one in standing.items() if one.open}
        missing = judge(
            {number: one.missing_since for number, one in known.items()},
            listing,
            completed,
            smallest_share,
            all_completed=not completed_problem,
        )
        listed = {
            order.id: order
            for order in listing.orders
            # Written, new ones would be known at the next reading, and the same list believed then.
            if not order.finished and (not missing.doubt or order.id in known)
        }
        withheld = _withheld(known, listed, missing)
        changes = _changes(known, listed, missing, withheld) if had_baseline else []
        wanted = {
            number: Wanted(order, None, announced=number not in withheld or not had_baseline)
            for number, order in listed.items()
        }
        now = listing.read_at
        added, updated = stored.write(connection, owner_id, standing, wanted, now)
        newly_missing = [one.row for n in missing.struck if (one := known[n]).missing_since is None]
        stored.strike(connection, newly_missing, now)
        stored.close(connection, "completed", _rows(known, missing.completed), now)
        stored.close(connection, "removed", _rows(known, dict.fromkeys(missing.removed)), now)
        refreshed = Refreshed(
            baseline=bool(listing.orders and listing.complete and not missing.doubt and not had_baseline),
            listed=len(listing.orders),
            added=frozenset(added),
            updated=frozenset(updated),
            completed=frozenset(missing.completed),
            removed=missing.removed,
            struck=missing.struck,
            unchanged=len(wanted) - len(added) - len(updated),
            problem=listing.why_not,
            doubt=missing.doubt,
            unsettled=completed_problem if missing.struck else "",
            changes=tuple(changes),
        )
        _record(connection, owner_id, run_id, now, refreshed)
        tell_changes(connection, owner_id, list(map(as_told, changes)), now, run_id=run_id, link=link)
    return refreshed


def begin_anew(connection: Connection, owner_id: int, now: datetime) -> None:
    """Close an owner's open orders without a word: their next complete reading is a baseline again."""
    connection.execute(select(DeskUser.id).where(DeskUser.id == owner_id).with_for_update())
    known = {number: one for number, one in stored.load(connection, owner_id).items() if one.open}
    stored.close(connection, "removed", _rows(known, dict.fromkeys(known)), now)
    row = WorkOrderReading
    connection.execute(update(row).where(row.owner_id == owner_id, row.baseline).values(baseline=False))


def _lock(connection: Connection, owner_id: int, read_at: datetime, run_id: str) -> bool:
    """Keep other readings of the owner out until we are done; whether there is a baseline already.

    Two runs may have read at the same time by a clock that stands, as the one of the demo does.
    """
    owner = select(DeskUser.id).where(DeskUser.id == owner_id).with_for_update()
    if connection.scalar(owner) is None:
        raise UnknownOwnerError(f"there is no user {owner_id}")
    row = WorkOrderReading
    newer = (row.read_at > read_at) | ((row.read_at == read_at) & (row.run_id == run_id))
    readings = select(func.max(row.read_at)).where(row.owner_id == owner_id)
    newest = connection.scalar(readings.where(newer))
    if newest is not None:
        raise StaleListingError(
            f"the list was read at {read_at:%H:%M:%S}, and again at {newest:%H:%M:%S} UTC"
        )
    return connection.scalar(readings.where(row.baseline)) is not None


def _withheld(
    known: Mapping[str, Stored], listed: Mapping[str, WorkOrder], missing: Missing
) -> frozenset[str]:
    """New orders that may have taken the place of one that is newly missing, whose fate nobody knows yet.

    They wait for one reading: then they are told of as its replacement, or as orders of their own.
    """
    newly_missing = (one for number in missing.struck if (one := known[number]).missing_since is None)
    places = Counter(one.order.day for one in newly_missing)
    del places[None]
    withheld = set()
    for number, order in sorted(listed.items()):
        is_new = number not in known or not known[number].announced
        if is_new and places[order.day] > 0:
            places[order.day] -= 1
            withheld.add(number)
    return frozenset(withheld)


def _changes(
    known: Mapping[str, Stored], listed: Mapping[str, WorkOrder], missing: Missing, withheld: frozenset[str]
) -> list[Change]:
    """What people are to be told: what is known from now on against what they were told last."""
    closed = missing.completed.keys() | missing.removed
    previous = {number: Card.of(one.order) for number, one in known.items() if one.announced}
    kept = {number: card for number, card in previous.items() if number not in closed}
    current = {number: Card.of(order) for number, order in listed.items() if number not in withheld}
    return classify(previous, kept | current, missing.completed)


def _rows(known: Mapping[str, Stored], closed: Mapping[str, date | None]) -> dict[int, date | None]:
    return {known[number].row: day for number, day in closed.items()}


def _record(connection: Connection, owner_id: int, run_id: str, now: datetime, refreshed: Refreshed) -> None:
    reading = {
        "owner_id": owner_id,
        "read_at": now,
        "run_id": run_id,
        "complete": not refreshed.problem,
        "baseline": refreshed.baseline,
        "problem": refreshed.problem,
        "doubt": refreshed.doubt or refreshed.unsettled,
        **refreshed.counts,
    }
    statement = insert(WorkOrderReading).values(reading).returning(WorkOrderReading.id)
    reading_id = connection.scalars(statement).one()
    if refreshed.changes:
        noted = {"owner_id": owner_id, "reading_id": reading_id, "noticed_at": now}
        connection.execute(insert(WorkOrderChange), [noted | _row(change) for change in refreshed.changes])


def _row(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind.value,
        "external_id": change.card.id,
        "other_id": change.other.id if change.other else None,
        "before": change.before,
        "after": change.after,
        "subject": change.card.to_json(),
        "other": change.other.to_json() if change.other else None,
    }
