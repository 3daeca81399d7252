"""Microsoft Graph as a Dagster resource: its settings, and the way to a client.

Who tries again, and what: `graph_sign_in` repeats the sign-in; `graph_client` what certainly was not
executed, and reads; above it nobody sends anything again without having looked at what stands. Runs are not
retried for what these layers gave up.
"""

from __future__ import annotations

from importlib.metadata import version
from math import inf

import httpx
from dagster import ConfigurableResource
from pydantic import Field

from resources.graph_client import GraphClient
from resources.graph_sign_in import TokenSource
from resources.patience import Patience
from resources.web import open_http

_USER_AGENT = f"NONISV|scheduling-pipeline|scheduling-pipeline/{version('scheduling-pipeline')}"


class Graph(ConfigurableResource[None]):
    """One tenant of Microsoft 365 and the application that acts in it."""

    tenant_id: str
    client_id: str
    client_secret: str = Field(repr=False)
    authority: str | None = Field(
        default=None, description="Who issues tokens; https://login.microsoftonline.com/<tenant> by default."
    )
    base_url: str = "https://graph.microsoft.com/v1.0"
    ca_bundle: str | None = Field(
        default=None, description="PEM file of the authorities to trust instead of the usual ones."
    )
    connect_timeout: float = Field(default=10, gt=0, description="Seconds to reach a server.")
    read_timeout: float = Field(default=60, gt=0, description="Seconds for a server to go on answering.")
    concurrency: int = Field(default=12, ge=1, description="Requests under way at a time.")
    attempts: int = Field(default=6, ge=1, description="Tries of a request, the first included.")
    patience: float = Field(default=60, gt=0, description="Seconds for all tries of a request.")

    def connect(self, *, within: float = inf) -> GraphClient:
        """A client that signs in when it is first used; close it by leaving its `with` block.

        `within`: the most seconds to wait for an answer and for all tries of a request, if that is less.
        """
        tokens = TokenSource(
            client_id=self.client_id,
            client_secret=self.client_secret,
            authority=self.authority or f"https://login.microsoftonline.com/{self.tenant_id}",
            instance_discovery=self.authority is None,
            ca_bundle=self.ca_bundle,
            timeout=min(self.read_timeout, within),
        )
        return GraphClient(
            self.open_http(self.concurrency, within=within),
            tokens,
            base_url=self.base_url,
            concurrency=self.concurrency,
            patience=Patience(self.attempts, min(self.patience, within)),
        )

    def open_http(self, connections: int, *, within: float = inf) -> httpx.Client:
        """A bare HTTP client without a token, for servers of the same tenant. It follows no redirects."""
        return open_http(
            ca_bundle=self.ca_bundle,
            connections=connections,
            connect_timeout=self.connect_timeout,
            read_timeout=min(self.read_timeout, within),
            headers={"User-Agent": _USER_AGENT},
        )
