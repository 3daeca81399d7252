"""The tenant's directory: its users, as the accounts that names are matched with."""

from __future__ import annotations

from resources.graph_client import GraphClient
from scheduling_pipeline.timetable.accounts import Account

USERS = "/users?$select=id,userPrincipalName,displayName,accountEnabled&$top=999"


def list_accounts(client: GraphClient) -> list[Account]:
    """All users of the tenant, disabled ones included. Raises GraphError or SignInError."""
    return [
        Account(
            id=user["id"],
            upn=user["userPrincipalName"],
            display_name=user["displayName"] or "",
            enabled=bool(user["accountEnabled"]),
        )
        for user in client.collect(client.get(USERS))
    ]
