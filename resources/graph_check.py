"""Whether Graph can be used as it is set up: what a doctor command shows, in plain words."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from resources.directory import DirectoryError, list_accounts
from resources.graph_client import BATCH, GraphClient
from resources.graph_sign_in import SignInError
from resources.graph_wire import Call, GraphError, user_path
from resources.outlook_mailboxes import cause_of
from scheduling_pipeline.calendars.provider import Cause
from scheduling_pipeline.timetable.accounts import Account

# Each permission with those that contain it.
NEEDED = {
    "User.Read.All": {"User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
    "Calendars.ReadWrite": set[str](),
}
OPTIONAL = {
    "MailboxSettings.ReadWrite": "without it, events carry the names of their categories but no colours",
    "Organization.Read.All": "without it, the tenant's name is not shown here",
}
WHERE_TO_GRANT = (
    "in the Entra admin centre: the application, API permissions, Microsoft Graph, application permissions"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `detail` says what was found, and what to do where it is not `ok`."""

    name: str
    ok: bool
    detail: str
    optional: bool = False


def check(client: GraphClient) -> Iterator[Finding]:
    """Try everything that the flows need, without writing anything; stops where going on makes no sense."""
    try:
        token = client.tokens.token()
    except SignInError as error:
        yield Finding("sign-in", ok=False, detail=str(error))
        return
    yield Finding("sign-in", ok=True, detail="Microsoft accepts the application's secret")
    yield from permissions(token)
    yield _organization(client)
    try:
        accounts = [account for account in list_accounts(client) if account.enabled]
    except DirectoryError as error:
        yield Finding("users", ok=False, detail=f"{error}; grant User.Read.All {WHERE_TO_GRANT}")
        return
    yield Finding("users", ok=bool(accounts), detail=f"{len(accounts)} enabled accounts")
    yield _calendars(client, accounts[:BATCH])


def roles_of(token: str) -> frozenset[str] | None:
    """The permissions that a token carries; None for a token that cannot be looked into."""
    parts = token.split(".")
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    except (IndexError, binascii.Error, orjson.JSONDecodeError):
        return None
    return frozenset(claims.get("roles", ()))


def permissions(token: str) -> Iterator[Finding]:
    """Which permissions a token carries, beside those that are needed or welcome."""
    roles = roles_of(token)
    if roles is None:
        yield Finding(
            "permissions", ok=True, detail="the token does not show them; tried below", optional=True
        )
        return
    for name, containing in NEEDED.items():
        granted = bool(roles & {name, *containing})
        yield Finding(
            name, ok=granted, detail="granted" if granted else f"missing; grant it {WHERE_TO_GRANT}"
        )
    for name, consequence in OPTIONAL.items():
        granted = name in roles
        yield Finding(name, ok=granted, detail="granted" if granted else consequence, optional=True)


def _organization(client: GraphClient) -> Finding:
    try:
        (tenant,) = client.collect(client.get("/organization?$select=displayName"))
    except GraphError as error:
        return Finding("tenant", ok=False, detail=str(error), optional=True)
    return Finding("tenant", ok=True, detail=str(tenant["displayName"]))


def _calendars(client: GraphClient, accounts: list[Account]) -> Finding:
    """Whether any of these accounts has a calendar that can be read."""
    calls = [
        Call("GET", f"{user_path(account.id)}/calendar?$select=name", mailbox=account.id)
        for account in accounts
    ]
    replies = client.batch(calls) if calls else []
    errors = [reply for reply in replies if isinstance(reply, GraphError)]
    readable = len(replies) - len(errors)
    if readable:
        detail = f"readable for {readable} of the first {len(replies)} accounts"
    elif all(cause_of(error) is Cause.NO_CALENDAR for error in errors):
        detail = "none of the first accounts has a mailbox; assign Exchange Online licences"
    else:
        detail = f"cannot be read ({errors[0]}); grant Calendars.ReadWrite {WHERE_TO_GRANT}"
    return Finding("calendars", ok=bool(readable), detail=detail)
