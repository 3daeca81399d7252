"""Desired course events as a frame, and back: what the assets hand on and a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import pandas as pd

from scheduling_pipeline.calendars.frames import EVENT_COLUMNS
from scheduling_pipeline.calendars.model import DesiredEvent, EventContent
from scheduling_pipeline.courses.events import SCOPE


def course_events_to_frame(
    events: Mapping[str, Sequence[DesiredEvent]], request: Mapping[str, Any]
) -> pd.DataFrame:
    """Events by the e-mail address of their calendar's owner, a row each.

    `attrs` say what kind of run they are for: `request`, as plain JSON.
    """
    rows = [
        {
            "partition": event.scope,
            "calendar": event.calendar,
            "account": email,
            "uid": event.uid,
            "summary": event.content.summary,
            "starts_at": event.content.dtstart.astimezone(UTC),
            "ends_at": event.content.dtend.astimezone(UTC),
            "zone": event.content.zone.key,
            "weekly": event.content.rrule is not None,
            "until": event.content.rrule.until if event.content.rrule else None,
            "location": event.content.location,
            "content": event.content.to_json(),
        }
        for email, theirs in events.items()
        for event in theirs
    ]
    frame = pd.DataFrame(rows, columns=["partition", "calendar", "account", "uid", *EVENT_COLUMNS, "content"])
    frame.attrs[SCOPE] = dict(request)
    return frame


def course_events_from_frame(frame: pd.DataFrame) -> list[DesiredEvent]:
    """The inverse of `course_events_to_frame`."""
    columns = zip(frame["partition"], frame["calendar"], frame["uid"], frame["content"], strict=True)
    return [
        DesiredEvent(scope, calendar, uid, EventContent.from_json(content))
        for scope, calendar, uid, content in columns
    ]
