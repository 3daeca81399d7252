"""What a user would use instead: a script with Google's own client that makes one call at a time.

It does what such scripts do about changes: list the calendar, delete all that is in it, and insert everything
again. It does not pause between calls, as it should.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import httplib2
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc

from benchmarks.college import Person
from resources.google import Google
from resources.google_events import created
from scheduling_pipeline.calendars.model import DesiredEvent, Tag


class ClearAndInsert:
    """A script that brings calendars (the twins) up to date, one person after another. Close it when done."""

    def __init__(self, google: Google) -> None:
        document = json.loads(get_static_doc("calendar", "v3")) | {"rootUrl": f"{google.api_url}/"}
        self._web = httplib2.Http(ca_certs=google.ca_bundle, proxy_info=None, timeout=60)
        self._events = build_from_document(document, http=self._web).events()

    def close(self) -> None:
        """Close the connection."""
        self._web.close()

    def sync(self, person: Person, wanted: Sequence[DesiredEvent]) -> None:
        """Bring one person's calendar to what is wanted."""
        credentials = Credentials(token=person.access_token)  # type: ignore[no-untyped-call]
        http = AuthorizedHttp(credentials, http=self._web)
        listed = self._events.list(calendarId=person.twin).execute(http=http)
        for item in listed["items"]:
            self._events.delete(calendarId=person.twin, eventId=item["id"]).execute(http=http)
        for event in wanted:
            body = created(person.twin, Tag(event.scope, event.kin, event.uid, 1), event.content)
            del body["id"]  # which stays taken by what was deleted
            self._events.insert(calendarId=person.twin, body=body).execute(http=http)
