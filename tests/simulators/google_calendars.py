"""The calendar half of the Google simulator in process, for tests without HTTP."""

from __future__ import annotations

from copy import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduling_pipeline.simulators.control import SimulatedClock
from scheduling_pipeline.simulators.google.calendar import Calendars
from scheduling_pipeline.simulators.google.errors import GoogleError
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.google.store import Store
from scheduling_pipeline.simulators.google.wire import Call, Reply

Json = dict[str, Any]
Headers = dict[str, str] | None
Value = str | list[str]

ADA = "ada.frey@college.example"
BRUNO = "bruno.lang@college.example"
NEW_YORK = "America/New_York"
MONDAYS = "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261006T035959Z"  # 7, 14, 21, 28 September and 5 October


class Google:
    """The API with one caller, who lives in New York; `settings` and `clock` are those of the simulator."""

    def __init__(self, home: Path, caller: str = ADA) -> None:
        self.home = home
        self.caller = caller
        self.settings = Settings()
        self.clock = SimulatedClock(home / "clock")
        self._open()
        self.call("PATCH", "/calendars/primary", {"timeZone": NEW_YORK})

    def _open(self) -> None:
        self.store = Store(self.home / "google.db")
        self._calendars = Calendars(self.store, self.clock, self.settings)

    def by(self, caller: str) -> Google:
        """The same API, called by somebody else."""
        other = copy(self)
        other.caller = caller
        return other

    def restart(self) -> None:
        """As if the simulator's process had ended and begun again."""
        self.store.close()
        self._open()

    def reply(
        self, method: str, path: str, body: Json | None = None, headers: Headers = None, **query: Value
    ) -> Reply:
        """The reply to a call; a list as a query value repeats the parameter."""
        lists = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
        return self._calendars.handle(Call(method, path, lists, headers or {}, body, self.caller))

    def call(
        self, method: str, path: str, body: Json | None = None, headers: Headers = None, **query: Value
    ) -> Json:
        """The resource that a call answers."""
        answer = self.reply(method, path, body, headers, **query)
        assert answer.status == 200
        assert answer.body is not None
        return answer.body

    def refused(
        self, method: str, path: str, body: Json | None = None, headers: Headers = None, **query: Value
    ) -> tuple[int, str]:
        """Status and reason of the refusal of a call."""
        with pytest.raises(GoogleError) as caught:
            self.reply(method, path, body, headers, **query)
        assert caught.value.message
        return caught.value.status, caught.value.reason

    def insert(self, body: Json, calendar: str = "primary", **query: Value) -> Json:
        return self.call("POST", f"/calendars/{calendar}/events", body, None, **query)

    def get(self, event: str, calendar: str = "primary", **query: Value) -> Json:
        return self.call("GET", f"/calendars/{calendar}/events/{event}", None, None, **query)

    def patch(
        self, event: str, body: Json, calendar: str = "primary", headers: Headers = None, **query: Value
    ) -> Json:
        return self.call("PATCH", f"/calendars/{calendar}/events/{event}", body, headers, **query)

    def delete(self, event: str, calendar: str = "primary", headers: Headers = None, **query: Value) -> None:
        answer = self.reply("DELETE", f"/calendars/{calendar}/events/{event}", None, headers, **query)
        assert (answer.status, answer.body) == (204, None)

    def page(self, calendar: str = "primary", **query: Value) -> Json:
        return self.call("GET", f"/calendars/{calendar}/events", None, None, **query)

    def listed(self, calendar: str = "primary", **query: Value) -> list[Json]:
        items: list[Json] = self.page(calendar, **query)["items"]
        return items

    def instances(self, event: str, calendar: str = "primary", **query: Value) -> list[Json]:
        address = f"/calendars/{calendar}/events/{event}/instances"
        items: list[Json] = self.call("GET", address, None, None, **query)["items"]
        return items

    def calendar(self, summary: str = "Courses", zone: str = NEW_YORK) -> str:
        """The id of a new calendar."""
        calendar_id: str = self.call("POST", "/calendars", {"summary": summary, "timeZone": zone})["id"]
        return calendar_id

    def share(self, calendar: str, person: str, role: str) -> Json:
        rule = {"scope": {"type": "user", "value": person}, "role": role}
        return self.call("POST", f"/calendars/{calendar}/acl", rule)

    def wait(self, **duration: float) -> None:
        """Let the simulated clock go on."""
        self.clock.advance(timedelta(**duration))


def meeting(
    summary: str = "Meeting",
    start: str = "2026-09-07T09:00:00",
    end: str = "2026-09-07T10:15:00",
    **more: object,
) -> Json:
    """The body of a timed event in New York, a Monday unless it is told otherwise."""
    return {
        "summary": summary,
        "start": {"dateTime": start, "timeZone": NEW_YORK},
        "end": {"dateTime": end, "timeZone": NEW_YORK},
        **more,
    }


def course(summary: str = "Algebra", **more: object) -> Json:
    """The body of a series of five Mondays."""
    return {**meeting(summary), "recurrence": [MONDAYS], **more}


def all_day(summary: str, start: str, end: str, **more: object) -> Json:
    return {"summary": summary, "start": {"date": start}, "end": {"date": end}, **more}
