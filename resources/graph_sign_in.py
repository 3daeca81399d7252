"""Signing in to Microsoft Graph as an application: one token for all threads, renewed before it expires.

Signing in is safe to repeat, so its HTTP session tries again by itself after transient failures.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping

import msal
import requests
from msal.exceptions import MsalError
from requests.adapters import HTTPAdapter
from urllib3 import Retry

SCOPE = "https://graph.microsoft.com/.default"
RENEW_BEFORE_EXPIRY = 300  # seconds; msal too calls a token expired from then on

# What msal would log, with a traceback and the whole answer, is in the SignInError.
logging.getLogger("msal").setLevel(logging.CRITICAL)

_ADVICE = {
    90002: "AZURE_TENANT_ID names no tenant",
    700016: "AZURE_CLIENT_ID names no application of the tenant AZURE_TENANT_ID",
    7000215: "AZURE_CLIENT_SECRET is not right; it must be the secret's value, not its id",
    7000222: "AZURE_CLIENT_SECRET has expired; make a new secret for the application",
}
_CHECK_ALL = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"


class SignInError(Exception):
    """There is no token to be had. The message says what to do about it, and holds no secret."""


class TokenSource:
    """The token of one application, for any number of threads."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        authority: str,
        instance_discovery: bool,
        ca_bundle: str | None,
        timeout: float,
    ) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._authority = authority
        self._instance_discovery = instance_discovery
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_bundle or True
        self._session.mount("https://", _PatientAdapter(timeout))
        self._app: msal.ConfidentialClientApplication | None = None
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    def token(self) -> str:
        """A token that is good for a while. Raises SignInError."""
        with self._lock:
            if not self._token or time.monotonic() >= self._renew_at:
                self._sign_in()
            return self._token

    def discard(self, token: str) -> None:
        """Forget a token that was refused, unless another thread has replaced it already."""
        with self._lock:
            if token == self._token and self._app is not None:
                self._app.remove_tokens_for_client()
                self._token = ""

    def close(self) -> None:
        self._session.close()

    def _sign_in(self) -> None:
        try:
            if self._app is None:
                self._app = msal.ConfidentialClientApplication(
                    self._client_id,
                    client_credential=self._client_secret,
                    authority=self._authority,
                    instance_discovery=None if self._instance_discovery else False,
                    http_client=self._session,
                )
            answer: Mapping[str, object] = self._app.acquire_token_for_client([SCOPE])
        except (requests.RequestException, MsalError, RuntimeError, json.JSONDecodeError) as error:
            raise SignInError(
                f"cannot sign in to Microsoft: no usable answer from {self._authority}"
                f" ({type(error).__name__}); check the network, the authority's address and the CA bundle"
            ) from None  # the cause quotes the request
        except ValueError:  # msal's way to say that the authority, or what it answers, is not one
            raise SignInError(
                f"cannot sign in to Microsoft: {self._authority} is not an authority that can be used;"
                " check AZURE_TENANT_ID"
            ) from None
        if "access_token" not in answer:
            raise SignInError(_refusal(answer))
        life = float(str(answer["expires_in"]))
        self._token = str(answer["access_token"])
        self._renew_at = time.monotonic() + max(life - RENEW_BEFORE_EXPIRY, life / 2)


def _refusal(answer: Mapping[str, object]) -> str:
    """What a refused sign-in means, from Microsoft's own error numbers."""
    codes = answer.get("error_codes")
    numbers = [int(code) for code in codes] if isinstance(codes, list) else []
    advice = next((_ADVICE[number] for number in numbers if number in _ADVICE), _CHECK_ALL)
    named = ", ".join(f"AADSTS{number}" for number in numbers) or answer.get("error", "no reason given")
    return f"Microsoft refused the sign-in ({named}): {advice}"


class _PatientAdapter(HTTPAdapter):
    """Gives every request a timeout, which msal does not, and tries again after transient failures."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        super().__init__(
            max_retries=Retry(
                total=4,
                other=0,  # a certificate that is not trusted will not be trusted next time
                backoff_factor=0.5,
                status_forcelist=(429, 500, 502, 503, 504),
                allowed_methods=None,
                raise_on_status=False,
            )
        )

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - requests' own signature
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - requests' own signature
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        return super().send(request, stream, timeout or self._timeout, verify, cert, proxies)
