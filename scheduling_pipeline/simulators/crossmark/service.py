"""One call, from its session to the entry in the journal, and the faults on the way."""

from __future__ import annotations

import asyncio
import secrets

from scheduling_pipeline.simulators.control import Control, Fault
from scheduling_pipeline.simulators.crossmark import faults
from scheduling_pipeline.simulators.crossmark.book import Book
from scheduling_pipeline.simulators.crossmark.controllers import Controllers
from scheduling_pipeline.simulators.crossmark.pages import Pages
from scheduling_pipeline.simulators.crossmark.sessions import COOKIE, Sessions
from scheduling_pipeline.simulators.crossmark.settings import Settings
from scheduling_pipeline.simulators.crossmark.wire import Call, Json, Reply, redirect

LOGIN, AUTHENTICATE, LOGOUT, PLANNING = "/login", "/login/authenticate", "/logout", "/planning"
_WITHOUT_SESSION = {"/", LOGIN, AUTHENTICATE, LOGOUT}
_LOGIN_KEYS = {"UserType", "UserID", "Password", "Timezone"}
_USER_ID = "10001"


class NoAnswer(Exception):  # noqa: N818 - what the client experiences, not a fault of the simulator
    """No reply: the connection breaks after so many silent seconds."""

    def __init__(self, fault: Fault) -> None:
        super().__init__("no answer")
        self.seconds = float(fault.params.get("seconds", 0))


class Service:
    """The site as a client meets it: calls come in, replies go out, faults apply on the way."""

    def __init__(
        self,
        control: Control,
        controllers: Controllers,
        book: Book,
        sessions: Sessions,
        settings: Settings,
        pages: Pages,
    ) -> None:
        self._control = control
        self._controllers = controllers
        self._book = book
        self._sessions = sessions
        self._settings = settings
        self._pages = pages

    async def answer(self, call: Call) -> Reply:
        """The reply. Raises NoAnswer where there is to be none."""
        await asyncio.sleep(self._control.latency)  # also with 0: others get their turn meanwhile
        if call.path not in _WITHOUT_SESSION and not self._logged_in(call):
            return self._noted(call, self._turned_away())
        fault = self._control.fault(call.method, call.path, *faults.kinds(call))
        if fault is None:
            return self._noted(call, self._handle(call))
        if fault.kind == "kill":

            async def perform() -> Reply:
                return self._noted(call, self._handle(call), fault)

            return await self._control.kill_around(fault, perform)
        if fault.kind == "lose_request":
            self._note(call, None, fault)
            raise NoAnswer(fault)
        if fault.kind == "drop_reply":
            self._note(call, self._handle(call), fault, answered=False)
            raise NoAnswer(fault)
        return self._noted(call, self._struck(call, fault), fault)

    def _struck(self, call: Call, fault: Fault) -> Reply:
        """The reply that a fault makes of a call, with the effect that it leaves."""
        if fault.kind in faults.INSTEAD:
            return self._answered_instead(call, fault)
        if fault.kind == "http" and fault.params.get("when") != "after":
            return faults.broken(fault)
        if fault.kind == "no_effect":
            with self._book.pretending():
                reply = self._handle(call)
            reply.effect = None
            return reply
        if fault.kind == "wrong_write":
            return self._handle(faults.miswritten(fault, call))
        return faults.distorted(fault, self._handle(call))

    def _answered_instead(self, call: Call, fault: Fault) -> Reply:
        """What comes in place of the planner's answer, and nothing is done."""
        if fault.kind == "refused":
            return faults.refused(fault)
        if fault.kind == "login_page":
            return Reply(text=self._pages.login())
        self._sessions.close(call.session)
        return self._turned_away()

    # What the site itself answers

    def _handle(self, call: Call) -> Reply:
        match call.method, call.path:
            case "GET", "/" | "/login":
                return redirect(f"{PLANNING}/") if self._logged_in(call) else Reply(text=self._pages.login())
            case "POST", "/login/authenticate":
                return self._authenticate(call)
            case "GET", "/logout":
                self._sessions.close(call.session)
                return redirect(LOGIN)
            case "GET", "/planning":
                return Reply(text=self._pages.planning(call.query))
            case _:
                return self._controllers.handle(call)

    def _authenticate(self, call: Call) -> Reply:
        asked, settings = call.json or {}, self._settings
        if set(asked) != _LOGIN_KEYS or asked["UserType"] != "MVEntityUser":
            return Reply({"success": False, "message": "The login is not complete."})
        given = f"{asked['UserID']}\n{asked['Password']}"
        if not secrets.compare_digest(given.encode(), f"{settings.user}\n{settings.password}".encode()):
            return Reply({"success": False, "message": "Wrong user or password."}, status=401)
        self._sessions.close(call.session)
        key = self._sessions.open(self._control.clock.now())
        cookie = {"set-cookie": f"{COOKIE}={key}; path=/; HttpOnly"}
        if settings.login == "page":
            return Reply(text=self._pages.planning({}), headers=cookie)
        if settings.login == "session":
            return Reply({"success": True, "sessionId": key, "userId": _USER_ID}, headers=cookie)
        return Reply({"redirectUrl": f"{PLANNING}/"}, headers=cookie)

    def _logged_in(self, call: Call) -> bool:
        return self._sessions.enter(call.session, self._control.clock.now())

    def _turned_away(self) -> Reply:
        """What somebody without a session gets."""
        if self._settings.expiry == "unauthorized":
            return Reply(text="Unauthorized", status=401)
        return redirect(LOGIN)

    # The journal

    def _noted(self, call: Call, reply: Reply, fault: Fault | None = None) -> Reply:
        self._note(call, reply, fault)
        return reply

    def _note(self, call: Call, reply: Reply | None, fault: Fault | None, *, answered: bool = True) -> None:
        """Write a call down before its answer leaves, so that whoever has the answer finds it noted."""
        entry: Json = call.for_journal() | {
            "status": reply.status if reply else None,
            "answered": answered and reply is not None,
            "fault": fault.kind if fault else None,
            "effect": reply.effect if reply else None,
        }
        self._control.record(entry)
        self._control.flush()
