"""What the simulated SharePoint allows: permissions, and resource units in a minute."""

from __future__ import annotations

import time

import httpx
import pytest

from scheduling_pipeline.simulators.graph.errors import GraphError
from scheduling_pipeline.simulators.graph.settings import Settings
from scheduling_pipeline.simulators.graph.sites import DOCUMENTS
from scheduling_pipeline.simulators.graph.throttling import ResourceUnits
from scheduling_pipeline.simulators.server import Simulators
from tests.simulators.graph_client import refusal

SITE = "/sites/127.0.0.1:/sites/School"
ROOT = f"/drives/{DOCUMENTS.id}/root"


@pytest.mark.parametrize(
    ("roles", "site", "files"),
    [
        ({"Sites.Read.All"}, 200, 200),
        ({"Files.Read.All"}, 403, 200),
        ({"Calendars.ReadWrite"}, 403, 403),
    ],
)
def test_a_permission_is_needed(
    simulators: Simulators, graph: httpx.Client, roles: set[str], site: int, files: int
) -> None:
    simulators.graph.settings.roles = roles
    assert graph.get(SITE).status_code == site
    answer = graph.get(f"{ROOT}/delta")
    assert answer.status_code == files
    if files == 403:
        assert refusal(answer) == (403, "accessDenied")


def test_the_end_of_the_budget_is_announced_and_then_enforced(
    simulators: Simulators, graph: httpx.Client
) -> None:
    simulators.graph.settings.resource_units = 10
    answers = [graph.get(ROOT) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    left = [answer.headers.get("RateLimit-Remaining") for answer in answers]
    assert left == [None] * 7 + ["2", "1", "0", "0"]
    assert answers[8].headers["RateLimit-Limit"] == "10"
    assert 0 < int(answers[8].headers["RateLimit-Reset"]) <= 60
    assert refusal(answers[-1]) == (429, "activityLimitReached")
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("address", "units"),
    [
        (SITE, 1),
        (f"{SITE}:/drives", 2),
        (f"/drives/{DOCUMENTS.id}", 1),
        (f"{ROOT}/children", 2),
        (f"{ROOT}/delta", 2),
        (f"{ROOT}/delta?token=latest", 1),
        (f"{ROOT}:/Reports/a.csv:/content", 0),
        (f"{ROOT}:/Reports/none.csv", 1),
    ],
)
def test_a_call_has_its_price(simulators: Simulators, graph: httpx.Client, address: str, units: int) -> None:
    simulators.graph.drive.put("Reports/a.csv", b"1")
    assert _cost(simulators, graph, address) == units


def _cost(simulators: Simulators, graph: httpx.Client, address: str) -> int:
    """The units that a call uses, by how many are left for calls of one unit."""
    simulators.graph.settings.resource_units = 5
    graph.get(address)
    left = next(number for number in range(6) if graph.get(ROOT).status_code == 429)
    return 5 - left


def test_a_download_and_every_step_of_a_batch_have_theirs(
    simulators: Simulators, graph: httpx.Client, web: httpx.Client
) -> None:
    simulators.graph.drive.put("Reports/a.csv", b"1")
    url = graph.get(f"{ROOT}:/Reports/a.csv").json()["@microsoft.graph.downloadUrl"]
    simulators.graph.settings.resource_units = 4
    graph.post("/$batch", json={"requests": [{"id": str(n), "method": "GET", "url": ROOT} for n in range(2)]})
    assert web.get(url).headers["RateLimit-Remaining"] == "0"
    assert refusal(web.get(url)) == (429, "activityLimitReached")


def test_a_new_minute_brings_a_new_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    units = ResourceUnits(Settings(resource_units=2))
    units.spend(2)
    with pytest.raises(GraphError, match="429"):
        units.spend(1)
    later = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert units.spend(1) == {}
