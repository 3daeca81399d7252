"""One call, from the fault that may strike it to the entry in the journal."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from scheduling_pipeline.simulators.control import Control, Fault
from scheduling_pipeline.simulators.graph.batch import run_batch
from scheduling_pipeline.simulators.graph.categories import Categories
from scheduling_pipeline.simulators.graph.directory import Directory, User
from scheduling_pipeline.simulators.graph.drive_routing import DriveRoute
from scheduling_pipeline.simulators.graph.errors import (
    GraphError,
    NoAnswer,
    error_body,
    injected,
)
from scheduling_pipeline.simulators.graph.identity import Identity
from scheduling_pipeline.simulators.graph.outlook import Outlook
from scheduling_pipeline.simulators.graph.routing import DirectoryRoute, MailboxRoute, Router
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.sharepoint import SharePoint
from scheduling_pipeline.simulators.graph.store import Store
from scheduling_pipeline.simulators.graph.throttling import Throttle
from scheduling_pipeline.simulators.graph.wire import Call, Reply

BATCH = "/$batch"
FOREVER = 3600.0

_KINDS = ("http", "timeout", "expire_tokens", "slow", "drop_reply", "kill", "cut")


class Service:
    """Graph itself, without HTTP: calls come in, replies go out, faults apply on the way."""

    def __init__(
        self,
        control: Control,
        settings: Settings,
        store: Store,
        directory: Directory,
        identity: Identity,
        sharepoint: SharePoint,
    ) -> None:
        self._control = control
        self._settings = settings
        self._store = store
        self._directory = directory
        self._identity = identity
        self.outlook = Outlook(store, directory, control.clock)
        self._sharepoint = sharepoint
        self._router = Router(directory, self.outlook, Categories(store), sharepoint.router)
        self._throttle = Throttle(settings)

    async def answer(self, call: Call) -> Reply:
        """The reply to a call, an error included. `NoAnswer` where the caller is to hear nothing."""
        fault = self._control.fault(call.method, call.address, *_KINDS)
        try:
            reply = await self._struck(call, fault)
        except NoAnswer as silence:
            self._record(call, silence.status, answered=False)
            raise
        except GraphError as error:
            return self.refused(call, error)
        self._record(call, reply.status, answered=reply.share == 1)
        return _finished(call, reply, str(uuid.uuid4()))

    def refused(self, call: Call, error: GraphError) -> Reply:
        """The reply that an error makes."""
        self._record(call, error.status, answered=True)
        request_id = str(uuid.uuid4())
        date = self._control.clock.now().isoformat()[:19]
        body = error_body(error, date, request_id, call.headers.get("client-request-id", request_id))
        return _finished(call, Reply(error.status, body, dict(error.headers)), request_id)

    async def _struck(self, call: Call, fault: Fault | None) -> Reply:
        """The reply after the fault took its course."""
        if fault is None:
            return await self._performed(call)
        params: dict[str, Any] = fault.params
        match fault.kind:
            case "http":
                raise injected(params)
            case "timeout":
                raise NoAnswer(float(params.get("seconds", FOREVER)), None)
            case "expire_tokens":
                self._identity.expire_tokens()
                self._identity.check(call.headers.get("authorization", "Bearer expired"))
            case "slow":
                return await self._performed(call, extra=float(params["seconds"]))
            case "drop_reply":
                try:
                    status = (await self._performed(call)).status
                except GraphError as error:
                    status = error.status
                raise NoAnswer(0.0, status)
            case "cut":
                return _cut(await self._performed(call), call, float(params.get("share", 0.5)))
            case "kill":
                return await self._control.kill_around(fault, lambda: self._performed(call))
        return await self._performed(call)

    async def _performed(self, call: Call, *, extra: float = 0.0) -> Reply:
        """Answer the call; one to a mailbox holds one of its places for as long as that takes."""
        applied = call.prefer.applied  # an unknown zone is refused before anything happens
        if call.path == BATCH and not call.batched:
            await asyncio.sleep(extra)
            return await run_batch(call, self.answer)
        route = self._router.route(call)
        if isinstance(route, DirectoryRoute):
            _permit(
                route,
                self._settings,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )
            await asyncio.sleep(self._control.latency + extra)
            return route.answer(call)
        if isinstance(route, DriveRoute):
            return await self._of_drive(route, call, extra)
        user = self._user(route)
        with self._throttle.slot(user.id):
            await asyncio.sleep(self._control.latency + extra)  # also with 0: others get their turn meanwhile
            _permit(
                route,
                self._settings,
                "ErrorAccessDenied",
                "Access is denied. Check credentials and try again.",
            )
            if not self._directory.licensed(user):
                raise GraphError(
                    404,
                    "MailboxNotEnabledForRESTAPI",
                    "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
                )
            reply = route.answer(call, self._store.mailbox(user.id))
        if applied:
            reply.headers["Preference-Applied"] = applied
        return reply

    async def _of_drive(self, route: DriveRoute, call: Call, extra: float) -> Reply:
        """Answer a call to sites and drives, which is paid for even if it is refused."""
        limits = self._sharepoint.units.spend(route.units)
        await asyncio.sleep(self._control.latency + extra)
        _permit(
            route,
            self._settings,
            "accessDenied",
            "The caller does not have permission to perform the action.",
        )
        await self._sharepoint.drive.follow_clock()
        reply = route.answer(call)
        reply.headers |= limits
        return reply

    def _user(self, route: MailboxRoute) -> User:
        user = self._directory.find(route.user)
        if user is None:
            raise GraphError(404, "ErrorInvalidUser", f"The requested user '{route.user}' is invalid.")
        return user

    def _record(self, call: Call, status: int | None, *, answered: bool) -> None:
        user = None
        match call.segments:
            case ["users", name, _, *_]:
                user = self._directory.find(name)
        self._control.record(
            {
                "method": call.method,
                "path": call.address,
                "status": status,
                "mailbox": user.upn if user else None,
                "batched": call.batched,
                "write": call.write and call.path != BATCH,
                "answered": answered,
            }
        )


def _finished(call: Call, reply: Reply, request_id: str) -> Reply:
    """The reply with the headers that every reply has."""
    reply.headers["request-id"] = request_id
    reply.headers["client-request-id"] = call.headers.get("client-request-id", request_id)
    return reply


def _cut(reply: Reply, call: Call, share: float) -> Reply:
    """The reply of which only a share is to leave; a part of a batch cannot break off by itself."""
    if call.batched:
        raise NoAnswer(0.0, reply.status)
    reply.share = share
    return reply


def _permit(
    route: DirectoryRoute | MailboxRoute | DriveRoute, settings: Settings, code: str, message: str
) -> None:
    if not route.roles & settings.roles:
        raise GraphError(403, code, message)
