"""Events and changes as frames, and back: what the assets store and a person reads in the Dagster UI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from scheduling_pipeline.calendars.brake import Braked
from scheduling_pipeline.calendars.model import (
    Change,
    ChangeKind,
    DesiredEvent,
    Edits,
    EventContent,
    LedgerEvent,
    WeeklyRule,
)

EVENT_COLUMNS = ("summary", "starts_at", "ends_at", "zone", "weekly", "until", "location")


def events_to_frame(events: Iterable[DesiredEvent], names: Mapping[str, str]) -> pd.DataFrame:
    """Desired events, a row each; `names` gives the person of each calendar."""
    rows = [
        {
            "partition": event.scope,
            "calendar": event.calendar,
            "account": names.get(event.calendar, event.calendar),
            "uid": event.uid,
            "kin": event.kin,
            "origin": event.origin,
            **_content_columns(event.content),
            "categories": list(event.content.categories),
        }
        for event in events
    ]
    columns = ["partition", "calendar", "account", "uid", "kin", "origin", *EVENT_COLUMNS, "categories"]
    return pd.DataFrame(rows, columns=columns)


def events_from_frame(frame: pd.DataFrame) -> list[DesiredEvent]:
    """The inverse of `events_to_frame`."""
    return [
        DesiredEvent(
            scope=row["partition"],
            calendar=row["calendar"],
            uid=row["uid"],
            content=_content(row),
            kin=_or_none(row["kin"]),
            origin=row["origin"],
        )
        for row in frame.to_dict("records")
    ]


def ledger_to_frame(events: Iterable[LedgerEvent], names: Mapping[str, str]) -> pd.DataFrame:
    """What stands, a row each."""
    rows = [
        {
            "partition": event.scope,
            "calendar": event.calendar,
            "account": names.get(event.calendar, event.calendar),
            "uid": event.uid,
            **_content_columns(event.content),
            "provider_id": event.provider_id,
        }
        for event in events
    ]
    return pd.DataFrame(
        rows, columns=["partition", "calendar", "account", "uid", *EVENT_COLUMNS, "provider_id"]
    )


def changes_to_frame(scope: str, plan: Braked, names: Mapping[str, str]) -> pd.DataFrame:
    """A plan, a row for each change; `held` marks the removals that wait for a release."""
    rows = [
        {
            "partition": scope,
            "kind": change.kind.value,
            "calendar": change.calendar,
            "account": names.get(change.calendar, change.calendar),
            "uid": change.uid,
            "reason": change.reason,
            "held": held,
            "fields": list(change.fields),
            "until": change.until,
            "before": change.before and _ledger_json(change.before),
            "after": change.after and _desired_json(change.after),
        }
        for held, changes in ((False, plan.free), (True, plan.held))
        for change in changes
    ]
    columns = ["kind", "calendar", "account", "uid", "reason", "held", "fields", "until", "before", "after"]
    return pd.DataFrame(rows, columns=["partition", *columns])


def changes_from_frame(frame: pd.DataFrame) -> tuple[list[Change], list[Change]]:
    """The changes of a stored plan: those that may go on, and those that are held."""
    split: tuple[list[Change], list[Change]] = ([], [])
    for row in frame.to_dict("records"):
        before, after = _or_none(row["before"]), _or_none(row["after"])
        change = Change(
            kind=ChangeKind(row["kind"]),
            scope=row["partition"],
            calendar=row["calendar"],
            uid=row["uid"],
            before=before and _ledger_event(before),
            after=after and DesiredEvent(**{**after, "content": EventContent.from_json(after["content"])}),
            fields=tuple(row["fields"]),
            reason=row["reason"],
            until=_or_none(row["until"]),
        )
        split[bool(row["held"])].append(change)
    return split


def _content_columns(content: EventContent) -> dict[str, Any]:
    return {
        "summary": content.summary,
        "starts_at": content.dtstart.astimezone(UTC),
        "ends_at": content.dtend.astimezone(UTC),
        "zone": content.zone.key,
        "weekly": content.rrule is not None,
        "until": content.rrule.until if content.rrule else None,
        "location": content.location,
    }


def _content(row: Mapping[Any, Any]) -> EventContent:
    zone = ZoneInfo(row["zone"])
    until: date | None = _or_none(row["until"])
    return EventContent(
        summary=row["summary"],
        dtstart=row["starts_at"].to_pydatetime().astimezone(zone),
        dtend=row["ends_at"].to_pydatetime().astimezone(zone),
        rrule=WeeklyRule(until) if row["weekly"] else None,
        location=row["location"],
        categories=tuple(row["categories"]),
    )


def _ledger_json(event: LedgerEvent) -> dict[str, Any]:
    return {**asdict(event), "content": event.content.to_json(), "edits": event.edits.to_json()}


def _ledger_event(data: Mapping[str, Any]) -> LedgerEvent:
    content, edits = EventContent.from_json(data["content"]), Edits.from_json(data.get("edits"))
    return LedgerEvent(**{**data, "content": content, "edits": edits})


def _desired_json(event: DesiredEvent) -> dict[str, Any]:
    return {**asdict(event), "content": event.content.to_json()}


def _or_none(value: Any) -> Any:  # noqa: ANN401 - a cell of a frame
    return None if value is None or value is pd.NaT or value is pd.NA or value != value else value  # noqa: PLR0124
