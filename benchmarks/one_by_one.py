"""What a user would use instead: a script with the O365 package that makes one call at a time.

A lesson that changed is deleted and created, as such scripts do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import msal
import requests
from O365 import Account, Connection, MSGraphProtocol
from O365.calendar import Calendar, Event
from O365.utils.token import MemoryTokenBackend

from scheduling_pipeline.calendars.model import DesiredEvent


class OneByOne:
    """A script that writes lessons and remembers the events it made."""

    def __init__(self, environment: Mapping[str, str], calendars: Iterable[str]) -> None:
        account = _Account(
            (environment["AZURE_CLIENT_ID"], environment["AZURE_CLIENT_SECRET"]),
            protocol=_Protocol(environment["AZURE_GRAPH_URL"]),
            auth_flow_type="credentials",
            tenant_id=environment["AZURE_TENANT_ID"],
            authority=environment["AZURE_AUTHORITY"],
            token_backend=MemoryTokenBackend(),
            requests_delay=0,
            verify_ssl=environment["AZURE_CA_BUNDLE"],
        )
        assert account.authenticate(requested_scopes=["https://graph.microsoft.com/.default"])
        self._account = account
        self._calendars: dict[str, Calendar] = {
            calendar: account.schedule(resource=f"users/{calendar}").get_default_calendar()
            for calendar in calendars
        }
        self._made: dict[tuple[str, str], Event] = {}

    def create(self, lessons: Sequence[DesiredEvent]) -> None:
        """One call each."""
        for lesson in lessons:
            event = self._calendars[lesson.calendar].new_event(lesson.content.summary)
            event.start, event.end = lesson.content.dtstart, lesson.content.dtend
            event.location = lesson.content.location
            event.categories = list(lesson.content.categories)
            event.is_reminder_on = False
            assert event.save()
            self._made[lesson.calendar, lesson.uid] = event

    def delete(self, lessons: Sequence[DesiredEvent]) -> None:
        """One call each."""
        for lesson in lessons:
            assert self._made.pop((lesson.calendar, lesson.uid)).delete()

    def change(self, lessons: Sequence[DesiredEvent]) -> None:
        """Two calls each."""
        for lesson in lessons:
            self.delete([lesson])
            self.create([lesson])

    def close(self) -> None:
        """Close the connections."""
        self._account.con.session.close()


class _Protocol(MSGraphProtocol):  # type: ignore[misc]  # the package has no types
    def __init__(self, graph_url: str) -> None:
        self._protocol_url = graph_url.removesuffix("v1.0")
        super().__init__(timezone=ZoneInfo("Europe/Zurich"))


class _Connection(Connection):  # type: ignore[misc]  # the package has no types
    """Signs in at another authority, and trusts the CA that it is given, whatever the environment says."""

    def __init__(self, credentials: tuple[str, str], *, authority: str, **options: object) -> None:
        super().__init__(credentials, **options)
        session = requests.Session()
        session.trust_env = False
        session.verify = self.verify_ssl
        client, secret = credentials
        self._msal_client = msal.ConfidentialClientApplication(
            client,
            client_credential=secret,
            authority=authority,
            instance_discovery=False,
            token_cache=self.token_backend,
            http_client=session,
        )

    def get_session(self, load_token: bool = False) -> requests.Session:  # noqa: FBT001, FBT002 - as in O365
        session: requests.Session = super().get_session(load_token=load_token)
        session.trust_env = False
        return session


class _Account(Account):  # type: ignore[misc]  # the package has no types
    connection_constructor = _Connection
