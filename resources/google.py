"""Google as a Dagster resource: its settings, and the ways to calendars, to their owner and to consent.

Who tries again, and what: google-auth repeats the renewal of a token; `google_client` what certainly was not
executed, and reads; `google_owner` also what may be executed twice without harm. Above them nobody sends
anything again without having looked at what stands. Runs are not retried for what these layers gave up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import httpx
from dagster import ConfigurableResource
from pydantic import Field
from sqlalchemy import Engine

from resources.google_calendar import GoogleCalendars
from resources.google_client import GoogleClient
from resources.google_owner import ServiceCalendars
from resources.google_pace import GooglePace
from resources.google_service_account import ServiceAccount
from resources.google_sign_in import OAuthClient
from resources.google_tokens import Accounts, UserTokens
from resources.patience import Patience
from resources.web import open_http
from scheduling_pipeline.cipher import Cipher
from scheduling_pipeline.courses.credentials import accounts


class Google(ConfigurableResource[None]):
    """The project in Google's cloud: its OAuth client, and the service account that owns the calendars."""

    client_id: str
    client_secret: str = Field(repr=False)
    service_account_file: str
    token_key: str = Field(repr=False, description="Encrypts people's tokens; older keys after a comma.")
    api_url: str = "https://www.googleapis.com"
    token_url: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    ca_bundle: str | None = Field(
        default=None, description="PEM file of the authorities to trust instead of the usual ones."
    )
    user_calls_per_minute: int = Field(default=480, ge=1)
    calls_per_minute: int = Field(default=8_000, ge=1)
    connect_timeout: float = Field(default=10, gt=0, description="Seconds to reach a server.")
    read_timeout: float = Field(default=60, gt=0, description="Seconds for a server to go on answering.")
    concurrency: int = Field(default=4, ge=1, description="Batches under way at a time.")
    sign_ins: int = Field(default=16, ge=1, description="People's tokens that are renewed at a time.")
    attempts: int = Field(default=6, ge=1, description="Tries of a call, the first included.")
    patience: float = Field(default=60, gt=0, description="Seconds for all tries of a call.")

    @property
    def cipher(self) -> Cipher:
        """What people's tokens are encrypted with."""
        return Cipher(self.token_key)

    @contextmanager
    def connect(self, engine: Engine) -> Iterator[GoogleCalendars]:
        """People's calendars, each written to with the consent of its owner that the database keeps."""
        with closing(self._tokens(partial(accounts, engine, self.cipher))) as tokens:
            client = GoogleClient(
                self._open_http(self.concurrency),
                tokens,
                api_url=self.api_url,
                pace=self._pace(),
                patience=self._patience(),
                concurrency=self.concurrency,
            )
            with client:
                yield GoogleCalendars(client)

    @contextmanager
    def service_calendars(self, sleep: Callable[[float], None] = time.sleep) -> Iterator[ServiceCalendars]:
        """The calendars as the service account has them; it waits for rights with `sleep`.

        Raises ServiceAccountError.
        """
        with (
            closing(self.service_account()) as service,
            closing(self.people()) as people,
            self._open_http(1) as http,
        ):
            yield ServiceCalendars(
                http,
                service,
                people,
                api_url=self.api_url,
                pace=self._pace(),
                patience=self._patience(),
                sleep=sleep,
            )

    def service_account(self) -> ServiceAccount:
        """The account that owns the calendars; close it. Raises ServiceAccountError."""
        return ServiceAccount(
            Path(self.service_account_file), token_url=self.token_url, ca_bundle=self.ca_bundle
        )

    def oauth_client(self) -> OAuthClient:
        """The client that people give their consent to."""
        return OAuthClient(
            self.client_id, self.client_secret, self.auth_url, self.token_url, self.api_url, self.ca_bundle
        )

    def people(self) -> UserTokens:
        """Tokens of people's accounts, whatever calendars they have; close it."""
        return self._tokens(lambda _: {})

    def _tokens(self, accounts: Accounts) -> UserTokens:
        return UserTokens(
            accounts,
            client_id=self.client_id,
            client_secret=self.client_secret,
            token_url=self.token_url,
            ca_bundle=self.ca_bundle,
            concurrency=self.sign_ins,
        )

    def _pace(self) -> GooglePace:
        return GooglePace(user_calls=self.user_calls_per_minute, project_calls=self.calls_per_minute)

    def _patience(self) -> Patience:
        return Patience(self.attempts, self.patience)

    def _open_http(self, connections: int) -> httpx.Client:
        return open_http(
            ca_bundle=self.ca_bundle,
            connections=connections,
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
        )
