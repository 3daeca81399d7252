"""The proxy that leads Microsoft's host names to the simulator."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from scheduling_pipeline.simulators.connect_proxy import ConnectProxy
from scheduling_pipeline.simulators.server import Simulators


@pytest.fixture
def proxy(simulators: Simulators) -> Iterator[ConnectProxy]:
    with ConnectProxy(simulators.graph_url) as running:
        yield running


@pytest.mark.parametrize(
    "host", ["graph.microsoft.com", "login.microsoftonline.com", "school.sharepoint.com"]
)
def test_microsofts_names_lead_here(simulators: Simulators, proxy: ConnectProxy, host: str) -> None:
    trusted = ssl.create_default_context(cafile=str(simulators.ca_file))
    with httpx.Client(verify=trusted, trust_env=False, proxy=proxy.url) as client:
        assert client.get(f"https://{host}/control/clock").json()["now"]


@pytest.mark.parametrize(
    "request_line",
    [
        "CONNECT example.com:443 HTTP/1.1",
        "CONNECT graph.microsoft.com:80 HTTP/1.1",
        "CONNECT sharepoint.com.example:443 HTTP/1.1",
        "GET http://graph.microsoft.com/ HTTP/1.1",
        "nonsense",
    ],
)
def test_nothing_else_can_be_reached(proxy: ConnectProxy, request_line: str) -> None:
    address = httpx.URL(proxy.url)
    with socket.create_connection((address.host, address.port or 0), timeout=5) as connection:
        connection.sendall(f"{request_line}\r\n\r\n".encode())
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 403 Forbidden\r\n")


def test_a_client_may_go_away(simulators: Simulators, proxy: ConnectProxy) -> None:
    address = httpx.URL(proxy.url)
    with socket.create_connection((address.host, address.port or 0), timeout=5) as connection:
        connection.sendall(b"CONN")
    test_microsofts_names_lead_here(simulators, proxy, "graph.microsoft.com")
