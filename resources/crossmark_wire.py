"""Requests to Crossmark as its own pages send them, and what its answers are worth."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx
import orjson

from resources.patience import NOT_SENT, seconds_to_wait
from scheduling_pipeline.roster.ids import MplanId, ScheduleId, location_id, mplan_id, rep_id, schedule_id
from scheduling_pipeline.roster.planner import Visit

Json = dict[str, Any]

PAGE_ROWS = 5_000  # the most that the site's own pages ask for at once
CONDITIONS = (
    "Unstaffed",
    "Scheduled",
    "Staffed",
    "Canceled",
    "In Progress",
    "Paused",
    "Reissued",
    "Expired",
    "Submitted",
)
_PLANNING = "/planning/"
_LONGEST_MESSAGE = 200
_PASSWORD_FIELD = re.compile(rb"<input\b[^>]*\btype\s*=\s*[\"']?password\b", re.IGNORECASE)


class Fault(StrEnum):
    """What came instead of an answer."""

    NOT_SENT = "no connection"
    TIMED_OUT = "no answer in time"
    BROKEN_OFF = "the connection broke"
    SIGNED_OUT = "not signed in"  # refused by status 401 or led to the login page, before anything was done
    FORBIDDEN = "forbidden, or not signed in"
    LOGIN_PAGE = "a login page instead of an answer"
    BUSY = "too many requests"
    REFUSED = "refused"
    FAILED = "the site failed"
    UNREADABLE = "an answer that cannot be read"


_PASSING = frozenset({Fault.NOT_SENT, Fault.TIMED_OUT, Fault.BROKEN_OFF, Fault.BUSY, Fault.FAILED})
_SIGNED_OUT = frozenset({Fault.SIGNED_OUT, Fault.FORBIDDEN, Fault.LOGIN_PAGE})
_NOT_EXECUTED = frozenset({Fault.NOT_SENT, Fault.SIGNED_OUT, Fault.FORBIDDEN, Fault.BUSY, Fault.REFUSED})
_FAULTS: Mapping[int, Fault] = {
    HTTPStatus.UNAUTHORIZED: Fault.SIGNED_OUT,
    HTTPStatus.FORBIDDEN: Fault.FORBIDDEN,
    HTTPStatus.REQUEST_TIMEOUT: Fault.FAILED,
    HTTPStatus.TOO_MANY_REQUESTS: Fault.BUSY,
}


class CrossmarkError(Exception):
    """What came instead of an answer; `retry_after` is in seconds.

    `said`: the site's own words, which are not in the text of the error: they may repeat what was sent.
    """

    def __init__(self, fault: Fault, detail: str = "", *, said: str = "", retry_after: float = 0) -> None:
        super().__init__(f"{fault}: {detail}".removesuffix(": "))
        self.fault = fault
        self.said = said
        self.retry_after = retry_after

    @property
    def passing(self) -> bool:
        """Asking again later may help."""
        return self.fault in _PASSING

    @property
    def signed_out(self) -> bool:
        """There is no session any more."""
        return self.fault in _SIGNED_OUT

    @property
    def perhaps_executed(self) -> bool:
        """What was asked for may have been done all the same."""
        return self.fault not in _NOT_EXECUTED


Reply = Json | CrossmarkError


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `what` it is about in words, on which `page` a browser would send it, and one body.

    `form` is sent in its order, url-encoded; `parts` as multipart.
    """

    what: str
    method: str
    path: str
    page: str = _PLANNING
    params: Mapping[str, str] = field(default_factory=dict)
    form: tuple[tuple[str, str], ...] = ()
    parts: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, str] | None = field(default=None, repr=False)

    def request(self, http: httpx.Client, base_url: str) -> httpx.Request:
        """It as bytes, with the headers without which the site does not answer."""
        headers = {
            "Accept": "*/*",
            "X-Requested-With": "XMLHttpRequest",
            "Origin": base_url,
            "Referer": base_url + self.page,
        }
        if self.form:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        return http.build_request(
            self.method,
            base_url + self.path,
            params=self.params or None,
            content=urlencode(self.form) if self.form else None,
            files={name: (None, value) for name, value in self.parts.items()} or None,
            json=self.json,
            headers=headers,
        )


def events_call(first: date, last: date, start: int) -> Call:
    """Events between two days, whatever their condition, after the first `start` of them."""
    return Call(
        f"listing the events from {first} to {last}",
        "GET",
        "/planningextcontroller/getPlanningMplans",
        params={
            "_dc": _now(),
            "intervalStart": first.isoformat(),
            "intervalEnd": last.isoformat(),
            "showAllActive": "false",
            "searchFields": _search("condition", "Conditions", 11, CONDITIONS),
            "searchFilter": "",
            "page": str(start // PAGE_ROWS + 1),
            "start": str(start),
            "limit": str(PAGE_ROWS),
            "sort": _text([{"property": "startDate", "direction": "ASC"}]),
        },
    )


def event_call(event: MplanId) -> Call:
    """One event, whenever it is."""
    return Call(
        f"looking up event {event}",
        "GET",
        "/planningextcontroller/getPlanningMplans",
        params={
            "_dc": _now(),
            "searchFields": _search("mPlanID", "mPlan ID", 1, (str(event),)),
            "searchFilter": "",
            "page": "1",
            "start": "0",
            "limit": "1",
        },
    )


def reps_call(first: date, last: date) -> Call:
    """Who can be scheduled between two days."""
    return Call(
        f"listing the people from {first} to {last}",
        "POST",
        "/schedulingcontroller/getAvailableReps",
        page="/scheduling/hourly/",
        parts={"project": f"{first:%m/%d/%Y} 00:00:00,{last:%m/%d/%Y} 23:59:59"},
    )


def schedule_call(visit: Visit, zone: ZoneInfo) -> Call:
    """The write that puts an event into somebody's calendar. Raises ValueError for an id of another kind."""
    start, end = (moment.astimezone(zone) for moment in (visit.start, visit.end))
    rep, event, location = rep_id(visit.rep_id), mplan_id(visit.mplan_id), location_id(visit.location_id)
    return Call(
        f"scheduling event {event} for rep {rep} at {start:%Y-%m-%d %H:%M %Z}",
        "POST",
        "/planningextcontroller/scheduleMplanEvent",
        form=(
            ("ClassName", "MVScheduledmPlan"),
            ("RepID", str(rep)),
            ("mPlanID", str(event)),
            ("LocationID", str(location)),
            ("Start", start.isoformat(timespec="seconds")),
            ("End", end.isoformat(timespec="seconds")),
            ("hash", ""),
            ("v", "3.0.1"),
            ("PlanningOverride", "true"),
        ),
    )


def unschedule_call(schedule: ScheduleId) -> Call:
    """The write that takes an entry out again. Raises ValueError for an id of another kind."""
    id_ = schedule_id(schedule)
    return Call(
        f"unscheduling entry {id_}",
        "POST",
        "/planningextcontroller/deleteScheduledMplanEvent",
        form=(("id", str(id_)),),
    )


def reissue_call(schedule: ScheduleId, visit: Visit, expires: date) -> Call:
    """The write that has an event worked again. Raises ValueError for an id of another kind."""
    id_, rep = schedule_id(schedule), rep_id(visit.rep_id)
    event, location = mplan_id(visit.mplan_id), location_id(visit.location_id)
    return Call(
        f"reissuing event {event}, entry {id_}, to rep {rep} until {expires}",
        "POST",
        "/pendingworkextcontroller/createPendingWork/",
        form=(
            ("workLogEntryID", str(id_)),
            ("storeID", str(location)),
            ("mPlanID", str(event)),
            ("reissueBulkJson", "[]"),
            ("action", "reissue"),
            ("includeResponses", "false"),
            ("pendingWorkReasonComments", ""),
            ("public", "true"),
            ("excludeReps", "false"),
            ("excludedRepIDs", "[]"),
            ("overrideReps", "true"),
            ("overriddenRepIDs", _text([rep])),
            ("expirationDate", f"{expires}T00:00:00"),
            ("additionalEmail", ""),
        ),
    )


def decoded(response: httpx.Response) -> Reply:
    """What a response says. Its content type says nothing: all that the site sends is "text/html".

    No word in a body ever counts as "signed out": such a word may stand in the answer to a write.
    """
    if error := _refusal(response):
        return error
    try:
        found = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        if _PASSWORD_FIELD.search(response.content):
            return CrossmarkError(Fault.LOGIN_PAGE)
        return CrossmarkError(Fault.UNREADABLE, "it is not JSON")
    if not isinstance(found, dict):
        return CrossmarkError(Fault.UNREADABLE, f"a JSON object was expected, not {_kind(found)}")
    return found


def unanswered(error: httpx.RequestError) -> CrossmarkError:
    """The error that it is when no response comes."""
    if isinstance(error, NOT_SENT):
        return CrossmarkError(Fault.NOT_SENT, type(error).__name__)
    if isinstance(error, httpx.TimeoutException):
        return CrossmarkError(Fault.TIMED_OUT)
    return CrossmarkError(Fault.BROKEN_OFF, type(error).__name__)


def message_of(answer: Json) -> str:
    """What an answer says in words, where it does."""
    found = next((answer[key] for key in ("error", "message") if answer.get(key)), "")
    return _short(found) if isinstance(found, str) else ""


def _refusal(response: httpx.Response) -> CrossmarkError | None:
    fault = _fault_of(response)
    if fault is None:
        return None
    return CrossmarkError(
        fault,
        "led to the login page"
        if response.next_request and fault is Fault.SIGNED_OUT
        else f"HTTP {response.status_code}",
        said=_words(response),
        retry_after=seconds_to_wait(response.headers.get("retry-after", "")),
    )


def _fault_of(response: httpx.Response) -> Fault | None:
    led_to = response.next_request
    if led_to is not None and "login" in led_to.url.path.split("/"):
        return Fault.SIGNED_OUT
    if response.is_success:
        return None
    if response.status_code in _FAULTS:
        return _FAULTS[response.status_code]
    if response.is_server_error:
        return Fault.FAILED
    return Fault.REFUSED if response.is_client_error else Fault.UNREADABLE


def _words(response: httpx.Response) -> str:
    """What a refusal says in words; a page says nothing that is short."""
    try:
        found = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return "" if b"<" in response.content else _short(response.text)
    return message_of(found) if isinstance(found, dict) else ""


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_MESSAGE]


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else repr(value)[:_LONGEST_MESSAGE]


def _search(field_name: str, title: str, number: int, values: tuple[str, ...]) -> str:
    items = {
        "id": number,
        "value": values,
        "displayValue": values,
        "exactmatch": True,
        "allActive": False,
    }
    return _text({"searchTerms": {field_name: {"name": field_name, "title": title, "items": [items]}}})


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _now() -> str:
    """Different each time, so that no cache answers."""
    return str(time.time_ns() // 1_000_000)
