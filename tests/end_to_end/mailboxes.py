"""What stands in the simulated mailboxes, seen without any of the pipeline's own code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
from sqlalchemy import Engine, Row, select

from resources.outlook_events import TAG
from scheduling_pipeline.calendars.model import EventContent
from scheduling_pipeline.database.models import CalendarOperation, SyncedEvent

Seen = tuple[str, str, str, str, str, str, str]
EXPANDED = f"singleValueExtendedProperties($filter=id eq '{TAG}')"


@dataclass(frozen=True)
class Mailboxes:
    """The mailboxes of the tenant that `person` is signed in to."""

    person: httpx.Client

    def events(self, calendar: str) -> list[dict[str, Any]]:
        """All events of one calendar as Graph gives them, times as they were written."""
        events: list[dict[str, Any]] = []
        url = f"/users/{calendar}/events"
        asked: dict[str, str] | None = {"$top": "200", "$expand": EXPANDED}
        while url:
            answer = self.person.get(
                url,
                params=asked,
                headers={"Prefer": 'IdType="ImmutableId", outlook.timezone="W. Europe Standard Time"'},
            )
            answer.raise_for_status()
            page = answer.json()
            events += page["value"]
            url, asked = page.get("@odata.nextLink", ""), None
        return events

    def standing(self, calendars: Iterable[str]) -> Counter[Seen]:
        """What a person sees, and how often: twice the same is two of them."""
        return Counter(_seen(calendar, event) for calendar in calendars for event in self.events(calendar))

    def tags(self, calendars: Iterable[str]) -> dict[tuple[str, str], tuple[str, str]]:
        """Our events by calendar and tag: id and ETag. Fails when a tag stands twice."""
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for calendar in calendars:
            for event in self.events(calendar):
                for mark in event.get("singleValueExtendedProperties", ()):
                    key = calendar, mark["value"]
                    assert key not in found, f"doubled: {event['subject']} {event['start']} {key}"
                    found[key] = event["id"], event["@odata.etag"]
        return found


def ledger(engine: Engine, calendars: Iterable[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """The live rows of the ledger, in the shape of `Mailboxes.tags`."""
    rows = SyncedEvent.__table__.columns
    query = select(*rows).where(SyncedEvent.removed_at.is_(None), SyncedEvent.calendar.in_(list(calendars)))
    with engine.connect() as connection:
        return {(row.calendar, _tag(row)): (row.provider_id, row.etag) for row in connection.execute(query)}


def ledger_content(engine: Engine, calendars: Iterable[str]) -> Counter[Seen]:
    """What the ledger believes a person sees, in the shape of `Mailboxes.standing`."""
    query = select(SyncedEvent.calendar, SyncedEvent.content).where(
        SyncedEvent.removed_at.is_(None), SyncedEvent.calendar.in_(list(calendars))
    )
    with engine.connect() as connection:
        return Counter(
            believed(row.calendar, EventContent.from_json(row.content)) for row in connection.execute(query)
        )


def believed(calendar: str, content: EventContent) -> Seen:
    """What a person would see of an event with this content."""
    until: date | None = content.rrule.until if content.rrule else None
    return (
        calendar,
        content.summary,
        content.dtstart.replace(tzinfo=None).isoformat(),
        content.dtend.replace(tzinfo=None).isoformat(),
        "once" if content.rrule is None else f"weekly until {until}" if until else "weekly",
        content.location,
        ", ".join(content.categories),
    )


def intended(engine: Engine, calendars: Iterable[str]) -> set[tuple[str, str]]:
    """The creates that the outbox knows of, by calendar and tag."""
    rows = CalendarOperation.__table__.columns
    query = select(*rows).where(
        CalendarOperation.kind == "create", CalendarOperation.calendar.in_(list(calendars))
    )
    with engine.connect() as connection:
        return {(row.calendar, _tag(row)) for row in connection.execute(query)}


def open_operations(engine: Engine) -> int:
    """How many writes there are whose outcome nobody knows."""
    query = select(CalendarOperation.id).where(CalendarOperation.state.in_(("sent", "unknown")))
    with engine.connect() as connection:
        return len(connection.execute(query).all())


def _tag(row: Row[Any]) -> str:
    """The tag of the event that a row is about, as it is written into the event."""
    return f"{row.scope}/{row.kin or ''}/{row.uid}/{row.generation}"


def _seen(calendar: str, event: dict[str, Any]) -> Seen:
    limits = (event.get("recurrence") or {}).get("range", {})
    recurs = {"": "once", "noEnd": "weekly", "endDate": f"weekly until {limits.get('endDate')}"}
    return (
        calendar,
        event["subject"],
        event["start"]["dateTime"][:19],
        event["end"]["dateTime"][:19],
        recurs[limits.get("type", "")],
        event["location"]["displayName"],
        ", ".join(event["categories"]),
    )
