"""A session with Crossmark: signed in and proven to be so, signed in again when it is over.

Who sends what again: reads, while what is wrong may pass, and once more after signing in again. A write goes
out once, in a session that is not past its time. It goes out a second time in one case only: the site
refused it with status 401 or by leading to its login page, as its front door does before it looks at the
request. A login page as the very answer proves nothing, and is left to be looked up.
"""

from __future__ import annotations

import time
from http.cookies import SimpleCookie
from math import inf

import httpx

from resources.crossmark_wire import Call, CrossmarkError, Fault, Json, Reply, decoded, unanswered
from resources.patience import AgainError, Patience, attempts
from scheduling_pipeline.roster.planner import PlannerError

COOKIE = "PHPSESSID"

# The site was made for browsers, and they call these zones by their older names.
_AS_BROWSERS_SAY = {
    "America/Indiana/Indianapolis": "America/Indianapolis",
    "America/Kentucky/Louisville": "America/Louisville",
}
_WHO = Call("asking who is signed in", "POST", "/users/getUserInfo")


class CrossmarkSession:
    """One account's session. `zone` is an IANA name; after `session_seconds` it is signed in again."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        base_url: str,
        username: str,
        password: str,
        zone: str,
        session_seconds: float,
        patience: Patience,
    ) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._username = username
        self._sign_in = Call(
            "signing in",
            "POST",
            "/login/authenticate",
            page="/login",
            json={
                "UserType": "MVEntityUser",
                "UserID": username,
                "Password": password,
                "Timezone": _AS_BROWSERS_SAY.get(zone, zone),
            },
        )
        self._session_seconds = session_seconds
        self._patience = patience
        self._good_until = -inf  # on the monotonic clock
        self._not_accepted = ""

    def sign_in(self) -> None:
        """Sign in afresh, and make sure of it. Raises PlannerError.

        What the site did not accept is not tried again: many wrong passwords lock an account.
        """
        if self._not_accepted:
            raise PlannerError(self._not_accepted)
        for attempt in attempts(self._patience):
            with attempt:
                error = self._try_to_sign_in()
                if error is not None and error.passing:
                    raise AgainError(error.retry_after)
        if error is None:
            return
        if error.signed_out:
            self._not_accepted = f"Crossmark does not accept CROSSMARK_USER and CROSSMARK_PASSWORD ({error})"
            raise PlannerError(self._not_accepted)
        raise PlannerError(
            f"Crossmark lets nobody sign in ({error}); check CROSSMARK_URL and CROSSMARK_CA_BUNDLE,"
            " or try again later"
        )

    def read(self, call: Call) -> Json:
        """The answer to a call that changes nothing. Raises PlannerError."""
        for attempt in attempts(self._patience):
            with attempt:
                reply = self._ask_signed_in(call)
                if isinstance(reply, CrossmarkError) and reply.signed_out:
                    reply = self._ask_signed_in(call)
                if isinstance(reply, CrossmarkError) and reply.passing:
                    raise AgainError(reply.retry_after)
        if isinstance(reply, CrossmarkError):
            advice = "; try again later" if reply.passing else ""
            raise PlannerError(f"Crossmark cannot be read: {call.what}: {reply}{advice}")
        return reply

    def write(self, call: Call) -> Reply:
        """The answer to a call that changes something; sent once, see above.

        Raises PlannerError where it was not executed because nobody could be signed in.
        """
        reply = self._ask_signed_in(call)
        if isinstance(reply, CrossmarkError) and reply.fault is Fault.SIGNED_OUT:
            reply = self._ask_signed_in(call)
        return reply

    def _ask_signed_in(self, call: Call) -> Reply:
        if time.monotonic() >= self._good_until:
            self.sign_in()
        reply = self._ask(call)
        if isinstance(reply, CrossmarkError) and reply.signed_out:
            self._good_until = -inf
        return reply

    def _try_to_sign_in(self) -> CrossmarkError | None:
        """The site answers a sign-in in many ways, also with its login page: who is signed in, proves it."""
        self._http.cookies.clear()  # or else the session before would be the proof
        self._good_until = -inf
        answer = self._ask(self._sign_in)
        if isinstance(answer, CrossmarkError) and answer.fault not in {Fault.UNREADABLE, Fault.LOGIN_PAGE}:
            return answer
        who = self._ask(_WHO)
        if isinstance(who, CrossmarkError):
            return who
        names = {str(who.get(key)).casefold() for key in ("username", "email")}
        if self._username.casefold() not in names:
            return CrossmarkError(Fault.SIGNED_OUT, "afterwards it is not this user who is signed in")
        self._good_until = time.monotonic() + self._session_seconds
        return None

    def _ask(self, call: Call) -> Reply:
        try:
            response = self._http.send(call.request(self._http, self._base_url))
        except httpx.RequestError as error:
            return unanswered(error)
        self._keep_one_cookie(response)
        return decoded(response)

    def _keep_one_cookie(self, response: httpx.Response) -> None:
        """The site sets its cookie for several paths, and does not know us when we send it twice."""
        values = [
            morsel.value
            for line in response.headers.get_list("set-cookie")
            for name, morsel in SimpleCookie(line).items()
            if name == COOKIE
        ]
        if values:
            self._http.cookies.delete(COOKIE)
            self._http.cookies.set(COOKIE, values[-1])
