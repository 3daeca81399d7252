"""The simulators, running on free ports, and an HTTP client that is signed in to Graph."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scheduling_pipeline.simulators.school import Account, FixedSchool
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import sign_in

ACCOUNTS = (
    Account("Ada Frey", "Ada", "Frey", "ada.frey@school.example"),
    Account("Bruno Lang", "Bruno", "Lang", "bruno.lang@school.example"),
    Account("Clara Meier", "Clara", "Meier", "clara.meier@school.example", has_mailbox=False),
)


@pytest.fixture
def simulators(tmp_path: Path) -> Iterator[Simulators]:
    """The simulators of a school with three people, one of them without a mailbox, and no lessons."""
    with Simulators(tmp_path / "simulators", FixedSchool(accounts=ACCOUNTS)) as running:
        yield running


@pytest.fixture
def web(simulators: Simulators) -> Iterator[httpx.Client]:
    """A client that trusts the simulators' CA and nothing else."""
    trusted = ssl.create_default_context(cafile=str(simulators.ca_file))
    with httpx.Client(verify=trusted, trust_env=False, timeout=10) as client:
        yield client


@pytest.fixture
def graph(simulators: Simulators, web: httpx.Client) -> Iterator[httpx.Client]:
    """A client of Graph that is signed in; addresses are relative to the version."""
    token = sign_in(web, simulators)
    with httpx.Client(
        verify=ssl.create_default_context(cafile=str(simulators.ca_file)),
        trust_env=False,
        timeout=10,
        base_url=simulators.graph_url,
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client
