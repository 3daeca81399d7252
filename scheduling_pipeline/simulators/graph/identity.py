"""The Microsoft identity platform as far as an application without a user needs it: client credentials."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scheduling_pipeline.simulators.control import Control
from scheduling_pipeline.simulators.graph.errors import GraphError
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.store import Store

GRAPH = "https://graph.microsoft.com"


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - OAuth's own idea of an error is a reply
    """An OAuth error: HTTP status, OAuth's word for it, and Microsoft's number and sentence."""

    status: int
    error: str
    number: int
    sentence: str


class Identity:
    """Issues tokens and says which ones are good."""

    def __init__(self, store: Store, settings: Settings, control: Control) -> None:
        self._store = store
        self._settings = settings
        self._control = control

    def expire_tokens(self) -> None:
        """Every token issued so far is expired from now on."""
        self._store.remove_tokens()

    def check(self, authorization: str) -> None:
        """Refuse a Graph call whose `Authorization` header holds no good token."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("Access token is empty.")
        if self._store.tokens.get(token, 0.0) < time.time():
            raise _unauthorized("Lifetime validation failed, the token is expired.")

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self._openid, methods=["GET"]),
            Route("/{tenant}/discovery/v2.0/keys", self._keys, methods=["GET"]),
            Route("/common/discovery/instance", self._instance, methods=["GET"]),
        ]

    async def _token(self, request: Request) -> Response:
        path = request.url.path
        fault = self._control.fault("POST", path, "identity")
        if fault is None:
            response = await self._issue(request)
        else:
            response = Response("The service is unavailable.", int(fault.params.get("status", 503)))
        entry = {"method": "POST", "path": path, "status": response.status_code, "mailbox": None}
        self._control.record(entry | {"batched": False, "write": False, "answered": True})
        self._control.flush()
        return response

    async def _issue(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        try:
            self._check_tenant(request.path_params["tenant"])
            self._check_client(form)
            self._check_scope(form.get("scope", ""), request)
        except Refusal as refusal:
            return self._refused(refusal)
        token = secrets.token_urlsafe(32)
        self._store.put_token(token, time.time() + self._settings.expires_in)
        self._store.commit()
        life = self._settings.expires_in
        return JSONResponse(
            {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token},
            headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"},
        )

    def _check_tenant(self, tenant: str) -> None:
        if tenant.lower() not in (self._settings.tenant.lower(), self._settings.domain.lower()):
            raise Refusal(
                400,
                "invalid_request",
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are"
                " signing into the correct cloud. Check with your subscription administrator, this may happen"
                " if there are no active subscriptions for the tenant.",
            )

    def _check_client(self, form: dict[str, str]) -> None:
        grant = form.get("grant_type")
        client, secret = form.get("client_id", ""), form.get("client_secret")
        if grant is None:
            raise Refusal(
                400,
                "invalid_request",
                900144,
                "The request body must contain the following parameter: 'grant_type'.",
            )
        if grant != "client_credentials":
            raise Refusal(
                400,
                "unsupported_grant_type",
                70003,
                f"The app requested an unsupported grant type '{grant}'.",
            )
        if client.lower() != self._settings.client_id.lower():
            raise Refusal(
                400,
                "unauthorized_client",
                700016,
                f"Application with identifier '{client}' was not found in the directory"
                f" '{self._settings.organization}'. This can happen if the application has not been installed"
                " by the administrator of the tenant or consented to by any user in the tenant. You may have"
                " sent your authentication request to the wrong tenant.",
            )
        if secret is None:
            raise Refusal(
                401,
                "invalid_client",
                7000216,
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials'"
                " grant type.",
            )
        if not secrets.compare_digest(secret.encode(), self._settings.client_secret.encode()):
            raise Refusal(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client"
                f" secret value, not the client secret ID, for a secret added to app '{client}'.",
            )

    def _check_scope(self, scope: str, request: Request) -> None:
        resource, _, suffix = scope.strip().rpartition("/")
        if suffix != ".default":
            raise Refusal(
                400,
                "invalid_scope",
                1002012,
                f"The provided value for scope {scope} is not valid. Client credential flows must have a"
                " scope value with /.default suffixed to the resource identifier (application ID URI).",
            )
        if resource not in ("", GRAPH, _origin(request)):
            raise Refusal(
                400,
                "invalid_resource",
                500011,
                f"The resource principal named {resource} was not found in the tenant named"
                f" {self._settings.organization}.",
            )

    def _refused(self, refusal: Refusal) -> Response:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        now = f"{self._control.clock.now():%Y-%m-%d %H:%M:%SZ}"
        return JSONResponse(
            {
                "error": refusal.error,
                "error_description": f"AADSTS{refusal.number}: {refusal.sentence} Trace ID: {trace}"
                f" Correlation ID: {correlation} Timestamp: {now}",
                "error_codes": [refusal.number],
                "timestamp": now,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": f"https://login.microsoftonline.com/error?code={refusal.number}",
            },
            refusal.status,
        )

    async def _openid(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        try:
            self._check_tenant(tenant)
        except Refusal as refusal:
            return self._refused(refusal)
        authority = f"{_origin(request)}/{tenant}"
        return JSONResponse(
            {
                "issuer": f"{authority}/v2.0",
                "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
                "token_endpoint": f"{authority}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{authority}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{authority}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
                "msgraph_host": request.url.netloc,
            }
        )

    async def _keys(self, request: Request) -> Response:  # noqa: ARG002 - Starlette passes it
        return JSONResponse({"keys": []})  # tokens here are opaque: nothing is signed

    async def _instance(self, request: Request) -> Response:
        host = request.url.netloc
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{_origin(request)}/{self._settings.tenant}"
                "/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _unauthorized(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": 'Bearer realm=""'})
