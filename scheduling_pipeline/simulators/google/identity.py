"""Google's identity platform as far as the API needs it: the token endpoint, tokeninfo, revocation.

Tokens live in real time: their clients ask the computer's clock, not the simulated one.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.google import scopes
from scheduling_pipeline.simulators.google.codes import Codes, Unusable
from scheduling_pipeline.simulators.google.errors import unauthorized
from scheduling_pipeline.simulators.google.grants import AccessToken, Grant, Grants
from scheduling_pipeline.simulators.google.settings import Settings

TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105 - what google-auth always names
ASSERTION_SECONDS = 3600
_LEEWAY_SECONDS = 60
_UNTRUSTED_TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
    " Check your iat and exp values in the JWT claim."
)

Form = Mapping[str, str]


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - OAuth's own idea of an error is a reply
    """An OAuth error: HTTP status, OAuth's word for it, and Google's sentence."""

    status: int
    error: str
    sentence: str


class Identity:
    """Issues tokens and says which ones are good. `key` proves the service account."""

    def __init__(
        self, grants: Grants, codes: Codes, settings: Settings, control: Control, key: RSAPublicKey
    ) -> None:
        self._grants = grants
        self._codes = codes
        self._settings = settings
        self._control = control
        self._key = key
        self._kinds: dict[str, Callable[[Form, str], tuple[Grant, dict[str, str]]]] = {
            "urn:ietf:params:oauth:grant-type:jwt-bearer": self._by_assertion,
            "refresh_token": self._by_refresh_token,
            "authorization_code": self._by_code,
        }

    def authenticate(self, headers: Mapping[str, str]) -> AccessToken:
        """The token in a call's `Authorization` header; 401 for none that is good."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        found = self._grants.find(token) if scheme.lower() == "bearer" else None
        if found is None:
            raise unauthorized()
        return found

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/token", self._token, methods=["POST"]),
            Route("/oauth2/v3/tokeninfo", self._tokeninfo, methods=["GET", "POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
        ]

    async def _token(self, request: Request) -> Response:
        await asyncio.sleep(self._control.latency)
        fault = self._control.fault("POST", "/token", "identity")
        caller = None
        if fault is not None:
            status = int(fault.params.get("status", 503))
            response = JSONResponse({"error": "internal_failure"}, status)
        else:
            try:
                caller, body = self._issue(
                    {**await _form(request), **_basic(request)},
                    f"{request.url.scheme}://{request.url.netloc}",
                )
                response = JSONResponse(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})
            except Refusal as refusal:
                response = _refused(refusal)
        self._record(request, response.status_code, caller)
        return response

    def _issue(self, form: Form, origin: str) -> tuple[str, dict[str, object]]:
        """Whose access token, and the body that brings it."""
        kind = _required(form, "grant_type")
        if kind not in self._kinds:
            raise Refusal(400, "unsupported_grant_type", f"Invalid grant_type: {kind}")
        grant, more = self._kinds[kind](form, origin)
        token = self._grants.issue(grant, self._settings.expires_in)
        body = {"access_token": token, "expires_in": self._settings.expires_in, "token_type": "Bearer"}
        return grant.email, body | more

    def _by_assertion(self, form: Form, origin: str) -> tuple[Grant, dict[str, str]]:
        assertion = _required(form, "assertion")
        try:
            claims = jwt.decode(
                assertion,
                self._key,
                algorithms=["RS256"],
                audience=[TOKEN_ADDRESS, f"{origin}/token"],
                leeway=_LEEWAY_SECONDS,
                options={"require": ["iss", "iat", "exp", "aud", "scope"]},
            )
        except jwt.InvalidSignatureError:
            raise Refusal(400, "invalid_grant", "Invalid JWT Signature.") from None
        except jwt.InvalidAudienceError:
            raise Refusal(
                400,
                "invalid_grant",
                f"Invalid JWT: Failed audience check. The right audience is {TOKEN_ADDRESS}",
            ) from None
        except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
            raise Refusal(400, "invalid_grant", _UNTRUSTED_TIMES) from None
        except jwt.InvalidTokenError:
            raise Refusal(400, "invalid_grant", "Bad Request") from None
        if claims["exp"] - claims["iat"] > ASSERTION_SECONDS:
            raise Refusal(400, "invalid_grant", _UNTRUSTED_TIMES)
        if claims["iss"] != self._settings.service_account:
            raise Refusal(400, "invalid_grant", "Invalid grant: account not found")
        if "sub" in claims:  # domain-wide delegation, which no administrator has given here
            raise Refusal(
                401,
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client not authorized"
                " for any of the scopes requested.",
            )
        asked = frozenset(str(claims["scope"]).split())
        if not asked or not asked <= scopes.KNOWN:
            raise Refusal(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return Grant(self._settings.service_account, asked), {}

    def _by_refresh_token(self, form: Form, _origin: str) -> tuple[Grant, dict[str, str]]:
        self._check_client(form)
        found = self._grants.refreshed(_required(form, "refresh_token"))
        if found is None:
            raise Refusal(400, "invalid_grant", "Bad Request")
        grant, good = found
        if not good:
            raise Refusal(400, "invalid_grant", "Token has been expired or revoked.")
        asked = frozenset(form.get("scope", "").split()) or grant.scopes
        if not asked <= grant.scopes:
            raise Refusal(400, "invalid_scope", "Bad Request")
        return replace(grant, scopes=asked), {"scope": " ".join(sorted(asked))}

    def _by_code(self, form: Form, _origin: str) -> tuple[Grant, dict[str, str]]:
        self._check_client(form)
        try:
            redeemed = self._codes.redeem(
                _required(form, "code"), _required(form, "redirect_uri"), form.get("code_verifier")
            )
        except Unusable as unusable:
            raise Refusal(400, unusable.error, unusable.sentence) from None
        more = {"scope": " ".join(sorted(redeemed.grant.scopes))}
        if redeemed.grant.offline:
            more["refresh_token"] = self._grants.consent(redeemed.grant.email, redeemed.grant.scopes)
        return redeemed.grant, more

    def _check_client(self, form: Form) -> None:
        if form.get("client_id") != self._settings.client_id:
            raise Refusal(401, "invalid_client", "The OAuth client was not found.")
        given = form.get("client_secret", "").encode()
        if not secrets.compare_digest(given, self._settings.client_secret.encode()):
            raise Refusal(401, "invalid_client", "The provided client secret is invalid.")

    async def _tokeninfo(self, request: Request) -> Response:
        token = request.query_params.get("access_token") or (await _form(request)).get("access_token", "")
        found = self._grants.find(token)
        if found is None:
            return _refused(Refusal(400, "invalid_token", "Invalid Value"))
        client = self._settings.client_id
        body = {
            "azp": client,
            "aud": client,
            "scope": " ".join(sorted(found.grant.scopes)),
            "exp": str(int(found.expires)),
            "expires_in": str(int(found.expires - time.time())),
            "access_type": "offline" if found.grant.offline else "online",
        }
        if scopes.EMAIL in found.grant.scopes:
            body |= {"email": found.grant.email, "email_verified": "true"}
        return JSONResponse(body)

    async def _revoke(self, request: Request) -> Response:
        """End the whole grant that a token, of either kind, belongs to."""
        token = request.query_params.get("token") or (await _form(request)).get("token", "")
        refreshed, access = self._grants.refreshed(token), self._grants.find(token)
        email = None
        if access is not None:
            email = access.grant.email
        elif refreshed is not None and refreshed[1]:
            email = refreshed[0].email
        if email is None:
            response = _refused(Refusal(400, "invalid_token", "Token expired or revoked"))
        else:
            self._grants.revoke(email)
            response = JSONResponse({})
        self._record(request, response.status_code, email)
        return response

    def _record(self, request: Request, status: int, caller: str | None) -> None:
        self._control.record(
            {
                "kind": "http",
                "method": request.method,
                "path": request.url.path,
                "status": status,
                "caller": caller,
                "answered": True,
            }
        )
        self._control.flush()


async def _form(request: Request) -> Form:
    return {name: str(value) for name, value in (await request.form()).items()}


def _basic(request: Request) -> Form:
    """The client's credentials, if they came by HTTP Basic."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal(401, "invalid_client", "The OAuth client was not found.") from None
    return {"client_id": unquote(client), "client_secret": unquote(secret)}


def _required(form: Form, name: str) -> str:
    if not form.get(name):
        raise Refusal(400, "invalid_request", f"Missing required parameter: {name}")
    return form[name]


def _refused(refusal: Refusal) -> JSONResponse:
    return JSONResponse({"error": refusal.error, "error_description": refusal.sentence}, refusal.status)
