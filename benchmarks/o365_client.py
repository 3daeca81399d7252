"""The O365 package signed in to a simulated tenant: a stock client, told nothing but where the service is."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msal
import requests
from O365 import Account, Connection, MSGraphProtocol
from O365.utils.token import MemoryTokenBackend


def signed_in(environment: Mapping[str, str]) -> Account:
    """An account of the tenant that the environment points at; close its `con.session` after use."""
    account = _Account(
        (environment["AZURE_CLIENT_ID"], environment["AZURE_CLIENT_SECRET"]),
        protocol=_Protocol(environment["AZURE_GRAPH_URL"]),
        auth_flow_type="credentials",
        tenant_id=environment["AZURE_TENANT_ID"],
        authority=environment["AZURE_AUTHORITY"],
        token_backend=MemoryTokenBackend(),
        requests_delay=0,
        verify_ssl=environment["AZURE_CA_BUNDLE"],
    )
    assert account.authenticate(requested_scopes=["https://graph.microsoft.com/.default"])
    return account


class _Protocol(MSGraphProtocol):  # type: ignore[misc]  # the package has no types
    def __init__(self, graph_url: str) -> None:
        self._protocol_url = graph_url.removesuffix("v1.0")
        super().__init__(timezone=ZoneInfo("Europe/Zurich"))


class _Connection(Connection):  # type: ignore[misc]  # the package has no types
    """Signs in at another authority, and trusts the CA that it is given, whatever the environment says."""

    def __init__(self, credentials: tuple[str, str], *, authority: str, **options: object) -> None:
        super().__init__(credentials, **options)
        session = requests.Session()
        session.trust_env = False
        session.verify = self.verify_ssl
        client, secret = credentials
        self._msal_client = msal.ConfidentialClientApplication(
            client,
            client_credential=secret,
            authority=authority,
            instance_discovery=False,
            token_cache=self.token_backend,
            http_client=session,
        )

    def get_session(self, load_token: bool = False) -> requests.Session:  # noqa: FBT001, FBT002 - as in O365
        session: requests.Session = super().get_session(load_token=load_token)
        session.trust_env = False
        return session


class _Account(Account):  # type: ignore[misc]  # the package has no types
    connection_constructor = _Connection
