"""The course calendars themselves: the service account creates and shares them, people's lists show them.

The few calls that this takes go one by one. All but the creation of a calendar may be repeated without harm,
so they are sent again also when they may have been executed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from urllib.parse import quote

import httpx
import orjson

from resources.google_pace import GooglePace
from resources.google_service_account import ServiceAccount
from resources.google_tokens import TokenProblem, UserTokens
from resources.google_wire import NO_ANSWER, GoogleError, Json, Reply, quota_user, refused, unanswered
from resources.patience import AgainError, Patience, attempts
from scheduling_pipeline.courses.credentials import Account
from scheduling_pipeline.courses.provision import CalendarError, CalendarLimitError, ConsentGoneError

COLOUR = "7"  # of the calendar in people's lists, where they may choose another one
PROPAGATION = (10.0, 20.0, 30.0)  # seconds that a new right may take to become effective, wait by wait

_LIST = "/users/me/calendarList"
_NOTHING: Mapping[str, str] = {}
_TRANSIENT = frozenset({NO_ANSWER, 500, 502, 503, 504})


class ServiceCalendars:
    """What the service account does for people's calendars.

    Any method raises ServiceAccountError when the service account cannot sign in, and CalendarError.
    """

    def __init__(
        self,
        http: httpx.Client,
        service: ServiceAccount,
        people: UserTokens,
        *,
        api_url: str,
        pace: GooglePace,
        patience: Patience,
        sleep: Callable[[float], None],
    ) -> None:
        self._http = http
        self._service = service
        self._people = people
        self._root = f"{api_url.rstrip('/')}/calendar/v3"
        self._pace = pace
        self._patience = patience
        self._sleep = sleep

    def sign_in(self) -> str:
        """Make sure that the service account can sign in; returns its address."""
        self._service.token()
        return self._service.email

    def find_calendar(self, marker: str) -> str | None:
        """The id of the calendar that was created with a marker."""
        return next((id_ for id_, found in self.list_calendars().items() if found == marker), None)

    def list_calendars(self) -> dict[str, str]:
        """The calendars that the service account has created: the marker of each, by id."""
        params = {"minAccessRole": "owner", "maxResults": "250"}
        calendars: dict[str, str] = {}
        while True:
            page = _expect("listing calendars", self._as_service("GET", _LIST, params=params))
            calendars |= {
                str(entry["id"]): entry.get("description", "")
                for entry in page.get("items", [])
                if not entry.get("primary")
            }
            if "nextPageToken" not in page:
                return calendars
            params["pageToken"] = str(page["nextPageToken"])

    def create_calendar(self, summary: str, zone: str, marker: str) -> str:
        """Create a calendar, with the marker for its description; returns its id.

        Raises CalendarLimitError. After any other CalendarError it may be there all the same.
        """
        body = {"summary": summary, "timeZone": zone, "description": marker}
        reply = self._as_service("POST", "/calendars", body, repeat=False)
        return str(_expect("creating a calendar", reply)["id"])

    def exists(self, calendar: str) -> bool:
        """Whether a calendar is still there."""
        reply = self._as_service("GET", _path(calendar))
        if isinstance(reply, GoogleError) and reply.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return False
        _expect("looking for the calendar", reply)
        return True

    def share(self, calendar: str, emails: Collection[str]) -> None:
        """Make accounts owners of a calendar; those who are it stay so. No mail is sent."""
        for email in emails:
            rule = {"role": "owner", "scope": {"type": "user", "value": email}}
            quiet = {"sendNotifications": "false"}
            reply = self._as_service("POST", f"{_path(calendar)}/acl", rule, params=quiet)
            if not _stands_already(reply):
                _expect(f"sharing the calendar with {email}", reply)

    def add_to_list(self, calendar: str, account: Account) -> None:
        """Show a calendar among those of an account; where it is shown already, it stays as it is.

        Waits up to a minute for the account's right to the calendar. Raises ConsentGoneError.
        """
        token = self._people.fresh(account)
        if isinstance(token, TokenProblem):
            raise ConsentGoneError(token.detail) if token.permanent else CalendarError(token.detail)
        shown = self._send(token, "GET", f"{_LIST}/{quote(calendar, safe='')}")
        if isinstance(shown, GoogleError):
            self._insert(calendar, account, token)

    def _insert(self, calendar: str, account: Account, token: str) -> None:
        entry = {"id": calendar, "colorId": COLOUR, "selected": True}
        reply = self._send(token, "POST", _LIST, entry)
        for wait in PROPAGATION:
            if not (isinstance(reply, GoogleError) and reply.status == HTTPStatus.NOT_FOUND):
                break
            self._sleep(wait)
            reply = self._send(token, "POST", _LIST, entry)
        if not _stands_already(reply):
            _expect(f"showing the calendar to {account.email}", reply)

    def _as_service(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        params: Mapping[str, str] = _NOTHING,
        repeat: bool = True,
    ) -> Reply:
        """A call of the service account's own. A refused token is worth one fresh one."""
        token = self._service.token()
        reply = self._send(token, method, path, body, params=params, repeat=repeat)
        if isinstance(reply, GoogleError) and reply.status == HTTPStatus.UNAUTHORIZED:
            self._service.discard(token)
            reply = self._send(self._service.token(), method, path, body, params=params, repeat=repeat)
        return reply

    def _send(
        self,
        token: str,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        params: Mapping[str, str] = _NOTHING,
        repeat: bool = True,
    ) -> Reply:
        """Send a call until it is answered for good, or patience runs out.

        Without `repeat` it is not sent again when it may have been executed.
        """
        # Who pays is said, or else each account would have an allowance of its own beside the pace's.
        query = {**params, "quotaUser": quota_user(self._service.email)}
        for attempt in attempts(self._patience):
            with attempt:
                self._pace.keep({query["quotaUser"]: 1})
                reply = self._send_once(token, method, path, body, query)
                if isinstance(reply, GoogleError) and _again(reply, repeat=repeat):
                    raise AgainError(reply.retry_after)
        return reply

    def _send_once(
        self, token: str, method: str, path: str, body: Json | None, query: Mapping[str, str]
    ) -> Reply:
        headers = {"Authorization": f"Bearer {token}"}
        try:
            answer = self._http.request(
                method, f"{self._root}{path}", params=dict(query), json=body, headers=headers
            )
        except httpx.RequestError as error:
            return unanswered(error)
        if not answer.is_success:
            return refused(answer.status_code, answer.content, answer.headers.get("retry-after", ""))
        try:
            found: Json = orjson.loads(answer.content)
        except orjson.JSONDecodeError:
            return GoogleError(NO_ANSWER, "NotJson", "the answer cannot be read")
        return found


def _again(error: GoogleError, *, repeat: bool) -> bool:
    return error.over_rate or not error.sent or (repeat and error.status in _TRANSIENT)


def _stands_already(reply: Reply) -> bool:
    return isinstance(reply, GoogleError) and reply.status == HTTPStatus.CONFLICT


def _expect(what: str, reply: Reply) -> Json:
    """The body of a reply. Raises the CalendarError that an error is."""
    if not isinstance(reply, GoogleError):
        return reply
    problem = f"{what} failed: {reply}"
    if reply.over_limit and not reply.over_rate:
        raise CalendarLimitError(
            f"{problem}; Google lets nobody create many calendars at once, try again later"
        )
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise ConsentGoneError(problem)
    raise CalendarError(problem)


def _path(calendar: str) -> str:
    return f"/calendars/{quote(calendar, safe='')}"
