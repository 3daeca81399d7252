"""HTTP clients for the systems that we talk to ourselves."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import httpx


def open_http(
    *,
    ca_bundle: str | None,
    connections: int,
    connect_timeout: float,
    read_timeout: float,
    headers: Mapping[str, str] | None = None,
) -> httpx.Client:
    """A client without a token; it follows no redirects. Timeouts are in seconds.

    It trusts the authorities in `ca_bundle` alone, or else the usual ones, whatever the environment says.
    """
    trusted = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else True
    return httpx.Client(
        verify=trusted,
        trust_env=False,
        # Who waits for a connection waits for our own requests, so there is no use in giving up.
        timeout=httpx.Timeout(read_timeout, connect=connect_timeout, pool=None),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        headers=headers,
    )
