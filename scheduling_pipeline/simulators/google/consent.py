"""The page on which a person allows the application to use their calendars, or does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates

from scheduling_pipeline.simulators.google import scopes
from scheduling_pipeline.simulators.google.codes import Allowed, Challenge, Codes
from scheduling_pipeline.simulators.google.grants import Grant, Grants
from scheduling_pipeline.simulators.google.settings import Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(eq=False)
class Unacceptable(Exception):  # noqa: N818 - what the page says, not a fault of the simulator
    """A request for consent that Google shows to the person as an error, without going back."""

    status: int
    error: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What an application asks a person for."""

    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    login_hint: str
    offline: bool
    prompt: frozenset[str]
    challenge: Challenge | None

    @classmethod
    def read(cls, query: Mapping[str, str], settings: Settings) -> Self:
        """Read the parameters of the authorization endpoint."""
        if _required(query, "client_id") != settings.client_id:
            raise Unacceptable(401, "invalid_client", "The OAuth client was not found.")
        redirect_uri = _required(query, "redirect_uri")
        if not _loopback(redirect_uri):
            raise Unacceptable(400, "redirect_uri_mismatch", "The address to go back to is not registered.")
        if _required(query, "response_type") != "code":
            raise Unacceptable(400, "unsupported_response_type", "Only response_type=code is possible.")
        asked = frozenset(_required(query, "scope").split())
        if not asked <= scopes.KNOWN:
            raise Unacceptable(400, "invalid_scope", "Some requested scopes were invalid.")
        access = query.get("access_type", "online")
        if access not in ("online", "offline"):
            raise Unacceptable(400, "invalid_request", f"Invalid parameter value for access_type: {access}")
        return cls(
            redirect_uri,
            asked,
            query.get("state"),
            query.get("login_hint", ""),
            access == "offline",
            frozenset(query.get("prompt", "").split()),
            _challenge(query),
        )

    def back(self, **answer: str) -> Response:
        """Send the browser back to the application."""
        parts = urlsplit(self.redirect_uri)
        state = {} if self.state is None else {"state": self.state}
        query = urlencode([*parse_qsl(parts.query), *(state | answer).items()])
        return RedirectResponse(urlunsplit(parts._replace(query=query)), 303)


class Consent:
    """The page, with its routes."""

    def __init__(self, grants: Grants, codes: Codes, settings: Settings, templates: Jinja2Templates) -> None:
        self._grants = grants
        self._codes = codes
        self._settings = settings
        self._templates = templates

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/o/oauth2/v2/auth", self._ask, methods=["GET"]),
            Route("/o/oauth2/v2/auth", self._answer, methods=["POST"]),
        ]

    async def _ask(self, request: Request) -> Response:
        try:
            asked = Asked.read(request.query_params, self._settings)
        except Unacceptable as error:
            return self._refused(request, error)
        return self._page(request, asked, asked.login_hint)

    async def _answer(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            asked = Asked.read(request.query_params, self._settings)
        except Unacceptable as error:
            return self._refused(request, error)
        if form.get("decision") != "allow":
            return asked.back(error="access_denied")
        email = form.get("email", "").strip().lower()
        name, _, domain = email.partition("@")
        if not name or domain != self._settings.domain:
            return self._page(request, asked, email, "Couldn't find this Google Account.", 400)
        # As Google does: whoever allowed it before gets a new refresh token only if asked again on purpose.
        anew = "consent" in asked.prompt or not self._grants.has_consented(email)
        grant = Grant(email, asked.scopes, offline=asked.offline and anew)
        code = self._codes.issue(Allowed(grant, asked.redirect_uri, asked.challenge))
        return asked.back(code=code, scope=" ".join(sorted(asked.scopes)))

    def _page(
        self, request: Request, asked: Asked, email: str, problem: str | None = None, status: int = 200
    ) -> Response:
        context = {"scopes": sorted(asked.scopes), "email": email, "problem": problem}
        return self._templates.TemplateResponse(request, "consent.html", context, status)

    def _refused(self, request: Request, error: Unacceptable) -> Response:
        return self._templates.TemplateResponse(request, "refused.html", {"error": error}, error.status)


def _required(query: Mapping[str, str], name: str) -> str:
    if not query.get(name):
        raise Unacceptable(400, "invalid_request", f"Missing required parameter: {name}")
    return query[name]


def _loopback(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK and not parts.fragment


def _challenge(query: Mapping[str, str]) -> Challenge | None:
    value, method = query.get("code_challenge"), query.get("code_challenge_method", "plain")
    if not value:
        return None
    if method not in ("plain", "S256"):
        raise Unacceptable(
            400, "invalid_request", f"Invalid parameter value for code_challenge_method: {method}"
        )
    return Challenge(value, cast('Literal["plain", "S256"]', method))
