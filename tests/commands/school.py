"""A small simulated school for the commands: three teachers, and what older scripts left of them."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine
from typer.testing import CliRunner

from resources.directory import list_accounts
from resources.graph import Graph
from resources.graph_client import GraphClient
from resources.outlook import Outlook
from scheduling_pipeline.calendars.ledger import Ledger
from scheduling_pipeline.calendars.model import LedgerEvent
from scheduling_pipeline.calendars.provider import OwnedEvent
from scheduling_pipeline.cli import app
from scheduling_pipeline.simulators.control import DEMO_START
from scheduling_pipeline.simulators.school import Account
from scheduling_pipeline.simulators.server import Simulators
from scheduling_pipeline.timetable.model import AgendaReading, Lesson, WeekOutcome, WeekReading
from scheduling_pipeline.timetable.readings import save_reading
from tests.timetable.builders import ZURICH

NOW = DEMO_START
MONDAY = date(2026, 3, 2)
FRENCH, ENGLISH, GERMAN = (f"private_{name}_lausanne" for name in ("french", "english", "german"))
SFS, ESA = "sfs_lausanne", "esa_lausanne"
PEOPLE = [
    Account(f"{first} {last}", first, last, f"{first}.{last}@school.example".lower())
    for first, last in (("Ana", "Martel"), ("Jo", "Brandt"), ("Lea", "Kohler"))
]
ANA, JO, LEA = (person.upn for person in PEOPLE)


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and all that it said."""

    code: int
    text: str


@dataclass(frozen=True)
class School:
    """The simulators, the pipeline's database, and the command line in front of them."""

    simulators: Simulators
    client: GraphClient
    ids: Mapping[str, str]
    engine: Engine
    folder: Path

    def run(self, *arguments: str, answer: str | None = None) -> Outcome:
        """Use the command line, with an answer to what it asks."""
        result = CliRunner().invoke(app, list(arguments), input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.output)

    def read(self, agenda: str, *lessons: Lesson, read_at: datetime = NOW, weeks: int = 2) -> None:
        """Keep a complete reading of the current week and those after it."""
        mondays = [MONDAY + week * timedelta(weeks=1) for week in range(weeks)]
        found = [
            WeekReading(
                agenda,
                monday,
                WeekOutcome.COMPLETE,
                read_at,
                tuple(one for one in lessons if monday <= one.dtstart.date() < monday + timedelta(weeks=1)),
            )
            for monday in mondays
        ]
        save_reading(self.engine, AgendaReading(agenda, found), run_id="test")

    def write_by_script(self, upn: str, body: Mapping[str, Any]) -> str:
        """Make an event as the older scripts did; its id, in the form that they were given."""
        answer = self._person().post(f"/users/{upn}/events", json=body)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def delete_by_hand(self, upn: str, event: str) -> None:
        self._person().delete(f"/users/{upn}/events/{event}").raise_for_status()

    def events(self, upn: str) -> list[dict[str, Any]]:
        """What stands in a calendar."""
        found: list[dict[str, Any]] = self._person().get(f"/users/{upn}/events?$top=200").json()["value"]
        return found

    def ours(self, upn: str, agenda: str) -> list[OwnedEvent]:
        """What carries our tag."""
        calendar = self.ids[upn]
        listing = Outlook(self.client).list_owned([calendar], agenda)[calendar]
        assert isinstance(listing, list)
        return sorted(listing, key=lambda event: str(event.tag))

    def ledger(self, agenda: str) -> list[LedgerEvent]:
        return Ledger(self.engine, "outlook", run_id="test").live(agenda)

    def state_file(
        self, name: str, sync_type: str, events: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> Path:
        """Write a state file of the older scripts; the folder it is in."""
        folder = self.folder / "last_synced"
        folder.mkdir(exist_ok=True)
        state = {"synced_at": "2026-03-01T17:00:00+00:00", "agenda": name, "sync_type": sync_type}
        (folder / f"{name}.json").write_text(json.dumps({**state, "events": events}))
        return folder

    def writes(self, since: int = 0) -> list[str]:
        """The writes to calendars, as `METHOD path`, with a number above `since` in the journal."""
        return [
            f"{call['method']} {call['path']}"
            for call in self.simulators.graph.control.journal(since)
            if call["method"] != "GET" and "/events" in call["path"]
        ]

    @property
    def calls(self) -> int:
        """How many calls Graph was ever sent."""
        return len(self.simulators.graph.control.journal())

    def clear(self) -> None:
        """Take everything out of all calendars, faults included."""
        self.simulators.graph.control.clear_faults()
        for upn in self.ids:
            for event in self.events(upn):
                self.delete_by_hand(upn, event["id"])

    def _person(self) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=self.simulators.ca_file)
        headers = {"Authorization": f"Bearer {self.client.tokens.token()}"}
        return httpx.Client(
            base_url=self.simulators.graph_url, verify=trusted, trust_env=False, headers=headers
        )


def graph_of(simulators: Simulators) -> Graph:
    settings = simulators.graph.settings
    return Graph(
        tenant_id=settings.tenant,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        authority=simulators.authority,
        base_url=simulators.graph_url,
        ca_bundle=str(simulators.ca_file),
    )


def ids_of(client: GraphClient) -> dict[str, str]:
    return {account.upn: account.id for account in list_accounts(client)}


def lesson(
    agenda: str,
    asid: str,
    day: date,
    hours: str = "09:00-10:00",
    teacher: str | None = "Ana MARTEL",
    *,
    code: str = "VAD",
    room: str = "R1",
) -> Lesson:
    start, end = (datetime.combine(day, time.fromisoformat(text), ZURICH) for text in hours.split("-"))
    return Lesson(agenda, asid, start, end, code, "VIP Adults", room, 1, online=False, teacher=teacher)


def old_lesson(day: date, hours: str = "09:00-10:00", category: str = "VAD - VIP Adults") -> dict[str, Any]:
    """The body of a private lesson's event, as the older script wrote it."""
    return {"subject": f"Private: {category}", **_times(day, hours), "categories": [category]}


def old_class(first: date, hours: str = "09:00-12:00") -> dict[str, Any]:
    """The body of a class's series, as the older script wrote it."""
    return {
        "subject": "Teaching",
        **_times(first, hours),
        "recurrence": {
            "pattern": {
                "type": "weekly",
                "interval": 1,
                "daysOfWeek": [f"{first:%A}".lower()],
                "firstDayOfWeek": "monday",
            },
            "range": {
                "type": "noEnd",
                "startDate": first.isoformat(),
                "recurrenceTimeZone": "Europe/Zurich",
            },
        },
    }


def remembered_lesson(event: str, day: date, hours: str = "09:00-10:00", code: str = "VAD") -> dict[str, Any]:
    """An entry of a private agenda's state file."""
    start, end = hours.split("-")
    return {
        "outlook_event_id": event,
        "date": day.isoformat(),
        "start": start,
        "end": end,
        "subject": f"Private: {code} - VIP Adults",
        "type": code,
        "online": False,
    }


def remembered_class(event: str, day: date, hours: str = "09:00-12:00") -> dict[str, Any]:
    """An entry of a method agenda's state file."""
    start, end = hours.split("-")
    return {"outlook_event_id": event, "day": f"{day:%A}", "start": start, "end": end, "subject": "Teaching"}


def days(*numbers: int) -> Iterable[date]:
    """Days of the current week, Monday 0; 7 is the next Monday."""
    return [MONDAY + timedelta(days=number) for number in numbers]


def _times(day: date, hours: str) -> dict[str, Any]:
    start, end = hours.split("-")
    return {
        "start": {"dateTime": f"{day}T{start}:00", "timeZone": "Europe/Zurich"},
        "end": {"dateTime": f"{day}T{end}:00", "timeZone": "Europe/Zurich"},
        "showAs": "busy",
        "isReminderOn": False,
    }
