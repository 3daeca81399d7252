"""One request, from its session to the entry in the journal, and the faults on the way."""

from __future__ import annotations

import asyncio
import secrets

from scheduling_pipeline.simulators.control import Control, Fault
from scheduling_pipeline.simulators.workfossa import faults
from scheduling_pipeline.simulators.workfossa.model import Account, Orders
from scheduling_pipeline.simulators.workfossa.pages import Pages
from scheduling_pipeline.simulators.workfossa.paths import DASHBOARD, HOME, LOGIN, needs_session
from scheduling_pipeline.simulators.workfossa.sessions import COOKIE, Sessions
from scheduling_pipeline.simulators.workfossa.settings import Settings
from scheduling_pipeline.simulators.workfossa.site import Site
from scheduling_pipeline.simulators.workfossa.wire import Call, Reply, redirect

_ERROR = "Invalid credentials."
_NOTICES = {
    ("GET", "/passwords/reset"): (200, "Reset password", "Ask your administrator for a new password."),
    ("GET", "/sso"): (200, "Single sign-on", "There is no identity provider here."),
}
_NOT_FOUND = (404, "404", "Page not found.")


class NoAnswer(Exception):  # noqa: N818 - what the client experiences, not a fault of the simulator
    """No reply: the connection breaks after so many silent seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("no answer")
        self.seconds = seconds


class Service:
    """The site as a client meets it: requests come in, pages go out, faults apply on the way."""

    def __init__(
        self,
        control: Control,
        orders: Orders,
        sessions: Sessions,
        settings: Settings,
        pages: Pages,
        site: Site,
    ) -> None:
        self._control = control
        self._orders = orders
        self._sessions = sessions
        self._settings = settings
        self._pages = pages
        self._site = site

    async def answer(self, call: Call) -> Reply:
        """The reply. Raises NoAnswer where there is to be none."""
        await asyncio.sleep(self._control.latency)  # also with 0: others get their turn meanwhile
        account = self._account(call)
        if account is None and needs_session(call.path):
            return self._noted(call, self._turned_away(call))
        fault = self._control.fault(call.method, call.path, *faults.kinds(call))
        if fault is None:
            return self._noted(call, self._handle(call, account), account)
        if fault.kind in faults.SILENT:
            self._note(call, None, account, fault)
            raise NoAnswer(faults.silence(fault))
        if fault.kind == "kill":

            async def perform() -> Reply:
                return self._noted(call, self._handle(call, account), account, fault)

            return await self._control.kill_around(fault, perform)
        return self._noted(call, self._struck(call, account, fault), account, fault)

    def _struck(self, call: Call, account: Account | None, fault: Fault) -> Reply:
        """The reply that a fault makes of a request."""
        match fault.kind:
            case "http":
                return faults.broken(fault)
            case "slow":
                return faults.late(fault, self._handle(call, account))
            case "login_page":
                return self._login_form(call)
            case "expired_session":
                self._sessions.close(call.session)
                return self._turned_away(call)
            case _:
                return self._handle(call, account, fault)

    # What the site itself answers

    def _handle(self, call: Call, account: Account | None, fault: Fault | None = None) -> Reply:
        if account and call.method == "GET" and needs_session(call.path):
            return self._site.answer(call, account, fault)
        match call.method, call.path:
            case "GET", "/" | "/login":
                return redirect(DASHBOARD) if account else self._login_form(call)
            case "POST", "/login":
                return self._log_in(call, fault)
            case "GET", "/logout":
                self._sessions.close(call.session)
                return redirect(HOME)
            case _:
                status, title, text = _NOTICES.get((call.method, call.path), _NOT_FOUND)
                return Reply(self._pages.notice(title, text), status)

    def _log_in(self, call: Call, fault: Fault | None) -> Reply:
        if not self._sessions.use_token(call.form.get("_token", ""), call.session):
            return Reply(self._pages.notice("419", "Page expired."), 419)
        account = self._known(call.form.get("email", ""), call.form.get("password", ""))
        if account is None or fault is not None:
            self._sessions.flash(call.session, str(fault.params.get("text", _ERROR)) if fault else _ERROR)
            return redirect(LOGIN)
        self._sessions.close(call.session)
        reply = redirect(DASHBOARD)
        reply.headers["set-cookie"] = _cookie(self._sessions.open(account.email, self._control.clock.now()))
        return reply

    def _known(self, email: str, password: str) -> Account | None:
        """The account that has this address, in whatever case, and this password."""
        for account in self._orders.accounts:
            if account.email == email.strip().lower():
                same = secrets.compare_digest(account.password.encode(), password.encode())
                return account if same else None
        return None

    def _account(self, call: Call) -> Account | None:
        """Whose session the request has."""
        email = self._sessions.enter(call.session, self._control.clock.now())
        return next((account for account in self._orders.accounts if account.email == email), None)

    def _login_form(self, call: Call) -> Reply:
        key = self._sessions.visitor(call.session, self._control.clock.now())
        token, error = self._sessions.issue_token(key), self._sessions.take_error(key)
        headers = {} if key == call.session else {"set-cookie": _cookie(key)}
        return Reply(self._pages.login(token, error), headers=headers)

    def _turned_away(self, call: Call) -> Reply:
        """What somebody without a session gets."""
        return redirect(LOGIN) if self._settings.expiry == "redirect" else self._login_form(call)

    # The journal

    def _noted(
        self, call: Call, reply: Reply, account: Account | None = None, fault: Fault | None = None
    ) -> Reply:
        self._note(call, reply, account, fault)
        return reply

    def _note(self, call: Call, reply: Reply | None, account: Account | None, fault: Fault | None) -> None:
        """Write a request down before its answer leaves, so that whoever has the answer finds it noted."""
        self._control.record(
            {
                "method": call.method,
                "path": call.path,
                "query": call.query,
                "account": account.email if account else None,
                "status": reply.status if reply else None,
                "fault": fault.kind if fault else None,
                "forbidden": call.method != "GET" and (call.method, call.path) != ("POST", LOGIN),
            }
        )
        self._control.flush()


def _cookie(key: str) -> str:
    return f"{COOKIE}={key}; path=/; HttpOnly; SameSite=Lax"
