"""The ledger and the outbox: what we believe stands where, and every write we intended.

`synced_events` holds one row for each event that ever stood; `calendar_operations` one for each write.
A write is recorded as `sent` before it leaves, and its outcome changes ledger and operation in the same
transaction: whatever instant a process dies at, the next one knows what may have happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, exists, func, insert, null, select, update
from sqlalchemy.orm import aliased

from scheduling_pipeline.calendars.edits import left_after
from scheduling_pipeline.calendars.model import NO_EDITS, Edits, EventContent, LedgerEvent, Tag
from scheduling_pipeline.calendars.outbox import OPEN, OutboxEntry, Settlement
from scheduling_pipeline.calendars.provider import Operation, OperationKind, OwnedEvent
from scheduling_pipeline.database.connection import upsert
from scheduling_pipeline.database.models import CalendarOperation, SyncedEvent

# What a LedgerEvent is made from, in its order, without its scope.
_LIVE = (
    SyncedEvent.calendar,
    SyncedEvent.uid,
    SyncedEvent.content,
    SyncedEvent.kin,
    SyncedEvent.origin,
    SyncedEvent.generation,
    SyncedEvent.provider_id,
    SyncedEvent.etag,
    SyncedEvent.edits,
)
# Changes of one row by its key. Executed with many rows at once, what to set follows from their names.
_EVENT = update(SyncedEvent).where(
    SyncedEvent.provider == bindparam("of_provider"),
    SyncedEvent.scope == bindparam("of_scope"),
    SyncedEvent.calendar == bindparam("of_calendar"),
    SyncedEvent.uid == bindparam("of_uid"),
    SyncedEvent.generation == bindparam("of_generation"),
)
_OPERATION = update(CalendarOperation).where(CalendarOperation.id == bindparam("of_id"))


class Ledger:
    """Reads and writes the ledger of one provider. `now` stamps rows; `run_id` says who wrote."""

    def __init__(self, engine: Engine, provider: str, *, run_id: str) -> None:
        self._engine = engine
        self._provider = provider
        self._run_id = run_id

    def live(
        self,
        scope: str,
        calendars: Iterable[str] | None = None,
        uids: Iterable[str] | None = None,
    ) -> list[LedgerEvent]:
        """The events that stand, in a stable order; only of some calendars or uids where these are given."""
        query = select(*_LIVE).where(
            SyncedEvent.provider == self._provider,
            SyncedEvent.scope == scope,
            SyncedEvent.removed_at.is_(None),
        )
        if calendars is not None:
            query = query.where(SyncedEvent.calendar.in_(list(calendars)))
        if uids is not None:
            query = query.where(SyncedEvent.uid.in_(list(uids)))
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(SyncedEvent.id))
            return [
                LedgerEvent(
                    *(scope, calendar, uid, EventContent.from_json(content)),
                    *(*rest, Edits.from_json(edits)),
                )
                for calendar, uid, content, *rest, edits in rows
            ]

    def generations(self, scope: str, calendars: Iterable[str]) -> dict[tuple[str, str], int]:
        """The highest generation that ever stood, for each (calendar, uid) of a scope."""
        query = (
            select(SyncedEvent.calendar, SyncedEvent.uid, func.max(SyncedEvent.generation))
            .where(
                SyncedEvent.provider == self._provider,
                SyncedEvent.scope == scope,
                SyncedEvent.calendar.in_(list(calendars)),
            )
            .group_by(SyncedEvent.calendar, SyncedEvent.uid)
        )
        with self._engine.connect() as connection:
            return {(calendar, uid): highest for calendar, uid, highest in connection.execute(query)}

    def removed(self, scope: str, calendars: Iterable[str]) -> dict[tuple[str, Tag], str]:
        """The provider's id of each event that no longer stands in some calendars, by calendar and tag;
        without those whose id was never known."""
        query = select(*SyncedEvent.__table__.columns).where(
            SyncedEvent.provider == self._provider,
            SyncedEvent.scope == scope,
            SyncedEvent.calendar.in_(list(calendars)),
            SyncedEvent.removed_at.is_not(None),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        events = (
            (row["calendar"], Tag(scope, row["kin"], row["uid"], row["generation"]), row["provider_id"])
            for row in rows
        )
        return {(calendar, tag): number for calendar, tag, number in events if number != str(tag)}

    def declined(self, scope: str, calendars: Iterable[str]) -> frozenset[tuple[str, str]]:
        """The (calendar, uid) of events that their owners deleted, and that stay deleted.

        One that was made again since then, by force, is not among them.
        """
        later = aliased(SyncedEvent)
        query = select(SyncedEvent.calendar, SyncedEvent.uid).where(
            SyncedEvent.provider == self._provider,
            SyncedEvent.scope == scope,
            SyncedEvent.calendar.in_(list(calendars)),
            SyncedEvent.declined,
            ~exists().where(
                later.provider == SyncedEvent.provider,
                later.scope == SyncedEvent.scope,
                later.calendar == SyncedEvent.calendar,
                later.uid == SyncedEvent.uid,
                later.generation > SyncedEvent.generation,
            ),
        )
        with self._engine.connect() as connection:
            return frozenset((calendar, uid) for calendar, uid in connection.execute(query))

    def lapsed_creates(self, scope: str, calendars: Iterable[str]) -> dict[tuple[str, Tag], EventContent]:
        """What was sent to make an event and was not found afterwards: it may have come about later, or have
        been deleted by then."""
        query = (
            select(*CalendarOperation.__table__.columns)
            .where(
                CalendarOperation.provider == self._provider,
                CalendarOperation.scope == scope,
                CalendarOperation.state == "lapsed",
                CalendarOperation.kind == OperationKind.CREATE.value,
                CalendarOperation.calendar.in_(list(calendars)),
            )
            .order_by(CalendarOperation.sent_at)
        )
        with self._engine.connect() as connection:
            entries = map(OutboxEntry.from_row, connection.execute(query).mappings())
            operations = [entry.operation for entry in entries]
        return {(one.calendar, one.tag): one.after for one in operations if one.after is not None}

    def forget_edits(self, scope: str, calendars: Iterable[str]) -> None:
        """From now on nothing that people changed or deleted in these calendars is theirs."""
        with self._engine.begin() as connection:
            connection.execute(
                update(SyncedEvent)
                .where(
                    SyncedEvent.provider == self._provider,
                    SyncedEvent.scope == scope,
                    SyncedEvent.calendar.in_(list(calendars)),
                )
                .values(edits=null(), declined=False)
            )

    def note_edits(self, events: Iterable[LedgerEvent]) -> None:
        """Keep what is known of the edits of these events."""
        with self._engine.begin() as connection:
            _revise(
                connection,
                [self._revision(event.calendar, event.tag, edits=event.edits.to_json()) for event in events],
            )

    def open_operations(self, scope: str) -> list[OutboxEntry]:
        """Operations whose outcome nobody knows: the process died, or no answer came."""
        query = (
            select(*CalendarOperation.__table__.columns)
            .where(
                CalendarOperation.provider == self._provider,
                CalendarOperation.scope == scope,
                CalendarOperation.state.in_(OPEN),
            )
            .order_by(CalendarOperation.sent_at, CalendarOperation.id)
        )
        with self._engine.connect() as connection:
            return [OutboxEntry.from_row(row) for row in connection.execute(query).mappings()]

    def commit(
        self, now: datetime, *, settled: Sequence[Settlement] = (), sending: Sequence[OutboxEntry] = ()
    ) -> None:
        """In one transaction: what the last writes came to, and which writes are about to be sent."""
        if not settled and not sending:
            return
        with self._engine.begin() as connection:
            self._settle(connection, now, settled)
            self._write_down(connection, now, sending)

    def adopt(self, now: datetime, events: Sequence[OwnedEvent]) -> None:
        """Take events that carry our tag into the ledger, and refresh those that are in it already; what is
        known of their edits stays."""
        with self._engine.begin() as connection:
            self._stand(connection, now, [self._new_row(event, "", now) for event in events])

    def forget(self, now: datetime, events: Iterable[LedgerEvent], *, declined: bool = False) -> None:
        """Mark events as no longer standing: they were deleted by hand; `declined`: for good."""
        with self._engine.begin() as connection:
            _revise(
                connection,
                [
                    self._revision(
                        event.calendar, event.tag, removed_at=now, updated_at=now, declined=declined
                    )
                    for event in events
                ],
            )

    def refresh_origins(self, origins: Mapping[tuple[str, Tag], str]) -> None:
        """Note by which name the source now calls the person of each event."""
        with self._engine.begin() as connection:
            _revise(
                connection,
                [self._revision(calendar, tag, origin=origin) for (calendar, tag), origin in origins.items()],
            )

    def _settle(self, connection: Connection, now: datetime, settled: Sequence[Settlement]) -> None:
        created: list[dict[str, Any]] = []
        changed: list[dict[str, object]] = []
        removed: list[dict[str, object]] = []
        declined: list[dict[str, Any]] = []
        outcomes: list[dict[str, Any]] = []
        for settlement in settled:
            entry, done = settlement.entry, settlement.done
            operation = entry.operation
            content = settlement.stands or operation.after
            if done is not None and content is not None and operation.kind is OperationKind.CREATE:
                owned = OwnedEvent(operation.calendar, operation.tag, done.provider_id, done.etag, content)
                created.append(self._new_row(owned, entry.origin, now))
            elif done is not None and content is not None:
                values = _event_values(content, done.etag, now)
                changed.append(self._revision(operation.calendar, operation.tag, **values))
            elif settlement.seen is not None:
                values = _event_values(settlement.seen.content, settlement.seen.etag, now)
                changed.append(self._revision(operation.calendar, operation.tag, **values))
            elif done is not None or settlement.gone:
                gone = {"removed_at": now, "updated_at": now, "declined": settlement.declined}
                removed.append(self._revision(operation.calendar, operation.tag, **gone))
            if settlement.declined and operation.kind is OperationKind.CREATE:
                declined.append(self._declined_row(operation, entry.origin, now))
            outcomes.append(
                {
                    "of_id": entry.id,
                    "state": settlement.state,
                    "detail": settlement.detail,
                    "settled_at": None if settlement.state in OPEN else now,
                    "provider_id": done.provider_id if done else operation.provider_id,
                    "etag": done.etag if done else operation.etag,
                }
            )
        if outcomes:
            connection.execute(_OPERATION, outcomes)
        _revise(connection, changed)
        _revise(connection, removed)
        self._stand(connection, now, created)
        if declined:
            connection.execute(insert(SyncedEvent), declined)
        self._revise_edits(connection, settled)

    def _revise_edits(self, connection: Connection, settled: Sequence[Settlement]) -> None:
        """Note what people changed; what a write of ours has replaced is not theirs any more."""
        concerned = [one for one in settled if one.edits or one.updated]
        if not concerned:
            return
        operations = [one.entry.operation for one in concerned]
        query = select(
            SyncedEvent.calendar,
            SyncedEvent.scope,
            SyncedEvent.uid,
            SyncedEvent.generation,
            SyncedEvent.edits,
        ).where(
            SyncedEvent.provider == self._provider,
            SyncedEvent.scope.in_({operation.tag.scope for operation in operations}),
            SyncedEvent.calendar.in_({operation.calendar for operation in operations}),
            SyncedEvent.uid.in_({operation.tag.uid for operation in operations}),
            SyncedEvent.edits.is_not(None),
        )
        known = {tuple(key): Edits.from_json(edits) for *key, edits in connection.execute(query)}
        revisions: dict[tuple[str | int, ...], dict[str, object]] = {}
        for settlement in concerned:
            operation = settlement.entry.operation
            tag = operation.tag
            key = (operation.calendar, tag.scope, tag.uid, tag.generation)
            before = edits = known.get(key, NO_EDITS)
            if settlement.updated and operation.before and operation.after:
                edits = left_after(edits, operation.before, operation.after)
            known[key] = edits = edits | settlement.edits
            if edits != before:
                revisions[key] = self._revision(operation.calendar, tag, edits=edits.to_json())
        _revise(connection, list(revisions.values()))

    def _write_down(self, connection: Connection, now: datetime, sending: Sequence[OutboxEntry]) -> None:
        if not sending:
            return
        rows = [entry.to_row() | {"provider": self._provider, "run_id": self._run_id} for entry in sending]
        connection.execute(insert(CalendarOperation), [row | {"sent_at": now} for row in rows])

    def _stand(self, connection: Connection, now: datetime, rows: list[dict[str, Any]]) -> None:
        """Events that stand: new rows, or the rows that the ledger has had for them before."""
        if not rows:
            return
        row = upsert(connection, SyncedEvent)
        refreshed = (
            *("provider_id", "etag", "content", "content_hash", "updated_at", "removed_at", "declined"),
        )
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["provider", "scope", "calendar", "uid", "generation"],
                set_={name: row.excluded[name] for name in refreshed},
            ),
            [{**values, "created_at": now, "removed_at": None, "declined": False} for values in rows],
        )

    def _new_row(self, event: OwnedEvent, origin: str, now: datetime) -> dict[str, Any]:
        return {
            "provider": self._provider,
            "scope": event.tag.scope,
            "calendar": event.calendar,
            "uid": event.tag.uid,
            "generation": event.tag.generation,
            "kin": event.tag.kin,
            "origin": origin,
            "provider_id": event.provider_id,
            **_event_values(event.content, event.etag, now),
        }

    def _declined_row(self, operation: Operation, origin: str, now: datetime) -> dict[str, Any]:
        """An event that came about and was deleted before we ever knew its id: its tag stands in for that."""
        assert operation.after is not None  # noqa: S101 - a create has one
        event = OwnedEvent(operation.calendar, operation.tag, str(operation.tag), "", operation.after)
        return self._new_row(event, origin, now) | {"created_at": now, "removed_at": now, "declined": True}

    def _revision(self, calendar: str, tag: Tag, **values: object) -> dict[str, object]:
        """What to set in the row of an event."""
        return {
            "of_provider": self._provider,
            "of_scope": tag.scope,
            "of_calendar": calendar,
            "of_uid": tag.uid,
            "of_generation": tag.generation,
            **values,
        }


def _revise(connection: Connection, revisions: Sequence[dict[str, object]]) -> None:
    """Change rows of the ledger; all revisions set the same columns."""
    if revisions:
        connection.execute(_EVENT, revisions)


def _event_values(content: EventContent, etag: str, now: datetime) -> dict[str, Any]:
    return {
        "etag": etag,
        "content": content.to_json(),
        "content_hash": content.content_hash,
        "updated_at": now,
    }
