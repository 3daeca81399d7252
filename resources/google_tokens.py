"""Access tokens for people's calendars, from the consent that each of them gave once.

Renewing a token is safe to repeat, so google-auth tries again by itself after transient failures.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

import requests
from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport import Response
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from scheduling_pipeline.courses.credentials import Account, NoAccount

RENEW_BEFORE_EXPIRY = timedelta(minutes=1)
TIMEOUT = 30  # seconds for an answer
CLIENT_REFUSED = {"invalid_client", "unauthorized_client", "deleted_client", "disabled_client"}

Accounts = Callable[[Collection[str]], Mapping[str, Account | NoAccount]]


@dataclass(frozen=True, slots=True)
class TokenProblem:
    """Why there is no token; `permanent`: until the owner of the calendar signs in again."""

    detail: str
    permanent: bool


class TokenSource(Protocol):
    """Where the tokens come from that calls are made with."""

    def prepare(self, calendars: Collection[str]) -> None:
        """Begin to fetch what will be needed, without waiting for it."""
        ...

    def tokens(self, calendars: Collection[str]) -> Mapping[str, str | TokenProblem]:
        """A token that is good for a while for the owner of each calendar, or why there is none.

        Safe for several threads.
        """
        ...

    def discard(self, calendar: str, token: str) -> None:
        """Forget a token that Google refused, unless another thread has replaced it already."""
        ...


class UserTokens:
    """Tokens of the owners of calendars, kept in memory alone."""

    def __init__(
        self,
        accounts: Accounts,
        *,
        client_id: str,
        client_secret: str,
        token_url: str,
        ca_bundle: str | None,
        concurrency: int = 8,
    ) -> None:
        self._accounts = accounts
        self._client_id = client_id
        self._client_secret = client_secret
        self._token_url = token_url
        self._session = open_session(ca_bundle, concurrency)
        self._request = open_request(self._session)
        self._pool = ThreadPoolExecutor(concurrency, "google-token")
        self._lock = threading.Lock()
        self._renewals: dict[str, Future[_Held | TokenProblem]] = {}
        self._held: dict[str, _Held | TokenProblem] = {}

    def prepare(self, calendars: Collection[str]) -> None:
        """Begin to fetch what is missing; see TokenSource."""
        self._begin(calendars)

    def tokens(self, calendars: Collection[str]) -> Mapping[str, str | TokenProblem]:
        """A token for each calendar. What is missing is fetched, several at once; see TokenSource."""
        found, awaited = self._begin(calendars)
        return found | {calendar: _plain(renewal.result()) for calendar, renewal in awaited.items()}

    def discard(self, calendar: str, token: str) -> None:
        with self._lock:
            held = self._held.get(calendar)
            if isinstance(held, _Held) and held.token == token:
                del self._held[calendar]

    def fresh(self, account: Account) -> str | TokenProblem:
        """A new token for an account, whatever calendars it has."""
        return _plain(self._renew(account))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._session.close()

    def _begin(
        self, calendars: Collection[str]
    ) -> tuple[dict[str, str | TokenProblem], dict[str, Future[_Held | TokenProblem]]]:
        """What is at hand, and what is on its way from now on. No token is fetched twice at a time."""
        with self._lock:
            found = self._current(calendars)
            wanted = set(calendars) - found.keys()
            missing = wanted - self._renewals.keys()
            accounts = self._accounts(missing) if missing else {}
            for calendar, account in accounts.items():
                self._renewals[calendar] = self._pool.submit(self._renew_and_keep, calendar, account)
            return found, {calendar: self._renewals[calendar] for calendar in wanted}

    def _current(self, calendars: Collection[str]) -> dict[str, str | TokenProblem]:
        soon = datetime.now(UTC) + RENEW_BEFORE_EXPIRY
        held = {calendar: self._held.get(calendar) for calendar in calendars}
        return {
            calendar: _plain(answer)
            for calendar, answer in held.items()
            if answer is not None and (isinstance(answer, TokenProblem) or answer.expires_at > soon)
        }

    def _renew_and_keep(self, calendar: str, account: Account | NoAccount) -> _Held | TokenProblem:
        try:
            answer = self._renew(account)
            if isinstance(answer, _Held) or answer.permanent:
                with self._lock:
                    self._held[calendar] = answer
            return answer
        finally:
            with self._lock:
                del self._renewals[calendar]

    def _renew(self, account: Account | NoAccount) -> _Held | TokenProblem:
        if isinstance(account, NoAccount):
            return TokenProblem(account.detail, permanent=account.sign_in)
        credentials = Credentials(  # type: ignore[no-untyped-call]
            token=None,
            refresh_token=account.refresh_token,
            token_uri=self._token_url,
            client_id=self._client_id,
            client_secret=self._client_secret,
        )
        try:
            credentials.refresh(self._request)  # type: ignore[no-untyped-call]
        except TransportError as error:
            return TokenProblem(no_answer(self._token_url, error), permanent=False)
        except RefreshError as error:
            return _problem(account, error)
        if credentials.token is None or credentials.expiry is None:
            return TokenProblem("Google gave a token that does not say how long it is good", permanent=False)
        return _Held(credentials.token, credentials.expiry.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _Held:
    token: str = field(repr=False)
    expires_at: datetime


def _plain(answer: _Held | TokenProblem) -> str | TokenProblem:
    return answer if isinstance(answer, TokenProblem) else answer.token


def trust_alone(session: requests.Session, ca_bundle: str | None) -> None:
    """Trust these authorities, or else the usual ones, whatever the environment says."""
    session.trust_env = False
    session.verify = ca_bundle or True


def open_session(ca_bundle: str | None, connections: int = 1) -> requests.Session:
    """A session for the token endpoint that trusts `ca_bundle` alone where it is given."""
    session = requests.Session()
    trust_alone(session, ca_bundle)
    # Lost connections alone: google-auth itself tries again after a busy server's answer.
    lost = Retry(
        total=2,
        status=0,
        other=0,  # a certificate that is not trusted will not be trusted next time
        backoff_factor=0.5,
        allowed_methods=None,
        respect_retry_after_header=False,
    )
    session.mount("https://", HTTPAdapter(pool_maxsize=connections, max_retries=lost))
    return session


def open_request(session: requests.Session) -> Callable[..., Response]:
    """How google-auth sends what it sends."""
    return partial(Request(session), timeout=TIMEOUT)


def refusal(error: RefreshError) -> str:
    """The token endpoint's own word for a refusal, such as invalid_grant; empty where it gave none."""
    if "Reauthentication is needed" in str(error):  # google-auth's text for a Workspace session that ended
        return "invalid_grant"
    answers = [part for part in error.args if isinstance(part, Mapping)]
    return str(answers[0].get("error", "")) if answers else ""


def client_refused(reason: str) -> str:
    """What to say when the token endpoint refused not a person's consent but our client."""
    return f"Google does not accept our client ({reason}); check GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET"


def no_answer(token_url: str, error: TransportError) -> str:
    """What to say when the token endpoint did not answer. The error itself may quote the request."""
    return (
        f"no answer from {token_url} ({type(error.__cause__ or error).__name__}); check the network,"
        " GOOGLE_TOKEN_URL and GOOGLE_CA_BUNDLE"
    )


def _problem(account: Account, error: RefreshError) -> TokenProblem:
    """What a refused refresh token means."""
    reason = refusal(error)
    if reason == "invalid_grant":
        return TokenProblem(f"the consent of {account.email} has expired or was withdrawn", permanent=True)
    if reason in CLIENT_REFUSED:
        return TokenProblem(client_refused(reason), permanent=False)
    said = reason or "an answer that is none"
    return TokenProblem(f"Google gave no token for {account.email} ({said})", permanent=False)
