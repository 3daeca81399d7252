"""A simulated Google project behind real https, and people who give it their consent."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx

from resources.google import Google
from resources.google_wire import Json
from scheduling_pipeline.courses.credentials import Account
from scheduling_pipeline.simulators.control import Fault
from scheduling_pipeline.simulators.google.settings import Settings
from scheduling_pipeline.simulators.server import Simulators

CALENDAR = "https://www.googleapis.com/auth/calendar"


def google_of(environment: Mapping[str, str], **changes: Any) -> Google:  # noqa: ANN401 - fields of Google
    """The resource that talks to the simulators with this environment."""
    values: dict[str, Any] = {
        "client_id": environment["GOOGLE_CLIENT_ID"],
        "client_secret": environment["GOOGLE_CLIENT_SECRET"],
        "service_account_file": environment["GOOGLE_SERVICE_ACCOUNT_FILE"],
        "token_key": environment["GOOGLE_TOKEN_KEY"],
        "api_url": environment["GOOGLE_API_URL"],
        "token_url": environment["GOOGLE_TOKEN_URL"],
        "auth_url": environment["GOOGLE_AUTH_URL"],
        "ca_bundle": environment["GOOGLE_CA_BUNDLE"],
    }
    return Google(**{**values, **changes})


@dataclass(frozen=True)
class Project:
    """The simulated Google, and the project as its settings describe it."""

    simulators: Simulators

    @property
    def settings(self) -> Settings:
        return self.simulators.google.settings

    def google(self, **changes: Any) -> Google:  # noqa: ANN401 - fields of Google
        """The resource, set up for the simulator but for some changes; it does not wait long."""
        return google_of(self.simulators.environment, **{"attempts": 3, "patience": 3, **changes})

    def arm(self, kind: str, match: str, times: int | None = 1, **params: object) -> None:
        """Break something: `match` is a regular expression for `METHOD path`."""
        self.simulators.google.control.arm(Fault(kind, match, times, params=params))

    def calls(self, method: str, path: str) -> list[Json]:
        """The journal's calls, by method and the path below the API's version."""
        journal = self.simulators.google.control.journal()
        return [
            entry
            for entry in journal
            if entry["kind"] == "call" and entry["method"] == method and entry["path"] == path
        ]

    def token_requests(self) -> int:
        """How often a token was asked for."""
        journal = self.simulators.google.control.journal()
        return sum(entry["path"] == "/token" for entry in journal)

    def consent(self, email: str, user_id: int = 1) -> Account:
        """A person who has consented."""
        answer = self._control("consent", email)
        return Account(user_id, email, answer["refresh_token"], frozenset({CALENDAR}))

    def revoke(self, email: str) -> None:
        """A person who takes their consent back."""
        self._control("revoke", email)

    def call(self, account: Account, method: str, path: str, body: Json | None = None) -> Json:
        """What a person does themselves: a call with a token of their own."""
        with closing(self.google().people()) as people, self._browser() as browser:
            headers = {"Authorization": f"Bearer {people.fresh(account)}"}
            url = f"{self.simulators.google_url}/calendar/v3{path}"
            answer = browser.request(method, url, json=body, headers=headers).raise_for_status()
            found: Json = answer.json() if answer.content else {}
        return found

    def list_of(self, account: Account) -> list[Json]:
        """The calendars that a person sees."""
        found: list[Json] = self.call(account, "GET", "/users/me/calendarList")["items"]
        return found

    def reset(self) -> None:
        """Without faults, with Google's own limits, and nothing in the journal that counts."""
        self.simulators.google.control.clear_faults()
        self.settings.change(Settings().to_json())

    def person(self, decision: str = "allow", email: str | None = None) -> Callable[[str], None]:
        """What opens a page for somebody who answers it at once, maybe signed in with another account."""

        def answer(address: str) -> None:
            with self._browser() as browser:
                page = browser.get(address)
                assert page.is_success, page.text
                (hint,) = re.findall(r'name="email"[^>]* value="([^"]*)"', page.text)
                browser.post(address, data={"email": email or hint, "decision": decision})

        return answer

    def _control(self, what: str, email: str) -> Json:
        with self._browser() as browser:
            answer = browser.post(f"{self.simulators.google_url}/control/{what}", json={"email": email})
            found: Json = answer.raise_for_status().json()
        return found

    def _browser(self) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=str(self.simulators.ca_file))
        return httpx.Client(verify=trusted, trust_env=False, follow_redirects=True)
