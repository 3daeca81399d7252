"""The simulator judged by a stock client: the O365 package, told nothing but where the service is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import msal
import pytest
import requests
from O365 import Account, Connection, MSGraphProtocol
from O365.calendar import Calendar, Event
from O365.utils.token import MemoryTokenBackend

from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import ADA

ZURICH = ZoneInfo("Europe/Zurich")


class LocalProtocol(MSGraphProtocol):  # type: ignore[misc]  # the package has no types
    def __init__(self, graph_url: str) -> None:
        self._protocol_url = graph_url.removesuffix("v1.0")
        super().__init__(timezone=ZURICH)


class LocalConnection(Connection):  # type: ignore[misc]  # the package has no types
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


class LocalAccount(Account):  # type: ignore[misc]  # the package has no types
    connection_constructor = LocalConnection


@pytest.fixture
def calendar(simulators: Simulators) -> Iterator[Calendar]:
    """Ada's calendar, through O365."""
    settings = simulators.graph.settings
    account = LocalAccount(
        (settings.client_id, settings.client_secret),
        protocol=LocalProtocol(simulators.graph_url),
        auth_flow_type="credentials",
        tenant_id=settings.tenant,
        authority=simulators.authority,
        token_backend=MemoryTokenBackend(),
        requests_delay=0,
        verify_ssl=str(simulators.ca_file),
    )
    assert account.authenticate(requested_scopes=["https://graph.microsoft.com/.default"])
    yield account.schedule(resource=ADA).get_default_calendar()
    account.con.session.close()


def _lesson(calendar: Calendar, subject: str, start: dt.datetime) -> Event:
    event = calendar.new_event(subject)
    event.start, event.end = start, start + dt.timedelta(hours=1)
    event.location = "Room 1"
    event.body = "Bring the book"
    event.categories = ["Lesson"]
    event.remind_before_minutes = 5
    return event


def test_an_event_lives_and_dies(calendar: Calendar) -> None:
    start = dt.datetime(2026, 3, 10, 10, tzinfo=ZURICH)
    event = _lesson(calendar, "Lesson", start)
    assert event.save()
    assert event.object_id

    read = calendar.get_event(event.object_id)
    assert (read.subject, read.start, read.end) == ("Lesson", start, start + dt.timedelta(hours=1))
    assert read.location["displayName"] == "Room 1"
    assert (read.categories, read.remind_before_minutes) == (["Lesson"], 5)
    assert read.get_body_text() == "Bring the book"

    read.subject = "Moved"
    read.start, read.end = start + dt.timedelta(days=1), start + dt.timedelta(days=1, hours=2)
    assert read.save()
    again = calendar.get_event(event.object_id)
    assert (again.subject, again.start) == ("Moved", start + dt.timedelta(days=1))

    assert again.delete()
    assert list(calendar.get_events(include_recurring=False)) == []


def test_a_query_finds_what_it_asks_for(calendar: Calendar) -> None:
    for hour in (8, 9, 10):
        _lesson(calendar, f"Lesson {hour}", dt.datetime(2026, 3, 10, hour, tzinfo=ZURICH)).save()
    query = calendar.new_query().startswith("subject", "Lesson 1")
    assert [event.subject for event in calendar.get_events(query=query, include_recurring=False)] == [
        "Lesson 10"
    ]
    paged = calendar.get_events(limit=3, batch=1, include_recurring=False, order_by="subject")
    assert [event.subject for event in paged] == ["Lesson 10", "Lesson 8", "Lesson 9"]


def test_a_series_recurs_through_the_clock_change(calendar: Calendar) -> None:
    start = dt.datetime(2026, 3, 23, 18, tzinfo=ZURICH)
    event = _lesson(calendar, "Teaching", start)
    event.recurrence.set_weekly(
        1, days_of_week=["monday"], first_day_of_week="monday", start=start.date(), end=dt.date(2026, 4, 13)
    )
    assert event.save()
    found = calendar.get_events(
        include_recurring=True,
        start_recurring=dt.datetime(2026, 3, 1, tzinfo=ZURICH),
        end_recurring=dt.datetime(2026, 5, 1, tzinfo=ZURICH),
    )
    events = sorted(found, key=lambda found_event: found_event.start)
    assert [event.start for event in events] == [start + dt.timedelta(weeks=n) for n in range(4)]
    assert {event.event_type.value for event in events} == {"occurrence"}
    master = calendar.get_event(event.object_id)
    assert master.recurrence.end_date == dt.date(2026, 4, 13)
    assert master.delete()
