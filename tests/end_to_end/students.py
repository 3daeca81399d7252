"""What students see in their calendars, and do to them, with Google's own client: eyes and hands that share
no code with the pipeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import httplib2
import orjson
from dateutil.rrule import rrulestr
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from sqlalchemy import Engine, select

from scheduling_pipeline.calendars.model import EventContent
from scheduling_pipeline.database.models import SyncedEvent
from tests.courses.school import ZONE

Json = dict[str, Any]
WEEK = timedelta(weeks=1)
TAG = "schedulingPipelineTag"


class Seen(NamedTuple):
    """What a person sees of an event; `dates` are the days on which it begins, deleted ones included."""

    person: str
    summary: str
    begins: str
    ends: str
    dates: tuple[str, ...]
    location: str
    description: str
    color: str
    reminders: tuple[int, ...]


def sign_in(environment: Mapping[str, str], refresh_token: str) -> Any:  # noqa: ANN401 - made at run time
    """Google's own client for whoever gave that token; nothing but the address is not as it comes."""
    credentials = Credentials(  # type: ignore[no-untyped-call]
        None,
        refresh_token=refresh_token,
        token_uri=environment["GOOGLE_TOKEN_URL"],
        client_id=environment["GOOGLE_CLIENT_ID"],
        client_secret=environment["GOOGLE_CLIENT_SECRET"],
    )
    web = httplib2.Http(ca_certs=environment["GOOGLE_CA_BUNDLE"], proxy_info=None, timeout=30)
    url = environment["GOOGLE_API_URL"]
    document = orjson.loads(get_static_doc("calendar", "v3"))
    document |= {"rootUrl": f"{url}/", "baseUrl": f"{url}/calendar/v3/"}
    return build_from_document(document, http=AuthorizedHttp(credentials, http=web))


@dataclass(frozen=True)
class Student:
    """Somebody who is signed in, and the id of their course calendar."""

    google: Any
    calendar: str

    def events(self) -> list[Json]:
        """All of the calendar: events that happen once, and masters of series; not single dates of these."""
        found: list[Json] = []
        asked = self.google.events().list(calendarId=self.calendar)
        while asked is not None:
            page = asked.execute()
            found += page["items"]
            asked = self.google.events().list_next(asked, page)
        return [item for item in found if "recurringEventId" not in item]

    def event(self, text: str) -> Json:
        """The only event whose tag contains a text."""
        (found,) = (event for event in self.events() if text in _tag(event))
        return found

    def has(self, text: str) -> bool:
        """Whether there is an event whose tag contains a text."""
        return any(text in _tag(event) for event in self.events())

    def insert(self, **fields: object) -> Json:
        """Make an event."""
        made: Json = self.google.events().insert(calendarId=self.calendar, body=fields).execute()
        return made

    def edit(self, event: Json, **fields: object) -> None:
        """Change an event."""
        self.google.events().patch(calendarId=self.calendar, eventId=event["id"], body=fields).execute()

    def delete(self, event: Json) -> None:
        """Delete an event, or a date of a series."""
        self.google.events().delete(calendarId=self.calendar, eventId=event["id"]).execute()

    def occurrence(self, series: Json, day: date) -> Json:
        """One date of a series."""
        (found,) = (one for one in self._occurrences(series) if _day(one) == day)
        return found

    def dates(self, series: Json) -> set[date]:
        """The days on which a series takes place, without those that somebody deleted."""
        return {_day(one) for one in self._occurrences(series)}

    def delete_calendar(self) -> None:
        self.google.calendars().delete(calendarId=self.calendar).execute()

    def _occurrences(self, series: Json) -> list[Json]:
        asked = self.google.events().instances(calendarId=self.calendar, eventId=series["id"])
        found: list[Json] = asked.execute()["items"]
        return found


Students = Mapping[str, Student]


def standing(students: Students) -> Counter[Seen]:
    """What stands in the students' calendars, and how often: twice the same is two of them."""
    return Counter(_seen(name, event) for name, student in students.items() for event in student.events())


def tags(students: Students) -> dict[tuple[str, str], tuple[str, str]]:
    """Our events by calendar and tag: id and ETag. Fails when a tag stands twice."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for student in students.values():
        for event in student.events():
            if tag := _tag(event):
                key = student.calendar, tag
                assert key not in found, f"doubled: {event['summary']} {event['start']} {tag}"
                found[key] = event["id"], event["etag"]
    return found


def ledger_content(engine: Engine, students: Students) -> Counter[Seen]:
    """What the ledger believes that students see, in the shape of `standing`."""
    names = {student.calendar: name for name, student in students.items()}
    query = select(SyncedEvent.calendar, SyncedEvent.content).where(
        SyncedEvent.removed_at.is_(None), SyncedEvent.calendar.in_(list(names))
    )
    with engine.connect() as connection:
        return Counter(
            _believed(names[row.calendar], EventContent.from_json(row.content))
            for row in connection.execute(query)
        )


def edited(engine: Engine) -> set[tuple[str, str]]:
    """The calendar and uid of each event of which the ledger says that its owner changed or deleted it."""
    query = select(SyncedEvent.calendar, SyncedEvent.uid, SyncedEvent.edits, SyncedEvent.declined)
    with engine.connect() as connection:
        return {(row.calendar, row.uid) for row in connection.execute(query) if row.edits or row.declined}


def _tag(event: Json) -> str:
    tag: str = event.get("extendedProperties", {}).get("private", {}).get(TAG, "")
    return tag


def _seen(person: str, event: Json) -> Seen:
    begins, ends = _local(event["start"]), _local(event["end"])
    timed = "dateTime" in event["start"]
    reminders = (one["minutes"] for one in event["reminders"].get("overrides", ()))
    return Seen(
        person,
        event.get("summary", ""),
        f"{begins:%H:%M}" if timed else "whole day",
        f"{ends:%H:%M}" if timed else f"{ends:%d %b}",
        tuple(f"{day}" for day in _days(begins, event.get("recurrence", ()))),
        event.get("location", ""),
        event.get("description", ""),
        event.get("colorId", ""),
        tuple(sorted(reminders, reverse=True)),
    )


def _believed(person: str, content: EventContent) -> Seen:
    first, rule = content.dtstart.date(), content.rrule
    last = rule.until if rule and rule.until else first
    days = (first + n * WEEK for n in range((last - first).days // 7 + 1))
    return Seen(
        person,
        content.summary,
        "whole day" if content.all_day else f"{content.dtstart:%H:%M}",
        f"{content.dtend:%d %b}" if content.all_day else f"{content.dtend:%H:%M}",
        tuple(f"{day}" for day in days if rule is None or day not in rule.exdates),
        content.location,
        content.description,
        content.color,
        content.reminders or (),
    )


def _local(moment: Json) -> datetime:
    if "date" in moment:
        return datetime.fromisoformat(moment["date"]).replace(tzinfo=ZONE)
    return datetime.fromisoformat(moment["dateTime"]).astimezone(ZONE)


def _day(event: Json) -> date:
    return _local(event["start"]).date()


def _days(begins: datetime, recurrence: Iterable[str]) -> list[date]:
    """The days of a series by dateutil, which knows nothing of how the pipeline writes them."""
    if not recurrence:
        return [begins.date()]
    return [moment.date() for moment in rrulestr("\n".join(recurrence), dtstart=begins, tzids=ZoneInfo)]
