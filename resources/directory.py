"""The tenant's directory: its users, as the accounts that names are matched with."""

from __future__ import annotations

from resources.graph_client import GraphClient
from resources.graph_wire import GraphError
from scheduling_pipeline.timetable.accounts import Account

USERS = "/users?$select=id,userPrincipalName,displayName,accountEnabled&$top=999"


class DirectoryError(Exception):
    """The directory could not be listed; the message gives Graph's reason."""


def list_accounts(client: GraphClient) -> list[Account]:
    """All users of the tenant, disabled ones included. Raises DirectoryError or SignInError."""
    try:
        users = client.collect(client.get(USERS))
    except GraphError as error:
        raise DirectoryError(f"the directory could not be listed: {error}") from error
    return [
        Account(
            id=user["id"],
            upn=user["userPrincipalName"],
            display_name=user["displayName"] or "",
            enabled=bool(user["accountEnabled"]),
        )
        for user in users
    ]
