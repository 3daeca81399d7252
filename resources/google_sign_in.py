"""A person's consent, asked for in their browser: OAuth's code flow, with a page on this machine."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from urllib.parse import parse_qsl, urlsplit

import requests
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import OAuth2Error

from resources.google_tokens import CLIENT_REFUSED, TIMEOUT, client_refused, trust_alone

CALENDAR_SCOPE = "https://www.googleapis.com/auth/calendar"
WAIT_SECONDS = 300

# At DEBUG they log the client's secret and people's tokens.
for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)


class ConsentError(Exception):
    """There is no consent to be had. The message says what to do about it, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person allowed: for which account, and the refresh token that stands for it."""

    email: str
    refresh_token: str = field(repr=False)
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The project's OAuth client (of type desktop), and where Google answers."""

    client_id: str
    client_secret: str = field(repr=False)
    auth_url: str
    token_url: str
    api_url: str
    ca_bundle: str | None

    def ask(self, account: str, open_page: Callable[[str], None], *, wait: float = WAIT_SECONDS) -> Consent:
        """Ask the owner of an account to let us write to their calendars.

        `open_page` shows them the page at an address; `wait`: seconds for their answer. Raises ConsentError.
        """
        flow = self._flow()
        with _loopback() as loopback:
            flow.redirect_uri = loopback.address
            address, _ = flow.authorization_url(  # with PKCE and offline access, which are its defaults
                prompt="consent",  # without it, Google gives a refresh token only the first time
                login_hint=account,
                state=loopback.state,
            )
            open_page(address)
            answer = loopback.wait(wait)
        if answer.get("error") == "access_denied":
            raise ConsentError(f"{account} did not allow it; ask again when they will")
        if "code" not in answer:
            raise ConsentError(f"Google asked nobody: {answer.get('error', 'no reason given')}")
        try:
            return self._redeem(flow, account, answer["code"])
        except requests.RequestException as error:
            raise ConsentError(
                f"no usable answer from Google ({type(error).__name__}); check the network,"
                " GOOGLE_TOKEN_URL, GOOGLE_API_URL and GOOGLE_CA_BUNDLE"
            ) from None  # the cause quotes the request

    def _flow(self) -> Flow:
        config = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "auth_uri": self.auth_url,
            "token_uri": self.token_url,
        }
        flow = Flow.from_client_config({"installed": config}, [CALENDAR_SCOPE])
        trust_alone(flow.oauth2session, self.ca_bundle)
        return flow

    def _redeem(self, flow: Flow, account: str, code: str) -> Consent:
        """Exchange the code for tokens, and make sure of what was allowed and by whom."""
        flow.oauth2session.scope = None  # or else the library refuses what differs before we can say how
        try:
            token = flow.fetch_token(code=code, timeout=TIMEOUT)
        except OAuth2Error as error:
            raise ConsentError(
                client_refused(error.error)
                if error.error in CLIENT_REFUSED
                else f"Google gave no token for the consent ({error.error}); try again"
            ) from None  # the cause quotes the answer
        scopes = frozenset(token.get("scope", ()))
        if CALENDAR_SCOPE not in scopes:
            raise ConsentError(f"{account} did not tick that we may edit calendars; ask again")
        consented = self._address(flow.oauth2session)
        if consented.casefold() != account.casefold():
            raise ConsentError(
                f"it was {consented} who allowed it, not {account}; sign in to Google as {account},"
                " and try again"
            )
        if "refresh_token" not in token:
            raise ConsentError(
                f"Google gave no refresh token for {account}; remove this application at"
                " https://myaccount.google.com/connections and try again"
            )
        return Consent(consented, token["refresh_token"], scopes)

    def _address(self, session: requests.Session) -> str:
        """Whose token it is: a person's primary calendar has their address for its id."""
        answer = session.get(f"{self.api_url}/calendar/v3/calendars/primary", timeout=TIMEOUT)
        if answer.status_code != HTTPStatus.OK:
            raise ConsentError(
                f"the account has no calendar that can be read (Calendar API: {answer.status_code});"
                " check that the Calendar API is enabled for the project, and for the account"
            )
        return str(answer.json()["id"])


class _Loopback(ThreadingHTTPServer):
    """The page to which Google sends the browser back; `state` tells our answer from others'."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = secrets.token_urlsafe(32)
        self.answers: Queue[Mapping[str, str]] = Queue()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def wait(self, seconds: float) -> Mapping[str, str]:
        """What Google sent back. Raises ConsentError when nothing came in time."""
        try:
            return self.answers.get(timeout=seconds)
        except Empty:
            raise ConsentError(f"nobody answered within {seconds:.0f} seconds; start again") from None


class _Handler(BaseHTTPRequestHandler):
    server: _Loopback

    def do_GET(self) -> None:
        answer = dict(parse_qsl(urlsplit(self.path).query))
        ours = secrets.compare_digest(answer.get("state", "").encode(), self.server.state.encode())
        text = "Thank you. You can close this page; the terminal says how it went." if ours else "Not found."
        self.send_response(HTTPStatus.OK if ours else HTTPStatus.NOT_FOUND)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())
        if ours:
            self.server.answers.put(answer)

    def log_message(self, *_: object) -> None:
        """Nothing: the address holds the code."""


@contextmanager
def _loopback() -> Iterator[_Loopback]:
    with _Loopback() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="consent", daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
