"""One call, from its token to the entry in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

import orjson

from scheduling_pipeline.simulators.control import Control, Fault
from scheduling_pipeline.simulators.google import batch, scopes
from scheduling_pipeline.simulators.google.errors import (
    GoogleError,
    NoAnswer,
    bad_request,
    injected,
    not_found,
    unauthorized,
)
from scheduling_pipeline.simulators.google.grants import Grants
from scheduling_pipeline.simulators.google.identity import Identity
from scheduling_pipeline.simulators.google.messages import Request, Response, encode
from scheduling_pipeline.simulators.google.quota import Quota
from scheduling_pipeline.simulators.google.wire import Call, Reply

ROOT = "/calendar/v3"
_KINDS = ("http", "drop_reply", "lose_request", "kill")
T = TypeVar("T", Reply, Response)


class Handler(Protocol):
    """The API itself, without HTTP, tokens, quota and faults."""

    def handle(self, call: Call) -> Reply: ...


class Service:
    """The API as an application meets it: requests come in, responses go out, faults apply on the way."""

    def __init__(
        self, control: Control, api: Handler, grants: Grants, identity: Identity, quota: Quota
    ) -> None:
        self._control = control
        self._api = api
        self._grants = grants
        self._identity = identity
        self._quota = quota

    async def answer(self, request: Request) -> Response:
        """The response to an HTTP request, one call or a batch. `NoAnswer` where there is to be none."""
        await asyncio.sleep(self._control.latency)  # also with 0: others get their turn meanwhile
        batched = (request.method, request.path) == ("POST", batch.PATH)
        try:
            response = await (self._batch(request) if batched else self._call(request))
        except NoAnswer as silence:
            self._record_http(request, silence.status, answered=False)
            raise
        self._record_http(request, response.status, answered=True)
        return response

    async def _batch(self, request: Request) -> Response:
        fault = self._control.fault(request.method, request.path, *_KINDS)
        try:
            return await self._struck(fault, lambda: batch.run_batch(request, self._call))
        except GoogleError as error:
            return encode(error.reply())

    async def _call(self, request: Request) -> Response:
        call = Call(
            request.method, request.path.removeprefix(ROOT), request.query, request.headers, None, caller=""
        )
        try:
            response = encode(await self._answered(request, call))
        except GoogleError as error:
            response = encode(error.reply())
        except NoAnswer as silence:
            self._record_call(call, silence.status, answered=False)
            raise
        self._record_call(call, response.status, answered=True)
        return response

    async def _answered(self, request: Request, call: Call) -> Reply:
        """Let the call in, and let a fault take its course with it."""
        token = self._identity.authenticate(call.headers)
        call.caller = token.grant.email
        self._quota.spend(call.caller, _quota_user(call))
        scopes.require(token.grant.scopes, call.method, call.path)
        if not request.path.startswith(f"{ROOT}/"):
            raise not_found()
        call.body = _json(request.body)
        fault = self._control.fault(call.method, unquote(call.path), *_KINDS, "expired_token")
        if fault is not None and fault.kind == "expired_token":
            self._grants.expire(token.token)
            raise unauthorized()

        async def perform() -> Reply:
            return self._api.handle(call)

        return await self._struck(fault, perform)

    async def _struck(self, fault: Fault | None, perform: Callable[[], Awaitable[T]]) -> T:
        """What is to be answered after the fault took its course."""
        if fault is None:
            return await perform()
        match fault.kind:
            case "http":
                raise injected(fault.params)
            case "lose_request":
                raise NoAnswer(None)
            case "drop_reply":
                try:
                    status = (await perform()).status
                except GoogleError as error:
                    status = error.status
                raise NoAnswer(status)
            case _:
                return await self._control.kill_around(fault, perform)

    def _record_call(self, call: Call, status: int | None, *, answered: bool) -> None:
        """Note a call. Who has no good token has no quota either: that costs nothing."""
        self._control.record(
            {
                "kind": "call",
                "method": call.method,
                "path": unquote(call.path),
                "caller": call.caller or None,
                "quota_user": _quota_user(call),
                "status": status,
                "cost": 1 if call.caller else 0,
                "answered": answered,
            }
        )

    def _record_http(self, request: Request, status: int | None, *, answered: bool) -> None:
        self._control.record(
            {
                "kind": "http",
                "method": request.method,
                "path": unquote(request.path),
                "status": status,
                "answered": answered,
            }
        )


def _quota_user(call: Call) -> str | None:
    return call.query.get("quotaUser", [None])[0] or None


def _json(body: bytes) -> dict[str, Any] | None:
    """The body of a call, if it has one."""
    if not body:
        return None
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise bad_request("parseError", "Parse Error") from None
    if not isinstance(found, dict):
        raise bad_request("parseError", "Parse Error")
    return found
