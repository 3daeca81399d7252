"""The tenant's users and organization: `/users`, `/organization`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scheduling_pipeline.simulators.graph import queries
from scheduling_pipeline.simulators.graph.errors import GraphError
from scheduling_pipeline.simulators.graph.filters import Property, matches, ordered, text
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.wire import Call, Reply
from scheduling_pipeline.simulators.school import Account

USER_PAGE = 100
_USUAL = (
    "businessPhones,displayName,givenName,id,jobTitle,mail,mobilePhone,officeLocation,preferredLanguage,surname,"
    "userPrincipalName"
)


@dataclass(frozen=True, slots=True)
class User:
    """A user account; the id follows from the UPN and stays the same for ever."""

    id: str
    upn: str
    display_name: str
    given_name: str
    surname: str
    has_mailbox: bool

    @property
    def owner(self) -> dict[str, str]:
        """The user as an `emailAddress`."""
        return {"name": self.display_name, "address": self.upn}


class Directory:
    """Answers directory calls, and knows who is meant by an id or UPN."""

    def __init__(self, accounts: Iterable[Account], settings: Settings) -> None:
        self._settings = settings
        self.users = [
            User(
                str(uuid.uuid5(uuid.NAMESPACE_URL, account.upn.lower())),
                account.upn,
                account.display_name,
                account.given_name,
                account.surname,
                account.has_mailbox,
            )
            for account in accounts
        ]
        self._by_name = {user.upn.lower(): user for user in self.users} | {
            user.id: user for user in self.users
        }

    def find(self, name: str) -> User | None:
        """The user of an id or UPN, in any letter case."""
        return self._by_name.get(name.lower())

    def list_users(self, call: Call) -> Reply:
        found: Iterable[User] = self.users
        if condition := queries.option(call, "$filter"):
            found = filter(matches(condition, self._readable), found)
        if order := queries.option(call, "$orderby"):
            found = ordered(found, order, self._readable)
        users = list(found)
        shown, link = queries.page(call, users, default=USER_PAGE)
        values = [self._document(user, queries.option(call, "$select")) for user in shown]
        return Reply(200, queries.collection(call, "users", values, len(users), link))

    def get_user(self, call: Call, name: str) -> Reply:
        user = self.find(name)
        if user is None:
            raise GraphError(
                404,
                "Request_ResourceNotFound",
                f"Resource '{name}' does not exist or one of its queried reference-property objects are not"
                " present.",
            )
        context = {"@odata.context": f"{call.base}/$metadata#users/$entity"}
        return Reply(200, context | self._document(user, queries.option(call, "$select")))

    def organization(self, call: Call) -> Reply:
        document = {
            "id": self._settings.tenant,
            "displayName": self._settings.organization,
            "countryLetterCode": "CH",
            "createdDateTime": "2020-01-01T00:00:00Z",
            "tenantType": "AAD",
            "verifiedDomains": [
                {
                    "name": self._settings.domain,
                    "isDefault": True,
                    "isInitial": True,
                    "type": "Managed",
                    "capabilities": "Email, OfficeCommunicationsOnline",
                }
            ],
        }
        document = queries.selection(queries.option(call, "$select"), document.keys())(document)
        return Reply(200, queries.collection(call, "organization", [document], 1, None))

    def _document(self, user: User, select: str) -> dict[str, Any]:
        full: dict[str, Any] = {
            "id": user.id,
            "businessPhones": [],
            "displayName": user.display_name,
            "givenName": user.given_name,
            "jobTitle": None,
            "mail": user.upn if self.licensed(user) else None,
            "mailNickname": user.upn.partition("@")[0],
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "surname": user.surname,
            "userPrincipalName": user.upn,
            "userType": "Member",
            "usageLocation": "CH",
            "accountEnabled": self.enabled(user),
        }
        return queries.selection(select or _USUAL, full.keys())(full)

    def licensed(self, user: User) -> bool:
        """Whether the user has a mailbox."""
        return user.has_mailbox and user.upn.lower() not in self._settings.unlicensed

    def enabled(self, user: User) -> bool:
        return user.upn.lower() not in self._settings.disabled

    @property
    def _readable(self) -> Mapping[str, Property[User]]:
        return {
            "id": text(lambda user: user.id),
            "displayName": text(lambda user: user.display_name),
            "givenName": text(lambda user: user.given_name),
            "surname": text(lambda user: user.surname),
            "userPrincipalName": text(lambda user: user.upn),
            "mail": text(lambda user: user.upn if self.licensed(user) else None),
            "accountEnabled": Property(self.enabled),
        }
