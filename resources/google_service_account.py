"""The tokens of the service account that owns the course calendars.

Renewing a token is safe to repeat, so google-auth tries again by itself after transient failures.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

from google.auth.exceptions import RefreshError, TransportError
from google.oauth2.service_account import Credentials

from resources.google_sign_in import CALENDAR_SCOPE
from resources.google_tokens import RENEW_BEFORE_EXPIRY, no_answer, open_request, open_session, refusal


class ServiceAccountError(Exception):
    """The service account cannot sign in. The message says what to do about it, and holds no secret."""


class ServiceAccount:
    """One service account, by the key file that Google made for it. For any number of threads."""

    def __init__(self, key_file: Path, *, token_url: str, ca_bundle: str | None) -> None:
        """Raises ServiceAccountError for a file that is no such key."""
        self._credentials = _credentials(key_file, token_url)
        self._token_url = token_url
        self._session = open_session(ca_bundle)
        self._lock = threading.Lock()

    @property
    def email(self) -> str:
        """The address that its calendars belong to."""
        return str(self._credentials.service_account_email)

    def token(self) -> str:
        """A token that is good for a while. Raises ServiceAccountError."""
        with self._lock:
            if not self._is_good():
                try:
                    self._credentials.refresh(  # type: ignore[no-untyped-call]
                        open_request(self._session)
                    )
                except TransportError as error:
                    raise ServiceAccountError(no_answer(self._token_url, error)) from None
                except RefreshError as error:
                    raise ServiceAccountError(
                        f"Google does not accept the key of {self.email} ({refusal(error) or 'no reason'});"
                        " check the clock of this machine, or make a new key for the service account and set"
                        " GOOGLE_SERVICE_ACCOUNT_FILE"
                    ) from None  # the cause quotes the answer
            return str(self._credentials.token)

    def discard(self, token: str) -> None:
        """Forget a token that was refused, unless another thread has replaced it already."""
        with self._lock:
            if token == self._credentials.token:
                self._credentials.token = None

    def close(self) -> None:
        self._session.close()

    def _is_good(self) -> bool:
        expiry = self._credentials.expiry
        return (
            self._credentials.token is not None
            and expiry is not None
            and expiry.replace(tzinfo=UTC) - RENEW_BEFORE_EXPIRY > datetime.now(UTC)
        )


def _credentials(key_file: Path, token_url: str) -> Credentials:
    try:
        info = json.loads(key_file.read_text(encoding="utf-8"))
        made: Credentials = Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            {**info, "token_uri": token_url}, scopes=[CALENDAR_SCOPE]
        )
    except OSError as error:
        raise ServiceAccountError(
            f"GOOGLE_SERVICE_ACCOUNT_FILE: {key_file} cannot be read: {error.strerror}"
        ) from None
    except (TypeError, ValueError):  # no JSON, no object, no key
        raise ServiceAccountError(
            f"GOOGLE_SERVICE_ACCOUNT_FILE: {key_file} is no key of a service account; download one (JSON)"
            " from the project's service accounts in the Google Cloud console"
        ) from None  # the cause may quote the key
    return made
